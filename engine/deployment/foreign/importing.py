"""The door: an ONNX file as a project in memory, with the proof that it answers as the file does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from engine.checks.inference import ShapeChecker
from engine.compiler.module import CompiledNetwork, compile_project
from engine.compiler.onnx_operators.dtypes import as_tensor
from engine.compiler.onnx_operators.running import run
from engine.deployment.foreign.mapping import Mapper
from engine.deployment.foreign.probing import Facts, bound_of, compared, probe
from engine.deployment.foreign.project import Drawer, Imported
from engine.deployment.foreign.reading import ForeignModel
from engine.errors import ModelImportError, NetwrightError

TOLERANCE = 1e-4
"""How far answers may differ from the file's, relative to the largest of them."""

Progress = Callable[[float, str], None]


@dataclass(slots=True, kw_only=True)
class Network:
    """What an import made: project and weights, the network compiled of them, and what was seen of the file."""

    imported: Imported
    network: CompiledNetwork
    facts: Facts
    difference: float = 0.0
    all_opaque: bool = False
    notes: list[str] = field(default_factory=list)


def network_of(
    model: ForeignModel,
    name: str,
    *,
    borders: bool = True,
    facts: Facts | None = None,
    progress: Progress = lambda share, words: None,
) -> Network:
    """The project of a file that was read, proved against the file's own operators on the inputs it was tried with.

    Where layers of the catalog do not give the same, all operators stay what they are. Raises ModelImportError when
    not even that answers as the file does, or an operator is not known.
    """
    if model.unknown:
        names = ", ".join(f"{kind} ({count})" for kind, count in sorted(model.unknown.items())[:8])
        raise ModelImportError(
            f"It uses operators that are not known here: {names}.",
            expected="operators of ONNX",
            found=names,
            hint="Export the network again without them, in opset 20 or lower.",
        )
    progress(0.1, "Trying the network")
    facts = facts or probe(model)
    problem: NetwrightError | None = None
    for opaque in (False, True):
        progress(0.5, "Drawing the network")
        bounds = {item.name: bound_of(facts.program, item.name) for item in model.inputs}
        drawer = Drawer(model, facts, bounds, borders=borders)
        mapper = Mapper(facts, drawer.input_specs(), opaque=opaque)
        imported = drawer.draw(name, mapper, mapper.map())
        try:
            network = compiled(imported)
            progress(0.8, "Comparing answers")
            difference = _difference(network, imported, model, facts)
        except NetwrightError as error:
            problem = error
            continue
        if difference <= TOLERANCE:
            return Network(imported=imported, network=network, facts=facts, difference=difference, all_opaque=opaque)
        problem = ModelImportError(
            "The imported network answers otherwise than the file.",
            expected=f"a difference of {TOLERANCE:g} at most",
            found=f"{difference:g}",
        )
    assert problem is not None
    raise ModelImportError(
        f"The network was read, but could not be rebuilt: {problem.message}",
        where=problem.where,
        expected=problem.expected,
        found=problem.found,
        hint=problem.hint or "Please report the file.",
    )


def compiled(imported: Imported) -> CompiledNetwork:
    """The network with its weights, ready to answer."""
    project = imported.project
    with torch.random.fork_rng(devices=[]):
        network = compile_project(project, checker=ShapeChecker(project), training=False)
    weights = {name: as_tensor(array) for name, array in imported.tensors.items()}
    held = network.state_dict()
    unused = set(weights) - set(held)
    missing = set(held) - set(weights)
    if unused or missing:
        raise ModelImportError(
            "Its weights do not fit the network that was drawn.", found=", ".join(sorted(unused | missing)[:5])
        )
    network.load_state_dict(weights)
    return network.eval()


def answers(network: CompiledNetwork, imported: Imported, model: ForeignModel, given: Sequence[Any]) -> list[Any]:
    """What the compiled network answers, in the file's order, to inputs in the file's order."""
    by_node = {imported.inputs[item.name]: value for item, value in zip(model.inputs, given, strict=True)}
    with torch.no_grad():
        found = network(*(by_node[node_id] for node_id in network.input_ids))
    by_output = dict(zip(network.output_ids, found, strict=True))
    return [by_output[imported.outputs[item.name]] for item in model.outputs]


def _difference(network: CompiledNetwork, imported: Imported, model: ForeignModel, facts: Facts) -> float:
    """The largest difference between the compiled network and the file's own operators, relative to the answer."""
    worst = 0.0
    for given in facts.tries:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # what draws random numbers draws the same on both sides
            wanted = run(facts.program, given)
            torch.manual_seed(0)
            found = answers(network, imported, model, given)
        for ours, theirs in zip(found, wanted, strict=True):
            if isinstance(theirs, Tensor) and isinstance(ours, Tensor) and ours.dtype is not theirs.dtype:
                theirs = theirs.to(ours.dtype)
            worst = max(worst, compared(theirs, ours))
    return worst

"""Puts an imported network on disk: project, weights, a run that holds them, and the proof against onnxruntime."""

import contextlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from onnx import ModelProto
from safetensors.torch import save_file
from torch import Tensor

from engine.compiler.generated import module_names
from engine.compiler.module import CompiledNetwork
from engine.compiler.onnx_operators.dtypes import as_array, as_tensor
from engine.deployment.foreign.importing import TOLERANCE, Network, answers, network_of
from engine.deployment.foreign.own import Own, own_project
from engine.deployment.foreign.probing import compared
from engine.deployment.foreign.project import WEIGHTS
from engine.deployment.foreign.reading import ForeignModel, load_proto, read_proto
from engine.deployment.foreign.report import notes_on
from engine.document.files import FILE_NAME, create, load
from engine.document.flat import flattened
from engine.document.node_weights import weights_file, weights_of
from engine.document.project import Project
from engine.errors import ModelImportError, ProjectError
from engine.protocol.messages.importing import ModelChecked, ModelImported
from engine.protocol.run_events import RunFinished, RunStarted
from engine.protocol.run_folder import About
from engine.training import checkpoint
from engine.training.run_log import RunLog
from engine.training.run_state import Kind, RunState
from engine.training.runs import create_run

Progress = Callable[[float, str], None]

RUN_NAME: Final = "imported"
_OTHERWISE: Final = 1e-2
"""A larger difference is no rounding. Between this and `TOLERANCE` it is told."""
_KINDS: Final[tuple[Kind, ...]] = ("best", "last")


def import_model(path: Path, project_dir: Path, *, progress: Progress = lambda share, words: None) -> ModelImported:
    """Make a project of a file. Raises ModelImportError or ProjectError in words, and then nothing is left behind."""
    if (project_dir / FILE_NAME).exists():
        raise ProjectError(
            f"There already is a project in '{project_dir}'.",
            where=str(project_dir),
            hint="Choose another folder; nothing was changed.",
        )
    progress(0.0, "Reading the file")
    proto = load_proto(path)
    made = not project_dir.exists()
    own = own_project(proto, path.name)
    if own is not None:
        return _exactly(own, proto, project_dir, made=made)
    model = read_proto(proto, path.parent, path.name)
    network = network_of(model, _title(path, project_dir), progress=progress)
    progress(0.9, "Comparing with onnxruntime")
    checked = checked_by_runtime(path, model, network)
    with _whole(project_dir, made=made):
        run = write(network, project_dir)
    progress(1.0, "Done")
    imported = network.imported
    return ModelImported(
        request=0,
        project=str(project_dir),
        name=imported.project.name,
        nodes=len(imported.project.graph.nodes),
        operators=model.operators,
        mapped=dict(sorted(imported.mapped.items())),
        opaque=dict(sorted(imported.opaque.items())),
        recognised=imported.recognised,
        parameters=sum(int(np.size(array)) for array in imported.tensors.values()),
        checked=checked,
        run=run,
        producer=model.producer,
        opset=model.opset,
        inputs=[item.name for item in model.inputs],
        outputs=[item.name for item in model.outputs],
        batch=0 if network.facts.batch_free else network.facts.batch,
        notes=notes_on(model, network),
    )


def _title(path: Path, project_dir: Path) -> str:
    return project_dir.name or path.stem


@contextlib.contextmanager
def _whole(project_dir: Path, *, made: bool) -> Iterator[None]:
    """Leave nothing behind of a project that could not be written whole."""
    try:
        yield
    except BaseException:  # raised again: no half of a project may stay, whatever ended the writing
        if made:
            shutil.rmtree(project_dir, ignore_errors=True)
        raise


def _exactly(own: Own, proto: ModelProto, project_dir: Path, *, made: bool) -> ModelImported:
    """A file of ours: the project as it was, with its weights to the bit."""
    with _whole(project_dir, made=made):
        create(project_dir, own.project)
        _named_weights(own, project_dir)
        run = _add_run(load(project_dir), project_dir, own.network)
    nodes = own.project.graph.nodes.values()
    return ModelImported(
        request=0,
        project=str(project_dir),
        name=own.project.name,
        nodes=len(nodes),
        operators=len(proto.graph.node),
        mapped=dict(sorted(Counter(node.type for node in nodes).items())),
        parameters=sum(weight.numel() for weight in own.network.parameters()),
        run=run,
        producer=f"Netwright {proto.producer_version}",
        inputs=[item.name for item in proto.graph.input],
        outputs=[item.name for item in proto.graph.output],
        exact=True,
        notes=[
            "It was made with Netwright: drawing, preparation, classes and weights are those of the file to the bit.",
            "The data it learned from are not in it. Add them again in the tab Data to train it on.",
        ],
    )


def _named_weights(own: Own, project_dir: Path) -> None:
    """Put the weights where the nodes say that they begin with some; that file did not travel along."""
    nodes = flattened(own.project).graph.nodes
    names = module_names(nodes)
    modules = dict(own.network.named_children())
    files: dict[str, dict[str, Tensor]] = {}
    for node in nodes.values():
        named, module = weights_of(node), modules.get(names[node.id])
        if named is not None and module is not None:
            for name, value in module.state_dict().items():
                files.setdefault(named.name, {})[named.key(name)] = value.detach().clone().contiguous()
    for name, tensors in files.items():
        _save(project_dir, name, tensors)


def _save(project_dir: Path, name: str, tensors: dict[str, Tensor]) -> None:
    file = weights_file(project_dir, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, file, metadata={"format": "pt"})


def write(network: Network, project_dir: Path) -> int:
    """Write project, weights and the run that holds them; returns its number."""
    imported = network.imported
    create(project_dir, imported.project)
    tensors = {name: as_tensor(array).contiguous() for name, array in imported.tensors.items()}
    if tensors:
        _save(project_dir, WEIGHTS, tensors)
    return _add_run(load(project_dir), project_dir, network.network)


def _add_run(project: Project, project_dir: Path, network: CompiledNetwork) -> int:
    """A finished run of no epochs that holds the weights, so that all that is asked of runs works at once."""
    folder = create_run(project_dir, project, told=About(name=RUN_NAME), name=RUN_NAME)
    weights = checkpoint.snapshot(network.state_dict())
    # Any run that was trained is better than one that was not scored.
    state = RunState(torch=str(torch.__version__), device="cpu", precision="float32", best_key=[-1e300])
    folder.checkpoints.mkdir(exist_ok=True)
    for kind in _KINDS:
        checkpoint.write(folder.checkpoints, kind, state, dict(weights), {} if kind == "last" else None)
    log = RunLog(folder)
    try:
        log.append(RunStarted(run=folder.number, name=RUN_NAME, pid=0, epochs=0, seed=0, torch=str(torch.__version__)))
        log.append(RunFinished(epochs=0, seconds=0.0, samples_per_s=0.0, best_epoch=0, best={}, reason="imported"))
    finally:
        log.close()
    return folder.number


def checked_by_runtime(path: Path, model: ForeignModel, network: Network) -> ModelChecked:
    """Hold the network to onnxruntime, run on the file itself, on all inputs it was tried with.

    What onnxruntime cannot run is said in words. Raises ModelImportError where the answers differ.
    """
    import onnxruntime

    samples = sum(int(given[0].shape[0]) for given in network.facts.tries if given and _counted(given[0]))
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001
        # onnxruntime raises classes of its own; the report says what it said.
        return ModelChecked(samples=0, problem=f"onnxruntime cannot run the file: {_first_line(error)}")
    worst = apart = 0.0
    for given in network.facts.tries:
        feed = {
            item.name: as_array(value) for item, value in zip(model.inputs, given, strict=True) if value is not None
        }
        ours = answers(network.network, network.imported, model, given)
        try:
            theirs = _asked(session, feed, one_by_one=network.facts.program is not model.program)
        except Exception as error:  # noqa: BLE001
            # As above: a file that onnxruntime refuses is told, and held to its own operators alone.
            return ModelChecked(samples=0, problem=f"onnxruntime cannot run the file: {_first_line(error)}")
        for mine, other in zip(ours, theirs, strict=True):
            wanted = as_tensor(other)
            if isinstance(wanted, Tensor) and isinstance(mine, Tensor):
                wanted = wanted.to(mine.dtype)
                if mine.shape == wanted.shape and mine.numel():
                    worst = max(worst, float((mine.double() - wanted.double()).abs().nan_to_num().max()))
                apart = max(apart, compared(wanted, mine))
                if compared(wanted, mine) > _OTHERWISE:
                    raise ModelImportError(
                        "The imported network answers otherwise than onnxruntime.",
                        where=path.name,
                        expected=f"a difference of {_OTHERWISE:g} at most",
                        found=f"{compared(wanted, mine):g}",
                        hint="The file may draw random numbers, or use an operator in a rare way.",
                    )
    problem = ""
    if apart > TOLERANCE:
        problem = f"Its arithmetic is sensitive to rounding: answers differ from onnxruntime's by up to {apart:.1g}."
    return ModelChecked(samples=samples, max_abs_difference=worst, problem=problem)


def _asked(session: Any, feed: dict[str, Any], *, one_by_one: bool) -> list[Any]:
    """What onnxruntime answers; sample by sample where the file takes no more than one."""
    try:
        return list(session.run(None, feed))
    except Exception:
        # A file for one sample refuses several: it is asked one by one, and told when that fails too.
        if not one_by_one or not feed:
            raise
        count = len(next(iter(feed.values())))
        parts = [
            session.run(None, {name: value[row : row + 1] for name, value in feed.items()}) for row in range(count)
        ]
        return [np.concatenate(rows) for rows in zip(*parts, strict=True)]


def _counted(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dim() > 0


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return (text.splitlines()[0] if text else type(error).__name__)[:200]

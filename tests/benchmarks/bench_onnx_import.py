"""How much of ONNX can be imported: the backend tests of the onnx package through import, graph and torch.

Run it alone: `python tests/benchmarks/bench_onnx_import.py [DATA] [NAME...]`. DATA is the folder backend/test/data of
an onnx package; releases up to 1.22 bring the cases of single operators along as files:
`pip install --target DIR onnx==1.16.2 --no-deps`, then DIR/onnx/backend/test/data. Without it the installed package is
measured, which makes those cases itself since 1.23. Files of whole networks (*.onnx) may be named as well.

Each case is imported as a file is: read, tried, drawn, compiled; what the compiled graph answers is held to what the
case expects, with the tolerance of ONNX's own runner. What fails is named with the reason.
"""

import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnx.backend.test.runner import Runner

from engine.compiler.onnx_operators.dtypes import as_array, as_tensor
from engine.compiler.onnx_operators.table import TABLE
from engine.deployment.foreign.importing import answers, network_of
from engine.deployment.foreign.probing import facts_of
from engine.deployment.foreign.reading import read_model, read_proto
from engine.errors import NetwrightError

RTOL, ATOL = 1e-3, 1e-5
"""Those of a runner that compares another way of computing; onnx presets 1e-3 and 1e-7."""
GROUPS = ("node", "simple", "pytorch-converted", "pytorch-operator", "light")


@dataclass(slots=True, kw_only=True)
class Case:
    """A model with inputs and the outputs it is to give, several sets of them perhaps."""

    group: str
    name: str
    model: onnx.ModelProto
    folder: Path
    sets: list[tuple[list[Any], list[Any]]] = field(default_factory=list)


def cases_of(data: Path | None, wanted: tuple[str, ...] = (), groups: tuple[str, ...] = GROUPS) -> Iterator[Case]:
    """The cases in a folder of data; of the installed package where there is none."""
    root = data or Path(onnx.__file__).parent / "backend" / "test" / "data"
    for group in groups:
        if group == "node" and not (root / "node").is_dir():
            yield from _made_cases(wanted)
        elif group == "light":
            for file in sorted((root / "light").glob("*.onnx")):
                if not wanted or file.stem in wanted:
                    model = onnx.load(file)
                    yield Case(group=group, name=file.stem, model=model, folder=file.parent, sets=[_light(file, model)])
        elif (root / group).is_dir():
            for folder in sorted((root / group).iterdir()):
                if (folder / "model.onnx").is_file() and (not wanted or folder.name in wanted):
                    model = onnx.load(folder / "model.onnx")
                    sets = [_read(place, model) for place in sorted(folder.glob("test_data_set_*"))]
                    yield Case(group=group, name=folder.name, model=model, folder=folder, sets=sets)


def _made_cases(wanted: tuple[str, ...]) -> Iterator[Case]:
    """The cases of single operators as the installed package makes them."""
    from onnx.backend.test.case.node import collect_testcases

    for item in collect_testcases(None):
        if wanted and item.name not in wanted:
            continue
        sets = [
            ([_plain(value) for value in given], [_plain(value) for value in expected])
            for given, expected in item.data_sets or []
        ]
        yield Case(group="node", name=item.name, model=item.model, folder=Path(), sets=sets)


def _plain(value: Any) -> Any:
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def _light(file: Path, model: onnx.ModelProto) -> tuple[list[Any], list[Any]]:
    """A network of the zoo without its weights, with the inputs that ONNX's runner makes up."""
    held = {item.name for item in model.graph.initializer}
    given = [Runner.generate_dummy_data(item) for item in model.graph.input if item.name not in held]
    expected = []
    for place in range(len(model.graph.output)):
        tensor = onnx.TensorProto()
        tensor.ParseFromString(file.with_name(f"{file.stem}_output_{place}.pb").read_bytes())
        expected.append(numpy_helper.to_array(tensor))
    return given, expected


def _read(place: Path, model: onnx.ModelProto) -> tuple[list[Any], list[Any]]:
    def values(word: str, infos: Any) -> list[Any]:
        count = len(list(place.glob(f"{word}_*.pb")))
        return [_value(place / f"{word}_{number}.pb", infos[number].type) for number in range(count)]

    return values("input", model.graph.input), values("output", model.graph.output)


def _value(path: Path, kind: onnx.TypeProto) -> Any:
    content = path.read_bytes()
    if kind.HasField("sequence_type"):
        sequence = onnx.SequenceProto()
        sequence.ParseFromString(content)
        return numpy_helper.to_list(sequence)
    if kind.HasField("optional_type"):
        optional = onnx.OptionalProto()
        optional.ParseFromString(content)
        return numpy_helper.to_optional(optional)
    tensor = onnx.TensorProto()
    tensor.ParseFromString(content)
    return numpy_helper.to_array(tensor)


def failure_of(case: Case, mapped: Counter[str] | None = None) -> str:
    """Why a case fails, in words; empty where it passes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _hold(case, mapped)
    except NetwrightError as error:
        return f"{error.message} {error.found}".strip()
    except (AssertionError, TypeError) as error:
        return "answers otherwise: " + " ".join(str(error).split())[:160]
    return ""


def _hold(case: Case, mapped: Counter[str] | None) -> None:
    model = read_proto(case.model, case.folder, case.name)
    names = [item.name for item in case.model.graph.input]
    own = {item.name for item in model.inputs}
    network = None
    for given, expected in case.sets:
        by_name = dict(zip(names if case.group != "light" else [i.name for i in model.inputs], given, strict=False))
        values = [as_tensor(by_name.get(item.name)) for item in model.inputs]
        assert own <= set(names)
        if network is None:
            # Single operators are tried with their own inputs alone: their sizes are part of what is asked.
            facts = facts_of(model, values) if case.group in ("node", "simple") else None
            network = network_of(model, case.name, borders=False, facts=facts)
            if mapped is not None:
                mapped.update(network.imported.mapped)
                mapped.update({f"{kind} as it is": count for kind, count in network.imported.opaque.items()})
        found = [as_array(value) for value in answers(network.network, network.imported, model, values)]
        assert len(found) == len(expected), f"{len(found)} outputs instead of {len(expected)}"
        for theirs, ours in zip(expected, found, strict=True):
            Runner.assert_similar_outputs([_arrays(theirs)], [_arrays(ours)], rtol=RTOL, atol=ATOL)


def _arrays(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_arrays(item) for item in value]
    return np.asarray(value)


@dataclass(slots=True)
class Count:
    """How many cases of a group pass."""

    passed: int = 0
    cases: int = 0


def main(arguments: list[str]) -> None:
    """Measure the backend tests, and whatever files are named."""
    torch.set_num_threads(1)
    files = [Path(item) for item in arguments if item.endswith(".onnx")]
    folders = [Path(item) for item in arguments if Path(item).is_dir()]
    wanted = tuple(item for item in arguments if item.startswith(("test_", "light_")))
    print(f"{len(TABLE)} operators are known; onnx {onnx.__version__}")
    for file in files:
        _show_file(file)
    if files and not folders and not wanted:
        return
    counts = {group: Count() for group in GROUPS}
    mapped: Counter[str] = Counter()
    begun = time.perf_counter()
    for case in cases_of(folders[0] if folders else None, wanted):
        why = failure_of(case, mapped)
        counts[case.group].cases += 1
        counts[case.group].passed += not why
        if why:
            print(f"  {case.name}: {why[:200]}")
    for group, count in counts.items():
        print(f"{group:>18}: {count.passed} of {count.cases}")
    passed, cases = (sum(getattr(item, name) for item in counts.values()) for name in ("passed", "cases"))
    print(f"{'together':>18}: {passed} of {cases} in {time.perf_counter() - begun:.0f} s")
    layers = sum(count for name, count in mapped.items() if not name.endswith("as it is"))
    print(f"{'':>18}  {layers} layers of the catalog, {mapped.total() - layers} operators as they are")


def _show_file(file: Path) -> None:
    begun = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory():
            network = network_of(read_model(file), file.stem)
    except NetwrightError as error:
        print(f"  {file.name}: {error.message} {error.found}")
        return
    opaque = network.imported.opaque
    print(
        f"  {file.name}: {len(network.imported.project.graph.nodes)} nodes, {sum(opaque.values())} operators as they "
        f"are ({', '.join(sorted(opaque)) or 'none'}), difference {network.difference:.1e}, "
        f"{'any batch' if network.facts.batch_free else f'batches of {network.facts.batch}'}, "
        f"{time.perf_counter() - begun:.1f} s"
    )


if __name__ == "__main__":
    main(sys.argv[1:])

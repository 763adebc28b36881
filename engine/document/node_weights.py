"""Where nodes take their first weights from: files PROJECT/weights/NAME.safetensors, named by the nodes themselves.

`Node.weights` is "NAME" or "NAME#PREFIX". The node begins with the tensors of the file whose names are PREFIX, a dot
and the parameter's name as in the state dict of its module ("conv1.weight", buffers too). Without # the prefix is the
node's id; with nothing behind # the names stand alone. Of an instance of a block, what is inside goes by PREFIX and its
id there ("backbone.conv1.weight"; in the second repetition "backbone.2.conv1.weight").
"""

import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from engine.document.edits import Edit, SetFrozen, SetWeights
from engine.document.graph import Graph, Node
from engine.document.project import Project
from engine.errors import ProjectError

FOLDER: Final = "weights"
SUFFIX: Final = ".safetensors"
STATISTICS: Final = frozenset({"running_mean", "running_var", "num_batches_tracked"})
"""Names in a state dict that are measured, not trained."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_LONGEST_HEADER: Final = 100_000_000
_SIZES: Final = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


@dataclass(frozen=True, slots=True)
class WeightsOf:
    """The file a node names, and what the names of its tensors begin with; empty for nothing."""

    name: str
    prefix: str

    def __str__(self) -> str:
        return f"{self.name}#{self.prefix}"

    def key(self, parameter: str) -> str:
        """The name of a parameter's tensor in the file."""
        return f"{self.prefix}.{parameter}" if self.prefix else parameter

    def inside(self, path: str) -> "WeightsOf":
        """What a node inside a block begins with; `path` is its id there, that of the instance left out."""
        return WeightsOf(self.name, f"{self.prefix}.{path}" if self.prefix else path)


def weights_of(node: Node) -> WeightsOf | None:
    """What a node begins with; None where it begins anew."""
    if not node.weights:
        return None
    name, mark, prefix = node.weights.partition("#")
    return WeightsOf(name, prefix if mark else node.id)


def spelled_out(node: Node) -> str:
    """The node's `weights` with the prefix said, so that a copy of it may have another id."""
    found = weights_of(node)
    return str(found) if found is not None else ""


def begun_from(node: Node) -> str:
    """The file a node takes its weights from, in the words a person knows it by; empty for none."""
    return node.weights.partition("#")[0]


def starting_fresh(nodes: Iterable[Node]) -> tuple[Edit, ...]:
    """Edits that let nodes forget their files and learn: what stayed frozen would stay as chance made it."""
    chosen = tuple(nodes)
    forgetting = (SetWeights(id=node.id) for node in chosen)
    return (*forgetting, *learning(node for node in chosen if node.frozen))


def learning(nodes: Iterable[Node]) -> tuple[Edit, ...]:
    """Edits that let frozen nodes learn, one each, so that each can be taken back to where it is drawn."""
    return tuple(SetFrozen(ids=(node.id,), frozen=False) for node in nodes)


def weights_file(project_dir: Path, name: str) -> Path:
    """The file of that name in a project. Raises ProjectError for a name that no file can have."""
    if not _NAME.match(name):
        raise ProjectError(
            f"'{name[:80]}' cannot be the name of a file of weights.",
            where=name[:80],
            expected="letters, digits, dots, _ and - (100 at most)",
            found=name[:80],
        )
    return project_dir / FOLDER / f"{name}{SUFFIX}"


def used_files(project: Project) -> list[str]:
    """The names of files that nodes of a project begin with, those in blocks included, each once."""
    graphs: list[Graph] = [project.graph, *(block.graph for block in project.blocks.values())]
    return sorted({begun_from(node) for graph in graphs for node in graph.nodes.values() if node.weights})


class _Tensor(msgspec.Struct, frozen=True):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def shapes_in(path: Path) -> Mapping[str, tuple[int, ...]]:
    """The shapes of the tensors in a safetensors file, from its header alone; kept until the file changes.

    Raises ProjectError when there is none, or it is damaged.
    """
    return _shapes(path, *_seen(path))


def numbers_in(path: Path) -> Mapping[str, int]:
    """How many trained numbers lie in a safetensors file below each prefix ("conv1", "block.conv1"; "" for all).

    What is measured, not trained, does not count. Kept until the file changes; raises as `shapes_in`.
    """
    return _numbers(path, *_seen(path))


def _seen(path: Path) -> tuple[int, int]:
    try:
        seen = path.stat()
    except OSError as error:
        raise ProjectError(
            f"The file of weights {path.name} is not there.",
            where=str(path),
            expected=f"{path.name} in the folder {FOLDER} of the project",
            found=error.strerror or "nothing",
        ) from None
    return seen.st_size, seen.st_mtime_ns


@lru_cache(maxsize=64)
def _numbers(path: Path, size: int, changed: int) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for name, shape in _shapes(path, size, changed).items():
        *way, last = name.split(".")
        if last in STATISTICS:
            continue
        count = math.prod(shape)
        for length in range(len(way) + 1):
            prefix = ".".join(way[:length])
            found[prefix] = found.get(prefix, 0) + count
    return found


@lru_cache(maxsize=64)
def _shapes(path: Path, size: int, _changed: int) -> Mapping[str, tuple[int, ...]]:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _LONGEST_HEADER):
                raise _damaged(path, "its header is longer than the file")
            header = file.read(length)
            end = os.fstat(file.fileno()).st_size - 8 - length
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from error
    try:
        parts = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        parts.pop("__metadata__", None)
        tensors = {name: msgspec.json.decode(raw, type=_Tensor) for name, raw in parts.items()}
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise _damaged(path, "its header is not readable") from None
    for name, tensor in tensors.items():
        count = _SIZES.get(tensor.dtype, 0)
        for axis in tensor.shape:
            count *= axis
        first, last = tensor.data_offsets
        if count < 0 or not 0 <= first <= last <= end or (tensor.dtype in _SIZES and last - first != count):
            raise _damaged(path, f"the tensor '{name[:60]}' does not lie in it")
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _damaged(path: Path, why: str) -> ProjectError:
    return ProjectError(
        f"The file of weights {path.name} is damaged: {why}.",
        where=str(path),
        expected="a whole safetensors file",
        hint="Add the network again, or put back the file as it was.",
    )

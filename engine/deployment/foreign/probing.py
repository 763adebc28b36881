"""Runs a foreign program on made-up inputs of two sizes, to see what every value of it is.

What stays equal while the batch and free sizes change is fixed; what does not depend on the numbers that come in can
be worked out once. A file that was written for batches of one sample is brought to any batch where that can be.
"""

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.catalog.tensors import Shape
from engine.compiler.onnx_operators.dtypes import STRING, TORCH, as_array, as_tensor
from engine.compiler.onnx_operators.program import Operator, Program
from engine.compiler.onnx_operators.running import apply, run
from engine.deployment.foreign.reading import ForeignModel, ForeignValue
from engine.errors import GraphError, ModelImportError

RANDOM = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"}
_SIZES_OF_PICTURES = ((64, 96), (224, 256), (32, 64), (320, 352), (48, 48), (299, 331), (512, 544), (32, 32))
_SIZES_OF_OTHERS = ((12, 20), (32, 48), (128, 160), (512, 640), (5, 7), (1, 2), (4096, 4608), (16000, 16640))
_MOVING = {"Identity", "Cast", "CastLike", "Reshape", "Flatten", "Squeeze", "Expand", "Unsqueeze"}
"""What leaves the numbers alone where it changes neither sizes nor type."""
_SOMETIMES = {"Pad", "Slice", "Resize", "Tile", "Split"}
_TOPS = (256, 2)
"""Below what whole numbers stay where nothing says what they look up."""
_MOST_KEPT = 2 * 2**30
_MOST_FOLDED = 2**28


@dataclass(slots=True, kw_only=True)
class Facts:
    """What was seen of each value. `tries` are the inputs of each try; `seen` its values, as far as memory goes.

    `held` are values that are the same whatever comes in; `plain` those that depend on sizes alone. `batch_free` says
    whether any number of samples can come in at once; else the file's own is the only one.
    """

    program: Program
    tries: list[list[Any]] = field(default_factory=list)
    shapes: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    dtypes: dict[str, torch.dtype] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)
    held: dict[str, np.ndarray] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    batch_free: bool = True
    batch: int = 0

    def shape(self, name: str) -> Shape | None:
        """The sizes of a value, None where they change; None for what is no tensor."""
        found = self.shapes.get(name)
        if not found or len({len(item) for item in found}) != 1:
            return None
        return tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*found, strict=True))

    def per_sample(self, name: str) -> np.ndarray | None:
        """The numbers of a value that every sample gets alike, without the batch."""
        if name not in self.plain or name in self.held or not self.seen:
            return None
        shape = self.shape(name)
        value = self.seen[0].get(name)
        if not shape or shape[0] is not None or None in shape[1:] or not isinstance(value, Tensor):
            return None
        first = value[:1]
        if not all(
            torch.equal(item[name], first.expand(item[name].shape).contiguous()) for item in self.seen if name in item
        ):
            return None
        found: np.ndarray = as_array(first[0])
        return found


def probe(model: ForeignModel) -> Facts:
    """What is to be known of a file's values. Raises ModelImportError when no size can be found that runs."""
    problem: GraphError | None = None
    for pictures, others in itertools.zip_longest(_SIZES_OF_PICTURES, _SIZES_OF_OTHERS, fillvalue=None):
        sizes = (pictures or _SIZES_OF_PICTURES[0], others or _SIZES_OF_OTHERS[0])
        for top in _TOPS:
            try:
                return _tried(model, sizes, top)
            except GraphError as error:
                problem = problem or error
        if not _has_free_sizes(model):
            break
    assert problem is not None
    raise ModelImportError(
        f"The network could not be run: {problem.message}",
        where=problem.where,
        found=problem.found,
        hint="The file may be damaged, or use operators in a way that is not known here.",
    )


def facts_of(model: ForeignModel, given: list[Any]) -> Facts:
    """What is to be known where these inputs are the only ones; no size is taken to be free."""
    return _looked(model.program, [given], batch_free=False)


def _has_free_sizes(model: ForeignModel) -> bool:
    return any(item.shape is None or any(not isinstance(size, int) for size in item.shape[1:]) for item in model.inputs)


def _tried(model: ForeignModel, sizes: tuple[tuple[int, int], tuple[int, int]], top: int) -> Facts:
    program = model.program
    free = _free_batch(model)
    one = _inputs(model, 0, 2 if free == "free" else None, sizes, top)
    if free == "free":
        two = _inputs(model, 1, 3, sizes, top)
        return _looked(program, [one, two], batch_free=_samples_apart(model, one))
    first = run(program, one)
    del first
    if free == "one":
        freed = _freed(model, one, sizes)
        if freed is not None:
            return _looked(freed, [_inputs(model, 0, 2, sizes, top), _inputs(model, 1, 3, sizes, top)], batch_free=True)
    facts = _looked(program, [one, _inputs(model, 1, None, sizes, top)], batch_free=False)
    facts.batch = next((item.shape[0] for item in model.inputs if item.shape and isinstance(item.shape[0], int)), 0)
    return facts


def _samples_apart(model: ForeignModel, given: list[Any]) -> bool:
    """Whether the second sample is answered alike with and without the first before it: if not, what comes first in
    the inputs are no samples but steps, or the network looks from one sample to another."""
    program = model.program
    if any(item.type in RANDOM for item in program.operators):
        return True
    alone = [
        value[1:2] if isinstance(value, Tensor) and item.shape and not isinstance(item.shape[0], int) else value
        for item, value in zip(model.inputs, given, strict=True)
    ]
    try:
        with torch.no_grad():
            both, one = run(program, given), run(program, alone)
    except GraphError:
        return True  # a network that cannot take a single sample says nothing of it
    return all(
        not isinstance(a, Tensor)
        or not isinstance(b, Tensor)
        or a.shape[:1] != (2,)
        or b.shape[:1] != (1,)
        or compared(a[1:2], b) < 1e-3
        for a, b in zip(both, one, strict=True)
    )


def _free_batch(model: ForeignModel) -> str:
    """ "free" where the first sizes of the inputs are, "one" where they are 1, else "fixed"."""
    firsts = [item.shape[0] for item in model.inputs if item.shape]
    if not firsts:
        return "fixed"
    if any(not isinstance(size, int) for size in firsts):
        return "free"
    return "one" if all(size == 1 for size in firsts) else "fixed"


def _inputs(
    model: ForeignModel, turn: int, batch: int | None, sizes: tuple[tuple[int, int], tuple[int, int]], top: int
) -> list[Any]:
    """Random inputs of a size; whole numbers stay below what they look up."""
    generator = torch.Generator().manual_seed(turn + 1)
    given: dict[str, int] = {}
    batch_name = next(
        (item.shape[0] or "" for item in model.inputs if item.shape and not isinstance(item.shape[0], int)), None
    )
    found = []
    for item in model.inputs:
        shape = _sizes_of(item, turn, batch, batch_name, sizes, given)
        found.append(_values(item, shape, bound_of(model.program, item.name), generator, top))
    return found


def _sizes_of(
    item: ForeignValue,
    turn: int,
    batch: int | None,
    batch_name: int | str | None,
    sizes: tuple[tuple[int, int], tuple[int, int]],
    given: dict[str, int],
) -> list[int]:
    declared: tuple[int | str | None, ...] = item.shape if item.shape is not None else (None, None)
    picture = len(declared) in (4, 5)
    found = []
    for axis, size in enumerate(declared):
        if axis == 0 and batch is not None and (not isinstance(size, int) or (size == 1 and batch_name is None)):
            found.append(batch)
        elif isinstance(size, int):
            found.append(size)
        elif batch is not None and size is not None and size == batch_name:
            found.append(batch)
        elif batch is not None and size is None and axis == 1 and isinstance(declared[0], int):
            found.append(batch)  # the state of a recurrent layer: layers first
        else:
            usual = sizes[0] if picture and axis >= len(declared) - 2 else sizes[1]
            name = str(size) if size is not None else f"{'picture' if picture else 'other'} {axis}"
            wide = usual[turn]
            if picture and usual[0] == usual[1] and axis == len(declared) - 1:
                wide = (96, 160)[turn]  # networks that read lines take one height, and any width
            found.append(given.setdefault(name, 3 if picture and axis == 1 else wide))
    if math.prod(found) > 2**28:
        raise GraphError(f"The input '{item.name[:60]}' is too large to try.", found=str(found))
    return found


def bound_of(program: Program, name: str) -> int | None:
    """Below what whole numbers have to stay so that they can be looked up; None where nothing says."""
    same = {name}
    for item in program.operators:
        if (
            item.type in ("Cast", "Reshape", "Unsqueeze", "Squeeze", "Identity")
            and item.inputs[:1]
            and (item.inputs[0] in same)
        ):
            same.add(item.outputs[0])
        if item.type == "Gather" and not item.domain and len(item.inputs) > 1 and item.inputs[1] in same:
            table = program.constants.get(item.inputs[0])
            if table is not None and table.ndim:
                return int(table.shape[int(item.attributes.get("axis", 0))])
    return None


def _values(item: ForeignValue, shape: list[int], bound: int | None, generator: torch.Generator, top: int) -> Any:
    if item.kind == "sequence":
        return []
    if item.kind == "optional":
        return None
    if item.element == STRING:
        return np.full(shape, "a", dtype=object)
    dtype = TORCH.get(item.element, torch.float32)
    if dtype is torch.bool:
        return torch.ones(shape, dtype=torch.bool)
    if dtype.is_floating_point or dtype.is_complex:
        if dtype.itemsize == 1:
            return torch.rand(shape, generator=generator).to(dtype)
        base = torch.rand(shape, generator=generator) if bound is None else torch.randint(bound, shape).float()
        return base.to(dtype)
    most = min(bound or top, 128 if dtype is torch.int8 else 256 if bound is None else bound)
    return torch.randint(0, max(most, 1), shape, generator=generator).to(dtype)


def _looked(program: Program, tries: list[list[Any]], *, batch_free: bool) -> Facts:
    """Run a program on each input and note what its values are. Raises GraphError."""
    facts = Facts(program=program, tries=tries, batch_free=batch_free)
    facts.held.update(program.constants)
    operators = _folded(program, facts)
    facts.program = replace(program, operators=tuple(operators))
    room = _MOST_KEPT
    for given in tries:
        kept: dict[str, Any] = {}
        for name, value in zip(program.inputs, given, strict=True):
            _note(facts, name, value)
            kept[name] = value

        def see(item: Operator, found: tuple[Any, ...], kept: dict[str, Any] = kept) -> None:
            nonlocal room
            for name, value in zip(item.outputs, found, strict=False):
                if not name:
                    continue
                _note(facts, name, value)
                if isinstance(value, Tensor):
                    room -= value.numel() * value.element_size()
                    if room > 0 or value.numel() <= 4096:
                        kept[name] = value

        with torch.no_grad():
            run(replace(facts.program, constants=facts.held), given, see=see)
        facts.seen.append(kept)
    _plain_values(facts)
    return facts


def _note(facts: Facts, name: str, value: Any) -> None:
    if isinstance(value, Tensor):
        facts.shapes.setdefault(name, []).append(tuple(value.shape))
        facts.dtypes[name] = value.dtype
    elif isinstance(value, np.ndarray):
        facts.shapes.setdefault(name, []).append(tuple(value.shape))


def _folded(program: Program, facts: Facts) -> list[Operator]:
    """Operators but for those whose inputs are all constants; their results become constants."""
    left = []
    for item in program.operators:
        constant = all(not name or name in facts.held for name in item.inputs) and item.type not in RANDOM
        if constant and item.type in ("Dropout", "SequenceEmpty", "SequenceConstruct", "Optional", "Loop", "Scan"):
            constant = False
        if constant:
            with torch.no_grad():
                found = apply(item, [as_tensor(facts.held[name]) if name else None for name in item.inputs])
            fits = all(
                isinstance(value, Tensor | np.ndarray) and math.prod(value.shape) <= _MOST_FOLDED for value in found
            )
            if fits:
                for name, value in zip(item.outputs, found, strict=False):
                    if name:
                        facts.held[name] = as_array(value)
                continue
        left.append(item)
    return left


def _plain_values(facts: Facts) -> None:
    """Which values depend on sizes alone; those that are equal in all tries are held."""
    left = []
    for item in facts.program.operators:
        by_size = item.type in ("Shape", "Size") and not item.domain
        plain = item.type not in RANDOM and (
            by_size or all(not name or name in facts.held or name in facts.plain for name in item.inputs)
        )
        if not plain:
            left.append(item)
            continue
        equal = True
        for name in item.outputs:
            facts.plain.add(name)
            values = [kept.get(name) for kept in facts.seen]
            first = values[0]
            if isinstance(first, Tensor) and all(_same(value, first) for value in values):
                facts.held[name] = as_array(first)
            else:
                equal = False
        if not equal:
            left.append(item)
    facts.plain |= set(facts.held)
    facts.program = replace(facts.program, operators=tuple(left), constants=facts.held)


def _freed(model: ForeignModel, one: list[Any], sizes: tuple[tuple[int, int], tuple[int, int]]) -> Program | None:
    """A program written for one sample, for any number of them; None where its results would be others."""
    doubled = [torch.cat([item, item]) if isinstance(item, Tensor) and item.dim() else item for item in one]
    program = model.program
    constants = dict(program.constants)
    low: dict[str, Any] = {"": None, **dict(zip(program.inputs, one, strict=True))}
    high: dict[str, Any] = {"": None, **dict(zip(program.inputs, doubled, strict=True))}
    operators: list[Operator] = []
    static = set(constants)
    try:
        with torch.no_grad():
            for item in program.operators:
                for name in item.inputs:
                    if name not in low:
                        low[name] = high[name] = as_tensor(constants[name])
                new = _for_any_batch(item, low, high, constants, static, operators)
                if all(not name or name in static for name in item.inputs):
                    static.update(item.outputs)
                before = apply(item, [low[name] for name in item.inputs])
                after = apply(new, [high[name] for name in new.inputs])
                low.update(zip(item.outputs, before, strict=False))
                high.update(zip(item.outputs, after, strict=False))
                operators.append(new)
            for name in program.outputs:
                a, b = low[name], high[name]
                if a.shape[:1] != (1,) or b.shape[:1] != (2,):
                    return None
                if not torch.allclose(b, torch.cat([a, a]), rtol=1e-3, atol=1e-4, equal_nan=True):
                    return None
    except (GraphError, RuntimeError, KeyError, AttributeError, TypeError, IndexError):
        return None  # some operator holds the size of its batch in a way that is not known: it keeps that size
    return Program(inputs=program.inputs, outputs=program.outputs, operators=tuple(operators), constants=constants)


def _for_any_batch(
    item: Operator,
    low: dict[str, Any],
    high: dict[str, Any],
    constants: dict[str, np.ndarray],
    static: set[str],
    into: list[Operator],
) -> Operator:
    """The operator without the size of its batch; helpers it needs are put into `into`, and run."""
    if item.domain:
        return item
    if item.type == "Reshape" and item.inputs[1] in static:
        a, b = low[item.inputs[0]], high[item.inputs[0]]
        grown = [axis for axis, (x, y) in enumerate(zip(a.shape, b.shape, strict=True)) if x != y]
        if len(grown) != 1:
            return item
        target = list(apply(item, [low[name] for name in item.inputs])[0].shape)
        before = math.prod(a.shape[: grown[0]])
        behind = before * a.shape[grown[0]]  # samples may lie within what grew: (steps · samples, features)
        places = [axis for axis in range(len(target)) if math.prod(target[:axis]) == before]
        inner = [axis for axis in range(len(target)) if math.prod(target[:axis]) == behind]
        ones = [axis for axis in (*places, *inner) if target[axis] == 1]
        if not places and not ones:
            return item
        place = ones[0] if ones else places[0]
        if place == len(target) - 1 and target[place] != 1 and place:
            place -= 1  # features stay features: rows grow
        target[place] = -1
        name = f"{item.outputs[0]}.any_batch"
        constants[name] = np.array(target, dtype=np.int64)
        static.add(name)
        low[name] = high[name] = as_tensor(constants[name])
        return replace(item, inputs=(item.inputs[0], name), attributes={})
    if item.type == "Concat":
        return _repeated(item, low, high, constants, into)
    return item


def _repeated(
    item: Operator, low: dict[str, Any], high: dict[str, Any], constants: dict[str, np.ndarray], into: list[Operator]
) -> Operator:
    """A Concat whose constants have one row gets them repeated for each sample."""
    ranks = {high[name].dim() for name in item.inputs}
    axis = int(item.attributes.get("axis", 0))
    if len(ranks) != 1 or axis % next(iter(ranks)) == 0:
        return item
    rows = {high[name].shape[0] for name in item.inputs}
    if rows != {1, 2}:
        return item
    like = next(name for name in item.inputs if high[name].shape[0] == 2)
    count = f"{item.outputs[0]}.rows"
    helpers = [Operator(type="Shape", inputs=(like,), outputs=(count,), attributes={"start": 0, "end": 1})]
    inputs = []
    for number, name in enumerate(item.inputs):
        if high[name].shape[0] == 2:
            inputs.append(name)
            continue
        rest, shape, made = (f"{item.outputs[0]}.{part}{number}" for part in ("rest", "shape", "repeated"))
        constants[rest] = np.array(high[name].shape[1:], dtype=np.int64)
        low[rest] = high[rest] = as_tensor(constants[rest])
        helpers.append(Operator(type="Concat", inputs=(count, rest), outputs=(shape,), attributes={"axis": 0}))
        helpers.append(Operator(type="Expand", inputs=(name, shape), outputs=(made,)))
        inputs.append(made)
    for helper in helpers:
        low.update(zip(helper.outputs, apply(helper, [low[name] for name in helper.inputs]), strict=True))
        high.update(zip(helper.outputs, apply(helper, [high[name] for name in helper.inputs]), strict=True))
        into.append(helper)
    return replace(item, inputs=tuple(inputs))


def without_echoes(facts: Facts) -> dict[str, str]:
    """Values that are others under another name: Identity, a Dropout that drops nothing, a Pad of nothing."""
    same: dict[str, str] = {}
    for item in facts.program.operators:
        if item.domain or not item.inputs or not item.inputs[0] or sum(map(bool, item.outputs)) > 1:
            continue
        source, made = same.get(item.inputs[0], item.inputs[0]), item.outputs[0]
        shape = facts.shapes.get(made)
        if shape is None or shape != facts.shapes.get(source):
            continue
        if facts.dtypes.get(made) is not facts.dtypes.get(source):
            continue
        if item.type in _MOVING:
            same[made] = source
        elif item.type == "Dropout":
            if len(item.inputs) < 3 or not _on(facts, item.inputs[2]):
                same[made] = source
        elif item.type in _SOMETIMES and all(_same(kept.get(made), kept.get(source)) for kept in facts.seen):
            same[made] = source
    return same


def _on(facts: Facts, name: str) -> bool:
    return name in facts.held and bool(facts.held[name])


def _same(a: Any, b: Any) -> bool:
    return isinstance(a, Tensor) and isinstance(b, Tensor) and a.shape == b.shape and torch.equal(a, b)


def compared(a: Any, b: Any) -> float:
    """The largest difference of two values relative to their size; infinite where they are of another kind."""
    if isinstance(a, list | tuple):
        return max((compared(x, y) for x, y in zip(a, b, strict=True)), default=0.0)
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return 0.0 if np.array_equal(np.asarray(a), np.asarray(b)) else math.inf
    if a.shape != b.shape:
        return math.inf
    if not a.numel():
        return 0.0
    x, y = a.detach().double(), b.detach().double()
    same = (x == y) | (torch.isnan(x) & torch.isnan(y))
    apart = torch.where(same, torch.zeros_like(x), (x - y).abs())
    if torch.isnan(apart).any():
        return math.inf
    size = torch.where(torch.isfinite(x), x.abs(), torch.zeros_like(x)).max().clamp(min=1.0)
    return float((apart / size).max())

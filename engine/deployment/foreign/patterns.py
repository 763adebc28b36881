"""Finds layers that exporters wrote as several operators: a guess from how they hang together, proved by numbers.

A pattern names the value that the layer gives and what it is made of; whether it truly gives that value is asked of
the numbers seen while the file was tried. So a pattern need not know every way of writing a thing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.onnx_operators.program import Operator
from engine.deployment.foreign.probing import Facts, compared

FOUND = "netwright.layer"
"""The domain of what was recognised."""
_NEAR = 1e-4
_MOVES = {"Reshape", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Slice", "Split", "Gather", "Flatten", "Expand"}
_CURVES: dict[str, tuple[Callable[[Tensor], Tensor], str, dict[str, Any]]] = {
    "SiLU": (F.silu, "SiLU", {}),
    "GELU": (F.gelu, "GELU", {}),
    "GELU (tanh)": (lambda x: F.gelu(x, approximate="tanh"), "GELU", {"approximate": "tanh"}),
    "Hardswish": (F.hardswish, "Hardswish", {}),
    "Hardsigmoid": (F.hardsigmoid, "Hardsigmoid", {}),
    "Mish": (F.mish, "Mish", {}),
}
_HINTS = {"Erf", "Tanh", "Sigmoid", "HardSigmoid", "Clip", "Softplus", "Relu", "Min"}
_DEEP = 9
_RECURRENT = {"LSTM", "GRU", "RNN"}
_TURNED = " (samples first)"


@dataclass(slots=True)
class Patterns:
    """The graph to look at. `same` are values that are others under another name."""

    facts: Facts
    same: dict[str, str]
    givers: dict[str, Operator] = field(default_factory=dict)
    users: dict[str, list[Operator]] = field(default_factory=dict)
    made: int = 0
    turned: dict[str, str] = field(default_factory=dict)
    """What recurrent operators give with samples first, by what they give."""
    operators: tuple[Operator, ...] = ()
    """Those of the program, and what was put beside them."""

    def __post_init__(self) -> None:
        self.operators = self.facts.program.operators
        for item in self.facts.program.operators:
            for name in item.outputs:
                self.givers[name] = item
            for name in item.inputs:
                self.users.setdefault(self.real(name), []).append(item)

    def real(self, name: str) -> str:
        """The value behind a name."""
        return self.same.get(name, name)

    def giver(self, name: str) -> Operator | None:
        """What gives a value."""
        return self.givers.get(self.real(name))

    def held(self, name: str) -> np.ndarray | None:
        """A constant."""
        return self.facts.held.get(self.real(name)) if name else None

    def keep(self, array: np.ndarray) -> str:
        """A new constant."""
        self.made += 1
        name = f"(found {self.made})"
        self.facts.held[name] = np.ascontiguousarray(array)
        return name

    def found(self) -> dict[str, list[Operator]]:
        """What may give a value, the largest first, by the name of the value."""
        guesses: dict[str, list[Operator]] = {}
        self._recurrent_layers()
        for item in self.facts.program.operators:
            if item.domain:
                continue
            for look in (
                self._attention,
                self._recurrent,
                self._layer_norm,
                self._rms_norm,
                self._curve,
                self._linear,
                self._bias,
            ):
                for guess in look(item):
                    guesses.setdefault(guess.outputs[0], []).append(guess)
        return guesses

    def _pair(self, item: Operator) -> tuple[str, np.ndarray] | None:
        """A value and a constant that an operator of two inputs takes, in whichever order."""
        if len(item.inputs) != 2:
            return None
        for value, other in (item.inputs, item.inputs[::-1]):
            array = self.held(other)
            if array is not None and self.held(value) is None:
                return self.real(value), array
        return None

    def _linear(self, item: Operator) -> Iterator[Operator]:
        """MatMul with a constant, and what is added to it."""
        both = self._pair(item) if item.type == "Add" else None
        if both is None:
            return
        value, bias = both
        product = self.giver(value)
        if product is None or product.type != "MatMul" or bias.dtype != np.float32:
            return
        weight = self.held(product.inputs[1])
        if weight is None or weight.ndim != 2 or bias.size != weight.shape[1]:
            return
        yield Operator(
            type="Linear",
            domain=FOUND,
            inputs=(self.real(product.inputs[0]),),
            outputs=item.outputs,
            attributes={"weight": weight.T, "bias": bias.reshape(-1)},
        )

    def _bias(self, item: Operator) -> Iterator[Operator]:
        """A convolution without a bias, and one number a channel that is added to it."""
        both = self._pair(item) if item.type == "Add" else None
        if both is None:
            return
        value, bias = both
        before = self.giver(value)
        if before is None or before.type not in ("Conv", "ConvTranspose") or len(before.inputs) != 2:
            return
        shape = self.facts.shape(value) or ()
        wanted = (shape[1],) + (1,) * (len(shape) - 2)
        if len(shape) < 3 or bias.dtype != np.float32 or tuple(bias.shape[-len(wanted) :]) != wanted:
            return
        yield Operator(
            type=before.type,
            inputs=(*map(self.real, before.inputs), self.keep(bias.reshape(-1))),
            outputs=item.outputs,
            attributes=before.attributes,
        )

    def _layer_norm(self, item: Operator) -> Iterator[Operator]:
        """(x - mean) / sqrt(variance + eps) · scale + bias."""
        if item.type not in ("Add", "Mul"):
            return
        both = self._pair(item)
        bias = None
        if item.type == "Add" and both is not None:
            bias = both[1]
            scaled = self.giver(both[0])
            both = self._pair(scaled) if scaled is not None and scaled.type == "Mul" else None
        if both is None:
            return
        value, scale = both
        divided = self.giver(value)
        if divided is None or divided.type not in ("Div", "Mul"):
            return
        for place in (0, 1):
            centred = self.giver(divided.inputs[place])
            if centred is not None and centred.type == "Sub":
                eps = self._epsilon(divided.inputs[1 - place])
                if eps is not None:
                    yield Operator(
                        type="LayerNorm",
                        domain=FOUND,
                        inputs=(self.real(centred.inputs[0]),),
                        outputs=item.outputs,
                        attributes={"weight": scale, "bias": bias, "eps": eps},
                    )

    def _epsilon(self, name: str, depth: int = 4) -> float | None:
        """The small number that is added to a variance before its root is taken."""
        item = self.giver(name)
        if item is None or not depth:
            return None
        if item.type == "Add":
            both = self._pair(item)
            if both is not None and both[1].size == 1:
                return round(float(both[1].ravel()[0]), 15)
        if item.type in ("Sqrt", "Reciprocal", "Div", "Pow"):
            for source in item.inputs:
                if self.held(source) is None and (found := self._epsilon(source, depth - 1)) is not None:
                    return found
        return None

    def _rms_norm(self, item: Operator) -> Iterator[Operator]:
        """x / sqrt(mean of squares + eps) · scale."""
        both = self._pair(item) if item.type == "Mul" else None
        divided = self.giver(both[0]) if both is not None else None
        if both is None or divided is None or divided.type not in ("Div", "Mul") or len(divided.inputs) != 2:
            return
        for place in (0, 1):
            eps = self._epsilon(divided.inputs[1 - place])
            if eps is not None and self.held(divided.inputs[place]) is None:
                yield Operator(
                    type="RMSNormalization",
                    inputs=(self.real(divided.inputs[place]), self.keep(both[1])),
                    outputs=item.outputs,
                    attributes={"epsilon": eps},
                )

    def _behind(self, name: str, depth: int) -> dict[str, int]:
        """Values that a value is made of, with how far back they are."""
        found: dict[str, int] = {self.real(name): 0}
        waiting = [self.real(name)]
        while waiting:
            at = waiting.pop(0)
            item = self.giver(at)
            if item is None or found[at] >= depth:
                continue
            for source in item.inputs:
                real = self.real(source)
                if real and real not in self.facts.held and real not in found:
                    found[real] = found[at] + 1
                    waiting.append(real)
        return found

    def _curve(self, item: Operator) -> Iterator[Operator]:
        """An activation written as arithmetic: whatever curve gives the same numbers."""
        if item.type not in ("Mul", "Div", "Add", "Clip"):
            return
        made = item.outputs[0]
        shape = self.facts.shape(made)
        values = [kept.get(made) for kept in self.facts.seen]
        if self.facts.dtypes.get(made) is not torch.float32 or not all(isinstance(item, Tensor) for item in values):
            return
        behind = self._behind(made, _DEEP)
        inner = [self.giver(name) for name in behind]
        if not any(other is not None and other.type in _HINTS for other in inner):
            return
        for name, depth in sorted(behind.items(), key=lambda pair: -pair[1]):
            if not depth or self.facts.shape(name) != shape or self.facts.dtypes.get(name) is not torch.float32:
                continue
            given = [kept.get(name) for kept in self.facts.seen]
            if not all(isinstance(value, Tensor) for value in given):
                continue
            pieces = [(_piece(x), _piece(y)) for x, y in zip(given, values, strict=True)]
            for function, kind, settings in _CURVES.values():
                if all(_near(function(x), y) for x, y in pieces):
                    yield Operator(
                        type="Layer",
                        domain=FOUND,
                        inputs=(name,),
                        outputs=item.outputs,
                        attributes={"type": kind, "settings": settings},
                    )
                    return

    def _after(self, name: str, shape: tuple[int | None, ...], most: int = 8) -> Iterator[str]:
        """Values that a value becomes by being moved about alone, and that have a shape, the last first."""
        found, waiting, seen = [], [(self.real(name), 0)], {self.real(name)}
        while waiting:
            at, depth = waiting.pop(0)
            if self.facts.shape(at) == shape:
                found.append(at)
            if depth < most:
                for item in self.users.get(at, []):
                    if item.type in _MOVES | {"Concat"} and not item.domain:
                        for made in item.outputs:
                            if self.real(made) not in seen:
                                seen.add(self.real(made))
                                waiting.append((self.real(made), depth + 1))
        yield from reversed(found)

    def _samples_first(self, name: str) -> Iterator[str]:
        """A value with steps first as it was with samples first."""
        at = self.real(name)
        for _ in range(3):
            shape = self.facts.shape(at) or ()
            if len(shape) == 3 and shape[0] is None:
                yield at
            item = self.giver(at)
            if item is None or item.type not in ("Transpose", "Reshape", "Squeeze", "Unsqueeze"):
                return
            at = self.real(item.inputs[0])

    def _recurrent_layers(self) -> None:
        """Put beside each recurrent operator what it gives with samples first: a layer behind it may take that."""
        operators = []
        for item in self.facts.program.operators:
            operators.append(item)
            if item.type not in _RECURRENT or item.domain or not item.outputs[0]:
                continue
            made = item.outputs[0]
            values = [kept.get(made) for kept in self.facts.seen]
            for x in self._taken(item):
                if not all(isinstance(value, Tensor) and value.dim() == 4 for value in values):
                    break
                name = f"{made}{_TURNED}"
                for kept, value in zip(self.facts.seen, values, strict=True):
                    assert isinstance(value, Tensor)
                    kept[name] = value.permute(2, 0, 1, 3).flatten(2)
                self.facts.shapes[name] = [tuple(kept[name].shape) for kept in self.facts.seen]
                self.facts.dtypes[name] = self.facts.dtypes[made]
                self.turned[made] = name
                operators.append(
                    Operator(
                        type=item.type,
                        domain=FOUND,
                        inputs=(x, *item.inputs[1:]),
                        outputs=(name,),
                        attributes={**item.attributes, "result": "sequence"},
                    )
                )
                break
        self.operators = tuple(operators)

    def _taken(self, item: Operator) -> Iterator[str]:
        """What a recurrent operator takes, samples first: as it was before it was turned, or from the layer before."""
        yield from self._samples_first(item.inputs[0])
        at = self.real(item.inputs[0])
        for _ in range(5):
            if at in self.turned:
                yield self.turned[at]
                return
            before = self.giver(at)
            if before is None or before.type not in ("Transpose", "Reshape", "Squeeze", "Identity"):
                return
            at = self.real(before.inputs[0])

    def _recurrent(self, item: Operator) -> Iterator[Operator]:
        """A recurrent operator, whose steps come first, with what turns its axes around it."""
        if item.type not in _RECURRENT:
            return
        r = self.held(item.inputs[2])
        if r is None:
            return
        width = int(r.shape[-1]) * int(r.shape[0])
        for x in self._taken(item):
            steps = (self.facts.shape(x) or ())[1]
            for source in item.outputs[:2]:
                if not source:
                    continue
                for result, shape in (("sequence", (None, steps, width)), ("last", (None, width))):
                    for made in self._after(source, shape):
                        yield Operator(
                            type=item.type,
                            domain=FOUND,
                            inputs=(x, *item.inputs[1:]),
                            outputs=(made,),
                            attributes={**item.attributes, "result": result},
                        )

    def _projection(self, name: str) -> tuple[str, np.ndarray, np.ndarray | None] | None:
        """The linear layer that a query, key or value comes from: what it takes, its weight (out, in) and bias."""
        at = self.real(name)
        bias: np.ndarray | None = None
        for _ in range(14):
            item = self.giver(at)
            if item is None:
                return None
            if item.type == "Gemm":
                weight, added = self.held(item.inputs[1]), self.held(item.inputs[2]) if len(item.inputs) > 2 else None
                if weight is None:
                    return None
                weight = weight if item.attributes.get("transB", 0) else weight.T
                return self.real(item.inputs[0]), weight, added.reshape(-1) if added is not None else bias
            if item.type == "MatMul":
                weight = self.held(item.inputs[1])
                return None if weight is None or weight.ndim != 2 else (self.real(item.inputs[0]), weight.T, bias)
            if item.type == "Add" and (both := self._pair(item)) is not None:
                at, bias = both[0], both[1].reshape(-1)
            elif item.type in ("Mul", "Div") and (both := self._pair(item)) is not None and both[1].size == 1:
                at = both[0]
            elif item.type in _MOVES or item.type == "Concat":
                at = self.real(next((name for name in item.inputs if self.held(name) is None), ""))
            else:
                return None
        return None

    def _attention(self, item: Operator) -> Iterator[Operator]:
        """Attention of several heads, from what it looks at to the linear layer behind it."""
        if item.type != "Softmax":
            return
        mixed = next((user for user in self.users.get(item.outputs[0], []) if user.type == "MatMul"), None)
        scores = self.real(item.inputs[0])
        shape = self.facts.shape(scores) or ()
        product = self._product(scores)
        if mixed is None or product is None or len(shape) not in (3, 4):
            return
        sides = [self._projection(name) for name in (*product.inputs, mixed.inputs[1])]
        if None in sides or not self.facts.seen:
            return
        query, key, value = (side for side in sides if side is not None)
        causal = product.outputs[0] != scores and self._is_causal(item)
        for made, weight, bias in self._answers(mixed.outputs[0]):
            yield from self._guesses(item, product, (query, key, value), (made, weight, bias), causal=causal)

    def _product(self, name: str) -> Operator | None:
        """The product of queries and keys that scores come from, scaled and masked."""
        at = self.real(name)
        for _ in range(5):
            item = self.giver(at)
            if item is None:
                return None
            if item.type == "MatMul":
                return item
            both = self._pair(item) if item.type in ("Add", "Mul", "Div") else None
            if both is not None:
                at = both[0]
            elif item.type in ("Where", "Add"):
                at = self.real(item.inputs[0] if item.type == "Add" else item.inputs[-1])
            elif item.type in ("Reshape", "Unsqueeze", "Squeeze"):
                at = self.real(item.inputs[0])
            else:
                return None
        return None

    def _is_causal(self, item: Operator) -> bool:
        """Whether each step gives no share to those behind it."""
        for kept in self.facts.seen:
            shares = kept.get(item.outputs[0])
            if not isinstance(shares, Tensor) or bool(shares.triu(1).any()):
                return False
        return True

    def _answers(self, name: str) -> Iterator[tuple[str, np.ndarray, np.ndarray | None]]:
        """The linear layer behind attention: what it gives, its weight (out, in) and bias."""
        at = self.real(name)
        for _ in range(8):
            users = [user for user in self.users.get(at, []) if user.type not in ("Shape", "Size")]
            if not users:
                return
            item = users[0]
            weight = self.held(item.inputs[1]) if len(item.inputs) > 1 else None
            if item.type == "Gemm" and weight is not None:
                added = self.held(item.inputs[2]) if len(item.inputs) > 2 else None
                turned = weight if item.attributes.get("transB", 0) else weight.T
                yield item.outputs[0], turned, added.reshape(-1) if added is not None else None
                return
            if item.type == "MatMul" and weight is not None and weight.ndim == 2:
                for user in self.users.get(self.real(item.outputs[0]), []):
                    both = self._pair(user) if user.type == "Add" else None
                    if both is not None and both[1].size == weight.shape[1]:
                        yield user.outputs[0], weight.T, both[1].reshape(-1)
                yield item.outputs[0], weight.T, None
                return
            if item.type not in _MOVES:
                return
            at = self.real(item.outputs[0])

    def _guesses(
        self,
        item: Operator,
        product: Operator,
        sides: tuple[tuple[str, np.ndarray, np.ndarray | None], ...],
        answer: tuple[str, np.ndarray, np.ndarray | None],
        *,
        causal: bool,
    ) -> Iterator[Operator]:
        made, out_weight, out_bias = answer
        width = int(out_weight.shape[1])
        sources = []
        for source, weight, _ in sides:
            found = next(
                (x for x in self._samples_first(source) if (self.facts.shape(x) or ())[-1] == weight.shape[1]), ""
            )
            if not found:
                return
            sources.append(found)
        steps = (self.facts.shape(sources[0]) or ())[1]
        heads = self._heads(product, width)
        if heads is None:
            return
        parts = []
        for place, (_, weight, bias) in enumerate(sides):
            rows = slice(place * width, (place + 1) * width) if weight.shape[0] == 3 * width else slice(0, width)
            if weight.shape[0] not in (width, 3 * width):
                return
            parts.append((weight[rows], None if bias is None else bias[rows]))
        if any(weight.shape != (width, width) for weight, _ in parts) or out_weight.shape != (width, width):
            return
        biased = out_bias is not None or any(bias is not None for _, bias in parts)
        empty = np.zeros(width, np.float32)
        inputs = (sources[0],) if len(set(sources)) == 1 else tuple(sources)
        attributes: dict[str, Any] = {
            "in_weight": np.concatenate([weight for weight, _ in parts]),
            "out_weight": out_weight,
            "heads": heads,
            "causal": causal,
        }
        if biased:
            attributes["in_bias"] = np.concatenate([empty if bias is None else bias for _, bias in parts])
            attributes["out_bias"] = empty if out_bias is None else out_bias
        for end in self._after(made, (None, steps, width)):
            yield Operator(
                type="MultiheadAttention", domain=FOUND, inputs=inputs, outputs=(end,), attributes=attributes
            )

    def _heads(self, product: Operator, width: int) -> int | None:
        """How many heads there are, by the size of one."""
        shape = self.facts.shape(self.real(product.inputs[0])) or ()
        size = shape[-1] if shape else None
        return width // size if size and width % size == 0 else None


def _piece(x: Any) -> Tensor:
    """Enough numbers of a tensor to tell curves apart; who takes the guess proves it of all."""
    found: Tensor = x.reshape(-1)[:2048]
    return found


def _near(a: Tensor, b: Any) -> bool:
    return isinstance(b, Tensor) and compared(b, a) < _NEAR

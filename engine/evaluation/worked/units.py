"""Single numbers of a node: which of many are shown, and how each is made of the numbers before it."""

import re
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn

from engine.catalog.layer import Layer
from engine.catalog.layers.activation import LogSoftmax, Softmax
from engine.compiler.plan import Call
from engine.evaluation.worked.loss_words import exponentials
from engine.evaluation.worked.numbers import factor, number, weighted_sum

ALL_UNITS: Final = 12
"""Nodes with no more numbers show each of them."""
SOME_UNITS: Final = 6
MOST_WORKED: Final = 300_000
"""Nodes with more numbers than this are not written out: one sum would take too long."""
_GREEK: Final = {"alpha": "α", "beta": "β", "lambd": "λ"}


def chosen(value: Tensor, gradient: Tensor | None, most: int = SOME_UNITS) -> list[int]:
    """Places, in order, in the flat numbers of one sample: all of few, of many those that learn most."""
    count = value.numel()
    if count <= ALL_UNITS:
        return list(range(count))
    by = gradient if gradient is not None and bool((gradient != 0).any()) else value
    return sorted(by.reshape(-1).abs().float().topk(min(most, count)).indices.tolist())


def place_name(flat: int, shape: Sequence[int]) -> str:
    """ "[2, 0, 7]"; empty for a tensor of one number."""
    if not shape or (len(shape) == 1 and shape[0] == 1):
        return ""
    found: list[int] = []
    for size in reversed(shape):
        found.insert(0, flat % size)
        flat //= size
    return f"[{', '.join(map(str, found))}]"


class Maker:
    """How the numbers that a call gives for the first sample are made of what it takes."""

    def __init__(self, call: Call, module: nn.Module, inputs: Sequence[Tensor | None], chance: Tensor) -> None:
        self._call, self._layer = call, call.layer
        self._inputs = [
            value.detach().clone().requires_grad_(True) if value is not None and value.is_floating_point() else value
            for value in inputs
        ]
        self._module, self._chance = module, chance
        self._asked = [value for value in self._inputs if value is not None and value.requires_grad]
        small = sum(value.numel() for value in self._inputs if value is not None) <= MOST_WORKED
        self._outputs = self._run(1.0) if small else ()
        self._weighs = bool(self._outputs) and self._is_weighted_sum()

    def _run(self, scale: float) -> tuple[Tensor, ...]:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.set_rng_state(self._chance)
            given = [
                value if scale == 1.0 or value is None or not value.requires_grad else value * scale
                for value in self._inputs
            ]
            result = self._module(*given)
        return result if isinstance(result, tuple) else (result,)

    @torch.no_grad()
    def _is_weighted_sum(self) -> bool:
        """Whether twice the input gives twice the output, but for what is added: f(2x) = 2 f(x) − f(0).

        So it is of linear layers, convolutions, pools, sums and reshapes, and of no product or bend.
        """
        if not self._asked or self._layer.curve:
            return False
        double, none = self._run(2.0), self._run(0.0)
        return all(
            one.is_floating_point() and torch.allclose(two, 2 * one - zero, rtol=1e-3, atol=1e-5)
            for one, two, zero in zip(self._outputs, double, none, strict=True)
        )

    def words(self, port: int, place: int) -> str:
        """The sum of number `place` of the first sample at an output, without its result; "" where it has none."""
        if not self._outputs:
            return ""
        first = self._first()
        if self._layer.curve and first is not None and place < len(first):
            return substituted(self._layer, float(first[place]))
        if type(self._layer) in (Softmax, LogSoftmax) and first is not None and self._last_axis_alone():
            numbers: list[float] = first.tolist()
            shown = exponentials(numbers)
            if type(self._layer) is Softmax:
                return f"e^{factor(numbers[place])} / ({shown})"
            return f"{number(numbers[place])} − log({shown})"
        return self._sum(port, place) if self._weighs else ""

    def _sum(self, port: int, place: int) -> str:
        output = self._outputs[port]
        value = output[0].reshape(-1)[place] if output.dim() else output
        if not value.requires_grad:
            return ""
        slopes: Sequence[Tensor | None] = torch.autograd.grad(value, self._asked, retain_graph=True, allow_unused=True)
        terms: list[tuple[float, float]] = []
        rest = value.detach().double()
        for slope, given in zip(slopes, self._asked, strict=True):
            if slope is None:
                continue
            weights, numbers = slope.detach().reshape(-1), given.detach().reshape(-1)
            rest = rest - (weights.double() * numbers.double()).sum()
            terms += [(float(weights[at]), float(numbers[at])) for at in (weights != 0).nonzero().flatten().tolist()]
        plain = self._plain(terms)
        if plain:
            return plain
        size = max((abs(a * b) for a, b in terms), default=0.0)
        added = float(rest) if abs(float(rest)) > 1e-5 * max(size, 1.0) or self._has_bias() else None
        return weighted_sum(terms, added)

    def _plain(self, terms: Sequence[tuple[float, float]]) -> str:
        """Reshapes pass a number on, sums add numbers: no weights to tell of."""
        if self._has_bias() or any(weight != 1.0 for weight, _ in terms) or not terms or len(terms) > 6:
            return ""
        if any(True for _ in self._module.parameters()):
            return ""
        return " + ".join(factor(value) for _, value in terms)

    def _has_bias(self) -> bool:
        return isinstance(getattr(self._module, "bias", None), Tensor)

    def _first(self) -> Tensor | None:
        """The numbers of the first sample of the only input in a row, for layers that work value by value."""
        if len(self._asked) != 1 or not self._asked[0].dim():
            return None
        return self._asked[0][0].detach().reshape(-1)

    def _last_axis_alone(self) -> bool:
        return self._asked[0].dim() == 2


def substituted(layer: Layer, x: float) -> str:
    """What the layer's own formula says for a number: "max(0, x)" as "max(0, −0.3)"."""
    text = layer.formula.partition("= ")[2] or layer.formula
    text = text.replace("e⁻ˣ", "e^(−x)").replace("eˣ", "e^x")
    settings = {name: value for name, value in layer.values().items() if isinstance(value, int | float)}
    for name, value in settings.items():
        for spelled in (name, _GREEK.get(name)):
            if spelled and not isinstance(value, bool):
                text = re.sub(rf"(?<!\w){re.escape(spelled)}(?!\w)", factor(float(value)), text)
    text = re.sub(r"\(−x\)", lambda _: factor(-x), text)
    text = re.sub(r"(?<![\w])x(?![\w\[])", lambda _: factor(x), text)
    return re.sub(r"(?<=[(,|]) ?\((−[^()]+)\)(?=[,)|])", lambda found: found[0].replace("(", "").replace(")", ""), text)

"""A formula that a person typed, written out from its checked terms."""

import torch
from torch import Tensor, nn

from engine.catalog import formulas
from engine.compiler.generated import functions


class Formula(nn.Module):
    """The formula over tensors in the order of their names. Readable source holds the formula in its place."""

    def __init__(self, expression: str) -> None:
        super().__init__()
        self._term = formulas.parse(expression)
        self._names = formulas.ordered(self._term)
        places = [f"x{number}" for number in range(len(self._names))]
        source = f"def value({', '.join(places)}):\n    return {self.written(places, 'torch.')}\n"
        self._value = functions(source, {"torch": torch})["value"]

    def written(self, inputs: list[str], torch: str) -> str:
        """The formula in Python, put together from its terms alone."""
        return formulas.written(self._term, dict(zip(self._names, inputs, strict=True)), torch)

    def forward(self, *tensors: Tensor) -> Tensor:
        found = self._value(*tensors)
        assert isinstance(found, Tensor)
        return found

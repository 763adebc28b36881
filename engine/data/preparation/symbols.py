"""Values of an ONNX graph that are reckoned with like tensors, so that a formula is written once for both."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter


class Symbol:
    """A DOUBLE value of a graph: +, -, * and / with numbers and other symbols, and `floor`."""

    def __init__(self, writer: "OnnxWriter", name: str) -> None:
        self.writer = writer
        self.name = name

    def _with(self, operator: str, other: "Symbol | float", *, swapped: bool = False) -> "Symbol":
        if isinstance(other, Symbol):
            name = other.name
        else:
            name = self.writer.constant(np.array(float(other), np.float64))
        pair = [name, self.name] if swapped else [self.name, name]
        return Symbol(self.writer, self.writer.add(operator, pair))

    def __add__(self, other: "Symbol | float") -> "Symbol":
        return self._with("Add", other)

    def __sub__(self, other: "Symbol | float") -> "Symbol":
        return self._with("Sub", other)

    def __rsub__(self, other: float) -> "Symbol":
        return self._with("Sub", other, swapped=True)

    def __mul__(self, other: "Symbol | float") -> "Symbol":
        return self._with("Mul", other)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: "Symbol | float") -> "Symbol":
        return self._with("Div", other)

    def floor(self) -> "Symbol":
        """The largest whole number below."""
        return Symbol(self.writer, self.writer.add("Floor", [self.name]))

"""Padding: borders of zeros, of one value, or of what lies at the other side of an edge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import PICTURE, SIGNAL, VOLUME, mismatch, sides, spatial
from engine.catalog.tensors import TensorSpec

_ENDS = "How much is added on the left and on the right."
_EDGES = "How much is added on the left, right, top and bottom."
_FACES = "How much is added on the left, right, top, bottom, front and back."
_ORDER = ("left, right", "left, right, top, bottom", "left, right, top, bottom, front, back")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Padding(Layer):
    """Base: two numbers an axis, the last axis first, as torch has them. `_fits` says how wide a border may be."""

    family: ClassVar[Family] = Family.PADDING
    synonyms: ClassVar[tuple[str, ...]] = ("padding", "border", "frame", "margin")
    stricter: ClassVar[str] = "a number for each side; with fewer torch pads the last axes alone"
    _fits: ClassVar[str] = ""

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axes = x.rank - 2
        border = sides(self.values()["padding"], 2 * axes)
        if len(border) != 2 * axes:
            mismatch(f"{2 * axes} numbers: {_ORDER[axes - 1]}", f"{len(border)} of them", "Set all of them.")
        sizes: list[int | None] = []
        for place, name in enumerate(spatial(x.rank)):
            size = x.shape[2 + place]
            before, after = border[2 * (axes - 1 - place)], border[2 * (axes - 1 - place) + 1]
            widest = None if size is None or not self._fits else size - (self._fits == "inside")
            if widest is not None and max(before, after) > widest:
                mismatch(f"at most {widest} added to {name} {size}", str(max(before, after)), "Add less.")
            sizes.append(None if size is None else size + before + after)
        return (TensorSpec((*x.shape[:2], *sizes)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class _ZeroPad(_Padding):
    """Base of the three."""

    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pad")
    formula: ClassVar[str] = "y = x inside, 0 in the border"
    when: ClassVar[str] = "Before a convolution that would shrink too much, or to bring sizes together."


@dataclass(frozen=True, kw_only=True, slots=True)
class ZeroPad1d(_ZeroPad):
    """Adds zeros at both ends of a signal.

    Input (N, channels, length); output with so much more on each side. Source: torch.nn.ZeroPad1d.
    """

    target: ClassVar[str] = "torch.nn.ZeroPad1d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SIGNAL),)
    padding: int | tuple[int, int] = attribute(1, minimum=0, maximum=10_000, help=_ENDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class ZeroPad2d(_ZeroPad):
    """Adds zeros around a picture.

    Input (N, channels, height, width); output with so much more on each side. Source: torch.nn.ZeroPad2d.
    """

    target: ClassVar[str] = "torch.nn.ZeroPad2d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    padding: tuple[int, ...] = attribute((1, 1, 1, 1), minimum=0, maximum=1_000, help=_EDGES)


@dataclass(frozen=True, kw_only=True, slots=True)
class ZeroPad3d(_ZeroPad):
    """Adds zeros around a volume.

    Input (N, channels, depth, height, width); output with so much more on each side. Source: torch.nn.ZeroPad3d.
    """

    target: ClassVar[str] = "torch.nn.ZeroPad3d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VOLUME),)
    padding: tuple[int, ...] = attribute((1, 1, 1, 1, 1, 1), minimum=0, maximum=1_000, help=_FACES)


@dataclass(frozen=True, kw_only=True, slots=True)
class _ConstantPad(_Padding):
    """Base of the three."""

    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pad")
    formula: ClassVar[str] = "y = x inside, value in the border"
    when: ClassVar[str] = "Where 0 means something else: silence that is not 0, a colour of the background."
    unlike_torch: ClassVar[Mapping[str, str]] = {"value": "torch has no default; 0 is the usual value"}
    value: float = attribute(0.0, minimum=-1e9, maximum=1e9, help="The value that is added.")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConstantPad1d(_ConstantPad):
    """Adds one value at both ends of a signal.

    Input (N, channels, length); output with so much more on each side. Source: torch.nn.ConstantPad1d.
    """

    target: ClassVar[str] = "torch.nn.ConstantPad1d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SIGNAL),)
    padding: int | tuple[int, int] = attribute(1, minimum=0, maximum=10_000, help=_ENDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConstantPad2d(_ConstantPad):
    """Adds one value around a picture.

    Input (N, channels, height, width); output with so much more on each side. Source: torch.nn.ConstantPad2d.
    """

    target: ClassVar[str] = "torch.nn.ConstantPad2d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    padding: tuple[int, ...] = attribute((1, 1, 1, 1), minimum=0, maximum=1_000, help=_EDGES)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConstantPad3d(_ConstantPad):
    """Adds one value around a volume.

    Input (N, channels, depth, height, width); output with so much more on each side. Source: torch.nn.ConstantPad3d.
    """

    target: ClassVar[str] = "torch.nn.ConstantPad3d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VOLUME),)
    padding: tuple[int, ...] = attribute((1, 1, 1, 1, 1, 1), minimum=0, maximum=1_000, help=_FACES)


@dataclass(frozen=True, kw_only=True, slots=True)
class _ReflectionPad(_Padding):
    """Base of the three."""

    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pad")
    formula: ClassVar[str] = "y[-i] = x[i]"
    when: ClassVar[str] = "For pictures that are filtered: the border shows no edge that is not there."
    _fits: ClassVar[str] = "inside"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReflectionPad1d(_ReflectionPad):
    """Adds its mirror image, without the edge itself at both ends of a signal.

    Input (N, channels, length); output with so much more on each side. Source: torch.nn.ReflectionPad1d.
    """

    target: ClassVar[str] = "torch.nn.ReflectionPad1d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SIGNAL),)
    padding: int | tuple[int, int] = attribute(1, minimum=0, maximum=10_000, help=_ENDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReflectionPad2d(_ReflectionPad):
    """Adds its mirror image, without the edge itself around a picture.

    Input (N, channels, height, width); output with so much more on each side. Source: torch.nn.ReflectionPad2d.
    """

    target: ClassVar[str] = "torch.nn.ReflectionPad2d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    padding: tuple[int, ...] = attribute((1, 1, 1, 1), minimum=0, maximum=1_000, help=_EDGES)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReflectionPad3d(_ReflectionPad):
    """Adds its mirror image, without the edge itself around a volume.

    Input (N, channels, depth, height, width); output with so much more on each side. Source: torch.nn.ReflectionPad3d.
    """

    target: ClassVar[str] = "torch.nn.ReflectionPad3d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VOLUME),)
    padding: tuple[int, ...] = attribute((1, 1, 1, 1, 1, 1), minimum=0, maximum=1_000, help=_FACES)


@dataclass(frozen=True, kw_only=True, slots=True)
class _ReplicationPad(_Padding):
    """Base of the three."""

    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pad")
    formula: ClassVar[str] = "y[-i] = x[0]"
    when: ClassVar[str] = "For measurements, where the nearest known value is the best guess."


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplicationPad1d(_ReplicationPad):
    """Adds the values at its edge at both ends of a signal.

    Input (N, channels, length); output with so much more on each side. Source: torch.nn.ReplicationPad1d.
    """

    target: ClassVar[str] = "torch.nn.ReplicationPad1d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SIGNAL),)
    padding: int | tuple[int, int] = attribute(1, minimum=0, maximum=10_000, help=_ENDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplicationPad2d(_ReplicationPad):
    """Adds the values at its edge around a picture.

    Input (N, channels, height, width); output with so much more on each side. Source: torch.nn.ReplicationPad2d.
    """

    target: ClassVar[str] = "torch.nn.ReplicationPad2d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    padding: tuple[int, ...] = attribute((1, 1, 1, 1), minimum=0, maximum=1_000, help=_EDGES)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplicationPad3d(_ReplicationPad):
    """Adds the values at its edge around a volume.

    Input (N, channels, depth, height, width); output with so much more on each side. Source: torch.nn.ReplicationPad3d.
    """

    target: ClassVar[str] = "torch.nn.ReplicationPad3d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VOLUME),)
    padding: tuple[int, ...] = attribute((1, 1, 1, 1, 1, 1), minimum=0, maximum=1_000, help=_FACES)


@dataclass(frozen=True, kw_only=True, slots=True)
class _CircularPad(_Padding):
    """Base of the three."""

    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pad")
    formula: ClassVar[str] = "y[-i] = x[size - i]"
    when: ClassVar[str] = "For what goes round: angles, days of a year, textures that repeat."
    _fits: ClassVar[str] = "whole"


@dataclass(frozen=True, kw_only=True, slots=True)
class CircularPad1d(_CircularPad):
    """Adds what lies at its other end at both ends of a signal.

    Input (N, channels, length); output with so much more on each side. Source: torch.nn.CircularPad1d.
    """

    target: ClassVar[str] = "torch.nn.CircularPad1d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SIGNAL),)
    padding: int | tuple[int, int] = attribute(1, minimum=0, maximum=10_000, help=_ENDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class CircularPad2d(_CircularPad):
    """Adds what lies at its other end around a picture.

    Input (N, channels, height, width); output with so much more on each side. Source: torch.nn.CircularPad2d.
    """

    target: ClassVar[str] = "torch.nn.CircularPad2d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    padding: tuple[int, ...] = attribute((1, 1, 1, 1), minimum=0, maximum=1_000, help=_EDGES)


@dataclass(frozen=True, kw_only=True, slots=True)
class CircularPad3d(_CircularPad):
    """Adds what lies at its other end around a volume.

    Input (N, channels, depth, height, width); output with so much more on each side. Source: torch.nn.CircularPad3d.
    """

    target: ClassVar[str] = "torch.nn.CircularPad3d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VOLUME),)
    padding: tuple[int, ...] = attribute((1, 1, 1, 1, 1, 1), minimum=0, maximum=1_000, help=_FACES)

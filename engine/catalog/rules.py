"""The few shape rules that layers share: same shape, window, join, broadcast, reduce; and how a mismatch is worded."""

import math
from collections.abc import Sequence
from typing import NoReturn

from engine.catalog.tensors import DType, Shape, TensorSpec, axes_text, shape_text
from engine.errors import ShapeMismatch

SEQUENCE = ("N", "time", "features")
VECTOR = ("N", "features")
SIGNAL = ("N", "channels", "length")
PICTURE = ("N", "channels", "height", "width")
VOLUME = ("N", "channels", "depth", "height", "width")

NO_FEATURES = "a tensor of one number a sample has no axis of features: torch would take the batch for it"
"""Why rules on the last axis refuse (N,), which torch takes."""

USUAL_AXES: dict[int, tuple[str, ...]] = {1: ("N",), 2: VECTOR, 4: PICTURE, 5: VOLUME}
"""What axes are called where nobody says; three can be a signal or a sequence."""


def found_text(shape: Shape, axes: Sequence[str] = ()) -> str:
    """A shape as people read it: with `axes` where they fit, with the usual names for 2, 4 and 5 dimensions."""
    names = tuple(axes)
    if len(names) != len(shape):
        names = USUAL_AXES.get(len(shape), ())
    return axes_text(shape, names)


def expected_text(axes: Sequence[str]) -> str:
    """ "4 dimensions (N, channels, height, width)"."""
    return f"{len(axes)} dimensions ({', '.join(axes)})"


def mismatch(expected: str, found: str | TensorSpec, hint: str = "") -> NoReturn:
    """Raise ShapeMismatch: "expected ..., got ...". The node's name is put in front by whoever knows it."""
    text = found if isinstance(found, str) else found_text(found.shape)
    raise ShapeMismatch(f"expected {expected}, got {text}.", expected=expected, found=text, hint=hint)


def known(x: TensorSpec, axis: int, name: str) -> int:
    """The size of an axis that must be known before training. Raises ShapeMismatch when it is free."""
    size = x.shape[axis]
    if size is None:
        mismatch(
            f"a known number of {name}",
            f"{shape_text(x.shape)}, where it can differ",
            "Give the data a fixed size (a Resize or a fixed length in the tab Data).",
        )
    return size


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width) of a size attribute."""
    return value if isinstance(value, tuple) else (value, value)


def sides(value: int | tuple[int, ...], count: int) -> tuple[int, ...]:
    """One number a side, of a size attribute of any number of sides."""
    return value if isinstance(value, tuple) else (value,) * count


def spatial(rank: int) -> tuple[str, ...]:
    """What the axes after batch and channels are called: length; height, width; depth, height, width."""
    return {3: SIGNAL, 4: PICTURE, 5: VOLUME}[rank][2:]


def product(sizes: Sequence[int | None]) -> int | None:
    """The product, None if any is free."""
    total = 1
    for size in sizes:
        if size is None:
            return None
        total *= size
    return total


def volume(sizes: Sequence[int | None]) -> int:
    """The product, a free size counted as 1: for costs, which then hold for one step, one place."""
    return math.prod(1 if size is None else size for size in sizes)


def normal_axis(dim: int, rank: int, *, lowest: int = 1, extra: int = 0) -> int:
    """A dim attribute counted from the front. Raises ShapeMismatch when there is no such axis or it is the batch.

    `extra` 1 is for layers that add an axis.
    """
    last = rank + extra - 1
    axis = dim + rank + extra if dim < 0 else dim
    if not lowest <= axis <= last:
        batch = " The first, 0, is the batch and stays as it is." if axis == 0 else ""
        options = f"from {lowest} to {last} (or -1 for the last)" if last >= lowest else "that exists"
        mismatch(f"a dim {options}", str(dim), f"Choose another dim.{batch}")
    return axis


def window(
    size: int | None,
    axis: str,
    *,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    ceil: bool = False,
) -> int | None:
    """Places of a window that moves along an axis: (size + 2 padding - dilation (kernel - 1) - 1) // stride + 1.

    With `ceil` it is rounded up, and a last window may stand over the end if it starts inside. Raises ShapeMismatch
    when none fits.
    """
    if size is None:
        return None
    reach = dilation * (kernel - 1) + 1
    room = size + 2 * padding - reach + (stride - 1 if ceil else 0)
    if room < 0:
        at_least = reach - 2 * padding
        mismatch(
            f"{axis} {at_least} or more",
            f"{axis} {size}",
            f"The window reaches over {reach}: make it smaller, add padding, or shrink the tensor less before.",
        )
    places = room // stride + 1
    if ceil and (places - 1) * stride >= size + padding:
        places -= 1
    return places


def same_sizes(a: int | None, b: int | None) -> bool:
    """Whether two sizes can be equal; a free size fits any."""
    return a is None or b is None or a == b


def merged_dtype(inputs: Sequence[TensorSpec]) -> DType:
    """The number type of a sum of tensors."""
    kinds = {x.dtype for x in inputs}
    return DType.FLOAT if DType.FLOAT in kinds else DType.INT if DType.INT in kinds else DType.BOOL


def broadcast(inputs: Sequence[TensorSpec]) -> TensorSpec:
    """The tensor of an element-by-element operation: equal sizes, or 1, which is repeated.

    The number of dimensions must be equal: torch would line a shorter shape up from the right, and put its batch
    against another axis.
    """
    first = inputs[0]
    sizes = list(first.shape)
    for other in inputs[1:]:
        if other.rank != first.rank:
            mismatch(
                f"the same number of dimensions at each input, {found_text(first.shape)}",
                found_text(other.shape),
                "Bring both to one shape, for example with Flatten, Unsqueeze or GlobalAveragePool2d.",
            )
        for axis, size in enumerate(other.shape):
            old = sizes[axis]
            if old == 1 and axis > 0:
                sizes[axis] = size
            elif not same_sizes(old, size) and not (size == 1 and axis > 0):
                mismatch(
                    f"equal sizes, {found_text(first.shape)}",
                    found_text(other.shape),
                    "Make the sizes equal: a Linear or a 1 × 1 convolution on one of the ways changes them.",
                )
            elif old is None and axis > 0 and size != 1:
                sizes[axis] = size
    return TensorSpec(tuple(sizes), merged_dtype(inputs))


def join(inputs: Sequence[TensorSpec], dim: int) -> TensorSpec:
    """The tensors one after the other along `dim`; all other sizes must be equal."""
    first = inputs[0]
    axis = normal_axis(dim, first.rank)
    sizes = list(first.shape)
    for other in inputs[1:]:
        if other.rank != first.rank:
            mismatch(
                f"the same number of dimensions at each input, {found_text(first.shape)}",
                found_text(other.shape),
                "Bring all to one number of dimensions, for example with Flatten or Unsqueeze.",
            )
        for place, size in enumerate(other.shape):
            old = sizes[place]
            if place == axis:
                sizes[place] = None if old is None or size is None else old + size
            elif not same_sizes(old, size):
                mismatch(
                    f"equal sizes but along dim {axis}, {found_text(first.shape)}",
                    found_text(other.shape),
                    "Make the other sizes equal, or join along another dim.",
                )
            elif old is None:
                sizes[place] = size
    return TensorSpec(tuple(sizes), merged_dtype(inputs))


def with_sizes(x: TensorSpec, sizes: dict[int, int | None], dtype: DType | None = None) -> TensorSpec:
    """The tensor with some sizes replaced, by axis from the front."""
    return TensorSpec(
        tuple(sizes.get(axis, size) for axis, size in enumerate(x.shape)), x.dtype if dtype is None else dtype
    )


def without_axis(x: TensorSpec, axis: int) -> TensorSpec:
    """The tensor with an axis taken out."""
    return TensorSpec(x.shape[:axis] + x.shape[axis + 1 :], x.dtype)


NO_SUMS = "yes or no has no sums or order; torch counts it as 1 or 0 in some functions and refuses it in others"
"""Why rules of arithmetic refuse what torch may take."""


def numbers(*inputs: TensorSpec) -> None:
    """Refuse a tensor of yes or no where numbers are worked with."""
    if any(x.dtype is DType.BOOL for x in inputs):
        mismatch("numbers", "yes or no", "Put a ToFloat before it.")


def alike(inputs: Sequence[TensorSpec], axes: int | None = None) -> None:
    """Refuse inputs whose shapes differ in the first `axes` dimensions (all of them when None)."""
    first = inputs[0]
    for other in inputs[1:]:
        if (axes is None and other.rank != first.rank) or not all(
            map(same_sizes, first.shape[:axes], other.shape[:axes])
        ):
            mismatch(f"equal sizes, {found_text(first.shape)}", other, "Bring all inputs to one shape.")


def at_least_2(x: TensorSpec) -> None:
    """Refuse a tensor that has nothing but the batch axis."""
    if x.rank < 2:
        mismatch("2 or more dimensions (N, ..., features)", x, "Put a OneHot step or an Embedding before it.")

"""Comparison, masks, and changing the kind of numbers."""

import numpy as np
from onnx import TensorProto

from engine.catalog.rules import merged_dtype
from engine.catalog.tensors import DType
from engine.deployment.rules.site import Site, Written, rule

ONNX_TYPES = {DType.FLOAT: TensorProto.FLOAT, DType.INT: TensorProto.INT64, DType.BOOL: TensorProto.BOOL}


def cast(site: Site, value: str, dtype: DType) -> str:
    """The value as another kind of number."""
    return site.add("Cast", value, to=ONNX_TYPES[dtype])


def steps(site: Site, length: str) -> str:
    """0, 1, 2, ... up to before a number known at run time."""
    number = site.writer.constant
    return site.add("Range", number(np.int64(0)), length, number(np.int64(1)))


_OPERATORS = {"Greater": "Greater", "GreaterEqual": "GreaterOrEqual", "Less": "Less", "LessEqual": "LessOrEqual"}


@rule("compare")
def compare(site: Site) -> Written:
    """The operator of that name; whole and decimal numbers are compared as decimal ones."""
    kinds = [spec.dtype for spec in site.specs]
    values = list(site.inputs)
    if len(values) == 1:
        values.append(site.scalar(site.layer.value))  # type: ignore[attr-defined]
        kinds.append(DType.FLOAT)
    if len(set(kinds)) > 1:
        values = [
            value if kind is DType.FLOAT else cast(site, value, DType.FLOAT)
            for value, kind in zip(values, kinds, strict=True)
        ]
    name = site.layer.type_name()
    if name in _OPERATORS:
        return site.add(_OPERATORS[name], *values)
    equal = site.add("Equal", *values)
    return equal if name == "Equal" else site.add("Not", equal)


@rule("is_finite")
def is_finite(site: Site) -> Written:
    """Not at most the largest number; NaN compares as no."""
    largest = site.scalar(float(np.finfo(np.float32).max))
    return site.add("LessOrEqual", site.add("Abs", site.x), largest)


@rule("to_float")
def to_float(site: Site) -> Written:
    """Cast."""
    return cast(site, site.x, DType.FLOAT)


@rule("to_int")
def to_int(site: Site) -> Written:
    """Cast, which cuts decimals off."""
    return cast(site, site.x, DType.INT)


@rule("to_bool")
def to_bool(site: Site) -> Written:
    """Cast."""
    return cast(site, site.x, DType.BOOL)


@rule("where")
def where(site: Site) -> Written:
    """Where, whole numbers turned into decimal ones where the two meet."""
    condition, *values = site.inputs
    wanted = merged_dtype(site.specs[1:])
    alike = [
        value if spec.dtype is wanted else cast(site, value, wanted)
        for value, spec in zip(values, site.specs[1:], strict=True)
    ]
    return site.add("Where", condition, *alike)


@rule("masked_fill")
def masked_fill(site: Site) -> Written:
    """Where with a number."""
    x, mask = site.inputs
    return site.add("Where", mask, site.scalar(site.layer.value), x)  # type: ignore[attr-defined]


@rule("causal_mask")
def causal_mask(site: Site) -> Written:
    """Rows at or below columns, repeated for each sample."""
    places = steps(site, site.size(site.x, 1))
    mask = site.add("LessOrEqual", site.unsqueeze(places, 0), site.unsqueeze(places, 1))
    sizes = site.add("Shape", site.x)
    batch, length = site.slice(sizes, 0, 0, 1), site.slice(sizes, 0, 1, 2)
    return site.add("Expand", mask, site.add("Concat", batch, length, length, axis=0))


@rule("padding_mask")
def padding_mask(site: Site) -> Written:
    """Not equal to the number that fills up."""
    filler = site.writer.constant(np.int64(site.layer.padding_idx))  # type: ignore[attr-defined]
    return site.add("Not", site.add("Equal", site.x, filler))


@rule("length_mask")
def length_mask(site: Site) -> Written:
    """Places below the length."""
    lengths, like = site.inputs
    return site.add("Less", steps(site, site.size(like, 1)), site.unsqueeze(lengths, 1))

"""ONNX element types, and arrays of NumPy as tensors of torch and back.

What torch has no type for stays an array of NumPy: texts (object) and numbers of four bits or fewer (ml_dtypes).
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

FLOAT, UINT8, INT8, UINT16, INT16, INT32, INT64, STRING, BOOL, FLOAT16, DOUBLE, UINT32, UINT64 = range(1, 14)
COMPLEX64, COMPLEX128, BFLOAT16, FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, UINT4, INT4 = range(14, 23)
FLOAT4E2M1, FLOAT8E8M0, UINT2, INT2 = range(23, 27)

TORCH: dict[int, torch.dtype] = {
    FLOAT: torch.float32,
    UINT8: torch.uint8,
    INT8: torch.int8,
    UINT16: torch.uint16,
    INT16: torch.int16,
    INT32: torch.int32,
    INT64: torch.int64,
    BOOL: torch.bool,
    FLOAT16: torch.float16,
    DOUBLE: torch.float64,
    UINT32: torch.uint32,
    UINT64: torch.uint64,
    COMPLEX64: torch.complex64,
    COMPLEX128: torch.complex128,
    BFLOAT16: torch.bfloat16,
    FLOAT8E4M3FN: torch.float8_e4m3fn,
    FLOAT8E4M3FNUZ: torch.float8_e4m3fnuz,
    FLOAT8E5M2: torch.float8_e5m2,
    FLOAT8E5M2FNUZ: torch.float8_e5m2fnuz,
    FLOAT8E8M0: torch.float8_e8m0fnu,
}
"""Type of torch by ONNX's number."""

NUMBERS = {dtype: number for number, dtype in TORCH.items()}
"""ONNX's number by type of torch."""

_BY_NAME: dict[str, tuple[torch.dtype, Any]] = {
    "bfloat16": (torch.bfloat16, np.int16),
    "float8_e4m3fn": (torch.float8_e4m3fn, np.uint8),
    "float8_e4m3fnuz": (torch.float8_e4m3fnuz, np.uint8),
    "float8_e5m2": (torch.float8_e5m2, np.uint8),
    "float8_e5m2fnuz": (torch.float8_e5m2fnuz, np.uint8),
    "float8_e8m0fnu": (torch.float8_e8m0fnu, np.uint8),
}
_NAMES = {dtype: (name, bits) for name, (dtype, bits) in _BY_NAME.items()}

WIDE = (torch.uint16, torch.uint32, torch.uint64)
"""Types for which torch has hardly a function; worked out as int64."""
EIGHT = (torch.float8_e4m3fn, torch.float8_e4m3fnuz, torch.float8_e5m2, torch.float8_e5m2fnuz, torch.float8_e8m0fnu)
"""Types for which torch can do little but convert."""


def as_tensor(array: Any) -> Any:
    """A tensor with the values of an array; texts and types that torch lacks as they are, lists item by item."""
    if array is None or isinstance(array, Tensor):
        return array
    if isinstance(array, list | tuple):
        return [as_tensor(item) for item in array]
    array = np.asarray(array)
    if array.dtype.kind in "OUS":
        return array
    if array.dtype.name in _BY_NAME:
        dtype, bits = _BY_NAME[array.dtype.name]
        return torch.from_numpy(np.array(array, order="C").view(bits)).view(dtype)
    if array.dtype.kind not in "biufc" or (array.dtype.itemsize == 16 and array.dtype.kind == "f"):
        return array
    return torch.from_numpy(np.array(array, order="C"))


def as_array(value: Any) -> Any:
    """An array with the values of a tensor; lists item by item."""
    if isinstance(value, list | tuple):
        return [as_array(item) for item in value]
    if not isinstance(value, Tensor):
        return value
    value = value.detach().cpu()
    if value.dtype in _NAMES:
        import ml_dtypes

        name, bits = _NAMES[value.dtype]
        whole = value.contiguous().view(torch.int16 if bits is np.int16 else torch.uint8)
        return whole.numpy().view(getattr(ml_dtypes, name))
    return value.numpy()

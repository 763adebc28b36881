"""Opens an ONNX file in onnxruntime, quietly and with one thread an operator; imports neither torch nor onnx."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def open_session(model: str | bytes, *, threads: int = 1) -> Any:
    """An onnxruntime.InferenceSession on the CPU for a file's path or content."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what goes wrong is raised, and said by whoever asked
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def as_input(values: Sequence[Any], kind: str) -> npt.NDArray[Any]:
    """Raw values of one input as one array: pictures of one size stacked, numbers float32, the rest strings."""
    if kind in ("image", "mask"):
        return np.stack([np.asarray(value, np.uint8) for value in values])
    if kind == "date":
        return np.array(values, dtype=np.float64)
    if kind in ("category", "text", "labels"):
        return np.array([str(value) for value in values], dtype=object)
    if kind == "audio":
        return np.stack([np.asarray(getattr(value, "samples", value), np.float32) for value in values])
    return np.asarray(values, np.float32)


def groups_of(signatures: Sequence[object], most: int) -> list[list[int]]:
    """Places with equal signatures, at most so many together, in the order in which they first appear."""
    open_groups: dict[object, list[int]] = {}
    groups: list[list[int]] = []
    for place, signature in enumerate(signatures):
        group = open_groups.get(signature)
        if group is None or len(group) >= most:
            group = open_groups[signature] = []
            groups.append(group)
        group.append(place)
    return groups

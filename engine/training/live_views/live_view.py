"""What a live view is: now and then it looks at the network that is being trained, and tells a few small arrays."""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.protocol.run_events import ViewArray
from engine.training.task import Task


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One thing that was seen: arrays (uint8, int32, float16 or float32) and facts, perhaps of one node."""

    arrays: Mapping[str, Tensor | NDArray[Any]]
    facts: Mapping[str, float | str] = field(default_factory=dict)
    node: str = ""


class LiveView(ABC):
    """One way of looking at a network while it learns; made once for a run.

    `every_s` is the shortest time between two looks, `share_of_time` the most of a run's time that looking may take;
    all of a run's looks together are at most 2 MB of its log, and the rarer the longer it lasts.
    """

    key: ClassVar[str]
    """The card of the window has the same."""
    every_s: ClassVar[float] = 2.0
    share_of_time: ClassVar[float] = 0.002

    def __init__(self, task: Task) -> None:
        self.task = task

    @classmethod
    @abstractmethod
    def applies(cls, task: Task) -> bool:
        """Whether there is something to see, by the graph and the data of a task. Quick, and without side effects."""

    def begin(self) -> Iterable[Seen]:
        """What does not change while the run lasts; told once before its first step."""
        return ()

    @abstractmethod
    def look(self) -> Iterable[Seen]:
        """What is to be seen now.

        The network answers (evaluation mode, the weights for use), no gradient is kept, and the random numbers drawn
        here are no others' afterwards. What is raised ends this view, not the run.
        """


_DTYPES: dict[str, Literal["uint8", "int32", "float16", "float32"]] = {
    "uint8": "uint8",
    "int32": "int32",
    "float16": "float16",
    "float32": "float32",
}


def packed(values: Tensor | NDArray[Any]) -> ViewArray:
    """An array for the log; whole numbers of other sizes become int32, decimal ones float32."""
    array = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
    if array.dtype.name not in _DTYPES:
        array = array.astype(np.float32 if np.issubdtype(array.dtype, np.floating) else np.int32)
    name = _DTYPES[array.dtype.name]
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return ViewArray(dtype=name, shape=tuple(array.shape), data=zlib.compress(little.tobytes(), 6))


def as_bytes(shares: Tensor) -> Tensor:
    """Shares from 0 to 1 as uint8 from 0 to 255; what is not finite is 0."""
    return torch.nan_to_num(shares, nan=0.0, posinf=1.0, neginf=0.0).clamp(0, 1).mul(255).round().to(torch.uint8)

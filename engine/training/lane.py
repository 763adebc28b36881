"""A stream of its own on a graphics card, over which the next batch comes while the card computes this one.

Copies from pinned memory are the only ones that run beside kernels (CUDA programming guide, "Asynchronous Concurrent
Execution"); from other memory, or on the stream of the kernels, they wait for all that was asked for before.
"""

from collections.abc import Callable

import torch
from torch import Tensor


class Lane:
    """Makes batches on a stream beside that of the steps. `fill` is called by the thread that gathers, `arrived` by
    the one that trains."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._stream.wait_stream(torch.cuda.current_stream(device))  # columns that were put there before

    def fill(self, make: Callable[[], list[Tensor]]) -> tuple[list[Tensor], torch.cuda.Event]:
        """What `make` makes, with what is to be waited for before it may be read."""
        with torch.cuda.stream(self._stream):
            tensors = make()
            event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            event.record(self._stream)
        return tensors, event

    def arrived(self, filled: tuple[list[Tensor], torch.cuda.Event]) -> list[Tensor]:
        """The tensors, for the stream of the steps: the card waits for them, not the program."""
        tensors, event = filled
        steps = torch.cuda.current_stream(self._device)
        steps.wait_event(event)
        for tensor in tensors:
            tensor.record_stream(steps)  # else their memory is given to the next batch while it is still read
        return tensors

    def send(self, tensor: Tensor) -> Tensor:
        """A tensor of the program's memory on the card, within `fill`."""
        return tensor.pin_memory().to(self._device, non_blocking=True)


def lane_for(device: torch.device) -> Lane | None:
    """A lane to a card of NVIDIA; None elsewhere, where copies are made as they come."""
    return Lane(device) if device.type == "cuda" else None

"""How busy the machine is that a run is trained on, and how much of its memory is taken."""

import ctypes
from collections.abc import Callable
from typing import Any, Final

import psutil
import torch

from engine.protocol.run_events import MachineSeen
from engine.training.seldom import Seldom

EVERY_S: Final = 2.0
SHARE_OF_TIME: Final = 0.0005


def device_name(device: torch.device) -> str:
    """The graphics card's name; empty for the processor."""
    return str(torch.cuda.get_device_name(device)) if device.type == "cuda" else ""


class MachineWatch:
    """Looks at load and memory; `say` takes the events."""

    def __init__(
        self, device: torch.device, say: Callable[[MachineSeen], None], *, seldom: Seldom | None = None
    ) -> None:
        self._device = device
        self._say = say
        self._seldom = seldom or Seldom(EVERY_S, SHARE_OF_TIME)
        self._process = psutil.Process()
        psutil.cpu_percent()  # both count from their first call on
        self._process.cpu_percent()
        self._card = Card(device) if device.type == "cuda" else None

    def look(self, step: int) -> None:
        """Tell how busy the machine is, if it is time to."""
        if not self._seldom.due:
            return
        with self._seldom.looking():
            event = self._seen(step)
            self._say(event)
            self._seldom.told(event)

    def _seen(self, step: int) -> MachineSeen:
        card = self._card
        free = taken = None
        if card is not None:
            free, _ = torch.cuda.mem_get_info(self._device)
            taken = torch.cuda.memory_reserved(self._device)
        return MachineSeen(
            step=step,
            cpu_percent=round(psutil.cpu_percent(), 1),
            run_percent=round(self._process.cpu_percent(), 1),
            memory_bytes=int(self._process.memory_info().rss),
            free_bytes=int(psutil.virtual_memory().available),
            gpu_percent=card.percent() if card is not None else None,
            gpu_memory_bytes=taken,
            gpu_free_bytes=free,
        )


class _Utilization(ctypes.Structure):
    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class Card:
    """A graphics card of NVIDIA, asked through its driver's own library, which is there wherever CUDA is.

    Source: NVML reference, nvmlDeviceGetHandleByUUID and nvmlDeviceGetUtilizationRates.
    """

    def __init__(self, device: torch.device) -> None:
        self._handle = ctypes.c_void_p()
        self._library: Any = None
        try:
            library = ctypes.CDLL("libnvidia-ml.so.1")
            uuid = f"GPU-{str(torch.cuda.get_device_properties(device).uuid).removeprefix('GPU-')}".encode()
            if library.nvmlInit_v2() == 0:
                found = library.nvmlDeviceGetHandleByUUID(uuid, ctypes.byref(self._handle))
                self._library = library if found == 0 else None
        except (OSError, AttributeError, RuntimeError, AssertionError):
            pass  # no such library, or torch without CUDA: its load stays unknown

    def percent(self) -> float | None:
        """Share of the last moments in which it was at work; None where nobody tells."""
        if self._library is None:
            return None
        seen = _Utilization()
        if self._library.nvmlDeviceGetUtilizationRates(self._handle, ctypes.byref(seen)) != 0:
            return None
        return float(seen.gpu)

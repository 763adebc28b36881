"""Where and in which number format a run computes, and how its tensors are laid out there."""

from contextlib import AbstractContextManager, nullcontext
from typing import Final

import torch
from torch import nn

from engine.document.recipe import Precision
from engine.errors import TrainingError

WORK_A_THREAD: Final = 8_000_000
"""Multiply-adds of a forward pass, about a tenth of a millisecond, that are worth a further thread."""


def choose_device(wanted: str) -> torch.device:
    """The device a recipe asks for ("auto", "cpu", "cuda", "cuda:1"). Raises TrainingError when it is not there.

    Of several ("cuda:0,1"), over which a queue would spread, a single run takes the first.
    """
    wanted = (wanted.strip() or "auto").partition(",")[0]
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        device = torch.device("meta")
    if device.type == "cuda" and torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count():
        return device
    if device.type == "cpu" or (device.type == "mps" and torch.backends.mps.is_available()):
        return device
    there = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    raise TrainingError(
        f"This machine has no device '{wanted[:40]}'.",
        where="device",
        expected=", ".join(["auto", *there]),
        found=wanted[:40],
        hint="Choose auto, or one of those named.",
    )


def choose_precision(wanted: Precision, device: torch.device) -> tuple[Precision, str]:
    """The number format to compute in, and a note for the log when that was our decision.

    `auto` is bfloat16 where the graphics card has units for it, float16 where it has units for that alone (compute
    capability 7 and up), and float32 on processors, where a run may then try bfloat16 (`trial.py`). Raises
    TrainingError when a format is asked for that the device does not compute in.
    """
    card = device.type == "cuda"
    able = device.type == "cpu" or (card and torch.cuda.is_bf16_supported(including_emulation=False))
    if wanted is Precision.AUTO:
        if card and able:
            return (
                Precision.BFLOAT16,
                "Computing in bfloat16, which this graphics card does faster; weights stay float32.",
            )
        if card and torch.cuda.get_device_capability(device)[0] >= 7:
            return (
                Precision.FLOAT16,
                "Computing in float16, which this graphics card does faster; weights stay float32 and the loss is "
                "scaled.",
            )
        return Precision.FLOAT32, ""
    if wanted is Precision.FLOAT16 and not card:
        raise TrainingError(
            "Only graphics cards are quicker in float16.",
            where="precision",
            expected="float32, bfloat16 or auto",
            found="float16",
            hint="Choose float32 or auto in the recipe.",
        )
    if wanted is Precision.BFLOAT16 and not able:
        raise TrainingError(
            "This device cannot compute in bfloat16.", where="precision", hint="Choose float32 or auto in the recipe."
        )
    return wanted, ""


def wants_channels_last(network: nn.Module, device: torch.device, precision: Precision) -> bool:
    """Whether pictures are quicker with their channels last.

    On processors with oneDNN eight small to middle networks of 2-D convolutions took 0.64 to 0.83 of the time; on
    graphics cards it pays in bfloat16 and float16, whose kernels want it.
    """
    if not any(isinstance(module, nn.Conv2d | nn.ConvTranspose2d) for module in network.modules()):
        return False
    if device.type == "cpu":
        return bool(torch.backends.mkldnn.enabled) and torch._C._has_mkldnn
    return device.type == "cuda" and precision in (Precision.BFLOAT16, Precision.FLOAT16)


def mixed(precision: Precision, device: torch.device) -> AbstractContextManager[None]:
    """The context in which forward passes run."""
    if precision is Precision.BFLOAT16:
        return torch.autocast(device.type, dtype=torch.bfloat16)
    if precision is Precision.FLOAT16:
        return torch.autocast(device.type, dtype=torch.float16)
    return nullcontext()


def set_threads(multiply_adds: int, batch_size: int, before: int = 0) -> int:
    """Use as many compute threads as the work of a step is worth; returns how many.

    Threads that wait for each other cost a small network more than they bring it, and on a busy machine a hundred
    times more (torch's fused optimizers start them for every tensor, however small). `before`: what an earlier
    process of this run used, since another number gives other last digits.
    """
    torch.set_flush_denormal(True)  # a dead unit's averages in Adam decay into numbers that processors are slow with
    count = before or min(torch.get_num_threads(), 1 + multiply_adds * batch_size // WORK_A_THREAD)
    torch.set_num_threads(count)
    return count

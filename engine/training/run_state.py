"""Where a run stands, and where its checkpoints lie: what can be known of them without torch."""

from pathlib import Path
from typing import Final, Literal

import msgspec

from engine.protocol.run_events import EpochFinished
from engine.protocol.run_folder import RunFolder

WEIGHTS: Final = "weights.safetensors"
OPTIMIZER: Final = "optimizer.safetensors"
STATE: Final = "state.json"
MANIFEST: Final = "manifest.json"

Kind = Literal["last", "best"]
KEPT: Final[dict[Kind, int]] = {"last": 2, "best": 1}


class RunState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where a run stands, apart from its tensors. Field order and defaults may grow; nothing is ever renamed.

    `position` counts the batches done of the epoch that is going on; the sums and `epoch_seconds` are of that epoch.
    `phase_step` counts the steps of the phase. `waited` counts epochs since `watched`, the early stop's metric, got
    better. `plateaus` are what the phase's players with a schedule that watches the loss remember: factor, best loss,
    epochs waited and resting. `rows_at_once` is how many samples are computed together since memory ran out, 0 when it
    never did. `loss_scale` is what float16 remembers: factor and steps since it changed. `compiled` is what was decided
    about compiling the steps of the phase: "eager", the mode of torch.compile, or "" for nothing yet.
    """

    step: int = 0
    epoch: int = 0
    phase: int = 0
    phase_epoch: int = 0
    phase_step: int = 0
    position: int = 0
    samples: int = 0
    seconds: float = 0.0
    training_seconds: float = 0.0
    epoch_seconds: float = 0.0
    loss_sums: dict[str, float] = {}
    loss_samples: int = 0
    best_epoch: int = 0
    best_step: int = 0
    best: dict[str, float] = {}
    best_key: list[float] = []
    main_metric: str = "loss"
    latest: bool = False
    """Whether the best epoch is the latest one, since no number tells which is."""
    watched: float | None = None
    waited: int = 0
    plateaus: dict[str, tuple[float, float | None, int, int]] = {}
    rows_at_once: int = 0
    loss_scale: tuple[float, int] = (65536.0, 0)
    threads: int = 0
    torch: str = ""
    device: str = ""
    precision: str = ""
    compiled: str = ""
    data: str = ""
    unlogged: list[EpochFinished] = []
    """Epochs that were finished but perhaps not yet written into the log when this was saved."""


def newest_first(folder: Path, kind: Kind) -> list[Path]:
    """The checkpoints of a kind in a folder of checkpoints."""
    found = []
    try:
        names = [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    for name in names:
        word, _, step = name.partition("-")
        if word == kind and step.isascii() and step.isdecimal():
            found.append((int(step), folder / name))
    return [path for _, path in sorted(found, reverse=True)]


def has_checkpoint(folder: RunFolder) -> bool:
    """Whether there is something to evaluate, export or go on from; its content is not looked at."""
    return any(newest_first(folder.checkpoints, kind) for kind in KEPT)


def peek(folder: RunFolder, kind: Kind = "last") -> RunState | None:
    """The state in the newest checkpoint whose state can be read; whether it is whole is not looked at."""
    states = (state_of(path) for path in newest_first(folder.checkpoints, kind))
    return next((state for state in states if state is not None), None)


def state_of(checkpoint: Path) -> RunState | None:
    """The state in a checkpoint; None when it cannot be read. Whether the checkpoint is whole is not looked at."""
    try:
        return msgspec.json.decode((checkpoint / STATE).read_bytes(), type=RunState)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None

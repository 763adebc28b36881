"""Records sound from a microphone: live level, the recording as 16-bit samples, and its silent ends cut off."""

import importlib.util
import io
import platform
import shutil
import sys
import wave
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from gui.models.device import Device, own_reader

RATE: Final = 16_000
LONGEST_S: Final = 60
_FRAME_S: Final = 0.01
_LEAD_S, _TAIL_S = 0.05, 0.1
_QUIET: Final = 0.06
"""What is below this share of the loudest moment counts as silence."""

Samples = npt.NDArray[np.int16]


def find_recorder(rate: int = RATE) -> tuple[str, ...]:
    """The command of what records here, one channel of 16 bits to stdout; () for none.

    Linux has programs for it that know its sound server; elsewhere the package sounddevice brings PortAudio along.
    """
    linux = sys.platform.startswith("linux")
    if linux:
        if path := shutil.which("parecord"):
            return (path, "--raw", "--format=s16le", "--channels=1", f"--rate={rate}", "--latency-msec=50")
        if path := shutil.which("arecord"):
            return (path, "-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(rate))
    if importlib.util.find_spec("sounddevice") is not None and (not linux or _has_port_audio()):
        return own_reader("gui.use.sound_recorder", str(rate))
    return ()


def has_microphone() -> bool:
    """False where it is certain that there is none: the kernel of a Linux without a sound server knows no input."""
    if not sys.platform.startswith("linux") or shutil.which("parecord"):
        return True
    return any(Path("/dev/snd").glob("pcm*c"))


def _has_port_audio() -> bool:
    """Whether the library lies where Linux keeps its libraries; asking the linker would start programs."""
    folders = (Path(root) for root in ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib"))
    machine = f"{platform.machine()}-linux-gnu"
    return any(any(place.glob("libportaudio.so*")) for folder in folders for place in (folder, folder / machine))


class Recorder(Device):
    """`samples` and `seconds` grow while it runs; it ends by itself after a minute."""

    level_changed = Signal(float)
    """The loudest sample since the last such signal, 0 to 1."""

    def __init__(
        self, parent: QObject | None = None, *, command: tuple[str, ...] | None = None, rate: int = RATE
    ) -> None:
        super().__init__("Nothing was recorded. Is a microphone connected, and may this program use it?", parent)
        self._command = command
        self._looked_for = False  # whether the command was found here, not said by whoever made this
        self.rate = rate
        self._chunks: list[bytes] = []
        self._bytes = 0

    def reason_not_to_record(self) -> str:
        """Why it cannot record; "" when it may."""
        if self._command is None:
            self._command, self._looked_for = find_recorder(self.rate), True
        if not self._command:
            return "Nothing to record with was found: install parecord or arecord, or PortAudio with sounddevice."
        if self._looked_for and not has_microphone():
            return "There is no microphone here. Connect one, then come back to this tab."
        return ""

    def start(self) -> None:
        """Record anew."""
        reason = self.reason_not_to_record()
        if reason or not self._command:
            self.failed.emit(reason)
            return
        self._chunks, self._bytes = [], 0
        self.start_process(self._command)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self._bytes / 2 / self.rate

    def samples(self) -> Samples:
        """What was recorded."""
        whole = b"".join(self._chunks)
        return np.frombuffer(whole[: len(whole) // 2 * 2], "<i2").astype(np.int16)

    def take(self, data: bytes) -> None:
        """More of it."""
        self._chunks.append(data)
        self._bytes += len(data)
        latest = np.frombuffer(data[: len(data) // 2 * 2], "<i2")
        if len(latest):
            self.level_changed.emit(float(np.abs(latest.astype(np.int32)).max()) / 32768)
        if self.seconds >= LONGEST_S:
            self.end()


def trimmed(samples: Samples, rate: int) -> Samples:
    """Without the silence at both ends; all of it where nothing stands out."""
    frame = max(1, int(rate * _FRAME_S))
    count = len(samples) // frame
    if count < 3:
        return samples
    power = np.sqrt((samples[: count * frame].astype(np.float64).reshape(count, frame) ** 2).mean(axis=1))
    noise = float(np.percentile(power, 10))
    loud = np.flatnonzero(power > max(_QUIET * float(power.max()), min(3 * noise, 0.5 * float(power.max()))))
    if not len(loud) or power.max() < 1:
        return samples
    first = max(0, int(loud[0]) * frame - int(_LEAD_S * rate))
    last = min(len(samples), (int(loud[-1]) + 1) * frame + int(_TAIL_S * rate))
    return samples[first:last]


def as_wav(samples: Samples, rate: int) -> bytes:
    """A WAV file of one channel."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def as_input(samples: Samples, rate: int) -> dict[str, object]:
    """The value of a sound field, as Predict takes it."""
    return {"samples": (samples.astype(np.float32) / 32768).tobytes(), "rate": rate}


def drawn(samples: Samples, points: int) -> bytes:
    """Least and largest of each stretch, as float32 pairs: what a wave `points` wide shows."""
    if not len(samples):
        return b""
    edges = np.linspace(0, len(samples), min(points, len(samples)) + 1).astype(np.int64)[:-1]
    low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
    return (np.stack([low, high], axis=1).astype("<f4") / np.float32(32768)).tobytes()

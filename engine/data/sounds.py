"""Reading of sound files: every format to one channel of decimals between -1 and 1, within limits. No torch.

WAV of whole numbers is read by the standard library (seven times as fast), everything else by libsndfile.
"""

import hashlib
import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from engine.data.readers.files import FileEntry, FileTree, reason
from engine.data.samples import Sound
from engine.errors import DataError

MAX_SOUND_BYTES = 1 << 30
MAX_SAMPLES = 100_000_000
"""Of one recording, all channels together: 35 minutes of CD sound, 100 minutes of speech at 16 kHz."""
MIN_RATE, MAX_RATE = 100, 768_000

SUFFIXES = frozenset(
    {
        *(".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd"),
        *(".caf", ".w64", ".rf64", ".voc"),
    }
)
"""Endings that say a file means to be sound."""

FORMATS = ("WAV", "FLAC", "OGG", "MP3", "AIFF", "AU")

Floats = npt.NDArray[np.float32]

_BLOCK = 1 << 18


def decode(data: bytes, where: str, rate: int = 0) -> Sound:
    """A sound file as one channel, the mean of its channels, at its own rate or at `rate` samples a second.

    Raises DataError with the reason: empty, no sound, damaged, cut off, too long.
    """
    if not data:
        raise DataError(f"{where} is empty.", where=where)
    try:
        sound = _decode_wave(data, where) or _decode_any(data, where)
    except MemoryError:
        raise DataError(f"{where} does not fit in memory.", where=where) from None
    if len(sound.samples) == 0:
        raise DataError(f"{where} holds no sound.", where=where, found="0 samples")
    if not np.isfinite(sound.samples).all():
        raise DataError(f"{where} holds values that are no numbers.", where=where, expected="numbers from -1 to 1")
    return resampled(sound, rate) if rate else sound


def decode_file(path: Path, rate: int = 0) -> Sound:
    """A sound file on disk. Raises DataError naming the path."""
    try:
        if not path.is_file():
            raise DataError(
                f"There is no file {path}." if not path.exists() else f"{path} is not a file.", where=str(path)
            )
        if path.stat().st_size > MAX_SOUND_BYTES:
            raise DataError(f"{path} is too large for a recording.", where=str(path))
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}.", where=str(path)) from None
    except ValueError:
        raise DataError("This is not a path.", where=repr(str(path))[:200]) from None
    return decode(data, str(path), rate)


def resampled(sound: Sound, rate: int) -> Sound:
    """The same sound at another rate, by soxr's best band-limited filter; itself where the rate is the same already."""
    if sound.rate == rate or rate <= 0:
        return sound
    import soxr

    samples = soxr.resample(sound.samples, sound.rate, rate, quality="HQ")
    if len(samples) == 0:  # shorter than one sample of the new rate
        samples = sound.samples[:1]
    return Sound(np.ascontiguousarray(samples, np.float32), rate)


def mono(samples: npt.NDArray[Any]) -> Floats:
    """The mean of the channels of (T, channels); (T,) as it is."""
    if samples.ndim == 1:
        return np.ascontiguousarray(samples, np.float32)
    return np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32))


# WAV by the standard library ------------------------------------------------------------------------------------------


def _decode_wave(data: bytes, where: str) -> Sound | None:
    """WAV of whole numbers with 8, 16, 24 or 32 bits; None for everything else, which libsndfile reads or refuses."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            said = file.getnframes()
            if width not in (1, 2, 3, 4) or not channels or not MIN_RATE <= rate <= MAX_RATE:
                return None
            _check_length(min(said, len(data) // (channels * width)), channels, rate, where)
            raw = file.readframes(said)
    except (wave.Error, EOFError, ValueError, ZeroDivisionError, RuntimeError):  # the last where a part is too long
        return None
    frames = len(raw) // (channels * width)
    _check_complete(said, frames, channels * width, where)
    raw = raw[: frames * channels * width]
    samples = _of_width(raw, width).reshape(frames, channels)
    return Sound(mono(samples[:, 0] if channels == 1 else samples), rate, whole=channels == 1 and width <= 2)


def _of_width(raw: bytes, width: int) -> Floats:
    """Little-endian whole numbers as decimals from -1 to just below 1; 8 bits have no sign."""
    if width == 1:
        return (np.frombuffer(raw, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)
    if width == 2:
        return np.frombuffer(raw, "<i2").astype(np.float32) / np.float32(1 << 15)
    if width == 4:
        return (np.frombuffer(raw, "<i4").astype(np.float64) / (1 << 31)).astype(np.float32)
    parts = np.frombuffer(raw, np.uint8).reshape(-1, 3)
    wide = np.zeros((len(parts), 4), np.uint8)
    wide[:, 1:] = parts  # the top three bytes, so that the sign is in its place
    return (wide.reshape(-1).view("<i4") >> 8).astype(np.float32) / np.float32(1 << 23)


def _check_complete(said: int, found: int, width: int, where: str) -> None:
    """A header that promises more is a file that was cut off; but programs that write into a pipe cannot know the
    length, and say 0 or as much as fits."""
    if said > found and said * width < 0x7FFF_0000:
        raise DataError(
            f"{where} is cut off: {found:,} of {said:,} samples are there.",
            where=where,
            expected=f"{said:,} samples",
            found=f"{found:,}",
            hint="Copy or record it again.",
        )


def _check_length(frames: int, channels: int, rate: int, where: str) -> None:
    if frames * channels > MAX_SAMPLES:
        raise DataError(
            f"{where} is too long: {frames / rate / 60:.0f} minutes.",
            where=where,
            expected=f"up to {MAX_SAMPLES / channels / rate / 60:.0f} minutes at {rate:,} samples a second",
            found=f"{frames / rate / 60:.0f} minutes",
            hint="Cut it into shorter recordings.",
        )


# Everything else ------------------------------------------------------------------------------------------------------


def _decode_any(data: bytes, where: str) -> Sound:
    import soundfile  # loads a library of its own, so not before it is needed

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            channels, rate, said = int(file.channels), int(file.samplerate), int(file.frames)
            compressed = file.format in ("MP3", "OGG")  # their length is an estimate
            if not MIN_RATE <= rate <= MAX_RATE or channels < 1:
                raise DataError(
                    f"{where} has an odd rate: {rate:,} samples a second.",
                    where=where,
                    expected=f"{MIN_RATE:,} to {MAX_RATE:,}",
                    found=f"{rate:,}",
                )
            if said < 1 << 40:
                _check_length(said, channels, rate, where)
            parts: list[Floats] = []
            frames = 0
            while True:
                block = file.read(_BLOCK, dtype="float32", always_2d=True)
                if len(block) == 0:
                    break
                frames += len(block)
                _check_length(frames, channels, rate, where)
                parts.append(mono(block))
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - libsndfile raises kinds of its own; the user is told through DataError
        raise _refused(data, where, error) from None
    if not compressed and said < 1 << 40:
        _check_complete(said, frames, 1, where)
    if data[:4] == b"FORM":  # of an AIFF that was cut off libsndfile says that it is shorter
        _check_complete(int.from_bytes(data[4:8], "big"), len(data) - 8, 1, where)
    return Sound(np.concatenate(parts) if parts else np.zeros(0, np.float32), rate)


def _refused(data: bytes, where: str, error: Exception) -> DataError:
    """Why libsndfile would not read it, in words."""
    if sounds_like(data[:16]):
        text = str(error).replace("Error opening", "").partition(": ")[2] or str(error)
        return DataError(f"{where} is damaged ({_short(text)}).", where=where, hint="Copy or record it again.")
    return DataError(
        f"{where} is not a sound that can be read.",
        where=where,
        expected=", ".join(FORMATS),
        found=_what(data),
        hint="Save it as WAV or FLAC.",
    )


def _short(text: str) -> str:
    return text.strip().rstrip(".").split("\n")[0][:120] or "it ends too early"


def _what(data: bytes) -> str:
    """What a file that is no sound seems to be."""
    head = data[:512].lstrip()
    if data[4:8] == b"ftyp":
        return "an MP4 or M4A file"
    if data[:2] == b"PK":
        return "a zip archive"
    if data[:4] in (b"\x89PNG", b"GIF8") or data[:3] == b"\xff\xd8\xff":
        return "a picture"
    if head[:1] == b"<":
        return "a web page or other marked-up text"
    text = sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in head)
    return "text" if head and text > 0.95 * len(head) else "something else"


# Files of a tree ------------------------------------------------------------------------------------------------------


def sounds_like(head: bytes) -> bool:
    """Whether the first 16 bytes are those of a sound file."""
    return (
        (head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE")
        or (head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"))
        or head[:4] in (b"fLaC", b"OggS", b".snd", b"caff")
        or head[:3] == b"ID3"
        or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 in (0xE2, 0xE4, 0xE6))
        or head[:16] == b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
    )


@dataclass(frozen=True, slots=True)
class SoundFiles:
    """Recordings in a folder or archive, decoded one at a time at their own rate; may be read from several threads."""

    tree: FileTree
    entries: Sequence[FileEntry]

    def __len__(self) -> int:
        return len(self.entries)

    def size_of(self, index: int) -> int:
        """About how many bytes it takes decoded, so that not too many are held at once."""
        return self.entries[index].size * (32 if self.entries[index].suffix in (".mp3", ".ogg", ".opus", ".oga") else 8)

    def read(self, index: int) -> Sound:
        """One channel. Raises DataError naming the file."""
        entry = self.entries[index]
        return decode(self.tree.read(entry, MAX_SOUND_BYTES), entry.name)

    def read_with_digest(self, index: int) -> tuple[Sound, bytes]:
        """The sound, and 16 bytes that are equal for equal files. Raises DataError."""
        entry = self.entries[index]
        data = self.tree.read(entry, MAX_SOUND_BYTES)
        return decode(data, entry.name), hashlib.blake2b(data, digest_size=16).digest()


def peaks(samples: Floats, columns: int) -> Floats:
    """A waveform as a person sees it: lowest and highest of each of so many parts, float32 (columns, 2)."""
    count = max(1, min(columns, len(samples)))
    if len(samples) == 0:
        return np.zeros((1, 2), np.float32)
    starts = (np.arange(count) * len(samples)) // count
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    return cast(Floats, np.stack([low, high], axis=1))

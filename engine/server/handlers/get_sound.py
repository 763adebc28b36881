"""A recording as a WAV file, for the window to have it played."""

import io
import wave
from pathlib import Path

import numpy as np

from engine.data.samples import Sound
from engine.document.files import load
from engine.errors import DataError
from engine.protocol.messages.data import GetSound, SoundRead
from engine.server.work import Work
from engine.training.runs import find_run, run_project

LONGEST_S = 120


def handle(request: GetSound, work: Work) -> SoundRead:
    """The first two minutes of it. Raises DataError when the field holds no sound, or the file is gone."""
    folder = Path(request.project_dir)
    data = run_project(find_run(folder, request.run)).data if request.run else load(folder).data
    dataset = work.datasets.shown(folder, data, progress=work.progress, cancelled=work.cancelled)
    if not 0 <= request.index < dataset.samples:
        raise DataError("There is no such sample any more.", hint="The data has changed; look again.")
    sound = dataset.raw(request.index, request.field)
    if not isinstance(sound, Sound):
        raise DataError(f"The field '{request.field[:80]}' holds no sound.", where=request.field[:80])
    samples = sound.samples[: sound.rate * LONGEST_S]
    return SoundRead(
        request=request.id,
        index=request.index,
        wav=as_wav(samples, sound.rate),
        seconds=len(samples) / max(1, sound.rate),
    )


def as_wav(samples: "np.typing.NDArray[np.float32]", rate: int) -> bytes:
    """16 bits, one channel; what is louder than 1 is cut."""
    levels = (np.clip(np.nan_to_num(samples), -1.0, 1.0) * 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(levels.tobytes())
    return out.getvalue()

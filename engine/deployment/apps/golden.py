"""Golden samples: real inputs in the form a person has them, and what the proved file answers to them.

Every app carries some, so that it can prove itself wherever it runs: pictures as files without loss, sound as WAV with
all its digits, the rest as JSON.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.data.dataset import Dataset
from engine.data.samples import Sound
from engine.deployment.description import NOISE, Description, draw
from engine.deployment.session import as_input, open_session
from engine.document.data_spec import FieldKind
from engine.errors import DataError

SAMPLES = 5
TOLERANCE = 1e-3
"""How far a score may be from what the file answered here: other machines add up in another order."""
_NUMBERS = 4096
_LARGEST = 1 << 22

PictureForm = Literal["png", "pnm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """One sample. `raw` are the values of the file's inputs by name, `outputs` its answers by name, without a batch
    axis: lists of text, or arrays."""

    name: str
    raw: Mapping[str, Any]
    outputs: Mapping[str, Any]


def golden_samples(
    model: Path, description: Description, dataset: Dataset, numbers: Sequence[int], count: int = SAMPLES
) -> list[Golden]:
    """Answers of the file to the first samples among `numbers` that can be read. Noise is drawn for each."""
    session = open_session(str(model))
    names = [output.name for output in session.get_outputs()]
    written = {item.so_far for item in description.outputs if item.so_far}
    found: list[Golden] = []
    for number in numbers:
        if len(found) >= count:
            break
        try:
            raw = {item.name: _raw(dataset, number, item.field) for item in description.inputs if item.kind != NOISE}
        except DataError:
            continue  # a file that is gone: another sample takes its place
        if any(isinstance(value, np.ndarray) and value.nbytes > _LARGEST for value in raw.values()) and found:
            continue
        for place, item in enumerate(description.inputs):
            if item.kind == NOISE:
                raw[item.name] = draw(item, [number, place])
            elif item.field in written:
                raw[item.name] = str(raw[item.name])[: max(0, len(str(raw[item.name])) // 2)]
        arrays = {item.name: as_input([raw[item.name]], item.kind) for item in description.inputs}
        answers = session.run(None, arrays)
        outputs = {name: value[0] for name, value in zip(names, answers, strict=True)}
        found.append(Golden(name=f"sample {number}", raw=raw, outputs=outputs))
    return found


def _raw(dataset: Dataset, number: int, field: str) -> Any:
    value = dataset.raw(number, field)
    return value.samples if isinstance(value, Sound) else value


def write_samples(
    folder: Path,
    description: Description,
    golden: Sequence[Golden],
    rates: Mapping[str, int],
    pictures: PictureForm = "png",
) -> dict[str, Any]:
    """Write what must be a file into `folder`/samples and return what `expected.json` says.

    {"tolerance", "samples": [{"name", "inputs": {name: {"file"} or {"value"}}, "outputs": {name: {"strings"} or
    {"numbers", "shape"}}}]}; of long answers the first numbers alone. `rates` are samples a second of inputs of sound.
    """
    kinds = {item.name: item for item in description.inputs}
    samples = []
    for place, sample in enumerate(golden, 1):
        inputs: dict[str, Any] = {}
        for at, (name, value) in enumerate(sample.raw.items(), 1):
            kind = kinds[name].kind
            if kind in (FieldKind.IMAGE.value, FieldKind.MASK.value):
                file = f"samples/{place}-{at}{'.png' if pictures == 'png' else '.ppm'}"
                _under(folder, file).write_bytes(picture_bytes(np.asarray(value), pictures))
                inputs[name] = {"file": file}
            elif kind == FieldKind.AUDIO.value:
                file = f"samples/{place}-{at}.wav"
                _under(folder, file).write_bytes(wav_bytes(np.asarray(value, np.float32), rates.get(name, 0)))
                inputs[name] = {"file": file}
            else:
                inputs[name] = {"value": as_json(value, kind)}
        samples.append(
            {
                "name": sample.name,
                "inputs": inputs,
                "outputs": {name: _answer(value) for name, value in sample.outputs.items()},
            }
        )
    return {"tolerance": TOLERANCE, "samples": samples}


def write_expected(folder: Path, expected: Mapping[str, Any]) -> None:
    """`expected.json` in a folder."""
    text = json.dumps(expected, ensure_ascii=False, indent=1)
    (folder / "expected.json").write_text(text + "\n", encoding="utf-8")


def as_json(value: Any, kind: str) -> Any:
    """A raw value as JSON: null for a number or date that is missing, dates as text in UTC."""
    if kind == FieldKind.DATE.value:
        return _date(float(value))
    if isinstance(value, np.ndarray):
        return _listed(value)
    if isinstance(value, int | float | np.number):
        return _brief(float(value))
    return str(value)


def _date(seconds: float) -> str | None:
    if not np.isfinite(seconds):
        return None
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return moment.strftime("%Y-%m-%d" if moment.time().isoformat() == "00:00:00" else "%Y-%m-%dT%H:%M:%S")


def _listed(values: Any) -> Any:
    """Nested lists of an array, null where a number is missing."""
    return [_listed(item) for item in values] if np.ndim(values) else _brief(float(values))


def _brief(number: float) -> float | None:
    """39.1 rather than 39.099998474121094, which is the same once it is a float32; None for what is no number."""
    if not np.isfinite(number):
        return None
    brief = float(f"{number:.7g}")
    return brief if np.float32(brief) == np.float32(number) else number


def _answer(value: Any) -> dict[str, Any]:
    array = np.asarray(value)
    if array.dtype.kind in "OU":
        return {"strings": [str(item) for item in array.reshape(-1)]}
    flat = array.astype(np.float64).reshape(-1)[:_NUMBERS]
    return {"numbers": [float(f"{number:.8g}") for number in flat], "shape": list(array.shape)}


def _under(folder: Path, file: str) -> Path:
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    return path


def picture_bytes(pixels_hwc: npt.NDArray[np.uint8], form: PictureForm) -> bytes:
    """A picture without loss: PNG, or PNM (PGM, PPM, PAM), which a few lines read in any language."""
    pixels = pixels_hwc[..., None] if pixels_hwc.ndim == 2 else pixels_hwc
    height, width, channels = pixels.shape
    if form == "pnm":
        data = np.ascontiguousarray(pixels).tobytes()
        if channels in (1, 3):
            return f"P{5 if channels == 1 else 6}\n{width} {height}\n255\n".encode() + data
        kind = "GRAYSCALE_ALPHA" if channels == 2 else "RGB_ALPHA"
        head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL 255\nTUPLTYPE {kind}\nENDHDR\n"
        return head.encode() + data
    from io import BytesIO

    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels, mode if channels == 2 else None)
    memory = BytesIO()
    image.save(memory, "PNG")
    return memory.getvalue()


def wav_bytes(samples: npt.NDArray[np.float32], rate: int) -> bytes:
    """One channel of sound as WAV with 32-bit floats, so that not a digit is lost."""
    data = np.ascontiguousarray(samples, "<f4").tobytes()
    form = struct.pack("<HHIIHHH", 3, 1, rate, rate * 4, 4, 32, 0)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"fact" + struct.pack("<II", 4, len(samples)) + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks

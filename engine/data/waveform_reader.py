"""Draws the waveform of a sound file in a process of its own, for the window, which decodes nothing itself.

`python -m engine.data.waveform_reader PATH WIDTH LINE GROUND` writes `width height` in one line, then RGB bytes; LINE
and GROUND are colours as RRGGBB.
"""

import re
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.data.sounds import decode_file, peaks
from engine.errors import NetwrightError

HEIGHT = 160
_COLOUR = re.compile(r"[0-9a-fA-F]{6}\Z")


def draw(samples: npt.NDArray[np.float32], width: int, line: bytes, ground: bytes) -> npt.NDArray[np.uint8]:
    """The waveform as a picture (HEIGHT, width, 3), as tall as its loudest moment."""
    parts = peaks(samples, width)
    columns = (np.arange(width) * len(parts)) // width
    top = max(float(np.abs(parts).max()), 1e-4)
    low, high = parts[columns, 0] / top, parts[columns, 1] / top
    level = 1 - (np.arange(HEIGHT, dtype=np.float32)[:, None] + 0.5) / (HEIGHT / 2)
    half = 1.5 / HEIGHT  # silence is a thin line, not nothing
    inside = (level <= high + half) & (level >= low - half)
    colours = np.frombuffer(ground + line, np.uint8).reshape(2, 3)
    picture: npt.NDArray[np.uint8] = colours[inside.astype(np.int64)]
    return picture


def main(arguments: list[str]) -> int:
    """Write the picture to stdout, or the reason to stderr."""
    if len(arguments) != 4 or not arguments[1].isdigit() or not all(_COLOUR.match(item) for item in arguments[2:]):
        sys.stderr.write("usage: waveform_reader PATH WIDTH LINE GROUND\n")
        return 2
    try:
        sound = decode_file(Path(arguments[0]))
    except NetwrightError as error:
        sys.stderr.write(error.message)
        return 1
    width = max(8, min(int(arguments[1]), 4096))
    picture = draw(sound.samples, width, bytes.fromhex(arguments[2]), bytes.fromhex(arguments[3]))
    sys.stdout.buffer.write(f"{width} {HEIGHT}\n".encode() + np.ascontiguousarray(picture).tobytes())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

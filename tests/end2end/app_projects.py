"""Small projects whose names, fields and classes hold what breaks pages, scripts and tables that take them for code."""

import csv
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document import files
from engine.protocol.run_folder import RunFolder
from tests.unit.deployment.small_runs import run_of

NAME = """A "B" </title><b> & 'C' $HOME {x} `id` 🐧"""
CLASSES = ("</script><script>alert(1)</script>", """it's "quoted" & {0} \\n""", "🐧 Ærø\t%s $(id)")
COLUMN = """we"ight <b>&amp; ${x} '🐧'"""
FOLDERS = ("""it's <b>"quoted"<b> & {0}""", "🐧 Ærø %s $(id) `id`")


def table(folder: Path) -> Path:
    """Numbers, a category and classes, all with awkward names; some numbers are missing."""
    random = np.random.default_rng(2)
    path = folder / "table.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([COLUMN, "colour <i>", "kind"])
        for number in range(60):
            kind = number % 3
            weight = f"{random.normal(50 + 9 * kind, 3):.2f}" if number % 7 else ""
            writer.writerow([weight, ("red & <b>", 'gr"een')[int(random.integers(2))], CLASSES[kind]])
    return path


def pictures(folder: Path) -> Path:
    """Colour pictures of several sizes, one grey and one with transparency, in a folder for each class."""
    random = np.random.default_rng(1)
    for number in range(30):
        height, width = random.integers(9, 24, 2)
        image = Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))
        if number == 3:
            image = image.convert("L")
        place = folder / "pictures" / FOLDERS[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        image.save(place / f"{number:02}.png")
    return folder / "pictures"


def grey_pictures(folder: Path) -> Path:
    """The same, without colours, as what is drawn by hand."""
    for path in pictures(folder).rglob("*.png"):
        Image.open(path).convert("L").save(path)
    return folder / "pictures"


def sounds(folder: Path) -> Path:
    """A low and a high tone in a folder each, as 16-bit WAV."""
    random = np.random.default_rng(4)
    for number in range(24):
        place = folder / "sounds" / FOLDERS[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        times = np.arange(2000) / 8000
        wave_ = np.sin(2 * np.pi * (300, 1200)[number % 2] * times + random.random()) * 0.5
        soundfile.write(place / f"{number:02}.wav", wave_.astype(np.float32), 8000, subtype="PCM_16")
    return folder / "sounds"


def texts(folder: Path) -> Path:
    """A file of lines for each of two classes."""
    random = np.random.default_rng(3)
    for label, letters in zip(FOLDERS, ("abcde<&'\" ", "uvwxyzé🐧\\ "), strict=True):
        words = ["".join(random.choice(list(letters), int(random.integers(2, 12)))).strip() or "x" for _ in range(60)]
        path = folder / "lines" / f"{label}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(words), encoding="utf-8")
    return folder / "lines"


SOURCES = {"table": table, "pictures": pictures, "grey": grey_pictures, "sounds": sounds, "texts": texts}


def awkward_run(folder: Path, kind: str) -> tuple[Path, RunFolder]:
    """A project of that kind, and a run with weights."""
    folder.mkdir(parents=True, exist_ok=True)
    source = SOURCES[kind](folder)
    project = propose(NAME, inspect(source, target="kind" if kind == "table" else "").data)
    project_dir = folder / "project"
    files.create(project_dir, project)
    return project_dir, run_of(project_dir, project)

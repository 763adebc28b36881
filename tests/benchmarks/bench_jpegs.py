"""A folder of 10,000 photos, imported and then read epoch after epoch, beside torch's DataLoader over Pillow.

Give a folder or zip archive of JPEG photos; 10,000 are made of them, each cut a little differently and compressed anew:

    python tests/benchmarks/bench_jpegs.py PHOTOS [COUNT]

Both sides read the files, decode them, bring them to 64 × 48, scale and normalise; theirs with two worker processes,
ours with as many threads as there are cores. Seconds are by the clock, so nothing else should run meanwhile.
"""

import io
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from engine.data.dataset import open_dataset
from engine.data.importing import inspect

HEIGHT, WIDTH, BATCH = 64, 48, 128


def originals(place: Path) -> list[Image.Image]:
    """The photos of a folder or archive, decoded."""
    if place.is_dir():
        return [Image.open(path).convert("RGB") for path in sorted(place.rglob("*.jp*g"))]
    with zipfile.ZipFile(place) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith((".jpg", ".jpeg"))]
        return [Image.open(io.BytesIO(archive.read(name))).convert("RGB") for name in names]


def make_folder(photos: list[Image.Image], folder: Path, count: int) -> None:
    """`count` photos in ten class folders, every one of them different."""
    rng = np.random.default_rng(7)
    for number in range(count):
        photo = photos[number % len(photos)]
        left, top = rng.integers(0, 12, 2).tolist()
        place = folder / f"class{number % 10}" / f"{number:05}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        photo.crop((left, top, photo.width - 12 + left, photo.height - 12 + top)).save(place, quality=85)


class Photos(TorchDataset[tuple[Tensor, int]]):
    """The same done by hand for one photo."""

    def __init__(self, folder: Path) -> None:
        self.files = sorted(folder.rglob("*.jpg"))
        self.classes = sorted({path.parent.name for path in self.files})

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        path = self.files[index]
        with Image.open(path) as image:
            small = image.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(small)).permute(2, 0, 1).to(torch.float32)
        return pixels.div_(255).sub_(0.5).div_(0.25), self.classes.index(path.parent.name)


def loaded(folder: Path, workers: int) -> float:
    """Seconds of one epoch of the DataLoader, its workers started before."""
    loader = DataLoader(Photos(folder), BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
    steps = iter(loader)
    next(steps)
    start = time.perf_counter()
    seen = sum(len(labels) for _, labels in steps)
    return (time.perf_counter() - start) / seen


def main() -> None:
    if len(sys.argv) < 2:
        print("bench_jpegs: give a folder or archive of photos; skipped")
        return
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    photos = originals(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as root:
        folder, project = Path(root) / "photos", Path(root) / "project"
        project.mkdir()
        make_folder(photos, folder, count)
        theirs = loaded(folder, 2)
        start = time.perf_counter()
        data = inspect(folder, project_dir=project).data
        ours = (time.perf_counter() - start) / count
        size = next(step for step in data.inputs()[0].preparation if step.type == "Resize").attributes
        print(f"{count:,} photos of about {photos[0].width} × {photos[0].height}, to {size}")
        print(f"first import    {1 / ours:9.0f} a second   DataLoader {1 / theirs:7.0f}   ratio {theirs / ours:6.2f}")
        start = time.perf_counter()
        dataset = open_dataset(project, data)
        column = dataset.columns((data.inputs()[0].name,), "train")
        first = time.perf_counter() - start
        orders = [torch.randperm(len(column)) for _ in range(4)]
        column.gather(orders[0][:BATCH])
        start = time.perf_counter()
        for order in orders:
            for begin in range(0, len(order), BATCH):
                column.gather(order[begin : begin + BATCH])
        later = (time.perf_counter() - start) / sum(map(len, orders))
        print(f"open it again   {first:9.2f} s")
        print(f"later epochs    {1 / later:9.0f} a second   DataLoader {1 / theirs:7.0f}   ratio {theirs / later:6.1f}")


if __name__ == "__main__":
    main()

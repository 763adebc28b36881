"""What reading and preparing data costs, beside the best that is written by hand: run as a program.

Each line is a ratio from one run, ours / theirs, CPU time, the least of several rounds; below 1 ours is faster.
"""

import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import polars as pl
import torch
from PIL import Image

from engine.data.column import Column
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.readers.table import parse_table
from engine.data.sources import resources_dir


def least_ms(act: Callable[[], object], rounds: int = 7) -> float:
    """Least CPU milliseconds of one call."""
    act()
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        act()
        spent.append((time.process_time() - start) * 1000)
    return min(spent)


def line(name: str, ours: float, theirs: float, what: str) -> None:
    """Print one ratio."""
    print(f"{name:52} {ours:9.3f} ms  {what:38} {theirs:9.3f} ms   ratio {ours / theirs:5.2f}")


def pictures_in_memory() -> None:
    """A batch of prepared pictures, against index_select on the prepared tensor and against gathering bytes by hand."""
    dataset = open_dataset(None, inspect(resources_dir() / "data" / "fashion_mnist").data)
    column = dataset.columns(("pixels",), "train")
    whole = column.whole()
    assert whole is not None
    rows = torch.randperm(len(column))[:128]
    many = range(200)
    ours = least_ms(lambda: [column.gather(rows) for _ in many]) / len(many)
    theirs = least_ms(lambda: [whole.index_select(0, rows) for _ in many]) / len(many)
    line("gather 128 of 28×28, prepared", ours, theirs, "index_select")
    part = column._parts[0]
    streamed = Column(column._parts, streamed=True)
    pixels = part.values.batch(part.rows)
    norm = part.preparation.rules[-1]
    mean, std = torch.from_numpy(norm.mean), torch.from_numpy(norm.std)  # type: ignore[attr-defined]

    def by_hand() -> torch.Tensor:
        batch = (
            pixels.index_select(0, rows).permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)
        )
        return batch.div_(255).sub_(mean).div_(std)

    ours = least_ms(lambda: [streamed.gather(rows) for _ in many]) / len(many)
    theirs = least_ms(lambda: [by_hand() for _ in many]) / len(many)
    line("gather 128 of 28×28, from bytes", ours, theirs, "index_select on uint8, scale by hand")


def tables() -> None:
    """A table with nothing known of it, against polars told everything."""
    rng = np.random.default_rng(1)
    frame = pl.DataFrame({f"c{i}": rng.normal(size=50_000) for i in range(20)})
    data = frame.write_csv().encode()
    ours = least_ms(lambda: parse_table(data, "t.csv"), 3)
    theirs = least_ms(lambda: pl.read_csv(data, infer_schema=False), 3)
    line("read 50,000 × 20, sniffed, every row checked", ours, theirs, "polars, cells as text")
    quoted = frame.with_columns(pl.col("c0").cast(pl.String)).write_csv(quote_style="non_numeric").encode()
    ours = least_ms(lambda: parse_table(quoted, "t.csv"), 3)
    line(
        "the same with quotes",
        ours,
        least_ms(lambda: pl.read_csv(quoted, infer_schema=False), 3),
        "polars, cells as text",
    )


def folder_of_pictures() -> None:
    """Decoding and resizing a folder of JPEG once, and opening it again, against Pillow in a loop."""
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        for name in ("cat", "dog"):
            (folder / "set" / name).mkdir(parents=True)
            for index in range(60):
                small = Image.fromarray(rng.integers(0, 256, (40, 53, 3), dtype=np.uint8))
                small.resize((533, 400), Image.Resampling.BICUBIC).save(
                    folder / "set" / name / f"{index}.jpg", quality=85
                )
        files = sorted((folder / "set").rglob("*.jpg"))

        def by_hand() -> list[np.ndarray]:
            done = []
            for path in files:
                image = Image.open(io.BytesIO(path.read_bytes())).convert("RGB")
                done.append(np.asarray(image.resize((72, 96), Image.Resampling.BILINEAR)))
            return done

        data = inspect(folder / "set", project_dir=folder).data
        start = time.process_time()
        open_dataset(folder, data)
        opened = (time.process_time() - start) * 1000

        def build() -> None:
            from engine.data.cache_folder import cache_places

            for place in cache_places(folder):
                for cached in place.glob("*"):
                    for file in cached.glob("*"):
                        file.unlink()
            open_dataset(folder, data)

        theirs = least_ms(by_hand, 3)
        line("120 JPEG of 400×533, first time", least_ms(build, 3), theirs, "Pillow, decode and resize")
        line("120 JPEG of 400×533, every later time", opened, theirs, "Pillow, decode and resize")


if __name__ == "__main__":
    torch.set_num_threads(1)
    pictures_in_memory()
    tables()
    folder_of_pictures()

"""Small data sets of every layout, written for tests."""

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image


def png(array: np.ndarray) -> bytes:
    """A PNG file of uint8 (H, W) or (H, W, C)."""
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()


def jpeg(array: np.ndarray) -> bytes:
    """A JPEG file of uint8 (H, W, 3)."""
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def noisy(seed: int, height: int = 12, width: int = 12, channels: int = 3) -> np.ndarray:
    """A picture that differs for each seed."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def picture_folder(root: Path, per_class: int = 12, size: int = 12, seed: int = 0) -> Path:
    """Two classes, cat and dog, `per_class` PNG each; other pictures for another seed."""
    for number, name in enumerate(("cat", "dog")):
        folder = root / name
        folder.mkdir(parents=True)
        for index in range(per_class):
            (folder / f"{index:03}.png").write_bytes(png(noisy(10_000 * seed + number * 1000 + index, size, size)))
    return root


def zipped(folder: Path, archive: Path) -> Path:
    """The folder's files in a zip, below a folder of their own."""
    with zipfile.ZipFile(archive, "w") as target:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                target.write(path, f"set/{path.relative_to(folder)}")
        target.writestr("__MACOSX/set/._junk.png", b"junk")
    return archive


def idx_bytes(array: np.ndarray) -> bytes:
    """An IDX file of uint8 numbers."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def idx_folder(root: Path, train: int = 60, test: int = 20, packed: bool = True) -> Path:
    """MNIST's four files: 8 × 8 pictures of 3 classes."""
    root.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    for word, count in (("train", train), ("t10k", test)):
        files = {
            f"{word}-images-idx3-ubyte": rng.integers(0, 256, (count, 8, 8)),
            f"{word}-labels-idx1-ubyte": np.arange(count) % 3,
        }
        for name, array in files.items():
            data = idx_bytes(array)
            (root / (name + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)
    return root


def text_folder(root: Path, lines: int = 60) -> Path:
    """One file of lines for each of two classes."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "female.txt").write_text("".join(f"ann{'abcdefghij'[i % 10]}{i}a\n" for i in range(lines)) + "\n")
    (root / "male.txt").write_text("".join(f"bob{'klmnopqrst'[i % 10]}{i}\n" for i in range(lines)))
    (root / "README").write_text("about these names\n")
    return root

"""Whatever is done to marks, masks, tars and files that share a name, nothing but a sentence comes out."""

import gzip
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.errors import DataError
from tests.property.test_mangled_data import damage, mangle
from tests.unit.data.samples_on_disk import noisy, png
from tests.unit.data.test_archives import tarred
from tests.unit.data.test_boxes import FORMS
from tests.unit.data.test_masks import mask_folder
from tests.unit.data.test_shared_names import samples


def _tar(root: Path) -> None:
    (root / "pets.tar").write_bytes(tarred("w"))


def _packed_tar(root: Path) -> None:
    (root / "pets.tar.gz").write_bytes(gzip.compress(tarred("w")))


def _shared(root: Path) -> None:
    for name, data in samples(6).items():
        (root / name).write_bytes(data)


def _named(root: Path) -> None:
    for number in range(8):
        (root / f"{'cat' if number % 2 else 'dog'}_{number}.png").write_bytes(png(noisy(number)))


MAKERS: dict[str, Callable[[Path], object]] = {
    "tar": _tar,
    "packed tar": _packed_tar,
    "masks": lambda root: mask_folder(root, 5, 12),
    "shared names": _shared,
    "names": _named,
    **FORMS,
}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(MAKERS)), which=st.integers(0, 50), steps=damage)
def test_mangled_files_of_every_layout(kind: str, which: int, steps: list[tuple[str, float, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, XDG_CACHE_HOME=f"{folder}/cache"):
        root = Path(folder) / "data"
        root.mkdir()
        MAKERS[kind](root)
        files = sorted(path for path in root.rglob("*") if path.is_file())
        # Marks first: there are few of them among many pictures.
        files.sort(key=lambda path: path.suffix == ".png")
        path = files[which % min(len(files), 12)]
        path.write_bytes(mangle(path.read_bytes(), steps))
        source = files[0] if len(files) == 1 else root
        try:
            found = inspect(source)
            dataset = open_dataset(Path(folder), found.data)
        except DataError as error:
            assert len(error.message) > 10
            return
        assert dataset.samples == found.samples > 0
        assert dataset.card(0).index == 0 and isinstance(dataset.checks, tuple)

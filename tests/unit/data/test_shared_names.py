"""Files that share a name are one sample: WebDataset's archives, alone and in parts."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.readers.files import open_tree
from engine.data.readers.shared_names import find_shared_names
from engine.document.data_spec import FieldKind, Role, SourceKind, SplitMethod
from engine.errors import DataError
from tests.unit.data.samples_on_disk import noisy, png


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


def samples(count: int = 12, first: int = 0, *, classes: bool = True) -> dict[str, bytes]:
    """Pictures with their class and a few values."""
    files: dict[str, bytes] = {}
    for number in range(first, first + count):
        values = {"width": 12 + number, "place": "sea" if number % 3 else "land", "tags": [1], "night": number % 2 == 0}
        files[f"{number:04}.png"] = png(noisy(number))
        files[f"{number:04}.json"] = json.dumps(values).encode()
        if classes:
            files[f"{number:04}.cls"] = str(number % 2).encode() + b"\n"
    return files


def tar(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as target:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            target.addfile(info, io.BytesIO(data))
    return path


def test_a_tar_of_shared_names(tmp_path: Path) -> None:
    found = inspect(tar(tmp_path / "pets.tar", samples()))
    assert found.data.sources[0].kind is SourceKind.SHARED_NAMES and found.samples == 12
    kinds = {field.name: (field.kind, field.role) for field in found.data.fields}
    assert kinds == {
        "pixels": (FieldKind.IMAGE, Role.INPUT),
        "label": (FieldKind.CATEGORY, Role.TARGET),
        "width": (FieldKind.NUMBER, Role.IGNORED),
        "place": (FieldKind.CATEGORY, Role.IGNORED),
        "night": (FieldKind.CATEGORY, Role.IGNORED),
    }
    dataset = open_dataset(tmp_path, found.data)
    assert dataset.name(3) == "0003.png" and dataset.raw(3, "label") == "1"
    assert (dataset.raw(3, "pixels") == noisy(3)).all()


def test_parts_of_a_set_say_what_they_are_for(tmp_path: Path) -> None:
    for part in range(2):
        tar(tmp_path / "set" / f"train-{part:06}.tar", samples(8, 10 * part))
    tar(tmp_path / "set" / "test-000000.tar", samples(6, 50))
    found = inspect(tmp_path / "set")
    assert found.samples == 22 and found.data.split.method is SplitMethod.GIVEN
    assert open_dataset(tmp_path, found.data).counts.test == 6


def test_other_things_can_be_learned(tmp_path: Path) -> None:
    archive = tar(tmp_path / "pets.tar", samples(classes=False))
    assert inspect(archive).data.targets()[0].name == "place"
    number = inspect(archive, target="width").data.targets()[0]
    assert (number.name, number.kind) == ("width", FieldKind.NUMBER)
    with pytest.raises(DataError, match="no column 'colour'"):
        inspect(archive, target="colour", layout="shared_names")


def test_damaged_companions_are_left_out_by_name(tmp_path: Path) -> None:
    files = samples()
    files["0002.json"] = b"{"
    files["0003.png"] = b""
    files["0004.npy"] = b"x"
    files["lonely.txt"] = b"x"
    found = inspect(tar(tmp_path / "pets.tar", files))
    reasons = {left.where: left.reason for left in found.left_out}
    assert found.samples == 10 and "damaged" in reasons["0002.json"] and reasons["0003.png"] == "The file is empty."
    assert reasons["0004.npy"] == reasons["lonely.txt"] == "It belongs to no sample."


def test_pictures_alone_share_nothing(tmp_path: Path) -> None:
    files = {f"{number}.png": png(noisy(number)) for number in range(8)} | {"classes.txt": b"a\n"}
    assert find_shared_names(open_tree(tar(tmp_path / "pets.tar", files))) is None

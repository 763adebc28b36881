"""Several files of a folder, dropped without the folder itself."""

from pathlib import Path

import pytest

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40)), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not data\n", encoding="utf-8")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "b.csv").write_text("p,q\n1,2\n", encoding="utf-8")
    return tmp_path


def test_only_the_files_that_were_named_are_read_now_and_later(folder: Path, tmp_path: Path) -> None:
    found = inspect(folder, options={"files": ["a.csv"]})
    source = found.data.sources[0]
    assert (source.path, source.options["files"]) == (str(folder), ["a.csv"])
    assert found.samples == 40
    assert open_dataset(tmp_path / "project", found.data).samples == 40


def test_names_that_are_gone_are_an_error_in_words(folder: Path) -> None:
    with pytest.raises(DataError):
        inspect(folder, options={"files": ["gone.csv"]})

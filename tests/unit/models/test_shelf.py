"""Examples, recent projects, and new ones from data or from nothing."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.document import files
from engine.document.examples import FOLDER
from engine.document.project import Project
from engine.protocol.messages.data import ImportData
from gui.models import shelf as shelf_module
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.settings import Settings
from gui.models.shelf import Shelf
from tests.gui.fake_engine import FakeEngine


@pytest.fixture
def shelf(model: ProjectModel, engine: FakeEngine) -> Iterator[Shelf]:
    settings = Settings()
    shelf = Shelf(settings, model, DataModel(model, engine))
    yield shelf
    shelf.close()
    settings.close()


def test_an_example_is_opened_as_a_copy(shelf: Shelf, model: ProjectModel, qtbot: QtBot) -> None:
    example = FOLDER / "penguins"
    with qtbot.waitSignal(model.opened):
        shelf.open_example(example)
    assert model.directory == shelf.home / "penguins"
    assert not model.read_only
    assert (model.directory / "data" / "penguins.csv").is_file()
    assert not (example / ".netwright" / "lock").exists()
    with qtbot.waitSignal(model.opened):
        shelf.open_example(example)
    assert model.directory == shelf.home / "penguins-2"


def test_a_new_project_for_data_imports_it(
    shelf: Shelf, model: ProjectModel, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    data = tmp_path / "my <b>photos"
    data.mkdir()
    assert shelf.take_in([data]) == ""
    qtbot.waitUntil(lambda: bool(engine.asked(ImportData)))
    assert engine.asked(ImportData)[0].path == str(data)
    assert model.directory is not None
    assert model.directory.parent == shelf.home
    assert "<" not in model.directory.name


def test_data_for_the_open_project_is_imported_into_it(
    shelf: Shelf, model: ProjectModel, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    model.create(tmp_path / "p", Project(name="p"))
    table = tmp_path / "t.csv"
    table.write_text("a,b\n1,2\n")
    assert shelf.take_in([table]) == ""
    qtbot.waitUntil(lambda: bool(engine.asked(ImportData)))
    assert model.directory == tmp_path / "p"


def test_a_dropped_project_is_opened(shelf: Shelf, model: ProjectModel, qtbot: QtBot, tmp_path: Path) -> None:
    files.create(tmp_path / "p", Project(name="p"))
    with qtbot.waitSignal(model.opened):
        assert shelf.take_in([tmp_path / "p"]) == ""
    assert model.directory == tmp_path / "p"


def test_things_of_different_folders_are_refused(shelf: Shelf, tmp_path: Path) -> None:
    assert "one folder" in shelf.take_in([tmp_path / "a", tmp_path / "folder" / "b"])


def test_recent_projects_that_are_gone_say_so(shelf: Shelf, model: ProjectModel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.opened):
        shelf.new_project("one")
    one = model.directory
    with qtbot.waitSignal(model.opened):
        shelf.new_project("two")
    model.close()
    assert one is not None
    one.rename(one.with_name("moved"))
    with qtbot.waitSignal(shelf.recent_checked) as told:
        shelf.check_recent()
    two, gone = told.args[0]
    assert (two.name, two.missing) == ("two", "")
    assert (gone.name, gone.missing) == ("one", "The folder is gone.")


def test_a_home_that_cannot_be_made_is_told(
    shelf: Shelf, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("NETWRIGHT_HOME", str(tmp_path / "file" / "home"))
    with qtbot.waitSignal(shelf.failed) as told:
        shelf.new_project()
    assert told.args[0].message
    assert "Errno" not in told.args[0].message


def test_a_copy_takes_the_data_along_and_leaves_the_runs(
    shelf: Shelf, model: ProjectModel, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(model.opened):
        shelf.open_example(FOLDER / "penguins")
    assert model.directory is not None
    (model.directory / "runs" / "0001").mkdir(parents=True)
    with qtbot.waitSignal(model.opened):
        shelf.save_copy(tmp_path / "copy")
    assert model.directory == tmp_path / "copy"
    assert (tmp_path / "copy" / "data" / "penguins.csv").is_file()
    assert not (tmp_path / "copy" / "runs").exists()
    assert model.project.name == "copy"


@pytest.mark.parametrize(
    ("name", "folder"), [("CON", "CON-project"), ("a/b:c", "a-b-c"), ("…", "untitled"), ("", "untitled")]
)
def test_folders_get_names_every_system_takes(name: str, folder: str) -> None:
    assert shelf_module.folder_name(name) == folder


def test_a_project_that_was_sent_as_a_zip_is_unpacked_and_opened(
    shelf: Shelf, model: ProjectModel, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    sent = tmp_path / "shared garments.zip"
    with zipfile.ZipFile(sent, "w") as archive:
        archive.writestr("project.json", files.to_bytes(Project(name="garments")))
        archive.writestr("runs/0001/run.json", "{}")
    with qtbot.waitSignal(model.opened):
        assert shelf.take_in([sent]) == ""
    assert model.directory == shelf.home / "shared garments" and model.project.name == "garments"
    assert (model.directory / "runs" / "0001" / "run.json").is_file()
    assert not engine.asked(ImportData)


def test_another_zip_is_data(shelf: Shelf, engine: FakeEngine, qtbot: QtBot, tmp_path: Path) -> None:
    data = tmp_path / "photos.zip"
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("cats/project.json", "{}")
    assert shelf.take_in([data]) == ""
    qtbot.waitUntil(lambda: bool(engine.asked(ImportData)))
    assert engine.asked(ImportData)[0].path == str(data)


def test_a_damaged_project_in_a_zip_is_told(shelf: Shelf, qtbot: QtBot, tmp_path: Path) -> None:
    sent = tmp_path / "sent.zip"
    with zipfile.ZipFile(sent, "w") as archive:
        archive.writestr("project.json", files.to_bytes(Project(name="x")))
        archive.writestr("../out.txt", "x")
    with qtbot.waitSignal(shelf.failed) as told:
        shelf.take_in([sent])
    assert "outside its folder" in told.args[0].message
    assert not (shelf.home / "sent").exists() and not (shelf.home / "out.txt").exists()

"""The open project: edits, history, saving, recovery, and who may write."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.document import files
from engine.document.edits import (
    AddNode,
    Batch,
    Connect,
    MoveNodes,
    RemoveNode,
    SetAttributes,
    SetName,
    apply,
)
from engine.document.graph import Edge, Node
from engine.document.project import Project
from engine.errors import NetwrightError, ProjectError
from gui.models import project as project_module
from gui.models.project import ProjectModel


def relu(name: str) -> AddNode:
    return AddNode(node=Node(id=name, type="ReLU"))


@pytest.fixture
def opened(model: ProjectModel, tmp_path: Path) -> ProjectModel:
    model.create(tmp_path / "p", Project(name="p"))
    return model


def saved(model: ProjectModel) -> Project:
    assert model.directory is not None
    return files.from_bytes((model.directory / "project.json").read_bytes(), "test")


def test_an_edit_is_applied_told_and_taken_back(opened: ProjectModel, qtbot: QtBot) -> None:
    told: list[tuple[str, object]] = []
    opened.changed.connect(lambda change: told.append(("changed", change.nodes)))
    opened.checked.connect(lambda nodes: told.append(("checked", set(nodes))))
    assert opened.do(relu("a"))
    assert told == [("changed", {"a"}), ("checked", {"a"})]
    assert opened.history.undoText() == "Add ReLU"
    opened.history.undo()
    assert not opened.project.graph.nodes
    opened.history.redo()
    assert list(opened.project.graph.nodes) == ["a"]


def test_undo_takes_back_links_in_the_order_they_need(opened: ProjectModel) -> None:
    opened.do(relu("a"))
    opened.do(relu("b"))
    opened.do(Connect(edge=Edge(source="a", target="b")))
    before = files.to_bytes(opened.project)
    opened.do(RemoveNode(id="a"))
    opened.history.undo()
    assert files.to_bytes(opened.project) == before


def test_an_edit_that_makes_no_sense_changes_nothing_and_says_why(opened: ProjectModel, qtbot: QtBot) -> None:
    opened.do(relu("a"))
    with qtbot.waitSignal(opened.refused) as told:
        assert not opened.do(Batch(title="two", edits=(relu("b"), relu("a"))))
    assert "two nodes 'a'" in told.args[0].message
    assert list(opened.project.graph.nodes) == ["a"]
    assert opened.history.count() == 1


def test_a_drag_is_one_step(opened: ProjectModel) -> None:
    opened.do(relu("a"))
    for x in range(5):
        opened.do(MoveNodes(positions={"a": (float(x), 0.0)}), merge="drag")
    assert opened.history.count() == 2
    opened.history.undo()
    assert opened.project.graph.node("a").x == 0.0
    opened.history.redo()
    assert opened.project.graph.node("a").x == 4.0


def test_merged_edits_of_different_things_are_taken_back_together(opened: ProjectModel) -> None:
    opened.do(AddNode(node=Node(id="a", type="Linear")))
    opened.do(SetAttributes(id="a", attributes={"out_features": 8}), merge="key")
    opened.do(SetAttributes(id="a", attributes={"bias": False}), merge="key")
    opened.do(SetAttributes(id="a", attributes={"out_features": 16}), merge="key")
    assert opened.history.count() == 2
    assert opened.project.graph.node("a").attributes == {"out_features": 16, "bias": False}
    opened.history.undo()
    assert opened.project.graph.node("a").attributes == {}
    opened.history.redo()
    assert opened.project.graph.node("a").attributes == {"out_features": 16, "bias": False}


def test_a_pause_makes_a_new_step(opened: ProjectModel, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.do(relu("a"))
    opened.do(MoveNodes(positions={"a": (1.0, 0.0)}), merge="drag")
    command = opened.history.command(1)
    monkeypatch.setattr(command, "_time", command._time - 2)
    opened.do(MoveNodes(positions={"a": (2.0, 0.0)}), merge="drag")
    assert opened.history.count() == 3


def test_an_edit_after_undo_never_joins_an_older_step(opened: ProjectModel) -> None:
    opened.do(relu("a"))
    opened.do(MoveNodes(positions={"a": (1.0, 0.0)}), merge="drag")
    opened.do(MoveNodes(positions={"a": (2.0, 0.0)}), merge="other")
    opened.history.undo()
    opened.do(MoveNodes(positions={"a": (3.0, 0.0)}), merge="other")
    assert opened.history.count() == 3
    opened.history.undo()
    assert opened.project.graph.node("a").x == 1.0


def test_edits_are_saved_by_themselves(opened: ProjectModel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.saved):
        opened.do(relu("a"))
        assert opened.dirty
    assert not opened.dirty
    assert list(saved(opened).graph.nodes) == ["a"]


def test_constant_editing_does_not_put_saving_off_for_ever(
    opened: ProjectModel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_module, "SAVE_AFTER_MS", 100_000)
    monkeypatch.setattr(project_module, "SAVE_AT_LEAST_EVERY_S", 0.05)
    with qtbot.waitSignal(opened.saved):
        opened.do(relu("a"))


def test_the_journal_has_the_edit_before_anything_is_shown(opened: ProjectModel) -> None:
    assert opened.directory is not None
    journal = opened.directory / ".netwright" / "journal.jsonl"
    seen: list[bool] = []
    opened.changed.connect(lambda _change: seen.append(b"AddNode" in journal.read_bytes()))
    opened.do(relu("a"))
    assert seen == [True]


_KILLED = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from engine.document.edits import AddNode, RemoveNode
from engine.document.graph import Node
from engine.document.project import Project
from gui.models.project import ProjectModel
app = QCoreApplication([])
model = ProjectModel()
model.create(Path(sys.argv[1]), Project(name="p"))
for name in ("a", "b", "c"):
    model.do(AddNode(node=Node(id=name, type="ReLU")))
model.history.undo()
os.kill(os.getpid(), 9)
"""


def test_a_killed_window_comes_back_as_it_was_shown(model: ProjectModel, qtbot: QtBot, tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "p")], timeout=60, check=False)
    assert killed.returncode == -9
    model.open(tmp_path / "p")
    assert sorted(model.project.graph.nodes) == ["a", "b"]
    assert model.recovered_edits == 4
    assert "came back" in " ".join(model.notes)
    assert model.checker.cost_of("a") is not None
    with qtbot.waitSignal(model.saved):
        pass
    assert sorted(saved(model).graph.nodes) == ["a", "b"]


def test_a_second_window_can_only_look(opened: ProjectModel, qtbot: QtBot) -> None:
    assert opened.directory is not None
    code = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication\n"
        "from gui.models.project import ProjectModel\n"
        "app = QCoreApplication([]); model = ProjectModel(); model.open(Path(sys.argv[1]))\n"
        "print(model.read_only, model.read_only_reason)\n"
    )
    second = subprocess.run(
        [sys.executable, "-c", code, str(opened.directory)], capture_output=True, text=True, timeout=60, check=True
    )
    assert second.stdout.startswith("True Open in another Netwright window")


def test_nothing_is_edited_or_saved_when_read_only(opened: ProjectModel, qtbot: QtBot) -> None:
    assert opened.directory is not None
    second = ProjectModel()
    second.open(opened.directory)
    assert second.read_only
    before = (opened.directory / "project.json").read_bytes()
    with qtbot.waitSignal(second.refused):
        assert not second.do(relu("a"))
    second.save()
    second.shut_down()
    assert (opened.directory / "project.json").read_bytes() == before


def test_a_full_disk_is_told_and_tried_again(
    opened: ProjectModel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_module, "SAVE_AFTER_MS", 1)
    monkeypatch.setattr(project_module, "RETRY_AFTER_MS", 10)
    real = files.save
    left = [2]

    def full(*arguments: object, **named: object) -> bytes:
        if left[0]:
            left[0] -= 1
            raise ProjectError("project.json was not saved: the disk is full.", hint="Free some room.")
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(project_module.files, "save", full)
    told: list[NetwrightError] = []
    opened.save_failed.connect(told.append)
    with qtbot.waitSignal(opened.saved):
        opened.do(relu("a"))
    assert [error.message for error in told] == ["project.json was not saved: the disk is full."] * 2
    assert opened.save_error is None
    assert not opened.dirty
    assert list(saved(opened).graph.nodes) == ["a"]


def test_while_nothing_can_be_saved_it_stays_dirty(
    opened: ProjectModel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_module, "SAVE_AFTER_MS", 1)

    def full(*_arguments: object, **_named: object) -> bytes:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(project_module.files, "save", full)
        with qtbot.waitSignal(opened.save_failed) as told:
            opened.do(relu("a"))
        assert "disk is full" in told.args[0].message.lower()
        assert opened.dirty


def test_a_file_changed_by_another_program_is_not_overwritten(opened: ProjectModel, qtbot: QtBot) -> None:
    assert opened.directory is not None
    file = opened.directory / "project.json"
    other = saved(opened)
    apply(other, SetName(name="theirs"))
    file.write_bytes(files.to_bytes(other))
    with qtbot.waitSignal(opened.save_failed) as told:
        opened.do(relu("a"))
    assert isinstance(told.args[0], files.ChangedOnDisk)
    assert saved(opened).name == "theirs"
    with qtbot.waitSignal(opened.saved):
        opened.keep_mine()
    assert list(saved(opened).graph.nodes) == ["a"]


def test_theirs_can_be_taken(opened: ProjectModel, qtbot: QtBot) -> None:
    assert opened.directory is not None
    other = saved(opened)
    apply(other, SetName(name="theirs"))
    (opened.directory / "project.json").write_bytes(files.to_bytes(other))
    with qtbot.waitSignal(opened.save_failed):
        opened.do(relu("a"))
    with qtbot.waitSignal(opened.opened):
        opened.take_theirs()
    assert opened.project.name == "theirs"
    assert not opened.project.graph.nodes
    assert not opened.read_only
    assert not opened.dirty


def test_a_damaged_project_names_the_place_and_offers_the_last_good_version(opened: ProjectModel, qtbot: QtBot) -> None:
    directory = opened.directory
    assert directory is not None
    with qtbot.waitSignal(opened.saved):
        opened.do(relu("a"))
    opened.close()
    file = directory / "project.json"
    file.write_bytes(file.read_bytes()[:-20])
    with qtbot.waitSignal(opened.open_failed) as told:
        opened.open_soon(directory)
    assert "line" in told.args[1].where
    assert "last good version" in told.args[1].hint
    with qtbot.waitSignal(opened.opened):
        opened.restore_soon(directory)
    assert list(opened.project.graph.nodes) == ["a"]
    assert list(directory.glob("project.damaged-*.json"))


def test_opening_in_the_background_shows_the_last_one_asked_for(
    model: ProjectModel, qtbot: QtBot, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        files.create(tmp_path / name, Project(name=name))
    with qtbot.waitSignal(model.opened):
        model.open_soon(tmp_path / "one")
        model.open_soon(tmp_path / "two")
    assert model.project.name == "two"
    second = ProjectModel()
    second.open(tmp_path / "one")  # the first one was let go of
    assert not second.read_only
    second.shut_down()


def test_closing_saves(opened: ProjectModel) -> None:
    directory = opened.directory
    assert directory is not None
    opened.do(relu("a"))
    opened.close()
    assert opened.directory is None
    assert not opened.project.graph.nodes
    assert list(files.load(directory).graph.nodes) == ["a"]


def test_a_project_that_cannot_be_opened_leaves_the_open_one(opened: ProjectModel, tmp_path: Path) -> None:
    opened.do(relu("a"))
    with pytest.raises(ProjectError):
        opened.open(tmp_path / "nowhere")
    assert list(opened.project.graph.nodes) == ["a"]
    assert opened.do(relu("b"))

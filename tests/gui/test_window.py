"""The frame: tabs, Train button, messages, commands and their keys, dropping, closing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.document import files
from engine.document.data_spec import DataSpec, Source, SourceKind
from engine.document.edits import AddNode, SetData
from engine.document.graph import Node
from engine.document.project import Project
from engine.errors import ProjectError
from engine.protocol.messages.base import EngineReady
from engine.protocol.messages.data import DescribeData, ImportData
from engine.protocol.messages.training import StartTraining
from engine.protocol.run_events import RunFinished, StopRun
from engine.protocol.run_folder import LogReader, RunFolder
from gui.frame import choosers
from gui.frame.closing_dialog import ClosingDialog
from gui.models import project as project_module
from gui.models.settings import WhenClosing
from gui.window import MainWindow
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog

TABS = ("data", "design", "train", "evaluate", "use")


@pytest.fixture
def opened(window: MainWindow, tmp_path: Path) -> MainWindow:
    window.bench.project.create(tmp_path / "garments", Project(name="garments"))
    return window


def engine(window: MainWindow) -> FakeEngine:
    fake = window.bench.engine
    assert isinstance(fake, FakeEngine)
    return fake


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, modifier: Any = Qt.KeyboardModifier.ControlModifier) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifier)


def child(window: QWidget, name: str) -> Any:
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


def test_the_window_opens_on_the_start_page(window: MainWindow) -> None:
    assert window.tab() == ""
    assert window.pages.currentWidget() is window.start
    assert not child(window, "tabs").isVisible()
    assert not child(window, "train.start").isVisible()
    assert window.windowTitle() == "Netwright"


def test_an_empty_project_opens_where_data_can_be_dropped(opened: MainWindow) -> None:
    assert opened.tab() == "data"
    assert opened.windowTitle() == "garments – Netwright"
    assert opened.top.project_text() == "garments · saved"


def test_a_project_opens_on_the_tab_it_was_left_on(window: MainWindow, tmp_path: Path) -> None:
    project = Project(name="x")
    project.graph.add(Node(id="a", type="ReLU"))
    files.create(tmp_path / "x", project)
    window.bench.project.open(tmp_path / "x")
    assert window.tab() == "design"


@pytest.mark.parametrize(("number", "tab"), list(enumerate(TABS, start=1)))
def test_every_tab_has_a_key_and_takes_the_focus(opened: MainWindow, qtbot: QtBot, number: int, tab: str) -> None:
    press(qtbot, opened, Qt.Key(Qt.Key.Key_0 + number))
    assert opened.tab() == tab
    shown = opened.tab_widget(tab)
    assert shown is not None and shown.isVisible()
    focus = QApplication.focusWidget()
    assert focus is not None and (focus is shown or shown.isAncestorOf(focus))
    tabs = child(opened, "tabs")
    assert tabs.currentIndex() == TABS.index(tab)


def test_tabs_are_chosen_with_the_mouse(opened: MainWindow, qtbot: QtBot) -> None:
    tabs = child(opened, "tabs")
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(1).center())
    assert opened.tab() == "design"


def test_a_tab_that_cannot_be_made_does_not_take_the_others_along(
    opened: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> QWidget:
        raise RuntimeError("no")

    makers = opened._tab_makers()
    monkeypatch.setattr(opened, "_tab_makers", lambda: {**makers, "use": broken})
    reported: list[object] = []
    monkeypatch.setattr("sys.excepthook", lambda *arguments: reported.append(arguments))
    opened.show_tab("use")
    assert reported
    assert opened.tab() == "use"
    opened.show_tab("design")
    assert opened.tab() == "design"


def test_edits_can_be_undone_with_keys(opened: MainWindow, qtbot: QtBot) -> None:
    project = opened.bench.project
    project.do(AddNode(node=Node(id="a", type="ReLU")))
    press(qtbot, opened, Qt.Key.Key_Z)
    assert not project.project.graph.nodes
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    press(qtbot, opened, Qt.Key.Key_Z, both)
    assert list(project.project.graph.nodes) == ["a"]


def test_saving_shows(opened: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_module, "SAVE_AFTER_MS", 60_000)
    opened.bench.project.do(AddNode(node=Node(id="a", type="ReLU")))
    qtbot.waitUntil(lambda: opened.top.project_text() == "garments · edited")
    press(qtbot, opened, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: opened.top.project_text() == "garments · saved")


def test_train_says_why_it_cannot_start(opened: MainWindow, qtbot: QtBot) -> None:
    button = child(opened, "train.start")
    assert button.isEnabled()
    assert "no data" in button.accessibleDescription()
    assert "no data" in button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    title, text = opened.banners.shown()["train"]
    assert title == "Training can't start yet"
    assert "no data" in text
    assert not engine(opened).asked(StartTraining)


def test_the_reason_follows_the_project(opened: MainWindow, qtbot: QtBot) -> None:
    source = Source(kind=SourceKind.TABLE, path="/x.csv")
    opened.bench.project.do(SetData(data=DataSpec(sources=(source,))))
    button = child(opened, "train.start")
    qtbot.waitUntil(lambda: "no network" in button.accessibleDescription())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    notice = opened.banners.notice("train")
    assert notice is not None
    go = next(b for b in notice.findChildren(QAbstractButton) if b.text() == "Show the Design tab")
    qtbot.mouseClick(go, Qt.MouseButton.LeftButton)
    assert opened.tab() == "design"
    assert opened.banners.shown() == {}


def test_ctrl_return_trains_from_any_tab(opened: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened.bench.runs, "reason_not_to_start", lambda: "")
    opened.show_tab("use")
    press(qtbot, opened, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(engine(opened).asked(StartTraining)))
    assert opened.tab() == "train"


def test_the_button_shows_the_progress_of_the_run(opened: MainWindow, qtbot: QtBot) -> None:
    directory = opened.bench.project.directory
    assert directory is not None
    log = RunLog(directory, 1, epochs=4, steps=10)
    log.prepare()
    log.train(3)
    button = child(opened, "train.start")
    qtbot.waitUntil(lambda: button.text() == "Training 75 %")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert opened.tab() == "train"
    assert "Training #1" in opened.status.left_text()
    log.say(RunFinished(epochs=4, seconds=1.0, samples_per_s=1.0, best_epoch=4, best={}))
    qtbot.waitUntil(lambda: button.text() == "Train")


def test_the_status_line_counts_problems_and_leads_to_them(opened: MainWindow, qtbot: QtBot) -> None:
    opened.bench.project.do(AddNode(node=Node(id="a", type="ReLU")))
    count = child(opened, "status.problems")
    qtbot.waitUntil(lambda: "problem" in count.text() and count.text() != "No problems")
    qtbot.mouseClick(count, Qt.MouseButton.LeftButton)
    assert opened.tab() == "design"
    assert "1 node" in opened.status.left_text()


def test_the_engine_is_shown_as_it_is(opened: MainWindow, qtbot: QtBot) -> None:
    fake = engine(opened)
    device = child(opened, "engine.device")
    fake.info = EngineReady(torch="2.13.0+cu126", devices=["cuda:0", "cpu"])
    fake.set_state("ready")
    qtbot.waitUntil(lambda: device.text() == "GPU 0")
    assert opened.status.right_text() == "engine ready · torch 2.13 · GPU 0"
    fake.set_state("restarting", "The engine stopped: it crashed.")
    assert "it crashed" in opened.banners.shown()["engine"][1]
    fake.set_state("ready")
    assert "engine" not in opened.banners.shown()
    fake.info = None
    fake.set_state("dead", "The engine stopped: it crashed.")
    qtbot.waitUntil(lambda: device.text() == "Engine stopped")
    notice = opened.banners.notice("engine")
    assert notice is not None
    again = next(b for b in notice.findChildren(QAbstractButton) if b.text() == "Start it again")
    with qtbot.waitSignal(fake.ready):
        qtbot.mouseClick(again, Qt.MouseButton.LeftButton)


def test_a_save_that_fails_stays_on_the_screen_until_one_succeeds(
    opened: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.save
    full = [True]

    def save(*arguments: Any, **named: Any) -> bytes:
        if full[0]:
            raise ProjectError("project.json was not saved: the disk is full.", hint="Free some room.")
        return real(*arguments, **named)

    monkeypatch.setattr(project_module.files, "save", save)
    with qtbot.waitSignal(opened.bench.project.save_failed):
        opened.bench.project.do(AddNode(node=Node(id="a", type="ReLU")))
    title, text = opened.banners.shown()["save"]
    assert title == "Not saved"
    assert "the disk is full" in text and "Free some room" in text
    assert opened.top.project_text() == "garments · not saved"
    full[0] = False
    notice = opened.banners.notice("save")
    assert notice is not None
    again = next(b for b in notice.findChildren(QAbstractButton) if b.text() == "Try again")
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "save" not in opened.banners.shown())


def test_closing_with_unsaved_changes_says_so_first(
    opened: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any, **_named: Any) -> bytes:
        raise ProjectError("project.json was not saved: the disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(project_module.files, "save", full)
        with qtbot.waitSignal(opened.bench.project.save_failed):
            opened.bench.project.do(AddNode(node=Node(id="a", type="ReLU")))
        assert not opened.close()
        assert opened.banners.shown()["save"][0] == "Your last changes are not saved"
        notice = opened.banners.notice("save")
        assert notice is not None
        anyway = next(b for b in notice.findChildren(QAbstractButton) if b.text() == "Close anyway")
        qtbot.mouseClick(anyway, Qt.MouseButton.LeftButton)
        assert not opened.isVisible()


def test_a_damaged_project_can_be_opened_as_it_last_was_good(opened: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    project = opened.bench.project
    with qtbot.waitSignal(project.saved):
        project.do(AddNode(node=Node(id="a", type="ReLU")))
    project.close()
    file = tmp_path / "garments" / "project.json"
    file.write_bytes(file.read_bytes()[:30])
    with qtbot.waitSignal(project.open_failed):
        project.open_soon(tmp_path / "garments")
    notice = opened.banners.notice("open")
    assert notice is not None
    assert "line" in notice.text()
    restore = next(b for b in notice.findChildren(QAbstractButton) if "last good" in b.text())
    with qtbot.waitSignal(project.opened):
        qtbot.mouseClick(restore, Qt.MouseButton.LeftButton)
    assert list(project.project.graph.nodes) == ["a"]
    assert "open" not in opened.banners.shown()


def test_a_project_open_elsewhere_can_only_be_looked_at(opened: MainWindow, make_window: Any, qtbot: QtBot) -> None:
    second: MainWindow = make_window()
    directory = opened.bench.project.directory
    assert directory is not None
    second.bench.project.open(directory)
    assert "Open in another Netwright window" in second.banners.shown()["read_only"][1]
    assert second.top.project_text() == "garments · read only"
    assert "reading only" in child(second, "train.start").accessibleDescription()
    second.bench.project.do(AddNode(node=Node(id="a", type="ReLU")))
    assert "reading only" in second.toast.text()


def drop(window: MainWindow, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    for kind in (QDragEnterEvent, QDropEvent):
        point: Any = window.rect().center() if kind is QDragEnterEvent else QPointF(window.rect().center())
        event = kind(point, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(window, event)
        assert event.isAccepted()


def test_data_dropped_anywhere_is_imported(opened: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    opened.show_tab("train")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    drop(opened, tmp_path / "t.csv")
    assert opened.tab() == "data"
    qtbot.waitUntil(lambda: bool(engine(opened).asked(ImportData)))


def test_projects_are_opened_and_copied_by_dialog(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosers, "choose_new_folder", lambda *_: tmp_path / "copy")
    with qtbot.waitSignal(opened.bench.project.opened):
        press(qtbot, opened, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert opened.bench.project.directory == tmp_path / "copy"
    monkeypatch.setattr(choosers, "choose_project", lambda *_: tmp_path / "garments")
    with qtbot.waitSignal(opened.bench.project.opened):
        press(qtbot, opened, Qt.Key.Key_O)
    assert opened.bench.project.directory == tmp_path / "garments"


def test_the_theme_is_switched_and_remembered(window: MainWindow) -> None:
    from gui.widgets.theme import current_theme

    window.commands.actions["theme.light"].trigger()
    assert current_theme().name == "light"
    assert window.bench.settings.values.theme == "light"
    window.commands.actions["theme.dark"].trigger()
    assert current_theme().name == "dark"


def test_every_menu_entry_that_is_off_says_why(window: MainWindow) -> None:
    for name, action in window.commands.actions.items():
        if not action.isEnabled() and name not in ("undo", "redo"):
            assert action.toolTip() not in ("", action.text()), name


def test_the_size_is_remembered_and_kept_on_the_screen(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1200, 800)
    qtbot.waitUntil(lambda: window.bench.settings.values.window_width == 1200)
    assert window.bench.settings.values.window_height == 800


class _Answer:
    """Stands in for the user in front of the closing dialog."""

    def __init__(self, button: str, remember: bool = False) -> None:
        self.button, self.remember, self.asked = button, remember, 0

    def __get__(self, dialog: ClosingDialog, _kind: type) -> Callable[[], int]:
        return lambda: self.answer(dialog)

    def answer(self, dialog: ClosingDialog) -> int:
        self.asked += 1
        dialog.remember.setChecked(self.remember)
        child(dialog, f"closing.{self.button}").click()
        return dialog.result()


@pytest.fixture
def training(opened: MainWindow, qtbot: QtBot) -> MainWindow:
    directory = opened.bench.project.directory
    assert directory is not None
    RunLog(directory, 1).prepare()
    qtbot.waitUntil(lambda: opened.bench.runs.active == 1)
    return opened


def asked_of_run(window: MainWindow) -> list[type]:
    directory = window.bench.project.directory
    assert directory is not None
    folder = RunFolder(directory / "runs" / "0001")
    return [type(request) for request in LogReader(folder.requests_file, requests=True).read()]


def test_closing_during_a_run_asks_and_can_be_taken_back(training: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClosingDialog, "exec", _Answer("cancel"))
    assert not training.close()
    assert training.isVisible()


def test_a_run_can_be_left_training(training: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClosingDialog, "exec", _Answer("keep"))
    assert training.close()
    assert asked_of_run(training) == []


def test_a_run_can_be_stopped_and_the_answer_remembered(training: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = _Answer("stop", remember=True)
    monkeypatch.setattr(ClosingDialog, "exec", answer)
    assert training.close()
    assert asked_of_run(training) == [StopRun]
    assert training.bench.settings.values.when_closing is WhenClosing.STOP
    training.show()
    assert training.close()
    assert answer.asked == 1


def test_nothing_from_outside_is_read_as_markup(window: MainWindow, tmp_path: Path) -> None:
    evil = "<img src='/etc/passwd'>&copy;"
    window.bench.project.create(tmp_path / "evil", Project(name=evil))
    window.banners.say("x", "error", evil, evil)
    window.toast.say(evil)
    for label in window.findChildren(QLabel):
        if label.text() and "img" in label.text():
            assert label.textFormat() is Qt.TextFormat.PlainText
    assert evil[:10] in window.top.project_text()


class _Shown(QObject):
    """Notes every widget that comes up as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.names.append(f"{type(watched).__name__} {watched.objectName()}")
        return False


def test_no_part_of_the_window_ever_comes_up_as_a_window_of_its_own(
    window: MainWindow, qapp: QApplication, tmp_path: Path
) -> None:
    """A part made visible before it has a parent flashes up and takes the keyboard away."""
    shown = _Shown()
    qapp.installEventFilter(shown)
    try:
        window.bench.project.create(tmp_path / "p", Project(name="p"))
        for tab in TABS:
            window.show_tab(tab)
        window.banners.say("x", "error", "a", "b", [("c", lambda: None)])
        window.toast.say("a", "b", lambda: None)
        qapp.processEvents()
    finally:
        qapp.removeEventFilter(shown)
    assert shown.names == []


def test_every_part_of_the_frame_has_a_name_to_screen_readers(opened: MainWindow) -> None:
    for name in ("tabs", "train.start", "menu", "status", "engine.device", "status.problems"):
        assert child(opened, name).accessibleName(), name


def test_the_closing_dialog_can_be_used_by_keyboard(qtbot: QtBot) -> None:
    dialog = ClosingDialog(3, 0.5)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.result() == QDialog.DialogCode.Rejected
    assert dialog.answer is None


def test_describing_is_asked_for_once_when_a_project_opens(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    source = Source(kind=SourceKind.TABLE, path="/x.csv")
    files.create(tmp_path / "p", Project(name="p", data=DataSpec(sources=(source,))))
    with qtbot.waitSignal(window.bench.project.opened):
        window.bench.project.open_soon(tmp_path / "p")
    for tab in TABS:
        window.show_tab(tab)
    assert len(engine(window).asked(DescribeData)) == 1

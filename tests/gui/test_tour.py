"""The guided tour: all of it by keyboard on the real window, and what a person may do in between."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from engine.document.examples import FOLDER
from engine.document.project import Project
from engine.protocol.messages.evaluation import Evaluate
from engine.protocol.messages.training import StartTraining, TrainingStarted
from engine.protocol.messages.worked_step import StepWorked, WorkStep
from engine.protocol.run_events import RunFinished
from gui.models import worked_step
from gui.tour import guide as guide_module
from gui.tour.conditions import Conditions
from gui.tour.guide import Guide
from gui.tour.steps import ENDED, STEPS, begun, place_of, tour_words
from gui.window import MainWindow
from tests.gui.conftest import MakeWindow
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import scores_of
from tests.gui.worked_steps import answer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worked_step, "PLAY_MS", 2)
    monkeypatch.setattr(guide_module, "LOOK_MS", 10)


def engine(window: MainWindow) -> FakeEngine:
    fake = window.bench.engine
    assert isinstance(fake, FakeEngine)
    return fake


def numbers(request: WorkStep) -> StepWorked:
    """The small network's step, its Linear once called a convolution so that garments has one."""
    found = answer(request)
    if "garments" not in request.project_dir:
        return found
    nodes = [msgspec.structs.replace(node, family="convolution") if node.weights else node for node in found.nodes]
    return msgspec.structs.replace(found, nodes=nodes)


def scripted(window: MainWindow) -> None:
    """Answers to all that the tour asks of the engine; runs end at once."""
    fake = engine(window)
    fake.answer_with(WorkStep, numbers)

    def trained(request: StartTraining) -> TrainingStarted:
        project_dir = Path(request.project_dir)
        run = len(list((project_dir / "runs").glob("*"))) + 1 if (project_dir / "runs").is_dir() else 1
        log = RunLog(project_dir, run, epochs=3)
        log.prepare()
        log.train(3)
        log.say(RunFinished(epochs=3, seconds=1.0, samples_per_s=100.0, best_epoch=3, best={"val_loss": 0.2}))
        return TrainingStarted(run=run, run_dir=str(log.folder))

    fake.answer_with(StartTraining, trained)
    fake.answer_with(Evaluate, lambda request: scores_of(1))


@pytest.fixture
def tour(window: MainWindow, qtbot: QtBot) -> Iterator[Guide]:
    scripted(window)
    with qtbot.waitActive(window):
        window.activateWindow()
    window.show_tour()
    assert window.tour is not None
    yield window.tour
    window.tour.end()


def key(qtbot: QtBot, tour: Guide, which: Qt.Key) -> None:
    qtbot.waitUntil(lambda: QApplication.focusWidget() is tour.card)
    qtbot.keyClick(tour.card, which)


def text(tour: Guide, name: str) -> str:
    found: Any = tour.card.findChild(QWidget, name)
    return str(found.whole_text())


def test_the_whole_tour_by_keyboard(tour: Guide, window: MainWindow, qtbot: QtBot) -> None:
    seen: list[str] = []
    while tour.is_open:
        step = tour.step
        seen.append(step.key)
        assert text(tour, "tour.title") == step.title
        qtbot.waitUntil(lambda step=step: not step.tab or window.tab() == step.tab)
        if not tour.done and step.offer:
            key(qtbot, tour, Qt.Key.Key_Return)
        if step.done:
            qtbot.waitUntil(lambda: tour.done and not window.bench.worked.playing)
            qtbot.waitUntil(lambda: "Done" in text(tour, "tour.state"))
        assert tour.step is step, "a step never goes on by itself"
        key(qtbot, tour, Qt.Key.Key_Return)
    assert seen == [step.key for step in STEPS if not step.only_with]
    assert window.bench.project.project.name == "garments"
    assert window.bench.settings.values.tour_step == ENDED
    assert not tour.card.isVisible() and not tour.ring.isVisible()


def test_everything_it_points_at_and_does_is_there(tour: Guide, window: MainWindow) -> None:
    for step in STEPS:
        tour.conditions.holds(step.done)  # raises for a name there is not
        assert bool(step.offer) == bool(step.do)
        assert not step.project or (FOLDER / step.project).is_dir()
        assert len(step.text) < 340
    names = {name for step in STEPS for name in (step.do,) if name and ":" not in name}
    assert names <= set(tour.actions._plain)
    assert len({step.key for step in STEPS}) == len(STEPS)


def test_it_can_be_skipped_and_gone_back_in(tour: Guide, qtbot: QtBot) -> None:
    for _ in range(3):
        key(qtbot, tour, Qt.Key.Key_Right)
    assert tour.step is STEPS[3]
    key(qtbot, tour, Qt.Key.Key_Left)
    assert tour.step is STEPS[2]
    for _ in range(5):
        key(qtbot, tour, Qt.Key.Key_Left)
    assert tour.step is STEPS[0]


def test_it_remembers_where_one_was(tour: Guide, window: MainWindow, qtbot: QtBot, make_window: MakeWindow) -> None:
    for _ in range(4):
        key(qtbot, tour, Qt.Key.Key_Right)
    key(qtbot, tour, Qt.Key.Key_Escape)
    assert not tour.is_open and not tour.card.isVisible()
    assert window.commands.actions["tour"].text() == f"Go on with the guided tour (5 of {len(STEPS)})"
    window.bench.settings.close()
    second = make_window()
    assert second.start.tour.text().strip() == f"Go on with the guided tour (5 of {len(STEPS)})"
    qtbot.mouseClick(second.start.tour, Qt.MouseButton.LeftButton)
    assert second.tour is not None and second.tour.step is STEPS[4]
    second.tour.end()


def test_the_card_says_the_way_back_to_what_it_is_about(tour: Guide, window: MainWindow, qtbot: QtBot) -> None:
    key(qtbot, tour, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: tour.done)
    key(qtbot, tour, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.tab() == "data")
    window.go_to_tab("use")
    qtbot.waitUntil(lambda: tour.card.tab.isVisible())
    assert tour.card.tab.text() == "Show the Data tab" and not tour.ring.isVisible()
    qtbot.mouseClick(tour.card.tab, Qt.MouseButton.LeftButton)
    assert window.tab() == "data"
    window.bench.project.close()
    qtbot.waitUntil(lambda: "Open the example" in tour.card.tab.text())
    qtbot.mouseClick(tour.card.tab, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.bench.project.directory is not None)


def test_what_it_points_at_stays_in_use(tour: Guide, window: MainWindow, qtbot: QtBot) -> None:
    key(qtbot, tour, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: tour.done)
    while tour.step.key != "numbers":
        key(qtbot, tour, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: tour.ring.isVisible())
    button = window.findChild(QWidget, "design.step.open")
    assert button is not None
    middle = button.mapTo(window, button.rect().center())
    assert tour.ring.geometry().contains(middle)
    assert not tour.card.geometry().contains(middle)
    assert window.childAt(middle) is button  # the frame takes no click
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tour.done)  # done by hand is done, too


def test_the_card_keeps_clear_of_what_is_to_be_seen(window: MainWindow, qtbot: QtBot, tour: Guide) -> None:
    card = tour.card
    for target in (
        QRect(10, 300, 200, 60),
        QRect(1300, 300, 200, 60),
        QRect(600, 700, 500, 260),
        QRect(20, 60, 900, 80),
    ):
        card.place(target, [], middle=False)
        assert not card.geometry().intersects(target), target
        assert window.rect().contains(card.geometry())
    card.place(QRect(0, 0, 1600, 1000), [], middle=False)  # nothing can be kept clear: still within the window
    assert window.rect().contains(card.geometry())


def test_what_it_points_at_is_scrolled_to(tour: Guide, window: MainWindow, qtbot: QtBot) -> None:
    area = QScrollArea(window)
    area.setGeometry(300, 100, 400, 200)
    inner, low = QWidget(), QWidget()
    inner.resize(380, 2000)
    low.setParent(inner)
    low.setObjectName("far.below")
    low.setGeometry(10, 1500, 300, 120)
    area.setWidget(inner)
    area.show()
    assert tour.targets.rect(("far.below",)).isEmpty() and tour.targets.is_there(("far.below",))
    tour.targets.scroll_to(("not.there", "far.below"))
    assert tour.targets.rect(("far.below",)).height() == 120, "all of it is seen"
    area.hide()
    assert not tour.targets.is_there(("far.below",))


def test_a_dragged_card_stays_where_it_was_put(tour: Guide, window: MainWindow, qtbot: QtBot) -> None:
    card = tour.card
    before = card.pos()
    qtbot.mousePress(card, Qt.MouseButton.LeftButton, pos=QPoint(30, 60))
    qtbot.mouseMove(card, QPoint(90, 110))
    qtbot.mouseRelease(card, Qt.MouseButton.LeftButton, pos=QPoint(90, 110))
    after = card.pos()
    assert after != before
    tour.refresh()
    assert card.pos() == after
    key(qtbot, tour, Qt.Key.Key_Right)
    assert not card.dragged


def test_taking_the_samples_away_can_be_taken_back(tour: Guide, window: MainWindow, qtbot: QtBot) -> None:
    key(qtbot, tour, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: tour.done)
    before = window.bench.project.project.data.split
    tour.actions.do("few")
    assert tour.conditions.holds("few")
    window.bench.project.history.undo()
    assert window.bench.project.project.data.split == before


def test_a_project_of_ones_own_is_no_obstacle(tour: Guide, window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.bench.project.create(tmp_path / "mine", Project(name="mine"))
    assert QApplication.focusWidget() is not tour.card
    window.commands.actions["tour"].trigger()  # Ctrl+F1: back to the card
    for step in (step for step in STEPS[1:] if not step.only_with):
        key(qtbot, tour, Qt.Key.Key_Right)
        assert tour.step is step
    tour.actions.do("select:Linear")
    assert "no Linear" in window.toast.text()


def test_words_for_the_menu() -> None:
    assert tour_words("") == tour_words(ENDED) == "Guided tour" and not begun(STEPS[0].key)
    assert place_of("no such step") == 0
    assert dataclasses.is_dataclass(STEPS[0])


def test_a_condition_there_is_not_is_a_fault(window: MainWindow) -> None:
    with pytest.raises(KeyError):
        Conditions(window.bench).holds("nothing of the kind")

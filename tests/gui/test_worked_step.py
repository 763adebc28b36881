"""A step in numbers in the window: frame after frame by keys and buttons, on the real canvas."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.document.edits import SetAttributes, SetRecipe
from engine.document.recipe import Phase, Player, Recipe
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.worked_step import StepWorked, WorkStep
from gui.design.step.panel import StepPanel
from gui.design.step.words import on_link, short
from gui.design.tab import DesignTab
from gui.models import worked_step
from gui.models.worked_step import Part, WorkedStepModel
from gui.window import MainWindow
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.gui.worked_steps import answer, small_project


@pytest.fixture
def opened(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.setattr(worked_step, "PLAY_MS", 5)
    engine(window).answer_with(WorkStep, answer)
    (tmp_path / "small").mkdir()
    window.bench.project.create(tmp_path / "small" / "project", small_project(tmp_path))
    window.go_to_tab("design")
    return window


def engine(window: MainWindow) -> FakeEngine:
    fake = window.bench.engine
    assert isinstance(fake, FakeEngine)
    return fake


def tab(window: MainWindow) -> DesignTab:
    found = window.tab_widget("design")
    assert isinstance(found, DesignTab)
    return found


def panel(window: MainWindow) -> StepPanel:
    found = tab(window).step_panel
    assert found is not None
    return found


def child(window: MainWindow, name: str) -> Any:
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


def shown(window: MainWindow, qtbot: QtBot) -> WorkedStepModel:
    model = window.bench.worked
    model.open()
    qtbot.waitUntil(lambda: model.state == "shown" and not model.busy)
    return model


def key(qtbot: QtBot, window: MainWindow, which: Qt.Key, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, which, modifier)


def test_the_whole_step_by_keys(opened: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(opened):
        opened.activateWindow()
    tab(opened).canvas.setFocus()
    key(qtbot, opened, Qt.Key.Key_S)
    model = opened.bench.worked
    qtbot.waitUntil(lambda: model.state == "shown" and not model.busy)
    assert panel(opened).isVisible() and panel(opened).hasFocus()
    seen = []
    for _ in range(7):
        frame = model.frame
        assert frame is not None
        seen.append((frame.part, model.node.node if model.node is not None else ""))
        key(qtbot, opened, Qt.Key.Key_Right)
    assert seen == [
        (Part.FORWARD, "columns"),
        (Part.FORWARD, "truth"),
        (Part.FORWARD, "scores"),
        (Part.FORWARD, "loss"),
        (Part.BACKWARD, "loss"),
        (Part.BACKWARD, "scores"),
        (Part.UPDATE, "scores"),
    ]
    assert model.frame is not None and model.frame.part is Part.AFTER
    assert "1 → 0.5" in child(opened, "design.step.sentence").whole_text()
    key(qtbot, opened, Qt.Key.Key_Return)  # behind the end the next step begins
    qtbot.waitUntil(lambda: not model.busy)
    assert (model.step, model.at) == (2, 0)
    key(qtbot, opened, Qt.Key.Key_End)
    assert "0.5 → 0.25" in child(opened, "design.step.sentence").whole_text()
    key(qtbot, opened, Qt.Key.Key_Left)
    key(qtbot, opened, Qt.Key.Key_Escape)
    assert not panel(opened).isVisible() and model.state == "closed"


def test_the_real_numbers_are_written_out(opened: MainWindow, qtbot: QtBot) -> None:
    model = shown(opened, qtbot)
    model.go(2)
    assert child(opened, "design.step.title").whole_text() == "Linear · scores"
    assert child(opened, "design.step.formula").whole_text() == "y = W · x + b"
    assert panel(opened).sums.rows[0].sums == ("0.5 · 1 + 0.75 · 2 = 2",)
    model.go_to_part(Part.BACKWARD, last=True)
    assert panel(opened).sums.rows[0].number == "−2" or panel(opened).sums.rows[0].number == "-2"
    model.go_to_part(Part.UPDATE)
    assert panel(opened).sums.rows[0].sums == ("gradient: (−2) · 1 = −2", "new: 0.5 + 0.2 = 0.7")
    assert "SGD" in child(opened, "design.step.sentence").whole_text()
    assert "0.5 + 0.2" in panel(opened).accessibleDescription()


def test_values_stand_on_the_links_as_they_are_reached(opened: MainWindow, qtbot: QtBot) -> None:
    model = shown(opened, qtbot)
    light = tab(opened).step_light
    assert light is not None
    assert light.words() == {("columns", "output"): ("1  2", False)} and light.lit() == "columns"
    model.go(3)
    assert light.words()[("scores", "output")] == ("2", False) and light.lit() == "loss"
    model.go_to_part(Part.BACKWARD, last=True)
    assert light.words()[("scores", "output")] == ("∂ −2", True) and light.lit() == "scores"
    assert light.words()[("columns", "output")] == ("1  2", False)
    picture = tab(opened).canvas.grab().toImage()
    assert not child(opened, "design.canvas.minimap").isVisible()  # nothing lies over what is walked through
    model.close()
    assert child(opened, "design.canvas.minimap").isVisible()
    assert light.words() == {} and tab(opened).canvas.grab().toImage() != picture


def test_it_plays_by_itself_and_can_be_stopped(opened: MainWindow, qtbot: QtBot) -> None:
    model = shown(opened, qtbot)
    qtbot.mouseClick(panel(opened).play, Qt.MouseButton.LeftButton)
    assert panel(opened).play.text().strip() == "Pause"
    qtbot.waitUntil(lambda: not model.playing)
    assert model.at == len(model.frames) - 1
    model.go(0)
    model.play(Part.FORWARD)
    qtbot.waitUntil(lambda: not model.playing)
    assert model.frame is not None and model.frame.part is Part.FORWARD and model.at == 3


def test_an_edit_works_the_numbers_out_anew_and_stays_at_the_node(opened: MainWindow, qtbot: QtBot) -> None:
    model = shown(opened, qtbot)
    model.go(3)
    opened.bench.project.do(SetAttributes(id="scores", attributes={"bias": False}))
    assert model.busy
    qtbot.waitUntil(lambda: not model.busy)
    assert len(engine(opened).asked(WorkStep)) == 2
    assert model.node is not None and model.node.node == "loss"


def test_the_same_sample_can_be_taken_again(opened: MainWindow, qtbot: QtBot) -> None:
    model = shown(opened, qtbot)
    panel(opened).same.setChecked(True)
    qtbot.waitUntil(lambda: not model.busy)
    model.go_to_step(2)
    qtbot.waitUntil(lambda: not model.busy)
    assert [request.samples for request in engine(opened).asked(WorkStep)] == [[], [7], [7]]
    assert model.answer is not None and model.answer.samples == [7]


def test_what_goes_wrong_is_said_and_mended_by_trying_again(opened: MainWindow, qtbot: QtBot) -> None:
    engine(opened).answer_with(WorkStep, RequestFailed(error=error("data", "The file is gone.", hint="Bring it back.")))
    model = opened.bench.worked
    model.open()
    qtbot.waitUntil(lambda: model.state == "failed")
    assert child(opened, "design.step.sentence").whole_text() == "The file is gone. Bring it back."
    assert panel(opened).next.blocked_reason()
    engine(opened).answer_with(WorkStep, StepWorked(step=1, refusal="Too large."))
    model.close()
    model.open()
    qtbot.waitUntil(lambda: model.state == "refused")
    assert child(opened, "design.step.sentence").whole_text() == "Too large."


def test_nothing_to_work_out_is_a_sentence_and_no_panel(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    from engine.document.project import Project

    window.bench.project.create(tmp_path / "empty", Project(name="empty"))
    window.go_to_tab("design")
    window.commands.actions["step"].trigger()
    assert not panel(window).isVisible()
    assert "data" in window.toast.text() or "network" in window.toast.text()


def test_another_project_ends_it(opened: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    from engine.document.project import Project

    shown(opened, qtbot)
    opened.bench.project.create(tmp_path / "other", Project(name="other"))
    assert not panel(opened).isVisible() and opened.bench.worked.state == "closed"


def test_numbers_on_links_are_short() -> None:
    assert [short(value) for value in (0.0, -0.034, 1234.0, 0.00012, 12.5)] == ["0", "−0.03", "1e3", "1e−4", "12.5"]
    assert on_link([1.0, 2.0, 3.0], 32) == "1  2 … 32"


def test_phases_players_and_learned_weights_can_be_chosen(opened: MainWindow, qtbot: QtBot) -> None:
    model = shown(opened, qtbot)
    assert not panel(opened).learner.isVisible() and not panel(opened).weights.isVisible()
    two = Phase(players=(Player(name="critic"), Player(name="maker")))
    opened.bench.project.do(SetRecipe(recipe=Recipe(phases=(Phase(), two))))
    qtbot.waitUntil(lambda: not model.busy)
    learner = panel(opened).learner
    assert learner.isVisible()
    assert [item[2] for item in model.learners()] == ["1. train", "2. train · critic", "2. train · maker"]
    learner.committed.emit(2)
    qtbot.waitUntil(lambda: not model.busy)
    directory = opened.bench.project.directory
    assert directory is not None
    log = RunLog(directory, 1, epochs=1)
    log.prepare()
    log.train(1)
    log.finish()
    qtbot.waitUntil(lambda: model.has_runs)
    panel(opened).refresh()
    assert panel(opened).weights.isVisible()
    panel(opened).weights.committed.emit("best")
    qtbot.waitUntil(lambda: not model.busy)
    asked = engine(opened).asked(WorkStep)[-1]
    assert (asked.phase, asked.player, asked.run, asked.step) == (1, 1, "best", 1)

"""Points on a plane in the tab Data: rules, drawing, erasing, mouse, keys, undo, and the answer behind them."""

import zlib

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from engine.catalog.points import Drawn, Moons, Spirals, Xor
from engine.document import files
from engine.protocol.messages.live_look import LookedNow, LookNow
from engine.protocol.run_events import ViewArray, ViewSeen
from gui.data.tab import DataTab
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import open_example, scripted_data


def packed(values) -> ViewArray:
    array = np.ascontiguousarray(values)
    return ViewArray(dtype=array.dtype.name, shape=array.shape, data=zlib.compress(array.tobytes()))


def seen(step: int, *, fixed: bool = False, best: int = 0) -> ViewSeen:
    if fixed:
        facts = {"x": "x", "y": "y", "answer": "class", "kind": "category", "classes": 2}
        return ViewSeen(view="decision_surface", step=step, epoch=0, fixed=True, facts=facts)
    arrays = {"best": packed(np.full((56, 56), best, np.uint8)), "surety": packed(np.full((56, 56), 204, np.uint8))}
    return ViewSeen(view="decision_surface", step=step, epoch=0, arrays=arrays)


@pytest.fixture
def bench(qapp, tmp_path):
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    scripted_data(engine)
    engine.answer_with(LookNow, LookedNow(request=0, seen=[seen(0, fixed=True), seen(0, best=1)]))
    bench = Workbench(Settings(tmp_path / "config"), engine)
    yield bench
    bench.shut_down()


@pytest.fixture
def tab(bench, tmp_path, qtbot) -> DataTab:
    directory = open_example(bench, tmp_path, "playground")
    bench.project.open(directory)
    tab = DataTab(project=bench.project, data=bench.data, checks=bench.data_checks, look=bench.look)
    qtbot.addWidget(tab)
    tab.resize(1300, 800)
    tab.show()
    qtbot.waitExposed(tab)
    return tab


def drag(board, *places: tuple[float, float], button=Qt.MouseButton.LeftButton) -> None:
    points = [board.place(*place).toPoint() for place in places]
    QTest.mousePress(board, button, Qt.KeyboardModifier.NoModifier, points[0])
    for point in points[1:]:
        QTest.mouseMove(board, point)
    QTest.mouseRelease(board, button, Qt.KeyboardModifier.NoModifier, points[-1])


def test_the_plane_shows_the_points_of_the_project(tab, bench):
    assert tab.middle.currentWidget() is tab.plane
    assert isinstance(tab.points.rule, Spirals) and len(tab.points.points) == 400
    assert [button.isChecked() for button in tab.plane.rules.buttons] == [True] + [False] * 5
    assert "200 of A, 200 of B" in tab.plane.board.accessibleDescription()


def test_another_rule_and_its_settings_are_steps_that_can_be_taken_back(tab, bench, qtbot):
    before = bench.project.project.data
    xor = next(button for button in tab.plane.rules.buttons if button.kind is Xor)
    qtbot.mouseClick(xor, Qt.MouseButton.LeftButton)
    assert isinstance(tab.points.rule, Xor) and xor.isChecked()
    editor = tab.plane._editors["noise"]
    editor.committed.emit(0.2)
    assert tab.points.rule.noise == 0.2
    bench.project.history.undo()
    assert tab.points.rule.noise == 0.05
    bench.project.history.undo()
    assert bench.project.project.data == before and isinstance(tab.points.rule, Spirals)


def test_more_classes_give_the_network_more_scores(tab, bench):
    tab.points.set("arms", 3)
    project = bench.project.project
    assert project.data.field("class").statistics.classes == ("A", "B", "C")
    assert project.graph.nodes["scores"].attributes["out_features"] == 3
    assert not [p for p in bench.project.checker.problems() if p.node]
    bench.project.history.undo()
    assert bench.project.project.graph.nodes["scores"].attributes["out_features"] == 2


def test_a_stroke_of_the_mouse_is_one_step_and_makes_the_points_ones_own(tab, bench, qtbot):
    board = tab.plane.board
    board.set_size(0.0)
    drag(board, (-1.1, -1.1), (-1.0, -1.1), (-0.9, -1.1))
    assert isinstance(tab.points.rule, Drawn)
    assert len(tab.points.points) == 403
    assert {point.group for point in tab.points.points[400:]} == {0}
    assert bench.project.history.undoText() == "Draw on the points"
    drag(board, (-1.1, -0.9), button=Qt.MouseButton.LeftButton)
    assert len(tab.points.points) == 404 and bench.project.history.undoText() == "Draw 1 point"
    bench.project.history.undo()
    bench.project.history.undo()
    assert isinstance(tab.points.rule, Spirals) and len(tab.points.points) == 400


def test_the_right_button_erases_and_undo_brings_back(tab, bench):
    board = tab.plane.board
    first = tab.points.points[0]
    drag(board, (first.x, first.y), button=Qt.MouseButton.RightButton)
    left = len(tab.points.points)
    assert left < 400 and first not in tab.points.points
    bench.project.history.undo()
    assert tab.points.points[0] == first and len(tab.points.points) == 400


def test_everything_can_be_done_by_keys(tab, bench, qtbot):
    tab.points.clear()
    assert tab.points.points == [] and isinstance(tab.points.rule, Drawn)
    assert tab.middle.currentWidget() is tab.plane, "a plane without points is there to be drawn on"
    board = tab.plane.board
    board.setFocus()
    qtbot.keyClick(board, Qt.Key.Key_Left)
    for _ in range(4):
        qtbot.keyClick(board, Qt.Key.Key_Left)
    qtbot.keyClick(board, Qt.Key.Key_Space)
    qtbot.keyClick(board, Qt.Key.Key_2)
    assert board.group == 1 and tab.plane.chips[1].isChecked()
    qtbot.keyClick(board, Qt.Key.Key_Up)
    qtbot.keyClick(board, Qt.Key.Key_Return)
    assert [tuple(point) for point in tab.points.points] == [(-0.2, 0.0, 0), (-0.2, 0.05, 1)]
    qtbot.keyClick(board, Qt.Key.Key_Delete)
    assert tab.points.points == []
    bench.project.history.undo()
    assert len(tab.points.points) == 2
    qtbot.keyClick(board, Qt.Key.Key_E)
    assert board.erasing and tab.plane.eraser.isChecked()
    size = board.size_of_brush
    qtbot.keyClicks(board, "+")
    assert board.size_of_brush > size


def test_a_third_class_is_added_and_drawn(tab, bench, qtbot):
    qtbot.mouseClick(tab.plane.add, Qt.MouseButton.LeftButton)
    assert tab.points.names == ["A", "B", "C"] and tab.plane.chips[2].isVisible()
    assert tab.plane.board.group == 2
    assert bench.project.project.graph.nodes["scores"].attributes["out_features"] == 3
    drag(tab.plane.board, (1.1, 1.1))
    assert tab.points.points[-1].group == 2


def name_class(tab, qtbot, name: str) -> None:
    """New class in the left panel, as a person does it."""
    qtbot.mouseClick(tab.sources._new, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(tab.sources._name, name)
    qtbot.keyClick(tab.sources._name, Qt.Key.Key_Return)


def test_a_class_that_is_named_in_the_left_panel_is_one_to_draw(tab, bench, qtbot):
    before = bench.project.project.data
    tab.sides.setCurrentIndex(1)
    name_class(tab, qtbot, "rest")
    assert tab.points.names == ["A", "B", "rest"] and isinstance(tab.points.rule, Drawn)
    assert len(tab.points.points) == 400, "those that were there stay"
    assert bench.project.project.graph.nodes["scores"].attributes["out_features"] == 3
    assert tab.middle.currentWidget() is tab.plane and tab.plane.board.group == 2
    assert tab.plane.chips[2].isVisible() and tab.plane.chips[2].text() == "rest"
    drag(tab.plane.board, (1.1, 1.1))
    assert tab.points.points[-1].group == 2
    bench.project.history.undo()
    bench.project.history.undo()
    assert bench.project.project.data == before
    assert tab.points.names == ["A", "B"]


def test_a_class_that_cannot_be_is_refused_in_words(tab, bench, qtbot):
    said = []
    tab.labelling.said.connect(said.append)
    before = bench.project.project.data
    name_class(tab, qtbot, "B")
    assert said == ["There is a class 'B' already."] and bench.project.project.data is before
    for name in "CDEFGH":
        name_class(tab, qtbot, name)
    assert len(tab.points.names) == 8 and len(said) == 1
    name_class(tab, qtbot, "I")
    assert said[1:] == ["A plane has 8 classes at most."] and len(tab.points.names) == 8


def test_what_was_drawn_is_saved_and_opened_again(tab, bench, qtbot, tmp_path):
    tab.plane.board.set_size(0.0)
    drag(tab.plane.board, (1.1, 1.1))
    drawn = tab.points.points
    if bench.project.dirty:
        with qtbot.waitSignal(bench.project.saved):
            bench.project.save()
    again = files.load(tmp_path / "playground")
    assert again.data.sources[0].options["placed"][-3:] == [drawn[-1].x, drawn[-1].y, 0.0]


def test_the_network_answers_behind_the_points_before_and_after_an_edit(tab, bench, qtbot):
    board = tab.plane.board
    qtbot.waitUntil(lambda: board.surface is not None)
    assert int(board.surface.best[0, 0]) == 1
    assert "before training" in tab.plane.answer.whole_text()
    asked = len(bench.engine.asked(LookNow))
    tab.points.choose(Moons)
    qtbot.waitUntil(lambda: len(bench.engine.asked(LookNow)) > asked)
    QTest.mouseMove(board, board.place(0.1, 0.1).toPoint())
    qtbot.waitUntil(lambda: "80%" in tab.plane.answer.whole_text())


def test_a_run_that_trains_is_followed(bench, tmp_path, qtbot):
    directory = open_example(bench, tmp_path, "playground")
    log = RunLog(directory, 1)
    log.prepare()
    log.say(seen(0, fixed=True), seen(0, best=1))
    bench.project.open(directory)
    tab = DataTab(project=bench.project, data=bench.data, checks=bench.data_checks, look=bench.look)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: "run 1, step 0" in tab.plane.answer.whole_text())
    log.say(seen(30, best=0))
    qtbot.waitUntil(lambda: "run 1, step 30" in tab.plane.answer.whole_text())
    assert int(tab.plane.board.surface.best[0, 0]) == 0
    asked = len(bench.engine.asked(LookNow))
    log.finish()
    qtbot.waitUntil(lambda: len(bench.engine.asked(LookNow)) > asked)
    assert bench.look.frame is not None


def test_samples_are_a_click_away(tab, bench, qtbot):
    qtbot.waitUntil(lambda: bench.data.state == "ready")
    tab.sides.setCurrentIndex(1)
    assert tab.middle.currentWidget() is tab.shown
    tab.sides.setCurrentIndex(0)
    assert tab.middle.currentWidget() is tab.plane


def test_the_board_is_drawn_in_both_themes_and_says_what_is_missing(tab, qapp, qtbot):
    board = tab.plane.board
    dark = board.grab().toImage()
    apply_theme(qapp, "light")
    assert board.grab().toImage() != dark
    apply_theme(qapp, "dark")
    tab.points.clear()
    empty = board.grab().toImage()
    assert empty != dark
    assert board.words_at(QPointF(-5, -5)) == ""

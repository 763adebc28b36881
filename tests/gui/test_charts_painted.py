"""Confusion matrix, histogram, heat map, score bars."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from gui.charts.confusion_matrix import ConfusionMatrix
from gui.charts.heat_map import HeatMap
from gui.charts.histogram import Histogram
from gui.charts.score_bars import ScoreBars
from gui.widgets.theme import apply_theme


@pytest.fixture(autouse=True)
def dressed(qapp):
    apply_theme(qapp, "dark")


@pytest.fixture
def matrix(qtbot):
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(500, 440)
    matrix.set_matrix(["shirt", "coat", "bag"], [[960, 41, 0], [9, 967, 24], [0, 0, 1000]])
    matrix.show()
    return matrix


def center(matrix: ConfusionMatrix, true: int, predicted: int) -> QPoint:
    return matrix.cell_rect(true, predicted).center().toPoint()


def test_a_click_selects_a_cell_and_a_second_one_lets_go(qtbot, matrix):
    with qtbot.waitSignal(matrix.cell_selected) as selected:
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=center(matrix, 0, 1))
    assert selected.args == [0, 1]
    assert matrix.selected() == (0, 1)
    with qtbot.waitSignal(matrix.selection_cleared):
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=center(matrix, 0, 1))
    assert matrix.selected() is None
    with qtbot.assertNotEmitted(matrix.cell_selected):
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=QPoint(2, 430))


def test_the_keyboard_reaches_every_cell_and_each_is_said_in_words(qtbot, matrix):
    assert matrix.accessibleDescription() == "shirt recognized: 960 of 1,001 (95.9 %)"
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    assert matrix.accessibleDescription() == "shirt taken for coat: 41 of 1,001 (4.1 %)"
    for _ in range(5):
        qtbot.keyClick(matrix, Qt.Key.Key_Right)
        qtbot.keyClick(matrix, Qt.Key.Key_Down)
    with qtbot.waitSignal(matrix.cell_selected) as selected:
        qtbot.keyClick(matrix, Qt.Key.Key_Return)
    assert selected.args == [2, 2]
    with qtbot.waitSignal(matrix.selection_cleared):
        qtbot.keyClick(matrix, Qt.Key.Key_Escape)


def test_mistakes_are_redder_the_more_there_are(matrix):
    picture = matrix.grab().toImage()

    def color(true: int, predicted: int):
        rect = matrix.cell_rect(true, predicted)
        return picture.pixelColor(int(rect.left()) + 6, int(rect.center().y()))

    assert color(0, 1).red() > color(1, 2).red() > color(1, 0).red() > color(0, 2).red()
    assert color(2, 2).blue() > 200


@pytest.mark.parametrize("count", [1, 2, 10, 40, 150, 1000])
def test_any_number_of_classes_fits(qtbot, count):
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(520, 460)
    counts = np.eye(count, dtype=int) * 5
    matrix.set_matrix([f"class {i}" for i in range(count)], counts)
    assert not matrix.grab().toImage().isNull()
    last = matrix.cell_rect(count - 1, count - 1)
    assert last.right() <= 520 and last.bottom() <= 460
    assert matrix.cell_at(last.center()) == (count - 1, count - 1)
    matrix.select(count - 1, 0)
    assert not matrix.grab().toImage().isNull()


def test_matrices_that_do_not_fit_are_errors(matrix):
    for classes, counts in ((["a"], [[1, 2]]), (["a", "b"], [[1]]), ([], [[1]])):
        with pytest.raises(ValueError):
            matrix.set_matrix(classes, counts)
    matrix.set_matrix([], [])
    assert matrix.accessibleDescription() == "No counts yet"
    assert not matrix.grab().toImage().isNull()
    with pytest.raises(IndexError):
        matrix.select(0, 0)


def test_a_class_without_samples_and_odd_names(matrix):
    matrix.set_matrix(["<img src=x>", "two\nlines"], [[0, 0], [3, 4]])
    assert matrix.cell_text(0, 1) == "<img src=x> taken for two⏎lines: 0 of 0"
    assert not matrix.grab().toImage().isNull()


def test_a_histogram_knows_its_bins(qtbot):
    histogram = Histogram()
    qtbot.addWidget(histogram)
    histogram.resize(200, 90)
    histogram.set_counts([1, 5, 2, 0], [0.0, 0.5, 1.0, 1.5, 2.0])
    assert histogram.bin_at(70) == 1
    assert histogram.bin_at(-5) is None
    assert histogram.accessibleDescription() == "From 0 to 2, most between 0.5 and 1"
    picture = histogram.grab().toImage()
    assert picture.pixelColor(70, 40) != picture.pixelColor(190, 40)
    for counts, edges in (([1], [0]), ([-1], [0, 1]), ([float("nan")], [0, 1])):
        with pytest.raises(ValueError):
            histogram.set_counts(counts, edges)
    histogram.set_counts([], [])
    assert not histogram.grab().toImage().isNull()


def test_a_heat_map_shows_rows_and_gaps(qtbot):
    heat = HeatMap(empty="No gradients yet")
    qtbot.addWidget(heat)
    heat.resize(300, 120)
    assert not heat.grab().toImage().isNull()
    heat.set_columns([(1, {"conv1": 1.0, "fc": 0.01}), (2, {"conv1": 0.5}), (3, {"conv1": float("nan"), "fc": 0.0})])
    assert heat.rows() == ["conv1", "fc"]
    assert "conv1 -" in heat.accessibleDescription()
    assert not heat.grab().toImage().isNull()
    left, width, height = heat._layout()
    assert heat.value_at(QPointF(left + 0.5 * width, height * 0.5)) == ("conv1", 1, 1.0)
    assert heat.value_at(QPointF(left + 1.5 * width, height * 1.5)) is None


def test_score_bars_show_the_best_few(qtbot):
    bars = ScoreBars(shown=3)
    qtbot.addWidget(bars)
    bars.show()
    bars.set_scores([("sneaker", 0.96), ("boot", 0.03), ("bag", 0.006), ("coat", 0.004)])
    assert [(bar.caption(), bar.value()) for bar in bars.bars()] == [
        ("sneaker", "96.0 %"), ("boot", "3.0 %"), ("bag", "0.6 %"),
    ]  # fmt: skip
    assert bars.accessibleName() == "Answer: sneaker 96.0 %"
    bars.set_scores([("yes", 1.0)])
    assert len(bars.bars()) == 1
    bars.set_scores([])
    assert bars.bars() == []

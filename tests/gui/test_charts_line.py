"""The line chart: a user's view is left alone, the keyboard reaches everything, files can be saved."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from gui.charts.chart_card import ChartCard
from gui.charts.line_chart import LineChart
from gui.charts.series_style import DASHED, series_style
from gui.widgets.theme import apply_theme


@pytest.fixture(autouse=True)
def dressed(qapp):
    apply_theme(qapp, "dark")


@pytest.fixture
def chart(qtbot):
    chart = LineChart(accessible="Loss")
    qtbot.addWidget(chart)
    chart.resize(500, 300)
    chart.add_series("train", "train", series_style(0))
    chart.add_series("val", "val", series_style(0, dash=DASHED))
    chart.append("train", np.arange(100), np.linspace(1, 0.1, 100))
    chart.append("val", [50], [0.6])
    with qtbot.waitSignal(chart.built):
        chart.show()
    return chart


def drawn(qtbot, chart):
    """Wait until the chart has drawn what was added."""
    with qtbot.waitSignal(chart.redrawn):
        pass


def test_points_may_come_before_the_first_show(qtbot):
    chart = LineChart()
    qtbot.addWidget(chart)
    chart.add_series("a", "a")
    chart.append("a", [1, 2], [3, 4])
    assert not chart.is_built()
    assert chart.view_range() is None
    with qtbot.waitSignal(chart.built):
        chart.show()
    assert chart.view_range()[0] == (1.0, 2.0)


def test_it_follows_new_points_until_the_user_zooms(qtbot, chart):
    assert chart.view_range()[0] == (0.0, 99.0)
    chart.append("train", [100, 101], [0.1, 0.1])
    drawn(qtbot, chart)
    assert chart.view_range()[0] == (0.0, 101.0)
    view = chart.findChild(type(chart._plot))._view
    event = QWheelEvent(
        QPointF(200, 100), QPointF(view.viewport().mapToGlobal(QPoint(200, 100))), QPoint(), QPoint(0, 240),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    with qtbot.waitSignal(chart.follow_changed):
        QApplication.sendEvent(view.viewport(), event)
    zoomed = chart.view_range()
    assert zoomed[0][1] - zoomed[0][0] < 101
    chart.append("train", np.arange(102, 300), np.full(198, 5.0))
    drawn(qtbot, chart)
    assert chart.view_range() == zoomed
    qtbot.keyClick(chart, Qt.Key.Key_F)
    assert chart.is_following()
    drawn(qtbot, chart)
    assert chart.view_range()[0] == (0.0, 299.0)
    assert chart.view_range()[1][1] > 5


def test_the_view_reaches_to_the_planned_end(qtbot, chart):
    chart.set_x_end(200)
    drawn(qtbot, chart)
    assert chart.view_range()[0] == (0.0, 200.0)


def test_log_scale_and_values_that_have_no_logarithm(qtbot, chart):
    chart.append("train", [100, 101], [0.0, -1.0])
    qtbot.keyClick(chart, Qt.Key.Key_L)
    assert chart.is_log()
    drawn(qtbot, chart)
    low, high = chart.view_range()[1]
    assert -1.2 < low < -0.9
    assert 0 < high < 0.2


def test_missing_values_and_an_empty_chart_are_no_trouble(qtbot):
    chart = LineChart(empty="No runs yet")
    qtbot.addWidget(chart)
    with qtbot.waitSignal(chart.built):
        chart.show()
    assert "No runs yet" in [label.text() for label in chart.findChildren(type(chart._hint))]
    assert not chart._hint.isHidden()
    chart.add_series("a", "a")
    chart.append("a", [1, 2, 3], [np.nan, np.nan, np.nan])
    drawn(qtbot, chart)
    chart.append("a", [4, 5, 6], [np.inf, 1.0, -np.inf])
    drawn(qtbot, chart)
    assert chart._hint.isHidden()
    assert chart.values_at(5) == [("a", 5.0, 1.0)]


def test_the_crosshair_by_keyboard_and_what_it_says(qtbot, chart):
    assert chart.readout_lines() == []
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    first = [line.name for line in chart.readout_lines()]
    assert first == ["train"]
    for _ in range(60):
        qtbot.keyClick(chart, Qt.Key.Key_Right)
    lines = {line.name: line.value for line in chart.readout_lines()}
    assert lines["val"] == "0.6"
    assert lines["train"] == f"{np.linspace(1, 0.1, 100)[60]:.4g}"
    qtbot.keyClick(chart, Qt.Key.Key_Escape)
    assert chart.readout_lines() == []


def test_the_legend_hides_a_curve(qtbot, chart):
    chart.legend.entry("train").click()
    drawn(qtbot, chart)
    assert [name for name, _, _ in chart.values_at(50)] == ["val"]
    chart.set_visible("train", True)
    assert chart.legend.entry("train").isChecked()
    assert [name for name, _, _ in chart.values_at(50)] == ["train", "val"]


def test_smoothing_changes_what_is_drawn_but_not_what_is_saved(qtbot, chart, tmp_path):
    noise = np.random.default_rng(0).normal(size=100)
    chart.set_points("train", np.arange(100), noise)
    chart.set_smoothing(0.9)
    drawn(qtbot, chart)
    assert abs(chart.values_at(99)[0][2]) < abs(noise).max() / 2
    chart.save_csv(tmp_path / "loss.csv")
    rows = list(csv.reader((tmp_path / "loss.csv").open(encoding="utf-8")))
    assert rows[0] == ["series", "epoch", "value"]
    assert [float(row[2]) for row in rows[1:101]] == noise.tolist()


def test_a_name_that_is_a_formula_is_no_formula_in_the_table(chart, tmp_path):
    chart.add_series("evil", "=HYPERLINK(1)")
    chart.append("evil", [1], [1])
    chart.save_csv(tmp_path / "x.csv")
    assert "'=HYPERLINK(1)" in (tmp_path / "x.csv").read_text(encoding="utf-8")


def test_a_theme_switch_redraws(qtbot, qapp, chart):
    dark = chart.grab().toImage().pixelColor(250, 30)
    apply_theme(qapp, "light")
    drawn(qtbot, chart)
    assert chart.grab().toImage().pixelColor(250, 30) != dark


def test_removed_curves_are_gone(qtbot, chart):
    chart.remove_series("train")
    drawn(qtbot, chart)
    assert chart.keys() == ["val"]
    chart.clear()
    assert chart.values_at(50) == []
    chart.remove_series("no such curve")


def test_a_million_points_are_drawn_as_few(qtbot, chart):
    count = 1_000_000
    values = np.random.default_rng(0).normal(size=count)
    values[123_456] = 99.0
    chart.set_points("train", np.arange(count), values)
    chart.redraw()
    x, y = chart._plot._drawn["train"].curve.getData()
    assert len(x) <= 2 * 500 + 4
    assert y.max() == 99.0


def test_the_card_saves_and_says_when_it_cannot(qtbot, tmp_path):
    card = ChartCard("Loss", log=True)
    qtbot.addWidget(card)
    card.resize(400, 300)
    card.chart.add_series("a", "a")
    card.chart.append("a", [1, 2], [1, 2])
    with qtbot.waitSignal(card.chart.built):
        card.show()
    with qtbot.waitSignal(card.saved):
        card.save(tmp_path / "loss.png")
    assert QImage(str(tmp_path / "loss.png")).width() == 2 * card.chart.width()
    with qtbot.waitSignal(card.failed) as failed:
        card.save(tmp_path / "no such folder" / "loss.csv")
    assert "loss.csv could not be written" in failed.args[0]
    with qtbot.waitSignal(card.failed):
        card.save(tmp_path / "no such folder" / "loss.png")

"""The line chart: a user's view is left alone, the keyboard reaches everything, files can be saved."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from gui.charts import turns
from gui.charts.chart_card import ChartCard
from gui.charts.growing import Growing
from gui.charts.line_chart import LineChart
from gui.charts.plot_area import EventMark
from gui.charts.series_style import DASHED, series_style
from gui.charts.x_scale import XScale
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
    qtbot.waitUntil(lambda: not chart.is_drawing())


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
    x, y = chart.series("train").points(*chart.view_range()[0], 500, 0.0)
    assert len(x) <= 2 * 500 + 6
    assert y.max() == 99.0
    assert chart.view_range()[1][1] > 99.0


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


def test_bands_marks_and_what_the_crosshair_says_of_them(qtbot, chart):
    chart.set_band("gap", [0, 50, 99], [0.1, 0.2, 0.1], [0.5, 0.6, 0.4], "#ff0000")
    chart.set_marks([EventMark(x=50.0, text="batch halved", warns=True)])
    before = chart.grab().toImage()
    chart.redraw()
    assert chart.grab().toImage() != before
    while chart._cross_x is None or chart._cross_x < 50:
        qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart._readout.notes() == ["batch halved"]
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart._readout.notes() == []
    chart.set_band("gap", [], [], [], "#ff0000")
    assert chart.bands() == {}


def test_both_scales_can_be_logarithmic(qtbot, chart):
    chart.set_log_x(True)
    chart.redraw()
    (low, high), _ = chart.view_range()
    assert (low, round(10**high)) == (0.0, 99)  # from 1: 0 has no logarithm
    chart.set_log(True)
    chart.redraw()
    assert chart.view_range()[1][0] < -0.99
    chart.set_log_x(False)
    chart.redraw()
    assert chart.view_range()[0] == (0.0, 99.0)


def test_an_axis_of_another_kind_moves_curves_and_view(qtbot, chart):
    scale = XScale()
    scale.set_knots([0, 100], [0, 1], 0.01)
    chart.add_series("scaled", "scaled", scale=scale)
    chart.append("scaled", np.arange(201), np.ones(201))
    chart.remove_series("train")
    chart.remove_series("val")
    chart.redraw()
    assert chart.view_range()[0] == (0.0, 2.0)
    assert chart.values_at(1.5) == [("scaled", 1.5, 1.0)]


def test_a_curve_may_follow_columns_that_grow_and_shrink(qtbot, chart):
    x, y = Growing(np.arange(1000.0)), Growing(np.ones(1000))
    chart.add_series("live", "live", columns=(x, y))
    chart.redraw()
    assert chart.view_range()[0] == (0.0, 999.0)
    for column in (x, y):
        column.cut(10)
        column.extend(np.arange(10.0, 500.0))
    chart.refresh()
    drawn(qtbot, chart)
    assert chart.view_range()[0] == (0.0, 499.0)
    assert chart.series("live").y[-1] == 499
    with pytest.raises(ValueError):
        chart.append("live", [1], [1])


def test_a_picture_of_lines_holds_every_curve(qtbot, chart, tmp_path):
    chart.redraw()
    chart.save_svg(tmp_path / "loss.svg")
    text = (tmp_path / "loss.svg").read_text(encoding="utf-8")
    assert text.count("<polyline") >= 2
    assert series_style(0).color in text
    with pytest.raises(OSError):
        chart.save_svg(tmp_path / "no such folder" / "loss.svg")


def test_long_drawing_is_done_in_slices_and_leaves_the_window_alone(qtbot, chart, monkeypatch):
    monkeypatch.setattr(turns, "SLICE_S", 0.0)  # one piece a slice, however fast the machine is
    chart.set_points("train", np.arange(400_000), np.random.default_rng(0).normal(size=400_000))
    chart.set_smoothing(0.9)
    turns_seen = []
    timer = QTimer()
    timer.timeout.connect(lambda: turns_seen.append(len(chart.series("train")._smooth)))
    timer.start(0)
    drawn(qtbot, chart)
    timer.stop()
    between = [done for done in turns_seen if 0 < done < 400_000]
    assert len(set(between)) >= 2, "the window had no turn while a long curve was smoothed"
    assert len(chart.series("train")._smooth) == 400_000


def test_a_chart_that_goes_while_it_is_drawn_is_no_trouble(qtbot):
    chart = LineChart()
    qtbot.addWidget(chart)
    with qtbot.waitSignal(chart.built):
        chart.show()
    chart.add_series("a", "a")
    chart.append("a", np.arange(300_000), np.random.default_rng(0).normal(size=300_000))
    chart._begin()
    chart.hide()
    assert chart._work is None
    chart.show()
    drawn(qtbot, chart)
    assert chart.view_range()[0][1] == 299_999

"""Plots in the Evaluate tab: drawn from what the engine declares, read by pointer and keys, saved as they are."""

import csv

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor

from engine.protocol.messages.data import Shown
from engine.protocol.messages.evaluation import Evaluate
from engine.protocol.messages.plots import (
    PictureGrid,
    PictureRow,
    Plot,
    PlotAxis,
    PlotKind,
    PlotReference,
    PlotSeries,
)
from gui.charts.figure import Figure, FigureAxis, FigureSeries
from gui.charts.figure_card import FigureCard
from gui.charts.figure_plot import FigurePlot
from gui.charts.preload import loader
from gui.evaluate.views.plots import PlotsView
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import evaluate_tab, scores_of, scripted_data, two_runs

ROC = Plot(
    key="roc",
    view="curves",
    title="ROC curves",
    caption="How many are found",
    x=PlotAxis(name="False positives", low=0.0, high=1.0, is_share=True),
    y=PlotAxis(name="True positives", low=0.0, high=1.0, is_share=True),
    series=[
        PlotSeries(name="shirt", kind=PlotKind.LINE, x=[0.0, 0.0, 0.5, 1.0], y=[0.0, 0.5, 0.9, 1.0]),
        PlotSeries(name="coat", kind=PlotKind.LINE, x=[0.0, 1.0], y=[0.0, 1.0], color=1, is_shown=False),
    ],
    references=[PlotReference(name="Guessing", x=[0.0, 1.0], y=[0.0, 1.0])],
    is_square=True,
)
CLOUD = Plot(
    key="predicted_true",
    view="curves",
    title="Answered against true",
    x=PlotAxis(name="True"),
    y=PlotAxis(name="Answered"),
    series=[
        PlotSeries(name="Samples", kind=PlotKind.POINTS, x=[1.0, 2.0, 3.0], y=[1.5, 2.0, 9.0], samples=[7, 11, 20])
    ],
)
MADE = PictureGrid(
    key="reconstruction",
    view="made",
    title="Made again",
    columns=["Original", "Made again"],
    rows=[
        PictureRow(
            pictures=[Shown(width=2, height=2, rgb=bytes(12)), Shown(width=2, height=2, rgb=bytes([255] * 12))],
            caption=f"worst 0.{at}",
            index=at + 40,
        )
        for at in range(3)
    ],
)


@pytest.fixture(autouse=True)
def charts(qapp) -> None:
    apply_theme(qapp, "dark")
    loader().start()
    loader().wait()


@pytest.fixture
def plot(qtbot) -> FigurePlot:
    plot = FigurePlot()
    qtbot.addWidget(plot)
    plot.resize(500, 400)
    plot.show()
    return plot


def line(**more) -> FigureSeries:
    x = np.linspace(0, 10, 50)
    return FigureSeries(**{"name": "line", "kind": "line", "x": x, "y": x**2, **more})


def has_color(plot: FigurePlot, color: str, at: QPointF, near: int = 60) -> bool:
    """Whether something of about that colour is drawn within three pixels."""
    image, wanted = plot.grab().toImage(), QColor(color)
    for dx in range(-3, 4):
        for dy in range(-3, 4):
            seen = image.pixelColor(int(at.x()) + dx, int(at.y()) + dy)
            if all(abs(a - b) < near for a, b in zip(seen.getRgb()[:3], wanted.getRgb()[:3], strict=True)):
                return True
    return False


@pytest.mark.parametrize("kind", ["line", "steps", "points", "bars", "band"])
def test_every_kind_is_drawn_where_its_values_are(plot, kind):
    edges = {"low": np.linspace(0, 60, 50), "high": np.linspace(0, 100, 50)} if kind == "band" else {}
    one = line(kind=kind, width=0.2, **edges)
    plot.set_figure(Figure(x=FigureAxis(low=0, high=10), y=FigureAxis(low=0, high=100), series=(one,)))
    place = plot.place_of(float(one.x[25]), float(one.y[25]) if kind != "band" else 40.0)
    tone = one.style().color if kind != "band" else "#273350"
    near = 60 if kind != "band" else 8
    assert has_color(plot, tone, place, near)
    plot.set_series_shown(0, False)
    plot.set_view((0.0, 10.0), (0.0, 100.0))
    assert not has_color(plot, tone, place, near)


def test_the_crosshair_reads_curves_and_bars(plot, qtbot):
    bars = FigureSeries(name="bars", kind="bars", x=np.array([1.0, 3.0]), y=np.array([20.0, 50.0]), width=2.0)
    plot.set_figure(Figure(x=FigureAxis(name="x"), y=FigureAxis(name="y"), series=(line(), bars)))
    qtbot.mouseMove(plot, plot.place_of(3.0, 50.0).toPoint())
    lines = {item.name: item.value for item in plot.readout_lines()}
    assert set(lines) == {"line", "bars"} and lines["bars"] == "50"
    assert abs(float(lines["line"]) - 9) < 0.6
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert plot.readout_lines() == []
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert {item.name for item in plot.readout_lines()} == {"line", "bars"}


def test_points_lead_to_their_samples(plot, qtbot):
    points = FigureSeries(
        name="p", kind="points", x=np.array([1.0, 2.0, 3.0]), y=np.array([5.0, 6.0, 1.0]), samples=(7, 11, 20)
    )
    plot.set_figure(Figure(series=(points,)))
    with qtbot.waitSignal(plot.sample_chosen) as chosen:
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.place_of(2.0, 6.0).toPoint())
    assert chosen.args == [11]
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    with qtbot.waitSignal(plot.sample_chosen) as chosen:
        qtbot.keyClick(plot, Qt.Key.Key_Return)
    assert chosen.args == [20]


def test_zoom_and_all_of_it_again(plot, qtbot):
    plot.set_figure(Figure(series=(line(),)))
    whole = plot.view_range()
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    x, _y = plot.view_range()
    assert x[1] - x[0] < whole[0][1] - whole[0][0]
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    assert plot.view_range() == whole
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=plot.area().center().toPoint())
    plot.set_view((2.0, 3.0), (0.0, 10.0))
    qtbot.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=plot.area().center().toPoint())
    assert plot.view_range() == whole


def test_nothing_to_draw_is_no_trouble(plot):
    plot.set_figure(Figure())
    plot.grab()
    plot.set_figure(Figure(series=(FigureSeries(name="none", kind="line", x=np.zeros(0)),)))
    plot.grab()
    nan = np.array([np.nan, 1.0])
    plot.set_figure(Figure(series=(FigureSeries(name="gap", kind="line", x=np.array([0.0, 1.0]), y=nan),)))
    plot.grab()


def test_hidden_curves_and_saving(qtbot, tmp_path):
    from gui.evaluate.figures import figure_of

    card = FigureCard(name="card")
    qtbot.addWidget(card)
    card.show_figure(figure_of(ROC), note="How many are found.")
    card.resize(520, 460)
    card.show()
    assert not card.legend.entry("s1").isChecked() and card.legend.entry("l0").isChecked()
    card.legend.entry("s1").click()
    qtbot.mouseMove(card.plot, card.plot.place_of(0.5, 0.5).toPoint())
    assert [item.name for item in card.plot.readout_lines()] == ["shirt", "coat"]
    assert card.plot.readout_lines()[0].value.startswith("90")
    for ending in (".png", ".svg", ".csv"):
        with qtbot.waitSignal(card.saved):
            card.save(tmp_path / f"roc{ending}")
    rows = list(csv.reader((tmp_path / "roc.csv").open(encoding="utf-8")))
    assert rows[0] == ["series", "False positives", "True positives", "low", "high", "sample"]
    assert rows[3] == ["shirt", "0.5", "0.9", "", "", ""] and len(rows) == 7
    assert b"<path" in (tmp_path / "roc.svg").read_bytes() or b"<polyline" in (tmp_path / "roc.svg").read_bytes()
    assert (tmp_path / "roc.png").read_bytes()[:4] == b"\x89PNG"


@pytest.fixture
def tab(qapp, qtbot, tmp_path):
    engine = FakeEngine()
    scripted_data(engine)

    def answer(request):
        found = scores_of(int(request.run), split=request.split)
        first = msgspec.structs.replace(found.outputs[0], plots=[ROC, CLOUD], pictures=[MADE], kind="category")
        return msgspec.structs.replace(found, outputs=[first])

    engine.answer_with(Evaluate, answer)
    bench = Workbench(Settings(tmp_path / "config"), engine)
    two_runs(bench, tmp_path, RunLog)
    tab = evaluate_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1400, 900)
    tab.show()
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    tab.bench = bench
    yield tab
    bench.shut_down()


def test_views_show_the_plots_that_name_them(tab, qtbot):
    tab.bench.evaluation.choose_view("curves")
    view = tab.view("curves")
    assert isinstance(view, PlotsView)
    qtbot.waitUntil(view.isVisible)
    titles = ["ROC curves", "Answered against true"]
    qtbot.waitUntil(lambda: [card.title() for card in view.cards if not card.isHidden()] == titles)
    assert view.cards[0].words.whole_text() == "How many are found."
    with qtbot.waitSignal(tab.bench.evaluation.sample_chosen):
        point = view.cards[1].plot.place_of(2.0, 2.0).toPoint()
        qtbot.mouseClick(view.cards[1].plot, Qt.MouseButton.LeftButton, pos=point)
    assert tab.bench.evaluation.sample == 11


def test_pictures_lead_to_their_samples(tab, qtbot):
    tab.bench.evaluation.choose_view("made")
    view = tab.view("made")
    qtbot.waitUntil(view.isVisible)
    sheet = view.pictures[0].sheet
    qtbot.waitUntil(lambda: len(sheet.rows) == 3)
    qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=sheet.tile_rect(1).center().toPoint())
    assert tab.bench.evaluation.sample == 41
    sheet.setFocus()
    qtbot.keyClick(sheet, Qt.Key.Key_Right)
    qtbot.keyClick(sheet, Qt.Key.Key_Return)
    assert tab.bench.evaluation.sample == 42


def test_views_without_plots_say_why(tab):
    result, output = tab.bench.evaluation.result, tab.bench.evaluation.output
    assert tab.view("curves").why_not(result, output) == ""
    assert "series" in tab.view("forecast").why_not(result, output)
    masks = msgspec.structs.replace(output, kind="mask", plots=[])
    assert "Regions" in tab.view("curves").why_not(result, masks)

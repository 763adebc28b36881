"""The grid of charts: arranged by the user, kept with the project, and each chart on what a run really tells."""

import csv
import statistics

import msgspec
import pytest

from engine.document import files
from engine.document.project import ChartPlace, ChartsView
from engine.document.project_json import to_bytes
from engine.protocol.run_events import AnswersSeen, EpochFinished, PinnedAnswers, SamplesPinned, StepsReported
from gui.models.settings import Settings
from gui.train.answers_panel import watched_answers
from gui.train.chart_kinds import DEFAULT, all_kinds
from gui.train.confusion_chart import counts_of
from gui.train.curve_chart import CurveChart
from gui.train.layer_chart import LayerChart
from gui.train.spread_chart import SpreadChart
from gui.train.tab import TrainTab
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import LAYERS, RunLog
from tests.gui.tab_states import open_example, scripted_data, train_tab


@pytest.fixture
def bench(qapp, tmp_path):
    apply_theme(qapp, "dark")
    bench = Workbench(Settings(tmp_path / "config"), FakeEngine())
    yield bench
    bench.shut_down()


@pytest.fixture
def directory(bench, tmp_path):
    return open_example(bench, tmp_path)


@pytest.fixture
def log(directory) -> RunLog:
    log = RunLog(directory, 1, steps=10)
    log.prepare()
    log.pin()
    for _ in range(3):
        log.train(1)
        log.see()
    return log


def opened(bench, directory, qtbot) -> TrainTab:
    bench.project.open(directory)
    tab = train_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1500, 900)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading)
    return tab


def test_charts_are_added_moved_widened_removed_and_kept_with_the_project(bench, directory, log, qtbot):
    tab = opened(bench, directory, qtbot)
    charts = tab.charts
    assert charts.places() == DEFAULT
    assert charts.reset.isHidden()
    loss = charts.chart("loss")
    charts.add_chart("speed")
    charts.remove_chart(1)
    charts.move_chart(charts.places().index(charts.places()[-1]), -10)
    charts.widen_chart(0, 2)
    kinds = [(place.kind, place.columns) for place in charts.places()]
    assert kinds == [("speed", 4), ("loss", 3), ("rate", 2), ("flow", 2), ("load", 2)]
    assert charts.chart("loss") is loss, "a chart that stays keeps its zoom"
    charts.axis.committed.emit("step")
    with qtbot.waitSignal(bench.project.saved):
        bench.project.save()
    kept = files.load(directory).view.charts
    assert [place.kind for place in kept.places] == ["speed", "loss", "rate", "flow", "load"]
    assert kept.axis == "step"
    charts.reset.click()
    assert charts.places() == DEFAULT


def test_a_kind_that_this_version_does_not_know_is_passed_over(bench, directory, log, qtbot):
    project = files.load(directory)
    places = (ChartPlace(kind="of the future"), ChartPlace(kind="rate", columns=6))
    project.view = msgspec.structs.replace(project.view, charts=ChartsView(places=places))
    (directory / "project.json").write_bytes(to_bytes(project))
    tab = opened(bench, directory, qtbot)
    assert [place.kind for place in tab.charts.places()] == ["rate"]


def test_the_axis_counts_epochs_steps_or_minutes(bench, directory, log, qtbot):
    tab = opened(bench, directory, qtbot)
    chart = tab.charts.loss.chart
    qtbot.waitUntil(lambda: chart.has_series("1:val.loss") and len(chart.series("1:val.loss")) == 3)
    assert chart.series("1:val.loss").shown_x.tolist() == [1, 2, 3]
    tab.charts.axis.committed.emit("step")
    tab.charts.axis.set_value("step")
    for one in tab.charts.charts():
        one.set_axis("step")
    assert chart.series("1:val.loss").shown_x.tolist() == [10, 20, 30]
    assert chart.x_label() == "step"


@pytest.mark.parametrize(
    ("players", "legend"),
    [
        ([["critic", "generator"]], ["critic", "generator"]),
        ([["teacher", "pupil"], ["critic", "pupil"], ["alone"]], ["teacher, critic, alone", "pupil"]),
        ([], ["player 1", "player 2"]),  # a run of an earlier version, whose log does not name them
    ],
)
def test_learning_rates_stand_under_the_names_of_players(bench, directory, qtbot, tmp_path, players, legend):
    told = RunLog(directory, 1, steps=10)
    told.prepare(players=players)
    report = {"loss": [1.0], "samples_per_s": 100.0, "epoch": 1, "learning_rate": 0.1, "rates": [0.1, 0.3]}
    told.say(*(StepsReported(first_step=step, **report) for step in (1, 2)))
    told.train(1)
    tab = opened(bench, directory, qtbot)
    chart = next(one for one in tab.charts.charts() if one.kind == "rate")
    qtbot.waitUntil(lambda: chart.chart.has_series("1:rate.2"))
    assert [chart.chart.series(key).name for key in ("1:rate", "1:rate.2")] == legend
    table = tmp_path / "rate.csv"
    chart.save(table)  # by a thread of its own

    def named() -> set[str]:
        return {row[0] for row in csv.reader(table.read_text(encoding="utf-8").splitlines())}

    qtbot.waitUntil(lambda: table.is_file() and set(legend) <= named())


@pytest.mark.parametrize(
    ("losses", "legend"),
    [
        ({"loss_2": "Reconstruction", "kl": "Divergence"}, ["Reconstruction", "Divergence"]),
        ({"loss_2": "", "kl": ""}, ["loss_2", "kl"]),  # a run of an earlier version, whose log does not name them
    ],
)
def test_losses_stand_under_their_titles(bench, directory, qtbot, losses, legend):
    told = RunLog(directory, 1, steps=10)
    told.prepare(losses=losses)
    parts = {"loss_2": 0.7, "kl": 0.3}
    report = {"loss": [1.0], "samples_per_s": 100.0, "epoch": 1, "learning_rate": 0.1, "parts": parts}
    told.say(*(StepsReported(first_step=step, **report) for step in (1, 2)))
    scores = {"loss": 1.0, **{f"loss.{name}": value for name, value in parts.items()}, "accuracy": 0.5}
    common = {"step": 2, "train": scores, "val": scores, "seconds": 1.0, "samples_per_s": 100.0, "learning_rate": 0.1}
    told.say(*(EpochFinished(epoch=epoch, best=True, **common) for epoch in (1, 2)))
    tab = opened(bench, directory, qtbot)
    tab.charts.add_chart("parts")
    tab.charts.refresh()
    chart = tab.charts.chart("parts")
    qtbot.waitUntil(lambda: chart.chart.has_series("1:part.kl"))
    assert [chart.chart.series(key).name for key in ("1:part.loss_2", "1:part.kl")] == legend
    titles = [kind.title for kind in all_kinds(bench.runs.curves(1))]
    assert [title for title in titles if title.startswith("Loss ·")] == [f"Loss · {name}" for name in legend]
    sort = tab.run_list.sort
    orders = [sort.itemText(at) for at in range(sort.count())]
    assert [text for text in orders if text.startswith("Loss ·")] == [f"Loss · {name}" for name in legend]


def test_the_gap_between_training_and_validation_is_shaded(bench, directory, log, qtbot):
    tab = opened(bench, directory, qtbot)
    chart = tab.charts.loss.chart
    qtbot.waitUntil(lambda: "gap" in chart.bands() and len(chart.bands()["gap"].x) == 3)
    band = chart.bands()["gap"]
    curves = bench.runs.curves(1)
    assert band.low.tolist() == curves.train["loss"]
    assert band.high.tolist() == curves.val["loss"]


def test_layers_spreads_and_confusion_show_what_was_seen(bench, directory, log, qtbot, tmp_path):
    tab = opened(bench, directory, qtbot)
    charts = tab.charts
    for kind in ("ratio", "weights", "activations", "confusion", "memory", "speed"):
        charts.add_chart(kind)
    charts.refresh()
    ratio, weights, confusion = charts.chart("ratio"), charts.chart("weights"), charts.chart("confusion")
    assert isinstance(ratio, LayerChart) and ratio.heat.rows() == list(LAYERS)
    assert isinstance(weights, SpreadChart)
    assert weights.pick.values() == list(LAYERS)
    assert [spread.x for spread in weights.map.spreads()] == [1, 2, 3]
    weights.ridges.click()
    weights.map.grab()
    assert confusion.slider.maximum() == 2
    assert confusion.words.whole_text() == "epoch 3"
    confusion.slider.setValue(0)
    assert confusion.words.whole_text() == "epoch 1"
    seen = bench.runs.curves(1).confusions["label"][0]
    assert counts_of(seen).tolist() == seen.matrix()
    log.train(1)
    log.see()
    qtbot.waitUntil(lambda: confusion.slider.maximum() == 3)
    assert confusion.slider.value() == 0, "a slider that the user moved stays"
    for chart in (ratio, weights, confusion):
        with qtbot.waitSignal(chart.saved):
            chart.save(tmp_path / f"{chart.title()}.csv")
    rows = list(csv.reader((tmp_path / f"{ratio.title()}.csv").open(encoding="utf-8")))
    assert rows[0] == ["layer", "epoch", "value"]
    assert len(rows) == 1 + 4 * len(LAYERS)
    assert charts.chart("memory").chart.has_series("1:gpu_memory")
    assert isinstance(charts.chart("speed"), CurveChart)


def test_update_ratios_are_lines_over_all_layers(bench, directory, log, qtbot):
    tab = opened(bench, directory, qtbot)
    tab.charts.add_chart("ratios")
    card = tab.charts.chart("ratios")
    chart = card.chart
    qtbot.waitUntil(lambda: chart.has_series("1:ratio.median") and len(chart.series("1:ratio.median")) == 3)
    seen = bench.runs.curves(1).layers[-1].update_ratios
    for name, value in (("low", min(seen.values())), ("high", max(seen.values()))):
        assert chart.series(f"1:ratio.{name}").y[-1] == value
    assert chart.series("1:ratio.median").y[-1] == pytest.approx(statistics.median(seen.values()))
    assert card._log.isVisible(), "they lie over some powers of ten"


def test_watched_samples_say_what_is_right_and_what_was_said(bench, directory, log, qtbot):
    scripted_data(bench.engine)
    tab = opened(bench, directory, qtbot)
    bench.data.describe()
    qtbot.waitUntil(lambda: tab.facts.answers.isVisible())
    shown = tab.facts.answers.answers()
    assert len(shown) == 6
    wrong = [one for one in shown if not one.right]
    assert len(wrong) == 1
    assert "→" in wrong[0].caption
    row = tab.facts.answers._rows[0]
    qtbot.waitUntil(lambda: row.thumbnail._image is not None)


def test_watched_numbers_stand_beside_what_is_right(bench, directory, log):
    bench.project.open(directory)
    curves = bench.runs.curves(99)
    curves.feed(SamplesPinned(samples=[4, 5], truth={"price": [10.0, 20.0]}))
    curves.feed(AnswersSeen(step=1, epoch=1, outputs={"price": PinnedAnswers(values=[10.5, 14.0])}))
    told = watched_answers(curves, bench.project)
    assert [(one.caption, one.value, one.right) for one in told] == [
        ("says 10.5", "is 10", True),
        ("says 14", "is 20", False),
    ]


def test_the_crosshair_stands_at_the_same_place_in_all_charts(bench, directory, log, qtbot):
    tab = opened(bench, directory, qtbot)
    loss, score = tab.charts.loss.chart, tab.charts.score.chart
    qtbot.waitUntil(lambda: loss.is_built() and score.is_built() and loss.has_series("1:loss"))
    loss.redraw()
    loss._on_hovered(2.0)
    assert score._cross_x == 2.0
    assert loss.readout_lines() != []
    assert score.readout_lines() == []
    loss._on_hovered(None)
    assert score._cross_x is None

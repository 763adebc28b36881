"""The view that shows how odd samples look, and whether that finds those of a kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.protocol.messages.comparison import GroupChoice
from engine.protocol.messages.evaluation import Evaluate
from engine.protocol.messages.oddness import OddnessScored, ScoreOddness
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotSeries
from gui.charts.preload import loader
from gui.evaluate.tab import EvaluateTab
from gui.evaluate.views.oddness import OddnessView
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import evaluate_tab, scores_of, scripted_data, two_runs


def plot(key: str) -> Plot:
    series = [PlotSeries(name="Others", kind=PlotKind.LINE, x=[0.0, 1.0], y=[0.9, 0.4])]
    return Plot(key=key, view="oddness", title=key, x=PlotAxis(name="x"), y=PlotAxis(name="y"), series=series)


def scored(request: ScoreOddness) -> OddnessScored:
    """What training never saw are bags; any other column can be asked for."""
    values = [request.value] if request.value else [] if request.field else ["Bag"]
    return OddnessScored(
        request=request.id,
        run=int(request.run),
        split=request.split,
        output=request.output,
        field=request.field or "label",
        values=values,
        caption="mean squared error",
        odd=120 if values else 0,
        others=880,
        auroc=0.9312 if values else None,
        interval=[0.92, 0.94] if values else [],
        choices=[GroupChoice(key="label", caption="label"), GroupChoice(key="city", caption="city")],
        field_values=["T-shirt", "Bag"] if request.field != "city" else ["Oslo", "Rome"],
        plots=[plot("oddness"), plot("oddness_roc")] if values else [plot("oddness")],
    )


@pytest.fixture
def engine(qapp: QApplication) -> FakeEngine:
    apply_theme(qapp, "dark")
    loader().start()
    loader().wait()
    engine = FakeEngine()
    scripted_data(engine)
    engine.answer_with(Evaluate, lambda request: scores_of(int(request.run), split=request.split))
    engine.answer_with(ScoreOddness, scored)
    return engine


@pytest.fixture
def view(engine: FakeEngine, qtbot: QtBot, tmp_path: Path) -> Iterator[OddnessView]:
    bench = Workbench(Settings(tmp_path / "config"), engine)
    two_runs(bench, tmp_path, RunLog)
    tab: EvaluateTab = evaluate_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1400, 900)
    tab.show()
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    bench.evaluation.choose_view("oddness")
    view = tab.view("oddness")
    assert isinstance(view, OddnessView)
    qtbot.waitUntil(view.isVisible)
    view.setProperty("tab", tab)
    yield view
    bench.shut_down()


def asked(engine: FakeEngine) -> list[tuple[str, str]]:
    return [(request.field, request.value) for request in engine.requests if isinstance(request, ScoreOddness)]


def test_what_training_never_saw_is_found_first(view: OddnessView, engine: FakeEngine, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "AUROC" in view.words.whole_text())
    assert asked(engine) == [("", "")]
    assert "0.9312" in view.words.whole_text() and "120 samples of Bag from 880 others" in view.words.whole_text()
    assert view.field.currentText() == "what training never saw" and view.value.isHidden()
    assert [card.isVisible() for card in view.cards] == [True, True]


def test_a_column_and_a_value_can_be_picked(view: OddnessView, engine: FakeEngine, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: view.field.values() == ["", "label", "city"])
    view.field.setCurrentIndex(2)
    view.field.activated.emit(2)
    qtbot.waitUntil(lambda: view.value.isVisible())
    assert asked(engine)[-1] == ("city", "")
    assert "Pick what is to be found" in view.words.whole_text()
    assert [card.isVisible() for card in view.cards] == [True, False]
    view.value.setCurrentIndex(1)
    view.value.activated.emit(1)
    qtbot.waitUntil(lambda: "samples of Rome" in view.words.whole_text())
    assert asked(engine)[-1] == ("city", "Rome")

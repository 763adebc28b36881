"""View "U-matrix" of the Evaluate tab: drawn from what was measured, refused where there is no map."""

import numpy as np
import pytest

from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation, MapSheet
from gui.evaluate.score_cards import ScoreCards
from gui.evaluate.view import EvaluateContext
from gui.evaluate.views.map_sheets import MapSheetsView
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine


def sheet(node: str, *, classes: bool = True) -> MapSheet:
    generator = np.random.default_rng(len(node))
    return MapSheet(
        node=node,
        title=f"Map {node}",
        rows=3,
        columns=5,
        heights=generator.random((5, 9)).astype("<f4").tobytes(),
        hits=np.arange(15, dtype="<i4").tobytes(),
        classes=["Adelie", "Gentoo"] if classes else [],
        votes=bytes([255, *([0, 1] * 7)]) if classes else b"",
    )


def result(*maps: MapSheet) -> EvaluationFinished:
    metrics = {"accuracy": 0.9, "f1_macro": 0.8, "calibration_error": 0.1, "topographic_error": 0.05}
    output = FieldEvaluation(field="species", metrics=metrics, measured=["topographic_error"])
    return EvaluationFinished(
        request=1, run=1, split="test", samples=105, seconds=0.1, outputs=[output], maps=list(maps)
    )


@pytest.fixture(params=["dark", "light"])
def view(qapp, tmp_path, request, qtbot):
    apply_theme(qapp, request.param)
    bench = Workbench(Settings(tmp_path / "config"), FakeEngine())
    context = EvaluateContext(
        project=bench.project, runs=bench.runs, data=bench.data, evaluation=bench.evaluation, engine=bench.engine
    )
    view = MapSheetsView(context)
    qtbot.addWidget(view)
    view.resize(700, 460)
    view.show()
    yield view
    bench.shut_down()


def test_the_sheet_is_drawn_with_whom_each_unit_holds(view):
    told = result(sheet("one"))
    assert view.why_not(told, told.outputs[0]) == ""
    view.show_output(told, told.outputs[0])
    assert view.sheet.accessibleDescription() == "3 rows of 5 units, 14 of them hold samples"
    assert not view.choice.isVisible() and view.legend.isVisible()
    assert "14 of 15 units" in view.note.whole_text()
    assert not view.grab().isNull()


def test_one_of_several_maps_is_chosen(view):
    told = result(sheet("one"), sheet("other", classes=False))
    view.show_output(told, told.outputs[0])
    assert view.choice.isVisible()
    view.choice.committed.emit("other")
    assert not view.legend.isVisible() and "in the form" not in view.note.whole_text()


def test_without_a_map_it_says_why(view):
    told = result()
    assert "self-organising map" in view.why_not(told, told.outputs[0])


def test_what_the_network_measures_comes_after_the_main_score(qapp, qtbot):
    cards = ScoreCards()
    qtbot.addWidget(cards)
    cards.show_field(result().outputs[0], 105)
    assert [name for name, _, _ in cards.shown()][:2] == ["Accuracy", "Topographic error"]

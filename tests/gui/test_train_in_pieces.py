"""The Train tab made in pieces: it stands at once, what is to come has its room, and nothing is lost on the way."""

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from engine.document.edits import SetRecipe
from gui.charts.turns import turns
from gui.models.settings import Settings
from gui.train.chart_kinds import DEFAULT
from gui.train.tab import TrainTab
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import open_example, train_tab


@pytest.fixture
def bench(qapp, tmp_path):
    apply_theme(qapp, "dark")
    bench = Workbench(Settings(tmp_path / "config"), FakeEngine())
    directory = open_example(bench, tmp_path)
    log = RunLog(directory, 1, steps=10)
    log.prepare()
    for _ in range(3):
        log.train(1)
        log.see()
    log.finish()
    bench.project.open(directory)
    yield bench
    bench.shut_down()


def begun(bench, qtbot) -> TrainTab:
    qtbot.waitUntil(lambda: not bench.runs.loading)
    tab = TrainTab(project=bench.project, runs=bench.runs, data=bench.data, in_pieces=True)
    qtbot.addWidget(tab)
    tab.resize(1500, 900)
    tab.show()
    return tab


def names(tab: TrainTab) -> list[str]:
    """Of everything that has a name of ours."""
    return sorted(
        one.objectName() for one in tab.findChildren(QObject) if one.objectName() and one.objectName()[:2] != "qt"
    )


def test_it_stands_at_once_and_ends_as_the_tab_that_is_made_at_once(bench, qtbot):
    tab = begun(bench, qtbot)
    assert not tab.is_made
    assert tab.left.isVisible() and tab.stack.isVisible()
    assert not hasattr(tab, "charts"), "the first turn of the event loop is yet to come"
    with qtbot.waitSignal(tab.made):
        pass
    whole = train_tab(bench)
    qtbot.addWidget(whole)
    assert names(tab) == names(whole)
    assert tab.charts.places() == whole.charts.places() == DEFAULT
    assert tab.charts.loss.isVisible()
    assert tab.recipe.row("epochs").editor.value() == bench.project.project.recipe.phases[0].epochs
    assert tab.facts.facts.rows() == whole.facts.facts.rows()


def test_it_comes_in_many_pieces_with_the_window_alive_between(bench, qtbot, monkeypatch):
    monkeypatch.setattr("gui.charts.turns.SLICE_S", 0.0)
    tab = begun(bench, qtbot)
    turned = []
    turns()._timer.timeout.connect(lambda: turned.append(1))
    with qtbot.waitSignal(tab.made):
        pass
    assert len(turned) > 80


def test_a_chart_comes_where_its_empty_card_stood(bench, qtbot, monkeypatch):
    monkeypatch.setattr("gui.charts.turns.SLICE_S", 0.0)
    tab = begun(bench, qtbot)
    qtbot.waitUntil(lambda: hasattr(tab, "charts") and len(tab.charts._rooms) == len(DEFAULT))
    rooms = dict(tab.charts._rooms)
    assert next(room.title() for room in rooms.values()) == "Loss"
    places: dict[int, QWidget] = {}

    def look() -> None:
        for at, room in tab.charts._rooms.items():
            if room.isVisible() and room.width() > 200:
                places[at] = room.geometry()

    turns()._timer.timeout.connect(look)
    with qtbot.waitSignal(tab.made):
        pass
    qtbot.waitUntil(lambda: all(chart.width() > 200 for chart in tab.charts.charts()))
    last = len(DEFAULT) - 1
    chart = tab.charts.charts()[last]
    assert places[last].topLeft() == chart.geometry().topLeft()
    assert places[last].size() == chart.size()
    assert not tab.charts._rooms


def test_the_recipe_may_change_while_its_form_is_made(bench, qtbot, monkeypatch):
    import msgspec

    monkeypatch.setattr("gui.charts.turns.SLICE_S", 0.0)
    tab = begun(bench, qtbot)
    qtbot.waitUntil(lambda: hasattr(tab, "recipe") and "clip_norm" in tab.recipe._rows)
    recipe = bench.project.project.recipe
    bench.project.do(SetRecipe(recipe=msgspec.structs.replace(recipe, seed=4321)))
    with qtbot.waitSignal(tab.made):
        pass
    assert tab.recipe.row("seed").editor.value() == 4321


def test_a_chart_may_be_added_while_others_are_made(bench, qtbot, monkeypatch):
    monkeypatch.setattr("gui.charts.turns.SLICE_S", 0.0)
    tab = begun(bench, qtbot)
    qtbot.waitUntil(lambda: hasattr(tab, "charts") and len(tab.charts.charts()) == 2)
    tab.charts.add_chart("speed")
    assert [place.kind for place in tab.charts.places()][-1] == "speed"
    with qtbot.waitSignal(tab.made):
        pass
    assert not tab.charts._rooms
    kinds = [chart.kind for chart in tab.charts.charts()]
    assert kinds == [place.kind for place in tab.charts.places()]


def test_the_focus_asked_for_early_comes_when_there_is_something_to_have_it(bench, qtbot):
    tab = begun(bench, qtbot)
    tab.activateWindow()
    tab.focus_first()
    with qtbot.waitSignal(tab.made):
        pass
    assert tab.focusWidget() is tab.run_list.rows

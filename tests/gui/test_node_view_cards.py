"""Cards of maps, centres, filters and dreams: drawn from what a run told, spoken aloud, and kept as tables."""

import csv
import zlib

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from engine.protocol.run_events import ViewArray, ViewSeen
from gui.charts.class_legend import ClassLegend
from gui.charts.map_sheet import MapSheet
from gui.models.settings import Settings
from gui.train.advice import advise, loss_tells
from gui.train.live_views.centres import CentresCard
from gui.train.live_views.dreams import DreamsCard
from gui.train.live_views.filters import FiltersCard
from gui.train.live_views.map_units import MapUnitsCard
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import open_example, train_tab

KEYS = ("map_units", "centres", "filters", "dreams")


def packed(values) -> ViewArray:
    array = np.ascontiguousarray(values)
    return ViewArray(dtype=array.dtype.name, shape=array.shape, data=zlib.compress(array.tobytes()))


def told(step: int, *, fixed: bool = False) -> list[ViewSeen]:
    """What a run with a map of 3 × 4 units and two layers over pictures tells of all four views."""
    generator = np.random.default_rng(step)
    if fixed:
        classes: dict[str, float | str] = {"field": "species", "classes": 3}
        of_map: dict[str, float | str] = {"rows": 3, "columns": 4, "title": "Sheet", **classes}
        spread: dict[str, float | str] = {"x_share": 0.6, "y_share": 0.25}
        facts = [("map_units", "map", of_map), ("centres", "map", {**of_map, **spread})]
        facts += [("centres", "near", {"title": "Near", **classes, **spread})]
        facts += [(key, node, {"title": node, "across": 4}) for key in KEYS[2:] for node in ("low", "high")]
        return [ViewSeen(view=key, step=step, epoch=0, node=node, fixed=True, facts=fact) for key, node, fact in facts]
    sheet = {
        "heights": packed(generator.random((5, 7)).astype(np.float16)),
        "hits": packed(np.arange(12, dtype=np.int32).reshape(3, 4)),
        "classes": packed(np.array([255, *([0, 1, 2] * 4)[:11]], np.uint8).reshape(3, 4)),
    }
    points = {
        "points": packed(generator.random((40, 2)).astype(np.float16)),
        "truth": packed(np.arange(40, dtype=np.uint8) % 3),
    }
    centres = {**points, "centres": packed(generator.random((12, 2)).astype(np.float16))}
    reaching = {**centres, "reach": packed(np.full(12, 0.2, np.float16))}
    pictures = {"pictures": packed(generator.integers(0, 255, (8, 5, 4, 1)).astype(np.uint8))}
    views = [("map_units", "map", sheet), ("centres", "map", centres), ("centres", "near", reaching)]
    views += [(key, node, pictures) for key in KEYS[2:] for node in ("low", "high")]
    return [ViewSeen(view=key, step=step, epoch=1, node=node, arrays=arrays) for key, node, arrays in views]


@pytest.fixture(params=["dark", "light"])
def bench(qapp, tmp_path, request):
    apply_theme(qapp, request.param)
    bench = Workbench(Settings(tmp_path / "config"), FakeEngine())
    yield bench
    bench.shut_down()


@pytest.fixture
def cards(bench, tmp_path, qtbot):
    directory = open_example(bench, tmp_path)
    log = RunLog(directory, 1, steps=10)
    log.prepare()
    log.say(*told(0, fixed=True), *told(0))
    log.train(3)
    log.say(*told(10), *told(30))
    bench.project.open(directory)
    tab = train_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1500, 1400)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading)
    qtbot.waitUntil(lambda: set(KEYS) <= {chart.kind for chart in tab.charts.charts()})
    found = {key: tab.charts.chart(key) for key in KEYS}
    qtbot.waitUntil(lambda: all(card.shown() for card in found.values()))
    return found


def test_the_sheet_says_whom_a_unit_holds(cards):
    card = cards["map_units"]
    assert isinstance(card, MapUnitsCard) and card.remark.whole_text()
    sheet = card.sheets.parts()["map"]
    assert isinstance(sheet, MapSheet) and sheet.accessibleDescription() == "3 rows of 4 units, 11 of them hold samples"
    room = sheet.sheet_rect()
    cell = room.width() / 7
    assert "samples" not in sheet.words_at(QPointF(room.left() + 1.5 * cell, room.top() + 0.5 * cell))
    words = sheet.words_at(QPointF(room.left() + 2.5 * cell, room.top() + 0.5 * cell))
    assert "Row 1, column 2" in words and "1 sample, mostly class 0" in words
    assert not sheet.grab().isNull() and sheet.words_at(QPointF(-1, -1)) == ""


def test_each_node_has_a_part_and_goes_back_in_time(cards):
    card = cards["centres"]
    assert isinstance(card, CentresCard) and list(card.maps.parts()) == ["map", "near"]
    first = card.maps.parts()["map"].placed
    assert first.sheet == (3, 4) and card.maps.parts()["near"].placed.reach is not None
    card.slider.setValue(0)
    assert not np.array_equal(card.maps.parts()["map"].placed.centres, first.centres)
    assert "85%" in card.remark.whole_text()
    for part in card.maps.parts().values():
        assert not part.grab().isNull()


@pytest.mark.parametrize(("key", "kind"), [("filters", FiltersCard), ("dreams", DreamsCard)])
def test_sheets_of_pictures(cards, key, kind):
    card = cards[key]
    assert isinstance(card, kind)
    assert [part.count for part in card.sheets.parts().values()] == [8, 8]


def test_tables_hold_what_is_shown(cards, tmp_path):
    rows = {}
    for key, card in cards.items():
        card.table()(tmp_path / f"{key}.csv")
        with (tmp_path / f"{key}.csv").open(encoding="utf-8") as file:
            rows[key] = list(csv.reader(file))
    assert len(rows["map_units"]) == 13 and rows["map_units"][2][-1] == "class 0"
    assert len(rows["centres"]) == 25 and float(rows["centres"][-1][-1]) == pytest.approx(0.2, abs=1e-3)
    assert len(rows["filters"]) == 1 + 2 * 8 * 20


def test_damaged_arrays_are_passed_over(cards):
    broken = ViewSeen(view="map_units", step=40, epoch=2, node="map", arrays={"heights": packed(np.zeros(3, np.int32))})
    cards["map_units"].draw(cards["map_units"].fixed(), [broken])
    other = ViewSeen(view="centres", step=40, epoch=2, node="nobody", arrays={})
    cards["centres"].draw(cards["centres"].fixed(), [other])


def test_a_legend_breaks_into_lines(qapp, qtbot):
    legend = ClassLegend()
    qtbot.addWidget(legend)
    legend.set_classes([f"a long class name {n}" for n in range(6)], [legend.palette().text().color()] * 6)
    legend.resize(260, 20)
    legend.show()
    assert legend.height() > 18 and legend.accessibleName().startswith("a long class name 0,")
    legend.set_classes([], [])
    assert legend.isHidden()


def test_a_loss_that_tells_nothing_is_not_advised_upon(bench):
    from engine.document.graph import Graph, Node
    from gui.models.curves import RunCurves

    recipe = bench.project.project.recipe
    machine = Graph([Node(id="fit", type="FreeEnergyLoss")])
    assert not loss_tells(machine, recipe) and loss_tells(Graph([Node(id="fit", type="MSELoss")]), recipe)
    assert advise(RunCurves(), recipe, finished=True, tells=False) is None

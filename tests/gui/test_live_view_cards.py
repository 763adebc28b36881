"""Live views in the Train tab: shown beside the loss where a run tells them, and gone through again by a slider."""

import csv
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

import gui.train.live_views
from engine.protocol.run_events import RunResumed, ViewArray, ViewSeen
from gui.charts.surface_map import SurfaceMap
from gui.models.curves import RunCurves
from gui.models.settings import Settings
from gui.train.chart_kinds import DEFAULT, default_places, reason_not_to_show
from gui.train.live_views import CARDS
from gui.train.live_views.arrays import unpacked
from gui.train.live_views.decision_surface import DecisionSurfaceCard
from gui.train.live_views.episode import EpisodeCard
from gui.train.tab import TrainTab
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import open_example, train_tab

KEY = "decision_surface"


def packed(values) -> ViewArray:
    array = np.ascontiguousarray(values)
    return ViewArray(dtype=array.dtype.name, shape=array.shape, data=zlib.compress(array.tobytes()))


def surface_events(step: int, *, sure: float = 0.9, fixed: bool = False) -> ViewSeen:
    """What a run says of a plane that is split at x = step / 100."""
    if fixed:
        generator = np.random.default_rng(0)
        points = generator.uniform(-1, 1, (80, 2)).astype(np.float32)
        return ViewSeen(
            view=KEY,
            step=step,
            epoch=0,
            fixed=True,
            arrays={"points": packed(points), "truth": packed((points[:, 0] > 0).astype(np.float32))},
            facts={
                "x": "wide", "y": "high", "answer": "species", "kind": "category", "classes": 2,
                "x_low": -1.0, "x_high": 1.0, "y_low": -1.0, "y_high": 1.0,
            },
        )  # fmt: skip
    columns = (np.arange(56) + 0.5) / 56
    best = np.tile((columns > step / 100).astype(np.uint8), (56, 1))
    border = np.array([[step / 100, 0, step / 100, 1]]) * 65_535
    return ViewSeen(
        view=KEY,
        step=step,
        epoch=step // 10,
        arrays={
            "best": packed(best),
            "surety": packed(np.full((56, 56), round(sure * 255), np.uint8)),
            "border": packed(border.astype(np.int32)),
        },
    )


@pytest.fixture
def bench(qapp, tmp_path):
    apply_theme(qapp, "dark")
    bench = Workbench(Settings(tmp_path / "config"), FakeEngine())
    yield bench
    bench.shut_down()


@pytest.fixture
def log(bench, tmp_path) -> RunLog:
    directory = open_example(bench, tmp_path)
    log = RunLog(directory, 1, steps=10)
    log.prepare()
    log.say(surface_events(0, fixed=True), surface_events(0, sure=0.5))
    log.train(3)
    log.say(*(surface_events(step) for step in (10, 20, 30)))
    bench.project.open(directory)
    return log


def shown_tab(bench, qtbot) -> TrainTab:
    tab = train_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1500, 900)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading)
    return tab


def shown_card(tab: TrainTab, qtbot) -> DecisionSurfaceCard:
    qtbot.waitUntil(lambda: any(chart.kind == KEY and chart.isVisible() for chart in tab.charts.charts()))
    card = tab.charts.chart(KEY)
    assert isinstance(card, DecisionSurfaceCard)
    qtbot.waitUntil(lambda: bool(card.shown()))
    return card


def test_every_view_of_the_engine_has_a_card():
    keys = []
    for path in sorted((Path(__file__).resolve().parents[2] / "engine/training/live_views").glob("*.py")):
        keys += re.findall(r'^    key: ClassVar\[str\] = "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(keys) == sorted(card.key for card in CARDS)
    assert gui.train.live_views.__doc__
    for card in CARDS:
        assert card.heading and card.help.endswith(".") and 2 <= card.columns <= 6


def test_a_surface_stands_beside_the_loss_of_a_run_that_tells_one(bench, log, qtbot):
    tab = shown_tab(bench, qtbot)
    card = shown_card(tab, qtbot)
    assert [place.kind for place in tab.charts.places()][:2] == ["loss", KEY]
    assert card.map.plane.x_label == "wide"
    assert len(card.map.classes.names) == 2
    surface = card.map.surface
    assert surface is not None and surface.best is not None
    assert surface.best[0, 5] == 0 and surface.best[0, 50] == 1
    assert card.words.whole_text() == "step 30"
    room = card.map.room()
    assert "90%" in card.map.words_at(QPointF(room.right() - 5, room.center().y()))
    assert card.map.words_at(QPointF(room.right() + 50, 5)) == ""


def test_the_slider_goes_back_and_new_looks_are_followed_at_its_end(bench, log, qtbot):
    tab = shown_tab(bench, qtbot)
    card = shown_card(tab, qtbot)
    log.say(surface_events(40))
    qtbot.waitUntil(lambda: card.words.whole_text() == "step 40")
    card.slider.setFocus()
    qtbot.keyClick(card.slider, Qt.Key.Key_Home)
    assert card.words.whole_text() == "step 0"
    log.say(surface_events(50))
    qtbot.waitUntil(lambda: card.slider.maximum() == 5)
    assert card.words.whole_text() == "step 0", "who looks back is not disturbed"
    qtbot.mouseClick(card.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: card.words.whole_text() == "step 50")
    log.say(RunResumed(epoch=2, step=20, pid=1), surface_events(20, fixed=True), surface_events(20))
    qtbot.waitUntil(lambda: card.slider.maximum() == 2 and card.words.whole_text() == "step 20")


def test_the_card_saves_its_numbers(bench, log, qtbot, tmp_path):
    card = shown_card(shown_tab(bench, qtbot), qtbot)
    with qtbot.waitSignal(card.saved):
        card.save(tmp_path / "surface.csv")
    with (tmp_path / "surface.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["wide", "high", "answer", "share"]
    assert len(rows) == 56 * 56 + 1 and rows[1][3] == "0.902"


def test_a_grid_that_a_person_arranged_stays_as_it_is(bench, log, qtbot):
    tab = shown_tab(bench, qtbot)
    shown_card(tab, qtbot)
    tab.charts.remove_chart(1)
    assert KEY not in [place.kind for place in tab.charts.places()]
    log.say(surface_events(60))
    qtbot.waitUntil(lambda: len(bench.runs.curves(1).views[KEY]) == 6)
    assert KEY not in [place.kind for place in tab.charts.places()]
    assert default_places(()) == DEFAULT
    curves = RunCurves()
    curves.epochs.append(1)
    assert "nothing" in reason_not_to_show(KEY, curves)


def test_damaged_arrays_are_passed_over():
    good = packed(np.arange(6, dtype=np.uint8).reshape(2, 3))
    assert unpacked(good).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert unpacked(ViewArray(dtype="uint8", shape=(2, 2), data=good.data)) is None
    assert unpacked(ViewArray(dtype="uint8", shape=(2, 3), data=b"junk")) is None
    assert unpacked(ViewArray(dtype="float32", shape=(1 << 20, 1 << 20), data=good.data)) is None
    assert unpacked(ViewArray(dtype="uint8", shape=(-1, 3), data=good.data)) is None


def test_a_surface_is_drawn_in_both_themes_and_for_numbers(qapp, qtbot):
    from gui.charts.surface_map import Plane, Surface

    widget = SurfaceMap()
    qtbot.addWidget(widget)
    widget.resize(300, 260)
    values = np.linspace(0, 1, 100).reshape(10, 10)
    widget.set_plane(Plane(x=(0, 1), y=(0, 1)), widget.classes)
    widget.set_points(np.array([[0.5, 0.5]]), np.array([0.2]))
    widget.set_surface(Surface(values=values))
    apply_theme(qapp, "light")
    light = widget.grab().toImage()
    apply_theme(qapp, "dark")
    dark = widget.grab().toImage()
    assert light != dark
    spot = widget.place(0.9, 0.9)
    assert "0.9" in widget.words_at(spot)
    x, y = widget.value_at(spot)
    assert abs(x - 0.9) < 1e-6 and abs(y - 0.9) < 1e-6


def film(step: int, total: float) -> ViewSeen:
    """A game of three pictures that gets brighter."""
    frames = np.stack([np.full((8, 12, 3), 40 * at, np.uint8) for at in range(3)])
    values = np.array([[1.0, 2.0], [3.0, 1.0], [0.0, 0.0]], np.float32)
    facts = {"return": total, "moments": 9.0, "every": 4.0, "actions": "left\nright", "environment": "Pole-v0"}
    return ViewSeen(
        view="episode", step=step, epoch=step, arrays={"frames": packed(frames), "values": packed(values)}, facts=facts
    )


def test_a_film_goes_round_and_the_slider_shows_earlier_ones(bench, tmp_path, qtbot):
    directory = open_example(bench, tmp_path)
    log = RunLog(directory, 1, steps=10)
    log.prepare()
    log.say(film(0, 9.0))
    log.train(3)
    log.say(film(30, 200.0))
    bench.project.open(directory)
    tab = shown_tab(bench, qtbot)
    qtbot.waitUntil(lambda: any(chart.kind == "episode" and chart.isVisible() for chart in tab.charts.charts()))
    card = tab.charts.chart("episode")
    assert isinstance(card, EpisodeCard)
    qtbot.waitUntil(lambda: "200" in card.told.whole_text())
    shown: set[str] = set()

    def look() -> bool:
        shown.add(card.values.accessibleDescription())
        return len(shown) == 3

    qtbot.waitUntil(look)
    assert shown == {"", "left 1, right 2", "left 3, right 1"}
    card.slider.setValue(0)
    assert "return 9 in 9 moments" in card.told.whole_text()
    write = card.table()
    write(tmp_path / "film.csv")
    rows = list(csv.reader((tmp_path / "film.csv").open(encoding="utf-8")))
    assert rows == [["picture", "left", "right"], ["1", "1", "2"], ["2", "3", "1"]]


def units_frame(step: int) -> list[ViewSeen]:
    planes = np.tile(np.linspace(1, 255, 18).astype(np.uint8), (3, 18, 1))
    weights = np.array([[0.5, -1.5], [2.0, 0.1], [0.0, 0.3]], np.float32)
    return [
        ViewSeen(
            view="units",
            step=step,
            epoch=1,
            node="bend1",
            arrays={
                "plane": packed(planes),
                "weights": packed(weights),
                "biases": packed(np.array([0.25, 0, 0], np.float32)),
            },
            facts={"layer": 1.0, "title": "hidden"},
        )
    ]


def test_units_are_drawn_with_what_they_are_made_of(bench, log, qtbot, qapp, tmp_path):
    inputs = np.tile(np.linspace(1, 255, 18).astype(np.uint8), (2, 18, 1))
    log.say(
        ViewSeen(
            view="units",
            step=30,
            epoch=1,
            fixed=True,
            arrays={"plane": packed(inputs)},
            facts={"layer": 0.0, "title": "wide and high"},
        ),
        *units_frame(30),
    )
    tab = shown_tab(bench, qtbot)
    qtbot.waitUntil(lambda: any(chart.kind == "units" for chart in tab.charts.charts()))
    assert [place.kind for place in tab.charts.places()][:2] == [KEY, "units"], "what is watched comes first"
    card = tab.charts.chart("units")
    qtbot.waitUntil(lambda: len(card.map.layers) == 2)
    assert card.map.words_of(1, 0) == "hidden, unit 1\n-1.5 · high + 0.5 · wide + 0.25"
    assert card.map.words_of(0, 1) == "high"
    assert card.map.unit_at(card.map.square(1, 2).center()) == (1, 2)
    assert card.map.unit_at(QPointF(-5, -5)) is None
    dark = card.map.grab().toImage()
    apply_theme(qapp, "light")
    assert card.map.grab().toImage() != dark
    apply_theme(qapp, "dark")
    with qtbot.waitSignal(card.saved):
        card.save(tmp_path / "units.csv")
    assert "hidden,1,2,-1.5" in (tmp_path / "units.csv").read_text(encoding="utf-8")

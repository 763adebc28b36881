"""The latent map in the Train tab: points in the colours of their classes, which can be hidden, step after step."""

import csv
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.protocol.run_events import ViewArray, ViewSeen
from gui.models.settings import Settings
from gui.train.live_views.latent_map import LatentMapCard
from gui.train.tab import TrainTab
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import open_example, train_tab

KEY = "latent_map"


def packed(values: np.ndarray) -> ViewArray:
    array = np.ascontiguousarray(values)
    return ViewArray(dtype=array.dtype.name, shape=array.shape, data=zlib.compress(array.tobytes()))  # type: ignore[arg-type]


def begun() -> ViewSeen:
    groups = np.arange(60, dtype=np.int32) % 3
    facts: dict[str, float | str] = {"points": 60, "field": "label", "classes": 10}
    return ViewSeen(view=KEY, step=0, epoch=0, fixed=True, arrays={"groups": packed(groups)}, facts=facts)


def seen(step: int, features: int = 2) -> ViewSeen:
    places = np.random.default_rng(step).normal(size=(60, 2)) + (np.arange(60) % 3)[:, None] * step / 10
    return ViewSeen(
        view=KEY,
        step=step,
        epoch=step // 10,
        node="drawn",
        arrays={"places": packed(places.astype(np.float16))},
        facts={"features": features},
    )


@pytest.fixture
def bench(qapp: QApplication, tmp_path: Path) -> Iterator[Workbench]:
    apply_theme(qapp, "dark")
    bench = Workbench(Settings(tmp_path / "config"), FakeEngine())
    yield bench
    bench.shut_down()


@pytest.fixture
def card(bench: Workbench, tmp_path: Path, qtbot: QtBot) -> LatentMapCard:
    directory = open_example(bench, tmp_path)
    log = RunLog(directory, 1, steps=10)
    log.prepare()
    log.say(begun(), seen(0))
    log.train(3)
    log.say(*(seen(step) for step in (10, 20)), seen(30, features=16))
    bench.project.open(directory)
    tab: TrainTab = train_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1500, 900)
    tab.show()
    qtbot.waitUntil(lambda: any(chart.kind == KEY and chart.isVisible() for chart in tab.charts.charts()))
    found = tab.charts.chart(KEY)
    assert isinstance(found, LatentMapCard)
    qtbot.waitUntil(lambda: bool(found.shown()))
    found.window().setProperty("kept", tab)
    return found


def test_points_have_the_colours_and_names_of_their_classes(card: LatentMapCard) -> None:
    names = ["T-shirt", "Trouser", "Pullover"]
    assert [card.legend.entry(str(number)).accessibleName() for number in range(3)] == [
        f"Show {name}" for name in names
    ]
    assert card.words.whole_text() == "step 30" and card.remark.whole_text() == "The two main directions of 16 numbers."
    card.map.choose(4)
    assert card.map.accessibleDescription() == "Trouser"
    card.slider.setValue(0)
    assert card.remark.isHidden() and card.words.whole_text() == "step 0"


def test_a_class_can_be_hidden_and_stays_so_from_step_to_step(card: LatentMapCard) -> None:
    before = card.map.grab().toImage()
    card.legend.entry("1").click()
    assert card.map.grab().toImage() != before
    card.slider.setValue(1)
    at = card.map.places()[1]
    assert card.map.at(_point(at)) != 1, "what is hidden cannot be picked"
    card.legend.entry("1").click()
    assert card.map.at(_point(at)) >= 0


def test_the_card_saves_its_places(card: LatentMapCard, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(card.saved):
        card.save(tmp_path / "map.csv")
    with (tmp_path / "map.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["x", "y", "class"] and len(rows) == 61 and rows[2][2] == "Trouser"


def _point(place: np.ndarray) -> QPointF:
    return QPointF(float(place[0]), float(place[1]))

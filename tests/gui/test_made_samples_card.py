"""Pictures that a network makes of the same noise, beside the loss: the newest ones, and those before by the slider."""

import csv
import zlib

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from engine.protocol.run_events import ViewArray, ViewSeen
from gui.charts.picture_sheet import PictureSheet
from gui.models.settings import Settings
from gui.train.live_views.made_samples import MadeSamplesCard
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import open_example, train_tab

KEY = "made_samples"


def said(step: int, *, level: int = 0, captions: tuple[str, ...] = (), fixed: bool = False) -> ViewSeen:
    """Two rows of four pictures, all of one grey level but the first, which is white."""
    if fixed:
        facts: dict[str, float | str] = {"field": "pixels", "rows": 2, "across": 4}
        facts |= {f"row{row}": words for row, words in enumerate(captions)}
        return ViewSeen(view=KEY, step=step, epoch=0, fixed=True, facts=facts)
    pictures = np.full((8, 6, 5, 1), level, np.uint8)
    pictures[0] = 255
    told = ViewArray(dtype="uint8", shape=pictures.shape, data=zlib.compress(pictures.tobytes()))
    return ViewSeen(view=KEY, step=step, epoch=step // 10, arrays={"pictures": told})


@pytest.fixture
def bench(qapp, tmp_path):
    apply_theme(qapp, "dark")
    bench = Workbench(Settings(tmp_path / "config"), FakeEngine())
    yield bench
    bench.shut_down()


def shown_card(bench, tmp_path, qtbot, captions=()) -> MadeSamplesCard:
    directory = open_example(bench, tmp_path)
    log = RunLog(directory, 1, steps=10)
    log.prepare()
    log.say(said(0, fixed=True, captions=captions), said(0, level=10))
    log.train(3)
    log.say(*(said(step, level=step) for step in (10, 20, 30)))
    bench.project.open(directory)
    tab = train_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1500, 900)
    tab.show()
    qtbot.waitUntil(lambda: any(chart.kind == KEY and chart.isVisible() for chart in tab.charts.charts()))
    card = tab.charts.chart(KEY)
    assert isinstance(card, MadeSamplesCard)
    qtbot.waitUntil(lambda: bool(card.shown()))
    card.kept_tab = tab  # the tab owns the card
    return card


def level_of(card: MadeSamplesCard, place: int) -> int:
    """The grey in the middle of a picture, as it is painted."""
    image = card.sheet.grab().toImage()
    at = card.sheet.places()[place].center() * card.sheet.devicePixelRatioF()
    return image.pixelColor(int(at.x()), int(at.y())).red()


def test_the_newest_pictures_are_shown_and_earlier_ones_by_the_slider(bench, tmp_path, qtbot):
    card = shown_card(bench, tmp_path, qtbot)
    assert card.sheet.count == 8 and card.words.text() == "step 30"
    assert level_of(card, 0) == 255 and level_of(card, 5) == 30
    card.slider.setValue(0)
    assert level_of(card, 0) == 255 and level_of(card, 5) == 10
    assert "8 pictures" in card.sheet.accessibleDescription()


def test_rows_are_named_where_they_were_asked_for(bench, tmp_path, qtbot):
    card = shown_card(bench, tmp_path, qtbot, captions=("Trouser", "Bag"))
    assert card.sheet.captions == ("Trouser", "Bag")
    assert "Trouser, Bag" in card.sheet.accessibleDescription()
    assert min(place.left() for place in card.sheet.places()) > 30


def test_the_pictures_can_be_saved_as_a_table(bench, tmp_path, qtbot):
    card = shown_card(bench, tmp_path, qtbot)
    with qtbot.waitSignal(card.saved):
        card.save(tmp_path / "made.csv")
    with (tmp_path / "made.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["picture", "row", "column", "channel", "value"]
    assert len(rows) == 1 + 8 * 6 * 5 and rows[1][-1] == "255" and rows[-1][-1] == "30"


@pytest.mark.parametrize(("size", "form"), [((400, 300), (8, 28, 28, 1)), ((90, 400), (8, 20, 10, 3))])
def test_a_sheet_uses_its_room_and_keeps_the_form_of_pictures(qtbot, size, form):
    sheet = PictureSheet()
    qtbot.addWidget(sheet)
    sheet.resize(*size)
    sheet.set_pictures(np.zeros(form, np.uint8), 4)
    places = sheet.places()
    room = QRectF(0, 0, *size)
    assert len(places) == 8 and all(room.contains(place) for place in places)
    for place in places:
        assert abs(place.height() / place.width() - form[1] / form[2]) < 0.15
    assert not any(a.intersects(b) for n, a in enumerate(places) for b in places[:n])


@pytest.mark.parametrize(("side", "only_two"), [(3, True), (28, False)])
def test_a_filter_of_a_few_weights_is_shown_weight_by_weight(qtbot, side, only_two):
    sheet = PictureSheet()
    qtbot.addWidget(sheet)
    sheet.resize(300, 300)
    pixels = np.zeros((1, side, side, 1), np.uint8)
    pixels[:, ::2] = 255
    sheet.set_pictures(pixels, 1)
    (place,) = sheet.places()
    image = sheet.grab().toImage()
    tones = {image.pixel(place.center().toPoint().x(), y) for y in range(int(place.top()) + 4, int(place.bottom()) - 4)}
    assert (len(tones) == 2) is only_two


def test_what_is_no_picture_is_not_shown(qtbot):
    sheet = PictureSheet()
    qtbot.addWidget(sheet)
    for odd in (np.zeros((3, 4), np.uint8), np.zeros((2, 4, 4, 2), np.uint8), np.zeros((0, 4, 4, 1), np.uint8)):
        sheet.set_pictures(odd, 4)
        assert sheet.count == 0 and not sheet.places()
        sheet.grab()

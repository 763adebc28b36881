"""Relevance drawn: the colours, and what each widget shows, says to who cannot see it, and tells under the pointer."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage

from engine.protocol.messages.explanation import Explanation
from gui.charts.relevance import AGAINST, FOR, Part, largest, overlay, signed_text, tint
from gui.charts.relevance_bars import RelevanceBar, RelevanceBars
from gui.charts.relevance_curve import RelevanceCurves
from gui.charts.relevance_legend import RelevanceLegend
from gui.charts.relevance_picture import RelevancePicture
from gui.charts.relevance_view import RelevanceView
from gui.charts.relevance_words import RelevanceWords
from gui.forms.relevance_shown import facts, limits, relevant_parts, well_explained
from gui.widgets.theme import apply_theme
from tests.gui.explained_scene import (
    picture_relevance,
    series_relevance,
    sound_relevance,
    table_relevance,
    text_relevance,
)


@pytest.fixture(autouse=True)
def _theme(qapp):
    apply_theme(qapp, "dark")


def shown(qtbot, widget, width=600, height=400):
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    return widget.grab().toImage()


def color_at(image: QImage, x: float, y: float) -> QColor:
    return image.pixelColor(int(x), int(y))


def test_for_is_orange_against_blue_and_nothing_clear():
    made = overlay(np.array([[2.0, -2.0, 0.0, np.nan]], np.float32), signed=True)
    assert [made.pixelColor(x, 0).name() for x in (0, 1)] == [FOR, AGAINST]
    assert [made.pixelColor(x, 0).alpha() for x in range(3)] == [255, 255, 0]
    assert made.pixelColor(3, 0).alpha() > 100  # what is not seen is dark
    half = overlay(np.array([[1.0, 2.0]], np.float32), signed=True)
    assert 0 < half.pixelColor(0, 0).alpha() < half.pixelColor(1, 0).alpha()


def test_without_a_sign_there_is_no_blue_and_extremes_do_not_make_the_rest_pale():
    made = overlay(np.array([[-1.0, 1.0]], np.float32), signed=False)
    assert made.pixelColor(0, 0).alpha() == 0 and made.pixelColor(1, 0).red() > made.pixelColor(1, 0).blue()
    heat = np.ones((40, 40), np.float32)
    heat[0, 0] = 500.0
    assert largest(heat) == pytest.approx(1.0)
    assert largest(np.full((2, 2), np.nan, np.float32)) == 0.0
    assert overlay(np.zeros((0, 0), np.float32), signed=True).isNull()
    assert overlay(np.zeros((2, 2), np.float32), signed=True).pixelColor(0, 0).alpha() == 0


def test_numbers_keep_their_sign_where_colours_cannot_be_told_apart():
    assert [signed_text(value) for value in (0.4239, -1.25, 0.0, 1234.5)] == ["+0.424", "−1.25", "0", "+1.23e+03"]
    assert tint(1.0, 1.0).name() == FOR and tint(-1.0, 1.0).name() == AGAINST
    assert tint(0.0, 1.0).alphaF() == 0.0 and tint(1.0, 0.0).alphaF() == 0.0


def test_the_picture_lies_grey_below_and_the_pointer_tells_what_counts(qtbot):
    part = relevant_parts(Explanation(fields=[picture_relevance()]))[0]
    widget = RelevancePicture("what counted")
    widget.set_picture(part.picture, part.heat)
    image = shown(qtbot, widget, 280, 300)
    place = widget.picture_rect()
    assert place.width() == pytest.approx(280)

    def at(column, row):
        return QPointF(place.left() + (column + 0.5) * place.width() / 28, place.top() + (row + 0.5) * 10)

    warm, cool, plain = (color_at(image, at(*spot).x(), at(*spot).y()) for spot in ((6, 6), (17, 21), (12, 14)))
    assert warm.red() > warm.blue() + 40
    assert cool.blue() > cool.red() + 20
    assert abs(plain.red() - plain.blue()) < 12
    assert widget.relevance_at(at(6, 6)) == 2.0 and widget.relevance_at(at(17, 21)) == -1.0
    assert widget.relevance_at(at(27, 5)) is None  # the network does not see it
    widget.set_opacity(0.0)
    without = color_at(widget.grab().toImage(), at(6, 6).x(), at(6, 6).y())
    assert abs(without.red() - without.blue()) < 4


def test_bars_stand_for_columns_the_strongest_first(qtbot):
    bars = RelevanceBars()
    bars.set_bars([RelevanceBar(name=f"c{at}", value=str(at), relevance=(-1) ** at * at / 10) for at in range(40)])
    image = shown(qtbot, bars, 700, 900)
    names = [bar.name for bar in bars.bars()]
    assert names[:3] == ["c39", "c38", "c37"] and names[-1] == "10 others" and len(names) == 31
    assert bars.accessibleDescription().startswith("c39 39 −3.9, c38 38 +3.8")
    row = [color_at(image, x, 13).name() for x in range(700)]
    assert AGAINST in row and FOR not in row
    assert FOR in [color_at(image, x, 39).name() for x in range(700)]


def test_words_are_shaded_underlined_and_told(qtbot):
    field = text_relevance()
    words = RelevanceWords()
    words.set_words(field.text, [Part(start=s.start, end=s.end, relevance=s.relevance) for s in field.spans])
    image = shown(qtbot, words, 500, 120)
    assert words.accessibleDescription().startswith("good +2, bad −1.5")
    seen = {color_at(image, x, y).name() for x in range(300) for y in range(40)}
    assert FOR in seen and AGAINST in seen  # the lines; shading is weaker
    good = next(
        words.part_at(QPointF(x, 8)) for x in range(200) if (p := words.part_at(QPointF(x, 8))) and p.relevance > 1
    )
    assert good is not None and field.text[good.start : good.end] == "good"
    assert words.part_at(QPointF(480, 100)) is None


def test_words_grow_with_their_text_and_keep_lines_apart(qtbot):
    words = RelevanceWords()
    words.set_words("one two three four five six " * 30, [])
    shown(qtbot, words, 300, 100)
    assert words.heightForWidth(300) > words.heightForWidth(900) > 40
    words.set_words("first\nsecond", [])
    assert words.heightForWidth(900) > 60


def test_series_have_a_lane_a_channel_and_the_wave_its_seconds(qtbot):
    part = relevant_parts(Explanation(fields=[series_relevance()]))[0]
    curves = RelevanceCurves()
    curves.set_curves(part.values, part.heat, part.names)
    shown(qtbot, curves, 500, 240)
    assert curves.channels() == 2
    lane = curves._lane(1)
    found = curves.relevance_at(QPointF(lane.right() - 2, lane.center().y()))
    assert found is not None and found[0] == "wind" and found[2] == 3.0 and 19 <= found[1] <= 20
    sound = relevant_parts(Explanation(fields=[sound_relevance()]))[0]
    curves.set_wave(sound.envelope, sound.heat, sound.seconds)
    lane = curves._lane(0)
    assert lane.left() == 0
    assert curves.relevance_at(lane.center())[1] == pytest.approx(0.25, abs=0.01)
    assert curves.relevance_at(QPointF(lane.right() - 1, lane.center().y())) is None  # not seen
    curves.grab()


def test_the_legend_says_what_the_colours_mean():
    legend = RelevanceLegend()
    legend.set_meaning("Coat", signed=True)
    assert legend.words() == ("− against", "for Coat +")
    legend.set_meaning("Coat", signed=False)
    assert legend.words() == ("did not count", "spoke for Coat +")
    legend.set_meaning("", signed=True, number=True)
    assert legend.words() == ("− lowers it", "raises it +") and legend.accessibleName() == "− lowers it … raises it +"


@pytest.mark.parametrize(
    ("fields", "shaded", "bars"),
    [
        ([picture_relevance()], True, None),
        ([text_relevance()], True, None),
        (table_relevance(), False, ["island", "width"]),
        ([text_relevance(), *table_relevance()], True, ["island", "text", "width"]),
        ([series_relevance()], True, None),
        ([sound_relevance()], True, None),
        ([text_relevance(), text_relevance("bad")], True, ["text", "text"]),
        ([], False, None),
    ],
)
def test_a_sample_of_any_kind_is_shown_whole(qtbot, fields, shaded, bars):
    view = RelevanceView()
    parts = relevant_parts(Explanation(fields=fields))
    view.show_parts(parts, signed=True, sums=True)
    shown(qtbot, view, 700, 500)
    assert view.has_shading() is shaded
    assert (None if view.bars is None else [bar.name for bar in view.bars.bars()]) == bars
    before = view.findChildren(RelevancePicture)
    view.show_parts(parts, signed=True, sums=True)
    assert view.findChildren(RelevancePicture) == before  # samples of one form share their widgets


def test_a_view_takes_another_form(qtbot):
    view = RelevanceView()
    view.show_parts(relevant_parts(Explanation(fields=[picture_relevance()])), signed=True, sums=True)
    shown(qtbot, view)
    view.show_parts(relevant_parts(Explanation(fields=table_relevance())), signed=True, sums=True)
    qtbot.waitUntil(lambda: view.bars is not None and view.bars.isVisible())
    assert not any(picture.isVisible() for picture in view.findChildren(RelevancePicture))


def test_figures_are_told_in_words():
    made = Explanation(
        baseline="silence",
        score=1.5,
        baseline_score=-2.25,
        explained=0.972,
        sums=True,
        layer="down__conv1",
        seconds=0.2,
    )
    assert facts(made) == "score 1.5, for silence -2.25 · explains 97 % of the difference · layer down › conv1 · 0.20 s"
    assert facts(made, short=True) == "explains 97 % · layer down › conv1 · 0.20 s"
    assert facts(Explanation(explained=0.8)) == "the straight line fits 80 %"
    assert [
        well_explained(Explanation(explained=share, sums=sums))
        for share, sums in ((0.95, True), (0.7, True), (1.3, True), (0.7, False), (0.3, False), (None, True))
    ] == [True, False, False, True, False, True]
    assert limits("Shap").endswith("not what causes what.") and limits("nothing") == ""


def test_pictures_of_the_wrong_size_are_left_out(qtbot):
    broken = picture_relevance()
    from msgspec.structs import replace

    part = relevant_parts(Explanation(fields=[replace(broken, heat=b"\0" * 12)]))[0]
    assert part.heat.size == 0
    widget = RelevancePicture()
    widget.set_picture(part.picture, part.heat)
    shown(qtbot, widget, 100, 100)
    assert widget.relevance_at(QRectF(widget.rect()).center()) is None

"""Draws one sample with what was answered to it: a picture with masks, curves, a forecast, a row of a table, a text."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QImage, QPainter, QPainterPath, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.protocol.messages.answered_samples import AnsweredSample, Measure
from engine.protocol.messages.data import SampleCard, Shown
from gui.evaluate.answered_list import SampleRole, furthest_words, score_words
from gui.models.corrections import UNTOUCHED, Correction
from gui.samples.drawn import draw_badge, draw_curves, draw_picture, draw_words, picture_of
from gui.widgets.fonts import SIZE_MONO, SIZE_MONO_SMALL, SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme
from gui.widgets.tokens import CARD_RADIUS, mix

FOOT: Final = 40
KEPT_BYTES: Final = 48_000_000
BUDGET_S: Final = 0.005
"""Seconds of a paint that may go into drawing cards for the first time."""
_GIVEN: Final = 18
"""Pixels of the line of words under a picture that was answered with words."""
_OVER: Final = 0.85
_BACK: Final = 0.4
_STRIPE: Final = 6
"""Pixels from stripe to stripe where a mask missed something."""

_Index = QModelIndex | QPersistentModelIndex
_Look = tuple[int, int, float, str, Correction, int]


class AnswerDelegate(QStyledItemDelegate):
    """Keeps the cards that it drew as pictures, so that scrolling over them costs next to nothing.

    `measure` says what the scores are, `correction` what was made of a sample since, `overlay` what is laid over it.
    """

    redraw_wanted = Signal()
    """Some cards were left for the next paint."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.measure = Measure.NONE
        self.kind = ""
        self.correction: Callable[[AnsweredSample], Correction] = _untouched
        self.overlay: Callable[[AnsweredSample], QImage | None] = _bare
        self._spent_s = 0.0  # on new cards in the present paint; _on_turn sets it back
        self._left = False  # some were put off
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._on_turn)
        self._drawn: OrderedDict[int, tuple[AnsweredSample, _Look, QPixmap]] = OrderedDict()
        self._bytes = 0

    def _on_turn(self) -> None:
        """The paint is over; the next one may draw as many again."""
        self._spent_s = 0.0
        if self._left:
            self._left = False
            self.redraw_wanted.emit()

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect = QRectF(option.rect)
        sample = index.data(SampleRole)
        picture = None
        if isinstance(sample, AnsweredSample):
            picture = self._card(sample, option.rect.size(), painter.device().devicePixelRatioF())
        if picture is not None:
            painter.drawPixmap(rect.topLeft(), picture)
        else:
            theme = current_theme()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mix(theme.panel, theme.raised, 0.6))
            painter.drawRoundedRect(_body(rect), CARD_RADIUS - 2, CARD_RADIUS - 2)
        has_picture = isinstance(sample, AnsweredSample) and bool(sample.card.rgb)
        self._draw_state(painter, rect, option.state, has_picture)

    def _draw_state(self, painter: QPainter, rect: QRectF, state: QStyle.StateFlag, has_picture: bool) -> None:
        selected = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if not (selected or focused or hovered):
            return
        theme = current_theme()
        body = _body(rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("accent" if selected or focused else "edge"), 2 if selected else 1))
        painter.drawRoundedRect(body.adjusted(1, 1, -1, -1), CARD_RADIUS - 2, CARD_RADIUS - 2)
        if focused:  # where the keyboard is, also among many that are selected
            painter.setPen(QPen(theme.color("text"), 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(body.adjusted(3.5, 3.5, -3.5, -3.5), CARD_RADIUS - 4, CARD_RADIUS - 4)
        if selected:
            # Where it hides nothing: over a picture at its corner, of words and curves beside the answer below.
            corner = QPointF(body.right() - 13, body.top() + 13)
            if not has_picture:
                corner = QPointF(body.right() - 9, body.bottom() + FOOT / 2)
            draw_badge(painter, corner, "✓", theme.color("accent"), theme.color("on_accent"))
        painter.restore()

    def _card(self, sample: AnsweredSample, size: QSize, ratio: float) -> QPixmap | None:
        """The card as a picture; a page of new ones is drawn over several paints, so that none holds the window up."""
        correction = self.correction(sample)
        over = self.overlay(sample)
        key = 0 if over is None else over.cacheKey()
        look = (size.width(), size.height(), ratio, current_theme().name, correction, key)
        kept = self._drawn.get(sample.index)
        if kept is not None and kept[0] is sample and kept[1] == look:
            self._drawn.move_to_end(sample.index)
            return kept[2]
        if self._spent_s > BUDGET_S:
            self._left = True
            return kept[2] if kept is not None and kept[0] is sample and kept[1][:4] == look[:4] else None
        started = time.perf_counter()
        picture = self._drawn_card(sample, size, ratio, correction)
        before = self._drawn.pop(sample.index, None)
        self._bytes += _size(picture) - (_size(before[2]) if before is not None else 0)
        self._drawn[sample.index] = (sample, look, picture)
        while self._bytes > KEPT_BYTES and len(self._drawn) > 1:
            self._bytes -= _size(self._drawn.popitem(last=False)[1][2])
        self._spent_s += time.perf_counter() - started
        if not self._turn.isActive():
            self._turn.start()
        return picture

    def _drawn_card(self, sample: AnsweredSample, size: QSize, ratio: float, correction: Correction) -> QPixmap:
        theme = current_theme()
        cell = QPixmap(size * ratio)
        cell.setDevicePixelRatio(ratio)
        cell.fill(Qt.GlobalColor.transparent)
        rect = QRectF(0, 0, size.width(), size.height())
        body = _body(rect)
        outline = QPainterPath()
        outline.addRoundedRect(body.adjusted(0.5, 0.5, -0.5, -0.5), CARD_RADIUS - 2, CARD_RADIUS - 2)
        with QPainter(cell) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillPath(outline, theme.color("raised"))
            painter.save()
            painter.setClipPath(outline)
            if correction.excluded:
                painter.setOpacity(0.4)
            self._draw_body(painter, body, sample)
            painter.restore()
            self._draw_foot(painter, rect, sample, correction)
        return cell

    def _draw_body(self, painter: QPainter, body: QRectF, sample: AnsweredSample) -> None:
        card = sample.card
        if self._given_below(sample):
            body = body.adjusted(0, 0, 0, -_GIVEN)
            _draw_given(painter, QRectF(body.left() + 6, body.bottom(), body.width() - 12, _GIVEN - 2), sample.given)
        if card.problem:
            _draw_problem(painter, body, card)
        elif sample.forecast:
            _draw_forecast(painter, body.adjusted(10, 8, -10, -8), sample)
        elif sample.answer is not None and sample.truth is not None and sample.answer.mask and card.rgb:
            image = picture_of(card)
            over = _compared_masks(sample.truth, sample.answer)
            if image is not None:
                where = draw_picture(painter, body, image)
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
                painter.drawImage(where, over)
        elif sample.answer is not None and sample.truth is not None:
            half = body.height() / 2 if sample.answer.curve else body.width() / 2
            # What is made of noise is no answer to this sample, and has no measure.
            words = ("real", "made") if self.measure is Measure.NONE else ("true", "answered")
            for at, (caption, shown) in enumerate(zip(words, (sample.truth, sample.answer), strict=True)):
                part = QRectF(body)
                if sample.answer.curve:
                    part = QRectF(body.left(), body.top() + at * half, body.width(), half)
                else:
                    part = QRectF(body.left() + at * half, body.top(), half, body.height())
                _draw_shown(painter, part.adjusted(3, 3, -3, -3), shown, caption)
        elif self._is_written(sample):
            _draw_texts(painter, body.adjusted(10, 7, -10, -7), sample)
        elif card.rgb:
            image = picture_of(card)
            if image is not None:
                self._draw_over(painter, draw_picture(painter, body, image), sample)
        elif card.curve:
            self._draw_over(painter, body.adjusted(10, 10, -10, -10), sample)
            draw_curves(painter, body.adjusted(10, 10, -10, -10), card.curve, card.channels)
            if card.note:
                painter.setFont(mono_font(SIZE_MONO_SMALL))
                painter.setPen(current_theme().color("faint"))
                where = body.adjusted(0, 4, -8, 0)
                painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, plain_text(card.note))
        else:
            _draw_lines(painter, body.adjusted(10, 8, -10, -6), card)

    def _is_written(self, sample: AnsweredSample) -> bool:
        """Whether question and answer are shown as texts, one below the other."""
        return self.kind == "text" or bool(sample.predicted and len(sample.predicted) + len(sample.true) > 80)

    def _given_in_foot(self, sample: AnsweredSample) -> bool:
        """Whether the words that were given stand where the answer would be, if it were in words."""
        drawn = sample.answer is not None and sample.truth is not None
        return bool(sample.given) and drawn and not (sample.predicted or sample.true or sample.card.problem)

    def _given_below(self, sample: AnsweredSample) -> bool:
        """Whether they stand below what is drawn: it does not say them itself."""
        if not sample.given or sample.card.problem or self._given_in_foot(sample):
            return False
        drawn = bool(sample.forecast) or (sample.answer is not None and sample.truth is not None)
        return drawn or (bool(sample.card.rgb or sample.card.curve) and not self._is_written(sample))

    def _draw_over(self, painter: QPainter, where: QRectF, sample: AnsweredSample) -> None:
        over = self.overlay(sample)
        if over is not None:
            whole = painter.opacity()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            if sample.card.rgb:  # the picture steps back, so that colours are seen on white too
                painter.setOpacity(whole * _BACK)
                painter.fillRect(where, mix(current_theme().panel, "#808080", 0.2))
            painter.setOpacity(whole * _OVER)
            painter.drawImage(where, over)
            painter.setOpacity(whole)

    def _draw_foot(self, painter: QPainter, rect: QRectF, sample: AnsweredSample, correction: Correction) -> None:
        theme = current_theme()
        badge = 0 if sample.card.rgb else 24  # room for the mark of what is chosen
        top, left, width = rect.bottom() - FOOT + 4, rect.left(), rect.width() - badge
        painter.setFont(mono_font(SIZE_MONO))
        score = score_words(sample, self.measure)
        score_width = painter.fontMetrics().horizontalAdvance(score) + 6 if score else 0
        painter.setFont(text_font(SIZE_SMALL, QFont.Weight.Medium))
        is_text, ahead = self.kind == "text", bool(sample.forecast)
        name = plain_text(sample.card.name.rpartition("/")[2], 80)
        asked = self._given_in_foot(sample)
        said = "" if is_text or ahead else plain_text(sample.given if asked else sample.predicted or name, 80)
        said = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, int(width - score_width))
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(left, top, width, 16), _MIDDLE, said)
        after = painter.fontMetrics().horizontalAdvance(said) + 6 if said else 0
        painter.setFont(mono_font(SIZE_MONO))
        tone = "dim" if sample.right is None else "ok_text" if sample.right else "error_text"
        painter.setPen(theme.color(tone))
        painter.drawText(QRectF(left + after, top, width, 16), _MIDDLE, score)
        painter.setFont(text_font(SIZE_SMALL))
        made = correction.words
        if made:
            draw_icon(
                painter, "edit" if not correction.excluded else "close", QRectF(left, top + 18, 12, 12), theme.link
            )
            painter.setPen(theme.color("link"))
            words, left, width = plain_text(made, 60), left + 16, width - 16
        else:
            painter.setPen(theme.color("faint"))
            true = "" if is_text else sample.true
            words = ("right" if sample.right else f"is {plain_text(true, 60)}") if true or sample.right else ""
            if is_text and sample.right is False:
                words = "" if sample.led else "otherwise"
            if ahead:
                words = furthest_words(sample)
            if asked:
                words = name
            if sample.column:
                words = f"{plain_text(sample.column, 40)}: {words}"
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(width))
        painter.drawText(QRectF(left, top + 16, width, 16), _MIDDLE, words)


def _untouched(_sample: AnsweredSample) -> Correction:
    return UNTOUCHED


def _bare(_sample: AnsweredSample) -> None:
    return None


def _body(rect: QRectF) -> QRectF:
    return rect.adjusted(0, 0, 0, -FOOT)


def _draw_shown(painter: QPainter, room: QRectF, shown: Shown, caption: str) -> None:
    theme = current_theme()
    below = QRectF(room.left(), room.bottom() - 13, room.width(), 13)
    inner = room.adjusted(0, 0, 0, -14)
    image = picture_of(shown)
    if image is not None:
        draw_picture(painter, inner, image)
    elif shown.curve:
        draw_curves(painter, inner, shown.curve, shown.channels)
    else:
        draw_words(painter, inner, shown.text, size=11)
    painter.setFont(text_font(10))
    painter.setPen(theme.color("dim"))
    painter.drawText(below, Qt.AlignmentFlag.AlignCenter, caption)


def _draw_given(painter: QPainter, room: QRectF, words: str) -> None:
    """The words that went in together with what is drawn above, as far as there is room."""
    painter.setFont(text_font(SIZE_SMALL))
    painter.setPen(current_theme().color("dim"))
    shown = painter.fontMetrics().elidedText(plain_text(words, 120), Qt.TextElideMode.ElideRight, int(room.width()))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shown)


def _draw_problem(painter: QPainter, room: QRectF, card: SampleCard) -> None:
    theme = current_theme()
    draw_icon(painter, "warning", QRectF(room.center().x() - 9, room.top() + 10, 18, 18), theme.warn_text)
    painter.setFont(text_font(11))
    painter.setPen(theme.color("dim"))
    flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
    painter.drawText(room.adjusted(8, 34, -8, -4), flags, plain_text(card.problem, 120))


def _draw_lines(painter: QPainter, room: QRectF, card: SampleCard) -> None:
    theme = current_theme()
    lines = card.lines or [card.name]
    if len(lines) == 1:
        draw_words(painter, room, lines[0], size=SIZE_SMALL)
        return
    painter.setFont(mono_font(SIZE_MONO_SMALL))
    metrics = painter.fontMetrics()
    step = metrics.height() + 3
    top = room.top()
    for line in lines[: max(1, int(room.height() // step))]:
        name, found, value = plain_text(line).partition(": ")
        row = QRectF(room.left(), top, room.width(), step)
        value_width = min(room.width() * 0.6, metrics.horizontalAdvance(value) + 4.0) if found else 0.0
        painter.setPen(theme.color("faint"))
        caption = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room.width() - value_width - 6))
        painter.drawText(row, _MIDDLE, caption)
        painter.setPen(theme.color("text"))
        shown = metrics.elidedText(value, Qt.TextElideMode.ElideRight, int(value_width))
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shown)
        top += step


def _draw_texts(painter: QPainter, room: QRectF, sample: AnsweredSample) -> None:
    """What was asked, what is true and what was answered, one below the other."""
    theme = current_theme()
    source = sample.card.lines[0] if sample.card.lines else ""
    parts = [("of", source)] if source and source != sample.true else []
    parts += [("true", sample.true), ("guess" if sample.led else "said", sample.predicted)]
    height = room.height() / len(parts)
    for at, (caption, text) in enumerate(parts):
        top = room.top() + at * height
        painter.setFont(text_font(10))
        painter.setPen(theme.color("faint"))
        painter.drawText(QRectF(room.left(), top, 32, 14), _MIDDLE, caption)
        draw_words(painter, QRectF(room.left() + 34, top - 1, room.width() - 34, height - 3), text, size=11)


def _draw_forecast(painter: QPainter, room: QRectF, sample: AnsweredSample) -> None:
    """The past, then what came (whole line) and what was forecast (dashed), on one scale."""
    theme = current_theme()
    past = np.frombuffer(sample.past, "<f4").astype(np.float64)
    future = np.frombuffer(sample.future, "<f4").astype(np.float64)
    forecast = np.frombuffer(sample.forecast, "<f4").astype(np.float64)
    every = np.concatenate([past, future, forecast])
    every = every[np.isfinite(every)]
    if not len(every):
        return
    low, high = float(every.min()), float(every.max())
    spread = high - low or 1.0
    across = room.width() / max(1, len(past) + max(len(future), len(forecast)) - 1)

    def line(values: NDArray[np.float64], start: int) -> QPolygonF:
        found = np.isfinite(values)
        x = room.left() + (start + np.flatnonzero(found)) * across
        y = room.bottom() - (values[found] - low) / spread * room.height()
        return QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])

    now = room.left() + max(0, len(past) - 1) * across
    painter.setPen(QPen(theme.color("grid"), 1))
    painter.drawLine(QPointF(now, room.top()), QPointF(now, room.bottom()))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    joint = past[-1:]  # lines begin where the past ends
    start = max(0, len(past) - 1)
    painter.setPen(QPen(theme.color("dim"), 1.2))
    painter.drawPolyline(line(past, 0))
    painter.setPen(QPen(theme.color("text"), 1.6))
    painter.drawPolyline(line(np.concatenate([joint, future]), start))
    pen = QPen(theme.color("accent"), 1.8)
    pen.setDashPattern([3.0, 2.0])
    painter.setPen(pen)
    painter.drawPolyline(line(np.concatenate([joint, forecast]), start))


def _compared_masks(truth: Shown, answer: Shown) -> QImage:
    """Found: accent; missed: red stripes; too much: amber points. So each can be told without its colour."""
    theme = current_theme()
    shape = (truth.height, truth.width)
    true = np.frombuffer(truth.mask, np.uint8).reshape(shape)
    said = np.frombuffer(answer.mask, np.uint8).reshape(shape)
    pixels = np.zeros((*shape, 4), np.uint8)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    small = max(1, max(shape) // 64)  # stripes as wide on the card, however large the picture
    stripe = ((x + y) // small) % _STRIPE < _STRIPE // 2
    dot = ((x // small) % 4 < 2) & ((y // small) % 4 < 2)
    for where, color, strong in (
        ((true == said) & (true > 0), theme.color("accent"), None),
        ((true != said) & (true > 0), theme.color("error"), stripe),
        ((true == 0) & (said > 0), theme.color("warn"), dot),
    ):
        alpha = np.full(shape, 120, np.uint8) if strong is None else np.where(strong, 215, 70).astype(np.uint8)
        pixels[where] = (color.blue(), color.green(), color.red(), 0)
        pixels[..., 3][where] = alpha[where]
    return QImage(pixels.tobytes(), shape[1], shape[0], 4 * shape[1], QImage.Format.Format_ARGB32).copy()


_MIDDLE: Final = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def _size(picture: QPixmap) -> int:
    return picture.width() * picture.height() * 4

"""Draws one sample: a picture with its label below, or a few lines of a table row or a text."""

import time
from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.protocol.messages import SampleCard
from gui.data.samples_model import ClassRole, card_of
from gui.widgets.fonts import SIZE_BODY, SIZE_MONO_SMALL, SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme
from gui.widgets.tokens import CARD_RADIUS, mix

PICTURE_CELL: Final = QSize(112, 134)
LINES_CELL: Final = QSize(232, 178)
TEXT_CELL: Final = QSize(210, 84)
FOOT: Final = 28
_KEPT: Final = 600
BUDGET_S: Final = 0.006
_Index = QModelIndex | QPersistentModelIndex


def class_color(index: int) -> QColor:
    """A colour for a class, far from its neighbour's on the colour circle; the label beside it says the same."""
    return QColor.fromHsvF((0.52 + index * 0.38196601) % 1.0, 0.55, 0.82)


class SampleDelegate(QStyledItemDelegate):
    """Small pictures are shown as the sharp squares they are made of, large ones smoothly."""

    redraw_wanted = Signal()
    """Some pictures were left for the next paint."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spent_s = 0.0  # on new pictures in the present paint; _on_turn sets it back
        self._left = False  # some were put off
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._on_turn)
        self._pictures: OrderedDict[int, tuple[SampleCard, tuple[int, int, float, str], QPixmap]] = OrderedDict()

    def _on_turn(self) -> None:
        """The paint is over; the next one may draw as many again."""
        self._spent_s = 0.0
        if self._left:
            self._left = False
            self.redraw_wanted.emit()

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = current_theme()
        rect = QRectF(option.rect)
        state = option.state
        card = card_of(index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), CARD_RADIUS - 2, CARD_RADIUS - 2)
        painter.fillPath(outline, theme.color("panel"))
        if card is None:
            painter.fillPath(outline, mix(theme.panel, theme.raised, 0.6))
        elif card.problem:
            self._draw_problem(painter, rect, card)
        elif card.rgb:
            self._draw_picture(painter, rect, card)
        else:
            self._draw_lines(painter, rect, card)
        if card is not None:
            self._draw_foot(painter, rect, card, int(index.data(ClassRole)))
        selected = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if selected or focused or hovered:
            painter.setPen(QPen(theme.color("accent" if selected or focused else "edge"), 2 if selected else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(outline)
        painter.restore()

    def _draw_picture(self, painter: QPainter, rect: QRectF, card: SampleCard) -> None:
        ratio = painter.device().devicePixelRatioF()
        size = QSize(round(rect.width()), round(rect.height()) - FOOT)
        picture = self._picture(card, size, ratio)
        if not picture.isNull():
            painter.drawPixmap(rect.topLeft(), picture)

    def _picture(self, card: SampleCard, size: QSize, ratio: float) -> QPixmap:
        """The upper part of the cell, drawn once, since scaling it under a rounded clip takes 0.8 ms.

        A page of new pictures is drawn over several paints, so that none holds the window up.
        """
        kept = self._pictures.get(card.index)
        wanted = (size.width(), size.height(), ratio, current_theme().name)
        if kept is not None and kept[0] is card and kept[1] == wanted:
            self._pictures.move_to_end(card.index)
            return kept[2]
        if card.width <= 0 or card.height <= 0 or len(card.rgb) != card.width * card.height * 3:
            return QPixmap()
        if self._spent_s > BUDGET_S:
            self._left = True
            return QPixmap()
        started = time.perf_counter()
        image = QImage(card.rgb, card.width, card.height, card.width * 3, QImage.Format.Format_RGB888)
        picture = _fitted(image, size, ratio)
        self._spent_s += time.perf_counter() - started
        if not self._turn.isActive():
            self._turn.start()
        self._pictures[card.index] = (card, wanted, picture)
        while len(self._pictures) > _KEPT:
            self._pictures.popitem(last=False)
        return picture

    def _draw_lines(self, painter: QPainter, rect: QRectF, card: SampleCard) -> None:
        theme = current_theme()
        painter.setFont(mono_font(SIZE_MONO_SMALL))
        metrics = painter.fontMetrics()
        step = metrics.height() + 3
        left, width = rect.left() + 10, rect.width() - 20
        room = max(1, int((rect.height() - FOOT - 14) // step))
        if len(card.lines) == 1:
            painter.setFont(text_font(SIZE_BODY))
            painter.setPen(theme.color("text"))
            whole = QRectF(left, rect.top() + 10, width, rect.height() - FOOT - 14)
            painter.drawText(whole, int(Qt.TextFlag.TextWrapAnywhere), plain_text(card.lines[0]))
            return
        top = rect.top() + 8
        for line in card.lines[:room]:
            name, found, value = plain_text(line).partition(": ")
            line_rect = QRectF(left, top, width, step)
            value_width = min(width * 0.6, metrics.horizontalAdvance(value) + 4.0) if found else 0.0
            painter.setPen(theme.color("faint"))
            caption = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(width - value_width - 6))
            painter.drawText(line_rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, caption)
            painter.setPen(theme.color("text"))
            shown = metrics.elidedText(value, Qt.TextElideMode.ElideRight, int(value_width))
            painter.drawText(line_rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shown)
            top += step

    def _draw_problem(self, painter: QPainter, rect: QRectF, card: SampleCard) -> None:
        theme = current_theme()
        draw_icon(painter, "warning", QRectF(rect.center().x() - 10, rect.top() + 14, 20, 20), theme.warn_text)
        painter.setFont(text_font(SIZE_SMALL))
        painter.setPen(theme.color("dim"))
        room = QRectF(rect.left() + 8, rect.top() + 40, rect.width() - 16, rect.height() - FOOT - 42)
        flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        painter.setClipRect(room)
        painter.drawText(room, flags, plain_text(card.problem, 120))
        painter.setClipping(False)

    def _draw_foot(self, painter: QPainter, rect: QRectF, card: SampleCard, class_index: int) -> None:
        theme = current_theme()
        foot = QRectF(rect.left(), rect.bottom() - FOOT, rect.width(), FOOT)
        left = foot.left() + 8
        if class_index >= 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(class_color(class_index))
            painter.drawEllipse(QPointF(left + 4, foot.center().y()), 4, 4)
            left += 14
        painter.setFont(text_font(SIZE_SMALL, QFont.Weight.Normal))
        painter.setPen(theme.color("text"))
        room = foot.right() - left - 8
        words = plain_text(card.label or card.name or f"#{card.index}")
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(left, foot.top(), room, foot.height()), Qt.AlignmentFlag.AlignVCenter, words)


def _fitted(image: QImage, size: QSize, ratio: float) -> QPixmap:
    """The whole picture in the middle of a cell's upper part, whose upper corners are round."""
    cell = QPixmap(size * ratio)
    cell.setDevicePixelRatio(ratio)
    cell.fill(Qt.GlobalColor.transparent)
    room = QRectF(0, 0, size.width(), size.height())
    outline = QPainterPath()
    outline.addRoundedRect(room.adjusted(0.5, 0.5, -0.5, CARD_RADIUS), CARD_RADIUS - 2, CARD_RADIUS - 2)
    with QPainter(cell) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipPath(outline)
        painter.fillRect(room, current_theme().color("background"))
        scale = min(room.width() / image.width(), room.height() / image.height())
        if image.width() < 64 and scale >= 1:
            scale = int(scale * 2) / 2  # whole and half steps keep the squares of a tiny picture equal
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1.5)
        shown = QRectF(0, 0, image.width() * scale, image.height() * scale)
        shown.moveCenter(room.center())
        painter.drawImage(shown, image)
    return cell

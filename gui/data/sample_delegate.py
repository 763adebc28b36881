"""Draws one sample: a picture with its label below, or a few lines of a table row or a text."""

from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
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
_Index = QModelIndex | QPersistentModelIndex


def class_color(index: int) -> QColor:
    """A colour for a class, far from its neighbour's on the colour circle; the label beside it says the same."""
    return QColor.fromHsvF((0.52 + index * 0.38196601) % 1.0, 0.55, 0.82)


class SampleDelegate(QStyledItemDelegate):
    """Small pictures are shown as the sharp squares they are made of, large ones smoothly."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: OrderedDict[int, tuple[SampleCard, QPixmap]] = OrderedDict()

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
            self._draw_picture(painter, rect, card, outline)
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

    def _draw_picture(self, painter: QPainter, rect: QRectF, card: SampleCard, outline: QPainterPath) -> None:
        room = QRectF(rect.left(), rect.top(), rect.width(), rect.height() - FOOT)
        picture = self._picture(card)
        if picture.isNull():
            return
        painter.save()
        upper = QPainterPath()
        upper.addRect(room)
        painter.setClipPath(outline.intersected(upper))
        painter.fillRect(room, current_theme().color("background"))
        scale = min(room.width() / picture.width(), room.height() / picture.height())
        if picture.width() < 64:
            scale = max(1.0, float(int(scale * 2)) / 2) if scale >= 1 else scale
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1.5)
        shown = QRectF(0, 0, picture.width() * scale, picture.height() * scale)
        shown.moveCenter(room.center())
        painter.drawPixmap(shown, picture, QRectF(picture.rect()))
        painter.restore()

    def _picture(self, card: SampleCard) -> QPixmap:
        kept = self._pictures.get(card.index)
        if kept is not None and kept[0] is card:
            self._pictures.move_to_end(card.index)
            return kept[1]
        if card.width <= 0 or card.height <= 0 or len(card.rgb) != card.width * card.height * 3:
            return QPixmap()
        image = QImage(card.rgb, card.width, card.height, card.width * 3, QImage.Format.Format_RGB888)
        picture = QPixmap.fromImage(image)
        self._pictures[card.index] = (card, picture)
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

"""Draws one sample: a picture, curves, a few lines of a table row or a text, with its label below."""

import time
from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.protocol.messages.data import SampleCard
from gui.data.samples_model import ClassRole, card_of
from gui.samples.class_colours import class_color
from gui.samples.drawn import draw_badge, draw_curves, draw_picture, draw_words, picture_of
from gui.widgets.fonts import SIZE_MONO_SMALL, SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme
from gui.widgets.tokens import CARD_RADIUS, mix

PICTURE_CELL: Final = QSize(112, 134)
CURVE_CELL: Final = QSize(172, 132)
LINES_CELL: Final = QSize(232, 178)
TEXT_CELL: Final = QSize(210, 112)
FOOT: Final = 28
KEPT_BYTES: Final = 64_000_000
BUDGET_S: Final = 0.004
"""Seconds of a paint that may go into drawing cards for the first time."""

_Index = QModelIndex | QPersistentModelIndex
_Look = tuple[int, int, float, str, int, str, str]
"""Everything that a drawn card depends on besides the card: size, pixel ratio, theme, class, its name and colour."""


class SampleDelegate(QStyledItemDelegate):
    """Keeps the cards that it drew as pictures, so that scrolling over them costs next to nothing.

    `colors` and `classes` are those of the class target.
    """

    redraw_wanted = Signal()
    """Some cards were left for the next paint."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.colors: list[QColor] = []
        self.classes: list[str] = []
        self._spent_s = 0.0  # on new cards in the present paint; _on_turn sets it back
        self._left = False  # some were put off
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._on_turn)
        self._drawn: OrderedDict[int, tuple[SampleCard, _Look, QPixmap]] = OrderedDict()
        self._bytes = 0

    def set_classes(self, classes: list[str], colors: list[QColor]) -> None:
        """Names and colours of the classes."""
        self.classes, self.colors = classes, colors

    def _on_turn(self) -> None:
        """The paint is over; the next one may draw as many again."""
        self._spent_s = 0.0
        if self._left:
            self._left = False
            self.redraw_wanted.emit()

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect = QRectF(option.rect)
        state = option.state
        card = card_of(index)
        picture = self._card(card, option.rect.size(), painter.device().devicePixelRatioF(), index)
        if picture is not None:
            painter.drawPixmap(rect.topLeft(), picture)
        else:
            theme = current_theme()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mix(theme.panel, theme.raised, 0.6))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), CARD_RADIUS - 2, CARD_RADIUS - 2)
        self._draw_state(painter, rect, state, card is not None and bool(card.rgb or card.curve))

    def _draw_state(self, painter: QPainter, rect: QRectF, state: QStyle.StateFlag, drawn: bool) -> None:
        selected = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if not (selected or focused or hovered):
            return
        theme = current_theme()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("accent" if selected or focused else "edge"), 2 if selected else 1))
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), CARD_RADIUS - 2, CARD_RADIUS - 2)
        if focused:  # where the keyboard is, also among many that are selected
            painter.setPen(QPen(theme.color("text"), 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(rect.adjusted(3.5, 3.5, -3.5, -3.5), CARD_RADIUS - 4, CARD_RADIUS - 4)
        if selected:
            # Where it hides least: over a picture at its corner, under words beside the label.
            corner = QPointF(rect.right() - 14, rect.top() + 14 if drawn else rect.bottom() - FOOT / 2)
            draw_badge(painter, corner, "✓", theme.color("accent"), theme.color("on_accent"))
        painter.restore()

    def _card(self, card: SampleCard | None, size: QSize, ratio: float, index: _Index) -> QPixmap | None:
        """The card as a picture; a page of new ones is drawn over several paints, so that none holds the window up."""
        if card is None:
            return None
        class_index = int(index.data(ClassRole))
        name = self.classes[class_index] if 0 <= class_index < len(self.classes) else ""
        color = self._color(class_index).name() if class_index >= 0 else ""
        look = (size.width(), size.height(), ratio, current_theme().name, class_index, name, color)
        kept = self._drawn.get(card.index)
        if kept is not None and kept[0] is card and kept[1] == look:
            self._drawn.move_to_end(card.index)
            return kept[2]
        if self._spent_s > BUDGET_S:
            self._left = True
            return kept[2] if kept is not None and kept[0] is card and kept[1][:4] == look[:4] else None
        started = time.perf_counter()
        picture = self._drawn_card(card, size, ratio, class_index, name)
        self._keep(card, look, picture)
        self._spent_s += time.perf_counter() - started
        if not self._turn.isActive():
            self._turn.start()
        return picture

    def _keep(self, card: SampleCard, look: _Look, picture: QPixmap) -> None:
        before = self._drawn.pop(card.index, None)
        self._bytes += _size(picture) - (_size(before[2]) if before is not None else 0)
        self._drawn[card.index] = (card, look, picture)
        while self._bytes > KEPT_BYTES and len(self._drawn) > 1:
            self._bytes -= _size(self._drawn.popitem(last=False)[1][2])

    def _color(self, class_index: int) -> QColor:
        return self.colors[class_index] if class_index < len(self.colors) else class_color(class_index)

    def _drawn_card(self, card: SampleCard, size: QSize, ratio: float, class_index: int, name: str) -> QPixmap:
        theme = current_theme()
        cell = QPixmap(size * ratio)
        cell.setDevicePixelRatio(ratio)
        cell.fill(Qt.GlobalColor.transparent)
        rect = QRectF(0, 0, size.width(), size.height())
        outline = QPainterPath()
        outline.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), CARD_RADIUS - 2, CARD_RADIUS - 2)
        with QPainter(cell) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillPath(outline, theme.color("panel"))
            if not theme.dark:
                painter.setPen(QPen(theme.color("line"), 1))
                painter.drawPath(outline)
            room = QRectF(0, 0, rect.width(), rect.height() - FOOT)
            if card.problem:
                self._draw_problem(painter, rect, card)
            elif card.rgb:
                painter.save()
                painter.setClipPath(outline)
                painter.fillRect(room, theme.color("background"))
                image = picture_of(card, self.colors if card.mask else ())
                if image is not None:
                    draw_picture(painter, room, image)
                painter.restore()
            elif card.curve:
                draw_curves(painter, room.adjusted(10, 10, -10, -6), card.curve, card.channels)
            else:
                self._draw_lines(painter, rect, card)
            self._draw_foot(painter, rect, card, class_index, name)
        return cell

    def _draw_lines(self, painter: QPainter, rect: QRectF, card: SampleCard) -> None:
        theme = current_theme()
        painter.setFont(mono_font(SIZE_MONO_SMALL))
        metrics = painter.fontMetrics()
        step = metrics.height() + 3
        left, width = rect.left() + 10, rect.width() - 20
        room = max(1, int((rect.height() - FOOT - 14) // step))
        if len(card.lines) == 1:
            whole = QRectF(left, rect.top() + 9, width, rect.height() - FOOT - 12)
            draw_words(painter, whole, card.lines[0])
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

    def _draw_foot(self, painter: QPainter, rect: QRectF, card: SampleCard, class_index: int, name: str) -> None:
        theme = current_theme()
        foot = QRectF(rect.left(), rect.bottom() - FOOT, rect.width(), FOOT)
        left, right = foot.left() + 8, foot.right() - 8
        waits = class_index < 0 and bool(self.classes)
        if class_index >= 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._color(class_index))
            painter.drawEllipse(QPointF(left + 4, foot.center().y()), 4, 4)
            left += 14
        elif waits:
            painter.setPen(QPen(theme.color("faint"), 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(left + 4, foot.center().y()), 3.5, 3.5)
            left += 14
        if card.note and card.curve:
            painter.setFont(mono_font(SIZE_MONO_SMALL))
            width = painter.fontMetrics().horizontalAdvance(card.note)
            if width < (right - left) * 0.6:
                painter.setPen(theme.color("faint"))
                painter.drawText(QRectF(right - width, foot.top(), width + 2, FOOT), _MIDDLE, card.note)
                right -= width + 8
        painter.setFont(text_font(SIZE_SMALL))
        painter.setPen(theme.color("faint" if waits else "text"))
        file = card.name.rpartition("/")[2]
        said = name or ("unlabelled" if waits else "") or card.label or file or f"#{card.index}"
        words = painter.fontMetrics().elidedText(plain_text(said), Qt.TextElideMode.ElideRight, int(right - left))
        painter.drawText(QRectF(left, foot.top(), right - left, FOOT), _MIDDLE, words)


_MIDDLE: Final = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def _size(picture: QPixmap) -> int:
    return picture.width() * picture.height() * 4

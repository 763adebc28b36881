"""Answers for several inputs side by side: a small picture each where there is one, and the answer under it."""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.samples.drawn import draw_picture
from gui.widgets.fonts import SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS

_CELL: Final = QSize(104, 124)
_SIDE: Final = 76
_VALUE: Final = Qt.ItemDataRole.UserRole + 1
_PROBLEM: Final = Qt.ItemDataRole.UserRole + 2
_PICTURE: Final = Qt.ItemDataRole.UserRole + 3


class _Cell(QStyledItemDelegate):
    @guarded(fallback=lambda *_: _CELL)
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return _CELL

    @guarded
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = current_theme()
        rect = QRectF(option.rect).adjusted(2, 2, -2, -2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QPen(theme.color("accent" if selected or focused else "line"), 1))
        painter.setBrush(theme.color("raised" if selected else "field"))
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), CARD_RADIUS - 2, CARD_RADIUS - 2)
        room = QRectF(rect.left() + 4, rect.top() + 4, rect.width() - 8, _SIDE)
        picture = index.data(_PICTURE)
        problem = bool(index.data(_PROBLEM))
        if isinstance(picture, QImage):
            draw_picture(painter, room, picture)
        else:
            icon = QRectF(0, 0, 22, 22)
            icon.moveCenter(room.center())
            draw_icon(painter, "warning" if problem else "file", icon, theme.warn_text if problem else theme.faint)
        painter.setFont(text_font(SIZE_SMALL))
        painter.setPen(theme.color("warn_text" if problem else "text"))
        words = plain_text(index.data(Qt.ItemDataRole.DisplayRole) or "", 60)
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(rect.width() - 10))
        place = QRectF(rect.left() + 5, room.bottom() + 3, rect.width() - 10, 17)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), shown)
        painter.setFont(mono_font(11))
        painter.setPen(theme.color("dim"))
        painter.drawText(place.translated(0, 16), int(Qt.AlignmentFlag.AlignCenter), str(index.data(_VALUE) or ""))
        painter.restore()


class AnswerStrip(QListWidget):
    """`picked` carries the place of the one that the user wants to see large."""

    picked = Signal(int)

    def __init__(self, *, name: str, accessible: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setMovement(QListWidget.Movement.Static)
        self.setUniformItemSizes(True)
        self.setGridSize(_CELL)
        self.setSpacing(0)
        self.setItemDelegate(_Cell(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentRowChanged.connect(self._on_row)
        theme_notifier().changed.connect(self.viewport().update)
        self._quiet = False  # while it is filled

    def begin(self) -> None:
        """Show others."""
        self._quiet = True
        self.clear()
        self._quiet = False

    def add(
        self, words: str, value: str = "", *, problem: str = "", tooltip: str = "", picture: QImage | None = None
    ) -> None:
        """One more: the answer, its score, and why there is none."""
        self._quiet = True
        item = QListWidgetItem(words, self)
        item.setData(_VALUE, value)
        item.setData(_PROBLEM, problem)
        item.setData(_PICTURE, picture)
        item.setToolTip(tooltip_text("\n".join(part for part in (tooltip, problem) if part)))
        item.setData(
            Qt.ItemDataRole.AccessibleTextRole, plain_text(f"{tooltip}: {problem or f'{words} {value}'}".strip(": "))
        )
        self._quiet = False

    def set_picture(self, row: int, picture: QImage) -> None:
        """How an input looks."""
        item = self.item(row)
        if item is not None:
            self._quiet = True
            item.setData(_PICTURE, picture)
            self._quiet = False

    def pixmap(self, row: int) -> QPixmap | None:
        """How an input looks, where it is known."""
        item = self.item(row)
        picture = item.data(_PICTURE) if item is not None else None
        return QPixmap.fromImage(picture) if isinstance(picture, QImage) else None

    def _on_row(self, row: int) -> None:
        if not self._quiet and row >= 0:
            self.picked.emit(row)

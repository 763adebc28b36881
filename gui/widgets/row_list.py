"""A list whose rows have a coloured dot, a caption and a number in the mono face at the right."""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.widgets.fonts import SIZE_BODY, SIZE_MONO_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

DotRole: Final = Qt.ItemDataRole.UserRole + 101
"""Token of the theme, `#rrggbb` or QColor of the dot; missing for a row without one."""
ValueRole: Final = Qt.ItemDataRole.UserRole + 102
"""Text at the right, in the mono face."""
HeadingRole: Final = Qt.ItemDataRole.UserRole + 103
"""True for a row that is a heading of the rows below it."""
KeyRole: Final = Qt.ItemDataRole.UserRole + 104
"""What the row stands for, for the caller."""

ROW_HEIGHT: Final = 28
_HEADING_HEIGHT: Final = 30

_Index = QModelIndex | QPersistentModelIndex


class RowDelegate(QStyledItemDelegate):
    """Draws the rows of any list model that answers the roles above; all text is plain."""

    @guarded(fallback=lambda *_: QSize(120, ROW_HEIGHT))
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, _HEADING_HEIGHT if index.data(HeadingRole) else ROW_HEIGHT)

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = current_theme()
        rect = QRectF(option.rect)
        state = option.state
        caption = plain_text(index.data(Qt.ItemDataRole.DisplayRole) or "")
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(HeadingRole):
            font = text_font(11)
            font.setWeight(font.Weight.Medium)
            font.setLetterSpacing(font.SpacingType.AbsoluteSpacing, 0.6)
            painter.setFont(font)
            painter.setPen(theme.color("faint"))
            painter.drawText(
                rect.adjusted(0, 0, 0, -6),
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom,
                caption.upper(),
            )
            painter.restore()
            return
        enabled = bool(state & QStyle.StateFlag.State_Enabled)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver) and enabled
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised") if selected else mix(theme.panel, theme.raised, 0.6))
            painter.drawRoundedRect(rect.adjusted(0, 0.5, 0, -0.5), 5, 5)
        by_keyboard = QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_KeyboardFocusChange
        if state & by_keyboard == by_keyboard:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        left = rect.left() + 6
        dot = index.data(DotRole)
        if dot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_color(dot))
            painter.drawEllipse(QPointF(left + 4, rect.center().y()), 4, 4)
            left += 16
        value = plain_text(index.data(ValueRole) or "", 24)
        right = rect.right() - 6
        if value:
            painter.setFont(mono_font(SIZE_MONO_SMALL))
            width = painter.fontMetrics().horizontalAdvance(value)
            painter.setPen(theme.color("faint"))
            painter.drawText(QRectF(right - width, rect.top(), width + 1, rect.height()), _MIDDLE, value)
            right -= width + 8
        painter.setFont(text_font(SIZE_BODY))
        painter.setPen(theme.color("text" if enabled else "faint"))
        room = max(0.0, right - left)
        shown = painter.fontMetrics().elidedText(caption, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(left, rect.top(), room, rect.height()), _MIDDLE, shown)
        painter.restore()


_MIDDLE: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def dress_list(view: QListView) -> None:
    """Give a list view the rows of this module."""
    view.setItemDelegate(RowDelegate(view))
    view.setMouseTracking(True)
    view.setUniformItemSizes(False)
    view.setFrameShape(QListView.Shape.NoFrame)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    theme_notifier().changed.connect(view.viewport().update)


class RowList(QListWidget):
    """A short list of such rows; with `grows` it is as high as its rows, for a side panel that scrolls as a whole."""

    def __init__(
        self, *, name: str = "", accessible: str = "", grows: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._grows = grows
        if name:
            self.setObjectName(name)
        self.setAccessibleName(accessible)
        dress_list(self)
        if grows:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizeAdjustPolicy(QAbstractItemView.SizeAdjustPolicy.AdjustIgnored)

    def add_row(
        self, caption: str, value: str = "", *, dot: str | QColor = "", key: object = None, tooltip: str = ""
    ) -> QListWidgetItem:
        """Append a row."""
        item = QListWidgetItem(self)
        self.set_row(item, caption, value, dot=dot, key=key, tooltip=tooltip)
        self.updateGeometry()
        return item

    def set_row(
        self,
        item: QListWidgetItem,
        caption: str,
        value: str = "",
        *,
        dot: str | QColor = "",
        key: object = None,
        tooltip: str = "",
    ) -> None:
        """Change what a row shows."""
        item.setText(caption)
        item.setData(ValueRole, value)
        item.setData(DotRole, dot)
        item.setData(KeyRole, key)
        item.setToolTip(tooltip_text(tooltip))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, plain_text(f"{caption} {value}".strip()))

    def add_heading(self, caption: str) -> None:
        """Append a heading, which cannot be selected."""
        item = QListWidgetItem(caption, self)
        item.setData(HeadingRole, True)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.updateGeometry()

    def keys(self) -> list[object]:
        """The keys of the rows, in order."""
        return [self.item(row).data(KeyRole) for row in range(self.count())]

    def current_key(self) -> object:
        """The key of the current row, None without one."""
        item = self.currentItem()
        return item.data(KeyRole) if item is not None else None

    def select_key(self, key: object) -> bool:
        """Make the row with this key the current one; False when there is none."""
        for row in range(self.count()):
            if self.item(row).data(KeyRole) == key:
                self.setCurrentRow(row)
                return True
        return False

    @guarded(fallback=QListWidget.sizeHint)
    def sizeHint(self) -> QSize:
        if not self._grows:
            return super().sizeHint()
        height = sum(self.sizeHintForRow(row) for row in range(self.count()))
        return QSize(160, max(height, 4))

    @guarded(fallback=QListWidget.minimumSizeHint)
    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height()) if self._grows else super().minimumSizeHint()


def _color(dot: object) -> QColor:
    if isinstance(dot, QColor):
        return dot
    text = str(dot)
    return QColor(text) if text.startswith("#") else current_theme().color(text)

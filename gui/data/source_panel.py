"""The left side: where the data comes from, which part of it is shown, and the classes with their counts."""

from pathlib import PurePath
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QListWidgetItem, QMenu, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.document.data_spec import Source
from engine.protocol.messages import DataDescribed
from gui.widgets.bar import draw_bar
from gui.widgets.button import Button
from gui.widgets.fonts import SIZE_BODY, SIZE_MONO, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.row_list import KeyRole, RowList, ValueRole
from gui.widgets.side_panel import SidePanel
from gui.widgets.theme import current_theme
from gui.widgets.tokens import mix

SHOWN: Final = (("", "All"), ("train", "Training"), ("val", "Validation"), ("test", "Test"), ("left_out", "Unreadable"))
_FRACTION_ROLE: Final = Qt.ItemDataRole.UserRole + 120
_ROW: Final = 34
_CLASSES_SHOWN: Final = 2000
_Index = QModelIndex | QPersistentModelIndex


class _ClassDelegate(QStyledItemDelegate):
    """Name, count, and a bar as long as the count."""

    @guarded(fallback=lambda *_: QSize(120, _ROW))
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, _ROW)

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = current_theme()
        rect = QRectF(option.rect)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised") if selected else mix(theme.panel, theme.raised, 0.6))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 5, 5)
        by_keyboard = QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_KeyboardFocusChange
        if state & by_keyboard == by_keyboard:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(0.5, 1.5, -0.5, -1.5), 5, 5)
        words = rect.adjusted(6, 4, -6, -14)
        value = str(index.data(ValueRole) or "")
        painter.setFont(mono_font(SIZE_MONO))
        width = painter.fontMetrics().horizontalAdvance(value)
        painter.setPen(theme.color("faint"))
        painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        painter.setFont(text_font(SIZE_BODY))
        painter.setPen(theme.color("text"))
        name = plain_text(index.data(Qt.ItemDataRole.DisplayRole) or "")
        name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(words.width() - width - 8))
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        bar = QRectF(rect.left() + 6, rect.bottom() - 10, rect.width() - 12, 6)
        draw_bar(painter, bar, float(index.data(_FRACTION_ROLE) or 0.0), "family.data")
        if selected:  # the track has the colour of the selection; a rim keeps its end visible
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(bar, 3, 3)
        painter.restore()


class SourcePanel(SidePanel):
    """Passes on what is picked."""

    shown_picked = Signal(str)
    """A key of SHOWN."""
    class_picked = Signal(int)
    """Index of a class, -1 for all of them."""
    chooser_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__("left", accessible="Sources and classes")
        self.add_section("Sources")
        self.sources = RowList(name="data.sources", accessible="Sources")
        self.sources.setSelectionMode(RowList.SelectionMode.NoSelection)
        self.add(self.sources)
        menu = QMenu(self)
        menu.addAction("A folder…", lambda: self.chooser_requested.emit("folder"))
        menu.addAction("A table, archive or text…", lambda: self.chooser_requested.emit("file"))
        self.other = Button(
            "Use other data", role="link", name="data.other", tooltip="Replaces the data of this project; can be undone"
        )
        self.other.clicked.connect(lambda: menu.popup(self.other.mapToGlobal(self.other.rect().bottomLeft())))
        self.add(self.other)
        self.add_section("Show")
        self.shown = RowList(name="data.show", accessible="Show")
        for key, caption in SHOWN:
            self.shown.add_row(caption, key=key)
        self.shown.setCurrentRow(0)
        self.shown.currentRowChanged.connect(self._on_shown_changed)
        self.add(self.shown)
        self._classes_heading = self.add_section("Classes")
        self.classes = RowList(name="data.classes", accessible="Classes")
        self.classes.setItemDelegate(_ClassDelegate(self.classes))
        self.classes.itemClicked.connect(self._on_class_clicked)
        self.classes.itemActivated.connect(self._on_class_clicked)
        self._class_index = -1
        self.add(self.classes)
        self.finish()

    def show_sources(self, sources: tuple[Source, ...], samples: int) -> None:
        """List where the data comes from."""
        self.sources.clear()
        for source in sources:
            name = PurePath(source.path.removeprefix("resource:")).name or source.path
            count = f"{samples:,}" if samples and len(sources) == 1 else ""
            self.sources.add_row(name, count, dot="family.data", tooltip=source.path)
        self.sources.updateGeometry()

    def show_description(self, description: DataDescribed | None) -> None:
        """Counts and classes."""
        counts = description.counts if description is not None else None
        values = {
            "": description.samples if description is not None else 0,
            "train": counts.train if counts is not None else 0,
            "val": counts.val if counts is not None else 0,
            "test": counts.test if counts is not None else 0,
            "left_out": description.left_out_count if description is not None else 0,
        }
        for row, (key, caption) in enumerate(SHOWN):
            self.shown.set_row(self.shown.item(row), caption, f"{values[key]:,}", key=key)
        self.classes.clear()
        self._class_index = -1
        classes = description.classes if description is not None else []
        class_counts = description.class_counts if description is not None else []
        largest = max(class_counts, default=0) or 1
        for index, (name, count) in enumerate(zip(classes, class_counts, strict=False)):
            if index == _CLASSES_SHOWN:
                break
            item = self.classes.add_row(name, f"{count:,}", key=index, tooltip=name)
            item.setData(_FRACTION_ROLE, count / largest)
        self._classes_heading.set_text(f"Classes · {len(classes):,}" if len(classes) > 1 else "Classes")
        self._classes_heading.setVisible(bool(classes))
        self.classes.setVisible(bool(classes))

    def show_all(self) -> None:
        """Back to everything."""
        self.classes.clearSelection()
        self._class_index = -1
        self.shown.setCurrentRow(0)

    def _on_shown_changed(self, row: int) -> None:
        if row >= 0:
            self.shown_picked.emit(str(self.shown.item(row).data(KeyRole)))

    def _on_class_clicked(self, item: QListWidgetItem) -> None:
        """A second click on a class shows all of them again."""
        index = int(item.data(KeyRole))
        self._class_index = -1 if index == self._class_index else index
        if self._class_index < 0:
            self.classes.clearSelection()
            self.classes.setCurrentRow(-1)
        self.class_picked.emit(self._class_index)

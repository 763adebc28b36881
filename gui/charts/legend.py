"""The names of the curves under a chart; each is a button that hides and shows its curve."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui.charts.series_style import SeriesStyle
from gui.charts.swatch import WIDTH, draw_swatch
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.fonts import SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, set_tooltip
from gui.widgets.theme import current_theme, theme_notifier

_LONGEST = 180


class LegendEntry(QAbstractButton):
    """Checked while its curve shows."""

    def __init__(self, name: str, style: SeriesStyle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._style = style
        self._name = plain_text(name, 80)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFont(text_font(SIZE_SMALL))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"Show {self._name}")
        set_tooltip(self, f"Hide or show {self._name}")
        theme_notifier().changed.connect(self.update)

    @guarded(fallback=lambda _self: QSize(80, 20))
    def sizeHint(self) -> QSize:
        return QSize(min(_LONGEST, self.fontMetrics().horizontalAdvance(self._name)) + WIDTH + 18, 20)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(self.rect())
            if self.underMouse() or self.hasFocus():
                painter.setPen(theme.color("accent") if self.hasFocus() else Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("raised"))
                painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            shown = self.isChecked()
            draw_swatch(painter, QRectF(6, 0, WIDTH, rect.height()), self._style, dim=not shown)
            font = text_font(SIZE_SMALL)
            font.setStrikeOut(not shown)
            painter.setFont(font)
            painter.setPen(theme.color("dim" if shown else "faint"))
            room = rect.adjusted(WIDTH + 12, 0, -4, 0)
            words = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, int(room.width()) + 1)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)


class Legend(QWidget):
    """`toggled` carries the key of a curve and whether it shows."""

    toggled = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = FlowLayout(self, gap=2)
        self._entries: dict[str, LegendEntry] = {}
        self._wanted = True
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def add(self, key: str, name: str, style: SeriesStyle, *, shown: bool = True) -> None:
        """Add an entry."""
        entry = LegendEntry(name, style)
        entry.setChecked(shown)
        entry.toggled.connect(lambda on, key=key: self.toggled.emit(key, on))
        self._entries[key] = entry
        self._flow.addWidget(entry)
        self.setVisible(self._wanted)
        self.updateGeometry()

    def remove(self, key: str) -> None:
        """Remove an entry; an unknown key is passed over."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._flow.removeWidget(entry)
            entry.hide()  # it is deleted later, and would be seen until then
            entry.deleteLater()
            self.setVisible(self._wanted and bool(self._entries))
            self.updateGeometry()

    def set_wanted(self, wanted: bool) -> None:
        """Whether the names are to be seen at all."""
        self._wanted = wanted
        self.setVisible(wanted and bool(self._entries))

    def entry(self, key: str) -> LegendEntry:
        """The button of a curve. Raises KeyError."""
        return self._entries[key]

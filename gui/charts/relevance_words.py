"""A text whose words are shaded with what they count for, and marked with a line: full for, dotted against."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.relevance import AGAINST, FOR, Part, signed_text, strongest, tint
from gui.widgets.fonts import text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_SIZE: Final = 16
_LARGE: Final = 26
_SHORT: Final = 24
"""Characters up to which a text, such as a name, is written large."""
_LEADING: Final = 12.0
_LONGEST: Final = 20_000
_WEAK: Final = 0.08
"""Share of the strongest below which a part gets no line."""


class RelevanceWords(QWidget):
    """As high as its text needs at its width. What the network has no number for is italic."""

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._text = ""
        self._parts: tuple[Part, ...] = ()
        self._scale = 1.0
        self._opacity = 1.0
        self._layout: QTextLayout | None = None
        self._laid_out = 0
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Words and what they count for")
        theme_notifier().changed.connect(self._on_theme_changed)

    def set_words(self, text: str, parts: Sequence[Part], *, scale: float = 0.0) -> None:
        """Show a text; line breaks stay. `scale` is the relevance that is shaded in full (0: its own strongest)."""
        self._text = text[:_LONGEST].replace("\r", " ").replace("\n", "\u2028").replace("\t", " ")
        self._parts = tuple(part for part in parts if part.end <= len(self._text))
        self._scale = scale or strongest([part.relevance for part in self._parts]) or 1.0
        ordered = sorted(self._parts, key=lambda part: -abs(part.relevance))[:20]
        told = (f"{self._text[part.start : part.end].strip()} {signed_text(part.relevance)}" for part in ordered)
        self.setAccessibleDescription(", ".join(told))
        self._layout = None
        self._fit()
        self.update()

    def set_opacity(self, opacity: float) -> None:
        """How strong the shading is, 0 to 1."""
        self._opacity = opacity
        self._layout = None
        self.update()

    def parts(self) -> tuple[Part, ...]:
        """What is shaded."""
        return self._parts

    @guarded(fallback=False)
    def hasHeightForWidth(self) -> bool:
        return True

    @guarded(fallback=60)
    def heightForWidth(self, width: int) -> int:
        return self._height(width)

    @guarded(fallback=lambda _self: QSize(320, 60))
    def sizeHint(self) -> QSize:
        return QSize(320, self._height(max(200, self.width())))

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(self._height(max(120, self.width())))

    def _height(self, width: int) -> int:
        layout = self._laid(width)
        last = layout.lineAt(layout.lineCount() - 1) if layout.lineCount() else None
        return int(last.y() + last.height() + _LEADING) if last is not None else 40

    def _laid(self, width: int) -> QTextLayout:
        if self._layout is not None and self._laid_out == width:
            return self._layout
        layout = QTextLayout(self._text, text_font(_LARGE if len(self._text) <= _SHORT else _SIZE))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.setFormats([self._format(part) for part in self._parts])
        layout.beginLayout()
        top = 0.0
        while True:
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(max(40, width))
            line.setPosition(QPointF(0, top))
            top += line.height() + _LEADING
        layout.endLayout()
        self._layout, self._laid_out = layout, width
        return layout

    def _format(self, part: Part) -> QTextLayout.FormatRange:
        found = QTextLayout.FormatRange()
        found.start, found.length = part.start, part.end - part.start
        style = QTextCharFormat()
        color = tint(part.relevance, self._scale)
        color.setAlphaF(color.alphaF() * 0.8 * self._opacity)
        style.setBackground(color)
        if not part.known:
            style.setFontItalic(True)
        found.format = style
        return found

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setPen(current_theme().color("text"))
            layout = self._laid(self.width())
            layout.draw(painter, QPointF(0, 0))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for part in self._parts:
                if abs(part.relevance) < _WEAK * self._scale:
                    continue
                self._underline(painter, layout, part)

    def _underline(self, painter: QPainter, layout: QTextLayout, part: Part) -> None:
        favour = part.relevance > 0
        pen = QPen(QColor(FOR if favour else AGAINST), 2)
        if not favour:
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        start, end = part.start, part.end
        while start < end and self._text[start] == " ":
            start += 1
        while start < end:
            line = layout.lineForTextPosition(start)
            stop = min(end, line.textStart() + line.textLength())
            left, right = _x(line.cursorToX(start)), _x(line.cursorToX(stop))
            y = line.y() + line.height() + 2
            painter.drawLine(QPointF(left, y), QPointF(max(left + 2, right - 1), y))
            if stop <= start:
                break
            start = stop

    def part_at(self, point: QPointF) -> Part | None:
        """The part under a point."""
        layout = self._laid(self.width())
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            if line.y() <= point.y() <= line.y() + line.height() + _LEADING:
                place = int(line.xToCursor(point.x() - 3))
                return next((part for part in self._parts if part.start <= place < part.end), None)
        return None

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            part = self.part_at(QPointF(event.pos()))
            if part is not None:
                rest = "" if part.known else "\nNot among the words it learned; all such words look alike to it."
                words = f"{self._text[part.start : part.end].strip()}\nCounts {signed_text(part.relevance)}{rest}"
                QToolTip.showText(event.globalPos(), tooltip_text(words), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _on_theme_changed(self) -> None:
        self._layout = None
        self.update()


def _x(found: object) -> float:
    """`cursorToX` gives the place alone or with the cursor, by binding."""
    return float(found[0]) if isinstance(found, tuple) else float(found)  # type: ignore[arg-type]

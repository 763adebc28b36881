"""The classes with their keys: labels what is selected by a click or by 1 to 9."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from gui.widgets.button import Button
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.fonts import SIZE_BODY, SIZE_MONO_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

KEYS: Final = 9
_DIGITS: Final = "0123456789"
MOST_CHIPS: Final = 24
_HEIGHT: Final = 28
_WIDEST: Final = 170


def keys_of(classes: Sequence[str]) -> list[str]:
    """The key of each class, "" for none: its own name where the classes are digits, else 1 to 9."""
    if classes and all(len(name) == 1 and name in _DIGITS for name in classes):
        return list(classes)
    return [str(index + 1) if index < KEYS else "" for index in range(len(classes))]


class ClassChip(QAbstractButton):
    """A class: its key, its colour and its name."""

    def __init__(self, key: str, name: str, color: QColor) -> None:
        super().__init__()
        self._key, self._name, self._color = key, plain_text(name, 60), color
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Label {self._name}" + (f", key {key}" if key else ""))
        self.setToolTip(tooltip_text(f"Give what is selected the class {self._name}"))
        self._font, self._mono = text_font(SIZE_BODY), mono_font(SIZE_MONO_SMALL, QFont.Weight.Medium)
        theme_notifier().changed.connect(self.update)

    def set_lit(self, lit: bool) -> None:
        """Show that the sample looked at has this class."""
        self.setProperty("lit", lit)
        self.update()

    @guarded(fallback=lambda _self: QSize(80, _HEIGHT))
    def sizeHint(self) -> QSize:
        self.setFont(self._font)
        width = self.fontMetrics().horizontalAdvance(self._name) + (48 if self._key else 30)
        return QSize(min(width, _WIDEST), _HEIGHT)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            lit = bool(self.property("lit"))
            border = "accent" if self.hasFocus() or lit else "line"
            painter.setPen(QPen(theme.color(border), 1.5 if lit else 1))
            fill = theme.hover if self.underMouse() else theme.raised
            painter.setBrush(mix(theme.raised, theme.accent, 0.22) if lit or self.isDown() else QColor(fill))
            painter.drawRoundedRect(rect, 7, 7)
            left = rect.left() + 8
            if self._key:
                painter.setFont(self._mono)
                painter.setPen(theme.color("dim"))
                painter.drawText(QRectF(left, rect.top(), 12, rect.height()), Qt.AlignmentFlag.AlignVCenter, self._key)
                left += 16
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._color)
            painter.drawEllipse(QPointF(left + 4, rect.center().y()), 4, 4)
            left += 14
            painter.setPen(theme.color("text"))
            painter.setFont(self._font)
            room = rect.right() - left - 6
            words = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, int(room))
            painter.drawText(QRectF(left, rect.top(), room + 4, rect.height()), Qt.AlignmentFlag.AlignVCenter, words)


class _NameEditor(QLineEdit):
    """Return takes the name, Escape gives up."""

    given_up = Signal()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)


class LabelBar(QWidget):
    """`class_chosen` carries a class, or "" for the pool."""

    class_chosen = Signal(str)
    class_wanted = Signal(str)
    """A new class of this name, for what is selected."""
    exclude_wanted = Signal()
    next_wanted = Signal()
    """The next sample that has no label."""
    done = Signal()
    """The name of a new class was given, or given up: the samples may have the focus again."""

    def __init__(self, name: str = "data.labels") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Labels")
        self._classes: list[str] = []
        self._colors: list[QColor] = []
        self.chips: list[ClassChip] = []
        self._room = QWidget()
        self._flow = FlowLayout(self._room, gap=6)
        self.new = Button("New class", small=True, icon="plus", tooltip="N: a new class for what is selected")
        self.new.clicked.connect(self.ask_for_class)
        self.unlabel = Button("No label", small=True, tooltip="U: take the label off; the samples wait in the pool")
        self.unlabel.clicked.connect(lambda: self.class_chosen.emit(""))
        self.leave_out = Button(
            "Leave out", small=True, tooltip="Backspace: nobody uses these samples; undo brings them back"
        )
        self.leave_out.clicked.connect(self.exclude_wanted)
        self.next = Button(
            "Next unlabelled", small=True, icon="arrow-right", tooltip="Tab through what has no label: key J"
        )
        self.next.clicked.connect(self.next_wanted)
        self.editor = _NameEditor()
        self.editor.setObjectName("data.labels.new")
        self.editor.setPlaceholderText("Name of the new class")
        self.editor.setAccessibleName("Name of the new class")
        self.editor.setProperty("density", "compact")
        self.editor.setMaxLength(200)
        self.editor.setMaximumWidth(220)
        self.editor.returnPressed.connect(self._on_named)
        self.editor.given_up.connect(self._on_given_up)
        self.editor.hide()
        self._hint = Text("", role="small", tone="faint", wrap=True)
        self._hint.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for widget in (self.new, self.editor, self.unlabel, self.leave_out, self.next):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._room)
        column.addLayout(buttons)
        column.addWidget(self._hint)

    def show_classes(self, classes: list[str], colors: list[QColor]) -> None:
        """The classes that can be given; the first nine have keys."""
        if classes == self._classes and [c.name() for c in colors] == [c.name() for c in self._colors]:
            return
        self._classes, self._colors = list(classes), list(colors)
        while (item := self._flow.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.chips = []
        keys = keys_of(classes)
        for index, name in enumerate(classes[:MOST_CHIPS]):
            chip = ClassChip(keys[index], name, colors[index])
            chip.clicked.connect(lambda _checked=False, name=name: self.class_chosen.emit(name))
            self._flow.addWidget(chip)
            self.chips.append(chip)
        more = len(classes) - len(self.chips)
        self._hint.set_text(f"{more:,} more classes: pick them from the menu of a sample." if more else "")
        self._hint.setVisible(bool(more))
        self._room.setVisible(bool(classes))
        self.updateGeometry()

    def show_class(self, index: int) -> None:
        """Light the class that the current sample has."""
        for number, chip in enumerate(self.chips):
            chip.set_lit(number == index)

    def set_blocked(self, reason: str) -> None:
        """Say why nothing can be labelled; "" when it can."""
        for button in (self.new, self.unlabel, self.leave_out):
            button.set_blocked(reason)

    def ask_for_class(self) -> None:
        """Let the user write the name of a new class."""
        self.editor.clear()
        self.editor.show()
        self.new.hide()
        self.editor.setFocus()

    def _on_named(self) -> None:
        name = self.editor.text().strip()
        self._on_given_up()
        if name:
            self.class_wanted.emit(name)

    def _on_given_up(self) -> None:
        self.editor.hide()
        self.new.show()
        self.done.emit()

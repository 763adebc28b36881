"""One problem in words, with the repairs to click under it."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.checks.problem import Problem, Repair, Severity
from gui.widgets.button import Button
from gui.widgets.guarded import guarded
from gui.widgets.icons import icon_pixmap
from gui.widgets.plain_text import button_text
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix


class ProblemRow(QWidget):
    """A click, or Enter, goes to the node; each repair is a button."""

    jumped = Signal(str)
    """Node id."""
    repair_chosen = Signal(object)
    """Repair."""
    repair_pointed = Signal(object)
    """Repair under the pointer or with the focus, to be shown before it is chosen; None when there is none any more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problem: Problem | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 7, 8, 8)
        row.setSpacing(8)
        self._icon = QLabel()
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(4)
        self._text = Text("", wrap=True)
        self._repairs = QWidget()
        self._buttons = QVBoxLayout(self._repairs)
        self._buttons.setContentsMargins(0, 2, 0, 0)
        self._buttons.setSpacing(4)
        words.addWidget(self._text)
        words.addWidget(self._repairs)
        row.addLayout(words, 1)
        theme_notifier().changed.connect(self._tint)

    @property
    def problem(self) -> Problem | None:
        """What is shown."""
        return self._problem

    def show_problem(self, problem: Problem) -> None:
        """Show another one; the same one changes nothing, so that the focus stays."""
        if problem == self._problem:
            return
        self._problem = problem
        self._text.set_text(problem.message)
        kind = "Error" if problem.severity is Severity.ERROR else "Warning"
        self.setAccessibleName(f"{kind}: {problem.message}")
        self.setCursor(Qt.CursorShape.PointingHandCursor if problem.node else Qt.CursorShape.ArrowCursor)
        while (item := self._buttons.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for number, repair in enumerate(problem.repairs):
            self._buttons.addWidget(self._button(repair, number), 0, Qt.AlignmentFlag.AlignLeft)
        self._repairs.setVisible(bool(problem.repairs))
        self._tint()

    def buttons(self) -> list[Button]:
        """The repairs on offer."""
        found = [self._buttons.itemAt(number) for number in range(self._buttons.count())]
        widgets = [item.widget() for item in found if item is not None]
        return [widget for widget in widgets if isinstance(widget, Button)]

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._jump()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._jump()
        else:
            super().keyPressEvent(event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        error = self._problem is None or self._problem.severity is Severity.ERROR
        tone = theme.color("error" if error else "warn")
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            edge = theme.color("accent") if self.hasFocus() else mix(theme.panel, tone, 0.32)
            painter.setPen(QPen(edge, 1))
            painter.setBrush(mix(theme.panel, tone, 0.1 if self.underMouse() else 0.06))
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)

    def _button(self, repair: Repair, number: int) -> Button:
        button = _RepairButton(repair.title, name=f"repair.{number}")
        button.clicked.connect(lambda: self.repair_chosen.emit(repair))
        button.pointed.connect(lambda on: self.repair_pointed.emit(repair if on else None))
        return button

    def _jump(self) -> None:
        if self._problem is not None and self._problem.node:
            self.jumped.emit(self._problem.node)

    def _tint(self) -> None:
        error = self._problem is None or self._problem.severity is Severity.ERROR
        name, token = ("error", "error_text") if error else ("warning", "warn_text")
        self._icon.setPixmap(icon_pixmap(name, token, 16, self.devicePixelRatioF()))
        self.update()


class _RepairButton(Button):
    """A small button that shortens its words rather than widen the panel, and says when it is pointed at."""

    pointed = Signal(bool)

    def __init__(self, words: str, *, name: str) -> None:
        super().__init__(words, small=True, name=name, tooltip=f"{words}\nCan be undone.")
        self._words = words
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    @guarded
    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit(True)

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(self.hasFocus())

    @guarded
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.pointed.emit(True)

    @guarded
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.pointed.emit(self.underMouse())

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.pointed.emit(False)

    @guarded(fallback=QSize)
    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())

    @guarded(fallback=QSize)
    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self._words) + 22, hint.height())

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        shown = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, self.width() - 18)
        self.setText(button_text(shown))

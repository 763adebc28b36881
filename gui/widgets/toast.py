"""A short word at the foot of the window that goes away by itself, with at most one thing to do."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from gui.widgets.button import Button
from gui.widgets.guarded import guarded
from gui.widgets.text import Text

SHOWN_MS = 6000


class Toast(QFrame):
    """One per window; a new word replaces the last. It stays while the pointer is on it, and never takes the focus."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self.setProperty("role", "floating")
        self.setObjectName("toast")
        self._action: Callable[[], None] | None = None
        self._text = Text("")
        self._button = Button("", role="link")
        self._button.clicked.connect(self._on_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(12)
        row.addWidget(self._text)
        row.addWidget(self._button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def say(self, text: str, action: str = "", do: Callable[[], None] | None = None, shown_ms: int = SHOWN_MS) -> None:
        """Show `text`; with `action`, a link that calls `do` and closes the word."""
        self._text.set_text(text)
        self.setAccessibleName(self._text.whole_text())
        self._button.set_text(action)
        self._button.setVisible(bool(action))
        self._action = do
        self.adjustSize()
        self._place()
        self.raise_()
        self.show()
        self._timer.start(shown_ms)

    def text(self) -> str:
        """The word shown last."""
        return self._text.whole_text()

    @guarded
    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start(SHOWN_MS // 2)

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        parent = self._window
        self.resize(min(self.sizeHint().width(), parent.width() - 32), self.sizeHint().height())
        self.move((parent.width() - self.width()) // 2, parent.height() - self.height() - 44)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)

    def _on_clicked(self) -> None:
        self.hide()
        if self._action is not None:
            self._action()

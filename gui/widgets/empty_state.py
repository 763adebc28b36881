"""What a panel shows when it has nothing to show: an icon, a sentence, a hint, and buttons that help."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.widgets.button import Button
from gui.widgets.icons import icon_pixmap
from gui.widgets.text import Text
from gui.widgets.theme import theme_notifier


class EmptyState(QWidget):
    """Centered in whatever room it is given."""

    def __init__(
        self,
        icon: str,
        sentence: str,
        hint: str = "",
        buttons: Sequence[Button] = (),
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon
        self._icon = Text()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._sentence = Text(sentence, role="heading", wrap=True)
        self._hint = Text(hint, tone="dim", wrap=True)
        for label in (self._sentence, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setMaximumWidth(460)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(self._icon)
        column.addSpacing(4)
        for label in (self._sentence, self._hint):
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(label, 100)
            row.addStretch(1)
            column.addLayout(row)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addStretch(1)
        for button in buttons:
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
        column.addSpacing(8)
        column.addLayout(self._buttons)
        column.addStretch(3)
        self._hint.setVisible(bool(hint))
        theme_notifier().changed.connect(self._tint)
        self._tint()

    def set_words(self, sentence: str, hint: str = "", icon: str = "") -> None:
        """Say something else."""
        self._sentence.set_text(sentence)
        self._hint.set_text(hint)
        self._hint.setVisible(bool(hint))
        if icon:
            self._icon_name = icon
            self._tint()

    def sentence(self) -> str:
        """The sentence shown."""
        return self._sentence.whole_text()

    def hint(self) -> str:
        """The hint shown."""
        return self._hint.whole_text()

    def _tint(self) -> None:
        self._icon.setPixmap(icon_pixmap(self._icon_name, "faint", 32, self.devicePixelRatioF()))

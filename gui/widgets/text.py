"""A label that shows any text literally and, on request, cuts it at its width instead of pushing its neighbours."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_lines, plain_text, tooltip_text
from gui.widgets.stylesheet import set_role


class Text(QLabel):
    """Plain text with a role and a tone of the stylesheet; `elide` or `wrap` for what does not fit."""

    def __init__(
        self,
        text: str = "",
        *,
        role: str = "",
        tone: str = "",
        wrap: bool = False,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideNone,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._whole = ""
        self._elide = elide
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)
        elif elide is not Qt.TextElideMode.ElideNone:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        set_role(self, role=role or None, tone=tone or None)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show `text`; line breaks stay where the label wraps."""
        shown = plain_lines(text) if self.wordWrap() else plain_text(text)
        if shown == self._whole and self.text():
            return
        self._whole = shown
        self._fit()
        self.updateGeometry()

    def whole_text(self) -> str:
        """The text before any cut."""
        return self._whole

    def set_tone(self, tone: str) -> None:
        """Colour the text: text, dim, faint, ok, warn, error, link."""
        set_role(self, tone=tone)

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @guarded(fallback=QLabel.sizeHint)
    def sizeHint(self) -> QSize:
        if self._elide is Qt.TextElideMode.ElideNone:
            return super().sizeHint()
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._whole) + 2, metrics.height())

    @guarded(fallback=QLabel.minimumSizeHint)
    def minimumSizeHint(self) -> QSize:
        if self._elide is Qt.TextElideMode.ElideNone:
            return super().minimumSizeHint()
        return QSize(min(24, self.sizeHint().width()), self.fontMetrics().height())

    def _fit(self) -> None:
        if self._elide is Qt.TextElideMode.ElideNone:
            super().setText(self._whole)
            return
        shown = self.fontMetrics().elidedText(self._whole, self._elide, max(self.width(), 1))
        super().setText(shown)
        self.setToolTip("" if shown == self._whole else tooltip_text(self._whole))

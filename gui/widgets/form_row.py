"""One line of a form: caption at the left, editor at the right, and under it a hint or what is wrong."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from gui.widgets.plain_text import set_tooltip
from gui.widgets.stylesheet import refresh_style
from gui.widgets.text import Text


class FormRow(QWidget):
    """`caption_width` lines the editors of a form up under each other."""

    def __init__(
        self,
        caption: str,
        editor: QWidget,
        *,
        help: str = "",
        caption_width: int = 88,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        self.caption = Text(caption, role="form", elide=Qt.TextElideMode.ElideRight)
        self.caption.setFixedWidth(caption_width)
        self.caption.setBuddy(editor)
        self.editor = editor
        self._below = Text("", role="small", wrap=True)
        self._below.hide()
        grid.addWidget(self.caption, 0, 0)
        grid.addWidget(editor, 0, 1)
        grid.addWidget(self._below, 1, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        self._grid = grid
        self.aside: QWidget | None = None
        """What stands at the right of the editor."""
        editor.setAccessibleName(caption)
        if help:
            set_tooltip(self.caption, help)
            set_tooltip(editor, help)
            editor.setAccessibleDescription(help)

    def set_problem(self, text: str) -> None:
        """Say under the editor what is wrong; empty takes it back."""
        self._say(text, "error")
        self.editor.setProperty("problem", "true" if text else "false")
        refresh_style(self.editor)

    def set_hint(self, text: str) -> None:
        """Say something helpful under the editor; empty takes it back."""
        self._say(text, "dim")

    def set_aside(self, widget: QWidget) -> None:
        """Put something small at the right of the editor."""
        self.aside = widget
        self._grid.addWidget(widget, 0, 2)

    def below(self) -> str:
        """The hint or problem shown, empty for none."""
        return self._below.whole_text() if not self._below.isHidden() else ""

    def _say(self, text: str, tone: str) -> None:
        self._below.set_text(text)
        self._below.set_tone(tone)
        self._below.setVisible(bool(text))

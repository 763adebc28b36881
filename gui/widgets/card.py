"""The rounded panel most things stand in: a title, a note at its right, and a body."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.widgets.text import Text


class Card(QFrame):
    """Put content into `body`, small controls into the header with `add_to_header`."""

    def __init__(self, title: str = "", note: str = "", *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        if name:
            self.setObjectName(name)
        self.setAccessibleName(title)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 12, 14, 14)
        outer.setSpacing(8)
        self._header = QWidget(self)
        row = QHBoxLayout(self._header)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._title = Text(title, role="title")
        self._note = Text(note, role="note", elide=Qt.TextElideMode.ElideRight)
        self._note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._title)
        row.addSpacing(8)
        row.addWidget(self._note, 1)
        self._header_row = row
        self._header.setMinimumHeight(20)
        self._header.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._header.setVisible(bool(title or note))
        outer.addWidget(self._header)
        self.body: QBoxLayout = QVBoxLayout()
        self.body.setSpacing(8)
        outer.addLayout(self.body, 1)

    def title(self) -> str:
        """The title as shown."""
        return self._title.whole_text()

    def set_title(self, title: str) -> None:
        """Change the title."""
        self._title.set_text(title)
        self.setAccessibleName(title)
        self._header.setVisible(True)

    def set_note(self, note: str) -> None:
        """Change the note at the right of the title."""
        self._note.set_text(note)
        self._header.setVisible(True)

    def note(self) -> str:
        """The note as shown."""
        return self._note.whole_text()

    def set_title_widget(self, widget: QWidget) -> None:
        """Let a control stand where the title would, as a chooser of what the card shows."""
        self._header_row.insertWidget(0, widget)
        self._header.setMinimumHeight(max(self._header.minimumHeight(), widget.sizeHint().height()))
        self._title.hide()

    def add_to_header(self, widget: QWidget) -> None:
        """Put a small control at the right end of the header."""
        self._header_row.addWidget(widget)
        # Its own minimum would let the header be squeezed below the control where room is short.
        self._header.setMinimumHeight(max(self._header.minimumHeight(), widget.sizeHint().height()))
        self._header.setVisible(True)

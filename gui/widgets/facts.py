"""Two columns in the mono face: what a thing has, by name."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from gui.widgets.stylesheet import set_role
from gui.widgets.text import Text

_NAME_WIDTH = 104


class Facts(QWidget):
    """Rows of name and value; rows that stay are kept, so that a refresh does not flicker."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[Text, Text]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def show_rows(self, rows: list[tuple[str, str]]) -> None:
        """Show exactly these. A row without a name is a small remark on the one above it."""
        while len(self._rows) < len(rows):
            number = len(self._rows)
            name = Text("", role="mono", tone="dim", elide=Qt.TextElideMode.ElideRight)
            name.setFixedWidth(_NAME_WIDTH)
            value = Text("", role="mono", wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(name, number, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, number, 1)
            self._rows.append((name, value))
        for number, (name, value) in enumerate(self._rows):
            shown = number < len(rows)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.set_text(rows[number][0])
                value.set_text(rows[number][1])
                set_role(value, role="mono" if rows[number][0] else "mono-small")

    def rows(self) -> list[tuple[str, str]]:
        """What is shown."""
        return [(name.whole_text(), value.whole_text()) for name, value in self._rows if not name.isHidden()]

"""The panel at the left or right edge of a tab: groups under small headings, scrolled as a whole."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from gui.widgets.section_label import SectionLabel
from gui.widgets.tokens import SIDE_PANEL_WIDTH


class ScrollColumn(QScrollArea):
    """A column of widgets that scrolls up and down and is as wide as it is given."""

    def __init__(self, margins: tuple[int, int, int, int] = (0, 0, 0, 0), spacing: int = 8) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        inner.setProperty("role", "scrolled")
        self.column = QVBoxLayout(inner)
        self.column.setContentsMargins(*margins)
        self.column.setSpacing(spacing)
        self.setWidget(inner)
        self.viewport().setAutoFillBackground(False)


class SidePanel(QFrame):
    """`side` is left or right. Put widgets into `column`; `finish` pushes them to the top."""

    def __init__(self, side: str, *, width: int = SIDE_PANEL_WIDTH, name: str = "", accessible: str = "") -> None:
        super().__init__()
        self.setProperty("role", f"side-{side}")
        self.setFixedWidth(width)
        if name:
            self.setObjectName(name)
        self.setAccessibleName(accessible)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 1 if side == "left" else 0, 0)
        if side == "right":
            outer.setContentsMargins(1, 0, 0, 0)
        self._scroll = ScrollColumn(margins=(12, 12, 12, 12), spacing=8)
        outer.addWidget(self._scroll)
        self.column = self._scroll.column

    def add_section(self, heading: str) -> SectionLabel:
        """Start a group."""
        label = SectionLabel(heading)
        if self.column.count():
            self.column.addSpacing(8)
        self.column.addWidget(label)
        return label

    def add(self, widget: QWidget) -> None:
        """Add a widget to the group."""
        self.column.addWidget(widget)

    def finish(self) -> None:
        """All groups are in."""
        self.column.addStretch(1)

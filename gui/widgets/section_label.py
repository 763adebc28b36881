"""The small capital heading above a group in a side panel."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from gui.widgets.text import Text


class SectionLabel(Text):
    """SOURCES, RECIPE, EVENTS."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, role="section", wrap=True, parent=parent)
        font = self.font()
        font.setCapitalization(QFont.Capitalization.AllUppercase)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
        self.setFont(font)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)

"""How a network writes a text: how bold, among how many, with which seed, and how long."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from gui.widgets.number_editor import NumberEditor
from gui.widgets.text import Text


class WritingOptions(QWidget):
    """`manner()` are fields of Predict; those left alone are not in it."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.writing")
        self.setAccessibleName("How it writes")
        self.temperature = NumberEditor(None, minimum=0.0, maximum=5.0, optional=True, none_text="auto")
        self.top_k = NumberEditor(None, whole=True, minimum=1, maximum=100_000, optional=True, none_text="all")
        self.seed = NumberEditor(0, whole=True, minimum=0, maximum=2**31)
        self.length = NumberEditor(None, whole=True, minimum=1, maximum=10_000, optional=True, none_text="auto")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        told = (
            ("Boldness", self.temperature, "temperature", "0 takes the likeliest at each step, 1 draws as it thinks"),
            ("Among", self.top_k, "top_k", "Draws among so many likeliest alone"),
            ("Seed", self.seed, "seed", "Another seed draws another text"),
            ("Length", self.length, "length", "The most tokens that are written"),
        )
        for place, (caption, editor, name, words) in enumerate(told):
            label = Text(caption, role="form")
            label.setBuddy(editor)
            label.setToolTip(words)
            editor.setToolTip(words)
            editor.setObjectName(f"use.writing.{name}")
            editor.setAccessibleName(
                {"top_k": "Among how many", "temperature": "Boldness (temperature)"}.get(name, caption)
            )
            editor.setProperty("density", "compact")
            editor.setMinimumWidth(72)
            editor.committed.connect(lambda _value: self.changed.emit())
            grid.addWidget(label, place // 2, 2 * (place % 2))
            grid.addWidget(editor, place // 2, 2 * (place % 2) + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)

    def manner(self) -> dict[str, object]:
        """What is asked for beyond the text."""
        found: dict[str, object] = {"seed": int(self.seed.number() or 0)}
        for name, editor in (("temperature", self.temperature), ("top_k", self.top_k), ("length", self.length)):
            number = editor.number()
            if number is not None:
                found[name] = number if name == "temperature" else int(number)
        return found

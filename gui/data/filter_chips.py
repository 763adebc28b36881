"""What narrows the samples shown, a chip each, taken away by a click."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.widgets.button import Button
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.plain_text import plain_text


@dataclass(frozen=True, kw_only=True)
class Condition:
    """`caption` says what must hold, `drop` takes it away."""

    caption: str
    drop: Callable[[], None]


class FilterChips(QWidget):
    """Hidden while nothing narrows."""

    all_dropped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("data.conditions")
        self.setAccessibleName("Conditions on the samples shown")
        self._flow = FlowLayout(self, gap=6)
        self._captions: tuple[str, ...] = ()
        self.hide()

    def show_conditions(self, conditions: Sequence[Condition]) -> None:
        """Replace the chips."""
        captions = tuple(condition.caption for condition in conditions)
        if captions == self._captions:
            return
        self._captions = captions
        while (item := self._flow.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for condition in conditions:
            chip = Button(
                plain_text(condition.caption, 48), icon="close", small=True, tooltip="Take this condition away"
            )
            chip.setAccessibleName(f"Take away: {plain_text(condition.caption, 80)}")
            chip.clicked.connect(lambda _checked=False, drop=condition.drop: drop())
            self._flow.addWidget(chip)
        if len(conditions) > 1:
            clear = Button("Show all", role="link")
            clear.clicked.connect(self.all_dropped)
            self._flow.addWidget(clear)
        self.setVisible(bool(conditions))
        self.updateGeometry()

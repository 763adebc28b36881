"""The picture of a node's weights in the form beside the canvas, with its range; grows and goes with the run shown."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.charts.histogram import Histogram
from gui.design.canvas.live import LivePictures
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text

_HEIGHT = 92


class WeightsPanel(QWidget):
    """Hidden while nobody tells of the node's weights."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("design.weights")
        self._live: LivePictures | None = None
        self._node = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        self.heading = SectionLabel("Weights")
        self.chart = Histogram(name="design.weights.chart")
        self.chart.setFixedHeight(_HEIGHT)
        self.chart.setAccessibleName("Weights")
        self.numbers = Text("", role="small", tone="dim", wrap=True)
        column.addWidget(self.heading)
        column.addWidget(self.chart)
        column.addWidget(self.numbers)
        self.hide()

    def follow(self, live: LivePictures) -> None:
        """Show what this has to tell."""
        self._live = live
        live.changed.connect(self.refresh)
        self.refresh()

    def show_node(self, node_id: str, color: str) -> None:
        """Show a node, in the colour of its family."""
        self._node = node_id
        self.chart.set_tone(f"family.{color}")
        self.refresh()

    def refresh(self) -> None:
        """Show the newest weights of the node."""
        told = self._live.of(self._node) if self._live is not None and self._node else None
        self.setVisible(told is not None)
        if told is None or self._live is None:
            return
        self.heading.set_text(f"Weights · {self._live.when()}")
        bins = len(told.bars)
        width = (told.high - told.low) / bins
        whole = max(1, sum(told.bars))
        counts = [round(told.count * bar / whole) for bar in told.bars]
        self.chart.set_counts(counts, [told.low + width * at for at in range(bins)] + [told.high])
        self.numbers.set_text(f"mean {told.mean:.3g}, deviation {told.deviation:.3g}")

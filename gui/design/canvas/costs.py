"""What costs most, on the canvas: switches the glow on and off, and keeps light and legend true to the document."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from gui.design.canvas.glow import CostGlow, CostLegend, Measure

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

_SETTLE_MS: Final = 30
"""Many edits in a row are followed once."""


class CostView(QObject):
    """Off until it is asked for. One key goes round: parameters, multiply-adds, off."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.glow = CostGlow(canvas.project, canvas.geometry_store)
        self.legend = CostLegend(canvas)
        self.legend.picked.connect(self.show)
        self.legend.jumped.connect(canvas.reveal)
        self._news = QTimer(self)
        self._news.setSingleShot(True)
        self._news.setInterval(_SETTLE_MS)
        self._news.timeout.connect(self.refresh)
        canvas.project.checked.connect(self._on_checked)

    def show(self, measure: Measure | None) -> None:
        """Let the nodes glow that cost most by this measure; None ends that."""
        shown = self.glow.measure is not None or measure is not None
        self.glow.show(measure)
        self.legend.setVisible(measure is not None)
        if measure is not None:
            self.legend.show_places(measure, self.glow.places)
            self.place()
        if shown:
            self._canvas.redraw(None)

    def next(self) -> None:
        """From nothing to parameters to multiply-adds and back to nothing."""
        order = [None, *Measure]
        self.show(order[(order.index(self.glow.measure) + 1) % len(order)])

    def refresh(self) -> None:
        """Follow what has changed."""
        if self.glow.measure is not None:
            self.show(self.glow.measure)

    def place(self) -> None:
        """Lie in the corner of the canvas."""
        margin = 16
        self.legend.move(self._canvas.width() - self.legend.width() - margin, 14)

    def _on_checked(self, _ids: object) -> None:
        if self.glow.measure is not None:
            self.glow.outdate()
            self._news.start()

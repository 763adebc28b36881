"""A small picture of a schedule: the learning rate over the whole run."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.catalog.registry import schedule
from engine.catalog.schedules import ReduceLROnPlateau, Schedule
from engine.document.data_spec import Step
from engine.errors import NetwrightError
from gui.widgets.fonts import SIZE_SECTION, text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier

_STEPS: Final = 400
_HEIGHT: Final = 52
_MARGIN: Final = 6.0


class ScheduleCurve(QWidget):
    """Drawn from the schedule's own numbers, so it is what training does."""

    def __init__(self, *, left: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.recipe.schedule_curve")
        self._left = left
        self._schedule: Schedule | None = None
        self._values: list[float] = []
        self._rate = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_notifier().changed.connect(self.update)

    def show_schedule(self, step: Step, rate: float) -> None:
        """Draw a recipe's schedule with this learning rate; hidden where there is no curve to tell in advance."""
        try:
            found: Schedule | None = schedule(step)
        except NetwrightError:
            found = None  # the row of the setting that is wrong says so
        if found is not None and found != self._schedule:
            self._values = [found.factor(number, _STEPS) for number in range(_STEPS)]
        changes = found is not None and not isinstance(found, ReduceLROnPlateau) and len(set(self._values)) > 1
        self.setVisible(changes)
        self._schedule, self._rate = found, rate
        if not changes:
            return
        words = f"Learning rate: {self._told(0)} at first, at most {self._largest()}, {self._told(-1)} at the end."
        self.setToolTip(words)
        self.setAccessibleName("Learning rate over the run")
        self.setAccessibleDescription(words)
        self.update()

    def values(self) -> list[float]:
        """The factors drawn, from the first step to the last."""
        return list(self._values)

    @guarded(fallback=QWidget.sizeHint)
    def sizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._values:
            return
        theme = current_theme()
        box = QRectF(self.rect()).adjusted(self._left + 0.5, 0.5, -0.5, -0.5)
        inside = box.adjusted(_MARGIN, _MARGIN + 4, -_MARGIN, -_MARGIN)
        top = max(max(self._values), 1e-9)
        across = inside.width() / max(1, len(self._values) - 1)
        points = QPolygonF(
            [
                QPointF(inside.left() + number * across, inside.bottom() - inside.height() * value / top)
                for number, value in enumerate(self._values)
            ]
        )
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 6, 6)
            painter.setPen(QPen(theme.color("accent"), 1.6))
            painter.drawPolyline(points)
            painter.setFont(text_font(SIZE_SECTION))
            painter.setPen(theme.color("faint"))
            at_right = self._values[-1] > 0.7 * top  # the words stand where the curve is not
            side = Qt.AlignmentFlag.AlignBottom if at_right else Qt.AlignmentFlag.AlignTop
            room = box.adjusted(6, 2, -6, -3)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | side, self._largest())

    def _told(self, place: int) -> str:
        return f"{self._values[place] * self._rate:.2g}"

    def _largest(self) -> str:
        return f"{max(self._values) * self._rate:.2g}"

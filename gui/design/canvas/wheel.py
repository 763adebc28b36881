"""Wheel and trackpad on the canvas: what turns and pinches mean, and the one setting there is.

A trackpad moves the canvas with two fingers and zooms with a pinch. A mouse wheel zooms about the pointer, or moves the
canvas for those who set it so; Ctrl zooms and Shift moves sideways either way.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QNativeGestureEvent, QWheelEvent

from gui.models.settings import Settings

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

_Modifier = Qt.KeyboardModifier
_Gesture = Qt.NativeGestureType
_PER_UNIT = 1.0015  # of zoom for an eighth of a degree; a notch of 15 degrees is a fifth
_LARGEST_STEP = 4.0  # what one event may zoom at most, however wild the device


class Wheel:
    """Turns events into zoom and movement of one canvas."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        self._canvas = canvas
        self.pans = False
        """The mouse wheel moves the canvas instead of zooming."""

    def follow(self, settings: Settings | None) -> None:
        """Do as the user has set it, and goes on setting it."""
        if settings is not None:
            settings.changed.connect(lambda: self._take(settings))
            self._take(settings)

    def _take(self, settings: Settings) -> None:
        self.pans = settings.values.wheel_pans

    def turned(self, event: QWheelEvent) -> None:
        """A wheel was turned, or two fingers moved on a trackpad."""
        canvas = self._canvas
        pixels, angle = event.pixelDelta(), event.angleDelta()
        trackpad = not pixels.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase
        control = bool(event.modifiers() & _Modifier.ControlModifier)
        shift = bool(event.modifiers() & _Modifier.ShiftModifier)
        if control or not (trackpad or shift or self.pans):
            at = event.position()
            turn = pixels.y() if trackpad else angle.y() or angle.x()  # Alt turns the wheel sideways on some systems
            self._zoom(_PER_UNIT ** min(2000, max(-2000, turn)), at.x(), at.y())
        elif trackpad:
            canvas.pan_by(pixels.x(), pixels.y())
        elif shift:
            canvas.pan_by(angle.y() / 2 or angle.x() / 2, 0)
        else:
            canvas.pan_by(angle.x() / 2, angle.y() / 2)
        event.accept()

    def gestured(self, event: QEvent) -> bool:
        """A pinch, or two fingers tapped twice; False for anything else."""
        if event.type() != QEvent.Type.NativeGesture or not isinstance(event, QNativeGestureEvent):
            return False
        canvas = self._canvas
        at = event.position()
        match event.gestureType():
            case _Gesture.ZoomNativeGesture:
                self._zoom(1 + event.value(), at.x(), at.y())
            case _Gesture.SmartZoomNativeGesture:
                if canvas.view.zoom < 0.95:
                    canvas.zoom_to(1.0, at.x(), at.y())
                else:
                    canvas.fit()
            case _Gesture.PanNativeGesture:
                canvas.pan_by(event.delta().x(), event.delta().y())
            case _Gesture.BeginNativeGesture | _Gesture.EndNativeGesture | _Gesture.RotateNativeGesture:
                pass  # belong to a pinch; what they say is of no use here
            case _:
                return False
        return True

    def _zoom(self, factor: float, x: float, y: float) -> None:
        if factor > 0:  # a pinch that closes within one event can report -1 and less
            factor = min(_LARGEST_STEP, max(1 / _LARGEST_STEP, factor))
            self._canvas.zoom_to(self._canvas.view.zoom * factor, x, y)

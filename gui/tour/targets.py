"""Finds what a step points at: a widget by its object name, or a card on the canvas by the type of its node."""

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QScrollArea, QWidget

from gui.design.canvas.canvas import GraphCanvas

_AROUND = 12
"""Pixels kept free above and below what is scrolled to, for its frame."""


class Targets:
    """Looks within one window."""

    def __init__(self, window: QWidget) -> None:
        self._window = window

    def widget(self, name: str) -> QWidget | None:
        """The first widget of that name that is to be seen, at least in part."""
        for found in self._window.findChildren(QWidget, name):
            if found.isVisible() and not self._seen(found).isEmpty():
                return found
        return None

    def is_there(self, names: tuple[str, ...]) -> bool:
        """Whether the first of them is shown, be it scrolled out of sight."""
        return bool(names) and any(found.isVisible() for found in self._window.findChildren(QWidget, names[0]))

    def scroll_to(self, names: tuple[str, ...]) -> None:
        """Let the first of them that is there be seen whole, where a scroll area holds it."""
        for name in names:
            if ":" in name:
                continue
            widget = next((found for found in self._window.findChildren(QWidget, name) if found.isVisible()), None)
            if widget is None:
                continue
            parent = widget.parentWidget()
            while parent is not None:
                if isinstance(parent, QScrollArea):
                    parent.ensureWidgetVisible(widget, 0, _AROUND)
                parent = parent.parentWidget()
            return

    def rect(self, names: tuple[str, ...]) -> QRect:
        """Where the first of them that is to be seen stands in the window; empty for none."""
        for name in names:
            plain, _, kind = name.partition(":")
            widget = self.widget(plain)
            if widget is None:
                continue
            found = self._seen(widget)
            if kind:
                card = self._card(widget, kind)
                if card.isEmpty():
                    continue
                found = card.intersected(found)
            if not found.isEmpty():
                return found
        return QRect()

    def _seen(self, widget: QWidget) -> QRect:
        """The part of a widget that no scroll area hides, in the window."""
        rect = QRect(widget.mapTo(self._window, QPoint(0, 0)), widget.size())
        parent = widget.parentWidget()
        while parent is not None and parent is not self._window:
            rect = rect.intersected(QRect(parent.mapTo(self._window, QPoint(0, 0)), parent.size()))
            parent = parent.parentWidget()
        return rect.intersected(self._window.rect())

    def _card(self, widget: QWidget, kind: str) -> QRect:
        if not isinstance(widget, GraphCanvas):
            return QRect()
        store = widget.geometry_store
        nodes = widget.project.project.graph.nodes
        places = [
            (store.boxes[row].tolist(), name)
            for name, row in store.row_of.items()
            if name in nodes and nodes[name].type == kind and not nodes[name].attributes.get("target")
        ]
        if not places:
            return QRect()
        (x, y, width, height), _name = min(places, key=lambda item: (round(item[0][1] / 80), item[0][0]))
        left, top = widget.view.to_screen(x, y)
        zoom = widget.view.zoom
        at = widget.mapTo(self._window, QPoint(round(left), round(top)))
        return QRect(at.x(), at.y(), round(width * zoom), round(height * zoom)).adjusted(-4, -4, 4, 4)

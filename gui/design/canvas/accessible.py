"""Nodes of the canvas as children that screen readers can walk: a list with an item for each node.

Qt asks a factory for the interface of a widget; ours answers for canvases. Interfaces are kept in Python for good
(shiboken deletes what nobody holds, and Qt's cache would go on pointing there), one for each id that was ever asked
about, and only when something asks. None of them holds a canvas: one that is gone makes its items invalid.
"""

# PySide6's stubs do not say that most of these may answer None, which is what Qt asks for.
# mypy: disable-error-code="override"

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QPoint, QPointF, QRect
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QColor, QWindow
from PySide6.QtWidgets import QAccessibleWidget
from shiboken6 import Shiboken

from engine.catalog.tensors import edge_text
from gui.design.canvas.words import selection_words
from gui.design.reading_order import reading_order
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

_kept: Final[list[QAccessibleInterface]] = []  # every interface there is, so that none is deleted while Qt knows it


def make_accessible(canvas: "GraphCanvas") -> None:
    """Let screen readers into a canvas, and tell them where the keyboard is."""
    if not _installed:
        QAccessible.installFactory(_factory)
        _installed.append(True)
    _tellers[canvas] = _Teller(canvas)


_installed: Final[list[bool]] = []
_tellers: Final["weakref.WeakKeyDictionary[GraphCanvas, _Teller]"] = weakref.WeakKeyDictionary()


def _factory(name: str, item: QObject | None) -> QAccessibleInterface | None:
    if name != "GraphCanvas" or item is None:
        return None
    try:
        made = CanvasInterface(item)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - the reporter is told; Qt gets its own interface for the widget
        _report(error)
        return None
    _kept.append(made)
    return made


@guarded
def _report(error: Exception) -> None:
    raise error


class _Teller(QObject):
    """Says it when the keyboard goes to another node. Costs nothing while nobody hears."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.version = 1
        """Of the graph; grows with every edit."""
        canvas.selection.changed.connect(self._on_selected)
        canvas.project.changed.connect(self._on_changed)
        canvas.project.opened.connect(self._on_changed)

    def _on_changed(self, *_what: object) -> None:
        self.version += 1

    def _on_selected(self, nodes: frozenset[str]) -> None:
        if not QAccessible.isActive() or not self._canvas.hasFocus():
            return
        interface = QAccessible.queryAccessibleInterface(self._canvas)
        if len(nodes) != 1 or not isinstance(interface, CanvasInterface):
            return
        row = interface.number(next(iter(nodes)))
        if row < 0:
            return
        for kind in (QAccessible.Event.Focus, QAccessible.Event.Selection):
            event = QAccessibleEvent(self._canvas, kind)
            event.setChild(row)
            QAccessible.updateAccessibility(event)


class CanvasInterface(QAccessibleWidget):
    """The canvas as a list of nodes in reading order."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        super().__init__(canvas, QAccessible.Role.List, "Network")
        self._canvas = weakref.ref(canvas)
        self._nodes: dict[str, NodeInterface] = {}
        self._order: list[str] = []
        self._numbers: dict[str, int] = {}
        self._version = 0  # of the order; Qt may ask before the canvas is built whole

    def number(self, node_id: str) -> int:
        """Which child a node is, -1 for none."""
        self._refresh()
        return self._numbers.get(node_id, -1)

    @guarded(fallback=0)
    def childCount(self) -> int:
        self._refresh()
        return len(self._order)

    @guarded
    def child(self, index: int) -> QAccessibleInterface | None:
        self._refresh()
        if not 0 <= index < len(self._order):
            return None
        return self._node(self._order[index])

    @guarded(fallback=-1)
    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return self.number(child.node_id) if isinstance(child, NodeInterface) else -1

    @guarded
    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:
        canvas = self._canvas()
        if canvas is None or canvas not in _tellers:
            return None
        at = QPointF(canvas.mapFromGlobal(QPoint(x, y)))
        left, top = canvas.view.to_canvas(at.x(), at.y())
        rows = canvas.geometry_store.nodes_in((left, top, left, top))
        return self._node(canvas.geometry_store.ids[int(rows[-1])]) if len(rows) else None

    @guarded
    def focusChild(self) -> QAccessibleInterface | None:
        canvas = self._canvas()
        if canvas is None or canvas not in _tellers or not canvas.hasFocus() or len(canvas.selection.nodes) != 1:
            return None
        (node_id,) = canvas.selection.nodes
        return self._node(node_id) if self.number(node_id) >= 0 else None

    def _refresh(self) -> None:
        canvas = self._canvas()
        teller = _tellers.get(canvas) if canvas is not None else None
        if canvas is None or teller is None or teller.version == self._version:
            return
        self._version = teller.version
        self._order = reading_order(canvas.project.project.graph)
        self._numbers = {node_id: number for number, node_id in enumerate(self._order)}

    def _node(self, node_id: str) -> "NodeInterface":
        found = self._nodes.get(node_id)
        if found is None:
            found = self._nodes[node_id] = NodeInterface(self._canvas, node_id)
            _kept.append(found)
        return found


def node_name(canvas: "GraphCanvas", node_id: str) -> str:
    """ "Conv2d conv3, input from relu2, output 64×32×32, 1 problem"."""
    project, geometry = canvas.project, canvas.geometry_store
    face = geometry.faces[geometry.row_of[node_id]]
    sources = list(dict.fromkeys(edge.source for edge in project.project.graph.inputs_of(node_id).values()))
    spec = project.checker.specs.get((node_id, face.outputs[0])) if face.outputs else None
    count = len(project.checker.problems_of(node_id))
    parts = (
        f"{face.title} {node_id}",
        f"input from {', '.join(sources)}" if sources else "no input" if face.inputs else "",
        f"output {edge_text(spec.shape)}" if spec is not None else "",
        f"{count} {'problem' if count == 1 else 'problems'}" if count else "",
        "bypassed" if face.bypassed else "",
        "not chosen by the switch" if face.resting else "",
        f"takes its input {face.chosen}" if face.chosen else "",
    )
    return ", ".join(part for part in parts if part)


class NodeInterface(QAccessibleInterface):
    """One node as an item of the list. It outlives the node, and is invalid while there is none of that id."""

    def __init__(self, canvas: "weakref.ref[GraphCanvas]", node_id: str) -> None:
        super().__init__()
        self._canvas = canvas
        self.node_id = node_id

    def _alive(self) -> "GraphCanvas | None":
        """The canvas, if it still shows the node."""
        canvas = self._canvas()
        if canvas is None or not Shiboken.isValid(canvas) or self.node_id not in canvas.geometry_store.row_of:
            return None
        return canvas

    @guarded(fallback=False)
    def isValid(self) -> bool:
        return self._alive() is not None

    @guarded
    def object(self) -> QObject | None:
        return None

    @guarded
    def window(self) -> QWindow | None:
        canvas = self._alive()
        return canvas.window().windowHandle() if canvas is not None else None

    @guarded
    def parent(self) -> QAccessibleInterface | None:
        canvas = self._canvas()
        if canvas is None or not Shiboken.isValid(canvas):
            return None
        return QAccessible.queryAccessibleInterface(canvas)

    @guarded(fallback=0)
    def childCount(self) -> int:
        return 0

    @guarded
    def child(self, index: int) -> QAccessibleInterface | None:
        return None

    @guarded
    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:
        return None

    @guarded(fallback=-1)
    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    @guarded(fallback=list)
    def relations(self, match: Any = None) -> Sequence[Any]:
        return []

    @guarded(fallback="")
    def text(self, kind: QAccessible.Text) -> str:
        canvas = self._alive()
        if canvas is None:
            return ""
        if kind == QAccessible.Text.Name:
            return node_name(canvas, self.node_id)
        if kind == QAccessible.Text.Description:
            return selection_words(canvas.project, canvas.geometry_store, {self.node_id})
        if kind == QAccessible.Text.Identifier:
            return self.node_id
        return ""

    @guarded
    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """Names come from the document; nothing can be set."""

    @guarded(fallback=QRect)
    def rect(self) -> QRect:
        """Where the card is on the screen, in view or not."""
        canvas = self._alive()
        if canvas is None:
            return QRect()
        x, y, width, height = canvas.geometry_store.boxes[canvas.geometry_store.row_of[self.node_id]].tolist()
        left, top = canvas.view.to_screen(x, y)
        right, bottom = canvas.view.to_screen(x + width, y + height)
        corner = canvas.mapToGlobal(QPoint(round(left), round(top)))
        return QRect(corner.x(), corner.y(), round(right - left), round(bottom - top))

    @guarded(fallback=QAccessible.Role.ListItem)
    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    @guarded(fallback=QAccessible.State)
    def state(self) -> QAccessible.State:
        state: Any = QAccessible.State()
        canvas = self._alive()
        if canvas is None:
            state.invalid = True
            return state  # type: ignore[no-any-return]
        chosen = canvas.selection.nodes
        state.focusable = state.selectable = state.multiSelectable = True
        state.selected = self.node_id in chosen
        state.focused = canvas.hasFocus() and chosen == {self.node_id}
        state.offscreen = not canvas.rect().translated(canvas.mapToGlobal(QPoint(0, 0))).intersects(self.rect())
        state.readOnly = canvas.project.read_only
        return state  # type: ignore[no-any-return]

    @guarded(fallback=lambda _self: current_theme().color("text"))
    def foregroundColor(self) -> QColor:
        return current_theme().color("text")

    @guarded(fallback=lambda _self: current_theme().color("panel"))
    def backgroundColor(self) -> QColor:
        return current_theme().color("panel")

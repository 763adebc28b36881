"""Editing on the card: the name and the most used settings, in one real editor laid over the drawn words."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from engine.catalog.entry import Attribute, AttributeKind
from engine.catalog.registry import layer_type
from engine.document.block import BLOCK
from engine.document.data_spec import Role
from engine.document.edits import Edit, SetTitle
from engine.document.graph import Node
from engine.errors import AttributeOutOfRange
from gui.design.block_form import instance_attributes, instance_edit
from gui.design.canvas.face import HEADER, NodeFace
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.sprites import BRIEF_BELOW
from gui.design.canvas.viewport import Box
from gui.design.graph_edits import attribute_edit
from gui.design.node_text import caption
from gui.widgets.attribute_editor import attribute_editor
from gui.widgets.fonts import mono_font
from gui.widgets.guarded import guarded
from gui.widgets.parsed_editor import ParsedEditor
from gui.widgets.text import Text
from gui.widgets.theme import current_theme

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

TITLE: Final = ""
"""Stands for the name of a node where an attribute could stand."""
_LINE_LEFT: Final = 14.0
_LINE_TOP: Final = HEADER + 6
_LINE_HEIGHT: Final = 20.0
_REACH: Final = 3.0
_DOTS_WIDTH: Final = 14.0
_WIDTH: Final = 168


@dataclass(frozen=True, slots=True)
class CardField:
    """A value on a card: which node and attribute (TITLE for the name), and where it is drawn, on the canvas."""

    node: str
    name: str
    box: Box


def field_at(geometry: Geometry, node: str, x: float, y: float, zoom: float) -> CardField | None:
    """The value or name drawn at a canvas point of a card; None elsewhere, and where cards show no settings."""
    row = geometry.row_of.get(node)
    if row is None or zoom < BRIEF_BELOW:
        return None
    face = geometry.faces[row]
    left, top = geometry.boxes[row, :2].tolist()
    if y < top + HEADER:
        return CardField(node, TITLE, (left, top, left + face.width, top + HEADER))
    for name, _start, _count in face.fields:
        box = field_box(face, name, left, top)
        if box[0] - _REACH <= x <= box[2] + _REACH and box[1] <= y <= box[3]:
            return CardField(node, name, box)
    return None


def field_box(face: NodeFace, name: str, left: float, top: float) -> Box:
    """Where a value stands on a card whose top left is given; behind the line when it is not drawn."""
    metrics = _metrics()
    above, below = top + _LINE_TOP, top + _LINE_TOP + _LINE_HEIGHT
    most = left + face.width - 10
    if name == TITLE:
        return left, top, left + face.width, top + HEADER
    for found, start, count in face.fields:
        if found == name:
            first = left + _LINE_LEFT + metrics.horizontalAdvance(face.line[:start])
            width = metrics.horizontalAdvance(face.line[start : start + count])
            return min(first, most), above, min(first + width, most), below
    end = left + _LINE_LEFT + (metrics.horizontalAdvance(face.line) + 8 if face.line else 0.0)
    return min(end, most), above, most, below


@functools.cache
def _metrics() -> QFontMetricsF:
    """Of the face that card lines are drawn in."""
    return QFontMetricsF(mono_font(12))


class CardHover:
    """Shows what can be changed on the card under the pointer: the value it is on; three dots for what is not drawn.

    A setting that has its default is not drawn, so that cards stay short; the dots lead to the first of those.
    """

    def __init__(self, canvas: "GraphCanvas", editor: "CardEditor") -> None:
        self._canvas = canvas
        self._editor = editor
        self.field: CardField | None = None
        """The value the pointer is on."""
        self.more: CardField | None = None
        """The three dots of the card the pointer is on; None when all its usual settings are drawn."""

    def move(self, x: float, y: float, node: str) -> None:
        """The pointer is at a canvas point of this card, or on none."""
        canvas = self._canvas
        more = self._more_of(node) if node else None
        field = field_at(canvas.geometry_store, node, x, y, canvas.view.zoom) if node else None
        if field is not None and field.name == TITLE:
            field = None
        if more is not None and more.box[0] - 2 <= x <= more.box[2] + 2 and more.box[1] <= y <= more.box[3]:
            field = more
        self._show(field, more)

    def clear(self) -> None:
        """The pointer is elsewhere."""
        self._show(None, None)

    def forget(self) -> None:
        """What was under the pointer has moved; all of it is drawn again anyway."""
        self.field = self.more = None

    def words(self) -> str:
        """What a click would do; empty where it does nothing of its own."""
        if self.field is None:
            return ""
        names = [self.field.name]
        if self.field == self.more:
            names = self._editor.undrawn(self.field.node)
        labels = self._editor.labels(self.field.node)
        return f"{', '.join(labels.get(name, name) for name in names)}: click to change, Tab for the next"

    def paint(self, painter: QPainter) -> None:
        """Draw in widget pixels."""
        theme, view = current_theme(), self._canvas.view
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.more is not None:
            rect = self._on_screen(self.more)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(rect, 4, 4)
            painter.setBrush(theme.color("dim"))
            for step in (-1, 0, 1):
                painter.drawEllipse(rect.center() + QPointF(step * 5 * view.zoom, 0), 1.3 * view.zoom, 1.3 * view.zoom)
        if self.field is not None:
            inside = theme.color("accent")
            inside.setAlphaF(0.14)
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(inside)
            painter.drawRoundedRect(self._on_screen(self.field), 4, 4)

    def _more_of(self, node: str) -> CardField | None:
        geometry = self._canvas.geometry_store
        row = geometry.row_of.get(node)
        if row is None or self._canvas.view.zoom < BRIEF_BELOW:
            return None
        undrawn = self._editor.undrawn(node)
        if not undrawn:
            return None
        x, y, width, _height = geometry.boxes[row].tolist()
        right = x + width - 12
        return CardField(node, undrawn[0], (right - _DOTS_WIDTH, y + _LINE_TOP + 3, right, y + _LINE_TOP + 17))

    def _show(self, field: CardField | None, more: CardField | None) -> None:
        if (field, more) == (self.field, self.more):
            return
        for shown in {self.field, self.more, field, more}:
            if shown is not None:
                self._canvas.redraw_overlay(self._on_screen(shown).adjusted(-4, -4, 4, 4))
        self.field, self.more = field, more

    def _on_screen(self, field: CardField) -> QRectF:
        left, top = self._canvas.view.to_screen(field.box[0] - 4, field.box[1])
        right, bottom = self._canvas.view.to_screen(field.box[2] + 4, field.box[3])
        return QRectF(left, top, right - left, bottom - top)


class CardEditor(QFrame):
    """The one editor there is. Return and leaving it keep what was typed, Escape does not; Tab goes to the next value.

    A text that makes no value is marked and said why; it stays until it is mended or given up.
    """

    def __init__(self, canvas: "GraphCanvas") -> None:
        super().__init__(canvas)
        self.setObjectName("design.card.editor")
        self.setProperty("role", "floating")
        self._canvas = canvas
        self._node = ""
        self._name = TITLE
        self._editor: QWidget | None = None
        self._closing = False  # set while the editor goes, whose focus-out must not keep anything then
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(4)
        self._label = Text("", role="small")
        self._problem = Text("", role="small", tone="error", wrap=True)
        self._problem.hide()
        column.addWidget(self._label)
        column.addWidget(self._problem)
        self.hide()

    # What the canvas uses.

    @property
    def editing(self) -> tuple[str, str] | None:
        """(node, attribute) that is edited; None when nothing is."""
        return (self._node, self._name) if self._editor is not None else None

    @property
    def editor(self) -> QWidget | None:
        """The editor itself."""
        return self._editor

    def problem(self) -> str:
        """Why the text makes no value; empty when it does."""
        return self._problem.whole_text() if not self._problem.isHidden() else ""

    def edit_title(self, node_id: str) -> None:
        """Rename a node."""
        self._open(node_id, TITLE)

    def edit_value(self, node_id: str, name: str = "") -> None:
        """Change a setting, the first one that can be changed on the card when none is named."""
        names = self.names(node_id)
        if name or names:
            self._open(node_id, name or names[0])

    def rename_selected(self) -> None:
        """Rename the selected node."""
        chosen = sorted(self._canvas.selection.nodes)
        if chosen:
            self.edit_title(chosen[0])

    def edit_selected(self) -> None:
        """Change the first setting of the selected node."""
        chosen = sorted(self._canvas.selection.nodes)
        if chosen:
            self.edit_value(chosen[0])

    def names(self, node_id: str) -> list[str]:
        """The settings of a node that can be changed on its card: those drawn, in their order, then the other usual."""
        node, info = self._node_and_attributes(node_id)
        row = self._canvas.geometry_store.row_of.get(node_id)
        if node is None or row is None:
            return []
        drawn = [name for name, _start, _count in self._canvas.geometry_store.faces[row].fields if name in info]
        return [*drawn, *self.undrawn(node_id)]

    def undrawn(self, node_id: str) -> list[str]:
        """Those of them whose value is not drawn."""
        node, info = self._node_and_attributes(node_id)
        row = self._canvas.geometry_store.row_of.get(node_id)
        if node is None or row is None:
            return []
        drawn = {name for name, _start, _count in self._canvas.geometry_store.faces[row].fields}
        return [name for name, item in info.items() if item.on_card and name not in drawn]

    def labels(self, node_id: str) -> dict[str, str]:
        """The captions of a node's settings."""
        _node, info = self._node_and_attributes(node_id)
        return {name: item.label for name, item in info.items()}

    def place(self) -> None:
        """Lie over the value again after the view or the card has moved; close when the node is gone."""
        if self._editor is None:
            return
        geometry = self._canvas.geometry_store
        row = geometry.row_of.get(self._node)
        if row is None:
            self.cancel()
            return
        x, y = geometry.boxes[row, :2].tolist()
        box = field_box(geometry.faces[row], self._name, x, y)
        left, top = self._canvas.view.to_screen(box[0], box[1])
        bottom = self._canvas.view.to_screen(box[2], box[3])[1]
        self.setFixedWidth(_WIDTH)
        if not self._problem.isHidden():
            self._problem.setFixedHeight(self._problem.heightForWidth(_WIDTH - 18))
        self.adjustSize()
        editor = self._editor.geometry()
        # The editor's text lies over the drawn one; the caption and a problem are around it.
        at_x = math.floor(left) - editor.left() - 9
        at_y = math.floor((top + bottom) / 2) - editor.center().y()
        frame = self._canvas.rect().adjusted(4, 4, -4, -4)
        at_x = max(frame.left(), min(at_x, frame.right() - self.width()))
        at_y = max(frame.top(), min(at_y, frame.bottom() - self.height()))
        self.move(at_x, at_y)

    def commit(self) -> bool:
        """Keep what was typed and close; False when it makes no value, and then it stays open with the reason."""
        if self._editor is None:
            return True
        if isinstance(self._editor, QLineEdit):
            self._rename(self._editor.text())
        elif isinstance(self._editor, ParsedEditor):
            self._editor.editingFinished.emit()  # reads the text: `committed` or `rejected` follows at once
            if self._editor.problem():
                return False
        self._close()
        return True

    def cancel(self) -> None:
        """Close and keep the old value."""
        self._close()

    # Inside.

    def _node_and_attributes(self, node_id: str) -> tuple[Node | None, dict[str, Attribute]]:
        node = self._canvas.project.project.graph.nodes.get(node_id)
        if node is not None and node.type == BLOCK:
            blocks = self._canvas.project.document.blocks
            return node, {info.name: info for info in instance_attributes(blocks, node)}
        kind = layer_type(node.type) if node is not None else None
        return node, {info.name: info for info in kind.attributes()} if kind is not None else {}

    def _open(self, node_id: str, name: str) -> None:
        self.commit()
        self._close()
        node, attributes = self._node_and_attributes(node_id)
        if node is None or (name != TITLE and name not in attributes):
            return
        if self._canvas.project.read_only:
            self._canvas.do(SetTitle(id=node_id, title=node.title))  # says why nothing can be edited
            return
        self._canvas.bring_near(node_id)
        self._node, self._name = node_id, name
        self._editor = self._title_editor(node) if name == TITLE else self._value_editor(node, attributes[name])
        words = "Name" if name == TITLE else attributes[name].label
        self._label.set_text(words)
        self._editor.setAccessibleName(f"{words} of {node_id}")
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(1, self._editor)
        self._say("")
        self.place()
        self.show()
        self.place()  # only a shown editor has its style, and so its size
        self.raise_()
        self._editor.installEventFilter(self)
        self._editor.setFocus(Qt.FocusReason.PopupFocusReason)
        if isinstance(self._editor, QLineEdit | ParsedEditor):
            self._editor.selectAll()

    def _title_editor(self, node: Node) -> QWidget:
        kind = layer_type(node.type)
        edit = QLineEdit(node.title, self)
        edit.setObjectName("design.card.title")
        edit.setPlaceholderText(caption(node, kind, self._canvas.project.project.data))
        edit.setMaxLength(200)
        return edit

    def _value_editor(self, node: Node, info: Attribute) -> QWidget:
        value = node.attributes.get(info.name, info.default)
        if isinstance(value, list):
            value = tuple(value)
        if info.kind is AttributeKind.SIZE and isinstance(value, tuple) and len(set(value)) == 1:
            value = value[0]
        editor = attribute_editor(info, value, options=self._options(node))
        editor.setParent(self)
        editor.setObjectName(f"design.card.{info.name}")
        editor.setToolTip(info.help)
        editor.committed.connect(self._on_committed)
        if isinstance(editor, ParsedEditor):
            editor.rejected.connect(self._say)
        return editor

    def _options(self, node: Node) -> Sequence[str]:
        data = self._canvas.project.project.data
        fields = data.targets() if node.type == "Output" else [f for f in data.fields if f.role is not Role.IGNORED]
        return tuple(field.name for field in fields)

    def _on_committed(self, value: object) -> None:
        node = self._canvas.project.project.graph.nodes.get(self._node)
        if node is None or self._closing:
            return
        # A list in the document, whose values come from JSON.
        plain = list(value) if isinstance(value, tuple) else value
        if node.type == BLOCK:
            self._do(instance_edit(self._canvas.project.document.blocks, node, self._name, plain))  # type: ignore[arg-type]
        else:
            self._do(attribute_edit(node, self._name, plain))  # type: ignore[arg-type]

    def _rename(self, text: str) -> None:
        node = self._canvas.project.project.graph.nodes.get(self._node)
        if node is not None and text.strip() != node.title:
            self._do(SetTitle(id=node.id, title=text.strip()))

    def _do(self, edit: Edit | None) -> None:
        self._canvas.do(edit)

    def _say(self, problem: str) -> None:
        self._problem.set_text(problem)
        self._problem.setVisible(bool(problem))
        if self._editor is not None:
            self.place()

    def _next(self, step: int) -> None:
        """Go on to the next value of the node; the name comes after the last."""
        names = [*self.names(self._node), TITLE]
        node, now = self._node, self._name
        if self.commit():
            at = names.index(now) if now in names else -1
            self._open(node, names[(at + step) % len(names)])

    def _close(self) -> None:
        editor, self._editor = self._editor, None
        if editor is None:
            return
        self._closing = True
        editor.removeEventFilter(self)
        had_focus = editor.hasFocus() or self.isAncestorOf(self.focusWidget() or self)
        self.hide()
        layout = self.layout()
        if layout is not None:
            layout.removeWidget(editor)
        editor.setParent(None)
        editor.deleteLater()
        self._closing = False
        if had_focus:
            self._canvas.setFocus()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()  # keys the editor has no use for are not the canvas's either

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._editor:
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.commit()
                return True
            if key == Qt.Key.Key_Escape:
                self.cancel()
                return True
            if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self._next(-1 if key == Qt.Key.Key_Backtab else 1)
                return True
        if event.type() == QEvent.Type.FocusOut and not self._closing and self._left():
            problem = ""
            if not self.commit():
                problem = self.problem()
                self.cancel()
            if problem:
                self._canvas.project.refused.emit(AttributeOutOfRange(problem, where=f"{self._node}.{self._name}"))
            return False
        return super().eventFilter(watched, event)

    def _left(self) -> bool:
        """Whether the focus has gone elsewhere, and not into the list the editor has opened."""
        focused = self.window().focusWidget()
        popup = getattr(self._editor, "view", None)
        if popup is not None and popup().isVisible():
            return False
        return focused is None or not self.isAncestorOf(focused)

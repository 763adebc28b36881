"""The network as a list beside the canvas: for screen readers, for the keyboard, and to see what follows what.

Sources come first. The list is virtual: a row is worded when it is looked at, so 10,000 nodes cost no more than ten.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.catalog.registry import layer_type
from engine.catalog.tensors import edge_text
from engine.checks.problem import Severity
from engine.document.block import BLOCK
from engine.document.block_places import instance_title
from engine.document.edits import Change
from engine.document.graph import Node
from gui.design.families import color_name
from gui.design.node_text import caption
from gui.design.reading_order import reading_order
from gui.models.project import ProjectModel
from gui.models.scope import Scope
from gui.models.selection import Selection
from gui.widgets.button import Button
from gui.widgets.fonts import SIZE_BODY, SIZE_MONO_SMALL, SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

HEADER_HEIGHT: Final = 38
ROW_HEIGHT: Final = 42
_REFRESH_MS: Final = 20
_MOST_SOURCES: Final = 3

IdRole: Final = Qt.ItemDataRole.UserRole + 1
FromRole: Final = Qt.ItemDataRole.UserRole + 2
ShapeRole: Final = Qt.ItemDataRole.UserRole + 3
ProblemsRole: Final = Qt.ItemDataRole.UserRole + 4
"""(count, whether one is an error)."""
ColorRole: Final = Qt.ItemDataRole.UserRole + 5

_Index = QModelIndex | QPersistentModelIndex


class OutlineModel(QAbstractListModel):
    """Rows in the order in which data flows; an edit changes the rows it touches."""

    def __init__(self, project: ProjectModel | Scope, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._ids: list[str] = []
        self._row_of: dict[str, int] = {}
        self._active = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        project.opened.connect(self._on_opened)
        project.changed.connect(self._on_changed)
        project.checked.connect(self._on_checked)
        self._on_opened()

    @property
    def ids(self) -> Sequence[str]:
        """The node of each row."""
        return self._ids

    def row(self, node_id: str) -> int:
        """The row of a node, -1 for none."""
        return self._row_of.get(node_id, -1)

    def set_active(self, active: bool) -> None:
        """An outline that nobody looks at has no rows and costs nothing."""
        if active != self._active:
            self._active = active
            self._on_opened()

    def refresh(self) -> None:
        """Bring the rows in line with the graph: what is alike at both ends stays."""
        wanted = self._order()
        old = self._ids
        if wanted == old:
            return
        first = 0
        shorter = min(len(old), len(wanted))
        while first < shorter and old[first] == wanted[first]:
            first += 1
        last = 0
        while last < shorter - first and old[-1 - last] == wanted[-1 - last]:
            last += 1
        removed, added = len(old) - first - last, len(wanted) - first - last
        nothing = QModelIndex()
        if removed:
            self.beginRemoveRows(nothing, first, first + removed - 1)
            self._set([*old[:first], *old[len(old) - last :]])
            self.endRemoveRows()
        if added:
            self.beginInsertRows(nothing, first, first + added - 1)
            self._set(wanted)
            self.endInsertRows()

    def words(self, node_id: str) -> str:
        """A row in words: "Conv2d conv3 – from relu2 – 64×32×32 – 1 problem"."""
        node = self._project.project.graph.nodes.get(node_id)
        if node is None:
            return ""
        count, errors = self._problems(node_id)
        parts = (self._caption(node), self._sources(node_id), self._shape(node_id), _problem_words(count, errors))
        return " – ".join(part for part in (*parts, *_states(node)) if part)

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._ids)

    @guarded
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or not 0 <= index.row() < len(self._ids):
            return None
        node_id = self._ids[index.row()]
        node = self._project.project.graph.nodes.get(node_id)
        if node is None:
            return None  # deleted a moment ago; the row goes with the next refresh
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._caption(node)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self.words(node_id)
            case Qt.ItemDataRole.ToolTipRole:
                problems = self._project.checker.problems_of(node_id)
                return tooltip_text("\n".join([self.words(node_id), *(problem.message for problem in problems[:4])]))
            case _ if role == IdRole:
                return node_id
            case _ if role == FromRole:
                return " · ".join(part for part in (self._sources(node_id), *_states(node)) if part)
            case _ if role == ShapeRole:
                return self._shape(node_id)
            case _ if role == ProblemsRole:
                return self._problems(node_id)
            case _ if role == ColorRole:
                kind = layer_type(node.type)
                if node.type == BLOCK:
                    return "family.block"
                return f"family.{color_name(kind.family)}" if kind is not None else "family.shape"
        return None

    # Inside.

    def _on_opened(self) -> None:
        self._timer.stop()
        self.beginResetModel()
        self._set(self._order())
        self.endResetModel()

    def _on_changed(self, change: Change) -> None:
        if change.nodes and self._active and not self._timer.isActive():
            self._timer.start()

    def _on_checked(self, ids: Iterable[str]) -> None:
        rows = sorted(self._row_of[node_id] for node_id in ids if node_id in self._row_of)
        if rows:  # one signal: a view paints only what it shows, however wide the range
            self.dataChanged.emit(self.index(rows[0]), self.index(rows[-1]))

    def _order(self) -> list[str]:
        """As one reads: from each beginning as far as it goes; nodes on or behind a cycle come last."""
        if not self._active:
            return []
        return reading_order(self._project.project.graph)

    def _set(self, ids: list[str]) -> None:
        self._ids = ids
        self._row_of = {node_id: row for row, node_id in enumerate(ids)}

    def _caption(self, node: Node) -> str:
        project = self._project.project
        title = instance_title(project, node) or caption(node, layer_type(node.type), project.data)
        return plain_text(f"{title} {node.id}", 120)

    def _sources(self, node_id: str) -> str:
        sources = list(dict.fromkeys(edge.source for edge in self._project.project.graph.inputs_of(node_id).values()))
        if not sources:
            return ""
        more = len(sources) - _MOST_SOURCES
        return f"from {', '.join(sources[:_MOST_SOURCES])}" + (f" and {more} more" if more > 0 else "")

    def _shape(self, node_id: str) -> str:
        checker = self._project.checker
        layer = checker.layers.get(node_id)
        outputs = layer.output_ports() if layer is not None else ()
        spec = checker.specs.get((node_id, outputs[0])) if outputs else None
        return edge_text(spec.shape) if spec is not None else ""

    def _problems(self, node_id: str) -> tuple[int, bool]:
        problems = self._project.checker.problems_of(node_id)
        return len(problems), any(problem.severity is Severity.ERROR for problem in problems)


def _problem_words(count: int, errors: bool) -> str:
    if not count:
        return ""
    word = "problem" if errors else "warning"
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _states(node: Node) -> tuple[str, ...]:
    return tuple(word for word, on in (("bypassed", node.bypassed), ("frozen", node.frozen)) if on)


_Words = tuple[str, QFont, QColor]


class _Delegate(QStyledItemDelegate):
    """Two lines: dot, caption and id, and problems at the right; under them where it comes from, and the shape."""

    @guarded(fallback=lambda *_: QSize(120, ROW_HEIGHT))
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, ROW_HEIGHT)

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = current_theme()
        rect = QRectF(option.rect)
        state = option.state
        flags = QStyle.StateFlag
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            selected = bool(state & flags.State_Selected)
            if selected or state & flags.State_MouseOver:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("raised") if selected else mix(theme.panel, theme.raised, 0.6))
                painter.drawRoundedRect(rect.adjusted(0, 0.5, 0, -0.5), 5, 5)
            if state & flags.State_HasFocus and state & flags.State_KeyboardFocusChange:
                painter.setPen(QPen(theme.color("accent"), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            upper = QRectF(rect.left() + 22, rect.top() + 3, rect.width() - 28, 19)
            lower = QRectF(rect.left() + 22, rect.top() + 21, rect.width() - 28, 17)
            color = index.data(ColorRole)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(str(color or "family.shape")))
            painter.drawEllipse(QPointF(rect.left() + 10, upper.center().y()), 4, 4)
            count, errors = index.data(ProblemsRole) or (0, False)
            tone = theme.color("error_text" if errors else "warn_text")
            self._line(
                painter,
                upper,
                (str(index.data() or ""), text_font(SIZE_BODY), theme.color("text")),
                (_problem_words(count, errors), text_font(SIZE_SMALL), tone),
            )
            self._line(
                painter,
                lower,
                (str(index.data(FromRole) or ""), text_font(SIZE_SMALL), theme.color("faint")),
                (str(index.data(ShapeRole) or ""), mono_font(SIZE_MONO_SMALL), theme.color("faint")),
            )
        finally:
            painter.restore()

    @staticmethod
    def _line(painter: QPainter, place: QRectF, words: _Words, right: _Words) -> None:
        """Words at the left, cut where the words at the right begin."""
        text, font, color = right
        room = place.width()
        if text:
            painter.setFont(font)
            painter.setPen(color)
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.drawText(QRectF(place.right() - width, place.top(), width + 1, place.height()), _MIDDLE, text)
            room = max(0.0, room - width - 8)
        text, font, color = words
        painter.setFont(font)
        painter.setPen(color)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(place.left(), place.top(), room, place.height()), _MIDDLE, shown)


_MIDDLE: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class _List(QListView):
    """Keys that Qt's own list does not have: into the settings, along the links, out to the canvas."""

    opened = Signal()
    removed = Signal(bool)
    """Delete was pressed; True: the chain is healed."""
    walked = Signal(bool)
    """Right (True) or Left: along a link."""
    left_list = Signal()
    menu_asked = Signal(QPoint)
    """Where on the screen."""

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        match key:
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if plain:
                self.opened.emit()
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.removed.emit(not event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            case Qt.Key.Key_Right | Qt.Key.Key_Left if plain:
                self.walked.emit(key == Qt.Key.Key_Right)
            case Qt.Key.Key_Escape:
                self.left_list.emit()
            case _:
                super().keyPressEvent(event)

    @guarded
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        if self.indexAt(event.position().toPoint()).isValid():
            self.opened.emit()

    @guarded
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = (
            self.currentIndex() if event.reason() == QContextMenuEvent.Reason.Keyboard else self.indexAt(event.pos())
        )
        if index.isValid():
            below = self.visualRect(index)
            at = below.center() if event.reason() == QContextMenuEvent.Reason.Keyboard else event.pos()
            self.menu_asked.emit(self.viewport().mapToGlobal(at))


class Outline(QFrame):
    """One line while it is folded, as it is at first; the list under it when it is open."""

    inspect_requested = Signal(str)
    """Node id: its settings are asked for."""
    delete_requested = Signal(bool)
    """The selected nodes are to go; True heals the chain."""
    shown_on_canvas = Signal(object)
    """Node ids that were picked here: bring them into view."""
    left = Signal()
    """The keyboard goes back to the canvas."""
    menu_requested = Signal(str, QPoint)
    """Node id, and where on the screen."""
    folded_changed = Signal()

    def __init__(self, project: ProjectModel | Scope, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("design.outline")
        self.setAccessibleName("Outline of the network")
        self.setProperty("role", "side-left")
        self._project = project
        self._selection = selection
        self._folded = True
        self._following = False  # set while the rows take over a selection that was made elsewhere
        self.model = OutlineModel(project, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 1, 0)
        column.setSpacing(0)
        rule = QFrame()
        rule.setProperty("role", "rule")
        column.addWidget(rule)
        self._header = _Header()
        self._header.clicked.connect(lambda: self.set_folded(not self._folded))
        column.addWidget(self._header)
        self.list = _List()
        self.list.setObjectName("design.outline.list")
        self.list.setAccessibleName("Nodes in the order in which data flows")
        self.list.setAccessibleDescription(
            "Enter opens the settings, Delete removes, Left and Right walk along links, Escape goes to the canvas."
        )
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFrameShape(QListView.Shape.NoFrame)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._inner = QVBoxLayout()
        self._inner.setContentsMargins(12, 0, 0, 6)
        self.nothing = Text("Nothing is drawn yet. Add a layer, and it is listed here.", tone="dim", wrap=True)
        self.nothing.setContentsMargins(0, 0, 12, 0)
        self._inner.addWidget(self.nothing)
        self._inner.addWidget(self.list, 1)
        column.addLayout(self._inner, 1)
        self.setFocusProxy(self._header)
        theme_notifier().changed.connect(self.list.viewport().update)
        self.list.selectionModel().selectionChanged.connect(self._on_rows_selected)
        self.list.clicked.connect(lambda index: self.shown_on_canvas.emit([index.data(IdRole)]))
        self.list.opened.connect(self._on_opened)
        self.list.removed.connect(self.delete_requested)
        self.list.walked.connect(self._on_walked)
        self.list.left_list.connect(self.left)
        self.list.menu_asked.connect(self._on_menu)
        selection.changed.connect(self._on_selected)
        for signal in (self.model.rowsInserted, self.model.rowsRemoved, self.model.modelReset):
            signal.connect(self._on_rows)
        project.changed.connect(self._on_counted)
        project.opened.connect(self._on_counted)
        self._on_counted()
        self._show_folded()

    @property
    def folded(self) -> bool:
        """Whether only the header shows."""
        return self._folded

    def set_folded(self, folded: bool) -> None:
        """Show the header alone, or the list too."""
        if folded != self._folded:
            self._folded = folded
            self._show_folded()
            self.folded_changed.emit()

    @property
    def fold_button(self) -> Button:
        """The arrow in the header, where the keyboard comes in."""
        return self._header.fold

    def stay_near(self, row: int) -> None:
        """Go on at this row after the node that was there has gone, without selecting what stands there now."""
        self.model.refresh()
        row = min(row, self.model.rowCount() - 1)
        if row >= 0:
            self._stand_on(row)

    def focus_first(self) -> None:
        """Open the list and put the keyboard on the selected node, the first one without a selection."""
        self.set_folded(False)
        self.model.refresh()
        if not self.list.currentIndex().isValid() and self.model.ids:
            self._stand_on(0)
        self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _stand_on(self, row: int) -> None:
        """Put the keyboard on a row without selecting it."""
        chosen = self.list.selectionModel()
        chosen.setCurrentIndex(self.model.index(row), QItemSelectionModel.SelectionFlag.NoUpdate)

    # What happens elsewhere.

    def _on_rows(self, *_what: object) -> None:
        self._show_parts()
        self._on_selected(self._selection.nodes)

    def _on_selected(self, nodes: Iterable[str]) -> None:
        if self._following:
            return
        rows = sorted(row for row in map(self.model.row, nodes) if row >= 0)
        self._following = True
        try:
            chosen = self.list.selectionModel()
            chosen.select(_ranges(self.model, rows), QItemSelectionModel.SelectionFlag.ClearAndSelect)
            if rows and not (self.list.hasFocus() and chosen.isSelected(self.list.currentIndex())):
                chosen.setCurrentIndex(self.model.index(rows[0]), QItemSelectionModel.SelectionFlag.NoUpdate)
                self.list.scrollTo(self.model.index(rows[0]))
        finally:
            self._following = False

    def _on_rows_selected(self, *_what: object) -> None:
        if self._following:
            return
        found: list[str] = []
        for part in list(self.list.selectionModel().selection()):  # type: ignore[call-overload]
            found += self.model.ids[part.top() : part.bottom() + 1]
        self._following = True
        try:
            self._selection.set_nodes(found)
        finally:
            self._following = False
        if found:
            current = self._current()
            self.shown_on_canvas.emit([current] if current in found else found[:1])

    def _current(self) -> str:
        index = self.list.currentIndex()
        return str(index.data(IdRole) or "") if index.isValid() else ""

    def _on_opened(self) -> None:
        node_id = self._current()
        if node_id:
            self._selection.set_nodes({node_id})
            self.inspect_requested.emit(node_id)

    def _on_walked(self, forward: bool) -> None:
        graph, node_id = self._project.project.graph, self._current()
        if forward:
            found = [edge.target for edge in graph.consumers_of(node_id)]
        else:
            found = [edge.source for edge in graph.inputs_of(node_id).values()]
        row = self.model.row(found[0]) if found else -1
        if row >= 0:
            self.list.setCurrentIndex(self.model.index(row))

    def _on_menu(self, at: QPoint) -> None:
        if self._current():
            self.menu_requested.emit(self._current(), at)

    def _show_folded(self) -> None:
        self._header.set_open(not self._folded)
        self.model.set_active(not self._folded)
        self._show_parts()

    def _show_parts(self) -> None:
        count = len(self._project.project.graph.nodes)
        self.list.setVisible(bool(count) and not self._folded)
        self.nothing.setVisible(not count and not self._folded)

    def _on_counted(self, *_what: object) -> None:
        self._header.set_count(len(self._project.project.graph.nodes))


def _ranges(model: OutlineModel, rows: Sequence[int]) -> QItemSelection:
    """Rows as few ranges: all 10,000 nodes are one."""
    found = QItemSelection()
    start = 0
    for number in range(1, len(rows) + 1):
        if number == len(rows) or rows[number] != rows[number - 1] + 1:
            found.select(model.index(rows[start]), model.index(rows[number - 1]))
            start = number
    return found


class _Header(QFrame):
    """What it is, how many nodes there are, and an arrow to unfold it."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEADER_HEIGHT - 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(13, 0, 8, 0)
        row.setSpacing(8)
        self._text = Text("Outline", role="small")
        self._count = Text("", role="mono", tone="dim")
        self.fold = Button(role="icon", icon="chevron-up", tooltip="Show the outline", name="design.outline.fold")
        self.fold.clicked.connect(self.clicked)
        row.addWidget(self._text, 1)
        row.addWidget(self._count)
        row.addWidget(self.fold)
        self.setFocusProxy(self.fold)

    def set_count(self, count: int) -> None:
        self._count.set_text(f"{count:,}" if count else "")

    def set_open(self, is_open: bool) -> None:
        self.fold.set_icon("chevron-down" if is_open else "chevron-up")
        words = "Hide the outline" if is_open else "Show the outline (Ctrl+Shift+O)"
        self.fold.setToolTip(words)
        self.fold.setAccessibleName(words)

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

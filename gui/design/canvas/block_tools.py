"""What can be done with blocks on the canvas: fold, open, leave, unpack, make independent, keep; by keys and menu."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

from engine.catalog.registry import layer_type
from engine.document.block import BLOCK, definition_id
from engine.document.block_files import block_file
from engine.document.block_places import block_title, graphs, instances, paths_to
from engine.document.edits import Edit
from engine.document.flat import SEPARATOR
from engine.document.graph import Node
from engine.errors import GraphError
from gui.design import block_edits
from gui.design.block_stock import BlockStock, Brought, stands_here
from gui.design.canvas.finder import Offer
from gui.design.canvas.marks import with_contents
from gui.design.families import color_name
from gui.models.block_shelf import BlockShelf

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

_Key = Qt.Key
_CONTROL: Final = Qt.KeyboardModifier.ControlModifier
_NONE: Final = Qt.KeyboardModifier.NoModifier

_T = TypeVar("_T")

_SMALLER: Final = 0.4
"""How large what is inside a block is shown at first while it opens."""
_ELSEWHERE: Final = "in "
"""Before the flat id of a node that is not in the graph shown."""
_MOST_FOUND: Final = 40

Entry = Callable[[str, str, Callable[[], object], str], object]
"""Adds an entry to a menu: caption, icon, what it does, keys."""


class BlockTools(QObject):
    """Made by the canvas, which asks it before its own keys."""

    said = Signal(str)
    """One line for the user."""

    def __init__(self, canvas: "GraphCanvas", shelf: BlockShelf) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.shelf = shelf
        self.stock = BlockStock(canvas.project, shelf)
        shelf.failed.connect(lambda error: canvas.project.refuse(error))

    # Commands.

    def fold(self) -> bool:
        """Put the selection into a block; its instance is selected then."""
        scope, selection = self._canvas.project, self._canvas.selection
        # What lies in a selected frame is meant with it.
        chosen = with_contents(self._canvas.marks, self._canvas.geometry_store, selection.everything)

        def make() -> block_edits.Folded:
            return block_edits.fold(scope.project, scope.checker, sorted(chosen), scope.document, scope.block)

        folded = self._tried(make)
        if folded is None or not scope.do(folded.edit):
            return False
        selection.set_nodes({folded.node})
        if folded.left_out:
            self.said.emit(folded.left_out)
        return True

    def unpack(self) -> bool:
        """Put what the selected instances hold in their place; it is selected then."""
        scope = self._canvas.project
        chosen = sorted(self._canvas.selection.nodes)
        made = self._tried(lambda: block_edits.unpack(scope.project, chosen, scope.document, scope.block))
        if made is None or not scope.do(made[0]):
            return False
        self._canvas.selection.set_nodes(made[1])
        return True

    def open(self, node_id: str = "") -> bool:
        """Show what an instance holds, the selected one when none is named; False when there is nothing to open."""
        name = node_id or next(iter(self.chosen()), "")
        self._canvas.cancel_gesture()
        middle = self._middle_of(name)
        if not name or not self._canvas.project.enter(name):
            return False
        if middle is not None:
            # What is inside grows out of the card.
            width, height = self._canvas.width() / 2, self._canvas.height() / 2
            zoom, x, y = self._canvas.view.state()
            (at_x, at_y), share = middle, _SMALLER
            self._glide_from((zoom * share, at_x - (width - x) * share, at_y - (height - y) * share))
        return True

    def leave(self) -> bool:
        """Show the graph around, the instance one comes from selected; False at the outermost."""
        return self.go_up_to(len(self._canvas.project.path) - 1)

    def go_up_to(self, depth: int) -> bool:
        """Show a graph further out: 0 is the project's own."""
        scope, path = self._canvas.project, self._canvas.project.path
        if not 0 <= depth < len(path):
            return False
        self._canvas.cancel_gesture()
        scope.go(path[:depth])
        self._canvas.selection.set_nodes({path[depth]})
        middle = self._middle_of(path[depth])
        if middle is not None:
            # And shrinks into it again.
            width, height = self._canvas.width() / 2, self._canvas.height() / 2
            zoom, x, y = self._canvas.view.state()
            self._glide_from((zoom / _SMALLER, width - (middle[0] - x) / _SMALLER, height - (middle[1] - y) / _SMALLER))
        self._canvas.setFocus()
        return True

    def reveal(self, flat_id: str) -> None:
        """Show a node by its id in the flat form, wherever it is drawn."""
        name = self._canvas.project.go_to_flat(flat_id)
        if name:
            self._canvas.reveal(name)

    def make_independent(self) -> bool:
        """Give the selected instance a definition of its own."""
        scope = self._canvas.project
        chosen = self.chosen()
        edit = self._tried(lambda: block_edits.make_independent(scope.project, chosen[0])) if chosen else None
        return edit is not None and scope.do(edit)

    def keep(self) -> bool:
        """Save the definition of the selected instance to the user's blocks."""
        chosen = self.chosen()
        return bool(chosen) and self.keep_definition(definition_id(self._node(chosen[0])))

    def keep_definition(self, block_id: str) -> bool:
        """Save a definition of the project to the user's blocks."""
        blocks = self._canvas.project.document.blocks
        file = self._tried(lambda: block_file(blocks, block_id))
        if file is None:
            return False
        stored = self.shelf.save(file)
        self.said.emit(f"{stored.title} is in My blocks now, for every project.")
        return True

    def bring(self, name: str) -> Brought | None:
        """What it takes to add a layer or block of that name; None when it cannot be, which is told."""
        return self._tried(lambda: self.stock.bring(name))

    def stands_here(self, type_name: str) -> bool:
        """Whether a layer is offered in the graph that is shown."""
        return stands_here(type_name, bool(self._canvas.project.path))

    def mixed_in(self, layers: Sequence[Offer], text: str, needs_input: bool, needs_output: bool) -> list[Offer]:
        """The layers found by a text and the blocks found by it: blocks called so first, others last."""
        words = text.strip().lower()
        first: list[Offer] = []
        last: list[Offer] = []
        for item in self.stock.search(text):
            if (needs_input and not item.inputs) or (needs_output and not item.outputs):
                continue
            offer = Offer(item.key, item.title, item.section.value.lower(), "family.block", item.help)
            (first if words and item.title.lower().startswith(words) else last).append(offer)
        return [*first, *layers, *last]

    def run(self, command: str) -> None:
        """What the inspector's buttons ask for."""
        {"open": self.open, "independent": self.make_independent, "unpack": self.unpack, "keep": self.keep}[command]()

    def matching(self, words: Sequence[str]) -> list[Offer]:
        """Nodes in other graphs of the project that the words find: inside blocks, and around the one that is open."""
        document, shown = self._canvas.project.document, self._canvas.project.block
        found: list[Offer] = []
        for holder, graph in graphs(document):
            way = () if not holder else next(iter(paths_to(document, holder, 1)), None)
            if holder == shown or way is None or not words:
                continue
            place = block_title(document.blocks[holder]) if holder else "main graph"
            for node in graph.sorted_nodes():
                kind = layer_type(node.type)
                title = node.title or (kind.label() if kind is not None else node.type)
                if all(word in f"{node.id} {title} {node.type} {place}".lower() for word in words):
                    key = _ELSEWHERE + SEPARATOR.join((*way, node.id))
                    color = color_name(kind.family) if kind is not None and node.type != BLOCK else "block"
                    found.append(Offer(key, title, node.id, f"family.{color}", f"In {place}."))
                if len(found) >= _MOST_FOUND:
                    return found
        return found

    def show_found(self, key: str) -> None:
        """Go to a node that was found, in whatever graph it is."""
        if key.startswith(_ELSEWHERE):
            self.reveal(key.removeprefix(_ELSEWHERE))
        else:
            self._canvas.reveal(key)

    def chosen(self) -> list[str]:
        """The selected instances that can be opened."""
        scope = self._canvas.project
        nodes = scope.project.graph.nodes
        return sorted(
            name
            for name in self._canvas.selection.nodes
            if name in nodes and definition_id(nodes[name]) in scope.document.blocks
        )

    # Keys and menu.

    def command_for(self, event: QKeyEvent) -> Callable[[], object] | None:
        """What a key does here; None for the keys of others."""
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if held == _CONTROL:
            if key == _Key.Key_G:
                return self.fold
            if key == _Key.Key_U:
                return self.unpack
            if key in (_Key.Key_Return, _Key.Key_Enter) and self.chosen():
                return self.open
        canvas = self._canvas
        nothing = not canvas.selection.nodes and canvas.gesture is None and canvas.selected_link is None
        leaves = (key in (_Key.Key_Escape, _Key.Key_Backspace) and held == _NONE) or (
            key == _Key.Key_Up and held == _CONTROL
        )
        return self.leave if leaves and nothing and canvas.project.path else None

    def fill_menu(self, entry: Entry, under: str) -> None:
        """The entries for the selected nodes, one of which is under the pointer."""
        nodes = self._canvas.project.project.graph.nodes
        if under in nodes and nodes[under].type == BLOCK:
            entry("Open block", "layers", lambda: self.open(under), "Ctrl+Enter")
            entry("Unpack", "layers", self.unpack, "Ctrl+U")
            linked = self.linked(under)
            if linked:
                entry("Make independent", "copy", self.make_independent, "")
            entry("Save to My blocks", "save", self.keep, "")
        entry("Fold into a block", "layers", self.fold, "Ctrl+G")

    def fill_canvas_menu(self, entry: Entry) -> None:
        """The entry for a click beside all nodes."""
        if self._canvas.project.path:
            entry("Leave the block", "arrow-left", self.leave, "Esc")

    def linked(self, node_id: str) -> list[tuple[str, Node]]:
        """The other instances that change with this one: where each stands, and itself."""
        scope = self._canvas.project
        block_id = definition_id(self._node(node_id))
        return [
            (holder, node)
            for holder, node in instances(scope.document, block_id)
            if (holder, node.id) != (scope.block, node_id)
        ]

    # Inside.

    def _middle_of(self, node_id: str) -> tuple[float, float] | None:
        """Where the middle of a card is on the widget; None when it is not in view."""
        geometry = self._canvas.geometry_store
        row = geometry.row_of.get(node_id)
        if row is None:
            return None
        x, y, width, height = geometry.boxes[row].tolist()
        at = self._canvas.view.to_screen(x + width / 2, y + height / 2)
        return at if self._canvas.frame().contains(*at) else None

    def _glide_from(self, view: tuple[float, float, float]) -> None:
        """Move from that view to the present one, where things may move."""
        nodes = self._canvas.project.project.graph.nodes
        first = next(iter(nodes.values()), None)
        if first is not None:
            self._canvas.tidier.glide.start({first.id: (first.x, first.y)}, view)

    def _node(self, node_id: str) -> Node:
        return self._canvas.project.project.graph.node(node_id)

    def _tried(self, make: Callable[[], _T]) -> _T | None:
        try:
            return make()
        except GraphError as error:
            self._canvas.project.refuse(error)
            return None

    def do(self, edit: Edit) -> bool:
        """Apply an edit of the document."""
        return self._canvas.project.do_whole(edit)

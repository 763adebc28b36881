"""Adding layers by name: at the pointer, after a node, at a loose end or into a link; whole chains typed in one go."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QPointF, Qt

from engine.catalog.layer import Layer
from engine.catalog.search import search
from engine.catalog.tensors import TensorSpec
from engine.checks.connection import compatible_types
from engine.checks.knowledge import Checks
from engine.document.graph import Edge, InputKey
from engine.document.project import Project
from engine.errors import GraphError
from gui.design import graph_edits
from gui.design.canvas.commands import NUDGE
from gui.design.canvas.finder import Finder, Offer
from gui.design.canvas.gestures.gesture import Pointer
from gui.design.canvas.mark_tools import offers_for
from gui.design.chain_text import add_chain, is_chain, read_chain
from gui.design.families import TITLES, color_name
from gui.design.graph_edits import Loose
from gui.design.torch_text import torch_layers
from gui.models.layer_uses import LayerUses

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

_CHAIN: Final = "several layers"
"""Key of the offer that stands for a typed chain."""
_CODE: Final = "layers as code"
"""Key of the offer that stands for PyTorch code that was pasted into the search."""

_Modifier = Qt.KeyboardModifier


class LayerAdder:
    """Opens the finder with layers and adds what is picked."""

    def __init__(self, canvas: "GraphCanvas", uses: LayerUses) -> None:
        self._canvas = canvas
        self.uses = uses
        self._pending: Callable[[str], None] | None = None  # what a picked offer does
        self._start: TensorSpec | None = None  # what flows into a chain that is typed; set on opening
        self._place: Pointer | None = None  # where a note goes; set on opening
        self.dangling: tuple[Loose, Pointer] | None = None
        """A link that waits for the layer that is searched for, and where its free end hangs."""
        self.finder = Finder("design.search", "Add a layer", canvas)
        self.finder.picked.connect(self._on_picked)
        self.finder.dismissed.connect(self._on_dismissed)

    @property
    def _project(self) -> Project:
        return self._canvas.project.project

    @property
    def _checker(self) -> Checks:
        return self._canvas.project.checker

    def open(self, pointer: Pointer, loose: Loose | None) -> None:
        """Search for a layer to put at the pointer; for a loose end of a link only what fits there is offered."""
        fitting: list[type[Layer]] | None = None
        self._start = self._checker.specs.get((loose.node, loose.port)) if loose is not None and loose.forward else None
        if loose is not None:
            fitting = compatible_types(self._project, self._checker, loose.node, loose.port)
        self._pending = lambda name: self._add_at(name, pointer, loose)
        self.dangling = (loose, pointer) if loose is not None else None
        prompt = "Add a layer" if loose is None else f"Add what fits {loose.node}"
        nothing = "No layer is called that." if loose is None else "No layer that fits here is called that."
        self._ask(pointer, fitting, prompt, nothing, chains=True)

    def open_by_key(self) -> None:
        """Search for a layer to put after the selected node; at the pointer when there is none to follow."""
        pointer = self._canvas.pointer_for_keys()
        after = sorted(self._canvas.selection.nodes)
        outputs: tuple[str, ...] = ()
        if len(after) == 1 and after[0] in self._project.graph.nodes:
            node = self._project.graph.node(after[0])
            outputs = graph_edits.output_ports(node, self._checker)
        if not outputs:
            self.open(pointer, None)
            return
        loose = Loose(after[0], outputs[0], True)
        fitting = compatible_types(self._project, self._checker, loose.node, loose.port)
        self._start = self._checker.specs.get((loose.node, loose.port))
        self._pending = lambda name: self._add_behind(name, loose)
        right, top = self._canvas.geometry_store.output_point(loose.node, loose.port)
        place = self._canvas.pointer_at(QPointF(*self._canvas.view.to_screen(right + 24, top)), _Modifier.NoModifier)
        self._ask(place, fitting, f"Add after {loose.node}", "No layer is called that.", chains=True, only=False)

    def open_for_link(self, pointer: Pointer, link: InputKey) -> None:
        """Search for a layer to put into a link."""
        edge = self._project.graph.inputs_of(link[0]).get(link[1])
        if edge is None:
            return
        fitting = compatible_types(self._project, self._checker, edge.source, edge.output)
        fitting = [kind for kind in fitting if kind.outputs]
        self._pending = lambda name: self._insert(name, edge)
        self._ask(pointer, fitting, "Insert a layer", "No layer that fits here is called that.")

    def _ask(
        self,
        pointer: Pointer,
        fitting: list[type[Layer]] | None,
        prompt: str,
        nothing: str,
        *,
        chains: bool = False,
        only: bool = True,
    ) -> None:
        """Open the search; with `chains` several layers may be typed at once, with `only` nothing else than fits."""
        start = self._start
        uses = self.uses.within(self._project.graph)
        only = only and fitting is not None
        needs_input = fitting is not None and not (self.dangling is not None and not self.dangling[0].forward)
        needs_output = self.dangling is not None and not self.dangling[0].forward

        def why(text: str) -> str:
            return (read_chain(text, start).problem if chains and is_chain(text) else "") or nothing

        def offers(text: str) -> Sequence[Offer]:
            if chains and (count := torch_layers(text)):
                words = "1 layer" if count == 1 else f"{count} layers"
                return [Offer(_CODE, "PyTorch code", words, "accent", f"Return adds {words}, as the code links them.")]
            if chains and is_chain(text):
                chain = read_chain(text, start)
                amount = "1 layer" if len(chain.links) == 1 else f"{len(chain.links)} layers"
                words = f"{chain.words()}\nReturn adds {amount}, linked."
                # "Block 2" looks like a layer with a setting, and may be what a block is called.
                named = self._canvas.blocks.mixed_in([], text, needs_input, needs_output)
                return named if chain.problem else [*named, Offer(_CHAIN, chain.words(), amount, "accent", words)]
            found = search(text, fitting=fitting, only_fitting=only, uses=uses)
            layers = [
                Offer(
                    kind.type_name(),
                    kind.label(),
                    TITLES[kind.family].lower(),
                    f"family.{color_name(kind.family)}",
                    kind.help(),
                )
                for kind in found
                if self._canvas.blocks.stands_here(kind.type_name())
            ]
            return [*offers_for(text), *self._canvas.blocks.mixed_in(layers, text, needs_input, needs_output)]

        self._place = pointer
        self.finder.ask(offers, QPoint(round(pointer.sx) + 4, round(pointer.sy) - 12), prompt=prompt, nothing=why)

    def _add_at(self, name: str, pointer: Pointer, loose: Loose | None) -> None:
        # The port lies at the pointer when a link was dropped, the card is around it otherwise.
        x = pointer.x if loose is not None and loose.forward else pointer.x - 84
        y = pointer.y - 32
        if loose is not None and not loose.forward:
            x = pointer.x - 168
        x, y = round(x / NUDGE) * NUDGE, round(y / NUDGE) * NUDGE
        if name == _CHAIN:
            self._add_chain(loose, x, y)
            return
        brought = self._canvas.blocks.bring(name)
        if brought is None:
            return
        if loose is None:
            edit, node = graph_edits.add(brought.project, brought.name, x, y)
        else:
            edit, node = graph_edits.add_at_loose_end(brought.project, self._checker, brought.name, loose, x, y)
        if self._canvas.do(brought.with_added(edit)):
            self.uses.picked(name)
            self._canvas.selection.set_nodes({node.id})

    def _add_behind(self, name: str, loose: Loose) -> None:
        if name != _CHAIN:
            self.add_layer(name)
            return
        node = self._project.graph.node(loose.node)
        x, y = graph_edits.place_behind(self._project, node)
        self._add_chain(loose, x, y)

    def _add_chain(self, loose: Loose | None, x: float, y: float) -> None:
        project, checker = self._project, self._checker
        chain = read_chain(self.finder.edit.text(), self._start)
        if chain.problem or not chain.links:
            return
        edit, made = add_chain(project, checker, chain, loose, x, y)
        if self._canvas.do(edit):
            self.uses.picked(*dict.fromkeys(link.kind.type_name() for link in chain.links))
            self._canvas.selection.set_nodes({made[-1]})
            self._canvas.show_rows(self._canvas.geometry_store.rows(made))

    def _insert(self, name: str, edge: Edge) -> None:
        brought = self._canvas.blocks.bring(name)
        if brought is None:
            return
        made = graph_edits.splice_new(brought.project, self._checker, brought.name, edge)
        if made is not None and self._canvas.do(brought.with_added(made[0])):
            self.uses.picked(name)
            self._canvas.selection.set_nodes({made[1].id})

    def add_layer(self, name: str) -> None:
        """Put a layer after the selected node, connected where it fits; into the middle of the view without one."""
        brought = self._canvas.blocks.bring(name)
        if brought is None:
            return
        project, name = brought.project, brought.name
        after = sorted(self._canvas.selection.nodes)
        made = graph_edits.add_after(project, self._checker, name, after[-1]) if len(after) == 1 else None
        if made is None:
            x, y = self._canvas.view.center(self._canvas.width(), self._canvas.height())
            x, y = round((x - 84) / NUDGE) * NUDGE, round((y - 32) / NUDGE) * NUDGE
            made = graph_edits.add(project, name, *graph_edits.free_place(project, x, y))
        if self._canvas.do(brought.with_added(made[0])):
            self.uses.picked(name)
            self._canvas.selection.set_nodes({made[1].id})
            self._canvas.show_rows(self._canvas.geometry_store.rows((made[1].id,)))

    def _on_picked(self, name: str) -> None:
        pending, self._pending, self.dangling = self._pending, None, None
        if name == _CODE and self._place is not None:
            self._canvas.paste_at(self._place, self.finder.edit.text())
            return
        if self._place is not None and self._canvas.mark_tools.add_offered(name, self._place):
            return
        if pending is None:
            return
        try:
            pending(name)
        except GraphError as error:
            self._canvas.project.refuse(error)  # what it should be linked to has gone while the box was open

    def _on_dismissed(self) -> None:
        self._pending = self.dangling = None
        self._canvas.update()

"""How much each loss counts where a network has several."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.catalog.losses import Loss
from engine.catalog.registry import layer_type
from engine.catalog.titles import titles_apart
from engine.document.graph import Graph, Node, natural
from gui.widgets.form_row import FormRow
from gui.widgets.number_editor import NumberEditor
from gui.widgets.section_label import SectionLabel

_LARGEST: Final = 1e6


def is_loss(node: Node | None) -> bool:
    """Whether a node is a loss that something is learned from."""
    kind = layer_type(node.type) if node is not None else None
    return kind is not None and issubclass(kind, Loss) and not kind.measure


class LossWeights(QWidget):
    """A row for each loss, shown when there is more than one. A weight of 0 leaves a loss out."""

    changed = Signal(object)
    """Weights by node id as a recipe holds them; empty when all count alike."""

    def __init__(self, *, caption_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption_width = caption_width
        self._losses: tuple[tuple[str, str, str], ...] = ()
        self._rows: dict[str, FormRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(SectionLabel("Losses"))

    def show_losses(self, graph: Graph, weights: Mapping[str, float]) -> None:
        """Show the losses of a graph with the weights that a player gives them."""
        nodes = [node for node in sorted(graph.nodes.values(), key=lambda item: natural(item.id)) if is_loss(node)]
        found = tuple(
            (node.id, title, kind.label() if (kind := layer_type(node.type)) is not None else node.type)
            for node, title in zip(nodes, titles_apart(nodes), strict=True)
        )
        if found != self._losses:
            self._build(found)
        for node_id, row in self._rows.items():
            value = weights.get(node_id, 0.0) if weights else 1.0
            if isinstance(row.editor, NumberEditor) and row.editor.value() != value:
                row.editor.set_value(value)
        self.setVisible(len(found) > 1)

    def row(self, node_id: str) -> FormRow:
        """The row of a loss. Raises KeyError."""
        return self._rows[node_id]

    def knows(self, node_id: str) -> bool:
        """Whether a row stands for this node."""
        return node_id in self._rows

    def _build(self, found: tuple[tuple[str, str, str], ...]) -> None:
        for row in self._rows.values():
            row.hide()
            row.deleteLater()
        self._losses, self._rows = found, {}
        for node_id, title, label in found:
            editor = NumberEditor(1.0, minimum=-_LARGEST, maximum=_LARGEST)
            editor.setObjectName(f"train.recipe.loss.{node_id}")
            called = title if title.startswith(label) else f"{title}, {label}"  # the caption may be cut
            row = FormRow(
                title,
                editor,
                help=f"{called}: how much it counts in what is made smaller; 0 leaves it out.",
                caption_width=self._caption_width,
            )
            editor.committed.connect(lambda value, name=node_id: self._on_committed(name, float(value)))
            editor.rejected.connect(row.set_problem)
            self._rows[node_id] = row
            self._column.addWidget(row)

    def _on_committed(self, node_id: str, value: float) -> None:
        told: dict[str, float] = {}
        for name, row in self._rows.items():
            number = row.editor.number() if isinstance(row.editor, NumberEditor) else None
            if number is not None:
                told[name] = float(number)
        told[node_id] = value
        kept = {name: weight for name, weight in told.items() if weight}
        if not kept:
            self._rows[node_id].set_problem("One loss at least has to count.")
            return
        self._rows[node_id].set_problem("")
        self.changed.emit({} if set(told.values()) == {1.0} else kept)

"""What the weights and biases of a node begin with, in the inspector."""

from typing import Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.catalog.registry import blind_initializers, initializers
from engine.document.edits import SetInitial
from engine.document.graph import Initial, Node
from gui.forms.entry_choice import EntryChoice
from gui.models.scope import Scope

_AS_RECIPE: Final = "as the recipe says"


class FirstWeights(QWidget):
    """Two choices, shown for nodes that have parameters."""

    def __init__(self, project: Scope, *, caption_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._id = ""
        self.weight = EntryChoice(
            "First weights",
            initializers(),
            none=_AS_RECIPE,
            help="What its weights begin with before training.",
            name="design.inspector.weight_init",
            caption_width=caption_width,
        )
        self.bias = EntryChoice(
            "First biases",
            blind_initializers(),
            none=_AS_RECIPE,
            help="What its biases begin with before training.",
            name="design.inspector.bias_init",
            caption_width=caption_width,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.weight)
        column.addWidget(self.bias)
        self.weight.changed.connect(lambda chosen: self._set("weight", chosen))
        self.bias.changed.connect(lambda chosen: self._set("bias", chosen))

    def show_node(self, node: Node, *, has_parameters: bool) -> None:
        """Show what a node begins with."""
        self._id = node.id
        for choice, held in ((self.weight, node.weight_init), (self.bias, node.bias_init)):
            choice.show_choice(held.type if held is not None else "", held.attributes if held is not None else {})
        self.setVisible(has_parameters or node.weight_init is not None or node.bias_init is not None)

    def _set(self, part: str, chosen: object) -> None:
        node = self._project.project.graph.nodes.get(self._id)
        if node is None:
            return
        initial = Initial(type=chosen[0], attributes=chosen[1]) if isinstance(chosen, tuple) else None
        weight, bias = (initial, node.bias_init) if part == "weight" else (node.weight_init, initial)
        self._project.do(SetInitial(id=node.id, weight=weight, bias=bias), merge=f"{node.id}.{part}_init")

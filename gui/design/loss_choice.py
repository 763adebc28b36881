"""Another loss for the same place: those that suit the field and the head first, the rest under All."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.catalog.layer import Family
from engine.catalog.layers.data import Input
from engine.catalog.losses import Loss
from engine.catalog.registry import layer_type, losses
from engine.checks.offers import losses_for
from engine.checks.repairs import set_type
from engine.checks.walking import real_source
from engine.document.graph import Node
from gui.models.scope import Scope
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow


class LossChoice(QWidget):
    """Shown for losses alone. The links stay where the other loss has the same inputs."""

    chosen = Signal(object)
    """The edit that puts another loss in the node's place."""

    def __init__(self, project: Scope, *, caption_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._node: Node | None = None
        self._offered: tuple[type[Loss], ...] = ()
        self.editor = ChoiceEditor()
        self.editor.setObjectName("design.inspector.loss")
        self.editor.committed.connect(self._on_committed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(
            FormRow("Loss", self.editor, help="Another loss for the same answer.", caption_width=caption_width)
        )

    def show_node(self, node: Node) -> None:
        """Show the loss of a node; hidden for anything else."""
        kind = layer_type(node.type)
        is_loss = kind is not None and kind.family is Family.LOSS
        self.setVisible(is_loss)
        self._node = node if is_loss else None
        if not is_loss:
            return
        first, rest = self._suiting(node)
        if (*first, *rest) != self._offered or self.editor.count() == 0:
            self._offered = (*first, *rest)
            choices = [_choice(item) for item in first]
            if first and rest:
                choices.append(Choice(value=None, label="All", heading=True))
            self.editor.set_choices([*choices, *(_choice(item) for item in rest)])
        self.editor.set_value(node.type)

    def _suiting(self, node: Node) -> tuple[tuple[type[Loss], ...], tuple[type[Loss], ...]]:
        project, checker = self._project.project, self._project.checker
        edges = project.graph.inputs_of(node.id)
        target = edges.get("target")
        source = checker.layers.get(real_source(project.graph, target)[0]) if target is not None else None
        names = source.fields if isinstance(source, Input) else ()
        fields = [field for name in names if (field := project.data.field(name)) is not None]
        fields = fields or list(project.data.targets()[:1])
        if not fields:
            return (), losses()
        prediction = edges.get("prediction")
        spec = checker.specs.get((prediction.source, prediction.output)) if prediction is not None else None
        return losses_for(fields[0], spec)

    def _on_committed(self, type_name: object) -> None:
        if self._node is not None and type_name != self._node.type:
            self.chosen.emit(set_type(self._node, str(type_name)).edit)


def _choice(item: type[Loss]) -> Choice:
    return Choice(value=item.type_name(), label=item.label(), help=item.about())

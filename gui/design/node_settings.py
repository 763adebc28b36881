"""The settings of one node: what it does, its attributes, the activation after it, shapes, cost and problems."""

from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.catalog.curves import curve_points
from engine.catalog.layer import Family, Layer
from engine.catalog.pretrained import PRETRAINED
from engine.catalog.registry import layer_type, layers
from engine.catalog.tensors import shape_text
from engine.checks.problem import Repair
from engine.document.block import BLOCK
from engine.document.block_places import instance_title
from engine.document.data_spec import DataSpec
from engine.document.edits import Edit, SetAttributes, SetBypassed, SetFrozen, SetTitle
from engine.document.graph import Node
from engine.document.node_weights import begun_from
from engine.document.own_code import OWN_CODE
from gui.design import graph_edits
from gui.design.amounts import bytes_text, number_text
from gui.design.block_form import instance_attributes, instance_edit
from gui.design.block_section import BlockSection
from gui.design.code_section import CodeSection
from gui.design.exposing import ExposeToggles
from gui.design.families import color_name
from gui.design.first_weights import FirstWeights
from gui.design.loss_choice import LossChoice
from gui.design.node_text import caption, is_loss
from gui.design.problem_row import ProblemRow
from gui.design.start_weights import StartWeights
from gui.design.weights_panel import WeightsPanel
from gui.forms.attribute_form import AttributeForm
from gui.models.own_code import OwnCodeModel
from gui.models.scope import Scope
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.facts import Facts
from gui.widgets.form_row import FormRow
from gui.widgets.function_picture import FunctionPicture
from gui.widgets.guarded import guarded
from gui.widgets.list_editor import TextEditor
from gui.widgets.section_label import SectionLabel
from gui.widgets.switch import Switch
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier

CAPTION_WIDTH: Final = 104
_NO_ACTIVATION: Final = frozenset({Family.DATA, Family.LOSS, Family.ACTIVATION})


class Dot(QWidget):
    """A family's colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = "shape"
        self.setFixedSize(10, 10)
        theme_notifier().changed.connect(self.update)

    def set_color(self, name: str) -> None:
        """Another family."""
        self._color = name
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(current_theme().family(self._color))
            painter.drawEllipse(self.rect().toRectF())


class NodeSettings(QWidget):
    """Shows one node and turns what the user changes into edits."""

    jumped = Signal(str)
    """Node id to show."""
    repair_pointed = Signal(object)
    """Repair to show on the canvas before it is chosen, or None."""

    def __init__(self, project: Scope, own_code: OwnCodeModel | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._project = project
        self._id = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        self._dot = Dot()
        self._title = Text("", role="heading", elide=Qt.TextElideMode.ElideRight)
        self._name = Text("", role="mono", elide=Qt.TextElideMode.ElideRight)
        self._name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._dot)
        self._name.setMaximumWidth(120)
        head.addWidget(self._title, 1)
        head.addWidget(self._name)
        column.addLayout(head)
        self._help = Text("", tone="dim", wrap=True)
        column.addWidget(self._help)
        self.formula = Text("", role="mono", wrap=True)
        self.formula.setObjectName("design.inspector.formula")
        self.formula.setAccessibleName("Formula")
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.formula)
        self.picture = FunctionPicture()
        self.picture.setObjectName("design.inspector.picture")
        column.addWidget(self.picture)
        self._problems_label = self._section("Problems")
        self.problem_rows = [ProblemRow() for _ in range(3)]
        for row in self.problem_rows:
            row.repair_chosen.connect(self._on_repair)
            row.repair_pointed.connect(self.repair_pointed)
            column.addWidget(row)
        self._settings_label = self._section("Settings")
        self.loss = LossChoice(project, caption_width=CAPTION_WIDTH)
        self.loss.chosen.connect(self._do)
        column.addWidget(self.loss)
        self.form = AttributeForm(caption_width=CAPTION_WIDTH)
        self.form.value_changed.connect(self._on_value)
        column.addWidget(self.form)
        self.exposing = ExposeToggles(self.form, project)
        self.block = BlockSection(project, caption_width=CAPTION_WIDTH)
        column.addWidget(self.block)
        self.code = CodeSection(project, own_code if own_code is not None else OwnCodeModel(project.model, parent=self))
        column.addWidget(self.code)
        self.activation = ChoiceEditor(_activations(), "")
        self.activation.setObjectName("design.inspector.activation")
        self._activation_row = FormRow(
            "Activation",
            self.activation,
            help="The function after this layer. It becomes a node of its own.",
            caption_width=CAPTION_WIDTH,
        )
        self.activation.committed.connect(self._on_activation)
        column.addWidget(self._activation_row)
        self._section("Node")
        self.title_editor = TextEditor("")
        self.title_editor.setObjectName("design.inspector.title")
        self.title_editor.committed.connect(self._on_title)
        self.frozen = Switch(False)
        self.frozen.setObjectName("design.inspector.frozen")
        self.frozen.committed.connect(self._on_frozen)
        self.bypassed = Switch(False)
        self.bypassed.setObjectName("design.inspector.bypassed")
        self.bypassed.committed.connect(self._on_bypassed)
        column.addWidget(
            FormRow("Caption", self.title_editor, help="What the card is called.", caption_width=CAPTION_WIDTH)
        )
        self._frozen_row = FormRow(
            "Freeze", self.frozen, help="Its parameters keep their values in training.", caption_width=CAPTION_WIDTH
        )
        column.addWidget(self._frozen_row)
        column.addWidget(
            FormRow(
                "Bypass", self.bypassed, help="Its input passes through unchanged. Ctrl+B", caption_width=CAPTION_WIDTH
            )
        )
        self.start_weights = StartWeights(project, caption_width=CAPTION_WIDTH)
        column.addWidget(self.start_weights)
        self.first_weights = FirstWeights(project, caption_width=CAPTION_WIDTH)
        column.addWidget(self.first_weights)
        self._shapes_label = self._section("Shapes")
        self.shapes = Facts()
        column.addWidget(self.shapes)
        self._cost_label = self._section("Cost")
        self.cost = Facts()
        column.addWidget(self.cost)
        self.weights = WeightsPanel()
        column.addWidget(self.weights)
        self._how_label = self._section("How it works")
        self._how = Text("", tone="dim", wrap=True)
        self._how.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self._how)

    @property
    def node_id(self) -> str:
        """The node shown."""
        return self._id

    def show_node(self, node_id: str) -> None:
        """Show a node as it is now."""
        node = self._project.project.graph.nodes.get(node_id)
        if node is None:
            return
        self._id = node_id
        data = self._project.project.data
        kind = layer_type(node.type)
        checker = self._project.checker
        self._dot.set_color(color_name(kind.family) if kind is not None else "shape")
        self._title.set_text(caption(node, kind, data))
        self._name.set_text(node.id)
        self._help.set_text(kind.help() if kind is not None else "This version of Netwright does not know this layer.")
        self.formula.set_text(kind.formula if kind is not None else "")
        self.formula.setVisible(kind is not None and bool(kind.formula))
        self._show_picture(checker.layers.get(node_id))
        problems = checker.problems_of(node_id)
        self._problems_label.setVisible(bool(problems))
        for number, row in enumerate(self.problem_rows):
            row.setVisible(number < len(problems))
            if number < len(problems):
                row.show_problem(problems[number])
        attributes = kind.attributes() if kind is not None else ()
        has_settings = bool(attributes) or self._has_activation(kind) or is_loss(kind)
        self._settings_label.setVisible(has_settings)
        if node.type == BLOCK:
            attributes = instance_attributes(self._project.document.blocks, node)
            self.form.set_attributes(attributes, node.attributes, {}, _field_names(node, data))
            self.block.show_node(node)
            self._title.set_text(instance_title(self._project.document, node) or "Block")
            self._dot.set_color("block")
        else:
            self.form.set_entry(kind, node.attributes, _field_names(node, data))
        self.block.setVisible(node.type == BLOCK)
        self.code.setVisible(node.type == OWN_CODE)
        if node.type == OWN_CODE:
            self.code.show_node(node)
        self.exposing.show(node)
        self.form.setVisible(bool(attributes))
        self._show_activation(node, kind)
        self.loss.show_node(node)
        has_parameters = bool(checker.cost_of(node_id).parameters) and node.type != BLOCK
        self.start_weights.show_node(node)
        self.first_weights.show_node(node, has_parameters=has_parameters and not node.weights)
        if self.title_editor.value() != node.title:
            self.title_editor.set_value(node.title)
        self.title_editor.lineEdit().setPlaceholderText(kind.label() if kind is not None else node.type)
        self.frozen.set_value(node.frozen)
        self.bypassed.set_value(node.bypassed)
        self._show_facts(node, checker.layers.get(node_id))
        self.weights.show_node(node_id, color_name(kind.family) if kind is not None else "shape")
        details = (
            "\n".join(part for part in (kind.when, _paragraphs(kind.details())) if part) if kind is not None else ""
        )
        self._how.set_text(details)
        self._how_label.setVisible(bool(details))
        self._how.setVisible(bool(details))

    def focus_first(self) -> None:
        """Put the focus into the first setting."""
        if self.form.names():
            self.form.focus_first()
        elif not self._activation_row.isHidden():
            self.activation.setFocus()
        else:
            self.title_editor.setFocus()

    # Inside.

    def _section(self, words: str) -> SectionLabel:
        label = SectionLabel(words)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        label.setContentsMargins(0, 6, 0, 0)  # goes with the label when that is hidden
        column.addWidget(label)
        return label

    @staticmethod
    def _has_activation(kind: type[Layer] | None) -> bool:
        return kind is not None and bool(kind.outputs) and kind.family not in _NO_ACTIVATION

    def _show_picture(self, layer: Layer | None) -> None:
        """The function of a layer that works value by value, with its settings."""
        points = curve_points(layer) if layer is not None else []
        self.picture.setVisible(len(points) > 1)
        if layer is not None and points:
            words = f"What {layer.label()} makes of a value from {points[0][0]:.3g} to {points[-1][0]:.3g}"
            self.picture.show_points(points, color_name(layer.family), words)

    def _show_activation(self, node: Node, kind: type[Layer] | None) -> None:
        shown = self._has_activation(kind)
        self._activation_row.setVisible(shown)
        if shown:
            after = graph_edits.activation_after(self._project.project, node.id)
            self.activation.set_value(after.type if after is not None else "")

    def _show_facts(self, node: Node, layer: Layer | None) -> None:
        checker = self._project.checker
        ports = layer.input_ports() if layer is not None else ()
        specs = checker.input_specs(node.id)
        rows: list[tuple[str, str]] = []
        for number, port in enumerate(ports):
            spec = specs[number] if number < len(specs) else None
            name = "in" if len(ports) == 1 else port.name
            if spec is None:
                linked = port.name in self._project.project.graph.inputs_of(node.id)
                rows.append((name, "not known yet" if linked else "not linked"))
            else:
                rows.append((name, shape_text(spec.shape)))
                if len(port.axes) == spec.rank and spec.rank > 1:
                    rows.append(("", " × ".join(port.axes[1:])))
        outputs = layer.output_ports() if layer is not None else ()
        for output in outputs:
            spec = checker.specs.get((node.id, output))
            name = "out" if len(outputs) == 1 else output
            rows.append((name, shape_text(spec.shape) if spec is not None else "not known yet"))
        self.shapes.show_rows(rows)
        self._shapes_label.setVisible(bool(rows))
        cost = checker.cost_of(node.id)
        facts: list[tuple[str, str]] = []
        if cost.parameters:
            facts.append(("parameters", number_text(cost.parameters)))
        if cost.multiply_adds:
            facts.append(("multiply-adds", number_text(cost.multiply_adds)))
        if cost.output_bytes:
            batch = batch_size(self._project)
            facts.append((f"memory @{batch}", bytes_text(cost.output_bytes * batch)))
        self.cost.show_rows(facts)
        self._cost_label.setVisible(bool(facts))
        self._frozen_row.setVisible(bool(cost.parameters) or node.frozen)

    def _do(self, edit: Edit | None, merge: str = "") -> None:
        if edit is not None and not self._project.do(edit, merge):
            self.show_node(self._id)  # put the old value back into the editor

    def _on_value(self, name: str, value: Any) -> None:
        node = self._project.project.graph.nodes.get(self._id)
        kind = layer_type(node.type) if node is not None else None
        if node is None or kind is None:
            return
        if node.type == BLOCK:
            edit = instance_edit(self._project.document.blocks, node, name, value)
            self._do(edit, merge=f"{node.id}.{name}")
            return
        changed, unset = graph_edits.set_attribute(kind, name, value)
        unset = tuple(item for item in unset if item in node.attributes)
        if (changed and node.attributes.get(name) != changed[name]) or unset:
            self._do(SetAttributes(id=node.id, attributes=changed, unset=unset), merge=f"{node.id}.{name}")

    def _on_activation(self, type_name: object) -> None:
        project = self._project
        self._do(graph_edits.set_activation(project.project, project.checker, self._id, str(type_name)))

    def _on_title(self, title: object) -> None:
        text = str(title).strip()
        node = self._project.project.graph.nodes.get(self._id)
        if node is not None and text != node.title:
            self._do(SetTitle(id=self._id, title=text))

    def _on_frozen(self, on: object) -> None:
        self._do(SetFrozen(ids=(self._id,), frozen=bool(on)))

    def _on_bypassed(self, on: object) -> None:
        self._do(SetBypassed(ids=(self._id,), bypassed=bool(on)))

    def _on_repair(self, repair: Repair) -> None:
        if not self._project.do_whole(repair.edit):
            self.show_node(self._id)


def batch_size(project: Scope) -> int:
    """Samples in one step of the recipe's first phase."""
    phases = project.project.recipe.phases
    return phases[0].batch_size if phases else 64


def help_page(node: Node | None) -> str:
    """Where F1 leads with this node selected: the page that is made from its catalog entry."""
    if node is not None and any(item.name == begun_from(node) for item in PRETRAINED):
        return "pretrained"
    kind = layer_type(node.type) if node is not None else None
    if kind is None:
        return "design"
    return f"{'losses' if kind.family is Family.LOSS else 'layers'}.{kind.type_name()}"


def _activations() -> list[Choice]:
    found = [Choice(value="", label="none", help="Nothing is put after the layer.")]
    for kind in layers():
        if kind.family is Family.ACTIVATION:
            found.append(Choice(value=kind.type_name(), label=kind.label(), help=kind.about()))
    return found


def _field_names(node: Node, data: DataSpec) -> tuple[str, ...]:
    if node.type == "Output":
        return tuple(field.name for field in data.targets())
    return tuple(field.name for field in data.fields if field.role != "ignored")


def _paragraphs(text: str) -> str:
    """A docstring with its lines joined again, so that it wraps at the width of the panel."""
    blocks = [" ".join(line.strip() for line in block.splitlines()) for block in text.split("\n\n")]
    return "\n".join(block for block in blocks if block)

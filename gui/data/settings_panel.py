"""The right side: checks, split, fields, and how the picked field is prepared."""

from PySide6.QtWidgets import QWidget

from engine.checks.field_specs import prepared_spec
from engine.document.data_spec import FieldKind, Role
from engine.document.edits import Change
from engine.errors import NetwrightError
from gui.data.check_cards import CheckCards
from gui.data.field_table import FieldTable
from gui.data.split_section import SplitSection
from gui.data.step_list import StepList
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.widgets.button import Button
from gui.widgets.side_panel import SidePanel
from gui.widgets.text import Text

WIDTH = 296


class SettingsPanel(SidePanel):
    """Everything here is an edit of the project, and can be undone."""

    def __init__(self, project: ProjectModel, data: DataModel) -> None:
        super().__init__("right", width=WIDTH, accessible="Checks, split and preparation")
        self._project, self._data = project, data
        self.add_section("Checks")
        self.checks = CheckCards(project, data)
        self.add(self.checks)
        self.add_section("Split")
        self.split = SplitSection(project, data)
        self.add(self.split)
        self.add_section("Fields")
        self.fields = FieldTable(project)
        self.add(self.fields)
        self.propose = Button(
            "", role="link", name="data.propose", tooltip="Replaces network and recipe by a proposal; can be undone"
        )
        self.propose.clicked.connect(self._on_propose)
        self.add(self.propose)
        self._preparation_heading = self.add_section("Preparation")
        self.preparation = StepList(project, "preparation")
        self.add(self.preparation)
        self.result = Text("", role="small", wrap=True)
        self.result.setObjectName("data.prepared")
        self.add(self.result)
        self._augmentation_heading = self.add_section("Augmentation · training only")
        self.augmentation = StepList(project, "augmentation")
        self.add(self.augmentation)
        self.finish()
        self.fields.field_picked.connect(lambda _name: self._show_field())
        project.changed.connect(self._on_changed)
        project.opened.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the data spec of the project."""
        self.fields.refresh()
        self.split.refresh()
        self._show_field()
        targets = self._project.project.data.targets()
        tables = any(
            field.kind in (FieldKind.NUMBER, FieldKind.CATEGORY) for field in self._project.project.data.inputs()
        )
        self.propose.setVisible(bool(targets) and tables)
        if targets:
            self.propose.set_text(f"Propose a network for {targets[0].name}")

    def _show_field(self) -> None:
        name = self.fields.picked()
        field = self._project.project.data.field(name)
        if field is None:
            return
        self._preparation_heading.set_text(f"Preparation of {name} · same in training and in the exported model")
        self.preparation.show_field(name)
        self.augmentation.show_field(name)
        offers: list[QWidget] = [self._augmentation_heading, self.augmentation]
        for widget in offers:
            widget.setVisible(
                field.role is Role.INPUT and (bool(self.augmentation.offered()) or bool(field.augmentation))
            )
        try:
            self.result.set_text(f"Becomes {prepared_spec(field)}")
            self.result.set_tone("faint")
        except NetwrightError as error:
            self.result.set_text(f"{error.message} {error.hint}".strip())
            self.result.set_tone("error")

    def _on_changed(self, change: Change) -> None:
        if change.data:
            self.refresh()

    def _on_propose(self) -> None:
        targets = self._project.project.data.targets()
        if targets:
            self._data.propose(targets[0].name)

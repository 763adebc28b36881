"""The left side: where the data comes from and how it is read, what is shown of it, its fields, and the classes."""

from pathlib import PurePath
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QWidget

from engine.document.data_spec import FieldKind, SourceKind
from engine.document.edits import Change
from gui.data.class_list import ClassList
from gui.data.field_table import FieldTable
from gui.data.labelling import Labelling
from gui.data.name_pattern import NamePattern
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.samples.class_colours import palette
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.plain_text import tooltip_text
from gui.widgets.row_list import KeyRole, RowList
from gui.widgets.side_panel import SidePanel
from gui.widgets.text import Text

WIDTH: Final = 280
SHOWN: Final = (
    ("", "All"),
    ("train", "Training"),
    ("val", "Validation"),
    ("test", "Test"),
    ("pool", "Unlabelled"),
    ("left_out", "Unreadable"),
)
LAYOUT_WORDS: Final = {
    SourceKind.IMAGE_FOLDER: "Pictures, a folder for each class",
    SourceKind.SOUND_FOLDER: "Sound, a folder for each class",
    SourceKind.NAMED_FILES: "Files with the class in their name",
    SourceKind.SHARED_NAMES: "Files that share a name",
    SourceKind.LOOSE_FILES: "Files without labels",
    SourceKind.MANIFEST: "A table that names files",
    SourceKind.MASKS: "Pictures with masks",
    SourceKind.BOXES: "Pictures with marked objects",
    SourceKind.TABLE: "A table",
    SourceKind.SERIES: "Values over time",
    SourceKind.IDX: "IDX files",
    SourceKind.NPZ: "NumPy arrays",
    SourceKind.TEXT_LINES: "Text, a file for each class",
    SourceKind.PARALLEL_TEXT: "Lines and their translation",
    SourceKind.PLAIN_TEXT: "Text to be continued",
    SourceKind.POINTS: "Points on a plane",
    SourceKind.ENVIRONMENT: "An environment to act in",
}


class SourcePanel(SidePanel):
    """Passes on what is picked; changes of fields and classes are edits of the project."""

    shown_picked = Signal(str)
    """A key of SHOWN."""
    class_picked = Signal(int)
    """Index of a class, -1 for all of them."""
    class_added = Signal(str)
    """A class that was named here is there now."""
    chooser_requested = Signal(str)
    environment_wanted = Signal()

    def __init__(self, project: ProjectModel, data: DataModel, labelling: Labelling) -> None:
        super().__init__("left", width=WIDTH, accessible="Sources, fields and classes")
        self._project, self._data, self._labelling = project, data, labelling
        self.add_section("Sources")
        self.sources = RowList(name="data.sources", accessible="Sources")
        self.sources.setSelectionMode(RowList.SelectionMode.NoSelection)
        self.add(self.sources)
        self._read_as_caption = Text("Read as", role="small")
        self.add(self._read_as_caption)
        self.read_as = ChoiceEditor()
        self.read_as.setObjectName("data.read_as")
        self.read_as.setAccessibleName("Read as")
        self.read_as.committed.connect(lambda kind: self._data.read_as(str(kind)))
        self.add(self.read_as)
        self.preview = Text("", role="small", wrap=True)
        self.preview.setObjectName("data.read_as.preview")
        self.add(self.preview)
        self.pattern = NamePattern()
        self.pattern.committed.connect(lambda pattern: self._data.read_with({"pattern": pattern}))
        self.pattern.hide()
        self.add(self.pattern)
        menu = QMenu(self)
        menu.addAction("A folder…", lambda: self.chooser_requested.emit("folder"))
        menu.addAction("A table, archive, sound or text…", lambda: self.chooser_requested.emit("file"))
        menu.addAction("An environment…", self.environment_wanted.emit)
        menu.addAction("Points on a plane", lambda: self._data.import_path("points:Spirals"))
        menu.addSeparator()
        menu.addAction("Look for other ways to read it", self._look_again)
        self.other = Button(
            "Use other data", role="link", name="data.other", tooltip="Replaces the data of this project; can be undone"
        )
        self.other.clicked.connect(lambda: menu.popup(self.other.mapToGlobal(self.other.rect().bottomLeft())))
        self.add(self.other)
        self.add_section("Show")
        self.shown = RowList(name="data.show", accessible="Show")
        for key, caption in SHOWN:
            self.shown.add_row(caption, key=key)
        self.shown.setCurrentRow(0)
        self.shown.currentRowChanged.connect(self._on_shown_changed)
        self.add(self.shown)
        self._fields_heading = self.add_section("Fields")
        self.fields = FieldTable(project, data)
        self.add(self.fields)
        self.propose = Button(
            "", role="link", name="data.propose", tooltip="Replaces network and recipe by a proposal; can be undone"
        )
        self.propose.clicked.connect(self._on_propose)
        self.add(self.propose)
        self._classes_heading = self.add_section("Classes")
        self.classes = ClassList()
        self.classes.picked.connect(self.class_picked)
        self.classes.rename_wanted.connect(lambda old, new: self._labelling.rename(old, new))
        self.classes.merge_wanted.connect(self._on_merge)
        self.classes.delete_wanted.connect(self._on_delete)
        self.classes.colour_wanted.connect(lambda name, colour: self._labelling.set_colour(name, colour))
        self.classes.add_wanted.connect(self._ask_for_class)
        self.add(self.classes)
        self._new = Button("New class", role="link", icon="plus", name="data.new_class", tooltip="Insert")
        self._new.clicked.connect(self._ask_for_class)
        self._name = QLineEdit()
        self._name.setObjectName("data.new_class.name")
        self._name.setPlaceholderText("Name, then Return")
        self._name.setAccessibleName("Name of the new class")
        self._name.setProperty("density", "compact")
        self._name.editingFinished.connect(self._on_class_named)
        self._name.hide()
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._new)
        row.addWidget(self._name, 1)
        row.addStretch(0)
        self._foot = foot
        self.add(foot)
        self.finish()
        data.labels_changed.connect(self.refresh_classes)
        data.cards_arrived.connect(self._on_cards_arrived)
        labelling.changed.connect(self.refresh_classes)
        project.changed.connect(self._on_project_changed)
        self.refresh()

    def refresh(self) -> None:
        """Show sources, counts, fields and classes as they are now."""
        self._show_sources()
        self._show_read_as()
        self.fields.refresh()
        self._show_propose()
        self.refresh_classes()

    def _show_sources(self) -> None:
        description = self._data.description
        samples = description.samples if description is not None else 0
        sources = self._project.project.data.sources
        self.sources.clear()
        for source in sources:
            name = PurePath(source.path.removeprefix("resource:").removeprefix("points:")).name or source.path
            count = f"{samples:,}" if samples and len(sources) == 1 else ""
            self.sources.add_row(name, count, dot="family.data", tooltip=source.path)
        self.sources.updateGeometry()

    def _show_read_as(self) -> None:
        sources = self._project.project.data.sources
        if not sources:
            return
        kind = sources[0].kind
        self._show_pattern()
        known = {layout.kind: layout for layout in self._data.layouts}
        words = known[kind].caption if kind in known else LAYOUT_WORDS.get(kind, kind.value)
        choices = [Choice(value=kind.value, label=words)]
        choices += [
            Choice(value=layout.kind, label=layout.caption, help=layout.preview)
            for layout in self._data.layouts
            if layout.kind != kind
        ]
        self.read_as.set_choices(choices)
        self.read_as.set_value(kind.value)
        self.read_as.setToolTip(tooltip_text(words))  # the field may cut it
        preview = known[kind].preview if kind in known else ""
        others = len(choices) - 1
        if others:
            preview = f"{preview} {others} other {'reading' if others == 1 else 'readings'} possible.".strip()
        self.preview.set_text(preview)
        self.preview.setVisible(bool(preview))

    def _on_cards_arrived(self, indices: object) -> None:
        if isinstance(indices, list) and any(index in indices for index in self._examples()):
            self._show_pattern()

    def _examples(self) -> list[int]:
        """The first, the middle and the last sample: names that differ in more than the last part."""
        samples = self._data.description.samples if self._data.description is not None else 0
        return sorted({0, samples // 2, samples - 1}) if samples else []

    def _show_pattern(self) -> None:
        """The pattern of names, where the class is read from them, with the first names that are known."""
        sources = self._project.project.data.sources
        if not sources:
            return
        source = sources[0]
        named = source.kind is SourceKind.NAMED_FILES
        self.pattern.setVisible(named)
        if named:
            cards = [self._data.card(index) for index in self._examples()]
            names = [card.name for card in cards if card is not None]
            self.pattern.set_pattern(str(source.options.get("pattern", "")), names)

    def _show_counts(self) -> None:
        description = self._data.description
        counts = description.counts if description is not None else None
        pool = self._data.waiting() if description is not None else 0
        values = {
            "": description.samples if description is not None else 0,
            "train": counts.train if counts is not None else 0,
            "val": counts.val if counts is not None else 0,
            "test": counts.test if counts is not None else 0,
            "pool": pool,
            "left_out": description.left_out_count if description is not None else 0,
        }
        for row, (key, caption) in enumerate(SHOWN):
            self.shown.set_row(self.shown.item(row), caption, f"{values[key]:,}", key=key)

    def _show_propose(self) -> None:
        data = self._project.project.data
        targets = data.targets()
        tables = any(field.kind in (FieldKind.NUMBER, FieldKind.CATEGORY) for field in data.inputs())
        self.propose.setVisible(bool(targets) and tables)
        if targets:
            self.propose.set_text(f"Propose a network for {targets[0].name}")

    def refresh_classes(self) -> None:
        """Classes as they are called now, counted from the labels shown."""
        classes = self._data.classes
        counts = self._data.class_counts()
        field = self._labelling.field
        self.classes.show_classes(
            classes, counts, palette(field, classes), blocked=self._labelling.reason_not_to_label()
        )
        self._classes_heading.set_text(f"Classes · {len(classes):,}" if len(classes) > 1 else "Classes")
        has = bool(classes) or field is not None
        for widget in (self._classes_heading, self.classes, self._foot):
            widget.setVisible(has)
        self._new.set_blocked(self._labelling.reason_not_to_label())
        self._show_counts()

    def show_all(self) -> None:
        """Back to everything."""
        self.classes.show_picked(-1)
        self.shown.setCurrentRow(0)

    def show_condition(self, shown: str, class_index: int) -> None:
        """Follow what was changed elsewhere."""
        self.shown.blockSignals(True)
        self.shown.select_key(shown)
        self.shown.blockSignals(False)
        self.classes.show_picked(class_index)

    def _on_shown_changed(self, row: int) -> None:
        if row >= 0:
            self.shown_picked.emit(str(self.shown.item(row).data(KeyRole)))

    def _on_merge(self, names: list[str], into: str) -> None:
        if self._labelling.merge(names, into):
            self._labelling.said.emit(f"{', '.join(names)} is part of {into} now. Undo takes it apart.")

    def _on_delete(self, name: str) -> None:
        if self._labelling.delete(name):
            self._labelling.said.emit(f"{name} is deleted; its samples wait unlabelled. Undo brings it back.")

    def _ask_for_class(self) -> None:
        self._name.clear()
        self._new.hide()
        self._name.show()
        self._name.setFocus()

    def _on_class_named(self) -> None:
        if self._name.isHidden():
            return
        name = self._name.text().strip()
        self._name.hide()
        self._new.show()
        if name and self._labelling.add_class(name):
            self.class_added.emit(name)

    def _look_again(self) -> None:
        sources = self._project.project.data.sources
        if sources:
            self._data.read_as(sources[0].kind.value)

    def _on_propose(self) -> None:
        targets = self._project.project.data.targets()
        if targets:
            self._data.propose(targets[0].name)

    def _on_project_changed(self, change: Change) -> None:
        if change.data:
            self._show_pattern()
            self.fields.refresh()
            self._show_propose()
            self.refresh_classes()

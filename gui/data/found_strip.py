"""What an import found, above the samples: a sentence, what is wrong, how else to read it, and what to learn."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.catalog.pretrained import pretrained_fitting
from engine.catalog.pretrained.kept import is_kept
from engine.document.atomic import megabytes
from engine.document.data_spec import FieldKind, Role
from engine.document.edits import Change
from engine.protocol.messages.data import DataImported
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.plain_text import set_tooltip, tooltip_text
from gui.widgets.text import Text
from gui.widgets.tokens import GAP

LEARNED = (
    FieldKind.CATEGORY,
    FieldKind.NUMBER,
    FieldKind.LABELS,
    FieldKind.TEXT,
    FieldKind.MASK,
    FieldKind.SERIES,
)


class FoundStrip(QWidget):
    """Comes with an import and goes away when the user says so, or with other data."""

    left_out_requested = Signal()
    head_start_requested = Signal()
    """Stand on the pretrained network for such data."""

    def __init__(self, project: ProjectModel, data: DataModel) -> None:
        super().__init__()
        self._project, self._data = project, data
        self.setObjectName("data.found")
        card = QFrame()
        card.setProperty("role", "card")
        self._title = Text("", role="title", wrap=True)
        self._title.setObjectName("data.found.title")
        self._layout = ChoiceEditor()
        self._layout.setAccessibleName("Read as")
        self._layout.setObjectName("data.found.layout")
        self._layout.committed.connect(lambda kind: self._data.read_as(str(kind)))
        self._target = ChoiceEditor()
        self._target.setAccessibleName("What to learn")
        self._target.setObjectName("data.found.target")
        self._target.committed.connect(lambda name: self._data.propose(str(name)))
        self._wrong = Button("", role="link", name="data.found.left_out")
        self._wrong.setMinimumHeight(self._layout.sizeHint().height())  # in line with the choices beside it
        self._wrong.clicked.connect(self.left_out_requested)
        self._head_start = Button("", role="link", name="data.found.pretrained")
        self._head_start.setMinimumHeight(self._layout.sizeHint().height())
        self._head_start.clicked.connect(self.head_start_requested)
        close = Button(role="icon", icon="close", tooltip="Dismiss", name="data.found.close")
        close.clicked.connect(self.hide)
        self._layout_part = self._part("Read as", self._layout, 190)
        self._target_part = self._part("Learn", self._target, 120)
        choices = QWidget()
        flow = FlowLayout(choices, gap=12)
        for widget in (self._layout_part, self._target_part, self._wrong, self._head_start):
            flow.addWidget(widget)
        words = QVBoxLayout()
        words.setSpacing(8)
        words.addWidget(self._title)
        words.addWidget(choices)
        outer = QVBoxLayout(self)  # its room above goes away with it
        outer.setContentsMargins(14, GAP, 14, 0)
        outer.addWidget(card)
        row = QHBoxLayout(card)
        row.setContentsMargins(14, 10, 10, 12)
        row.setSpacing(8)
        row.addLayout(words, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._choices = choices
        data.imported_ready.connect(self._on_imported)
        project.opened.connect(self.hide)
        project.changed.connect(self._on_project_changed)
        self.hide()

    @staticmethod
    def _part(caption: str, editor: ChoiceEditor, width: int) -> QWidget:
        part = QWidget()
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Text(caption, role="form"))
        editor.setFixedWidth(width)
        row.addWidget(editor)
        return part

    def _on_imported(self, event: DataImported) -> None:
        found = event.found.rstrip(". ") or f"{event.samples:,} samples"
        if found.startswith("A "):
            found = f"a {found[2:]}"
        self._title.set_text(f"Found {found}.")
        self.setAccessibleName(self._title.whole_text())
        count = event.left_out_count
        noun = "file or row" if count == 1 else "files or rows"
        self._wrong.set_text(f"{count:,} {noun} can't be used: show" if count else "")
        self._wrong.setVisible(bool(count))
        self._show_choices()
        self.show()

    def _show_choices(self) -> None:
        data = self._project.project.data
        layouts = self._data.layouts
        kind = data.sources[0].kind if data.sources else ""
        self._layout.set_choices(
            [Choice(value=choice.kind, label=choice.caption, help=choice.preview) for choice in layouts]
        )
        if layouts:
            self._layout.set_value(kind)
            self._layout.setToolTip(tooltip_text(self._layout.currentText()))  # the field may cut it
        self._layout_part.setVisible(len(layouts) > 1)
        fields = [field for field in data.fields if field.kind in LEARNED]
        targets = [field.name for field in data.fields if field.role is Role.TARGET]
        self._target.set_choices([Choice(value=field.name, label=field.name) for field in fields])
        if targets:
            self._target.set_value(targets[0])
        self._target_part.setVisible(len(fields) > 1 and bool(targets))
        offered = pretrained_fitting(self._project.project)
        self._head_start.setVisible(offered is not None and not self._project.read_only)
        if offered is not None:
            here = "" if is_kept(offered) else f" ({megabytes(offered.source.bytes)})"
            self._head_start.set_text(f"Begin with {offered.title}, which has learned already{here}")
            set_tooltip(self._head_start, f"{offered.purpose} The network is drawn anew; Ctrl+Z brings this one back.")
        parts = (self._wrong, self._head_start)
        shown = len(layouts) > 1 or self._target_part.isVisibleTo(self) or any(not part.isHidden() for part in parts)
        self._choices.setVisible(shown)

    def _on_project_changed(self, change: Change) -> None:
        if change.data and self.isVisible():
            if not self._project.project.data.sources:
                self.hide()
            else:
                self._show_choices()

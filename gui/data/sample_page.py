"""The sample looked at: each field as it is, after every step of its preparation, and varied by its augmentation."""

from collections.abc import Sequence
from typing import Final

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from engine.document.data_spec import FieldKind, Role
from engine.protocol.messages.data import FieldDetail, SampleDetail, Shown
from gui.data.shown_view import ShownView, with_mask
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.sample_detail import DetailModel
from gui.models.sound_player import SoundPlayer
from gui.samples.class_colours import palette
from gui.samples.play_button import PlayButton
from gui.widgets.button import Button
from gui.widgets.empty_state import EmptyState
from gui.widgets.facts import Facts
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text

LARGE_FIELDS: Final = (FieldKind.IMAGE, FieldKind.MASK, FieldKind.AUDIO, FieldKind.SERIES, FieldKind.ARRAY)
FLAT_FIELDS: Final = (FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.DATE, FieldKind.LABELS)
_RAW: Final = 190
_STEP: Final = 104
_WORDS_OF_SPLIT: Final = {"train": "training", "val": "validation", "test": "test", "pool": "not labelled yet"}


class _Views(QWidget):
    """A few values beside each other; views that are there are used again, so that live changes do not flicker."""

    def __init__(self, columns: int, side: int) -> None:
        super().__init__()
        self._columns, self._side = columns, side
        self.views: list[ShownView] = []
        self._placed = (0, 0)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)

    def show_values(self, values: Sequence[Shown], colors: Sequence[QColor] = ()) -> None:
        """Show exactly these."""
        while len(self.views) < len(values):
            self.views.append(ShownView(side=self._side))
        # Words want the whole width; pictures and curves stand beside each other.
        columns = self._columns if any(value.rgb or value.curve or value.mask for value in values) else 1
        if (columns, len(self.views)) != self._placed:
            self._placed = (columns, len(self.views))
            for number, view in enumerate(self.views):
                row, column = divmod(number, columns)
                self._grid.addWidget(view, row, column, 1, self._columns // columns, Qt.AlignmentFlag.AlignTop)
        for number, view in enumerate(self.views):
            view.setVisible(number < len(values))
            if number < len(values):
                view.show_value(values[number], colors=colors)
        self.setVisible(bool(values))


class _FieldPart(QWidget):
    """One field of the sample."""

    def __init__(self, detail: DetailModel) -> None:
        super().__init__()
        self.heading = SectionLabel("")
        self.raw = ShownView(side=_RAW)
        self.flow = _Views(2, _STEP)
        self._varied_heading = Text("Varied by augmentation, in training only", role="small")
        self.varied = _Views(2, 118)
        self.another = Button("Another variant", icon="shuffle", small=True, name="data.another")
        self.another.clicked.connect(detail.another_variant)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(8)
        for widget in (self.heading, self.raw, self.flow, self._varied_heading, self.varied):
            column.addWidget(widget)
        column.addWidget(self.another, 0, Qt.AlignmentFlag.AlignLeft)

    def show_field(self, field: FieldDetail, colors: Sequence[QColor], raw: Shown) -> None:
        """Show another."""
        self.heading.set_text(f"{field.name} · {field.kind}" + (f", {field.role}" if field.role != Role.INPUT else ""))
        self.raw.show_value(raw, colors=colors)
        numbered = [
            msgspec.structs.replace(step, caption=f"{number}. {step.caption}")
            for number, step in enumerate(field.steps, 1)
        ]
        self.flow.show_values(numbered, colors)
        self.varied.show_values(field.variants, colors)
        for widget in (self._varied_heading, self.another):
            widget.setVisible(bool(field.variants))


class SamplePage(QWidget):
    """Pictures, sound and series large, one field below the other; the rest as a table of words."""

    def __init__(self, project: ProjectModel, data: DataModel, detail: DetailModel, player: SoundPlayer) -> None:
        super().__init__()
        self._project, self._data, self._detail, self._player = project, data, detail, player
        self.setObjectName("data.sample")
        self.setAccessibleName("The sample")
        self._empty = EmptyState("image", "No sample picked", "Click one to see it before and after preparation.")
        self._name = Text("", role="title", elide=Qt.TextElideMode.ElideMiddle)
        self._where = Text("", role="small", wrap=True)
        self._problem = Text("", tone="warn", wrap=True)
        self._parts: list[_FieldPart] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._listen = PlayButton(player, lambda: detail.sample)
        self._listen.hide()
        self._rows_heading = SectionLabel("Values · as they are → prepared")
        self._rows = Facts()
        widgets: tuple[QWidget, ...] = (
            self._empty,
            self._name,
            self._where,
            self._problem,
            self._listen,
            self._rows_heading,
            self._rows,
        )
        for widget in widgets:
            self._column.addWidget(widget)
        self._column.addStretch(1)
        detail.changed.connect(self.refresh)
        data.labels_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the sample as far as it is known."""
        detail = self._detail.detail
        self._empty.setVisible(self._detail.sample < 0)
        self._problem.set_text(self._detail.problem)
        self._problem.setVisible(bool(self._detail.problem))
        there = detail is not None and self._detail.sample >= 0
        for widget in (self._name, self._where):
            widget.setVisible(there)
        self._listen.setVisible(there and bool(self._player.field))
        fields = self._sorted(detail) if there and detail is not None else []
        if detail is not None and there:
            self._name.set_text(detail.name or f"Sample {detail.index:,}")
            self._where.set_text(" · ".join(filter(None, self._words(detail))))
        flat = [field for field in fields if _is_flat(field)]
        fields = [field for field in fields if not _is_flat(field)]
        self._rows.show_rows([(field.name, _way(field)) for field in flat])
        self._rows.setVisible(bool(flat))
        self._rows_heading.setVisible(bool(flat))
        while len(self._parts) < len(fields):
            part = _FieldPart(self._detail)
            self._column.insertWidget(self._column.indexOf(self._rows_heading), part)
            self._parts.append(part)
        for number, part in enumerate(self._parts):
            part.setVisible(number < len(fields))
            if number < len(fields) and detail is not None:
                field = fields[number]
                spec = self._project.project.data.field(field.name)
                colors = palette(spec, spec.statistics.classes) if spec is not None else []
                raw = with_mask(field.raw, detail.fields) if field.raw.rgb else field.raw
                part.show_field(field, colors, raw)

    def _words(self, detail: SampleDetail) -> list[str]:
        index = self._data.label_of(detail.index)
        classes = self._data.classes
        label = classes[index] if 0 <= index < len(classes) else "" if classes else detail.label
        return [f"#{detail.index:,}", label, _WORDS_OF_SPLIT.get(detail.split, "")]

    @staticmethod
    def _sorted(detail: SampleDetail) -> list[FieldDetail]:
        """What can be looked at first, then inputs, then targets."""
        return sorted(detail.fields, key=lambda f: (f.kind not in LARGE_FIELDS, f.role == Role.TARGET))


def _is_flat(field: FieldDetail) -> bool:
    """Whether a line of words says it all."""
    return field.kind in FLAT_FIELDS and not field.variants


def _way(field: FieldDetail) -> str:
    """What a value becomes: "20.3 → 2.498"."""
    parts = [field.raw.problem or field.raw.text]
    if field.steps:
        last = next((step for step in field.steps if step.problem), field.steps[-1])
        parts.append(last.problem or last.text or last.facts)
    return " → ".join(parts)

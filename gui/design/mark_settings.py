"""The form of the selected frames and notes: what a frame is called, and the colour of all of them."""

from collections.abc import Collection
from typing import Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.document.edits import Batch
from engine.document.graph import Frame, Mark, Note
from gui.design import mark_edits
from gui.design.canvas.geometry import COLORS
from gui.design.node_settings import CAPTION_WIDTH
from gui.models.scope import Scope
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow
from gui.widgets.list_editor import TextEditor
from gui.widgets.text import Text

_COLORS: Final = tuple(Choice(value=name, label=name.capitalize() or "Plain") for name in ("", *COLORS))
_LONGEST: Final = 600


class MarkSettings(QWidget):
    """`show_marks` with one or several ids; what lies in a frame is counted by the canvas and shown as it says."""

    def __init__(self, project: Scope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("design.marks")
        self._project = project
        self._ids: tuple[str, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        self.heading = Text("", role="heading")
        self.words = Text("", tone="dim", wrap=True)
        self.title = TextEditor("")
        self.title.setObjectName("design.marks.title")
        self.title.committed.connect(self._on_title)
        self.color = ChoiceEditor(_COLORS, "")
        self.color.setObjectName("design.marks.color")
        self.color.committed.connect(self._on_color)
        self._title_row = FormRow("Title", self.title, caption_width=CAPTION_WIDTH)
        column.addWidget(self.heading)
        column.addWidget(self.words)
        column.addWidget(self._title_row)
        column.addWidget(FormRow("Colour", self.color, caption_width=CAPTION_WIDTH))

    def show_marks(self, ids: Collection[str]) -> None:
        """Show frames and notes as they are now."""
        graph = self._project.project.graph
        marks = [graph.marks[mark_id] for mark_id in sorted(ids) if mark_id in graph.marks]
        if not marks:
            return
        self._ids = tuple(mark.id for mark in marks)
        first = marks[0]
        alone = len(marks) == 1
        self.heading.set_text(_heading(marks))
        self._title_row.setVisible(alone and isinstance(first, Frame))
        if alone and isinstance(first, Frame):
            self.words.set_text("Drag its title, and all that lies in it comes along. Delete takes the frame alone.")
            if self.title.value() != first.title:
                self.title.set_value(first.title)
        elif alone and isinstance(first, Note):
            self.words.set_text(first.text[:_LONGEST] or "Empty. Double-click the note, or press F2, to write.")
        else:
            self.words.set_text("They move together. Delete takes them alone, without the nodes.")
        colors = {mark.color for mark in marks}
        if len(colors) == 1:
            self.color.set_value(first.color)
        else:
            self.color.set_mixed()

    def focus_first(self) -> None:
        """Put the focus into the first field."""
        (self.title if self.title.isVisibleTo(self) else self.color).setFocus()

    def _on_title(self, text: object) -> None:
        mark = self._project.project.graph.marks.get(self._ids[0]) if self._ids else None
        if isinstance(mark, Frame):
            changed = mark_edits.retitled(mark, str(text))
            if changed != mark:
                self._project.do(Batch(title=f"Rename {mark.id}", edits=(mark_edits.put(changed),)))

    def _on_color(self, color: object) -> None:
        edit = mark_edits.recolored(self._project.project.graph, self._ids, str(color))
        if edit is not None:
            self._project.do(edit)


def _heading(marks: list[Mark]) -> str:
    if len(marks) == 1:
        return "Frame" if isinstance(marks[0], Frame) else "Note"
    frames = sum(isinstance(mark, Frame) for mark in marks)
    counts = ((frames, "frame"), (len(marks) - frames, "note"))
    return " and ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts if count)

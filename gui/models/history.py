"""The one adapter between the document's edits and Qt's undo stack."""

import time
from collections.abc import Callable
from typing import Final

from msgspec import UNSET
from PySide6.QtGui import QUndoCommand

from engine.document.data_edits import SetField, SetSplit
from engine.document.edits import (
    Batch,
    Edit,
    Inside,
    MoveNodes,
    PutFrame,
    PutNote,
    Route,
    SetAttributes,
    SetClassWeights,
    SetData,
    SetName,
    SetRecipe,
    SetTitle,
    title,
)
from gui.widgets.guarded import guarded

MERGE_WITHIN_S: Final = 1.0

Perform = Callable[[Edit], Edit]
"""Applies an edit to the document, tells everybody, and returns the inverse."""


class EditCommand(QUndoCommand):
    """One step of the history: an edit that has been applied, and what takes it back.

    Steps with the same `merge` key that follow each other within a second become one, so that dragging a slider or a
    node is undone in one step.
    """

    def __init__(self, edit: Edit, inverse: Edit, perform: Perform, merge: str = "") -> None:
        super().__init__(title(edit))
        self.edit = edit
        self.inverse = inverse
        self._perform = perform
        self._merge = merge
        self._time = time.monotonic()
        self._fresh = True  # set here, cleared by the first redo: Qt redoes on push, but the edit is applied already

    @guarded(fallback=-1)
    def id(self) -> int:
        return 1 if self._merge else -1

    @guarded
    def redo(self) -> None:
        if self._fresh:
            self._fresh = False
            return
        self.inverse = self._perform(self.edit)

    @guarded
    def undo(self) -> None:
        self.edit = self._perform(self.inverse)
        self._merge = ""  # an edit after an undo is a step of its own

    @guarded(fallback=False)
    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, EditCommand) or other._merge != self._merge:
            return False
        if other._time - self._time > MERGE_WITHIN_S:
            return False
        if _replaces(other.edit, self.edit):
            self.edit = other.edit
        else:
            self.edit = Batch(title=self.text(), edits=(*_parts(self.edit), *_parts(other.edit)))
            self.inverse = Batch(title=self.text(), edits=(*_parts(other.inverse), *_parts(self.inverse)))
        self._time = other._time
        return True


def _replaces(new: Edit, old: Edit) -> bool:
    """Whether `new` sets exactly what `old` did, so that the old inverse still takes both back."""
    match new, old:
        case (SetAttributes(), SetAttributes()):
            return new.id == old.id and {*new.attributes, *new.unset} == {*old.attributes, *old.unset}
        case (SetTitle(), SetTitle()):
            return new.id == old.id
        case (Route(), Route()):
            return (new.target, new.input) == (old.target, old.input)
        case (PutFrame(), PutFrame()):
            return new.frame.id == old.frame.id
        case (PutNote(), PutNote()):
            return new.note.id == old.note.id
        case (MoveNodes(), MoveNodes()):
            return new.positions.keys() == old.positions.keys()
        case (Inside(), Inside()):
            return new.block == old.block and _replaces(new.inner, old.inner)
        case (SetData(), SetData()) | (SetRecipe(), SetRecipe()) | (SetName(), SetName()):
            return True
        case (SetSplit(), SetSplit()) | (SetClassWeights(), SetClassWeights()):
            return True
        case (SetField(), SetField()):
            return new.name == old.name and _named(new) == _named(old)
    return False


def _named(edit: SetField) -> set[str]:
    """The parts of the field that are set."""
    return {name for name in edit.__struct_fields__ if getattr(edit, name) is not UNSET}


def _parts(edit: Edit) -> tuple[Edit, ...]:
    return edit.edits if isinstance(edit, Batch) else (edit,)

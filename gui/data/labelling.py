"""What the user does to labels and classes, as edits of the project that show at once."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.document.data_edits import (
    AddClass,
    DeleteClass,
    ExcludeSamples,
    LabelSamples,
    MergeClasses,
    RenameClass,
    SetField,
)
from engine.document.data_spec import Field, FieldKind
from engine.document.sample_names import as_runs
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import GetNames, NamesRead
from gui.models.data import DataModel
from gui.models.engine import Engine, as_error
from gui.models.points import PointsModel
from gui.models.project import ProjectModel
from gui.samples.class_colours import with_colour

KNOWN_BY_CARD: Final = 500
"""Up to how many samples the cards that are here are looked through for their names."""
LONGEST_NAME: Final = 300
"""A card may show a longer name with its middle left out."""


Do = Callable[[tuple[str, ...]], None]
"""What is to be done once the names are known, written as runs."""


class Labelling(QObject):
    """Labels samples of the first category target. The project names them, so names may be asked for first."""

    said = Signal(str)
    """What was done or why not, in a sentence."""
    changed = Signal()
    """Classes, or whether names are being asked for, changed."""

    def __init__(
        self,
        project_model: ProjectModel,
        data: DataModel,
        engine: Engine,
        points: PointsModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project, self._data, self._engine, self._points = project_model, data, engine, points
        self._generation = 0
        self.busy = False
        """Whether the names of many samples are being asked for."""
        project_model.opened.connect(self._on_opened)

    @property
    def field(self) -> Field | None:
        """The field whose classes are shown: the first category to be learned."""
        targets = self._project.project.data.targets()
        return next((field for field in targets if field.kind is FieldKind.CATEGORY), None)

    @property
    def classes(self) -> list[str]:
        """The classes as they are called now."""
        return self._data.classes

    def reason_not_to_label(self) -> str:
        """Why nothing can be labelled; "" when it can."""
        if self._project.read_only:
            return "This project is open for reading only."
        if self.field is None:
            return "There is no category to be learned. Set the role of a category field to target."
        return ""

    # Samples.

    def label(self, samples: NDArray[np.int64], name: str) -> None:
        """Give samples a class, or with "" none: they wait in the pool."""
        reason = self.reason_not_to_label()
        field = self.field
        if reason or field is None or not len(samples):
            if reason:
                self.said.emit(reason)
            return

        def do(names: tuple[str, ...]) -> None:
            labels = (name,) if name else ()
            place = self.classes.index(name) if name in self.classes else -1
            if self._project.do(LabelSamples(field=field.name, samples=names, labels=labels)):
                self._data.relabel(samples, place)

        self._with_names(samples, do)

    def exclude(self, samples: NDArray[np.int64]) -> None:
        """Leave samples out: nobody uses them."""

        def do(names: tuple[str, ...]) -> None:
            if self._project.do(ExcludeSamples(samples=names)):
                self._data.hide(samples)
                noun = "sample" if len(samples) == 1 else "samples"
                self.said.emit(f"{len(samples):,} {noun} left out. The files stay as they are; undo brings them back.")

        if len(samples):
            self._with_names(samples, do)

    # Classes.

    def add_class(self, name: str) -> bool:
        """A new class, with no samples yet; where the data are points on a plane, one to draw."""
        if self._points.active:
            return self._add_to_plane(name.strip())
        field = self.field
        if field is None or not self._project.do(AddClass(field=field.name, name=name.strip())):
            return False
        self._data.reclass([*self.classes, name.strip()], list(range(len(self.classes))))
        self.changed.emit()
        return True

    def _add_to_plane(self, name: str) -> bool:
        """The rule of the points holds their classes, so it is told."""
        reason = self.reason_not_to_label() or self._points.reason_not_to_add(name)
        if reason or not name:
            self.said.emit(reason)
            return False
        self._points.add_class(name)
        return True

    def rename(self, old: str, new: str) -> bool:
        """Call a class otherwise; the name of another class merges the two."""
        new = new.strip()
        field = self.field
        if field is None or old == new or old not in self.classes:
            return False
        if new in self.classes:
            return self.merge([old], new)
        if not self._project.do(RenameClass(field=field.name, old=old, new=new)):
            return False
        self._data.reclass([new if name == old else name for name in self.classes], list(range(len(self.classes))))
        self.changed.emit()
        return True

    def merge(self, names: list[str], into: str) -> bool:
        """Make one class of several."""
        field = self.field
        both = tuple(dict.fromkeys((*names, into)))
        if (
            field is None
            or len(both) < 2
            or not self._project.do(MergeClasses(field=field.name, classes=both, into=into))
        ):
            return False
        called = [into if name in both else name for name in self.classes]
        self._recall_classes(called)
        return True

    def delete(self, name: str) -> bool:
        """Take a class away; its samples wait in the pool."""
        field = self.field
        if field is None or not self._project.do(DeleteClass(field=field.name, name=name)):
            return False
        self._recall_classes(["" if other == name else other for other in self.classes])
        return True

    def set_colour(self, name: str, colour: str) -> bool:
        """Give a class a colour (#rrggbb), or with "" the one it had."""
        field = self.field
        if field is None or not self._project.do(SetField(name=field.name, options=with_colour(field, name, colour))):
            return False
        self.changed.emit()
        return True

    def _recall_classes(self, called: list[str]) -> None:
        now = list(dict.fromkeys(name for name in called if name))
        self._data.reclass(now, [now.index(name) if name else -1 for name in called])
        self.changed.emit()

    # Names.

    def _with_names(self, samples: NDArray[np.int64], do: Do) -> None:
        """Call `do` with the names of samples: at once when their cards are here, else when the engine has told."""
        if len(samples) <= KNOWN_BY_CARD:
            cards = [self._data.known_card(int(sample)) for sample in samples]
            names = [card.name for card in cards if card is not None and 0 < len(card.name) < LONGEST_NAME]
            if len(names) == len(samples):
                do(as_runs(names))
                return
        self.busy = True
        self.changed.emit()
        self._ask(samples, do, self._generation)

    def _ask(self, samples: NDArray[np.int64], do: Do, generation: int) -> None:
        def arrived(event: NamesRead) -> None:
            if generation != self._generation:
                return
            self.busy = False
            do(tuple(event.names))
            self.changed.emit()

        def failed(event: RequestFailed) -> None:
            if generation == self._generation:
                self.busy = False
                error = as_error(event)
                self.said.emit(f"{error.message} {error.hint}".strip())
                self.changed.emit()

        self._engine.ask(
            GetNames,
            done=arrived,
            failed=failed,
            project_dir=str(self._project.directory),
            indices=samples.astype("<i4").tobytes(),
        )

    def _on_opened(self) -> None:
        self._generation += 1
        self.busy = False

"""What the user corrects where the mistakes are seen: other labels, samples left out; and training on from there.

The edits are those of the tab Data, so undo takes them back and that tab shows them too. What a sample is now is read
from the document, so it is right after every undo.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from PySide6.QtCore import QObject, Signal

from engine.document.data_edits import ExcludeSamples, IncludeSamples, LabelSamples
from engine.document.data_spec import DataSpec, Field, FieldKind
from engine.document.edits import Batch, Change, Edit
from engine.document.sample_names import as_runs, numbered, ranges_of
from engine.errors import DataError
from engine.protocol.messages.answered_samples import AnsweredSample, CorrectionsFound, FindNamed, GetCorrections
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import DataCheck, SamplesFound, Severity
from gui.models.data import DataModel
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.evaluation import EvaluationModel
from gui.models.project import ProjectModel

_MOST_LETTERS: Final = 20_000
"""Of names in the project that are gone through, the latest first: more would hold the window up."""
_INT: Final = struct.Struct("<i")
CHOSEN: Final = "evaluate.chosen"
"""Kind of what the tab Data is asked to show."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What a person made of a sample: `labels` it has now (None: as it was), or left out."""

    labels: tuple[str, ...] | None = None
    excluded: bool = False

    @property
    def words(self) -> str:
        """In a few words, "" where nothing was done."""
        if self.excluded:
            return "left out"
        if self.labels is None:
            return ""
        return f"now {', '.join(self.labels)}" if self.labels else "label taken off"


UNTOUCHED: Final = Correction()


class _Names:
    """Lists of names (or runs of names) in the order in which they were given: which list names a sample last."""

    def __init__(self, lists: Sequence[tuple[str, ...]]) -> None:
        self._alone: dict[str, int] = {}
        self._ranges: dict[tuple[str, str], list[tuple[int, int, int, int]]] = {}
        letters = 0
        for place in range(len(lists) - 1, -1, -1):
            letters += sum(map(len, lists[place]))
            if letters > _MOST_LETTERS:
                break
            for run in lists[place]:
                parts = ranges_of(run)
                if not parts:
                    self._alone.setdefault(run, place)
                for part in parts:
                    found = self._ranges.setdefault((part.before, part.after), [])
                    found.append((place, part.first, part.last, part.width))

    def latest(self, name: str) -> int:
        """Place of the last list that names the sample, -1 for none."""
        found = self._alone.get(name, -1)
        parts = numbered(name) if self._ranges else None
        if parts is not None:
            value = int(parts.number)
            digits = len(parts.number)
            for place, first, last, width in self._ranges.get((parts.before, parts.after), ()):
                if place > found and first <= value <= last and digits == max(width, len(str(value))):
                    found = place
        return found


class CorrectionsModel(QObject):
    """Labels, leaves out and shows elsewhere samples of the scored split; they are named, so their numbers may change.

    `since` is what was changed in the project since the run that is shown began; None while that is not known.
    """

    changed = Signal()
    """What was made of samples, or `since`, changed."""
    said = Signal(str)
    """What was done or why not, in a sentence."""

    def __init__(
        self,
        project_model: ProjectModel,
        data: DataModel,
        evaluation: EvaluationModel,
        engine: Engine,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project, self._data, self._evaluation, self._engine = project_model, data, evaluation, engine
        self.since: CorrectionsFound | None = None
        self._of: tuple[object, object, str] = (None, None, "")  # what the look-ups below were made of
        self._labelled = _Names(())
        self._excluded = _Names(())
        self._request = 0
        self._finding = 0
        project_model.changed.connect(self._on_project_changed)
        project_model.opened.connect(self._on_opened)
        project_model.saved.connect(self._ask_since)
        evaluation.changed.connect(self._on_evaluated)
        self._known_run = 0

    # What can be done.

    def field(self, name: str) -> Field | None:
        """The field as it is in the project now."""
        return self._project.project.data.field(name)

    def classes(self, field: str) -> tuple[str, ...]:
        """What samples can be labelled with now."""
        found = self.field(field)
        return found.statistics.classes if found is not None else ()

    def reason_not_to_label(self, field: str) -> str:
        """Why samples can't be given another label; "" when they can."""
        if self._project.read_only:
            return "This project is open for reading only."
        found = self.field(field)
        if found is None:
            return f"The data has no {field or 'label'} any more."
        if found.kind not in (FieldKind.CATEGORY, FieldKind.LABELS):
            return "Only classes can be given here. Leave the sample out, or mend it in its file."
        if not found.statistics.classes:
            return "There are no classes to choose from."
        return ""

    def reason_not_to_exclude(self) -> str:
        """Why samples can't be left out; "" when they can."""
        return "This project is open for reading only." if self._project.read_only else ""

    # Doing it.

    def relabel(self, field: str, samples: Sequence[AnsweredSample], name: str) -> bool:
        """Give samples a class, or with "" none: they wait in the pool. Of labels: add it, or take it off if all
        have it."""
        reason = self.reason_not_to_label(field)
        if reason or not samples:
            if reason:
                self.said.emit(reason)
            return False
        found = self.field(field)
        assert found is not None
        if found.kind is FieldKind.LABELS and name:
            return self._switch_label(field, samples, name)
        labels = (name,) if name else ()
        names = as_runs(sorted_names(samples))
        if not self._project.do(LabelSamples(field=field, samples=names, labels=labels)):
            return False
        what = f"labelled {name}" if name else "without a label now"
        self.said.emit(f"{_some(len(samples))} {what}. Undo takes it back.")
        return True

    def _switch_label(self, field: str, samples: Sequence[AnsweredSample], name: str) -> bool:
        has = {sample.name: self.labels_of(field, sample) for sample in samples}
        takes_off = all(name in labels for labels in has.values())
        order = self.classes(field)
        groups: dict[tuple[str, ...], list[AnsweredSample]] = {}
        for sample in samples:
            now = set(has[sample.name]) - {name} if takes_off else {*has[sample.name], name}
            groups.setdefault(tuple(one for one in order if one in now), []).append(sample)
        edits: list[Edit] = [
            LabelSamples(field=field, samples=as_runs(sorted_names(group)), labels=labels)
            for labels, group in groups.items()
        ]
        title = f"{'Take' if takes_off else 'Give'} {_some(len(samples))} {name}"
        if not self._project.do(edits[0] if len(edits) == 1 else Batch(title=title, edits=tuple(edits))):
            return False
        self.said.emit(f"{_some(len(samples))} {'without' if takes_off else 'with'} {name} now. Undo takes it back.")
        return True

    def exclude(self, samples: Sequence[AnsweredSample]) -> bool:
        """Leave samples out: nobody uses them. Those that all are left out already are taken in again."""
        reason = self.reason_not_to_exclude()
        if reason or not samples:
            if reason:
                self.said.emit(reason)
            return False
        names = as_runs(sorted_names(samples))
        if all(self.of(sample, "").excluded for sample in samples):
            if not self._project.do(IncludeSamples(samples=names)):
                return False
            self.said.emit(f"{_some(len(samples))} used again.")
            return True
        if not self._project.do(ExcludeSamples(samples=names)):
            return False
        self.said.emit(f"{_some(len(samples))} left out. The files stay as they are; undo brings them back.")
        return True

    def open_in_data(self, samples: Sequence[AnsweredSample]) -> None:
        """Show samples in the tab Data."""
        if not samples or self._project.directory is None:
            return
        count = len(samples)
        if all(self.of(sample, "").excluded for sample in samples):
            what = "This sample is" if count == 1 else "These samples are"
            self.said.emit(f"{what} left out. Use {'it' if count == 1 else 'them'} again to see more in Data.")
            return

        def found(event: SamplesFound) -> None:
            if event.request != self._finding:
                return
            self._finding = 0
            numbers = [number for (number,) in _INT.iter_unpack(event.indices)]
            if not numbers:
                self.said.emit("The data does not hold this any more." if count == 1 else "None of these is there now.")
                return
            self._data.show_samples(
                DataCheck(
                    kind=CHOSEN,
                    severity=Severity.NOTE,
                    message=f"{_some(len(numbers))} chosen in Evaluate",
                    count=len(numbers),
                    samples=numbers,
                )
            )

        def failed(event: RequestFailed) -> None:
            if not was_cancelled(event):
                error = as_error(event)
                self.said.emit(f"{error.message} {error.hint}".strip())

        self._finding = self._engine.ask(
            FindNamed,
            done=found,
            failed=failed,
            project_dir=str(self._project.directory),
            names=list(as_runs(sorted_names(samples))),
        )

    # What was done.

    def of(self, sample: AnsweredSample, field: str) -> Correction:
        """What was made of a sample since it was answered."""
        data = self._project.project.data
        self._look_up(data, field)
        place = self._excluded.latest(sample.name)
        if place >= 0 and not data.excluded[place].undone:
            return Correction(excluded=True)
        if not field:
            return UNTOUCHED
        labels = self.labels_of(field, sample)
        before = _labels_in(sample.true, self.field(field))
        return UNTOUCHED if labels == before else Correction(labels=labels)

    def labels_of(self, field: str, sample: AnsweredSample) -> tuple[str, ...]:
        """The labels that a sample has now: those given by hand last, or those it was answered with."""
        data = self._project.project.data
        self._look_up(data, field)
        labelling = data.labelling_of(field)
        place = self._labelled.latest(sample.name)
        if place < 0:
            return _labels_in(sample.true, self.field(field))
        called = [labelling.called(label) for label in labelling.labelled[place].labels]
        return tuple(name for name in called if name)

    def _look_up(self, data: DataSpec, field: str) -> None:
        labelled = data.labelling_of(field).labelled if field else ()
        key = (labelled if field else self._of[0], data.excluded, field or self._of[2])
        if all(one is other for one, other in zip(key[:2], self._of[:2], strict=True)) and key[2] == self._of[2]:
            return
        try:
            if field and (key[0] is not self._of[0] or key[2] != self._of[2]):
                self._labelled = _Names([item.samples for item in labelled])
            if key[1] is not self._of[1]:
                self._excluded = _Names([item.samples for item in data.excluded])
        except DataError:  # a run that makes no sense, from a file written by hand: the checks tell of it
            self._labelled = self._excluded = _Names(())
        self._of = key

    def _ask_since(self) -> None:
        result, directory = self._evaluation.result, self._project.directory
        if result is None or directory is None or self._project.dirty:
            return
        self._request = self._engine.ask(
            GetCorrections,
            done=self._on_since,
            failed=lambda _event: None,  # the scores stand without it
            project_dir=str(directory),
            run=str(result.run),
        )

    def _on_since(self, event: CorrectionsFound) -> None:
        if event.request == self._request:
            self._request = 0
            self.since = event
            self.changed.emit()

    def _on_evaluated(self) -> None:
        result = self._evaluation.result
        run = result.run if result is not None else 0
        if run != self._known_run:
            self._known_run = run
            self.since = None
            self._ask_since()
            self.changed.emit()

    def _on_project_changed(self, change: Change) -> None:
        if change.data or change.samples:
            self.changed.emit()

    def _on_opened(self) -> None:
        self.since = None
        self._request = self._finding = 0
        self._known_run = 0
        self.changed.emit()


def sorted_names(samples: Sequence[AnsweredSample]) -> list[str]:
    """The names in the order of the data, so that neighbours make a run."""
    return [sample.name for sample in sorted(samples, key=attrgetter("index"))]


def _some(count: int) -> str:
    return f"{count:,} {'sample' if count == 1 else 'samples'}"


def _labels_in(words: str, field: Field | None) -> tuple[str, ...]:
    """The labels that were true, from how they are written."""
    if field is None or field.kind is not FieldKind.LABELS:
        return (words,) if words and words != "no label" else ()
    if words == "none":
        return ()
    return tuple(name for name in field.statistics.classes if name in words.split(", "))

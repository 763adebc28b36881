"""What a run's network answers to a whole split, asked once and kept: scores, plots, groups, comparisons and
explanations all stand on it.

What is kept of an output (`AnsweredOutput.kept`):
- WHOLE: all that stands at it, and the targets, sample by sample. So it is for categories, labels, numbers and series.
- CLASSES: of a mask that would take more than `KEPT_BYTES` the class of each point (uint8 or int16), not the scores.
- SOME: of pictures, sound, arrays, and masks too large even so, as many samples as fit, evenly chosen; `rows` names
  them. What is measured sample by sample (`areas` of masks, `errors` of all others) is there for every sample.
- TOKENS: of text the likeliest token at each place, and how unlikely the true one seemed (`texts`), not all scores.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from engine.checks.answers import answer_of, is_made_of_noise
from engine.compiler.module import CompiledNetwork
from engine.data.dataset import Dataset, open_dataset
from engine.data.layouts import layout_of
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.sources import is_as_read
from engine.document.data_spec import Field, FieldKind
from engine.document.flat import flattened
from engine.document.project import Project
from engine.errors import Cancelled, DataError
from engine.evaluation.masks import class_areas, is_mask, mask_of, true_mask
from engine.evaluation.nearest import class_shares
from engine.evaluation.network import load_network, project_of
from engine.evaluation.predicting import BATCH, answer_batches
from engine.evaluation.texts import TextTaker, taker_of
from engine.protocol.run_folder import RunFolder
from engine.training.metrics import Scores, scores_for
from engine.training.run_state import MANIFEST, Kind, newest_first

KEPT_BYTES: Final = 256 << 20
"""Of one output of pictures, masks, sound or arrays; its targets take as much again."""
MOST_KEPT: Final = 4
"""Splits of runs that are kept for the next question."""
_ALL_BYTES: Final = 1 << 30
_SCORES_A_BATCH: Final = 32 << 20
"""Of the tokens of texts: 128 MiB."""
_LARGE: Final = (FieldKind.IMAGE, FieldKind.MASK, FieldKind.AUDIO, FieldKind.ARRAY, FieldKind.DATE)

Open = Callable[..., Dataset]


class Kept(StrEnum):
    """What is kept of an output; the module says more."""

    WHOLE = "whole"
    CLASSES = "classes"
    SOME = "some"
    TOKENS = "tokens"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnsweredOutput:
    """One output over a split of N samples. `answer` is that of `engine.checks.answers.answer_of`.

    `raw` is what stands at the output, `target` the prepared truth of the same samples (None where no field of the
    data is answered), both for the places `rows` (int64) in the split. `areas` int64 (N, 3, C) of masks: points found
    rightly, answered, true. `errors` float64 (N, 2): mean absolute and mean squared error of each sample as prepared,
    where answer and truth are equally many numbers, and the answer is not made of noise. `metrics` are those that the
    recipe asks for, or the usual ones. `places` float32 (N, F) are the embeddings of an output that answers with them:
    `raw` then holds what the nearest other samples say of the classes, as shares; `unit` is the distance in which they
    were measured.
    """

    place: int
    output_id: str
    field: Field | None
    answer: str
    kept: Kept
    raw: Tensor
    target: Tensor | None
    rows: Tensor
    metrics: dict[str, float]
    areas: Tensor | None = None
    errors: Tensor | None = None
    texts: TextTaker | None = None
    places: Tensor | None = None
    unit: float = 1.0

    @property
    def is_whole(self) -> bool:
        """Whether `raw` holds every sample."""
        return self.kept is not Kept.SOME

    @property
    def bytes(self) -> int:
        """Memory it takes."""
        tensors = (self.raw, self.target, self.areas, self.errors, self.places)
        return sum(item.nbytes for item in tensors if item is not None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A run's answers to a split. `project` is the run's own, flattened, `dataset` as that project prepares it.

    `indices` int64 (N,) are the samples' numbers in the dataset, in the order of the split, in which all tensors are.
    `network` is on the CPU, in evaluation mode, shared: copy it before hooking or changing it. `memo` holds what was
    worked out from the answers once and is asked for again; keys begin with the name of the module that put it there.
    """

    project_dir: Path
    run: RunFolder
    split: str
    which: Kind
    project: Project
    network: CompiledNetwork
    dataset: Dataset
    indices: Tensor
    outputs: tuple[AnsweredOutput, ...]
    memo: dict[str, Any] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Samples of the split."""
        return len(self.indices)

    @property
    def bytes(self) -> int:
        """Memory that the answers take."""
        return sum(output.bytes for output in self.outputs)

    def output(self, field_name: str) -> AnsweredOutput:
        """The output for a field, the main one for "". Raises DataError."""
        for output in self.outputs:
            if output.field is not None and field_name in ("", output.field.name):
                return output
        raise DataError(
            f"Run {self.run.number} answers no field '{field_name[:80]}'.",
            where=field_name[:80],
            expected=", ".join(output.field.name for output in self.outputs if output.field is not None),
        )


def answered(
    project_dir: Path,
    run: RunFolder,
    split: str = "test",
    which: Kind = "best",
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
    open_data: Open = open_dataset,
) -> Answered:
    """What a run answers to "train", "val" or "test"; at once when it was asked for lately and nothing changed.

    `open_data` opens data as `open_dataset` does; the server hands in `work.datasets.get`, which shares what is open.
    Any thread; two that want the same share the work. Raises RunNotFound, DataError (an empty split), ProjectError,
    Cancelled.
    """
    if cancelled():
        raise Cancelled
    key = (str(project_dir), str(run.path), split, which)
    slot = _shelf.slot(key)
    while not slot.lock.acquire(timeout=0.1):
        if cancelled():
            raise Cancelled
    try:
        stamp = _stamp(run)
        if slot.answered is None or slot.stamp != stamp or not _as_read(slot.answered, progress, cancelled):
            slot.answered = None
            slot.answered = _asked(project_dir, run, split, which, progress, cancelled, open_data)
            slot.stamp = stamp
        found = slot.answered
        progress(1.0, "Answering")
    finally:
        slot.lock.release()
    _shelf.tidy(key)
    return found


def forget_answers() -> None:
    """Let go of everything that is kept."""
    _shelf.clear()


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    answered: Answered | None = None
    stamp: tuple[tuple[str, int], ...] = ()


_Key = tuple[str, str, str, str]


class _Shelf:
    """The answers asked for last, by project, run, split and weights."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: OrderedDict[_Key, _Slot] = OrderedDict()

    def slot(self, key: _Key) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            return slot

    def tidy(self, newest: _Key) -> None:
        """Let go of the oldest; those that somebody still holds live on with them."""
        with self._lock:
            held = {key: slot.answered.bytes for key, slot in self._slots.items() if slot.answered is not None}
            for key in list(self._slots):
                if key == newest or (len(held) <= MOST_KEPT and sum(held.values()) <= _ALL_BYTES):
                    continue
                if key in held:
                    del self._slots[key], held[key]

    def clear(self) -> None:
        with self._lock:
            self._slots.clear()


_shelf: Final = _Shelf()


def _stamp(run: RunFolder) -> tuple[tuple[str, int], ...]:
    """Changes when the run saves other weights, or is made anew under its number."""
    found = []
    for path in (*newest_first(run.checkpoints, "best"), *newest_first(run.checkpoints, "last")):
        try:
            found.append((path.name, (path / MANIFEST).stat().st_mtime_ns))
        except OSError:
            continue  # removed meanwhile, or damaged; reading the weights says so
    return tuple(found)


def _as_read(known: Answered, progress: Progress, cancelled: IsCancelled) -> bool:
    data = known.dataset.data
    if len(data.sources) == 1 and layout_of(data.sources[0].kind).address:
        return True  # no files that could change
    listing = known.dataset.source.listing
    return is_as_read(known.project_dir, data, listing, progress=progress, cancelled=cancelled)


def _asked(
    project_dir: Path,
    run: RunFolder,
    split: str,
    which: Kind,
    progress: Progress,
    cancelled: IsCancelled,
    open_data: Open,
) -> Answered:
    project = flattened(project_of(run))
    progress(-1, "Loading the network")
    network = load_network(run, which, project=project)
    dataset = open_data(project_dir, project.data, progress=progress, cancelled=cancelled)
    indices = dataset.split_indices(split)
    if len(indices) == 0:
        raise DataError(
            f"The split '{split}' holds no samples.",
            where=split,
            hint="Choose another split, or deal the samples anew in the tab Data.",
        )
    takers = []
    for place, output_id in enumerate(network.output_ids):
        asked_field = project.data.field(network.output_fields[output_id])
        takers.append(_Taker(project, place, output_id, asked_field, dataset, split, len(indices)))
    most = min(
        [BATCH, *(_SCORES_A_BATCH // max(1, taker.texts.numbers_a_text) for taker in takers if taker.texts is not None)]
    )
    batches = answer_batches(network, dataset, split, most=most, progress=progress, cancelled=cancelled)
    for start, answers in batches:
        for taker in takers:
            taker.take(answers[taker.place], start)
    return Answered(
        project_dir=project_dir,
        run=run,
        split=split,
        which=which,
        project=project,
        network=network,
        dataset=dataset,
        indices=indices,
        outputs=tuple(taker.result() for taker in takers),
    )


class _Taker:
    """Takes in what stands at one output batch by batch, and keeps of it what there is room for."""

    def __init__(
        self,
        project: Project,
        place: int,
        output_id: str,
        asked_field: Field | None,
        dataset: Dataset,
        split: str,
        count: int,
    ) -> None:
        self.place = place
        self._output_id = output_id
        self._field = asked_field
        self._answer = answer_of(project.graph, output_id)
        self._is_paired = not is_made_of_noise(project.graph, output_id)
        self._count = count
        self._column = None if asked_field is None else dataset.columns((asked_field.name,), split)
        self.texts: TextTaker | None = None
        self._scores: Scores | None = None
        if asked_field is not None and self._column is not None:
            if asked_field.kind is FieldKind.TEXT:
                self.texts = taker_of(project, output_id, asked_field, self._column.gather(torch.arange(count)))
            if self.texts is None:
                metrics = project.recipe.metrics
                self._scores = scores_for(asked_field, "", metrics, torch.device("cpu"), self._answer)
        self._kept = Kept.WHOLE
        self._rows = torch.arange(count)
        self._raw: Tensor | None = None
        self._areas: Tensor | None = None
        self._errors: Tensor | None = None

    def take(self, raw: Tensor, start: int) -> None:
        """What stands at the output for the samples from place `start` on."""
        if self.texts is not None:
            self.texts.take(raw, start)
            return
        there = torch.arange(start, min(start + len(raw), self._count))
        target = None if self._column is None else self._column.gather(there)
        if self._raw is None:
            self._plan(raw, target)
        assert self._raw is not None
        if self._scores is not None and target is not None:
            self._scores.add(raw.float(), target)
        classes = None
        if self._areas is not None and target is not None:
            classes = mask_of(raw, self._answer)
            self._areas[there] = class_areas(classes, true_mask(target), self._areas.shape[2])
        if self._errors is not None and target is not None:
            off = raw.double().reshape(len(raw), -1) - target.double().reshape(len(raw), -1)
            self._errors[there] = torch.stack([off.abs().mean(1), off.square().mean(1)], 1)
        if self._kept is Kept.CLASSES and classes is not None:
            self._raw[there] = classes.to(self._raw.dtype)
        elif self._kept is Kept.SOME:
            first, last = torch.searchsorted(self._rows, torch.tensor([start, start + len(raw)])).tolist()
            self._raw[first:last] = raw[self._rows[first:last] - start]
        else:
            self._raw[start : start + len(raw)] = raw

    def _plan(self, raw: Tensor, target: Tensor | None) -> None:
        """Decide what is kept, once the shape of an answer is known."""
        count = self._count
        shape: tuple[int, ...] = tuple(raw.shape[1:])
        dtype = raw.dtype
        if self._field is not None and target is not None:
            if self._field.kind is FieldKind.MASK and is_mask(self._field, raw):
                self._areas = torch.zeros((count, 3, len(self._field.statistics.classes)), dtype=torch.int64)
            elif self._is_paired and raw.numel() == target.numel() and target.is_floating_point():
                self._errors = torch.zeros((count, 2), dtype=torch.float64)
        each = max(1, raw[:1].nbytes)
        if each * count > KEPT_BYTES and (self._field is None or self._field.kind in _LARGE):
            small = torch.uint8 if self._areas is None or self._areas.shape[2] <= 256 else torch.int16
            if self._areas is not None and each // max(1, raw.shape[1] * raw.element_size()) * 2 * count <= KEPT_BYTES:
                self._kept, shape, dtype = Kept.CLASSES, tuple(shape[1:]), small
            else:
                self._kept = Kept.SOME
                places = torch.linspace(0, count - 1, max(1, min(count, KEPT_BYTES // each)))
                self._rows = torch.unique_consecutive(places.round().long())
        self._raw = torch.empty((len(self._rows), *shape), dtype=dtype)

    def result(self) -> AnsweredOutput:
        """What was taken in."""
        if self.texts is not None:
            kept, raw = Kept.TOKENS, self.texts.answers
            target: Tensor | None = self.texts.target_nl
        else:
            kept, raw = self._kept, self._raw if self._raw is not None else torch.zeros(0)
            target = None if self._column is None else self._column.gather(self._rows)
        answer, places, unit = self._answer, None, 1.0
        is_category = self._field is not None and self._field.kind is FieldKind.CATEGORY
        if answer == "embedding" and is_category and target is not None and raw.dim() == 2:
            assert self._field is not None
            answer, places = "none", raw
            raw, unit = class_shares(places, target, len(self._field.statistics.classes))
        return AnsweredOutput(
            place=self.place,
            output_id=self._output_id,
            field=self._field,
            answer=answer,
            kept=kept,
            raw=raw,
            target=target,
            rows=self._rows,
            metrics=self._scores.values() if self._scores is not None else {},
            areas=self._areas,
            errors=self._errors,
            texts=self.texts,
            places=places,
            unit=unit,
        )

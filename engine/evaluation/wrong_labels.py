"""Labels that look wrong to a trained network.

Confident learning (Northcutt, Jiang, Chuang 2021): a sample is suspected when the network gives another class at least
the probability that it gives that class on average where the class is right. What it learned from it has partly learned
by heart, so suspicions in train are a weaker sign, and told apart.
"""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from engine.checks.answers import answer_of
from engine.data.checks.check import SHOWN, Int64s, some
from engine.data.checks.remedies import LOOK, doing, leave_out, names_of
from engine.data.dataset import Dataset, open_dataset
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.document.data_edits import LabelSamples
from engine.document.data_spec import FieldKind
from engine.document.flat import flattened
from engine.evaluation.answers import probabilities
from engine.evaluation.network import load_network, project_of
from engine.evaluation.predicting import predict_split
from engine.protocol.messages.data import DataCheck, Severity
from engine.protocol.run_folder import RunFolder

KIND: Final = "wrong_labels"
MOST_ASKED: Final = 500_000
"""Samples of a split that are asked about: a larger train split is left out."""


def wrong_labels(
    project_dir: Path,
    run: RunFolder,
    dataset: Dataset,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> list[DataCheck]:
    """Suspicions of a run's network, about the samples of `dataset` as they are labelled there, surest first.

    Nothing is told of samples that have got another label since, or are left out. Raises RunNotFound, DataError,
    ProjectError, Cancelled.
    """
    project = flattened(project_of(run))
    network = load_network(run, "best", project=project)
    outputs = [
        (place, output_id, field)
        for place, output_id in enumerate(network.output_ids)
        if (field := project.data.field(network.output_fields[output_id])) is not None
        and field.kind is FieldKind.CATEGORY
        and answer_of(project.graph, output_id) != "embedding"  # it names no class by itself
    ]
    if not outputs:
        return []
    place, output_id, field = outputs[0]
    known = dataset.data.field(field.name)
    if known is None or known.kind is not FieldKind.CATEGORY:
        return []
    same = project.data == dataset.data
    then = dataset if same else open_dataset(project_dir, project.data, progress=progress, cancelled=cancelled)
    answer = answer_of(project.graph, output_id)
    learned: list[tuple[Int64s, Int64s, npt.NDArray[np.float64]]] = []
    others: list[tuple[Int64s, Int64s, npt.NDArray[np.float64]]] = []
    for split in ("val", "test", "train"):
        numbers = then.split_numbers(split)
        if len(numbers) == 0 or len(numbers) > MOST_ASKED:
            continue
        raw = predict_split(network, then, split, progress=progress, cancelled=cancelled)[place]
        scores = probabilities(raw, answer, len(field.statistics.classes)).double().numpy()
        labels = then.labels(field.name)[torch.from_numpy(numbers)].numpy()
        rows, said, margin = suspected(scores, labels)
        (learned if split == "train" else others).append((numbers[rows], said, margin))
    found = []
    for weaker, parts in ((False, others), (True, learned)):
        if not parts:
            continue
        numbers, said, margin = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(-margin, kind="stable")
        numbers, said = numbers[order], said[order]
        if not same:
            numbers, said = _as_now(then, dataset, field.name, numbers, said)
        if len(numbers):
            found.append(_told(dataset, run, field.name, field.statistics.classes, numbers, said, weaker=weaker))
    return found


def suspected(scores: npt.NDArray[np.float64], labels: Int64s) -> tuple[Int64s, Int64s, npt.NDArray[np.float64]]:
    """Rows of `scores` (N, C probabilities) whose label looks wrong, the class they seem to be, and by how much.

    The margin is the probability of that class less that of the label.
    """
    classes = scores.shape[1]
    labelled = np.flatnonzero((labels >= 0) & (labels < classes))
    own = scores[labelled, labels[labelled]]
    sums = np.bincount(labels[labelled], weights=own, minlength=classes)
    counts = np.bincount(labels[labelled], minlength=classes)
    # A class without samples here has no threshold, and nobody is suspected to be of it.
    usual = np.where(counts > 0, sums / np.maximum(1, counts), np.inf)
    likely = np.where(scores[labelled] >= usual, scores[labelled], -1.0)
    best = likely.argmax(axis=1)
    margin = likely[np.arange(len(labelled)), best] - own
    wrong = np.flatnonzero((best != labels[labelled]) & (margin > 0))
    return labelled[wrong], best[wrong].astype(np.int64), margin[wrong]


def _as_now(then: Dataset, now: Dataset, field: str, numbers: Int64s, said: Int64s) -> tuple[Int64s, Int64s]:
    """The samples by their numbers in the data as it is now; those that are gone or labelled otherwise are left out."""
    wanted = {then.full_name(number): place for place, number in enumerate(numbers.tolist())}
    places: dict[int, int] = {}
    for index in range(now.samples):
        place = wanted.get(now.full_name(index))
        if place is not None and now.raw(index, field) == then.raw(int(numbers[place]), field):
            places[place] = index
    kept = sorted(places)
    return np.array([places[place] for place in kept], np.int64), said[np.array(kept, np.int64)]


def _told(
    dataset: Dataset,
    run: RunFolder,
    field: str,
    classes: tuple[str, ...],
    numbers: Int64s,
    said: Int64s,
    *,
    weaker: bool,
) -> DataCheck:
    first, seems = int(numbers[0]), classes[int(said[0])]
    now = dataset.field(field).statistics.classes
    edits = []
    for place in np.unique(said[:SHOWN]).tolist():
        if classes[place] in now:
            chosen = np.sort(numbers[:SHOWN][said[:SHOWN] == place])
            edits.append(LabelSamples(field=field, labels=(classes[place],), samples=names_of(dataset, chosen)))
    remedies = [LOOK]
    if edits:
        remedies.append(doing("Label them as the network says", *edits))
    remedies.append(leave_out(dataset, np.sort(numbers[:SHOWN]), "Leave them out"))
    where = "that it learned from, which is a weaker sign" if weaker else "that it did not learn from"
    return DataCheck(
        kind=KIND,
        severity=Severity.NOTE if weaker else Severity.WARNING,
        where=dataset.name(first),
        message=(
            f"{some(len(numbers), 'label looks', 'labels look')} wrong to the network of run {run.number}, among "
            f"samples {where}. {dataset.name(first)} is labelled {dataset.raw(first, field)} and looks like {seems}."
        ),
        count=len(numbers),
        samples=numbers[:SHOWN].tolist(),
        remedies=remedies,
    )

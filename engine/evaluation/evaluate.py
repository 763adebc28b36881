"""Scores a run on a split of its data, output by output."""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
import torch
from torch import Tensor

from engine.checks.answers import answer_of
from engine.compiler.module import CompiledNetwork
from engine.data.column import Column
from engine.data.dataset import Dataset, open_dataset
from engine.data.preparation import Preparation
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.document.data_spec import Field, FieldKind
from engine.document.flat import flattened
from engine.document.project import Project
from engine.errors import Cancelled, DataError
from engine.evaluation.answers import probabilities
from engine.evaluation.forecasts import score_forecast
from engine.evaluation.labels import score_labels
from engine.evaluation.masks import score_mask
from engine.evaluation.network import load_network, project_of
from engine.evaluation.scores import category_metrics, class_scores, confusion, regression_metrics, wilson_interval
from engine.evaluation.texts import MOST_WRITTEN, TextTaker, taker_of, write_freely, writer_places
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation, Mistake
from engine.protocol.run_folder import RunFolder
from engine.training.device import choose_device
from engine.training.metrics import by_sample, scores_for
from engine.training.run_state import Kind

BATCH: Final = 512
MOST_MISTAKES: Final = 60
_NUMBERS_A_BATCH: Final = 2 << 20
"""Of the network's inputs together; 40 grey pictures of 224 × 224."""
_SCORES_A_BATCH: Final = 32 << 20
"""Of the tokens of texts: 128 MiB."""


def evaluate(
    project_dir: Path,
    run: RunFolder,
    split: str = "test",
    *,
    which: Kind = "best",
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> EvaluationFinished:
    """Score a run's best (or last) weights on "train", "val" or "test", as the run's own project prepares the data.

    The first output is the main one. Raises RunNotFound, DataError (an empty split), ProjectError, Cancelled.
    """
    started = time.perf_counter()
    project = flattened(project_of(run))
    progress(-1, "Loading the network")
    network = load_network(run, which, project=project)
    dataset = open_dataset(project_dir, project.data, progress=progress, cancelled=cancelled)
    count = len(dataset.split_indices(split))
    if count == 0:
        raise DataError(
            f"The split '{split}' holds no samples.",
            where=split,
            hint="Choose another split, or deal the samples anew in the tab Data.",
        )
    fields = [project.data.field(network.output_fields[output_id]) for output_id in network.output_ids]
    targets = [
        None if field is None else dataset.columns((field.name,), split).gather(torch.arange(count)) for field in fields
    ]
    takers = {
        place: taker
        for place, (output_id, field, target) in enumerate(zip(network.output_ids, fields, targets, strict=True))
        if target is not None and (taker := taker_of(project, output_id, field, target)) is not None
    }
    answers = predict_split(network, dataset, split, takers=takers, progress=progress, cancelled=cancelled)
    outputs = []
    for place, (output_id, raw, field, target) in enumerate(
        zip(network.output_ids, answers, fields, targets, strict=True)
    ):
        if field is None or target is None:
            continue
        if place in takers:
            written = _written(network, dataset, split, place, takers[place], progress, cancelled)
            outputs.append(takers[place].result(dataset.split_indices(split), written))
            continue
        found = _scored(project, output_id, field, raw, target, dataset.split_indices(split))
        if field.kind is FieldKind.SERIES and raw.shape == target.shape:
            preparation, indices = Preparation(field), dataset.split_indices(split)
            found = score_forecast(field, preparation.invert(raw.float()), preparation.invert(target), indices, dataset)
        asked = asked_metrics(project.recipe.metrics, field, answer_of(project.graph, output_id), raw, target)
        if found is not None:
            outputs.append(msgspec.structs.replace(found, metrics={**found.metrics, **asked}))
        elif asked:
            outputs.append(FieldEvaluation(field=field.name, metrics=asked))
    return EvaluationFinished(
        run=run.number, split=split, samples=count, seconds=round(time.perf_counter() - started, 3), outputs=outputs
    )


def asked_metrics(wanted: Sequence[str], field: Field, answer: str, raw: Tensor, target: Tensor) -> dict[str, float]:
    """The metrics that the recipe asks for, or those that are usual for the kind of field, by name."""
    scores = scores_for(field, "", wanted, torch.device("cpu"), answer)
    if scores is None:
        return {}
    for start in range(0, len(raw), BATCH):
        scores.add(raw[start : start + BATCH].float(), target[start : start + BATCH])
    return scores.values()


@torch.inference_mode()
def predict_split(
    network: CompiledNetwork,
    dataset: Dataset,
    split: str,
    *,
    takers: Mapping[int, TextTaker] = MappingProxyType({}),
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> tuple[Tensor, ...]:
    """What stands at each output for every sample of a split, on the CPU, in the order of the split.

    Outputs that a taker takes in are not kept. Raises Cancelled.
    """
    device = choose_device("auto")
    network = network.to(device).eval()
    columns = [dataset.columns(network.input_fields[node_id], split) for node_id in network.input_ids]
    count = len(columns[0]) if columns else len(dataset.split_indices(split))
    batch = batch_for(columns)
    generator = torch.Generator().manual_seed(0)  # so that noise, and with it the scores, are the same each time
    for taker in takers.values():
        batch = max(1, min(batch, _SCORES_A_BATCH // max(1, taker.numbers_a_text)))
    parts: list[tuple[Tensor, ...]] = []
    for start in range(0, count, batch):
        if cancelled():
            raise Cancelled
        rows = torch.arange(start, min(start + batch, count))
        given = [*(column.gather(rows) for column in columns), *network.noise(len(rows), generator)]
        answers = [raw.cpu() for raw in network(*(tensor.to(device) for tensor in given))]
        for place, taker in takers.items():
            taker.take(answers[place], start)
            answers[place] = answers[place][:0]
        parts.append(tuple(answers))
        progress(min(1.0, (start + batch) / count), "Answering")
    return tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))


def _written(
    network: CompiledNetwork,
    dataset: Dataset,
    split: str,
    output: int,
    taker: TextTaker,
    progress: Progress,
    cancelled: IsCancelled,
) -> dict[int, str] | None:
    """Texts that the network writes by itself, by place in the split; None where it only goes on with its own text."""
    places = writer_places(network, taker.field.name)
    step = taker.tokens.step
    if not places or len(places) == len(network.input_ids) or not step.ends or step.pad != "right":
        return None
    device = choose_device("auto")
    count = len(taker.target_nl)
    chosen = torch.linspace(0, count - 1, min(count, MOST_WRITTEN)).long()
    inputs = [
        dataset.columns(network.input_fields[node_id], split).gather(chosen).to(device) for node_id in network.input_ids
    ]
    texts = write_freely(network, inputs, output, taker.tokens, places, progress=progress, cancelled=cancelled)
    return dict(zip(chosen.tolist(), texts, strict=True))


def batch_for(columns: Sequence[Column]) -> int:
    """How many samples go through the network together: fewer of large ones, whose layers would fill the memory."""
    numbers = sum(math.prod(column.row_shape) for column in columns)
    return max(1, min(BATCH, _NUMBERS_A_BATCH // max(1, numbers)))


def _scored(
    project: Project, output_id: str, field: Field, raw: Tensor, target: Tensor, indices: Tensor
) -> FieldEvaluation | None:
    """Scores of one output; None for kinds of field that have none yet."""
    answer = answer_of(project.graph, output_id)
    if field.kind is FieldKind.CATEGORY:
        return score_category(field, probabilities(raw, answer, _classes(field)), target, indices)
    if field.kind is FieldKind.LABELS and raw.shape == target.shape:
        return score_labels(field, probabilities(raw, answer, 0), target, indices)
    if field.kind is FieldKind.MASK:
        return score_mask(field, raw, target, answer, indices)
    if field.kind is FieldKind.NUMBER:
        preparation = Preparation(field)
        value = raw.exp() if answer == "exp" else raw
        return score_number(field, preparation.invert(value.float()), preparation.invert(target), indices)
    return None


def _classes(field: Field) -> int:
    return max(1, len(field.statistics.classes))


def score_category(field: Field, scores_nc: Tensor, target: Tensor, indices: Tensor) -> FieldEvaluation:
    """Scores of answers with a class: probabilities (N, C), prepared targets, and the samples' numbers in the data."""
    names = list(field.statistics.classes)
    _, true_n = by_sample(scores_nc, target)
    confidence_n, answer_n = scores_nc.max(1)
    wrong = (answer_n != true_n).nonzero().flatten()
    surest = wrong[confidence_n[wrong].argsort(descending=True, stable=True)][:MOST_MISTAKES].tolist()
    repeat = max(1, len(true_n) // max(1, len(indices)))  # several answers a sample, as for each word
    return FieldEvaluation(
        field=field.name,
        metrics=category_metrics(scores_nc, true_n),
        classes=names,
        matrix=confusion(true_n, answer_n, len(names)),
        per_class=class_scores(true_n, answer_n, names),
        mistakes=[
            Mistake(
                index=int(indices[number // repeat]),
                true=names[int(true_n[number])],
                predicted=names[int(answer_n[number])],
                score=float(confidence_n[number]),
            )
            for number in surest
        ],
        interval=wilson_interval(int((answer_n == true_n).sum()), len(true_n)),
    )


def score_number(field: Field, answer: Tensor, true: Tensor, indices: Tensor) -> FieldEvaluation:
    """Scores of numbers in their own unit; the mistakes are those furthest off, their score the distance."""
    answer_n, true_n = answer.reshape(-1), true.reshape(-1)
    error_n = (answer_n - true_n).abs()
    furthest = error_n.argsort(descending=True, stable=True)[:MOST_MISTAKES].tolist()
    repeat = max(1, len(true_n) // max(1, len(indices)))
    return FieldEvaluation(
        field=field.name,
        metrics=regression_metrics(answer_n, true_n),
        mistakes=[
            Mistake(
                index=int(indices[number // repeat]),
                true=f"{float(true_n[number]):.6g}",
                predicted=f"{float(answer_n[number]):.6g}",
                score=float(error_n[number]),
            )
            for number in furthest
        ],
    )

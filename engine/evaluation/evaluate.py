"""Scores a run on a split of its data, output by output."""

import time
from copy import deepcopy
from pathlib import Path
from typing import Final

import msgspec
import torch
from torch import Tensor

from engine.checks.answers import is_made_of_noise
from engine.compiler.module import CompiledNetwork
from engine.data.dataset import Dataset, open_dataset
from engine.data.preparation import Preparation
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.document.data_spec import Field, FieldKind
from engine.evaluation.answered import Answered, AnsweredOutput, Open, answered
from engine.evaluation.answers import probabilities
from engine.evaluation.details import detailed
from engine.evaluation.episodes import score_episodes
from engine.evaluation.forecasts import score_forecast
from engine.evaluation.labels import score_labels
from engine.evaluation.masks import score_mask
from engine.evaluation.scores import category_metrics, class_scores, confusion, regression_metrics, wilson_interval
from engine.evaluation.texts import MOST_WRITTEN, TextTaker, write_freely, writer_places
from engine.evaluation.whole_network import whole_network
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation, Mistake
from engine.protocol.run_folder import RunFolder
from engine.training.device import choose_device
from engine.training.metrics import by_sample
from engine.training.run_state import Kind

MOST_MISTAKES: Final = 60


def evaluate(
    project_dir: Path,
    run: RunFolder,
    split: str = "test",
    *,
    which: Kind = "best",
    progress: Progress = silent,
    cancelled: IsCancelled = never,
    open_data: Open = open_dataset,
) -> EvaluationFinished:
    """Score a run's best (or last) weights on "train", "val" or "test", as the run's own project prepares the data.

    The first output is the main one. Raises RunNotFound, DataError (an empty split), ProjectError, Cancelled.
    """
    started = time.perf_counter()
    given = answered(project_dir, run, split, which, progress=progress, cancelled=cancelled, open_data=open_data)
    found = result_of(given, progress=progress, cancelled=cancelled)
    return msgspec.structs.replace(found, seconds=round(time.perf_counter() - started, 3))


def result_of(given: Answered, *, progress: Progress = silent, cancelled: IsCancelled = never) -> EvaluationFinished:
    """Scores of answers that are there already. Raises Cancelled."""
    started = time.perf_counter()
    scored = [score_output(given, output, progress=progress, cancelled=cancelled) for output in given.outputs]
    found = [output for output in scored if output is not None]
    whole = whole_network(given, progress=progress, cancelled=cancelled)
    if found and whole.measures:
        measured = {name: whole.losses[name] for name in whole.measures if name not in found[0].metrics}
        found[0] = msgspec.structs.replace(found[0], metrics={**found[0].metrics, **measured}, measured=list(measured))
    return EvaluationFinished(
        run=given.run.number,
        split=given.split,
        samples=len(found[0].episodes) if found and found[0].episodes else given.count,
        seconds=round(time.perf_counter() - started, 3),
        outputs=found,
        data=given.dataset.fingerprint,
        losses={name: value for name, value in whole.losses.items() if name not in whole.measures},
        maps=list(whole.maps),
    )


def score_output(
    given: Answered, output: AnsweredOutput, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> FieldEvaluation | None:
    """Scores of one output; None where nothing can be said of it. Raises Cancelled."""
    key = f"evaluate/scores/{output.output_id}"
    if key not in given.memo:
        given.memo[key] = _score(given, output, progress, cancelled)
    found: FieldEvaluation | None = given.memo[key]
    return found


def _score(
    given: Answered, output: AnsweredOutput, progress: Progress, cancelled: IsCancelled
) -> FieldEvaluation | None:
    field, target = output.field, output.target
    if field is None or target is None:
        return None
    acted = score_episodes(given, output, progress=progress, cancelled=cancelled)
    if acted is not None:
        return acted
    said: dict[int, str] | None = None
    if output.texts is not None:
        said = written(given, output, progress=progress, cancelled=cancelled)
        found: FieldEvaluation | None = output.texts.result(given.indices, said)
    else:
        found = _scored(given, field, output, target)
    found = found or FieldEvaluation(field=field.name, metrics={})
    found = msgspec.structs.replace(found, from_noise=is_made_of_noise(given.project.graph, output.output_id))
    progress(1.0, "Scoring")
    found = detailed(given, output, msgspec.structs.replace(found, metrics={**found.metrics, **output.metrics}), said)
    return found if found.metrics or found.pictures else None


def written(
    given: Answered, output: AnsweredOutput, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> dict[int, str] | None:
    """Texts that the network writes by itself, by place in the split; None where it only goes on with its own text.

    Written once and kept. Raises Cancelled.
    """
    key = f"evaluate/written/{output.output_id}"
    if key not in given.memo and output.texts is not None:
        given.memo[key] = _written(
            given.network, given.dataset, given.split, output.place, output.texts, progress, cancelled
        )
    found: dict[int, str] | None = given.memo.get(key)
    return found


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
    writer = network if device.type == "cpu" else deepcopy(network).to(device)  # others may be asking it meanwhile
    texts = write_freely(writer, inputs, output, taker.tokens, places, progress=progress, cancelled=cancelled)
    return dict(zip(chosen.tolist(), texts, strict=True))


def _scored(given: Answered, field: Field, output: AnsweredOutput, target: Tensor) -> FieldEvaluation | None:
    """Scores by the kind of field; None for kinds that have none yet."""
    raw, answer, indices = output.raw, output.answer, given.indices
    if field.kind is FieldKind.CATEGORY:
        return score_category(field, probabilities(raw, answer, _classes(field)), target, indices)
    if field.kind is FieldKind.LABELS and raw.shape == target.shape:
        return score_labels(field, probabilities(raw, answer, 0), target, indices)
    if field.kind is FieldKind.MASK and output.areas is not None:
        return score_mask(field, output.areas, indices)
    preparation = Preparation(field)
    if field.kind is FieldKind.NUMBER:
        value = raw.exp() if answer == "exp" else raw
        return score_number(field, preparation.invert(value.float()), preparation.invert(target), indices)
    if field.kind is FieldKind.SERIES and raw.shape == target.shape:
        answer_nhc, true_nhc = preparation.invert(raw.float()), preparation.invert(target)
        return score_forecast(field, answer_nhc, true_nhc, indices, given.dataset)
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

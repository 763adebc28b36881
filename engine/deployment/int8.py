"""Turns the network inside a file into int8: which kind, from which samples, and what it may cost."""

from typing import Any, Final

import onnx

from engine.data.dataset import Dataset
from engine.data.progress import IsCancelled
from engine.deployment.build import Built
from engine.deployment.core import put_back
from engine.deployment.proof import TorchPath, batches_of, cut_texts, read_samples
from engine.deployment.quantise import Arrays, distance, in_doubt, kinds_for, quantised
from engine.deployment.scoring import LARGEST_DROP
from engine.deployment.session import open_session
from engine.errors import Cancelled, ExportError
from engine.protocol.messages.deployment import Verified

CALIBRATION: Final = 256
"""Samples of the train split that scales are measured on."""
_WORDS: Final = {"accuracy": "accuracy", "f1": "F1", "iou": "overlap (IoU)", "r2": "R²"}
_SAME: Final = 0.98
"""Share of answers that must stay where there is no score."""


def kinds_to_try(built: Built, wanted: str) -> tuple[str, ...]:
    """Kinds of int8, the one to begin with first. Raises ExportError when the network has nothing to store so."""
    kinds = kinds_for(built.core())
    if not kinds:
        raise ExportError(
            "This network has no large weights, so int8 would change nothing.",
            where="precision",
            hint="Export it as float32.",
        )
    if wanted == "auto":
        return kinds
    if wanted not in kinds:
        raise ExportError(
            f"{wanted.capitalize()} int8 does not suit this network.",
            where="precision",
            expected=" or ".join(kinds),
            found=wanted,
            hint="Static is for convolutions, dynamic for Linear layers and attention.",
        )
    return (wanted,)


def calibration_samples(
    built: Built, torch_path: TorchPath, dataset: Dataset, cancelled: IsCancelled, count: int = CALIBRATION
) -> list[Arrays]:
    """What flows into the network for samples of the train split, evenly spread, in batches."""
    numbers = dataset.split_indices("train").tolist() or list(range(dataset.samples))
    if len(numbers) > count:
        numbers = [numbers[place * len(numbers) // count] for place in range(count)]
    _, raw = read_samples(dataset, built, numbers, cancelled)
    cut_texts(built, raw)
    names = [item.name for item in built.core().graph.input]
    computed = [name for name in names if name not in {item.name for item in built.description.inputs}]
    session = _preparation(built, computed)
    found: list[Arrays] = []
    for batch in batches_of(built, raw):
        if cancelled():
            raise Cancelled
        arrays = torch_path.arrays(batch)
        values = dict(zip(computed, session.run(computed, arrays), strict=True)) if session is not None else {}
        found.append({name: values[name] if name in values else arrays[name] for name in names})
    return found


def _preparation(built: Built, computed: list[str]) -> Any:
    """What stands before the network in the file, as a session that gives these values."""
    if not computed:
        return None
    model = onnx.ModelProto()
    model.CopyFrom(built.model)
    borders = {item.name: item for item in built.borders[0]}
    model.graph.output.extend(borders[name].info() for name in computed)
    return open_session(model.SerializeToString())


def preferred(built: Built, kinds: tuple[str, ...], samples: list[Arrays]) -> tuple[str, ...]:
    """The kinds in the order of how near they stay to float32, measured where the graph leaves it in doubt."""
    core = built.core()
    if len(kinds) < 2 or not in_doubt(core):
        return kinds
    few = samples[: max(1, len(samples) // 4)]
    return tuple(sorted(kinds, key=lambda kind: distance(core, quantised(core, kind, samples), few)))


def as_int8(built: Built, kind: str, samples: list[Arrays]) -> onnx.ModelProto:
    """The whole file with its network in int8; `built` stays as it is."""
    model = onnx.ModelProto()
    model.CopyFrom(built.model)
    put_back(model, quantised(built.core(), kind, samples))
    return model


def refusal(verified: Verified) -> str:
    """Why an int8 file may not be handed over; empty where it may."""
    if verified.score_name:
        drop = verified.score_before - verified.score
        if drop <= LARGEST_DROP:
            return ""
        word = _WORDS[verified.score_name]
        return (
            f"{word} would fall from {_shown(verified.score_name, verified.score_before)} to "
            f"{_shown(verified.score_name, verified.score)} on {verified.scored:,} samples of the test split"
        )
    if verified.same_answers >= _SAME * verified.samples:
        return ""
    return f"only {verified.same_answers:,} of {verified.samples:,} answers would stay the same"


def _shown(name: str, score: float) -> str:
    return f"{score:.3f}" if name == "r2" else f"{100 * score:.1f} %"


def refused(kind: str, reason: str, other: str = "") -> ExportError:
    """The error of a file that answers worse than is allowed."""
    also = f" {other.capitalize()} int8 loses more than that too." if other else ""
    return ExportError(
        f"As {kind} int8 the network would answer worse: {reason}.{also}",
        where="precision",
        expected=f"a loss of at most {100 * LARGEST_DROP:g} points",
        found=reason,
        hint="Use float16, which halves the file and changes hardly an answer.",
    )

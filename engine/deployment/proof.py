"""Proves a file: onnxruntime, in a process without torch, must answer raw samples as torch does."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.checks.playing import learns_to_act
from engine.compiler.module import CompiledNetwork
from engine.data.dataset import Dataset
from engine.data.preparation import Preparation
from engine.data.preparation.chain import join
from engine.data.progress import IsCancelled, Progress
from engine.data.samples import Sound
from engine.deployment.answers import THRESHOLD, Answer
from engine.deployment.build import Built
from engine.deployment.description import NOISE, PREPARED, draw
from engine.deployment.form import USUAL_OPSET
from engine.deployment.scoring import scorer_of
from engine.deployment.session import as_input, groups_of
from engine.document.data_spec import Field, FieldKind
from engine.document.environment_fields import ACTION
from engine.errors import Cancelled, DataError, ExportError
from engine.protocol.messages.deployment import Verified

SAMPLES = 1000
_BATCH = 64
_NUMBERS_A_BATCH = 4 << 20
"""Of the raw inputs together: fewer samples of large ones at a time, whose layers would fill the memory."""
_ALONE = 5
"""Samples that are also asked for one by one, and saved beside the file."""
_VERIFIER = "engine.deployment.verify_file"
_RAW_BYTES = 256 << 20
_TIE = 1e-5
"""Scores nearer than this are equal: either label is a right answer."""
_MASK_TIE = 1e-3
"""The same for the points of a mask: of thousands on a border some are always undecided to the last digits."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a file may be from torch: largest difference of a score, share of answers that must be the same."""

    difference: float
    same: float


TOLERANCES = {"float32": Tolerance(1e-3, 1.0), "float16": Tolerance(1e-2, 0.99)}
UNHELD = Tolerance(1e-2, 0.0)
"""int8 is held to the score on the test split (`int8.refusal`); this only says which numbers count as the same."""

Raw = dict[str, list[Any]]
"""Raw values by field, a value a sample."""


@dataclass(slots=True)
class Comparison:
    """What was found so far. `worst` is the largest difference, `worst_raw` the one sample where it was found."""

    samples: int = 0
    same: int = 0
    alike: float = 0.0
    """Like `same`, but a mask counts by the share of its points that are."""
    worst: float = 0.0
    worst_raw: Raw = field(default_factory=dict)
    batch_sizes: set[int] = field(default_factory=set)
    golden: list[tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]] = field(default_factory=list)
    """Inputs and outputs of the file, a sample each: what any other program has to answer too."""


class TorchPath:
    """Torch's own way from raw values to answers."""

    def __init__(self, network: CompiledNetwork, built: Built) -> None:
        self._network = network
        self._alone = built.form.contents == "network"
        self._described = built.description.inputs
        self._preparations = {name: Preparation(item) for name, item in built.fields.items()}
        self._answers = built.answers
        self._noises = built.noises

    def arrays(self, raw: Raw) -> dict[str, npt.NDArray[Any]]:
        """What the file is given for these raw values, by the names of its inputs."""
        return {
            item.name: self._prepared(item.field, raw)
            if item.kind == PREPARED
            else as_input(raw[item.field], item.kind)
            for item in self._described
        }

    def _prepared(self, name: str, raw: Raw) -> npt.NDArray[Any]:
        """What an input of prepared numbers takes: of an Input node in a network alone, else of a field."""
        names = self._network.input_fields[name] if self._alone else (name,)
        return join([self._preparations[item].apply(raw[item]) for item in names], names).numpy()

    def so_far(self, answer: Answer, raw: Raw) -> Tensor | None:
        """The prepared texts as far as they are written, for an answer that goes on with them."""
        return self._preparations[answer.so_far].apply(raw[answer.so_far]) if answer.so_far else None

    def inputs(self, raw: Raw) -> list[Tensor]:
        """Prepared tensors in the order of the network's inputs, and the noise behind them."""
        found = []
        for node_id in self._network.input_ids:
            names = self._network.input_fields[node_id]
            found.append(join([self._preparations[name].apply(raw[name]) for name in names], names))
        for node_id in self._network.noise_ids:
            found.append(torch.from_numpy(np.stack(raw[self._noises[node_id]])))
        return found

    def answer(self, raw: Raw) -> list[Tensor]:
        """What each Output answers."""
        with torch.inference_mode():
            predictions = self._network(*self.inputs(raw))
            shown = dict(zip(self._network.output_ids, predictions, strict=True))
            return [answer.of(shown[answer.node_id], self.so_far(answer, raw)) for answer in self._answers]


def choose_samples(dataset: Dataset, count: int) -> list[int]:
    """Sample numbers: of the test split, spread evenly; filled up from val and train where it is small."""
    chosen: list[int] = []
    for split in ("test", "val", "train"):
        numbers = dataset.split_indices(split).tolist()
        wanted = count - len(chosen)
        if len(numbers) > wanted:
            numbers = [numbers[place * len(numbers) // wanted] for place in range(wanted)]
        chosen += numbers
        if len(chosen) >= count:
            break
    return chosen


def prove(
    path: Path,
    built: Built,
    network: CompiledNetwork,
    dataset: Dataset,
    tolerance: Tolerance,
    *,
    samples: int,
    progress: Progress,
    cancelled: IsCancelled,
) -> tuple[Verified, Comparison]:
    """Compare the file with torch on real samples. Raises ExportError when it cannot be run or answers otherwise.

    `path` may be the only trace of the file; nothing else is read from `built` than names, kinds and fields.
    """
    torch_path = TorchPath(network, built)
    numbers, raw = read_samples(dataset, built, choose_samples(dataset, samples), cancelled)
    cut_texts(built, raw)
    groups = _groups(built.fields, raw)
    counted = len(groups)
    batches = [_take(raw, places) for places in groups]
    batches += [_take(raw, [place]) for place in range(min(_ALONE, _length(raw)))]
    other_size = _other_size(built.fields, raw)
    if other_size is not None:
        batches.append(other_size)
    progress(0.3, "Running the file in onnxruntime")
    comparison = Comparison()
    scores = Scores(built.answers, dataset)
    with tempfile.TemporaryDirectory(prefix="netwright-") as name:
        folder = Path(name)
        names = _ask(path, built, (torch_path.arrays(batch) for batch in batches), folder, cancelled)
        progress(0.7, "Comparing with torch")
        for number, batch in enumerate(batches):
            if cancelled():
                raise Cancelled
            outputs = _load(folder, names[number])
            if counted <= number < counted + _ALONE:
                comparison.golden.append((torch_path.arrays(batch), outputs))
            outputs = _as_answers(built.answers, torch_path, batch, outputs)
            expected = torch_path.answer(batch)
            _compare(comparison, built.answers, batch, expected, outputs, tolerance, count=number < counted)
            comparison.batch_sizes.add(_length(batch))
            if number < counted:
                scores.add([numbers[place] for place in groups[number]], expected, outputs)
            progress(0.7 + 0.3 * (number + 1) / len(batches), "Comparing with torch")
    verified = Verified(
        samples=comparison.samples,
        same_answers=comparison.same,
        alike=comparison.alike / max(1, comparison.samples),
        max_abs_difference=comparison.worst,
        batch_sizes=sorted(comparison.batch_sizes),
        any_size=other_size is not None,
        made_up=not dataset.data.sources,
        **(scores.found() if dataset.data.sources else {}),
    )
    return verified, comparison


class Scores:
    """The main score of the file and of torch beside it, on those samples that belong to the test split."""

    def __init__(self, answers: Sequence[Answer], dataset: Dataset) -> None:
        self._dataset = dataset
        self._answer = answers[0]
        test = dataset.split_indices("test").tolist()
        self._test = frozenset(test or range(dataset.samples))
        # What a random player did is no truth; what a network that acts is worth, its games say.
        judged = not (learns_to_act(dataset.data) and self._answer.field.name == ACTION)
        self._file, self._torch = (scorer_of(self._answer) if judged else None for _ in range(2))
        self._count = 0

    def add(self, numbers: Sequence[int], expected: Sequence[Tensor], found: dict[str, Any]) -> None:
        """Take a batch into account; samples whose true value cannot be read are left out."""
        if self._file is None or self._torch is None:
            return
        rows, truth = [], []
        for row, number in enumerate(numbers):
            if number in self._test:
                try:
                    truth.append(_plain(self._dataset.raw(number, self._answer.field.name)))
                except DataError:
                    continue
                rows.append(row)
        if rows:
            self._torch.add(expected[0].numpy()[rows], truth)
            self._file.add(np.asarray(found[self._answer.scores or self._answer.value])[rows], truth)
            self._count += len(rows)

    def found(self) -> dict[str, Any]:
        """Fields of `Verified`."""
        score = self._file.value() if self._file is not None else None
        before = self._torch.value() if self._torch is not None else None
        if self._file is None or score is None or before is None:
            return {}
        return {"score_name": self._file.name, "score": score, "score_before": before, "scored": self._count}


def _length(raw: Raw) -> int:
    return len(next(iter(raw.values())))


def _take(raw: Raw, places: Sequence[int]) -> Raw:
    return {name: [values[place] for place in places] for name, values in raw.items()}


def read_samples(dataset: Dataset, built: Built, numbers: list[int], cancelled: IsCancelled) -> tuple[list[int], Raw]:
    """Raw values of these samples, and which could be read: stops before they fill the memory, and a file that is gone
    by now is left out.

    Noise is drawn for each of them.
    """
    found: list[int] = []
    fields = list(built.fields)
    drawn = [item for item in built.description.inputs if item.kind == NOISE]
    raw: Raw = {name: [] for name in (*fields, *(item.field for item in drawn))}
    size = 0
    for number in numbers:
        if cancelled():
            raise Cancelled
        try:
            values = {name: _plain(dataset.raw(number, name)) for name in fields}
        except DataError:
            continue
        values |= {item.field: draw(item, [number, place]) for place, item in enumerate(drawn)}
        found.append(number)
        for name, value in values.items():
            raw[name].append(value)
            size += getattr(value, "nbytes", 8)
        if size > _RAW_BYTES:
            break
    if not _length(raw):
        raise ExportError(
            "The file cannot be proved, since no sample of the data can be read.", hint="Look at the tab Data."
        )
    return found, raw


def cut_texts(built: Built, raw: Raw) -> None:
    """Texts that are still being written: of every length."""
    for answer in built.answers:
        if answer.so_far:
            raw[answer.so_far] = [
                text[: 7919 * place % (len(text) + 1)] for place, text in enumerate(raw[answer.so_far])
            ]


def _plain(value: Any) -> Any:
    """Sound as its samples, everything else as it is."""
    return value.samples if isinstance(value, Sound) else value


def _groups(fields: dict[str, Field], raw: Raw) -> list[list[int]]:
    """Samples whose pictures have one size, and whose sound one length, go together."""
    sized = [name for name, item in fields.items() if item.kind in (FieldKind.IMAGE, FieldKind.MASK, FieldKind.AUDIO)]
    signatures = [tuple(raw[name][place].shape for name in sized) for place in range(_length(raw))]
    largest = max((sum(int(np.prod(shape)) for shape in shapes) for shapes in signatures), default=1)
    return groups_of(signatures, max(1, min(_BATCH, _NUMBERS_A_BATCH // max(1, largest))))


def batches_of(built: Built, raw: Raw) -> list[Raw]:
    """The same samples in batches."""
    return [_take(raw, places) for places in _groups(built.fields, raw)]


def _other_size(fields: dict[str, Field], raw: Raw) -> Raw | None:
    """The first sample with pictures of another size, or sound of another length, where all are brought to one."""
    sounds = [name for name, item in fields.items() if item.kind is FieldKind.AUDIO]
    if sounds and all(fields[name].preparation and fields[name].preparation[0].type == "Length" for name in sounds):
        longer = _take(raw, [0])
        for name in sounds:
            longer[name] = [np.concatenate([longer[name][0]] * 3)[1:]]
        return longer
    pictures = [name for name, item in fields.items() if item.kind is FieldKind.IMAGE]
    if not pictures or not all(any(step.type == "Resize" for step in fields[name].preparation) for name in pictures):
        return None
    sample = _take(raw, [0])
    for name in pictures:
        picture: npt.NDArray[np.uint8] = sample[name][0]
        sample[name] = [np.ascontiguousarray(picture.repeat(3, axis=0).repeat(2, axis=1)[1:])]
    return sample


def _ask(
    path: Path,
    built: Built,
    batches: Iterable[dict[str, npt.NDArray[Any]]],
    folder: Path,
    cancelled: IsCancelled,
) -> list[dict[str, Any]]:
    """Let a fresh process answer; says for each batch in which file of the folder an output stands, or its strings."""
    questions = []
    for number, arrays in enumerate(batches):
        question: dict[str, Any] = {}
        for place, (name, array) in enumerate(arrays.items()):
            if array.dtype == object:
                question[name] = {"strings": array.tolist()}
            else:
                question[name] = {"file": f"questions-{number}-{place}.npy"}
                np.save(folder / question[name]["file"], array, allow_pickle=False)
        questions.append(question)
    (folder / "questions.json").write_text(json.dumps(questions), encoding="utf-8")
    report = _run_verifier(path, folder, cancelled)
    if not report.get("ok"):
        raise _refused(report, built.model.opset_import[0].version)
    found: list[dict[str, Any]] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return found


def _load(folder: Path, answer: dict[str, Any]) -> dict[str, Any]:
    """The outputs for one batch, by name."""
    return {
        output: item["strings"] if "strings" in item else np.load(folder / item["file"], allow_pickle=False)
        for output, item in answer.items()
    }


def _as_answers(answers: Sequence[Answer], torch_path: TorchPath, raw: Raw, found: dict[str, Any]) -> dict[str, Any]:
    """What a file answers; of the network alone what whoever asks makes of its outputs."""
    read = dict(found)
    for answer in answers:
        if answer.raw:
            read |= answer.read(found[answer.raw], torch_path.so_far(answer, raw))
    return read


def _refused(report: dict[str, Any], opset: int) -> ExportError:
    """The error of a file that the standard's checker or onnxruntime does not take."""
    found = str(report.get("error", ""))[:500]
    if opset < USUAL_OPSET:
        return ExportError(
            f"This network cannot be written in opset {opset}.",
            where="opset",
            expected=f"{USUAL_OPSET}, which every current program reads",
            found=found,
            hint=f"Use opset {USUAL_OPSET}.",
        )
    checked = report.get("stage") == "standard"
    return ExportError(
        "The file does not hold to the ONNX standard." if checked else "onnxruntime cannot run the file.",
        found=found,
        hint="Please report this with your project.",
    )


def _run_verifier(path: Path, folder: Path, cancelled: IsCancelled) -> dict[str, Any]:
    root = str(Path(__file__).resolve().parents[2])
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", _VERIFIER, str(path), str(folder)]
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
        try:
            while process.poll() is None:
                if cancelled():
                    raise Cancelled
                time.sleep(0.02)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    lines = (folder / "stdout").read_text(encoding="utf-8", errors="replace").splitlines()
    for line in reversed(lines):
        if line.startswith("{"):
            report: dict[str, Any] = json.loads(line)
            return report
    told = (folder / "stderr").read_text(encoding="utf-8", errors="replace").strip()
    return {"ok": False, "error": told[-500:] or f"The process ended with code {process.returncode}."}


def _compare(
    comparison: Comparison,
    answers: Sequence[Answer],
    raw: Raw,
    expected: Sequence[Tensor],
    found: dict[str, Any],
    tolerance: Tolerance,
    *,
    count: bool,
) -> None:
    """Take one batch into account. The difference of numbers is relative to their size where that is above 1."""
    length = _length(raw)
    same = np.ones(length, bool)
    alike = np.ones(length)
    for answer, tensor in zip(answers, expected, strict=True):
        wanted = tensor.numpy().astype(np.float64)
        got = np.asarray(found[answer.scores or answer.value], np.float64)
        if not np.isfinite(wanted).all():
            raise ExportError(
                f"The network answers '{answer.field.name}' with something that is not a number.",
                where=answer.node_id,
                hint="Train it again, with a lower learning rate.",
            )
        if got.shape != wanted.shape:
            raise ExportError(
                f"The file answers '{answer.field.name}' in another shape than the network.",
                where=answer.node_id,
                expected=str(wanted.shape),
                found=str(got.shape),
            )
        scale = 1.0 if answer.classes or answer.is_mask else max(1.0, float(np.abs(wanted).max(initial=0.0)))
        difference = np.abs(got - wanted).reshape(length, -1).max(axis=1, initial=0.0) / scale
        difference = np.where(np.isfinite(difference), difference, np.inf)
        if answer.is_labels:
            same &= _same_sets(answer, wanted, np.asarray(found[answer.label], dtype=object))
        elif answer.classes:
            same &= _same_labels(answer, wanted, found[answer.label])
        elif answer.is_mask:
            points = _same_points(wanted, np.asarray(found[answer.value]))
            same &= points.all(axis=1)
            alike = np.minimum(alike, points.mean(axis=1))
        else:
            same &= difference <= tolerance.difference
        place = int(difference.argmax())
        if not comparison.worst_raw or difference[place] > comparison.worst:
            comparison.worst, comparison.worst_raw = float(difference[place]), _take(raw, [place])
    if count:
        comparison.samples += length
        comparison.same += int(same.sum())
        masks = all(answer.is_mask for answer in answers)
        comparison.alike += float(alike.sum() if masks else same.sum())


def _same_sets(answer: Answer, scores: npt.NDArray[np.float64], labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether each of the labels is named just where its score is above the threshold, or as good as at it."""
    named = labels.reshape(scores.shape) != ""
    same: npt.NDArray[np.bool_] = ((named == (scores > THRESHOLD)) | (np.abs(scores - THRESHOLD) <= _TIE)).all(axis=1)
    return same


def _same_points(scores: npt.NDArray[np.float64], masks: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether a point of a mask has the class of the best score, or of one that is as good: (N, points)."""
    chosen = np.take_along_axis(scores, masks.astype(np.int64)[:, None], axis=1)[:, 0]
    near: npt.NDArray[np.bool_] = scores.max(axis=1) - chosen <= _MASK_TIE
    return near.reshape(len(near), -1)


def _same_labels(answer: Answer, scores: npt.NDArray[np.float64], labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether each label is that of the best score, or of one that is as good."""
    numbers = {label: number for number, label in enumerate(answer.classes)}
    chosen = np.array([numbers.get(label, -1) for label in labels])
    rows = np.arange(len(chosen))
    near = scores.max(axis=1) - scores[rows, chosen] <= _TIE
    same: npt.NDArray[np.bool_] = (chosen >= 0) & near
    return same

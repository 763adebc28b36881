"""The door: why a run answers as it does, for samples of the data or for new inputs."""

import importlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import torch
from torch import Tensor

from engine.catalog.explanations import EXPLAINERS, Explainer, explainer_type
from engine.checks.explaining import Explainable, missing_inputs
from engine.compiler.module import CompiledNetwork
from engine.data.cards import label_of
from engine.data.dataset import Dataset, open_dataset
from engine.data.left_out import printable
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.reading import read_input
from engine.document.data_spec import Field
from engine.document.flat import flattened
from engine.document.own_code import code_of
from engine.document.project import Project
from engine.errors import Cancelled, DataError, NetwrightError
from engine.evaluation.explaining.places import in_places
from engine.evaluation.explaining.question import Question, Relevance
from engine.evaluation.explaining.sample import Sample, baseline_of, prepared
from engine.evaluation.explaining.taps import Taps
from engine.evaluation.explaining.target import Target, target_of
from engine.evaluation.network import load_network, project_of
from engine.protocol.messages.explanation import Explained, Explanation, FieldRelevance
from engine.protocol.run_folder import RunFolder
from engine.training.device import choose_device
from engine.training.run_state import Kind

_KEPT: Final = 3
_MOST_SCORES: Final = 50
Open = Callable[..., Dataset]


class Explaining:
    """A network with its project (blocks opened) and its data, ready to be explained. Any thread.

    `open_data` opens the data; they are needed for samples, and for what SHAP compares with.
    """

    def __init__(
        self, project: Project, network: CompiledNetwork, open_data: Callable[[Progress, IsCancelled], Dataset]
    ) -> None:
        self.project = project
        self._open_data = open_data
        self._device = choose_device("auto")
        self.taps = Taps(network.to(self._device).eval().requires_grad_(False), project)
        self._lock = threading.Lock()
        self._background: list[Sample] = []
        self._dataset: Dataset | None = None

    def output(self, field: str = "") -> tuple[str, Field]:
        """The Output for a field, the main one for "". Raises DataError."""
        known: dict[str, tuple[str, Field]] = {}
        for output_id in self.taps.network.output_ids:
            found = self.project.data.field(self.taps.network.output_fields[output_id])
            if found is not None:
                known.setdefault(found.name, (output_id, found))
        if not known:
            raise DataError("This network answers for no field of the data.", hint="Choose a field in its Output.")
        if field and field not in known:
            raise DataError(
                f"The network does not answer '{field[:60]}'.",
                where=field[:60],
                expected=", ".join(known),
                found=field[:60],
            )
        return known[field] if field else next(iter(known.values()))

    def classes(self, output: str = "") -> tuple[str, ...]:
        """The classes that an output may answer. Raises DataError where there is no such output."""
        return self.output(output)[1].statistics.classes

    def explain(
        self,
        raw: Mapping[str, Any],
        step: Explainer,
        *,
        output: str = "",
        choice: int = -1,
        seed: int = 0,
        size: int = 320,
        report: Callable[[float], None] = lambda _: None,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Explanation:
        """Why the network answers as it does for raw values by field. Raises DataError, Cancelled."""
        started = time.perf_counter()
        sample = self._on_device(prepared(self.project, self._input_fields, raw))
        output_id, field = self.output(output)
        with torch.no_grad():
            found = self.taps.run(sample.inputs, output=output_id)[self.taps.steps.predictions[output_id]]
        target = target_of(self.project, output_id, field, found, choice)
        bases: dict[str, dict[str, Tensor]] = {}

        def baseline(kind: str) -> dict[str, Tensor]:
            if kind not in bases:
                bases[kind] = {name: base.to(self._device) for name, base in baseline_of(sample, kind).items()}
            return bases[kind]

        question = Question(
            taps=self.taps,
            sample=sample,
            target=target,
            step=step,
            baseline=baseline,
            background=lambda most: self._usual_samples(most, progress, cancelled),
            report=report,
            seed=seed,
        )
        relevance: Relevance = importlib.import_module(type(step).target).relevance(question)
        return self._told(sample, target, step, relevance, size, time.perf_counter() - started)

    def raw_of(self, dataset: Dataset, index: int) -> dict[str, Any]:
        """The raw values of a sample that the network is given. Raises DataError."""
        if not 0 <= index < dataset.samples:
            raise DataError(
                f"There is no sample {index:,}.", expected=f"0 to {dataset.samples - 1:,}", found=str(index)
            )
        return {field.name: dataset.raw(index, field.name) for field in self.fields}

    def read(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Raw values of what a person gave; a text that is written may begin empty. Raises DataError."""
        found: dict[str, Any] = {}
        for name in missing_inputs(self.fields, values):
            raise DataError(
                f"There is no value for '{name}'.",
                where=name,
                expected=", ".join(item.name for item in self.fields),
                found=", ".join(str(name)[:40] for name in values) or "nothing",
            )
        for field in self.fields:
            found[field.name] = read_input(field, values.get(field.name, ""))
        return found

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that the network looks at."""
        return Explainable(self.project).inputs

    def dataset(self, progress: Progress = silent, cancelled: IsCancelled = never) -> Dataset:
        """The run's data. Raises DataError, Cancelled."""
        with self._lock:
            if self._dataset is None:
                self._dataset = self._open_data(progress, cancelled)
            return self._dataset

    def look_anew(self) -> None:
        """Open the data again when they are needed next: their files may have changed."""
        with self._lock:
            self._dataset = None

    @property
    def _input_fields(self) -> dict[str, tuple[str, ...]]:
        network = self.taps.network
        return {input_id: network.input_fields[input_id] for input_id in network.input_ids}

    def _on_device(self, sample: Sample) -> Sample:
        if self._device.type == "cpu":
            return sample
        return Sample(sample.raw, {name: own.to(self._device) for name, own in sample.inputs.items()}, sample.slots)

    def _usual_samples(self, most: int, progress: Progress, cancelled: IsCancelled) -> Sequence[Sample]:
        """Training samples, evenly chosen and always the same; those that cannot be read are left out."""
        dataset = self.dataset(progress, cancelled)
        numbers = dataset.split_numbers("train")
        if not len(numbers):
            return ()
        with self._lock:
            if len(self._background) < min(most, len(numbers)):
                generator = torch.Generator().manual_seed(0)
                order = torch.randperm(len(numbers), generator=generator).tolist()
                self._background = []
                for place in order:
                    if len(self._background) == most:
                        break
                    try:
                        raw = self.raw_of(dataset, int(numbers[place]))
                        self._background.append(self._on_device(prepared(self.project, self._input_fields, raw)))
                    except DataError:  # its file is gone or damaged, which the tab Data tells
                        continue
            return tuple(self._background[:most])

    def _told(
        self, sample: Sample, target: Target, step: Explainer, relevance: Relevance, size: int, seconds: float
    ) -> Explanation:
        fields: dict[str, FieldRelevance] = {}
        for input_id, slots in sample.slots.items():
            own, found = sample.inputs[input_id][0].cpu(), relevance.by_input[input_id].cpu()
            for slot in slots:
                place = in_places(
                    slot.field,
                    slot.of(found),
                    slot.of(own),
                    sample.raw[slot.field.name],
                    size=size,
                    smooth=relevance.smooth,
                )
                fields.setdefault(slot.field.name, place)
        return Explanation(
            method=type(step).type_name(),
            output=target.field.name,
            answer=target.said,
            scores=[*target.scores[:_MOST_SCORES]],
            choice=target.choice,
            choices=list(target.choices),
            score=relevance.score,
            score_of=target.score_of,
            baseline=relevance.baseline,
            baseline_score=relevance.baseline_score,
            explained=relevance.explained,
            signed=type(step).signed,
            sums=type(step).sums,
            layer=relevance.layer,
            layers=list(relevance.layers),
            seconds=round(seconds, 4),
            fields=list(fields.values()),
        )


_ready: OrderedDict[tuple[str, str, str], tuple[object, Explaining]] = OrderedDict()
_ready_lock = threading.Lock()


def explaining(
    project_dir: Path, run: RunFolder, which: Kind = "best", *, open_data: Open = open_dataset
) -> Explaining:
    """A run's network ready to be explained; the one made last time while its weights are the same."""
    key = (str(project_dir), str(run.path), which)
    stamp = _stamp(run)
    with _ready_lock:
        known = _ready.get(key)
        if known is not None and known[0] == stamp:
            _ready.move_to_end(key)
            return known[1]
    project = flattened(project_of(run))

    def opened(progress: Progress, cancelled: IsCancelled) -> Dataset:
        return open_data(project_dir, project.data, progress=progress, cancelled=cancelled)

    made = Explaining(project, load_network(run, which, project=project), opened)
    with _ready_lock:
        _ready[key] = (stamp, made)
        _ready.move_to_end(key)
        while len(_ready) > _KEPT:
            _ready.popitem(last=False)
    return made


def _stamp(run: RunFolder) -> tuple[tuple[str, int, int], ...]:
    """Changes when the run saves other weights."""
    found = []
    for path in sorted(run.path.rglob("*.safetensors")):
        try:
            facts = path.stat()
        except OSError:  # tidied away by the run meanwhile
            continue
        found.append((path.name, facts.st_mtime_ns, facts.st_size))
    return tuple(found)


def explain(
    project_dir: Path,
    run: RunFolder,
    *,
    samples: Sequence[int] = (),
    inputs: Sequence[Mapping[str, object]] = (),
    which: Kind = "best",
    method: str = "",
    settings: Mapping[str, object] | None = None,
    output: str = "",
    choice: int = -1,
    seed: int = 0,
    size: int = 320,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
    open_data: Open = open_dataset,
) -> Explained:
    """Explanations of samples and then of inputs, as `engine.protocol.messages.explanation.Explain` says.

    One that cannot be explained has a `problem`, and the others go on. Raises RunNotFound, DataError (an unknown
    method or output, or one that cannot explain this network), AttributeOutOfRange (settings), Cancelled.
    """
    started = time.perf_counter()
    progress(-1, "Loading the network")
    with code_of(run.path):
        ready = explaining(project_dir, run, which, open_data=open_data)
        ready.look_anew()
        field = ready.output(output)[1]
        kind = chosen_method(ready.project, method, field.name)
        step = kind.from_attributes(settings or {})
        count = max(1, len(samples) + len(inputs))
        found: list[Explanation] = []

        def report(share: float) -> None:
            if cancelled():
                raise Cancelled
            if share >= 0:
                progress(min(1.0, (len(found) + share) / count), "Explaining")

        def one(index: int, name: str, read: Callable[[], Mapping[str, Any]], true: Callable[[], str]) -> Explanation:
            report(0.0)
            try:
                made = ready.explain(
                    read(),
                    step,
                    output=output,
                    choice=choice,
                    seed=seed,
                    size=size,
                    report=report,
                    progress=progress,
                    cancelled=cancelled,
                )
                return _named(made, index, name, true())
            except Cancelled:
                raise
            except NetwrightError as error:
                words = " ".join(part for part in (error.message, error.hint) if part)
                return Explanation(index=index, name=name, method=kind.type_name(), output=field.name, problem=words)

        if samples:
            dataset = ready.dataset(progress, cancelled)
            for number in samples:
                inside = 0 <= number < dataset.samples
                found.append(
                    one(
                        number,
                        dataset.name(number) if inside else f"sample {number:,}",
                        partial(ready.raw_of, dataset, number),
                        partial(_true_answer, dataset, number, field),
                    )
                )
        for at, values in enumerate(inputs, 1):
            found.append(one(-1, f"input {at}", partial(ready.read, values), str))
    return Explained(run=run.number, explanations=found, seconds=round(time.perf_counter() - started, 3))


def chosen_method(project: Project, name: str, output: str = "") -> type[Explainer]:
    """The method of that name, or the usual one. Raises DataError where there is none, or why it does not fit."""
    explainable = Explainable(project)
    kind = explainer_type(name) if name else explainable.usual(output)
    if kind is None:
        raise DataError(
            f"There is no way to explain called '{printable(name, 60)}'.",
            where="method",
            expected=", ".join(item.type_name() for item in EXPLAINERS),
            found=printable(name, 60),
        )
    reason = explainable.reason_against(kind, output)
    if reason:
        raise DataError(reason, where=kind.label())
    return kind


def _true_answer(dataset: Dataset, index: int, field: Field) -> str:
    """What the data say, in words; "" where they say nothing."""
    known = dataset.data.field(field.name)
    return "" if known is None else label_of(dataset, index, known)


def _named(made: Explanation, index: int, name: str, true: str) -> Explanation:
    return msgspec.structs.replace(made, index=index, name=name, true=true)

"""A run as float32, float16 and int8 files, each measured: size, score on the test split, time for one sample."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import torch

from engine.data.dataset import Dataset
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.deployment.build import Built, build_file, finish_file
from engine.deployment.cached import weights_key
from engine.deployment.export import OpenRun, open_run, write_model
from engine.deployment.form import FileForm
from engine.deployment.int8 import as_int8, calibration_samples, kinds_to_try, refusal
from engine.deployment.kept_variants import kept_variants, variants_folder
from engine.deployment.proof import TOLERANCES, UNHELD, Raw, TorchPath, choose_samples, prove, read_samples
from engine.deployment.session import open_session
from engine.document.atomic import write_atomically
from engine.errors import Cancelled, ExportError
from engine.protocol.messages.deployment import Verified
from engine.protocol.messages.variants import Variant, VariantsMeasured
from engine.protocol.run_folder import RunFolder

SAMPLES: Final = 2000
"""Most samples of the test split that are asked."""
_ROUNDS: Final = 200
_MOST_S: Final = 3.0
"""Seconds that all variants together are timed."""
_TIMED: Final = 8


def measure_variants(
    project_dir: Path,
    run: RunFolder,
    *,
    fresh: bool = False,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> VariantsMeasured:
    """Write every variant into .netwright/variants, measure each, and keep what was found for the run's weights.

    Raises ExportError naming the node when the network cannot be written, RunNotFound, DataError, Cancelled.
    """
    key = weights_key(run, "best")
    if not fresh:
        kept = kept_variants(project_dir, run, key)
        if kept is not None:
            return kept
    opened = open_run(
        project_dir, run, "best", progress=lambda done, text: progress(0.1 * done, text), cancelled=cancelled
    )
    folder = variants_folder(project_dir, run, key)
    folder.mkdir(parents=True, exist_ok=True)
    builds = [_build(opened, FileForm()), _build(opened, FileForm(precision="float16"))]
    for built in builds:
        finish_file(built)
    small = _build(opened, FileForm(precision="int8"))
    files = [(built, built.model, "") for built in builds]
    try:
        kinds = kinds_to_try(small, "auto")
    except ExportError:
        kinds = ()  # nothing in it is worth storing in 8 bits
    if kinds:
        progress(0.1, "Measuring what flows through the network")
        torch_path = TorchPath(opened.network, small)
        samples = calibration_samples(small, torch_path, opened.dataset, cancelled)
        for kind in kinds:
            progress(0.15, f"Writing {kind} int8")
            files.append((small, as_int8(small, kind, samples), kind))
    found: list[tuple[Variant, Verified]] = []
    paths: list[Path] = []
    for place, (built, model, kind) in enumerate(files):
        name = " ".join(part for part in (built.form.precision, kind) if part)
        start, width = 0.2 + 0.7 * place / len(files), 0.7 / len(files)
        path = folder / f"{name.replace(' ', '-')}.onnx"
        write_model(path, model)
        verified, _ = prove(
            path,
            built,
            opened.network,
            opened.dataset,
            UNHELD,
            samples=SAMPLES,
            progress=_within(progress, start, width, f"{name}: "),
            cancelled=cancelled,
        )
        paths.append(path)
        found.append((_variant(built.form.precision, kind, path, verified), verified))
    progress(0.92, "Timing one sample at a time")
    times, torch_ms = _times(paths, small, opened.network, opened.dataset, cancelled)
    first = found[0][1]
    result = VariantsMeasured(
        run=run.number,
        variants=[
            msgspec.structs.replace(variant, latency_ms=milliseconds)
            for (variant, _), milliseconds in zip(found, times, strict=True)
        ],
        score_name=first.score_name,
        score_before=first.score_before,
        scored=first.scored,
        samples=first.samples,
        torch_ms=torch_ms,
    )
    write_atomically(folder / "measured.json", msgspec.json.encode(result))
    for path in paths:
        path.unlink(missing_ok=True)  # an export writes and proves its own
    for old in folder.parent.glob(f"run-{run.number:04d}-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)  # of other weights; what stays is found by nobody
    progress(1.0, "Measured")
    return result


def _build(opened: OpenRun, form: FileForm) -> Built:
    return build_file(opened.project, opened.steps, opened.network, form=form, description=opened.description)


def _variant(precision: str, kind: str, path: Path, verified: Verified) -> Variant:
    refused = ""
    if precision == "int8":
        refused = refusal(verified)
    else:
        allowed = TOLERANCES[precision]
        if verified.max_abs_difference > allowed.difference or verified.same_answers < allowed.same * verified.samples:
            refused = (
                f"{verified.same_answers:,} of {verified.samples:,} answers the same, "
                f"a difference of {verified.max_abs_difference:.3g}"
            )
    return Variant(
        precision=precision,
        int8=kind,
        bytes=path.stat().st_size,
        score=verified.score,
        same=verified.alike,
        max_abs_difference=verified.max_abs_difference,
        refused=refused,
    )


def _within(progress: Progress, start: float, width: float, before: str) -> Callable[[float, str], None]:
    return lambda done, text: progress(start + width * max(0.0, done), f"{before}{text[:1].lower()}{text[1:]}")


def _times(
    paths: list[Path], built: Built, network: Any, dataset: Dataset, cancelled: IsCancelled
) -> tuple[list[float], float]:
    """The median milliseconds of each file and of torch for one raw sample, in turn so that none has it easier."""
    torch_path = TorchPath(network, built)
    _, raw = read_samples(dataset, built, choose_samples(dataset, _TIMED), cancelled)
    samples: list[Raw] = [
        {name: [value] for name, value in zip(raw, values, strict=True)} for values in zip(*raw.values(), strict=True)
    ]
    arrays = [torch_path.arrays(sample) for sample in samples]
    sessions = [open_session(str(path)) for path in paths]

    def in_torch(number: int) -> None:
        with torch.inference_mode():
            torch_path.answer(samples[number])

    ways: list[Callable[[int], object]] = [
        *(lambda number, session=session: session.run(None, arrays[number]) for session in sessions),
        in_torch,
    ]
    seconds: list[list[float]] = [[] for _ in ways]
    end = time.perf_counter() + _MOST_S
    for round_number in range(_ROUNDS):
        if cancelled():
            raise Cancelled
        number = round_number % len(samples)
        for place, way in enumerate(ways):
            way(number)  # what ran before has filled the caches with its own
            started = time.perf_counter()
            way(number)
            seconds[place].append(time.perf_counter() - started)
        if round_number >= 4 and time.perf_counter() > end:
            break
    medians = [1000 * float(np.median(values)) for values in seconds]
    return medians[:-1], medians[-1]

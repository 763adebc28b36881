"""Writes a run's network as one ONNX file, raw input to answer, and hands it over only when it has been proved."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import onnx

from engine.compiler.module import CompiledNetwork
from engine.compiler.plan import Plan, plan
from engine.data.dataset import Dataset, open_dataset
from engine.data.made_up import made_up
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.tokens import tokens_of
from engine.data.tokens.words import WordTokens
from engine.deployment.build import Built, build_file, finish_file
from engine.deployment.cached import cached_model
from engine.deployment.description import Description, own_version
from engine.deployment.difference import first_difference
from engine.deployment.form import USUAL_OPSET, FileForm
from engine.deployment.golden import write_proof
from engine.deployment.int8 import as_int8, calibration_samples, kinds_to_try, preferred, refusal, refused
from engine.deployment.proof import SAMPLES, TOLERANCES, UNHELD, Comparison, Tolerance, TorchPath, prove
from engine.document.flat import flattened
from engine.document.project import Project
from engine.errors import DataError, ExportError
from engine.evaluation.network import load_network, project_of
from engine.protocol.messages.deployment import ModelExported, Verified
from engine.protocol.run_folder import RunFolder, RunSummary
from engine.training.run_state import Kind

__all__ = ["OpenRun", "cached_model", "export_network", "export_onnx", "open_run", "write_model"]


def export_onnx(
    project_dir: Path,
    run: RunFolder,
    to: Path,
    *,
    which: Kind = "best",
    precision: str = "float32",
    opset: int = USUAL_OPSET,
    contents: str = "whole",
    optimised: bool = False,
    int8: str = "auto",
    samples: int = SAMPLES,
    report: bool = True,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> ModelExported:
    """Write the best (or last) weights of a run to `to`, prove the file, and say what it is.

    `precision` and what follows are those of `FileForm`. The file is written beside `to` under another name and takes
    its place only when proved, so that a failed or stopped export leaves what was there before; with `report` the proof
    is saved beside it (`engine.deployment.golden`). Raises ExportError naming the node where file and network part, and
    when int8 costs too much of the score; RunNotFound, DataError, Cancelled.
    """
    form = FileForm(precision=precision, opset=opset, contents=contents, optimised=optimised, int8=int8)
    form.check()
    opened = open_run(
        project_dir, run, which, progress=lambda done, text: progress(0.25 * done, text), cancelled=cancelled
    )
    return export_network(
        opened.project,
        opened.network,
        opened.dataset,
        to,
        description=opened.description,
        form=form,
        samples=samples,
        report=report,
        progress=progress,
        cancelled=cancelled,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """A run's network with what is needed to write and prove it."""

    project: Project
    network: CompiledNetwork
    steps: Plan
    dataset: Dataset
    description: Description


def open_run(
    project_dir: Path,
    run: RunFolder,
    which: Kind = "best",
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> OpenRun:
    """Load the best (or last) weights of a run, and its data. Raises RunNotFound, ExportError, Cancelled."""
    progress(0.0, "Loading the run")
    project = project_of(run)
    network = load_network(run, which, project=project).eval()
    progress(0.2, "Opening the data")
    try:
        dataset = (
            open_dataset(
                project_dir,
                project.data,
                progress=lambda done, text: progress(0.2 + 0.8 * max(0.0, done), text),
                cancelled=cancelled,
            )
            if project.data.sources
            else made_up(project.data)  # an imported network may have none: it is proved on random samples
        )
    except DataError as error:
        raise ExportError(
            f"The file cannot be proved, since the data cannot be read: {error.message}",
            where=error.where,
            expected=error.expected,
            found=error.found,
            hint=error.hint or "Bring the data back to where it was.",
        ) from error
    description = msgspec.structs.replace(_about(project, run), samples=dataset.samples)
    return OpenRun(
        project=project, network=network, steps=plan(project, training=False), dataset=dataset, description=description
    )


def export_network(
    project: Project,
    network: CompiledNetwork,
    dataset: Dataset,
    to: Path,
    *,
    description: Description | None = None,
    form: FileForm | None = None,
    precision: str = "float32",
    opset: int = USUAL_OPSET,
    samples: int = SAMPLES,
    report: bool = True,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> ModelExported:
    """`export_onnx` for a network that is loaded already; `precision` and `opset` count where `form` is left out."""
    form = form or FileForm(precision=precision, opset=opset)
    form.check()
    description = description or Description(name=project.name, inputs=[], outputs=[], version=own_version())
    description = msgspec.structs.replace(description, samples=dataset.samples)
    network = network.eval()
    steps = plan(project, training=False)
    progress(0.25, "Writing the file")
    built = build_file(project, steps, network, form=form, description=description)
    with _beside(to) as path:

        def proved(tolerance: Tolerance, start: float = 0.3) -> tuple[Verified, Comparison]:
            return prove(
                path,
                built,
                network,
                dataset,
                tolerance,
                samples=samples,
                progress=lambda done, text: progress(start + (0.95 - start) * done, text),
                cancelled=cancelled,
            )

        kind = ""
        if form.precision == "int8":
            kind, verified, comparison = _as_int8(path, built, network, dataset, proved, progress, cancelled)
        else:
            finish_file(built)
            write_model(path, built.model)
            tolerance = TOLERANCES[form.precision]
            verified, comparison = proved(tolerance)
            if (
                verified.max_abs_difference > tolerance.difference
                or verified.same_answers < tolerance.same * verified.samples
            ):
                where = first_difference(built, steps, network, comparison.worst_raw, tolerance.difference)
                raise _otherwise(project, verified, comparison, where, tolerance.difference)
        size = path.stat().st_size
        proof = str(write_proof(to, path, built, verified, comparison)) if report else ""
        path.replace(to)
    progress(1.0, "Proved")
    return ModelExported(
        file=str(to),
        bytes=size,
        opset=form.opset,
        inputs=[msgspec.to_builtins(item) for item in built.description.inputs],
        outputs=_outputs(built),
        verified=verified,
        run=description.run,
        precision=form.precision,
        contents=form.contents,
        int8=kind,
        proof=proof,
    )


def _as_int8(
    path: Path,
    built: Built,
    network: CompiledNetwork,
    dataset: Dataset,
    proved: Callable[[Tolerance, float], tuple[Verified, Comparison]],
    progress: Progress,
    cancelled: IsCancelled,
) -> tuple[str, Verified, Comparison]:
    """Write the kind of int8 that suits the network; where that costs too much of the score, the other kind."""
    kinds = kinds_to_try(built, built.form.int8)
    progress(0.28, "Measuring what flows through the network")
    calibration = calibration_samples(built, TorchPath(network, built), dataset, cancelled)
    kinds = preferred(built, kinds, calibration)
    reasons: list[str] = []
    for kind in kinds:
        progress(0.35, f"Writing {kind} int8")
        write_model(path, as_int8(built, kind, calibration))
        verified, comparison = proved(UNHELD, 0.4)
        reason = refusal(verified)
        if not reason:
            return kind, verified, comparison
        reasons.append(reason)
    raise refused(kinds[0], reasons[0], kinds[1] if len(kinds) > 1 else "")


def _about(project: Project, run: RunFolder) -> Description:
    summary = RunSummary(run=run.number)
    for event in run.follow().read(limit_bytes=1 << 30):
        summary.feed(event)
    return Description(
        name=project.name,
        inputs=[],
        outputs=[],
        version=own_version(),
        run=run.number,
        metrics={name: value for name, value in summary.best.items() if value == value},
    )


@contextmanager
def _beside(to: Path) -> Iterator[Path]:
    """A name in the folder of `to` for a file that may fail; nothing is left of it."""
    if to.is_dir():
        raise ExportError(f"'{to.name}' is a folder.", where=str(to), hint="Name a file, such as model.onnx.")
    path = to.parent / f".{to.name}.{secrets.token_hex(4)}.part"
    try:
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            yield path
        except OSError as error:
            raise ExportError(
                f"The file cannot be written: {error.strerror or error}.",
                where=str(to),
                hint="Choose a folder that you may write to and that has room.",
            ) from error
    finally:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            pass  # a folder that cannot be written to holds no such file


def write_model(path: Path, model: onnx.ModelProto) -> None:
    """Write a model so that it is on disk before anything else is done."""
    with path.open("wb") as file:
        file.write(model.SerializeToString())
        file.flush()
        os.fsync(file.fileno())


def _otherwise(
    project: Project, verified: Verified, comparison: Comparison, where: str, tolerance: float
) -> ExportError:
    """The error of a file that answers otherwise than the network."""
    node = flattened(project).graph.nodes.get(where)
    if node is None:
        place = "The difference cannot be pinned to one node."
    elif node.type == "Input":
        place = f"The difference begins in the preparation of '{where}'."
    else:
        place = f"The difference begins at {node.type} '{where}'."
    return ExportError(
        f"The exported file did not answer as the network does, so it was not kept. {place}",
        where=where,
        expected=f"the same answers, scores within {tolerance:g}",
        found=f"{verified.same_answers} of {verified.samples} answers the same, a difference of {comparison.worst:.3g}",
        hint="Please report this with your project; replacing that node avoids it.",
    )


def _sizes(info: onnx.ValueInfoProto) -> list[int | str]:
    return [size.dim_param or size.dim_value for size in info.type.tensor_type.shape.dim]


def _outputs(built: Built) -> list[dict[str, object]]:
    """Every output of the file as an object with name, dtype and what it means."""
    found: list[dict[str, Any]] = []
    for item in built.description.outputs:
        common = {"field": item.field, "kind": item.kind}
        if item.logits:
            sizes = {info.name: _sizes(info) for info in built.model.graph.output}
            made = {"function": item.function, "classes": item.classes} if item.classes else {}
            found.append({"name": item.logits, "dtype": "float", "shape": sizes[item.logits], **common, **made})
            continue
        if item.so_far:
            # A program that puts what comes next behind the text needs to know what stands between.
            words = isinstance(tokens_of(built.fields[item.so_far]), WordTokens)
            common |= {"so_far": item.so_far, "between": " " if words else ""}
        if item.label:
            found.append({"name": item.label, "dtype": "string", "shape": ["N"], **common, "classes": item.classes})
            found.append({"name": item.scores, "dtype": "float", "shape": ["N", len(item.classes)], **common})
        elif item.scores:
            sizes = {info.name: _sizes(info) for info in built.model.graph.output}
            mask = {"name": item.value, "dtype": "uint8", "shape": sizes[item.value], **common}
            found.append({**mask, "classes": item.classes})
            found.append({"name": item.scores, "dtype": "float", "shape": sizes[item.scores], **common})
        else:
            shape = ["N"] if item.kind == "number" else []
            found.append({"name": item.value, "dtype": "float", "shape": shape, **common})
    return found

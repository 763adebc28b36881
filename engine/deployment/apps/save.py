"""Saves a run as a ready-made app: beside its place first, moved there when all of it is written."""

import hashlib
import importlib
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from engine.catalog.apps import APPS, BY_KEY, App
from engine.data.dataset import open_dataset
from engine.data.made_up import made_up
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.deployment.apps.contract import contract
from engine.deployment.apps.golden import golden_samples
from engine.deployment.apps.material import Material, size_of
from engine.deployment.apps.share import share_project, sizes
from engine.deployment.cached import cached_model
from engine.deployment.predict import Predictor
from engine.deployment.proof import choose_samples
from engine.errors import Cancelled, ExportError
from engine.evaluation.network import project_of
from engine.protocol.messages.apps import AppOffer, AppSaved, AppsListed
from engine.protocol.run_folder import RunFolder

MARK = ".netwright-app"
"""A file in every folder that we write: what is in it, so that saving again replaces it only as long as nobody has
changed anything there."""
_TRIED = 50


def list_apps(project_dir: Path, run: RunFolder) -> AppsListed:
    """All apps, with why this run's network does not suit some, and what sharing the project would take."""
    project = project_of(run)
    offers = []
    for app in APPS:
        size, data_size = sizes(project_dir, run) if app.key == "project" else (0, 0)
        offers.append(
            AppOffer(
                key=app.key,
                title=app.title,
                line=app.line,
                form=app.form,
                help=app.help,
                why_not=app.why_not(project),
                bytes=size,
                data_bytes=data_size,
            )
        )
    return AppsListed(run=run.number, apps=offers)


def save_app(
    project_dir: Path,
    run: RunFolder,
    key: str,
    to: Path,
    *,
    with_data: bool = False,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> AppSaved:
    """Write an app of a run's best weights to `to`, a folder or a file as the app's form says.

    What was there before stays until all is written; a folder is only replaced if we wrote it or it is empty. Raises
    ExportError (no such app, does not suit, cannot be written), RunNotFound, DataError, Cancelled.
    """
    app = BY_KEY.get(key)
    if app is None:
        raise ExportError(
            f"There is no app '{key[:40]}'.", where="app", expected=", ".join(BY_KEY), found=key[:40] or "nothing"
        )
    if app.form != "folder" and to.suffix.lower() != app.form:
        to = to.with_name(to.name + app.form)
    why_not = app.why_not(project_of(run))
    if why_not:
        raise ExportError(f"This network cannot be saved as {app.title}. {why_not}", where=key)
    _require_free(to, app)
    if key == "project":
        with _beside(to) as part:
            share_project(project_dir, run, part, with_data=with_data, progress=progress, cancelled=cancelled)
            size = part.stat().st_size
            _put(part, to)
        return AppSaved(app=key, path=str(to), bytes=size, files=[to.name], open=str(to), run=run.number)
    material = gather(project_dir, run, progress=progress, cancelled=cancelled)
    with _beside(to) as part:
        writer = importlib.import_module(f"engine.deployment.apps.{key}")
        first = writer.write(part, material)
        if app.form == "folder":
            (part / MARK).write_text(json.dumps(_content(part)), encoding="utf-8")
        if cancelled():
            raise Cancelled
        size = size_of(part)
        files = _files(part) if app.form == "folder" else [to.name]
        _put(part, to)
    progress(1.0, "Saved")
    return AppSaved(
        app=key,
        path=str(to),
        bytes=size,
        files=files,
        open=str(to / first) if app.form == "folder" else str(to),
        samples=len(material.golden),
        run=run.number,
    )


def gather(
    project_dir: Path, run: RunFolder, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> Material:
    """What the apps of a run are made from; exports and proves the file if that has not been done yet."""
    model = cached_model(project_dir, run, progress=lambda done, text: progress(0.6 * done, text), cancelled=cancelled)
    predictor = Predictor(model)
    project = project_of(run)
    progress(0.6, "Opening the data")
    dataset = (
        open_dataset(
            project_dir, project.data, progress=lambda done, text: progress(0.6 + 0.1 * done, text), cancelled=cancelled
        )
        if project.data.sources
        else made_up(project.data)  # an imported network may have none: its golden samples are random
    )
    progress(0.7, "Choosing golden samples")
    fields = {field.name: field for field in project.data.fields}
    golden = golden_samples(model, predictor.description, dataset, choose_samples(dataset, _TRIED))
    return Material(
        project_dir=project_dir,
        project=project,
        run=run,
        model=model,
        description=predictor.description,
        fields=fields,
        contract=contract(predictor.description, fields, project.name),
        golden=golden,
        dataset=dataset,
        progress=_later(progress),
        cancelled=cancelled,
    )


def _content(folder: Path) -> dict[str, str]:
    """What is in a folder: the hash of every file by its name."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _files(folder)}


def _changed(folder: Path) -> str:
    """What in a folder is not as we wrote it; empty where all is. What Python caches does not count."""
    try:
        written = msgspec.json.decode((folder / MARK).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return min((path.name for path in folder.iterdir()), default=MARK)
    found = {name: digest for name, digest in _content(folder).items() if "__pycache__" not in name}
    return next((name for name in sorted(found.keys() | written.keys()) if found.get(name) != written.get(name)), "")


def _later(progress: Progress) -> Progress:
    """The last part of the way: what the app itself takes."""

    def report(done: float, text: str = "") -> None:
        progress(0.7 + 0.3 * done, text)

    return report


def _require_free(to: Path, app: App) -> None:
    """Raises ExportError where something stands that is not ours to replace."""
    if app.form == "folder":
        if to.is_file():
            raise ExportError(f"'{to.name}' is a file.", where=str(to), hint="Name a folder that is to be made.")
        if to.is_dir() and any(to.iterdir()) and (changed := _changed(to)):
            raise ExportError(
                f"The folder '{to.name}' has other things in it.",
                where=str(to / changed),
                expected="a folder that is not there yet, is empty, or is as Netwright wrote it",
                found=changed,
                hint="Name another folder.",
            )
    elif to.is_dir():
        raise ExportError(f"'{to.name}' is a folder.", where=str(to), hint=f"Name a file, such as app{app.form}.")


@contextmanager
def _beside(to: Path) -> Iterator[Path]:
    """A name beside `to` for what may fail; nothing is left of it."""
    part = to.parent / f".{to.name}.{secrets.token_hex(4)}.part"
    try:
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            yield part
        except OSError as error:
            raise ExportError(
                f"The app cannot be written: {error.strerror or error}.",
                where=str(to),
                hint="Choose a folder that you may write to and that has room.",
            ) from error
    finally:
        _remove(part)


def _put(part: Path, to: Path) -> None:
    """Move what was written to its place; an older one of ours steps aside first."""
    if not to.is_dir():
        part.replace(to)
        return
    old = to.parent / f".{to.name}.{secrets.token_hex(4)}.old"
    to.rename(old)
    try:
        part.rename(to)
    except OSError:
        old.rename(to)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            pass  # a place that cannot be written to holds nothing of ours


def _files(folder: Path) -> list[str]:
    found = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    return [name for name in found if name != MARK]

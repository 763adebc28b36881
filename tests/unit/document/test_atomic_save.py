"""Saving: whatever call fails, and whenever the process is killed, the old or the new version is there, whole."""

import contextlib
import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap

import pytest

from engine.document import atomic, files
from engine.document.graph import Node
from engine.document.project import Project
from engine.errors import ProjectError

CALLS = (
    "open",
    "write",
    "fsync",
    "replace",
    "close",
    "fstat",
    "stat",
    "chmod",
    "mkdir",
    "unlink",
    "scandir",
    "listdir",
)
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="signals and permissions of POSIX")


def project_of(width):
    project = Project(name="kept")
    project.graph.add(Node(id="fc1", type="Linear", attributes={"out_features": width}))
    return project


def leftovers(folder):
    return [path.name for path in folder.rglob(".save-*")]


class FailingCalls:
    """Makes the k-th of all calls to the system fail, in the way asked for."""

    def __init__(self, monkeypatch, at, how):
        self.count = 0
        self.at = at
        self.how = how
        self.failed = ""
        self.patch = monkeypatch

    def __enter__(self):
        for name in CALLS:
            real = getattr(os, name)
            self.patch.setattr(os, name, self.failing(name, real))
        return self

    def __exit__(self, *_):
        self.patch.undo()

    def failing(self, name, real):
        def call(*arguments, **keywords):
            self.count += 1
            if self.count != self.at:
                return real(*arguments, **keywords)
            self.failed = name
            if self.how == "short":
                if name == "write":
                    return real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                return real(*arguments, **keywords)
            if self.how == "lie":
                if name == "write":
                    real(arguments[0], bytes(arguments[1])[:-1])
                    return len(arguments[1])
                return real(*arguments, **keywords)
            if name == "close":
                real(*arguments)
            raise OSError(self.how, os.strerror(self.how))

        return call


@pytest.mark.parametrize("how", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EDQUOT, "short", "lie"])
def test_every_call_may_fail_and_nothing_is_lost(tmp_path, monkeypatch, how):
    old, new = project_of(10), project_of(20)
    folder = tmp_path / "p"
    files.create(folder, old)
    errors = {"_": ""}
    for at in range(1, 200):
        files.save(folder, old)
        calls = FailingCalls(monkeypatch, at, how)
        error = None
        try:
            with calls:
                files.save(folder, new)
        except ProjectError as caught:
            error = caught
        found = files.load(folder)
        assert found in (old, new), f"call {at} ({calls.failed})"
        if error is None:
            assert found == new, f"call {at} ({calls.failed}) was acknowledged"
        else:
            errors[calls.failed] = error.message
            assert "project.json was not saved" in error.message
            assert error.hint
            assert "Errno" not in error.message and len(error.message) < 300
        if calls.failed != "unlink":
            assert not leftovers(folder), f"call {at} ({calls.failed})"
        if not calls.failed:
            break
    else:
        pytest.fail("a save never got through")
    if how not in ("short",):
        assert "write" in errors


def test_the_reason_is_said_in_words(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(ProjectError, match=r"not saved: the disk is full \(needs 2\.0 MB, .* free\)"):
        atomic.write_atomically(tmp_path / "x.json", b"x" * 2_000_000)


def test_the_folder_is_gone(tmp_path):
    with pytest.raises(ProjectError, match="its folder is gone"):
        atomic.write_atomically(tmp_path / "gone" / "x.json", b"x")


@POSIX_ONLY
def test_a_link_is_followed_and_the_mode_kept(tmp_path):
    target = tmp_path / "target.json"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link = tmp_path / "elsewhere" / "link.json"
    link.parent.mkdir()
    link.symlink_to(target)
    atomic.write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_name_as_long_as_the_system_allows(tmp_path):
    path = tmp_path / ("n" * 250 + ".json")
    atomic.write_atomically(path, b"1")
    atomic.write_atomically(path, b"2")
    assert path.read_bytes() == b"2"


def test_leftovers_of_the_dead_are_removed_and_those_of_the_living_stay(tmp_path):
    dead = subprocess.run(
        [sys.executable, "-c", "from engine.document.atomic import _temp_name; print(_temp_name())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    living = atomic._temp_name()
    other = ".save-me-not.tmp"
    for name in (dead, living, other):
        (tmp_path / name).write_bytes(b"half")
    atomic.remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([living, other])


SAVER = """
import sys
from pathlib import Path
from engine.document import files
from engine.document.graph import Node
from engine.document.project import Project

folder = Path(sys.argv[1])
number = int(sys.argv[2])
while True:
    number += 1
    project = Project(name="kept")
    for i in range(200):
        project.graph.add(Node(id=f"fc{i}", type="Linear", attributes={"out_features": number}))
    files.save(folder, project)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


@POSIX_ONLY
def test_twenty_kills_while_saving_leave_a_project_that_opens(tmp_path):
    folder = tmp_path / "p"
    files.create(folder, project_of(0))
    script = tmp_path / "saver.py"
    script.write_text(textwrap.dedent(SAVER))
    acknowledged = 0
    for kill in range(20):
        process = subprocess.Popen(
            [sys.executable, str(script), str(folder), str(acknowledged)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(files.Path.cwd())},
        )
        assert process.stdout is not None
        for _ in range(1 + kill % 5):
            acknowledged = int(process.stdout.readline())
        # A busy wait of another length each time, so that the kill falls into another place of the save.
        with contextlib.suppress(ProjectError):
            for _ in range(kill % 7):
                files.to_bytes(project_of(kill))
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        process.stdout.close()
        acknowledged = max([acknowledged, *map(int, rest)])
        found = files.load(folder)
        assert len(found.graph.nodes) == 200
        saved = found.graph.node("fc0").attributes["out_features"]
        assert saved in (acknowledged, acknowledged + 1)
        acknowledged = saved
        assert not leftovers(folder) or all("history" in str(path) for path in folder.rglob(".save-*"))

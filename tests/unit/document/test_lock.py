"""One writer per project, across processes; a dead one's lock binds nobody."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from engine.document.lock import ProjectLock
from engine.errors import ProjectError


def test_the_second_opener_is_told_who_has_it(tmp_path):
    first, second = ProjectLock(tmp_path), ProjectLock(tmp_path)
    assert first.acquire()
    assert not second.acquire()
    assert second.holder is not None and second.holder.pid == os.getpid()
    assert "only be looked at" in second.holder.sentence()
    with pytest.raises(ProjectError, match="another Netwright window"):
        second.require()
    second.release()
    assert not ProjectLock(tmp_path).acquire(), "releasing what is not held changes nothing"
    first.release()
    assert second.acquire()
    second.release()
    assert not second.path.exists()


def test_a_lock_left_by_a_dead_process_is_taken_over(tmp_path):
    code = (
        "import sys, os; from pathlib import Path; from engine.document.lock import ProjectLock;"
        "assert ProjectLock(Path(sys.argv[1])).acquire(); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert ProjectLock(tmp_path).path.exists()
    lock = ProjectLock(tmp_path)
    assert lock.acquire()
    lock.release()


def test_a_number_used_again_by_another_process_is_not_the_holder(tmp_path):
    lock = ProjectLock(tmp_path)
    lock.path.parent.mkdir()
    lock.path.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": 0, "started": 1.0}))
    assert lock.acquire()
    lock.release()


def test_a_lock_of_another_machine_holds(tmp_path):
    lock = ProjectLock(tmp_path)
    lock.path.parent.mkdir()
    lock.path.write_text(json.dumps({"pid": 1, "host": "elsewhere", "since": time.time(), "started": 1.0}))
    assert not lock.acquire()
    assert lock.holder is not None and "Netwright on elsewhere" in lock.holder.sentence()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1e999}', "[" * 5000])
def test_a_torn_lock_is_waited_for_while_young_and_taken_when_old(tmp_path, content):
    lock = ProjectLock(tmp_path)
    lock.path.parent.mkdir()
    lock.path.write_text(content)
    assert not lock.acquire()
    os.utime(lock.path, (time.time() - 60, time.time() - 60))
    assert lock.acquire()
    lock.release()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs permissions that hold")
def test_a_folder_that_cannot_be_written_is_read_only(tmp_path):
    tmp_path.chmod(0o500)
    try:
        lock = ProjectLock(tmp_path)
        assert not lock.acquire() and lock.holder is None
    finally:
        tmp_path.chmod(0o700)

"""Telling a living process from one that is gone, ended, or another under the same number."""

import os
import subprocess
import sys
import time

from gui.models.processes import is_alive


def test_ourselves_are_alive() -> None:
    assert is_alive(os.getpid())
    assert is_alive(os.getpid(), time.time())
    assert not is_alive(0)


def test_an_ended_process_is_not_even_before_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()  # until it has ended: nobody has waited for it yet
    end = time.monotonic() + 60
    while is_alive(child.pid) and time.monotonic() < end:
        os.sched_yield()
    assert not is_alive(child.pid)
    child.wait()
    child.stdout.close()
    assert not is_alive(child.pid)


def test_a_younger_process_under_the_number_is_another_one() -> None:
    assert not is_alive(os.getpid(), time.time() - 30 * 86400)

"""What is set before torch is imported takes effect, and leaves alone what the user has set."""

import os
import subprocess
import sys

import pytest

from engine.training.runtime import keep_memory, wait_politely

PLACE = """
import ctypes, sys
if sys.argv[1] == "keep":
    from engine.training.runtime import keep_memory
    assert keep_memory()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.malloc.argtypes = [ctypes.c_size_t]
block = library.malloc(48_000_000)  # more than glibc ever keeps by itself
heap = next(line for line in open("/proc/self/maps") if line.rstrip().endswith("[heap]")).split()[0]
begin, end = (int(part, 16) for part in heap.split("-"))
print(begin <= block < end)
"""
"""Whether a large block comes from the heap, which is kept, or is mapped for itself, and so given back when freed."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has the setting")
def test_large_blocks_are_kept() -> None:
    def from_heap(how: str) -> bool:
        done = subprocess.run([sys.executable, "-c", PLACE, how], capture_output=True, check=True, text=True)
        return done.stdout.strip() == "True"

    assert from_heap("keep")
    assert not from_heap("give back")


def test_memory_can_be_kept_here() -> None:
    assert keep_memory() == sys.platform.startswith("linux")


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    wait_politely()
    assert "GOMP_SPINCOUNT" not in os.environ
    monkeypatch.delenv("OMP_WAIT_POLICY")
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    monkeypatch.setenv("KMP_BLOCKTIME", "3")
    wait_politely()
    assert (os.environ["GOMP_SPINCOUNT"], os.environ["KMP_BLOCKTIME"]) == ("7", "3")

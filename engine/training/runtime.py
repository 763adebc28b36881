"""How the C library and its threads treat this process; to be set before torch is imported."""

import ctypes
import os
import sys
from typing import Final

from engine.data.memory import limit_bytes

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h of glibc
_KEEP_BYTES: Final = 1 << 30
_KEEP_LIMITED_BYTES: Final = 4 << 20
_GROW_BYTES: Final = 64 << 20
_SPINS: Final = "20000"


def keep_memory() -> bool:
    """Stop glibc from returning large blocks to the system after each step and faulting them in again in the next.

    The environment variables MALLOC_MMAP_THRESHOLD_ and so on do the same, but only for a process that somebody else
    starts. A small CNN with batch 128 takes 0.78 of the time. False where there is no such setting (macOS, Windows,
    musl). Source: mallopt(3).
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    # Kept blocks are cut up by small ones, so that a large one no longer fits where one was before: a run on large
    # pictures came to hold ten times what it used. Where memory is limited, only small blocks are kept.
    keep, grow = (_KEEP_BYTES, _GROW_BYTES) if limit_bytes() is None else (_KEEP_LIMITED_BYTES, 0)
    settings = ((_M_MMAP_THRESHOLD, keep), (_M_TRIM_THRESHOLD, keep), (_M_TOP_PAD, grow))
    accepted = [mallopt(name, value) == 1 for name, value in settings]
    return all(accepted)


def wait_politely() -> None:
    """Let compute threads that wait for each other sleep soon, so that a busy machine is shared instead of fought over.

    OpenMP's threads spin for a millisecond and more by default. With other programs on both cores a small CNN on
    two threads did 208 samples a second that way, 490 to 900 with 2,000 spins, and 930 on one thread. With two busy
    neighbours 20,000 spins cost no more than 2,000, and a small MLP on two threads waits less. What the user has set
    stays. Source: the manual of libgomp; KMP_BLOCKTIME (ms) is that of Intel's library.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
        os.environ.setdefault("KMP_BLOCKTIME", "1")

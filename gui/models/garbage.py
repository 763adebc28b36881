"""Keeps Python from searching for garbage while thousands of values are made that are none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_waits() -> Iterator[None]:
    """Collect nothing until the end: in a large edit or file, searching all values for cycles costs a quarter."""
    if not gc.isenabled():
        yield  # another one is at it further out
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()

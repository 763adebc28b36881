"""The Qt robot of the tests, with the patience that a busy machine needs."""

from functools import partialmethod
from typing import Final

from pytestqt.qtbot import QtBot

WAIT_MS: Final = 30_000
"""How long is waited at most for what is going to happen; a test that passes waits no longer than it takes."""


class PatientQtBot(QtBot):
    """Waits `WAIT_MS` where a test names no other limit."""

    # ruff: noqa: N815 - pytest-qt's own names
    waitActive = partialmethod(QtBot.waitActive, timeout=WAIT_MS)
    waitCallback = partialmethod(QtBot.waitCallback, timeout=WAIT_MS)
    waitExposed = partialmethod(QtBot.waitExposed, timeout=WAIT_MS)
    waitSignal = partialmethod(QtBot.waitSignal, timeout=WAIT_MS)
    waitSignals = partialmethod(QtBot.waitSignals, timeout=WAIT_MS)
    waitUntil = partialmethod(QtBot.waitUntil, timeout=WAIT_MS)

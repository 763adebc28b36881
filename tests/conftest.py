"""Shared by all tests: offscreen window, one compute thread, no process kept ready for runs beside each engine."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
os.environ.setdefault("NETWRIGHT_KEEP_READY", "0")

import pytest
from hypothesis import HealthCheck, settings
from pytestqt.qtbot import QtBot

from tests.patient_qtbot import PatientQtBot

JUDGED = bool(os.environ.get("CI"))
"""Whether a change is judged: by the same made-up cases each time. New ones are found at home."""

settings.register_profile(
    "netwright",
    deadline=None,  # a busy machine is no fault of the code
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=JUDGED,
    database=None if JUDGED else settings.default.database,
)
settings.load_profile("netwright")


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> QtBot:
    """In place of pytest-qt's own, which gives up after five seconds and has no setting for it."""
    return PatientQtBot(request)

"""Shared by all tests: offscreen window, one compute thread, no process kept ready for runs beside each engine."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
os.environ.setdefault("NETWRIGHT_KEEP_READY", "0")

from hypothesis import settings

settings.register_profile("netwright", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("netwright")

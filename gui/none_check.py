"""Finds a PySide6 that loses references of None: it would abort the program after some thousand calls into Qt.

PySide6 6.12.0 does on Python 3.10 and 3.11 (None has no count any more from 3.12 on); our requirements exclude the
pair, but a person may install what they like.
"""

import sys
from typing import Final

import PySide6
from PySide6.QtCore import QObject

_CALLS: Final = 200


def loses_none() -> bool:
    """Whether calls into Qt that return nothing take references of None away. About 0.05 ms."""
    item = QObject()
    before = sys.getrefcount(None)
    for _ in range(_CALLS):
        item.setObjectName("")
    return before - sys.getrefcount(None) > _CALLS // 2


def refusal() -> str:
    """Why the window cannot be shown with this PySide6, and what to do; empty when it can."""
    if not loses_none():
        return ""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (
        f"PySide6 {PySide6.__version__} does not work with Python {python}: it would end Netwright after a few "
        'seconds. Install an older one with\n\n    python -m pip install "PySide6-Essentials<6.12"\n\n'
        "or use Python 3.12 or newer. Your projects are not touched."
    )

"""A short piece of the hour of random gestures; the long one is `python tests/gui/stress_canvas.py`."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.stress_canvas import Wild


@pytest.mark.parametrize(("seed", "gestures"), [(1, 60), (2, 60)])
def test_random_gestures_leave_the_drawing_equal_to_the_document(
    qtbot: QtBot, tmp_path: Path, seed: int, gestures: int
) -> None:
    wild = Wild(tmp_path, seed)
    report = wild.run(gestures)
    wild.close()
    assert report.wrong == []
    assert report.gestures == gestures


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_an_hour_of_gestures_leaks_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    """3,600 gestures: no error, the drawing is the document after each, and memory stays where it was."""
    wild = Wild(tmp_path, 1)
    report = wild.run(3600)
    wild.close()
    assert report.wrong == []
    assert report.growth_bytes() < 3e6, report.held_bytes
    assert report.growth_bytes(report.memory_bytes) < 12e6, report.memory_bytes

"""A PySide6 that loses references of None is told from one that does not, and the window says so instead of dying."""

import sys
import time

import pytest

from gui import app, none_check


def test_this_pyside_is_sound() -> None:
    assert not none_check.loses_none()
    assert none_check.refusal() == ""


def test_it_is_quick() -> None:
    none_check.loses_none()
    start = time.perf_counter()
    none_check.loses_none()
    print(f"{(time.perf_counter() - start) * 1e3:.3f} ms")


class _Losing:
    """What the object of a broken PySide6 does to the count, as the count tells it."""

    lost = 0

    def setObjectName(self, _name: str) -> None:
        _Losing.lost += 1


def _count(_none: object) -> int:
    return 5000 - _Losing.lost


def test_a_broken_one_is_found_and_the_window_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(none_check, "QObject", _Losing)
    monkeypatch.setattr(sys, "getrefcount", _count)
    monkeypatch.setattr(app, "application", lambda: pytest.fail("the window was started"))
    assert app.main(None) == 1
    said = capsys.readouterr().err
    assert "does not work with Python" in said
    assert 'pip install "PySide6-Essentials<6.12"' in said

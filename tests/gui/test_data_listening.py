"""Listening to recordings: the bytes reach a player, a second press stops it, and reasons are given in words."""

import io
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.document.data_edits import SetField
from engine.document.data_spec import FieldKind
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import GetSound, SoundRead
from engine.server.handlers.get_sound import as_wav
from gui.data.tab import DataTab
from gui.window import MainWindow
from tests.gui.data_scene import click_sample, engine_of, press, show_flowers
from tests.gui.fake_engine import error

TONE = np.sin(np.arange(800, dtype=np.float32) / 10)


@pytest.fixture
def tab(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> DataTab:
    tab = show_flowers(window, qtbot, tmp_path)
    window.bench.project.do(SetField(name="pixels", kind=FieldKind.AUDIO, preparation=(), augmentation=()))

    def sound(request: GetSound) -> SoundRead:
        return SoundRead(index=request.index, wav=as_wav(TONE, 8000), seconds=0.1)

    engine_of(window).answer_with(GetSound, sound)
    return tab


def player(code: str, folder: Path) -> tuple[str, ...]:
    """A program that is called as a player is."""
    script = folder / "player.py"
    script.write_text(code, encoding="utf-8")
    return (sys.executable, str(script))


def test_p_plays_the_sample_under_the_cursor(tab: DataTab, window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    heard = tmp_path / "heard.wav"
    copy = f"import shutil, sys; shutil.copyfile(sys.argv[-1], {str(heard)!r})"
    tab.player.player.command = player(copy, tmp_path)
    click_sample(qtbot, tab, 4)
    with qtbot.waitSignals([tab.player.changed, tab.player.changed]):
        press(qtbot, tab.samples.grid, Qt.Key.Key_P)
    assert tab.player.playing == -1
    assert engine_of(window).asked(GetSound)[0].index == 4
    with wave.open(io.BytesIO(heard.read_bytes())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (8000, 1, 800)


def test_a_second_press_makes_it_quiet(tab: DataTab, qtbot: QtBot, tmp_path: Path) -> None:
    tab.player.player.command = player("import time; time.sleep(600)", tmp_path)
    click_sample(qtbot, tab, 4)
    press(qtbot, tab.samples.grid, Qt.Key.Key_Return)
    large = tab.samples.large
    qtbot.waitUntil(large.play.isVisible)
    qtbot.mouseClick(large.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tab.player.playing == 4)
    assert large.play.text() == "Stop"
    qtbot.mouseClick(large.play, Qt.MouseButton.LeftButton)
    assert tab.player.playing == -1 and large.play.text() == "Play"


def test_without_a_player_it_says_what_to_install(tab: DataTab, qtbot: QtBot) -> None:
    tab.player.player.command = ()
    click_sample(qtbot, tab, 1)
    press(qtbot, tab.samples.grid, Qt.Key.Key_P)
    assert "Install" in tab.toast.text()


def test_a_player_that_fails_and_a_file_that_is_gone_are_said(
    tab: DataTab, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    tab.player.player.command = player("raise SystemExit(1)", tmp_path)
    with qtbot.waitSignal(tab.player.failed) as told:
        tab.player.toggle(3)
    assert "sound card" in told.args[0]
    gone = RequestFailed(error=error("data", "3.wav is gone.", "3.wav", "Put it back."))
    engine_of(window).answer_with(GetSound, gone)
    with qtbot.waitSignal(tab.player.failed) as told:
        tab.player.toggle(3)
    assert told.args[0] == "3.wav is gone. Put it back."


def test_what_is_too_loud_is_cut_and_not_wrapped() -> None:
    with wave.open(io.BytesIO(as_wav(np.array([0, 2, -2, np.nan], np.float32), 100))) as file:
        assert np.frombuffer(file.readframes(4), "<i2").tolist() == [0, 32767, -32767, 0]

"""The log: every line whole, one last word, nothing lost while the disk is full."""

import os
from pathlib import Path

import pytest

from engine.errors import TrainingError
from engine.protocol.run_events import PauseRun, RunFailed, RunNote, RunStopped, StopRun
from engine.protocol.run_folder import RunFolder
from engine.training import run_log
from engine.training.run_log import Inbox, RunLog, whole_log


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def test_events_come_back_with_their_time(folder: RunFolder) -> None:
    log = RunLog(folder)
    log.append(RunNote(text="one"))
    log.append(RunNote(text="two\nlines"))
    log.close()
    found = whole_log(folder)
    assert [event.text for event in found if isinstance(event, RunNote)] == ["one", "two\nlines"]
    assert found[0].time > 1.6e9


def test_nothing_follows_a_last_word(folder: RunFolder) -> None:
    log = RunLog(folder)
    log.append(RunStopped(epochs=0, seconds=0, samples_per_s=0, best_epoch=0, best={}))
    log.append(RunFailed(error={"kind": "x"}))
    log.append(RunNote(text="late"))
    log.close()
    assert [type(event) for event in whole_log(folder)] == [RunStopped]


@pytest.mark.parametrize("cut", range(1, 40, 5))
def test_a_torn_line_is_ended_before_the_next(folder: RunFolder, cut: int) -> None:
    log = RunLog(folder)
    log.append(RunNote(text="whole"))
    log.append(RunNote(text="this one is torn by a kill"))
    log.close()
    data = folder.events_file.read_bytes()
    folder.events_file.write_bytes(data[:-cut])
    log = RunLog(folder)
    log.append(RunNote(text="after"))
    log.close()
    texts = [event.text for event in whole_log(folder) if isinstance(event, RunNote)]
    assert texts[0] == "whole"
    assert texts[-1] == "after"


def test_a_full_disk_keeps_lines_until_there_is_room(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    log = RunLog(folder)
    write, room = os.write, [10, 0]  # ten bytes of the first line, then nothing

    def short(descriptor: int, data: bytes) -> int:
        if not room:
            return write(descriptor, data)
        if room[0] == 0:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: room.pop(0)])

    monkeypatch.setattr(run_log.os, "write", short)
    log.append(RunNote(text="first"))
    log.append(RunNote(text="second"))
    assert log.waiting
    assert "space" in log.problem
    assert not log.retry()
    room.clear()
    assert log.retry()
    assert not log.waiting
    log.close()
    texts = [event.text for event in whole_log(folder) if isinstance(event, RunNote)]
    assert texts == ["first", "second"]


def test_requests_are_read_once(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "POLL_S", 0.0)
    RunLog(folder).close()
    inbox = Inbox(folder, skip=False)
    assert inbox.read() == []
    folder.ask(PauseRun())
    folder.ask(StopRun())
    assert [type(request) for request in inbox.read()] == [PauseRun, StopRun]
    assert inbox.read() == []


def test_requests_to_an_earlier_process_are_passed_over(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "POLL_S", 0.0)
    folder.ask(StopRun())
    RunLog(folder).close()
    inbox = Inbox(folder, skip=True)
    assert inbox.read() == []
    folder.ask(PauseRun())
    assert [type(request) for request in inbox.read()] == [PauseRun]


def test_a_folder_that_has_gone_ends_the_run(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "POLL_S", 0.0)
    RunLog(folder).close()
    inbox = Inbox(folder, skip=False)
    assert inbox.read() == []
    folder.path.rename(folder.path.with_name("elsewhere"))
    with pytest.raises(TrainingError, match="moved or deleted"):
        inbox.read()


def test_nonsense_among_requests_is_passed_over(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "POLL_S", 0.0)
    folder.requests_file.write_bytes(b'{"request": "Explode"}\nnot json\n\xff\xfe\n{"request": "\xe5\x01"}\n')
    RunLog(folder).close()
    inbox = Inbox(folder, skip=False)
    assert inbox.read() == []
    folder.ask(StopRun())
    assert [type(request) for request in inbox.read()] == [StopRun]


def test_a_log_that_is_not_there_is_empty(folder: RunFolder) -> None:
    assert whole_log(folder) == []

"""The engine's client against real processes: answers, deaths named in words, restarts, giving up, ending."""

import os
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import DataDescribed, DescribeData
from gui import engine_client
from gui.engine_client import EngineClient

MakeClient = Callable[..., EngineClient]


@pytest.fixture
def make_client(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Iterator[MakeClient]:
    monkeypatch.setattr(engine_client, "RESTART_AFTER_MS", (10,))
    clients = []

    def make(*arguments: str) -> EngineClient:
        client = EngineClient(command=("-m", "tests.gui.scripted_engine", *arguments))
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.stop()


class Answers:
    """Collects what comes back."""

    def __init__(self, client: EngineClient) -> None:
        self.client = client
        self.done: list[DataDescribed] = []
        self.failed: list[RequestFailed] = []
        self.progress: list[Progress] = []

    def ask(self, how: str) -> int:
        return self.client.ask(
            DescribeData,
            done=self.done.append,
            failed=self.failed.append,
            progress=self.progress.append,
            project_dir=how,
        )


def test_a_request_made_before_the_engine_is_up_is_answered(make_client: MakeClient, qtbot: QtBot) -> None:
    client = make_client()
    answers = Answers(client)
    answers.ask("ok")
    client.start()
    qtbot.waitUntil(lambda: len(answers.done) == 1)
    assert answers.done[0].samples == 7
    assert [event.fraction for event in answers.progress] == [0.5]
    assert client.state == "ready"


@pytest.mark.parametrize(
    ("how", "word"),
    [
        ("killed", "memory ran out"),
        ("segfault", "segmentation fault"),
        ("exception", "the roof is on fire"),
        ("exit", "ended by itself"),
        ("garbage", "no message"),
    ],
)
def test_a_death_is_named_and_the_engine_comes_back(make_client: MakeClient, qtbot: QtBot, how: str, word: str) -> None:
    client = make_client()
    answers = Answers(client)
    client.start()
    answers.ask(how)
    qtbot.waitUntil(lambda: len(answers.failed) == 1)
    assert word in client.reason
    assert answers.failed[0].error["kind"] == "engine"
    assert word in answers.failed[0].error["message"]
    assert "Traceback" not in client.reason
    answers.ask("ok")
    qtbot.waitUntil(lambda: len(answers.done) == 1)
    assert client.state == "ready"


def test_an_engine_that_gives_no_sign_of_life_is_ended(
    make_client: MakeClient, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_client, "WATCH_EVERY_MS", 50)
    client = make_client()
    answers = Answers(client)
    with qtbot.waitSignal(client.ready):
        client.start()
    pid = client.pid
    monkeypatch.setattr(engine_client, "SILENT_CHECKS", 3)
    answers.ask("silence")
    qtbot.waitUntil(lambda: len(answers.failed) == 1)
    assert "stopped answering" in client.reason
    monkeypatch.setattr(engine_client, "SILENT_CHECKS", 10_000)
    qtbot.waitUntil(lambda: not _lives(pid))


def test_three_deaths_in_a_row_are_enough(make_client: MakeClient, qtbot: QtBot) -> None:
    client = make_client("at-start")
    deaths: list[str] = []
    client.died.connect(deaths.append)
    client.start()
    qtbot.waitUntil(lambda: client.state == "dead")
    assert len(deaths) == 3
    assert "no such thing" in client.reason
    answers = Answers(client)
    answers.ask("ok")
    qtbot.waitUntil(lambda: len(answers.failed) == 1)


def test_an_engine_of_another_version_is_not_used(make_client: MakeClient, qtbot: QtBot) -> None:
    client = make_client("other-version")
    client.start()
    qtbot.waitUntil(lambda: client.state == "dead")
    assert "version 99" in client.reason


def test_a_program_that_is_not_there_is_named(
    make_client: MakeClient, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_client.sys, "executable", "/nowhere/python")
    client = make_client()
    client.start()
    qtbot.waitUntil(lambda: client.state == "dead")
    assert "could not be started" in client.reason


def test_stopping_ends_the_process(make_client: MakeClient, qtbot: QtBot) -> None:
    client = make_client()
    with qtbot.waitSignal(client.ready):
        client.start()
    pid = client.pid
    client.stop()
    assert not _lives(pid)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

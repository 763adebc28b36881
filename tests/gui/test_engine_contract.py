"""The scripted engine of the tests and the real client keep one contract."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import DataDescribed, DescribeData, SplitCounts
from gui.engine_client import EngineClient
from tests.gui.fake_engine import FakeEngine

MakeEngine = Callable[[], Any]


def fake() -> FakeEngine:
    engine = FakeEngine()

    def describe(request: DescribeData) -> list[Any] | None:
        if request.project_dir == "silence":
            return None
        return [Progress(fraction=0.5), DataDescribed(samples=7, counts=SplitCounts(train=7))]

    engine.answer_with(DescribeData, describe)
    return engine


def real() -> EngineClient:
    return EngineClient(command=("-m", "tests.gui.scripted_engine"))


@pytest.fixture(params=[fake, real], ids=["fake", "real"])
def engine(request: pytest.FixtureRequest, qapp: object, qtbot: QtBot) -> Iterator[Any]:
    engine = request.param()
    with qtbot.waitSignal(engine.ready):
        engine.start()
    yield engine
    engine.stop()


def test_an_answer_comes_later_once_and_after_its_progress(engine: Any, qtbot: QtBot) -> None:
    told: list[Any] = []
    number = engine.ask(DescribeData, done=told.append, failed=told.append, progress=told.append, project_dir="ok")
    assert told == []
    assert engine.waits
    qtbot.waitUntil(lambda: len(told) == 2)
    assert [type(event) for event in told] == [Progress, DataDescribed]
    assert {event.request for event in told} == {number}
    assert not engine.waits
    assert engine.state == "ready"


def test_numbers_of_requests_rise(engine: Any, qtbot: QtBot) -> None:
    told: list[Any] = []
    numbers = [engine.ask(DescribeData, done=told.append, failed=told.append, project_dir="ok") for _ in range(3)]
    assert numbers == sorted(set(numbers))
    qtbot.waitUntil(lambda: len(told) == 3)
    assert [event.request for event in told] == numbers


def test_cancelling_what_is_over_does_nothing(engine: Any, qtbot: QtBot) -> None:
    told: list[Any] = []
    number = engine.ask(DescribeData, done=told.append, failed=told.append, project_dir="ok")
    qtbot.waitUntil(lambda: len(told) == 1)
    engine.cancel(number)
    engine.cancel(12345)
    assert len(told) == 1
    assert not isinstance(told[0], RequestFailed)

"""What Try it asks beside its answer: the latest wish counts, older answers are dropped, failures keep their words."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.document.project import Project
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.deployment import Answer, Predict, Prediction, PredictionMade
from engine.protocol.messages.sample_input import ReadSample, SampleRead
from gui.models.project import ProjectModel
from gui.models.sample_inputs import SampleInputs
from gui.models.side_answers import SideAnswers
from tests.gui.fake_engine import FakeEngine, error


@pytest.fixture
def opened(model: ProjectModel, tmp_path: Path) -> ProjectModel:
    model.create(tmp_path / "p", Project(name="p"))
    return model


def echo(request: Predict) -> PredictionMade:
    made = [Prediction(input="x", outputs={"y": Answer(value=str(item["a"]))}) for item in request.inputs]
    return PredictionMade(run=1, predictions=made, milliseconds=0.1)


def test_of_many_wishes_only_the_latest_is_asked(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.answer_with(Predict, echo)
    side = SideAnswers(opened, engine)
    for number in range(20):
        side.ask([{"a": number}], "3", "last")
    qtbot.waitUntil(lambda: not side.waiting)
    (asked,) = engine.asked(Predict)
    assert asked.inputs == [{"a": 19}] == side.inputs and (asked.run, asked.which) == ("3", "last")
    assert side.predictions[0].outputs["y"].value == "19"


def test_a_wish_waits_for_the_question_under_way(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.answer_with(Predict, None)
    side = SideAnswers(opened, engine)
    side.ask([{"a": 1}])
    qtbot.waitUntil(lambda: len(engine.asked(Predict)) == 1)
    side.ask([{"a": 2}])
    side.ask([{"a": 3}])
    engine.answer_with(Predict, echo)
    engine.answer(engine.asked(Predict)[0].id, echo(engine.asked(Predict)[0]))
    qtbot.waitUntil(lambda: not side.waiting)
    assert [request.inputs[0]["a"] for request in engine.asked(Predict)] == [1, 3] and side.inputs == [{"a": 3}]


def test_what_is_wanted_no_more_is_not_shown(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.answer_with(Predict, None)
    side = SideAnswers(opened, engine)
    side.ask([{"a": 1}])
    qtbot.waitUntil(lambda: len(engine.asked(Predict)) == 1)
    first = engine.asked(Predict)[0]
    side.clear()
    assert engine.cancelled == [first.id]
    engine.answer(first.id, echo(first))  # it was answered before it could be taken back
    assert side.predictions == [] and not side.waiting


def test_problems_are_said_in_words(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    side = SideAnswers(opened, engine)
    engine.answer_with(Predict, RequestFailed(error=error("run", "Run 3 is gone.", "", "Choose another.")))
    side.ask([{"a": 1}])
    qtbot.waitUntil(lambda: not side.waiting)
    assert side.problem == "Run 3 is gone. Choose another."
    broken = Prediction(input="x", problem="'a' is no number.")
    engine.answer_with(Predict, PredictionMade(run=1, predictions=[broken, broken], milliseconds=0))
    side.ask([{"a": 1}, {"a": 2}])
    qtbot.waitUntil(lambda: not side.waiting)
    assert side.problem == "'a' is no number."


class Data:
    """What SampleInputs needs of the data model."""

    def __init__(self, splits: list[int] | None, state: str = "ready") -> None:
        self.splits = None if splits is None else np.array(splits, np.int8)
        self.state = state


def reader(opened: ProjectModel, engine: FakeEngine, splits: list[int] | None) -> SampleInputs:
    data: Any = Data(splits)
    return SampleInputs(opened, data, engine)


def test_samples_of_the_test_split_come_first(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    assert reader(opened, engine, [0, 2, 1, 2]).choices().tolist() == [1, 3]
    assert reader(opened, engine, [0, 1, 0]).choices().tolist() == [0, 1, 2]
    assert reader(opened, engine, None).reason_not_to_take() == "The data has no samples."
    engine.answer_with(ReadSample, lambda asked: SampleRead(index=asked.index, name="x", split="test", values={}))
    samples = reader(opened, engine, [0, 2, 2])
    with qtbot.waitSignal(samples.read) as read:
        samples.take_any(first=True)
    assert read.args[0].index == 1 and samples.sample is read.args[0]


def test_of_samples_run_through_the_last_is_read(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.answer_with(ReadSample, lambda asked: SampleRead(index=asked.index, name="x", split="test", values={}))
    samples = reader(opened, engine, [2] * 50)
    seen: list[int] = []
    samples.read.connect(lambda sample: seen.append(sample.index))
    for index in range(30):
        samples.take(index)
    qtbot.waitUntil(lambda: not samples.waiting)
    assert seen == [29] and [asked.index for asked in engine.asked(ReadSample)] == [0, 29]
    samples.take(3)
    samples.drop()
    qtbot.waitUntil(lambda: not engine.waits)
    assert seen == [29], "something else was given meanwhile"


def test_a_sample_that_cannot_be_read_says_why(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.answer_with(ReadSample, RequestFailed(error=error("data", "a.png is gone.", "", "Bring it back.")))
    samples = reader(opened, engine, [2])
    with qtbot.waitSignal(samples.failed) as failed:
        samples.take(0)
    assert failed.args == ["a.png is gone. Bring it back."] and samples.sample is None

"""Evaluating, predicting and exporting: each answer goes to who asked last, and failures keep their words."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.document.project import Project
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.deployment import Export, ModelExported, Predict, PredictionMade, Verified
from engine.protocol.messages.evaluation import Evaluate, EvaluationFinished
from gui.models.evaluation import EvaluationModel
from gui.models.project import ProjectModel
from gui.models.use import UseModel
from tests.gui.fake_engine import FakeEngine, error

RESULT = EvaluationFinished(run=3, split="test", samples=10, seconds=0.1, outputs=[])
EXPORTED = ModelExported(
    file="m.onnx",
    bytes=9,
    opset=20,
    inputs=[],
    outputs=[],
    verified=Verified(samples=5, same_answers=5, max_abs_difference=0.0),
)


@pytest.fixture
def opened(model: ProjectModel, tmp_path: Path) -> ProjectModel:
    model.create(tmp_path / "p", Project(name="p"))
    return model


def test_an_evaluation_reports_progress_and_result(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    model = EvaluationModel(opened, engine)
    engine.answer_with(Evaluate, [Progress(fraction=0.5), RESULT])
    with qtbot.waitSignal(model.progressed):
        model.evaluate("3", "test")
    qtbot.waitUntil(lambda: model.state == "done")
    assert model.result is not None and model.result.run == 3


def test_a_newer_evaluation_replaces_the_older_one(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    model = EvaluationModel(opened, engine)
    model.evaluate("1")
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    model.evaluate("2")
    older, newer = engine.asked(Evaluate)
    engine.answer(newer.id, RESULT)
    if older.id in engine._waiting:
        engine.answer(older.id, EvaluationFinished(run=1, split="test", samples=1, seconds=0, outputs=[]))
    assert model.result is not None and model.result.run == 3
    assert older.id in engine.cancelled


def test_an_evaluation_that_fails_keeps_the_last_result(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    model = EvaluationModel(opened, engine)
    engine.answer_with(Evaluate, RESULT)
    model.evaluate()
    qtbot.waitUntil(lambda: model.state == "done")
    engine.answer_with(Evaluate, RequestFailed(error=error("run", "There is no run 9.", hint="Train first.")))
    model.evaluate("9")
    qtbot.waitUntil(lambda: model.state == "failed")
    assert model.error is not None and model.error.hint == "Train first."
    assert model.result is not None


def test_predictions_and_exports_do_not_wait_for_each_other(
    opened: ProjectModel, engine: FakeEngine, qtbot: QtBot
) -> None:
    use = UseModel(opened, engine)
    engine.answer_with(Predict, PredictionMade(run=1, predictions=[], milliseconds=0.4))
    engine.answer_with(Export, EXPORTED)
    use.export("m.onnx")
    use.predict([{"pixels": "a.png"}])
    assert (use.predict_state, use.export_state) == ("working", "working")
    qtbot.waitUntil(lambda: (use.predict_state, use.export_state) == ("done", "done"))
    assert use.prediction is not None and use.export_result is not None


def test_a_failed_export_says_why(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot) -> None:
    use = UseModel(opened, engine)
    engine.answer_with(Export, RequestFailed(error=error("export", "The folder cannot be written.")))
    use.export("/nowhere/m.onnx")
    qtbot.waitUntil(lambda: use.export_state == "failed")
    assert use.export_error is not None and use.export_error.message == "The folder cannot be written."
    assert use.predict_error is None


def test_another_project_starts_afresh(opened: ProjectModel, engine: FakeEngine, qtbot: QtBot, tmp_path: Path) -> None:
    use, evaluation = UseModel(opened, engine), EvaluationModel(opened, engine)
    engine.answer_with(Evaluate, RESULT)
    evaluation.evaluate()
    qtbot.waitUntil(lambda: evaluation.state == "done")
    use.predict([{}])
    opened.create(tmp_path / "other", Project(name="other"))
    assert evaluation.result is None
    assert use.predict_state == "idle"

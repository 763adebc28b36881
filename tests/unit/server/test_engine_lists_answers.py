"""Samples of a scored split, their names, corrections since and latency, asked of a real engine process."""

from pathlib import Path

import numpy as np
import pytest
from engine_process import EngineProcess

from engine.document.data_edits import ExcludeSamples, LabelSamples
from engine.document.edits import apply
from engine.document.files import load, save
from engine.protocol.messages.answered_samples import (
    Among,
    AnsweredRead,
    CorrectionsFound,
    FindNamed,
    GetAnswered,
    GetCorrections,
    LatencyMeasured,
    MeasureLatency,
    Order,
)
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import SamplesFound
from engine.protocol.messages.evaluation import Evaluate, EvaluationFinished
from tests.unit.deployment.small_runs import finished_run, pictures


@pytest.fixture(scope="module")
def engine():
    with EngineProcess() as process:
        process.next_event()
        yield process


@pytest.fixture(scope="module")
def project_dir(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pets")
    finished_run(folder / "project", pictures(folder, 60))
    return folder / "project"


def answer(engine, kind, request_type, **asked):
    found = engine.answer(engine.send(request_type, **asked))
    assert isinstance(found, kind), found
    return found


def test_pages_of_answers_agree_with_the_scores(engine, project_dir):
    where = {"project_dir": str(project_dir), "run": "1", "split": "train"}
    scores = answer(engine, EvaluationFinished, Evaluate, **where).outputs[0]
    wrong = answer(engine, AnsweredRead, GetAnswered, **where, among=Among.WRONG, order=Order.SUREST, limit=5)
    assert [(s.index, s.predicted) for s in wrong.samples] == [(m.index, m.predicted) for m in scores.mistakes[:5]]
    assert wrong.total == sum(map(sum, scores.matrix)) - sum(row[at] for at, row in enumerate(scores.matrix))
    assert all(len(sample.card.rgb) == 3 * sample.card.width * sample.card.height > 0 for sample in wrong.samples)


def test_samples_are_found_by_name_after_others_were_left_out(engine, project_dir):
    where = {"project_dir": str(project_dir), "run": "1", "split": "train"}
    first, second, third = answer(engine, AnsweredRead, GetAnswered, **where, order=Order.DATA, limit=3).samples
    before = load(project_dir)
    project = load(project_dir)
    apply(project, ExcludeSamples(samples=(first.name,)))
    apply(project, LabelSamples(field=project.data.targets()[0].name, samples=(second.name,), labels=("dogs",)))
    save(project_dir, project)
    found = answer(engine, SamplesFound, FindNamed, project_dir=str(project_dir), names=[third.name, first.name])
    assert np.frombuffer(found.indices, "<i4").tolist() == [third.index - 1]  # the first one is gone, all move up
    since = answer(engine, CorrectionsFound, GetCorrections, project_dir=str(project_dir), run="1")
    assert (since.labelled, since.excluded, since.network) == (1, 1, False)
    again = answer(engine, AnsweredRead, GetAnswered, **where, order=Order.DATA, limit=1).samples[0]
    assert again == first  # the run knows its data as it was
    save(project_dir, before)


def test_latency_is_that_of_the_file_others_get(engine, project_dir):
    found = answer(engine, LatencyMeasured, MeasureLatency, project_dir=str(project_dir), run="1")
    assert found.run == 1 and 0 < found.milliseconds <= found.slow_milliseconds
    assert list((project_dir / ".netwright" / "models").glob("run-0001-*.onnx"))


def test_what_is_not_there_is_said(engine, project_dir):
    failed = answer(engine, RequestFailed, GetAnswered, project_dir=str(project_dir), run="9")
    assert failed.error["kind"] == "run_not_found" or "9" in failed.error["message"]
    failed = answer(engine, RequestFailed, GetAnswered, project_dir=str(project_dir), run="1", output="colour")
    assert "colour" in failed.error["message"]

"""Each token that is written is told of, with what else might have come; the window hears of it while it is written."""

from pathlib import Path

import numpy as np
import pytest
import torch
from trained_runs import trained_run

from engine.cli.main import main
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.deployment.predict import Predictor
from engine.deployment.writing import OTHERS, Manner
from engine.document.files import create, load
from engine.errors import Cancelled
from engine.protocol.messages.base import Event
from engine.protocol.messages.deployment import Predict
from engine.protocol.messages.sample_input import ReadSample
from engine.protocol.messages.writing import TextWritten, WrittenToken
from engine.server.datasets import OpenDatasets
from engine.server.handlers import predict as predict_handler
from engine.server.handlers import read_sample
from engine.server.run_processes import RunProcesses
from engine.server.work import Work

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prose by characters, learned a little."""
    folder = tmp_path_factory.mktemp("prose")
    random = np.random.default_rng(6)
    words = ["one", "two", "red", "house", "cat", "old"]
    lines = [" ".join(random.choice(words, 6)) + ("." if i % 3 else ".\n") for i in range(120)]
    (folder / "prose.txt").write_text("\n".join(lines))
    proposed = propose("prose", inspect(folder / "prose.txt").data)
    create(folder / "project", proposed)
    trained_run(folder / "project", load(folder / "project"), 1)
    return folder / "project"


@pytest.fixture(scope="module")
def exported(project: Path) -> Path:
    assert main(["export", str(project), "--to", str(project / "m.onnx"), "--json"]) == 0
    return project / "m.onnx"


def test_the_tokens_make_up_the_text_and_know_their_rivals(exported: Path) -> None:
    heard: list[tuple[str, int, WrittenToken]] = []
    made = Predictor(exported).predict(
        ["one t", "red "],
        manner=Manner(length=12, seed=3),
        told=lambda field, place, token: heard.append((field, place, token)),
    )
    for place, (beginning, prediction) in enumerate(zip(("one t", "red "), made.predictions, strict=True)):
        (answer,) = prediction.outputs.values()
        assert answer.value == beginning + "".join(token.text for token in answer.written)
        assert [token for field, at, token in heard if at == place and field == "text"] == answer.written
        assert len(answer.written) == 12
        for token in answer.written:
            chances = [other.chance for other in token.others]
            assert 0 < token.chance <= 1 and len(chances) <= OTHERS and chances == sorted(chances, reverse=True)
            assert sum(chances) <= 1 + 1e-9


def test_at_temperature_0_the_first_rival_is_what_was_written(exported: Path) -> None:
    (made,) = Predictor(exported).predict(["one "], manner=Manner(temperature=0, length=8)).predictions
    for token in made.outputs["text"].written:
        assert (token.others[0].text, token.others[0].chance) == (token.text, token.chance)


def work(events: list[Event], cancel_after: int = 10**9) -> Work:
    def send(event: Event) -> None:
        events.append(event)
        if sum(isinstance(item, TextWritten) for item in events) >= cancel_after:
            made.cancel()

    made = Work(1, send, OpenDatasets(), RunProcesses())  # type: ignore[arg-type]
    return made


def asked(project: Path, **more: object) -> Predict:
    return Predict(id=1, project_dir=str(project), inputs=[{"text": "one "}], stream=True, **more)  # type: ignore[arg-type]


def test_the_window_hears_of_the_text_as_it_grows(project: Path) -> None:
    events: list[Event] = []
    made = predict_handler.handle(asked(project, length=300, seed=2), work(events))
    told = [event for event in events if isinstance(event, TextWritten)]
    (answer,) = made.predictions[0].outputs.values()
    assert len(told) > 1 and told[-1].written == 300 and all(event.request == 1 for event in told)
    assert "one " + "".join(token.text for event in told for token in event.tokens) == answer.value


def test_writing_stops_when_asked_to(project: Path) -> None:
    events: list[Event] = []
    with pytest.raises(Cancelled):
        predict_handler.handle(asked(project, length=100_000), work(events, cancel_after=2))
    assert sum(isinstance(event, TextWritten) for event in events) == 2


def test_temperature_and_seed_reach_the_writing(project: Path) -> None:
    def said(**manner: object) -> object:
        made = predict_handler.handle(asked(project, length=30, **manner), work([]))
        return made.predictions[0].outputs["text"].value

    assert said(temperature=0.0) == said(temperature=0.0, seed=5)
    assert said(temperature=1.5, seed=1) == said(temperature=1.5, seed=1) != said(temperature=1.5, seed=2)
    assert said(temperature=1.5, seed=1, top_k=1) == said(temperature=0.0)


def test_a_sample_is_read_as_predict_takes_it(project: Path) -> None:
    made = read_sample.handle(ReadSample(id=1, project_dir=str(project), index=0), work([]))
    assert made.split in ("train", "val", "test") and str(made.values["text"]) == made.truth["text"].value
    answer = predict_handler.handle(
        Predict(id=1, project_dir=str(project), inputs=[dict(made.values)], length=1), work([])
    )
    assert not answer.predictions[0].problem

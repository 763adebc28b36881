"""A run that is paused answers as it is at that moment: a real process, and the request of Try it."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch

from engine.data.importing import inspect
from engine.data.preparation import Preparation
from engine.data.proposals import propose
from engine.document.files import create, load
from engine.document.recipe import Phase
from engine.evaluation.network import load_network, project_of
from engine.protocol.messages.deployment import Predict
from engine.protocol.run_events import (
    FINAL_EVENTS,
    ContinueRun,
    PauseRun,
    RunContinued,
    RunPaused,
    RunPrepared,
    StopRun,
)
from engine.protocol.run_folder import RunFolder
from engine.server.datasets import OpenDatasets
from engine.server.handlers.predict import handle
from engine.server.run_processes import RunProcesses
from engine.server.work import Work
from engine.training.run_log import whole_log
from engine.training.runs import create_run, start_run_process

WITHIN_S = 60.0
ROW = {"a": "0.4", "b": "-0.9"}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run of very many steps on a small table of numbers."""
    chance = random.Random(5)
    rows = ["a,b,price"]
    for _ in range(400):
        a, b = chance.gauss(0, 1), chance.gauss(0, 1)
        rows.append(f"{a:.5f},{b:.5f},{3 * a - b * b:.5f}")
    table = tmp_path / "prices.csv"
    table.write_text("\n".join(rows) + "\n")
    project = propose("prices", inspect(table, target="price").data)
    phase = Phase(epochs=100_000, batch_size=8, players=project.recipe.phases[0].players)
    project.recipe = msgspec.structs.replace(project.recipe, phases=(phase,), early_stop=None, device="cpu")
    create(tmp_path / "project", project)
    return create_run(tmp_path / "project", load(tmp_path / "project"))


def wait_for(what: Callable[[], bool], folder: RunFolder) -> None:
    end = time.monotonic() + WITHIN_S
    while not what():
        assert time.monotonic() < end, whole_log(folder)[-3:]
        time.sleep(0.02)


def pauses(folder: RunFolder) -> list[RunPaused]:
    return [event for event in whole_log(folder) if isinstance(event, RunPaused)]


def answer(folder: RunFolder, which: str) -> float:
    """What Try it shows for a row, in the unit of the price."""
    request = Predict(
        id=1, project_dir=str(folder.path.parent.parent), inputs=[dict(ROW)], run=str(folder.number), which=which
    )
    made = handle(request, Work(1, lambda _event: None, OpenDatasets(), RunProcesses()))
    (told,) = made.predictions
    assert not told.problem, told.problem
    return float(told.outputs["price"].value)  # type: ignore[arg-type]


def expected(folder: RunFolder, checkpoint: str) -> float:
    """The same from the weights of a checkpoint, by torch."""
    project = project_of(folder)
    assert max(path.name for path in folder.checkpoints.glob("last-*")) == checkpoint
    network = load_network(folder, "last", project=project)
    fields = {field.name: field for field in project.data.fields}
    columns = [Preparation(fields[name]).apply([float(ROW[name])]).reshape(1, -1) for name in ("a", "b")]
    with torch.no_grad():
        (said,) = network(torch.cat(columns, dim=1))
    return float(Preparation(fields["price"]).invert(said).reshape(-1)[0])


def test_each_pause_is_tried_with_the_weights_of_that_moment(run: RunFolder) -> None:
    process = start_run_process(run)
    try:
        wait_for(lambda: any(isinstance(event, RunPrepared) for event in whole_log(run)), run)
        found = []
        for number in (1, 2):
            run.ask(PauseRun())
            wait_for(lambda number=number: len(pauses(run)) == number, run)  # type: ignore[misc]
            said = answer(run, "last")
            assert said == pytest.approx(expected(run, pauses(run)[-1].checkpoint), rel=1e-4, abs=1e-5)
            found.append((pauses(run)[-1].step, said))
            run.ask(ContinueRun())
            wait_for(lambda: not isinstance(whole_log(run)[-1], RunPaused | RunContinued), run)  # it learned more
        assert found[0][0] < found[1][0]
        assert found[0][1] != found[1][1], "it learned meanwhile"
        run.ask(StopRun())
        wait_for(lambda: any(isinstance(event, FINAL_EVENTS) for event in whole_log(run)), run)
        process.wait(timeout=WITHIN_S)
    finally:
        process.kill()
        process.wait()

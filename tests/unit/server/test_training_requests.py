"""Requests about training, answered by their handlers: starting, queueing, forking, editing, measuring."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.files import create, load, save
from engine.errors import Cancelled, NetwrightError, RunNotFound, TrainingError, UsageError
from engine.protocol.messages import AnyEvent
from engine.protocol.messages.base import Progress
from engine.protocol.messages.training import ArrangeQueue, EditRun, FindBatchSize, FindLearningRate, StartTraining
from engine.protocol.run_folder import RunFolder, about
from engine.protocol.run_queue import read_queue
from engine.server.datasets import OpenDatasets
from engine.server.handlers import HANDLERS
from engine.server.run_processes import RunProcesses
from engine.server.work import Work
from engine.training import queue, starting
from engine.training.runs import START, create_run, run_project


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    chance = random.Random(2)
    rows = ["a,b,kind"]
    for _ in range(1200):
        a, b = chance.gauss(0, 1), chance.gauss(0, 1)
        rows.append(f"{a:.4f},{b:.4f},{'up' if a > b else 'down'}")
    (folder / "points.csv").write_text("\n".join(rows) + "\n")
    create(folder / "project", propose("points", inspect(folder / "points.csv", target="kind").data))
    return folder / "project"


@pytest.fixture
def project_dir(made: Path, tmp_path: Path) -> Path:
    project = load(made)
    create(tmp_path / "project", project)
    return tmp_path / "project"


class Process:
    """Stands for a process that lives on."""

    returncode = None

    def poll(self) -> None:
        return None


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, dict[str, object]]]:
    """The runs for which a process was wanted, and how; none is really started."""
    found: list[tuple[int, dict[str, object]]] = []

    def start(folder: RunFolder, **how: object) -> Process:
        found.append((folder.number, how))
        return Process()

    monkeypatch.setattr(starting, "start_run_process", start)
    monkeypatch.setattr(starting, "wake", lambda _project: Process())
    return found


class Asked:
    """Hands requests to their handlers, as a worker of the engine does."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.runs = RunProcesses()

    def __call__(self, request: object, *, cancel_after: int = 0) -> object:
        work = Work(request.id, self._send, OpenDatasets(), self.runs)  # type: ignore[attr-defined]
        self._stop: Callable[[], None] = work.cancel
        self._left = cancel_after
        return HANDLERS[type(request)].load()(request, work)  # type: ignore[index]

    def _send(self, event: AnyEvent) -> None:
        self.events.append(event)
        self._left -= 1
        if self._left == 0:
            self._stop()


@pytest.fixture
def ask() -> Asked:
    return Asked()


def training(project_dir: Path, **more: object) -> StartTraining:
    return StartTraining(id=1, project_dir=str(project_dir), **more)  # type: ignore[arg-type]


def test_a_run_is_started_with_settings_of_its_own(project_dir: Path, ask: Asked, started: list) -> None:  # type: ignore[type-arg]
    answer = ask(
        training(project_dir, name="quick", settings=["lr=0.5", "batch_size=auto"], epochs=3, notes="why", tags=["t"])
    )
    assert (answer.run, answer.queued, answer.runs, answer.group) == (1, False, [1], "")  # type: ignore[attr-defined]
    recipe = run_project(RunFolder(project_dir / "runs" / "0001")).recipe
    assert recipe.phases[0].auto_batch and recipe.phases[0].epochs == 3
    assert recipe.phases[0].players[0].optimizer.attributes["lr"] == 0.5
    told = about(RunFolder(project_dir / "runs" / "0001"))
    assert (told.name, told.notes, told.tags) == ("quick", "why", ["t"])
    assert [run for run, _ in started] == [1]
    assert load(project_dir).recipe.phases[0].players[0].optimizer.attributes.get("lr") != 0.5


def test_a_setting_that_makes_no_sense_starts_nothing(project_dir: Path, ask: Asked, started: list) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError):
        ask(training(project_dir, settings=["nothing=1"]))
    assert started == []
    assert not (project_dir / "runs").exists()


def test_several_seeds_are_queued_as_a_group(project_dir: Path, ask: Asked, started: list) -> None:  # type: ignore[type-arg]
    answer = ask(training(project_dir, seeds=3, device="cuda:0,1"))
    assert (answer.queued, answer.runs, answer.group) == (True, [1, 2, 3], "1")  # type: ignore[attr-defined]
    assert [(item.run, item.device) for item in read_queue(project_dir).waiting] == [
        (1, "cuda:0,1"),
        (2, "cuda:0,1"),
        (3, "cuda:0,1"),
    ]
    assert started == []


def test_a_fork_takes_weights_and_if_wanted_the_project_of_the_other(
    project_dir: Path,
    ask: Asked,
    started: list,  # type: ignore[type-arg]
) -> None:
    from engine.training import checkpoint
    from engine.training.run_state import RunState

    source = create_run(project_dir, load(project_dir))
    checkpoint.write(source.checkpoints, "last", RunState(step=10, epoch=2), {}, {})
    changed = load(project_dir)
    changed.name = "renamed"
    save(project_dir, changed)
    ask(training(project_dir, from_run=1, which="last", as_it_was=True))
    ask(training(project_dir, from_run=1, which="last"))
    folders = [RunFolder(project_dir / "runs" / f"{run:04d}") for run in (2, 3)]
    assert [run_project(folder).name for folder in folders] == ["points", "renamed"]
    assert all((folder.path / START / "weights.safetensors").exists() for folder in folders)
    assert about(folders[0]).from_checkpoint == "last-000010"
    with pytest.raises(RunNotFound):
        ask(training(project_dir, from_run=9))


def test_going_on_with_more_epochs(project_dir: Path, ask: Asked, started: list) -> None:  # type: ignore[type-arg]
    create_run(project_dir, load(project_dir))
    answer = ask(training(project_dir, resume=1, epochs=77))
    assert answer.run == 1  # type: ignore[attr-defined]
    assert run_project(RunFolder(project_dir / "runs" / "0001")).recipe.phases[-1].epochs == 77
    assert started[0][1]["go_on"] is True and started[0][1]["resume"] is True


def test_a_run_is_edited(project_dir: Path, ask: Asked) -> None:
    folder = create_run(project_dir, load(project_dir), "one")
    ask(EditRun(id=2, project_dir=str(project_dir), run=1, notes="good", baseline=True))
    assert (about(folder).name, about(folder).notes, about(folder).baseline) == ("one", "good", True)
    with pytest.raises(RunNotFound):
        ask(EditRun(id=2, project_dir=str(project_dir), run=4, notes="good"))


def test_a_queue_is_arranged_and_somebody_woken(
    project_dir: Path,
    ask: Asked,
    monkeypatch: pytest.MonkeyPatch,
    started: list,  # type: ignore[type-arg]
) -> None:
    woken: list[Path] = []
    monkeypatch.setattr("engine.server.handlers.arrange_queue.wake", lambda project: woken.append(project))
    answer = ask(ArrangeQueue(id=3, project_dir=str(project_dir)))
    assert (answer.runs, answer.working, woken) == ([], False, [])  # type: ignore[attr-defined]
    ask(training(project_dir, seeds=3))
    answer = ask(ArrangeQueue(id=3, project_dir=str(project_dir), order=[3], remove=[1], held=True, at_once=2))
    assert (answer.runs, answer.held, answer.at_once) == ([3, 2], True, 2)  # type: ignore[attr-defined]
    assert woken == [project_dir]
    answer = ask(ArrangeQueue(id=3, project_dir=str(project_dir), held=False))
    assert not answer.held  # type: ignore[attr-defined]
    queue.arrange(project_dir, remove=[2, 3])


def test_a_learning_rate_is_found(project_dir: Path, ask: Asked) -> None:
    before = (project_dir / "project.json").read_bytes()
    answer = ask(FindLearningRate(id=4, project_dir=str(project_dir), device="cpu"))
    assert answer.suggestion > 0 and answer.note == ""  # type: ignore[attr-defined]
    assert len(answer.rates) == len(answer.losses) == len(answer.smooth)  # type: ignore[attr-defined]
    assert any(isinstance(event, Progress) for event in ask.events)
    assert (project_dir / "project.json").read_bytes() == before
    assert not (project_dir / "runs").exists()
    with pytest.raises(TrainingError, match="no such player"):
        ask(FindLearningRate(id=4, project_dir=str(project_dir), phase=3))
    with pytest.raises(Cancelled):
        ask(FindLearningRate(id=4, project_dir=str(project_dir), device="cpu"), cancel_after=1)


def test_a_batch_size_is_found(project_dir: Path, ask: Asked) -> None:
    answer = ask(FindBatchSize(id=5, project_dir=str(project_dir), device="cpu"))
    assert answer.batch_size in (8, 16)  # type: ignore[attr-defined]
    assert "50 steps" in answer.reason  # type: ignore[attr-defined]
    with pytest.raises(NetwrightError, match="no such phase"):
        ask(FindBatchSize(id=5, project_dir=str(project_dir), phase=1))

"""The process of a run, called in this one: its words for what goes wrong, and stops before it has begun to train."""

import signal
from pathlib import Path

import pytest
import torch
from small_tasks import classifier

from engine.document.data_spec import DataSpec, Source, SourceKind
from engine.document.project import Project
from engine.protocol.run_events import RunFailed, RunNote, RunStarted, RunStopped, StopRun
from engine.protocol.run_folder import RunFolder
from engine.training.guard import out_of_memory
from engine.training.run import RunProcess, main
from engine.training.run_log import whole_log
from engine.training.runs import create_run


@pytest.fixture(autouse=True)
def no_signal_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)


def with_source(path: str) -> Project:
    project = classifier()
    spec = DataSpec(sources=(Source(kind=SourceKind.TABLE, path=path),), fields=project.data.fields)
    return Project(name="x", data=spec, graph=project.graph, recipe=project.recipe)


def run(folder: RunFolder, *, resume: bool = False) -> int:
    return RunProcess(folder, device="", resume=resume).run()


def failure(folder: RunFolder) -> RunFailed:
    last = whole_log(folder)[-1]
    assert isinstance(last, RunFailed)
    return last


def test_missing_data_is_said_in_words(tmp_path: Path) -> None:
    folder = create_run(tmp_path, with_source("nowhere.csv"), "named")
    assert run(folder) == 1
    assert failure(folder).error["kind"] == "data"
    assert "nowhere.csv" in "".join(failure(folder).error.values())
    assert failure(folder).details == ""
    started = whole_log(folder)[0]
    assert isinstance(started, RunStarted)
    assert started.name == "named"


def test_a_network_with_a_problem_does_not_start(tmp_path: Path) -> None:
    project = with_source("nowhere.csv")
    project.graph.disconnect("loss1", "target")
    folder = create_run(tmp_path, project)
    assert run(folder) == 1
    assert failure(folder).error["where"] == "loss1"


def test_a_damaged_project_is_said_with_its_place(tmp_path: Path) -> None:
    folder = create_run(tmp_path, classifier())
    folder.project_file.write_bytes(folder.project_file.read_bytes()[:-30])
    assert run(folder) == 1
    assert failure(folder).error["kind"] == "project"
    assert "line" in failure(folder).error["where"]


def test_our_own_faults_are_told_with_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = create_run(tmp_path, classifier())

    def broken(self: RunProcess) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(RunProcess, "_train", broken)
    assert run(folder) == 3
    assert failure(folder).error["kind"] == "internal"
    assert "KeyError" in failure(folder).error["found"]
    assert "Traceback" in failure(folder).details
    assert "Traceback" not in failure(folder).error["message"]
    assert "KeyError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "not enough memory for batches of 64"),
        (torch.OutOfMemoryError("CUDA out of memory"), "memory on the graphics card"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000000 bytes."),
            "not enough memory",
        ),
    ],
)
def test_memory_that_ran_out_is_said_in_words(error: BaseException, words: str) -> None:
    known = out_of_memory(error, 64)
    assert known is not None
    assert words in known.message
    assert "smaller batch size, such as 32" in known.hint


def test_other_errors_are_not_about_memory() -> None:
    assert out_of_memory(RuntimeError("shapes differ"), 64) is None


def test_stopping_before_it_trains(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,fruit\n" + "1,apple\n2,pear\n" * 50)
    folder = create_run(tmp_path, with_source(str(tmp_path / "t.csv")))
    folder.ask(StopRun())
    process = RunProcess(folder, device="", resume=False)
    process.stop_asked = True
    process.run()
    last = whole_log(folder)[-1]
    assert isinstance(last, RunStopped | RunFailed)


def test_resuming_what_has_no_checkpoint_begins_anew(tmp_path: Path) -> None:
    folder = create_run(tmp_path, with_source("nowhere.csv"))
    run(folder)
    assert run(folder, resume=True) == 1
    assert [type(event).__name__ for event in whole_log(folder) if not isinstance(event, RunNote)] == [
        "RunStarted",
        "RunFailed",
        "RunResumed",
        "RunFailed",
    ]


def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([str(tmp_path / "none")])
    assert caught.value.code == 2
    assert "no folder" in capsys.readouterr().err

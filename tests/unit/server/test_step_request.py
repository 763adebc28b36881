"""A step in numbers of a project that begins with learned weights."""

from pathlib import Path

import pytest

from engine.cli.examples import copy_example
from engine.errors import PretrainedError
from engine.protocol.messages.worked_step import WorkStep
from engine.server.datasets import OpenDatasets
from engine.server.handlers.work_step import handle
from engine.server.run_processes import RunProcesses
from engine.server.work import Work


def test_a_step_wants_the_weights_that_training_begins_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETWRIGHT_CACHE_DIR", str(tmp_path / "cache"))
    copy_example("few_sentences", tmp_path / "project")
    request = WorkStep(id=1, project_dir=str(tmp_path / "project"))
    with pytest.raises(PretrainedError, match="not on this machine yet"):
        handle(request, Work(1, lambda _event: None, OpenDatasets(), RunProcesses()))

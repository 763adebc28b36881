"""Answers that are kept: asked once, asked again when weights or files changed, cut down where they are large."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.compiler.module import compile_project
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.data_spec import FieldKind
from engine.document.files import create
from engine.document.project import Project
from engine.errors import Cancelled, DataError
from engine.evaluation import answered as module
from engine.evaluation.answered import Kept, answered, forget_answers
from engine.evaluation.evaluate import evaluate
from engine.protocol.run_folder import RunFolder
from engine.training import checkpoint
from engine.training.run_state import RunState
from engine.training.runs import create_run


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    torch.set_num_threads(1)
    forget_answers()
    yield
    forget_answers()


def untrained(directory: Path, project: Project, seed: int = 0) -> RunFolder:
    torch.manual_seed(seed)
    run = create_run(directory, project)
    checkpoint.write(run.checkpoints, "best", RunState(step=1), dict(compile_project(project).state_dict()))
    return run


@pytest.fixture
def table(tmp_path: Path) -> tuple[Path, Project, RunFolder]:
    random = np.random.default_rng(3)
    rows = [f"{a:.4f},{b:.4f},{'yes' if a > b else 'no'}" for a, b in random.normal(size=(200, 2))]
    (tmp_path / "points.csv").write_text("a,b,larger\n" + "\n".join(rows) + "\n")
    project = propose("points", inspect(tmp_path / "points.csv", target="larger").data)
    create(tmp_path / "project", project)
    return tmp_path / "project", project, untrained(tmp_path / "project", project)


@pytest.fixture
def cells(tmp_path: Path) -> tuple[Path, Project, RunFolder]:
    random = np.random.default_rng(4)
    for number in range(30):
        pixels = random.integers(0, 90, (16, 16), np.uint8)
        mask = np.zeros((16, 16), np.uint8)
        row, column = random.integers(0, 8, 2)
        pixels[row : row + 8, column : column + 8] += 120
        mask[row : row + 8, column : column + 8] = 255
        for folder, picture in (("images", pixels), ("masks", mask)):
            path = tmp_path / "cells" / folder / f"{number:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
    project = propose("cells", inspect(tmp_path / "cells").data)
    create(tmp_path / "project", project)
    return tmp_path / "project", project, untrained(tmp_path / "project", project)


def test_everything_of_a_small_output_is_there(table: tuple[Path, Project, RunFolder]) -> None:
    directory, project, run = table
    found = answered(directory, run)
    output = found.output("larger")
    assert output is found.output("") and output.kept is Kept.WHOLE and output.is_whole
    assert output.raw.shape == (found.count, 2) and output.target is not None
    names = project.data.targets()[0].statistics.classes
    for place in (0, found.count - 1):
        assert names[int(output.target[place])] == found.dataset.raw(int(found.indices[place]), "larger")
    assert not output.raw.is_inference()
    with pytest.raises(DataError, match="answers no field 'smaller'"):
        found.output("smaller")


def test_the_same_question_is_not_asked_twice(table: tuple[Path, Project, RunFolder]) -> None:
    directory, project, run = table
    first = answered(directory, run)
    assert answered(directory, run) is first
    assert answered(directory, run, "val") is not first
    torch.manual_seed(9)
    checkpoint.write(run.checkpoints, "best", RunState(step=2), dict(compile_project(project).state_dict()))
    second = answered(directory, run)
    assert second is not first and not torch.equal(second.outputs[0].raw, first.outputs[0].raw)
    path = directory.parent / "points.csv"
    path.write_text(path.read_text() + "1,0,yes\n")
    assert answered(directory, run) is not second


def test_the_oldest_are_let_go(table: tuple[Path, Project, RunFolder], monkeypatch: pytest.MonkeyPatch) -> None:
    directory, _project, run = table
    monkeypatch.setattr(module, "MOST_KEPT", 2)
    first = answered(directory, run)
    answered(directory, run, "val")
    assert answered(directory, run) is first
    answered(directory, run, "train")
    assert answered(directory, run) is first, "asked again lately"
    before = answered(directory, run, "train")
    answered(directory, run, "val")
    assert answered(directory, run, "train") is before
    assert answered(directory, run) is not first


def test_two_that_ask_at_once_share_the_work(table: tuple[Path, Project, RunFolder]) -> None:
    directory, _project, run = table
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(answered(directory, run))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3 and len(set(map(id, found))) == 1


def test_a_cancelled_question_leaves_nothing_half_done(table: tuple[Path, Project, RunFolder]) -> None:
    directory, _project, run = table
    with pytest.raises(Cancelled):
        answered(directory, run, cancelled=lambda: True)
    assert answered(directory, run).outputs[0].raw.isfinite().all()


@pytest.mark.parametrize(("room", "kept"), [(1 << 20, Kept.WHOLE), (3 << 10, Kept.CLASSES), (2 << 10, Kept.SOME)])
def test_large_masks_are_cut_down_and_scored_all_the_same(
    cells: tuple[Path, Project, RunFolder], monkeypatch: pytest.MonkeyPatch, room: int, kept: Kept
) -> None:
    directory, _project, run = cells
    whole = evaluate(directory, run, "train").outputs[0]
    all_of_it = answered(directory, run, "train").outputs[0]
    forget_answers()
    monkeypatch.setattr(module, "KEPT_BYTES", room if room > 1 << 19 else room * 4)
    output = answered(directory, run, "train").outputs[0]
    assert output.field is not None and output.field.kind is FieldKind.MASK and output.kept is kept
    assert output.raw.nbytes <= module.KEPT_BYTES
    assert output.areas is not None and all_of_it.areas is not None and torch.equal(output.areas, all_of_it.areas)
    if kept is Kept.CLASSES:
        said = all_of_it.raw.argmax(1) if all_of_it.raw.shape[1] > 1 else all_of_it.raw[:, 0] > 0
        assert torch.equal(output.raw, said.to(torch.uint8))
    elif kept is Kept.SOME:
        assert len(output.raw) == len(output.rows) < len(all_of_it.raw)
        assert torch.equal(output.raw, all_of_it.raw[output.rows])
    assert output.target is not None and len(output.target) == len(output.raw)
    assert evaluate(directory, run, "train").outputs[0] == whole

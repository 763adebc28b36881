"""Runs that come from others: forked with their weights, or longer than planned; and what is written beside them."""

from pathlib import Path

import msgspec
import pytest
import torch
from small_tasks import Rig, class_data, classifier, one_phase, optimizer, same

from engine.document.files import to_bytes
from engine.document.recipe import EarlyStop, Phase, Recipe
from engine.errors import ProjectError, RunNotFound
from engine.protocol.run_events import EpochFinished, RunFinished
from engine.protocol.run_folder import About, RunFolder, RunSummary, about
from engine.training import checkpoint
from engine.training.repeats import spread
from engine.training.run_log import Inbox, RunLog
from engine.training.runs import START, create_run, edit_run, extend_run, run_project, summary
from engine.training.saver import Saver
from engine.training.start_weights import begin_with
from engine.training.task import prepare_task

NOISY = (
    ("hidden", "Linear", {"out_features": 16}),
    ("norm", "BatchNorm1d", {}),
    ("relu1", "ReLU", {}),
    ("drop", "Dropout", {"p": 0.3}),
)


def recipe(epochs: int, **more: object) -> Recipe:
    player = optimizer("AdamW", lr=0.02)
    return one_phase(Phase(epochs=epochs, batch_size=16, players=(player,)), **more)


def trained(tmp_path: Path, epochs: int = 3, **more: object) -> Rig:
    rig = Rig(tmp_path, classifier(*NOISY, recipe=recipe(epochs, **more)), class_data())
    rig.folder.project_file.write_bytes(to_bytes(rig.project))
    rig.run()
    return rig


def go_on(rig: Rig, epochs: int) -> RunFinished:
    """As the run's process does: the same folder, with more epochs."""
    from engine.training.loop import Loop

    rig.project.recipe = recipe(epochs, early_stop=rig.project.recipe.early_stop)
    log = RunLog(rig.folder)
    task = prepare_task(rig.project, rig.data)
    saver = Saver(rig.folder, log)
    try:
        loop = Loop(task, log, Inbox(rig.folder, skip=True), saver, checkpoint=checkpoint.read(rig.folder), go_on=True)
        last = loop.run()
        log.append(last)
        assert isinstance(last, RunFinished)
        return last
    finally:
        saver.close()
        task.close()
        log.close()


def test_a_finished_run_goes_on_as_if_it_had_never_ended(tmp_path: Path) -> None:
    """The optimizer remembers; with a constant rate the weights are those of a run that was longer from the first."""
    whole, rig = trained(tmp_path / "a", 5), trained(tmp_path / "b", 3)
    assert not same(whole.weights(), rig.weights())
    last = go_on(rig, 5)
    assert last.epochs == 5
    assert same(whole.weights(), rig.weights())
    assert same(whole.weights("best"), rig.weights("best"))
    assert [event.epoch for event in rig.events(EpochFinished)] == [1, 2, 3, 4, 5]  # type: ignore[union-attr]


def test_a_run_that_a_rule_had_stopped_goes_on_when_asked(tmp_path: Path) -> None:
    rig = trained(tmp_path, 60, early_stop=EarlyStop(metric="loss", patience=1))
    state = checkpoint.read(rig.folder).state
    ended = state.epoch
    assert ended < 60 and state.waited >= 1
    assert go_on(rig, 60).epochs > ended


def test_an_older_run_that_forgot_its_optimizer_goes_on_too(tmp_path: Path) -> None:
    rig = trained(tmp_path, 2)
    found = checkpoint.read(rig.folder)
    state = msgspec.structs.replace(found.state, phase=1, phase_epoch=0, phase_step=0, step=found.state.step + 1)
    tensors = {name: value for name, value in found.tensors.items() if not name.startswith("player")}
    checkpoint.write(rig.folder.checkpoints, "last", state, found.weights, tensors)
    assert go_on(rig, 4).epochs == 4


def test_more_epochs_are_written_into_the_runs_own_project(tmp_path: Path) -> None:
    rig = trained(tmp_path, 2)
    extend_run(rig.folder, 9)
    assert run_project(rig.folder).recipe.phases[0].epochs == 9


def test_a_fork_begins_with_the_weights_of_the_other(tmp_path: Path) -> None:
    rig = trained(tmp_path)
    project_dir = tmp_path
    fork = create_run(project_dir, rig.project, "fork", source=rig.folder, which="last")
    told = about(fork)
    assert (told.name, told.from_run, told.from_epoch) == ("fork", 1, 3)
    assert told.from_checkpoint == "last-000021"
    network = prepare_task(rig.project, rig.data).network
    assert not same(dict(network.state_dict()), rig.weights())
    assert begin_with(network, fork) == "Began with the weights of run 1, epoch 3."
    assert same(dict(network.state_dict()), rig.weights())
    best = create_run(project_dir, rig.project, source=rig.folder)
    begin_with(network, best)
    assert same(dict(network.state_dict()), rig.weights("best"))


def test_what_is_new_in_a_fork_keeps_its_own_first_weights(tmp_path: Path) -> None:
    rig = trained(tmp_path)
    wider = classifier(
        ("hidden", "Linear", {"out_features": 16}),
        ("norm", "BatchNorm1d", {}),
        ("relu1", "ReLU", {}),
        ("more", "Linear", {"out_features": 8}),
        recipe=recipe(1),
    )
    fork = create_run(tmp_path, wider, source=rig.folder)
    network = prepare_task(wider, rig.data).network
    before = {name: value.clone() for name, value in network.state_dict().items()}
    note = begin_with(network, fork)
    assert "but for more, scores, which are new or of another size" in note
    assert torch.equal(network.state_dict()["hidden.weight"], rig.weights("best")["hidden.weight"])
    for name in ("more.weight", "scores.weight"):
        assert torch.equal(network.state_dict()[name], before[name])


def test_damaged_weights_are_noticed_before_training(tmp_path: Path) -> None:
    rig = trained(tmp_path)
    fork = create_run(tmp_path, rig.project, source=rig.folder)
    path = fork.path / START / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(RunNotFound, match="damaged"):
        begin_with(prepare_task(rig.project, rig.data).network, fork)
    path.unlink()
    with pytest.raises(RunNotFound, match="damaged"):
        begin_with(prepare_task(rig.project, rig.data).network, fork)


def test_a_run_without_a_checkpoint_cannot_be_forked(tmp_path: Path) -> None:
    project = classifier(recipe=recipe(1))
    empty = create_run(tmp_path, project)
    with pytest.raises(RunNotFound, match="no checkpoint to begin with"):
        create_run(tmp_path, project, source=empty)
    assert len(list((tmp_path / "runs").iterdir())) == 1, "no half-made run is left behind"


def test_a_full_disk_leaves_no_half_made_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = trained(tmp_path, 1)

    def full(*_paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.training.runs.shutil.copyfile", full)
    with pytest.raises(ProjectError, match="No space left"):
        create_run(tmp_path, rig.project, source=rig.folder)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["0001"]


def test_a_plain_run_begins_with_its_own_weights(tmp_path: Path) -> None:
    project = classifier(recipe=recipe(1))
    assert begin_with(prepare_task(project, class_data()).network, create_run(tmp_path, project)) == ""


# -- what is written beside a run -------------------------------------------------------------------------------------


def test_names_notes_and_tags_are_kept_beside_the_run(tmp_path: Path) -> None:
    folder = create_run(tmp_path, classifier(recipe=recipe(1)), "first")
    edit_run(folder, notes="wider\nthan before", tags=["a b", " a  b ", "", "c"])
    told = about(folder)
    assert (told.name, told.notes, told.tags) == ("first", "wider\nthan before", ["a b", "c"])
    assert told.created > 0
    edit_run(folder, name="  second\n one ")
    assert about(folder).name == "second one"
    assert about(folder).notes == "wider\nthan before"
    assert summary(folder).about == about(folder)
    edit_run(folder, notes="x" * 100_000, tags=[f"t{n}" * 50 for n in range(90)])
    assert len(about(folder).notes) == 20_000
    assert len(about(folder).tags) == 30 and max(map(len, about(folder).tags)) == 60


def test_one_run_is_the_baseline(tmp_path: Path) -> None:
    project = classifier(recipe=recipe(1))
    first, second = create_run(tmp_path, project), create_run(tmp_path, project)
    edit_run(first, baseline=True)
    edit_run(second, baseline=True)
    assert [about(folder).baseline for folder in (first, second)] == [False, True]
    edit_run(second, baseline=False)
    assert [about(folder).baseline for folder in (first, second)] == [False, False]


def test_what_an_older_version_wrote_is_read(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "0001")
    folder.path.mkdir(parents=True)
    (folder.path / "run.json").write_text('{"name":"old","created":12.5}\n')
    assert about(folder) == About(name="old", created=12.5)
    (folder.path / "run.json").write_text("[]")
    assert about(folder) == About()


# -- repetitions ------------------------------------------------------------------------------------------------------


def item(run: int, accuracy: float, *, group: str = "1", state: str = "finished") -> RunSummary:
    return RunSummary(run=run, state=state, best={"accuracy": accuracy, "loss": 1 - accuracy}, about=About(group=group))


def test_mean_and_spread_over_seeds() -> None:
    found = spread([item(1, 0.8), item(2, 0.9), item(3, 0.85), item(4, 0.1, group=""), item(5, 0.5, group="5")])
    assert [(group.group, group.runs) for group in found] == [("1", (1, 2, 3)), ("5", (5,))]
    accuracy = found[0].metrics["accuracy"]
    assert accuracy.mean == pytest.approx(0.85)
    assert accuracy.std == pytest.approx(0.05)
    assert (accuracy.low, accuracy.high, accuracy.count) == (0.8, 0.9, 3)
    assert found[1].metrics["loss"].std == 0.0


def test_runs_that_have_not_finished_do_not_count() -> None:
    (group,) = spread([item(1, 0.8), item(2, 0.2, state="running"), item(3, 0.9)])
    assert group.finished == 2
    assert group.metrics["accuracy"].mean == pytest.approx(0.85)
    (group,) = spread([item(1, 0.8, state="failed")])
    assert group.metrics == {}

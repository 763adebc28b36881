"""bfloat16 on processors: taken where a trial says that it is faster and learns the same, and then kept."""

import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor

from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.graph import Node
from engine.document.recipe import Phase, Precision
from engine.protocol.run_events import RunNote, RunPrepared
from engine.protocol.run_folder import RunFolder
from engine.training import decisions, trial
from engine.training.run import RunProcess
from engine.training.run_log import whole_log
from engine.training.run_state import RunState, peek
from engine.training.runs import create_run, extend_run
from engine.training.step import Outcome, Stepper
from engine.training.task import Task, prepare_task
from engine.training.trial import (
    Trial,
    is_possible,
    is_worth_trying,
    kept_precision,
    measured_precision,
    subject,
    tried,
)
from tests.unit.training.small_tasks import KilledError, Rig, class_data, classifier, one_phase, optimizer, same

CPU = torch.device("cpu")
MUCH = 10**9
HIDDEN: tuple[Any, ...] = (("hidden", "Linear", {"out_features": 12}), ("norm", "BatchNorm1d", {}))
DROPPING: tuple[Any, ...] = (*HIDDEN, ("drop", "Dropout", {"p": 0.3}))


def task_of(*, epochs: int = 1000, seed: int = 7, **more: Any) -> Task:
    phase = Phase(epochs=epochs, batch_size=16, players=(optimizer(more.pop("optimizer", "AdamW"), lr=0.01),))
    return prepare_task(classifier(*more.pop("layers", DROPPING), recipe=one_phase(phase, seed=seed)), class_data())


@pytest.fixture(autouse=True)
def units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "has_units", lambda: True)


class Clock:
    """Time that passes only while steps are taken, so much in each format."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, float32_s: float, bfloat16_s: float) -> None:
        self.now = 0.0
        self.taken = {Precision.FLOAT32: 0, Precision.BFLOAT16: 0}
        costs = {Precision.FLOAT32: float32_s, Precision.BFLOAT16: bfloat16_s}
        take = Stepper.take

        def timed(stepper: Stepper, *arguments: Any) -> Outcome:
            self.now += costs[stepper._precision]
            self.taken[stepper._precision] += 1
            return take(stepper, *arguments)

        monkeypatch.setattr(Stepper, "take", timed)

    def __call__(self) -> float:
        return self.now


def folder(tmp_path: Path, number: int = 1) -> RunFolder:
    found = RunFolder(tmp_path / "runs" / f"{number:04d}")
    found.path.mkdir(parents=True)
    return found


def test_what_is_faster_and_learns_the_same_is_taken_and_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = Clock(monkeypatch, float32_s=0.020, bfloat16_s=0.010)
    precision, note = measured_precision(task_of(), folder(tmp_path), MUCH, clock=clock)
    assert precision is Precision.BFLOAT16
    assert "2 times as fast" in note
    assert "10 ms" in note
    assert "instead of 20" in note
    assert clock.taken == {Precision.FLOAT32: 4, Precision.BFLOAT16: 4}


def test_a_small_gain_is_not_worth_other_digits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = Clock(monkeypatch, float32_s=0.020, bfloat16_s=0.017)
    precision, note = measured_precision(task_of(), folder(tmp_path), MUCH, clock=clock)
    assert precision is Precision.FLOAT32
    assert "takes 17 ms a step here instead of 20" in note


def test_what_is_much_slower_is_not_tried_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, float32_s=0.020, bfloat16_s=0.200)
    found = tried(task_of(), clock=clock)
    assert found is not None
    assert found.precision is Precision.FLOAT32
    assert clock.taken[Precision.BFLOAT16] == 2


def test_a_trial_ends_when_its_part_of_the_run_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, float32_s=2.0, bfloat16_s=1.0)
    found = tried(task_of(), clock=clock)
    assert found is not None
    assert found.precision is Precision.BFLOAT16
    assert clock.now <= trial.MOST_S + 3.0, "it stops at the first round beyond"


def test_short_steps_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = Clock(monkeypatch, float32_s=0.001, bfloat16_s=0.0001)
    assert measured_precision(task_of(), folder(tmp_path), MUCH, clock=clock) == (Precision.FLOAT32, "")
    assert clock.taken[Precision.BFLOAT16] == 0


def test_small_networks_short_runs_and_other_processors_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_possible(task_of(), MUCH)
    assert is_worth_trying(task_of())
    assert not is_possible(task_of(), 100)
    assert not is_worth_trying(task_of(epochs=20))
    monkeypatch.setattr(trial, "has_units", lambda: False)
    assert not is_possible(task_of(), MUCH)


def test_code_of_the_users_own_is_not_run_for_a_trial() -> None:
    task = task_of()
    task.project.graph.nodes["mine"] = Node(id="mine", type="PyTorch")
    assert not is_possible(task, MUCH)


def test_units_are_what_the_processor_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for able, expected in (({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx2": True}, False)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda able=able: able)
        assert trial.has_units() is expected


def _wrong(outcome: Outcome) -> Outcome:
    return outcome._replace(total=outcome.total * 1.2)


def test_losses_that_differ_are_not_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, float32_s=0.020, bfloat16_s=0.005)
    take = Stepper.take

    def spoiled(stepper: Stepper, *arguments: Any) -> Outcome:
        outcome = take(stepper, *arguments)
        return _wrong(outcome) if stepper._precision is Precision.BFLOAT16 else outcome

    monkeypatch.setattr(Stepper, "take", spoiled)
    found = tried(task_of(), clock=clock)
    assert found is not None
    assert found.precision is Precision.FLOAT32
    assert "losses differ" in found.note


@pytest.mark.parametrize("error", [RuntimeError("no kernel"), NotImplementedError("no kernel"), MemoryError()])
def test_what_does_not_work_in_bfloat16_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    clock = Clock(monkeypatch, float32_s=0.020, bfloat16_s=0.005)
    take = Stepper.take

    def broken(stepper: Stepper, *arguments: Any) -> Outcome:
        if stepper._precision is Precision.BFLOAT16:
            raise error
        return take(stepper, *arguments)

    monkeypatch.setattr(Stepper, "take", broken)
    found = tried(task_of(), clock=clock)
    if isinstance(error, MemoryError):
        assert found is None
    else:
        assert found is not None
        assert found.precision is Precision.FLOAT32
        assert "does not work" in found.note


def test_a_step_that_fails_as_it_is_is_left_to_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Outcome:
        raise RuntimeError("anything")

    monkeypatch.setattr(Stepper, "take", broken)
    assert tried(task_of()) is None


def _state(task: Task) -> list[Tensor]:
    held = [value.clone() for value in task.network.state_dict().values()]
    return [*held, torch.get_rng_state()]


@pytest.mark.parametrize("more", [{}, {"mixup": 0.4}, {"clip_norm": 0.1}])
def test_nothing_of_the_run_is_touched(monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]) -> None:
    clock = Clock(monkeypatch, float32_s=0.020, bfloat16_s=0.010)
    project = classifier(*DROPPING, recipe=one_phase(Phase(epochs=1000, batch_size=16), label_smoothing=0.1, **more))
    task = prepare_task(project, class_data())
    before = _state(task)
    assert tried(task, clock=clock) is not None
    assert all(torch.equal(a, b) for a, b in zip(before, _state(task), strict=True))
    assert all(parameter.grad is None for parameter in task.network.parameters())
    assert not hasattr(task.network.get_submodule("loss1"), "label_smoothing") or (
        task.network.get_submodule("loss1").label_smoothing == 0.0
    )


def test_lbfgs_measures_its_steps_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, float32_s=0.020, bfloat16_s=0.010)
    assert tried(task_of(optimizer="LBFGS"), clock=clock) is None


def test_a_user_who_stops_is_not_kept_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, float32_s=0.020, bfloat16_s=0.010)
    assert tried(task_of(), clock=clock, cancelled=lambda: True) is None
    assert clock.taken[Precision.BFLOAT16] <= 2


def _never(*_: Any, **__: Any) -> Trial:
    raise AssertionError("it was decided before")


@pytest.mark.parametrize(("seed", "epochs"), [(7, 1000), (8, 1000), (7, 2)])
def test_the_run_again_further_seeds_and_short_forks_compute_alike(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seed: int, epochs: int
) -> None:
    clock = Clock(monkeypatch, float32_s=0.020, bfloat16_s=0.010)
    measured_precision(task_of(), folder(tmp_path), MUCH, clock=clock)
    monkeypatch.setattr(trial, "tried", _never)
    later = folder(tmp_path, 2)
    precision, note = measured_precision(task_of(seed=seed, epochs=epochs), later, MUCH)
    assert precision is Precision.BFLOAT16
    assert "measured for this network before" in note
    assert (later.path / decisions.FILE).exists()


def test_another_network_is_measured_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = Clock(monkeypatch, float32_s=0.020, bfloat16_s=0.010)
    measured_precision(task_of(), folder(tmp_path), MUCH, clock=clock)
    again: list[Task] = []

    def slower(task: Task, **_: Any) -> Trial:
        again.append(task)
        return Trial(float32_s=0.02, bfloat16_s=0.03)

    monkeypatch.setattr(trial, "tried", slower)
    precision, _ = measured_precision(task_of(layers=HIDDEN), folder(tmp_path, 2), MUCH)
    assert again
    assert precision is Precision.FLOAT32
    assert subject(task_of()) != subject(task_of(layers=HIDDEN))


@pytest.mark.parametrize("damage", [b"", b"{", b'{"about": 3}', b"\xff\xfe"])
def test_a_damaged_note_is_no_note(tmp_path: Path, damage: bytes) -> None:
    run = folder(tmp_path)
    (run.path / decisions.FILE).write_bytes(damage)
    assert decisions.decided(run, "x") == decisions.Decisions(about="x")
    decisions.keep_compiled(run, "default")
    decisions.keep(run, decisions.Decisions(about="x", precision="bfloat16"))
    decisions.keep_compiled(run, "default")
    assert decisions.decided(run, "x") == decisions.Decisions(about="x", precision="bfloat16", compiled="default")


def test_a_run_that_goes_on_computes_as_before() -> None:
    state = RunState(device="cpu", precision="bfloat16")
    assert kept_precision(state, CPU) is Precision.BFLOAT16
    assert kept_precision(msgspec.structs.replace(state, precision="float32"), CPU) is Precision.FLOAT32
    assert kept_precision(msgspec.structs.replace(state, device="cuda:0"), CPU) is None
    assert kept_precision(RunState(), CPU) is None
    for unknown in ("float16", "float8"):
        assert kept_precision(msgspec.structs.replace(state, precision=unknown), CPU) is None


def test_a_whole_run_says_what_it_chose_and_the_next_one_takes_it_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(trial, "is_possible", lambda *_: True)
    monkeypatch.setattr(trial, "is_worth_trying", lambda *_: True)
    monkeypatch.setattr(trial, "tried", lambda *_, **__: Trial(float32_s=0.02, bfloat16_s=0.01))
    (tmp_path / "t.csv").write_text("a,fruit\n" + "1,apple\n2,pear\n3,plum\n" * 20)
    found = inspect(tmp_path / "t.csv")
    project = propose("x", found.data, found.samples)
    first = create_run(tmp_path, project)
    assert RunProcess(first, device="cpu", resume=False).run() == 0
    texts = [event.text for event in whole_log(first) if isinstance(event, RunNote)]
    assert any("Computing in bfloat16, 2 times as fast here" in text for text in texts), texts
    assert [event.precision for event in whole_log(first) if isinstance(event, RunPrepared)] == ["bfloat16"]
    state = peek(first)
    assert state is not None
    assert state.precision == "bfloat16"
    monkeypatch.setattr(trial, "tried", _never)
    extend_run(first, state.epoch + 1)
    assert RunProcess(first, device="cpu", resume=True, go_on=True).run() == 0
    second = create_run(tmp_path, project)
    assert RunProcess(second, device="cpu", resume=False).run() == 0
    for run in (first, second):
        told = [event.precision for event in whole_log(run) if isinstance(event, RunPrepared)]
        assert set(told) == {"bfloat16"}


def test_a_run_in_bfloat16_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    project = classifier(*DROPPING, recipe=one_phase(Phase(epochs=3, batch_size=16), precision=Precision.BFLOAT16))
    whole, broken = (Rig(tmp_path / name, project, class_data()) for name in ("whole", "broken"))
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=11)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())

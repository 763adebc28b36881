"""What a chart draws, grown event by event."""

import math

import msgspec
import numpy as np

from engine.protocol.run_events import (
    BatchChanged,
    EpochFinished,
    LayersSeen,
    Machine,
    MachineSeen,
    PhaseAhead,
    RunContinued,
    RunNote,
    RunPaused,
    RunPrepared,
    RunResumed,
    RunStarted,
    SettingsChanged,
    StepsReported,
)
from gui.models.curves import RunCurves


def steps(first: int, count: int) -> StepsReported:
    loss = [1.0 / (first + i) for i in range(count)]
    return StepsReported(first_step=first, loss=loss, learning_rate=0.1, samples_per_s=640.0, epoch=1)


def epoch(number: int, step: int, **val: float) -> EpochFinished:
    return EpochFinished(
        epoch=number, step=step, train={"loss": 1.0}, val=val, seconds=1, samples_per_s=100, learning_rate=0.1
    )


def test_steps_grow_over_many_batches() -> None:
    curves = RunCurves()
    for first in range(1, 5001, 50):
        curves.feed(steps(first, 50))
    assert curves.steps.tolist() == list(range(1, 5001))
    assert curves.step_loss[99] == 1 / 100
    assert len(curves.learning_rate) == 100  # one a report


def test_a_view_given_out_keeps_its_values() -> None:
    curves = RunCurves()
    curves.feed(steps(1, 10))
    seen = curves.step_loss
    copy = seen.copy()
    curves.feed(RunResumed(pid=1, epoch=0, step=4))
    curves.feed(steps(5, 2000))
    assert np.array_equal(seen, copy)


def test_a_resumed_run_replaces_what_came_after_its_checkpoint() -> None:
    curves = RunCurves()
    curves.feed(steps(1, 30))
    for number in (1, 2, 3):
        curves.feed(epoch(number, number * 10, accuracy=0.1 * number))
    curves.feed(RunResumed(pid=1, epoch=2, step=20))
    assert curves.steps.tolist() == list(range(1, 21))
    assert curves.epochs == [1, 2]
    assert curves.val["accuracy"] == [0.1, 0.2]
    curves.feed(epoch(3, 30, accuracy=0.9))
    assert curves.val["accuracy"] == [0.1, 0.2, 0.9]


def test_a_metric_that_comes_late_or_goes_missing_leaves_a_gap() -> None:
    curves = RunCurves()
    curves.feed(epoch(1, 10, loss=1.0))
    curves.feed(epoch(2, 20, loss=0.5, accuracy=0.7))
    curves.feed(epoch(3, 30, accuracy=0.8))
    assert math.isnan(curves.val["accuracy"][0])
    assert curves.val["accuracy"][1:] == [0.7, 0.8]
    assert math.isnan(curves.val["loss"][2])


def test_progress_and_time_left() -> None:
    curves = RunCurves()
    assert curves.fraction_done() == 0.0
    assert curves.left_s() is None
    curves.feed(RunStarted(run=1, name="", pid=1, epochs=4, seed=7))
    curves.feed(
        RunPrepared(
            device="cpu",
            precision="float32",
            samples=640,
            val_samples=64,
            steps_per_epoch=10,
            batch_size=64,
            parameters=1,
        )
    )
    curves.feed(steps(1, 10))
    assert curves.fraction_done() == 0.25
    assert curves.left_s() == 30 * 64 / 640


def test_phases_of_other_sizes_count_in_progress_and_time_left() -> None:
    curves = RunCurves()
    curves.feed(RunStarted(run=1, name="", pid=1, epochs=5, seed=7))
    phases = [
        PhaseAhead(name="dream", epochs=2, samples=640, batch_size=64, steps_per_epoch=10),
        PhaseAhead(name="tune", epochs=3, samples=160, batch_size=32, steps_per_epoch=5),
    ]
    curves.feed(
        RunPrepared(
            device="cpu",
            precision="float32",
            samples=640,
            val_samples=64,
            steps_per_epoch=10,
            batch_size=64,
            parameters=1,
            phases=phases,
        )
    )
    curves.feed(steps(1, 10))
    assert curves.steps_planned == 35 and curves.fraction_done() == 10 / 35
    assert curves.samples_per_step == 64 and curves.left_s() == (10 * 64 + 15 * 32) / 640
    curves.feed(steps(11, 15))
    assert curves.samples_per_step == 32 and curves.left_s() == 10 * 32 / 640
    curves.feed(RunResumed(pid=1, epoch=3, step=25, epochs=9))  # what is added is of the last phase
    assert curves.steps_planned == 20 + 7 * 5


def test_steps_that_share_a_number_keep_their_smallest_and_largest() -> None:
    curves = RunCurves()
    event = StepsReported(
        first_step=1, loss=[2.0, 1.0], low=[1.5, 0.5], high=[9.0, 3.0], stride=10, learning_rate=0.1,
        samples_per_s=1.0, epoch=1,
    )  # fmt: skip
    curves.feed(event)
    assert curves.steps.tolist() == [1, 11]
    assert curves.step == 20
    assert curves.column("edges").y.view().tolist() == [1.5, 9.0, 0.5, 3.0]
    assert curves.column("edges").x.view().tolist() == [1, 6, 11, 16]


def test_time_on_the_axis_is_that_of_training_without_pauses() -> None:
    curves = RunCurves()
    prepared = RunPrepared(
        device="cpu", precision="float32", samples=100, val_samples=1, steps_per_epoch=10, batch_size=10,
        parameters=1, time=100.0,
    )  # fmt: skip
    curves.feed(prepared)
    curves.feed(msgspec.structs.replace(steps(1, 10), time=160.0))
    curves.feed(RunPaused(step=10, time=160.0))
    curves.feed(RunContinued(step=10, time=5000.0))
    curves.feed(msgspec.structs.replace(steps(11, 10), time=5060.0))
    assert curves.elapsed_s == 120.0
    scale = curves.scale("time")
    assert scale is not None
    assert scale.shown([10, 20]).tolist() == [1.0, 2.0]
    assert curves.scale("step") is None
    epochs = curves.scale("epoch")
    assert epochs is not None
    assert epochs.shown([5, 20]).tolist() == [0.5, 2.0]


def test_what_happened_is_marked_and_goes_with_what_a_resumed_run_does_again() -> None:
    curves = RunCurves()
    curves.feed(steps(1, 30))
    curves.feed(SettingsChanged(step=10, epoch=1, learning_rate=0.01, player="critic"))
    curves.feed(BatchChanged(step=20, epoch=2, batch_size=16, accumulate=2, reason="memory ran out"))
    curves.feed(RunNote(text="A value was left out.", warning=True, step=25))
    curves.feed(RunNote(text="Compiled in 3 s."))
    told = [(mark.step, mark.text, mark.warns) for mark in curves.marks]
    assert told == [
        (10, "critic: learning rate 0.01", False),
        (20, "batch 16 × 2: memory ran out", True),
        (25, "A value was left out.", True),
    ]
    assert curves.settings == {"critic.learning_rate": 0.01}
    curves.feed(LayersSeen(step=30, epoch=3, gradient_norms={"a": 1.0}, update_ratios={"a": 1e-3}))
    curves.feed(RunResumed(pid=1, epoch=1, step=12))
    assert [mark.text for mark in curves.marks] == ["critic: learning rate 0.01", "resumed"]
    assert curves.layers == []
    assert curves.step == 0 or curves.step <= 12


def test_what_the_machine_did_is_told_in_percent_and_megabytes() -> None:
    curves = RunCurves()
    curves.feed(RunStarted(run=1, name="", pid=1, epochs=1, seed=1, machine=Machine(cores=4)))
    seen = MachineSeen(step=5, cpu_percent=50, run_percent=200, memory_bytes=2_000_000, free_bytes=1)
    curves.feed(seen)
    assert curves.column("run_cpu").y.view().tolist() == [50.0]
    assert curves.column("memory").y.view().tolist() == [2.0]
    assert not curves.told("gpu")
    assert curves.names("me") == ["memory"]


def test_a_loss_that_a_phase_does_not_compute_leaves_a_gap() -> None:
    """So that no line is drawn across a phase in which nothing is known of it."""
    curves = RunCurves()
    for first, told in ((1, "a"), (11, "a"), (21, "b"), (31, "b"), (41, "a")):
        curves.feed(msgspec.structs.replace(steps(first, 10), parts={told: float(first)}))
    curves.feed(steps(51, 10))  # a report of the same moment, which says nothing of the losses
    assert curves.column("part.a").x.view().tolist() == [10, 20, 30, 50]
    values = curves.column("part.a").y.view().tolist()
    assert values[:2] == [1, 11] and math.isnan(values[2]) and values[3] == 41
    assert curves.column("part.b").y.view().tolist()[:2] == [21, 31]

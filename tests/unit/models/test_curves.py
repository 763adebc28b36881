"""What a chart draws, grown event by event."""

import math

import numpy as np

from engine.protocol.run_events import EpochFinished, RunPrepared, RunResumed, RunStarted, StepsReported
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

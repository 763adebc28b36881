"""The learning rate and the batch size that are found by trying."""

import math
from pathlib import Path

import msgspec
import pytest
import torch
from small_tasks import Rig, class_data, classifier, one_phase, optimizer, same

from engine.document.data_spec import Step
from engine.document.recipe import Phase, Player, Precision
from engine.errors import Cancelled, TrainingError
from engine.training import batch_size, range_test
from engine.training.batch_size import find_batch_size, with_batch_size
from engine.training.range_test import find_learning_rate, suggested

HIDDEN = (("hidden", "Linear", {"out_features": 16}), ("relu1", "ReLU", {}), ("drop", "Dropout", {"p": 0.1}))
CPU = torch.device("cpu")


def recipe(size: int = 16, **more: object) -> object:
    return one_phase(Phase(epochs=2, batch_size=size, players=(optimizer("SGD", lr=0.01),)), **more)


def test_the_suggested_rate_learns_and_the_project_stays_as_it_was(tmp_path: Path) -> None:
    project = classifier(*HIDDEN, recipe=recipe())  # type: ignore[arg-type]
    before = project.recipe
    found = find_learning_rate(project, class_data(), device=CPU)
    assert project.recipe is before
    assert found.rates == sorted(found.rates) and found.rates[0] == pytest.approx(1e-7)
    assert len(found.rates) == len(found.losses) == len(found.smooth) >= 60
    assert 1e-3 < found.suggestion < found.highest <= 10
    assert found.present == 0.01
    assert all(map(math.isfinite, found.losses))
    losses = []
    for rate in (found.suggestion, found.suggestion / 1000):
        player = optimizer("SGD", lr=rate)
        project.recipe = one_phase(Phase(epochs=3, batch_size=16, players=(player,)))
        losses.append(Rig(tmp_path / str(rate), project, class_data()).run().best["loss"])
    assert losses[0] < 0.7 * losses[1]


def test_it_ends_when_the_loss_explodes_and_is_the_same_each_time() -> None:
    project = classifier(*HIDDEN, recipe=recipe())  # type: ignore[arg-type]
    first, second = (find_learning_rate(project, class_data(), device=CPU) for _ in range(2))
    assert first == second
    assert len(first.rates) < range_test.STEPS or first.smooth[-1] < 4 * min(first.smooth)


def test_a_schedule_does_not_bend_the_rate_and_the_right_player_is_tested() -> None:
    players = tuple(
        Player(
            name=name,
            nodes=(node,),
            optimizer=Step(type="SGD", attributes={"lr": rate}),
            schedule=Step(type="CosineAnnealing"),
        )
        for name, node, rate in (("body", "hidden", 0.01), ("head", "scores", 0.003))
    )
    project = classifier(*HIDDEN, recipe=one_phase(Phase(batch_size=16, players=players)))
    assert find_learning_rate(project, class_data(), player=1, device=CPU).present == 0.003
    with pytest.raises(TrainingError, match="no such player"):
        find_learning_rate(project, class_data(), player=2, device=CPU)


def test_progress_is_told_and_it_can_be_stopped() -> None:
    told: list[float] = []
    project = classifier(*HIDDEN, recipe=recipe())  # type: ignore[arg-type]
    with pytest.raises(Cancelled):
        find_learning_rate(
            project,
            class_data(),
            device=CPU,
            progress=lambda fraction, _: told.append(fraction),
            cancelled=lambda: len(told) == 5,
        )
    assert told == sorted(told) and len(told) == 5


def test_a_loss_that_never_falls_gives_no_suggestion() -> None:
    rates = [10 ** (-7 + place / 10) for place in range(60)]
    assert suggested(rates, [1.0] * 60)[0] == 0
    assert "does not fall" in suggested(rates, [1.0 + place / 60 for place in range(60)])[2]
    assert "almost at once" in suggested(rates[:4], [1.0] * 4)[2]
    # A curve as in the books: flat, a steep fall around 1e-4, flat, then up.
    curve = [
        1.0 - 0.8 / (1 + math.exp(-(place - 30))) + (0.1 * (place - 50) if place > 50 else 0) for place in range(60)
    ]
    rate, highest, note = suggested(rates, curve)
    assert rate == pytest.approx(1e-4, rel=0.5)
    assert highest == pytest.approx(10 ** (-7 + 5.0), rel=0.3)
    assert note == ""


# -- batch size -------------------------------------------------------------------------------------------------------


def test_the_batch_leaves_enough_steps_an_epoch() -> None:
    project = classifier(*HIDDEN, recipe=recipe())  # type: ignore[arg-type]
    found = find_batch_size(project, class_data(train=3000), device=CPU)
    assert found.batch_size == 32
    assert "50 steps" in found.reason
    assert 0 < found.memory_bytes < found.free_bytes


def test_memory_limits_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    project = classifier(*HIDDEN, recipe=recipe())  # type: ignore[arg-type]
    data = class_data(train=100_000)
    free = find_batch_size(project, data, device=CPU)
    assert free.batch_size == 1024
    small = find_batch_size(project, class_data(train=800), device=CPU)
    assert small.batch_size == 16
    monkeypatch.setattr(batch_size._Search, "_free_now", lambda _self: 2 * (free.memory_bytes // 4))
    tight = find_batch_size(project, data, device=CPU)
    assert tight.batch_size in (128, 256)
    assert tight.reason == "the largest that fits into memory."
    assert tight.memory_bytes <= 0.5 * tight.free_bytes


def test_nothing_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_size._Search, "_free_now", lambda _self: 10)
    with pytest.raises(TrainingError, match="single sample"):
        find_batch_size(classifier(*HIDDEN, recipe=recipe()), class_data(train=3000), device=CPU)  # type: ignore[arg-type]


def test_out_of_memory_while_trying_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.training.step import Stepper

    whole = Stepper._whole

    def limited(self: Stepper, player: object, inputs: list[torch.Tensor], step: int) -> object:
        if len(inputs[0]) > 20:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return whole(self, player, inputs, step)  # type: ignore[arg-type]

    monkeypatch.setattr(Stepper, "_whole", limited)
    found = find_batch_size(classifier(*HIDDEN, recipe=recipe()), class_data(train=30_000), device=CPU)  # type: ignore[arg-type]
    assert found.batch_size == 16


def test_a_measured_batch_is_written_into_its_phase_alone() -> None:
    project = classifier(recipe=recipe())  # type: ignore[arg-type]
    phase = msgspec.structs.replace(project.recipe.phases[0], auto_batch=True)
    project.recipe = msgspec.structs.replace(project.recipe, phases=(phase, phase))
    found = with_batch_size(project, 1, 128)
    assert [(item.batch_size, item.auto_batch) for item in found.recipe.phases] == [(16, True), (128, False)]
    assert project.recipe.phases[1].auto_batch


def test_searching_leaves_no_trace_in_training(tmp_path: Path) -> None:
    project = classifier(*HIDDEN, recipe=recipe())  # type: ignore[arg-type]
    first = Rig(tmp_path / "a", project, class_data())
    first.run()
    find_batch_size(project, class_data(), device=CPU, precision=Precision.FLOAT32)
    second = Rig(tmp_path / "b", project, class_data())
    second.run()
    assert same(first.weights(), second.weights())

"""What is done to a batch: gradients added up, labels made less sure, samples blended, small numbers kept."""

from pathlib import Path

import msgspec
import pytest
import torch
from small_tasks import (
    KilledError,
    Rig,
    category,
    class_data,
    classifier,
    number,
    number_data,
    one_phase,
    optimizer,
    picture_project,
    same,
)
from torch.nn.functional import cross_entropy, mse_loss, one_hot

from engine.compiler.module import compile_project
from engine.document.data_spec import Step
from engine.document.recipe import Phase, Player, Precision, Recipe
from engine.errors import NetwrightError, TrainingError
from engine.protocol.run_events import EpochFinished, RunPrepared, StepsReported
from engine.training.device import choose_precision
from engine.training.feed import epoch_order
from engine.training.loss_scale import LossScale
from engine.training.mixing import Mixing
from engine.training.task import prepare_task

HIDDEN = (("hidden", "Linear", {"out_features": 16}), ("relu1", "ReLU", {}))
NOISY = (*HIDDEN, ("drop", "Dropout", {"p": 0.3}))
SGD = Step(type="SGD", attributes={"lr": 0.05})


def accumulating(parts: int, batch_size: int = 8, epochs: int = 2, **more: object) -> Recipe:
    phase = Phase(epochs=epochs, batch_size=batch_size, accumulate=parts, players=(Player(optimizer=SGD),))
    return one_phase(phase, **more)


# -- accumulation -----------------------------------------------------------------------------------------------------


def test_accumulated_gradients_equal_a_loop_written_by_hand(tmp_path: Path) -> None:
    project, data = classifier(*HIDDEN, recipe=accumulating(2, 10)), class_data()
    rig = Rig(tmp_path, project, data)
    rig.run()
    torch.manual_seed(project.recipe.seed)
    network = compile_project(project)
    rows, labels = data.values[("features", "train")], data.values[("fruit", "train")]
    moved = torch.optim.SGD(network.parameters(), lr=0.05, fused=True)
    for epoch in range(2):
        for batch in epoch_order(100, project.recipe.seed, epoch).split(20):
            for part in batch.split(10):
                (cross_entropy(network(rows[part])[0], labels[part]) / 2).backward()
            moved.step()
            moved.zero_grad()
    assert same(rig.weights(), dict(network.state_dict()))
    prepared = rig.events(RunPrepared)[0]
    assert isinstance(prepared, RunPrepared)
    assert (prepared.batch_size, prepared.accumulate, prepared.steps_per_epoch) == (10, 2, 5)


def test_accumulating_comes_to_the_same_as_a_larger_batch(tmp_path: Path) -> None:
    """Also where the last batch is smaller than the others, and for each loss and metric that is told."""
    whole = Rig(tmp_path / "a", classifier(*HIDDEN, recipe=accumulating(1, 24)), class_data())
    parts = Rig(tmp_path / "b", classifier(*HIDDEN, recipe=accumulating(3, 8)), class_data())
    whole.run()
    parts.run()
    for name, tensor in whole.weights().items():
        assert torch.allclose(tensor, parts.weights()[name], atol=1e-6)
    for ours, theirs in zip(parts.events(EpochFinished), whole.events(EpochFinished), strict=True):
        assert isinstance(ours, EpochFinished) and isinstance(theirs, EpochFinished)
        assert ours.train == pytest.approx(theirs.train, rel=1e-4)
        assert ours.step == theirs.step


def test_accumulation_goes_on_exactly(tmp_path: Path) -> None:
    project = classifier(*NOISY, recipe=accumulating(3, 5, epochs=3))
    whole, broken = Rig(tmp_path / "a", project, class_data()), Rig(tmp_path / "b", project, class_data())
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=31)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())


def test_steps_in_which_nobody_moves_are_computed_in_parts_too(tmp_path: Path) -> None:
    found = []
    for parts in (1, 4):
        player = Player(optimizer=SGD, every=3)
        phase = Phase(epochs=1, batch_size=20 // parts, accumulate=parts, players=(player,))
        rig = Rig(tmp_path / str(parts), classifier(*HIDDEN, recipe=one_phase(phase)), class_data())
        rig.run()
        found.append([value for event in rig.events(StepsReported) for value in event.loss])  # type: ignore[union-attr]
    assert len(found[0]) == 5
    assert found[0] == pytest.approx(found[1], rel=1e-5)


@pytest.mark.parametrize("kind", ["SAM", "LBFGS"])
def test_optimizers_that_ask_again_see_the_whole_batch(tmp_path: Path, kind: str) -> None:
    player = (
        Player(optimizer=SGD, wrapper=Step(type="SAM"))
        if kind == "SAM"
        else Player(optimizer=Step(type="LBFGS", attributes={"lr": 0.1}))
    )
    phases = [Phase(epochs=1, batch_size=20 // parts, accumulate=parts, players=(player,)) for parts in (1, 2)]
    found = []
    for number_, phase in enumerate(phases):
        rig = Rig(tmp_path / str(number_), classifier(*HIDDEN, recipe=one_phase(phase)), class_data())
        rig.run()
        found.append(rig.weights())
    for name, tensor in found[0].items():
        assert torch.allclose(tensor, found[1][name], atol=1e-4), name


# -- label smoothing --------------------------------------------------------------------------------------------------


def test_labels_are_smoothed_while_training_and_not_while_scoring(tmp_path: Path) -> None:
    smooth, plain = 0.2, 0.0
    rigs = []
    for share in (smooth, plain):
        project = classifier(*HIDDEN, recipe=accumulating(1, 16, epochs=1, label_smoothing=share))
        rig = Rig(tmp_path / str(share), project, class_data())
        rig.run()
        rigs.append(rig)
    rig, data = rigs[0], class_data()
    torch.manual_seed(rig.project.recipe.seed)
    network = compile_project(rig.project)
    rows, labels = data.values[("features", "train")], data.values[("fruit", "train")]
    moved = torch.optim.SGD(network.parameters(), lr=0.05, fused=True)
    for batch in epoch_order(100, rig.project.recipe.seed, 0).split(16):
        moved.zero_grad()
        cross_entropy(network(rows[batch])[0], labels[batch], label_smoothing=smooth).backward()
        moved.step()
    assert same(rig.weights(), dict(network.state_dict()))
    assert not same(rig.weights(), rigs[1].weights())
    network.eval()
    with torch.no_grad():
        scores = network(data.values[("features", "val")])[0]
    event = rig.events(EpochFinished)[-1]
    assert isinstance(event, EpochFinished)
    assert event.val["loss"] == pytest.approx(float(cross_entropy(scores, data.values[("fruit", "val")])), rel=1e-5)


def test_a_loss_with_smoothing_of_its_own_keeps_it() -> None:
    project = classifier(recipe=accumulating(1, label_smoothing=0.2))
    node = project.graph.node("loss1")
    project.graph.replace(msgspec.structs.replace(node, attributes={"label_smoothing": 0.1}))
    task = prepare_task(project, class_data())
    mixing = Mixing(task)
    loss = task.network.get_submodule("loss1")
    assert loss.label_smoothing == 0.1
    with mixing.truth():
        assert loss.label_smoothing == 0.1


# -- mixup and cutmix -------------------------------------------------------------------------------------------------


def test_mixup_equals_a_loop_written_by_hand(tmp_path: Path) -> None:
    project, data = classifier(*HIDDEN, recipe=accumulating(1, 16, epochs=1, mixup=0.4)), class_data()
    rig = Rig(tmp_path, project, data)
    rig.run()
    torch.manual_seed(project.recipe.seed)
    network = compile_project(project)
    mixing = Mixing(prepare_task(project, data))
    rows, labels = data.values[("features", "train")], data.values[("fruit", "train")]
    moved = torch.optim.SGD(network.parameters(), lr=0.05, fused=True)
    for position, batch in enumerate(epoch_order(100, project.recipe.seed, 0).split(16)):
        x, true = mixing.blended((rows[batch], labels[batch]), 0, position)
        shares = one_hot(labels[batch], 3).float()
        own = ((true - shares.flip(0)) / (shares - shares.flip(0))).nanmean()
        assert 0.0 <= float(own) <= 1.0
        assert torch.allclose(x, own * rows[batch] + (1 - own) * rows[batch].flip(0), atol=1e-5)
        moved.zero_grad()
        cross_entropy(network(x)[0], true).backward()
        moved.step()
    assert same(rig.weights(), dict(network.state_dict()))


def test_blended_classes_are_scored_by_the_larger_share(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=accumulating(1, 16, epochs=30, mixup=0.2)), class_data())
    last = rig.run()
    assert last.best["accuracy"] > 0.9
    event = rig.events(EpochFinished)[-1]
    assert isinstance(event, EpochFinished)
    assert event.train["accuracy"] > 0.6


def test_numbers_are_blended_too(tmp_path: Path) -> None:
    project = classifier(target=number(), recipe=accumulating(1, 16, epochs=1, mixup=1.0))
    task = prepare_task(project, number_data())
    batch = next(task.train.batches([0, 4], torch.arange(4)))
    x, y = Mixing(task).blended(batch, 3, 5)
    own = float((x[0, 0] - batch[0][3, 0]) / (batch[0][0, 0] - batch[0][3, 0]))
    assert torch.allclose(y, own * batch[1] + (1 - own) * batch[1].flip(0), atol=1e-4)
    assert mse_loss(x, batch[0]) > 0


@pytest.mark.parametrize("more", [{"mixup": 0.5}, {"cutmix": 1.0}, {"mixup": 0.3, "cutmix": 0.7}])
def test_blending_goes_on_exactly(tmp_path: Path, more: dict[str, float]) -> None:
    project, data = picture_project(accumulating(1, 8, epochs=3, **more))
    whole, broken = Rig(tmp_path / "a", project, data), Rig(tmp_path / "b", project, data)
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=7)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    without = Rig(tmp_path / "c", picture_project(accumulating(1, 8, epochs=3))[0], data)
    without.run()
    assert not same(whole.weights(), without.weights())


def test_cutmix_swaps_a_patch_and_labels_in_proportion() -> None:
    project, data = picture_project(accumulating(1, 8, cutmix=1.0))
    task = prepare_task(project, data)
    batch = next(task.train.batches([0, 8], torch.arange(8)))
    mixing = Mixing(task)
    areas = set()
    for position in range(40):
        x, shares = mixing.blended(batch, 0, position)
        changed = (x != batch[0]).any(1)
        assert torch.equal(x, torch.where(changed[:, None], batch[0].flip(0), batch[0]))
        swapped = changed[0].float().mean()
        own = one_hot(batch[1], 3).float()
        expected = own * (1 - swapped) + own.flip(0) * swapped
        assert torch.allclose(shares, expected, atol=1e-6)
        rows, columns = changed[0].any(1), changed[0].any(0)
        assert int(changed[0].sum()) == int(rows.sum()) * int(columns.sum()), "the patch is a rectangle"
        areas.add(round(float(swapped), 3))
    assert len(areas) > 8
    assert torch.equal(mixing.blended(batch, 1, 2)[0], mixing.blended(batch, 1, 2)[0])
    assert not torch.equal(mixing.blended(batch, 1, 2)[0], mixing.blended(batch, 2, 2)[0])


def test_what_cannot_be_blended_is_refused_in_words(tmp_path: Path) -> None:
    project = classifier(recipe=accumulating(1, mixup=0.2))
    node = project.graph.node("loss1")
    project.graph.replace(msgspec.structs.replace(node, type="FocalLoss"))
    with pytest.raises(NetwrightError, match="Mixup cannot be used with the loss 'loss1'"):
        Rig(tmp_path / "a", project, class_data()).run()
    project = classifier(recipe=accumulating(1, cutmix=0.2))
    with pytest.raises(NetwrightError, match="Cutmix swaps patches of pictures"):
        Rig(tmp_path / "b", project, class_data()).run()


def test_smoothing_without_a_cross_entropy_is_warned_of() -> None:
    from engine.checks.inference import ShapeChecker

    project = classifier(target=number(), recipe=accumulating(1, label_smoothing=0.1))
    assert any("Label smoothing changes nothing" in problem.message for problem in ShapeChecker(project).problems())
    with_classes = classifier(target=category(), recipe=accumulating(1, label_smoothing=0.1))
    assert not any("smoothing" in problem.message for problem in ShapeChecker(with_classes).problems())


# -- float16 ----------------------------------------------------------------------------------------------------------


def test_float16_is_for_graphics_cards() -> None:
    with pytest.raises(TrainingError, match="Only graphics cards"):
        choose_precision(Precision.FLOAT16, torch.device("cpu"))


@pytest.fixture
def float16_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor can do it too, slowly: enough to see that it is right."""
    monkeypatch.setattr("small_tasks.choose_precision", lambda wanted, _device: (wanted, ""))


@pytest.mark.usefixtures("float16_anywhere")
def test_float16_learns_and_goes_on_exactly(tmp_path: Path) -> None:
    recipe = accumulating(1, 16, epochs=3, precision=Precision.FLOAT16)
    project = classifier(*NOISY, recipe=recipe)
    whole, broken = Rig(tmp_path / "a", project, class_data()), Rig(tmp_path / "b", project, class_data())
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=9)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    exact = Rig(tmp_path / "c", classifier(*NOISY, recipe=accumulating(1, 16, epochs=3)), class_data())
    exact.run()
    losses = [rig.events(EpochFinished)[-1].train["loss"] for rig in (whole, exact)]  # type: ignore[union-attr]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
    assert not same(whole.weights(), exact.weights())


@pytest.mark.usefixtures("float16_anywhere")
def test_a_scale_that_is_too_large_is_lowered_and_its_steps_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.loop.LossScale", lambda *_: LossScale(2.0**24))
    recipe = accumulating(1, 16, epochs=4, precision=Precision.FLOAT16)
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=recipe), class_data())
    rig.run()
    assert rig.loop is not None
    assert rig.loop.state.loss_scale[0] < 2.0**24
    losses = [value for event in rig.events(StepsReported) for value in event.loss]  # type: ignore[union-attr]
    assert len(losses) == 28
    assert losses[-1] < losses[0]


@pytest.mark.usefixtures("float16_anywhere")
def test_float16_gives_up_when_no_scale_helps(tmp_path: Path) -> None:
    data = class_data()
    data.values[("features", "train")].mul_(1e30)  # beyond what float16 can hold
    recipe = accumulating(1, 16, epochs=20, precision=Precision.FLOAT16)
    with pytest.raises(TrainingError, match=r"'hidden'|'scores'|no longer a finite"):
        Rig(tmp_path, classifier(*HIDDEN, recipe=recipe), data).run()


def test_the_scale_is_that_of_torchs_own_scaler() -> None:
    parameter = torch.nn.Parameter(torch.zeros(3))
    ours, theirs = LossScale(1024.0), torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=2000)
    moved = torch.optim.SGD([parameter], lr=0.1)
    for gradient in (1.0, float("inf"), 2.0, float("nan"), 3.0):
        parameter.grad = torch.full((3,), gradient)
        theirs.scale(torch.zeros(1))
        theirs.unscale_(moved)
        expected = None if parameter.grad is None else parameter.grad.clone()
        parameter.grad = torch.full((3,), gradient)
        whole = ours.unscale([parameter])
        assert whole == bool(torch.tensor(gradient).isfinite())
        if whole:
            assert expected is not None and torch.equal(parameter.grad, expected)
        theirs.step(moved)
        theirs.update()
        assert ours.factor == theirs.get_scale()


def test_a_rate_for_each_setting_survives_in_the_players(tmp_path: Path) -> None:
    """The plainest recipe is not touched by any of this."""
    recipe = one_phase(Phase(epochs=1, batch_size=16, players=(optimizer("AdamW", lr=0.02),)))
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=recipe), class_data())
    rig.run()
    assert rig.loop is not None
    assert rig.loop.state.rows_at_once == 0
    event = rig.events(StepsReported)[0]
    assert isinstance(event, StepsReported)
    assert (event.stride, event.rates, event.parts, event.low) == (1, [], {}, [])

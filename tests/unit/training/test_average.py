"""Averages of weights answer in validation, checkpoints and whatever uses them, and training goes on beside them."""

from pathlib import Path

import msgspec
import pytest
import torch

from engine.compiler.module import compile_project
from engine.document.data_spec import Step
from engine.document.recipe import Phase, Recipe
from engine.errors import ProjectError, TrainingError
from engine.protocol.run_events import EpochFinished
from engine.training import checkpoint
from engine.training.average import WeightsAverage, replaced
from engine.training.task import prepare_task
from tests.unit.training.small_tasks import KilledError, Rig, class_data, classifier, one_phase, optimizer, same

NOISY = (
    ("hidden", "Linear", {"out_features": 16}),
    ("norm", "BatchNorm1d", {}),
    ("relu1", "ReLU", {}),
    ("drop", "Dropout", {"p": 0.3}),
)


def recipe(average: Step | None = None, kind: str = "AdamW", epochs: int = 4, **more: object) -> Recipe:
    player = msgspec.structs.replace(optimizer(kind, lr=0.02), **more)
    return one_phase(Phase(epochs=epochs, batch_size=16, players=(player,)), average=average)


CASES = {
    "EMA": recipe(Step(type="EMA", attributes={"decay": 0.9})),
    "SWA": recipe(Step(type="SWA", attributes={"start": 0.5})),
    "schedule-free": recipe(kind="ScheduleFreeAdamW"),
    "schedule-free in two phases": Recipe(
        phases=(
            Phase(epochs=2, batch_size=16, players=(optimizer("ScheduleFreeSGD", lr=0.2),)),
            Phase(epochs=2, batch_size=8, players=(optimizer("AdamW", lr=0.01),)),
        )
    ),
    "SAM": recipe(wrapper=Step(type="SAM")),
    "Lookahead": recipe(wrapper=Step(type="Lookahead", attributes={"k": 3})),
    "plateau": recipe(schedule=Step(type="ReduceLROnPlateau", attributes={"patience": 0, "threshold": 0.5})),
    "LBFGS": recipe(optimizer=Step(type="LBFGS", attributes={"lr": 0.02, "max_iter": 4, "history_size": 5})),
    "Muon": recipe(kind="Muon"),
    "SOAP": recipe(kind="SOAP"),
    "all at once": recipe(Step(type="EMA"), kind="ScheduleFreeAdamW", wrapper=Step(type="SAM")),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("limit", [9, 16, 24])
def test_goes_on_exactly(tmp_path: Path, case: str, limit: int) -> None:
    project = classifier(*NOISY, recipe=CASES[case])
    if case in ("SAM", "LBFGS", "all at once"):  # they look at a batch more than once
        limit = limit * 2 if case != "LBFGS" else 40 + limit * 2
    whole, broken = Rig(tmp_path / "a", project, class_data()), Rig(tmp_path / "b", project, class_data())
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=limit)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    assert same(whole.weights("best"), broken.weights("best"))
    assert [e.val for e in whole.events(EpochFinished)] == [e.val for e in broken.events(EpochFinished)]


@pytest.mark.parametrize("case", CASES)
def test_scores_are_those_of_the_weights_that_are_saved(tmp_path: Path, case: str) -> None:
    rig = Rig(tmp_path, classifier(*NOISY, recipe=CASES[case]), class_data())
    rig.run()
    network = compile_project(rig.project)
    network.load_state_dict(rig.weights())
    network.eval()
    rows, labels = rig.data.values[("features", "val")], rig.data.values[("fruit", "val")]
    with torch.no_grad():
        (scores,) = network(rows)
    told = rig.events(EpochFinished)[-1].val
    assert told["accuracy"] == pytest.approx(float((scores.argmax(1) == labels).float().mean()), abs=1e-5)
    assert told["loss"] == pytest.approx(float(torch.nn.functional.cross_entropy(scores, labels)), rel=1e-4)


def test_an_average_leaves_training_itself_alone(tmp_path: Path) -> None:
    plain = Rig(tmp_path / "a", classifier(*NOISY, recipe=recipe()), class_data())
    averaged = Rig(tmp_path / "b", classifier(*NOISY, recipe=CASES["EMA"]), class_data())
    plain.run()
    averaged.run()
    live = {
        name.removeprefix("live/"): tensor
        for name, tensor in checkpoint.read(averaged.folder).tensors.items()
        if name.startswith("live/")
    }
    trained = plain.weights()
    assert same({name: trained[name] for name in live}, live)
    assert not same(trained, averaged.weights())


def test_averages_are_what_their_formulas_say() -> None:
    project = classifier(("hidden", "Linear", {"out_features": 2}))
    task = prepare_task(project, class_data())
    from engine.catalog.averages import EMA, SWA

    weight = task.network.get_parameter("hidden.weight")
    values = [float(i) for i in range(1, 8)]
    moving, plain = WeightsAverage(EMA(decay=0.5), task.network, 7), WeightsAverage(SWA(start=0.5), task.network, 7)
    first = mean = float(weight.detach().flatten()[0])
    assert moving.for_use() == {} and first == mean
    for number, value in enumerate(values):
        with torch.no_grad():
            weight.fill_(value)
        moving.after_step()
        plain.after_epoch(number + 1)
        keep = min(0.5, (1 + number) / (10 + number))
        mean = keep * mean + (1 - keep) * value
        assert float(moving.for_use()["hidden.weight"].flatten()[0]) == pytest.approx(mean, rel=1e-5)
        assert bool(plain.for_use()) == (number + 1 > 3.5)
    assert float(plain.for_use()["hidden.weight"].flatten()[0]) == pytest.approx((4 + 5 + 6 + 7) / 4)
    task.close()


def test_weights_come_back_to_the_last_bit() -> None:
    network = compile_project(classifier(("hidden", "Linear", {"out_features": 2})))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(KilledError), replaced(network, {"hidden.weight": torch.ones(2, 6)}):
        assert network.get_parameter("hidden.weight").sum().item() == 12
        raise KilledError
    assert same(before, dict(network.state_dict()))


@pytest.mark.parametrize(
    "broken", [{"average": Step(type="Nothing")}, {"wrapper": Step(type="SAM", attributes={"rho": -1})}]
)
def test_unknown_ones_are_refused_in_words(tmp_path: Path, broken: dict[str, Step]) -> None:
    plain = recipe(**broken)  # type: ignore[arg-type]
    with pytest.raises((TrainingError, ProjectError)):
        Rig(tmp_path, classifier(*NOISY, recipe=plain), class_data()).run()

"""What a run tells for charts: what it is, that it is bounded, and that training is the same with and without."""

import itertools
from pathlib import Path

import msgspec
import pytest
import torch
from small_tasks import Rig, class_data, classifier, number, number_data, one_phase, optimizer, same
from torch import nn

from engine.document.data_spec import Step
from engine.document.recipe import Phase, Recipe
from engine.protocol.run_events import (
    ActivationsSeen,
    AnswersSeen,
    ConfusionSeen,
    EpochFinished,
    LayersSeen,
    MachineSeen,
    RunEvent,
    RunNote,
    SamplesPinned,
    StepsReported,
    WeightsSeen,
)
from engine.training import confusion, looks, loop, machine, pictures, pinned, seldom
from engine.training.confusion import Confusion, Confusions
from engine.training.hardware import processor_name
from engine.training.seldom import Seldom

NOISY = (
    ("hidden", "Linear", {"out_features": 16}),
    ("norm", "BatchNorm1d", {}),
    ("relu1", "ReLU", {}),
    ("drop", "Dropout", {"p": 0.3}),
)
SEEN = (WeightsSeen, ActivationsSeen, LayersSeen, AnswersSeen, SamplesPinned, ConfusionSeen, MachineSeen)


def fast(epochs: int = 3, **more: object) -> Recipe:
    return one_phase(Phase(epochs=epochs, batch_size=16, players=(optimizer("AdamW", lr=0.02),)), **more)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look after every step, whatever it costs."""
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    monkeypatch.setattr(Seldom, "due", property(lambda _self: True))


def test_training_is_the_same_whether_it_is_looked_at_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = classifier(*NOISY, recipe=fast(average=Step(type="EMA", attributes={"decay": 0.9})))
    kept = loop.Loop
    monkeypatch.setattr("small_tasks.Loop", lambda *args, **words: kept(*args, **words, pictures=False))
    blind = Rig(tmp_path / "blind", project, class_data())
    blind.run()
    assert not [event for event in blind.events() if isinstance(event, SEEN)]
    monkeypatch.setattr("small_tasks.Loop", kept)
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    monkeypatch.setattr(Seldom, "due", property(lambda _self: True))
    seeing = Rig(tmp_path / "seeing", project, class_data())
    seeing.run()
    assert {type(event) for event in seeing.events() if isinstance(event, SEEN)} == set(SEEN)
    assert same(blind.weights(), seeing.weights())
    assert same(blind.weights("best"), seeing.weights("best"))
    told = [[(e.train, e.val) for e in rig.events(EpochFinished)] for rig in (blind, seeing)]
    assert told[0] == told[1]


@pytest.mark.usefixtures("always")
def test_layers_are_told_with_gradient_and_size_of_the_step(tmp_path: Path) -> None:
    player = optimizer("SGD", lr=0.1, momentum=0.0)
    rig = Rig(
        tmp_path,
        classifier(
            ("hidden", "Linear", {"out_features": 16}),
            recipe=one_phase(Phase(epochs=1, batch_size=100, players=(player,))),
        ),
        class_data(),
    )
    rig.run()
    (event,) = rig.events(LayersSeen)
    assert isinstance(event, LayersSeen)
    from engine.training.task import prepare_task

    network = prepare_task(rig.project, rig.data).network
    for node in ("hidden", "scores"):
        size = torch.cat([p.detach().reshape(-1) for p in network.get_submodule(node).parameters()]).norm()
        # The step of plain SGD is the learning rate times the gradient.
        assert event.update_ratios[node] == pytest.approx(float(0.1 * event.gradient_norms[node] / size), rel=0.02)


@pytest.mark.usefixtures("always")
def test_pinned_samples_are_answered_as_the_network_answers(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(*NOISY, recipe=fast(epochs=1)), class_data())
    rig.run()
    (pins,) = rig.events(SamplesPinned)
    assert isinstance(pins, SamplesPinned)
    assert pins.samples == [round(i * 39 / 7) for i in range(8)]
    labels = rig.data.values[("fruit", "val")]
    assert pins.truth["fruit"] == [float(labels[row]) for row in pins.samples]
    event = rig.events(AnswersSeen)[-1]
    assert isinstance(event, AnswersSeen)
    assert event.step == 7, "the last step of the epoch"
    assert rig.task is not None
    rig.task.network.load_state_dict(rig.weights())
    rig.task.network.eval()
    with torch.no_grad():
        (scores,) = rig.task.network(rig.data.values[("features", "val")][torch.tensor(pins.samples)])
    shares, classes = scores.softmax(1).sort(dim=1, descending=True)
    assert event.outputs["fruit"].classes == classes.tolist()
    assert torch.tensor(event.outputs["fruit"].scores).allclose(shares, atol=1e-4)
    seen = rig.events(ActivationsSeen)[-1]
    assert isinstance(seen, ActivationsSeen)
    assert set(seen.nodes) >= {"hidden", "norm", "relu1", "scores"}
    assert seen.nodes["relu1"].low == 0.0
    assert seen.nodes["hidden"].count == 8 * 16


@pytest.mark.usefixtures("always")
def test_numbers_are_answered_in_their_own_unit(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(recipe=fast(epochs=40), target=number(std=50.0)), number_data())
    rig.run()
    (pins,) = rig.events(SamplesPinned)
    event = rig.events(AnswersSeen)[-1]
    assert isinstance(pins, SamplesPinned) and isinstance(event, AnswersSeen)
    said, true = (torch.tensor(values) for values in (event.outputs["price"].values, pins.truth["price"]))
    assert float((said - true).abs().max()) < 0.5 * float(true.abs().max())


def test_confusion_adds_up_to_the_accuracy(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(*NOISY, recipe=fast()), class_data())
    rig.run()
    told = rig.events(ConfusionSeen)
    epochs = rig.events(EpochFinished)
    assert [event.epoch for event in told] == [1, 2, 3]
    for event, epoch in zip(told, epochs, strict=True):
        assert isinstance(event, ConfusionSeen) and isinstance(epoch, EpochFinished)
        matrix = torch.tensor(event.matrix())
        assert matrix.shape == (3, 3)
        assert int(matrix.sum()) == 40
        assert float(matrix.diagonal().sum() / 40) == pytest.approx(epoch.val["accuracy"], abs=1e-6)
        labels = rig.data.values[("fruit", "val")]
        assert matrix.sum(1).tolist() == torch.bincount(labels, minlength=3).tolist()


def test_confusions_get_rarer_and_the_largest_cells_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from small_tasks import category

    field = category(classes=tuple(f"c{number}" for number in range(100)))
    told: list[RunEvent] = []
    counts = Confusion(field, torch.device("cpu"), 0.0)
    confusions = Confusions([(counts, 0, 0)], told.append)
    monkeypatch.setattr(confusion, "MOST_CELLS", 50)
    generator = torch.Generator().manual_seed(0)
    epochs = []
    for epoch in range(1, 3000):
        if confusions.wanted(epoch):
            epochs.append(epoch)
            truth = torch.randint(0, 100, (200,), generator=generator)
            confusions.add([nn.functional.one_hot(truth, 100).float()], [truth])
            confusions.tell(epoch, epoch)
    gaps = [b - a for a, b in itertools.pairwise(epochs)]
    assert gaps[0] == 1 and gaps[-1] >= 2
    assert all(isinstance(event, ConfusionSeen) and len(event.cells) <= 150 for event in told)
    assert sum(len(msgspec.json.encode(event)) for event in told) < seldom.MOST_BYTES


def test_looks_keep_to_their_share_of_the_time() -> None:
    now = [0.0]
    watch = Seldom(1.0, 0.01, clock=lambda: now[0])
    spent, looked = 0.0, 0
    while now[0] < 1000:
        now[0] += 0.1
        if watch.due:
            with watch.looking():
                now[0] += 0.05
            spent += 0.05
            looked += 1
    assert spent / now[0] <= 0.0105
    assert looked > 150
    shares = (looks.LAYERS_SHARE_OF_TIME, pinned.SHARE_OF_TIME, pictures.SHARE_OF_TIME, machine.SHARE_OF_TIME)
    assert sum(shares) < 0.00501


@pytest.mark.parametrize("average", [None, Step(type="EMA", attributes={"decay": 0.5})])
def test_what_is_seen_last_is_what_the_run_ended_with(tmp_path: Path, average: Step | None) -> None:
    """A run of well under a second: after its first steps no further look is due by the clock."""
    rig = Rig(tmp_path, classifier(*NOISY, recipe=fast(epochs=5, average=average)), class_data())
    finished = rig.run()
    steps = max(event.step for event in rig.events(EpochFinished))  # type: ignore[union-attr]
    assert finished.epochs == 5 and steps == 35
    answers = rig.events(AnswersSeen)
    for kind in (AnswersSeen, ActivationsSeen, LayersSeen, WeightsSeen):
        event = rig.events(kind)[-1]
        assert isinstance(event, kind)
        assert (event.step, event.epoch) == (steps, 5), kind
    assert len({event.step for event in answers}) < steps / 2, "the rule of the rare look still holds before"  # type: ignore[union-attr]
    assert rig.task is not None
    (pins,) = rig.events(SamplesPinned)
    last = answers[-1]
    assert isinstance(pins, SamplesPinned) and isinstance(last, AnswersSeen)
    rig.task.network.load_state_dict(rig.weights())
    rig.task.network.eval()
    with torch.no_grad():
        (scores,) = rig.task.network(rig.data.values[("features", "val")][torch.tensor(pins.samples)])
    best = scores.softmax(1).sort(dim=1, descending=True)
    assert last.outputs["fruit"].classes == best.indices.tolist()
    assert torch.tensor(last.outputs["fruit"].scores).allclose(best.values, atol=1e-4)


def test_the_last_look_comes_after_all_that_may_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seldom, "MOST_BYTES", 1)
    rig = Rig(tmp_path, classifier(*NOISY, recipe=fast(epochs=4)), class_data())
    rig.run()
    assert [event.step for event in rig.events(AnswersSeen)][-1] == 28  # type: ignore[union-attr]
    assert len(rig.events(AnswersSeen)) == 2, "the first and the last"


def test_the_machine_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(tmp_path, classifier(recipe=fast(epochs=1)), class_data())
    rig.run()
    event = rig.events(MachineSeen)[0]
    assert isinstance(event, MachineSeen)
    assert event.memory_bytes > 1e7 and event.free_bytes > 0
    assert event.gpu_percent is None and event.gpu_memory_bytes is None
    assert processor_name()


@pytest.mark.usefixtures("always")
def test_running_out_of_memory_while_looking_leaves_it_to_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> list[RunEvent]:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(pinned.PinnedSamples, "_asked", full)
    rig = Rig(tmp_path, classifier(*NOISY, recipe=fast(epochs=1)), class_data())
    assert rig.run().epochs == 1
    assert not rig.events(AnswersSeen)
    assert rig.task is not None and rig.task.network.training


@pytest.mark.usefixtures("always")
def test_a_fault_while_looking_is_told_and_training_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = classifier(*NOISY, recipe=fast())
    whole = Rig(tmp_path / "a", project, class_data())
    whole.run()

    def broken(*_args: object) -> object:
        raise IndexError("a fault of ours")

    monkeypatch.setattr(pinned, "histograms", broken)
    rig = Rig(tmp_path / "b", project, class_data())
    rig.run()
    (note,) = [note for note in rig.events(RunNote) if "not told any more" in note.text]  # type: ignore[union-attr]
    assert isinstance(note, RunNote)
    assert note.warning and "a fault of ours" in note.text
    assert same(whole.weights(), rig.weights())


def test_a_run_without_validation_pins_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(recipe=fast(epochs=1)), class_data(val=0))
    rig.run()
    assert not rig.events(SamplesPinned) and not rig.events(ConfusionSeen)
    assert rig.events(StepsReported)

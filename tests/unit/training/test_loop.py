"""The loop: what it learns, reports, saves, and how it goes on after being broken off."""

import math
import threading
from pathlib import Path

import msgspec
import pytest
import torch
from small_tasks import (
    KilledError,
    MemoryData,
    Rig,
    class_data,
    classifier,
    number,
    number_data,
    one_phase,
    optimizer,
    picture_project,
    same,
)

from engine.document.data_spec import Step
from engine.document.edits import SetTitle, apply
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import EarlyStop, Phase, Player, Precision, Recipe
from engine.errors import DataError, NetwrightError, TrainingError
from engine.protocol.run_events import (
    ContinueRun,
    EpochFinished,
    PauseRun,
    RunContinued,
    RunFinished,
    RunNote,
    RunPaused,
    RunPrepared,
    RunStopped,
    StepsReported,
    StopRun,
)
from engine.training import checkpoint, loop
from engine.training.feed import epoch_order

HIDDEN = (("hidden", "Linear", {"out_features": 16}), ("relu1", "ReLU", {}))
NOISY = (
    ("hidden", "Linear", {"out_features": 16}),
    ("norm", "BatchNorm1d", {}),
    ("relu1", "ReLU", {}),
    ("drop", "Dropout", {"p": 0.3}),
)


def fast(epochs: int = 8, batch_size: int = 16, **more: object) -> Recipe:
    return one_phase(Phase(epochs=epochs, batch_size=batch_size, players=(optimizer("AdamW", lr=0.02),)), **more)


def test_learns_and_says_so(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=fast()), class_data())
    last = rig.run()
    assert isinstance(last, RunFinished)
    assert last.best["accuracy"] > 0.9
    assert last.epochs == 8
    epochs = rig.events(EpochFinished)
    assert [event.epoch for event in epochs] == list(range(1, 9))
    assert epochs[-1].train["loss"] < 0.5 * epochs[0].train["loss"]
    assert set(epochs[-1].val) == {"loss", "accuracy"}
    assert set(epochs[-1].gradient_norms) == {"hidden", "scores"}
    assert epochs[-1].memory_bytes > 0
    assert max(event.val["accuracy"] for event in epochs) == pytest.approx(last.best["accuracy"], abs=1e-6)
    prepared = rig.events(RunPrepared)[0]
    assert (prepared.samples, prepared.val_samples, prepared.steps_per_epoch) == (100, 40, 7)
    assert prepared.parameters == 6 * 16 + 16 + 16 * 3 + 3


def test_every_step_is_reported_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=fast(epochs=5)), class_data())
    rig.run()
    steps = [event.first_step + i for event in rig.events(StepsReported) for i in range(len(event.loss))]
    assert steps == list(range(1, 5 * 7 + 1))


def test_epoch_scores_are_those_of_the_saved_weights(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=fast(epochs=2)), class_data())
    rig.run()
    assert rig.task is not None
    rig.task.network.load_state_dict(rig.weights())
    rig.task.network.eval()
    rows, labels = rig.data.values[("features", "val")], rig.data.values[("fruit", "val")]
    with torch.no_grad():
        (scores,) = rig.task.network(rows)
    event = rig.events(EpochFinished)[-1]
    assert event.val["accuracy"] == pytest.approx(float((scores.argmax(1) == labels).float().mean()), abs=1e-5)
    assert event.val["loss"] == pytest.approx(float(torch.nn.functional.cross_entropy(scores, labels)), rel=1e-4)


def test_same_seed_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    runs = []
    for number_, seed in enumerate((3, 3, 4)):
        rig = Rig(tmp_path / str(number_), classifier(*NOISY, recipe=fast(epochs=2, seed=seed)), class_data())
        rig.run()
        runs.append(rig.weights())
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2])


@pytest.mark.parametrize("batch_size", [5, 16])
@pytest.mark.parametrize("resident", [True, False])
def test_where_the_data_lies_makes_no_difference(tmp_path: Path, batch_size: int, resident: bool) -> None:
    recipe = fast(epochs=2, batch_size=batch_size)
    first = Rig(tmp_path / "a", classifier(*HIDDEN, recipe=recipe), class_data())
    second = Rig(tmp_path / "b", classifier(*HIDDEN, recipe=recipe), class_data(resident=resident))
    first.run()
    second.run()
    assert same(first.weights(), second.weights())


def test_equals_a_loop_written_by_hand(tmp_path: Path) -> None:
    """The proof that gathering in chunks and calling kernels directly change nothing."""
    from engine.compiler.module import compile_project

    project, data = classifier(*HIDDEN, recipe=fast(epochs=2)), class_data()
    rig = Rig(tmp_path, project, data)
    rig.run()
    torch.manual_seed(project.recipe.seed)
    network = compile_project(project)
    rows, labels = data.values[("features", "train")], data.values[("fruit", "train")]
    moved = torch.optim.AdamW(network.parameters(), lr=0.02, weight_decay=0.01, fused=True)
    for epoch in range(2):
        for batch in epoch_order(100, project.recipe.seed, epoch).split(16):
            (scores,) = network(rows[batch])
            loss = torch.nn.functional.cross_entropy(scores, labels[batch])
            moved.zero_grad()
            loss.backward()
            moved.step()
    assert same(rig.weights(), dict(network.state_dict()))


@pytest.mark.parametrize("kind", ["AdamW", "SGD", "RMSprop", "NAdam", "Adagrad", "Adadelta", "Adamax", "RAdam", "Adam"])
def test_every_optimizer_goes_on_exactly(tmp_path: Path, kind: str) -> None:
    attributes = {"lr": 0.01, "momentum": 0.9} if kind == "SGD" else {"lr": 0.01}
    phase = Phase(epochs=3, batch_size=16, players=(optimizer(kind, **attributes),))
    project = classifier(*NOISY, recipe=one_phase(phase))
    whole, broken = Rig(tmp_path / "a", project, class_data()), Rig(tmp_path / "b", project, class_data())
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=16)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    assert same(whole.weights("best"), broken.weights("best"))


def test_goes_on_exactly_from_within_an_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    monkeypatch.setattr(loop, "SAVE_WITHIN_EPOCH_S", 0.0)
    project = classifier(*NOISY, recipe=fast(epochs=3, clip_norm=0.5))
    whole, broken = Rig(tmp_path / "a", project, class_data()), Rig(tmp_path / "b", project, class_data())
    whole.run()
    for limit in (4, 2, 6, 3):  # each time a little further: 4, then 2 more than was saved, ...
        with pytest.raises(KilledError):
            broken.run(resume=limit != 4, step_limit=limit)
        saved = checkpoint.read(broken.folder).state
        assert saved.position > 0 or saved.epoch > 0
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    ours, theirs = ({e.epoch: e for e in rig.events(EpochFinished)} for rig in (broken, whole))
    for epoch, event in theirs.items():
        assert ours[epoch].train == event.train
        assert ours[epoch].val == event.val


@pytest.mark.parametrize(
    "left_out", ["rng/cpu", "player0/hidden.weight/exp_avg", "player0/hidden.bias/exp_avg_sq", "player0//steps"]
)
def test_each_piece_of_state_is_needed(tmp_path: Path, left_out: str) -> None:
    """Guards the guard: without a piece the weights differ, so the tests above would notice."""
    project = classifier(*NOISY, recipe=fast(epochs=3))
    whole, broken = Rig(tmp_path / "a", project, class_data()), Rig(tmp_path / "b", project, class_data())
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=16)
    found = checkpoint.read(broken.folder)
    replaced = torch.zeros_like(found.tensors[left_out])
    if left_out == "rng/cpu":
        replaced = torch.Generator().manual_seed(99).get_state()
    checkpoint.write(
        broken.folder.checkpoints, "last", found.state, found.weights, {**found.tensors, left_out: replaced}
    )
    broken.run(resume=True)
    assert not same(whole.weights(), broken.weights())


def test_phases_follow_each_other_and_resume_between(tmp_path: Path) -> None:
    phases = (
        Phase(name="warm", epochs=2, batch_size=32, players=(Player(nodes=("scores",)),)),
        Phase(name="all", epochs=2, batch_size=8, players=(optimizer("SGD", lr=0.05, momentum=0.9),)),
    )
    project = classifier(*HIDDEN, recipe=Recipe(phases=phases))
    whole = Rig(tmp_path / "a", project, class_data())
    whole.run()
    assert [event.epoch for event in whole.events(EpochFinished)] == [1, 2, 3, 4]
    for limit in (8, 9, 20):  # the first phase has 2 x 4 steps
        broken = Rig(tmp_path / str(limit), project, class_data())
        with pytest.raises(KilledError):
            broken.run(step_limit=limit)
        broken.run(resume=True)
        assert same(whole.weights(), broken.weights())


def test_only_the_chosen_nodes_move_and_frozen_ones_never(tmp_path: Path) -> None:
    project = classifier(*HIDDEN, ("middle", "Linear", {"out_features": 8}), recipe=fast(epochs=1))
    phase = msgspec.structs.replace(project.recipe.phases[0], players=(Player(nodes=("hidden", "scores")),))
    project.recipe = one_phase(phase)
    project.graph.replace(msgspec.structs.replace(project.graph.node("scores"), frozen=True))
    rig = Rig(tmp_path, project, class_data())
    from engine.training.task import prepare_task

    before = {name: value.clone() for name, value in prepare_task(project, class_data()).network.state_dict().items()}
    rig.run()
    after = rig.weights()
    moved = {name.partition(".")[0] for name in after if not torch.equal(after[name], before[name])}
    assert moved == {"hidden"}


def test_frozen_batch_normalization_keeps_its_statistics(tmp_path: Path) -> None:
    project = classifier(*NOISY, recipe=fast(epochs=1))
    project.graph.replace(msgspec.structs.replace(project.graph.node("norm"), frozen=True))
    rig = Rig(tmp_path, project, class_data())
    rig.run()
    assert torch.equal(rig.weights()["norm.running_mean"], torch.zeros(16))


def two_losses(recipe: Recipe) -> tuple[Project, MemoryData]:
    project = classifier(*HIDDEN, recipe=recipe)
    nodes, edges = project.graph.sorted_nodes(), project.graph.sorted_edges()
    nodes += [
        Node(id="price", type="Linear", attributes={"out_features": 1}),
        Node(id="price_truth", type="Input", attributes={"fields": ["price"]}),
        Node(id="price_answer", type="Output", attributes={"field": "price"}),
        Node(id="loss2", type="MSELoss"),
    ]
    edges += [
        Edge(source="relu1", target="price"),
        Edge(source="price", target="price_answer", input="prediction"),
        Edge(source="price", target="loss2", input="prediction"),
        Edge(source="price_truth", target="loss2", input="target"),
    ]
    data = class_data()
    data.values.update({key: value for key, value in number_data().values.items() if key[0] == "price"})
    fields = (*project.data.fields, number())
    spec = msgspec.structs.replace(project.data, fields=fields)
    return Project(name="two", data=spec, graph=Graph(nodes, edges), recipe=recipe), data


def test_two_outputs_have_their_own_scores_and_losses(tmp_path: Path) -> None:
    project, data = two_losses(fast(epochs=2))
    apply(project, SetTitle(id="loss2", title="Price off"))
    rig = Rig(tmp_path, project, data)
    rig.run()
    titles = rig.events(RunPrepared)[0].titles_of_losses()
    assert titles["loss2"] == "Price off" and titles["loss1"] not in ("loss1", "")
    event = rig.events(EpochFinished)[-1]
    assert {"loss", "loss.loss1", "loss.loss2", "fruit.accuracy", "price.mean_absolute_error", "price.r2"} == set(
        event.val
    )
    assert event.val["loss"] == pytest.approx(event.val["loss.loss1"] + event.val["loss.loss2"], rel=1e-4)
    assert event.train["loss"] == pytest.approx(event.train["loss.loss1"] + event.train["loss.loss2"], rel=1e-4)


def test_weights_of_losses_count(tmp_path: Path) -> None:
    player = Player(losses={"loss1": 1.0, "loss2": 0.0}, optimizer=Step(type="SGD", attributes={"lr": 0.1}))
    project, data = two_losses(one_phase(Phase(epochs=1, batch_size=20, players=(player,))))
    rig = Rig(tmp_path, project, data)
    rig.run()
    event = rig.events(EpochFinished)[-1]
    assert event.val["loss"] == pytest.approx(event.val["loss.loss1"], rel=1e-4)
    assert event.gradient_norms["price"] == 0


def test_two_players_move_their_own_nodes_at_their_own_pace(tmp_path: Path) -> None:
    players = (
        Player(name="fruit", losses={"loss1": 1.0}, nodes=("scores",), optimizer=Step(type="SGD")),
        Player(name="price", losses={"loss2": 1.0}, nodes=("price",), every=100, optimizer=Step(type="SGD")),
    )
    project, data = two_losses(one_phase(Phase(epochs=2, batch_size=20, players=players)))
    whole, broken = Rig(tmp_path / "a", project, data), Rig(tmp_path / "b", project, data)
    whole.run()
    from engine.training.task import prepare_task

    before = prepare_task(project, data).network.state_dict()
    after = whole.weights()
    assert torch.equal(after["hidden.weight"], before["hidden.weight"])
    assert not torch.equal(after["scores.weight"], before["scores.weight"])
    step = (after["price.weight"] - before["price.weight"]).norm()
    assert 0 < step < (after["scores.weight"] - before["scores.weight"]).norm()
    with pytest.raises(KilledError):
        broken.run(step_limit=8)
    broken.run(resume=True)
    assert same(after, broken.weights())


def test_a_player_that_waits_lets_the_others_steps_be_counted(tmp_path: Path) -> None:
    player = Player(optimizer=Step(type="SGD"), every=3)
    rig = Rig(
        tmp_path, classifier(*HIDDEN, recipe=one_phase(Phase(epochs=1, batch_size=10, players=(player,)))), class_data()
    )
    rig.run()
    losses = [value for event in rig.events(StepsReported) for value in event.loss]
    assert len(losses) == 10
    assert all(value > 0 for value in losses)


def test_numbers_are_scored_in_their_own_unit(tmp_path: Path) -> None:
    project = classifier(*HIDDEN, recipe=fast(epochs=30), target=number(std=50.0))
    rig = Rig(tmp_path, project, number_data())
    last = rig.run()
    event = rig.events(EpochFinished)[-1]
    assert event.val["r2"] > 0.9
    assert event.val["mean_absolute_error"] > 1  # of a spread of 50
    assert last.best_epoch == min(rig.events(EpochFinished), key=lambda e: e.val["loss"]).epoch


def test_asked_metrics_are_told(tmp_path: Path) -> None:
    metrics = ("f1_macro", "balanced_accuracy", "top_3_accuracy", "precision_macro", "recall_macro")
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=fast(epochs=1, metrics=metrics)), class_data())
    rig.run()
    event = rig.events(EpochFinished)[-1]
    assert set(event.val) == {"loss", "accuracy", *metrics}
    assert event.val["top_3_accuracy"] == 1.0  # three classes


def test_an_unknown_metric_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(NetwrightError, match="beauty"):
        Rig(tmp_path, classifier(recipe=fast(metrics=("beauty",))), class_data()).run()


def test_stops_early(tmp_path: Path) -> None:
    recipe = fast(epochs=50, early_stop=EarlyStop(metric="accuracy", patience=3))
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=recipe), class_data())
    last = rig.run()
    assert isinstance(last, RunFinished)
    assert last.epochs < 50
    assert "accuracy has not got better for 3 epochs" in last.reason
    scores = [event.val["accuracy"] for event in rig.events(EpochFinished)]
    assert max(scores[-3:]) <= max(scores[:-3])


def test_what_early_stopping_watches_is_measured(tmp_path: Path) -> None:
    recipe = fast(epochs=3, early_stop=EarlyStop(metric="f1_macro", patience=2))
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=recipe), class_data())
    rig.run()
    told = rig.events(EpochFinished)[-1].val
    assert {"accuracy", "f1_macro"} <= told.keys()


def test_an_early_stop_that_nothing_measures_is_refused(tmp_path: Path) -> None:
    recipe = fast(early_stop=EarlyStop(metric="r2"))
    with pytest.raises(TrainingError, match="does not measure") as caught:
        Rig(tmp_path, classifier(recipe=recipe), class_data()).run()
    assert "accuracy" in caught.value.expected


def test_without_validation_the_training_scores_pick_the_best(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=fast(epochs=2)), class_data(val=0))
    last = rig.run()
    assert last.best_epoch == 2
    assert any("no validation split" in note.text for note in rig.events(RunNote))
    assert all(event.val == {} for event in rig.events(EpochFinished))


def test_no_samples_to_train_on_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sample to learn from"):
        Rig(tmp_path, classifier(), class_data(train=0)).run()


def test_a_class_out_of_range_is_refused_before_training(tmp_path: Path) -> None:
    data = class_data()
    data.values[("fruit", "train")][3] = 7
    with pytest.raises(DataError, match="class that the project does not know"):
        Rig(tmp_path, classifier(), data).run()


@pytest.mark.parametrize(("samples", "steps"), [(33, 2), (32, 2), (17, 1), (1, 0)])
def test_batch_normalization_never_sees_one_sample(tmp_path: Path, samples: int, steps: int) -> None:
    rig = Rig(tmp_path, classifier(*NOISY, recipe=fast(epochs=1)), class_data(train=samples))
    if steps == 0:
        with pytest.raises(TrainingError, match="single sample"):
            rig.run()
        return
    rig.run()
    assert rig.events(EpochFinished)[-1].step == steps


def test_the_last_small_batch_is_used(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=fast(epochs=1)), class_data(train=33))
    rig.run()
    assert rig.events(EpochFinished)[-1].step == 3


def test_the_schedule_sets_the_learning_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    player = Player(
        optimizer=Step(type="SGD", attributes={"lr": 0.1}),
        schedule=Step(type="LinearDecay", attributes={"warm_up": 0.0}),
    )
    rig = Rig(tmp_path, classifier(recipe=one_phase(Phase(epochs=2, batch_size=20, players=(player,)))), class_data())
    rig.run()
    rates = [event.learning_rate for event in rig.events(StepsReported)]
    assert rates == pytest.approx([0.1 * (1 - step / 10) for step in range(10)])


def test_clipping_limits_the_step(tmp_path: Path) -> None:
    player = optimizer("SGD", lr=1.0)
    recipe = one_phase(Phase(epochs=1, batch_size=100, players=(player,)), clip_norm=0.01)
    project = classifier(recipe=recipe)
    rig = Rig(tmp_path, project, class_data())
    rig.run()
    from engine.training.task import prepare_task

    before, after = prepare_task(project, class_data()).network.state_dict(), rig.weights()
    moved = math.sqrt(sum(float((after[name] - before[name]).square().sum()) for name in after))
    assert moved == pytest.approx(0.01, rel=1e-3)


def test_rare_classes_count_more_when_asked(tmp_path: Path) -> None:
    data = class_data()
    data.values[("fruit", "train")][:90] = 0
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=fast(epochs=1, class_weights=True)), data)
    rig.run()
    assert rig.task is not None
    weight = rig.task.network.get_submodule("loss1").weight
    counts = torch.bincount(data.values[("fruit", "train")], minlength=3)
    assert torch.allclose(weight * counts, torch.full((3,), 100 / 3))
    assert "loss1.weight" not in rig.weights()


# -- numbers that are none -------------------------------------------------------------------------------------------


def test_a_loss_that_explodes_stops_before_it_is_saved(tmp_path: Path) -> None:
    phase = Phase(epochs=50, batch_size=16, players=(optimizer("SGD", lr=100.0),))
    project = classifier(*HIDDEN, ("deep", "Linear", {"out_features": 16}), recipe=one_phase(phase), target=number())
    rig = Rig(tmp_path, project, number_data())
    with pytest.raises(TrainingError, match="Training stopped at step") as caught:
        rig.run()
    assert caught.value.where in project.graph.nodes
    assert "learning rate" in caught.value.hint
    if checkpoint.newest_first(rig.folder.checkpoints, "last"):
        assert all(bool(tensor.isfinite().all()) for tensor in rig.weights().values())


def test_bad_data_is_named(tmp_path: Path) -> None:
    data = class_data()
    data.values[("features", "train")][50, 2] = math.nan
    with pytest.raises(TrainingError, match="data at 'features'"):
        Rig(tmp_path, classifier(*HIDDEN), data).run()


def test_the_node_that_makes_infinity_is_named(tmp_path: Path) -> None:
    data = class_data()
    data.values[("features", "train")].mul_(3e38).clamp_(-3e38, 3e38)
    project = classifier(
        ("first", "Linear", {"out_features": 64}), ("second", "Linear", {"out_features": 4}), recipe=fast(epochs=1)
    )
    rig = Rig(tmp_path, project, data)
    with pytest.raises(TrainingError) as caught:
        rig.run()
    assert rig.task is not None
    rows = data.values[("features", "train")][epoch_order(100, project.recipe.seed, 0)[:16]]
    for name in ("first", "second", "scores"):
        rows = rig.task.network.get_submodule(name)(rows)
        if not rows.isfinite().all():
            break
    assert caught.value.where == name
    assert "step 1 (epoch 1, batch 1):" in caught.value.message


# -- what the user asks ----------------------------------------------------------------------------------------------


def run_in_thread(rig: Rig) -> tuple[threading.Thread, list[object]]:
    result: list[object] = []

    def work() -> None:
        try:
            result.append(rig.run())
        except BaseException as error:  # noqa: BLE001  told to the test
            result.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, result


def wait_for(rig: Rig, kind: type) -> None:
    pause = threading.Event()
    for _ in range(2000):
        if rig.events(kind):
            return
        pause.wait(0.01)
    raise AssertionError(f"no {kind.__name__} within 20 s")


def test_stops_where_it_is_and_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    project = classifier(*NOISY, recipe=fast(epochs=60))
    whole, stopped = (
        Rig(tmp_path / "a", project, class_data(train=600)),
        Rig(tmp_path / "b", project, class_data(train=600)),
    )
    whole.run()
    thread, result = run_in_thread(stopped)
    wait_for(stopped, StepsReported)
    stopped.folder.ask(StopRun())
    stopped.folder.ask(StopRun())
    thread.join(60)
    assert isinstance(result[0], RunStopped)
    assert result[0].best_epoch > 0
    assert len([event for event in stopped.events() if isinstance(event, RunStopped | RunFinished)]) == 1
    state = checkpoint.read(stopped.folder).state
    assert 0 < state.step < 60 * 38
    last = stopped.run(resume=True)
    assert isinstance(last, RunFinished)
    assert same(whole.weights(), stopped.weights())


def test_stopping_in_the_first_epoch_leaves_something_to_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=fast(epochs=2)), class_data())
    rig.folder.ask(StopRun())
    last = rig.run()
    assert isinstance(last, RunStopped)
    assert (last.epochs, last.best_epoch) == (0, 1)
    assert rig.weights("best").keys() == rig.weights("last").keys()


def test_pauses_and_goes_on(tmp_path: Path) -> None:
    project = classifier(*NOISY, recipe=fast(epochs=60))
    whole, paused = (
        Rig(tmp_path / "a", project, class_data(train=600)),
        Rig(tmp_path / "b", project, class_data(train=600)),
    )
    whole.run()
    thread, result = run_in_thread(paused)
    wait_for(paused, StepsReported)
    paused.folder.ask(PauseRun())
    wait_for(paused, RunPaused)
    step = paused.events(RunPaused)[0].step
    assert checkpoint.read(paused.folder).step == step
    paused.folder.ask(ContinueRun())
    thread.join(60)
    assert isinstance(result[0], RunFinished)
    assert paused.events(RunContinued)[0].step == step
    assert same(whole.weights(), paused.weights())


def test_a_paused_run_can_be_stopped(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(*NOISY, recipe=fast(epochs=100)), class_data(train=600))
    thread, result = run_in_thread(rig)
    wait_for(rig, StepsReported)
    rig.folder.ask(PauseRun())
    wait_for(rig, RunPaused)
    rig.folder.ask(StopRun())
    thread.join(60)
    assert isinstance(result[0], RunStopped)
    assert not rig.events(RunContinued)


def test_waits_for_room_on_the_disk_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.training import saver

    monkeypatch.setattr(saver, "RETRY_S", 1.2)
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    write, full = checkpoint.write, [1]

    def sometimes_full(*arguments: object) -> Path:
        if full:
            full.pop()
            raise OSError(28, "No space left on device")
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoint, "write", sometimes_full)
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=fast(epochs=60)), class_data())
    last = rig.run()
    assert isinstance(last, RunFinished)
    assert any("No space left" in note.text for note in rig.events(RunNote))


def test_a_fault_while_saving_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Path:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(checkpoint, "write", broken)
    with pytest.raises(ValueError, match="fault of ours"):
        Rig(tmp_path, classifier(recipe=fast(epochs=3)), class_data()).run()


def test_pictures_are_laid_out_channels_last_and_learn_the_same(tmp_path: Path) -> None:
    """A convolution over channels-last pictures gives what the plain layout gives, up to rounding."""
    from engine.training.task import prepare_task

    player = optimizer("SGD", lr=0.1)
    project, data = picture_project(one_phase(Phase(epochs=2, batch_size=8, players=(player,))))
    rig = Rig(tmp_path, project, data)
    rig.run()
    task = prepare_task(project, data)
    assert task.channels_last
    network = task.network.to(memory_format=torch.contiguous_format)
    moved = torch.optim.SGD(network.parameters(), lr=0.1)
    for epoch in range(2):
        for batch in epoch_order(40, project.recipe.seed, epoch).split(8):
            loss = torch.nn.functional.cross_entropy(
                network(data.values[("picture", "train")][batch])[0], data.values[("fruit", "train")][batch]
            )
            moved.zero_grad()
            loss.backward()
            moved.step()
    for name, tensor in rig.weights().items():
        assert torch.allclose(tensor, network.state_dict()[name], atol=1e-5), name


VARIED = (Step(type="RandomFlip"), Step(type="RandomShift"), Step(type="RandomRotate"))


@pytest.mark.parametrize("resident", [True, False])
def test_augmented_pictures_go_on_exactly_wherever_they_lie(tmp_path: Path, resident: bool) -> None:
    project, data = picture_project(fast(epochs=3, batch_size=8), augmentation=VARIED)
    plain, _ = picture_project(fast(epochs=3, batch_size=8))
    whole, broken = Rig(tmp_path / "a", project, data), Rig(tmp_path / "b", project, data)
    whole.run()
    data.resident = resident
    with pytest.raises(KilledError):
        broken.run(step_limit=8)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    data.resident = True
    without = Rig(tmp_path / "c", plain, data)
    without.run()
    assert not same(whole.weights(), without.weights())


def test_validation_pictures_are_not_varied(tmp_path: Path) -> None:
    project, data = picture_project(fast(epochs=1, batch_size=8), augmentation=VARIED)
    rig = Rig(tmp_path, project, data)
    rig.run()
    assert rig.task is not None
    (batch, _) = next(iter(rig.task.val.batches([0, 40], torch.arange(40))))
    assert torch.equal(batch, data.values[("picture", "val")])


@pytest.mark.parametrize("augmentation", [(), VARIED], ids=["plain", "varied"])
def test_bfloat16_learns_and_goes_on_exactly(tmp_path: Path, augmentation: tuple[Step, ...]) -> None:
    recipe = fast(epochs=3, batch_size=8, precision=Precision.BFLOAT16)
    project, data = picture_project(recipe, augmentation=augmentation)
    whole, broken = Rig(tmp_path / "a", project, data), Rig(tmp_path / "b", project, data)
    whole.run()
    assert whole.events(RunPrepared)[0].precision == "bfloat16"
    with pytest.raises(KilledError):
        broken.run(step_limit=8)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    exact = Rig(tmp_path / "c", picture_project(fast(epochs=3, batch_size=8), augmentation=augmentation)[0], data)
    exact.run()
    assert not same(whole.weights(), exact.weights())
    assert all(tensor.dtype is torch.float32 for tensor in whole.weights().values())
    losses = [rig.events(EpochFinished)[-1].train["loss"] for rig in (whole, exact)]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)

"""A phase computes what its players and its charts look at, and nothing else; nothing that is learned changes by it."""

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from small_tasks import KilledError, MemoryData, Rig, features, number, number_data, same
from torch import nn

from engine.document.data_spec import DataSpec, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from engine.protocol.run_events import EpochFinished, StepsReported
from engine.training.needed import Needed, needed
from engine.training.player import players_of
from engine.training.step import Outcome, Stepper
from engine.training.task import Task, prepare_task

SGD = Step(type="SGD", attributes={"lr": 0.05})
COPY = Player(name="copier", losses={"copied": 1.0}, nodes=("encode", "decode"), optimizer=SGD)
TELL = Player(name="teller", losses={"told": 1.0}, nodes=("head",), optimizer=SGD)
PHASES = (
    Phase(name="copy", epochs=2, batch_size=20, players=(COPY,)),
    Phase(name="tell", epochs=2, batch_size=20, players=(TELL,)),
)


def project(*phases: Phase, **more: Any) -> Project:
    """An autoencoder, with a head that looks at its code through dropout, and a measure of it. `more` of the recipe."""
    nodes = [
        Node(id="features", type="Input", attributes={"fields": ["features"]}),
        Node(id="truth", type="Input", attributes={"fields": ["price"]}),
        Node(id="encode", type="Linear", attributes={"out_features": 4}),
        Node(id="decode", type="Linear", attributes={"out_features": 6}),
        Node(id="blur", type="Dropout", attributes={"p": 0.25}),
        Node(id="head", type="Linear", attributes={"out_features": 1}),
        Node(id="answer", type="Output", attributes={"field": "price"}),
        Node(id="copied", type="MSELoss"),
        Node(id="told", type="MSELoss"),
        Node(id="far", type="QuantizationError"),
    ]
    links = (
        "features encode, encode decode, encode blur, blur head, head answer.prediction, decode copied.prediction, "
        "features copied.target, head told.prediction, truth told.target, blur far.prediction"
    )
    edges = []
    for link in links.split(", "):
        source, end = link.split(" ")
        target, _, port = end.partition(".")
        edges.append(Edge(source=source, target=target, input=port or "input"))
    spec = DataSpec(fields=(features("features", 6), number()))
    return Project(name="parts", data=spec, graph=Graph(nodes, edges), recipe=Recipe(phases=phases or PHASES, **more))


def found(made: Project, phase: int = 0, data: MemoryData | None = None) -> tuple[Task, Needed]:
    task = prepare_task(made, data or number_data())
    return task, needed(task, players_of(made.recipe.phases[phase], task.network, 100, task.trainable))


def names(task: Task, wanted: Needed) -> tuple[list[str], list[str]]:
    """The outputs and the losses that are computed."""
    network = task.network
    return [network.output_ids[i] for i in wanted.outputs], [network.loss_ids[i] for i in wanted.losses]


def test_losses_are_those_of_the_players_and_measures_of_what_they_change() -> None:
    both = Phase(players=(COPY, TELL))
    made = project(*PHASES, both, Phase(players=(Player(losses={"copied": 1.0}, optimizer=SGD),)))
    assert names(*found(made, 0)) == (["answer"], ["copied", "far"]), "the head tells of a code that changes"
    assert names(*found(made, 1)) == (["answer"], ["told"]), "the code stays"
    assert names(*found(made, 2)) == (["answer"], ["copied", "far", "told"])
    decoder = Phase(players=(Player(losses={"copied": 1.0}, nodes=("decode",), optimizer=SGD),))
    assert names(*found(project(decoder))) == ([], ["copied"]), "neither answer nor measure can change"


def test_where_all_is_needed_the_pass_is_the_networks_own() -> None:
    task, wanted = found(project(Phase(players=(COPY, TELL))))
    assert wanted.forward == task.network.training_forward


def test_without_a_validation_split_everything_is_computed() -> None:
    data = number_data()
    for name in ("features", "price"):
        data.values[(name, "val")] = data.values[(name, "val")][:0]
    task, wanted = found(project(), data=data)
    assert names(task, wanted) == (["answer"], ["copied", "far", "told"])


@pytest.mark.parametrize("phase", [0, 1])
def test_losses_and_gradients_are_those_of_the_whole_pass(phase: int) -> None:
    made = project()
    task, wanted = found(made, phase)
    batch = next(task.train.batches([0, 20]))[: task.input_count]
    task.network.eval()  # without dropout, which draws other numbers where it is drawn more often
    player = players_of(made.recipe.phases[phase], task.network, 100, task.trainable)[0]
    _, losses = task.network.training_forward(*batch)
    whole = torch.autograd.grad(player.loss(losses), player.tensors)
    predictions, part = wanted.forward(*batch)
    assert len(predictions) == len(wanted.outputs)
    assert all(torch.equal(value, losses[place]) for place, value in wanted.by_place(part).items())
    few = torch.autograd.grad(player.loss(wanted.by_place(part)), player.tensors)
    assert all(torch.equal(a, b) for a, b in zip(whole, few, strict=True))


def test_what_nobody_looks_at_is_not_run_in_training_and_is_validated(tmp_path: Path) -> None:
    """Losses are called as modules, so that they can be counted."""
    rig, calls = Rig(tmp_path, project(), number_data(100, 40)), Counter[tuple[str, bool]]()

    def count(task: Task) -> None:
        for name in ("copied", "told", "far"):

            def called(module: nn.Module, _: Any, name: str = name) -> None:
                calls[name, task.network.training] += 1

            task.network.get_submodule(name).register_forward_pre_hook(called)

    rig.run(begin=count)
    in_training = {name: calls[name, True] for name in ("copied", "told", "far")}
    assert in_training == {"copied": 10, "told": 10, "far": 10}, "five steps an epoch, two epochs a phase"
    assert {calls[name, False] for name in ("copied", "told", "far")} == {4}, "one batch after each epoch"
    epochs: list[EpochFinished] = rig.events(EpochFinished)  # type: ignore[assignment]
    everything = {"loss", "loss.copied", "loss.told", "loss.far"}
    for epoch, own, measured in ((epochs[0], "copied", {"loss.far"}), (epochs[3], "told", set[str]())):
        losses = {name for name in epoch.train if name.startswith("loss")}
        assert losses == {"loss", f"loss.{own}", *measured}
        assert everything < set(epoch.val)
        assert epoch.train[f"loss.{own}"] == pytest.approx(epoch.train["loss"])
    reports: list[StepsReported] = rig.events(StepsReported)  # type: ignore[assignment]
    assert set(reports[0].parts) == {"copied", "far"} and set(reports[-1].parts) == {"told"}


def test_an_answer_that_cannot_change_is_scored_in_validation_alone(tmp_path: Path) -> None:
    decoder = Player(losses={"copied": 1.0}, nodes=("decode",), optimizer=SGD)
    rig = Rig(tmp_path, project(Phase(epochs=1, batch_size=20, players=(decoder,)), PHASES[1]), number_data())
    rig.run()
    first, *_, last = rig.events(EpochFinished)
    assert isinstance(first, EpochFinished) and isinstance(last, EpochFinished)
    assert "r2" not in first.train and "r2" in first.val and "r2" in last.train


@pytest.mark.parametrize("steps", [3, 8, 13, 18])
def test_a_run_broken_off_in_either_phase_goes_on_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """Also where a checkpoint lies within an epoch, as one is asked for after each step here."""
    unbroken, broken = (Rig(tmp_path / name, project(), number_data(100, 40)) for name in ("a", "b"))
    unbroken.run()
    take, left = Stepper.take, [steps]

    def limited(stepper: Stepper, *arguments: Any) -> Outcome:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError
        return take(stepper, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Stepper, "take", limited)
        with pytest.raises(KilledError):
            broken.run()
    broken.run(resume=steps >= 5)
    assert same(unbroken.weights(), broken.weights())
    told, again = ([e.train for e in rig.events(EpochFinished)] for rig in (unbroken, broken))  # type: ignore[union-attr]
    assert told == again[-4:]


def test_players_that_rest_are_looked_on_with_what_the_phase_needs(tmp_path: Path) -> None:
    """In a step in which nobody moves its loss is told all the same."""
    seldom = msgspec.structs.replace(COPY, every=2)
    rig = Rig(tmp_path, project(Phase(epochs=1, batch_size=20, players=(seldom,))), number_data(100, 40))
    rig.run()
    reports: list[StepsReported] = rig.events(StepsReported)  # type: ignore[assignment]
    assert sum(len(report.loss) for report in reports) == 5
    assert all(value > 0 for report in reports for value in report.loss)


def test_noise_that_only_another_loss_needs_is_not_drawn() -> None:
    made = project()
    graph = made.graph
    nodes = [
        *graph.nodes.values(),
        Node(id="noise", type="Noise", attributes={"size": [4]}),
        Node(id="sum", type="Add"),
    ]
    edges = [edge for edge in graph.edges if edge.target != "blur"]
    edges += [Edge(source="encode", target="sum", input="a"), Edge(source="noise", target="sum", input="b")]
    edges.append(Edge(source="sum", target="blur"))
    decoder = Phase(players=(Player(losses={"copied": 1.0}, nodes=("decode",), optimizer=SGD),))
    made = Project(name="noisy", data=made.data, graph=Graph(nodes, edges), recipe=Recipe(phases=(decoder,)))
    task, wanted = found(made)
    batch = next(task.train.batches([0, 20]))[: task.input_count]
    before = torch.get_rng_state()
    wanted.forward(*batch)
    assert torch.equal(torch.get_rng_state(), before)
    task.network.training_forward(*batch)
    assert not torch.equal(torch.get_rng_state(), before)


def test_the_part_is_traced_in_one_piece() -> None:
    """So that it can be compiled for graphics cards as the whole pass is."""
    task, wanted = found(project())
    batch = next(task.train.batches([0, 20]))[: task.input_count]
    task.network.eval()
    traced = torch.compile(wanted.forward, backend="aot_eager", fullgraph=True)
    expected = wanted.forward(*batch)
    assert all(torch.equal(a, b) for a, b in zip(sum(traced(*batch), ()), sum(expected, ()), strict=True))

"""Players that compete, follow and take turns: each against a loop written by hand, to the last bit."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from small_tasks import (
    KilledError,
    MemoryData,
    Rig,
    chain,
    class_data,
    classifier,
    features,
    one_phase,
    optimizer,
    same,
)
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

from engine.compiler.module import CompiledNetwork, compile_project
from engine.document.data_spec import DataSpec, Role, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe, Target
from engine.errors import NetwrightError
from engine.protocol.run_events import EpochFinished, RunNote, StepsReported
from engine.training.feed import epoch_order, keyed_seed

BATCH = 20
SAMPLES = 100


def adam(lr: float) -> Step:
    return Step(type="Adam", attributes={"lr": lr})


def gan(*, every: int = 1, steps: int = 1, epochs: int = 2) -> tuple[Project, MemoryData]:
    """Noise -> generator -> critic, and the same critic on real samples; each side has losses of its own."""
    nodes, edges = chain(
        ("noise", "Input", {"fields": ["noise"]}),
        ("gen1", "Linear", {"out_features": 8}),
        ("gen_relu", "ReLU", {}),
        ("gen2", "Linear", {"out_features": 4}),
        ("critic1", "Linear", {"out_features": 8}),
        ("critic_relu", "ReLU", {}),
        ("critic2", "Linear", {"out_features": 1}),
    )
    more, links = chain(
        ("real", "Input", {"fields": ["real"]}),
        ("real1", "Linear", {"out_features": 8}),
        ("real_relu", "ReLU", {}),
        ("real2", "Linear", {"out_features": 1}),
    )
    for node_id, owner in (("real1", "critic1"), ("real2", "critic2")):
        at = next(number for number, node in enumerate(more) if node.id == node_id)
        more[at] = msgspec.structs.replace(more[at], shares=owner)
    nodes += more
    edges += links
    nodes += [
        Node(id="one", type="Input", attributes={"fields": ["one"]}),
        Node(id="zero", type="Input", attributes={"fields": ["zero"]}),
        Node(id="made", type="Output", attributes={"field": "real"}),
        Node(id="fake_loss", type="BCEWithLogitsLoss"),
        Node(id="gen_loss", type="BCEWithLogitsLoss"),
        Node(id="real_loss", type="BCEWithLogitsLoss"),
    ]
    edges += [
        Edge(source="gen2", target="made", input="prediction"),
        Edge(source="critic2", target="fake_loss", input="prediction"),
        Edge(source="zero", target="fake_loss", input="target"),
        Edge(source="critic2", target="gen_loss", input="prediction"),
        Edge(source="one", target="gen_loss", input="target"),
        Edge(source="real2", target="real_loss", input="prediction"),
        Edge(source="one", target="real_loss", input="target"),
    ]
    players = (
        Player(
            name="critic",
            losses={"fake_loss": 1.0, "real_loss": 1.0},
            nodes=("critic1", "critic2"),
            optimizer=adam(0.01),
            steps=steps,
        ),
        Player(name="generator", losses={"gen_loss": 1.0}, nodes=("gen1", "gen2"), optimizer=adam(0.02), every=every),
    )
    fields = (
        features("noise", 3),
        msgspec.structs.replace(features("real", 4), role=Role.TARGET),
        features("one", 1),
        features("zero", 1),
    )
    project = Project(
        name="gan",
        data=DataSpec(fields=fields),
        graph=Graph(nodes, edges),
        recipe=one_phase(Phase(epochs=epochs, batch_size=BATCH, players=players)),
    )
    generator = torch.Generator().manual_seed(3)
    values = {}
    for split, count in (("train", SAMPLES), ("val", 20)):
        values[("noise", split)] = torch.randn(count, 3, generator=generator)
        values[("real", split)] = torch.randn(count, 4, generator=generator) + 2
        values[("one", split)] = torch.ones(count, 1)
        values[("zero", split)] = torch.zeros(count, 1)
    return project, MemoryData(values)


def fresh(project: Project) -> CompiledNetwork:
    """The network with its first weights, the generators standing where training begins."""
    torch.manual_seed(project.recipe.seed)
    network = compile_project(project)
    torch.manual_seed(keyed_seed(project.recipe.seed, "steps"))
    return network


def batches(project: Project, epochs: int) -> list[tuple[int, Tensor]]:
    """(number of the step of the run, rows) in the order of training."""
    found = [rows for epoch in range(epochs) for rows in epoch_order(SAMPLES, project.recipe.seed, epoch).split(BATCH)]
    return list(enumerate(found))


def by_hand(project: Project, data: MemoryData, *, every: int, steps: int, epochs: int) -> dict[str, Tensor]:
    """The usual loop of a GAN: the critic learns with the made samples detached, then the generator through it."""
    network = fresh(project)
    noise, real = data.values[("noise", "train")], data.values[("real", "train")]
    part = network.get_submodule

    def made(rows: Tensor) -> Tensor:
        return part("gen2")(torch.relu(part("gen1")(noise[rows])))  # type: ignore[no-any-return]

    def judged(x: Tensor) -> Tensor:
        return part("critic2")(torch.relu(part("critic1")(x)))  # type: ignore[no-any-return]

    def moving(*names: str) -> torch.optim.Adam:
        return torch.optim.Adam([p for name in names for p in part(name).parameters()], fused=True)

    critic, generator = moving("critic1", "critic2"), moving("gen1", "gen2")
    critic.param_groups[0]["lr"], generator.param_groups[0]["lr"] = 0.01, 0.02
    for step, rows in batches(project, epochs):
        one, zero = torch.ones(len(rows), 1), torch.zeros(len(rows), 1)
        for _ in range(steps):
            critic.zero_grad()
            fake = binary_cross_entropy_with_logits(judged(made(rows).detach()), zero)
            true = binary_cross_entropy_with_logits(judged(real[rows]), one)
            (fake + true).backward()
            critic.step()
        if step % every == 0:
            generator.zero_grad()
            binary_cross_entropy_with_logits(judged(made(rows)), one).backward()
            generator.step()
    return dict(network.state_dict())


@pytest.mark.parametrize(("every", "steps"), [(1, 1), (3, 1), (1, 2)])
def test_a_gan_equals_a_loop_written_by_hand(tmp_path: Path, every: int, steps: int) -> None:
    project, data = gan(every=every, steps=steps)
    rig = Rig(tmp_path, project, data)
    rig.run()
    expected = by_hand(project, data, every=every, steps=steps, epochs=2)
    found = rig.weights()
    assert {name for name in expected if not torch.equal(found[name], expected[name])} == set()


def test_a_gan_broken_off_goes_on_exactly_and_tells_each_loss(tmp_path: Path) -> None:
    project, data = gan(every=2, steps=2)
    whole, broken = Rig(tmp_path / "a", project, data), Rig(tmp_path / "b", project, data)
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=17)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    (event,) = [event for event in whole.events(StepsReported) if event.parts][-1:]
    assert set(event.parts) == {"fake_loss", "gen_loss", "real_loss"}
    assert event.rates == [0.01, 0.02]
    assert {"loss.fake_loss", "loss.gen_loss", "loss.real_loss"} <= set(whole.events(EpochFinished)[-1].val)


def test_a_players_loss_does_not_train_the_others_nodes(tmp_path: Path) -> None:
    project, data = gan(epochs=1)
    (critic, generator) = project.recipe.phases[0].players
    project.recipe = one_phase(Phase(epochs=1, batch_size=BATCH, players=(critic,)))
    rig = Rig(tmp_path, project, data)
    before = {name: value.clone() for name, value in fresh(project).state_dict().items()}
    rig.run()
    after = rig.weights()
    moved = {name.partition(".")[0] for name in after if not torch.equal(after[name], before[name])}
    assert moved == {"critic1", "critic2"}
    assert rig.task is not None
    asked = {name.partition(".")[0] for name, p in rig.task.network.named_parameters() if p.requires_grad}
    assert asked == {"critic1", "critic2"}, "the way back through what nobody trains is spared"
    assert generator.name == "generator"


# -- target copies ----------------------------------------------------------------------------------------------------


def followed(tau: float, every: int, *, turn: int = 1) -> Project:
    """A network that learns to answer like a slow copy of itself does on other numbers, as BYOL and DQN do."""
    nodes, edges = chain(
        ("features", "Input", {"fields": ["features"]}),
        ("quick", "Linear", {"out_features": 8}),
        ("norm", "BatchNorm1d", {}),
        ("scores", "Linear", {"out_features": 3}),
    )
    more, links = chain(
        ("others", "Input", {"fields": ["others"]}),
        ("slow", "Linear", {"out_features": 8}),
        ("slow_norm", "BatchNorm1d", {}),
    )
    nodes += more
    edges += links
    nodes += [
        Node(id="truth", type="Input", attributes={"fields": ["fruit"]}),
        Node(id="answer", type="Output", attributes={"field": "fruit"}),
        Node(id="loss1", type="CrossEntropyLoss"),
        Node(id="near", type="MSELoss"),
    ]
    edges += [
        Edge(source="scores", target="answer", input="prediction"),
        Edge(source="scores", target="loss1", input="prediction"),
        Edge(source="truth", target="loss1", input="target"),
        Edge(source="norm", target="near", input="prediction"),
        Edge(source="slow_norm", target="near", input="target"),
    ]
    targets = (Target(node="slow", of="quick", tau=tau, every=every), Target(node="slow_norm", of="norm", tau=tau))
    player = Player(optimizer=Step(type="SGD", attributes={"lr": 0.05}), targets=targets, every=turn)
    base = classifier()
    data = DataSpec(fields=(*base.data.fields, features("others", 6)))
    recipe = one_phase(Phase(epochs=2, batch_size=BATCH, players=(player,)))
    return Project(name="slow", data=data, graph=Graph(nodes, edges), recipe=recipe)


def with_others() -> MemoryData:
    data = class_data(SAMPLES, 40)
    generator = torch.Generator().manual_seed(8)
    for split, count in (("train", SAMPLES), ("val", 40)):
        data.values[("others", split)] = torch.randn(count, 6, generator=generator)
    return data


@pytest.mark.parametrize(("tau", "every", "turn"), [(0.1, 1, 1), (1.0, 3, 1), (0.25, 2, 2)])
def test_a_slow_copy_follows_as_a_loop_written_by_hand_would_let_it(
    tmp_path: Path, tau: float, every: int, turn: int
) -> None:
    project, data = followed(tau, every, turn=turn), with_others()
    rig = Rig(tmp_path, project, data)
    rig.run()
    network = fresh(project)
    part: Callable[[str], nn.Module] = network.get_submodule
    for copy, original in (("slow", "quick"), ("slow_norm", "norm")):
        part(copy).load_state_dict(part(original).state_dict())
        part(copy).requires_grad_(False)
    moved = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.05, fused=True)
    rows_of = {name: data.values[(name, "train")] for name in ("features", "others", "fruit")}
    for step, rows in batches(project, 2):
        quick = part("norm")(part("quick")(rows_of["features"][rows]))
        slow = part("slow_norm")(part("slow")(rows_of["others"][rows]))
        if step % turn:
            continue
        moved.zero_grad()
        loss = cross_entropy(part("scores")(quick), rows_of["fruit"][rows]) + mse_loss(quick, slow)
        loss.backward()
        moved.step()
        for copy, original, each in (("slow", "quick", every), ("slow_norm", "norm", 1)):
            if (step // turn + 1) % each:
                continue
            if tau == 1.0:
                part(copy).load_state_dict(part(original).state_dict())
            else:
                with torch.no_grad():
                    for old, new in zip(part(copy).parameters(), part(original).parameters(), strict=True):
                        old.lerp_(new, tau)
    expected, found = dict(network.state_dict()), rig.weights()
    assert {name for name in expected if not torch.equal(found[name], expected[name])} == set()


def test_nodes_without_weights_have_nothing_to_follow_with(tmp_path: Path) -> None:
    """As there are inside of blocks that follow each other."""
    base = followed(0.1, 1)
    player = base.recipe.phases[0].players[0]
    relus = [Node(id=name, type="ReLU") for name in ("relu_a", "relu_b")]
    for node, source in zip(relus, ("norm", "slow_norm"), strict=True):
        base.graph.add(node)
        base.graph.connect(Edge(source=source, target=node.id))
    more = (*player.targets, Target(node="relu_b", of="relu_a", tau=0.1))
    other = followed(0.1, 1)
    for node, source in zip(relus, ("norm", "slow_norm"), strict=True):
        other.graph.add(node)
        other.graph.connect(Edge(source=source, target=node.id))
    other.recipe = one_phase(
        Phase(epochs=2, batch_size=BATCH, players=(msgspec.structs.replace(player, targets=more),))
    )
    first, second = Rig(tmp_path / "a", base, with_others()), Rig(tmp_path / "b", other, with_others())
    first.run()
    second.run()
    assert same(first.weights(), second.weights())


def test_a_slow_copy_goes_on_exactly(tmp_path: Path) -> None:
    project, data = followed(0.1, 2), with_others()
    whole, broken = Rig(tmp_path / "a", project, data), Rig(tmp_path / "b", project, data)
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=7)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target(node="slow", of="slow"), "the same node"),
        (Target(node="slow", of="scores"), "not of the same make"),
        (Target(node="slow", of="nothing"), "no 'nothing'"),
        (Target(node="quick", of="slow"), "a player trains it"),
    ],
)
def test_a_copy_that_makes_no_sense_is_refused_in_words(tmp_path: Path, target: Target, said: str) -> None:
    project = followed(0.1, 1)
    player = msgspec.structs.replace(project.recipe.phases[0].players[0], targets=(target,), nodes=("quick", "scores"))
    project.recipe = one_phase(Phase(players=(player,)))
    with pytest.raises(NetwrightError, match=said):
        Rig(tmp_path, project, with_others()).run()


# -- greedy phases ----------------------------------------------------------------------------------------------------


def test_greedy_phases_train_layer_by_layer_as_by_hand(tmp_path: Path) -> None:
    """First an autoencoder's layers, then the head on what they learned; losses of two kinds are not compared."""
    nodes, edges = chain(
        ("features", "Input", {"fields": ["features"]}),
        ("encode", "Linear", {"out_features": 4}),
        ("relu1", "ReLU", {}),
        ("decode", "Linear", {"out_features": 6}),
    )
    nodes += [
        Node(id="head", type="Linear", attributes={"out_features": 1}),
        Node(id="truth", type="Input", attributes={"fields": ["price"]}),
        Node(id="answer", type="Output", attributes={"field": "price"}),
        Node(id="copied", type="MSELoss"),
        Node(id="told", type="MSELoss"),
    ]
    edges += [
        Edge(source="relu1", target="head"),
        Edge(source="head", target="answer", input="prediction"),
        Edge(source="decode", target="copied", input="prediction"),
        Edge(source="features", target="copied", input="target"),
        Edge(source="head", target="told", input="prediction"),
        Edge(source="truth", target="told", input="target"),
    ]
    sgd = Step(type="SGD", attributes={"lr": 0.05})
    first = Player(losses={"copied": 1.0}, nodes=("encode", "decode"), optimizer=sgd)
    second = Player(losses={"told": 1.0}, nodes=("head",), optimizer=sgd)
    phases = (
        Phase(name="copy", epochs=2, batch_size=BATCH, players=(first,)),
        Phase(name="tell", epochs=2, batch_size=BATCH, players=(second,)),
    )
    from small_tasks import number, number_data

    data = number_data(SAMPLES)
    spec = DataSpec(fields=(features("features", 6), number()))
    project = Project(name="greedy", data=spec, graph=Graph(nodes, edges), recipe=Recipe(phases=phases))
    rig = Rig(tmp_path, project, data)
    last = rig.run()
    network = fresh(project)
    part = network.get_submodule
    x, y = data.values[("features", "train")], data.values[("price", "train")]
    for number_, names in enumerate((("encode", "decode"), ("head",))):
        moved = torch.optim.SGD([p for name in names for p in part(name).parameters()], lr=0.05, fused=True)
        for epoch in (2 * number_, 2 * number_ + 1):
            for rows in epoch_order(SAMPLES, project.recipe.seed, epoch).split(BATCH):
                code = torch.relu(part("encode")(x[rows]))
                network.zero_grad()
                loss = mse_loss(part("head")(code), y[rows]) if number_ else mse_loss(part("decode")(code), x[rows])
                loss.backward()
                moved.step()
    expected, found = dict(network.state_dict()), rig.weights()
    assert {name for name in expected if not torch.equal(found[name], expected[name])} == set()
    assert last.best_epoch > 2, "the loss of another kind is no record to beat"


def test_what_a_phase_does_not_train_stays_as_if_it_were_frozen(tmp_path: Path) -> None:
    """A normalization measures nothing while the head alone is trained, and again when all of it is."""
    nodes, edges = chain(
        ("features", "Input", {"fields": ["features"]}),
        ("body", "Linear", {"out_features": 4}),
        ("norm", "BatchNorm1d", {}),
        ("plain", "BatchNorm1d", {"affine": False}),
        ("head", "Linear", {"out_features": 1}),
        ("loss", "MSELoss", {}),
    )
    nodes += [
        Node(id="truth", type="Input", attributes={"fields": ["price"]}),
        Node(id="answer", type="Output", attributes={"field": "price"}),
    ]
    edges = [edge for edge in edges if edge.target != "loss"] + [
        Edge(source="head", target="loss", input="prediction"),
        Edge(source="head", target="answer", input="prediction"),
        Edge(source="truth", target="loss", input="target"),
    ]
    from small_tasks import number, number_data

    sgd = Step(type="SGD", attributes={"lr": 0.05})
    alone = Phase(name="head", epochs=2, batch_size=BATCH, players=(Player(nodes=("head",), optimizer=sgd),))
    everything = Phase(name="all", epochs=1, batch_size=BATCH, players=(Player(optimizer=sgd),))
    spec = DataSpec(fields=(features("features", 6), number()))
    found = []
    for number_, phases in enumerate(((alone,), (alone, everything))):
        project = Project(name="thaw", data=spec, graph=Graph(nodes, edges), recipe=Recipe(phases=phases))
        rig = Rig(tmp_path / str(number_), project, number_data(SAMPLES))
        rig.run()
        found.append(rig.weights())
    first = dict(fresh(project).state_dict())
    still, thawed = found
    for name in ("body.weight", "norm.weight", "norm.running_mean", "norm.num_batches_tracked"):
        assert torch.equal(still[name], first[name]) and not torch.equal(thawed[name], first[name]), name
    assert not torch.equal(still["head.weight"], first["head.weight"])
    # What has nothing to train belongs to nobody, and measures as ever.
    assert not torch.equal(still["plain.running_mean"], first["plain.running_mean"])


def test_a_stopping_rule_ends_a_phase_and_counts_anew_in_the_next(tmp_path: Path) -> None:
    from engine.document.recipe import EarlyStop

    still = Player(optimizer=Step(type="SGD", attributes={"lr": 1e-12}))
    phases = (
        Phase(name="still", epochs=9, batch_size=BATCH, players=(still,)),
        Phase(name="after", epochs=8, batch_size=BATCH, players=(still,)),
    )
    recipe = Recipe(phases=phases, early_stop=EarlyStop(metric="loss", patience=2))
    rig = Rig(tmp_path, classifier(recipe=recipe), class_data())
    last = rig.run()
    assert last.epochs == 3 + 3
    assert "has not got better" in last.reason  # type: ignore[union-attr]
    assert any("The phase 'still' ends here" in note.text for note in rig.events(RunNote))


def test_a_phase_without_effect_on_the_ordinary_case(tmp_path: Path) -> None:
    """Naming every node is the same as naming none."""
    plain = classifier(recipe=one_phase(Phase(epochs=2, batch_size=16, players=(optimizer("AdamW", lr=0.02),))))
    named = classifier(recipe=plain.recipe)
    player = msgspec.structs.replace(plain.recipe.phases[0].players[0], nodes=("scores",))
    named.recipe = one_phase(msgspec.structs.replace(plain.recipe.phases[0], players=(player,)))
    first, second = Rig(tmp_path / "a", plain, class_data()), Rig(tmp_path / "b", named, class_data())
    first.run()
    second.run()
    assert same(first.weights(), second.weights())

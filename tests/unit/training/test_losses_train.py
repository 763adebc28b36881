"""Whole networks learn with losses of every kind, in the loop that the window starts."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from small_tasks import MemoryData, Rig, category, features, number

from engine.compiler.modules.heads import OrdinalProbabilities
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from engine.protocol.run_events import EpochFinished

WIDTH = 6


def rows(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Points around three centres, 0 to 1, and the number of their centre."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.rand(3, WIDTH, generator=torch.Generator().manual_seed(0))
    labels = torch.randint(3, (count,), generator=generator)
    return (centres[labels] + 0.1 * torch.randn(count, WIDTH, generator=generator)).clamp(0, 1), labels


def data() -> MemoryData:
    values: dict[tuple[str, str], torch.Tensor] = {}
    for split, count, seed in (("train", 96, 1), ("val", 32, 2)):
        x, labels = rows(count, seed)
        values |= {
            ("features", split): x,
            ("fruit", split): labels,
            ("other", split): rows(count, seed + 10)[0],
            ("alike", split): labels % 2,
            ("reward", split): x[:, :1] - 0.5,
            ("next", split): rows(count, seed + 20)[0],
        }
    return MemoryData(values)


FIELDS = (
    features("features", WIDTH),
    features("other", WIDTH),
    features("next", WIDTH),
    category(),
    category("alike", classes=("no", "yes")),
    number("reward", mean=0.0, std=1.0),
)


def drawn(nodes: dict[str, Any], *links: str, recipe: Recipe | None = None) -> Project:
    """Nodes by id; a link is "from.port > to.port", ports left out being output and input."""
    made = [Node(id=node_id, type=kind, attributes=attributes) for node_id, (kind, attributes) in nodes.items()]
    edges = []
    for link in links:
        (source, _, output), (target, _, port) = (end.strip().partition(".") for end in link.split(">"))
        edges.append(Edge(source=source, target=target, output=output or "output", input=port or "input"))
    player = Player(optimizer=Step(type="AdamW", attributes={"lr": 0.01}))
    recipe = recipe or Recipe(phases=(Phase(epochs=6, batch_size=16, players=(player,)),))
    return Project(name="net", data=DataSpec(fields=FIELDS), graph=Graph(made, edges), recipe=recipe)


def source(name: str) -> tuple[str, dict[str, Any]]:
    return "Input", {"fields": [name]}


X, OTHER, NEXT = source("features"), source("other"), source("next")
TRUTH = source("fruit")
ANSWER = ("Output", {"field": "fruit"})
REBUILT = ("Output", {"field": "features"})


def embedding(loss: str, **attributes: Any) -> Project:
    """A classifier with a loss on its embedding beside the one on its answer."""
    return drawn(
        {
            "x": X,
            "truth": TRUTH,
            "hidden": ("Linear", {"out_features": 8}),
            "scores": ("Linear", {"out_features": 3}),
            "answer": ANSWER,
            "loss1": ("CrossEntropyLoss", {}),
            "loss2": (loss, attributes),
        },
        *("x > hidden", "hidden > scores", "scores > answer.prediction"),
        *("scores > loss1.prediction", "truth > loss1.target"),
        *("hidden > loss2.prediction", "truth > loss2.target"),
    )


def head(layer: str, loss: str, attributes: dict[str, Any], between: str = "", method: str = "") -> Project:
    nodes: dict[str, Any] = {
        "x": X,
        "truth": TRUTH,
        "hidden": ("Linear", {"out_features": 8}),
        "relu": ("ReLU", {}),
        "scores": (layer, attributes),
        "answer": ANSWER,
        "loss1": (loss, {"scale": 8.0} if "Face" in loss else {}),
    }
    links = ["x > hidden", "hidden > relu", "relu > scores", "scores > loss1.prediction", "truth > loss1.target"]
    if between:
        nodes["chances"] = (between, {"method": method})
        links += ["scores > chances", "chances > answer.prediction"]
    else:
        links.append("scores > answer.prediction")
    return drawn(nodes, *links)


def autoencoder() -> Project:
    return drawn(
        {
            "x": X,
            "mean": ("Linear", {"out_features": 2}),
            "spread": ("Linear", {"out_features": 2}),
            "drawn": ("Reparameterize", {}),
            "rebuilt": ("Linear", {"out_features": WIDTH}),
            "answer": REBUILT,
            "loss1": ("MSELoss", {}),
            "loss2": ("KLPriorLoss", {}),
        },
        *("x > mean", "x > spread", "mean > drawn.mean", "spread > drawn.log_variance", "drawn > rebuilt"),
        *("rebuilt > answer.prediction", "rebuilt > loss1.prediction", "x > loss1.target"),
        *("mean > loss2.mean", "spread > loss2.log_variance"),
    )


def siamese(loss: str) -> Project:
    project = drawn(
        {
            "x": X,
            "other": OTHER,
            "truth": source("alike"),
            "first": ("Linear", {"out_features": 4}),
            "second": ("Linear", {"out_features": 4}),
            "scores": ("Linear", {"out_features": 2}),
            "answer": ("Output", {"field": "alike"}),
            "loss1": (loss, {}),
            "loss2": ("CrossEntropyLoss", {}),
        },
        *("x > first", "other > second", "first > loss1.prediction", "second > loss1.other", "first > scores"),
        *("scores > answer.prediction", "scores > loss2.prediction", "truth > loss2.target"),
        *(("truth > loss1.target",) if loss in ("ContrastiveLoss", "CosineEmbeddingLoss") else ()),
    )
    project.graph.replace(msgspec.structs.replace(project.graph.node("second"), shares="first"))
    return project


def map_of_units() -> Project:
    return drawn(
        {
            "x": X,
            "map": ("SelfOrganizingMap", {"rows": 3, "columns": 4}),
            "rebuilt": ("Linear", {"out_features": WIDTH}),
            "answer": REBUILT,
            "loss1": ("MapDistortionLoss", {"rows": 3}),
            "loss2": ("MSELoss", {}),
        },
        *("x > map", "map.distances > loss1.prediction", "map.distances > rebuilt", "rebuilt > answer.prediction"),
        *("rebuilt > loss2.prediction", "x > loss2.target"),
    )


def boltzmann() -> Project:
    return drawn(
        {
            "x": X,
            "machine": ("RestrictedBoltzmann", {"hidden_features": 8}),
            "rebuilt": ("Linear", {"out_features": WIDTH}),
            "answer": REBUILT,
            "loss1": ("FreeEnergyLoss", {}),
            "loss2": ("MSELoss", {}),
        },
        *("x > machine", "machine.energy > loss1.data", "machine.model_energy > loss1.model"),
        *("machine.hidden > rebuilt", "rebuilt > answer.prediction", "rebuilt > loss2.prediction", "x > loss2.target"),
    )


def values_of_actions() -> Project:
    project = drawn(
        {
            "x": X,
            "next": NEXT,
            "action": TRUTH,
            "reward": source("reward"),
            "first": ("Linear", {"out_features": 3}),
            "second": ("Linear", {"out_features": 3}),
            "answer": ANSWER,
            "loss1": ("TDLoss", {"gamma": 0.5}),
        },
        *("x > first", "next > second", "first > answer.prediction", "first > loss1.prediction"),
        *("action > loss1.action", "reward > loss1.reward", "second > loss1.following"),
    )
    project.graph.replace(msgspec.structs.replace(project.graph.node("second"), shares="first"))
    return project


def adversaries() -> Project:
    """What makes samples against a critic with a gradient penalty, each moved by its own player."""
    project = drawn(
        {
            "real": X,
            "noise": OTHER,
            "maker": ("Linear", {"out_features": WIDTH}),
            "critic1": ("Linear", {"out_features": 8}),
            "soft1": ("Softplus", {}),
            "score1": ("Linear", {"out_features": 1}),
            "critic2": ("Linear", {"out_features": 8}),
            "soft2": ("Softplus", {}),
            "score2": ("Linear", {"out_features": 1}),
            "answer": REBUILT,
            "loss1": ("WassersteinLoss", {}),
            "loss2": ("GradientPenaltyLoss", {}),
            "loss3": ("GeneratorLoss", {}),
        },
        *("noise > maker", "maker > answer.prediction", "maker > critic1", "critic1 > soft1", "soft1 > score1"),
        *("real > critic2", "critic2 > soft2", "soft2 > score2", "score1 > loss1.made", "score2 > loss1.real"),
        *("score1 > loss2.score", "maker > loss2.point", "score1 > loss3.made"),
    )
    for twin, owner in (("critic2", "critic1"), ("score2", "score1")):
        project.graph.replace(msgspec.structs.replace(project.graph.node(twin), shares=owner))
    slow = Step(type="Adam", attributes={"lr": 0.003})
    players = (
        Player(name="critic", losses={"loss1": 1.0, "loss2": 10.0}, nodes=("critic1", "score1"), optimizer=slow),
        Player(name="maker", losses={"loss3": 1.0}, nodes=("maker",), optimizer=slow, every=2),
    )
    project.recipe = Recipe(phases=(Phase(epochs=3, batch_size=16, players=players),))
    return project


NETWORKS = {
    "ArcFace": lambda: head("CosineLinear", "ArcFaceLoss", {"out_features": 3}),
    "CosFace": lambda: head("CosineLinear", "CosFaceLoss", {"out_features": 3}),
    "CORAL": lambda: head("Linear", "CORALLoss", {"out_features": 2}, "OrdinalProbabilities", "coral"),
    "CORN": lambda: head("Linear", "CORNLoss", {"out_features": 2}, "OrdinalProbabilities", "corn"),
    "focal": lambda: head("Linear", "FocalLoss", {"out_features": 3}),
    "supervised contrastive": lambda: embedding("SupervisedContrastiveLoss"),
    "batch-hard triplet": lambda: embedding("BatchHardTripletLoss"),
    "variational autoencoder": autoencoder,
    "contrastive": lambda: siamese("ContrastiveLoss"),
    "cosine embedding": lambda: siamese("CosineEmbeddingLoss"),
    "InfoNCE": lambda: siamese("InfoNCELoss"),
    "self-organising map": map_of_units,
    "Boltzmann machine": boltzmann,
    "values of actions": values_of_actions,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_learns(tmp_path: Path, name: str) -> None:
    rig = Rig(tmp_path, NETWORKS[name](), data())
    rig.run()
    events = [event for event in rig.events(EpochFinished) if isinstance(event, EpochFinished)]
    assert len(events) == 6
    assert events[-1].train["loss"] < events[0].train["loss"]
    assert all(torch.isfinite(weight).all() for weight in rig.weights().values())
    if name in ("ArcFace", "CosFace", "CORAL", "CORN", "focal"):
        assert events[-1].val["accuracy"] > 0.5


def test_adversaries_move_against_each_other(tmp_path: Path) -> None:
    rig = Rig(tmp_path, adversaries(), data())
    rig.run()
    events = [event for event in rig.events(EpochFinished) if isinstance(event, EpochFinished)]
    assert events[0].train["loss.loss2"] > 0, "the penalty is at work while training"
    assert events[0].val["loss.loss2"] == 0, "and cannot be while nothing is learned"
    assert {"critic1.weight", "maker.weight"} <= rig.weights().keys()


def test_ordinal_probabilities_add_up() -> None:
    scores = torch.tensor([[2.0, -1.0], [-3.0, 1.0]])
    for method in ("coral", "corn"):
        chances = OrdinalProbabilities(method)(scores)
        torch.testing.assert_close(chances.sum(1), torch.ones(2))
    above = scores[0].sigmoid()
    expected = torch.stack([1 - above[0], above[0] - above[1], above[1]])
    torch.testing.assert_close(OrdinalProbabilities("coral")(scores)[0], expected)
    expected = torch.stack([1 - above[0], above[0] * (1 - above[1]), above[0] * above[1]])
    torch.testing.assert_close(OrdinalProbabilities("corn")(scores)[0], expected)


def test_regions_are_learned_and_scored(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(3)
    values: dict[tuple[str, str], torch.Tensor] = {}
    for split, count in (("train", 24), ("val", 8)):
        picture = torch.rand(count, 1, 8, 8, generator=generator)
        values |= {("picture", split): picture, ("mask", split): (picture[:, 0] > 0.5).long()}
    fields = (
        Field(name="picture", kind=FieldKind.ARRAY, statistics=Statistics(shape=(1, 8, 8))),
        Field(
            name="mask",
            kind=FieldKind.MASK,
            role=Role.TARGET,
            statistics=Statistics(classes=("no", "yes"), counts=(1, 1), shape=(8, 8)),
        ),
    )
    nodes = [
        Node(id="x", type="Input", attributes={"fields": ["picture"]}),
        Node(id="truth", type="Input", attributes={"fields": ["mask"]}),
        Node(id="conv", type="Conv2d", attributes={"out_channels": 2, "kernel_size": 1}),
        Node(id="answer", type="Output", attributes={"field": "mask"}),
        Node(id="loss1", type="DiceLoss"),
    ]
    edges = [
        Edge(source="x", target="conv"),
        Edge(source="conv", target="answer", input="prediction"),
        Edge(source="conv", target="loss1", input="prediction"),
        Edge(source="truth", target="loss1", input="target"),
    ]
    player = Player(optimizer=Step(type="AdamW", attributes={"lr": 0.1}))
    recipe = Recipe(phases=(Phase(epochs=8, batch_size=8, players=(player,)),), metrics=("accuracy", "dice"))
    project = Project(name="net", data=DataSpec(fields=fields), graph=Graph(nodes, edges), recipe=recipe)
    rig = Rig(tmp_path, project, MemoryData(values))
    rig.run()
    last = [event for event in rig.events(EpochFinished) if isinstance(event, EpochFinished)][-1]
    assert last.val["dice"] > 0.8 and last.val["accuracy"] > 0.8

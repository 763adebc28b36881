"""What is wrong with players that follow each other and samples that are blended, before anything runs."""

import msgspec
import pytest

from engine.checks.inference import ShapeChecker
from engine.checks.problem import Severity
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.flat import flattened
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe, Target


def project(recipe: Recipe, *, loss: str = "CrossEntropyLoss") -> Project:
    """Two columns -> quick -> scores, and a slow copy of quick beside it."""
    fields = (
        Field(name="x", kind=FieldKind.ARRAY, statistics=Statistics(shape=(4,))),
        Field(
            name="kind",
            kind=FieldKind.CATEGORY,
            role=Role.TARGET,
            preparation=(Step(type="ClassIndex"),),
            statistics=Statistics(classes=("a", "b", "c"), counts=(1, 1, 1)),
        ),
    )
    nodes = [
        Node(id="x", type="Input", attributes={"fields": ["x"]}),
        Node(id="truth", type="Input", attributes={"fields": ["kind"]}),
        Node(id="quick", type="Linear", attributes={"out_features": 3}),
        Node(id="slow", type="Linear", attributes={"out_features": 3}),
        Node(id="wide", type="Linear", attributes={"out_features": 5}),
        Node(id="twin", type="Linear", attributes={"out_features": 3}, shares="quick"),
        Node(id="answer", type="Output", attributes={"field": "kind"}),
        Node(id="loss1", type=loss),
    ]
    edges = [Edge(source="x", target=name) for name in ("quick", "slow", "wide", "twin")]
    edges += [
        Edge(source="quick", target="answer", input="prediction"),
        Edge(source="quick", target="loss1", input="prediction"),
        Edge(source="truth", target="loss1", input="target"),
    ]
    return Project(name="p", data=DataSpec(fields=fields), graph=Graph(nodes, edges), recipe=recipe)


def said(recipe: Recipe, **more: str) -> list[str]:
    return [item.message for item in ShapeChecker(project(recipe, **more)).problems()]


def following(*targets: Target, nodes: tuple[str, ...] = ()) -> Recipe:
    return Recipe(phases=(Phase(players=(Player(nodes=nodes, targets=targets),)),))


def test_a_good_copy_is_no_problem() -> None:
    assert not [text for text in said(following(Target(node="slow", of="quick"))) if "copy" in text]


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (following(Target(node="slow", of="slow")), "the same node"),
        (following(Target(node="wide", of="quick")), "not of the same make"),
        (following(Target(node="gone", of="quick")), "no 'gone'"),
        (following(Target(node="slow", of="gone")), "no 'gone'"),
        (following(Target(node="twin", of="quick")), "share their weights already"),
        (following(Target(node="slow", of="quick"), nodes=("quick", "slow")), "a player trains it"),
        (
            following(Target(node="slow", of="quick"), Target(node="slow", of="quick")),
            "follows two nodes at once",
        ),
        (following(Target(node="slow", of="quick"), Target(node="wide", of="slow")), "a copy itself"),
    ],
)
def test_copies_that_cannot_be_are_told(recipe: Recipe, expected: str) -> None:
    assert any(expected in text for text in said(recipe)), said(recipe)


def test_players_of_one_name_are_warned_of() -> None:
    recipe = Recipe(phases=(Phase(players=(Player(), Player())),))
    (problem,) = [item for item in ShapeChecker(project(recipe)).problems() if "are called" in item.message]
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("more", "loss", "expected"),
    [
        ({"mixup": 0.2}, "CrossEntropyLoss", ""),
        ({"mixup": 0.2}, "FocalLoss", "Mixup cannot be used with the loss 'loss1'"),
        ({"cutmix": 1.0}, "CrossEntropyLoss", "no input is one"),
        ({"label_smoothing": 0.1}, "CrossEntropyLoss", ""),
        ({"label_smoothing": 0.1}, "FocalLoss", "Label smoothing changes nothing"),
    ],
)
def test_blending_is_checked(more: dict[str, float], loss: str, expected: str) -> None:
    told = [text for text in said(Recipe(**more), loss=loss) if "ixup" in text or "utmix" in text or "smooth" in text]
    assert any(expected in text for text in told) if expected else told == []


def test_instances_of_blocks_follow_node_by_node() -> None:
    from tests.drawn_blocks import with_blocks

    drawn = with_blocks()
    instance = next(node.id for node in drawn.graph.sorted_nodes() if node.type == "Block")
    flat = flattened(drawn)
    inner = [name for name in flat.graph.nodes if name.startswith(f"{instance}__")]
    assert inner
    drawn.graph.add(msgspec.structs.replace(drawn.graph.node(instance), id="copied"))
    drawn.recipe = following(Target(node="copied", of=instance, tau=0.5))
    targets = flattened(drawn).recipe.phases[0].players[0].targets
    assert {(target.node, target.of) for target in targets} == {
        (name.replace(instance, "copied", 1), name) for name in inner
    }
    assert {target.tau for target in targets} == {0.5}

"""An Output for several labels wants a score for each, and says how to come to it."""

from engine.checks.inference import ShapeChecker
from engine.checks.offers import usual_loss
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project

TAGS = Field(
    name="tags",
    kind=FieldKind.LABELS,
    role=Role.TARGET,
    preparation=(Step(type="MultiHot"),),
    statistics=Statistics(classes=("a", "b", "c")),
)
SIZE = Field(name="size", kind=FieldKind.NUMBER, preparation=(Step(type="Standardize"),))


def network(width: int) -> Project:
    graph = Graph()
    graph.add(Node(id="size", type="Input", attributes={"fields": ["size"]}))
    graph.add(Node(id="scores", type="Linear", attributes={"out_features": width}))
    graph.add(Node(id="answer", type="Output", attributes={"field": "tags"}))
    graph.connect(Edge(source="size", target="scores", input="input"))
    graph.connect(Edge(source="scores", target="answer", input="prediction"))
    return Project(name="x", data=DataSpec(fields=(SIZE, TAGS)), graph=graph)


def test_as_many_scores_as_labels() -> None:
    assert not ShapeChecker(network(3)).problems_of("answer")
    (problem,) = ShapeChecker(network(5)).problems_of("answer")
    assert "tags" in problem.message and problem.repairs and "3" in problem.repairs[0].title


def test_the_usual_loss_is_one_yes_or_no_for_each() -> None:
    assert usual_loss(TAGS) == "BCEWithLogitsLoss"

"""Small projects that the tests of checks draw on."""

import itertools
from collections.abc import Iterable
from typing import Any

from engine.checks.inference import ShapeChecker
from engine.document import edits
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.edits import Change, Edit
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project

CLASSES = tuple("abcdefghij")

PIXELS = Field(
    name="pixels",
    kind=FieldKind.IMAGE,
    preparation=(Step(type="Scale"),),
    statistics=Statistics(shape=(28, 28, 1)),
)
LABEL = Field(
    name="label",
    kind=FieldKind.CATEGORY,
    role=Role.TARGET,
    preparation=(Step(type="ClassIndex"),),
    statistics=Statistics(classes=CLASSES),
)
PRICE = Field(name="price", kind=FieldKind.NUMBER, role=Role.TARGET, preparation=(Step(type="Standardize"),))
AGE = Field(name="age", kind=FieldKind.NUMBER, preparation=(Step(type="FillMissing"), Step(type="Standardize")))
ISLAND = Field(
    name="island",
    kind=FieldKind.CATEGORY,
    preparation=(Step(type="OneHot"),),
    statistics=Statistics(classes=("a", "b", "c")),
)
NAME = Field(
    name="name",
    kind=FieldKind.TEXT,
    preparation=(Step(type="Characters", attributes={"length": 12}),),
    statistics=Statistics(vocabulary=tuple("abcdefghijklmnopqrstuvwxyz")),
)
PICTURES = DataSpec(fields=(PIXELS, LABEL))
EVERYTHING = DataSpec(fields=(PIXELS, AGE, ISLAND, NAME, LABEL, PRICE))


def node(node_id: str, type_name: str, **attributes: Any) -> Node:
    return Node(id=node_id, type=type_name, attributes=attributes)


def link(text: str) -> Edge:
    """ "conv1 > loss.prediction": an edge, to the port "input" where none is named."""
    source, _, target = (part.strip() for part in text.partition(">"))
    target, _, port = target.partition(".")
    return Edge(source=source, target=target, input=port or "input")


def project(nodes: Iterable[Node], links: str = "", data: DataSpec = PICTURES) -> Project:
    """A project; `links` are chains, separated by commas: "x > conv1 > loss.prediction, y > loss.target"."""
    edges = []
    for chain in filter(None, (part.strip() for part in links.split(","))):
        stops = [stop.strip() for stop in chain.split(">")]
        edges += [link(f"{source.partition('.')[0]} > {target}") for source, target in itertools.pairwise(stops)]
    placed = [
        Node(id=item.id, type=item.type, attributes=item.attributes, x=240.0 * place, bypassed=item.bypassed)
        for place, item in enumerate(nodes)
    ]
    return Project(name="test", data=data, graph=Graph(placed, edges))


def classifier(*middle: Node, **options: Any) -> Project:
    """Pixels through the given layers, one after the other, to a cross-entropy and an Output."""
    chain = ["x", *(item.id for item in middle)]
    links = f"{' > '.join(chain)} > loss.prediction, {chain[-1]} > out.prediction, y > loss.target"
    return project(
        [
            node("x", "Input", fields=["pixels"]),
            *middle,
            node("loss", "CrossEntropyLoss"),
            node("out", "Output", field="label"),
            node("y", "Input", fields=["label"]),
        ],
        links,
        **options,
    )


def regressor(*middle: Node) -> Project:
    """Age and island through the given layers to a squared error on the price."""
    chain = ["x", *(item.id for item in middle)]
    return project(
        [
            node("x", "Input", fields=["age", "island"]),
            *middle,
            node("loss", "MSELoss"),
            node("out", "Output", field="price"),
            node("y", "Input", fields=["price"]),
        ],
        f"{' > '.join(chain)} > loss.prediction, {chain[-1]} > out.prediction, y > loss.target",
        DataSpec(fields=(AGE, ISLAND, PRICE)),
    )


def do(checker: ShapeChecker, edit: Edit) -> tuple[Edit, set[str]]:
    """Apply an edit as the window does; the inverse, and what the checker says changed."""
    inverse = edits.apply(checker.project, edit)
    return inverse, checker.update(change(edit, inverse))


def change(edit: Edit, inverse: Edit) -> Change:
    return edits.change(edit, inverse)


def messages(checker: ShapeChecker) -> list[str]:
    return [problem.message for problem in checker.problems()]


def repair(checker: ShapeChecker, title: str) -> Edit:
    """Apply the offered repair with this title; returns the inverse edit."""
    offered = {item.title: item.edit for problem in checker.problems() for item in problem.repairs}
    assert title in offered, f"{title!r} is not offered, but {list(offered)}"
    inverse, _ = do(checker, offered[title])
    return inverse

"""A proposed network is drawn so that no node lies on another, whatever its length."""

import pytest

from engine.data.proposals import propose
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Split, Statistics, Step

CARD = (176, 90)


def picture(side: int) -> Field:
    return Field(
        name="pixels",
        kind=FieldKind.IMAGE,
        preparation=(Step(type="Resize", attributes={"height": side, "width": side}), Step(type="Scale")),
        statistics=Statistics(shape=(side, side, 3), mean=(1.0,) * 3, std=(1.0,) * 3),
    )


def text(longest: int) -> Field:
    return Field(
        name="text",
        kind=FieldKind.TEXT,
        preparation=(Step(type="Characters", attributes={"length": longest}),),
        statistics=Statistics(vocabulary=("a", "b"), longest=longest),
    )


NUMBER = Field(name="size", kind=FieldKind.NUMBER, preparation=(Step(type="Standardize"),))


@pytest.mark.parametrize("source", [picture(16), picture(28), picture(64), picture(128), text(11), text(200), NUMBER])
def test_no_card_lies_on_another(source: Field) -> None:
    label = Field(
        name="label",
        kind=FieldKind.CATEGORY,
        role=Role.TARGET,
        preparation=(Step(type="ClassIndex"),),
        statistics=Statistics(classes=("a", "b"), counts=(400, 400)),
    )
    project = propose("x", DataSpec(fields=(source, label), split=Split()))
    nodes = list(project.graph.nodes.values())
    for index, one in enumerate(nodes):
        for other in nodes[index + 1 :]:
            apart = abs(one.x - other.x) >= CARD[0] or abs(one.y - other.y) >= CARD[1]
            assert apart, f"{one.id} and {other.id}"

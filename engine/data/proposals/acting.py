"""A first network that learns to act in an environment: a DQN with a slow copy of itself.

Source: Mnih et al. 2015, with the sizes that are usual for small environments.
"""

from itertools import pairwise
from typing import Final

from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition
from engine.document.data_spec import DataSpec, FieldKind, Step
from engine.document.environment_fields import ACTION, DONE, NEXT, OBSERVATION, REWARD
from engine.document.graph import Edge, Frame, Graph, Node, Note, Value
from engine.document.project import Project
from engine.document.recipe import Phase, Play, Player, Recipe, Target

_BLOCK: Final = "worth"
_EVERY: Final = 200
_PICTURE: Final = (("conv1", 16, 4), ("conv2", 32, 4))
"""Of pictures: name, filters and stride."""


def actor(name: str, data: DataSpec) -> Project:
    """A network that values each action of this data's environment, and a recipe that plays."""
    action, observation = data.field(ACTION), data.field(OBSERVATION)
    assert action is not None and observation is not None  # it learns to act
    inner = _values(len(action.statistics.classes), picture=observation.kind is FieldKind.IMAGE)
    nodes = [
        _node("now", "Input", 0, 0, "What is seen now", fields=[OBSERVATION]),
        _node("learner", BLOCK, 320, 0, "Value of each action", block=_BLOCK),
        _node("act", "Output", 740, 0, "The action to take", field=ACTION),
        _node("after", "Input", 0, 200, "What is seen next", fields=[NEXT]),
        _node("slow", BLOCK, 320, 200, "Slow copy of it", block=_BLOCK),
        _node("action", "Input", 0, 300, "What was done", fields=[ACTION]),
        _node("reward", "Input", 0, 400, "What it earned", fields=[REWARD]),
        _node("done", "Input", 0, 500, "Is it over?", fields=[DONE]),
        _node("td", "TDLoss", 740, 260, "Was it worth what we thought?"),
    ]
    edges = [
        Edge(source="now", target="learner", input="seen"),
        Edge(source="after", target="slow", input="seen"),
        Edge(source="learner", output="values", target="act", input="prediction"),
        Edge(source="learner", output="values", target="td", input="prediction"),
        Edge(source="slow", output="values", target="td", input="following"),
        Edge(source="action", target="td", input="action"),
        Edge(source="reward", target="td", input="reward"),
        Edge(source="done", target="td", input="finished"),
    ]
    marks = (
        Frame(id="acting", title="Looks and acts", x=-40, y=-60, width=1020, height=150),
        Frame(id="memory", title="What came of it, out of the memory", x=-40, y=140, width=300, height=450),
        Note(
            id="note_slow",
            text="The slow copy says what the next moment is worth. It takes over the learner's weights now and then, "
            "so that the learner does not chase its own tail.",
            x=320,
            y=540,
            width=330,
            height=80,
        ),
    )
    optimizer = Step(type="Adam", attributes={"lr": 0.0005})
    follower = Target(node="slow", of="learner", tau=1.0, every=_EVERY)
    recipe = Recipe(
        phases=(
            Phase(name="play", epochs=30, players=(Player(optimizer=optimizer, targets=(follower,)),), play=Play()),
        )
    )
    block = BlockDefinition(id=_BLOCK, title="Value of each action", graph=inner)
    return Project(name=name, data=data, graph=Graph(nodes, edges, marks), recipe=recipe, blocks={_BLOCK: block})


def _values(actions: int, *, picture: bool) -> Graph:
    """What is inside of the block: an observation in, a value for each action out."""
    parts: list[tuple[str, str, dict[str, Value]]] = [("seen", BLOCK_INPUT, {})]
    for number, (name, filters, stride) in enumerate(_PICTURE if picture else ()):
        settings: dict[str, Value] = {
            "out_channels": filters,
            "kernel_size": stride + 1,
            "stride": stride,
            "padding": 2,
        }
        parts += [(name, "Conv2d", settings), (f"bend{number + 1}", "ReLU", {})]
    if picture:
        parts.append(("flat", "Flatten", {}))
    for number in (1, 2):
        parts += [(f"hidden{number}", "Linear", {"out_features": 128}), (f"relu{number}", "ReLU", {})]
    parts += [("worth", "Linear", {"out_features": max(1, actions)}), ("values", BLOCK_OUTPUT, {})]
    titles = {"seen": "What is seen", "worth": "One value an action"}
    nodes = [
        _node(name, kind, 280.0 * place, 0, titles.get(name, ""), **settings)
        for place, (name, kind, settings) in enumerate(parts)
    ]
    edges = [Edge(source=one[0], target=other[0]) for one, other in pairwise(parts)]
    return Graph(nodes, edges)


def _node(name: str, kind: str, x: float, y: float, title: str = "", **attributes: Value) -> Node:
    return Node(id=name, type=kind, title=title, attributes=attributes, x=x, y=y)

"""A step in numbers as the engine would answer it, for a small network drawn by hand."""

from pathlib import Path

import msgspec

from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.protocol.messages.worked_step import NodeWorked, StepWorked, UnitWorked, WeightWorked, WorkStep


def small_project(folder: Path) -> Project:
    """Two numbers, one layer, one number out."""
    (folder / "points.csv").write_text("a,b,y\n1,2,3\n2,1,3\n", encoding="utf-8")
    number = {"kind": FieldKind.NUMBER, "preparation": (Step(type="FillMissing"),)}
    statistics = Statistics(mean=(1.5,), std=(0.5,), minimum=(1.0,), maximum=(2.0,), fill=1.0)
    fields = tuple(
        Field(name=name, role=Role.TARGET if name == "y" else Role.INPUT, statistics=statistics, **number)
        for name in ("a", "b", "y")
    )
    source = Source(kind=SourceKind.TABLE, path="points.csv")
    graph = Graph()
    graph.add(Node(id="columns", type="Input", attributes={"fields": ["a", "b"]}, title="Columns"))
    graph.add(Node(id="truth", type="Input", attributes={"fields": ["y"]}, x=300.0, y=200.0))
    graph.add(Node(id="scores", type="Linear", attributes={"out_features": 1}, x=300.0))
    graph.add(Node(id="answer", type="Output", attributes={"field": "y"}, x=600.0))
    graph.add(Node(id="loss", type="MSELoss", x=600.0, y=200.0))
    graph.connect(Edge(source="columns", target="scores"))
    graph.connect(Edge(source="scores", target="answer", input="prediction"))
    graph.connect(Edge(source="scores", target="loss", input="prediction"))
    graph.connect(Edge(source="truth", target="loss", input="target"))
    return Project(name="small", data=DataSpec(sources=(source,), fields=fields), graph=graph)


def answer(request: WorkStep) -> StepWorked:
    """Forward through four nodes, back through two, one that learns; each step the loss is halved."""
    loss = 1.0 / 2 ** (request.step - 1)
    scores = UnitWorked(
        name="y", value=2.0, gradient=-2.0, forward="0.5 · 1 + 0.75 · 2 = 2", backward="2 · (2 − 3) = −2"
    )
    weights = [
        WeightWorked(
            name="weight[0, 0]",
            before=0.5,
            gradient=-2.0,
            after=0.7,
            from_units="(−2) · 1 = −2",
            step="0.5 + 0.2 = 0.7",
        )
    ]
    common = {"count": 1, "shape": [1]}
    nodes = [
        NodeWorked(
            node="columns",
            port="output",
            title="Columns",
            type="Input",
            family="data",
            shape=[2],
            count=2,
            values=[1.0, 2.0],
            units=[UnitWorked(name="a", value=1.0), UnitWorked(name="b", value=2.0)],
            note="This is what comes in.",
        ),
        NodeWorked(node="truth", port="output", title="y", type="Input", family="data", values=[3.0], **common),
        NodeWorked(
            node="scores",
            port="output",
            title="Linear",
            type="Linear",
            family="linear",
            values=[2.0],
            gradients=[-2.0],
            sources=[0],
            formula="y = W · x + b",
            units=[scores],
            weights=weights,
            weight_count=3,
            **common,
        ),
        NodeWorked(
            node="loss",
            port="",
            title="Mean squared error",
            type="MSELoss",
            family="loss",
            shape=[],
            count=1,
            values=[loss],
            gradients=[1.0],
            sources=[2, 1],
            formula="L = mean (x − t)²",
            units=[UnitWorked(name="loss", value=loss, gradient=1.0, forward=f"(2 − 3)² = {loss:g}")],
        ),
    ]
    return msgspec.structs.replace(
        StepWorked(step=request.step),
        samples=list(request.samples) or [6 + request.step],
        nodes=nodes,
        loss=loss,
        loss_after=loss / 2,
        optimizer="SGD",
        optimizer_formula="p ← p − lr · g",
        learning_rate=0.1,
    )

"""GANs as a person draws them: noise, a generator, and a critic that looks at real and made pictures."""

import msgspec

from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition
from engine.document.data_spec import DataSpec, Field, FieldKind, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe

SIDE = 8
GENERATOR = ("gen1", "gen2")
CRITIC = ("critic1", "critic2")


def picture_field(name: str = "picture", side: int = SIDE) -> Field:
    """Grey pictures, -1 to 1."""
    steps = (
        Step(type="Channels", attributes={"mode": "gray"}),
        Step(type="Resize", attributes={"height": side, "width": side}),
        Step(type="Scale"),
        Step(type="Normalize", attributes={"mean": [0.5], "std": [0.5]}),
    )
    return Field(name=name, kind=FieldKind.IMAGE, preparation=steps, statistics=Statistics(shape=(side, side, 1)))


def adam(lr: float) -> Step:
    return Step(type="Adam", attributes={"lr": lr, "beta1": 0.5})


def players(*, every: int = 1) -> tuple[Player, ...]:
    """The critic tells real from made; the generator is to be taken for real."""
    return (
        Player(name="critic", losses={"fake_loss": 1.0, "real_loss": 1.0}, nodes=CRITIC, optimizer=adam(0.002)),
        Player(name="generator", losses={"made_loss": 1.0}, nodes=GENERATOR, optimizer=adam(0.002), every=every),
    )


def gan(
    *, data: DataSpec | None = None, field: str = "picture", side: int = SIDE, hidden: int = 32, epochs: int = 2
) -> Project:
    """The drawing with its recipe. All targets are Constants, so no field of the data has to be learned."""
    nodes = {
        "noise1": Node(id="noise1", type="Noise", attributes={"size": [8]}),
        "gen1": Node(id="gen1", type="Linear", attributes={"out_features": hidden}),
        "gen_relu": Node(id="gen_relu", type="ReLU"),
        "gen2": Node(id="gen2", type="Linear", attributes={"out_features": side * side}),
        "gen_shape": Node(id="gen_shape", type="Reshape", attributes={"shape": [1, side, side]}),
        "gen_tanh": Node(id="gen_tanh", type="Tanh"),
        "made": Node(id="made", type="Output", attributes={"field": field}),
        "real": Node(id="real", type="Input", attributes={"fields": [field]}),
        "ones": Node(id="ones", type="Constant", attributes={"value": 1.0}),
        "zeros": Node(id="zeros", type="Constant", attributes={"value": 0.0}),
        "fake_loss": Node(id="fake_loss", type="BCEWithLogitsLoss"),
        "made_loss": Node(id="made_loss", type="BCEWithLogitsLoss"),
        "real_loss": Node(id="real_loss", type="BCEWithLogitsLoss"),
    }
    chains = ["noise1 gen1 gen_relu gen2 gen_shape gen_tanh"]
    for name, shares, source in (("critic", False, "gen_tanh"), ("judge", True, "real")):
        for part, kind, attributes in (
            ("flat", "Flatten", {}),
            ("1", "Linear", {"out_features": hidden}),
            ("leaky", "LeakyReLU", {"negative_slope": 0.2}),
            ("2", "Linear", {"out_features": 1}),
        ):
            owner = f"critic{part}" if shares and part in ("1", "2") else ""
            node_id = f"{name}{part}"
            nodes[node_id] = Node(id=node_id, type=kind, attributes=attributes, shares=owner)  # type: ignore[arg-type]
        chains.append(f"{source} {name}flat {name}1 {name}leaky {name}2")
    edges = [
        Edge(source=source, target=target)
        for chain in chains
        for source, target in zip(chain.split(), chain.split()[1:], strict=False)
    ]
    edges += [
        Edge(source="gen_tanh", target="made", input="prediction"),
        Edge(source="critic2", target="ones"),
        Edge(source="critic2", target="zeros"),
        *(
            Edge(source=source, target=target, input=port)
            for target, prediction, truth in (
                ("fake_loss", "critic2", "zeros"),
                ("made_loss", "critic2", "ones"),
                ("real_loss", "judge2", "ones"),
            )
            for source, port in ((prediction, "prediction"), (truth, "target"))
        ),
    ]
    return Project(
        name="gan",
        data=data or DataSpec(fields=(picture_field(field, side),)),
        graph=Graph(nodes.values(), edges),
        recipe=Recipe(phases=(Phase(epochs=epochs, batch_size=16, players=players()),)),
    )


def gan_of_blocks() -> Project:
    """The same with a block for the generator, which holds the noise, and one for both critics."""
    project = gan()
    drawn = project.graph

    def block(name: str, inner: tuple[str, ...], first: str, last: str) -> BlockDefinition:
        nodes = [drawn.node(node_id) for node_id in inner]
        edges = [edge for edge in drawn.edges if edge.source in inner and edge.target in inner]
        nodes.append(Node(id="out", type=BLOCK_OUTPUT))
        edges.append(Edge(source=last, target="out"))
        if first:
            nodes.append(Node(id="in", type=BLOCK_INPUT))
            edges.append(Edge(source="in", target=first))
        return BlockDefinition(id=name, title=name, graph=Graph(nodes, edges))

    generator = ("noise1", "gen1", "gen_relu", "gen2", "gen_shape", "gen_tanh")
    critic = ("criticflat", "critic1", "criticleaky", "critic2")
    project.blocks = {
        "maker": block("maker", generator, "", "gen_tanh"),
        "judging": block("judging", critic, "criticflat", "critic2"),
    }
    ends = {"made", "real", "ones", "zeros", "fake_loss", "made_loss", "real_loss"}
    outside = {"gen_tanh": "maker1", "critic2": "critic1", "judge2": "judge1"}
    nodes = [node for node in drawn.nodes.values() if node.id in ends]
    nodes += [
        Node(id="maker1", type=BLOCK, attributes={"block": "maker"}),
        Node(id="critic1", type=BLOCK, attributes={"block": "judging"}),
        Node(id="judge1", type=BLOCK, attributes={"block": "judging"}, shares="critic1"),
    ]
    edges = [
        Edge(source="maker1", output="out", target="critic1", input="in"),
        Edge(source="real", target="judge1", input="in"),
        *(
            Edge(
                source=outside.get(edge.source, edge.source),
                output="out" if edge.source in outside else edge.output,
                target=edge.target,
                input=edge.input,
            )
            for edge in drawn.edges
            if edge.target in ends
        ),
    ]
    project.graph = Graph(nodes, edges)
    first, second = players()
    parts = (
        msgspec.structs.replace(first, nodes=("critic1",)),
        msgspec.structs.replace(second, nodes=("maker1",)),
    )
    project.recipe = Recipe(phases=(Phase(epochs=2, batch_size=16, players=parts),))
    return project


def wasserstein(*, every: int = 2, point: str = "mixed", slope: float = 1.0) -> Project:
    """The same players with a Wasserstein critic, whose slope is held at points between made and real.

    `point`: "mixed", or "real" for a penalty at real pictures.
    """
    project = gan(hidden=16)
    drawn = project.graph
    gone = {"ones", "zeros", "fake_loss", "made_loss", "real_loss"}
    nodes = {node.id: node for node in drawn.nodes.values() if node.id not in gone}
    edges = [edge for edge in drawn.edges if not {edge.source, edge.target} & gone]
    mix = "(0.5 + share) * real + (0.5 - share) * made"
    added = [
        Node(id="share", type="Noise", attributes={"size": [1, 1, 1], "distribution": "uniform", "std": 0.288675}),
        Node(id="mixed", type="Formula", attributes={"expression": mix}),
        *(
            msgspec.structs.replace(nodes[f"judge{part}"], id=f"between{part}", shares=nodes[f"judge{part}"].shares)
            for part in ("flat", "1", "leaky", "2")
        ),
        Node(id="distance", type="WassersteinLoss"),
        Node(id="steepness", type="GradientPenaltyLoss", attributes={"slope": slope}),
        Node(id="made_loss", type="GeneratorLoss"),
    ]
    edges += [
        Edge(source="share", target="mixed", input="share"),
        Edge(source="real", target="mixed", input="real"),
        Edge(source="gen_tanh", target="mixed", input="made"),
        Edge(source=point, target="betweenflat"),
        *(Edge(source=f"between{a}", target=f"between{b}") for a, b in (("flat", "1"), ("1", "leaky"), ("leaky", "2"))),
        Edge(source="critic2", target="distance", input="made"),
        Edge(source="judge2", target="distance", input="real"),
        Edge(source="between2", target="steepness", input="score"),
        Edge(source=point, target="steepness", input="point"),
        Edge(source="critic2", target="made_loss", input="made"),
    ]
    if point != "mixed":
        edges = [edge for edge in edges if edge.target != "mixed"]
        added = [node for node in added if node.id not in ("share", "mixed")]
    project.graph = Graph([*nodes.values(), *added], edges)
    critic = Player(name="critic", losses={"distance": 1.0, "steepness": 10.0}, nodes=CRITIC, optimizer=adam(0.002))
    generator = Player(name="generator", losses={"made_loss": 1.0}, nodes=GENERATOR, optimizer=adam(0.002), every=every)
    project.recipe = Recipe(phases=(Phase(epochs=3, batch_size=16, players=(critic, generator)),))
    return project

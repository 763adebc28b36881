"""Shapes, cost and order of a drawn network, and that an incremental check always equals a fresh one."""

import random

import pytest

from engine.catalog.tensors import DType, TensorSpec
from engine.checks.inference import Cost, ShapeChecker
from engine.document import edits
from engine.document.edits import (
    AddNode,
    Batch,
    Connect,
    Disconnect,
    Edit,
    RemoveNode,
    SetAttributes,
    SetBypassed,
    SetData,
    SetFrozen,
    SetType,
)
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.errors import GraphError
from tests.unit.checks.networks import (
    EVERYTHING,
    PICTURES,
    change,
    classifier,
    do,
    link,
    messages,
    node,
    project,
    regressor,
)

CNN = (
    node("conv1", "Conv2d", padding="same"),
    node("relu1", "ReLU"),
    node("pool1", "MaxPool2d"),
    node("flat", "Flatten"),
    node("fc", "Linear", out_features=10),
)


def shapes(checker: ShapeChecker) -> dict[str, str]:
    return {node_id: str(spec) for (node_id, _), spec in checker.specs.items()}


def test_shapes_of_a_small_network() -> None:
    checker = ShapeChecker(classifier(*CNN))
    assert shapes(checker) == {
        "x": "N × 1 × 28 × 28",
        "conv1": "N × 32 × 28 × 28",
        "relu1": "N × 32 × 28 × 28",
        "pool1": "N × 32 × 14 × 14",
        "flat": "N × 6272",
        "fc": "N × 10",
        "y": "N",
    }
    assert checker.specs[("y", "output")] == TensorSpec((None,), DType.INT, 10)
    assert checker.problems() == []
    assert checker.input_specs("fc") == (TensorSpec((None, 6272)),)


def test_fields_are_joined() -> None:
    checker = ShapeChecker(regressor(node("fc", "Linear", out_features=1)))
    assert checker.specs[("x", "output")] == TensorSpec((None, 4))
    assert checker.problems() == []


def test_text_knows_its_vocabulary() -> None:
    drawn = project(
        [
            node("x", "Input", fields=["name"]),
            node("emb", "Embedding", embedding_dim=8),
            node("lstm", "LSTM", hidden_size=16),
            node("fc", "Linear", out_features=10),
            node("loss", "CrossEntropyLoss"),
            node("out", "Output", field="label"),
            node("y", "Input", fields=["label"]),
        ],
        "x > emb > lstm > fc > loss.prediction, fc > out.prediction, y > loss.target",
        EVERYTHING,
    )
    checker = ShapeChecker(drawn)
    assert checker.cost_of("emb").parameters == (26 + 2) * 8
    assert shapes(checker)["lstm"] == "N × 16"
    assert [message for message in messages(checker) if "price" not in message] == []


def test_cost() -> None:
    checker = ShapeChecker(classifier(*CNN))
    assert checker.cost_of("conv1") == Cost(9 * 32 + 32, 28 * 28 * 32 * 9, 4 * 32 * 28 * 28)
    assert checker.cost_of("fc").parameters == 6272 * 10 + 10
    assert checker.total_cost().parameters == 320 + 62730


def test_goes_on_past_a_failing_node() -> None:
    checker = ShapeChecker(classifier(node("pool0", "MaxPool2d", kernel_size=40), *CNN))
    assert checker.specs[("pool0", "output")] is None
    assert checker.specs[("fc", "output")] is None
    assert checker.specs[("y", "output")] is not None
    assert [problem.node for problem in checker.problems()] == ["pool0"]
    assert checker.cost_of("pool0") == checker.cost_of("fc") == Cost()


def test_bypassed_node_passes_its_input_through() -> None:
    checker = ShapeChecker(classifier(*CNN))
    inverse, touched = do(checker, SetBypassed(ids=("pool1",), bypassed=True))
    assert shapes(checker)["pool1"] == "N × 32 × 28 × 28"
    assert {"pool1", "flat", "fc"} <= touched
    assert checker.cost_of("pool1") == Cost()
    do(checker, inverse)
    assert shapes(checker)["pool1"] == "N × 32 × 14 × 14"


def test_only_what_changed_is_told() -> None:
    checker = ShapeChecker(classifier(*CNN))
    _, touched = do(checker, SetAttributes(id="fc", attributes={"bias": False}))
    assert "conv1" not in touched and "fc" in touched
    _, touched = do(checker, SetAttributes(id="conv1", attributes={"kernel_size": 5}))
    assert "fc" not in touched, "the shape behind conv1 is as it was"
    assert checker.total_cost().parameters == 25 * 32 + 32 + 62720
    _, touched = do(checker, SetFrozen(ids=("conv1",), frozen=True))
    assert "conv1" in touched


def test_new_data_reaches_every_node() -> None:
    checker = ShapeChecker(classifier(*CNN, data=EVERYTHING.__class__()))
    assert checker.specs[("fc", "output")] is None
    _, touched = do(checker, SetData(data=PICTURES))
    assert shapes(checker)["fc"] == "N × 10"
    assert {"x", "fc", "out", "loss"} <= touched
    assert checker.problems() == []


def test_unknown_layer_keeps_its_place_and_attributes() -> None:
    drawn = classifier(node("magic", "QuantumLayer", spin=2), *CNN)
    checker = ShapeChecker(drawn)
    assert drawn.graph.node("magic").attributes == {"spin": 2}
    assert [problem.node for problem in checker.problems()] == ["magic"]
    assert "There is no layer 'QuantumLayer'" in messages(checker)[0]
    do(checker, SetType(id="magic", type="ReLU"))
    assert checker.problems() == []


def test_cycle_is_named_and_mended() -> None:
    drawn = project(
        [
            node("x", "Input", fields=["pixels"]),
            node("add", "Add"),
            node("a", "ReLU"),
            node("b", "ReLU"),
            node("c", "Tanh"),
        ],
        "x > add.a, add > a, a > b, b > add.b, b > c",
    )
    checker = ShapeChecker(drawn)
    assert checker.cycle == {"add", "a", "b"}
    assert checker.stuck == {"add", "a", "b", "c"}
    assert checker.order == ("x",)
    assert checker.specs[("c", "output")] is None
    assert any("'add': it feeds itself" in message for message in messages(checker))
    _, touched = do(checker, Disconnect(target="add", input="b"))
    assert {"a", "b", "c"} <= touched
    assert checker.cycle == frozenset()
    do(checker, Connect(edge=link("x > add.b")))
    assert shapes(checker)["c"] == "N × 1 × 28 × 28"


def test_long_chains_need_no_stack() -> None:
    count = 10_000
    nodes = [node("x", "Input", fields=["pixels"]), *(node(f"r{i}", "ReLU") for i in range(count))]
    edges = [Edge(source="x", target="r0"), *(Edge(source=f"r{i}", target=f"r{i + 1}") for i in range(count - 1))]
    checker = ShapeChecker(Project(name="long", data=PICTURES, graph=Graph(nodes, edges)))
    assert checker.specs[(f"r{count - 1}", "output")] == TensorSpec((None, 1, 28, 28))
    assert checker.problems()
    do(checker, Connect(edge=Edge(source=f"r{count - 1}", target="r0")))
    assert len(checker.cycle) == count
    do(checker, Connect(edge=Edge(source="x", target="r0")))
    assert checker.specs[(f"r{count - 1}", "output")] == TensorSpec((None, 1, 28, 28))


def test_insert_in_the_middle_keeps_the_order() -> None:
    checker = ShapeChecker(classifier(*CNN))
    insert = Batch(
        title="Insert",
        edits=(
            AddNode(node=node("drop", "Dropout")),
            Connect(edge=link("relu1 > drop")),
            Connect(edge=link("drop > pool1")),
        ),
    )
    inverse, _ = do(checker, insert)
    assert checker.order.index("relu1") < checker.order.index("drop") < checker.order.index("pool1")
    do(checker, inverse)
    assert "drop" not in checker.order
    assert ("drop", "output") not in checker.specs


TYPES = [
    "ReLU",
    "Linear",
    "Conv2d",
    "Flatten",
    "MaxPool2d",
    "Add",
    "Concatenate",
    "LSTM",
    "Dropout",
    "Softmax",
    "Nonsense",
]
ENDS = ["Output", "CrossEntropyLoss", "MSELoss", "Input"]
SETTINGS: dict[str, list[object]] = {
    "out_features": [1, 10, 64],
    "out_channels": [4, 8],
    "kernel_size": [1, 3, 99],
    "dim": [1, -1, 0],
    "count": [2, 3],
    "fields": [["pixels"], ["label"], ["nothing"], ["age", "island"]],
    "field": ["label", "price", ""],
    "nonsense": [1],
}


def random_edit(chance: random.Random, graph: Graph) -> Edit:
    ids = list(graph.nodes)
    kind = chance.choice(
        ["add", "add", "connect", "connect", "connect", "remove", "set", "type", "cut", "bypass", "data"]
    )
    if kind == "add" or len(ids) < 3:
        type_name = chance.choice([*TYPES, *TYPES, *ENDS])
        return AddNode(node=Node(id=graph.free_id(type_name), type=type_name))
    node_id = chance.choice(ids)
    if kind == "connect":
        port = chance.choice(["input", "input", "input", "a", "b", "c", "prediction", "target"])
        return Connect(edge=Edge(source=node_id, target=chance.choice(ids), input=port))
    if kind == "remove":
        return RemoveNode(id=node_id)
    if kind == "set":
        name = chance.choice(list(SETTINGS))
        return SetAttributes(id=node_id, attributes={name: chance.choice(SETTINGS[name])})  # type: ignore[dict-item]
    if kind == "type":
        return SetType(id=node_id, type=chance.choice([*TYPES, *ENDS]))
    if kind == "bypass":
        return SetBypassed(ids=(node_id,), bypassed=chance.random() < 0.5)
    if kind == "data":
        return SetData(data=chance.choice([PICTURES, EVERYTHING]))
    inputs = list(graph.inputs_of(node_id))
    return Disconnect(target=node_id, input=chance.choice(inputs) if inputs else "input")


@pytest.mark.parametrize("seed", range(12))
def test_incremental_equals_fresh(seed: int) -> None:
    """Whatever is edited, cycles and nonsense included, the checker knows what a new one would find out."""
    chance = random.Random(seed)
    drawn = project([node("x", "Input", fields=["pixels"]), node("conv", "Conv2d"), node("r", "ReLU")], "x > conv > r")
    checker = ShapeChecker(drawn)
    inverses: list[Edit] = []
    for step in range(150):
        before = {
            node_id: (checker.input_specs(node_id), checker.output_specs(node_id)) for node_id in drawn.graph.nodes
        }
        old_problems = {node_id: bare(checker, node_id) for node_id in drawn.graph.nodes}
        edit = inverses.pop() if inverses and chance.random() < 0.3 else random_edit(chance, drawn.graph)
        try:
            inverse = edits.apply(drawn, edit)
        except GraphError:
            continue
        inverses.append(inverse)
        touched = checker.update(change(edit, inverse))
        fresh = ShapeChecker(drawn)
        assert checker.specs == fresh.specs, f"after step {step}, {edit}"
        assert checker.needed == fresh.needed and checker.cycle == fresh.cycle and checker.stuck == fresh.stuck
        assert checker.layers == fresh.layers
        assert set(checker.order) == set(fresh.order)
        place = {node_id: number for number, node_id in enumerate(checker.order)}
        for edge in drawn.graph.edges:
            if edge.source in place and edge.target in place:
                assert place[edge.source] < place[edge.target]
        assert checker.total_cost() == fresh.total_cost()
        for node_id in drawn.graph.nodes:
            assert bare(checker, node_id) == bare(fresh, node_id)
            now = (checker.input_specs(node_id), checker.output_specs(node_id))
            if before.get(node_id) != now:
                assert node_id in touched, f"{node_id} changed and nobody was told, {edit}"
            elif old_problems.get(node_id) != bare(checker, node_id):
                assert node_id in touched, f"problems of {node_id} changed and nobody was told, {edit}"


def bare(checker: ShapeChecker, node_id: str) -> list[tuple[str, str]]:
    return [(problem.severity.value, problem.message) for problem in checker.problems_of(node_id)]


def test_what_cannot_be_exported_warns_while_it_trains() -> None:
    def warnings(**settings: object) -> list[str]:
        norm = node("norm", "BatchNorm2d", **settings)
        found = ShapeChecker(classifier(CNN[0], norm, node("flat", "Flatten"), node("fc", "Linear", out_features=10)))
        assert not [problem for problem in found.problems() if problem.severity == "error"]
        return [problem.message for problem in found.problems_of("norm")]

    assert warnings() == []
    (message,) = warnings(track_running_stats=False)
    assert "it trains, but cannot be exported to ONNX" in message and "switch them on" in message


def test_an_input_may_stay_free_before_a_linked_one() -> None:
    nodes = (
        node("x", "Input", fields=["name"]),
        node("there", "PaddingMask"),
        node("words", "Embedding", embedding_dim=8),
        node("look", "MultiheadAttention", num_heads=2),
    )
    checker = ShapeChecker(project(nodes, "x > words > look.query, x > there > look.present", EVERYTHING))
    assert checker.error_of("look") is None
    assert [spec.linked for spec in checker.given_specs("look")] == [True, False, False, False, True]
    assert checker.output_specs("look") == (TensorSpec((None, 12, 8)),)
    assert checker.cost_of("look").parameters == 4 * 8 * 8 + 4 * 8


def test_a_layer_for_volumes_offers_its_twin_for_pictures() -> None:
    nodes = (node("x", "Input", fields=["pixels"]), node("conv", "Conv3d"))
    checker = ShapeChecker(project(nodes, "x > conv"))
    (problem, *_) = checker.problems_of("conv")
    assert "5 dimensions (N, channels, depth, height, width)" in problem.message
    assert "Make conv a Conv2d" in [repair.title for repair in problem.repairs]

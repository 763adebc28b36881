"""A drawn network as a torch module: its numbers, its names, and what torch must be able to do with it."""

import copy
import io
from collections.abc import Callable

import msgspec
import pytest
import torch
from torch import nn

from engine.checks.inference import ShapeChecker
from engine.compiler.module import CompiledNetwork, compile_project
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Recipe
from engine.errors import GraphError, NetwrightError
from tests.drawn_networks import (
    PICTURES,
    draw,
    forward_inputs,
    many_ways,
    masked_text_network,
    random_inputs,
    small_cnn,
    table_network,
    text_network,
    transformer_network,
    volume_network,
)

torch.set_num_threads(1)

NETWORKS: dict[str, Callable[[], Project]] = {
    "cnn": small_cnn,
    "table": table_network,
    "lstm": text_network,
    "gru": lambda: text_network("GRU", bidirectional=True, num_layers=2),
    "rnn": lambda: text_network("RNN", nonlinearity="relu"),
    "transformer": transformer_network,
    "masked text": masked_text_network,
    "volume": volume_network,
    "expressions": many_ways,
}
each_network = pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)


def compiled(project: Project, **settings: object) -> CompiledNetwork:
    torch.manual_seed(3)
    return compile_project(project, **settings)  # type: ignore[arg-type]


@each_network
def test_functions_and_modules_give_the_same_numbers_and_gradients(make: Callable[[], Project]) -> None:
    project = make()
    flat, called = compiled(project), compiled(project, hookable=True)
    inputs = random_inputs(flat, project)
    results = []
    for network in (flat, called):
        torch.manual_seed(5)
        predictions, losses = network.training_forward(*inputs)
        sum(losses, torch.zeros(())).backward()
        gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
        results.append((predictions, losses, gradients, network.state_dict()))
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)
    flat.eval(), called.eval()
    torch.testing.assert_close(
        flat(*forward_inputs(flat, project)), called(*forward_inputs(called, project)), rtol=0, atol=0
    )


def test_hand_written_network_gives_the_same_numbers() -> None:
    project = small_cnn()
    network = compiled(project)
    torch.manual_seed(3)

    class ByHand(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bn1 = nn.BatchNorm2d(6)
            self.conv1 = nn.Conv2d(3, 6, 3, padding=1, bias=False)
            self.conv2 = nn.Conv2d(6, 6, 3, padding="same")
            self.linear1 = nn.Linear(6 * 6 * 6, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            first = torch.relu(self.bn1(self.conv1(x)))
            x = torch.relu(self.conv2(first) + first)
            return self.linear1(nn.functional.max_pool2d(x, 2).flatten(1))

    by_hand = ByHand()
    assert {name: value.shape for name, value in by_hand.state_dict().items()} == {
        name: value.shape for name, value in network.state_dict().items()
    }
    torch.testing.assert_close(by_hand.state_dict(), network.state_dict(), rtol=0, atol=0)
    inputs = forward_inputs(network, project)
    torch.testing.assert_close(network.eval()(*inputs)[0], by_hand.eval()(*inputs), rtol=0, atol=0)


def test_what_it_takes_and_gives_is_named() -> None:
    network = compiled(table_network())
    assert network.input_ids == ("row",)
    assert network.training_input_ids == ("price", "row", "species")
    assert network.input_fields["row"] == ("width (mm)", "weight", "island")
    assert network.output_ids == ("out1", "out2")
    assert network.output_fields == {"out1": "species", "out2": "price"}
    assert network.loss_ids == ("loss1", "loss2")
    assert next(iter(network.state_dict())) == "classes.weight"


def test_weights_depend_on_the_seed_and_not_on_the_history_of_the_drawing() -> None:
    project = small_cnn()
    nodes = list(project.graph.nodes.values())
    other = Project(name="x", data=project.data, graph=Graph(reversed(nodes), reversed(list(project.graph.edges))))
    first, second = compiled(project), compiled(other)
    torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)
    assert first.source == second.source
    before = torch.get_rng_state()
    drawn = [
        compile_project(project, generator=torch.Generator().manual_seed(seed)).state_dict()["linear1.weight"]
        for seed in (1, 1, 2)
    ]
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.filterwarnings("ignore:The tensor attributes self.cell._flat_weights")  # torch's own LSTM, GRU and RNN
@each_network
def test_export_compile_deepcopy_and_saving_work(make: Callable[[], Project]) -> None:
    project = make()
    network = compiled(project).eval()
    inputs = forward_inputs(network, project)
    expected = network(*inputs)
    # Packing reads the lengths while it runs, which torch.export cannot follow; our own ONNX writer needs it not.
    if make is not masked_text_network:
        with torch.no_grad():
            exported = torch.export.export(network, tuple(inputs)).module()
            torch.testing.assert_close(exported(*inputs), expected, rtol=0, atol=1e-6)
    torch._dynamo.reset()
    recurrent = any(isinstance(module, nn.RNNBase) for module in network.modules())
    # torch.compile never takes its own recurrent layers into a graph; it goes on around them.
    traced = torch.compile(network, backend="eager", fullgraph=not recurrent)
    torch.testing.assert_close(traced(*inputs), expected, rtol=0, atol=1e-6)
    twin = copy.deepcopy(network)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(1.0)
    torch.testing.assert_close(network(*inputs), expected, rtol=0, atol=0)
    assert not torch.equal(twin(*inputs)[0], expected[0])
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    other = compile_project(project)
    other.load_state_dict(network.state_dict())
    torch.testing.assert_close(other.eval()(*inputs), expected, rtol=0, atol=0)


def test_training_forward_is_traced_in_one_piece() -> None:
    project = small_cnn()
    network = compiled(project)
    inputs = random_inputs(network, project)
    torch._dynamo.reset()
    traced = torch.compile(network.training_forward, backend="aot_eager", fullgraph=True)
    torch.manual_seed(1)
    expected = network.training_forward(*inputs)
    torch.manual_seed(1)
    torch.testing.assert_close(traced(*inputs), expected)


def test_hooks_see_every_layer_of_a_hookable_network() -> None:
    project = small_cnn()
    network = compiled(project, hookable=True).eval()
    seen: list[str] = []
    for name, module in network.named_children():
        module.register_forward_hook(lambda *_, name=name: seen.append(name))
    network(*forward_inputs(network, project))
    assert seen == ["conv1", "bn1", "relu1", "conv2", "add1", "relu2", "pool1", "flatten1", "drop1", "linear1"]


def test_a_bypassed_node_passes_its_first_input_on() -> None:
    project = small_cnn()
    graph = project.graph
    for node_id in ("bn1", "add1"):
        graph.replace(msgspec.structs.replace(graph.node(node_id), bypassed=True))
    network = compiled(project).eval()
    assert "bn1" not in dict(network.named_children())
    x = forward_inputs(network, project)[0]
    first = torch.relu(network.conv1(x))
    wanted = network.linear1(nn.functional.max_pool2d(torch.relu(network.conv2(first)), 2).flatten(1))
    torch.testing.assert_close(network(x)[0], wanted)


def test_a_frozen_node_keeps_weights_and_statistics() -> None:
    project = small_cnn()
    for node_id in ("bn1", "conv1"):
        project.graph.replace(msgspec.structs.replace(project.graph.node(node_id), frozen=True))
    network = compiled(project)
    frozen = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    assert frozen == {"bn1.weight", "bn1.bias", "conv1.weight"}
    before = copy.deepcopy(network.state_dict())
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.1)
    _, (loss,) = network.train().training_forward(*random_inputs(network, project))
    loss.backward()
    optimizer.step()
    after = network.state_dict()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed == {"conv2.weight", "conv2.bias", "linear1.weight", "linear1.bias"}


def test_a_relu_never_overwrites_what_others_read() -> None:
    project = draw(
        PICTURES,
        {
            "conv1": ("Conv2d", {"out_channels": 4}),
            "relu1": "ReLU",
            "relu2": "ReLU",
            "add1": ("Add", {"count": 3}),
            "gap": "GlobalAveragePool2d",
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > conv1 > relu1 > add1.a",
        "conv1 > add1.b",
        "conv1 > relu2 > add1.c",
        "add1 > gap > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )
    flat, called = compiled(project).eval(), compiled(project, hookable=True).eval()
    (x,) = forward_inputs(flat, project)
    kept = x.clone()
    torch.testing.assert_close(flat(x), called(x), rtol=0, atol=0)
    assert torch.equal(x, kept)
    assert "relu_(" in compiled(small_cnn()).source, "the cheap way is used where it is safe"


def test_class_weights_of_the_recipe_weigh_the_loss_and_stay_out_of_the_state() -> None:
    project = small_cnn()
    plain = compiled(project)
    project.recipe = Recipe(class_weights=True)
    weighted = compiled(project)
    counts = torch.tensor([5.0, 6.0, 7.0])
    torch.testing.assert_close(weighted.loss1.weight, 18 / (3 * counts))
    assert list(weighted.state_dict()) == list(plain.state_dict())


@pytest.mark.parametrize("odd", ["half", "class", "train", "forward", "source", "print", "lambda", "relu", "self", "m"])
def test_ids_that_python_or_torch_has_taken_work(odd: str) -> None:
    project = draw(
        PICTURES,
        {
            odd: ("Conv2d", {"out_channels": 4}),
            f"{odd}_": "ReLU",
            "gap": "GlobalAveragePool2d",
            "linear": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        f"pixels > {odd} > {odd}_ > gap > linear > out",
        "linear > loss1.prediction",
        "label > loss1.target",
    )
    network = compiled(project)
    inputs = random_inputs(network, project)
    assert torch.isfinite(network.training_forward(*inputs)[1][0])
    torch.export.export(network.eval(), tuple(forward_inputs(network, project)))
    assert len(network.state_dict()) == 4


def test_two_inputs_and_parts_that_only_a_loss_needs() -> None:
    project = table_network()
    graph = project.graph
    graph.add(Node(id="side", type="Linear", attributes={"out_features": 3}))
    graph.add(Node(id="loss3", type="CrossEntropyLoss"))
    graph.add(Node(id="dangling", type="ReLU"))
    graph.connect(Edge(source="act1", target="side"))
    graph.connect(Edge(source="act1", target="dangling"))
    graph.connect(Edge(source="side", target="loss3", input="prediction"))
    graph.connect(Edge(source="species", target="loss3", input="target"))
    network = compiled(project)
    assert network.loss_ids == ("loss1", "loss2", "loss3")
    assert "side.weight" in network.state_dict()
    forward, training = network.source.split("def training_forward")
    assert "v_side" not in forward and "v_side" in training and "dangling" not in network.source
    assert len(network.eval()(*forward_inputs(network, project))) == 2


def test_a_project_with_errors_is_refused_in_the_words_of_the_problem() -> None:
    project = small_cnn()
    project.graph.disconnect("flatten1", "input")
    project.graph.connect(Edge(source="pool1", target="drop1"))
    worst = next(problem for problem in ShapeChecker(project).problems() if problem.severity.value == "error")
    with pytest.raises(NetwrightError) as refused:
        compile_project(project)
    assert refused.value.message.startswith(worst.message)
    assert refused.value.expected == worst.expected and refused.value.found == worst.found


def test_an_empty_project_is_refused() -> None:
    with pytest.raises(NetwrightError):
        compile_project(Project(name="empty"))


def test_a_cycle_is_refused() -> None:
    project = small_cnn()
    project.graph.connect(Edge(source="relu2", target="conv1"))
    with pytest.raises(NetwrightError):
        compile_project(project)


def test_an_unknown_layer_is_refused() -> None:
    project = small_cnn()
    project.graph.replace(Node(id="relu1", type="Exec"))
    with pytest.raises(GraphError, match="Exec"):
        compile_project(project)

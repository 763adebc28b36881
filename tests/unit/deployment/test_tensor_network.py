"""Drawn networks of tensor operations: compiled, written as a file and exported, several outputs and masks included."""

from pathlib import Path
from typing import Any

import pytest
import torch
from small_runs import pictures

from engine.compiler.module import CompiledNetwork, compile_project
from engine.compiler.source import source_code
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.deployment.export import export_network
from engine.document.data_spec import DataSpec
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from tests.drawn_networks import PICTURES, TEXT, forward_inputs, random_inputs

torch.set_num_threads(1)

Nodes = dict[str, tuple[str, dict[str, Any]]]


def drawn(data: DataSpec, nodes: Nodes, *links: str) -> Project:
    """A project; a link is "source.output > target.input", output and input as they stand on the cards."""
    edges = []
    for link in links:
        source, _, target = link.partition(" > ")
        node, _, output = source.partition(".")
        other, _, port = target.partition(".")
        edges.append(Edge(source=node, output=output or "output", target=other, input=port or "input"))
    made = [Node(id=name, type=kind, attributes=attributes) for name, (kind, attributes) in nodes.items()]
    return Project(name="Tensors", data=data, graph=Graph(made, edges))


ENDS: Nodes = {
    "out": ("Output", {"field": "label"}),
    "label_in": ("Input", {"fields": ["label"]}),
    "loss1": ("CrossEntropyLoss", {}),
}


def picture_network(data: DataSpec = PICTURES, field: str = "pixels") -> Project:
    """Pictures through pieces, masks, sorting, a spectrum, a book of codes and an Einstein sum."""
    nodes: Nodes = {
        "pixels": ("Input", {"fields": [field]}),
        "conv1": ("Conv2d", {"out_channels": 8, "padding": 1}),
        "split1": ("Split", {"sizes": [3, -1]}),
        "above": ("Greater", {"value": 0.1}),
        "same": ("Where", {}),
        "scale": ("Scale", {"factor": 0.5}),
        "fft": ("RFFT2", {}),
        "log1": ("Log1p", {}),
        "book": ("VectorQuantize", {"vectors": 16}),
        "cat1": ("Concatenate", {"count": 2}),
        "pool1": ("SpatialPyramidPool", {"levels": [1, 2]}),
        "pool2": ("AdaptiveAvgPool2d", {"output_size": [2, 2]}),
        "flat": ("Flatten", {}),
        "best": ("TopK", {"k": 6}),
        "moe": ("MixtureOfExperts", {"experts": 3, "hidden_features": 8}),
        "pairs": ("Einsum", {"expression": "na,nb->nab"}),
        "flat2": ("Flatten", {}),
        "linear1": ("Linear", {"out_features": len(data.targets()[0].statistics.classes)}),
        **ENDS,
    }
    return drawn(
        data,
        nodes,
        "pixels > conv1",
        "conv1 > split1",
        "split1.a > above.a",
        "above > same.condition",
        "split1.a > same.a",
        "split1.a > scale",
        "scale > same.b",
        "split1.b > book",
        "same > cat1.a",
        "book > cat1.b",
        "cat1 > pool1",
        "pool1 > best",
        "best.values > moe",
        "split1.b > fft",
        "fft > log1",
        "log1 > pool2",
        "pool2 > flat",
        "moe > pairs.a",
        "flat > pairs.b",
        "pairs > flat2",
        "flat2 > linear1",
        "linear1 > out.prediction",
        "linear1 > loss1.prediction",
        "label_in > loss1.target",
    )


def text_network() -> Project:
    """Letters with a padding mask through rotary attention and through shared heads, then a masked mean."""
    nodes: Nodes = {
        "text": ("Input", {"fields": ["text"]}),
        "mask": ("PaddingMask", {}),
        "where": ("Positions", {}),
        "embed": ("Embedding", {"embedding_dim": 8}),
        "places": ("Embedding", {"embedding_dim": 8}),
        "sum": ("Add", {}),
        "query": ("Linear", {"out_features": 8}),
        "turn": ("RotaryEncoding", {}),
        "seen": ("CausalMask", {}),
        "look": ("ScaledDotProductAttention", {}),
        "shared": ("GroupedQueryAttention", {}),
        "forward": ("FeedForward", {"hidden_features": 16, "gated": True, "activation": "silu"}),
        "drop": ("StochasticDepth", {}),
        "sum2": ("Add", {}),
        "mean1": ("MaskedMean", {}),
        "linear1": ("Linear", {"out_features": 3}),
        **ENDS,
    }
    return drawn(
        TEXT,
        nodes,
        "text > mask",
        "text > where",
        "text > embed",
        "where > places",
        "embed > sum.a",
        "places > sum.b",
        "sum > query",
        "query > turn",
        "sum > seen",
        "turn > look.query",
        "turn > look.key",
        "sum > look.value",
        "seen > look.mask",
        "look > shared",
        "shared > forward",
        "forward > drop",
        "drop > sum2.a",
        "sum > sum2.b",
        "sum2 > mean1",
        "mask > mean1.mask",
        "mean1 > linear1",
        "linear1 > out.prediction",
        "linear1 > loss1.prediction",
        "label_in > loss1.target",
    )


def read(source: str) -> torch.nn.Module:
    namespace: dict[str, Any] = {"__name__": "network"}
    exec(compile(source, "network.py", "exec"), namespace)  # noqa: S102 - our own source is what is tested
    made = [item for item in namespace.values() if isinstance(item, type) and item.__module__ == "network"]
    network: torch.nn.Module = made[-1]()
    return network


@pytest.mark.parametrize("make", [picture_network, text_network])
def test_the_written_file_answers_as_the_compiled_network(make: Any) -> None:
    project = make()
    torch.manual_seed(0)
    network = compile_project(project).eval()
    hooked = compile_project(project, hookable=True).eval()
    hooked.load_state_dict(network.state_dict())
    source = source_code(project)
    assert "engine" not in source
    written = read(source)
    written.load_state_dict(network.state_dict())
    inputs = forward_inputs(network, project)
    (wanted,) = network(*inputs)
    torch.testing.assert_close(written.eval()(*inputs), wanted, rtol=0, atol=1e-6)
    torch.testing.assert_close(hooked(*inputs)[0], wanted, rtol=0, atol=1e-6)


def train(network: CompiledNetwork, inputs: list[torch.Tensor], steps: int, rate: float) -> tuple[float, float]:
    """The first and the last loss of a few steps of Adam."""
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    losses = []
    for _ in range(steps):
        _, found = network.training_forward(*inputs)
        loss = torch.stack(list(found)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses[0], losses[-1]


@pytest.mark.parametrize("make", [picture_network, text_network])
def test_a_network_of_them_learns_its_samples(make: Any) -> None:
    project = make()
    torch.manual_seed(0)
    network = compile_project(project)
    first, last = train(network, random_inputs(network, project, 12), 60, 0.01)
    assert last < first / 2


def test_a_network_of_them_is_exported_and_proved(tmp_path: Path) -> None:
    data = inspect(pictures(tmp_path)).data
    field = next(item.name for item in data.fields if item.kind.value == "image")
    project = picture_network(data, field)
    made = export_network(project, compile_project(project), open_dataset(None, data), tmp_path / "m.onnx")
    assert made.verified.max_abs_difference <= 1e-4 and made.verified.same_answers == 30


UNSUPERVISED: dict[str, tuple[Nodes, tuple[str, ...]]] = {
    "map": (
        {"som": ("SelfOrganizingMap", {"rows": 3, "columns": 3}), "fit": ("MapDistortionLoss", {"rows": 3})},
        ("hidden > som", "som.distances > fit.prediction"),
    ),
    "boltzmann": (
        {
            "chance": ("Sigmoid", {}),
            "still": ("StopGradient", {}),
            "rbm": ("RestrictedBoltzmann", {"hidden_features": 6}),
            "fit": ("FreeEnergyLoss", {}),
        },
        ("hidden > chance", "chance > still", "still > rbm", "rbm.energy > fit.data", "rbm.model_energy > fit.model"),
    ),
    "book": (
        {
            "book": ("VectorQuantize", {"vectors": 8, "dim": -1}),
            "still": ("StopGradient", {}),
            "fit": ("MSELoss", {}),
        },
        ("hidden > still", "still > book", "book.codes > fit.prediction", "still > fit.target"),
    ),
}


@pytest.mark.parametrize("name", UNSUPERVISED)
def test_what_needs_no_labels_learns_without(name: str) -> None:
    nodes, links = UNSUPERVISED[name]
    project = drawn(
        PICTURES,
        {
            "pixels": ("Input", {"fields": ["pixels"]}),
            "flat": ("Flatten", {}),
            "hidden": ("Linear", {"out_features": 5}),
            "linear1": ("Linear", {"out_features": 3}),
            **nodes,
            **ENDS,
        },
        "pixels > flat",
        "flat > hidden",
        "hidden > linear1",
        "linear1 > out.prediction",
        "linear1 > loss1.prediction",
        "label_in > loss1.target",
        *links,
    )
    torch.manual_seed(0)
    network = compile_project(project)
    inputs = random_inputs(network, project, 16)
    place = network.loss_ids.index("fit")
    learner = network.get_submodule(next(node for node in nodes if node in ("som", "rbm", "book")))
    optimizer = torch.optim.Adam(learner.parameters(), lr=0.05)
    losses = []
    for _ in range(80):
        loss = network.training_forward(*inputs)[1][place]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert all(weight.isfinite().all() for weight in learner.parameters())
    if name != "boltzmann":  # its loss is a difference of energies, which learning does not bring to 0
        assert losses[-1] < 0.8 * losses[0]

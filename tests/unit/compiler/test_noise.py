"""Noise in the network and in its readable source: what is drawn, in which order, and how it is asked for."""

import math
import re
from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor

from engine.compiler.module import CompiledNetwork, compile_project, hookable_twin
from engine.compiler.modules.noise import draw_noise
from engine.compiler.source import source_code
from engine.document.graph import Edge, Node, Value
from engine.document.project import Project
from tests.drawn_gan import gan

PICTURES = torch.linspace(-1, 1, 5 * 64).reshape(5, 1, 8, 8)


def with_noise(**attributes: Value) -> Project:
    project = gan()
    node = project.graph.node("noise1")
    project.graph.replace(msgspec.structs.replace(node, attributes={"size": [8], **attributes}))
    return project


def from_source(project: Project, network: CompiledNetwork) -> tuple[Any, str]:
    """The readable network with the weights of the compiled one, and its text."""
    text = source_code(project)
    scope: dict[str, Any] = {}
    exec(text, scope)  # noqa: S102 - what we wrote ourselves
    (model,) = (item for name, item in scope.items() if isinstance(item, type) and name == "Gan")
    made = model()
    held = network.state_dict()
    made.load_state_dict({name: held[name] for name in made.state_dict()})
    return made.eval(), text


@pytest.mark.parametrize(
    ("attributes", "drawn"),
    [
        ({}, "torch.randn(N, 8)"),
        ({"std": 0.5}, "torch.randn(N, 8) * 0.5"),
        ({"distribution": "uniform", "std": 0.5}, r"torch.rand(N, 8) * 1.7320508075688772 - 0.8660254037844386"),
    ],
)
def test_the_readable_network_gives_the_same(attributes: dict[str, Value], drawn: str) -> None:
    project = with_noise(**attributes)
    network = compile_project(project).eval()
    model, text = from_source(project, network)
    said = re.search(r"noise1: float N × 8, random: (.*)", text)
    assert said is not None and said[1] == drawn
    torch.manual_seed(3)
    (ours,) = network(*network.noise(4))
    torch.manual_seed(3)
    theirs = model(eval(said[1], {"torch": torch, "N": 4}))  # noqa: S307 - what we wrote ourselves
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


def test_the_twin_with_hooks_draws_the_same() -> None:
    project = gan()
    network = compile_project(project).eval()
    twin = hookable_twin(network, project)
    torch.manual_seed(1)
    ours = network.training_forward(PICTURES)
    torch.manual_seed(1)
    theirs = twin.training_forward(PICTURES)
    assert torch.equal(ours[0][0], theirs[0][0])


def test_two_noises_are_drawn_in_the_order_of_their_ids() -> None:
    project = gan()
    project.graph.add(Node(id="noise10", type="Noise", attributes={"size": [8]}))
    project.graph.add(Node(id="noise2", type="Noise", attributes={"size": [2, 4]}))
    project.graph.add(Node(id="flat", type="Flatten"))
    project.graph.add(Node(id="sum", type="Add", attributes={"count": 3}))
    ports = [port.name for port in compile_ports(project)]
    project.graph.disconnect("gen1", "input")
    for source, target, port in (
        ("noise1", "sum", ports[0]),
        ("noise10", "sum", ports[1]),
        ("noise2", "flat", "input"),
        ("flat", "sum", ports[2]),
        ("sum", "gen1", "input"),
    ):
        project.graph.connect(Edge(source=source, target=target, input=port))
    network = compile_project(project).eval()
    assert network.noise_ids == ("noise1", "noise2", "noise10")
    drawn = network.noise(5, torch.Generator().manual_seed(1))
    assert [tuple(x.shape) for x in drawn] == [(5, 8), (5, 2, 4), (5, 8)]
    torch.manual_seed(1)
    within = network.training_forward(PICTURES)[0][0]
    torch.manual_seed(1)
    assert torch.equal(within, network(*network.noise(5))[0]), "training draws as `noise` does"


def compile_ports(project: Project) -> Any:
    from engine.catalog import registry

    return registry.layer(project.graph.node("sum")).input_ports()


def statistics(x: Tensor) -> tuple[float, float, float]:
    return float(x.mean()), float(x.std()), float(x.abs().max())


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize("std", [0.1, 1.0, 7.0])
def test_what_is_drawn(distribution: str, std: float) -> None:
    generator = torch.Generator().manual_seed(2)
    mean, spread, largest = statistics(draw_noise(200, (10, 10), distribution, std, generator=generator))
    assert abs(mean) < 0.03 * std and abs(spread / std - 1) < 0.02
    assert (largest <= math.sqrt(3) * std * 1.000001) == (distribution == "uniform")


def test_noise_inside_a_network_is_no_part_of_its_weights() -> None:
    network = compile_project(gan())
    assert not [name for name in network.state_dict() if name.startswith("noise")]
    assert network.input_ids == () and network.training_input_ids == ("real",)
    assert network.noise(3)[0].shape == (3, 8) and network.noise(0)[0].shape == (0, 8)


def test_torch_compiles_the_drawing_in_one_piece() -> None:
    network = compile_project(gan())
    compiled = torch.compile(network.training_forward, backend="aot_eager", fullgraph=True)
    torch.manual_seed(1)
    ours = network.training_forward(PICTURES)[0][0]
    torch.manual_seed(1)
    assert torch.equal(compiled(PICTURES)[0][0], ours)

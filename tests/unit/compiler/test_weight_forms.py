"""A weight in another form: what is learned, what stays, how many numbers there are, and that all of it is saved."""

import copy

import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from engine.catalog.layers.convolution import Conv2d, ConvTranspose2d
from engine.catalog.layers.linear import Linear
from engine.catalog.tensors import TensorSpec
from engine.compiler.build import built
from engine.compiler.module import CompiledNetwork, compile_project
from engine.document.project import Project
from tests.drawn_networks import PICTURES, draw, random_inputs

torch.set_num_threads(1)
FORMS = ("weight_norm", "spectral_norm", "low_rank")


def network(kind: str) -> Project:
    return draw(
        PICTURES,
        {
            "conv1": ("Conv2d", {"out_channels": 6, "weight_kind": kind, "lora_rank": 2}),
            "relu1": "ReLU",
            "flat": "Flatten",
            "linear1": ("Linear", {"out_features": 3, "weight_kind": kind}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > conv1 > relu1 > flat > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )


def compiled(kind: str) -> CompiledNetwork:
    torch.manual_seed(0)
    return compile_project(network(kind))


@pytest.mark.parametrize("kind", FORMS)
def test_it_learns_is_copied_and_comes_back_from_a_file(kind: str) -> None:
    project, trained = network(kind), compiled(kind)
    inputs = random_inputs(trained, project)
    optimizer = torch.optim.SGD([weight for weight in trained.parameters() if weight.requires_grad], lr=0.1)
    losses = []
    for _ in range(3):
        _, (loss,) = trained.training_forward(*inputs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    trained.eval()
    pictures = inputs[trained.training_input_ids.index(trained.input_ids[0])]
    (expected,) = trained(pictures)
    again = compiled(kind)
    again.load_state_dict(load(save(trained.state_dict())))
    for network_again in (again.eval(), copy.deepcopy(trained)):
        torch.testing.assert_close(network_again(pictures)[0], expected)


def test_low_rank_learns_the_correction_alone() -> None:
    trained = compiled("low_rank")
    learned = {name for name, weight in trained.named_parameters() if weight.requires_grad}
    parts = {f"{node}.parametrizations.weight.0.{part}" for node in ("conv1", "linear1") for part in ("up", "down")}
    assert learned == parts
    plain = compiled("plain")
    torch.testing.assert_close(trained.get_submodule("conv1").weight, plain.get_submodule("conv1").weight)


def test_numbers_by_hand() -> None:
    row, picture = TensorSpec((None, 10)), TensorSpec((None, 4, 8, 8))
    plain = 10 * 7 + 7
    assert Linear(out_features=7).parameter_count(row) == plain
    assert Linear(out_features=7, weight_kind="weight_norm").parameter_count(row) == plain + 7
    assert Linear(out_features=7, weight_kind="spectral_norm").parameter_count(row) == plain
    assert Linear(out_features=7, weight_kind="low_rank", lora_rank=3).parameter_count(row) == plain + 3 * (10 + 7)
    convolution = Conv2d(out_channels=6, weight_kind="low_rank", lora_rank=2)
    assert convolution.parameter_count(picture) == 6 * 4 * 9 + 6 + 2 * (6 + 4 * 9)
    transposed = ConvTranspose2d(out_channels=6, kernel_size=2, weight_kind="weight_norm")
    assert transposed.parameter_count(picture) == 4 * 6 * 4 + 6 + 4


def test_a_spectral_weight_has_norm_one() -> None:
    torch.manual_seed(0)
    layer = built(Linear(out_features=7, weight_kind="spectral_norm"), TensorSpec((None, 10)))
    for _ in range(50):
        layer(torch.ones(1, 10))
    assert isinstance(layer, nn.Linear)
    assert torch.linalg.matrix_norm(layer.eval().weight, 2).item() == pytest.approx(1, abs=1e-3)

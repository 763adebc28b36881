"""First weights: torch's functions by the catalog's names, for the network or for a node, the same for a seed."""

import inspect

import pytest
import torch
from torch import Tensor, nn

from engine.catalog import registry
from engine.catalog.entry import AttributeKind
from engine.catalog.initializers import Initializer, KaimingNormal
from engine.checks.inference import ShapeChecker
from engine.compiler.initializing import FUNCTIONS
from engine.compiler.module import CompiledNetwork, compile_project
from engine.document.data_spec import Step
from engine.document.edits import SetInitial, apply
from engine.document.graph import Initial
from engine.document.project import Project
from engine.document.project_json import from_bytes, to_bytes
from engine.document.recipe import Recipe
from engine.errors import NetwrightError
from tests.drawn_networks import PICTURES, draw

EVERY = pytest.mark.parametrize("kind", registry.blind_initializers(), ids=lambda item: item.__name__)
SHAPES = {2: (6, 5), 3: (6, 4, 3), 4: (6, 4, 3, 3)}


@EVERY
def test_is_torchs_function(kind: type[Initializer]) -> None:
    signature = inspect.signature(FUNCTIONS[kind.target]).parameters
    declared = {info.name: info for info in kind.attributes()}
    for name, parameter in list(signature.items())[1:]:
        assert name in declared or kind.unlike_torch.get(name), f"torch's {kind.target} takes {name}"
        ours = name in kind.unlike_torch or (name == "b" and "a" in kind.unlike_torch)
        if name in declared and parameter.default is not inspect.Parameter.empty and not ours:
            assert declared[name].default == parameter.default
    assert set(kind().arguments()) == set(declared) <= set(signature)
    for info in declared.values():
        if info.kind is AttributeKind.CHOICE:
            for choice in info.choices:
                filled(kind.from_attributes({info.name: choice}))


def filled(initializer: Initializer) -> Tensor:
    rank = max(2, initializer.axes[0])
    torch.manual_seed(0)
    tensor = torch.full(SHAPES[rank], 9.0)
    FUNCTIONS[initializer.target](tensor, **initializer.arguments())
    return tensor


@EVERY
def test_fills_a_tensor(kind: type[Initializer]) -> None:
    tensor = filled(kind())
    assert bool(tensor.isfinite().all()) and float(tensor.max()) < 9
    assert torch.equal(tensor, filled(kind()))


def test_all_of_torch_are_there() -> None:
    there = {name for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")}
    assert {kind.target.rpartition(".")[2] for kind in registry.blind_initializers()} == there


def drawn(recipe: Recipe | None = None) -> Project:
    project = draw(
        PICTURES,
        {
            "conv1": ("Conv2d", {"out_channels": 4, "kernel_size": 3}),
            "norm1": "BatchNorm2d",
            "flat1": "Flatten",
            "hidden1": ("Linear", {"out_features": 3, "weight_kind": "weight_norm"}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > conv1 > norm1 > flat1 > hidden1 > out",
        "hidden1 > loss1.prediction",
        "label > loss1.target",
    )
    project.recipe = recipe or Recipe()
    return project


def built(project: Project, seed: int = 1) -> CompiledNetwork:
    torch.manual_seed(seed)
    return compile_project(project, checker=ShapeChecker(project))


def test_the_recipe_reaches_every_weight_and_bias() -> None:
    network = built(
        drawn(Recipe(weight_init=Step(type="Constant", attributes={"val": 0.5}), bias_init=Step(type="Ones")))
    )
    held = dict(network.named_parameters())
    assert set(held["conv1.weight"].flatten().tolist()) == {0.5}
    assert set(held["conv1.bias"].tolist()) == {1.0} and set(held["norm1.bias"].tolist()) == {1.0}
    assert set(held["norm1.weight"].tolist()) == {1.0}, "scales are no weights"
    hidden = network.get_submodule("hidden1")
    torch.testing.assert_close(hidden.weight, torch.full_like(hidden.weight, 0.5))  # type: ignore[arg-type]


def test_a_node_says_otherwise_than_the_recipe() -> None:
    project = drawn(Recipe(weight_init=Step(type="Zeros")))
    inverse = apply(
        project,
        SetInitial(id="conv1", weight=Initial(type="Dirac"), bias=Initial(type="Constant", attributes={"val": 3.0})),
    )
    held = dict(built(project).named_parameters())
    assert set(held["conv1.weight"].flatten().tolist()) == {0.0, 1.0}
    assert set(held["conv1.bias"].tolist()) == {3.0}
    assert from_bytes(to_bytes(project), "here").graph.node("conv1") == project.graph.node("conv1")
    apply(project, inverse)
    assert set(built(project).get_parameter("conv1.weight").flatten().tolist()) == {0.0}
    apply(project, SetInitial(id="norm1", weight=Initial(type="Constant", attributes={"val": 0.2})))
    assert built(project).get_parameter("norm1.weight").tolist() == pytest.approx([0.2] * 4)


def test_the_seed_decides() -> None:
    project = drawn(Recipe(weight_init=Step(type="KaimingNormal", attributes={"mode": "fan_out"})))
    first, again, other = built(project), built(project), built(project, seed=2)
    for name, tensor in first.named_parameters():
        assert torch.equal(tensor, again.get_parameter(name))
    assert not torch.equal(first.get_parameter("conv1.weight"), other.get_parameter("conv1.weight"))
    weight = first.get_parameter("conv1.weight")
    assert weight.std().item() == pytest.approx((2 / (4 * 9)) ** 0.5, rel=0.5)
    assert KaimingNormal().axes[0] == 2


def test_what_does_not_fit_stays_as_it_is() -> None:
    project = drawn(Recipe(weight_init=Step(type="Eye")))
    plain = built(drawn())
    found = built(project)
    assert torch.equal(found.get_parameter("conv1.weight"), plain.get_parameter("conv1.weight"))


def test_without_a_choice_nothing_changes() -> None:
    """Projects drawn before there were initializers begin with the weights they always had."""
    first, second = built(drawn()), built(drawn(Recipe()))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_an_unknown_one_is_refused_in_words() -> None:
    with pytest.raises(NetwrightError, match="Nothing"):
        built(drawn(Recipe(weight_init=Step(type="Nothing"))))
    project = drawn()
    apply(project, SetInitial(id="conv1", weight=Initial(type="Nothing")))
    with pytest.raises(NetwrightError, match="Nothing"):
        built(project)

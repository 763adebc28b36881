"""Of a network with a Switch only the chosen way is built, trained and read as source."""

import pytest
import torch

from engine.compiler.module import compile_project
from engine.compiler.plan import plan
from engine.compiler.source import source_code
from engine.document import edits
from engine.document.edits import SetAttributes, SetShares
from engine.document.project import Project
from tests.drawn_networks import PICTURES, draw, forward_inputs, random_inputs

torch.set_num_threads(1)


def switched(active: str) -> Project:
    return draw(
        PICTURES,
        {
            "conv1": ("Conv2d", {"out_channels": 4}),
            "wide": ("Conv2d", {"out_channels": 8}),
            "pool1": "GlobalAveragePool2d",
            "flatten1": "Flatten",
            "fc1": ("Linear", {"out_features": 4}),
            "switch1": ("Switch", {"active": active}),
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > conv1 > wide > pool1 > switch1.a",
        "pixels > flatten1 > fc1 > switch1.b",
        "switch1 > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )


@pytest.mark.parametrize(("active", "built"), [("a", {"conv1", "wide"}), ("b", {"fc1"})])
def test_only_the_chosen_way_is_built(active: str, built: set[str]) -> None:
    project = switched(active)
    network = compile_project(project)
    assert {name.partition(".")[0] for name in network.state_dict()} == built | {"linear1"}
    _, (loss,) = network.training_forward(*random_inputs(network, project, 4))
    loss.backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_it_answers_as_the_same_way_drawn_alone() -> None:
    project = switched("b")
    alone = draw(
        PICTURES,
        {
            "flatten1": "Flatten",
            "fc1": ("Linear", {"out_features": 4}),
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > flatten1 > fc1 > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )
    answers = []
    for item in (project, alone):
        torch.manual_seed(1)
        network = compile_project(item).eval()
        torch.manual_seed(2)
        answers.append(network(*forward_inputs(network, item))[0])
    assert torch.equal(*answers)


def test_an_input_that_only_leads_to_another_way_is_not_asked_for() -> None:
    project = switched("a")
    edits.apply(project, SetAttributes(id="switch1", attributes={"active": "b"}))
    assert plan(project).input_ids == ("pixels",)
    drawn = draw(
        PICTURES,
        {
            "more": ("Input", {"fields": ["label"]}),
            "embedding1": ("Embedding", {"embedding_dim": 4}),
            "flatten1": "Flatten",
            "fc1": ("Linear", {"out_features": 4}),
            "switch1": ("Switch", {"active": "a"}),
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > flatten1 > fc1 > switch1.a",
        "more > embedding1 > switch1.b",
        "switch1 > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )
    assert plan(drawn).input_ids == ("pixels",)
    edits.apply(drawn, SetAttributes(id="switch1", attributes={"active": "b"}))
    assert plan(drawn).input_ids == ("more",)


def test_the_chosen_way_may_use_the_weights_of_one_that_rests() -> None:
    project = draw(
        PICTURES,
        {
            "flatten1": "Flatten",
            "fc1": ("Linear", {"out_features": 4}),
            "drop1": "Dropout",
            "fc2": ("Linear", {"out_features": 4}),
            "switch1": ("Switch", {"active": "b"}),
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > flatten1 > fc1 > switch1.a",
        "flatten1 > drop1 > fc2 > switch1.b",
        "switch1 > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )
    edits.apply(project, SetShares(id="fc2", shares="fc1"))
    network = compile_project(project)
    assert {name.partition(".")[0] for name in network.state_dict()} == {"fc1", "linear1"}
    network.training_forward(*random_inputs(network, project, 4))[1][0].backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize("active", ["a", "b"])
def test_the_source_holds_only_the_chosen_way(active: str) -> None:
    text = source_code(switched(active))
    assert ("Conv2d" in text) is (active == "a")
    assert "switch" not in text.lower()

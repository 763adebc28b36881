"""Entries are built from what a project file holds, and refuse the rest by name."""

import pytest

from engine.catalog import registry
from engine.catalog.entry import AttributeKind
from engine.catalog.layers.convolution import Conv1d, Conv2d
from engine.catalog.layers.data import Input, Output
from engine.catalog.layers.linear import Linear
from engine.catalog.layers.pooling import MaxPool2d
from engine.document.data_spec import Step
from engine.document.graph import Node, Value
from engine.errors import AttributeOutOfRange, GraphError


def kinds(layer: type) -> dict[str, AttributeKind]:
    return {info.name: info.kind for info in layer.attributes()}  # type: ignore[attr-defined]


def test_kinds_choose_the_editor() -> None:
    assert kinds(Conv2d)["kernel_size"] is AttributeKind.SIZE
    assert kinds(Conv2d)["groups"] is AttributeKind.INTEGER
    assert kinds(Conv2d)["padding_mode"] is AttributeKind.CHOICE
    assert kinds(Linear)["bias"] is AttributeKind.SWITCH
    assert kinds(Input)["fields"] is AttributeKind.FIELDS
    assert kinds(Output)["field"] is AttributeKind.FIELD
    by_name = {info.name: info for info in Conv2d.attributes()}
    assert by_name["padding"].choices == ("same",)
    assert by_name["padding"].range_text() == "a whole number or two of them from 0 to 1000 or same"
    assert by_name["out_channels"].label == "Filters"
    stride = {info.name: info for info in MaxPool2d.attributes()}["stride"]
    assert stride.optional and stride.default is None


@pytest.mark.parametrize(
    ("attributes", "value"),
    [
        ({"kernel_size": 5}, 5),
        ({"kernel_size": [3, 5]}, (3, 5)),
        ({}, 3),
    ],
)
def test_values_of_a_file_become_typed(attributes: dict[str, Value], value: object) -> None:
    assert registry.layer(Node(id="c", type="Conv2d", attributes=attributes)).kernel_size == value  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"kernel_size": 0}, "kernel_size"),
        ({"kernel_size": [3, 0]}, "kernel_size"),
        ({"kernel_size": [3, 3, 3]}, "kernel_size"),
        ({"kernel_size": "big"}, "kernel_size"),
        ({"kernel_size": True}, "kernel_size"),
        ({"padding": "valid-ish"}, "padding"),
        ({"padding_mode": "mirror"}, "padding_mode"),
        ({"bias": 1}, "bias"),
        ({"out_channels": 1.5}, "out_channels"),
        ({"out_channels": None}, "out_channels"),
        ({"in_channels": 3}, "in_channels"),
        ({"out_channels": 10**12}, "out_channels"),
    ],
)
def test_wrong_values_are_refused_by_name(attributes: dict[str, Value], name: str) -> None:
    with pytest.raises(AttributeOutOfRange) as caught:
        registry.layer(Node(id="c1", type="Conv2d", attributes=attributes))
    assert caught.value.where == f"c1.{name}"
    assert caught.value.expected and caught.value.found and caught.value.hint


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(AttributeOutOfRange):
        registry.layer(Node(id="d", type="Dropout", attributes={"p": value}))


def test_whole_numbers_are_numbers() -> None:
    assert registry.optimizer(Step(type="SGD", attributes={"lr": 1})).lr == 1.0


def test_unknown_types() -> None:
    with pytest.raises(GraphError, match="no layer 'Conv9d'"):
        registry.layer(Node(id="c", type="Conv9d"))
    with pytest.raises(AttributeOutOfRange, match="no optimizer 'Adamn'") as caught:
        registry.entry("optimizer", Step(type="Adamn"))
    assert "AdamW" in caught.value.expected
    assert registry.layer_type("_Convolution") is None
    assert registry.layer_type("Loss") is None


def test_arguments_are_what_torch_takes() -> None:
    from engine.catalog.tensors import TensorSpec

    signal = TensorSpec((None, 4, 20))
    assert Conv1d(padding="same").arguments(signal) == {
        "in_channels": 4,
        "out_channels": 32,
        "kernel_size": 3,
        "stride": 1,
        "padding": "same",
        "dilation": 1,
        "groups": 1,
        "bias": True,
        "padding_mode": "zeros",
    }

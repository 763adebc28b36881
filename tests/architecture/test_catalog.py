"""Every catalog entry has help that a beginner can read, complete attributes, and a name of its own."""

import pytest

from engine.catalog import registry
from engine.catalog.as_json import catalog_json
from engine.catalog.entry import AttributeKind, Entry
from engine.catalog.layer import Layer
from engine.catalog.losses import Loss
from engine.catalog.metrics import Metric

ENTRIES: list[type[Entry]] = [
    *registry.layers(),
    *registry.optimizers(),
    *registry.schedules(),
    *registry.metrics(),
    *registry.preparation(),
    *registry.augmentation(),
]
EVERY = pytest.mark.parametrize("entry", ENTRIES, ids=lambda item: item.__name__)


@EVERY
def test_has_help(entry: type[Entry]) -> None:
    help_text = entry.help()
    assert help_text.endswith(".") and 15 < len(help_text) <= 140, help_text


@EVERY
def test_attributes_have_help_and_a_default_in_range(entry: type[Entry]) -> None:
    for info in entry.attributes():
        assert info.help.endswith(".") and len(info.help) > 10, f"{info.name}: {info.help}"
        assert info.label
        assert info.range_text()
        if info.kind in (AttributeKind.INTEGER, AttributeKind.SIZE):
            assert info.minimum is not None, f"{info.name} has no lower end"
        if info.kind is AttributeKind.CHOICE:
            assert info.default in info.choices
    default = entry()
    assert entry.from_attributes(default.values()) == default


@pytest.mark.parametrize("layer", registry.layers(), ids=lambda item: item.__name__)
def test_layers_say_shapes_and_ports(layer: type[Layer]) -> None:
    assert layer.details(), "the rest of the docstring gives shapes and source"
    ports = [port.name for port in layer().input_ports()]
    assert len(set(ports)) == len(ports)
    assert layer.onnx.op or layer.onnx.rule or layer.onnx.why
    assert layer.family
    if not issubclass(layer, Loss) and layer.target:
        assert layer.onnx.op or layer.onnx.rule, "every layer can be exported"
    for name in layer.not_arguments:
        assert name in {info.name for info in layer.attributes()}


def test_names_are_unique() -> None:
    for group in (
        registry.layers(),
        registry.optimizers(),
        registry.schedules(),
        registry.metrics(),
        registry.preparation(),
        registry.augmentation(),
    ):
        names = [item.type_name() for item in group]
        labels = [item.label() for item in group]
        assert len(set(names)) == len(names)
        assert len(set(labels)) == len(labels), "two entries look alike in the palette"
    keys = [metric.key for metric in registry.metrics()]
    assert all(keys) and len(set(keys)) == len(keys)


def test_there_is_enough_to_pick() -> None:
    plain = [layer for layer in registry.layers() if not issubclass(layer, Loss)]
    assert len(plain) >= 45
    assert len(registry.losses()) >= 6
    assert len(registry.optimizers()) >= 6
    assert len(registry.schedules()) >= 4
    assert len(registry.metrics()) >= 6


def test_the_command_line_sees_everything() -> None:
    found = catalog_json()
    listed = [item["type"] for group in found.values() for item in group]
    assert sorted(listed) == sorted(entry.type_name() for entry in ENTRIES)
    for group in found.values():
        for item in group:
            assert {"type", "family", "help", "attributes", "inputs", "outputs"} <= item.keys()
    assert all(metric.kinds for metric in registry.metrics())
    assert issubclass(registry.metrics()[0], Metric)

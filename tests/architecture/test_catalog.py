"""Every catalog entry has help that a beginner can read, complete attributes, and a name of its own."""

import pytest
from torch import nn

from engine.catalog import registry
from engine.catalog.as_json import catalog_json
from engine.catalog.entry import AttributeKind, Entry
from engine.catalog.layer import Layer
from engine.catalog.losses import Loss
from engine.catalog.metrics.metric import Feed, Metric

ENTRIES: list[type[Entry]] = [
    *registry.layers(),
    *registry.optimizers(),
    *registry.wrappers(),
    *registry.averages(),
    *registry.initializers(),
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


OF_TRAINING = [entry for entry in ENTRIES if not issubclass(entry, Layer) or issubclass(entry, Loss)]


@pytest.mark.parametrize("entry", OF_TRAINING, ids=lambda item: item.__name__)
def test_has_a_formula_and_says_when_to_use_it(entry: type[Entry]) -> None:
    assert bool(entry.formula) != bool(entry.no_formula), "a formula, or the reason why there is none"
    assert "\n" not in entry.formula and len(entry.formula) <= 160, entry.formula
    assert entry.when.endswith(".") and 15 < len(entry.when) <= 200, entry.when
    assert entry.when != entry.help()


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
    assert layer.formula or layer.no_formula, "what it computes in a line, or why that cannot be said"
    assert layer.when.endswith("."), "when to use it"
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
        registry.wrappers(),
        registry.averages(),
        registry.initializers(),
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
    of_torch = [layer for layer in plain if hasattr(nn, layer.type_name())]
    assert len(plain) >= 240
    assert len(of_torch) >= 115
    assert len(registry.losses()) >= 60
    assert len(registry.optimizers()) >= 22
    assert len(registry.initializers()) >= 14
    assert len(registry.schedules()) >= 16
    assert len(registry.metrics()) >= 60


def test_the_command_line_sees_everything() -> None:
    found = catalog_json()
    listed = [item["type"] for group in found.values() for item in group]
    assert sorted(listed) == sorted(entry.type_name() for entry in ENTRIES)
    for group in found.values():
        for item in group:
            assert {"type", "family", "help", "attributes", "inputs", "outputs"} <= item.keys()
    by_themselves = (Feed.EPISODES, Feed.EMBEDDINGS, Feed.SPLIT)  # these come where they fit, whatever a recipe names
    assert all(bool(metric.kinds) is not (metric.feed in by_themselves) for metric in registry.metrics())
    assert issubclass(registry.metrics()[0], Metric)

"""The whole catalog as plain values, for `netwright catalog`."""

from typing import Any

from engine.catalog import registry
from engine.catalog.entry import Attribute, Entry
from engine.catalog.layer import Layer
from engine.catalog.losses import Loss
from engine.catalog.metrics.metric import Metric
from engine.catalog.preparation_step import PreparationStep


def catalog_json() -> dict[str, Any]:
    """Lists of {type, family, help, attributes, inputs, outputs} under layers, losses, optimizers, wrappers, averages,
    initializers, schedules, metrics, preparation and augmentation."""
    return {
        "layers": [_entry(item) for item in registry.layers() if not issubclass(item, Loss)],
        "losses": [_entry(item) for item in registry.losses()],
        "optimizers": [_entry(item) for item in registry.optimizers()],
        "wrappers": [_entry(item) for item in registry.wrappers()],
        "averages": [_entry(item) for item in registry.averages()],
        "initializers": [_entry(item) for item in registry.initializers()],
        "schedules": [_entry(item) for item in registry.schedules()],
        "metrics": [_entry(item) for item in registry.metrics()],
        "preparation": [_entry(item) for item in registry.preparation()],
        "augmentation": [_entry(item) for item in registry.augmentation()],
    }


def catalog_counts() -> dict[str, Any]:
    """How many entries there are: layers by family, how many of those can be exported to ONNX, the other groups."""
    layers = [item for item in registry.layers() if not issubclass(item, Loss)]
    families: dict[str, int] = {}
    for item in layers:
        families[item.family.value] = families.get(item.family.value, 0) + 1
    others = {group: len(entries) for group, entries in catalog_json().items() if group != "layers"}
    return {"layers": len(layers), "exported": sum(map(_exported, layers)), "families": families, **others}


def _exported(item: type[Layer]) -> bool:
    """Whether the layer has an ONNX form; with some settings it may still be refused."""
    return bool(item.onnx.op or item.onnx.rule)


def _entry(item: type[Entry]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": item.type_name(),
        "label": item.label(),
        "family": "",
        "help": item.help(),
        "formula": item.formula,
        "when": item.when,
        "details": item.details(),
        "synonyms": list(item.synonyms),
        "attributes": [_attribute(info) for info in item.attributes()],
        "inputs": [],
        "outputs": [],
    }
    if issubclass(item, Layer):
        found["family"] = item.family.value
        found["inputs"] = [
            {
                "name": port.name,
                "axes": list(port.axes),
                "dtype": port.dtype.value if port.dtype else None,
                "optional": port.optional,
            }
            for port in item().input_ports()
        ]
        found["outputs"] = list(item.outputs)
        found["example"] = item().example_text()
        found["exported"] = _exported(item)
        found["not_exported_because"] = "" if _exported(item) else item.onnx.why
    if issubclass(item, Loss):
        found["answer"] = item.answer
        found["kinds"] = [kind.value for kind in item.kinds]
    if issubclass(item, Metric):
        found["name"] = item.key
        found["larger_is_better"] = item.larger_is_better
        found["kinds"] = [kind.value for kind in item.kinds]
    if issubclass(item, PreparationStep):
        found["kinds"] = [kind.value for kind in item.kinds]
    return found


def _attribute(info: Attribute) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": info.name,
        "kind": info.kind.value,
        "default": list(info.default) if isinstance(info.default, tuple) else info.default,
        "help": info.help,
        "label": info.label,
        "optional": info.optional,
        "advanced": info.advanced,
    }
    for bound in ("minimum", "maximum", "above", "below"):
        if getattr(info, bound) is not None:
            found[bound] = getattr(info, bound)
    if info.choices:
        found["choices"] = list(info.choices)
    return found

"""The module of a layer: its class with what follows from the inputs, and its weight in the form chosen."""

from collections.abc import Callable

from torch import nn

from engine.catalog.layer import Layer
from engine.catalog.layers.own_code import PyTorch
from engine.catalog.tensors import TensorSpec
from engine.compiler.modules.weights import low_rank
from engine.compiler.own_code import own_class, own_module
from engine.compiler.resolve import resolve

WEIGHT_FORMS: dict[str, Callable[..., nn.Module]] = {
    "weight_norm": nn.utils.parametrizations.weight_norm,
    "spectral_norm": nn.utils.parametrizations.spectral_norm,
    "low_rank": low_rank,
}
"""What `Layer.weight_form` names."""


def module_class(layer: Layer) -> type[nn.Module]:
    """The class of a layer's module."""
    if isinstance(layer, PyTorch):
        return own_class(layer.file, layer.class_name)
    return resolve(layer.target)


def built(layer: Layer, *specs: TensorSpec) -> nn.Module:
    """A fresh module. Raises what torch raises when it refuses the settings."""
    if isinstance(layer, PyTorch):
        return own_module(layer, *specs)
    module: nn.Module = resolve(layer.target)(**layer.arguments(*specs))
    form = layer.weight_form()
    if form is None:
        return module
    name, settings = form
    return WEIGHT_FORMS[name](module, **settings)

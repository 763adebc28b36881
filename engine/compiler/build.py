"""The module of a layer: its class with what follows from the inputs, and its weight in the form chosen."""

from collections.abc import Callable

from torch import nn

from engine.catalog.layer import Layer
from engine.catalog.tensors import TensorSpec
from engine.compiler.modules.weights import low_rank
from engine.compiler.resolve import resolve

WEIGHT_FORMS: dict[str, Callable[..., nn.Module]] = {
    "weight_norm": nn.utils.parametrizations.weight_norm,
    "spectral_norm": nn.utils.parametrizations.spectral_norm,
    "low_rank": low_rank,
}
"""What `Layer.weight_form` names."""


def built(layer: Layer, *specs: TensorSpec) -> nn.Module:
    """A fresh module. Raises what torch raises when it refuses the settings."""
    module: nn.Module = resolve(layer.target)(**layer.arguments(*specs))
    form = layer.weight_form()
    if form is None:
        return module
    name, settings = form
    return WEIGHT_FORMS[name](module, **settings)

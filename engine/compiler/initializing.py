"""Gives fresh modules the first weights that the recipe or their node asks for."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from engine.catalog import registry
from engine.catalog.initializers import FromData, Initializer
from engine.document.data_spec import Step
from engine.document.graph import Initial, Node
from engine.document.recipe import Recipe

FUNCTIONS = {
    item.target: getattr(torch.nn.init, item.target.rpartition(".")[2])
    for item in registry.initializers()
    if not issubclass(item, FromData)
}
"""The function of torch behind each initializer of the catalog that needs no data."""


def initialize(module: nn.Module, node: Node, recipe: Recipe) -> None:
    """Draw the weights and biases of a node's module anew, where the node or else the recipe says how.

    Numbers come from torch's generator. A recipe reaches weights of two axes and more, a node also the scales of a
    normalization; what an initializer cannot fill stays as it is, and so does what is looked up in the data later.
    Raises AttributeOutOfRange.
    """
    weight, bias = _chosen(node.weight_init, recipe.weight_init), _chosen(node.bias_init, recipe.bias_init)
    if weight is None and bias is None:
        return
    fewest = 0 if node.weight_init is not None else 2
    for part in module.modules():
        if weight is not None and not isinstance(weight, FromData) and parametrize.is_parametrized(part, "weight"):
            _fill_parametrized(part, weight)
        for name, tensor in _own_parameters(part):
            if "bias" in name:
                _fill(tensor, bias)
            elif "weight" in name and tensor.dim() >= fewest:
                _fill(tensor, weight)
        if isinstance(part, nn.Embedding) and part.padding_idx is not None and weight is not None:
            with torch.no_grad():
                part.weight[part.padding_idx].zero_()


def _chosen(own: Initial | None, shared: Step | None) -> Initializer | None:
    if own is not None:
        return registry.initializer(Step(type=own.type, attributes=own.attributes))
    return registry.initializer(shared) if shared is not None else None


def _own_parameters(part: nn.Module) -> Iterator[tuple[str, Tensor]]:
    if not isinstance(part, parametrize.ParametrizationList):
        yield from part.named_parameters(recurse=False)


def _fill(tensor: Tensor, initializer: Initializer | None) -> None:
    if initializer is None or isinstance(initializer, FromData):
        return
    if not initializer.axes[0] <= tensor.dim() <= initializer.axes[1] or not tensor.numel():
        return
    arguments = initializer.arguments()
    if arguments.get("groups", 1) > 1 and tensor.shape[0] % arguments["groups"]:
        return
    FUNCTIONS[initializer.target](tensor, **arguments)


def _fill_parametrized(part: nn.Module, initializer: Initializer) -> None:
    """The weight behind its form: what is divided by its norm, or corrected."""
    form = part.parametrizations["weight"]  # type: ignore[index]
    if hasattr(form, "original"):
        _fill(form.original, initializer)
        return
    with torch.no_grad():
        weight = part.weight.detach().clone()  # type: ignore[operator]
    _fill(weight, initializer)
    part.weight = weight

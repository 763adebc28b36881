"""Layers that learn without labels; what bends gradients or plays with chance is nothing once trained."""

from typing import cast as typed

from engine.compiler.modules.special import RestrictedBoltzmann, VectorQuantize
from engine.deployment.rules.indexing import like_batch
from engine.deployment.rules.reduction import axis_of
from engine.deployment.rules.site import Site, Written, rule


@rule("straight_through", "reparameterize")
def first_input(site: Site) -> Written:
    """The first input."""
    return site.add("Identity", site.x)


@rule("vector_quantize")
def vector_quantize(site: Site) -> Written:
    """The vectors last, the nearest of the book by ArgMin, and back."""
    module, axis, rank = typed(VectorQuantize, site.module), axis_of(site), len(site.shape)
    order = [*(place for place in range(rank) if place != axis), axis]
    book = module.book
    products = site.add("MatMul", site.transpose(site.x, *order), site.array(2 * book.T, "book"))
    distances = site.add("Sub", site.array(book.square().sum(1), "sizes"), products)
    indices = site.add("ArgMin", distances, axis=rank - 1, keepdims=0)
    found = site.add("Gather", site.array(book, "book"), indices, axis=0)
    back = [*range(axis), rank - 1, *range(axis, rank - 1)]
    codes = site.transpose(found, *back)
    return site.add("Identity", codes), codes, indices


@rule("self_organizing_map")
def self_organizing_map(site: Site) -> Written:
    """The squares of all differences, and the least."""
    apart = site.add("Sub", site.unsqueeze(site.x, 1), site.parameter("units"))
    distances = site.reduce("ReduceSum", site.add("Mul", apart, apart), [2], keepdims=False)
    return distances, site.add("ArgMin", distances, axis=1, keepdims=0)


@rule("restricted_boltzmann")
def restricted_boltzmann(site: Site) -> Written:
    """Hidden units and energies, by probabilities."""
    module = typed(RestrictedBoltzmann, site.module)
    weight = site.array(module.weight, "weight")
    turned = site.array(module.weight.T, "weight_turned")
    visible, hidden_bias = site.parameter("visible_bias"), site.parameter("hidden_bias")

    def inputs(x: str) -> str:
        return site.add("Add", site.add("MatMul", x, turned), hidden_bias)

    def energy(x: str) -> str:
        own = site.reduce("ReduceSum", site.add("Mul", x, visible), [1], keepdims=False)
        units = site.reduce("ReduceSum", site.add("Softplus", inputs(x)), [1], keepdims=False)
        return site.add("Neg", site.add("Add", own, units))

    dream = site.x
    for _ in range(module.steps):
        hidden = site.add("Sigmoid", inputs(dream))
        dream = site.add("Sigmoid", site.add("Add", site.add("MatMul", hidden, weight), visible))
    return site.add("Sigmoid", inputs(site.x)), energy(site.x), energy(dream), dream


@rule("moving_value")
def moving_value(site: Site) -> Written:
    """The number as it was at last, repeated."""
    return like_batch(site, site.parameter("now"), *site.layer.shape)  # type: ignore[attr-defined]

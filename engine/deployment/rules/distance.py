"""How near two tensors are to each other."""

from typing import cast

from torch import nn

from engine.catalog.rules import broadcast, normal_axis
from engine.deployment.rules.site import Site, Written, rule


@rule("cosine_similarity")
def cosine_similarity(site: Site) -> Written:
    """The product of both, each divided by its length."""
    module = cast(nn.CosineSimilarity, site.module)
    axis = normal_axis(module.dim, broadcast(site.specs).rank)
    both = (site.add("Expand", x, site.add("Shape", other)) for x, other in (site.inputs, site.inputs[::-1]))
    a, b = (
        site.add("Div", x, site.add("Max", site.reduce("ReduceL2", x, [axis]), site.scalar(module.eps))) for x in both
    )
    return site.reduce("ReduceSum", site.add("Mul", a, b), [axis], keepdims=False)


@rule("pairwise_distance")
def pairwise_distance(site: Site) -> Written:
    """The p-norm of a - b + eps over the last axis."""
    module = cast(nn.PairwiseDistance, site.module)
    x = site.add("Add", site.add("Sub", *site.inputs), site.scalar(module.eps))
    keep = bool(module.keepdim)
    if module.norm in (1.0, 2.0):
        return site.reduce("ReduceL1" if module.norm == 1.0 else "ReduceL2", x, [-1], keepdims=keep)
    power = site.add("Pow", site.add("Abs", x), site.scalar(module.norm))
    return site.add("Pow", site.reduce("ReduceSum", power, [-1], keepdims=keep), site.scalar(1 / module.norm))

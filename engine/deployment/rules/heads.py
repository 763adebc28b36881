"""Cosines to classes, and probabilities of classes with an order."""

import numpy as np
import torch.nn.functional as F  # noqa: N812

from engine.deployment.rules.site import Site, Written, rule


@rule("cosine_linear")
def cosine_linear(site: Site) -> Written:
    """The direction of the input times the directions learned."""
    length = site.add("Max", site.reduce("ReduceL2", site.x, [-1]), site.scalar(1e-12))
    directions = F.normalize(site.module.weight.detach(), dim=-1).T  # type: ignore[operator]
    return site.add("MatMul", site.add("Div", site.x, length), site.array(directions, "weight"))


@rule("ordinal_probabilities")
def ordinal_probabilities(site: Site) -> Written:
    """Differences of the chances of being above; products are sums of logarithms."""
    logs = site.add("Neg", site.add("Softplus", site.add("Neg", site.x)))
    if site.layer.method == "corn":  # type: ignore[attr-defined]
        logs = site.add("CumSum", logs, site.writer.constant(1, np.int64))
    above = site.add("Exp", logs)
    first = site.slice(above, 1, 0, 1)
    zero = site.add("Sub", first, first)
    one = site.add("Add", zero, site.scalar(1))
    differences = site.add("Sub", site.add("Concat", one, above, axis=1), site.add("Concat", above, zero, axis=1))
    each = site.add("Max", differences, site.scalar(0))
    return site.add("Div", each, site.reduce("ReduceSum", each, [1]))

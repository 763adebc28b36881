"""Linear and Bilinear."""

from typing import cast

from torch import nn

from engine.deployment.rules.site import Site, Written, rule


def affine(site: Site, x: str, weight: object, bias: object | None, *, rank: int, name: str = "") -> str:
    """x @ weight.T + bias over the last dimension; `weight` as torch keeps it (out, in)."""
    prefix = f"{name}." if name else ""
    if rank == 2:
        tensors = [site.array(weight, f"{prefix}weight")]
        if bias is not None:
            tensors.append(site.array(bias, f"{prefix}bias"))
        return site.add("Gemm", x, *tensors, transB=1)
    product = site.add("MatMul", x, site.array(weight.T, f"{prefix}weight"))  # type: ignore[attr-defined]
    return product if bias is None else site.add("Add", product, site.array(bias, f"{prefix}bias"))


@rule("linear")
def linear(site: Site) -> Written:
    """Gemm on (N, features), MatMul otherwise."""
    module = cast(nn.Linear, site.module)
    return affine(site, site.x, module.weight, module.bias, rank=len(site.shape))


@rule("bilinear")
def bilinear(site: Site) -> Written:
    """x1 @ W[o] @ x2 for each output o."""
    module = cast(nn.Bilinear, site.module)
    product = site.add("Einsum", site.x, site.parameter("weight"), site.inputs[1], equation="...i,oij,...j->...o")
    return product if module.bias is None else site.add("Add", product, site.parameter("bias"))


@rule("adaptive_log_softmax")
def adaptive_log_softmax(site: Site) -> Written:
    """The head's log-probabilities; those of a group's classes are added to that of the group."""
    module = cast(nn.AdaptiveLogSoftmaxWithLoss, site.module)
    rank = len(site.shape)

    def scores(x: str, layers: list[nn.Linear], name: str) -> str:
        for number, layer in enumerate(layers):
            x = affine(site, x, layer.weight.detach(), layer.bias, rank=rank, name=f"{name}.{number}")
        return site.add("LogSoftmax", x, axis=-1)

    head = scores(site.x, [module.head], "head")
    parts = [site.slice(head, -1, 0, module.shortlist_size)]
    for number, tail in enumerate(module.tail):
        group = site.slice(head, -1, module.shortlist_size + number, module.shortlist_size + number + 1)
        inner = scores(site.x, list(cast(nn.Sequential, tail)), f"tail.{number}")  # type: ignore[arg-type]
        parts.append(site.add("Add", inner, group))
    return site.add("Concat", *parts, axis=-1)

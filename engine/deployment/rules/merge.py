"""Layers that bring several tensors together."""

from typing import Any

from onnx import TensorProto

from engine.catalog.tensors import DType
from engine.deployment.rules.site import Site, Written, rule


def _alike(site: Site) -> list[str]:
    """The inputs, whole numbers turned into decimal ones where the two meet, as torch does."""
    kinds = {spec.dtype for spec in site.specs}
    if len(kinds) == 1 and DType.BOOL not in kinds:
        return list(site.inputs)
    wanted = DType.FLOAT if DType.FLOAT in kinds else DType.INT
    onnx_type = TensorProto.FLOAT if wanted is DType.FLOAT else TensorProto.INT64
    return [
        value if spec.dtype is wanted else site.add("Cast", value, to=onnx_type)
        for value, spec in zip(site.inputs, site.specs, strict=True)
    ]


def _chain(op: str) -> Any:
    def written(site: Site) -> Written:
        result, *others = _alike(site)
        for other in others:
            result = site.add(op, result, other)
        return result

    return written


rule("add")(_chain("Add"))
rule("multiply")(_chain("Mul"))
rule("maximum")(_chain("Max"))
rule("minimum")(_chain("Min"))


@rule("average")
def average(site: Site) -> Written:
    """The sum, divided by the count."""
    total = site.inputs[0]
    for other in site.inputs[1:]:
        total = site.add("Add", total, other)
    return site.add("Div", total, site.scalar(len(site.inputs)))


@rule("concatenate")
def concatenate(site: Site) -> Written:
    """Concat."""
    return site.add("Concat", *_alike(site), axis=int(site.module.dim))  # type: ignore[arg-type]


@rule("stack")
def stack(site: Site) -> Written:
    """Concat of inputs that have got a new axis."""
    dim = int(site.module.dim)  # type: ignore[arg-type]
    return site.add("Concat", *(site.unsqueeze(value, dim) for value in _alike(site)), axis=dim)

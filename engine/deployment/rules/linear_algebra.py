"""Products, distances and similarities of matrices and vectors."""

import numpy as np

from engine.catalog.tensors import DType
from engine.deployment.rules.comparison import cast, steps
from engine.deployment.rules.reduction import power_norm
from engine.deployment.rules.site import Site, Written, rule


@rule("einsum")
def einsum(site: Site) -> Written:
    """Einsum."""
    return site.add("Einsum", *site.inputs, equation=site.layer.expression)  # type: ignore[attr-defined]


@rule("outer")
def outer(site: Site) -> Written:
    """A column times a row."""
    a, b = site.inputs
    return site.add("Mul", site.unsqueeze(a, 2), site.unsqueeze(b, 1))


@rule("dot")
def dot(site: Site) -> Written:
    """The sum of products."""
    return site.reduce("ReduceSum", site.add("Mul", *site.inputs), [-1], keepdims=False)


@rule("gram")
def gram(site: Site) -> Written:
    """The tensor as a matrix times itself turned, divided by the places."""
    flat = site.reshape(site.x, 0, 0, -1)
    places = cast(site, site.size(flat, 2), DType.FLOAT)
    return site.add("Div", site.add("MatMul", flat, site.transpose(flat, 0, 2, 1)), places)


@rule("distance_matrix")
def distance_matrix(site: Site) -> Written:
    """The norm of all differences."""
    a, b = site.inputs[0], site.inputs[-1]
    differences = site.add("Sub", site.unsqueeze(a, 2), site.unsqueeze(b, 1))
    return power_norm(site, differences, site.layer.p, 3, keepdims=False)  # type: ignore[attr-defined]


def _directions(site: Site, x: str) -> str:
    length = site.add("Max", site.reduce("ReduceL2", x, [2]), site.scalar(1e-12))
    return site.add("Div", x, length)


@rule("cosine_matrix")
def cosine_matrix(site: Site) -> Written:
    """The product of directions."""
    a, b = _directions(site, site.inputs[0]), _directions(site, site.inputs[-1])
    return site.add("MatMul", a, site.transpose(b, 0, 2, 1))


@rule("cross_product")
def cross_product(site: Site) -> Written:
    """a yzx times b zxy less a zxy times b yzx."""
    axis = len(site.shape) - 1

    def turned(x: str, *order: int) -> str:
        return site.add("Gather", x, site.ints(*order), axis=axis)

    a, b = site.inputs
    first = site.add("Mul", turned(a, 1, 2, 0), turned(b, 2, 0, 1))
    return site.add("Sub", first, site.add("Mul", turned(a, 2, 0, 1), turned(b, 1, 2, 0)))


@rule("trilu")
def trilu(site: Site) -> Written:
    """Trilu; before opset 14, when it came, a comparison of row and column."""
    if site.opset < 14:
        return _trilu_in_parts(site)
    diagonal = site.writer.constant(np.int64(site.layer.diagonal))  # type: ignore[attr-defined]
    return site.add("Trilu", site.x, diagonal, upper=int(site.layer.type_name() == "Triu"))


def _trilu_in_parts(site: Site) -> Written:
    """Keeps x where column - row is at least the diagonal (Triu), or at most (Tril); 0 elsewhere."""
    rank = len(site.shape)
    rows = site.unsqueeze(steps(site, site.size(site.x, rank - 2)), 1)
    columns = site.unsqueeze(steps(site, site.size(site.x, rank - 1)), 0)
    off = site.add("Sub", columns, rows)
    diagonal = site.writer.constant(np.int64(site.layer.diagonal))  # type: ignore[attr-defined]
    kept = site.add("GreaterOrEqual" if site.layer.type_name() == "Triu" else "LessOrEqual", off, diagonal)
    return site.add("Where", kept, site.x, site.scalar(0))


def _on_diagonal(site: Site, size: str) -> str:
    """A square of yes on the diagonal."""
    places = steps(site, size)
    return site.add("Equal", site.unsqueeze(places, 0), site.unsqueeze(places, 1))


@rule("diagonal")
def diagonal(site: Site) -> Written:
    """All but the diagonal is made 0, then each row added up."""
    rank = len(site.shape)
    kept = site.add("Where", _on_diagonal(site, site.size(site.x, rank - 1)), site.x, site.scalar(0))
    return site.reduce("ReduceSum", kept, [rank - 1], keepdims=False)


@rule("diagonal_matrix")
def diagonal_matrix(site: Site) -> Written:
    """The vector where row is column, 0 elsewhere."""
    rank = len(site.shape)
    eye = _on_diagonal(site, site.size(site.x, rank - 1))
    return site.add("Where", eye, site.unsqueeze(site.x, rank), site.scalar(0))

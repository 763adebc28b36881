"""Maps of many points: neighbours stay neighbours, groups stay apart, the same points give the same map."""

import math

import pytest
import torch
from torch import Tensor

from engine.errors import Cancelled
from engine.evaluation.insides.flattening import pca, tsne, umap


@pytest.fixture(scope="module")
def blobs() -> tuple[Tensor, Tensor]:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    group = torch.arange(240) % 4
    centers = torch.randn(4, 12, generator=generator) * 6
    return centers[group] + torch.randn(240, 12, generator=generator), group


def trustworthiness(points: Tensor, placed: Tensor, k: int = 8) -> float:
    """How few of the neighbours on the map are strangers; 1 is best. Source: Venna & Kaski 2001."""
    count = len(points)
    far = torch.cdist(points, points).fill_diagonal_(math.inf)
    rank = far.argsort(1).argsort(1) + 1
    near = torch.cdist(placed, placed).fill_diagonal_(math.inf).topk(k, largest=False).indices
    strangers = (rank.gather(1, near) - k).clamp(min=0).sum()
    return 1 - float(strangers) * 2 / (count * k * (2 * count - 3 * k - 1))


def test_pca_is_the_singular_value_decomposition(blobs: tuple[Tensor, Tensor]) -> None:
    points, _ = blobs
    placed, shares = pca(points)
    values = torch.linalg.svdvals(points.double() - points.double().mean(0)).square()
    assert shares == pytest.approx((values / values.sum())[:2].tolist(), rel=1e-6)
    assert placed.double().square().sum(0).tolist() == pytest.approx(values[:2].tolist(), rel=1e-5)
    assert torch.equal(pca(points)[0], placed)


def test_pca_of_more_dimensions_than_points() -> None:
    wide = torch.randn(10, 400, generator=torch.Generator().manual_seed(0))
    placed, shares = pca(wide)
    values = torch.linalg.svdvals(wide.double() - wide.double().mean(0)).square()
    assert placed.double().square().sum(0).tolist() == pytest.approx(values[:2].tolist(), rel=1e-5)
    assert shares[0] == pytest.approx(float(values[0] / values.sum()))


@pytest.mark.parametrize("width", [1, 3])
def test_pca_of_points_that_are_all_alike(width: int) -> None:
    placed, shares = pca(torch.ones(5, width))
    assert placed.shape == (5, 2) and not placed.any() and shares == [0.0, 0.0]


@pytest.mark.parametrize("lay", [tsne, umap])
def test_neighbours_stay_and_groups_stay_apart(lay: object, blobs: tuple[Tensor, Tensor]) -> None:
    points, group = blobs
    placed = lay(points, steps=250)  # type: ignore[operator]
    assert placed.shape == (240, 2) and bool(torch.isfinite(placed).all())
    assert trustworthiness(points, placed) > 0.93 > trustworthiness(points, torch.randn(240, 2))
    nearest = torch.cdist(placed, placed).fill_diagonal_(math.inf).argmin(1)
    assert float((group[nearest] == group).double().mean()) > 0.97


@pytest.mark.parametrize("lay", [tsne, umap])
def test_the_same_points_give_the_same_map(lay: object, blobs: tuple[Tensor, Tensor]) -> None:
    points, _ = blobs
    assert torch.equal(lay(points[:60], steps=30), lay(points[:60], steps=30))  # type: ignore[operator]


@pytest.mark.parametrize("lay", [tsne, umap])
@pytest.mark.parametrize("points", [torch.zeros(20, 3), torch.eye(3), torch.arange(40.0).reshape(20, 2) // 8])
def test_points_that_are_alike_do_no_harm(lay: object, points: Tensor) -> None:
    placed = lay(points, steps=40)  # type: ignore[operator]
    assert placed.shape == (len(points), 2) and bool(torch.isfinite(placed).all())


@pytest.mark.parametrize("lay", [tsne, umap])
def test_it_can_be_stopped(lay: object, blobs: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(Cancelled):
        lay(blobs[0], cancelled=lambda: True)  # type: ignore[operator]

"""Maps, centres and dreams: what their modules and measures compute, against what is worked out by hand."""

import pytest
import torch

from engine.compiler.modules.gating import RadialBasis
from engine.compiler.modules.losses.generative import MapDistortionLoss, QuantizationError, TopographicError
from engine.compiler.modules.special import RestrictedBoltzmann, SelfOrganizingMap


def test_centres_become_as_wide_as_their_neighbours_are_away() -> None:
    module = RadialBasis(1, centres=4)
    with torch.no_grad():
        module.centres.copy_(torch.tensor([[0.0], [1.0], [3.0], [7.0]]))
        module.placed()
    widths = [(1 + 3) / 2, (1 + 2) / 2, (2 + 3) / 2, (4 + 6) / 2]
    assert (2 * module.log_precision.exp()).rsqrt().tolist() == pytest.approx(widths)
    assert module(torch.tensor([[1.0]]))[0, 1] == 1.0


def test_centres_on_one_spot_stay_finite() -> None:
    module = RadialBasis(2, centres=5)
    with torch.no_grad():
        module.centres.zero_()
        module.placed()
    assert bool(module(torch.randn(3, 2)).isfinite().all())
    alone = RadialBasis(2, centres=1)
    before = alone.log_precision.clone()
    with torch.no_grad():
        alone.placed()
    assert torch.equal(alone.log_precision, before)


def test_a_radius_that_is_linked_stands_for_the_setting() -> None:
    distances = torch.rand(6, 12)
    for radius in (0.5, 2.0):
        told = MapDistortionLoss(rows=3, radius=9.0)(distances, torch.full((6, 1), radius))
        assert told == pytest.approx(float(MapDistortionLoss(rows=3, radius=radius)(distances)), rel=1e-5)


def test_errors_of_a_map_by_hand() -> None:
    """Four units in a line at 0, 1, 2, 9; samples 0.4 (between 0 and 1), 5.6 (between the last two), 8."""
    module = SelfOrganizingMap(1, rows=1, columns=4)
    with torch.no_grad():
        module.units.copy_(torch.tensor([[0.0], [2.0], [1.0], [9.0]]))
    distances, winner = module(torch.tensor([[0.4], [5.6], [8.0]]))
    assert winner.tolist() == [0, 3, 3]
    assert float(QuantizationError()(distances).detach()) == pytest.approx((0.4 + 3.4 + 1.0) / 3)
    # 0.4: units 0 and 2 are two apart. 5.6 and 8: units 3 and 1 are two apart.
    assert float(TopographicError(rows=1)(distances)) == 1.0
    with torch.no_grad():
        module.units.copy_(torch.tensor([[0.0], [1.0], [2.0], [9.0]]))
    assert float(TopographicError(rows=1)(module(torch.tensor([[0.4], [5.6], [8.0]]))[0])) == 0.0


def test_units_at_a_corner_of_each_other_are_neighbours() -> None:
    distances = torch.tensor([[0.0, 9.0, 9.0, 9.0, 1.0, 9.0]])  # units 0 and 4 of two rows of three
    assert float(TopographicError(rows=2)(distances)) == 0.0
    assert float(TopographicError(rows=1)(distances)) == 1.0


def test_nothing_is_learned_from_what_only_measures() -> None:
    distances = torch.rand(5, 6, requires_grad=True)
    for measure in (QuantizationError(), TopographicError(rows=2)):
        (slope,) = torch.autograd.grad(measure(distances), distances)
        assert not slope.any()


def test_a_dream_is_made_of_chances_and_passes_no_gradient() -> None:
    module = RestrictedBoltzmann(6, hidden_features=4, steps=3)
    x = torch.rand(5, 6, requires_grad=True)
    dream = module(x)[3]
    assert dream.shape == x.shape and not dream.requires_grad
    assert bool(((dream > 0) & (dream < 1)).all())
    module.eval()
    assert torch.equal(module(x)[3], module(x)[3])

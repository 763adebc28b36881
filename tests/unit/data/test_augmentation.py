"""Augmentation: each step does what it says, and depends on seed, epoch and sample alone."""

import msgspec
import pytest
import torch

from engine.catalog.augmentation import AUGMENTATIONS
from engine.data.augmentation import augment
from engine.data.chance import shuffled, uniforms
from engine.document.data_spec import Field, FieldKind, Statistics, Step
from engine.errors import DataError


def field(*steps: Step) -> Field:
    return Field(
        name="p",
        kind=FieldKind.IMAGE,
        preparation=(Step(type="Scale"), Step(type="Normalize")),
        augmentation=steps,
        statistics=Statistics(mean=(51.0,), std=(102.0,), shape=(9, 12, 1)),
    )


BLACK, WHITE = -0.5, 2.0  # (0 - 51) / 102 and (255 - 51) / 102


def pictures(count: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, 1, 9, 12, generator=generator) * (WHITE - BLACK) + BLACK


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_a_sample_is_changed_the_same_in_any_batch(kind: type) -> None:
    spec, x, numbers = field(Step(type=kind.__name__)), pictures(), torch.arange(100, 116)
    whole = augment(spec, x.clone(), seed=3, epoch=2, indices=numbers)
    order = torch.tensor([4, 0, 11])
    part = augment(spec, x[order].clone(), seed=3, epoch=2, indices=numbers[order])
    torch.testing.assert_close(part, whole[order])
    assert whole.shape == x.shape and whole.dtype is torch.float32
    assert not torch.equal(whole, x)
    assert not torch.equal(augment(spec, x.clone(), seed=3, epoch=3, indices=numbers), whole)
    assert not torch.equal(augment(spec, x.clone(), seed=4, epoch=2, indices=numbers), whole)
    assert whole.min() >= BLACK - 1e-5 and whole.max() <= WHITE + 1e-5


def test_flip() -> None:
    x = pictures()
    for direction, axis in (("horizontal", 3), ("vertical", 2)):
        spec = field(Step(type="RandomFlip", attributes={"direction": direction}))
        flipped = augment(spec, x, seed=1, epoch=1, indices=torch.arange(16))
        same = [torch.equal(a, b) for a, b in zip(flipped, x, strict=True)]
        turned = [torch.equal(a, b) for a, b in zip(flipped, x.flip(axis), strict=True)]
        assert all(a != b for a, b in zip(same, turned, strict=True)) and 2 < sum(turned) < 14
    always = field(Step(type="RandomFlip", attributes={"probability": 1.0}))
    torch.testing.assert_close(augment(always, x, seed=1, epoch=1, indices=torch.arange(16)), x.flip(3))


def test_shift_moves_whole_pixels_and_repeats_the_border() -> None:
    x = torch.arange(9 * 12, dtype=torch.float32).reshape(1, 1, 9, 12).repeat(200, 1, 1, 1)
    moved = augment(
        field(Step(type="RandomShift", attributes={"fraction": 0.25})), x, seed=1, epoch=1, indices=torch.arange(200)
    )
    places = set()
    for picture in moved[:, 0]:
        row, column = divmod(int(picture[4, 6]), 12)
        down, right = 4 - row, 6 - column
        rows = (torch.arange(9) - down).clamp(0, 8)
        columns = (torch.arange(12) - right).clamp(0, 11)
        torch.testing.assert_close(picture, x[0, 0][rows][:, columns])
        places.add((down, right))
    assert {down for down, _ in places} == {-2, -1, 0, 1, 2} and {right for _, right in places} == set(range(-3, 4))


def test_rotation_by_nothing_and_by_a_quarter() -> None:
    x = pictures()
    still = augment(
        field(Step(type="RandomRotate", attributes={"degrees": 0.0})), x, seed=1, epoch=1, indices=torch.arange(16)
    )
    torch.testing.assert_close(still, x, atol=1e-4, rtol=0)
    # A dot right of the middle goes round on a circle also where the picture is not square.
    dot = torch.full((400, 1, 21, 41), BLACK)
    dot[:, :, 10, 28] = WHITE
    turned = augment(
        field(Step(type="RandomRotate", attributes={"degrees": 180.0})), dot, seed=1, epoch=1, indices=torch.arange(400)
    )
    weight = (turned[:, 0] - BLACK).clamp(min=0)
    total = weight.sum(dim=(1, 2)).clamp(min=1e-6)
    y = (weight.sum(2) * torch.arange(21)).sum(1) / total - 10
    z = (weight.sum(1) * torch.arange(41)).sum(1) / total - 20
    assert ((y**2 + z**2).sqrt() - 8).abs().max() < 0.6
    assert y.max() > 6 and y.min() < -6


def test_crop_of_everything_changes_nothing() -> None:
    x = pictures()
    whole = augment(
        field(Step(type="RandomCrop", attributes={"smallest": 1.0})), x, seed=1, epoch=1, indices=torch.arange(16)
    )
    torch.testing.assert_close(whole, x, atol=1e-4, rtol=0)


def test_brightness_multiplies_grey_levels_and_contrast_keeps_the_mean() -> None:
    x = torch.zeros(300, 1, 9, 12)  # grey level 51
    x[:, :, :, 6:] = 0.5  # grey level 102
    bright = augment(field(Step(type="Brightness")), x, seed=1, epoch=1, indices=torch.arange(300)) * 102 + 51
    factor = bright[:, 0, 0, 0] / 51
    torch.testing.assert_close(bright[:, 0, 0, 8] / 102, factor)
    assert 0.8 <= factor.min() < 0.83 and 1.17 < factor.max() <= 1.2
    strong = augment(field(Step(type="Contrast")), x, seed=1, epoch=1, indices=torch.arange(300))
    torch.testing.assert_close(strong.mean(dim=(1, 2, 3)), x.mean(dim=(1, 2, 3)))


def test_erase_blanks_one_square_of_some() -> None:
    x = pictures(200)
    erased = augment(
        field(Step(type="Erase", attributes={"size": 0.34})), x, seed=1, epoch=1, indices=torch.arange(200)
    )
    changed = (erased != x)[:, 0]
    some = changed.any(dim=(1, 2))
    assert 70 < int(some.sum()) < 130
    for picture in changed[some]:
        rows, columns = picture.any(1).nonzero().ravel(), picture.any(0).nonzero().ravel()
        assert (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) == (3, 4)


def test_without_steps_nothing_happens_and_unknown_ones_are_refused() -> None:
    x = pictures()
    assert augment(field(), x, seed=1, epoch=1, indices=torch.arange(16)) is x
    with pytest.raises(DataError, match="no augmentation"):
        augment(field(Step(type="Nonsense")), x, seed=1, epoch=1, indices=torch.arange(16))
    number = msgspec.structs.replace(field(Step(type="RandomFlip")), kind=FieldKind.NUMBER, preparation=())
    with pytest.raises(DataError, match="cannot be varied"):
        augment(number, torch.zeros(2, 1), seed=1, epoch=1, indices=torch.arange(2))


def test_pictures_that_are_channels_last() -> None:
    spec = msgspec.structs.replace(
        field(Step(type="RandomFlip", attributes={"probability": 1.0})), preparation=(), statistics=Statistics()
    )
    x = torch.rand(4, 9, 12, 3) * 255
    torch.testing.assert_close(augment(spec, x, seed=1, epoch=1, indices=torch.arange(4)), x.flip(2))


def test_chance_is_even_and_pinned() -> None:
    draws = uniforms(torch.arange(20_000), 4, 7, 1, 0)
    assert draws.min() >= 0 and draws.max() < 1
    assert (draws.mean(0) - 0.5).abs().max() < 0.01 and (draws.std(0) - 12**-0.5).abs().max() < 0.01
    assert torch.corrcoef(draws.T).fill_diagonal_(0).abs().max() < 0.02
    assert sorted(shuffled(1000, 3).tolist()) == list(range(1000))
    # Changing these numbers changes every split and every resumed run.
    assert shuffled(8, 7).tolist() == PINNED_ORDER


PINNED_ORDER = [0, 6, 7, 1, 4, 3, 5, 2]

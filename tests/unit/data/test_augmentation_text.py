"""Every kind of augmentation for text: marks and padding stay, a sample is varied alike, each does its part."""

import msgspec
import pytest
import torch

from engine.catalog.augmentation.text import OF_TEXT
from engine.data.augmentation import augment
from engine.data.preparation import Preparation
from engine.data.preparation.text import measure_tokens
from engine.document.data_spec import Field, FieldKind, Step
from engine.document.graph import Value
from engine.errors import DataError

LONG = "x y z w v u t s r q p o n m l k j i"
TEXTS = ["one two three four five six seven eight", "red green blue", "a", "", LONG] * 8
LENGTH = 14


def field(kind: str, attributes: dict[str, Value] | None = None, **preparation: Value) -> Field:
    step = Step(type="Words", attributes={"length": LENGTH, **preparation})
    bare = Field(name="text", kind=FieldKind.TEXT, preparation=(step,))
    measured = measure_tokens(Preparation(bare).rules[0], TEXTS)
    augmentation = (Step(type=kind, attributes=attributes or {}),)
    return msgspec.structs.replace(bare, statistics=measured, augmentation=augmentation)


def varied(item: Field, epoch: int = 1, rows: slice = slice(None)) -> tuple[torch.Tensor, torch.Tensor]:
    x = Preparation(item).apply(TEXTS)
    indices = torch.arange(len(TEXTS)) + 100
    return x[rows], augment(item, x[rows], seed=3, epoch=epoch, indices=indices[rows])


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("pad", ["left", "right"])
@pytest.mark.parametrize("kind", [step.type_name() for step in OF_TEXT])
def test_marks_and_padding_stay(kind: str, pad: str, ends: bool) -> None:
    name = "smallest" if kind == "CropText" else "share"
    item = field(kind, {name: 0.4}, pad=pad, ends=ends)
    x, y = varied(item)
    assert y.shape == x.shape and y.dtype == torch.int64 and not torch.equal(x, y)
    for before, after in zip(x.tolist(), y.tolist(), strict=True):
        inside = [number for number in after if number]
        edge = [0] * (LENGTH - len(inside))
        assert after == (inside + edge if pad == "right" else edge + inside)
        assert inside.count(3) == 1 and inside[-1] == 3 if ends else True
        assert len(inside) > int(ends) or [n for n in before if n] == inside
        assert max(inside, default=0) < item.preparation[0].attributes["length"] * 100


@pytest.mark.parametrize("kind", [step.type_name() for step in OF_TEXT])
def test_a_sample_is_varied_alike_in_any_batch_and_otherwise_in_another_epoch(kind: str) -> None:
    item = field(kind, pad="right")
    whole = varied(item)[1]
    assert torch.equal(varied(item, rows=slice(8, 19))[1], whole[8:19])
    assert not torch.equal(varied(item, epoch=2)[1], whole)


def text_of(row: torch.Tensor) -> list[int]:
    return [number for number in row.tolist() if number]


def test_each_does_what_it_says() -> None:
    x, y = varied(field("DropTokens", {"share": 0.5}))
    for before, after in zip(x, y, strict=True):
        rest = iter(text_of(before))
        assert all(number in rest for number in text_of(after))  # in order
    dropped = 1 - (y > 0).sum() / (x > 0).sum()
    assert 0.25 < float(dropped) < 0.6
    x, y = varied(field("MaskTokens", {"share": 0.5}))
    assert ((y == x) | (y == 1)).all() and 0.35 < float((y == 1).sum() / (x > 0).sum()) < 0.65
    x, y = varied(field("SwapTokens", {"share": 1.0}))
    assert torch.equal(x.sort(1).values, y.sort(1).values) and (x != y).float().mean() > 0.3
    x, y = varied(field("CutSpan", {"share": 0.5, "probability": 1.0}))
    assert ((y > 0).sum(1) >= (0.5 * (x > 0).sum(1)).floor()).all() and (y > 0).sum() < (x > 0).sum()
    x, y = varied(field("CropText", {"smallest": 0.5}))
    for before, after in zip(x, y, strict=True):
        whole, part = text_of(before), text_of(after)
        assert len(part) >= len(whole) / 2 and any(whole[i : i + len(part)] == part for i in range(len(whole) + 1))
    x, y = varied(field("ReplaceTokens", {"share": 0.5}))
    assert ((x > 0) == (y > 0)).all() and (y[x > 0] > 1).all() and (x != y).any()
    x, y = varied(field("RepeatTokens", {"share": 0.9}, pad="right"))
    short = x[(x > 0).sum(1) == 3][0], y[(x > 0).sum(1) == 3][0]
    assert list(dict.fromkeys(text_of(short[1]))) == text_of(short[0]) and len(text_of(short[1])) > 3


def test_text_that_is_no_numbers_is_told() -> None:
    item = Field(name="text", kind=FieldKind.TEXT, augmentation=(Step(type="DropTokens"),))
    with pytest.raises(DataError, match="not prepared as numbers"):
        augment(item, torch.zeros((2, 4)), seed=1, epoch=1, indices=torch.arange(2))

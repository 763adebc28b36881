"""A preparation step on tensors and the same step in ONNX give the same numbers."""

from typing import Any

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from engine.data.preparation import Preparation, write_joined_input
from engine.data.preparation.text import measure_tokens
from engine.document.data_spec import Field, FieldKind, Statistics, Step
from engine.errors import AttributeOutOfRange, DataError
from engine.onnx_writer import OnnxWriter

RNG = np.random.default_rng(5)
TOLERANCE = 1e-6

TEXTS = [
    "",
    "Anna",
    "ÅSA",
    "å",
    "naïve café",
    "猫 と 犬",
    "😀b",
    "a" * 50,
    " leading and trailing ",
    "tab\there",
    "two\nlines, and a dot.",
    "THE the The tHe",
    "\u00a0\u2003\x0b",
    "nul\x00inside",
    "don't (stop) [now]!",
    "İstanbul ΣΊΣΥΦΟΣ straße",
]


def through_onnx(field: Field, raw: Any) -> np.ndarray:
    """What the exported file makes of raw values."""
    writer = OnnxWriter()
    value = Preparation(field).write_input(writer)
    kind = (
        onnx.TensorProto.INT64
        if field.preparation[-1].type in ("ClassIndex", "Characters", "Words", "BytePairs")
        else 1
    )
    writer.output(value, "prepared", kind, ["N", *[None] * (Preparation(field).apply(raw).ndim - 1)])
    model = writer.model()
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    if field.kind is FieldKind.IMAGE:
        pieces = [session.run(None, {field.name: picture[None]})[0] for picture in raw]
        return np.concatenate(pieces)
    if field.kind in (FieldKind.TEXT, FieldKind.CATEGORY):
        return session.run(None, {field.name: np.array(raw, dtype=object)})[0]
    return session.run(None, {field.name: np.array(raw, np.float32)})[0]


def same_both_ways(field: Field, raw: Any) -> np.ndarray:
    """Prepare in torch and in ONNX, compare, and return the numbers."""
    tensor = Preparation(field).apply(raw)
    there = through_onnx(field, raw)
    assert tensor.dtype in (torch.float32, torch.int64)
    assert there.shape == tuple(tensor.shape)
    np.testing.assert_allclose(there, tensor.numpy(), rtol=0, atol=TOLERANCE)
    return tensor.numpy()


def picture(height: int, width: int, channels: int) -> np.ndarray:
    """Noise and a gradient, so that resizing has something to smooth."""
    noise = RNG.integers(0, 256, (height, width, channels))
    slope = np.linspace(0, 255, width)[None, :, None]
    return ((noise + slope) / 2).astype(np.uint8)


@pytest.mark.parametrize("mode", ["stretch", "cover", "contain"])
@pytest.mark.parametrize("colours", ["gray", "rgb"])
def test_pictures_of_any_size_and_colours(mode: str, colours: str) -> None:
    field = Field(
        name="photo",
        kind=FieldKind.IMAGE,
        preparation=(
            Step(type="Channels", attributes={"mode": colours}),
            Step(type="Resize", attributes={"height": 20, "width": 28, "mode": mode}),
            Step(type="Scale"),
            Step(type="Normalize"),
        ),
        statistics=Statistics(mean=(120.0,), std=(64.0,), shape=(None, None, None)),
    )
    sizes = [(20, 28), (1, 1), (3, 200), (150, 9), (64, 48), (21, 29), (400, 533)]
    raw = [picture(height, width, channels) for height, width in sizes for channels in (1, 2, 3, 4)]
    prepared = same_both_ways(field, raw)
    assert prepared.shape == (len(raw), 1 if colours == "gray" else 3, 20, 28)


def test_resizing_is_pillows_to_one_grey_level() -> None:
    from PIL import Image

    field = Field(
        name="photo",
        kind=FieldKind.IMAGE,
        preparation=(Step(type="Resize", attributes={"height": 30, "width": 40, "mode": "stretch"}),),
    )
    for height, width in ((200, 300), (12, 9), (31, 41)):
        raw = picture(height, width, 3)
        ours = Preparation(field).apply([raw])[0].numpy()
        theirs = np.asarray(Image.fromarray(raw).resize((40, 30), Image.Resampling.BILINEAR), np.float32)
        assert np.abs(ours - theirs).max() <= 1


def test_grey_is_pillows_exactly() -> None:
    from PIL import Image

    raw = picture(37, 41, 3)
    field = Field(name="p", kind=FieldKind.IMAGE, preparation=(Step(type="Channels", attributes={"mode": "gray"}),))
    ours = Preparation(field).apply([raw])[0, :, :, 0].numpy()
    np.testing.assert_array_equal(ours, np.asarray(Image.fromarray(raw).convert("L"), np.float32))


def test_transparent_parts_lie_on_white() -> None:
    raw = np.zeros((2, 2, 4), np.uint8)
    raw[0, :, 3] = 255
    field = Field(name="p", kind=FieldKind.IMAGE, preparation=(Step(type="Channels"),))
    prepared = Preparation(field).apply([raw])[0].numpy()
    assert (prepared[0] == 0).all() and (prepared[1] == 255).all()


def test_cover_cuts_the_middle_and_contain_adds_bars() -> None:
    raw = np.zeros((10, 30, 1), np.uint8)
    raw[:, 10:20] = 200
    cover = Field(
        name="p", kind=FieldKind.IMAGE, preparation=(Step(type="Resize", attributes={"height": 10, "width": 10}),)
    )
    assert (Preparation(cover).apply([raw]).numpy() == 200).all()
    contain = Field(
        name="p",
        kind=FieldKind.IMAGE,
        preparation=(Step(type="Resize", attributes={"height": 9, "width": 9, "mode": "contain"}),),
    )
    prepared = Preparation(contain).apply([np.full((10, 30, 1), 200, np.uint8)])[0, :, :, 0].numpy()
    assert (prepared[3:6] == 200).all() and (prepared[:3] == 0).all() and (prepared[6:] == 0).all()


def test_normalizing_measured_statistics_gives_mean_0_spread_1() -> None:
    pictures = RNG.integers(0, 256, (50, 8, 8, 3), dtype=np.uint8)
    flat = pictures.reshape(-1, 3)
    field = Field(
        name="p",
        kind=FieldKind.IMAGE,
        preparation=(Step(type="Scale"), Step(type="Normalize")),
        statistics=Statistics(mean=tuple(flat.mean(0).tolist()), std=tuple(flat.std(0).tolist()), shape=(8, 8, 3)),
    )
    prepared = Preparation(field).apply(pictures)
    assert prepared.mean(dim=(0, 2, 3)).abs().max() < 1e-4
    assert (prepared.std(dim=(0, 2, 3), correction=0) - 1).abs().max() < 1e-4


@pytest.mark.parametrize("last", ["Standardize", "MinMaxScale"])
@pytest.mark.parametrize("strategy", ["median", "mean", "value"])
def test_numbers_with_missing_values_and_back(last: str, strategy: str) -> None:
    field = Field(
        name="Fare (£)",
        kind=FieldKind.NUMBER,
        preparation=(Step(type="FillMissing", attributes={"strategy": strategy, "value": -3.5}), Step(type=last)),
        statistics=Statistics(mean=(12.5,), std=(7.25,), minimum=(-4.0,), maximum=(99.0,), fill=11.0),
    )
    raw = [float("nan"), 0.0, 12.5, -1e6, 3.25, 7e5, float("nan")]
    prepared = same_both_ways(field, raw)
    assert prepared.shape == (7, 1)
    filled = {"median": 11.0, "mean": 12.5, "value": -3.5}[strategy]
    back = Preparation(field).invert(torch.from_numpy(prepared))
    np.testing.assert_allclose(back[:, 0], [filled, *raw[1:6], filled], rtol=1e-5, atol=1e-4)


def test_an_answer_is_turned_back_in_the_file_as_in_torch() -> None:
    field = Field(
        name="price",
        kind=FieldKind.NUMBER,
        preparation=(Step(type="Standardize"),),
        statistics=Statistics(mean=(200.0,), std=(50.0,)),
    )
    writer = OnnxWriter()
    value = writer.input("answer", onnx.TensorProto.FLOAT, ["N", 1])
    writer.output(Preparation(field).write_answer_inverse(writer, value), "price", onnx.TensorProto.FLOAT, ["N", 1])
    session = onnxruntime.InferenceSession(writer.model().SerializeToString())
    answers = RNG.normal(size=(9, 1)).astype(np.float32)
    expected = Preparation(field).invert(torch.from_numpy(answers)).numpy()
    np.testing.assert_allclose(session.run(None, {"answer": answers})[0], expected, atol=1e-4)
    assert expected[0, 0] == pytest.approx(answers[0, 0] * 50 + 200, rel=1e-5)


def test_a_constant_or_unmeasured_column_divides_by_one() -> None:
    for statistics in (Statistics(mean=(5.0,), std=(0.0,), minimum=(5.0,), maximum=(5.0,)), Statistics()):
        for step in ("Standardize", "MinMaxScale"):
            field = Field(name="x", kind=FieldKind.NUMBER, preparation=(Step(type=step),), statistics=statistics)
            assert np.isfinite(same_both_ways(field, [5.0, 6.0])).all()


def test_categories_one_hot_and_numbered() -> None:
    statistics = Statistics(classes=("cat", "猫", "Å", "7"), counts=(3, 9, 1, 2))
    raw = ["猫", "cat", "unknown", "", "7", "Å", "CAT"]
    one_hot = Field(name="pet", kind=FieldKind.CATEGORY, preparation=(Step(type="OneHot"),), statistics=statistics)
    rows = same_both_ways(one_hot, raw)
    assert rows.sum(axis=1).tolist() == [1, 1, 0, 0, 1, 1, 0]
    index = msgspec.structs.replace(one_hot, preparation=(Step(type="ClassIndex"),))
    assert same_both_ways(index, raw).tolist() == [1, 0, 1, 1, 3, 2, 1]


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("length", [1, 6, 60])
@pytest.mark.parametrize("step", ["Characters", "Words", "BytePairs"])
@pytest.mark.parametrize("ends", [True, False])
def test_texts_of_every_kind(step: str, length: int, lower: bool, ends: bool) -> None:
    attributes = {"length": length, "lower_case": lower, "ends": ends, "pad": "right" if ends == lower else "left"}
    bare = Field(name="text", kind=FieldKind.TEXT, preparation=(Step(type=step, attributes=attributes),))
    field = msgspec.structs.replace(bare, statistics=measure_tokens(Preparation(bare).rules[0], TEXTS[:12] * 2))
    ids = same_both_ways(field, TEXTS)
    assert ids.shape == (len(TEXTS), length)
    assert (ids[0] == 0).all() or ends
    assert ((ids == 3).sum(axis=1) == 1).all() or not ends
    for text in TEXTS:  # alone, so that padding to the longest of a batch cannot hide a mistake
        same_both_ways(field, [text])


def test_characters_end_at_the_last_step_and_ignore_case() -> None:
    field = Field(
        name="text",
        kind=FieldKind.TEXT,
        preparation=(Step(type="Characters", attributes={"length": 5}),),
        statistics=Statistics(vocabulary=("a", "b", "å")),
    )
    assert Preparation(field).apply(["aB", "Åx", "abababab"]).tolist() == [
        [0, 0, 0, 2, 3],
        [0, 0, 0, 4, 1],
        [2, 3, 2, 3, 2],
    ]


def test_words_of_one_spelling_share_a_number() -> None:
    bare = Field(name="t", kind=FieldKind.TEXT, preparation=(Step(type="Words", attributes={"length": 4}),))
    found = measure_tokens(Preparation(bare).rules[0], ["The cat, the", "THE cat iPhone"])
    assert found.vocabulary[0] == "the" and found.longest == 4
    field = msgspec.structs.replace(bare, statistics=found)
    the, other, upper, mixed = Preparation(field).apply(["the The THE tHe"])[0].tolist()
    assert the == other == upper > 1 and mixed == 1


def test_the_vocabulary_counts_in_a_fixed_order() -> None:
    bare = Field(name="t", kind=FieldKind.TEXT, preparation=(Step(type="Characters"),))
    found = measure_tokens(Preparation(bare).rules[0], ["ba", "ab", "c"])
    assert (found.vocabulary, found.longest) == (("a", "b", "c"), 2)


def test_several_fields_side_by_side() -> None:
    number = Field(
        name="a",
        kind=FieldKind.NUMBER,
        preparation=(Step(type="Standardize"),),
        statistics=Statistics(mean=(1.0,), std=(2.0,)),
    )
    category = Field(
        name="b", kind=FieldKind.CATEGORY, preparation=(Step(type="OneHot"),), statistics=Statistics(classes=("x", "y"))
    )
    writer = OnnxWriter()
    writer.output(write_joined_input(writer, [number, category]), "joined", onnx.TensorProto.FLOAT, ["N", 3])
    session = onnxruntime.InferenceSession(writer.model().SerializeToString())
    (joined,) = session.run(None, {"a": np.array([5.0, 1.0], np.float32), "b": np.array(["y", "?"], object)})
    np.testing.assert_allclose(joined, [[2, 0, 1], [0, 0, 0]])


def test_an_array_is_standardized_along_its_last_axis() -> None:
    field = Field(
        name="values",
        kind=FieldKind.ARRAY,
        preparation=(Step(type="FillMissing", attributes={"strategy": "mean"}), Step(type="Standardize")),
        statistics=Statistics(mean=(1.0, 2.0, 3.0), std=(1.0, 2.0, 4.0), shape=(2, 3)),
    )
    raw = RNG.normal(size=(4, 2, 3)).astype(np.float32)
    raw[0, 0, 1] = np.nan
    assert same_both_ways(field, raw)[0, 0, 1] == 0


def test_a_step_that_does_not_fit_is_refused() -> None:
    with pytest.raises(DataError, match="does not fit"):
        Preparation(Field(name="x", kind=FieldKind.NUMBER, preparation=(Step(type="Resize"),)))
    with pytest.raises(DataError, match="no preparation step"):
        Preparation(Field(name="x", kind=FieldKind.NUMBER, preparation=(Step(type="Nonsense"),)))
    with pytest.raises(AttributeOutOfRange):
        Preparation(Field(name="x", kind=FieldKind.IMAGE, preparation=(Step(type="Resize", attributes={"height": 0}),)))
    with pytest.raises(DataError, match="order"):
        Preparation(Field(name="x", kind=FieldKind.IMAGE, preparation=(Step(type="Scale"), Step(type="Resize"))))
    with pytest.raises(DataError, match="still text"):
        Preparation(Field(name="x", kind=FieldKind.TEXT)).apply(["a"])

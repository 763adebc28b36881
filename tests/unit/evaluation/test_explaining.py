"""Explanations of networks whose weights are set by hand, so that what they look at is known.

Every method has to find just that, in the places of the raw sample; what IG and SHAP promise is reckoned anew.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from engine.catalog.explanations import EXPLAINERS, explainer_type
from engine.checks.explaining import Explainable
from engine.compiler.module import CompiledNetwork, compile_project
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.edits import SetAttributes, apply
from engine.document.examples import FOLDER
from engine.document.files import load
from engine.document.project import Project
from engine.errors import Cancelled, DataError
from engine.evaluation.explaining.explain import Explaining
from engine.evaluation.explaining.lime import fitted_line
from engine.evaluation.explaining.pieces import patches
from engine.evaluation.explaining.places import window_of
from engine.evaluation.explaining.spelling import spelling_of
from engine.protocol.messages.explanation import Explanation, FieldRelevance
from tests.drawn_networks import TEXT, draw, masked_text_network, small_cnn, text_network, transformer_network

CLASSES = ("boot", "coat", "hat")
SUMMING = ("IntegratedGradients", "Shap")
SIGNED = ("IntegratedGradients", "Shap", "Lime", "Occlusion")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


class Few:
    """Training samples for SHAP, as a data set gives them."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = rows
        self.samples = len(rows)

    def split_numbers(self, split: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.arange(len(self.rows)) if split == "train" else np.arange(0)

    def raw(self, index: int, field: str) -> Any:
        return self.rows[index][field]


def ready(
    project: Project, *background: dict[str, Any], set_weights: Callable[[Any], None] | None = None
) -> Explaining:
    torch.manual_seed(3)
    network = compile_project(project)
    if set_weights is not None:
        with torch.no_grad():
            set_weights(network)
    few: Any = Few(*background)
    return Explaining(project, network.eval(), lambda _progress, _cancelled: few)


def told(explaining: Explaining, raw: dict[str, Any], method: str, choice: int = -1, **settings: Any) -> Explanation:
    kind = explainer_type(method)
    assert kind is not None
    output = settings.pop("output", "")
    return explaining.explain(raw, kind.from_attributes(settings), choice=choice, output=output)


def heat(field: FieldRelevance) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.frombuffer(field.heat, "<f4").reshape(field.height, field.width)


def label(classes: tuple[str, ...] = CLASSES) -> Field:
    return Field(
        name="label",
        kind=FieldKind.CATEGORY,
        role=Role.TARGET,
        preparation=(Step(type="ClassIndex"),),
        statistics=Statistics(classes=classes, counts=(1,) * len(classes)),
    )


def only(weight: Tensor, row: int, columns: Any, value: float) -> None:
    """A Linear that looks at these columns alone, for one class."""
    weight.zero_()
    weight[row, columns] = value


# Tables


def columns() -> DataSpec:
    statistics = Statistics(mean=(10.0,), std=(2.0,), minimum=(0.0,), maximum=(20.0,), fill=10.0)
    numbers = [
        Field(name=name, kind=FieldKind.NUMBER, preparation=(Step(type="Standardize"),), statistics=statistics)
        for name in ("width", "weight")
    ]
    island = Field(
        name="island",
        kind=FieldKind.CATEGORY,
        preparation=(Step(type="OneHot"),),
        statistics=Statistics(classes=("north", "south"), counts=(3, 1)),
    )
    day = Field(
        name="day",
        kind=FieldKind.DATE,
        preparation=(Step(type="DateParts"),),
        statistics=Statistics(mean=(1.6e9,), std=(1e7,)),
    )
    price = Field(
        name="price",
        kind=FieldKind.NUMBER,
        role=Role.TARGET,
        preparation=(Step(type="Standardize"),),
        statistics=Statistics(mean=(500.0,), std=(100.0,)),
    )
    return DataSpec(fields=(*numbers, island, day, label(), price))


ROW = {"width": 14.0, "weight": 13.0, "island": "south", "day": 1.61e9}
USUAL = tuple(
    {"width": 8.0 + step, "weight": 9.0 + step / 2, "island": ("north", "south")[step % 2], "day": 1.6e9 + step * 1e6}
    for step in range(6)
)


def table(hidden: int = 0) -> Project:
    nodes: dict[str, Any] = {
        "row": ("Input", {"fields": ["width", "weight", "island", "day"]}),
        "last": ("Linear", {"out_features": 3}),
        "money": ("Linear", {"out_features": 1}),
        "out1": ("Output", {"field": "label"}),
        "out2": ("Output", {"field": "price"}),
        "loss1": "CrossEntropyLoss",
        "loss2": "MSELoss",
    }
    first = "row > last > out1"
    if hidden:
        nodes |= {"deep": ("Linear", {"out_features": hidden}), "act": "Tanh"}
        first = "row > deep > act > last > out1"
    return draw(
        columns(),
        nodes,
        first,
        "row > money > out2",
        "last > loss1.prediction",
        "label > loss1.target",
        "money > loss2.prediction",
        "price > loss2.target",
    )


@pytest.mark.parametrize("method", SIGNED)
@pytest.mark.parametrize(("column", "places"), [("weight", [1]), ("island", [2, 3]), ("day", list(range(4, 13)))])
def test_one_column_that_counts_is_found(method: str, column: str, places: list[int]) -> None:
    def look(network: Any) -> None:
        wide = network.last.weight.shape[1]
        chosen = [place for place in places if place < wide]
        only(network.last.weight, 1, chosen, 2.0)
        network.last.weight[1, chosen[0]] = -3.0
        network.last.bias.zero_()

    found = told(ready(table(), *USUAL, set_weights=look), ROW, method, choice=1)
    counts = {field.field: field.total for field in found.fields}
    assert list(counts) == ["width", "weight", "island", "day"]  # dates and one-hot groups are one column each
    others = [abs(total) for name, total in counts.items() if name != column]
    assert abs(counts[column]) > 0.05
    assert max(others) < 0.02 * abs(counts[column])


@pytest.mark.parametrize("method", SUMMING)
@pytest.mark.parametrize("choice", [0, 2])
def test_columns_add_up_to_the_networks_own_score(method: str, choice: int) -> None:
    explaining = ready(table(hidden=16), *USUAL)
    found = told(explaining, ROW, method, choice=choice)

    def odds(network: CompiledNetwork, raw: dict[str, Any]) -> float:
        from engine.evaluation.explaining.sample import prepared

        sample = prepared(explaining.project, {i: network.input_fields[i] for i in network.input_ids}, raw)
        chances = network(*(sample.inputs[i] for i in network.input_ids))[0].softmax(1)[0].double()
        return float((chances[choice] / (1 - chances[choice])).log())

    with torch.no_grad():
        score = odds(explaining.taps.network, ROW)
    assert found.score == pytest.approx(score, abs=1e-4)
    total = sum(field.total for field in found.fields)
    assert total == pytest.approx(score - found.baseline_score, abs=0.03 * abs(score - found.baseline_score) + 1e-4)
    assert found.explained == pytest.approx(1.0, abs=0.03)
    if method == "Shap":
        with torch.no_grad():
            usual = sum(odds(explaining.taps.network, row) for row in USUAL) / len(USUAL)
        assert found.baseline_score == pytest.approx(usual, abs=1e-4)


def test_shapley_values_of_a_product_are_shared_fairly() -> None:
    """score = width · weight, both 2 against a background of 0: each gets half of 4, whichever way it is reckoned."""
    project = draw(
        columns(),
        {
            "w": ("Input", {"fields": ["width"]}),
            "v": ("Input", {"fields": ["weight"]}),
            "mul1": "Multiply",
            "money": ("Linear", {"out_features": 1}),
            "out2": ("Output", {"field": "price"}),
            "loss2": "MSELoss",
        },
        "w > mul1.a",
        "v > mul1.b",
        "mul1 > money > out2",
        "money > loss2.prediction",
        "price > loss2.target",
    )

    def look(network: Any) -> None:
        network.money.weight.fill_(1.0)
        network.money.bias.zero_()

    explaining = ready(project, {"width": 10.0, "weight": 10.0}, set_weights=look)
    found = told(explaining, {"width": 14.0, "weight": 14.0}, "Shap")
    assert [field.total for field in found.fields] == pytest.approx([200.0, 200.0], rel=1e-4)  # in the price's unit
    assert (found.score, found.baseline_score) == (pytest.approx(900.0), pytest.approx(500.0))


def test_many_columns_are_fitted_as_well_as_counted() -> None:
    """Past eleven parts not all ways are tried; whether it still holds is told by columns that work in pairs."""
    names = [f"c{number:02d}" for number in range(14)]
    statistics = Statistics(mean=(0.0,), std=(1.0,))
    fields = tuple(
        Field(name=name, kind=FieldKind.NUMBER, preparation=(Step(type="Standardize"),), statistics=statistics)
        for name in names
    )
    price = Field(name="price", kind=FieldKind.NUMBER, role=Role.TARGET, statistics=statistics)
    project = draw(
        DataSpec(fields=(*fields, price)),
        {
            "row": ("Input", {"fields": names}),
            "mul1": "Multiply",
            "near": ("Linear", {"out_features": 14}),
            "sum1": ("Linear", {"out_features": 1}),
            "out": ("Output", {"field": "price"}),
            "loss": "MSELoss",
        },
        "row > mul1.a",
        "row > near > mul1.b",
        "mul1 > sum1 > out",
        "sum1 > loss.prediction",
        "price > loss.target",
    )

    def look(network: Any) -> None:
        network.near.weight.copy_(torch.eye(14).roll(1, 1))
        network.near.bias.zero_()
        network.sum1.weight.fill_(1.0)
        network.sum1.bias.zero_()

    raw = {name: float(number % 3 + 1) for number, name in enumerate(names)}
    found = told(ready(project, dict.fromkeys(names, 0.0), set_weights=look), raw, "Shap")
    values = list(raw.values())
    # x_i x_(i+1) summed in a ring: each gets half of both products it is in.
    true = [0.5 * values[at] * (values[at - 1] + values[(at + 1) % 14]) for at in range(14)]
    assert [field.total for field in found.fields] == pytest.approx(true, abs=0.6)
    assert found.explained == pytest.approx(1.0)


def test_a_number_is_explained_in_its_own_unit() -> None:
    def look(network: Any) -> None:
        only(network.money.weight, 0, 0, 0.5)
        network.money.bias.zero_()

    explaining = ready(table(), *USUAL, set_weights=look)
    found = told(explaining, ROW, "IntegratedGradients", output="price")
    assert found.answer == "600"  # 500 + 100 · 0.5 · (14 - 10) / 2
    assert found.fields[0].total == pytest.approx(100.0)
    assert found.fields[0].text == "14"


# Pictures


def pictures(mode: str = "stretch", size: int = 12) -> DataSpec:
    pixels = Field(
        name="pixels",
        kind=FieldKind.IMAGE,
        preparation=(
            Step(type="Channels", attributes={"mode": "gray"}),
            Step(type="Resize", attributes={"height": size, "width": size, "mode": mode}),
            Step(type="Scale"),
        ),
        statistics=Statistics(shape=(None, None, 1), mean=(0.0,), std=(60.0,)),
    )
    return DataSpec(fields=(pixels, label()))


def patch_network(mode: str = "stretch") -> Project:
    return draw(
        pictures(mode),
        {
            "conv1": ("Conv2d", {"out_channels": 2, "kernel_size": 1}),
            "relu1": "ReLU",
            "flatten1": "Flatten",
            "last": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > conv1 > relu1 > flatten1 > last > out",
        "last > loss1.prediction",
        "label > loss1.target",
    )


def look_at(rows: slice, across: slice) -> Callable[[Any], None]:
    """Class 1 is said for what is bright in a patch of the prepared 12 × 12."""

    def look(network: Any) -> None:
        network.conv1.weight.fill_(1.0)
        network.conv1.bias.zero_()
        network.last.bias.zero_()
        network.last.weight.zero_()
        weight = torch.zeros(2, 12, 12)
        weight[:, rows, across] = 1.0
        network.last.weight[1] = weight.reshape(-1)

    return look


def noisy(height: int, width: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(4).integers(40, 220, (height, width, 1), dtype=np.uint8)


@pytest.mark.parametrize("method", SIGNED)
def test_one_patch_that_counts_is_found_in_the_raw_picture(method: str) -> None:
    black = {"pixels": np.zeros((24, 24, 1), np.uint8)}
    explaining = ready(patch_network(), black, set_weights=look_at(slice(2, 5), slice(6, 9)))
    settings = {"window": 0.1} if method == "Occlusion" else {"parts": 140, "samples": 900} if method == "Lime" else {}
    found = told(explaining, {"pixels": noisy(24, 24)}, method, choice=1, **settings)
    over = np.abs(heat(found.fields[0]))
    assert over.shape == (24, 24)
    inside = over[4:10, 12:18]
    outside = over.copy()
    outside[3:11, 11:19] = 0  # a window or a patch may reach over the edge by a point
    assert inside.min() > 0
    assert outside.max() < 0.25 * inside.mean()


def test_the_map_of_a_convolution_lies_where_it_was_bright() -> None:
    raw = np.zeros((36, 36, 1), np.uint8)
    raw[6:15, 18:27] = 255
    explaining = ready(patch_network(), set_weights=look_at(slice(0, 12), slice(0, 12)))
    found = told(explaining, {"pixels": raw}, "Grad-CAM", choice=1)
    over = heat(found.fields[0])
    assert (found.layer, found.layers, found.signed) == ("conv1", ["conv1"], False)
    assert over[7:14, 19:26].min() > 0.5 * over.max() > 0
    assert over[20:, :].max() == 0 and over[:, :12].max() == 0


def test_a_layer_can_be_chosen_and_the_last_one_with_a_map_is_usual() -> None:
    explaining = ready(small_cnn())
    raw = {"pixels": noisy(20, 20)}
    assert told(explaining, raw, "GradCam").layer == "conv2"
    assert told(explaining, raw, "GradCam", layer="conv1").layer == "conv1"
    assert told(explaining, raw, "GradCam", layer="pool1").layer == "pool1"
    with pytest.raises(DataError, match="no map"):
        told(explaining, raw, "GradCam", layer="linear1")
    with pytest.raises(DataError, match="no map"):
        told(explaining, raw, "GradCam", layer="nobody")


def test_what_is_cut_off_was_not_seen_and_the_rest_is_in_its_place() -> None:
    """24 × 48 cut to the 24 × 24 in the middle: prepared rows 2 to 4 are raw rows 4 to 9, columns 24 to 29."""
    explaining = ready(patch_network("cover"), set_weights=look_at(slice(2, 5), slice(6, 9)))
    found = told(explaining, {"pixels": noisy(24, 48)}, "IntegratedGradients", choice=1)
    over = heat(found.fields[0])
    assert over.shape == (24, 48)
    assert np.isnan(over[:, :12]).all() and np.isnan(over[:, 36:]).all() and not np.isnan(over[:, 12:36]).any()
    strong = np.argwhere(np.abs(np.nan_to_num(over)) > 1e-6)
    assert strong.min(0).tolist() == [4, 24] and strong.max(0).tolist() == [9, 29]


def test_a_frame_is_taken_away_again() -> None:
    """24 × 48 into 12 × 12 fits as 6 × 12 with three black rows above: prepared row 4 is raw rows 4 to 7."""
    explaining = ready(patch_network("contain"), set_weights=look_at(slice(4, 5), slice(0, 2)))
    found = told(explaining, {"pixels": noisy(24, 48)}, "IntegratedGradients", choice=1)
    over = heat(found.fields[0])
    assert not np.isnan(over).any()
    strong = np.argwhere(np.abs(over) > 1e-6)
    assert strong.min(0).tolist() == [4, 0] and strong.max(0).tolist() == [7, 7]


@pytest.mark.parametrize("mode", ["stretch", "cover", "contain"])
@pytest.mark.parametrize("size", [(24, 48), (37, 11), (12, 12), (5, 90), (200, 3)])
def test_windows_are_those_of_the_preparation(mode: str, size: tuple[int, int]) -> None:
    """A white point is put into a black picture, prepared, and looked for where the window says it must be."""
    from engine.data.preparation import Preparation

    field = pictures(mode).fields[0]
    down, across = window_of(field, *size)
    raw = np.zeros((*size, 1), np.uint8)
    row, column = down.begin + down.length // 2, across.begin + across.length // 2
    raw[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = 255
    made = Preparation(field).apply([raw])[0, 0].double()
    if float(made.sum()) == 0:
        pytest.skip("too small to be seen after resizing")
    where = (made.sum(1) * torch.arange(12.0)).sum() / made.sum(), (made.sum(0) * torch.arange(12.0)).sum() / made.sum()
    for window, centre, place, limit in ((down, row, where[0], size[0]), (across, column, where[1], size[1])):
        middle = (max(0, centre - 2) + min(limit, centre + 3)) / 2
        expected = window.at + (middle - window.begin) * window.size / window.length - 0.5
        assert float(place) == pytest.approx(expected, abs=0.75)


@pytest.mark.parametrize("method", [kind.type_name() for kind in EXPLAINERS])
def test_the_same_question_is_answered_alike(method: str) -> None:
    background = [{"pixels": noisy(20, 20)[::-1].copy()}, {"pixels": np.zeros((20, 20, 1), np.uint8)}]
    explaining = ready(small_cnn(), *background)
    raw = {"pixels": noisy(20, 20)}
    first, second = (msgspec.structs.replace(told(explaining, raw, method), seconds=0.0) for _ in range(2))
    assert first == second
    assert any(first.fields[0].heat)


def test_patches_hang_together_and_keep_colours_apart() -> None:
    picture = torch.zeros(1, 30, 30)
    picture[:, :, 15:] = 1.0
    cut = patches(picture, 9)
    assert 6 <= len(cut.unique()) <= 12
    for number in cut.unique():
        assert picture[0][cut == number].unique().numel() == 1  # no patch reaches over the edge
    assert patches(torch.zeros(3, 1, 1), 40).tolist() == [[0]]


# Words


@pytest.mark.parametrize("method", SIGNED)
def test_one_word_that_counts_is_found(method: str) -> None:
    vocabulary = ("a", "good", "film", "bad", ".")
    field = Field(
        name="text",
        kind=FieldKind.TEXT,
        preparation=(Step(type="Words", attributes={"length": 12}),),
        statistics=Statistics(vocabulary=vocabulary, longest=9),
    )
    project = draw(
        DataSpec(fields=(field, label())),
        {
            "embed": ("Embedding", {"embedding_dim": 4}),
            "mean1": ("Mean", {"dim": 1}),
            "last": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "text > embed > mean1 > last > out",
        "last > loss1.prediction",
        "label > loss1.target",
    )

    def look(network: Any) -> None:
        network.embed.weight.zero_()
        network.embed.weight[2 + vocabulary.index("good"), 0] = 12.0
        network.embed.weight[2 + vocabulary.index("bad"), 0] = -12.0
        only(network.last.weight, 1, [0], 3.0)
        network.last.bias.zero_()

    text = "A good FILM, bad wurst."
    found = told(ready(project, set_weights=look), {"text": text}, method, choice=1)
    spans = found.fields[0].spans
    by_word = {text[span.start : span.end]: span for span in spans}
    assert list(by_word) == ["A", "good", "FILM", ",", "bad", "wurst", "."]
    assert [word for word, span in by_word.items() if not span.known] == [",", "wurst"]
    assert by_word["good"].relevance > 0.5 and by_word["bad"].relevance < -0.5
    assert max(abs(span.relevance) for word, span in by_word.items() if word not in ("good", "bad")) < 0.1
    if method in SUMMING:
        assert sum(span.relevance for span in spans) == pytest.approx(found.score - found.baseline_score, abs=0.05)


@pytest.mark.parametrize(
    "project", [text_network(), transformer_network(), masked_text_network()], ids=["recurrent", "attention", "masked"]
)
def test_tokens_are_followed_behind_their_embedding(project: Project) -> None:
    """Also where the numbers themselves are counted, or say what is padding."""
    for method in ("IntegratedGradients", "Shap", "Occlusion", "Lime"):
        found = told(ready(project), {"text": "badge j"}, method)
        assert [(span.start, span.end) for span in found.fields[0].spans] == [(at, at + 1) for at in range(7)]
        assert all(math.isfinite(span.relevance) for span in found.fields[0].spans)
        if method in SUMMING:
            assert found.explained == pytest.approx(1.0, abs=0.05)


def test_words_are_followed_behind_rows_of_zeros_with_a_one() -> None:
    project = draw(
        TEXT,
        {
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
            "hot1": "OneHot",
            "mean1": ("Mean", {"dim": 1}),
        },
        "text > hot1 > mean1 > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )
    found = told(ready(project), {"text": "bad"}, "IntegratedGradients")
    assert found.explained == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(
    ("step", "attributes", "text", "expected"),
    [
        ("Characters", {"length": 9}, "Abc", ["A", "b", "c"]),
        ("Words", {"length": 3}, "one, two three", ["one", ",", "two"]),
        ("Words", {"length": 4, "pad": "left"}, "one two", ["one", "two"]),
        ("BytePairs", {"length": 8}, "aab ab", ["aa", "b", " ", "ab"]),
    ],
)
def test_tokens_are_found_in_their_text(step: str, attributes: dict[str, Any], text: str, expected: list[str]) -> None:
    statistics = Statistics(vocabulary=("a", "b", " ", "aa", "ab", "one", "two"), merges=("a\ta", "a\tb"), longest=9)
    field = Field(
        name="text", kind=FieldKind.TEXT, preparation=(Step(type=step, attributes=attributes),), statistics=statistics
    )
    places = spelling_of(field, text)
    assert [text[place.start : place.end] for place in places] == expected
    from engine.data.preparation import Preparation

    row = Preparation(field).apply([text])[0]
    assert all(int(row[place.position]) > 0 for place in places)
    assert int((row > 0).sum()) == len(places)


# Series and sound


@pytest.mark.parametrize("method", SIGNED)
def test_one_moment_of_one_channel_is_found(method: str) -> None:
    past = Field(
        name="past",
        kind=FieldKind.SERIES,
        options={"columns": ["heat", "wind"]},
        preparation=(Step(type="Standardize"),),
        statistics=Statistics(shape=(16, 2), mean=(5.0, 5.0), std=(2.0, 2.0)),
    )
    project = draw(
        DataSpec(fields=(past, label())),
        {
            "flatten1": "Flatten",
            "last": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "past > flatten1 > last > out",
        "last > loss1.prediction",
        "label > loss1.target",
    )

    def look(network: Any) -> None:
        only(network.last.weight, 2, [11 * 2 + 1], 4.0)
        network.last.bias.zero_()

    raw = np.random.default_rng(1).normal(5, 2, (16, 2)).astype(np.float32)
    raw[11, 1] = 9.0
    usual = {"past": np.full((16, 2), 5.0, np.float32)}
    settings = {"window": 0.06} if method == "Occlusion" else {}
    found = told(ready(project, usual, set_weights=look), {"past": raw}, method, choice=2, **settings)
    field = found.fields[0]
    over = np.abs(heat(field))
    assert (field.names, over.shape) == (["heat", "wind"], (2, 16))
    assert np.frombuffer(field.values, "<f4").reshape(2, 16)[1, 11] == 9.0
    assert np.unravel_index(over.argmax(), over.shape) == (1, 11)
    rest = over.copy()
    rest[1, 11] = 0
    assert rest.max() < 0.1 * over[1, 11]


@pytest.mark.parametrize(("keep", "second"), [("start", 0.5), ("end", 1.5), ("middle", 1.0)])
@pytest.mark.parametrize("method", SIGNED)
def test_a_stretch_of_sound_is_found_in_the_whole_recording(method: str, keep: str, second: float) -> None:
    """Two seconds are cut to one; what counts is its middle tenth."""
    field = Field(
        name="sound",
        kind=FieldKind.AUDIO,
        preparation=(Step(type="Length", attributes={"seconds": 1.0, "keep": keep}), Step(type="Waveform")),
        statistics=Statistics(shape=(None,), rate=1000),
    )
    project = draw(
        DataSpec(fields=(field, label())),
        {
            "flatten1": "Flatten",
            "last": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "sound > flatten1 > last > out",
        "last > loss1.prediction",
        "label > loss1.target",
    )

    def look(network: Any) -> None:
        only(network.last.weight, 0, slice(450, 550), 0.1)
        network.last.bias.zero_()

    raw = np.abs(np.random.default_rng(2).normal(0.2, 0.05, 2000)).astype(np.float32)
    silence = {"sound": np.zeros(2000, np.float32)}
    settings = {"window": 0.05} if method == "Occlusion" else {}
    found = told(ready(project, silence, set_weights=look), {"sound": raw}, method, choice=0, **settings)
    over = heat(found.fields[0])[0]
    times = (np.arange(len(over)) + 0.5) / len(over) * 2
    seen = np.isfinite(over)
    assert found.fields[0].seconds == 2.0
    assert times[seen].min() == pytest.approx(second - 0.5, abs=0.02)
    assert times[seen].max() == pytest.approx(second + 0.5, abs=0.02)
    centre = float((times[seen] * np.abs(over[seen])).sum() / np.abs(over[seen]).sum())
    assert centre == pytest.approx(second, abs=0.05)


def test_tones_are_laid_over_time_and_tone() -> None:
    field = Field(
        name="sound",
        kind=FieldKind.AUDIO,
        preparation=(
            Step(type="Length", attributes={"seconds": 0.5}),
            Step(type="MelSpectrogram", attributes={"mels": 8}),
            Step(type="LogScale"),
        ),
        statistics=Statistics(shape=(None,), rate=8000),
    )
    project = draw(
        DataSpec(fields=(field, label())),
        {
            "conv1": ("Conv2d", {"out_channels": 4}),
            "flatten1": "Flatten",
            "last": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "sound > conv1 > flatten1 > last > out",
        "last > loss1.prediction",
        "label > loss1.target",
    )
    raw = np.sin(np.arange(3000) / 5).astype(np.float32)
    explaining = ready(project, {"sound": raw[::-1].copy()})
    for method in ("GradCam", "IntegratedGradients", "Shap", "Occlusion", "Lime"):
        place = told(explaining, {"sound": raw}, method).fields[0]
        assert (place.map_height, place.map_width) == (8, 48)
        assert len(place.map_heat) == 4 * 8 * 48 and np.isfinite(np.frombuffer(place.map_heat, "<f4")).all()
        assert place.map_shown.rgb and place.raw.curve and place.seconds == pytest.approx(0.375)


# Masks and labels


def test_a_region_of_a_mask_is_explained_by_what_lies_there() -> None:
    mask = Field(
        name="mask",
        kind=FieldKind.MASK,
        role=Role.TARGET,
        preparation=(Step(type="Resize", attributes={"height": 12, "width": 12}),),
        statistics=Statistics(classes=("rest", "cell"), shape=(None, None, 1)),
    )
    project = draw(
        DataSpec(fields=(pictures().fields[0], mask)),
        {
            "conv1": ("Conv2d", {"out_channels": 2, "kernel_size": 1}),
            "out": ("Output", {"field": "mask"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > conv1 > out",
        "conv1 > loss1.prediction",
        "mask > loss1.target",
    )

    def look(network: Any) -> None:
        network.conv1.weight.copy_(torch.tensor([0.0, 8.0]).reshape(2, 1, 1, 1))
        network.conv1.bias.copy_(torch.tensor([4.0, 0.0]))

    raw = np.full((12, 12, 1), 20, np.uint8)
    raw[3:6, 7:10] = 230
    found = told(ready(project, set_weights=look), {"pixels": raw}, "IntegratedGradients")
    assert (found.choices, found.choice) == (["rest", "cell"], 1)
    assert found.scores[1] == ("cell", pytest.approx(9 / 144))
    over = heat(found.fields[0])
    assert over[3:6, 7:10].min() > 0 and np.abs(np.delete(over, range(3, 6), 0)).max() < 1e-6


def test_a_label_is_explained_by_itself() -> None:
    tags = Field(
        name="tags",
        kind=FieldKind.LABELS,
        role=Role.TARGET,
        preparation=(Step(type="MultiHot"),),
        statistics=Statistics(classes=("old", "red", "wet"), counts=(1, 1, 1)),
    )
    project = draw(
        DataSpec(fields=(*columns().fields[:2], tags)),
        {
            "row": ("Input", {"fields": ["width", "weight"]}),
            "last": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "tags"}),
            "loss1": "BCEWithLogitsLoss",
        },
        "row > last > out",
        "last > loss1.prediction",
        "tags > loss1.target",
    )

    def look(network: Any) -> None:
        network.last.weight.copy_(torch.tensor([[0.0, 0.0], [1.5, 0.0], [0.0, 1.0]]))
        network.last.bias.copy_(torch.tensor([-3.0, 0.0, 0.0]))

    explaining = ready(project, set_weights=look)
    raw = {"width": 14.0, "weight": 13.0}
    surest = told(explaining, raw, "IntegratedGradients")
    assert (surest.answer, surest.choices[surest.choice]) == ("red, wet", "red")
    assert [field.total for field in surest.fields] == pytest.approx([3.0, 0.0], abs=1e-5)
    assert [f.total for f in told(explaining, raw, "Occlusion", choice=2).fields] == pytest.approx([0.0, 1.5], abs=1e-5)
    with pytest.raises(DataError, match="no answer number 3"):
        told(explaining, raw, "Occlusion", choice=3)


# What does not fit, and what is drawn from where


def test_ways_that_do_not_fit_say_why() -> None:
    reasons = {kind.type_name(): reason for kind, reason in Explainable(table()).offered()}
    assert reasons == {
        "GradCam": "Grad-CAM shows places, and a table has none. Choose SHAP.",
        "IntegratedGradients": "",
        "Shap": "",
        "Lime": "",
        "Occlusion": "",
    }
    grad_cam = explainer_type("grad-cam")
    assert grad_cam is not None
    assert "convolution" in Explainable(text_network()).reason_against(grad_cam)
    assert Explainable(small_cnn()).reason_against(grad_cam) == ""
    assert [Explainable(project).usual().type_name() for project in (table(), small_cnn(), text_network())] == [
        "Shap",
        "GradCam",
        "Shap",
    ]


def test_what_a_switch_does_not_choose_explains_nothing() -> None:
    """One way of the drawing has convolutions, the other is an LSTM."""
    project = load(FOLDER / "forecast")
    switch = next(node for node in project.graph.nodes.values() if node.type == "Switch")
    found = {}
    for way in ("a", "b"):
        apply(project, SetAttributes(id=switch.id, attributes={"active": way}))
        found[way] = Explainable(project).usual().type_name()
    assert found == {"a": "IntegratedGradients", "b": "GradCam"}


def test_a_picture_as_an_answer_has_no_single_score() -> None:
    project = draw(
        pictures(),
        {
            "conv1": ("Conv2d", {"out_channels": 1, "padding": 1}),
            "out": ("Output", {"field": "pixels"}),
            "l": "MSELoss",
        },
        "pixels > conv1 > out",
        "conv1 > l.prediction",
        "pixels > l.target",
    )
    assert all("no single score" in reason for _, reason in Explainable(project).offered("pixels"))
    with pytest.raises(DataError, match="no single score"):
        told(ready(project), {"pixels": noisy(12, 12)}, "Occlusion")


def test_what_is_explained_is_the_first_answer_that_can_be() -> None:
    project = draw(
        pictures(),
        {
            "conv1": ("Conv2d", {"out_channels": 1, "padding": 1}),
            "again": ("Output", {"field": "pixels"}),
            "flat": "Flatten",
            "scores": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
        },
        "pixels > conv1 > again",
        "conv1 > flat > scores > out",
    )
    assert Explainable(project).first() == ("label", "") == Explainable(project).first(("pixels", "label"))
    assert Explainable(project).first(("unknown",)) == ("label", "")
    name, reason = Explainable(project).first(("pixels",))
    assert name == "pixels" and "no single score" in reason
    assert Explainable(project).first(given={"pixels"}) == ("label", "")
    _, reason = Explainable(project).first(given={"noise"})
    assert reason == "This answer was made without pixels, which an explanation looks at."
    assert Explainable(text_network()).first(given=())[1] == "", "a text may begin empty"
    for node_id in ("again", "out"):
        apply(project, SetAttributes(id=node_id, attributes={"field": "gone"}))
    assert Explainable(project).first()[1].startswith("No Output of this network answers for a field of the data")


def test_it_stops_when_nobody_wants_it() -> None:
    kind = explainer_type("lime")
    assert kind is not None
    asked = 0

    def report(_share: float) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        ready(small_cnn()).explain({"pixels": noisy(20, 20)}, kind(), report=report)
    assert asked == 2


def test_the_fit_of_a_straight_line_is_told() -> None:
    design = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
    slopes, fit = fitted_line(design, design @ torch.tensor([2.0, -1.0], dtype=torch.float64), torch.ones(4))
    assert slopes.tolist() == pytest.approx([2.0, -1.0], rel=0.02) and fit == pytest.approx(1.0, abs=1e-3)
    _, none = fitted_line(design, design[:, 0] * design[:, 1], torch.ones(4))
    assert none is not None and none < 0.7
    assert fitted_line(design, torch.zeros(4, dtype=torch.float64), torch.ones(4))[1] is None


def test_every_way_says_what_it_does_and_what_it_does_not() -> None:
    import importlib

    for kind in EXPLAINERS:
        assert kind.help().endswith(".") and kind.when.endswith(".") and kind.limits.endswith(".")
        assert callable(importlib.import_module(kind.target).relevance)
    assert explainer_type("integrated gradients") is explainer_type("IntegratedGradients") is not None
    assert explainer_type("magic") is None


@pytest.mark.parametrize("method", [kind.type_name() for kind in EXPLAINERS])
def test_a_picture_beside_columns_and_words_is_explained_together(method: str) -> None:
    """Three Inputs; what counts is one column. A map has a place in the picture alone."""
    data = DataSpec(fields=(pictures().fields[0], *columns().fields[:2], TEXT.fields[0], label()))
    project = draw(
        data,
        {
            "row": ("Input", {"fields": ["width", "weight"]}),
            "conv1": ("Conv2d", {"out_channels": 2}),
            "mean1": "GlobalAveragePool2d",
            "embed": ("Embedding", {"embedding_dim": 3}),
            "mean2": ("Mean", {"dim": 1}),
            "cat1": ("Concatenate", {"count": 3}),
            "last": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > conv1 > mean1 > cat1.a",
        "row > cat1.b",
        "text > embed > mean2 > cat1.c",
        "cat1 > last > out",
        "last > loss1.prediction",
        "label > loss1.target",
    )

    def look(network: Any) -> None:
        only(network.last.weight, 1, [3], 2.0)  # weight, behind two maps and width
        network.last.bias.zero_()
        if method == "GradCam":
            network.last.weight[1, :2] = 1.0
            network.conv1.weight.fill_(0.1)

    raw = {"pixels": noisy(20, 20), "width": 12.0, "weight": 15.0, "text": "abc"}
    usual = {"pixels": np.zeros((20, 20, 1), np.uint8), "width": 9.0, "weight": 10.0, "text": "jj"}
    found = told(ready(project, usual, set_weights=look), raw, method, choice=1)
    totals = {field.field: field.total for field in found.fields}
    assert set(totals) == {"pixels", "width", "weight", "text"}
    if method == "GradCam":
        assert heat(found.fields[list(totals).index("pixels")]).max() > 0
        assert totals["width"] == totals["weight"] == totals["text"] == 0
        return
    assert totals["weight"] > 1
    assert max(abs(total) for name, total in totals.items() if name != "weight") < 0.05 * totals["weight"]
    if method in SUMMING:
        assert sum(totals.values()) == pytest.approx(found.score - found.baseline_score, abs=0.03 * abs(found.score))


# A peer


def test_captum_says_the_same(tmp_path: Path) -> None:
    """Integrated gradients, Shapley values and Grad-CAM of a network, by the usual library where it is installed."""
    attr = pytest.importorskip("captum.attr")
    explaining = ready(small_cnn(), {"pixels": np.zeros((12, 12, 3), np.uint8)})
    raw = {"pixels": np.random.default_rng(8).integers(0, 255, (12, 12, 3), dtype=np.uint8)}
    from engine.compiler.module import hookable_twin
    from engine.data.preparation import Preparation
    from engine.evaluation.explaining.target import log_odds

    network = hookable_twin(explaining.taps.network, explaining.project)
    own = Preparation(explaining.project.data.fields[0]).apply([raw["pixels"]])
    found = told(explaining, raw, "IntegratedGradients", baseline="nothing", steps=128)

    def score(x: Tensor) -> Tensor:
        return log_odds(network(x)[0], "softmax", found.choice, False, two=False).mean(1)

    theirs = attr.IntegratedGradients(score).attribute(own, own * 0, n_steps=128)[0].sum(0)
    assert heat(found.fields[0]) == pytest.approx(theirs.detach().numpy(), abs=2e-3 * float(theirs.abs().max()))
    cam = attr.LayerGradCam(score, network.get_submodule("conv1"))
    theirs = cam.attribute(own, relu_attributions=True)[0, 0]
    step = explainer_type("GradCam")
    assert step is not None
    plain = explaining.explain(raw, step.from_attributes({"layer": "conv1"}), choice=found.choice)
    ours = torch.from_numpy(heat(plain.fields[0]).copy())
    same = torch.nn.functional.interpolate(theirs[None, None], (12, 12), mode="bilinear", align_corners=False)[0, 0]
    assert torch.corrcoef(torch.stack([ours.flatten(), same.flatten()]))[0, 1] > 0.98


def test_a_place_in_a_space_has_no_score_to_explain() -> None:
    reasons = [reason for _, reason in Explainable(load(FOLDER / "siamese")).offered("label")]
    assert reasons and all("place among other samples" in reason for reason in reasons)
    assert not any("place among" in reason for _, reason in Explainable(load(FOLDER / "garments")).offered("label"))

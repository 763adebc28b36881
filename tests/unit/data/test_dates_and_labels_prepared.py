"""Dates and lists of labels: the same columns in torch and in onnxruntime, and what a person types is understood."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto

from engine.data.preparation import Preparation
from engine.data.reading import read_input
from engine.data.rows.labels import LabelRows
from engine.data.strings import Strings
from engine.deployment.session import as_input, open_session
from engine.document.data_spec import Field, FieldKind, Role, Statistics, Step
from engine.errors import DataError
from engine.onnx_writer import OnnxWriter

PARTS = ("trend", "year", "month", "day", "weekday", "hour")


def date_of(**parts: bool) -> Field:
    attributes = {name: parts.get(name, False) for name in PARTS}
    statistics = Statistics(mean=(1.6e9,), std=(5e7,))
    return Field(
        name="day",
        kind=FieldKind.DATE,
        options={"form": "day"},
        preparation=(Step(type="DateParts", attributes=attributes),),
        statistics=statistics,
    )


def in_onnx(field: Field, values: list[object], opset: int = 20) -> np.ndarray:
    writer = OnnxWriter(opset)
    value = Preparation(field).write_input(writer)
    writer.output(value, "out", TensorProto.FLOAT, ["N", "K"])
    session = open_session(writer.model().SerializeToString())
    return session.run(None, {field.name: as_input(values, field.kind.value)})[0]


def seconds(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


EVERY_PART = dict.fromkeys(PARTS, True)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(st.floats(-6e10, 2.5e11, allow_nan=False), st.just(math.nan), st.integers(-800_000, 2_900_000)),
        min_size=1,
        max_size=30,
    )
)
def test_torch_and_onnx_make_the_same_of_any_moment(values: list[float]) -> None:
    moments = [value * 86400 if isinstance(value, int) else value for value in values]
    field = date_of(**EVERY_PART)
    ours = Preparation(field).apply(moments).numpy()
    assert ours.dtype == np.float32 and ours.shape == (len(values), 11) and np.isfinite(ours).all()
    assert np.allclose(in_onnx(field, list(moments)), ours, rtol=1e-6, atol=2e-6)


def test_places_are_those_of_the_calendar() -> None:
    moments = [
        datetime(y, m, d, h, tzinfo=UTC)
        for y in (1583, 1900, 1999, 2000, 2024)
        for m in range(1, 13)
        for d in (1, 15, 28)
        for h in (0, 13)
    ]
    moments.append(datetime(2024, 2, 29, 23, tzinfo=UTC))
    found = Preparation(date_of(month=True, day=True, weekday=True, hour=True)).apply([m.timestamp() for m in moments])

    def around(place: list[float]) -> torch.Tensor:
        angle = torch.tensor(place, dtype=torch.float64) * math.tau
        return torch.stack([angle.sin(), angle.cos()], 1).float()

    expected = [
        around([((m.month + 9) % 12) / 12 for m in moments]),
        around([(m.day - 1) / 31 for m in moments]),
        around([m.weekday() / 7 for m in moments]),
        around([m.hour / 24 for m in moments]),
    ]
    assert torch.allclose(found, torch.cat(expected, 1), atol=1e-6)


def test_december_lies_beside_january_and_what_is_missing_is_nothing() -> None:
    field = date_of(year=True)
    new_years_eve, new_year, summer, missing = Preparation(field).apply(
        [seconds(2021, 12, 31), seconds(2022, 1, 1), seconds(2022, 7, 1), math.nan]
    )
    assert (new_years_eve - new_year).norm() < 0.05 < 1.9 < (new_year - summer).norm()
    assert missing.tolist() == [0.0, 0.0]


def test_a_date_may_be_typed() -> None:
    field = date_of(trend=True)
    assert read_input(field, "04/03/2021") == seconds(2021, 3, 4)
    assert read_input(field, "2021-03-04 05:06") == seconds(2021, 3, 4, 5, 6)
    assert read_input(field, 12.5) == 12.5
    assert math.isnan(read_input(field, "")) and math.isnan(read_input(field, None))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="not a date") as caught:
        read_input(field, "soon")
    assert "2021-03-04" in caught.value.expected


def labels_of(classes: tuple[str, ...] = ("a", "b", "two words"), mark: str = ";") -> Field:
    return Field(
        name="tags",
        kind=FieldKind.LABELS,
        role=Role.TARGET,
        options={"separator": mark},
        preparation=(Step(type="MultiHot"),),
        statistics=Statistics(classes=classes),
    )


CELLS = ["a", "b;a", "", ";", "two words;unknown", "a;b;two words", "unknown"]
ROWS = [[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize("opset", [13, 18, 19, 20, 22])
def test_labels_become_columns(opset: int) -> None:
    field = labels_of()
    assert Preparation(field).apply(CELLS).tolist() == ROWS
    assert in_onnx(field, list(CELLS), opset).tolist() == ROWS
    assert in_onnx(field, [""], opset).tolist() == [[0, 0, 0]]
    assert in_onnx(field, ["b"], opset).tolist() == [[0, 1, 0]]
    assert (
        in_onnx(labels_of(()), ["b", "", ";"], opset).tolist()
        == Preparation(labels_of(())).apply(["b", "", ";"]).tolist()
    )


def test_another_separator() -> None:
    field = labels_of(mark="|")
    assert Preparation(field).apply(["a|b", "a;b"]).tolist() == [[1, 1, 0], [0, 0, 0]]
    for opset in (13, 19, 20):
        assert in_onnx(field, ["a|b", "a;b"], opset).tolist() == [[1, 1, 0], [0, 0, 0]]


def test_labels_may_be_typed_or_given_as_a_list() -> None:
    field = labels_of()
    assert read_input(field, " b ; a ;b") == "b;a"
    assert read_input(field, ["a", "two words"]) == "a;two words"
    assert read_input(field, []) == ";" and read_input(field, "") == ""


def test_labels_are_counted_one_by_one() -> None:
    rows = LabelRows(Strings.of(["a;b", "a", "", ";", "c"]), ";")
    found = rows.measure(np.array([0, 1, 2, 3]), labels_of(()), ())
    assert found.classes == ("a", "b", "c") and found.counts == (2, 1, 0)
    assert found.missing == 1 and found.mean == (1.0,)
    assert rows.unlabelled(labels_of()).tolist() == [False, False, True, False, False]

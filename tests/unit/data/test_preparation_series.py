"""The steps of series on tensors and in ONNX give the same numbers, and answers come back in their own unit."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from engine.checks.field_specs import prepared_spec
from engine.data.preparation import Preparation
from engine.document.data_spec import Field, FieldKind, Role, Statistics, Step
from engine.errors import DataError, ShapeMismatch
from engine.onnx_writer import OnnxWriter

RNG = np.random.default_rng(11)
T, C = 12, 3
NAN = float("nan")


def step(name: str, **attributes: Any) -> Step:
    return Step(type=name, attributes=attributes)


def field_of(*steps: Step, time: int = T, channels: int = C, role: Role = Role.INPUT) -> Field:
    statistics = Statistics(
        mean=tuple(float(item) for item in range(1, channels + 1)),
        std=tuple(0.5 * item for item in range(1, channels + 1)),
        minimum=tuple(-1.0 - item for item in range(channels)),
        maximum=tuple(3.0 + item for item in range(channels)),
        fill=9.0,
        shape=(time, channels),
    )
    return Field(name="past", kind=FieldKind.SERIES, role=role, preparation=steps, statistics=statistics)


def with_gaps(count: int = 20) -> np.ndarray:
    series = RNG.normal(size=(count, T, C)).astype(np.float32) * 3
    series[RNG.random(series.shape) < 0.35] = np.nan
    series[0] = np.nan
    series[1, :, 0] = np.nan
    series[2, :5] = np.nan
    series[3, 5:] = np.nan
    return series


def through_onnx(field: Field, raw: np.ndarray) -> np.ndarray:
    writer = OnnxWriter()
    value = Preparation(field).write_input(writer)
    writer.output(value, "prepared", 1, ["N", None, None])
    model = writer.model()
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {field.name: raw})[0]


@pytest.mark.parametrize(
    "steps",
    [
        (step("Interpolate"),),
        (step("Interpolate", between="last"),),
        (step("Interpolate"), step("Standardize")),
        (step("FillMissing", strategy="mean"), step("MinMaxScale")),
        (step("FillMissing"), step("Standardize")),
        (step("Interpolate"), step("Difference")),
        (step("Interpolate"), step("Smooth", width=4), step("Standardize")),
        (step("Interpolate"), step("Smooth", width=100)),
    ],
    ids=lambda steps: "-".join(item.type for item in steps),
)
def test_the_file_prepares_as_training_did(steps: tuple[Step, ...]) -> None:
    field, raw = field_of(*steps), with_gaps()
    ours = Preparation(field).apply(raw)
    assert ours.shape == raw.shape
    assert tuple(prepared_spec(field).shape[1:]) == (T, C)
    assert torch.isfinite(ours).all()
    np.testing.assert_allclose(through_onnx(field, raw), ours.numpy(), rtol=1e-5, atol=1e-5)


def test_gaps_are_filled_on_the_line_between_neighbours() -> None:
    raw = np.array([[NAN, 1, NAN, NAN, 4, NAN]], np.float32)[..., None]
    line = Preparation(field_of(step("Interpolate"), time=6, channels=1)).apply(raw)
    assert line.flatten().tolist() == [1, 1, 2, 3, 4, 4]
    last = Preparation(field_of(step("Interpolate", between="last"), time=6, channels=1)).apply(raw)
    assert last.flatten().tolist() == [1, 1, 1, 1, 4, 4]
    nothing = Preparation(field_of(step("Interpolate"), time=6, channels=1)).apply(np.full((1, 6, 1), NAN, np.float32))
    assert nothing.flatten().tolist() == [1.0] * 6  # the mean of the train split


def test_several_channels_are_filled_with_their_own_mean() -> None:
    filled = Preparation(field_of(step("FillMissing"))).apply(np.full((1, T, C), NAN, np.float32))
    assert filled[0, 0].tolist() == [1, 2, 3]


def test_changes_and_means_look_back_alone() -> None:
    raw = np.array([[1, 4, 2, 2]], np.float32)[..., None]
    changes = Preparation(field_of(step("Difference"), time=4, channels=1)).apply(raw)
    assert changes.flatten().tolist() == [0, 3, -2, 0]
    smooth = Preparation(field_of(step("Smooth", width=2), time=4, channels=1)).apply(raw)
    assert smooth.flatten().tolist() == [1, 2.5, 3, 2]


@pytest.mark.parametrize("name", ["Standardize", "MinMaxScale"])
def test_answers_come_back_in_their_own_unit(name: str) -> None:
    field = field_of(step(name), role=Role.TARGET)
    raw = RNG.normal(size=(5, T, C)).astype(np.float32)
    preparation = Preparation(field)
    prepared = preparation.apply(raw)
    np.testing.assert_allclose(preparation.invert(prepared).numpy(), raw, atol=1e-5)
    writer = OnnxWriter()
    value = preparation.write_answer_inverse(writer, writer.input("x", 1, ["N", T, C]))
    writer.output(value, "y", 1, ["N", T, C])
    session = onnxruntime.InferenceSession(writer.model().SerializeToString(), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"x": prepared.numpy()})[0], raw, atol=1e-5)


@pytest.mark.parametrize("name", ["Difference", "Smooth"])
def test_what_cannot_be_turned_back_is_refused_on_what_is_learned(name: str) -> None:
    field = field_of(step(name), role=Role.TARGET)
    with pytest.raises(ShapeMismatch, match="turned back"):
        prepared_spec(field)
    with pytest.raises(DataError, match="turned back"):
        Preparation(field)

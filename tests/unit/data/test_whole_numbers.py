"""The preparation step Whole numbers: one definition in torch and in ONNX, and what it says of the tensor."""

import numpy as np
import onnxruntime
import pytest
import torch

from engine.catalog.tensors import DType
from engine.checks.field_specs import prepared_spec
from engine.data.made_up import TRIED, made_up
from engine.data.preparation import Preparation
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.errors import DataError
from engine.onnx_writer import OnnxWriter


def field(count: int | None) -> Field:
    settings = {} if count is None else {"count": count}
    return Field(
        name="tokens",
        kind=FieldKind.ARRAY,
        preparation=(Step(type="WholeNumbers", attributes=settings),),
        statistics=Statistics(shape=(4,)),
    )


@pytest.mark.parametrize("count", [None, 5])
def test_it_does_the_same_in_onnx(count: int | None) -> None:
    given = np.array([[0, 1.9, 7, -3], [4.2, 2, np.nan, 5]], np.float32)
    prepared = Preparation(field(count)).apply(given)
    assert prepared.dtype is torch.int64
    writer = OnnxWriter(20)
    value = Preparation(field(count)).write_input(writer)
    writer.output(value, "y", 7, ["N", 4])
    session = onnxruntime.InferenceSession(writer.model().SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"tokens": given})
    assert np.array_equal(found, prepared.numpy())
    assert prepared.min() >= (0 if count else -3) and prepared.max() <= (4 if count else 7)


def test_the_checks_know_whole_numbers_and_how_many() -> None:
    spec = prepared_spec(field(5))
    assert spec.shape == (None, 4) and spec.dtype is DType.INT and spec.classes == 5


def test_an_answer_cannot_be_prepared_so() -> None:
    with pytest.raises(DataError, match="turned back"):
        Preparation(Field(name="y", kind=FieldKind.ARRAY, role=Role.TARGET, preparation=field(5).preparation))


def test_random_samples_have_the_kind_and_size_of_each_field() -> None:
    free = Field(name="sound", kind=FieldKind.ARRAY, options={TRIED: [128]}, statistics=Statistics(shape=(None,)))
    picture = Field(
        name="picture",
        kind=FieldKind.IMAGE,
        preparation=(Step(type="Resize", attributes={"height": 20, "width": 24}), Step(type="Scale")),
    )
    target = Field(name="y", kind=FieldKind.ARRAY, role=Role.TARGET, statistics=Statistics(shape=(3,)))
    both = [made_up(DataSpec(fields=(field(5), free, picture, target))) for _ in range(2)]
    assert both[0].samples == 64
    everyone = np.arange(64)
    for item, shape in ((field(5), (64, 4)), (free, (64, 128)), (picture, (64, 3, 20, 24)), (target, (64, 3))):
        values, others = (Preparation(item).finish(tensor_of(data.rows(item.name).batch(everyone))) for data in both)
        assert tuple(values.shape) == shape
        assert torch.equal(values, others)


def tensor_of(values: object) -> torch.Tensor:
    return values if isinstance(values, torch.Tensor) else torch.from_numpy(np.asarray(values))

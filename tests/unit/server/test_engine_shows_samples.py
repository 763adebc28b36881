"""A sample large, searching and sorting, and names, asked of a real engine process."""

import numpy as np
import pytest
from engine_process import EngineProcess

from engine.document import files
from engine.document.data_spec import Field, FieldKind, Step
from engine.document.sample_names import count, names
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import (
    DataImported,
    FieldValue,
    FindSamples,
    GetDetail,
    GetNames,
    GetSamples,
    ImportData,
    NamesRead,
    SampleDetail,
    SamplesFound,
    SamplesRead,
    ValueRange,
)


@pytest.fixture(scope="module")
def engine():
    with EngineProcess() as process:
        process.next_event()
        yield process


@pytest.fixture(scope="module")
def project_dir(engine, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "fruit.csv"
    rows = [f"{('pear', 'Apple', 'fig')[i % 3]},{i * 37 % 60},{'red' if i % 4 else ''},{i % 2}" for i in range(60)]
    path.write_text("name,grams,colour,ripe\n" + "\n".join(rows) + "\n", encoding="utf-8")
    imported = engine.answer(engine.send(ImportData, path=str(path), target="name"))
    assert isinstance(imported, DataImported), imported
    folder = tmp_path_factory.mktemp("projects") / "fruit"
    files.create(folder, files.from_document(imported.project, "the proposal"))
    return folder


def found(engine, project_dir, **asked) -> list[int]:
    answer = engine.answer(engine.send(FindSamples, project_dir=str(project_dir), **asked))
    assert isinstance(answer, SamplesFound), answer
    return np.frombuffer(answer.indices, "<i4").tolist()


def grams(index: int) -> int:
    return index * 37 % 60


def test_samples_are_found_by_text_value_and_range(engine, project_dir):
    assert found(engine, project_dir) == list(range(60))
    assert found(engine, project_dir, text="APPLE") == list(range(1, 60, 3))
    light = [ValueRange(field="grams", low=0, high=5)]
    assert [grams(index) for index in found(engine, project_dir, ranges=light, sort="grams")] == [0, 1, 2, 3, 4, 5]
    missing = [FieldValue(field="colour", value="")]
    assert found(engine, project_dir, values=missing) == list(range(0, 60, 4))
    both = found(engine, project_dir, text="fig", values=[FieldValue(field="colour", value="red")])
    assert both == [index for index in range(60) if index % 3 == 2 and index % 4]
    assert found(engine, project_dir, text="no such fruit") == []


def test_samples_are_sorted_by_any_field_either_way_with_missing_values_last(engine, project_dir):
    rising = found(engine, project_dir, sort="grams")
    assert [grams(index) for index in rising] == sorted(map(grams, range(60)))
    assert found(engine, project_dir, sort="grams", descending=True) == rising[::-1]
    names = found(engine, project_dir, sort="name")
    assert [index % 3 for index in names[:20]] == [1] * 20  # Apple, fig, pear, whatever the case
    for descending in (False, True):
        assert {index % 4 for index in found(engine, project_dir, sort="colour", descending=descending)[-15:]} == {0}


def test_what_is_not_there_is_said(engine, project_dir):
    answer = engine.answer(engine.send(FindSamples, project_dir=str(project_dir), sort="weight"))
    assert isinstance(answer, RequestFailed) and "weight" in answer.error["message"]
    answer = engine.answer(engine.send(GetNames, project_dir=str(project_dir), indices=np.array([99], "<i4").tobytes()))
    assert isinstance(answer, RequestFailed)


def test_names_come_in_the_order_of_the_question(engine, project_dir):
    asked = np.array([5, 0], "<i4").tobytes()
    answer = engine.answer(engine.send(GetNames, project_dir=str(project_dir), indices=asked))
    cards = engine.answer(engine.send(GetSamples, project_dir=str(project_dir), indices=[5, 0]))
    assert isinstance(answer, NamesRead) and isinstance(cards, SamplesRead)
    assert list(names(answer.names)) == [card.name for card in cards.cards]
    every = engine.answer(
        engine.send(GetNames, project_dir=str(project_dir), indices=np.arange(60, dtype="<i4").tobytes())
    )
    assert isinstance(every, NamesRead) and len(every.names) == 1 and count(every.names) == 60


def test_a_sample_is_shown_before_and_after_each_step(engine, project_dir):
    detail = engine.answer(engine.send(GetDetail, project_dir=str(project_dir), index=4))
    assert isinstance(detail, SampleDetail), detail
    assert detail.label == "Apple" and detail.split in ("train", "val", "test")
    fields = {field.name: field for field in detail.fields}
    assert fields["grams"].raw.text == str(grams(4))
    assert [step.caption for step in fields["grams"].steps]
    assert fields["colour"].raw.text == "missing"
    assert all(not step.problem for field in detail.fields for step in (field.raw, *field.steps))


def test_steps_are_tried_before_they_are_saved_and_say_what_is_wrong(engine, project_dir):
    saved = files.load(project_dir).data.field("grams")
    assert saved is not None
    tried = Field(
        name="grams", kind=FieldKind.NUMBER, preparation=(Step(type="MinMaxScale"),), statistics=saved.statistics
    )
    wrong = Field(name="name", kind=FieldKind.CATEGORY, preparation=(Step(type="Resize"),))
    detail = engine.answer(engine.send(GetDetail, project_dir=str(project_dir), index=4, fields=[tried, wrong]))
    assert isinstance(detail, SampleDetail), detail
    grams_shown, name_shown = detail.fields
    low, high = saved.statistics.minimum[0], saved.statistics.maximum[0]
    assert float(grams_shown.steps[0].text) == pytest.approx((grams(4) - low) / (high - low), rel=1e-3)
    assert "does not fit" in name_shown.steps[0].problem

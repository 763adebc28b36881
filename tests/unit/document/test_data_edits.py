"""Edits of the data: classes and labels by hand are undone exactly, and the network's sizes follow at once."""

import json
import time

import msgspec
import pytest

from engine.document import edits, files
from engine.document.data_edits import (
    AddClass,
    DeleteClass,
    ExcludeSamples,
    IncludeSamples,
    LabelSamples,
    MergeClasses,
    RenameClass,
    SetField,
    SetMeasured,
    SetSplit,
    TakeBackLabels,
)
from engine.document.data_spec import (
    DataSpec,
    Field,
    FieldKind,
    Labelling,
    Role,
    Split,
    SplitMethod,
    Statistics,
    Step,
)
from engine.document.edits import Edit, SetClassWeights, apply, change, title
from engine.document.project import Project
from engine.errors import DataError


def project(kind=FieldKind.CATEGORY):
    statistics = Statistics(classes=("cat", "dog", "emu"), counts=(5, 4, 3))
    return Project(
        name="p",
        data=DataSpec(
            fields=(
                Field(name="image", kind=FieldKind.IMAGE),
                Field(name="animal", kind=kind, role=Role.TARGET, statistics=statistics),
            )
        ),
    )


def classes(given):
    return given.data.field("animal").statistics.classes


EVERY = [
    AddClass(field="animal", name="fox"),
    RenameClass(field="animal", old="cat", new="zebra"),
    MergeClasses(field="animal", classes=("cat", "dog"), into="pet"),
    DeleteClass(field="animal", name="dog"),
    LabelSamples(field="animal", labels=("dog",), samples=("cat/1.png", "rows \t2-90\t")),
    LabelSamples(field="animal", samples=("cat/1.png",)),
    ExcludeSamples(samples=("cat/1.png",)),
    IncludeSamples(samples=("cat/1.png",)),
    SetField(name="animal", role=Role.IGNORED),
    SetField(name="image", preparation=(Step(type="Scale"),)),
    SetField(name="animal", kind=FieldKind.TEXT),
    SetSplit(split=Split(method=SplitMethod.TIME, field="image")),
    SetMeasured(statistics={"animal": Statistics(classes=("a",))}),
    SetClassWeights(on=True),
]


@pytest.mark.parametrize("edit", EVERY, ids=lambda edit: type(edit).__name__)
def test_each_is_undone_done_again_named_and_journaled(edit):
    given = project()
    before = files.to_bytes(given)
    inverse = apply(given, edit)
    after = files.to_bytes(given)
    assert after != before
    assert files.to_bytes(files.from_bytes(after, "p")) == after
    again = apply(given, inverse)
    assert files.to_bytes(given) == before
    apply(given, again)
    assert files.to_bytes(given) == after
    for value in (edit, inverse, again):
        assert title(value)
        assert msgspec.convert(json.loads(msgspec.json.encode(value)), Edit, strict=True) == value
        assert len(msgspec.json.encode(value)) < 400


def test_classes_keep_their_places_and_counts_follow():
    given = project()
    apply(given, RenameClass(field="animal", old="cat", new="zebra"))
    assert classes(given) == ("zebra", "dog", "emu")
    apply(given, MergeClasses(field="animal", classes=("dog", "emu"), into="dog"))
    assert classes(given) == ("zebra", "dog")
    assert given.data.field("animal").statistics.counts == (5, 7)
    apply(given, AddClass(field="animal", name="fox"))
    apply(given, DeleteClass(field="animal", name="dog"))
    assert classes(given) == ("zebra", "fox")
    known = given.data.labelling_of("animal")
    assert known.renamed == {"cat": "zebra", "emu": "", "dog": ""} and known.added == ("fox",)


def test_names_that_are_swapped_or_used_again_are_told_apart():
    given = project()
    for old, new in (("cat", "tmp"), ("dog", "cat"), ("tmp", "dog")):
        apply(given, RenameClass(field="animal", old=old, new=new))
    known = given.data.labelling_of("animal")
    assert (known.called("cat"), known.called("dog")) == ("dog", "cat")
    apply(given, DeleteClass(field="animal", name="emu"))
    apply(given, AddClass(field="animal", name="emu"))
    apply(given, LabelSamples(field="animal", labels=("emu",), samples=("x",)))
    known = given.data.labelling_of("animal")
    (label,) = known.labelled[0].labels
    assert known.called("emu") == "" and label != "emu" and known.called(label) == "emu"


def test_a_label_goes_along_when_its_class_is_renamed():
    given = project()
    apply(given, LabelSamples(field="animal", labels=("cat",), samples=("x",)))
    apply(given, RenameClass(field="animal", old="cat", new="lion"))
    known = given.data.labelling_of("animal")
    assert known.called(known.labelled[0].labels[0]) == "lion"


@pytest.mark.parametrize(
    "edit",
    [
        RenameClass(field="animal", old="cat", new="dog"),
        RenameClass(field="animal", old="yak", new="ox"),
        RenameClass(field="animal", old="cat", new="  "),
        AddClass(field="animal", name="cat"),
        AddClass(field="image", name="cat"),
        AddClass(field="nowhere", name="cat"),
        DeleteClass(field="animal", name="yak"),
        MergeClasses(field="animal", classes=("cat",), into="cat"),
        LabelSamples(field="animal", labels=("yak",), samples=("x",)),
        LabelSamples(field="animal", labels=("cat", "dog"), samples=("x",)),
        LabelSamples(field="animal", labels=("cat",), samples=()),
        LabelSamples(field="animal", labels=("cat",), samples=("row \t9-2\t",)),
        ExcludeSamples(samples=("row \t\t",)),
        TakeBackLabels(field="animal"),
        SetField(name="nowhere", role=Role.IGNORED),
    ],
    ids=lambda edit: f"{type(edit).__name__} {edit}"[:60],
)
def test_what_makes_no_sense_is_refused_in_words_and_changes_nothing(edit):
    given = project()
    before = files.to_bytes(given)
    with pytest.raises(DataError) as refused:
        apply(given, edit)
    assert files.to_bytes(given) == before and len(refused.value.message) < 300


def test_several_labels_where_the_field_takes_them():
    given = project(FieldKind.LABELS)
    apply(given, LabelSamples(field="animal", labels=("cat", "dog"), samples=("x",)))
    assert given.data.labelling_of("animal").labelled[0].labels == ("cat", "dog")


def test_another_kind_is_measured_anew_and_undone_with_what_was_measured():
    given = project()
    inverse = apply(given, SetField(name="animal", kind=FieldKind.TEXT))
    assert given.data.field("animal").statistics == Statistics()
    apply(given, inverse)
    assert classes(given) == ("cat", "dog", "emu")


def test_labels_touch_samples_alone_and_classes_the_data():
    given = project()
    for edit, samples in ((EVERY[4], True), (EVERY[6], True), (EVERY[0], False), (EVERY[11], False)):
        what = change(edit, apply(given, edit))
        assert (what.samples, what.data) == (samples, not samples)


def test_a_file_that_changes_one_field_in_two_places_is_refused():
    given = project()
    given.data = msgspec.structs.replace(
        given.data, labelling=(Labelling(field="a", added=("x",)), Labelling(field="a", added=("y",)))
    )
    with pytest.raises(edits.NetwrightError):
        files.from_bytes(files.to_bytes(given), "p")


def test_ten_thousand_labels_one_by_one_and_a_million_at_once_stay_quick():
    given = project()
    begun = time.perf_counter()
    for number in range(10_000):
        apply(given, LabelSamples(field="animal", labels=("dog",), samples=(f"cat/{number}.png",)))
    apply(given, LabelSamples(field="animal", labels=("emu",), samples=("rows.csv, row \t2-1000001\t",)))
    assert time.perf_counter() - begun < 60, "a copy a label would take minutes"
    assert title(LabelSamples(field="animal", samples=("r \t2-1000001\t",))) == "Take the label off 1,000,000 samples"

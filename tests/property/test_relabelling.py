"""Labels after any changes by hand are those that a person would get who did the same on paper."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.labelling import changed_by_hand, known_classes
from engine.data.progress import never, silent
from engine.data.samples import Samples
from engine.data.strings import Strings
from engine.document.data_edits import AddClass, DeleteClass, LabelSamples, MergeClasses, RenameClass
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics
from engine.document.edits import apply
from engine.document.project import Project
from engine.document.sample_names import as_runs
from engine.errors import DataError

CLASSES = ("cat", "dog", "emu")
names = st.sampled_from(["cat", "dog", "emu", "fox", "gnu"])
samples = st.lists(st.integers(0, 11), min_size=1, max_size=6, unique=True)
changes = st.one_of(
    st.tuples(st.just("add"), names, names, samples),
    st.tuples(st.just("rename"), names, names, samples),
    st.tuples(st.just("merge"), names, names, samples),
    st.tuples(st.just("delete"), names, names, samples),
    st.tuples(st.just("label"), names, names, samples),
    st.tuples(st.just("unlabel"), names, names, samples),
)


def called(index: int) -> str:
    return f"photos/{index:02}.png" if index < 6 else f"row {index}"


def edit_of(what: str, one: str, other: str, chosen: list[int]):
    runs = as_runs(map(called, chosen))
    return {
        "add": AddClass(field="animal", name=one),
        "rename": RenameClass(field="animal", old=one, new=other),
        "merge": MergeClasses(field="animal", classes=(one, other), into=one),
        "delete": DeleteClass(field="animal", name=one),
        "label": LabelSamples(field="animal", labels=(one,), samples=runs),
        "unlabel": LabelSamples(field="animal", samples=runs),
    }[what]


def on_paper(labels: list[str], what: str, one: str, other: str, chosen: list[int]) -> list[str]:
    match what:
        case "rename":
            return [other if label == one else label for label in labels]
        case "merge":
            return [one if label == other else label for label in labels]
        case "delete":
            return ["" if label == one else label for label in labels]
        case "label" | "unlabel":
            new = one if what == "label" else ""
            return [new if index in chosen else label for index, label in enumerate(labels)]
    return labels


@settings(max_examples=150, deadline=None)
@given(st.lists(changes, max_size=10))
def test_labels_are_as_on_paper_forwards_and_back(wanted) -> None:
    paper = [CLASSES[index % 3] for index in range(12)]
    source = Samples(count=12, columns={"animal": Strings.of(paper)}, name=called)
    field = Field(name="animal", kind=FieldKind.CATEGORY, role=Role.TARGET, statistics=Statistics(classes=CLASSES))
    project = Project(name="p", data=DataSpec(fields=(field,)))
    history = []

    def now() -> list[str]:
        changed, used = changed_by_hand(source, project.data, silent, never)
        column = changed.columns["animal"]
        assert isinstance(column, Strings) and len(used) == 12
        return [column[index] for index in range(12)]

    for change in wanted:
        try:
            inverse = apply(project, edit_of(*change))
        except DataError:
            continue
        history.append((inverse, paper))
        paper = on_paper(paper, *change)
        assert now() == paper
        known = project.data.fields[0]
        # What is measured anew has the classes that the edits say, in their order.
        column = source.columns["animal"]
        assert isinstance(column, Strings)
        assert known_classes(column, known, project.data.labelling_of("animal")) == known.statistics.classes
        assert set(paper) - {""} <= set(known.statistics.classes)
    for inverse, before in reversed(history):
        apply(project, inverse)
        assert now() == before
    assert np.array_equal(now(), [CLASSES[index % 3] for index in range(12)])

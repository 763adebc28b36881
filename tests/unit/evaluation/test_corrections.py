"""What was changed since a run: counted in names, taken back by undo, told apart from what changes no score."""

import msgspec
import pytest

from engine.document.data_edits import ExcludeSamples, IncludeSamples, LabelSamples, SetSplit
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Split, Statistics
from engine.document.edits import AddNode, Edit, MoveNodes, apply
from engine.document.graph import Node
from engine.document.project import Project
from engine.evaluation.corrections import corrections
from engine.protocol.messages.answered_samples import CorrectionsFound


@pytest.fixture
def project() -> Project:
    classes = Statistics(classes=("cat", "dog"))
    data = DataSpec(
        sources=(Source(kind=SourceKind.IMAGE_FOLDER, path="/pictures"),),
        fields=(
            Field(name="picture", kind=FieldKind.IMAGE),
            Field(name="label", kind=FieldKind.CATEGORY, role=Role.TARGET, statistics=classes),
        ),
    )
    return Project(name="pets", data=data)


def since(project: Project, *edits: Edit) -> CorrectionsFound:
    then = project.copy()
    now = project.copy()
    for edit in edits:
        apply(now, edit)
    return corrections(7, then, now)


def label(*names: str) -> LabelSamples:
    return LabelSamples(field="label", samples=names, labels=("dog",))


def test_nothing_was_changed(project: Project) -> None:
    assert since(project) == CorrectionsFound(run=7)


def test_labels_and_exclusions_are_counted_in_samples(project: Project) -> None:
    found = since(project, label("a.png", "b.png"), label("row \t2-9\t"), ExcludeSamples(samples=("c.png",)))
    assert (found.labelled, found.excluded) == (10, 1)
    assert not (found.data or found.network or found.recipe)


def test_used_again_is_as_if_never_left_out(project: Project) -> None:
    assert since(project, ExcludeSamples(samples=("c", "d")), IncludeSamples(samples=("c", "d"))).excluded == 0
    apply(project, ExcludeSamples(samples=("c", "d")))
    assert since(project, IncludeSamples(samples=("c",))).excluded == -1


def test_what_the_run_knew_already_is_not_counted(project: Project) -> None:
    apply(project, label("a.png"))
    assert since(project).labelled == 0
    assert since(project, label("b.png")).labelled == 1


def test_a_correction_that_was_undone_since_counts_too(project: Project) -> None:
    now = project.copy()
    apply(project, label("a.png", "b.png"))
    assert corrections(1, project, now).labelled == 2  # the run learned them, and they are gone


def test_other_changes_are_told_apart(project: Project) -> None:
    assert since(project, SetSplit(split=Split(seed=8))).data
    drawn = since(project, AddNode(node=Node(id="relu1", type="ReLU")))
    assert drawn.network and not drawn.data
    apply(project, AddNode(node=Node(id="relu1", type="ReLU")))
    assert not since(project, MoveNodes(positions={"relu1": (90.0, 40.0)})).network  # drawn elsewhere, the same network
    measured = project.copy()
    counted = msgspec.structs.replace(project.data.fields[1].statistics, counts=(5, 6))
    fields = (project.data.fields[0], msgspec.structs.replace(project.data.fields[1], statistics=counted))
    measured.data = msgspec.structs.replace(project.data, fields=fields)
    assert corrections(1, project, measured) == CorrectionsFound(run=1)  # counting anew is no change

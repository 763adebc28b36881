"""Laws of the document: save -> load is identity, edits then inverses give the first bytes, the journal replays."""

import string
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.document import edits, files
from engine.document.block import BlockDefinition, DrawnBlock, Exposed
from engine.document.data_edits import (
    AddClass,
    AddPoints,
    DeleteClass,
    ExcludeSamples,
    IncludeSamples,
    LabelSamples,
    MergeClasses,
    RemovePoints,
    RenameClass,
    SetField,
    SetMeasured,
    SetSource,
    SetSplit,
    TakeBackExclusion,
    TakeBackLabels,
)
from engine.document.data_spec import (
    DataSpec,
    Exclusion,
    Field,
    FieldKind,
    LabelledSamples,
    Labelling,
    Role,
    Source,
    SourceKind,
    Split,
    SplitMethod,
    Statistics,
    Step,
)
from engine.document.edits import (
    AddBlock,
    AddNode,
    Batch,
    Connect,
    Disconnect,
    Inside,
    MoveNodes,
    PutFrame,
    PutNote,
    RemoveBlock,
    RemoveMark,
    RemoveNode,
    Route,
    SetAttributes,
    SetBlock,
    SetBypassed,
    SetClassWeights,
    SetFrozen,
    SetInitial,
    SetName,
    SetRecipe,
    SetShares,
    SetTitle,
    SetType,
    SetWeights,
)
from engine.document.graph import Edge, Frame, Graph, Initial, Node, Note, natural
from engine.document.journal import Journal
from engine.document.project import Project, View
from engine.document.recipe import EarlyStop, Phase, Player, Precision, Recipe
from engine.errors import NetwrightError


def one_reading(text):
    """A pair of surrogates is one character in JSON; a lone one stays."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


names = st.text(st.characters(), max_size=12).map(one_reading)
ids = st.sampled_from(["a", "b", "conv1", "conv01", "conv2", "conv10", "x_9", "z"])
ports = st.sampled_from(["input", "output", "other", "²", "10", "9"])
numbers = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), numbers, names)
values = st.one_of(st.none(), scalars, st.lists(scalars, max_size=3))
attributes = st.dictionaries(names, values, max_size=3)
initials = st.none() | st.builds(Initial, type=names, attributes=attributes)
nodes = st.builds(
    Node,
    id=ids,
    type=st.sampled_from(["Linear", "ReLU", "Unknown"]),
    attributes=attributes,
    x=numbers,
    y=st.sampled_from([0.0, -0.0, 1.0, 1e-300]),
    title=names,
    frozen=st.booleans(),
    weight_init=initials,
    weights=st.sampled_from(["", "lite0", "lite0#stem"]),
    bias_init=initials,
    bypassed=st.booleans(),
    shares=st.sampled_from(["", "a"]),
)
vias = st.lists(st.tuples(numbers, numbers), max_size=2).map(tuple)
edges = st.builds(Edge, source=ids, target=ids, output=ports, input=ports, via=vias)
mark_ids = st.sampled_from(["frame1", "note1", "note2", "b"])
frames = st.builds(Frame, id=mark_ids, title=names, color=names, x=numbers, width=numbers)
notes = st.builds(Note, id=mark_ids, text=names, y=numbers, height=numbers)
block_ids = st.sampled_from(["residual1", "residual2"])
exposed = st.lists(st.builds(Exposed, name=names, node=ids, attribute=names), max_size=2).map(tuple)
steps = st.builds(Step, type=names, attributes=attributes)
counts = st.integers(1, 1000)
statistics = st.builds(
    Statistics,
    classes=st.lists(names, max_size=3).map(tuple),
    mean=st.lists(numbers, max_size=3).map(tuple),
    fill=numbers,
    shape=st.lists(st.none() | counts, max_size=3).map(tuple),
)
fields = st.builds(
    Field,
    name=names,
    kind=st.sampled_from(FieldKind),
    role=st.sampled_from(Role),
    preparation=st.lists(steps, max_size=2).map(tuple),
    augmentation=st.lists(steps, max_size=1).map(tuple),
    statistics=statistics,
)
runs = st.sampled_from(["a/1.png", "rows.csv, row \t2-900\t", "x \t07-12,15\t.wav", "é"])
samples = st.lists(runs, max_size=2).map(tuple)
class_names = st.sampled_from(["cat", "dog", "emu", "cat'", ""])
class_lists = st.lists(class_names, max_size=3, unique=True).map(tuple)
labellings = st.builds(
    Labelling,
    field=st.sampled_from(["animal", "sex"]),
    renamed=st.dictionaries(class_names, class_names, max_size=2),
    added=class_lists,
    labelled=st.lists(st.builds(LabelledSamples, labels=class_lists, samples=samples), max_size=2).map(tuple),
).filter(lambda item: item != Labelling(field=item.field))
classified = st.builds(
    Field,
    name=st.sampled_from(["animal", "sex"]),
    kind=st.sampled_from([FieldKind.CATEGORY, FieldKind.LABELS]),
    statistics=st.builds(Statistics, classes=class_lists, counts=st.lists(counts, max_size=3).map(tuple)),
)
splits = st.builds(Split, method=st.sampled_from(SplitMethod), train=numbers, field=names, seed=st.integers(0, 10**9))
specs = st.builds(
    DataSpec,
    sources=st.lists(
        st.builds(Source, kind=st.sampled_from(SourceKind), path=names, options=attributes), max_size=2
    ).map(tuple),
    fields=st.lists(fields | classified, max_size=3, unique_by=lambda field: field.name).map(tuple),
    split=splits,
    labelling=st.lists(labellings, max_size=2, unique_by=lambda item: item.field).map(
        lambda found: tuple(sorted(found, key=lambda item: item.field))
    ),
    excluded=st.lists(st.builds(Exclusion, samples=samples, undone=st.booleans()), max_size=2).map(tuple),
)
players = st.builds(
    Player,
    name=names,
    losses=st.dictionaries(ids, numbers, max_size=2),
    nodes=st.lists(ids, max_size=2).map(tuple),
    optimizer=steps,
    wrapper=st.none() | steps,
    every=counts,
)
recipes = st.builds(
    Recipe,
    phases=st.lists(
        st.builds(Phase, epochs=counts, batch_size=counts, players=st.lists(players, max_size=2).map(tuple)), max_size=2
    ).map(tuple),
    seed=st.integers(0, 2**62),
    precision=st.sampled_from(Precision),
    clip_norm=st.none() | st.floats(min_value=1e-6, max_value=1e6),
    early_stop=st.none() | st.builds(EarlyStop, metric=names, patience=counts),
    average=st.none() | steps,
    weight_init=st.none() | steps,
    class_weights=st.booleans(),
)


@st.composite
def graphs(draw):
    graph = Graph(draw(st.lists(nodes, max_size=6, unique_by=lambda node: node.id)))
    for edge in draw(st.lists(edges, max_size=8)):
        if {edge.source, edge.target} <= set(graph.nodes) and edge.source != edge.target:
            graph.connect(edge)
    for mark in draw(st.lists(frames | notes, max_size=2, unique_by=lambda mark: mark.id)):
        if mark.id not in graph.nodes:
            graph.put(mark)
    return graph


blocks = st.builds(BlockDefinition, id=block_ids, title=names, exposed=exposed, graph=graphs())


@st.composite
def projects(draw):
    graph = draw(graphs())
    held = {block.id: block for block in draw(st.lists(blocks, max_size=2))}
    view = View(tab=draw(names), zoom=draw(numbers), center=draw(st.none() | st.tuples(numbers, numbers)))
    return Project(name=draw(names), data=draw(specs), graph=graph, recipe=draw(recipes), view=view, blocks=held)


graph_edits = st.one_of(
    st.builds(AddNode, node=nodes),
    st.builds(RemoveNode, id=ids),
    st.builds(Connect, edge=edges),
    st.builds(Disconnect, target=ids, input=ports),
    st.builds(SetAttributes, id=ids, attributes=attributes, unset=st.lists(names, max_size=2).map(tuple)),
    st.builds(SetType, id=ids, type=st.just("GELU"), attributes=attributes),
    st.builds(SetTitle, id=ids, title=names),
    st.builds(SetFrozen, ids=st.lists(ids, max_size=3, unique=True).map(tuple), frozen=st.booleans()),
    st.builds(SetBypassed, ids=st.lists(ids, max_size=3, unique=True).map(tuple), bypassed=st.booleans()),
    st.builds(MoveNodes, positions=st.dictionaries(ids | mark_ids, st.tuples(numbers, numbers), max_size=2)),
    st.builds(SetInitial, id=ids, weight=initials, bias=initials),
    st.builds(SetShares, id=ids, shares=st.sampled_from(["", "a"])),
    st.builds(SetWeights, id=ids, weights=st.sampled_from(["", "lite0", "lite0#stem"])),
    st.builds(Route, target=ids, input=ports, via=vias),
    st.builds(PutFrame, frame=frames),
    st.builds(PutNote, note=notes),
    st.builds(RemoveMark, id=mark_ids),
)
field_names = st.sampled_from(["animal", "sex", "nowhere"])
placed = st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.just(0.0)), max_size=3).map(
    lambda points: {"placed": [value for point in points for value in point]} if points else {}
)
data_edits = st.one_of(
    st.builds(AddClass, field=field_names, name=class_names),
    st.builds(RenameClass, field=field_names, old=class_names, new=class_names),
    st.builds(MergeClasses, field=field_names, classes=class_lists, into=class_names),
    st.builds(DeleteClass, field=field_names, name=class_names),
    st.builds(LabelSamples, field=field_names, labels=class_lists, samples=samples),
    st.builds(TakeBackLabels, field=field_names),
    st.builds(ExcludeSamples, samples=samples),
    st.builds(IncludeSamples, samples=samples),
    st.builds(TakeBackExclusion),
    st.builds(SetField, name=field_names, role=st.sampled_from(Role), kind=st.sampled_from(FieldKind)),
    st.builds(SetField, name=field_names, preparation=st.lists(steps, max_size=2).map(tuple)),
    st.builds(SetSplit, split=splits),
    st.builds(
        SetSource,
        source=st.builds(Source, kind=st.just(SourceKind.POINTS), path=st.just("points:Drawn"), options=placed),
    ),
    st.builds(AddPoints, points=st.lists(st.floats(-1, 1), min_size=3, max_size=6).map(tuple)),
    st.builds(RemovePoints, places=st.sets(st.integers(0, 3), max_size=3).map(sorted).map(tuple)),
    st.builds(SetMeasured, statistics=st.dictionaries(field_names, statistics, max_size=2)),
    st.builds(SetClassWeights, on=st.booleans()),
)
small_edits = st.one_of(
    graph_edits,
    data_edits,
    st.builds(Inside, block=block_ids, inner=graph_edits),
    st.builds(AddBlock, block=blocks.map(BlockDefinition.drawn)),
    st.builds(AddBlock, block=st.builds(DrawnBlock, id=block_ids, nodes=st.lists(nodes, max_size=2).map(tuple))),
    st.builds(RemoveBlock, id=block_ids),
    st.builds(SetBlock, id=block_ids, title=names, exposed=exposed),
    st.builds(SetRecipe, recipe=recipes),
    st.builds(SetName, name=names),
)
any_edits = small_edits | st.builds(Batch, title=names, edits=st.lists(small_edits, max_size=3).map(tuple))


@settings(max_examples=80, deadline=None)
@given(projects())
def test_saving_and_loading_is_identity(project):
    data = files.to_bytes(project)
    again = files.from_bytes(data, "project.json")
    assert again == project
    assert files.to_bytes(again) == data


def do(project, wanted):
    """Apply what makes sense; returns (edit, inverse) of those that did."""
    done = []
    for edit in wanted:
        try:
            done.append((edit, edits.apply(project, edit)))
        except NetwrightError:
            continue
    return done


@settings(max_examples=80, deadline=None)
@given(projects(), st.lists(any_edits, max_size=8))
def test_edits_then_inverses_give_the_first_bytes(project, wanted):
    before = files.to_bytes(project)
    for _, inverse in reversed(do(project, wanted)):
        edits.apply(project, inverse)
    assert files.to_bytes(project) == before


@settings(max_examples=40, deadline=None)
@given(projects(), st.lists(any_edits, max_size=8), st.integers(0, 8))
def test_the_journal_replays_the_work_from_any_save(project, wanted, saved_after):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files.save(folder, project)
        journal = Journal(folder, files.read_bytes(folder))
        for number, edit in enumerate(wanted):
            if number == saved_after:
                files.save(folder, project.copy(), journal=journal, mark=journal.mark())
            for done, _ in do(project, [edit]):
                journal.append(done)
        journal.close()
        found = files.load(folder)
        later = Journal(folder, files.read_bytes(folder))
        for edit in later.recover():
            edits.apply(found, edit)
        later.close()
        assert files.to_bytes(found) == files.to_bytes(project)


@settings(max_examples=60, deadline=None)
@given(projects(), small_edits)
def test_an_edit_that_is_refused_changes_nothing(project, edit):
    before = files.to_bytes(project)
    try:
        edits.apply(project, Batch(title="", edits=(edit, RemoveNode(id="nowhere"))))
    except NetwrightError:
        assert files.to_bytes(project) == before
    else:
        raise AssertionError("a node that is not there was removed")


@settings(max_examples=30)
@given(st.lists(st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=6), unique=True, min_size=2))
def test_names_sort_in_one_order_only(wanted):
    forwards = sorted(wanted, key=natural)
    wanted.reverse()
    assert sorted(wanted, key=natural) == forwards

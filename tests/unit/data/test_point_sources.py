"""Points on a plane as the data of a project: read, split, edited point by point, and looked at without a run."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.data_edits import PLACED, AddPoints, RemovePoints, SetSource, data_title, edited
from engine.document.data_spec import DataSpec, Source, SourceKind
from engine.errors import DataError
from engine.training.live_views.now import look_now


def drawn(*placed: float, names: tuple[str, ...] = ("A", "B")) -> DataSpec:
    options = {PLACED: list(placed), "names": list(names)}
    return DataSpec(sources=(Source(kind=SourceKind.POINTS, path="points:Drawn", options=options),))


def test_points_are_read_from_their_address():
    found = inspect("points:Circles", options={"samples": 90, "rings": 3})
    assert found.samples == 90
    assert [field.name for field in found.data.fields] == ["x", "y", "class"]
    assert found.data.fields[2].statistics.classes == ("A", "B", "C")
    assert "90 points in 3 classes" in found.description
    dataset = open_dataset(None, found.data)
    assert dataset.name(4) == "point 5"
    assert dataset.counts.train == 63 and dataset.counts.val + dataset.counts.test == 27


def test_drawn_points_are_read_in_the_order_of_their_classes():
    data = inspect("points:Drawn", options={PLACED: [0.1, 0.2, 1.0, -0.5, 0.25, 0.0], "names": ["red", "blue"]}).data
    dataset = open_dataset(None, data)
    assert data.fields[2].statistics.classes == ("red", "blue")
    assert dataset.labels("class").tolist() == [1, 0]
    assert dataset.raw(1, "x") == pytest.approx(-0.5)


def test_a_plane_without_points_says_what_to_do():
    with pytest.raises(DataError) as caught:
        inspect("points:Drawn")
    assert "Draw some" in caught.value.hint
    with pytest.raises(DataError):
        inspect("points:Spirals", target="x")


def test_points_are_added_and_taken_away_one_by_one():
    before = drawn(0.0, 0.0, 0.0, 1.0, 1.0, 1.0)
    after, back = edited(before, AddPoints(points=(0.5, 0.5, 0.0)))
    assert after.sources[0].options[PLACED] == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.0]
    assert data_title(AddPoints(points=(0.5, 0.5, 0.0))) == "Draw 1 point"
    assert edited(after, back)[0] == before
    less, again = edited(after, RemovePoints(places=(0, 2)))
    assert less.sources[0].options[PLACED] == [1.0, 1.0, 1.0]
    assert edited(less, again)[0] == after


@pytest.mark.parametrize(
    "edit",
    [
        AddPoints(points=(0.5, 0.5)),
        AddPoints(points=(0.5, 0.5, 0.0), places=(7,)),
        AddPoints(points=(0.5, 0.5, 0.0), places=(0, 1)),
        RemovePoints(places=()),
        RemovePoints(places=(5,)),
        RemovePoints(places=(1, 0)),
        RemovePoints(places=(-1,)),
    ],
)
def test_edits_that_make_no_sense_change_nothing(edit):
    with pytest.raises(DataError):
        edited(drawn(0.0, 0.0, 0.0, 1.0, 1.0, 1.0), edit)


def test_computed_points_are_not_drawn_on_unawares():
    table = DataSpec(sources=(Source(kind=SourceKind.TABLE, path="a.csv"),))
    with pytest.raises(DataError):
        edited(table, AddPoints(points=(0.5, 0.5, 0.0)))
    other = Source(kind=SourceKind.POINTS, path="points:Moons")
    changed, back = edited(table, SetSource(source=other))
    assert changed.sources == (other,)
    assert edited(changed, back)[0] == table
    with pytest.raises(DataError):
        edited(DataSpec(), SetSource(source=other))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_row_of_edits_can_be_taken_back(choice):
    data = drawn()
    history = []
    for _ in range(choice.draw(st.integers(1, 6))):
        held = len(data.sources[0].options[PLACED]) // 3
        if held and choice.draw(st.booleans()):
            places = choice.draw(st.sets(st.integers(0, held - 1), min_size=1))
            edit = RemovePoints(places=tuple(sorted(places)))
        else:
            count = choice.draw(st.integers(1, 4))
            numbers = choice.draw(st.lists(st.floats(-1, 1), min_size=2 * count, max_size=2 * count))
            flat = [v for at in range(count) for v in (numbers[2 * at], numbers[2 * at + 1], float(at % 2))]
            edit = AddPoints(points=tuple(flat))
        before = data
        data, back = edited(data, edit)
        history.append((before, back))
    for before, back in reversed(history):
        data, _ = edited(data, back)
        assert msgspec.json.encode(data) == msgspec.json.encode(before)


def test_the_network_is_seen_before_anything_is_trained(tmp_path):
    found = inspect("points:Spirals")
    project = propose("points", found.data)
    seen, run = look_now(tmp_path, project, open_dataset(None, project.data), "decision_surface")
    assert run == 0
    assert [event.fixed for event in seen] == [True, False]
    assert seen[0].facts["x_low"] == -1.2 and seen[0].facts["y_high"] == 1.2
    assert look_now(tmp_path, project, open_dataset(None, project.data), "no such view")[0] == []

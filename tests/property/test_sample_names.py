"""Runs of names: writing and reading them is identity, in order; nonsense is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.document.sample_names import as_runs, count, names, numbered, ranges_of
from engine.errors import DataError

parts = st.sampled_from(["", "a/", "row ", "7_", "x.csv, row ", "é"])
endings = st.sampled_from(["", ".png", ".mp3", "_2.wav", " b"])
numbers = st.integers(0, 30).map(str) | st.integers(0, 120).map(lambda n: f"{n:03}") | st.sampled_from(["", "9" * 20])
some = st.builds(lambda a, n, b: a + n + b, parts, numbers, endings) | st.text(
    st.characters(exclude_characters="\t"), max_size=6
)


@settings(max_examples=200, deadline=None)
@given(st.lists(some, max_size=40))
def test_names_come_back_in_their_order(wanted):
    runs = as_runs(wanted)
    assert list(names(runs)) == wanted
    assert count(runs) == len(wanted)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 200), st.integers(1, 200), st.integers(1, 4), st.sampled_from([".png", ".mp3", "", " x"]))
def test_what_was_counted_up_is_one_run(first, size, width, ending):
    wanted = [f"some 5/{number:0{width}}{ending}" for number in range(first, first + size)]
    runs = as_runs(wanted)
    assert len(runs) == 1 and list(names(runs)) == wanted


@pytest.mark.parametrize("run", ["a\t", "a\tx\t", "a\t1-\t", "a\t9-2\t", "a\t1\tb\tc", "a\t" + "9" * 30 + "\t", "\t\t"])
def test_nonsense_is_refused(run):
    with pytest.raises(DataError):
        ranges_of(run)


def test_the_number_of_an_ending_is_no_number():
    assert numbered("a/12.mp3") == ("a/", "12", ".mp3")
    assert numbered("song.mp3") is None
    assert numbered("t.csv, row 7") == ("t.csv, row ", "7", "")

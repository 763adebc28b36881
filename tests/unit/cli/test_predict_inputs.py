"""One row of a table on the command line, and what is no row."""

import pytest

from engine.cli.inputs import row, rows_apart
from engine.errors import DataError

PICTURE = {"pixels": "image"}
ROW = {"bill": "number", "mass": "number", "island": "category"}
TEXT = {"text": "text"}


def test_a_row_by_its_fields():
    text = 'bill=39.1, island="Dream, ""north""",mass='
    assert row(text, ROW) == {"bill": "39.1", "island": 'Dream, "north"', "mass": ""}
    assert row("island=Dream,bill=1", ROW) == {"bill": "1", "island": "Dream", "mass": ""}
    assert row("text=a = b", TEXT) == {"text": "a = b"}


def test_a_row_of_other_fields_is_refused_with_those_there_are():
    with pytest.raises(DataError, match="no input 'beak'") as caught:
        row("beak=3", ROW)
    assert caught.value.expected == "bill (number), mass (number), island (category)"
    with pytest.raises(DataError, match="no input 'Dream'"):
        row("bill=3,Dream", ROW)
    with pytest.raises(DataError, match="'island' is missing"):
        row("bill=3", ROW)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("a=b", TEXT), ("x.png", PICTURE), ("dir/a=1.png", PICTURE), ("birds.csv", ROW), ("", TEXT), ("x" * 9999, TEXT)],
)
def test_what_is_no_row_is_left_to_the_predictor(text, kinds):
    assert row(text, kinds) is None


def test_the_order_of_the_inputs_is_kept():
    given = ["birds.csv", "island=Dream", "island=Biscoe,mass=3", "more.csv"]
    groups = list(rows_apart(given, ROW))
    assert [group.names for group in groups] == [(), tuple(given[1:3]), ()]
    assert groups[0].questions == ("birds.csv",) and groups[2].questions == ("more.csv",)
    assert groups[1].questions[1] == {"island": "Biscoe", "mass": "3", "bill": ""}


def test_a_row_that_is_no_use_does_not_keep_the_others_from_their_answers():
    good, bad, worse, last = rows_apart(["island=Dream", "beak=3", "bill=3", "birds.csv"], ROW)
    assert good.questions and last.questions and not good.problem + last.problem
    assert bad.names == ("beak=3",) and not bad.questions
    assert bad.problem.startswith("The model has no input 'beak'. Expected bill (number), ")
    assert worse.problem.startswith("'island' is missing.")

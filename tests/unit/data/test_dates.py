"""Dates as people write them, in one form a column."""

import math
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from engine.data.dates import guess_form, moment, second_of, seconds_of


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("2021-03-04", "year", (2021, 3, 4)),
        ("2021/3/4", "year", (2021, 3, 4)),
        ("2021-03-04 05:06", "year", (2021, 3, 4, 5, 6)),
        ("2021-03-04T05:06:07Z", "year", (2021, 3, 4, 5, 6, 7)),
        ("2021-03-04T05:06:07+02:00", "year", (2021, 3, 4, 3, 6, 7)),
        ("04/03/2021", "day", (2021, 3, 4)),
        ("04/03/2021", "month", (2021, 4, 3)),
        ("4.3.21", "day", (2021, 3, 4)),
        ("4.3.71 3:15 pm", "day", (1971, 3, 4, 15, 15)),
        ("2021-03-04", "day", (2021, 3, 4)),
        ("12-Nov-07", "year", (2007, 11, 12)),
        ("Thu, November 12, 2009 12:30 AM", "year", (2009, 11, 12, 0, 30)),
        ("20210304", "year", (2021, 3, 4)),
        ("2021-03", "year", (2021, 3, 1)),
        ("2000-02-29", "year", (2000, 2, 29)),
        ("0001-01-01", "year", (1, 1, 1)),
    ],
)
def test_a_date_is_understood(text: str, form: str, moment: tuple[int, ...]) -> None:
    assert second_of(text, form) == datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    "text", ["", "hello", "2021-13-01", "31/02/2021", "1900-02-29", "1/2", "2021-01-01 25:00", "x1"]
)
def test_what_is_no_date_is_missing(text: str) -> None:
    assert math.isnan(second_of(text, "day"))


def test_a_column_of_dates_in_several_ways_of_writing() -> None:
    texts = pl.Series(["2021-03-04", "2021-03-04 00:00:01", "", "no", "2021-03-04T00:00:02", " 4 March 2021 "])
    found = seconds_of(texts).to_list()
    start = second_of("2021-03-04")
    assert found == [start, start + 1, None, None, start + 2, start]


def test_every_day_of_four_centuries_is_as_pythons() -> None:
    numbers = np.random.default_rng(1).integers(-5_000_000_000, 5_000_000_000, 500)
    written = [datetime.fromtimestamp(int(n), UTC).strftime("%d.%m.%Y %H:%M:%S") for n in numbers]
    assert seconds_of(pl.Series(written), "day").to_list() == numbers.tolist()


def test_the_form_of_a_column_is_found_out() -> None:
    assert guess_form(["2021-01-02", "2021-03-04 05:06"])[0] == "year"
    assert guess_form(["31/12/2020", "01/02/2021"])[0] == "day"
    assert guess_form(["01/02/2021", "12/31/2020"])[0] == "month"
    form, note = guess_form(["01/02/2021"])
    assert form == "day" and "cannot be told apart" in note
    assert guess_form(["2020-12-31", "01/02/2021", "yesterday"]) == ("", "it holds dates in mixed forms")
    assert guess_form(["31/12/2020", "12/31/2020"])[0] == ""
    assert guess_form(["Oslo", "Lima"]) == ("", "")


def test_a_moment_is_shown_as_people_read_it() -> None:
    assert moment(second_of("2021-03-04")) == "2021-03-04"
    assert moment(second_of("2021-03-04 05:06")) == "2021-03-04 05:06:00"
    assert moment(float("nan")) == "missing"

"""Several labels in one cell are told from words, sentences and dates."""

import json
import random

import polars as pl
import pytest

from engine.data.label_lists import guess_labels, labels_in, written

GENRES = ["action", "drama", "comedy", "sci fi", "war"]


def guessed(cells: list[str]) -> tuple[str, int] | None:
    counted = pl.DataFrame({"t": cells}).group_by("t", maintain_order=True).agg(pl.len().alias("n"))
    return guess_labels(counted["t"], counted["n"])


@pytest.mark.parametrize("mark", [";", "|", ",", "; ", " | "])
def test_labels_between_separators(mark: str) -> None:
    rng = random.Random(1)
    cells = [mark.join(rng.sample(GENRES, rng.randint(1, 3))) for _ in range(200)]
    assert guessed(cells) == (mark.strip(), 5)


@pytest.mark.parametrize("write", [json.dumps, repr])
def test_lists_of_labels(write: object) -> None:
    rng = random.Random(1)
    cells = [write(rng.sample(GENRES, rng.randint(0, 3))) for _ in range(200)]  # type: ignore[operator]
    assert guessed(cells) == (";", 5)
    assert set(labels_in(cells[0], ";")) <= set(GENRES)


@pytest.mark.parametrize(
    "cells",
    [
        ["Oslo, Norway", "Lima, Peru", "Cairo, Egypt"] * 50,
        ["I like it, very much", "no, never", "so, well, ok"] * 4,
        ["male", "female", "n/a"] * 30,
        ["1,5", "2", "3,25"] * 30,
        ["[0.1, 0.2]", "[0.3, 0.4]"] * 30,
        ["a;b"] * 3,
    ],
)
def test_what_only_looks_like_labels(cells: list[str]) -> None:
    assert guessed(cells) is None


def test_one_form_for_all() -> None:
    assert written(" a ; b;a", ";") == "a;b" and written('["a", "b"]', "|") == "a|b"
    assert written("[]", ";") == ";" and written(" ", ";") == ""

"""The n-gram baseline is a distribution, learns what repeats, and is hard to surprise."""

import math

import pytest

from tests.examples.ngram import NGram

TEXTS = ["anna\n", "annika\n", "hanna\n", "ina\n", "nina\n"]
SIGNS = sorted(set("".join(TEXTS)))


@pytest.mark.parametrize("past", ["", "a", "ann", "zzz", "annik"])
@pytest.mark.parametrize("order", [1, 2, 5])
def test_what_comes_next_adds_up_to_one(order: int, past: str) -> None:
    model = NGram(TEXTS, SIGNS, order)
    assert math.isclose(sum(model.probability(past, sign) for sign in SIGNS), 1.0)
    assert all(model.probability(past, sign) > 0 for sign in SIGNS)


def test_what_repeats_is_told_with_few_bits() -> None:
    text = "abcd" * 200
    model = NGram([text], "abcd", 3)
    assert model.bits([text[:80]], whole=False) < 0.2
    assert model.bits(["dcba" * 20], whole=False) > 3


def test_a_longer_past_helps_where_there_is_enough_to_learn_from() -> None:
    text = "the cat sat on the mat and the rat ran at the hat " * 20
    bits = [NGram([text], set(text), order).bits([text[100:300]], whole=False) for order in (1, 2, 4)]
    assert bits[0] > bits[1] > bits[2]


def test_a_beginning_is_known_where_texts_are_whole() -> None:
    model = NGram(TEXTS, SIGNS, 3)
    assert model.bits(["anna\n"], whole=True) < model.bits(["anna\n"], whole=False)

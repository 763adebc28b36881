"""Text as numbers and back: byte pairs as the paper makes them, the same in ONNX, marks, texts put together again."""

import random
from collections import Counter
from itertools import pairwise

import msgspec
import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto

from engine.data.preparation import Preparation
from engine.data.preparation.text import measure_tokens
from engine.data.tokens import tokens_of
from engine.data.tokens.byte_pairs import BytePairTokens, train_byte_pairs
from engine.document.data_spec import Field, FieldKind, Statistics, Step
from engine.document.graph import Value
from engine.onnx_writer import OnnxWriter

CORPUS = [
    "The lowest newer lower low newest wide wider widest low.",
    "lower and lower, the newest of the new (low) banana",
    "Bananas! aaa aaaa aaaaa ananas naan nana mama",
    "I'm 23 years old; tabs\tand\nlines stay  apart.",
]


def measured(kind: str, texts: list[str], **attributes: Value) -> Field:
    bare = Field(name="text", kind=FieldKind.TEXT, preparation=(Step(type=kind, attributes=attributes),))
    return msgspec.structs.replace(bare, statistics=measure_tokens(Preparation(bare).rules[0], texts))


def in_file(field: Field, texts: list[str]) -> np.ndarray:
    writer = OnnxWriter()
    writer.output(Preparation(field).write_input(writer), "ids", TensorProto.INT64, ["N", None])
    session = onnxruntime.InferenceSession(writer.model().SerializeToString())
    (found,) = session.run(None, {"text": np.array(texts, object)})
    return found


def test_pairs_are_joined_in_the_order_of_how_often_they_occur() -> None:
    words = Counter({"low": 5, "lower": 2, "newest": 6, "widest": 3})
    vocabulary, merges = train_byte_pairs(words, 16)
    # The example of Sennrich, Haddow and Birch, without their mark at the end of words.
    assert merges[:3] == ("e\ts", "es\tt", "l\to")
    assert set("".join(words)) < set(vocabulary) and "est" in vocabulary and len(vocabulary) == 16


def test_what_is_counted_on_the_way_is_what_a_plain_count_gives() -> None:
    """Against the textbook: count every pair anew before each join."""
    generator = random.Random(3)
    words = Counter(
        {"".join(generator.choice("abcn ") for _ in range(generator.randint(1, 9))): i + 2 for i in range(60)}
    )
    _, merges = train_byte_pairs(words, 40)
    parted = {word: list(word) for word in words}
    for merge in merges:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in parted.items():
            for pair in pairwise(parts):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], *pair))
        left, right = merge.split("\t")
        assert pairs[(left, right)] == pairs[best]
        for parts in parted.values():
            at = 0
            while at < len(parts) - 1:
                if (parts[at], parts[at + 1]) == (left, right):
                    parts[at : at + 2] = [left + right]
                at += 1


def test_pieces_put_side_by_side_give_the_text_again() -> None:
    field = measured("BytePairs", CORPUS, vocabulary_size=60, length=200)
    tokens = tokens_of(field)
    assert isinstance(tokens, BytePairTokens)
    for text in CORPUS:
        numbers = tokens.numbers(text)
        assert tokens.text(numbers) == text and len(numbers) < len(text)
        for cut in range(len(numbers)):  # a text that is still being written is cut as it was written
            assert tokens.numbers(tokens.text(numbers[:cut])) == numbers[:cut]


@settings(max_examples=40)
@given(
    texts=st.lists(st.text(alphabet="abAlowern \n\t.,(éß猫", max_size=40), min_size=1, max_size=5), lower=st.booleans()
)
def test_the_file_cuts_any_text_as_training_does(texts: list[str], lower: bool) -> None:
    field = measured("BytePairs", [*CORPUS, "aa aab abab"], vocabulary_size=70, length=24, lower_case=lower)
    assert in_file(field, texts).tolist() == Preparation(field).apply(texts).tolist()


def test_long_words_are_cut_alike() -> None:
    generator = random.Random(5)
    texts = ["".join(generator.choice("lowernst") for _ in range(size)) for size in (1, 2, 300, 0, 999)]
    field = measured("BytePairs", [*CORPUS, *texts], vocabulary_size=90, length=1000)
    assert in_file(field, texts).tolist() == Preparation(field).apply(texts).tolist()


def test_more_letters_than_the_vocabulary_holds() -> None:
    field = measured("BytePairs", ["aaabbc"], vocabulary_size=2, length=8)
    assert field.statistics.vocabulary == ("a", "b") and not field.statistics.merges
    assert Preparation(field).apply(["abc"]).tolist() == [[0, 0, 0, 0, 0, 2, 3, 1]]
    assert in_file(field, ["abc", ""]).tolist() == Preparation(field).apply(["abc", ""]).tolist()


@pytest.mark.parametrize("kind", ["Characters", "Words", "BytePairs"])
def test_marks_of_ends_and_the_side_that_is_filled_up(kind: str) -> None:
    for pad in ("left", "right"):
        field = measured(kind, ["a b", "b", "a b"], length=5, ends=True, pad=pad)
        tokens = tokens_of(field)
        assert tokens is not None and tokens.first == 4
        rows = Preparation(field).apply(["", "a", "a b a b a b a b a b"]).tolist()
        a = tokens.numbers("a")
        assert rows[0] == ([3, 0, 0, 0, 0] if pad == "right" else [0, 0, 0, 0, 3])
        assert rows[1] == ([*a, 3, 0, 0, 0] if pad == "right" else [0, 0, 0, *a, 3])
        assert rows[2][-1] == 3 and rows[2].count(3) == 1
        assert tokens.text(rows[1]) == "a"
        assert len(tokens.spellings()) == tokens.first + len(field.statistics.vocabulary)


def test_marks_do_not_take_the_name_of_a_word() -> None:
    field = Field(
        name="text",
        kind=FieldKind.TEXT,
        preparation=(Step(type="BytePairs", attributes={"ends": True}),),
        statistics=Statistics(vocabulary=("<end>", "a")),
    )
    tokens = tokens_of(field)
    assert tokens is not None
    assert len(set(tokens.spellings())) == 6 and tokens.spellings()[4:] == ("<end>", "a")


def test_words_put_together_are_cut_the_same_again() -> None:
    text = "He said (once): no, 50 % of it! [yes]"
    field = measured("Words", [text], length=40, lower_case=False)
    tokens = tokens_of(field)
    assert tokens is not None
    numbers = tokens.numbers(text)
    assert tokens.text(numbers) == "He said (once): no, 50% of it! [yes]"
    assert tokens.numbers(tokens.text(numbers)) == numbers


def test_byte_pairs_are_told_with_the_longest_text() -> None:
    field = measured("BytePairs", CORPUS, vocabulary_size=80)
    tokens = tokens_of(field)
    assert tokens is not None
    assert field.statistics.longest == max(len(tokens.numbers(text)) for text in CORPUS)

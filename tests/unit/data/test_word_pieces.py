"""Word pieces: as BERT cuts text, the same in an ONNX file, given or learned."""

import random
import unicodedata
from collections import Counter

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto

from engine.catalog.preparation_text import WordPiece
from engine.data.preparation import Preparation
from engine.data.preparation.word_pieces import WordPieceRule
from engine.data.statistics import measure_text
from engine.data.strings import Strings
from engine.data.tokens.word_pieces import WordPieceTokens, learned_pieces, letters_of
from engine.document.data_spec import Field, FieldKind, Statistics, Step
from engine.errors import DataError
from engine.onnx_writer import OnnxWriter

PIECES = (
    *("un", "##aff", "##able", "##s", "run", "##ning", "the", "cat", "naive", "cafe", ".", ",", "!", "'", "-"),
    *("猫", "東", "ᄀ", "##ᅡ", "##ᆨ", "σ", "##ι", "##σ", "a", "##a", "##b", "i", "##n", "##g", "h", "##e", "##l", "##o"),
)


def tokens(pieces: tuple[str, ...] = PIECES, **settings_: object) -> WordPieceTokens:
    return WordPieceTokens(WordPiece(pieces="given", **settings_), Statistics(vocabulary=pieces))  # type: ignore[arg-type]


def cut(text: str) -> list[str]:
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *PIECES]
    return [names[number] for number in tokens().numbers(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("unaffable", ["un", "##aff", "##able"]),
        ("Running, the CAT!", ["run", "##ning", ",", "the", "cat", "!"]),
        ("naïve CAFÉ", ["naive", "cafe"]),
        ("cafe\u0301", ["cafe"]),
        ("the\u200bcat", ["[UNK]"]),
        ("the\u200b cat\u0007s", ["the", "cat", "##s"]),
        ("the\tcat\u2028the\u3000cat", ["the", "cat", "the", "cat"]),
        ("東猫x", ["東", "猫", "[UNK]"]),
        ("猫猫", ["猫", "猫"]),
        ("犬", ["[UNK]"]),
        ("각", ["ᄀ", "##ᅡ", "##ᆨ"]),
        ("ΣΙΣ", ["σ", "##ι", "##σ"]),
        ("cat's", ["cat", "'", "[UNK]"]),
        ("the-cat", ["the", "-", "cat"]),
        ("unq", ["[UNK]"]),
        ("", []),
        (" \n ", []),
        ("a" + "a" * 99, ["a", *["##a"] * 99]),
        ("a" + "a" * 100, ["[UNK]"]),
    ],
)
def test_text_is_cut_as_bert_does(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces


def test_a_row_has_both_marks_and_is_filled_on_the_right() -> None:
    field = Field(
        name="t",
        kind=FieldKind.TEXT,
        preparation=(Step(type="WordPiece", attributes={"length": 6, "pieces": "given"}),),
        statistics=Statistics(vocabulary=PIECES),
    )
    rows = Preparation(field).finish(Strings.of(["the cat", "", "the cat the cat the cat"])).tolist()
    the, cat = 4 + PIECES.index("the"), 4 + PIECES.index("cat")
    assert rows == [[2, the, cat, 3, 0, 0], [2, 3, 0, 0, 0, 0], [2, the, cat, the, cat, 3]]
    assert tokens().text(rows[0]) == "the cat"
    assert tokens().text([2, 4, 5, 7, 3]) == "unaffs"


def in_onnx(pieces: tuple[str, ...], length: int, texts: list[str], ends: bool = True) -> np.ndarray:
    rule = WordPieceRule(WordPiece(pieces="given", length=length, ends=ends), Statistics(vocabulary=pieces))
    writer = OnnxWriter()
    value = rule.write(writer, writer.input("text", TensorProto.STRING, ["N"]))
    writer.output(value, "ids", TensorProto.INT64, ["N", length])
    session = onnxruntime.InferenceSession(writer.model().SerializeToString(), providers=["CPUExecutionProvider"])
    alone = [session.run(None, {"text": np.array([text], object)})[0][0] for text in texts[:3]]
    found = session.run(None, {"text": np.array(texts, object)})[0]
    np.testing.assert_array_equal(found[:3], alone)
    return found


def in_python(pieces: tuple[str, ...], length: int, texts: list[str], ends: bool = True) -> np.ndarray:
    rule = WordPieceRule(WordPiece(pieces="given", length=length, ends=ends), Statistics(vocabulary=pieces))
    return rule.apply(Strings.of(texts)).numpy()


HARD = [
    *("", "   ", "!!!", "the cat", "unaffable runnings", "naïve CAFÉ, the cat's!", "東猫x猫犬", "각 가 ㄱ", "ΣΙΣ ς"),
    *(
        "the\u200bcat",
        "cafe\u0301",
        "İstanbul ﬁ ß",
        "👍🏽 the 👨‍👩‍👧",
        "aaaa ab ba hello bang",
        "a" * 100,
        "a" * 101,
        "a" * 250,
    ),
    *("the " * 400, "!" * 300, "\u2028cat\u0085the\r\n", "\ufffdcat", "𝔘𝔫𝔦 ½ ²", "ﷺ हिन्दी ไทย שלום مرحبا", "豈 更 ⼀"),
]


@pytest.mark.parametrize(("length", "ends"), [(4, True), (16, True), (64, True), (16, False)])
def test_the_file_answers_the_same(length: int, ends: bool) -> None:
    np.testing.assert_array_equal(in_onnx(PIECES, length, HARD, ends), in_python(PIECES, length, HARD, ends))


def test_the_file_answers_the_same_for_every_character() -> None:
    """A quarter of all characters Unicode knows, between letters and alone."""
    known = [chr(c) for c in range(0x30000) if unicodedata.category(chr(c)) not in ("Cn", "Co", "Cs")]
    known = [item for item in known if item != "\0"]
    chosen = random.Random(5).sample(known, len(known) // 4)
    texts = ["".join(f"{item}a " for item in chosen[place : place + 40]) for place in range(0, len(chosen), 40)]
    texts += [f"a{item}b" for item in chosen[:400]]
    np.testing.assert_array_equal(in_onnx(PIECES, 128, texts), in_python(PIECES, 128, texts))


@given(st.lists(st.text(st.sampled_from("abinghelo ., cat's-猫각é\u0301\u200b"), max_size=30), min_size=3, max_size=8))
@settings(max_examples=15, deadline=None)
def test_the_file_answers_the_same_for_any_texts(texts: list[str]) -> None:
    np.testing.assert_array_equal(in_onnx(PIECES, 16, texts), in_python(PIECES, 16, texts))


def test_a_character_has_three_letters_at_most() -> None:
    """What the file has room for."""
    known = (chr(c) for c in range(0x110000))
    assert max(len(letters_of(item)) for item in known if unicodedata.category(item) not in ("Cn", "Co", "Cs")) == 3


def text_field(**attributes: object) -> Field:
    return Field(name="t", kind=FieldKind.TEXT, preparation=(Step(type="WordPiece", attributes=dict(attributes)),))


def test_a_list_of_its_own_is_learned_and_covers_what_it_saw() -> None:
    texts = ["the walker walked and talked", "the talker talks and walks", "walking is not talking"] * 5
    column = Strings.of(texts)
    field = text_field(vocabulary_size=80)
    found = measure_text(column, np.arange(len(texts)), field)
    assert {"w", "##w", "walk", "talk"} <= set(found.vocabulary) and len(found.vocabulary) <= 80
    step = WordPiece(vocabulary_size=80)
    numbers = WordPieceTokens(step, found).numbers(texts[0])
    assert 1 not in numbers and found.longest >= len(numbers) + 2
    assert WordPieceTokens(step, found).text(numbers) == texts[0]
    assert learned_pieces(Counter(), 10) == ()


def test_a_given_list_stays_as_it_is() -> None:
    import msgspec

    field = msgspec.structs.replace(text_field(pieces="given"), statistics=Statistics(vocabulary=PIECES))
    found = measure_text(Strings.of(["the cat"]), np.arange(1), field)
    assert found.vocabulary == PIECES and found.longest == 4


def test_a_given_list_that_is_gone_is_told() -> None:
    with pytest.raises(DataError, match="pieces of the pretrained network are not there"):
        Preparation(text_field(pieces="given"))

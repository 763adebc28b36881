"""Text in every layout: which one it is by its structure, what is read, and what is left out with its reason."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine.checks.inference import ShapeChecker
from engine.data.dataset import open_dataset
from engine.data.importing import Found, inspect
from engine.data.proposals import propose
from engine.data.readers.parallel_text import language_of
from engine.document.data_spec import FieldKind, Role, SourceKind, SplitMethod
from engine.errors import DataError

FILMS = [f"the {a} of {b} was {c}" for a in ("plot", "cast", "music") for b in ("alien", "heat") for c in "abcdefgh"]
THINGS = ("house", "cat", "old man", "school in town")
SAKER = ("Huset", "Katten", "Den gamle mannen", "Skolan i stan")
EN = [f"The {a} is {b}." for a in THINGS for b in ("red", "big", "very old", "mine")]
SV = [f"{a} är {b}." for a in SAKER for b in ("röd", "stor", "gammal", "min")]


def lines(path: Path, rows: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def kinds(found: Found) -> list[str]:
    return [item.kind.value for item in found.layouts]


def prose(sentences: int, seed: int = 1) -> list[str]:
    random = np.random.default_rng(seed)
    words = ["the", "of", "and", "old", "man", "sea", "boat", "went", "fish", "day", "night", "long"]
    rows = []
    for number in range(sentences):
        rows.append(" ".join(random.choice(words, 9)).capitalize() + ("," if number % 2 else "."))
        if number % 4 == 3:
            rows.append("")
    return rows


# A class for each text


def test_a_tag_around_every_line_is_taken_off(tmp_path: Path) -> None:
    for name in ("Pros", "Cons"):
        lines(tmp_path / "set" / f"{name}.txt", [f"        <{name}>{text} {name}</{name}>" for text in FILMS])
    found = inspect(tmp_path / "set")
    assert kinds(found) == ["text_lines", "plain_text"] and found.samples == 2 * len(FILMS)
    assert open_dataset(tmp_path, found.data).raw(0, "text") == f"{FILMS[0]} Cons"


def test_a_document_a_file_in_class_folders(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for name in ("neg", "pos"):
            for number in range(6):
                lines(
                    tmp_path / "set" / split / name / f"{number}.txt", [f"{name} {split} {number}", "", "second line"]
                )
    found = inspect(tmp_path / "set")
    assert found.data.sources[0].kind is SourceKind.TEXT_LINES and found.samples == 24
    assert found.data.targets()[0].statistics.classes == ("neg", "pos")
    assert found.data.split.method is SplitMethod.GIVEN and "24 texts in 2 classes" in found.description
    dataset = open_dataset(tmp_path, found.data)
    assert dataset.raw(0, "text").endswith("\n\nsecond line") and dataset.name(0) == "test/neg/0.txt"


@pytest.mark.parametrize("form", ["label\ttext", "text\tlabel", "__label__"])
def test_lines_that_name_their_class(tmp_path: Path, form: str) -> None:
    rows = []
    for number, text in enumerate(FILMS * 2):
        label = ("good", "bad")[number % 2]
        rows.append(
            {"label\ttext": f"{label}\t{text} {number}", "text\tlabel": f"{text} {number}\t{label}"}.get(
                form, f"__label__{label} {text} {number}"
            )
        )
    rows.insert(5, "no class here")
    found = inspect(lines(tmp_path / "reviews.txt", rows))
    assert kinds(found)[0] == "text_lines" and found.samples == len(FILMS) * 2
    assert found.data.targets()[0].statistics.classes == ("bad", "good")
    assert [item.where for item in found.left_out] == ["reviews.txt, line 6"]
    assert open_dataset(tmp_path, found.data).raw(0, "text") == f"{FILMS[0]} 0"


def test_files_for_each_split_are_no_classes(tmp_path: Path) -> None:
    for number, split in enumerate(("train", "valid", "test")):
        rows = [f"__label__{'ab'[i % 2]} text number {i} {number}" for i in range(40)]
        lines(tmp_path / "set" / f"{split}.txt", rows)
    found = inspect(tmp_path / "set")
    assert found.data.targets()[0].statistics.classes == ("a", "b") and found.data.split.method is SplitMethod.GIVEN
    counts = open_dataset(tmp_path, found.data).counts
    assert (counts.train, counts.val, counts.test) == (40, 40, 40)


# Text to be continued


def test_prose_is_cut_into_windows_the_last_of_which_are_not_learned_from(tmp_path: Path) -> None:
    path = lines(tmp_path / "story.txt", prose(300))
    found = inspect(path)
    assert kinds(found)[0] == "plain_text" and "pieces of 128 characters" in found.description
    (field,) = found.data.fields
    assert field.kind is FieldKind.TEXT and field.role is Role.TARGET
    dataset = open_dataset(tmp_path, found.data)
    whole = "".join(dataset.raw(number, "text") for number in range(dataset.samples))
    assert whole == path.read_text(encoding="utf-8")
    assert (np.diff(dataset.splits) >= 0).all() and dataset.counts.val == pytest.approx(dataset.samples / 10, abs=1)
    assert dataset.name(1) == "story.txt, character 129"
    card = dataset.card(1)
    assert card.lines and card.lines[0][:20] in whole and not card.label


def test_a_list_of_names_is_learned_line_by_line(tmp_path: Path) -> None:
    names = [f"{a}{b}{c}" for a in "abcdefgh" for b in ("an", "el", "or") for c in ("a", "us", "ine")]
    found = inspect(lines(tmp_path / "names.txt", names))
    assert kinds(found)[0] == "plain_text" and found.samples == len(names)
    assert found.data.fields[0].preparation[0].attributes["ends"] is True
    assert found.data.split.method is SplitMethod.RANDOM


def test_prose_beside_a_list_is_no_pair_of_classes(tmp_path: Path) -> None:
    names = [f"{a}{b}" for a in "abcdefghijklmnop" for b in ("anna", "elor", "us")]
    with zipfile.ZipFile(tmp_path / "texts.zip", "w") as archive:
        archive.writestr("texts/story.txt", "\n".join(prose(200)))
        archive.writestr("texts/names.txt", "\n".join(names))
    found = inspect(tmp_path / "texts.zip")
    assert kinds(found) == ["plain_text", "text_lines"]
    other = inspect(tmp_path / "texts.zip", layout="text_lines")  # the other reading is there for the asking
    assert other.data.targets()[0].statistics.classes == ("names", "story")


def test_a_table_in_a_text_file_is_still_a_table(tmp_path: Path) -> None:
    rows = ["name,size,kind", *(f"n{i},{i},{'ab'[i % 2]}" for i in range(40))]
    found = inspect(lines(tmp_path / "table.txt", rows))
    assert kinds(found)[0] == "table"


# Translation


@pytest.mark.parametrize("header", ["", "english\tswedish\tsource\n", "from\tinto\tnote\n"])
def test_columns_between_tabs_with_and_without_a_header(tmp_path: Path, header: str) -> None:
    note = "CC-BY 2.0 (France) Attribution: tatoeba.org #1"
    rows = [f"{a}\t{b}\t{note} {i}" for i, (a, b) in enumerate(zip(EN, SV, strict=True))]
    path = tmp_path / "pairs.txt"
    path.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
    found = inspect(path)
    assert kinds(found)[0] == "parallel_text" and found.samples == len(EN)
    source, target, rest = found.data.fields
    names = tuple(header.split()[:2]) or ("text", "translation")
    assert (source.name, target.name) == names and rest.role is Role.IGNORED
    assert rest.name == (header.split()[2] if header else "attribution")
    assert source.role is Role.INPUT and target.role is Role.TARGET
    assert target.preparation[0].type == "BytePairs" and target.statistics.merges
    dataset = open_dataset(tmp_path, found.data)
    assert dataset.raw(3, source.name) == EN[3] and dataset.raw(3, target.name) == SV[3]
    turned = inspect(path, target=source.name)
    assert [field.name for field in turned.data.targets()] == [source.name]


def test_the_same_sentence_stays_on_one_side_of_the_split(tmp_path: Path) -> None:
    rows = [f"{a}\t{b} {i}" for i in range(6) for a, b in zip(EN, SV, strict=True)]
    found = inspect(lines(tmp_path / "pairs.txt", rows))
    dataset = open_dataset(tmp_path, found.data)
    sides: dict[str, set[int]] = {}
    for number in range(dataset.samples):
        sides.setdefault(dataset.raw(number, "text"), set()).add(int(dataset.splits[number]))
    assert all(len(side) == 1 for side in sides.values()) and len(sides) == len(EN)


def test_two_files_of_lines_in_two_languages(tmp_path: Path) -> None:
    for split, part in (("train", slice(12)), ("dev", slice(12, 16))):
        lines(tmp_path / "set" / f"{split}.sv", SV[part])
        lines(tmp_path / "set" / f"{split}.en", EN[part])
    found = inspect(tmp_path / "set")
    assert kinds(found)[0] == "parallel_text" and found.samples == 16
    assert [field.name for field in found.data.fields] == ["en", "sv"]
    assert open_dataset(tmp_path, found.data).counts.val == 4


def test_files_that_do_not_go_together_say_so(tmp_path: Path) -> None:
    lines(tmp_path / "set" / "swedish.txt", SV)
    lines(tmp_path / "set" / "english.txt", EN[:-1])
    with pytest.raises(DataError, match="different numbers of lines"):
        inspect(tmp_path / "set", layout="parallel_text")


def test_a_row_without_its_translation_is_left_out(tmp_path: Path) -> None:
    rows = [f"{a}\t{b}" for a, b in zip(EN, SV, strict=True)]
    rows[2] = f"{EN[2]}\t"
    rows[4] = EN[4]
    found = inspect(lines(tmp_path / "pairs.txt", [*rows, *rows[5:], *rows[5:]]))
    assert [item.where for item in found.left_out] == ["pairs.txt, line 5", "pairs.txt, line 3"]


@pytest.mark.parametrize(
    ("name", "language", "rest"),
    [
        ("train.en", "en", "train."),
        ("news-sv-en.sv.txt", "sv", "news-sv-en..txt"),
        ("positive.txt", "", "positive.txt"),
    ],
)
def test_the_language_in_a_name(name: str, language: str, rest: str) -> None:
    assert language_of(name) == (language, rest)


def test_a_column_of_text_is_learned_where_it_is_named(tmp_path: Path) -> None:
    rows = [f'"{a} {i}","{b} {i}"' for i in range(4) for a, b in zip(EN, SV, strict=True)]
    path = lines(tmp_path / "pairs.csv", ["english,swedish", *rows])
    found = inspect(path, target="swedish")
    assert [(field.name, field.role) for field in found.data.fields] == [
        ("english", Role.INPUT),
        ("swedish", Role.TARGET),
    ]
    project = propose("pairs", found.data, found.samples)
    assert not ShapeChecker(project).problems()

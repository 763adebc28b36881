"""The class in file names, by a pattern that is guessed or given; and files that nobody has labelled yet."""

import wave
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.data.dataset import open_dataset
from engine.data.importing import inspect, refresh
from engine.data.layouts import Wishes, layout_of
from engine.data.proposals import propose
from engine.data.readers.files import open_tree
from engine.document.data_spec import LabelledSamples, Labelling, Role, Source, SourceKind, Split, SplitMethod
from engine.document.name_patterns import guess_pattern, preview, read_pattern
from engine.document.sample_names import as_runs
from engine.errors import DataError
from tests.unit.data.samples_on_disk import noisy, png


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


@pytest.mark.parametrize(
    ("stems", "wanted"),
    [
        (["7_jackson_3", "1_theo_2", "7_theo_1", "1_jackson_1", "3_theo_5", "3_jackson_5"], "{label}_{part2}_{part3}"),
        (["cat.1", "cat.2", "dog.3", "dog.4"], "{label}.{part2}"),
        (["cat123", "dog4", "cat5", "dog6"], "{label}{part2}"),
        (["s01_happy_1", "s01_sad_2", "s02_happy_1", "s02_sad_1"], "{part1}_{label}_{part3}"),
        (["img-cat-01", "img-cat-02", "img-dog-01", "img-dog-02"], "img-{label}-{part3}"),
        (["healthy (1)", "healthy (2)", "ill (1)", "ill (2)"], "{label} {part2}"),
        (["IMG_0001", "IMG_0002", "IMG_0003", "IMG_0004"], None),
        (["a", "b", "c", "d"], None),
        (["cat_1", "dog_1"], None),
        (["x1_y2_z3", "cat_1", "hello", "what-ever.it is"], None),
    ],
)
def test_the_pattern_is_guessed_from_what_is_repeated(stems: list[str], wanted: str | None) -> None:
    found = guess_pattern(stems)
    assert (found.text if found else None) == wanted
    if found is not None:
        assert all(found.parts(stem) is not None for stem in stems)


def test_a_pattern_takes_names_apart() -> None:
    pattern = read_pattern("{label}_{speaker}_{}")
    shown = preview(pattern, ["digits/7_jackson_3.wav", "odd.wav"])
    assert shown == [("digits/7_jackson_3.wav", {"label": "7", "speaker": "jackson"}), ("odd.wav", {})]
    assert read_pattern("img ({label})").parts("img (cat)") == {"label": "cat"}


@pytest.mark.parametrize("text", ["", "{a}_{b}", "{label}_{label}", "{label}_{x", "{label}}", "{label}" + "a" * 300])
def test_patterns_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="pattern of names"):
        read_pattern(text)


@given(st.lists(st.text(max_size=20), max_size=30))
def test_any_names_give_a_pattern_or_none(stems: list[str]) -> None:
    found = guess_pattern(stems)
    assert found is None or sum(found.parts(stem) is not None for stem in stems) >= 0.8 * len(stems)


def pictures(root: Path, names: list[str]) -> Path:
    root.mkdir(parents=True)
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(png(noisy(number)))
    return root


def test_pictures_with_the_class_in_their_names(tmp_path: Path) -> None:
    names = [f"{label}.{number}.png" for label in ("cat", "dog") for number in range(12)]
    root = pictures(tmp_path / "pets", [*names, "whatever.png"])
    (root / "readme.txt").write_text("hello")
    (root / "cat.99.png").write_bytes(b"")
    found = inspect(root)
    assert found.data.sources[0].kind is SourceKind.NAMED_FILES
    assert found.data.sources[0].options == {"pattern": "{label}.{part2}"}
    assert found.data.targets()[0].statistics.classes == ("cat", "dog")
    assert [field.role for field in found.data.fields] == [Role.INPUT, Role.TARGET, Role.IGNORED]
    assert (
        "from names such as cat.0 ({label}.{part2})" in found.description and "1 not labelled yet" in found.description
    )
    assert [left.where for left in found.left_out] == ["cat.99.png"]
    dataset = open_dataset(tmp_path, found.data)
    assert dataset.raw(0, "label") == "cat"
    assert any("do not follow the pattern" in check.message for check in dataset.checks)


def test_another_part_is_learned_and_one_holds_groups_together(tmp_path: Path) -> None:
    names = [f"{digit}_{who}_{take}.wav" for digit in range(3) for who in ("ann", "bob", "cat", "dan") for take in "01"]
    root = tmp_path / "digits"
    root.mkdir()
    for number, name in enumerate(names):
        with wave.open(str(root / name), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(np.random.default_rng(number).integers(-999, 999, 800, np.int16).tobytes())
    found = inspect(root)
    assert found.data.targets()[0].statistics.classes == ("0", "1", "2")
    split = Split(method=SplitMethod.GROUPED, field="part2", test=0.25, val=0.25, train=0.5)
    dataset = open_dataset(tmp_path, msgspec.structs.replace(found.data, split=split))
    who = [dataset.name(index).split("_")[1] for index in range(dataset.samples)]
    assert all(len({int(s) for s, w in zip(dataset.splits, who, strict=True) if w == name}) == 1 for name in set(who))
    other = inspect(root, target="part2")
    assert other.data.targets()[0].statistics.classes == ("ann", "bob", "cat", "dan")
    assert other.data.sources[0].options == {"pattern": "{part2}_{label}_{part3}"}
    with pytest.raises(DataError, match="no part 'part9'"):
        inspect(root, target="part9", layout="named_files")


def test_a_pattern_that_was_given(tmp_path: Path) -> None:
    root = pictures(
        tmp_path / "pets", [f"{a}_{b}_{n}.png" for a in ("x", "y") for b in ("up", "low") for n in range(3)]
    )
    layout = layout_of(SourceKind.NAMED_FILES)
    source = Source(kind=SourceKind.NAMED_FILES, path=str(root))
    wishes = Wishes(options={"pattern": "{group}_{label}_{}"})
    data, samples = layout.inspect(open_tree(root), source, wishes)
    assert data.sources[0].options["pattern"] == "{group}_{label}_{}" and samples.count == 12
    assert [field.name for field in data.fields] == ["pixels", "label", "group"]


def test_names_beside_folders_stay_the_second_choice(tmp_path: Path) -> None:
    names = [f"{label}/{label}.{number}.png" for label in ("cat", "dog") for number in range(5)]
    found = inspect(pictures(tmp_path / "pets", names))
    kinds = [reading.kind for reading in found.layouts]
    assert kinds[:2] == [SourceKind.IMAGE_FOLDER, SourceKind.NAMED_FILES] and SourceKind.LOOSE_FILES in kinds
    other = inspect(tmp_path / "pets", layout="named_files")
    assert other.data.sources[0].kind is SourceKind.NAMED_FILES and other.samples == 10


def test_pictures_without_labels_wait_in_the_pool_until_they_have_some(tmp_path: Path) -> None:
    root = pictures(tmp_path / "new", [f"{chr(97 + n)}.png" for n in range(8)])
    found = inspect(root)
    assert found.data.sources[0].kind is SourceKind.LOOSE_FILES
    assert found.description.startswith("8 pictures without labels") and "8 not labelled yet" in found.description
    assert found.data.targets()[0].statistics.classes == ()
    dataset = open_dataset(tmp_path, found.data)
    assert len(dataset.split_numbers("pool")) == 8 and dataset.counts.train == 0
    assert propose("New", found.data).graph.nodes["answer"].type == "Output"
    names = [f"{chr(97 + n)}.png" for n in range(8)]
    labelled = (
        LabelledSamples(labels=("up",), samples=as_runs(names[1::2])),
        LabelledSamples(labels=("down",), samples=as_runs(names[::2])),
    )
    labelling = (Labelling(field="label", labelled=labelled),)
    data = refresh(tmp_path, msgspec.structs.replace(found.data, labelling=labelling))
    assert data.targets()[0].statistics.classes == ("down", "up")
    assert len(open_dataset(tmp_path, data).split_numbers("pool")) == 0


def test_moving_pictures_are_told_of_once(tmp_path: Path) -> None:
    root = pictures(tmp_path / "pets", [f"{label}/{n}.png" for label in ("cat", "dog") for n in range(3)])
    frames = [Image.fromarray(noisy(number)) for number in range(3)]
    for name in ("a.gif", "b.gif"):
        frames[0].save(root / "cat" / name, save_all=True, append_images=frames[1:], loop=0)
    frames[0].save(root / "dog" / "still.gif")
    found = inspect(root)
    told = [check.message for check in open_dataset(tmp_path, found.data).checks if "animation" in check.message]
    assert found.samples == 9 and len(told) == 1 and "2 pictures are animations" in told[0]


def test_a_pattern_from_the_command_line(tmp_path: Path) -> None:
    from tests.end2end.command import netwright

    root = pictures(
        tmp_path / "pets", [f"{a}_{b}_{n}.png" for a in ("x", "y") for b in ("up", "low") for n in range(3)]
    )
    made = netwright("new", tmp_path / "project", "--data", root, "--pattern", "{group}_{label}_{}")
    assert "({group}_{label}_{})" in made["found"]
    assert [field["name"] for field in made["fields"]] == ["pixels", "label", "group"]
    refused = netwright("new", tmp_path / "other", "--data", root, "--pattern", "{group", expect=1)
    assert "pattern of names" in refused["error"]["message"]
    played = netwright("new", tmp_path / "game", "--data", "gym:CartPole-v1", "--steps", 60)
    assert played["samples"] == 60

"""Each check finds what it is for, with the right samples, keeps quiet otherwise, and its remedies mend it."""

import io
import wave as wavefile
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
from PIL import Image, ImageFilter

from engine.data.checks import CHECKS, check_data
from engine.data.checks.columns import outliers
from engine.data.checks.near import chains
from engine.data.dataset import Dataset, open_dataset
from engine.data.importing import inspect
from engine.document.data_edits import AddClass, ExcludeSamples, LabelSamples, SetField, SetSplit
from engine.document.data_spec import DataSpec, FieldKind, Role, Split, SplitMethod, Unseen
from engine.document.edits import Edit, apply
from engine.document.project import Project
from engine.errors import Cancelled
from engine.protocol.messages.data import DataCheck, Remedy, Severity
from tests.unit.data.samples_on_disk import noisy, picture_folder, png


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "p").mkdir()
    return tmp_path / "p"


def edited(data: DataSpec, *edits: Edit) -> DataSpec:
    project = Project(name="p", data=data)
    for edit in edits:
        apply(project, edit)
    return project.data


def mended(dataset: Dataset, remedy: Remedy, home: Path) -> Dataset:
    """The data set after a click; the edits come through JSON, as they do to the window."""
    edits = msgspec.json.decode(msgspec.json.encode(remedy.edits), type=list[Edit])
    return open_dataset(home, edited(dataset.data, *edits))


def found(dataset: Dataset, kind: str) -> list[DataCheck]:
    return [finding for finding in check_data(dataset, (kind,)) if finding.kind == kind]


def remedy(finding: DataCheck, title: str) -> Remedy:
    (result,) = [item for item in finding.remedies if title in item.title]
    return result


def table(home: Path, columns: dict[str, list[object]], target: str, **more: str) -> Dataset:
    path = home.parent / "t.csv"
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return open_dataset(home, inspect(path, target, **more, project_dir=home).data)


def numbers(count: int, seed: int = 0) -> list[object]:
    return [round(float(value), 4) for value in np.random.default_rng(seed).normal(size=count)]


def kinds(count: int, seed: int = 1) -> list[object]:
    return [("ash", "elm", "oak")[i] for i in np.random.default_rng(seed).integers(0, 3, count)]


def test_a_good_table_is_told_nothing_of(home: Path) -> None:
    dataset = table(home, {"a": numbers(300), "b": numbers(300, 2), "kind": kinds(300)}, "kind")
    assert dataset.checks == () and check_data(dataset, [check.kind for check in CHECKS]) == []


def test_every_check_declares_itself() -> None:
    assert len({check.kind for check in CHECKS}) == len(CHECKS) >= 14
    assert all(
        check.caption and check.__doc__ and type(check).__module__.startswith("engine.data.checks.") for check in CHECKS
    )


def test_exact_copies_and_copies_with_two_labels(home: Path, tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets")
    (root / "cat" / "again.png").write_bytes((root / "cat" / "001.png").read_bytes())
    (root / "dog" / "torn.png").write_bytes((root / "cat" / "002.png").read_bytes())
    dataset = open_dataset(home, inspect(root, project_dir=home).data)
    torn, copies = found(dataset, "duplicates")
    assert torn.severity is Severity.WARNING and torn.count == 2
    assert {dataset.name(index) for index in torn.samples} == {"cat/002.png", "dog/torn.png"}
    assert copies.severity is Severity.NOTE and copies.count == 1
    after = mended(dataset, remedy(copies, "Leave out"), home)
    assert after.samples == 25 and len(found(after, "duplicates")) == 1
    (left,) = found(mended(dataset, remedy(torn, "all out"), home), "duplicates")
    assert "more than one" not in left.message


def test_copies_in_two_splits_of_the_files(home: Path, tmp_path: Path) -> None:
    for split in ("train", "test"):
        for number, name in enumerate(("cat", "dog")):
            (tmp_path / "set" / split / name).mkdir(parents=True)
            for index in range(4):
                seed = index + 10 * number + (100 if split == "test" and index else 0)
                (tmp_path / "set" / split / name / f"{index}.png").write_bytes(png(noisy(seed)))
    dataset = open_dataset(home, inspect(tmp_path / "set", project_dir=home).data)
    crossing = found(dataset, "duplicates")[0]
    assert crossing.message.startswith("2 samples are in more than one split") and crossing.count == 4


def test_uneven_classes_are_weighted(home: Path) -> None:
    labels = ["oak"] * 180 + ["elm"] * 20
    dataset = table(home, {"a": numbers(200), "b": numbers(200, 2), "kind": labels}, "kind")
    (uneven,) = found(dataset, "class_imbalance")
    assert "180 of oak, 20 of elm" in uneven.message and uneven.count == 20
    assert remedy(uneven, "Weight").edits == [{"edit": "SetClassWeights", "on": True}]
    (calm,) = check_data(dataset, ("class_imbalance",), class_weights=True)
    assert calm.severity is Severity.NOTE and not calm.remedies


def test_few_samples_are_merged_or_taken_away(home: Path) -> None:
    labels = ["oak"] * 100 + ["elm"] * 90 + ["fir"] * 4 + ["yew"] * 3
    dataset = table(home, {"a": numbers(197), "b": numbers(197, 2), "kind": labels}, "kind")
    (few,) = found(dataset, "few_samples")
    assert "fir, yew" in few.message and few.count == 7
    merged = mended(dataset, remedy(few, "Merge"), home)
    assert merged.data.field("kind").statistics.classes == ("elm", "other", "oak")
    gone = mended(dataset, remedy(few, "Take"), home)
    assert len(gone.split_numbers("pool")) == 7
    empty = open_dataset(home, edited(dataset.data, AddClass(field="kind", name="box")))
    (none, _) = found(empty, "few_samples")
    assert none.message.startswith("No sample is labelled box.") and none.remedies[0].title == "Take the class away"
    assert len(found(mended(empty, none.remedies[0], home), "few_samples")) == 1
    tiny = table(home, {"a": numbers(20), "b": numbers(20, 2), "kind": ["oak", "elm"] * 10}, "kind")
    assert "only 20 samples" in found(tiny, "few_samples")[0].message


def test_empty_and_unlike_splits_are_dealt_anew(home: Path) -> None:
    labels = ["oak"] * 150 + ["elm"] * 150
    columns = {"a": numbers(300), "day": list(range(300)), "kind": labels}
    dataset = table(home, columns, "kind")
    empty = open_dataset(home, edited(dataset.data, SetSplit(split=Split(train=1.0, val=0.0, test=0.0))))
    findings = found(empty, "unbalanced_split")
    assert len(findings) == 2 and all("There is no sample" in finding.message for finding in findings)
    assert not found(mended(empty, findings[0].remedies[0], home), "unbalanced_split")
    late = Split(method=SplitMethod.TIME, field="day", train=0.4, val=0.3, test=0.3)
    unlike = open_dataset(home, edited(dataset.data, SetSplit(split=late)))
    (val, test) = found(unlike, "unbalanced_split")[-2:]
    assert "not those of the train split" in val.message or "lacks" in val.message
    assert not found(mended(unlike, test.remedies[0], home), "unbalanced_split")
    # A test split of nothing but what was kept for it is not unlike the others by mistake.
    kept = Split(train=0.9, val=0.1, test=0.0, unseen=Unseen(field="kind", values=("elm",)))
    three = table(home, {**columns, "kind": [("oak", "elm", "fir")[at % 3] for at in range(300)]}, "kind")
    assert not found(open_dataset(home, edited(three.data, SetSplit(split=kept))), "unbalanced_split")


def test_constant_columns_and_numberings_are_ignored(home: Path) -> None:
    columns = {
        "a": numbers(100),
        "same": [7] * 100,
        "word": ["one"] * 100,
        "row": list(range(5, 105)),
        "kind": kinds(100),
    }
    dataset = table(home, columns, "kind")
    data = dataset.data
    for name in ("row", "same", "word"):
        data = edited(data, SetField(name=name, role=Role.INPUT, kind=FieldKind.CATEGORY))
    data = edited(data, SetField(name="row", kind=FieldKind.NUMBER))
    dataset = open_dataset(home, data)
    constant = found(dataset, "constant")
    assert [finding.where for finding in constant] == ["same", "word"]
    (row,) = found(dataset, "id_like")
    assert row.where == "row" and "counts the samples" in row.message
    for finding in (*constant, row):
        dataset = mended(dataset, finding.remedies[0], home)
    assert not found(dataset, "constant") and not found(dataset, "id_like")


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_columns_that_give_the_answer_away(home: Path, task: str) -> None:
    labels = kinds(400)
    answer: list[object] = labels if task == "classification" else numbers(400, 9)
    away = [{"ash": 3, "elm": 1, "oak": 2}[str(label)] for label in labels]
    if task == "regression":
        away = [round(2.5 * float(str(value)) + 1, 4) for value in answer]
    dataset = table(home, {"a": numbers(400), "away": away, "b": numbers(400, 3), "y": answer}, "y", task=task)
    (leak,) = found(dataset, "leakage")
    assert leak.where == "away" and leak.count == 400
    assert not found(mended(dataset, leak.remedies[0], home), "leakage")


def test_missing_values_are_filled_in_or_left_out(home: Path) -> None:
    column = numbers(100)
    column[3] = column[40] = ""
    mostly: list[object] = [""] * 70 + numbers(30, 4)
    dataset = table(home, {"a": column, "mostly": mostly, "b": numbers(100, 2), "kind": kinds(100)}, "kind")
    many, few = found(dataset, "missing")
    assert few.message.startswith("2 of 100 values of a are missing") and few.samples == [3, 40]
    assert few.severity is Severity.NOTE and many.severity is Severity.WARNING
    assert mended(dataset, remedy(few, "Leave out"), home).samples == 98
    assert many.remedies[0].title == "Ignore mostly"
    bare = open_dataset(home, edited(dataset.data, SetField(name="a", preparation=())))
    unfilled = found(bare, "missing")[0]
    assert unfilled.severity is Severity.WARNING
    assert mended(bare, remedy(unfilled, "Fill"), home).data.field("a").preparation[0].type == "FillMissing"


def test_outliers_are_told_farthest_first(home: Path) -> None:
    column = numbers(300)
    column[7], column[100] = 90, -400
    dataset = table(home, {"a": column, "b": numbers(300, 2), "kind": kinds(300)}, "kind")
    (far,) = found(dataset, "outliers")
    assert far.samples == [100, 7] and "The farthest is -400" in far.message
    assert not found(mended(dataset, remedy(far, "Leave out"), home), "outliers")


def test_many_columns_are_told_of_together(home: Path) -> None:
    columns: dict[str, list[object]] = {}
    for place, name in enumerate("abcdef"):
        columns[name] = numbers(200, place)
        columns[name][place] = ""
        columns[name][50 + place] = 500 + place
    dataset = table(home, {**columns, "kind": kinds(200)}, "kind")
    (missing,) = found(dataset, "missing")
    assert missing.count == 6 and missing.samples == [0, 1, 2, 3, 4, 5] and "in 6 columns: a (1)" in missing.message
    (far,) = found(dataset, "outliers")
    assert far.samples == [50, 51, 52, 53, 54, 55] and "6 columns" in far.message


def test_what_was_left_out_by_hand_comes_back_in_one_click(home: Path) -> None:
    dataset = table(home, {"a": numbers(200), "b": numbers(200, 2), "kind": kinds(200)}, "kind")
    names = tuple(dataset.full_name(index) for index in range(5))
    fewer = open_dataset(home, edited(dataset.data, ExcludeSamples(samples=names)))
    (gone,) = found(fewer, "left_out")
    assert gone.count == 5 and "5 samples are left out" in gone.message
    whole = mended(fewer, gone.remedies[0], home)
    assert whole.samples == 200 and not found(whole, "left_out")


def test_long_tails_and_few_values_are_no_outliers() -> None:
    chance = np.random.default_rng(0)
    assert len(outliers(np.exp(chance.normal(0, 2, 5000)))) == 0
    assert len(outliers(np.array([0.0] * 90 + [1.0] * 10))) == 0
    assert len(outliers(chance.normal(size=10_000))) == 0
    assert outliers(np.append(chance.normal(size=100), [np.nan, 50])).tolist() == [101]


def test_mixed_sizes_are_resized(home: Path, tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets")
    (root / "cat" / "big.png").write_bytes(png(noisy(1, 20, 30)))
    (root / "cat" / "grey.png").write_bytes(png(noisy(2, 12, 12, 1)[..., 0]))
    dataset = open_dataset(home, inspect(root, project_dir=home).data)
    sizes, colours = found(dataset, "mixed_sizes")
    assert "from 12 × 12 to 30 × 20" in sizes.message and [dataset.name(i) for i in sizes.samples] == ["cat/big.png"]
    assert [dataset.name(i) for i in colours.samples] == ["cat/grey.png"]


def test_unreadable_files_and_notes_of_the_reader(home: Path, tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets")
    (root / "cat" / "cut.png").write_bytes(png(noisy(3))[:60])
    (unreadable,) = found(open_dataset(home, inspect(root, project_dir=home).data), "unreadable")
    assert unreadable.count == 1 and "cut.png" in unreadable.message


def scene(seed: int, side: int = 96) -> Image.Image:
    """Something like a photograph: smooth shapes."""
    small = Image.fromarray(noisy(seed, 6, 6)).resize((side, side), Image.Resampling.BICUBIC)
    return small.filter(ImageFilter.GaussianBlur(1))


def test_nearly_the_same_pictures_across_splits(home: Path, tmp_path: Path) -> None:
    root = tmp_path / "scenes"
    for name in ("sea", "sky"):
        (root / name).mkdir(parents=True)
    for index in range(60):
        scene(index).save(root / ("sea", "sky")[index % 2] / f"{index:03}.png")
    for index in range(0, 24, 2):
        stream = io.BytesIO()
        scene(index).resize((80, 80)).save(stream, "JPEG", quality=60)
        (root / "sea" / f"copy{index:03}.jpg").write_bytes(stream.getvalue())
    brighter = Image.fromarray(np.clip(np.asarray(scene(1)).astype(int) + 12, 0, 255).astype(np.uint8))
    brighter.save(root / "sky" / "brighter.png")
    dataset = open_dataset(home, inspect(root, project_dir=home).data)
    (near,) = found(dataset, "near_pictures")
    assert near.count == 13 and len(near.samples) == 26, near.message
    alike = [dataset.name(index).split("/")[1].removeprefix("copy")[:3] for index in near.samples]
    assert sum(a == b for a, b in zip(alike[::2], alike[1::2], strict=True)) == 12
    assert near.severity is Severity.WARNING and "too good" in near.message
    assert not found(mended(dataset, remedy(near, "all but one"), home), "near_pictures")
    clean = mended(dataset, remedy(near, "out of training"), home)
    assert all("too good" not in finding.message for finding in found(clean, "near_pictures"))


def test_nearly_the_same_texts(home: Path, tmp_path: Path) -> None:
    sentence = "the cat sat quietly on a warm red mat near our old wooden door while rain fell softly outside"
    words = sentence.split()
    chance = np.random.default_rng(4)
    for name in ("good", "bad"):
        lines = [" ".join(chance.permutation(words)[:14]) for _ in range(60)]
        if name == "good":
            long = [*lines[0].split(), *chance.permutation(words)]
            lines += [lines[5].upper() + "!", " ".join(long), " ".join([*long[:-1], "instead"])]
        (tmp_path / "texts").mkdir(exist_ok=True)
        (tmp_path / "texts" / f"{name}.txt").write_text("\n".join(lines) + "\n")
    dataset = open_dataset(home, inspect(tmp_path / "texts", project_dir=home).data)
    (near,) = found(dataset, "near_texts")
    pairs = {tuple(sorted(dataset.name(i) for i in near.samples[k : k + 2])) for k in (0, 2)}
    assert near.count == 2, near.message
    assert any(name.endswith("61") for pair in pairs for name in pair)
    with pytest.raises(Cancelled):
        check_data(dataset, ("near_texts",), cancelled=lambda: True)


def test_nearly_the_same_recordings(home: Path, tmp_path: Path) -> None:
    def spoken(seed: int) -> np.ndarray:
        """Something like a word: tones that come and go, with some noise."""
        chance = np.random.default_rng(seed)
        time = np.arange(6000) / 8000
        wave = np.zeros(6000)
        for _ in range(6):
            start, tone = chance.uniform(0, 0.6), chance.uniform(150, 1500)
            wave += np.exp(-(((time - start) / 0.06) ** 2)) * np.sin(2 * np.pi * tone * time + chance.uniform(0, 6))
        return 0.2 * wave + 0.002 * chance.normal(size=6000)

    def write(path: Path, wave: np.ndarray) -> None:
        with wavefile.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes((np.clip(wave, -1, 1) * 32767).astype("<i2").tobytes())

    for number, name in enumerate(("one", "two")):
        (tmp_path / "words" / name).mkdir(parents=True)
        for index in range(30):
            write(tmp_path / "words" / name / f"{index:02}.wav", spoken(100 * number + index))
    louder = np.concatenate([np.zeros(800), 1.7 * spoken(4), np.zeros(300)])
    write(tmp_path / "words" / "one" / "louder.wav", louder + 0.001 * np.random.default_rng(1).normal(size=len(louder)))
    soundfile.write(tmp_path / "words" / "two" / "again.ogg", spoken(111), 8000)
    dataset = open_dataset(home, inspect(tmp_path / "words", project_dir=home).data)
    (near,) = found(dataset, "near_sounds")
    names = [dataset.name(index) for index in near.samples]
    assert near.count == 2 and sorted(names) == ["one/04.wav", "one/louder.wav", "two/11.wav", "two/again.ogg"], names
    assert not found(mended(dataset, remedy(near, "all but one"), home), "near_sounds")


def test_chains_are_joined() -> None:
    a, b = np.array([1, 5, 3]), np.array([2, 3, 2])
    assert chains(7, a, b).tolist() == [0, 1, 1, 1, 4, 1, 6]


def test_samples_in_the_pool_are_no_class(home: Path) -> None:
    dataset = table(home, {"a": numbers(120), "b": numbers(120, 2), "kind": kinds(120)}, "kind")
    names = tuple(dataset.full_name(index) for index in range(60))
    waiting = open_dataset(home, edited(dataset.data, LabelSamples(field="kind", samples=names)))
    assert len(waiting.split_numbers("pool")) == 60 and not found(waiting, "class_imbalance")

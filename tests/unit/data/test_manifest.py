"""Tables that name pictures or sound, as other programs write them."""

import io
import json
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.data_spec import FieldKind, Role, SourceKind, SplitMethod
from engine.errors import DataError

COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


def picture(path: Path, colour: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.clip(np.array(COLOURS[colour]) + rng.integers(-20, 20, (12, 12, 3)), 0, 255).astype(np.uint8)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    path.write_bytes(target.getvalue())


def pictures(root: Path, count: int = 30, folder: str = "images") -> list[tuple[str, str]]:
    rows = []
    for number in range(count):
        colour = list(COLOURS)[number % 3]
        picture(root / folder / f"p{number:02}.png", colour, number + 100 * len(folder))
        rows.append((f"p{number:02}.png", colour))
    return rows


def found_in(root: Path, tmp_path: Path, **wishes: str):  # type: ignore[no-untyped-def]
    found = inspect(root, project_dir=tmp_path, **wishes)
    return found, {field.name: field for field in found.data.fields}


def test_a_table_with_paths_and_a_class(tmp_path: Path) -> None:
    root = tmp_path / "set"
    rows = pictures(root)
    (root / "index.csv").write_text(
        "file,colour,size\n" + "".join(f"images/{n},{c},{i}\n" for i, (n, c) in enumerate(rows))
    )
    found, fields = found_in(root, tmp_path, target="colour")
    assert found.layouts[0].kind is SourceKind.MANIFEST
    assert fields["file"].kind is FieldKind.IMAGE and fields["file"].role is Role.INPUT
    assert fields["colour"].role is Role.TARGET and fields["colour"].statistics.classes == ("blue", "green", "red")
    assert fields["size"].role is Role.IGNORED
    dataset = open_dataset(tmp_path, found.data)
    assert dataset.name(4) == "images/p04.png" and dataset.raw(4, "colour") == "green"
    assert abs(int(dataset.raw(4, "file")[..., 1].mean()) - 200) < 25
    types = {node.type for node in propose("x", found.data).graph.nodes.values()}
    assert {"Conv2d", "CrossEntropyLoss"} <= types


@pytest.mark.parametrize("form", ["bare", "stem", "windows", "elsewhere", "dotted"])
def test_names_are_found_however_they_are_written(form: str, tmp_path: Path) -> None:
    root = tmp_path / "set"
    rows = pictures(root, 12)
    write = {
        "bare": lambda n: n,
        "stem": lambda n: n.removesuffix(".png"),
        "windows": lambda n: "images\\\\" + n.upper(),
        "elsewhere": lambda n: "/home/someone/data/" + n,
        "dotted": lambda n: "./images/" + n,
    }[form]
    (root / "labels.csv").write_text("id,label\n" + "".join(f"{write(n)},{c}\n" for n, c in rows))
    found, fields = found_in(root, tmp_path)
    assert found.samples == 12 and fields["id"].kind is FieldKind.IMAGE and fields["label"].role is Role.TARGET


def test_a_file_that_is_not_there_is_told_by_row(tmp_path: Path) -> None:
    root = tmp_path / "set"
    rows = pictures(root)
    lines = [f"images/{n},{c}\n" for n, c in rows]
    lines[3] = "images/gone.png,red\n"
    lines[5] = ",red\n"
    (root / "index.csv").write_text("file,label\n" + "".join(lines))
    found, _ = found_in(root, tmp_path)
    assert found.samples == 28 and found.left_out_count == 2
    assert [(left.where, left.reason) for left in found.left_out] == [
        ("index.csv, line 5", "The file 'images/gone.png' is not here."),
        ("index.csv, line 7", "It names no file."),
    ]


def test_hugging_face_folders_with_splits(tmp_path: Path) -> None:
    root = tmp_path / "set"
    for split, count in (("train", 24), ("test", 9)):
        rows = pictures(root, count, split)
        lines = "".join(json.dumps({"file_name": n, "colour": c, "text": f"a {c} square"}) + "\n" for n, c in rows)
        (root / split / "metadata.jsonl").write_text(lines)
    found, fields = found_in(root, tmp_path, target="colour")
    assert found.layouts[0].kind is SourceKind.MANIFEST and found.data.split.method is SplitMethod.GIVEN
    dataset = open_dataset(tmp_path, found.data)
    assert dataset.counts.test == 9 and dataset.samples == 33
    assert fields["file_name"].kind is FieldKind.IMAGE


def test_roboflow_classes_are_several_labels(tmp_path: Path) -> None:
    root = tmp_path / "set"
    for split in ("train", "validation"):
        rows = pictures(root, 15, split)
        lines = "".join(f"{n},{int(c != 'red')},{int(c != 'green')},{int(c == 'never')}\n" for n, c in rows)
        (root / split / "_classes.csv").write_text("filename, bright, warm, ghost\n" + lines)
    found, fields = found_in(root, tmp_path)
    labels = fields["labels"]
    assert labels.kind is FieldKind.LABELS and labels.role is Role.TARGET
    assert labels.statistics.classes == ("bright", "warm", "ghost")
    dataset = open_dataset(tmp_path, found.data)
    assert dataset.raw(0, "labels") == "warm" and dataset.raw(2, "labels") == "bright;warm"
    assert dataset.counts.val == 15
    project = propose("x", found.data)
    assert {"BCEWithLogitsLoss", "Conv2d"} <= {node.type for node in project.graph.nodes.values()}


def test_one_column_a_class_with_a_single_one_is_a_class(tmp_path: Path) -> None:
    root = tmp_path / "set"
    rows = pictures(root, 18)
    lines = "".join(f"{n}," + ",".join(str(int(c == name)) for name in COLOURS) + "\n" for n, c in rows)
    (root / "onehot.csv").write_text("image," + ",".join(COLOURS) + "\n" + lines)
    found, fields = found_in(root, tmp_path)
    assert fields["label"].kind is FieldKind.CATEGORY and fields["label"].statistics.classes == tuple(COLOURS)
    assert open_dataset(tmp_path, found.data).raw(1, "label") == "green"


def test_neural_network_console_headers(tmp_path: Path) -> None:
    root = tmp_path / "set"
    rows = pictures(root, 18)
    (root / "train.csv").write_text(
        "x:image,y:label\n" + "".join(f"./images/{n},{list(COLOURS).index(c)}\n" for n, c in rows)
    )
    _, fields = found_in(root, tmp_path)
    assert fields["x:image"].kind is FieldKind.IMAGE
    assert fields["y:label"].role is Role.TARGET and fields["y:label"].kind is FieldKind.CATEGORY


def test_a_column_of_splits_and_a_number_to_learn(tmp_path: Path) -> None:
    root = tmp_path / "set"
    rows = pictures(root, 30)
    (root / "index.csv").write_text(
        "split,image,brightness\n"
        + "".join(f"{'train' if i < 20 else 'validation'},images/{n},{i * 1.5}\n" for i, (n, c) in enumerate(rows))
    )
    found, fields = found_in(root, tmp_path)
    assert fields["brightness"].kind is FieldKind.NUMBER and fields["brightness"].role is Role.TARGET
    assert "split" not in fields and open_dataset(tmp_path, found.data).counts.val == 10


def test_two_pictures_a_row(tmp_path: Path) -> None:
    root = tmp_path / "set"
    rows = pictures(root, 24)
    (root / "pairs.csv").write_text(
        "left,right,same\n"
        + "".join(f"images/{n},images/{rows[(i * 7) % 24][0]},{'yn'[i % 2]}\n" for i, (n, _) in enumerate(rows))
    )
    _, fields = found_in(root, tmp_path, target="same")
    assert [fields[name].kind for name in ("left", "right", "same")] == [
        FieldKind.IMAGE,
        FieldKind.IMAGE,
        FieldKind.CATEGORY,
    ]


def test_recordings(tmp_path: Path) -> None:
    root = tmp_path / "set"
    (root / "clips").mkdir(parents=True)
    lines = ["clip,word\n"]
    for number in range(16):
        tone = 300 if number % 2 else 1200
        samples = (8000 * np.sin(np.arange(4000) * tone * 2 * np.pi / 8000)).astype("<i2")
        with wave.open(str(root / "clips" / f"c{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(samples.tobytes())
        lines.append(f"clips/c{number}.wav,{'low' if number % 2 else 'high'}\n")
    (root / "clips.tsv").write_text("".join(lines).replace(",", "\t"))
    found, fields = found_in(root, tmp_path)
    assert fields["clip"].kind is FieldKind.AUDIO and fields["word"].role is Role.TARGET and found.samples == 16


def test_a_table_beside_pictures_that_names_none_is_no_manifest(tmp_path: Path) -> None:
    root = tmp_path / "set"
    for number in range(12):
        colour = list(COLOURS)[number % 3]
        picture(root / colour / f"p{number}.png", colour, number)
    (root / "prices.csv").write_text("a,b\n1,x\n2,y\n")
    found, _ = found_in(root, tmp_path)
    assert found.layouts[0].kind is SourceKind.IMAGE_FOLDER
    with pytest.raises(DataError, match="No table here names"):
        inspect(root, layout="manifest", project_dir=tmp_path)

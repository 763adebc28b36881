"""Objects that were marked in pictures with other tools: the same boxes from every format, each a sample of its own."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.data.boxes import find_form, read_marks
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.readers.boxes import BoxPictures, read_boxes
from engine.data.readers.files import open_tree
from engine.document.data_spec import Role, SourceKind, SplitMethod
from engine.errors import DataError
from tests.unit.data.samples_on_disk import noisy, png

WIDE, HIGH = 60, 40
CLASSES = ("car", "dog")
Marked = dict[str, list[tuple[str, int, int, int, int]]]
MARKED: Marked = {
    f"p{number}": [
        ("car", 4 + number, 6, 24 + number, 26),
        ("dog", 30, 10 + number, 42, 22 + number),
        ("dog", 44, 30, 58, 39),
    ]
    for number in range(8)
}
"""By picture: class, left, top, right, bottom in pixels."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


def write(root: Path, files: dict[str, bytes | str]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return root


def pictures(folder: str = "images") -> dict[str, bytes | str]:
    return {f"{folder}/{name}.png": png(noisy(int(name[1:]), HIGH, WIDE)) for name in MARKED}


def xml(name: str, boxes: list[tuple[str, int, int, int, int]]) -> str:
    objects = "".join(
        f"<object><name>{label}</name><bndbox><xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax>"
        f"<ymax>{bottom}</ymax></bndbox></object>"
        for label, left, top, right, bottom in boxes
    )
    return f"<annotation><filename>{name}.png</filename><path>C:\\\\else\\\\{name}.png</path>{objects}</annotation>"


def voc(root: Path, marked: Marked = MARKED) -> Path:
    notes: dict[str, bytes | str] = {f"Annotations/{name}.xml": xml(name, boxes) for name, boxes in marked.items()}
    return write(root, {**pictures("JPEGImages"), **notes})


def coco(root: Path) -> Path:
    numbers = {"car": 3, "dog": 11}
    found = {
        "images": [{"id": i + 70, "file_name": f"{name}.png"} for i, name in enumerate(MARKED)],
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
        "annotations": [
            {"image_id": i + 70, "category_id": numbers[label], "bbox": [left, top, right - left, bottom - top]}
            for i, boxes in enumerate(MARKED.values())
            for label, left, top, right, bottom in boxes
        ],
    }
    return write(root, {**pictures(), "annotations/instances.json": json.dumps(found)})


def create_ml(root: Path) -> Path:
    found = [
        {
            "image": f"{name}.png",
            "annotations": [
                {
                    "label": label,
                    "coordinates": {"x": (x + r) / 2, "y": (y + b) / 2, "width": r - x, "height": b - y},
                }
                for label, x, y, r, b in boxes
            ],
        }
        for name, boxes in MARKED.items()
    ]
    return write(root, {**pictures("."), "_annotations.createml.json": json.dumps(found)})


def label_studio(root: Path) -> Path:
    found = [
        {
            "id": 1,
            "data": {"image": f"/data/upload/3/0123abcd-{name}.png"},
            "annotations": [
                {"was_cancelled": True, "result": []},
                {
                    "result": [
                        {
                            "type": "rectanglelabels",
                            "original_width": WIDE,
                            "value": {
                                "x": 100 * x / WIDE,
                                "y": 100 * y / HIGH,
                                "width": 100 * (r - x) / WIDE,
                                "height": 100 * (b - y) / HIGH,
                                "rectanglelabels": [label],
                            },
                        }
                        for label, x, y, r, b in boxes
                    ]
                },
            ],
        }
        for name, boxes in MARKED.items()
    ]
    return write(root, {**pictures(), "project-1.json": json.dumps(found)})


def yolo_lines(boxes: list[tuple[str, int, int, int, int]]) -> str:
    return "".join(
        f"{CLASSES.index(label)} {(x + r) / 2 / WIDE:.6f} {(y + b) / 2 / HIGH:.6f} "
        f"{(r - x) / WIDE:.6f} {(b - y) / HIGH:.6f}\n"
        for label, x, y, r, b in boxes
    )


def yolo(root: Path, names: str = "path: ../wrong\nnames:\n  0: car\n  1: 'dog'\n") -> Path:
    labels: dict[str, bytes | str] = {f"labels/{name}.txt": yolo_lines(boxes) for name, boxes in MARKED.items()}
    return write(root, {**pictures(), **labels, "data.yaml": names})


FORMS: dict[str, Callable[[Path], Path]] = {
    "voc": voc,
    "coco": coco,
    "create_ml": create_ml,
    "label_studio": label_studio,
    "yolo": yolo,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_format_gives_the_same_objects(tmp_path: Path, form: str) -> None:
    root = FORMS[form](tmp_path / "marked")
    tree = open_tree(root)
    assert find_form(tree) == form
    samples = read_boxes(tree)
    objects = samples.columns["pixels"]
    assert isinstance(objects, BoxPictures) and samples.count == 24
    found: Marked = {}
    for item in objects.objects:
        across, down = (WIDE, HIGH) if item.box.shares else (1, 1)
        edges = (item.box.left * across, item.box.top * down, item.box.right * across, item.box.bottom * down)
        left, top, right, bottom = (round(edge) for edge in edges)
        assert np.abs(np.array(edges) - (left, top, right, bottom)).max() < 1e-3
        found.setdefault(item.entry.parts[-1][:2], []).append((item.box.label, left, top, right, bottom))
    assert found == MARKED
    data = inspect(root).data
    assert data.sources[0].kind is SourceKind.BOXES and data.targets()[0].statistics.classes == CLASSES


def test_an_object_is_cut_from_its_picture_with_a_margin(tmp_path: Path) -> None:
    found = inspect(voc(tmp_path / "marked"))
    dataset = open_dataset(tmp_path, found.data)
    names = [dataset.name(index) for index in range(dataset.samples)]
    assert names[:3] == ["JPEGImages/p0.png #1", "JPEGImages/p0.png #2", "JPEGImages/p0.png #3"]
    whole = noisy(0, HIGH, WIDE)
    assert (dataset.raw(0, "pixels") == whole[4:28, 2:26]).all()  # 20 × 20 and a tenth on each side
    assert (dataset.raw(2, "pixels") == whole[29:40, 42:60]).all()  # up to the border
    assert "24 marked objects of 2 classes in 8 pictures" in found.description


def test_objects_of_one_picture_stay_in_one_split(tmp_path: Path) -> None:
    found = inspect(coco(tmp_path / "marked"))
    assert (found.data.split.method, found.data.split.field) == (SplitMethod.GROUPED, "picture")
    assert [field.role for field in found.data.fields] == [Role.INPUT, Role.TARGET, Role.IGNORED]
    dataset = open_dataset(tmp_path, found.data)
    of_picture: dict[str, set[int]] = {}
    for index in range(dataset.samples):
        of_picture.setdefault(dataset.name(index).split(" #")[0], set()).add(int(dataset.splits[index]))
    assert len(of_picture) == 8 and all(len(splits) == 1 for splits in of_picture.values())
    assert len({min(splits) for splits in of_picture.values()}) == 3


def test_splits_of_voc_and_of_folders(tmp_path: Path) -> None:
    root = voc(tmp_path / "marked")
    sets = {"train": range(5), "val": range(5, 6), "test": range(6, 8)}
    write(root, {f"ImageSets/Main/{name}.txt": "".join(f"p{n}\n" for n in rows) for name, rows in sets.items()})
    write(root, {"ImageSets/Main/trainval.txt": "".join(f"p{n}\n" for n in range(6))})
    found = inspect(root)
    assert found.data.split.method is SplitMethod.GIVEN
    counts = open_dataset(tmp_path, found.data).counts
    assert (counts.train, counts.val, counts.test) == (15, 3, 6)
    files: dict[str, bytes | str] = {"data.yaml": "names: [car, dog] # two\n"}
    for number, (name, boxes) in enumerate(MARKED.items()):
        split = ("train", "train", "valid", "test")[number % 4]
        files[f"{split}/images/{name}.png"] = png(noisy(number, HIGH, WIDE))
        files[f"{split}/labels/{name}.txt"] = yolo_lines(boxes)
    found = inspect(write(tmp_path / "roboflow", files))
    counts = open_dataset(tmp_path, found.data).counts
    assert (counts.train, counts.val, counts.test) == (12, 6, 6)


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    marked: Marked = {name: list(boxes) for name, boxes in MARKED.items()}
    marked["p1"] = [("car", 5, 5, 5, 20), ("", 1, 1, 9, 9), ("dog", 10, 10, 30, 30)]
    marked["p2"] = []
    marked["gone"] = [("car", 1, 1, 9, 9)]
    marked["p3"] = [("car", 500, 500, 600, 600), *MARKED["p3"]]
    root = voc(tmp_path / "marked", marked)
    write(
        root,
        {
            "Annotations/p4.xml": "<annotation><object>",
            "Annotations/bomb.xml": '<!DOCTYPE a [<!ENTITY b "c">]><annotation/>',
        },
    )
    found = inspect(root)
    reasons = {left.where: left.reason for left in found.left_out}
    assert reasons["JPEGImages/p1.png #1"] == "The box of this object has no area."
    assert reasons["JPEGImages/p1.png #2"] == "This object has no name."
    assert reasons["Annotations/gone.xml"] == "Its picture is not here."
    assert "outside of its picture" in reasons["JPEGImages/p3.png #1"]
    assert "damaged" in reasons["Annotations/p4.xml"] and "entities" in reasons["Annotations/bomb.xml"]
    assert found.samples == 5 * 3 + 1
    dataset = open_dataset(tmp_path, found.data)
    assert any("1 pictures have no marked object" in check.message for check in dataset.checks)


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ("names: ['a b', c]\n", ("a b", "c")),
        ("names:\n- a b\n- c\nnc: 2\n", ("a b", "c")),
        ('nc: 2\nnames: {0: a b, 1: "c"}\n', ("a b", "c")),
        ("names: [a b,\n  c]\n", ("a b", "c")),
        ("nothing: here\n", ("0", "1")),
    ],
)
def test_names_of_classes_in_yolo(tmp_path: Path, names: str, wanted: tuple[str, ...]) -> None:
    assert inspect(yolo(tmp_path / "marked", names)).data.targets()[0].statistics.classes == wanted


def test_json_of_another_shape_is_no_format_and_odd_values_do_no_harm(tmp_path: Path) -> None:
    root = write(tmp_path / "other", {**pictures(), "settings.json": '{"a": 1}', "list.json": "[1, 2]"})
    assert find_form(open_tree(root)) == ""
    with pytest.raises(DataError, match="No objects are marked"):
        read_marks(open_tree(root))
    odd = {
        "images": [{"id": 1, "file_name": "p1.png"}, 7, {"id": 2}],
        "categories": [{"id": 1, "name": None}, "x"],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": ["a", None, 1, 2]},
            {"image_id": 1, "category_id": 9, "bbox": [1, 2, 3]},
            {"image_id": [], "category_id": {}, "bbox": [1, 2, 3, 4]},
            5,
        ],
    }
    root = write(tmp_path / "odd", {**pictures(), "coco.json": json.dumps(odd)})
    with pytest.raises(DataError, match="None of the pictures has a marked object"):
        inspect(root, layout="boxes")

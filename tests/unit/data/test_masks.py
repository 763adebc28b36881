"""Pictures find their masks, whatever folders and files are called; values become classes; both keep one size."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.checks.report import check
from engine.data.augmentation import augment, augment_mask
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.mask_values import MaskValues, values_of
from engine.data.preparation import Preparation
from engine.data.proposals import propose
from engine.data.readers.files import open_tree
from engine.data.readers.masks import find_pairs
from engine.data.reading import read_input
from engine.document.data_spec import Field, FieldKind, Role, SourceKind, SplitMethod, Statistics, Step
from engine.errors import DataError
from tests.unit.data.samples_on_disk import jpeg, noisy, png


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


def square(number: int, size: int = 24, value: int = 255) -> np.ndarray:
    """A mask with one square, elsewhere for each number."""
    mask = np.zeros((size, size), np.uint8)
    at = 2 + number % 8
    mask[at : at + 8, at : at + 10] = value
    return mask


def pictured(mask: np.ndarray, number: int) -> bytes:
    """A picture in which the mask can be seen."""
    noise = np.random.default_rng(number).integers(0, 60, (*mask.shape, 3))
    return png((noise + (mask[..., None] > 0) * 150).astype(np.uint8))


def write(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def mask_folder(root: Path, count: int = 12, size: int = 24) -> Path:
    """Pictures and masks of two classes."""
    files: dict[str, bytes] = {}
    for number in range(count):
        mask = square(number, size)
        files[f"images/{number:02}.png"] = pictured(mask, number)
        files[f"masks/{number:02}.png"] = png(mask)
    return write(root, files)


@pytest.mark.parametrize(
    ("picture", "mask"),
    [
        ("images/{n}.png", "masks/{n}.png"),
        ("train/images/{n}.png", "train/masks/{n}.png"),
        ("images/train/{n}.png", "masks/train/{n}.png"),
        ("img/{n}.jpg", "labels/{n}.png"),
        ("x/{n}.png", "y/{n}.png"),
        ("train_images/{n}.png", "train_masks/{n}.png"),
        ("JPEGImages/{n}.jpg", "SegmentationClass/{n}.png"),
        ("{n}.jpg", "{n}_mask.png"),
        ("all/{n}.jpg", "all/{n}_gt.png"),
        ("Images/scene_{n}.jpg", "Masks/scene_{n}_mask.png"),
        ("images/image_{n}.jpg", "masks/mask_{n}.png"),
        ("input/{n}.png", "GroundTruth/{n}-gt.png"),
    ],
)
def test_pictures_and_masks_find_each_other(tmp_path: Path, picture: str, mask: str) -> None:
    files: dict[str, bytes] = {}
    for number in range(6):
        files[picture.format(n=f"{number:02}")] = pictured(square(number), number)
        files[mask.format(n=f"{number:02}")] = png(square(number))
    pairs = find_pairs(open_tree(write(tmp_path / "set", files)))
    assert len(pairs.pictures) == 6 and not pairs.alone and not pairs.left
    for entry, masks in zip(pairs.pictures, pairs.masks, strict=True):
        one, other = (next(n for n in range(6) if f"{n:02}" in item.parts[-1]) for item in (entry, masks[0]))
        assert one == other and entry.parts[-1] == Path(picture.format(n=f"{one:02}")).name


def test_class_folders_are_no_masks(tmp_path: Path) -> None:
    files = {f"{name}/{n}{name}.png": png(noisy(n)) for name in ("cat", "labels") for n in range(4)}
    assert not find_pairs(open_tree(write(tmp_path / "set", files))).pictures


def test_a_folder_of_masks_is_read_and_proposed_for(tmp_path: Path) -> None:
    found = inspect(mask_folder(tmp_path / "cells"))
    assert found.data.sources[0].kind is SourceKind.MASKS and found.samples == 12
    assert found.layouts[0].kind is SourceKind.MASKS
    pixels, mask = found.data.fields
    assert (pixels.kind, mask.kind, mask.role) == (FieldKind.IMAGE, FieldKind.MASK, Role.TARGET)
    assert mask.statistics.classes == ("background", "object") and mask.options["values"] == [0, 255]
    assert 0.05 < mask.statistics.mean[1] < 0.2 and mask.statistics.shape == (24, 24)
    dataset = open_dataset(tmp_path, found.data)
    index = [dataset.name(i) for i in range(12)].index("images/03.png")
    assert (dataset.raw(index, "mask") == (square(3) > 0)).all()
    column = dataset.columns(("mask",), "train")
    assert column.row_shape == (24, 24) and column.gather(torch.arange(2)).dtype is torch.int64
    project = propose("Cells", found.data)
    assert not [problem for problem in check(project).problems if problem.severity.value == "error"]
    assert project.graph.nodes["loss"].type == "CrossEntropyLoss" and project.graph.nodes["overlap"].type == "DiceLoss"


def test_one_file_for_each_object_is_put_together(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for number in range(4):
        one, other = np.zeros((24, 24), np.uint8), np.zeros((24, 24), np.uint8)
        one[2:6, 2:6], other[10:14, 12:18] = 255, 255
        files[f"s{number}/images/s{number}.png"] = pictured(one | other, number)
        files[f"s{number}/masks/a{number}.png"] = png(one)
        files[f"s{number}/masks/b{number}.png"] = png(other)
    found = inspect(write(tmp_path / "set", files))
    assert found.samples == 4 and found.left_out_count == 0
    dataset = open_dataset(tmp_path, found.data)
    assert int(dataset.raw(0, "mask").sum()) == 16 + 24 and int(dataset.raw(0, "mask").max()) == 1


def saved(image: Image.Image, form: str, **more: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **more)
    return stream.getvalue()


def palette(numbers: np.ndarray) -> bytes:
    image = Image.fromarray(numbers, "P")
    image.putpalette(noisy(1, 1, 256).tobytes())
    return saved(image, "PNG")


def classes_found(
    tmp_path: Path, masks: list[bytes], ending: str = "png", more: dict[str, bytes] | None = None
) -> Field:
    files = dict(more or {})
    for number, data in enumerate(masks):
        files[f"images/{number}.png"] = png(noisy(number, 24, 24))
        files[f"masks/{number}.{ending}"] = data
    return inspect(write(tmp_path / "set", files)).data.fields[1]


def test_palette_pictures_give_their_numbers_and_the_border_counts_as_background(tmp_path: Path) -> None:
    numbers = np.zeros((24, 24), np.uint8)
    numbers[2:8], numbers[10:15], numbers[20:] = 3, 7, 255
    field = classes_found(tmp_path, [palette(numbers)] * 3, more={"classes.txt": b"nothing\na\nb\ncar\nd\ne\nf\ndog\n"})
    assert field.statistics.classes == ("nothing", "car", "dog") and field.options["values"] == [0, 3, 7]
    read = read_input(field, palette(numbers))
    assert isinstance(read, np.ndarray)
    assert (read == np.where(numbers == 3, 1, np.where(numbers == 7, 2, 0))).all()
    odd = numbers.copy()
    odd[0, 0] = 9
    with pytest.raises(DataError, match="value 9, which no class has"):
        read_input(field, palette(odd))


def test_grey_numbers_colours_and_soft_edges(tmp_path: Path) -> None:
    numbers = (np.arange(24 * 24) % 3).astype(np.uint8).reshape(24, 24)
    assert classes_found(tmp_path / "n", [png(numbers)] * 3).statistics.classes == ("background", "1", "2")
    colours = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 200]], np.uint8)[numbers]
    labels = {"labelmap.txt": b"# label:color_rgb:parts:actions\nnone:0,0,0::\nroad:255,0,0::\nsky:0,0,200::\n"}
    field = classes_found(tmp_path / "c", [png(colours)] * 3, more=labels)
    assert field.statistics.classes == ("none", "sky", "road")
    found = read_input(field, png(colours))
    assert isinstance(found, np.ndarray) and (found == np.array([0, 2, 1])[numbers]).all()
    soft = [jpeg(np.repeat(square(n)[..., None], 3, 2)) for n in range(4)]
    field = classes_found(tmp_path / "j", soft, "jpg")
    assert field.statistics.classes == ("background", "object")
    found = read_input(field, soft[1])
    assert isinstance(found, np.ndarray) and (found != (square(1) > 0)).mean() < 0.03


def test_a_number_for_each_object_is_one_class(tmp_path: Path) -> None:
    many = np.arange(24 * 24).reshape(24, 24) // 6
    masks = [saved(Image.fromarray((many * 4).astype(np.uint16)), "PNG")] * 3
    assert classes_found(tmp_path, masks).statistics.classes == ("background", "object")


def test_photos_called_masks_are_not_taken_for_masks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="too many different values"):
        files = {f"{f}/{n}.png": png(noisy(n + 50 * (f == "y"), 24, 24)) for f in ("x", "y") for n in range(4)}
        inspect(write(tmp_path / "set", files), layout="masks")


def test_what_does_not_fit_is_left_out_by_name(tmp_path: Path) -> None:
    root = mask_folder(tmp_path / "cells")
    (root / "masks" / "00.png").unlink()
    (root / "images" / "01.png").unlink()
    (root / "masks" / "02.png").write_bytes(png(square(2, 30)))
    (root / "masks" / "03.png").write_bytes(b"no picture")
    (root / "masks" / "04.png").write_bytes(b"")
    found = inspect(root)
    reasons = {left.where: left.reason for left in found.left_out}
    assert found.samples == 7
    assert reasons["images/00.png"] == "It has no mask." and reasons["images/04.png"] == "It has no mask."
    assert reasons["masks/01.png"] == "No picture belongs to this mask."
    assert "another size: 30 × 30, the picture 24 × 24" in reasons["images/02.png"]
    assert "not a picture" in reasons["masks/03.png"]


def test_folders_say_train_and_test(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for split in ("train", "test"):
        for number in range(6):
            at = number + 6 * (split == "test")
            files[f"{split}_images/{number}.png"] = pictured(square(at), at)
            files[f"{split}_masks/{number}.png"] = png(square(at))
    found = inspect(write(tmp_path / "set", files))
    assert found.data.split.method is SplitMethod.GIVEN
    assert open_dataset(tmp_path, found.data).counts.test == 6


@pytest.mark.parametrize("mode", ["stretch", "cover", "contain"])
def test_a_mask_is_resized_as_its_picture_is(mode: str) -> None:
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 20:50] = 1
    statistics = Statistics(classes=("background", "object"), shape=(None, None))
    resize = Step(type="Resize", attributes={"height": 16, "width": 16, "mode": mode})
    field = Field(name="m", kind=FieldKind.MASK, preparation=(resize,), statistics=statistics)
    small = Preparation(field).apply([mask])[0]
    shown = Field(name="p", kind=FieldKind.IMAGE, preparation=(resize,), statistics=Statistics(shape=(None, None, 1)))
    grey = Preparation(shown).apply([mask[..., None] * np.uint8(255)])[0, :, :, 0]
    assert small.shape == (16, 16) and set(small.unique().tolist()) == {0, 1}
    sure = (grey < 60) | (grey > 195)
    assert sure.float().mean() > 0.7 and bool(((grey > 127).long() == small)[sure].all())


def test_a_region_of_a_mask() -> None:
    statistics = Statistics(classes=("a", "b", "c"), shape=(4, 4))
    step = Step(type="Region", attributes={"number": 2})
    field = Field(name="m", kind=FieldKind.MASK, preparation=(step,), statistics=statistics)
    mask = (np.arange(16) % 3).astype(np.uint8).reshape(4, 4)
    found = Preparation(field).apply([mask])
    assert found.shape == (1, 1, 4, 4) and bool((found[0, 0].numpy() == (mask == 2)).all())


def test_mask_and_picture_are_varied_together() -> None:
    mask = torch.from_numpy(np.stack([square(n) for n in range(16)])).bool().long()
    steps = (Step(type="RandomFlip"), Step(type="RandomShift", attributes={"fraction": 0.2}))
    field = Field(name="p", kind=FieldKind.IMAGE, preparation=(Step(type="Scale"),), augmentation=steps)
    rows = torch.arange(16)
    moved = augment(field, mask[:, None].float(), seed=1, epoch=2, indices=rows)
    followed = augment_mask(field, mask, seed=1, epoch=2, indices=rows)
    assert not torch.equal(followed, mask) and torch.equal(moved[:, 0].round().long(), followed)
    region = augment_mask(field, mask[:, None].float(), seed=1, epoch=2, indices=rows)
    assert torch.equal(region[:, 0].long(), followed)


def test_how_masks_are_read_is_kept_in_the_field() -> None:
    for values in (
        MaskValues(classes=("a", "b"), values=(0, 255)),
        MaskValues(classes=("a", "b", "c"), colours=("#000000", "#ff0000", "#00ff00")),
        MaskValues(classes=("background", "object"), threshold=128),
        MaskValues(classes=("background", "object"), objects=True),
    ):
        assert values_of(Field(name="m", kind=FieldKind.MASK, options=values.options())) == values
    with pytest.raises(DataError, match="make no sense"):
        values_of(Field(name="m", kind=FieldKind.MASK, options={"values": [0, 999]}))


def test_a_mask_given_by_hand(tmp_path: Path) -> None:
    statistics = Statistics(classes=("background", "object"))
    field = Field(name="m", kind=FieldKind.MASK, options={"values": [0, 255]}, statistics=statistics)
    (tmp_path / "m.png").write_bytes(png(square(1)))
    wanted = (square(1) > 0).astype(np.uint8)
    for value in (str(tmp_path / "m.png"), tmp_path / "m.png", png(square(1)), wanted, wanted[..., None]):
        found = read_input(field, value)
        assert isinstance(found, np.ndarray) and (found == wanted).all()
    for bad in (wanted * 9, 3.0, str(tmp_path / "none.png"), {"pixels": b""}):
        with pytest.raises(DataError):
            read_input(field, bad)

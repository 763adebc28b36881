"""Every layout is found, read and described; what cannot be used is left out by name and the rest goes on."""

import gzip
import io
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.readers.files import open_tree
from engine.document.data_spec import FieldKind, Role, SourceKind, SplitMethod
from engine.errors import Cancelled, DataError, UsageError
from tests.unit.data.samples_on_disk import idx_bytes, idx_folder, jpeg, noisy, picture_folder, png, text_folder, zipped


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    found = inspect(picture_folder(tmp_path / "pets"))
    assert found.data.sources[0].kind is SourceKind.IMAGE_FOLDER
    assert found.samples == 24 and found.left_out_count == 0
    pixels, label = found.data.fields
    assert (pixels.name, pixels.kind, pixels.statistics.shape) == ("pixels", FieldKind.IMAGE, (12, 12, 3))
    assert label.statistics.classes == ("cat", "dog") and sum(label.statistics.counts) == 20
    assert found.data.split.method is SplitMethod.STRATIFIED
    assert [step.type for step in pixels.preparation] == ["Channels", "Resize", "Scale", "Normalize"]


def test_an_archive_gives_the_same_as_the_folder(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "pets")
    archive = zipped(folder, tmp_path / "pets.zip")
    there, here = inspect(folder), inspect(archive)
    assert here.samples == there.samples and here.data.fields == there.data.fields
    assert open_dataset(tmp_path, here.data).name(0) == open_dataset(tmp_path, there.data).name(0) == "cat/000.png"


def test_split_folders_above_or_below_the_classes(tmp_path: Path) -> None:
    for split in ("train", "Test"):
        picture_folder(tmp_path / "above" / split, per_class=5, seed=int(split == "Test"))
        for name in ("cat", "dog"):
            folder = tmp_path / "below" / name / split
            folder.mkdir(parents=True)
            for index in range(5):
                seed = index + 50 * (name == "dog") + 100 * (split == "Test")
                (folder / f"{index}.png").write_bytes(png(noisy(seed)))
    for root in ("above", "below"):
        found = inspect(tmp_path / root)
        assert found.data.split.method is SplitMethod.GIVEN
        assert found.data.fields[1].statistics.classes == ("cat", "dog")
        counts = open_dataset(tmp_path, found.data).counts
        assert counts.test == 10 and counts.train + counts.val == 10 and counts.val >= 1


def test_bad_files_are_listed_by_name_and_reason_and_the_rest_goes_on(tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets")
    whole = jpeg(noisy(9, 60, 60))
    (root / "cat" / "empty.png").write_bytes(b"")
    (root / "cat" / "page.jpg").write_bytes(b"<html><body>not found</body></html>")
    (root / "cat" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "dog" / "notes.txt").write_text("hello")
    (root / "dog" / "huge.png").write_bytes(png(np.zeros((7200, 7200), np.uint8)))
    (root / "dog" / "lost.png").symlink_to(tmp_path / "nowhere.png")
    (root / "dog" / "loop").symlink_to(root, target_is_directory=True)
    (root / "dog" / "folder.png").mkdir()
    os.mkfifo(root / "cat" / "pipe.png")
    (root / "outside.png").write_bytes(png(noisy(1)))
    found = inspect(root)
    assert found.samples == 24
    reasons = {left.where: left.reason for left in found.left_out}
    assert reasons["cat/empty.png"] == "The file is empty."
    assert "not a picture" in reasons["cat/page.jpg"]
    assert "cut off" in reasons["cat/cut.jpg"]
    assert "not a picture" in reasons["dog/notes.txt"]
    assert "too large" in reasons["dog/huge.png"]
    assert "link to nothing" in reasons["dog/lost.png"]
    assert "regular file" in reasons["cat/pipe.png"]
    assert "no class folder" in reasons["outside.png"]
    assert found.left_out_count == len(reasons) == 8
    assert "8 could not be used" in found.description


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="needs permissions that bind")
def test_what_may_not_be_read_is_listed(tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets")
    (root / "cat" / "000.png").chmod(0)
    found = inspect(root)
    assert found.samples == 23 and "no permission" in found.left_out[0].reason


def test_every_mode_of_picture_becomes_grey_levels(tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets", per_class=2)
    base = Image.fromarray(noisy(4, 16, 16))
    base.convert("P").save(root / "cat" / "palette.png")
    base.convert("RGBA").save(root / "cat" / "alpha.png")
    base.convert("CMYK").save(root / "cat" / "cmyk.jpg")
    base.convert("1").save(root / "cat" / "bits.png")
    base.convert("LA").save(root / "cat" / "grey_alpha.png")
    Image.fromarray((np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)).save(root / "cat" / "sixteen.png")
    Image.fromarray(np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)).save(root / "cat" / "float.tif")
    base.save(root / "cat" / "moving.gif", save_all=True, append_images=[base.rotate(90)])
    found = inspect(root)
    assert found.samples == 12 and found.left_out_count == 0
    dataset = open_dataset(tmp_path, found.data)
    named = {dataset.name(i): dataset.raw(i, "pixels") for i in range(dataset.samples)}
    assert named["cat/sixteen.png"].ravel().tolist() == list(range(256))
    assert named["cat/float.tif"].ravel()[[0, 255]].tolist() == [0, 255]
    assert named["cat/alpha.png"].shape == (16, 16, 4) and named["cat/grey_alpha.png"].shape == (16, 16, 2)
    assert any("grey, the others in colour" in check.message for check in dataset.checks)


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets", per_class=2)
    image = Image.fromarray(noisy(4, 20, 10))
    exif = Image.Exif()
    exif[274] = 6
    image.save(root / "cat" / "turned.jpg", exif=exif)
    dataset = open_dataset(tmp_path, inspect(root).data)
    index = next(i for i in range(dataset.samples) if dataset.name(i) == "cat/turned.jpg")
    assert dataset.raw(index, "pixels").shape[:2] == (10, 20)


def test_idx(tmp_path: Path) -> None:
    for packed in (True, False):
        root = idx_folder(tmp_path / f"packed{packed}", packed=packed)
        (root / "classes.txt").write_text("zero\none\ntwo\n")
        found = inspect(root)
        assert found.data.sources[0].kind is SourceKind.IDX and found.samples == 80
        assert found.data.fields[1].statistics.classes == ("zero", "one", "two")
        dataset = open_dataset(tmp_path, found.data)
        assert dataset.counts.test == 20
        assert dataset.name(0) == "train 0" and dataset.name(60) == "test 0"
        assert dataset.columns(("pixels",), "train").gather(dataset.split_indices("test")[:0] + 0).shape == (0, 1, 8, 8)


def test_damaged_idx_files_are_named(tmp_path: Path) -> None:
    root = idx_folder(tmp_path / "idx")
    test_labels = root / "t10k-labels-idx1-ubyte.gz"
    test_labels.write_bytes(test_labels.read_bytes()[:-12])
    found = inspect(root)
    assert found.samples == 60 and any("cut off or damaged" in left.reason for left in found.left_out)
    images = root / "train-images-idx3-ubyte.gz"
    images.write_bytes(gzip.compress(gzip.decompress(images.read_bytes())[:-1]))
    with pytest.raises(DataError, match="cut off"):
        inspect(root)
    short = idx_folder(tmp_path / "short", packed=False)
    (short / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(59) % 3))
    assert any("60 pictures" in left.reason and "59 labels" in left.reason for left in inspect(short).left_out)


def test_npz_of_pictures_with_splits(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    np.savez(
        tmp_path / "d.npz",
        x_train=rng.integers(0, 256, (40, 10, 10), dtype=np.uint8),
        y_train=np.arange(40) % 4,
        x_test=rng.integers(0, 256, (12, 10, 10), dtype=np.uint8),
        y_test=np.arange(12) % 4,
    )
    found = inspect(tmp_path / "d.npz")
    assert found.samples == 52 and found.data.fields[0].kind is FieldKind.IMAGE
    assert open_dataset(tmp_path, found.data).counts.test == 12


def test_npz_of_numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    np.savez(tmp_path / "few.npz", X=rng.normal(size=(30, 3)), y=rng.normal(size=30))
    few = inspect(tmp_path / "few.npz")
    assert [field.name for field in few.data.inputs()] == ["x1", "x2", "x3"]
    assert few.data.targets()[0].kind is FieldKind.NUMBER
    np.savez(tmp_path / "many.npz", data=rng.normal(size=(30, 100)), labels=np.array(["a", "b"] * 15))
    many = inspect(tmp_path / "many.npz")
    assert many.data.inputs()[0].kind is FieldKind.ARRAY and many.data.targets()[0].statistics.classes == ("a", "b")
    dataset = open_dataset(tmp_path, many.data)
    assert dataset.columns(("values",), "train").whole().shape == (24, 100)


def test_npz_with_objects_is_never_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (Path(str(tmp_path / "ran")),))  # type: ignore[return-value]

    np.savez(tmp_path / "d.npz", x=np.array([Trap()], dtype=object), y=np.arange(1))
    with pytest.raises(DataError) as caught:
        inspect(tmp_path / "d.npz")
    assert "Python objects" in caught.value.found or "nothing" in caught.value.message
    assert not (tmp_path / "ran").exists()


def test_text_lines(tmp_path: Path) -> None:
    found = inspect(text_folder(tmp_path / "names"))
    assert found.data.sources[0].kind is SourceKind.TEXT_LINES and found.samples == 120
    text, label = found.data.fields
    assert label.statistics.classes == ("female", "male") and label.role is Role.TARGET
    assert text.preparation[0].type == "Characters" and "a" in text.statistics.vocabulary
    dataset = open_dataset(tmp_path, found.data)
    assert dataset.name(1) == "female.txt, line 2" and dataset.raw(0, "text").startswith("ann")


def test_endings_can_be_the_classes_of_text(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    sentences = [f"this is the film number {i} and it was fine" for i in range(30)]
    for ending in ("pos", "neg"):
        (tmp_path / "set" / f"polarity.{ending}").write_text("\n".join(f"{ending} {s}" for s in sentences))
    found = inspect(tmp_path / "set")
    assert found.data.fields[1].statistics.classes == ("neg", "pos")
    assert found.data.fields[0].preparation[0].type == "Words"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.bin", b"\x00\x01\x02" * 100, "not a text file"),
        ("weights.pt", b"PK\x03\x04" + bytes(60), "not a complete zip"),
        ("model.pkl", b"\x80\x04\x95" + bytes(60), "pickle"),
        ("one.png", png(noisy(1)), "One picture alone"),
    ],
)
def test_what_cannot_be_learned_from_is_said(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says):
        inspect(tmp_path / name)


def test_nothing_empty_and_flat(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is nothing at"):
        inspect(tmp_path / "missing")
    (tmp_path / "void").mkdir()
    with pytest.raises(DataError, match="is empty"):
        inspect(tmp_path / "void")
    (tmp_path / "single").mkdir()
    (tmp_path / "single" / "one.png").write_bytes(png(noisy(1)))
    with pytest.raises(DataError, match="One picture alone"):
        inspect(tmp_path / "single")
    with pytest.raises(UsageError):
        inspect(tmp_path, task="dreaming")


def test_members_that_lead_out_of_an_archive_are_left_out(tmp_path: Path) -> None:
    archive = tmp_path / "evil.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for index in range(4):
            target.writestr(f"{'ab'[index % 2]}/{index}.png", png(noisy(index)))
        target.writestr("../../escape.png", png(noisy(9)))
        target.writestr("/abs.png", png(noisy(9)))
        with target.open("a/bomb.png", "w") as member:
            member.write(bytes(30 << 20))
    with zipfile.ZipFile(archive) as source:
        sizes = {info.filename: info.compress_size for info in source.infolist()}
    squeezed = tmp_path / "squeezed.zip"
    with zipfile.ZipFile(squeezed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for index in range(4):
            target.writestr(f"{'ab'[index % 2]}/{index}.png", png(noisy(index)))
        target.writestr("../../escape.png", png(noisy(9)))
    assert sizes
    tree = open_tree(squeezed)
    assert [entry.name for entry in tree.entries] == ["a/0.png", "a/2.png", "b/1.png", "b/3.png"]
    assert "out of the archive" in tree.left_out.items[0].reason


def test_work_can_be_stopped_and_tells_how_far_it_is(tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets", per_class=40)
    heard: list[tuple[float, str]] = []
    inspect(root, progress=lambda fraction, message: heard.append((fraction, message)))
    assert all(fraction == -1 or 0 <= fraction <= 1 for fraction, _ in heard)
    with pytest.raises(Cancelled):
        inspect(idx_folder(tmp_path / "idx"), cancelled=lambda: True)


def test_two_classes_that_differ_in_case_are_told(tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets", per_class=3)
    (root / "Cat").mkdir()
    (root / "Cat" / "1.png").write_bytes(png(noisy(77)))
    dataset = open_dataset(tmp_path, inspect(root).data)
    assert any("upper and lower case" in check.message for check in dataset.checks)


def test_names_with_odd_characters_can_be_shown(tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets", per_class=3)
    (root / "cat" / "new\nline\x1b[31m.png").write_bytes(b"nothing")
    (left,) = inspect(root).left_out
    assert left.where == "cat/new\\nline\\x1b[31m.png"


def test_a_text_stream_is_no_picture() -> None:
    from engine.data.pictures import decode

    with pytest.raises(DataError, match="not a picture"):
        decode(io.BytesIO(b"plain words").getvalue(), "x.jpg")


def test_a_folder_above_the_classes_does_not_count(tmp_path: Path) -> None:
    root = tmp_path / "flowers"
    picture_folder(root / "images", per_class=4)
    (root / "LICENSE").write_text("free")
    (root / "images" / "overview.png").write_bytes(png(noisy(1)))
    found = inspect(root)
    assert found.data.fields[1].statistics.classes == ("cat", "dog")
    assert found.left_out[0].where == "images/overview.png"


def test_a_class_whose_name_is_no_unicode_can_be_saved(tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "pets", per_class=3)
    try:
        os.rename(os.fsencode(root / "cat"), os.fsencode(root) + b"/c\xe5t")  # noqa: PTH104 - bytes
    except OSError:
        pytest.skip("the file system takes Unicode only")
    classes = inspect(root).data.fields[1].statistics.classes
    assert len(classes) == 2 and [name.encode() for name in classes]

"""Single values for Try it: read as the data was read, or refused with a sentence; and without torch."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.reading import read_input
from engine.document.data_spec import Field, FieldKind, Statistics
from engine.errors import DataError
from tests.unit.data.samples_on_disk import noisy, png

PICTURE = Field(name="photo", kind=FieldKind.IMAGE)
NUMBER = Field(name="age", kind=FieldKind.NUMBER)
TEXT = Field(name="review", kind=FieldKind.TEXT)


def test_a_picture_by_path_bytes_pixels_and_array(tmp_path: Path) -> None:
    array = noisy(1, 5, 7)
    path = tmp_path / "p.png"
    path.write_bytes(png(array))
    pixels = {"pixels": array.tobytes(), "height": 5, "width": 7, "channels": 3}
    for value in (str(path), path, png(array), pixels, array):
        np.testing.assert_array_equal(read_input(PICTURE, value), array)
    grey = read_input(PICTURE, {"pixels": bytes(6), "height": 2, "width": 3})
    assert grey.shape == (2, 3, 1)  # type: ignore[union-attr]
    assert read_input(PICTURE, array[..., 0]).shape == (5, 7, 1)  # type: ignore[union-attr]


def test_the_file_is_read_as_the_data_set_reads_it(tmp_path: Path) -> None:
    image = Image.fromarray(noisy(1, 8, 6))
    exif = Image.Exif()
    exif[274] = 3
    image.save(tmp_path / "p.jpg", exif=exif, quality=100, subsampling=0)
    turned = read_input(PICTURE, str(tmp_path / "p.jpg"))
    plain = np.asarray(Image.open(tmp_path / "p.jpg"))
    np.testing.assert_array_equal(turned, plain[::-1, ::-1])


@pytest.mark.parametrize(
    "value",
    [
        "/nowhere/p.png",
        "\0",
        "",
        b"",
        b"no picture",
        7,
        None,
        {},
        {"pixels": b"123", "height": 2, "width": 2, "channels": 1},
        {"pixels": "text", "height": 1, "width": 1},
        {"pixels": b"12", "height": True, "width": 2},
        {"pixels": b"", "height": 0, "width": 0},
        {"pixels": bytes(5), "height": 1, "width": 1, "channels": 5},
        {"pixels": b"1", "height": 1 << 40, "width": 1 << 40},
        np.zeros((2, 2, 9), np.uint8),
        np.zeros((2, 2, 3), np.float32),
    ],
)
def test_what_is_no_picture_is_refused(value: object) -> None:
    with pytest.raises(DataError):
        read_input(PICTURE, value)


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a file"):
        read_input(PICTURE, str(tmp_path))


def test_numbers() -> None:
    assert read_input(NUMBER, "3.5") == read_input(NUMBER, "3,5") == read_input(NUMBER, 3.5) == 3.5
    assert read_input(NUMBER, " -1e3 ") == -1000 and read_input(NUMBER, 7) == 7
    for missing in ("", " ", None, "NA", "?", "inf", 1e300, float("nan")):
        assert math.isnan(read_input(NUMBER, missing))  # type: ignore[arg-type]
    for bad in ("seven", "1.2.3", "1,234,5", [], b"1"):
        with pytest.raises(DataError, match="not a number for 'age'"):
            read_input(NUMBER, bad)


def test_texts_and_categories() -> None:
    category = Field(name="color", kind=FieldKind.CATEGORY)
    assert (
        read_input(category, " red ") == "red" and read_input(category, 7) == "7" and read_input(category, None) == ""
    )
    assert read_input(TEXT, "naïve 猫") == "naïve 猫"
    assert read_input(TEXT, "half \ud83d") == "half ?"
    for bad in (True, [], {}, b"x", "x" * (2 << 20)):
        with pytest.raises(DataError):
            read_input(TEXT, bad)


def test_arrays() -> None:
    array = Field(name="values", kind=FieldKind.ARRAY, statistics=Statistics(shape=(2, 3)))
    assert read_input(array, [1, 2, 3, 4, 5, 6]).shape == (2, 3)  # type: ignore[union-attr]
    for bad in ([1, 2], "abc", None, [[1, 2, 3], [4, 5]], [1, 2, 3, 4, 5, "x"]):
        with pytest.raises(DataError):
            read_input(array, bad)


def test_reading_needs_no_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; import engine.data.reading"
    subprocess.run([sys.executable, "-c", code], check=True)

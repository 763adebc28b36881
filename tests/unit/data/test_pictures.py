"""Every kind of picture comes out as the grey levels and colours that were put in."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from engine.data.pictures import decode, decode_at_least, indices, moves
from engine.errors import DataError
from tests.unit.data.samples_on_disk import noisy, png

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def saved(image: Image.Image, form: str, **more: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **more)
    return stream.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def raw_png(pixels: np.ndarray, colour_type: int) -> bytes:
    """A PNG of uint16 (H, W, C), which Pillow cannot write."""
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def raw_tiff(pixels: np.ndarray, bits: int, photometric: int) -> bytes:
    """A little-endian TIFF of one strip, which Pillow cannot write."""
    height, width, channels = pixels.shape
    data = pixels.astype("<u2").tobytes()
    if bits == 12:  # two numbers in three bytes
        first, second = pixels.reshape(-1, 2).astype(np.uint16).T
        data = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], 1).astype(np.uint8).tobytes()
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, photometric),
        (273, 4, 0),
        (277, 3, channels),
        (278, 4, height),
        (279, 4, len(data)),
    ]
    at = 8 + 2 + 12 * len(tags) + 4
    wide = struct.pack("<3H", bits, bits, bits) if channels == 3 else b""
    out = b"II*\0" + struct.pack("<IH", 8, len(tags))
    for tag, kind, value in tags:
        if tag == 258 and wide:
            out += struct.pack("<HHII", tag, kind, 3, at)
        else:
            out += struct.pack("<HHII", tag, kind, 1, at + len(wide) if tag == 273 else value)
    return out + bytes(4) + wide + data


def test_sixteen_bits_become_eight() -> None:
    wide = RAMP.astype(np.uint16) * 257
    assert (decode(saved(Image.fromarray(wide), "PNG"), "g")[..., 0] == RAMP).all()
    assert (decode(saved(Image.fromarray(wide), "TIFF"), "g")[..., 0] == RAMP).all()
    colours = noisy(3, 9, 7)
    assert (decode(raw_png(colours.astype(np.uint16) * 257, 2), "c") == colours).all()
    alpha = noisy(4, 9, 7, 4)
    assert (decode(raw_png(alpha.astype(np.uint16) * 257, 6), "a") == alpha).all()
    grey_alpha = noisy(5, 9, 7, 2)
    assert (decode(raw_png(grey_alpha.astype(np.uint16) * 257, 4), "ga") == grey_alpha[..., [0, 0, 0, 1]]).all()
    twelve = np.arange(0, 4096, 64, dtype=np.uint16).reshape(8, 8)
    assert (decode(raw_tiff(twelve[..., None], 12, 1), "t")[..., 0] == np.rint(twelve * (255 / 4095))).all()
    assert (decode(raw_tiff(colours.astype(np.uint16) * 257, 16, 2), "t") == colours).all()


def test_whole_and_decimal_numbers_by_their_largest_value() -> None:
    deep = Image.fromarray(RAMP.astype(np.int32) * 257)
    assert (decode(saved(deep, "TIFF"), "i")[..., 0] == RAMP).all()
    for scale in (1 / 255, 1, 257):
        floats = RAMP.astype(np.float32) * np.float32(scale)
        assert (decode(saved(Image.fromarray(floats), "TIFF"), "f")[..., 0] == RAMP).all()
    odd = RAMP.astype(np.float32) / 255
    odd[0, 0], odd[0, 1] = np.nan, np.inf
    assert decode(saved(Image.fromarray(odd), "TIFF"), "f")[0, :3, 0].tolist() == [0, 0, 2]


def test_palettes_with_and_without_transparency() -> None:
    colours = np.array([[10, 20, 30], [200, 100, 50], [0, 255, 0]], np.uint8)
    numbers = (np.arange(12, dtype=np.uint8) % 3).reshape(3, 4)
    image = Image.fromarray(numbers, "P")
    image.putpalette(colours.tobytes())
    assert (decode(saved(image, "PNG"), "p") == colours[numbers]).all()
    see_through = decode(saved(image, "PNG", transparency=1), "p")
    assert (see_through[..., :3] == colours[numbers]).all()
    assert (see_through[..., 3] == np.where(numbers == 1, 0, 255)).all()
    levels = decode(saved(image, "PNG", transparency=bytes([255, 128, 7])), "p")
    assert (levels[..., 3] == np.array([255, 128, 7])[numbers]).all()
    found, palette = indices(saved(image, "PNG", transparency=1), "p")
    assert palette and (found == numbers).all()


def test_one_bit_grey_alpha_and_colour_keys() -> None:
    bits = Image.fromarray(RAMP > 127)
    assert bits.mode == "1"
    assert (decode(saved(bits, "PNG"), "b")[..., 0] == np.where(RAMP > 127, 255, 0)).all()
    assert (decode(saved(bits, "TIFF", compression="group4"), "b")[..., 0] == np.where(RAMP > 127, 255, 0)).all()
    pair = noisy(6, 8, 8, 2)
    assert (decode(saved(Image.fromarray(pair, "LA"), "PNG"), "la") == pair).all()
    keyed = decode(saved(Image.fromarray(RAMP), "PNG", transparency=9), "key")
    assert keyed.shape == (16, 16, 2) and keyed[0, 9].tolist() == [9, 0] and keyed[0, 8].tolist() == [8, 255]


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (20, 200, 90)])
def test_cmyk_with_and_without_the_mark_of_adobe(colour: tuple[int, int, int]) -> None:
    ink = Image.new("RGB", (16, 16), colour).convert("CMYK")
    adobe = saved(ink, "JPEG", quality=100)
    at = adobe.index(b"\xff\xee")
    assert adobe[at + 4 : at + 9] == b"Adobe"
    plain = saved(Image.fromarray(255 - np.asarray(ink), "CMYK"), "JPEG", quality=100)
    at = plain.index(b"\xff\xee")
    plain = plain[:at] + plain[at + 2 + int.from_bytes(plain[at + 2 : at + 4], "big") :]
    assert b"Adobe" not in plain
    for data in (adobe, plain, saved(ink, "TIFF")):
        assert np.abs(decode(data, "cmyk").astype(int) - np.array(colour)).max() <= 3


def test_cielab_becomes_colours() -> None:
    # Red, green, blue and a grey of sRGB in CIELAB (D50): L* of 0 to 100 as 0 to 255, a* and b* signed.
    lab = np.array([[[138, 81, 70], [224, -79, 81], [75, 68, -112], [136, 0, 0]]], np.int16).astype(np.uint8)
    found = decode(saved(Image.frombytes("LAB", (4, 1), lab.tobytes()), "TIFF"), "lab")[0].astype(int)
    wanted = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [127, 127, 127]])
    assert np.abs(found - wanted).max() <= 25


def test_every_turn_of_a_camera() -> None:
    picture = np.zeros((16, 24, 3), np.uint8)
    picture[:8, :8] = 255  # a white corner, top left
    turned = {
        1: picture,
        2: picture[:, ::-1],
        3: picture[::-1, ::-1],
        4: picture[::-1],
        5: picture.transpose(1, 0, 2),
        6: np.rot90(picture, -1),
        7: picture[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(picture, 1),
    }
    for orientation, wanted in turned.items():
        exif = Image.Exif()
        exif[274] = orientation
        for form in ("JPEG", "PNG", "WEBP"):
            more = {"lossless": True} if form == "WEBP" else {"quality": 100} if form == "JPEG" else {}
            found = decode(saved(Image.fromarray(picture), form, exif=exif, **more), "e")
            assert found.shape == wanted.shape and np.abs(found.astype(int) - wanted).max() < 40, (orientation, form)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame(form: str) -> None:
    frames = [Image.new("RGB", (12, 10), colour) for colour in ("red", "blue", "lime")]
    data = saved(frames[0], form, save_all=True, append_images=frames[1:], duration=50, loop=0, lossless=True)
    found = decode(data, "moving")
    assert found.shape[:2] == (10, 12) and np.abs(found[..., :3].astype(int) - [255, 0, 0]).max() <= 2
    assert moves(data[:4096]) and not moves(saved(frames[0], form)[:4096])


def test_masks_keep_their_numbers() -> None:
    numbers = (RAMP % 4).astype(np.uint8)
    assert (indices(png(numbers), "m")[0] == numbers).all()
    assert (indices(saved(Image.fromarray(numbers.astype(np.uint16)), "PNG"), "m")[0] == numbers).all()
    assert (indices(png(np.stack([numbers] * 3, 2)), "m")[0] == numbers).all()
    assert (indices(saved(Image.fromarray(numbers > 1), "PNG"), "m")[0] == np.where(numbers > 1, 255, 0)).all()
    colours = noisy(5, 4, 4)
    assert (indices(png(colours), "m")[0] == colours).all()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"])
@pytest.mark.parametrize("tenth", range(0, 10))
def test_what_is_cut_off_says_so(form: str, tenth: int) -> None:
    data = saved(Image.fromarray(noisy(2, 64, 64)), form)
    with pytest.raises(DataError) as caught:
        decode(data[: len(data) * tenth // 10], "cut.file")
    assert "cut.file" in caught.value.message and "Traceback" not in caught.value.message


def test_bombs_are_refused_before_they_unpack() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))
    with pytest.raises(DataError, match="too large: 60,000 × 60,000 pixels"):
        decode(bomb, "bomb.png")
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100 << 20)))
    small = png(RAMP)
    with pytest.raises(DataError, match=r"bomb\.png"):
        decode(small[:33] + text + small[33:], "bomb.png")


def photo(width: int, height: int, orientation: int = 1) -> bytes:
    """A smooth JPEG with a bright corner at the top left of what is stored."""
    rows, columns = np.mgrid[0:height, 0:width]
    levels = 128 + 100 * np.sin(rows / 37) * np.cos(columns / 53)
    picture = np.stack((levels, levels[:, ::-1], 255 - levels), -1).clip(0, 255).astype(np.uint8)
    picture[: height // 4, : width // 4] = 255
    file, exif = io.BytesIO(), Image.Exif()
    exif[274] = orientation
    Image.fromarray(picture).save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_decoded_at_a_part_of_its_size_where_that_is_enough(orientation: int) -> None:
    data = photo(400, 640, orientation)
    whole = decode(data, "p.jpg")
    for enough, part in (((96, 96), 4), ((170, 90), 2), ((90, 170), 2), ((400, 400), 1), ((10, 10), 8), (None, 1)):
        small, size = decode_at_least(data, "p.jpg", enough)
        assert size == whole.shape[:2]
        if enough is not None and min(enough) < min(whole.shape[:2]) and max(enough) < min(whole.shape[:2]):
            assert small.shape[0] >= enough[0] and small.shape[1] >= enough[1]
        if enough is None or enough[0] == enough[1]:
            assert small.shape[0] == -(-whole.shape[0] // part)
        shown = np.asarray(Image.fromarray(whole).resize((30, 30), Image.Resampling.BOX), np.int16)
        other = np.asarray(Image.fromarray(small).resize((30, 30), Image.Resampling.BOX), np.int16)
        assert np.abs(shown - other).mean() < 4


def test_other_files_are_decoded_whole() -> None:
    file = io.BytesIO()
    Image.new("RGB", (400, 300)).save(file, "PNG")
    assert decode_at_least(file.getvalue(), "p.png", (20, 20))[0].shape == (300, 400, 3)

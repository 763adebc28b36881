"""Decoding of picture files: every mode and orientation to whole grey levels or colours, within limits. No torch.

The result is uint8 (H, W, C) with C 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; the step Channels does the
rest, in training as in the exported file.
"""

import functools
import io
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError

from engine.data.readers.files import reason
from engine.errors import DataError

MAX_PIXELS = 50_000_000
MAX_PICTURE_BYTES = 512 << 20

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA", "JPEG2000", "AVIF", "ICO")
"""What is opened. EPS and the like are not among them: Pillow would start an outside program."""

SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp"),
        *(".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".jp2", ".j2k", ".avif", ".ico", ".mpo"),
    }
)
"""Endings that say a file means to be a picture."""

_ORIENTATION = 274
"""The tag of EXIF; 5 to 8 lie on their side."""

_BITS_PER_SAMPLE = 258
"""The tag of a TIFF."""

Bytes = npt.NDArray[np.uint8]


@functools.cache
def _formats() -> tuple[str, ...]:
    """The formats that this Pillow was built with."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def open_picture(data: bytes, where: str) -> Image.Image:
    """The picture's header, checked against the limits; nothing is decoded yet. Raises DataError with the reason."""
    if not data:
        raise DataError(f"{where} is empty.", where=where)
    Image.MAX_IMAGE_PIXELS = None  # our own limit stands below, with our own words
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=_formats())
    except UnidentifiedImageError:
        raise DataError(f"{where} is not a picture.", where=where, found=_what(data)) from None
    except Exception as error:  # noqa: BLE001 - decoders raise what they like; the user is told through DataError
        raise DataError(f"{where} is damaged ({_short(error)}).", where=where) from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DataError(
            f"{where} is too large: {width:,} × {height:,} pixels.",
            where=where,
            expected=f"up to {MAX_PIXELS // 1_000_000} million pixels",
            found=f"{width * height / 1e6:.0f} million",
        )
    if width < 1 or height < 1:
        raise DataError(f"{where} has no pixels.", where=where)
    return image


def size_of(data: bytes, where: str) -> tuple[int, int]:
    """Height and width as `decode` gives them, from the header alone. Raises DataError."""
    image = open_picture(data, where)
    try:
        turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    except Exception:  # noqa: BLE001 - damaged EXIF; decode passes over it likewise
        turned = False
    width, height = image.size
    return (width, height) if turned else (height, width)


def decode(data: bytes, where: str) -> Bytes:
    """A picture file as uint8 (H, W, C), turned as its EXIF says; of several frames the first. Raises DataError."""
    return decode_at_least(data, where, None)[0]


def decode_at_least(data: bytes, where: str, enough: tuple[int, int] | None) -> tuple[Bytes, tuple[int, int]]:
    """`decode`, and the height and width in the file.

    A JPEG is decoded at a half, quarter or eighth of its size where height and width stay at least `enough`: its
    blocks of 8 × 8 are then averaged exactly, in a fraction of the time.
    """
    image, size = _decoded(data, where, enough)
    try:
        return as_array(image), size
    except MemoryError:
        raise DataError(f"{where} does not fit in memory.", where=where) from None
    except Exception as error:  # noqa: BLE001 - decoders raise what they like; the user is told through DataError
        raise DataError(f"{where} is damaged ({_short(error)}).", where=where) from None


def _decoded(data: bytes, where: str, enough: tuple[int, int] | None = None) -> tuple[Image.Image, tuple[int, int]]:
    """The first frame of a picture file in its own mode, turned as its EXIF says, and height and width in the file.

    Raises DataError.
    """
    image = open_picture(data, where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            size = image.size
            turned = image.getexif().get(_ORIENTATION, 1)
            lying = isinstance(turned, int) and 5 <= turned <= 8
            if enough is not None and image.format == "JPEG":
                image.draft(None, enough if lying else enough[::-1])
            image.load()
            # Both give a new picture, without the header that as_array looks at.
            bits, image = _bits(image), _not_inverted(image)
            if turned != 1:
                image = ImageOps.exif_transpose(image)
            if bits:
                image.tag_v2 = {_BITS_PER_SAMPLE: bits}  # type: ignore[attr-defined]
            return image, size if lying else size[::-1]
    except MemoryError:
        raise DataError(f"{where} does not fit in memory.", where=where) from None
    except Exception as error:  # noqa: BLE001 - decoders raise what they like; the user is told through DataError
        text = str(error).lower()
        cut = "truncated" in text or "unexpected end" in text or isinstance(error, EOFError)
        raise DataError(
            f"{where} is cut off." if cut else f"{where} is damaged ({_short(error)}).", where=where
        ) from None


def decode_file(path: Path) -> Bytes:
    """A picture file on disk as uint8 (H, W, C). Raises DataError naming the path."""
    return decode(file_bytes(path), str(path))


def file_bytes(path: Path) -> bytes:
    """The content of a picture file on disk. Raises DataError naming the path."""
    try:
        if not path.is_file():
            raise DataError(
                f"There is no file {path}." if not path.exists() else f"{path} is not a file.", where=str(path)
            )
        if path.stat().st_size > MAX_PICTURE_BYTES:
            raise DataError(f"{path} is too large for a picture.", where=str(path))
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}.", where=str(path)) from None
    except ValueError:
        raise DataError("This is not a path.", where=repr(str(path))[:200]) from None


def as_array(image: Image.Image) -> Bytes:
    """A Pillow picture as uint8 (H, W, 1 to 4).

    16-bit grey is 0 to 65535 (0 to 4095 in a 12-bit TIFF) whatever it holds, so that pictures stay comparable; 32-bit
    whole numbers are taken as 8 or 16 bits by their largest value, floats as 0 to 1, 0 to 255 or 0 to 65535 likewise.
    """
    mode = image.mode
    if mode == "1":
        image = image.convert("L")
    elif mode.startswith("I;16"):
        return _levels(np.asarray(image).astype(np.float32) / np.float32(4095 / 255 if _bits(image) == 12 else 257))
    elif mode == "I":
        levels = np.asarray(image).astype(np.float32)
        return _levels(levels / np.float32(257) if levels.max(initial=0) > 255 else levels)
    elif mode == "F":
        levels = np.nan_to_num(np.asarray(image, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        largest = levels.max(initial=0)
        return _levels(levels * (np.float32(255) if largest <= 1 else np.float32(1 if largest <= 255 else 1 / 257)))
    elif mode in ("P", "PA"):
        image = image.convert("RGBA" if mode == "PA" or "transparency" in image.info else "RGB")
    elif mode in ("L", "RGB") and "transparency" in image.info:
        image = image.convert("LA" if mode == "L" else "RGBA")
    elif mode == "La":
        image = image.convert("LA")
    elif mode == "RGBa":
        image = image.convert("RGBA")
    elif mode == "LAB":
        image = _from_lab(image)
    elif mode not in ("L", "LA", "RGB", "RGBA"):
        image = image.convert("RGB")
    array = np.asarray(image, dtype=np.uint8)
    return np.ascontiguousarray(array[..., None] if array.ndim == 2 else array)


def _levels(values: npt.NDArray[np.float32]) -> Bytes:
    return np.ascontiguousarray(np.clip(np.rint(values), 0, 255).astype(np.uint8)[..., None])


def _bits(image: Image.Image) -> int:
    """Bits of a number as a TIFF says, 0 for other formats."""
    found = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, 0)
    return int(found[0] if isinstance(found, tuple) else found)


def _from_lab(image: Image.Image) -> Image.Image:
    """CIELAB to sRGB, which Pillow leaves to the colour management library."""
    from PIL import ImageCms  # seldom needed

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    found = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    assert found is not None
    return found


def _not_inverted(image: Image.Image) -> Image.Image:
    """Pillow reads every CMYK JPEG as Adobe writes them, upside down; those without Adobe's mark are not."""
    if image.mode == "CMYK" and image.format in ("JPEG", "MPO") and "adobe" not in image.info:
        return ImageChops.invert(image)
    return image


def moves(head: bytes) -> bool:
    """Whether the first 4 KB are of an animation: GIF, APNG or WebP; only the first frame of it is used."""
    if head[:4] == b"GIF8":
        return b"NETSCAPE2.0" in head or b"ANIMEXTS1.0" in head
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return b"acTL" in head.partition(b"IDAT")[0]
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) > 20 and bool(head[20] & 2)


def indices(data: bytes, where: str) -> tuple[Bytes, bool]:
    """A picture that is a mask: uint8 (H, W) or (H, W, 3), not mixed into grey levels, and whether it has a palette.

    A palette picture gives its index numbers, a 1-bit one 0 and 255, 16-bit numbers are kept where all are up to 255;
    where they go on they number objects, and what is not 0 becomes 255. Transparency does not count. Raises DataError.
    """
    image, _ = _decoded(data, where)
    if image.mode in ("P", "PA"):
        return np.ascontiguousarray(np.asarray(image.getchannel("P") if image.mode == "PA" else image, np.uint8)), True
    if image.mode == "I" or image.mode.startswith("I;16"):
        numbers = np.asarray(image).astype(np.int64)
        if numbers.min(initial=0) >= 0 and numbers.max(initial=0) <= 255:
            return np.ascontiguousarray(numbers.astype(np.uint8)), False
        return np.where(numbers != 0, np.uint8(255), np.uint8(0)), False
    levels = as_array(image)
    channels = levels.shape[2]
    if channels <= 2:
        return np.ascontiguousarray(levels[..., 0]), False
    colours = levels[..., :3]
    grey = bool((colours == colours[..., :1]).all())
    return np.ascontiguousarray(colours[..., 0] if grey else colours), False


def thumbnail(picture: Bytes, size: int) -> tuple[int, int, bytes]:
    """Width, height and RGB bytes of a picture made to fit a square of `size` pixels; never enlarged."""
    image = as_image(picture)
    if max(image.size) > size:
        image.thumbnail((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return image.width, image.height, image.tobytes()


def as_image(picture: Bytes) -> Image.Image:
    """uint8 (H, W, C) as an RGB Pillow picture, what is transparent on white."""
    channels = picture.shape[2]
    if channels == 1:
        return Image.fromarray(np.ascontiguousarray(picture[..., 0])).convert("RGB")
    if channels == 3:
        return Image.fromarray(picture)
    image = Image.fromarray(picture, "LA" if channels == 2 else "RGBA").convert("RGBA")
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def _short(error: Exception) -> str:
    return (str(error).split("\n")[0] or type(error).__name__)[:120]


def _what(data: bytes) -> str:
    """What a file that is no picture seems to be."""
    head = data[:512].lstrip()
    if head[:1] == b"<":
        return "a web page or other marked-up text"
    if data[:2] == b"PK":
        return "a zip archive"
    if data[:5] in (b"%PDF-", b"%!PS-"):
        return "a document"
    text = sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in head)
    return "text" if head and text > 0.95 * len(head) else "something else"

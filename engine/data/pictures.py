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
from PIL import Image, ImageOps, UnidentifiedImageError

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


def decode(data: bytes, where: str) -> Bytes:
    """A picture file as uint8 (H, W, C), turned as its EXIF says; of several frames the first. Raises DataError."""
    image = open_picture(data, where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            image = ImageOps.exif_transpose(image)
            return as_array(image)
    except DataError:
        raise
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
    try:
        if not path.is_file():
            raise DataError(
                f"There is no file {path}." if not path.exists() else f"{path} is not a file.", where=str(path)
            )
        if path.stat().st_size > MAX_PICTURE_BYTES:
            raise DataError(f"{path} is too large for a picture.", where=str(path))
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}.", where=str(path)) from None
    except ValueError:
        raise DataError("This is not a path.", where=repr(str(path))[:200]) from None
    return decode(data, str(path))


def as_array(image: Image.Image) -> Bytes:
    """A Pillow picture as uint8 (H, W, 1 to 4).

    16-bit grey is 0 to 65535 whatever it holds; 32-bit whole numbers are taken as 8 or 16 bits by their largest
    value; floats as 0 to 1 or 0 to 255 likewise.
    """
    mode = image.mode
    if mode == "1":
        image = image.convert("L")
    elif mode.startswith("I;16"):
        return _levels(np.asarray(image).astype(np.float64) / 257.0)
    elif mode == "I":
        levels = np.asarray(image).astype(np.float64)
        return _levels(levels / 257.0 if levels.max(initial=0) > 255 else levels)
    elif mode == "F":
        levels = np.nan_to_num(np.asarray(image).astype(np.float64), posinf=255.0, neginf=0.0)
        return _levels(levels * 255.0 if levels.max(initial=0) <= 1.0 else levels)
    elif mode in ("P", "PA"):
        image = image.convert("RGBA" if mode == "PA" or "transparency" in image.info else "RGB")
    elif mode in ("L", "RGB") and "transparency" in image.info:
        image = image.convert("LA" if mode == "L" else "RGBA")
    elif mode == "La":
        image = image.convert("LA")
    elif mode == "RGBa":
        image = image.convert("RGBA")
    elif mode not in ("L", "LA", "RGB", "RGBA"):
        image = image.convert("RGB")
    array = np.asarray(image, dtype=np.uint8)
    return np.ascontiguousarray(array[..., None] if array.ndim == 2 else array)


def _levels(values: npt.NDArray[np.float64]) -> Bytes:
    return np.ascontiguousarray(np.clip(np.rint(values), 0, 255).astype(np.uint8)[..., None])


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

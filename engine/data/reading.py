"""Reading one value for Try it and predict: what a person gives becomes what the data holds. No torch."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.left_out import printable
from engine.data.pictures import MAX_PIXELS, decode, decode_file, file_bytes
from engine.document.data_spec import Field, FieldKind
from engine.errors import DataError

_COMMA = re.compile(r"[+-]?\d+,\d+\Z")
_MAX_TEXT = 1 << 20

Raw = npt.NDArray[np.uint8] | npt.NDArray[np.float32] | float | str


def read_input(field: Field, value: Any) -> Raw:
    """The raw value of a field from what a person gives.

    Picture: a path, the bytes of a picture file, {"pixels": bytes, "height", "width", "channels"}, or a uint8 array;
    gives uint8 (H, W, 1 to 4), turned as its EXIF says. Number: a number or its text, empty for missing; gives a
    float or nan. Date: a date as the field's are written, year first, or seconds since 1970; gives seconds or nan.
    Labels: text with separators, or a list; gives text as the data holds it. Category and text: gives a string.
    Mask: the path or bytes of a mask file, or uint8 class numbers; gives uint8 (H, W). Sound: the path or
    bytes of a sound file, {"samples": float32 bytes, "rate"}, or float32 (T,) at the field's rate; gives that. Series:
    numbers (time, channels), or their text; gives float32. Array: numbers of the field's shape. Raises DataError.
    """
    if field.kind is FieldKind.IMAGE:
        return _picture(field, value)
    if field.kind is FieldKind.MASK:
        return _mask(field, value)
    if field.kind is FieldKind.NUMBER:
        return _number(field, value)
    if field.kind is FieldKind.DATE:
        return _date(field, value)
    if field.kind is FieldKind.LABELS:
        return _labels(field, value)
    if field.kind in (FieldKind.CATEGORY, FieldKind.TEXT):
        return _text(field, value)
    if field.kind is FieldKind.AUDIO:
        return _sound(field, value)
    if field.kind is FieldKind.SERIES:
        return _series(field, value)
    return _array(field, value)


def _sound(field: Field, value: Any) -> npt.NDArray[np.float32]:
    """One channel at the field's rate."""
    from engine.data.samples import Sound
    from engine.data.sounds import decode as decode_sound
    from engine.data.sounds import decode_file as decode_sound_file
    from engine.data.sounds import mono, resampled

    rate = field.statistics.rate
    if isinstance(value, bytes):
        return decode_sound(value, field.name, rate).samples
    if isinstance(value, str | Path):
        return decode_sound_file(Path(value).expanduser(), rate).samples
    if isinstance(value, dict):
        samples, own = value.get("samples"), value.get("rate", rate)
        raw = bytes(samples) if isinstance(samples, bytes | bytearray | memoryview) else b""
        if raw and len(raw) % 4 == 0 and isinstance(own, int) and own > 0:
            value = Sound(np.frombuffer(raw, np.float32), own)
    if isinstance(value, Sound):
        value = resampled(value, rate).samples
    if isinstance(value, np.ndarray) and value.ndim in (1, 2) and value.size and np.isfinite(value).all():
        return mono(value)
    raise DataError(
        f"This is no sound for '{field.name}'.",
        where=field.name,
        expected="the path of a sound file",
        found=_shown(value),
    )


def _series(field: Field, value: Any) -> npt.NDArray[np.float32]:
    """(time, channels), the oldest first; NaN where a value is missing. One channel may be a plain list."""
    shape = field.statistics.shape
    if isinstance(value, str | Path) and (path := _table_path(value)) is not None:
        from engine.data.series_input import series_of_file  # needs polars

        return next(iter(series_of_file(field, file_bytes(path), path.name)))[1]
    if isinstance(value, str):
        value = value.strip().strip("[]")
        parts = [part.strip() for part in re.split(r"[;,\s]+", value) if part.strip()]
        value = [float("nan") if part in ("?", "NA", "nan") else part for part in parts]
    try:
        array = np.asarray([] if value is None else value, dtype=np.float32)
    except (ValueError, TypeError, OverflowError):
        array = np.zeros(0, np.float32)
    sizes = tuple(size for size in shape if size is not None)
    if array.ndim == 1 and len(sizes) == 2 and array.size == sizes[0] * sizes[1]:
        array = array.reshape(sizes)
    if array.ndim != 2 or array.shape != sizes or not np.isfinite(array).any():
        columns = field.options.get("columns")
        names = f" ({', '.join(map(str, columns[:6]))})" if isinstance(columns, list) and len(sizes) == 2 else ""
        raise DataError(
            f"This is no series for '{field.name}'.",
            where=field.name,
            expected=f"{' × '.join(map(str, sizes))} numbers{names}, or a CSV file",
            found=" × ".join(map(str, array.shape)) + " numbers" if array.size else _shown(value),
        )
    return np.ascontiguousarray(array)


def _table_path(value: str | Path) -> Path | None:
    """The table that a text names, or None where it is no path of a file."""
    if isinstance(value, str) and (len(value) > 4096 or "\n" in value or "." not in value):
        return None
    path = Path(value).expanduser()
    try:
        return path if path.suffix and not path.suffix[1:].isdigit() and path.is_file() else None
    except (OSError, ValueError):
        return None


def _picture(field: Field, value: Any) -> npt.NDArray[np.uint8]:
    if isinstance(value, bytes):
        return decode(value, field.name)
    if isinstance(value, str | Path):
        return decode_file(Path(value).expanduser())
    if isinstance(value, np.ndarray):
        picture = value[..., None] if value.ndim == 2 else value
        if picture.dtype == np.uint8 and picture.ndim == 3 and 1 <= picture.shape[2] <= 4 and 0 not in picture.shape:
            return np.ascontiguousarray(picture)
        raise DataError(
            f"This is no picture for '{field.name}'.",
            where=field.name,
            expected="uint8, height × width × channels",
            found=f"{value.dtype}, {' × '.join(map(str, value.shape))}",
        )
    if isinstance(value, dict):
        return _pixels(field, value)
    raise DataError(
        f"This is no picture for '{field.name}'.",
        where=field.name,
        expected="the path of a picture",
        found=_shown(value),
    )


def _mask(field: Field, value: Any) -> npt.NDArray[np.uint8]:
    """Class numbers, as the field's masks are read."""
    from engine.data.mask_values import values_of

    if isinstance(value, str | Path):
        path = Path(value).expanduser()
        return values_of(field).read([(str(path), file_bytes(path))])
    if isinstance(value, bytes):
        return values_of(field).read([(field.name, value)])
    classes = len(field.statistics.classes)
    if isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim in (2, 3) and 0 not in value.shape:
        mask = value[..., 0] if value.ndim == 3 else value
        if int(mask.max()) < max(1, classes):
            return np.ascontiguousarray(mask)
    raise DataError(
        f"This is no mask for '{field.name}'.",
        where=field.name,
        expected=f"the path of a mask, or class numbers from 0 to {max(1, classes) - 1}, height × width",
        found=_shown(value),
    )


def _pixels(field: Field, value: dict[Any, Any]) -> npt.NDArray[np.uint8]:
    pixels = value.get("pixels")
    shape = tuple(value.get(name, 1 if name == "channels" else 0) for name in ("height", "width", "channels"))
    data = bytes(pixels) if isinstance(pixels, bytes | bytearray | memoryview) else b""
    whole = all(isinstance(size, int) and not isinstance(size, bool) and size > 0 for size in shape)
    if not whole or shape[2] > 4 or shape[0] * shape[1] > MAX_PIXELS or len(data) != shape[0] * shape[1] * shape[2]:
        raise DataError(
            f"These are no pixels for '{field.name}'.",
            where=field.name,
            expected="height × width × channels bytes, 1 to 4 channels",
            found=f"{len(data)} bytes for {printable(' × '.join(map(str, shape)), 60)}",
        )
    return np.frombuffer(data, np.uint8).reshape(shape).copy()


def _number(field: Field, value: Any) -> float:
    if value is None or (isinstance(value, str) and value.strip() in ("", "?", "NA")):
        return float("nan")
    try:
        if isinstance(value, str):
            text = value.strip()
            number = float(text.replace(",", ".") if _COMMA.match(text) else text)
        elif isinstance(value, int | float | np.number):
            number = float(value)
        else:
            raise ValueError
    except (ValueError, OverflowError):
        raise DataError(
            f"'{_shown(value)}' is not a number for '{field.name}'.",
            where=field.name,
            expected="a number, or nothing when it is missing",
            found=_shown(value),
        ) from None
    return number if abs(number) <= 3.4e38 else float("nan")


def _date(field: Field, value: Any) -> float:
    if value is None or (isinstance(value, str) and value.strip() in ("", "?", "NA")):
        return float("nan")
    if isinstance(value, str):
        from engine.data.dates import second_of  # needs polars

        seconds = second_of(value[:100], str(field.options.get("form", "year")))
    elif isinstance(value, bool) or not isinstance(value, int | float | np.number):
        seconds = float("nan")
    else:
        seconds = float(value)
    if not abs(seconds) <= 1e13:
        raise DataError(
            f"'{_shown(value)}' is not a date for '{field.name}'.",
            where=field.name,
            expected="a date such as 2021-03-04 or 2021-03-04 15:30, or nothing when it is missing",
            found=_shown(value),
        )
    return seconds


def _labels(field: Field, value: Any) -> str:
    from engine.data.label_lists import joined, separator_of, written

    separator = separator_of(field)
    if isinstance(value, list | tuple):
        return _text(field, joined((str(item).strip() for item in value if str(item).strip()), separator))
    return written(_text(field, value), separator)


def _text(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DataError(f"This is no text for '{field.name}'.", where=field.name, expected="text", found=_shown(value))
    text = str(value).strip()
    if len(text) > _MAX_TEXT:
        raise DataError(
            f"The text for '{field.name}' is too long.", where=field.name, expected="up to a million characters"
        )
    # A lone half of a surrogate pair cannot be written as UTF-8, which onnxruntime asks for.
    return text.encode("utf-8", "replace").decode("utf-8")


def _array(field: Field, value: Any) -> npt.NDArray[np.float32]:
    shape = tuple(size for size in field.statistics.shape if size is not None)
    try:
        array = np.asarray(value, dtype=np.float32)
    except (ValueError, TypeError, OverflowError):
        array = np.zeros(0, np.float32)
    if array.size != int(np.prod(shape)) or array.size == 0:
        raise DataError(
            f"These are no numbers for '{field.name}'.",
            where=field.name,
            expected=" × ".join(map(str, shape)) + " numbers",
            found=_shown(value),
        )
    return array.reshape(shape)


def _shown(value: Any) -> str:
    return printable(str(value), 60)

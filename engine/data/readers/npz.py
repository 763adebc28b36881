"""NumPy archives: arrays called x, X, data or images beside y, labels or target, also as x_train, y_test and so on."""

import io
import zipfile
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.idx import LABEL, PIXELS
from engine.data.samples import NOT_SAID, Column, PictureArray, Samples, first_of, split_of_words
from engine.data.strings import Strings
from engine.document.data_spec import Source
from engine.errors import Cancelled, DataError

INPUTS = ("x", "images", "image", "data", "inputs", "features", "pixels", "arr_0")
TARGETS = ("y", "labels", "label", "targets", "target", "classes", "arr_1")
VALUES = "values"
_MOST_COLUMNS = 64
"""An array of up to this many columns becomes single number fields, a wider one stays one array."""
_LIMIT = 8 << 30


def _stem(key: str) -> str:
    """The key without the word for its split: x_train, train_x and X_train are x."""
    words = [word for word in key.lower().replace("-", "_").split("_") if split_of_words(word) == NOT_SAID]
    return "_".join(words)


def _load(data: bytes, where: str, left_out: LeftOutList) -> dict[str, npt.NDArray[Any]]:
    """Every array that holds numbers or text. Objects are refused, since reading them would run a program."""
    found: dict[str, npt.NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            total = sum(info.file_size for info in archive.infolist())
            if total > _LIMIT:
                raise DataError(f"{where} would unpack to {total >> 30} GB.", where=where, expected="up to 8 GB")
            names = [info.filename for info in archive.infolist() if info.filename.endswith(".npy")]
            for name in names:
                key = name.removesuffix(".npy")
                try:
                    array = np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False)
                except ValueError as error:
                    objects = "Object arrays" in str(error)
                    left_out.add(
                        f"{where}, {key}",
                        "It holds Python objects, which are never opened because they could run a program."
                        if objects
                        else "It is damaged or cut off.",
                    )
                    continue
                found[key] = array
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{where} is cut off or damaged ({error}).", where=where, hint="Save it again.") from None
    except (ValueError, KeyError, SyntaxError, TypeError, MemoryError) as error:
        raise DataError(f"{where} is damaged ({str(error)[:80]}).", where=where, hint="Save it again.") from None
    return found


def _labels(array: npt.NDArray[Any], where: str) -> Strings | npt.NDArray[np.float32]:
    """Targets (N,): text and whole numbers are classes, other numbers are numbers; one-hot rows are classes too."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if (
        array.ndim == 2
        and array.dtype.kind in "biuf"
        and bool(((array == 0) | (array == 1)).all() and (array.sum(1) == 1).all())
    ):
        array = array.argmax(1)
    if array.ndim != 1:
        raise DataError(
            f"{where} does not hold labels.",
            where=where,
            expected="one value a sample",
            found=" × ".join(map(str, array.shape)),
        )
    if array.dtype.kind in "US":
        texts = np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array
        return Strings.of(str(text).strip() for text in texts.tolist())
    if array.dtype.kind in "biu":
        return Strings.of(str(int(number)) for number in array.tolist())
    if array.dtype.kind == "f":
        if len(np.unique(array)) <= 100 and bool(np.isfinite(array).all()) and bool((array == np.floor(array)).all()):
            return Strings.of(str(int(number)) for number in array.tolist())
        return array.astype(np.float32)
    raise DataError(f"{where} holds values of the type {array.dtype}.", where=where, expected="numbers or text")


def _inputs(array: npt.NDArray[Any], where: str) -> dict[str, Column]:
    """Pictures where the shape and the range say so, else numbers: a field a column, or one array."""
    if array.dtype.kind not in "biuf" or array.ndim < 1 or 0 in array.shape:
        raise DataError(
            f"{where} cannot be learned from.",
            where=where,
            expected="numbers, a row or picture a sample",
            found=f"{array.dtype} {' × '.join(map(str, array.shape))}",
        )
    if array.ndim in (3, 4) and min(array.shape[1:3]) >= 8 and (array.ndim == 3 or array.shape[3] in (1, 3, 4)):
        low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
        whole = array.dtype.kind in "iu" or bool((array[:256] == np.floor(array[:256])).all())
        if low >= 0 and (high <= 255 and whole and high > 1):
            pixels = array.astype(np.uint8)
        elif low >= 0 and high <= 1:
            pixels = np.rint(np.nan_to_num(array.astype(np.float32)) * 255).astype(np.uint8)
        else:
            return {VALUES: array.astype(np.float32)}
        return {PIXELS: PictureArray(np.ascontiguousarray(pixels if array.ndim == 4 else pixels[..., None]))}
    numbers = array.astype(np.float32)
    if numbers.ndim == 1:
        return {"x1": numbers}
    if numbers.ndim == 2 and numbers.shape[1] <= _MOST_COLUMNS:
        return {f"x{number + 1}": np.ascontiguousarray(numbers[:, number]) for number in range(numbers.shape[1])}
    return {VALUES: numbers}


def read_npz(tree: FileTree, source: Source, *, progress: Progress = silent, cancelled: IsCancelled = never) -> Samples:
    """The arrays of one .npz file as samples. Fields: `pixels`, `values` or x1, x2, ...; `label`.

    Raises DataError when there is no array to learn from, or lengths differ.
    """
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    entries = [entry for entry in tree.entries if entry.suffix == ".npz"]
    if len(entries) != 1:
        raise DataError(
            "There is no .npz file here." if not entries else f"There are {len(entries)} .npz files here.",
            where=str(tree.root),
            expected="one .npz file",
        )
    where = entries[0].name
    if cancelled():
        raise Cancelled
    progress(0.0, f"Reading {where}")
    arrays = _load(tree.read(entries[0], _LIMIT), where, left_out)
    by_split: dict[int, dict[str, npt.NDArray[Any]]] = {}
    for key, array in arrays.items():
        by_split.setdefault(split_of_words(key), {})[_stem(key)] = array
    if len(by_split) > 1:
        by_split.pop(NOT_SAID, None)
    columns: dict[str, list[Column]] = {}
    given: list[npt.NDArray[np.int8]] = []
    for split, named in sorted(by_split.items()):
        key = first_of(list(named), INPUTS)
        if not key:
            left_out.add(where, f"There is no array called {', '.join(INPUTS[:4])} among {', '.join(named)}.")
            continue
        target = first_of(list(named), TARGETS)
        if not target and named[key].ndim == 1:
            raise DataError(
                f"{where} holds one row of numbers and no labels.",
                where=f"{where}, {key}",
                expected=f"an array of labels called {', '.join(TARGETS[:3])} beside it",
                found=", ".join(arrays),
            )
        part: dict[str, Column] = dict(_inputs(named[key], f"{where}, {key}"))
        if target:
            part[LABEL] = _labels(named[target], f"{where}, {target}")
        count = len(named[key])
        for name, column in part.items():
            if len(column) != count:
                raise DataError(
                    f"{where} has {count:,} samples but {len(column):,} labels.",
                    where=where,
                    expected=f"{count:,}",
                    found=f"{len(column):,}",
                )
            columns.setdefault(name, []).append(column)
        given.append(np.full(count, split, np.int8))
    if not given:
        raise DataError(
            f"There is nothing in {where} to learn from.",
            where=where,
            expected=f"arrays called {', '.join(INPUTS[:4])} and {', '.join(TARGETS[:3])}",
            found=", ".join(arrays) or (left_out.items[0].reason if left_out.items else "no arrays"),
        )
    for name, pieces in columns.items():
        if len(pieces) != len(given):
            raise DataError(f"Not every split of {where} has {name}.", where=f"{where}, {name}")
    splits = np.concatenate(given)
    return Samples(
        count=len(splits),
        columns={name: _joined(pieces, f"{where}, {name}") for name, pieces in columns.items()},
        name=lambda index: f"sample {index}",
        given=None if (splits == NOT_SAID).all() else splits,
        left_out=left_out,
        listing=tree.listing(),
    )


def _joined(pieces: list[Column], where: str) -> Column:
    """The column of all splits, one after the other."""
    if len(pieces) == 1:
        return pieces[0]
    try:
        if all(isinstance(piece, Strings) for piece in pieces):
            return Strings.of(
                piece[index] for piece in pieces if isinstance(piece, Strings) for index in range(len(piece))
            )
        if all(isinstance(piece, PictureArray) for piece in pieces):
            return PictureArray(np.concatenate([piece.array for piece in pieces if isinstance(piece, PictureArray)]))
        return np.concatenate([piece for piece in pieces if isinstance(piece, np.ndarray)])
    except ValueError:
        raise DataError(f"The splits of {where} have different shapes.", where=where) from None

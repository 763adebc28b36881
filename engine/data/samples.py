"""What a reader gives: raw columns, a name for each sample, given splits, and what was left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt

from engine.data.left_out import LeftOutList
from engine.data.strings import Strings

Shape = tuple[int | None, ...]

TRAIN, VAL, TEST, POOL, NOT_SAID = 0, 1, 2, 3, -1
SPLITS = ("train", "val", "test")
"""The splits that have samples to learn from and to score; what is not labelled yet waits in the pool."""


class Pictures(Protocol):
    """Pictures that are read one at a time."""

    def __len__(self) -> int: ...

    def read(self, index: int) -> npt.NDArray[np.uint8]:
        """The decoded picture (H, W, C), C from 1 to 4. Raises DataError naming the file."""
        ...

    def read_for_cache(self, index: int, enough: tuple[int, int] | None) -> "PictureRead":
        """The picture, in any size of which height and width are at least `enough`. Raises DataError."""
        ...


class PictureRead(NamedTuple):
    """A picture as the cache wants it: pixels, height, width and channels in its file, and 16 bytes that are equal for
    equal content."""

    pixels: npt.NDArray[np.uint8]
    size: tuple[int, int, int]
    digest: bytes


@dataclass(frozen=True, slots=True)
class PictureArray:
    """Pictures of one size in memory, uint8 (N, H, W, C)."""

    array: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.array)


@dataclass(frozen=True, slots=True)
class Sound:
    """One channel of sound: float32 (T,) from -1 to 1, `rate` samples a second.

    `whole` says that every sample is a whole number of 32,768ths, so that 16 bits keep it exactly.
    """

    samples: npt.NDArray[np.float32]
    rate: int
    whole: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate


class Sounds(Protocol):
    """Sounds that are read one at a time."""

    def __len__(self) -> int: ...

    def read(self, index: int) -> Sound:
        """The decoded sound, its channels mixed to one. Raises DataError naming the file."""
        ...

    def read_with_digest(self, index: int) -> tuple[Sound, bytes]:
        """The sound, and 16 bytes that are equal for equal content. Raises DataError."""
        ...


Numbers = npt.NDArray[np.float32]
"""(N,) with NaN where a number is missing, or (N, ...) for an array field."""

Moments = npt.NDArray[np.float64]
"""(N,) seconds since 1970 in UTC, NaN where a date is missing."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Parts of series that lie one behind the other: window i is `values[starts[i]:starts[i] + length]`, (length, C).

    Nothing is copied until a window is taken. `times` say when each row was measured, where the series has a time.
    """

    values: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]
    length: int
    times: npt.NDArray[np.float64] | None = None
    before: int = 0
    after: int = 0
    """Rows before and behind each window that its sample holds in another field: statistics are measured over all of
    them, so that past and future have the same."""

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """These windows, float32 (n, length, C)."""
        rows = self.starts[numbers][:, None] + np.arange(self.length)
        return cast("npt.NDArray[np.float32]", np.take(self.values, rows, axis=0))


Column = PictureArray | Pictures | Sounds | Windows | Strings | Numbers | Moments


@dataclass(kw_only=True)
class Samples:
    """The samples of a source. `given` says train, val, test or NOT_SAID for each; None without splits.

    `columns` holds at least the fields that are used, that of the split among them. `class_order` is the order of the
    classes where the source has one of its own; otherwise they are sorted by name. `listing` identifies what was read
    (names, sizes, times), for fingerprints. `notes` are things worth telling.
    """

    count: int
    columns: dict[str, Column]
    name: Callable[[int], str]
    given: npt.NDArray[np.int8] | None = None
    class_order: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: LeftOutList = field(default_factory=LeftOutList)
    notes: LeftOutList = field(default_factory=LeftOutList)
    listing: str = ""


_SPLIT_WORDS = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VAL,
    "valid": VAL,
    "validation": VAL,
    "dev": VAL,
    "test": TEST,
    "testing": TEST,
    "t10k": TEST,
    "eval": TEST,
    "evaluation": TEST,
}


def split_of_name(name: str) -> int:
    """TRAIN, VAL or TEST for a folder named so in any case, else NOT_SAID."""
    return _SPLIT_WORDS.get(name.strip().lower(), NOT_SAID)


def split_of_words(name: str) -> int:
    """The split that a file name speaks of as one of its words: "x_train", "t10k-images-idx3-ubyte"."""
    word = ""
    for character in name.lower() + ".":
        if character.isalnum():
            word += character
            continue
        if word in _SPLIT_WORDS:
            return _SPLIT_WORDS[word]
        word = ""
    return NOT_SAID


def first_of(names: Sequence[str], wanted: Sequence[str]) -> str:
    """The first wanted name that exists, in any case, or ""."""
    by_lower = {name.lower(): name for name in names}
    return next((by_lower[name] for name in wanted if name in by_lower), "")

"""Text values held as a table of distinct strings and a code a sample: small, and prepared once a distinct value."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Strings:
    """`values[codes[i]]` is the text of sample i; `codes` is int64 (N,). A missing category is the empty string."""

    values: tuple[str, ...]
    codes: npt.NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Strings":
        """Number the distinct strings in the order in which they first appear."""
        table: dict[str, int] = {}
        codes = np.fromiter((table.setdefault(text, len(table)) for text in texts), dtype=np.int64)
        return cls(tuple(table), codes)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, index: int) -> str:
        return self.values[int(self.codes[index])]

    def take(self, rows: npt.NDArray[np.int64]) -> "Strings":
        """The strings of these rows, with the same table."""
        return Strings(self.values, self.codes[rows])

    def counts(self) -> npt.NDArray[np.int64]:
        """How often each value of the table occurs."""
        return np.bincount(self.codes, minlength=len(self.values)).astype(np.int64)

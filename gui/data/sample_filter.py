"""Which samples the grid shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, kw_only=True)
class SampleFilter:
    """`split`: train, val, test or ""; `class_index` -1 for all; `text` is part of a label, or a sample's number."""

    split: str = ""
    class_index: int = -1
    text: str = ""

    def matching(
        self, samples: int, splits: NDArray[np.int8], labels: NDArray[np.int32], classes: Sequence[str]
    ) -> NDArray[np.int64]:
        """Numbers of the samples that pass, rising."""
        kept = np.ones(samples, bool)
        if self.split and len(splits) == samples:
            kept &= splits == SPLITS.index(self.split)
        if self.class_index >= 0 and len(labels) == samples:
            kept &= labels == self.class_index
        text = self.text.strip().lower()
        number = text.removeprefix("#")
        if text and number.isdecimal() and len(number) < 12:
            only = np.zeros(samples, bool)
            if int(number) < samples:
                only[int(number)] = True
            kept &= only | self._labelled(text, samples, labels, classes)
        elif text:
            kept &= self._labelled(text, samples, labels, classes)
        return np.flatnonzero(kept)

    @staticmethod
    def _labelled(text: str, samples: int, labels: NDArray[np.int32], classes: Sequence[str]) -> NDArray[np.bool_]:
        if len(labels) != samples:
            return np.zeros(samples, bool)
        wanted = [number for number, name in enumerate(classes) if text in name.lower()]
        return np.isin(labels, wanted)

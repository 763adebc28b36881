"""Checks of the data before training, one small module a check: what is odd, which samples, and what mends it.

Quick ones come with every description of the data; slow ones are made when a person asks. Labels that look wrong are
told by a trained network, in `engine.evaluation.wrong_labels`.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from engine.data.checks.check import Check, Look
from engine.data.checks.classes import ClassImbalance, FewSamples
from engine.data.checks.columns import ConstantColumns, IdColumns, MissingValues, Outliers
from engine.data.checks.duplicates import Duplicates
from engine.data.checks.leakage import Leakage
from engine.data.checks.left_out import LeftOutByHand
from engine.data.checks.near_pictures import NearPictures
from engine.data.checks.near_sounds import NearSounds
from engine.data.checks.near_texts import NearTexts
from engine.data.checks.notes import ReaderNotes
from engine.data.checks.sizes import MixedSizes
from engine.data.checks.splits import UnbalancedSplit
from engine.data.checks.unreadable import Unreadable
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.protocol.messages.data import DataCheck, Severity

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

__all__ = ["CHECKS", "Check", "Look", "check_data"]

CHECKS: tuple[Check, ...] = (
    Unreadable(),
    UnbalancedSplit(),
    Leakage(),
    Duplicates(),
    ClassImbalance(),
    FewSamples(),
    MissingValues(),
    ConstantColumns(),
    IdColumns(),
    Outliers(),
    MixedSizes(),
    LeftOutByHand(),
    ReaderNotes(),
    NearPictures(),
    NearTexts(),
    NearSounds(),
)

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def check_data(
    dataset: "Dataset",
    kinds: Collection[str] = (),
    *,
    class_weights: bool = False,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> list[DataCheck]:
    """The findings of the quick checks, or of the kinds that are asked for, worst first. Raises Cancelled."""
    look = Look(dataset=dataset, class_weights=class_weights, progress=progress, cancelled=cancelled)
    found = [
        finding
        for check in CHECKS
        if (check.kind in kinds if kinds else not check.slow)
        for finding in check.find(look)
    ]
    return in_order(found)


def in_order(found: list[DataCheck]) -> list[DataCheck]:
    """Worst first."""
    return sorted(found, key=lambda finding: _ORDER[finding.severity])

"""Datasets kept open between requests, so that the next page of samples is there at once."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.document.data_spec import DataSpec, Statistics

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

KEPT = 3

Open = Callable[..., "Dataset"]


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    dataset: "Dataset | None" = None
    shows: tuple[str, bytes] = ("", b"")


class OpenDatasets:
    """The datasets asked for last, by project folder and data spec. Any thread; two that want the same one share it."""

    def __init__(self, open_dataset: Open | None = None) -> None:
        self._open = open_dataset
        self._slots: OrderedDict[tuple[str, bytes], _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def get(
        self,
        project_dir: Path,
        data: DataSpec,
        *,
        progress: Callable[[float, str], None],
        cancelled: Callable[[], bool],
        fresh: bool = False,
    ) -> "Dataset":
        """The dataset, opened when it is not or when `fresh` asks for it (files may have changed). Raises DataError."""
        slot = self._slot((str(project_dir), hashlib.sha256(msgspec.json.encode(data)).digest()))
        with slot.lock:
            if slot.dataset is None or fresh:
                slot.dataset = self._again(project_dir, data, progress, cancelled) or self._opener()(
                    project_dir, data, progress=progress, cancelled=cancelled
                )
                slot.shows = (str(project_dir), _as_read(data))
            return slot.dataset

    def keep(self, project_dir: Path, data: DataSpec, dataset: "Dataset") -> None:
        """Keep one that was opened elsewhere, as importing does: describing it then reads nothing anew."""
        slot = self._slot((str(project_dir), hashlib.sha256(msgspec.json.encode(data)).digest()))
        with slot.lock:
            slot.dataset, slot.shows = dataset, (str(project_dir), _as_read(data))

    def _again(
        self,
        project_dir: Path,
        data: DataSpec,
        progress: Callable[[float, str], None],
        cancelled: Callable[[], bool],
    ) -> "Dataset | None":
        """One built on what was read for another, while the files are the same: labelling reads nothing anew."""
        if self._open is not None:
            return None
        with self._lock:
            known = [slot.dataset for slot in reversed(self._slots.values()) if slot.shows[0] == str(project_dir)]
        for dataset in known:
            if dataset is None or dataset.data.sources != data.sources:
                continue
            from engine.data.dataset import reopened
            from engine.data.sources import is_as_read

            listing = dataset.source.listing
            if not is_as_read(project_dir, data, listing, progress=progress, cancelled=cancelled):
                return None
            again = reopened(dataset, project_dir, data, progress=progress, cancelled=cancelled)
            if again is not None:
                return again
        return None

    def shown(
        self,
        project_dir: Path,
        data: DataSpec,
        *,
        progress: Callable[[float, str], None],
        cancelled: Callable[[], bool],
    ) -> "Dataset":
        """One with the same samples in the same order, however they are prepared: for looking at raw values.

        So that a step can be changed without reading everything anew. Raises DataError.
        """
        wanted = (str(project_dir), _as_read(data))
        with self._lock:
            slots = list(reversed(self._slots.values()))
        for slot in slots:
            dataset = slot.dataset
            if dataset is not None and slot.shows == wanted:
                return dataset
        return self.get(project_dir, data, progress=progress, cancelled=cancelled)

    def _slot(self, key: tuple[str, bytes]) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > KEPT:
                self._slots.popitem(last=False)
            return slot

    def _opener(self) -> Open:
        if self._open is None:
            from engine.data.dataset import open_dataset  # torch and the readers: only when the first one is wanted

            return open_dataset
        return self._open


def _as_read(data: DataSpec) -> bytes:
    """What decides which samples there are and in which order: all but the way they are prepared."""
    fields = tuple(
        msgspec.structs.replace(
            field, preparation=(), augmentation=(), statistics=Statistics(classes=field.statistics.classes)
        )
        for field in data.fields
    )
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(data, fields=fields))).digest()

"""What the reader of the files thinks worth telling."""

from collections.abc import Iterable
from typing import ClassVar

from engine.data.checks.check import Check, Look
from engine.protocol.messages.data import DataCheck, Severity


class ReaderNotes(Check):
    """Columns that were left aside, lines that were put right, and the like."""

    kind: ClassVar[str] = "reading"
    caption: ClassVar[str] = "What was found odd while reading"

    def find(self, look: Look) -> Iterable[DataCheck]:
        for note in look.dataset.notes:
            yield self.told(note.reason, where=note.where, severity=Severity.NOTE)

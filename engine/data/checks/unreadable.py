"""Files and rows that cannot be used."""

from collections.abc import Iterable
from typing import ClassVar

from engine.data.checks.check import Check, Look, some
from engine.protocol.messages.data import DataCheck


class Unreadable(Check):
    """They are left out already; the list with the reasons says what to mend in the files."""

    kind: ClassVar[str] = "unreadable"
    caption: ClassVar[str] = "Files and rows that cannot be used"

    def find(self, look: Look) -> Iterable[DataCheck]:
        count = look.dataset.left_out_count
        if count:
            first = look.dataset.left_out[0]
            text = (
                f"{some(count, 'file or row', 'files or rows')} cannot be used and left out. The first: {first.reason}"
            )
            yield self.told(
                text.replace("used and left", "used and are left" if count > 1 else "used and is left"),
                where=first.where,
                count=count,
            )

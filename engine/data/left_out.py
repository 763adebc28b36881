"""The list of what could not be used: the first thousand by name and reason, the rest counted."""

from collections.abc import Iterable

from engine.protocol.messages.data import LeftOut

LISTED = 1000


class LeftOutList:
    """Collects LeftOut entries; keeps the first thousand and counts all."""

    def __init__(self, items: Iterable[LeftOut] = ()) -> None:
        self.items: list[LeftOut] = []
        self.count = 0
        for item in items:
            self.add(item.where, item.reason)

    def add(self, where: str, reason: str) -> None:
        """One more. Control characters of a name are shown as escapes, long names are shortened."""
        self.count += 1
        if len(self.items) < LISTED:
            self.items.append(LeftOut(where=printable(where), reason=reason))

    def extend(self, other: "LeftOutList") -> None:
        """All of another list."""
        self.items.extend(other.items[: LISTED - len(self.items)])
        self.count += other.count


def printable(name: str, limit: int = 300) -> str:
    """A name as it can be shown and sent: odd characters escaped, the middle of a long one left out."""
    if name.isprintable() and len(name) <= limit:
        return name
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)
    return text if len(text) <= limit else f"{text[: limit // 2]} … {text[-limit // 2 :]}"

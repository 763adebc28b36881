"""How a text that a network writes is told of: token by token, with what else might have come."""

import msgspec

from engine.protocol.messages.base import Progress


class NextToken(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may come next in a text: what it adds to it, and its probability. `ends`: the text ends there."""

    text: str
    chance: float
    ends: bool = False


class WrittenToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that was written: what it added to the text, its probability, and the likeliest there, best first.

    The one that was written may be missing among `others` where it was drawn against all odds.
    """

    text: str
    chance: float
    others: list[NextToken] = []
    ends: bool = False


class TextWritten(Progress, frozen=True, kw_only=True):
    """A text under way: the tokens since the last such event. `written` counts those of all."""

    field: str
    tokens: list[WrittenToken]
    written: int

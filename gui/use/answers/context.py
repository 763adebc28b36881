"""What is known about the things that an answer is for: how they look, what is true of them, where a text began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtGui import QPixmap

from engine.document.data_spec import FieldKind
from engine.protocol.messages.deployment import Answer


@dataclass(frozen=True, kw_only=True)
class AnswerContext:
    """`kinds` of the outputs, `truth` by output where it is known, `history` the moments before a forecast.

    `beginning` stands before the text that is written, of several that of the output `begun`; with `peeks` only what
    may come next in it was asked.
    `classes` are those of a mask by their number, `beneath` the picture that it lies over.
    """

    kinds: Mapping[str, FieldKind] = field(default_factory=dict)
    truth: Mapping[str, Answer] = field(default_factory=dict)
    history: Sequence[Sequence[float | None]] = ()
    history_names: Sequence[str] = ()
    beginning: str = ""
    begun: str = ""
    peeks: bool = False
    classes: Sequence[str] = ()
    beneath: QPixmap | None = None

    def beginning_of(self, output: str) -> str:
        """What stands before the text that an output writes."""
        return self.beginning if self.begun in ("", output) else ""

"""The base of what cuts text into numbered tokens and puts it together again."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from engine.catalog.preparation_text import END, UNKNOWN, TextStep
from engine.document.data_spec import Statistics


class Tokens:
    """One way of cutting text, with its vocabulary."""

    def __init__(self, step: TextStep, statistics: Statistics) -> None:
        self.step: Any = step
        self.statistics = statistics
        self.first = step.first_token
        """Number of the first entry of the vocabulary."""

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The entries that have a number, in order."""
        return self.statistics.vocabulary

    @cached_property
    def table(self) -> dict[str, int]:
        """Every spelling that is looked up -> its number."""
        raise NotImplementedError

    def parts(self, text: str) -> list[str]:
        """A text cut into what is looked up."""
        raise NotImplementedError

    def numbers(self, text: str) -> list[int]:
        """The numbers of a whole text, without marks."""
        table = self.table
        return [table.get(part, UNKNOWN) for part in self.parts(text)]

    def text(self, numbers: Iterable[int]) -> str:
        """The text of these numbers up to the end mark; marks and what is unknown give nothing."""
        kept = []
        for number in numbers:
            if number == END and self.step.ends:
                break
            if number >= self.first:
                kept.append(number - self.first)
        return self.joined([self.vocabulary[number] for number in kept if number < len(self.vocabulary)])

    def joined(self, parts: Sequence[str]) -> str:
        """Entries of the vocabulary as one text."""
        return "".join(parts)

    def row(self, text: str) -> list[int]:
        """The numbers of a text as a network takes them: cut to the length, ended by its mark, not filled up."""
        room = self.step.token_length - int(self.step.ends)
        return [*self.numbers(text)[:room], *([END] if self.step.ends else [])]

    def spellings(self) -> tuple[str, ...]:
        """A name for each number, no two alike: "" for filling, <unknown>, <begin>, <end>, then the vocabulary."""
        marks = ["", "<unknown>", "<begin>", "<end>"][: self.first]
        taken = set(self.vocabulary)
        for place, mark in enumerate(marks):
            while mark in taken:  # a vocabulary may hold such a word itself
                mark = f"<{mark}>"
            marks[place] = mark
        return (*marks, *self.vocabulary)

    def measured(self, texts: Iterable[str], limit: int = 200_000) -> Statistics:
        """The vocabulary of these texts and the most tokens one of them has."""
        raise NotImplementedError

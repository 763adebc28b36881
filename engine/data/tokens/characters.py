"""Text as characters."""

from collections.abc import Iterable, Mapping
from functools import cache, cached_property

from engine.data.tokens.counting import counted
from engine.data.tokens.tokens import Tokens
from engine.document.data_spec import Statistics


def lower_character(character: str) -> str:
    """Lower case where that is one character again; as in the look-up table, without regard to neighbours."""
    low = character.lower()
    return low if len(low) == 1 else character


@cache
def _upper_characters() -> dict[str, list[str]]:
    """Lower-case character -> the others that count as it."""
    found: dict[str, list[str]] = {}
    for code in range(0x1F000):
        if 0xD800 <= code <= 0xDFFF:
            continue
        character = chr(code)
        low = lower_character(character)
        if low != character:
            found.setdefault(low, []).append(character)
    return found


def with_upper(table: Mapping[str, int]) -> dict[str, int]:
    """A table of characters in which capitals count as small letters, where they are not in it themselves."""
    found = dict(table)
    upper = _upper_characters()
    for character, number in table.items():
        for other in upper.get(character, ()):
            found.setdefault(other, number)
    return found


class CharacterTokens(Tokens):
    """Each character is a token."""

    @cached_property
    def table(self) -> dict[str, int]:
        found = {character: number for number, character in enumerate(self.vocabulary, self.first)}
        return with_upper(found) if self.step.lower_case else found

    def parts(self, text: str) -> list[str]:
        return list(text)

    def measured(self, texts: Iterable[str], limit: int = 200_000) -> Statistics:
        return counted(texts, self.parts, lower_character if self.step.lower_case else None, limit)

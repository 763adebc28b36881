"""Where in a text each token that the network is given stands, and to which word it belongs."""

import re
from dataclasses import dataclass
from typing import Final

from engine.catalog.preparation_text import UNKNOWN
from engine.data.tokens import Tokens, tokens_of
from engine.data.tokens.characters import CharacterTokens, lower_character
from engine.document.data_spec import Field

_WORD: Final = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Place:
    """A token: its position among the network's, the characters it stands for, and the number of its word."""

    position: int
    start: int
    end: int
    word: int
    known: bool


def spelling_of(field: Field, text: str) -> list[Place]:
    """The tokens of a text that reach the network, in order; marks and filling are left out."""
    tokens = tokens_of(field)
    if tokens is None:
        return []
    step = tokens.step
    room = step.token_length - int(step.ends)
    spans = _spans(tokens, text)[:room]
    used = len(spans) + int(step.ends)
    first = step.token_length - used if step.pad == "left" else 0
    words = _words(tokens, text, spans)
    return [
        Place(first + at, start, end, words[at], number != UNKNOWN) for at, (start, end, number) in enumerate(spans)
    ]


def _spans(tokens: Tokens, text: str) -> list[tuple[int, int, int]]:
    """Begin, end and number of each token."""
    read = "".join(map(lower_character, text))  # keeps every character in its place
    found: list[tuple[int, int, int]] = []
    at = 0
    for part in tokens.parts(text):
        start = read.find("".join(map(lower_character, part)), at)
        if start < 0:
            continue
        at = start
        numbers = tokens.numbers(part)
        for place, number in enumerate(numbers):
            entry = number - tokens.first
            known = 0 <= entry < len(tokens.vocabulary)
            alone = len(numbers) == 1
            size = len(part) if alone else len(tokens.vocabulary[entry]) if known else 1
            end = start + len(part) if place == len(numbers) - 1 else min(at + size, start + len(part))
            found.append((at, end, number))
            at = end
        at = start + len(part)
    return found


def _words(tokens: Tokens, text: str, spans: list[tuple[int, int, int]]) -> list[int]:
    """The number of each token's word: what stands between blanks, for characters and byte pairs; else its own."""
    if not isinstance(tokens, CharacterTokens) and all(
        text[start:end].strip() == text[start:end] for start, end, _ in spans
    ):
        return list(range(len(spans)))
    if isinstance(tokens, CharacterTokens) and len(_WORD.findall(text)) < 2:
        return list(range(len(spans)))  # of a single word, such as a name, the letters are what can be told apart
    starts = [match.start() for match in _WORD.finditer(text)]
    found, word = [], 0
    for start, end, _ in spans:
        letters = next((place for place in range(start, end) if not text[place].isspace()), start)
        while word + 1 < len(starts) and starts[word + 1] <= letters:
            word += 1
        found.append(word)
    return found

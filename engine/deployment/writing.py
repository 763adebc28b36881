"""Writing a text with an exported file: what comes next is asked for, put behind the text, and asked for again.

onnxruntime and numpy alone. Each step gives the file the text as far as it is written, so any program can do the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.catalog.preparation_text import END, Characters
from engine.data.progress import IsCancelled
from engine.data.tokens import Tokens
from engine.errors import Cancelled
from engine.protocol.messages.writing import NextToken, WrittenToken

Ask = Callable[[Mapping[str, Sequence[Any]]], npt.NDArray[np.float32]]
"""Scores (N, tokens) of what comes next, for raw values by field."""

Told = Callable[[int, WrittenToken], None]
"""Called after each step with the place of the text and what was written."""

OTHERS = 8
"""How many tokens that might have come are told of."""
_CHARACTERS, _PIECES = 200, 60
CONTINUED = 0.8
"""The temperature for going on with a text: what is likeliest at each step soon turns in a circle."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a text is written.

    `temperature` 0 takes the likeliest token at each step, 1 draws as the network scores them, between is safer; None
    is 0 for a text that answers another and 0.8 for one that goes on. `top_k` draws among the k likeliest alone, 0
    among all. The same `seed` draws the same. `length` is the most tokens that are written, 0 as many as is usual.
    """

    temperature: float | None = None
    top_k: int = 0
    seed: int = 0
    length: int = 0


def write_texts(
    ask: Ask,
    raw: Mapping[str, Sequence[Any]],
    field: str,
    tokens: Tokens,
    manner: Manner,
    cancelled: IsCancelled,
    told: Told | None = None,
) -> list[str]:
    """Each text written to its end, or to the length. `raw[field]` are the beginnings, the rest of `raw` what is told.

    A text that goes on (nothing else in `raw`) may become longer than the network sees at once: it then sees the end.
    `told` hears of each token. Raises Cancelled.
    """
    room = tokens.step.token_length - 1
    alone = len(raw) == 1
    beginnings = [str(text) for text in raw[field]]
    written = [tokens.numbers(text) for text in beginnings]
    given = [len(numbers) for numbers in written]
    temperature = manner.temperature if manner.temperature is not None else CONTINUED if alone else 0.0
    usual = _CHARACTERS if isinstance(tokens.step, Characters) else _PIECES
    most = manner.length or (usual if alone else room + 1)
    generators = [np.random.default_rng((manner.seed, place)) for place in range(len(written))]
    open_texts = list(range(len(written)))
    while open_texts:
        if cancelled():
            raise Cancelled
        seen = [tokens.text(written[place][-room:]) if room else "" for place in open_texts]
        scores = ask(
            {name: seen if name == field else [values[place] for place in open_texts] for name, values in raw.items()}
        )
        still = []
        for place, row in zip(open_texts, scores, strict=True):
            chances = _chances(row, tokens)
            number = _chosen(chances, temperature, manner.top_k, generators[place])
            if told is not None:
                told(place, _told_of(number, chances, written[place], tokens))
            if tokens.step.ends and number == END:
                continue
            written[place].append(number)
            if len(written[place]) - given[place] < most and (alone or len(written[place]) <= room):
                still.append(place)
        open_texts = still
    return [
        _continued(text, numbers, count, tokens)
        for text, numbers, count in zip(beginnings, written, given, strict=True)
    ]


def _continued(beginning: str, numbers: Sequence[int], given: int, tokens: Tokens) -> str:
    """The beginning as it was typed, and what was written behind it."""
    whole, known = tokens.text(numbers), tokens.text(numbers[:given])
    return beginning + whole[len(known) :] if beginning and whole.startswith(known) else whole


def _chances(scores: npt.NDArray[np.float32], tokens: Tokens) -> npt.NDArray[np.float64]:
    """How likely each token is. What fills up, is unknown or begins is never written."""
    chances = np.maximum(np.asarray(scores, np.float64), 0.0)
    ends = chances[END] if tokens.step.ends else 0.0
    chances[: tokens.first] = 0.0
    if tokens.step.ends:
        chances[END] = ends
    return chances


def _chosen(chances: npt.NDArray[np.float64], temperature: float, top_k: int, generator: np.random.Generator) -> int:
    """The next token: the likeliest, or one that is drawn."""
    if temperature <= 0 or not chances.sum() > 0:
        return int(chances.argmax())
    with np.errstate(divide="ignore"):
        scaled = np.log(chances) / temperature
    if 0 < top_k < len(scaled):
        scaled[scaled < np.sort(scaled)[-top_k]] = -np.inf
    drawn = np.exp(scaled - scaled.max())
    return int(generator.choice(len(drawn), p=drawn / drawn.sum()))


def _told_of(number: int, chances: npt.NDArray[np.float64], before: Sequence[int], tokens: Tokens) -> WrittenToken:
    """A token as a person reads it, with the likeliest at its place."""
    near = list(before[-tokens.step.token_length :])
    known = tokens.text(near)
    whole = max(float(chances.sum()), 1e-12)

    def of(token: int) -> NextToken:
        ends = tokens.step.ends and token == END
        added = "" if ends else tokens.text([*near, token])[len(known) :]
        return NextToken(text=added, chance=float(chances[token] / whole), ends=ends)

    best = np.argsort(-chances, kind="stable")[:OTHERS].tolist()
    chosen = of(number)
    return WrittenToken(
        text=chosen.text,
        chance=chosen.chance,
        ends=chosen.ends,
        others=[of(token) for token in best if chances[token] > 0],
    )

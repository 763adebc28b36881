"""Aligning and distributing nodes: each is one edit that moves cards, named after what it does."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from engine.document.edits import Batch, MoveNodes

Card = tuple[float, float, float, float]
"""x, y, width and height."""

_LEAST_GAP: Final = 16.0
_NOTHING: Final = 1e-6


class Side(StrEnum):
    """What of the cards is brought in line."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    TOP = "top"
    MIDDLE = "middle"
    BOTTOM = "bottom"


class Direction(StrEnum):
    """Along which way the gaps become equal."""

    HORIZONTALLY = "horizontally"
    VERTICALLY = "vertically"


_SHARE: Final = {
    Side.LEFT: (0, 0.0),
    Side.CENTER: (0, 0.5),
    Side.RIGHT: (0, 1.0),
    Side.TOP: (1, 0.0),
    Side.MIDDLE: (1, 0.5),
    Side.BOTTOM: (1, 1.0),
}


def align(cards: Mapping[str, Card], side: Side) -> Batch | None:
    """Bring the cards in line with the outermost of them, or with the middle of all; None when they are already."""
    if len(cards) < 2:
        return None
    axis, share = _SHARE[side]
    low = min(card[axis] for card in cards.values())
    high = max(card[axis] + card[axis + 2] for card in cards.values())
    line = low + (high - low) * share
    places = {node_id: _moved(card, axis, line - card[axis + 2] * share) for node_id, card in cards.items()}
    return _step(f"Align {side}", cards, places)


def distribute(cards: Mapping[str, Card], direction: Direction) -> Batch | None:
    """Make the gaps between the cards equal; the outermost stay unless there is no room. None for fewer than three."""
    if len(cards) < 3:
        return None
    axis = 0 if direction is Direction.HORIZONTALLY else 1
    row = sorted(cards, key=lambda node_id: (cards[node_id][axis] + cards[node_id][axis + 2] / 2, node_id))
    first, last = cards[row[0]], cards[row[-1]]
    room = last[axis] + last[axis + 2] - first[axis] - sum(card[axis + 2] for card in cards.values())
    gap = max(_LEAST_GAP, room / (len(row) - 1))
    places: dict[str, tuple[float, float]] = {}
    at = first[axis]
    for node_id in row:
        places[node_id] = _moved(cards[node_id], axis, at)
        at += cards[node_id][axis + 2] + gap
    return _step(f"Distribute {direction}", cards, places)


def _moved(card: Card, axis: int, at: float) -> tuple[float, float]:
    return (at, card[1]) if axis == 0 else (card[0], at)


def _step(title: str, cards: Mapping[str, Card], places: Mapping[str, tuple[float, float]]) -> Batch | None:
    moved = {
        node_id: place
        for node_id, place in places.items()
        if abs(place[0] - cards[node_id][0]) > _NOTHING or abs(place[1] - cards[node_id][1]) > _NOTHING
    }
    return Batch(title=title, edits=(MoveNodes(positions=moved),)) if moved else None

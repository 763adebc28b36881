"""Tidy: places a graph in layers, to the right or downwards, with straight trunks, and wraps what is long into rows.

Pure Python without Qt, so that it can run on any thread.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.document.tidying.layered import GAP_DOWN, Card, Wire
from engine.document.tidying.rows import GAP_ACROSS, SNAP, Places, Room, Sheet, arrange

__all__ = ["GAP_ACROSS", "GAP_DOWN", "Card", "Wire", "tidy"]

_WINDOW_HEIGHT = 900.0


def tidy(
    cards: Sequence[Card], wires: Iterable[Wire], *, aspect: float = 1.7, downwards: bool = False
) -> dict[str, tuple[float, float]]:
    """Positions by id, the first at (0, 0). The same graph gives the same positions. Cycles are allowed.

    `aspect` is the width to height the whole should have, as far as it can be cut into rows without spoiling it. When
    the graph runs `downwards`, offsets of ports and lines of cards are from their left.
    """
    room = Room(_WINDOW_HEIGHT * aspect, _WINDOW_HEIGHT)
    if downwards:
        cards = [replace(card, width=card.height, height=card.width) for card in cards]
        # What is written on a link is wider than high.
        room = Room(room.across, room.along, aside=48.0, between=152.0)
    index = {card.id: number for number, card in enumerate(cards)}
    known = [wire for wire in wires if wire.source in index and wire.target in index and wire.source != wire.target]
    places: dict[str, tuple[float, float]] = {}
    top = 0.0
    for part in _components(cards, known, index):
        inside = {card.id for card in part}
        own = [wire for wire in known if wire.source in inside]
        sheet = arrange(part, own, room) if own else _on_lines(part, room)
        for card, (x, y) in sheet.moved(0.0, top).items():
            places[card] = (_snap(x), _snap(y)) if not downwards else (_snap(y), _snap(x))
        top += sheet.height + room.between
    return places


def _snap(value: float) -> float:
    return round(value / SNAP) * SNAP


def _components(cards: Sequence[Card], wires: list[Wire], index: dict[str, int]) -> list[list[Card]]:
    """Connected parts in the order of their first card; cards without any link come last, as one part."""
    parent = list(range(len(cards)))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for wire in wires:
        parent[root(index[wire.source])] = root(index[wire.target])
    parts: dict[int, list[Card]] = {}
    for number, card in enumerate(cards):
        parts.setdefault(root(number), []).append(card)
    linked = [part for part in parts.values() if len(part) > 1]
    alone = [part[0] for part in parts.values() if len(part) == 1]
    return linked + ([alone] if alone else [])


def _on_lines(cards: Sequence[Card], room: Room) -> Sheet:
    """Cards without links, like words on lines."""
    area = sum((card.width + GAP_ACROSS) * (card.height + GAP_DOWN) for card in cards)
    width = max((area * room.along / room.across) ** 0.5, max(card.width for card in cards))
    places: Places = {}
    x = y = lowest = furthest = 0.0
    for card in cards:
        if x and x + card.width > width:
            x, y = 0.0, lowest + GAP_DOWN
        places[card.id] = (x, y)
        furthest = max(furthest, x + card.width)
        x += card.width + GAP_ACROSS
        lowest = max(lowest, y + card.height)
    return Sheet(places, furthest, lowest)

"""Cuts a drawing in layers into rows, as text is cut into lines, so that it fits a window.

Rows end where a single tensor flows. What is joined by nested skips, as the two halves of a U-Net are, has no such
place; it is folded instead: each step down begins a row, and its step up stands at the right of the same row.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.document.tidying.layered import ASIDE, LINE, Card, Layered, Wire

GAP_ACROSS: Final = 72.0
GAP_ROWS: Final = 104.0
SNAP: Final = 8.0
_EVEN_UP_TO: Final = 224.0  # columns are made equally wide if no card is wider than this
_FITS: Final = 1.35  # times a usual window; what is no larger is left in one row
_MOST_ROWS: Final = 400
_LONG_SKIP: Final = 3  # layers; shorter links join nothing over a fold

Places = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Room:
    """What a drawing should fit into: the size of a usual window along the flow and across it."""

    along: float = 1530.0
    across: float = 900.0
    aside: float = ASIDE
    """Between a card and a link that passes it, with what is written on the link."""
    between: float = GAP_ROWS
    """Between rows, where links lead back."""

    def cost(self, width: float, height: float) -> float:
        """How many times larger than the window this is."""
        return max(width / self.along, height / self.across)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cards that are placed relative to each other, and how much they take."""

    places: Places
    width: float
    height: float
    line: float = LINE
    """From its top to the straight line through its first card."""

    def moved(self, x: float, y: float) -> Places:
        """The places on a larger sheet."""
        return {card: (left + x, top + y) for card, (left, top) in self.places.items()}


def arrange(cards: Sequence[Card], wires: Sequence[Wire], room: Room) -> Sheet:
    """Lay one connected part out: in rows, or folded where that fits better."""
    drawing = Layered(cards, wires, aside=room.aside)
    plain, cost = _in_rows(drawing, room)
    if cost > _FITS:
        folded = _folded(drawing, room)
        if folded is not None and room.cost(folded.width, folded.height) < cost * 0.9:
            return folded
    return plain


# Rows.


def _gap(wires: Iterable[tuple[int, int, Wire]]) -> float:
    """Between columns: room for what is written on the links."""
    labels = max((wire.label for _source, _target, wire in wires), default=0.0)
    return max(GAP_ACROSS, min(120.0, -(-(labels + 8) // SNAP) * SNAP))


class _Columns:
    """How wide the layers of a drawing are, and how far they reach up and down."""

    def __init__(self, drawing: Layered, room: Room) -> None:
        self._between = room.between
        count = len(drawing.layers)
        widths = [0.0] * count
        self.top = [float("inf")] * count
        self.bottom = [float("-inf")] * count
        for item, height in enumerate(drawing.heights):
            layer = drawing.layer_of(item)
            if item < drawing.count:
                card = drawing.cards[item]
                widths[layer] = max(widths[layer], card.width)
                over, under = card.line, card.height - card.line
            else:
                over = under = 8.0
            self.top[layer] = min(self.top[layer], height - over)
            self.bottom[layer] = max(self.bottom[layer], height + under)
        # One distance everywhere, so that the columns of wrapped rows stand under each other.
        widest = max(widths)
        self.widths = [widest] * count if widest <= _EVEN_UP_TO else widths
        self.gap = _gap(drawing.wires)
        self.starts = [0.0]
        for width in self.widths:
            self.starts.append(self.starts[-1] + width + self.gap)

    def size(self, rows: list[range]) -> tuple[float, float]:
        """Width and height of the layers in these rows."""
        width = max(self.starts[row[-1] + 1] - self.starts[row[0]] - self.gap for row in rows)
        height = sum(max(self.bottom[k] for k in row) - min(self.top[k] for k in row) for row in rows)
        return width, height + self._between * (len(rows) - 1)


def _in_rows(drawing: Layered, room: Room) -> tuple[Sheet, float]:
    columns = _Columns(drawing, room)
    rows, cost = _rows(columns, _cuts(drawing, several_links=False), room)
    if cost > _FITS:
        # Only where nothing else helps, a tensor is carried over that is read by more than the next row's first card.
        others, other_cost = _rows(columns, _cuts(drawing, several_links=True), room)
        if other_cost < cost * 0.8:
            rows, cost = others, other_cost
    return _placed(drawing, columns, rows, room.between), cost


def _placed(drawing: Layered, columns: _Columns, rows: list[range], between: float) -> Sheet:
    places: Places = {}
    y = 0.0
    line = LINE
    for row in rows:
        x = 0.0
        top = min(columns.top[layer] for layer in row)
        for layer in row:
            for item in drawing.layers[layer]:
                if item < drawing.count:
                    card = drawing.cards[item]
                    if not places:
                        line = drawing.heights[item] - top
                    places[card.id] = (x, y + drawing.heights[item] - card.line - top)
            x += columns.widths[layer] + columns.gap
        y += max(columns.bottom[layer] for layer in row) - top + between
    width, _height = columns.size(rows)
    return Sheet(places, width, y - between, line)


def _cuts(drawing: Layered, *, several_links: bool) -> list[int]:
    """Layers that may begin a row: before them a single link passes, or a single tensor whatever reads it."""
    count = len(drawing.layers)
    change = [0] * (count + 1)  # how many begin to pass at a layer, less those that end
    if several_links:
        furthest: dict[tuple[int, float], int] = {}
        for source, target, wire in drawing.wires:
            port = (source, wire.output)
            furthest[port] = max(furthest.get(port, 0), drawing.layer_of(target))
        for (source, _output), last in furthest.items():
            change[drawing.layer_of(source)] += 1
            change[last] -= 1
    else:
        for source, target, _wire in drawing.wires:
            change[drawing.layer_of(source)] += 1
            change[drawing.layer_of(target)] -= 1
    cuts: list[int] = []
    passing = 0
    for layer in range(count - 1):
        passing += change[layer]
        if passing == 1:
            cuts.append(layer + 1)
    return cuts


def _rows(columns: _Columns, cuts: list[int], room: Room) -> tuple[list[range], float]:
    """The rows whose size comes nearest to the room, and how near."""
    best = [range(len(columns.widths))]
    best_cost = room.cost(*columns.size(best))
    if best_cost <= _FITS or not cuts:
        return best, best_cost
    # More rows are narrower and higher: the best number is about where the one outweighs the other.
    fewest, most = 2, min(_MOST_ROWS, len(cuts) + 1)
    while fewest <= most:
        wanted = (fewest + most) // 2
        rows = _split(columns, cuts, columns.starts[-1] / wanted * 1.08)
        # Where a row cannot be cut it is longer than wanted: others may be as long then, and there are fewer of them.
        rows = _split(columns, cuts, max(columns.starts[row[-1] + 1] - columns.starts[row[0]] for row in rows))
        width, height = columns.size(rows)
        cost = room.cost(width, height)
        if cost < best_cost * 0.97 or (cost < best_cost and len(rows) < len(best)):
            best, best_cost = rows, cost
        if width / room.along > height / room.across:
            fewest = wanted + 1
        else:
            most = wanted - 1
    return best, best_cost


def _split(columns: _Columns, cuts: list[int], limit: float) -> list[range]:
    """As few rows as possible that are no longer than the limit, where they can be cut."""
    starts, count = columns.starts, len(columns.widths)
    rows: list[range] = []
    first = last_cut = 0
    for cut in [*cuts, count]:
        if starts[cut] - starts[first] > limit and last_cut > first:
            rows.append(range(first, last_cut))
            first = last_cut
        last_cut = cut
    rows.append(range(first, count))
    return rows


# Folds.


def _folded(drawing: Layered, room: Room) -> Sheet | None:
    """The drawing with its nested skips folded, one fold under the other; None when it has none."""
    nests = _nests(drawing)
    if not nests:
        return None
    cuts = _cuts(drawing, several_links=False)
    count = len(drawing.layers)
    sheets: list[Sheet] = []
    first = 0
    for number, nest in enumerate(nests):
        begin = _within_reach(first, drawing.layer_of(nest[0][0]), cuts, forward=False)
        until = drawing.layer_of(nests[number + 1][0][0]) if number + 1 < len(nests) else count - 1
        end = _within_reach(drawing.layer_of(nest[0][1]), until, cuts, forward=True)
        if begin > first:
            sheets.append(_part(drawing, first, begin, room))
        fold = _fold(drawing, nest, begin, end, room)
        if fold is None:
            return None
        sheets.append(fold)
        first = end
    if first < count:
        sheets.append(_part(drawing, first, count, room))
    places: Places = {}
    y = 0.0
    for sheet in sheets:
        places |= sheet.moved(0.0, y)
        y += sheet.height + room.between
    return Sheet(places, max(sheet.width for sheet in sheets), y - room.between, sheets[0].line)


_REACH: Final = 9  # layers that a fold takes along before its first skip and after its last


def _within_reach(low: int, high: int, cuts: list[int], *, forward: bool) -> int:
    """Where a fold begins (between `low` and the layer `high`), or what comes after it does."""
    if forward:
        if high + 1 - low <= _REACH + 3:
            return high + 1
        return max((cut for cut in cuts if low < cut <= low + _REACH), default=high + 1)
    if high - low <= _REACH + 3:
        return low
    return min((cut for cut in cuts if high - _REACH <= cut <= high), default=low)


def _nests(drawing: Layered) -> list[list[tuple[int, int]]]:
    """Skips (source, target) that lie in each other with nothing but the trunk beside them, outermost first."""
    count = len(drawing.layers)
    change = [0] * (count + 1)
    for source, target, _wire in drawing.wires:
        change[drawing.layer_of(source)] += 1
        change[drawing.layer_of(target)] -= 1
    passing: list[int] = []
    total = 0
    for layer in range(count):
        total += change[layer]
        passing.append(total)
    skips = [
        (drawing.layer_of(source), drawing.layer_of(target), source, target)
        for source, target, _wire in drawing.wires
        if drawing.layer_of(target) - drawing.layer_of(source) >= _LONG_SKIP
    ]
    skips.sort(key=lambda skip: (skip[0] - skip[1], skip[0]))
    nests: list[list[tuple[int, int, int, int]]] = []
    for skip in skips:
        first, last = skip[:2]
        inside = next((nest for nest in nests if nest[-1][0] < first and last < nest[-1][1]), None)
        apart = all(last <= nest[0][0] or nest[0][1] <= first for nest in nests)
        depth = len(inside) + 1 if inside is not None else 1
        if (inside is None and not apart) or not passing[first] == passing[last - 1] == depth + 1:
            continue
        if inside is not None:
            inside.append(skip)
        else:
            nests.append([skip])
    nests.sort()
    return [[(source, target) for _first, _last, source, target in nest] for nest in nests if len(nest) > 1]


def _fold(drawing: Layered, nest: list[tuple[int, int]], begin: int, end: int, room: Room) -> Sheet | None:
    """One nest, in the layers from `begin` up to `end`: a row for each skip, and one for what lies in the innermost.

    None where two skips begin or end in one layer, so that there is no row for each.
    """
    downs, ups = [begin], [end]
    for source, target in nest:
        downs.append(drawing.layer_of(source) + 1)
        ups.append(drawing.layer_of(target))
    endless = replace(room, along=float("inf"), across=float("inf"))
    left = [_part(drawing, first, until, endless) for first, until in itertools.pairwise(downs)]
    right = [_part(drawing, first, until, endless) for until, first in itertools.pairwise(ups)]
    bottom = _part(drawing, downs[-1], ups[-1], endless)
    gap = 2 * _gap(drawing.wires)
    across = max(*(sheet.width for sheet in left), bottom.width) + gap
    ports = {(source, target): wire for source, target, wire in drawing.wires}
    ends = [(ports[skip], one, other) for skip, one, other in zip(nest, left, right, strict=True)]
    if any(wire.source not in one.places or wire.target not in other.places for wire, one, other in ends):
        return None
    places: Places = {}
    y = 0.0
    for skip, one, other in zip(nest, left, right, strict=True):
        # The skip is straight: both of its ends are put on one height.
        wire = ports[skip]
        out = one.places[wire.source][1] + wire.output
        into = other.places[wire.target][1] + wire.input
        level = max(out, into)
        places |= one.moved(0.0, y + level - out)
        places |= other.moved(across, y + level - into)
        y += max(level - out + one.height, level - into + other.height) + room.between
    places |= bottom.moved(across - gap / 2 - bottom.width, y)
    width = max(across + max(sheet.width for sheet in right), bottom.width)
    return Sheet(places, width, y + bottom.height, left[0].line)


def _part(drawing: Layered, first: int, until: int, room: Room) -> Sheet:
    """The cards of some layers, laid out anew."""
    chosen = [item for layer in drawing.layers[first:until] for item in layer if item < drawing.count]
    if not chosen:  # only links pass there
        return Sheet({}, 0.0, 0.0)
    inside = set(chosen)
    wires = [wire for source, target, wire in drawing.wires if source in inside and target in inside]
    return arrange([drawing.cards[item] for item in sorted(chosen)], wires, room)

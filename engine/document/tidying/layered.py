"""Puts one connected graph into layers with straight trunks: Sugiyama's way of drawing, in plain Python.

Layers by longest path, places for long links to pass, order within the layers by barycentres. Heights come from
straight blocks (linear segments after Sander 1996): links that shall be straight tie their ends into a block, the
trunk first, and whole blocks are then moved apart. All nodes of a chain share a line therefore, and skip links pass
beside it.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

GAP_DOWN: Final = 40.0
LINE: Final = 32.0
"""The line through a card that is kept straight, from its top: its first ports."""
ASIDE: Final = 20.0
"""Between a card and a link that passes it."""
_PASSING_HEIGHT: Final = 16.0
_MOST_PASSING: Final = 60_000


@dataclass(frozen=True, slots=True)
class Card:
    """What is placed. `line` is where its first ports are, from its top."""

    id: str
    width: float
    height: float
    line: float = LINE


@dataclass(frozen=True, slots=True)
class Wire:
    """A link between cards; offsets of its ports from the cards' tops, and the room its label needs."""

    source: str
    target: str
    output: float = LINE
    input: float = LINE
    label: float = 0.0


class Layered:
    """One connected part, as if it ran to the right without end. Cycles are allowed.

    Items are cards (numbers below `count`) and the places where long links pass (above). `layers` holds the items of
    each layer from top to bottom, `heights` the height of the straight line through each item.
    """

    def __init__(self, cards: Sequence[Card], wires: Iterable[Wire], *, aside: float = ASIDE) -> None:
        self.cards = cards
        self._aside = aside
        self.count = len(cards)
        number = {card.id: position for position, card in enumerate(cards)}
        self.wires = [
            (number[wire.source], number[wire.target], wire)
            for wire in wires
            if wire.source in number and wire.target in number and wire.source != wire.target
        ]
        self._lines = [card.line for card in cards]
        self._below = [card.height - card.line for card in cards]
        order = self._break_cycles()
        self._assign_layers(order)
        self._add_passing()
        self._order_layers(order)
        self.heights = self._straighten()

    def layer_of(self, item: int) -> int:
        """The layer an item stands in."""
        return self._layer[item]

    def crossings(self) -> int:
        """How many pairs of links cross between the layers."""
        return self._crossings(self._place)

    # Layers.

    def _break_cycles(self) -> list[int]:
        """A topological order; wires that close a cycle are left out of the layout."""
        after: list[list[int]] = [[] for _ in range(self.count)]
        waiting = [0] * self.count
        for source, target, _wire in self.wires:
            after[source].append(target)
            waiting[target] += 1
        order: list[int] = []
        ready = [item for item in range(self.count - 1, -1, -1) if waiting[item] == 0]
        done = [False] * self.count
        rest = 0
        while len(order) < self.count:
            if not ready:
                while done[rest]:
                    rest += 1
                ready.append(rest)
            item = ready.pop()
            if done[item]:
                continue
            done[item] = True
            order.append(item)
            for target in reversed(after[item]):
                waiting[target] -= 1
                if waiting[target] == 0 and not done[target]:
                    ready.append(target)
        at = [0] * self.count
        for position, item in enumerate(order):
            at[item] = position
        self.wires = [wire for wire in self.wires if at[wire[0]] < at[wire[1]]]
        return order

    def _assign_layers(self, order: list[int]) -> None:
        before: list[list[int]] = [[] for _ in range(self.count)]
        after: list[list[int]] = [[] for _ in range(self.count)]
        for source, target, _wire in self.wires:
            before[target].append(source)
            after[source].append(target)
        layer = [0] * self.count
        for item in order:
            if before[item]:
                layer[item] = 1 + max(layer[source] for source in before[item])
        # What only feeds something later stands beside that: labels beside the loss, not at the far left.
        for item in reversed(order):
            if after[item] and not before[item]:
                layer[item] = min(layer[target] for target in after[item]) - 1
        first = min(layer)
        self._layer = [value - first for value in layer]

    def _add_passing(self) -> None:
        """Cut long wires into steps of one layer with a passing place in each layer between."""
        self.layers: list[list[int]] = [[] for _ in range(max(self._layer) + 1)]
        for item in range(self.count):
            self.layers[self._layer[item]].append(item)
        # (from, to, output offset, input offset, trunk): offsets are from the straight line through the item.
        self._steps: list[tuple[int, int, float, float, int]] = []
        passing = 0
        for source, target, wire in self.wires:
            first, last = self._layer[source], self._layer[target]
            output, port = wire.output - self._lines[source], wire.input - self._lines[target]
            if last - first == 1:
                self._steps.append((source, target, output, port, 0 if port == 0 else 2))
                continue
            if passing + last - first > _MOST_PASSING:
                continue
            passing += last - first - 1
            previous, offset = source, output
            for layer in range(first + 1, last):
                item = len(self._layer)
                self._layer.append(layer)
                self.layers[layer].append(item)
                self._steps.append((previous, item, offset, 0.0, 1 if previous >= self.count else 3))
                previous, offset = item, 0.0
            self._steps.append((previous, target, offset, port, 3))

    # Order.

    def _order_layers(self, order: list[int]) -> None:
        total = len(self._layer)
        before: list[list[tuple[int, float, float]]] = [[] for _ in range(total)]
        after: list[list[tuple[int, float, float]]] = [[] for _ in range(total)]
        for a, b, output, port, _kind in self._steps:
            before[b].append((a, output, port))
            after[a].append((b, port, output))
        self._before, self._after = before, after
        best: list[list[int]] = []
        best_crossings = -1
        for attempt in range(4 if total < 600 else 2 if total < 1_500 else 1):
            place = self._begin_order(order, attempt)
            crossings = self._sweep(place, by_median=attempt == 2)
            if crossings and total < 3_000:
                self._swap_neighbours(place)
                crossings = self._crossings(place)
            if best_crossings < 0 or crossings < best_crossings:
                best, best_crossings = [list(layer) for layer in self.layers], crossings
            if best_crossings == 0:
                break
        self.layers = best
        self._place = _places(best, total)

    def _begin_order(self, order: list[int], attempt: int) -> list[int]:
        """Put the layers into an order to begin with: as drawn with passing links below, or above, or upside down."""
        total = len(self._layer)
        rank = [0.0] * total
        for position, item in enumerate(order):
            rank[item] = float(-position if attempt == 3 else position)
        for item in range(self.count, total):
            rank[item] = float("-inf") if attempt == 1 else float("inf")
        for layer in self.layers:
            layer.sort(key=lambda item: (rank[item], item))
        return _places(self.layers, total)

    def _sweep(self, place: list[int], *, by_median: bool) -> int:
        """Order each layer by where its neighbours lie, to and fro; leaves the best order and says how many cross."""
        if all(len(layer) < 2 for layer in self.layers):
            return 0
        total = len(place)
        best = [list(layer) for layer in self.layers]
        best_crossings = self._crossings(place)
        sweeps = 12 if total < 2_000 else 4 if total < 8_000 else 2
        stale = 0
        for sweep in range(sweeps):
            if best_crossings == 0 or stale >= 4:
                break
            forward = sweep % 2 == 0
            near = self._before if forward else self._after
            for layer in self.layers[1:] if forward else self.layers[-2::-1]:
                if len(layer) < 2:
                    continue
                key: dict[int, float] = {}
                for item in layer:
                    found = [place[other] + offset * 0.01 for other, offset, _own in near[item]]
                    if not found:
                        key[item] = float(place[item])
                    elif by_median:
                        found.sort()
                        key[item] = (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2
                    else:
                        key[item] = sum(found) / len(found)
                layer.sort(key=lambda item: key[item])
                for position, item in enumerate(layer):
                    place[item] = position
            crossings = self._crossings(place)
            if crossings < best_crossings:
                best, best_crossings, stale = [list(layer) for layer in self.layers], crossings, 0
            else:
                stale += 1
        self.layers = best
        place[:] = _places(best, total)
        return best_crossings

    def _swap_neighbours(self, place: list[int]) -> None:
        """Exchange neighbours while that removes crossings: what barycentres leave behind."""
        for _round in range(8):
            better = False
            for layer in self.layers:
                for position in range(len(layer) - 1):
                    upper, lower = layer[position], layer[position + 1]
                    now = then = 0
                    for near in (self._before, self._after):
                        ends_upper = [(place[o], off) for o, off, _own in near[upper]]
                        ends_lower = [(place[o], off) for o, off, _own in near[lower]]
                        now += sum(a > b for a in ends_upper for b in ends_lower)
                        then += sum(b > a for a in ends_upper for b in ends_lower)
                    if then < now:
                        layer[position], layer[position + 1] = lower, upper
                        place[upper], place[lower] = position + 1, position
                        better = True
            if not better:
                return

    def _crossings(self, place: list[int]) -> int:
        """How many pairs of steps cross, layer by layer, with a Fenwick tree."""
        between: list[list[tuple[int, float, int, float]]] = [[] for _ in self.layers]
        for a, b, output, port, _kind in self._steps:
            between[self._layer[a]].append((place[a], output, place[b], port))
        total = 0
        for steps in between:
            if len(steps) < 2:
                continue
            steps.sort()
            ends = sorted({(b, port) for _a, _out, b, port in steps})
            at = {end: position + 1 for position, end in enumerate(ends)}
            tree = [0] * (len(ends) + 1)
            seen = 0
            waiting: list[int] = []
            last: tuple[int, float] | None = None
            for a, output, b, port in steps:
                if (a, output) != last:
                    for position in waiting:  # wires that leave the same port do not cross each other
                        while position <= len(ends):
                            tree[position] += 1
                            position += position & -position
                    seen += len(waiting)
                    waiting, last = [], (a, output)
                position = at[(b, port)]
                waiting.append(position)
                total += seen
                while position:
                    total -= tree[position]
                    position -= position & -position
        return total

    # Heights.

    def _straighten(self) -> list[float]:
        """The height of the straight line through each item."""
        total = len(self._layer)
        left = [-1] * total
        right = [-1] * total
        taken: list[list[tuple[int, int]]] = [[] for _ in self.layers]
        place = self._place
        trunk = self._trunk()
        steps = sorted(
            self._steps,
            key=lambda step: (0 if (step[0], step[1]) in trunk else step[4] + 1, self._layer[step[0]], place[step[0]]),
        )
        for a, b, output, port, _kind in steps:
            if right[a] >= 0 or left[b] >= 0 or abs(output - port) > 1:
                continue
            here = taken[self._layer[a]]
            pa, pb = place[a], place[b]
            if any((qa - pa) * (qb - pb) < 0 for qa, qb in here):
                continue
            here.append((pa, pb))
            right[a], left[b] = b, a
        block = [-1] * total
        blocks: list[list[int]] = []
        for layer in self.layers:
            for item in layer:
                if left[item] < 0:
                    members = [item]
                    while right[members[-1]] >= 0:
                        members.append(right[members[-1]])
                    for member in members:
                        block[member] = len(blocks)
                    blocks.append(members)
        above: list[list[tuple[int, float]]] = [[] for _ in blocks]
        below: list[list[tuple[int, float]]] = [[] for _ in blocks]
        for layer in self.layers:
            for upper, lower in itertools.pairwise(layer):
                apart = self._apart(upper, lower)
                above[block[lower]].append((block[upper], apart))
                below[block[upper]].append((block[lower], apart))
        waiting = [len(found) for found in above]
        ready = [number for number, count in enumerate(waiting) if count == 0]
        order: list[int] = []
        while ready:
            number = ready.pop()
            order.append(number)
            for lower, _apart in below[number]:
                waiting[lower] -= 1
                if waiting[lower] == 0:
                    ready.append(lower)
        height = [0.0] * len(blocks)
        for number in order:
            height[number] = max((height[upper] + apart for upper, apart in above[number]), default=0.0)
        pulls: list[list[tuple[int, float]]] = [[] for _ in blocks]
        for a, b, output, port, _kind in self._steps:
            if block[a] != block[b]:
                pulls[block[a]].append((block[b], port - output))
                pulls[block[b]].append((block[a], output - port))
        for turn in range(8):
            for number in order[::-1] if turn % 2 == 0 else order:
                if not pulls[number]:
                    continue
                wanted = sum(height[other] + offset for other, offset in pulls[number]) / len(pulls[number])
                low = max((height[upper] + apart for upper, apart in above[number]), default=float("-inf"))
                high = min((height[lower] - apart for lower, apart in below[number]), default=float("inf"))
                height[number] = max(low, min(high, wanted))
        return [height[block[item]] for item in range(total)]

    def _trunk(self) -> set[tuple[int, int]]:
        """The steps of the longest way through the cards: what a reader follows."""
        length = [1] * self.count
        following = [-1] * self.count
        cards = [item for layer in reversed(self.layers) for item in layer if item < self.count]
        for item in cards:
            for other, port, _own in self._after[item]:
                if other < self.count and length[other] + 1 > length[item] and (port == 0 or following[item] < 0):
                    length[item], following[item] = length[other] + 1, other
        steps: set[tuple[int, int]] = set()
        item = max(range(self.count), key=lambda candidate: length[candidate])
        while following[item] >= 0:
            steps.add((item, following[item]))
            item = following[item]
        return steps

    def _apart(self, upper: int, lower: int) -> float:
        """How far apart the straight lines of two neighbours in a layer must be."""
        card_above, card_below = upper < self.count, lower < self.count
        under = self._below[upper] if card_above else 0.0
        over = self._lines[lower] if card_below else 0.0
        if card_above and card_below:
            return under + GAP_DOWN + over
        if card_above or card_below:
            return under + self._aside + over
        return max(_PASSING_HEIGHT, self._aside / 2)


def _places(layers: list[list[int]], total: int) -> list[int]:
    """The place of each item in its layer."""
    place = [0] * total
    for layer in layers:
        for position, item in enumerate(layer):
            place[item] = position
    return place

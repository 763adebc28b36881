"""Points on a plane with a class each: computed by a rule, or drawn by a person. For seeing how a network learns.

Pure Python on the floor of the engine, so that the window shows at once what training will read. Coordinates are from
-1 to 1, a little more with noise; the plane that is shown reaches to `REACH`.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from engine.catalog.entry import AttributeKind, Entry, attribute
from engine.errors import AttributeOutOfRange, DataError

ADDRESS: Final = "points:"
"""How the path of such a source begins; the name of a rule follows."""
REACH: Final = 1.2
X, Y, CLASS = "x", "y", "class"
"""The fields."""
MOST_POINTS: Final = 5000
MOST_CLASSES: Final = 8
NAMES: Final = ("A", "B", "C", "D", "E", "F", "G", "H")
_DIGITS: Final = 4


class Point(NamedTuple):
    """Where it is, and the number of its class."""

    x: float
    y: float
    group: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PointRule(Entry):
    """Base of rules."""

    def classes(self) -> tuple[str, ...]:
        """What the classes are called."""
        raise NotImplementedError

    def points(self) -> list[Point]:
        """The points, the same each time."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True, slots=True)
class _Computed(PointRule):
    """Base of rules that compute points: `_place` says where the next one of a class lies before noise moves it."""

    samples: int = attribute(400, minimum=8, maximum=MOST_POINTS, help="How many points there are.", last=True)
    noise: float = attribute(
        0.05, minimum=0, maximum=0.5, help="How far chance moves them, as a share of the plane.", last=True
    )
    seed: int = attribute(7, minimum=0, maximum=(1 << 31) - 1, help="Another number, other points.", last=True)

    def _count(self) -> int:
        return 2

    def classes(self) -> tuple[str, ...]:
        return NAMES[: self._count()]

    def points(self) -> list[Point]:
        chance = random.Random(self.seed)
        count = self._count()
        found = []
        for number in range(self.samples):
            group = number % count
            x, y = self._place(group, chance)
            found.append(
                Point(
                    round(x + chance.gauss(0, self.noise), _DIGITS),
                    round(y + chance.gauss(0, self.noise), _DIGITS),
                    group,
                )
            )
        return found

    def _place(self, group: int, chance: random.Random) -> tuple[float, float]:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True, slots=True)
class Spirals(_Computed):
    """Arms that wind around each other: no straight line helps, and two bends are not enough.

    Lang and Witbrock 1988 gave networks two of them to tell apart.
    """

    formula: ClassVar[str] = "r = t, angle = turns · 2π · t + 2π · class / arms"
    when: ClassVar[str] = "To see what more units and more layers are good for."
    synonyms: ClassVar[tuple[str, ...]] = ("spiral",)
    arms: int = attribute(2, minimum=2, maximum=MOST_CLASSES, help="How many arms there are, each a class.")
    turns: float = attribute(1.25, minimum=0.1, maximum=4, help="How often an arm goes around.")

    def _count(self) -> int:
        return self.arms

    def _place(self, group: int, chance: random.Random) -> tuple[float, float]:
        t = 0.08 + 0.92 * math.sqrt(chance.random())
        angle = math.tau * (self.turns * t + group / self.arms)
        return t * math.cos(angle), t * math.sin(angle)


@dataclass(frozen=True, kw_only=True, slots=True)
class Circles(_Computed):
    """Rings around a common middle: one bend all around tells them apart."""

    formula: ClassVar[str] = "r = (class + 0.5) / rings"
    when: ClassVar[str] = "To see how three or four units together close a ring."
    synonyms: ClassVar[tuple[str, ...]] = ("rings", "concentric")
    rings: int = attribute(2, minimum=2, maximum=5, help="How many rings there are, each a class.")

    def _count(self) -> int:
        return self.rings

    def _place(self, group: int, chance: random.Random) -> tuple[float, float]:
        angle = math.tau * chance.random()
        wide = (group + 0.5) / self.rings
        return wide * math.cos(angle), wide * math.sin(angle)


@dataclass(frozen=True, kw_only=True, slots=True)
class Xor(_Computed):
    """Squares as on a chessboard: equal signs are one class, unequal ones the other.

    The example with which Minsky and Papert showed in 1969 what a single neuron cannot learn.
    """

    caption: ClassVar[str] = "XOR"
    formula: ClassVar[str] = "class = (column + row) mod 2"
    when: ClassVar[str] = "To see that one straight line is not enough, and two hidden units are."
    synonyms: ClassVar[tuple[str, ...]] = ("exclusive or", "chessboard", "checkerboard", "quadrants")
    squares: int = attribute(2, minimum=2, maximum=6, help="How many squares there are on each side.")

    def _place(self, group: int, chance: random.Random) -> tuple[float, float]:
        column = chance.randrange(self.squares)
        row = chance.choice([row for row in range(self.squares) if (column + row) % 2 == group])
        side = 2 / self.squares
        inside = 0.06  # a gap between squares, so that noise alone decides how clean they are

        def within(number: int) -> float:
            return -1 + side * (number + inside + (1 - 2 * inside) * chance.random())

        return within(column), within(row)


@dataclass(frozen=True, kw_only=True, slots=True)
class Moons(_Computed):
    """Two half circles that reach into each other."""

    formula: ClassVar[str] = "an arc above, and the same arc below, moved aside"
    when: ClassVar[str] = "For a first network: a gentle bend is enough."
    synonyms: ClassVar[tuple[str, ...]] = ("two moons", "half circles")

    def _place(self, group: int, chance: random.Random) -> tuple[float, float]:
        angle = math.pi * chance.random()
        x, y = math.cos(angle), math.sin(angle)
        if group:
            x, y = 1 - x, 0.5 - y
        return (x - 0.5) * 0.66, (y - 0.25) * 0.85


@dataclass(frozen=True, kw_only=True, slots=True)
class Clusters(_Computed):
    """Heaps of points, one a class."""

    formula: ClassVar[str] = "middle of the class + spread · chance"
    when: ClassVar[str] = "For one neuron: with little spread a straight line tells them apart."
    synonyms: ClassVar[tuple[str, ...]] = ("blobs", "gaussian", "heaps")
    heaps: int = attribute(2, minimum=2, maximum=MOST_CLASSES, help="How many heaps there are, each a class.")
    spread: float = attribute(0.15, minimum=0.01, maximum=0.6, help="How wide a heap is.")

    def _count(self) -> int:
        return self.heaps

    def _place(self, group: int, chance: random.Random) -> tuple[float, float]:
        angle = math.pi / 4 + math.tau * group / self.heaps
        x, y = 0.62 * math.cos(angle), 0.62 * math.sin(angle)
        return x + chance.gauss(0, self.spread), y + chance.gauss(0, self.spread)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn(PointRule):
    """Points that a person put on the plane.

    `points` are x, y and the number of the class, one after the other.
    """

    caption: ClassVar[str] = "Drawn by hand"
    no_formula: ClassVar[str] = "they are where you put them"
    when: ClassVar[str] = "To try what a network makes of a shape of your own."
    synonyms: ClassVar[tuple[str, ...]] = ("own points", "paint")
    names: tuple[str, ...] = attribute(NAMES[:2], help="What the classes are called.")
    placed: tuple[float, ...] = attribute(
        (), kind=AttributeKind.NUMBERS, minimum=-1e6, maximum=1e6, help="x, y and class of each point."
    )

    def classes(self) -> tuple[str, ...]:
        return self.names

    def points(self) -> list[Point]:
        flat = self.placed
        return [Point(flat[at], flat[at + 1], int(flat[at + 2])) for at in range(0, len(flat) - 2, 3)]


RULES: Final[tuple[type[PointRule], ...]] = (Spirals, Circles, Xor, Moons, Clusters, Drawn)
"""Every rule, in the order in which a person sees them."""


def rule_of(path: str, options: Mapping[str, Any]) -> PointRule:
    """The rule that a source names. Raises DataError for one that is not known or whose settings make no sense."""
    name = path.removeprefix(ADDRESS)
    kind = next((kind for kind in RULES if kind.type_name().lower() == name.lower()), None)
    if kind is None:
        raise DataError(
            f"There is no rule '{name[:60]}' for points.",
            where=path[:80],
            expected=", ".join(kind.type_name() for kind in RULES),
            found=name[:60],
        )
    try:
        rule = kind.from_attributes(options)
    except AttributeOutOfRange as error:
        raise DataError(
            error.message, where=path[:80], expected=error.expected, found=error.found, hint=error.hint
        ) from None
    if isinstance(rule, Drawn):
        _check(rule, path)
    return rule


def _check(rule: Drawn, path: str) -> None:
    """Raises DataError for points that cannot be."""
    names = rule.names
    if not 1 <= len(names) <= MOST_CLASSES or len(set(names)) < len(names) or not all(name.strip() for name in names):
        raise DataError(
            "The classes of the points need names of their own.",
            where=path[:80],
            expected=f"1 to {MOST_CLASSES} different names",
            found=", ".join(names)[:80],
        )
    flat = rule.placed
    if len(flat) % 3 or len(flat) > 3 * MOST_POINTS:
        raise DataError(
            "The points cannot be read.",
            where=path[:80],
            expected=f"x, y and class of up to {MOST_POINTS:,} points",
            found=f"{len(flat):,} numbers",
        )
    for at in range(0, len(flat), 3):
        group = flat[at + 2]
        if group != int(group) or not 0 <= group < len(names):
            raise DataError(
                f"Point {at // 3 + 1} is of a class that does not exist.",
                where=path[:80],
                expected=f"a number from 0 to {len(names) - 1}",
                found=f"{group:g}",
            )


def drawn_from(rule: PointRule) -> Drawn:
    """The same points as if a person had put them there, to go on from."""
    if isinstance(rule, Drawn):
        return rule
    flat = [value for point in rule.points() for value in (point.x, point.y, float(point.group))]
    return Drawn(names=rule.classes(), placed=tuple(flat))


def options_of(rule: PointRule) -> dict[str, Any]:
    """The settings of a rule as a source keeps them: those that are not as usual."""
    return {
        info.name: list(value) if isinstance(value := getattr(rule, info.name), tuple) else value
        for info in rule.attributes()
        if getattr(rule, info.name) != info.default
    }


def path_of(rule: PointRule) -> str:
    """The path of its source."""
    return f"{ADDRESS}{rule.type_name()}"

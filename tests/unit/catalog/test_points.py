"""Points on a plane: every rule gives what it says, the same each time, and nothing in a project can make it fail."""

import math
from collections import Counter

import pytest

from engine.catalog.points import (
    MOST_POINTS,
    REACH,
    RULES,
    Circles,
    Clusters,
    Drawn,
    Moons,
    Point,
    Spirals,
    Xor,
    drawn_from,
    options_of,
    path_of,
    rule_of,
)
from engine.errors import DataError

COMPUTED = [kind for kind in RULES if kind is not Drawn]


@pytest.mark.parametrize("kind", COMPUTED)
def test_a_rule_gives_as_many_points_as_it_says_of_every_class(kind):
    rule = kind(samples=300, noise=0.0)
    points = rule.points()
    assert len(points) == 300
    counts = Counter(point.group for point in points)
    assert set(counts) == set(range(len(rule.classes()))) and max(counts.values()) - min(counts.values()) <= 1
    assert points == kind(samples=300, noise=0.0).points(), "the same each time"
    assert points != kind(samples=300, noise=0.0, seed=8).points()
    inside = sum(max(abs(point.x), abs(point.y)) < REACH for point in points)
    assert inside >= 0.98 * len(points)
    assert max(abs(point.x) for point in points) > 0.5, "the plane is used"


@pytest.mark.parametrize("kind", RULES)
def test_every_rule_has_help_and_comes_back_from_a_source(kind):
    assert kind.help().endswith(".") and kind.when.endswith(".") and (kind.formula or kind.no_formula)
    rule = kind(placed=(0.5, -0.25, 1.0)) if kind is Drawn else kind(samples=12, noise=0.0)
    assert rule_of(path_of(rule), options_of(rule)) == rule
    assert rule_of(path_of(rule).lower(), options_of(rule)) == rule
    assert all(info.help.endswith(".") for info in kind.attributes())


def test_the_shapes_are_what_they_are_called():
    for point in Circles(rings=3, noise=0.0).points():
        assert math.hypot(point.x, point.y) == pytest.approx((point.group + 0.5) / 3, abs=1e-3)
    for point in Xor(noise=0.0).points():
        assert point.group == ((point.x > 0) + (point.y > 0)) % 2
    for point in Spirals(arms=3, turns=1.0, noise=0.0).points():
        radius = math.hypot(point.x, point.y)
        angle = math.tau * (radius + point.group / 3)
        assert math.atan2(point.y, point.x) % math.tau == pytest.approx(angle % math.tau, abs=0.01) or radius < 0.05
    moons = Moons(noise=0.0).points()
    assert max(point.y for point in moons if point.group) < max(point.y for point in moons if not point.group)
    assert len(Clusters(heaps=5).classes()) == 5


def test_what_was_computed_can_be_gone_on_with_by_hand():
    rule = Spirals(samples=40)
    drawn = drawn_from(rule)
    assert [tuple(point) for point in drawn.points()] == [tuple(point) for point in rule.points()]
    assert drawn.classes() == rule.classes()
    assert drawn_from(drawn) is drawn


@pytest.mark.parametrize(
    ("path", "options", "words"),
    [
        ("points:Hexagon", {}, "no rule"),
        ("points:Spirals", {"arms": 1}, "Arms"),
        ("points:Spirals", {"samples": 10**9}, "Samples"),
        ("points:Spirals", {"noise": float("nan")}, "Noise"),
        ("points:Spirals", {"sample": 3}, "no setting"),
        ("points:Drawn", {"placed": [0.1, 0.2]}, "cannot be read"),
        ("points:Drawn", {"placed": [0.1, 0.2, 2.0]}, "class that does not exist"),
        ("points:Drawn", {"placed": [0.1, 0.2, 0.5]}, "class that does not exist"),
        ("points:Drawn", {"placed": [0.1, float("inf"), 0.0]}, "cannot be"),
        ("points:Drawn", {"placed": ["a", 0.2, 0.0]}, "cannot be"),
        ("points:Drawn", {"placed": [0.0] * (3 * MOST_POINTS + 3)}, "cannot be read"),
        ("points:Drawn", {"names": ["A", "A"]}, "names of their own"),
        ("points:Drawn", {"names": []}, "names of their own"),
    ],
)
def test_what_makes_no_sense_is_said(path, options, words):
    with pytest.raises(DataError) as caught:
        rule_of(path, options)
    assert words in caught.value.message
    assert caught.value.where


def test_there_may_be_thousands_of_points():
    points = Spirals(samples=MOST_POINTS).points()
    assert len(points) == MOST_POINTS and isinstance(points[0], Point)

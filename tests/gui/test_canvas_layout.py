"""Tidy: no card on another, trunks straight, labels beside their loss, the same again when repeated."""

import itertools
import random
from collections.abc import Callable

import pytest

from engine.document.project import Project
from engine.document.tidying.layered import Layered
from engine.document.tidying.layout import GAP_ACROSS, Card, Wire, tidy
from tests.known_networks import dense, resnet, transformer, unet

WIDTH, HEIGHT = 168.0, 64.0


def cards(*names: str) -> list[Card]:
    return [Card(name, WIDTH, HEIGHT) for name in names]


def residual(blocks: int) -> tuple[list[Card], list[Wire]]:
    found = cards("in")
    wires: list[Wire] = []
    last = "in"
    for block in range(blocks):
        names = [f"{kind}{block}" for kind in ("conv", "bn", "relu", "add")]
        found += cards(*names)
        for source, target in zip([last, *names], names, strict=False):
            wires.append(Wire(source, target))
        wires.append(Wire(last, names[-1], input=48.0))
        last = names[-1]
    return found, wires


def no_overlap(places: dict[str, tuple[float, float]], found: list[Card]) -> None:
    boxes = [(*places[card.id], card.width, card.height) for card in found]
    boxes.sort()
    for index, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, _other_width, other_height in boxes[index + 1 :]:
            if other_x >= x + width:
                break
            assert other_y >= y + height or other_y + other_height <= y


def test_nothing_and_one_card() -> None:
    assert tidy([], []) == {}
    assert tidy(cards("a"), []) == {"a": (0, 0)}


def test_a_short_chain_is_one_straight_line() -> None:
    names = ("a", "b", "c", "d")
    places = tidy(cards(*names), [Wire(s, t) for s, t in itertools.pairwise(names)])
    assert [places[name] for name in names] == [(n * (WIDTH + GAP_ACROSS), 0) for n in range(4)]


def test_a_long_chain_is_wrapped_into_rows_of_one_height() -> None:
    names = [f"n{number}" for number in range(24)]
    found = cards(*names)
    places = tidy(found, [Wire(s, t) for s, t in itertools.pairwise(names)])
    rows = sorted({y for _x, y in places.values()})
    assert 2 <= len(rows) <= 6
    assert len({x for x, _y in places.values()}) <= 24 / len(rows) + 2, "columns stand under each other"
    no_overlap(places, found)


def test_the_trunk_of_a_residual_chain_is_straight_and_blocks_stay_whole() -> None:
    found, wires = residual(12)
    places = tidy(found, wires)
    no_overlap(places, found)
    for block in range(12):
        heights = {places[f"{kind}{block}"][1] for kind in ("conv", "bn", "relu", "add")}
        assert len(heights) == 1, "a block is on one line, skip included"


def test_labels_stand_beside_their_loss() -> None:
    found = cards("images", "conv", "flatten", "linear", "loss", "labels")
    wires = [Wire("images", "conv"), Wire("conv", "flatten"), Wire("flatten", "linear"), Wire("linear", "loss")]
    wires.append(Wire("labels", "loss", input=48.0))
    places = tidy(found, wires)
    assert places["labels"][0] == places["linear"][0]
    assert places["labels"][1] > places["linear"][1]


def test_branches_lie_beside_each_other() -> None:
    found = cards("in", "a", "b", "c", "join")
    wires = [Wire("in", name) for name in "abc"] + [
        Wire(name, "join", input=32.0 + 16 * index) for index, name in enumerate("abc")
    ]
    places = tidy(found, wires)
    assert len({places[name][0] for name in "abc"}) == 1
    assert places["a"][1] < places["b"][1] < places["c"][1], "in the order of the ports, so that no links cross"


def test_repeating_changes_nothing() -> None:
    found, wires = residual(9)
    assert tidy(found, wires) == tidy(list(found), list(wires))


def test_parts_that_are_not_linked_lie_apart() -> None:
    found = cards("a", "b", "c", "d", "alone", "lost")
    places = tidy(found, [Wire("a", "b"), Wire("c", "d")])
    no_overlap(places, found)
    assert places["c"][1] > places["a"][1]
    assert places["alone"][1] > places["c"][1]


def test_cycles_and_unknown_ends_do_no_harm() -> None:
    found = cards("a", "b", "c")
    places = tidy(found, [Wire("a", "b"), Wire("b", "c"), Wire("c", "a"), Wire("a", "a"), Wire("gone", "b")])
    no_overlap(places, found)
    assert len(places) == 3


@pytest.mark.parametrize("seed", range(8))
def test_random_graphs_never_overlap(seed: int) -> None:
    chance = random.Random(seed)
    count = chance.randint(2, 70)
    found = [
        Card(f"n{n}", chance.choice((168.0, 184.0, 248.0)), chance.choice((52.0, 64.0, 96.0))) for n in range(count)
    ]
    wires = [
        Wire(f"n{chance.randrange(target)}", f"n{target}", input=32.0 + 16 * chance.randrange(3))
        for target in range(1, count)
        for _ in range(chance.randint(0, 3))
    ]
    places = tidy(found, wires)
    assert set(places) == {card.id for card in found}
    no_overlap(places, found)
    for wire in wires:
        if places[wire.source][1] == places[wire.target][1]:
            assert places[wire.source] != places[wire.target]


def test_a_chain_of_ten_thousand_needs_no_deep_stack() -> None:
    names = [f"n{number}" for number in range(10_000)]
    places = tidy(cards(*names), [Wire(s, t) for s, t in itertools.pairwise(names)])
    assert len(set(places.values())) == 10_000


def crossings_of(layouts: object) -> int:
    """How many pairs of steps cross in what fast-sugiyama gives: (places, width, height, steps) for each part."""
    total = 0
    for places, _width, _height, steps in layouts:  # type: ignore[attr-defined]
        at = dict(places)
        ends = [sorted((at[a], at[b]), key=lambda point: -point[1]) for a, b, *_rest in steps]
        for (one, one_end), (other, other_end) in itertools.combinations(ends, 2):
            same_layer = one[1] == other[1]
            total += same_layer and (one[0] - other[0]) * (one_end[0] - other_end[0]) < 0
    return total


@pytest.mark.parametrize("network", [resnet, unet, transformer, dense])
def test_no_more_links_cross_than_with_fast_sugiyama(network: Callable[[], Project]) -> None:
    fast_sugiyama = pytest.importorskip("fast_sugiyama")
    graph = network().graph
    links = sorted({(edge.source, edge.target) for edge in graph.edges})
    ours = Layered([Card(node, WIDTH, HEIGHT) for node in graph.nodes], [Wire(*link) for link in links])
    assert ours.crossings() <= crossings_of(fast_sugiyama.from_edges(links))


def test_a_unet_is_folded_at_its_skips() -> None:
    graph = unet().graph
    found = [Card(node, WIDTH, HEIGHT) for node in graph.nodes]
    wires = [Wire(edge.source, edge.target, input=48.0 if edge.input == "b" else 32.0) for edge in graph.edges]
    places = tidy(found, wires)
    no_overlap(places, found)
    joins = [node for node in graph.nodes if graph.nodes[node].type == "Concatenate"]
    assert len(joins) == 4
    for join in joins:
        skip, up = (graph.inputs_of(join)[port].source for port in "ab")
        assert places[skip][1] == places[join][1], "a skip is straight"
        assert places[skip][0] < places[join][0]
        assert places[up][1] > places[join][1], "what comes up comes from below"
    assert len({places[join][0] for join in joins}) == 1, "the steps up begin under each other"
    width, height = (max(place[axis] for place in places.values()) for axis in (0, 1))
    assert width < 6 * height


@pytest.mark.parametrize("network", [resnet, transformer, dense])
def test_long_networks_are_wrapped_into_what_fits_a_window(network: Callable[[], Project]) -> None:
    graph = network().graph
    found = [Card(node, WIDTH, HEIGHT) for node in graph.nodes]
    wires = [Wire(edge.source, edge.target) for edge in graph.edges]
    for downwards in (False, True):
        places = tidy(found, wires, downwards=downwards)
        no_overlap(places, found)
        width, height = (max(place[axis] for place in places.values()) for axis in (0, 1))
        assert 0.6 < (width + WIDTH) / (height + HEIGHT) < 4


def test_downwards_is_the_same_turned() -> None:
    names = ("a", "b", "c", "d")
    found = [Card(name, 168.0, 64.0, 84.0) for name in names]
    places = tidy(found, [Wire(s, t, 84.0, 84.0) for s, t in itertools.pairwise(names)], downwards=True)
    assert {x for x, _y in places.values()} == {0.0}
    assert [places[name][1] for name in names] == [n * (HEIGHT + GAP_ACROSS) for n in range(4)]


@pytest.mark.parametrize("count", range(10, 40, 3))
def test_no_row_is_left_over_that_fits_into_the_one_before(count: int) -> None:
    names = [f"n{number}" for number in range(count)]
    wires = [Wire(s, t) for s, t in itertools.pairwise(names)]
    wires.append(Wire(names[1], names[5], input=48.0))  # from here to there no row can end
    places = tidy(cards(*names), wires)
    rows: dict[float, int] = {}
    for name in names:
        rows[places[name][1]] = rows.get(places[name][1], 0) + 1
    lengths = list(rows.values())
    assert all(one + other > max(lengths) for one, other in itertools.pairwise(lengths))

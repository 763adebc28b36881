"""Geometry, hit test and viewport, held to plain ways of saying the same."""

import random

import numpy as np
import pytest

from engine.document.graph import Edge
from gui.design.canvas.face import NodeFace
from gui.design.canvas.flow import runs_down
from gui.design.canvas.geometry import BACK, LANE, VIA, Flag, Geometry
from gui.design.canvas.hit import Kind, hit, link_at
from gui.design.canvas.viewport import Viewport


def face(name: str, inputs: tuple[str, ...] = ("input",), outputs: tuple[str, ...] = ("output",)) -> NodeFace:
    return NodeFace(id=name, title=name, line="x", inputs=inputs, outputs=outputs)


def row_of_cards(count: int, gap: float = 240.0) -> Geometry:
    geometry = Geometry()
    for number in range(count):
        geometry.add(face(f"n{number}", ("a", "b")), number * gap, 0)
    for number in range(1, count):
        geometry.link(Edge(source=f"n{number - 1}", target=f"n{number}", input="a"))
    return geometry


@pytest.mark.parametrize("seed", range(4))
def test_random_changes_keep_every_map_true(seed: int) -> None:
    chance = random.Random(seed)
    geometry = Geometry()
    places: dict[str, tuple[float, float]] = {}
    edges: dict[tuple[str, str], Edge] = {}
    for number in range(600):
        names = sorted(places)
        deed = chance.random()
        if deed < 0.35 or len(names) < 2:
            name = f"n{number}"
            places[name] = (chance.uniform(-500, 500), chance.uniform(-500, 500))
            geometry.add(face(name, ("a", "b")), *places[name])
        elif deed < 0.5:
            name = chance.choice(names)
            geometry.remove(name)
            del places[name]
            edges = {key: edge for key, edge in edges.items() if name not in (edge.source, edge.target)}
        elif deed < 0.75:
            source, target = chance.sample(names, 2)
            edge = Edge(source=source, target=target, input=chance.choice("ab"))
            geometry.link(edge)
            edges[(edge.target, edge.input)] = edge
        elif deed < 0.85 and edges:
            key = chance.choice(sorted(edges))
            geometry.unlink(key)
            del edges[key]
        else:
            name = chance.choice(names)
            places[name] = (chance.uniform(-500, 500), chance.uniform(-500, 500))
            geometry.place(geometry.rows([name]), np.array([places[name]]))
    assert {name: tuple(geometry.boxes[row, :2]) for name, row in geometry.row_of.items()} == places
    assert {key: geometry.edges[row] for key, row in geometry.link_of.items()} == edges
    links = np.arange(len(geometry.edges))
    for row, points in zip(links, geometry.end_points(links), strict=True):
        edge = geometry.edges[int(row)]
        assert tuple(points[:2]) == geometry.output_point(edge.source, edge.output)
        assert tuple(points[2:]) == geometry.input_point(edge.target, edge.input)
    for name, row in geometry.row_of.items():
        mine = {key for key, edge in edges.items() if name in (edge.source, edge.target)}
        assert {(geometry.edges[k].target, geometry.edges[k].input) for k in geometry.links_of((row,)).tolist()} == mine


def test_curves_begin_and_end_at_the_ports_and_stay_in_bounds() -> None:
    chance = random.Random(7)
    geometry = Geometry()
    for number in range(40):
        geometry.add(face(f"n{number}", ("a", "b")), chance.uniform(0, 3000), chance.uniform(0, 1500))
    for number in range(1, 40):
        geometry.link(Edge(source=f"n{chance.randrange(number)}", target=f"n{number}", input=chance.choice("ab")))
    links = np.arange(len(geometry.edges))
    assert geometry.resolve(links)
    seen = 0
    for rows, points in geometry.curves(links, 24):
        ends = geometry.end_points(rows)
        assert np.allclose(points[:, 0], ends[:, :2])
        assert np.allclose(points[:, -1], ends[:, 2:])
        bounds = geometry.bounds[rows]
        assert (points[:, :, 0] >= bounds[:, None, 0] - 1).all() and (points[:, :, 0] <= bounds[:, None, 2] + 1).all()
        assert (points[:, :, 1] >= bounds[:, None, 1] - 1).all() and (points[:, :, 1] <= bounds[:, None, 3] + 1).all()
        seen += len(rows)
    assert seen == len(links)


def test_a_skip_link_passes_beside_the_cards_between() -> None:
    geometry = row_of_cards(5)
    geometry.link(Edge(source="n0", target="n4", input="b"))
    link = geometry.link_of[("n4", "b")]
    geometry.resolve(np.array([link]))
    assert geometry.routes[link] == LANE
    ((_rows, points),) = list(geometry.curves(np.array([link]), 40))
    for name in ("n1", "n2", "n3"):
        x, y, width, height = geometry.boxes[geometry.row_of[name]]
        inside = (points[0, :, 0] > x) & (points[0, :, 0] < x + width)
        inside &= (points[0, :, 1] > y) & (points[0, :, 1] < y + height)
        assert not inside.any()


def test_a_card_that_comes_into_the_way_is_passed() -> None:
    geometry = Geometry()
    geometry.add(face("a"), 0, 0)
    geometry.add(face("b"), 800, 0)
    geometry.link(Edge(source="a", target="b"))
    link = np.array([0])
    geometry.resolve(link)
    assert geometry.routes[0] != LANE
    row = geometry.add(face("between"), 400, 10)
    x, y, width, height = geometry.boxes[row]
    geometry.reroute(np.array([(x, y, x + width, y + height)]))
    geometry.resolve(link)
    assert geometry.routes[0] == LANE


def test_it_is_told_when_a_drawn_link_runs_elsewhere_now() -> None:
    geometry = Geometry()
    geometry.add(face("a"), 0, 0)
    geometry.add(face("b"), 900, 0)
    geometry.add(face("c"), 400, 600)
    links = np.array([geometry.link(Edge(source="a", target="b"))])
    geometry.resolve(links)
    assert not geometry.ways_changed
    rows = geometry.rows(["c"])
    for y, changes in ((560.0, False), (0.0, True), (600.0, True)):
        before = np.concatenate((geometry.boxes[rows, :2], geometry.boxes[rows, :2] + geometry.boxes[rows, 2:]), axis=1)
        geometry.place(rows, np.array([[400.0, y]]))
        after = np.concatenate((geometry.boxes[rows, :2], geometry.boxes[rows, :2] + geometry.boxes[rows, 2:]), axis=1)
        geometry.reroute(np.concatenate((before, after)))
        geometry.resolve(links)
        assert geometry.ways_changed is changes
        geometry.ways_changed = False


def test_a_link_to_the_left_goes_round() -> None:
    geometry = Geometry()
    geometry.add(face("a"), 1000, 0)
    geometry.add(face("b"), 0, 300)
    geometry.link(Edge(source="a", target="b"))
    assert geometry.routes[0] == BACK
    (middle,) = geometry.middles(np.array([0]))
    assert 64 < middle[1] < 300


def test_hits_prefer_ports_to_cards_to_links() -> None:
    geometry = row_of_cards(2)
    assert hit(geometry, 168, 32, 1.0).kind is Kind.OUTPUT
    found = hit(geometry, 240, 48, 1.0)
    assert (found.kind, found.node, found.port) == (Kind.INPUT, "n1", "b")
    assert hit(geometry, 80, 12, 1.0).kind is Kind.NODE
    found = hit(geometry, 204, 33, 1.0)
    assert (found.kind, found.link) == (Kind.LINK, ("n1", "a"))
    assert hit(geometry, 204, 90, 1.0).kind is Kind.NOTHING


def test_ports_are_as_large_on_the_screen_at_every_zoom() -> None:
    geometry = row_of_cards(2)
    for zoom in (0.5, 1.0, 2.0):
        reach = 9 / zoom
        assert hit(geometry, 168 + reach, 32, zoom).kind is Kind.OUTPUT


def test_a_badge_is_hit_at_the_corner() -> None:
    geometry = Geometry()
    geometry.add(NodeFace(id="n", title="n", badge="error"), 0, 0)
    assert hit(geometry, 162, 1, 1.0).kind is Kind.BADGE
    assert len(geometry.flagged(Flag.ERROR)) == 1


def test_the_nearest_of_several_links_is_hit() -> None:
    geometry = Geometry()
    geometry.add(face("a"), 0, 0)
    geometry.add(face("b", ("a", "b", "c")), 300, 0)
    for port in "abc":
        geometry.link(Edge(source="a", target="b", input=port))
    assert link_at(geometry, 290, 32, 6) == ("b", "a")
    assert link_at(geometry, 290, 64, 6) == ("b", "c")


def test_all_is_shown_clear_of_what_covers_the_view() -> None:
    view = Viewport()
    view.fit((0, 0, 1000, 4000), 1200, 800, margin=28, top=70, bottom=60)
    assert view.to_screen(0, 0)[1] == pytest.approx(70, abs=1)
    assert view.to_screen(0, 4000)[1] == pytest.approx(740, abs=1)
    left, right = view.to_screen(0, 0)[0], view.to_screen(1000, 0)[0]
    assert left == pytest.approx(1200 - right, abs=2), "in the middle across"


def test_the_viewport_keeps_the_point_under_the_pointer() -> None:
    view = Viewport()
    view.fit((0, 0, 4000, 1000), 1200, 800)
    before = view.to_canvas(300, 200)
    assert view.zoom_about(300, 200, 1.7)
    assert view.to_canvas(300, 200) == pytest.approx(before, abs=1.0)
    assert not view.zoom_about(300, 200, 1.7)
    view.zoom_about(300, 200, 1e9)
    assert view.zoom == 4.0


def test_offsets_are_whole_device_pixels() -> None:
    view = Viewport()
    view.ratio = 1.5
    view.pan(0.3, 10.2)
    assert (view.x * 1.5) % 1 == 0 and (view.y * 1.5) % 1 == 0


def test_another_screen_puts_the_offset_back_on_whole_pixels() -> None:
    view = Viewport()
    view.pan(189, 7)
    assert view.set_ratio(1.25) and not view.set_ratio(1.25)
    assert (view.x * 1.25) % 1 == 0 and (view.y * 1.25) % 1 == 0
    moved_x, _moved_y = view.pan(7.3, 0)
    assert moved_x * 1.25 == pytest.approx(9)


def test_filling_is_the_same_as_adding_one_by_one() -> None:
    chance = random.Random(5)
    faces = [face(f"n{number}", ("a", "b")) for number in range(40)]
    places = [(chance.uniform(-900, 900), chance.uniform(-900, 900)) for _ in faces]
    edges = {}
    for _ in range(60):
        source, target = chance.sample(range(40), 2)
        edge = Edge(source=f"n{source}", target=f"n{target}", input=chance.choice("ab"))
        edges[edge.target, edge.input] = edge
    one, other = Geometry(), Geometry()
    one.fill(faces, places, edges.values())
    for made, place in zip(faces, places, strict=True):
        other.add(made, *place)
    for edge in edges.values():
        other.link(edge)
    rows = np.arange(len(edges))
    assert one.ids == other.ids and one.edges == other.edges and one.link_of == other.link_of
    assert (one.boxes == other.boxes).all() and (one.colors == other.colors).all()
    assert (one.end_points(rows) == other.end_points(rows)).all()
    assert one.links_of(range(40)).tolist() == other.links_of(range(40)).tolist()


def curve_of(geometry: Geometry, steps: int = 40) -> np.ndarray:
    rows = np.array([0])
    assert geometry.resolve(rows)
    ((_links, points),) = geometry.curves(rows, steps)
    return points[0]


@pytest.mark.parametrize("downwards", [False, True])
def test_a_link_is_led_through_its_points(downwards: bool) -> None:
    geometry = Geometry(downwards)
    for name, place in (("a", (0.0, 0.0)), ("b", (600.0, 300.0))):
        geometry.add(NodeFace(id=name, title=name, inputs=("x",), outputs=("y",), downwards=downwards), *place)
    via = ((350.0, -80.0), (420.0, 260.0))
    geometry.link(Edge(source="a", target="b", output="y", input="x", via=via))
    curve = curve_of(geometry)
    assert geometry.routes[0] == VIA
    for point in via:
        assert np.hypot(*(curve - point).T).min() < 1e-9
    assert tuple(curve[0]) == geometry.output_point("a", "y")
    assert tuple(curve[-1]) == geometry.input_point("b", "x")
    assert len(geometry.links_in((340, -90, 360, -70))) == 1, "its bounds reach to its points"
    assert link_at(geometry, *via[0], 4) == ("b", "x")


@pytest.mark.parametrize("downwards", [False, True])
def test_a_link_that_leads_back_goes_round_what_stands_between(downwards: bool) -> None:
    geometry = Geometry(downwards)

    def put(name: str, along: float, across: float) -> None:
        place = (across, along) if downwards else (along, across)
        made = NodeFace(id=name, title=name, inputs=("x",), outputs=("y",), downwards=downwards)
        geometry.add(made, *place)

    put("a", 1200, 0)
    put("b", 0, 600)
    for number in range(5):  # right where the way back would run
        put(f"between{number}", 60 + 240 * number, 290)
    geometry.link(Edge(source="a", target="b", output="y", input="x"))
    curve = curve_of(geometry)
    assert geometry.routes[0] == BACK
    for x, y, width, height in geometry.boxes[2:].tolist():
        inside = (curve[:, 0] > x) & (curve[:, 0] < x + width) & (curve[:, 1] > y) & (curve[:, 1] < y + height)
        assert not inside.any()


def test_a_graph_that_runs_down_is_told_by_its_links() -> None:
    across, down, few = Geometry(), Geometry(), Geometry()
    for geometry, step in ((across, (240.0, 0.0)), (down, (8.0, 120.0)), (few, (0.0, 120.0))):
        count = 3 if geometry is few else 6
        places = [(step[0] * n, step[1] * n) for n in range(count)]
        edges = [Edge(source=f"n{n}", target=f"n{n + 1}", input="a") for n in range(count - 1)]
        geometry.fill([face(f"n{n}", ("a", "b")) for n in range(count)], places, edges)
    assert not runs_down(across) and runs_down(down)
    assert not runs_down(few), "two links say nothing yet"

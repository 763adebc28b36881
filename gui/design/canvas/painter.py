"""Draws the graph from the geometry: links, shapes on links, nodes, in the detail the zoom allows.

Three levels: from 0.28 pictures of cards, from 0.1 flat cards with the edge of their colour, below it one rectangle a
node and straight links. Nothing jumps where they meet: names and edges fade and colours deepen with the zoom.
Everything is culled by array masks and drawn one call per colour, except the pictures.
"""

import itertools
import math
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from engine.document.graph import Edge
from gui.design.canvas.arrays import Floats, Ints, Mask, Rects, draw_lines, draw_polylines, draw_rects, fill_level
from gui.design.canvas.geometry import BACK, COLORS, VIA, Flag, Geometry
from gui.design.canvas.live import LivePictures
from gui.design.canvas.marks import Marks
from gui.design.canvas.marks_paint import draw_far_titles, draw_frames, draw_notes
from gui.design.canvas.sprites import (
    CARD_TINT,
    PAD,
    PILL_HEIGHT,
    RESTING,
    RING_PAD,
    SpriteCache,
    pill_scale,
    pill_width,
)
from gui.design.canvas.viewport import Box, Viewport
from gui.widgets.theme import current_theme
from gui.widgets.tokens import mix

PICTURES_FROM: Final = 0.28
FLAT_FROM: Final = 0.1
PILLS_FROM: Final = 0.36
GRID: Final = 24.0
_SMOOTH_SEGMENTS: Final = 1500  # more antialiased segments than this cost more than they show
_ROUTES_S: Final = 0.0015  # what a frame may spend on finding ways for links
_HALF: Final = 0.5 + 1e-6  # what lies between two pixels goes to one of them, whatever the noise of the numbers


class Level(IntEnum):
    """How much of a node is drawn."""

    FAR = 0
    FLAT = 1
    PICTURE = 2


def level(zoom: float) -> Level:
    """The detail at a zoom."""
    if zoom >= PICTURES_FROM:
        return Level.PICTURE
    return Level.FLAT if zoom >= FLAT_FROM else Level.FAR


class GraphPainter:
    """Draws parts of one geometry, with frames and notes. `link_text` gives what stands on a link, empty for none."""

    def __init__(self, geometry: Geometry, link_text: Callable[[Edge], str], marks: Marks | None = None) -> None:
        self._geometry = geometry
        self._marks = marks if marks is not None else Marks()
        self._link_text = link_text
        self.live: LivePictures | None = None
        """Small pictures of weights on the cards."""
        self.sprites = SpriteCache()
        self.moving = False
        """Set while the zoom changes: stale pictures are good enough then."""
        self.incomplete = False
        """Whether the last drawing left pictures or routes for the next one, to stay within its time."""

    def draw(self, painter: QPainter, view: Viewport, box: Box, *, budget_ms: float = 5.0) -> None:
        """Draw everything that touches a box of the canvas but hidden nodes and their links."""
        self.incomplete = False
        geometry = self._geometry
        pad = PAD + 2
        links = geometry.links_in(box)
        nodes = geometry.nodes_in((box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad))
        links = links[~self._at_flagged(links, Flag.HIDDEN)]
        nodes = nodes[(geometry.flags[nodes] & int(Flag.HIDDEN)) == 0]
        if self._marks:
            draw_frames(painter, self._marks, view, box)
        self.draw_links(painter, view, links, box)
        if self._marks:
            draw_notes(painter, self._marks, view, box)
        self.draw_nodes(painter, view, nodes, budget_ms=budget_ms)
        if self._marks:
            draw_far_titles(painter, self._marks, view, box)

    # Links.

    def draw_links(
        self, painter: QPainter, view: Viewport, links: Ints, box: Box | None = None, *, resolve: bool = True
    ) -> None:
        """Draw links and what stands on them, the latter only where it touches the box."""
        if not len(links):
            return
        theme = current_theme()
        detail = level(view.zoom)
        geometry = self._geometry
        if detail is Level.FAR:
            color = mix(theme.edge, theme.background, _faded(view.zoom))
            # Straight, those that lead back would run across whole rows.
            routes = geometry.routes[links]
            led: Mask = (routes == BACK) | (routes == VIA)
            _draw_thin(painter, _lines_on_screen(geometry.end_points(links[~led]), view), color, view.ratio)
            if led.any():
                self.stroke(painter, view, links[led], color, thin=True)
            return
        if resolve and not geometry.resolve(links, within_s=_ROUTES_S):
            self.incomplete = True
        if resolve and geometry.ways_changed:
            geometry.ways_changed = False
            self.incomplete = True  # what is not drawn now shows some of them where they ran before
        selected = self._at_flagged(links, Flag.SELECTED)
        plain, resting = mix(theme.edge, theme.background, _faded(view.zoom)), self.resting(links) & ~selected
        self.stroke(painter, view, links[~selected & ~resting], plain)
        if resting.any():
            self.stroke(painter, view, links[resting], mix(theme.background, plain, RESTING))
        if selected.any():
            self.stroke(painter, view, links[selected], mix(theme.edge, theme.accent, 0.6))
        if view.zoom >= PILLS_FROM:
            self._draw_pills(painter, view, links, box)

    def stroke(
        self, painter: QPainter, view: Viewport, links: Ints, color: QColor, width: float = 1.7, *, thin: bool = False
    ) -> None:
        """Draw the lines of links in one colour."""
        if not len(links):
            return
        steps = 18 if view.zoom >= 0.5 else 10 if view.zoom >= PICTURES_FROM else 5 if view.zoom >= 0.16 else 1
        groups = [_on_screen(points, view) for _rows, points in self._geometry.curves(links, steps)]
        segments = sum(points.shape[0] * (points.shape[1] - 1) for points in groups)
        smooth = segments <= _SMOOTH_SEGMENTS and not thin
        if not smooth:
            for points in groups:
                pairs = np.concatenate((points[:, :-1], points[:, 1:]), axis=2).reshape(-1, 4)
                _draw_thin(painter, pairs, color, view.ratio)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        pen = QPen(color, max(1.0, width * min(1.0, view.zoom + 0.25)))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap if width > 2 else Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        for points in groups:
            draw_polylines(painter, points)

    def _at_flagged(self, links: Ints, flag: Flag) -> Mask:
        """Which of the links begin or end at a node with a flag."""
        flags = self._geometry.flags & int(flag)
        if not flags.any():
            return np.zeros(len(links), np.bool_)
        found: Mask = np.asarray(flags[self._geometry.ends[links]].any(axis=1))
        return found

    def resting(self, links: Ints) -> Mask:
        """Which of the links carry nothing, since a Switch chooses otherwise."""
        geometry = self._geometry
        flags, ends = geometry.flags, geometry.ends[links]
        found: Mask = np.asarray((flags[ends] & int(Flag.RESTING)).any(axis=1))
        for place in np.flatnonzero(flags[ends[:, 1]] & int(Flag.CHOOSES)).tolist():
            edge = geometry.edges[int(links[place])]
            found[place] |= edge.input != geometry.faces[int(ends[place, 1])].chosen
        return found

    def _draw_pills(self, painter: QPainter, view: Viewport, links: Ints, box: Box | None) -> None:
        geometry = self._geometry
        if box is not None:
            middles = geometry.middles(links)
            reach = 80.0
            near = (middles[:, 0] > box[0] - reach) & (middles[:, 0] < box[2] + reach)
            near &= (middles[:, 1] > box[1] - reach) & (middles[:, 1] < box[3] + reach)
            links = links[near]
        ends = geometry.end_points(links)
        room = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
        room[geometry.routes[links] >= BACK] = np.inf
        roomy = room > 28
        links, room = links[roomy], room[roomy].tolist()
        middles = _on_screen(geometry.middles(links), view).tolist()
        scale, ratio = pill_scale(view.zoom), view.ratio
        pills = self.sprites.pills(view.zoom, ratio)
        edges, link_text = geometry.edges, self._link_text
        widths: dict[str, float] = {}
        downwards, high = geometry.downwards, PILL_HEIGHT * scale + 8
        for link, free, (x, y) in zip(links.tolist(), room, middles, strict=True):
            text = link_text(edges[link])
            if not text:
                continue
            compact = False
            if downwards:
                if free < high:
                    continue
            else:
                width = widths.get(text)
                if width is None:
                    width = widths[text] = pill_width(text, scale)
                # In a narrow gap the words alone stand above the link, if they have room there.
                compact = width - 8 > free
                if compact and (width - 16 * scale) * 0.84 > free - 2:
                    continue
            pill = pills.get((text, compact))
            if pill is None:
                pill = self.sprites.add_pill(text, compact)
            x -= pill.width / 2
            y -= pill.height * (0.98 if compact else 0.5)
            painter.drawPixmap(QPointF(_whole(x, ratio), _whole(y, ratio)), pill.picture)

    # Nodes.

    def draw_nodes(self, painter: QPainter, view: Viewport, nodes: Ints, *, budget_ms: float = 5.0) -> None:
        """Draw cards; pictures that are missing are painted for at most `budget_ms`, the rest next time."""
        if not len(nodes):
            return
        detail = level(view.zoom)
        if detail is Level.FAR:
            self._draw_far(painter, view, nodes)
        elif detail is Level.FLAT:
            self._draw_flat(painter, view, nodes)
            self._draw_outlines(painter, view, nodes)
        else:
            self._draw_selection(painter, view, nodes)
            self._draw_pictures(painter, view, nodes, budget_ms)
            if self.live is not None:
                self.live.draw(painter, view, self._geometry, nodes)

    def _draw_far(self, painter: QPainter, view: Viewport, nodes: Ints) -> None:
        theme = current_theme()
        geometry = self._geometry
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        boxes = _boxes_on_screen(geometry.boxes[nodes], view)
        np.maximum(boxes[:, 2:], 1.0, out=boxes[:, 2:])
        tint = _tint(view.zoom)
        order, runs = _by_color(geometry.colors[nodes])
        rects = Rects(painter, boxes[order])
        for name, first, last in runs:
            painter.setBrush(QBrush(mix(theme.panel, theme.family(name), tint)))
            rects.draw(first, last)
        flags = geometry.flags[nodes]
        special = flags & int(Flag.SELECTED | Flag.ERROR)
        if special.any():
            # What the user looks for stays at least three pixels large.
            chosen = special != 0
            grown, flags = boxes[chosen], flags[chosen]
            extra = np.maximum(0.0, 3.0 - grown[:, 2:]) + 1
            grown[:, :2] -= extra / 2
            grown[:, 2:] += extra
            for flag, token in ((Flag.ERROR, "error"), (Flag.SELECTED, "accent")):
                painter.setBrush(QBrush(theme.color(token)))
                draw_rects(painter, grown[(flags & int(flag)) != 0])

    def _draw_flat(self, painter: QPainter, view: Viewport, nodes: Ints) -> None:
        """Cards without names: their ground, and the edge in their colour, which narrows until the ground has it."""
        theme = current_theme()
        geometry = self._geometry
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        boxes = _boxes_on_screen(geometry.boxes[nodes], view)
        tint, edge = _tint(view.zoom), max(0.0, 5.0 * view.zoom)
        order, runs = _by_color(geometry.colors[nodes])
        boxes = boxes[order]
        grounds = Rects(painter, boxes)
        boxes[:, 2] = edge
        edges = Rects(painter, boxes)
        for name, first, last in runs:
            color = theme.family(name)
            painter.setBrush(QBrush(mix(theme.panel, color, tint)))
            grounds.draw(first, last)
            painter.setBrush(QBrush(mix(theme.panel, color, min(1.0, tint + 0.35))))
            edges.draw(first, last)

    def _draw_outlines(self, painter: QPainter, view: Viewport, nodes: Ints) -> None:
        theme = current_theme()
        flags = self._geometry.flags[nodes]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for flag, token in ((Flag.WARNING, "warn"), (Flag.ERROR, "error"), (Flag.SELECTED, "accent")):
            chosen = nodes[(flags & int(flag)) != 0]
            if len(chosen):
                painter.setPen(QPen(theme.color(token), 2))
                draw_rects(painter, _boxes_on_screen(self._geometry.boxes[chosen], view))

    def _draw_pictures(self, painter: QPainter, view: Viewport, nodes: Ints, budget_ms: float) -> None:
        geometry, sprites = self._geometry, self.sprites
        zoom, ratio = view.zoom, view.ratio
        corners = (geometry.boxes[nodes, :2] - PAD) * zoom + (view.x, view.y)
        corners = np.floor(corners * ratio + _HALF) / ratio
        until = time.perf_counter() + budget_ms / 1000
        missing: list[int] = []
        faces, kept, moving = geometry.faces, sprites.kept, self.moving
        for row, (x, y) in zip(nodes.tolist(), corners.tolist(), strict=True):
            face = faces[row]
            found = kept.get(face.id)
            if found is not None and found.face is not face and found.face != face:
                found = None
            if found is None or (found.zoom != zoom and not moving):
                if time.perf_counter() < until:
                    found = sprites.render(face, zoom, ratio)
                else:
                    self.incomplete = True
                    if found is None:
                        missing.append(row)
                        continue
            if found.zoom == zoom:
                painter.drawPixmap(QPointF(x, y), found.picture)
            else:
                self.incomplete = True
                picture = found.picture
                scale = zoom / found.zoom / ratio
                target = QRectF(x, y, picture.width() * scale, picture.height() * scale)
                painter.drawPixmap(target, picture, QRectF(0, 0, picture.width(), picture.height()))
        if missing:
            self._draw_flat(painter, view, np.array(missing, dtype=np.int64))

    def _draw_selection(self, painter: QPainter, view: Viewport, nodes: Ints) -> None:
        """A ring around selected cards, under the cards so that ports and badges stay whole."""
        chosen = nodes[(self._geometry.flags[nodes] & int(Flag.SELECTED)) != 0]
        zoom, ratio = view.zoom, view.ratio
        for row in chosen.tolist():
            x, y, width, height = self._geometry.boxes[row].tolist()
            x, y = _whole((x - PAD) * zoom + view.x, ratio), _whole((y - PAD) * zoom + view.y, ratio)
            x, y = x + PAD * zoom - RING_PAD, y + PAD * zoom - RING_PAD
            for dx, dy, part in self.sprites.ring(width, height, zoom, ratio):
                painter.drawPixmap(QPointF(x + dx, y + dy), part)


def draw_grid(painter: QPainter, view: Viewport, box: Box) -> None:
    """Dots behind everything, further apart when zoomed out; none where cards are mere specks."""
    if view.zoom < FLAT_FROM:
        return
    step = GRID
    while step * view.zoom < 18:
        step *= 2
    left, top = np.floor(box[0] / step) * step, np.floor(box[1] / step) * step
    xs = np.arange(left, box[2] + step, step) * view.zoom + view.x
    ys = np.arange(top, box[3] + step, step) * view.zoom + view.y
    theme = current_theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(mix(theme.background, theme.dim, 0.2 if theme.dark else 0.3)))
    size = max(1.0, round(view.ratio) / view.ratio)
    dots = np.empty((len(xs), len(ys), 4))
    dots[:, :, 0] = np.floor(xs * view.ratio + _HALF)[:, None] / view.ratio
    dots[:, :, 1] = np.floor(ys * view.ratio + _HALF)[None, :] / view.ratio
    dots[:, :, 2:] = size
    draw_rects(painter, dots.reshape(-1, 4))


def _draw_thin(painter: QPainter, lines: Floats, color: QColor, ratio: float) -> None:
    """Lines one pixel wide. Level ones are filled, which costs a third: in a network most of them are."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    steep = np.abs(lines[:, 3] - lines[:, 1]) >= 2.0 / ratio
    if steep.any():
        painter.setPen(QPen(color, 0))
        draw_lines(painter, lines[steep])
        lines = lines[~steep]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(color))
    fill_level(painter, lines, 1 / ratio)


def _on_screen(points: Floats, view: Viewport) -> Floats:
    shown = points * view.zoom
    shown[..., 0] += view.x
    shown[..., 1] += view.y
    return shown


def _lines_on_screen(lines: Floats, view: Viewport) -> Floats:
    shown = lines * view.zoom
    shown += (view.x, view.y, view.x, view.y)
    return shown


def _boxes_on_screen(boxes: Floats, view: Viewport) -> Floats:
    shown = boxes * view.zoom
    shown[:, 0] += view.x
    shown[:, 1] += view.y
    return shown


def _by_color(colors: Ints) -> tuple[Ints, list[tuple[str, int, int]]]:
    """An order that puts equal colours together, and of each colour its name and where it begins and ends there."""
    order = np.argsort(colors, kind="stable")
    sorted_colors = colors[order]
    starts = [0, *(np.flatnonzero(np.diff(sorted_colors)) + 1).tolist(), len(colors)]
    return order, [(COLORS[int(sorted_colors[first])], first, last) for first, last in itertools.pairwise(starts)]


def _between(zoom: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (zoom - low) / (high - low)))


def _tint(zoom: float) -> float:
    """How much of its family's colour the ground of a card has: that of its picture, and more the smaller it is."""
    return CARD_TINT + (0.72 - CARD_TINT) * (1 - _between(zoom, 0.07, PICTURES_FROM))


def _faded(zoom: float) -> float:
    """How far links step back behind the cards when these are small."""
    return 0.4 * (1 - _between(zoom, 0.08, PICTURES_FROM))


def _whole(value: float, ratio: float) -> float:
    """On a whole pixel of the screen; halves go one way wherever it lies, so that a pan shifts nothing by itself."""
    return math.floor(value * ratio + _HALF) / ratio

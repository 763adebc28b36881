"""Draws the graph from the geometry: links, shapes on links, nodes, in the detail the zoom allows.

Three levels: from 0.22 pictures of cards, from 0.1 flat cards with their header, below it one rectangle a node and
straight links. Everything is culled by array masks and drawn one call per colour, except the pictures.
"""

import time
from collections.abc import Callable
from enum import IntEnum
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from engine.document.graph import Edge
from gui.design.canvas.arrays import Floats, Ints, draw_lines, draw_polylines, draw_rects
from gui.design.canvas.face import HEADER
from gui.design.canvas.geometry import COLORS, Flag, Geometry
from gui.design.canvas.sprites import PAD, RING_PAD, SpriteCache, pill_scale, pill_width
from gui.design.canvas.viewport import Box, Viewport
from gui.widgets.theme import current_theme
from gui.widgets.tokens import mix

PICTURES_FROM: Final = 0.22
FLAT_FROM: Final = 0.1
PILLS_FROM: Final = 0.36
GRID: Final = 24.0
_SMOOTH_SEGMENTS: Final = 1500  # more antialiased segments than this cost more than they show


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
    """Draws parts of one geometry. `link_text` gives what stands on a link, empty for nothing."""

    def __init__(self, geometry: Geometry, link_text: Callable[[Edge], str]) -> None:
        self._geometry = geometry
        self._link_text = link_text
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
        flags = geometry.flags
        if len(links):
            hidden = (flags[geometry.ends[links]] & int(Flag.HIDDEN)).any(axis=1)
            links = links[~hidden]
        nodes = nodes[(flags[nodes] & int(Flag.HIDDEN)) == 0]
        self.draw_links(painter, view, links, box)
        self.draw_nodes(painter, view, nodes, budget_ms=budget_ms)

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
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            faded = mix(theme.edge, theme.background, 0.45)
            painter.setPen(QPen(faded, 0))
            draw_lines(painter, _on_screen(geometry.end_points(links).reshape(-1, 2, 2), view).reshape(-1, 4))
            return
        if resolve and not geometry.resolve(links, at_most=60):
            self.incomplete = True
        selected = (geometry.flags[geometry.ends[links]] & int(Flag.SELECTED)).any(axis=1)
        self.stroke(painter, view, links[~selected], theme.color("edge"))
        if selected.any():
            self.stroke(painter, view, links[selected], mix(theme.edge, theme.accent, 0.6))
        if view.zoom >= PILLS_FROM:
            self._draw_pills(painter, view, links, box)

    def stroke(self, painter: QPainter, view: Viewport, links: Ints, color: QColor, width: float = 1.7) -> None:
        """Draw the lines of links in one colour."""
        steps = 18 if view.zoom >= 0.5 else 10
        groups = [_on_screen(points, view) for _rows, points in self._geometry.curves(links, steps)]
        segments = sum(points.shape[0] * (points.shape[1] - 1) for points in groups)
        smooth = segments <= _SMOOTH_SEGMENTS
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
        pen = QPen(color, max(1.0, width * min(1.0, view.zoom + 0.25)) if smooth else 0)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap if smooth and width > 2 else Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        for points in groups:
            draw_polylines(painter, points)

    def _draw_pills(self, painter: QPainter, view: Viewport, links: Ints, box: Box | None) -> None:
        geometry = self._geometry
        if box is not None:
            middles = geometry.middles(links)
            reach = 80.0
            near = (middles[:, 0] > box[0] - reach) & (middles[:, 0] < box[2] + reach)
            near &= (middles[:, 1] > box[1] - reach) & (middles[:, 1] < box[3] + reach)
            links = links[near]
        ends = geometry.end_points(links)
        room = np.where(geometry.routes[links] >= 2, np.inf, np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]))
        middles = _on_screen(geometry.middles(links), view)
        for index in np.flatnonzero(room > 28):
            text = self._link_text(geometry.edges[links[index]])
            if not text:
                continue
            scale = pill_scale(view.zoom)
            width = pill_width(text, scale)
            # In a narrow gap the words alone stand above the link, if they have room there.
            compact = width - 8 > room[index]
            if compact and (width - 16 * scale) * 0.84 > room[index] - 2:
                continue
            picture = self.sprites.pill(text, view.zoom, view.ratio, compact=compact)
            size = picture.deviceIndependentSize()
            x, y = middles[index]
            x -= size.width() / 2
            y -= size.height() * (0.98 if compact else 0.5)
            painter.drawPixmap(QPointF(_whole(x, view.ratio), _whole(y, view.ratio)), picture)

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

    def _draw_far(self, painter: QPainter, view: Viewport, nodes: Ints) -> None:
        theme = current_theme()
        geometry = self._geometry
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        boxes = _boxes_on_screen(geometry.boxes[nodes], view)
        boxes[:, 2:] = np.maximum(boxes[:, 2:], 1.0)
        colors, flags = geometry.colors[nodes], geometry.flags[nodes]
        special = (flags & int(Flag.SELECTED | Flag.ERROR)) != 0
        for index, name in enumerate(COLORS):
            painter.setBrush(QBrush(mix(theme.family(name), theme.background, 0.25)))
            draw_rects(painter, boxes[(colors == index) & ~special])
        if special.any():
            # What the user looks for stays at least three pixels large.
            grown = boxes.copy()
            extra = np.maximum(0.0, 3.0 - grown[:, 2:]) + 1
            grown[:, :2] -= extra / 2
            grown[:, 2:] += extra
            for flag, token in ((Flag.ERROR, "error"), (Flag.SELECTED, "accent")):
                painter.setBrush(QBrush(theme.color(token)))
                draw_rects(painter, grown[(flags & int(flag)) != 0])

    def _draw_flat(self, painter: QPainter, view: Viewport, nodes: Ints, tint: float = 0.55) -> None:
        theme = current_theme()
        geometry = self._geometry
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        boxes = _boxes_on_screen(geometry.boxes[nodes], view)
        painter.setBrush(QBrush(theme.color("panel")))
        draw_rects(painter, boxes)
        headers = boxes.copy()
        headers[:, 3] = np.minimum(boxes[:, 3], HEADER * view.zoom)
        colors = geometry.colors[nodes]
        for index, name in enumerate(COLORS):
            chosen = colors == index
            if chosen.any():
                painter.setBrush(QBrush(mix(theme.panel, theme.family(name), tint)))
                draw_rects(painter, headers[chosen])

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
        corners = np.round(corners * ratio) / ratio
        until = time.perf_counter() + budget_ms / 1000
        missing: list[int] = []
        faces = geometry.faces
        for index, row in enumerate(nodes.tolist()):
            face = faces[row]
            found = sprites.get(face)
            if found is None or (found[0] != zoom and not self.moving):
                if time.perf_counter() < until:
                    found = (zoom, sprites.render(face, zoom, ratio))
                else:
                    self.incomplete = True
                    if found is None:
                        missing.append(row)
                        continue
            x, y = corners[index].tolist()
            picture = found[1]
            if found[0] == zoom:
                painter.drawPixmap(QPointF(x, y), picture)
            else:
                self.incomplete = True
                scale = zoom / found[0] / ratio
                target = QRectF(x, y, picture.width() * scale, picture.height() * scale)
                painter.drawPixmap(target, picture, QRectF(0, 0, picture.width(), picture.height()))
        if missing:
            self._draw_flat(painter, view, np.array(missing, dtype=np.int64), tint=0.22)

    def _draw_selection(self, painter: QPainter, view: Viewport, nodes: Ints) -> None:
        """A ring around selected cards, under the cards so that ports and badges stay whole."""
        chosen = nodes[(self._geometry.flags[nodes] & int(Flag.SELECTED)) != 0]
        zoom, ratio = view.zoom, view.ratio
        for row in chosen.tolist():
            x, y, width, height = self._geometry.boxes[row].tolist()
            ring = self.sprites.ring(width, height, zoom, ratio)
            x, y = _whole((x - PAD) * zoom + view.x, ratio), _whole((y - PAD) * zoom + view.y, ratio)
            painter.drawPixmap(QPointF(x + PAD * zoom - RING_PAD, y + PAD * zoom - RING_PAD), ring)


def draw_grid(painter: QPainter, view: Viewport, box: Box) -> None:
    """Dots behind everything, further apart when zoomed out; none where cards are mere specks."""
    if view.zoom < FLAT_FROM:
        return
    step = GRID
    while step * view.zoom < 13:
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
    dots[:, :, 0] = np.round(xs * view.ratio)[:, None] / view.ratio
    dots[:, :, 1] = np.round(ys * view.ratio)[None, :] / view.ratio
    dots[:, :, 2:] = size
    draw_rects(painter, dots.reshape(-1, 4))


def _on_screen(points: Floats, view: Viewport) -> Floats:
    return points * view.zoom + (view.x, view.y)


def _boxes_on_screen(boxes: Floats, view: Viewport) -> Floats:
    shown = boxes * view.zoom
    shown[:, 0] += view.x
    shown[:, 1] += view.y
    return shown


def _whole(value: float, ratio: float) -> float:
    return round(value * ratio) / ratio

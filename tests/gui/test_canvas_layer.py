"""The still picture of the canvas: after any pan it is what would have been drawn there at once, at every ratio."""

import itertools
import random

import numpy as np
import pytest
from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from engine.document.graph import Edge
from gui.design.canvas.arrays import draw_rects
from gui.design.canvas.face import NodeFace
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.layer import GraphLayer
from gui.design.canvas.painter import GraphPainter, draw_grid
from gui.design.canvas.viewport import Viewport
from gui.widgets.theme import apply_theme

SIZE = QSize(360, 240)
GROUND = QColor(20, 22, 26)
RATIOS = (1.0, 1.25, 1.5, 2.0)


@pytest.fixture(autouse=True)
def dark(qapp: QApplication) -> None:
    apply_theme(qapp, "dark")


class Sheet:
    """A row of linked cards, drawn on a layer as the canvas does."""

    def __init__(self, ratio: float, zoom: float) -> None:
        geometry = Geometry()
        names = [f"n{number}" for number in range(6)]
        faces = [
            NodeFace(id=name, title="Conv2d", line="3×3 · 8", inputs=("input",), outputs=("output",)) for name in names
        ]
        edges = [Edge(source=a, target=b) for a, b in itertools.pairwise(names)]
        geometry.fill(faces, [(240.0 * n, 40.0 * (n % 3)) for n in range(6)], edges)
        self.view = Viewport()
        self.view.set_ratio(ratio)
        self.view.zoom = zoom
        self.painter = GraphPainter(geometry, lambda _edge: "8×28×28")
        self.layer = GraphLayer()
        self.layer.resize(SIZE, ratio)
        self.drawn: list[QRect] = []

    def _draw(self, painter: QPainter, rect: QRect) -> None:
        self.drawn.append(rect)
        left, top = self.view.to_canvas(rect.left() - 2, rect.top() - 2)
        right, bottom = self.view.to_canvas(rect.right() + 3, rect.bottom() + 3)
        draw_grid(painter, self.view, (left, top, right, bottom))
        self.painter.draw(painter, self.view, (left, top, right, bottom), budget_ms=60_000)

    def pan(self, dx: float, dy: float) -> None:
        self.layer.scroll(*self.view.pan(dx, dy))

    def shot(self) -> np.ndarray:
        self.drawn.clear()
        self.layer.bring_up_to_date(GROUND, self._draw)
        ratio = self.view.ratio
        image = QImage(round(SIZE.width() * ratio), round(SIZE.height() * ratio), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        with QPainter(image) as painter:
            self.layer.show(painter, QRect(0, 0, SIZE.width(), SIZE.height()))
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
        return pixels[:, :, :3].astype(int)


def differing(one: np.ndarray, other: np.ndarray) -> float:
    """The share of pixels that look different; smooth edges may differ a little where strips meet."""
    return float((np.abs(one - other).max(axis=2) > 40).mean())


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("zoom", [1.0, 0.5, 0.2])
def test_a_panned_picture_is_the_one_drawn_at_once(ratio: float, zoom: float) -> None:
    sheet = Sheet(ratio, zoom)
    chance = random.Random(7)
    sheet.shot()
    for _step in range(12):
        sheet.pan(chance.choice((-40, -12, 0, 5, 33)), chance.choice((-25, -3, 0, 0, 14, 60)))
        panned = sheet.shot()
        sheet.layer.invalidate()
        assert differing(panned, sheet.shot()) < 0.004


def test_most_steps_of_a_pan_draw_nothing() -> None:
    sheet = Sheet(1.0, 1.0)
    sheet.shot()
    steps = []
    for _step in range(24):
        sheet.pan(-12, 0)
        sheet.shot()
        steps.append(len(sheet.drawn))
    assert sum(steps) <= 4, "what is ahead is drawn in one go"


def test_a_part_that_changed_is_drawn_alone_and_after_a_pan_elsewhere() -> None:
    sheet = Sheet(1.0, 1.0)
    sheet.shot()
    assert sheet.layer.invalidate_rect(QRectF(-20, 10, 50, 30)) == QRect(0, 10, 30, 30)
    assert sheet.layer.stale
    sheet.pan(15, 0)
    sheet.shot()
    assert any(rect.contains(QRect(16, 11, 28, 28)) for rect in sheet.drawn)
    assert not any(rect.width() > 200 and rect.height() > 100 for rect in sheet.drawn)
    assert not sheet.layer.stale


@pytest.mark.parametrize("scale", [1.0, 1.25, 2.0])
def test_filled_rectangles_cover_the_same_pixels_on_a_pixmap_as_elsewhere(scale: float) -> None:
    chance = random.Random(3)
    rects = np.array([[chance.randint(0, 60), chance.randint(0, 60), 4.0, 3.0] for _ in range(40)])
    fast, plain = QPixmap(160, 160), QPixmap(160, 160)
    for picture in (fast, plain):
        picture.fill(GROUND)
    with QPainter(fast) as painter:
        painter.translate(7, 3)
        painter.scale(scale, scale)
        painter.setPen(QColor(0, 0, 0, 0))
        painter.setPen(painter.pen().style().NoPen)
        painter.setBrush(QColor("white"))
        draw_rects(painter, rects)
        assert painter.worldTransform().m11() == scale, "left as it was"
    with QPainter(plain) as painter:
        for x, y, width, height in rects.tolist():
            left, top = int(x * scale + 7.5), int(y * scale + 3.5)
            right, bottom = int((x + width) * scale + 7.5), int((y + height) * scale + 3.5)
            painter.fillRect(left, top, right - left, bottom - top, QColor("white"))
    assert fast.toImage() == plain.toImage()

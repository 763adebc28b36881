"""Draws a step on the canvas: a ring around the node that is worked out, and the numbers that flow on the links."""

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from engine.document.flat import SEPARATOR
from engine.document.graph import Edge
from engine.protocol.messages.worked_step import NodeWorked
from gui.design.step.words import on_link
from gui.models.worked_step import Part, WorkedStepModel
from gui.widgets.fonts import SIZE_MONO_SMALL, mono_font
from gui.widgets.theme import current_theme
from gui.widgets.tokens import CARD_RADIUS, mix

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

_PILLS_FROM: Final = 0.3
"""Zoom from which numbers are drawn on links."""
_PILL_HEIGHT: Final = 20.0
_RINGS: Final = (9.0, 6.0, 3.0)


def tone_of(part: Part) -> QColor:
    """The colour of a part: the accent forward, the red of losses back, green for what is learned."""
    theme = current_theme()
    if part is Part.FORWARD:
        return theme.color("accent")
    return theme.family("loss") if part is Part.BACKWARD else theme.color("ok")


class StepLight:
    """`canvas.overlays` calls `paint` after everything else."""

    def __init__(self, canvas: "GraphCanvas", model: WorkedStepModel) -> None:
        self._canvas, self._model = canvas, model
        self._lit = ""  # the card that was brought into view last
        canvas.overlays.append(self.paint)
        model.changed.connect(self._on_changed)

    def card(self, flat_id: str) -> str:
        """The card of the shown graph that a node of the flat form belongs to; empty for none."""
        scope = self._canvas.project
        prefix = "".join(name + SEPARATOR for name in scope.path)
        if not flat_id.startswith(prefix):
            return ""
        parts = [part for part in flat_id[len(prefix) :].split(SEPARATOR) if not part.isdigit()]
        return parts[0] if parts and parts[0] in self._canvas.geometry_store.row_of else ""

    def lit(self) -> str:
        """The card that is worked out now."""
        node = self._model.node
        return self.card(node.node) if node is not None else ""

    def _on_changed(self) -> None:
        self._canvas.keep_clear(self._model.is_open)
        lit = self.lit()
        if lit and lit != self._lit:
            self._bring_into_view(lit)
        self._lit = lit
        self._canvas.update()

    def _bring_into_view(self, card: str) -> None:
        """Look a little further where a card cannot be seen whole; the zoom stays as the person has it."""
        canvas = self._canvas
        x, y, width, height = canvas.geometry_store.boxes[canvas.geometry_store.row_of[card]].tolist()
        left, top = canvas.view.to_screen(x, y)
        rect = QRectF(left, top, width * canvas.view.zoom, height * canvas.view.zoom)
        if not canvas.frame().contains(rect):
            canvas.center_on(x + width / 2, y + height / 2)

    def words(self) -> dict[tuple[str, str], tuple[str, bool]]:
        """What stands on the link that begins at a port: the numbers, and whether they are gradients."""
        model = self._model
        found = model.answer
        frame = model.frame
        if found is None or frame is None:
            return {}
        scope = self._canvas.project
        prefix = "".join(name + SEPARATOR for name in scope.path)
        words: dict[tuple[str, str], tuple[str, bool]] = {}
        for place, node in enumerate(found.nodes):
            if not node.port or not node.node.startswith(prefix):
                continue
            at = node.node[len(prefix) :]
            if SEPARATOR in at or not model.has_value(place):
                continue
            back = frame.part is not Part.FORWARD and bool(node.gradients) and model.has_gradient(place)
            numbers = node.gradients if back else node.values
            words[(at, node.port)] = (("∂ " if back else "") + on_link(numbers, node.count), back)
        return words

    def paint(self, painter: QPainter) -> None:
        """Draw in widget pixels."""
        frame = self._model.frame
        if frame is None or not self._model.is_open:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        node = self._model.node
        if node is not None:
            self._paint_links_in(painter, node, tone_of(frame.part))
            self._paint_ring(painter, tone_of(frame.part))
        if self._canvas.view.zoom >= _PILLS_FROM:
            self._paint_pills(painter)

    def _paint_ring(self, painter: QPainter, tone: QColor) -> None:
        canvas = self._canvas
        row = canvas.geometry_store.row_of.get(self.lit())
        if row is None:
            return
        x, y, width, height = canvas.geometry_store.boxes[row].tolist()
        zoom = canvas.view.zoom
        rect = QRectF(*canvas.view.to_screen(x, y), width * zoom, height * zoom)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for strength, reach in enumerate(_RINGS, 1):
            soft = QColor(tone)
            soft.setAlphaF(0.16 * strength)
            painter.setPen(QPen(soft, 3))
            radius = CARD_RADIUS * zoom + reach
            painter.drawRoundedRect(rect.adjusted(-reach, -reach, reach, reach), radius, radius)
        painter.setPen(QPen(tone, 2.4))
        painter.drawRoundedRect(rect.adjusted(-1, -1, 1, 1), CARD_RADIUS * zoom + 1, CARD_RADIUS * zoom + 1)

    def _paint_links_in(self, painter: QPainter, node: NodeWorked, tone: QColor) -> None:
        """Forward the links that bring what is computed with; back those that the gradient comes along."""
        canvas, frame = self._canvas, self._model.frame
        geometry, lit = canvas.geometry_store, self.lit()
        if frame is None or frame.part is Part.UPDATE or not lit:
            return
        edges = list(enumerate(geometry.edges))
        if frame.part is Part.FORWARD:
            links = [link for link, edge in edges if edge.target == lit]
        else:
            links = [link for link, edge in edges if edge.source == lit]
        if links:
            canvas.graph_painter.stroke(painter, canvas.view, np.array(links), tone, 3.0)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _paint_pills(self, painter: QPainter) -> None:
        canvas = self._canvas
        geometry, theme = canvas.geometry_store, current_theme()
        words = self.words()
        links = [link for link, edge in enumerate(geometry.edges) if (edge.source, edge.output) in words]
        if not links:
            return
        middles = geometry.middles(np.array(links)).tolist()
        ends = geometry.end_points(np.array(links)).tolist()
        font = mono_font(SIZE_MONO_SMALL)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        lit, seen = self.lit(), canvas.frame()
        placed: list[QRectF] = []
        # The links of the lit card first: where there is no room for all, those stay. Of several links that carry the
        # same numbers the straightest has them.
        order = sorted(
            range(len(links)),
            key=lambda i: (
                lit not in (geometry.edges[links[i]].source, geometry.edges[links[i]].target),
                abs(ends[i][3] - ends[i][1]),
            ),
        )
        straight: dict[tuple[str, str], int] = {}
        for place in sorted(order, key=lambda i: abs(ends[i][3] - ends[i][1])):
            edge = geometry.edges[links[place]]
            straight.setdefault((edge.source, edge.output), place)
        for place in order:
            edge = geometry.edges[links[place]]
            port = (edge.source, edge.output)
            if straight[port] != place:
                continue
            text, back = words[port]
            pill = self._pill(edge, middles[place], ends[place], metrics.horizontalAdvance(text) + 14)
            if not pill.intersects(seen) or any(pill.intersects(other) for other in placed):
                continue
            placed.append(pill)
            tone = theme.family("loss") if back else theme.color("accent")
            painter.setPen(QPen(tone, 1.2, Qt.PenStyle.DashLine if back else Qt.PenStyle.SolidLine))
            painter.setBrush(mix(theme.panel, tone, 0.12))
            painter.drawRoundedRect(pill, 6, 6)
            painter.setPen(theme.color("text"))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)

    def _pill(self, edge: Edge, middle: list[float], ends: list[float], width: float) -> QRectF:
        """On the link; where the gap is too narrow for it, above the cards on both sides."""
        canvas, geometry = self._canvas, self._canvas.geometry_store
        at = QPointF(*canvas.view.to_screen(*middle))
        pill = QRectF(at.x() - width / 2, at.y() - _PILL_HEIGHT / 2, width, _PILL_HEIGHT)
        across, down = abs(ends[2] - ends[0]), abs(ends[3] - ends[1])
        if across >= down and width > across * canvas.view.zoom - 4:
            tops = [float(geometry.boxes[geometry.row_of[name]][1]) for name in (edge.source, edge.target)]
            pill.moveBottom(canvas.view.to_screen(0.0, min(tops))[1] - 3)
        return pill

"""Drawing a link from either end: ports that fit light up, the nearest one catches the link, and a refusal says why."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen

from engine.checks.connection import beyond, refusal
from engine.document.edits import Batch, Connect, Disconnect, Edit
from engine.document.graph import Edge
from gui.design.canvas.face import PORT_RADIUS
from gui.design.canvas.gestures.gesture import Gesture, Pointer, Surface, moved_far
from gui.design.canvas.hit import Hit, Kind, hit
from gui.design.canvas.viewport import Viewport
from gui.design.graph_edits import Loose, free_input, input_ports, output_ports, takes
from gui.widgets.fonts import text_font
from gui.widgets.theme import current_theme

MAGNET_PX = 18.0
_GLOW_FROM = 0.3  # zoom; smaller ports cannot be told apart
_MOST_GLOWING = 400


class ConnectPorts(Gesture):
    """Begins on a port. From an input that is taken the link itself is picked up; with Shift a new one begins there."""

    cursor = Qt.CursorShape.CrossCursor
    auto_pans = True

    def __init__(self, surface: Surface, pointer: Pointer, start: Hit) -> None:
        super().__init__(surface, pointer)
        self._at = pointer
        self._dragging = False  # set once the pointer has gone far enough
        self._lifted: Edge | None = None
        self._loose = Loose(start.node, start.port, start.kind is Kind.OUTPUT)
        if start.kind is Kind.INPUT and not pointer.shift:
            self._lifted = surface.project.project.graph.inputs_of(start.node).get(start.port)
        self.glowing: list[tuple[str, str]] = []  # (node, port) of the ports in view that fit
        self._dim: list[tuple[str, str]] = []
        self._target: Edge | None = None
        self._reason = ""
        self._beyond: set[str] = set()  # where a link from here would close a circle; found when the drag begins

    @property
    def reason(self) -> str:
        """Why the link under the pointer is refused; empty when it is not."""
        return self._reason

    def move(self, pointer: Pointer) -> None:
        if not self._dragging:
            if not moved_far(self.start, pointer) or self.surface.project.read_only:
                return
            self._begin()
        self._at = pointer
        self._find_target()
        self.surface.redraw_overlay(None)

    def commit(self, pointer: Pointer) -> None:
        if not self._dragging:
            return
        self._at = pointer
        self._find_target()
        target, lifted, reason = self._target, self._lifted, self._reason
        self._put_back()
        if target is not None and not reason:
            edits: list[Edit] = [Connect(edge=target)]
            if lifted is not None and not _alike(target, lifted):
                if (lifted.target, lifted.input) != (target.target, target.input):
                    edits.insert(0, Disconnect(target=lifted.target, input=lifted.input))
                self.surface.do(edits[0] if len(edits) == 1 else Batch(title="Move link", edits=tuple(edits)))
            elif lifted is None and self._is_new(target):
                self.surface.do(edits[0])
        elif target is None and lifted is not None:
            self.surface.do(Disconnect(target=lifted.target, input=lifted.input))
        elif (
            target is None
            and hit(self.surface.geometry_store, pointer.x, pointer.y, self.surface.view.zoom, links=False).kind
            is Kind.NOTHING
        ):
            self.surface.open_search(pointer, self._loose)

    def cancel(self) -> None:
        self._put_back()

    def paint(self, painter: QPainter) -> None:
        if not self._dragging:
            return
        theme, view = current_theme(), self.surface.view
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = PORT_RADIUS * view.zoom
        painter.setPen(Qt.PenStyle.NoPen)
        veil = theme.color("background")
        veil.setAlphaF(0.65)
        painter.setBrush(veil)
        for node, port in self._dim:
            painter.drawEllipse(self._port_point(node, port), radius + 1.5, radius + 1.5)
        halo = theme.color("ok")
        halo.setAlphaF(0.28)
        for node, port in self.glowing:
            point = self._port_point(node, port)
            painter.setBrush(halo)
            painter.drawEllipse(point, radius + 5, radius + 5)
            painter.setBrush(theme.color("ok"))
            painter.drawEllipse(point, radius, radius)
        token = "error" if self._reason else "ok" if self._target is not None else "accent"
        pen = QPen(theme.color(token), 2.2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if self._reason:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        loose = self._loose
        fixed = self._port_point(loose.node, loose.port, output=loose.forward)
        free = QPointF(self._at.sx, self._at.sy)
        if self._target is not None:
            edge = self._target
            free = (
                self._port_point(edge.target, edge.input, output=False)
                if loose.forward
                else self._port_point(edge.source, edge.output, output=True)
            )
        start, end = (fixed, free) if loose.forward else (free, fixed)
        painter.drawPath(_curve(start, end, self.surface.geometry_store.downwards))
        painter.setBrush(theme.color(token))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(free, 5, 5)
        if self._reason:
            paint_label(painter, self._reason, free.x() + 14, free.y() + 14, self._room())

    # Inside.

    def _begin(self) -> None:
        self._dragging = True
        surface = self.surface
        if self._lifted is not None:
            edge = self._lifted
            self._loose = Loose(edge.source, edge.output, True)
            surface.geometry_store.unlink((edge.target, edge.input))
            surface.redraw(None)
        graph = surface.project.project.graph
        self._beyond = beyond(graph, self._loose.node, forward=not self._loose.forward)
        self._light_up()

    def _put_back(self) -> None:
        if self._dragging and self._lifted is not None:
            self.surface.geometry_store.link(self._lifted)
        self.glowing, self._dim = [], []
        self.surface.redraw(None)

    def _is_new(self, edge: Edge) -> bool:
        present = self.surface.project.project.graph.inputs_of(edge.target).get(edge.input)
        return present is None or not _alike(edge, present)

    def _light_up(self) -> None:
        """Sort the ports in view into those that fit and the others; too many or too small ones stay as they are."""
        surface, geometry, view = self.surface, self.surface.geometry_store, self.surface.view
        if view.zoom < _GLOW_FROM:
            return
        room = self._room()
        rows = geometry.nodes_in(view.visible(room.width(), room.height()))[:_MOST_GLOWING]
        project, checker = surface.project.project, surface.project.checker
        loose = self._loose
        spec = checker.specs.get((loose.node, loose.port)) if loose.forward else None
        for row in rows.tolist():
            node_id = geometry.ids[row]
            if node_id == loose.node:
                continue
            node = project.graph.node(node_id)
            circle = node_id in self._beyond
            if loose.forward:
                for port in input_ports(node, checker):
                    edge = Edge(source=loose.node, output=loose.port, target=node_id, input=port.name)
                    fits = takes(port, spec) and refusal(project, checker, edge, circle=circle) is None
                    (self.glowing if fits else self._dim).append((node_id, port.name))
            else:
                wanted = next(
                    (port for port in input_ports(project.graph.node(loose.node), checker) if port.name == loose.port),
                    None,
                )
                for output in output_ports(node, checker):
                    edge = Edge(source=node_id, output=output, target=loose.node, input=loose.port)
                    fits = wanted is not None and takes(wanted, checker.specs.get((node_id, output)))
                    fits = fits and refusal(project, checker, edge, circle=circle) is None
                    (self.glowing if fits else self._dim).append((node_id, output))

    def _find_target(self) -> None:
        surface, geometry, loose = self.surface, self.surface.geometry_store, self._loose
        project, checker = surface.project.project, surface.project.checker
        self._target, self._reason = None, ""
        port = self._nearest_port()
        if port is not None:
            self._target = self._edge(*port)
        else:
            under = hit(geometry, self._at.x, self._at.y, surface.view.zoom, links=False)
            if under.kind is Kind.NOTHING or under.node == loose.node:
                return
            if loose.forward:
                wanted = free_input(project, checker, under.node, loose.node, loose.port)
                ports = input_ports(project.graph.node(under.node), checker)
                name = wanted.name if wanted is not None else ports[0].name if ports else ""
            else:
                outputs = output_ports(project.graph.node(under.node), checker)
                name = outputs[0] if outputs else ""
            if not name:
                return
            self._target = self._edge(under.node, name)
        other = self._target.target if loose.forward else self._target.source
        self._reason = refusal(project, checker, self._target, circle=other in self._beyond) or ""

    def _edge(self, node: str, port: str) -> Edge:
        loose = self._loose
        if loose.forward:
            return Edge(source=loose.node, output=loose.port, target=node, input=port)
        return Edge(source=node, output=port, target=loose.node, input=loose.port)

    def _nearest_port(self) -> tuple[str, str] | None:
        """The port of the wanted side within the magnet's reach."""
        geometry, zoom = self.surface.geometry_store, self.surface.view.zoom
        reach = min(MAGNET_PX / zoom, 40.0)
        x, y = self._at.x, self._at.y
        best: tuple[str, str] | None = None
        best_distance = reach
        for row in geometry.nodes_in((x - reach, y - reach, x + reach, y + reach)).tolist():
            face = geometry.faces[row]
            if face.id == self._loose.node:
                continue
            left, top = geometry.boxes[row, :2].tolist()
            ports = face.inputs if self._loose.forward else face.outputs
            for port in ports:
                dx, dy = face.input_place(port) if self._loose.forward else face.output_place(port)
                distance = float(np.hypot(x - left - dx, y - top - dy))
                if distance < best_distance:
                    best, best_distance = (face.id, port), distance
        return best

    def _port_point(self, node: str, port: str, output: bool | None = None) -> QPointF:
        geometry = self.surface.geometry_store
        is_output = (not self._loose.forward) if output is None else output
        point = geometry.output_point(node, port) if is_output else geometry.input_point(node, port)
        return QPointF(*self.surface.view.to_screen(*point))

    def _room(self) -> QRectF:
        return self.surface.frame()


def _alike(edge: Edge, other: Edge) -> bool:
    """Whether two links join the same ports, whatever way they are led."""
    return (edge.source, edge.output, edge.target, edge.input) == (
        other.source,
        other.output,
        other.target,
        other.input,
    )


def paint_dangling(
    painter: QPainter,
    view: Viewport,
    port: tuple[float, float],
    end: tuple[float, float],
    *,
    forward: bool,
    downwards: bool = False,
) -> None:
    """A link that hangs between a port and a point of the canvas."""
    fixed, free = QPointF(*view.to_screen(*port)), QPointF(*view.to_screen(*end))
    accent = current_theme().color("accent")
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(accent, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(_curve(fixed, free, downwards) if forward else _curve(free, fixed, downwards))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(accent)
    painter.drawEllipse(free, 5, 5)


def _curve(start: QPointF, end: QPointF, downwards: bool) -> QPainterPath:
    across, down = abs(end.x() - start.x()), abs(end.y() - start.y())
    along, aside = (down, across) if downwards else (across, down)
    handle = min(180.0, max(24.0, along * 0.5, aside * 0.3))
    out = QPointF(0, handle) if downwards else QPointF(handle, 0)
    path = QPainterPath(start)
    path.cubicTo(start + out, end - out, end)
    return path


def paint_label(painter: QPainter, text: str, x: float, y: float, frame: QRectF, token: str = "error") -> None:
    """A small label beside the pointer, kept inside the frame."""
    theme = current_theme()
    font = text_font(12)
    metrics = QFontMetricsF(font)
    bounds = metrics.boundingRect(QRectF(0, 0, 280, 400), int(Qt.TextFlag.TextWordWrap), text)
    width, height = bounds.width() + 18, bounds.height() + 12
    x = max(frame.left() + 4, min(x, frame.right() - width - 4))
    y = max(frame.top() + 4, min(y, frame.bottom() - height - 4))
    rect = QRectF(x, y, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color(token), 1))
    painter.setBrush(theme.color("panel"))
    painter.drawRoundedRect(rect, 7, 7)
    painter.setPen(theme.color("text"))
    painter.setFont(font)
    painter.drawText(rect.adjusted(9, 6, -9, -6), int(Qt.TextFlag.TextWordWrap), text)

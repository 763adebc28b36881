"""Pictures of nodes, painted once per face, zoom and theme, then only copied: text is the dearest thing on a card."""

from typing import Final, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap

from gui.design.canvas.face import HEADER, PORT_PITCH, PORT_RADIUS, PORT_TOP, NodeFace
from gui.widgets.fonts import mono_font, text_font
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme
from gui.widgets.tokens import CARD_RADIUS, Theme, mix

PAD: Final = 10.0
RESTING: Final = 0.35
"""How much is left of the colour of what a Switch does not choose."""
"""Canvas units around the card for ports, badge and outline."""
BRIEF_BELOW: Final = 0.55
"""Under this zoom a card shows its title alone, large enough to read."""
CARD_TINT: Final = 0.21
"""How much of its family's colour the header of a card has, and all of a brief one."""
_NAMES_FROM, _NAMES_FULL = 0.28, 0.36  # between these zooms names come in
_SMALLEST_BRIEF: Final = 0.84
_BUDGET_BYTES: Final = 64 << 20


class Sprite(NamedTuple):
    """The picture of a face, and the zoom it was painted for, which may be another one by now."""

    face: NodeFace
    zoom: float
    picture: QPixmap


class Pill(NamedTuple):
    """The picture of a shape on a link, with its size in pixels of the canvas."""

    picture: QPixmap
    width: float
    height: float


Ring = tuple[tuple[float, float, QPixmap], ...]
"""Its four sides with their places, since what lies between them is empty and would be copied all the same."""


class SpriteCache:
    """The newest picture of each node; those painted longest ago go first when all take more than 64 MB."""

    def __init__(self) -> None:
        self.kept: dict[str, Sprite] = {}
        """By node id; for reading only. A face that has changed since has none that counts."""
        self._pills: dict[tuple[str, bool], Pill] = {}
        self._rings: dict[tuple[float, float], Ring] = {}
        self._small_for: tuple[float, float] = (1.0, 1.0)  # zoom and ratio that pills and rings were painted for
        self._bytes = 0

    def clear(self) -> None:
        """Forget all pictures: the theme or the screen has changed."""
        self.kept.clear()
        self._pills.clear()
        self._rings.clear()
        self._bytes = 0

    @property
    def memory_bytes(self) -> int:
        """What the pictures take."""
        return self._bytes

    def render(self, face: NodeFace, zoom: float, ratio: float) -> Sprite:
        """Paint a face for this zoom and keep it."""
        old = self.kept.pop(face.id, None)
        if old is not None:
            self._bytes -= _size(old.picture)
        made = self.kept[face.id] = Sprite(face, zoom, paint_sprite(face, zoom, ratio))
        self._bytes += _size(made.picture)
        while self._bytes > _BUDGET_BYTES and len(self.kept) > 1:
            oldest = next(iter(self.kept))
            self._bytes -= _size(self.kept.pop(oldest).picture)
        return made

    def pills(self, zoom: float, ratio: float) -> dict[tuple[str, bool], Pill]:
        """The shapes on links painted for this zoom, by text and whether compact; for reading only."""
        self._turn_to(zoom, ratio)
        return self._pills

    def add_pill(self, text: str, compact: bool) -> Pill:
        """The label with a shape, for the zoom `pills` was asked for; the compact one has no frame."""
        picture = _paint_pill(text, *self._small_for, compact)
        size = picture.deviceIndependentSize()
        made = self._pills[text, compact] = Pill(picture, size.width(), size.height())
        return made

    def ring(self, width: float, height: float, zoom: float, ratio: float) -> Ring:
        """The ring around a selected card of that size."""
        self._turn_to(zoom, ratio)
        found = self._rings.get((width, height))
        if found is None:
            found = self._rings[width, height] = _paint_ring(width * zoom, height * zoom, zoom, ratio)
        return found

    def _turn_to(self, zoom: float, ratio: float) -> None:
        """Small pictures are kept for one zoom."""
        if self._small_for != (zoom, ratio) or len(self._pills) > 500:
            self._pills.clear()
            self._rings.clear()
            self._small_for = (zoom, ratio)


def _size(picture: QPixmap) -> int:
    return picture.width() * picture.height() * 4


def blank(width: float, height: float, ratio: float) -> QPixmap:
    """A transparent picture of that many pixels of the screen."""
    picture = QPixmap(max(1, round(width * ratio)), max(1, round(height * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


def paint_sprite(face: NodeFace, zoom: float, ratio: float) -> QPixmap:
    """A card with its ports, with `PAD` around it."""
    picture = blank((face.width + 2 * PAD) * zoom + 1, (face.height + 2 * PAD) * zoom + 1, ratio)
    with QPainter(picture) as painter:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.scale(zoom, zoom)
        painter.translate(PAD, PAD)
        paint_card(painter, face, zoom)
    return picture


def paint_card(painter: QPainter, face: NodeFace, zoom: float) -> None:
    """Paint a card at the painter's origin, in canvas units, with the detail that suits the zoom."""
    theme = current_theme()
    color = theme.family(face.color)
    brief = zoom < BRIEF_BELOW
    if face.bypassed or face.resting:
        painter.setOpacity(0.5 if face.bypassed else RESTING)
    card = QRectF(0.5, 0.5, face.width - 1, face.height - 1)
    header = mix(theme.panel, color, CARD_TINT)
    if face.stack > 1:
        _stack(painter, theme, face, header)
    path = QPainterPath()
    path.addRoundedRect(card, CARD_RADIUS, CARD_RADIUS)
    painter.fillPath(path, header if brief else theme.color("panel"))
    if not brief:
        painter.fillPath(_header_path(card), header)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_outline(theme, face), 2.0 if face.badge else 1.0))
    painter.drawPath(path)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(QRectF(1, 10, 4, face.height - 20), 2, 2)
    if brief:
        _brief_text(painter, theme, face, zoom)
    else:
        _full_text(painter, theme, face)
    _ports(painter, theme, face)
    painter.setOpacity(1.0)
    if face.badge:
        _badge(painter, theme, face, zoom)


def _stack(painter: QPainter, theme: Theme, face: NodeFace, header: QColor) -> None:
    """The edges of the cards behind that of a repeated block: two at most, they stand for any number.

    Beside the card with room for the ring of a selected one.
    """
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(mix(theme.line, header, 0.35), 2))
    size = 2.0 * CARD_RADIUS
    for number in range(1, min(3, face.stack)):
        by = 1 + 3.5 * number
        right, bottom = face.width + by, face.height + by
        path = QPainterPath(QPointF(right, CARD_RADIUS + by))
        path.lineTo(right, bottom - CARD_RADIUS)
        path.arcTo(QRectF(right - size, bottom - size, size, size), 0, -90)
        path.lineTo(CARD_RADIUS + by, bottom)
        painter.drawPath(path)


def _port_names(painter: QPainter, theme: Theme, face: NodeFace) -> None:
    """Beside each port of a block with several what it is called."""
    font = mono_font(11)
    painter.setFont(font)
    painter.setPen(theme.color("dim"))
    metrics = QFontMetricsF(font)
    half = face.width / 2 - 12
    sides = (
        (face.input_names, 11.0, Qt.AlignmentFlag.AlignLeft),
        (face.output_names, face.width - 11 - half, Qt.AlignmentFlag.AlignRight),
    )
    for names, left, side in sides:
        for number, name in enumerate(names):
            box = QRectF(left, PORT_TOP + number * PORT_PITCH - 7, half, 16)
            shown = metrics.elidedText(plain_text(name, 40), Qt.TextElideMode.ElideRight, half)
            painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, shown)


def _header_path(card: QRectF) -> QPainterPath:
    """The top of a card, round above and straight below: a shape and no clip, which SVG files would lose."""
    size = 2.0 * CARD_RADIUS
    path = QPainterPath(QPointF(card.left(), HEADER))
    path.arcTo(QRectF(card.left(), card.top(), size, size), 180, -90)
    path.arcTo(QRectF(card.right() - size, card.top(), size, size), 90, -90)
    path.lineTo(card.right(), HEADER)
    path.closeSubpath()
    return path


def _outline(theme: Theme, face: NodeFace) -> QColor:
    return theme.color({"error": "error", "warning": "warn"}.get(face.badge, "line"))


def _full_text(painter: QPainter, theme: Theme, face: NodeFace) -> None:
    right = face.width - 11
    id_font = text_font(12)
    id_text = plain_text(face.id, 64)
    id_width = QFontMetricsF(id_font).horizontalAdvance(id_text)
    title_font = text_font(13, QFont.Weight.DemiBold)
    metrics = QFontMetricsF(title_font)
    title = plain_text(face.title, 80)
    title_width = metrics.horizontalAdvance(title)
    room = right - 14
    icon_width = 16 if face.frozen else 0
    if title_width + id_width + icon_width + 8 > room:
        id_width = max(30.0, min(id_width, room - title_width - icon_width - 8))
        id_text = QFontMetricsF(id_font).elidedText(id_text, Qt.TextElideMode.ElideRight, id_width + 1)
        title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room - id_width - icon_width - 7)
    vertical = Qt.AlignmentFlag.AlignVCenter
    painter.setFont(title_font)
    painter.setPen(theme.color("text"))
    painter.drawText(QRectF(14, 1, room, HEADER - 1), vertical | Qt.AlignmentFlag.AlignLeft, title)
    painter.setFont(id_font)
    painter.setPen(mix(theme.faint, theme.panel, 0.12) if theme.dark else theme.color("faint"))
    painter.drawText(
        QRectF(right - id_width - 2, 1, id_width + 2, HEADER - 1), vertical | Qt.AlignmentFlag.AlignRight, id_text
    )
    if face.frozen:
        draw_icon(painter, "freeze", QRectF(right - id_width - 18, 7, 13, 13), theme.link)
    if face.line:
        painter.setFont(mono_font(12))
        painter.setPen(theme.color("dim"))
        line = plain_text(face.line, 80)
        width = face.width - 24
        shown = QFontMetricsF(painter.font()).elidedText(line, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(14, HEADER + 6, width, 20), vertical | Qt.AlignmentFlag.AlignLeft, shown)
    elif (face.input_names or face.output_names) and not face.downwards:
        _port_names(painter, theme, face)


def _brief_text(painter: QPainter, theme: Theme, face: NodeFace, zoom: float) -> None:
    """The caption large enough to read, and the settings under it while there is room for both."""
    shown = min(1.0, max(0.0, (zoom - _NAMES_FROM) / (_NAMES_FULL - _NAMES_FROM)))
    if shown <= 0:
        return
    before = painter.opacity()
    painter.setOpacity(before * shown)
    box = QRectF(12, 0, face.width - 18, face.height)
    vertical = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    two = face.height * zoom >= 19
    font, title = _brief_title(plain_text(face.title, 80), box.width(), max(8.0, min(26.0, 9.5 / zoom)))
    painter.setFont(font)
    painter.setPen(theme.color("text"))
    # On one height whatever the card's, so that captions of a row are level.
    middle = 22.0 if two else PORT_TOP
    painter.drawText(QRectF(box.left(), middle - 20, box.width(), 40), vertical, title)
    if two and face.line:
        font = mono_font(round(min(22.0, 8.5 / zoom)))
        painter.setFont(font)
        painter.setPen(theme.color("dim"))
        line = QFontMetricsF(font).elidedText(plain_text(face.line, 80), Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(QRectF(box.left(), 28, box.width(), 32), vertical, line)
    painter.setOpacity(before)


def _brief_title(title: str, width: float, size: float) -> tuple[QFont, str]:
    """A title as large as it should be; a little smaller where all of it is seen then, else cut."""
    for part in (1.0, 0.92, _SMALLEST_BRIEF):
        font = text_font(round(size * part), QFont.Weight.DemiBold)
        metrics = QFontMetricsF(font)
        if metrics.horizontalAdvance(title) <= width:
            break
    return font, metrics.elidedText(title, Qt.TextElideMode.ElideRight, width)


def _ports(painter: QPainter, theme: Theme, face: NodeFace) -> None:
    color = theme.family(face.color)
    painter.setPen(QPen(color, 2))
    painter.setBrush(theme.color("panel") if not theme.dark else theme.color("background"))
    for port in face.inputs:
        if face.chosen:
            turned_away = mix(theme.panel, color, 0.45)
            painter.setPen(QPen(color if port == face.chosen else turned_away, 2))
            painter.setBrush(color if port == face.chosen else theme.color("panel"))
        painter.drawEllipse(QPointF(*face.input_place(port)), PORT_RADIUS, PORT_RADIUS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    for port in face.outputs:
        painter.drawEllipse(QPointF(*face.output_place(port)), PORT_RADIUS, PORT_RADIUS)
    if face.bypassed and face.inputs and face.outputs:
        painter.setPen(QPen(color, 1.5, Qt.PenStyle.DashLine))
        start, end = QPointF(*face.input_place(face.inputs[0])), QPointF(*face.output_place(face.outputs[0]))
        gap = QPointF(0, PORT_RADIUS) if face.downwards else QPointF(PORT_RADIUS, 0)
        painter.drawLine(start + gap, end - gap)


BADGE_RADIUS: Final = 8.0


def badge_center(face: NodeFace) -> tuple[float, float]:
    """Where the badge lies on the card."""
    return face.width - 6, 1.0


def _badge(painter: QPainter, theme: Theme, face: NodeFace, zoom: float) -> None:
    x, y = badge_center(face)
    error = face.badge == "error"
    painter.setPen(QPen(theme.color("background"), 2))
    painter.setBrush(theme.color("error" if error else "warn"))
    painter.drawEllipse(QPointF(x, y), BADGE_RADIUS, BADGE_RADIUS)
    # A stroke and a dot, drawn: a glyph this small would not sit in the middle.
    sign = theme.color("on_accent") if error else theme.color("background" if theme.dark else "text")
    painter.setPen(QPen(sign, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(x, y - 3.6), QPointF(x, y + 0.6))
    painter.drawPoint(QPointF(x, y + 3.8))


PILL_HEIGHT: Final = 20.0
_PILL_FONT = 11.0
_PILL_SMALLEST_PX = 8.0


def pill_scale(zoom: float) -> float:
    """How much larger a shape is written on the canvas so that it can still be read on the screen."""
    return max(1.0, _PILL_SMALLEST_PX / (_PILL_FONT * zoom))


def pill_width(text: str, scale: float = 1.0) -> float:
    """Canvas units a shape on a link takes: the face is mono-spaced."""
    return (len(text) * 6.6 + 16) * scale


def _paint_pill(text: str, zoom: float, ratio: float, compact: bool) -> QPixmap:
    theme = current_theme()
    scale = pill_scale(zoom) * (0.84 if compact else 1.0)
    width = pill_width(text)
    picture = blank(width * zoom * scale + 1, PILL_HEIGHT * zoom * scale + 1, ratio)
    with QPainter(picture) as painter:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.scale(zoom * scale, zoom * scale)
        if not compact:
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(theme.color("background"))
            painter.drawRoundedRect(QRectF(0.5, 0.5, width - 1, PILL_HEIGHT - 1), 9, 9)
        painter.setPen(theme.color("dim"))
        painter.setFont(mono_font(round(_PILL_FONT)))
        painter.drawText(QRectF(0, 0, width, PILL_HEIGHT), Qt.AlignmentFlag.AlignCenter, text)
    return picture


RING_PAD: Final = 4.0
"""Pixels around the card in the picture of a ring."""


def _paint_ring(width: float, height: float, zoom: float, ratio: float) -> Ring:
    picture = blank(width + 2 * RING_PAD, height + 2 * RING_PAD, ratio)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(current_theme().color("accent"), 3))
        radius = CARD_RADIUS * zoom + 1
        painter.drawRoundedRect(QRectF(RING_PAD - 1, RING_PAD - 1, width + 2, height + 2), radius, radius)
    across, down = picture.width(), picture.height()
    edge = min(down // 2, round((RING_PAD + radius + 1) * ratio))
    side = min(across // 2, round((RING_PAD + 2) * ratio))
    parts = (
        (0, 0, across, edge),
        (0, edge, side, down - 2 * edge),
        (across - side, edge, side, down - 2 * edge),
        (0, down - edge, across, edge),
    )
    return tuple((x / ratio, y / ratio, picture.copy(x, y, w, h)) for x, y, w, h in parts if w > 0 and h > 0)

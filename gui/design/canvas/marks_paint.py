"""Paints frames and notes in canvas units, on the canvas and in exported drawings alike."""

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from engine.document.graph import Frame, Mark, Note
from gui.design.canvas.marks import FAR_TITLES_BELOW, Marks, drawn_box, title_box, title_size
from gui.design.canvas.viewport import Box, Viewport
from gui.widgets.fonts import text_font
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme
from gui.widgets.tokens import Theme, mix

NOTE_PAD: Final = 10.0
NOTE_TEXT: Final = 13
TEXT_FROM: Final = 0.3
"""Zoom from which the text of a note is written; below it can not be read."""
_RADIUS = 10.0
_LONGEST_NOTE = 20_000
_FAR_TITLE_PX = 220.0


def paint_frame(painter: QPainter, frame: Frame, zoom: float = 1.0, *, selected: bool = False) -> None:
    """The rectangle of a frame with its title."""
    theme = current_theme()
    color = _color(theme, frame.color)
    box = QRectF(frame.x, frame.y, frame.width, frame.height)
    ground = QColor(color)
    ground.setAlphaF(0.07 if theme.dark else 0.06)
    painter.setBrush(ground)
    if selected:
        painter.setPen(QPen(theme.color("accent"), 2.0 / zoom))
    else:
        line = mix(color, theme.background, 0.35)
        # A hair is drawn whole: dashes of it would be specks.
        painter.setPen(QPen(line, max(1.2, 1 / zoom), Qt.PenStyle.DashLine if zoom >= 0.3 else Qt.PenStyle.SolidLine))
    painter.drawRoundedRect(box, _RADIUS, _RADIUS)
    if selected:
        _handles(painter, theme, box, zoom)
    if zoom >= FAR_TITLES_BELOW:
        paint_title(painter, frame, zoom)


def paint_title(painter: QPainter, frame: Frame, zoom: float = 1.0) -> None:
    """The title of a frame alone."""
    theme = current_theme()
    title = plain_text(frame.title, 120)
    if not title:
        return
    size = title_size(zoom)
    font = text_font(max(1, round(size)), QFont.Weight.DemiBold)
    font.setPixelSize(max(1, round(size)))
    left, top, right, bottom = title_box(frame, zoom)
    far = zoom < FAR_TITLES_BELOW
    pad = max(13.0, 3 / zoom)
    room = max(right - left - 2 * pad, _FAR_TITLE_PX / zoom if far else 0.0)
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
    painter.setFont(font)
    where = QRectF(left + pad, top, room + 2, bottom - top)
    if far:
        ground = theme.color("background")
        ground.setAlphaF(0.78)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        width = metrics.horizontalAdvance(shown)
        painter.drawRoundedRect(
            QRectF(left, top, width + 2 * pad, bottom - top).adjusted(0, 2 / zoom, 0, -1 / zoom), 4 / zoom, 4 / zoom
        )
    painter.setPen(title_color(theme, frame.color))
    painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def paint_note(painter: QPainter, note: Note, zoom: float = 1.0, *, selected: bool = False, hint: bool = False) -> None:
    """A note with its text, wrapped to its width and cut at its height; `hint` says in an empty one what to do."""
    theme = current_theme()
    color = _color(theme, note.color)
    box = QRectF(note.x, note.y, note.width, note.height)
    painter.setBrush(note_ground(theme, note.color))
    line = theme.color("accent") if selected else mix(color, theme.panel, 0.55)
    painter.setPen(QPen(line, (2.0 if selected else 1.0) / min(zoom, 1.0)))
    painter.drawRoundedRect(box, 6, 6)
    if selected:
        _handles(painter, theme, box, zoom)
    words = note.text[:_LONGEST_NOTE]
    blank = not words.strip()
    if zoom < TEXT_FROM or (blank and not hint):
        return
    inner = box.adjusted(NOTE_PAD, NOTE_PAD - 2, -NOTE_PAD, -NOTE_PAD + 2)
    font = text_font(NOTE_TEXT)
    painter.setFont(font)
    painter.setPen(theme.color("faint" if blank else "text"))
    flags = int(Qt.TextFlag.TextWrapAnywhere if _has_long_word(words, inner.width()) else Qt.TextFlag.TextWordWrap)
    shown = _cut(QFontMetricsF(font), "Double-click to write" if blank else words, inner, flags)
    painter.drawText(inner, flags, shown)


def paint_mark(painter: QPainter, mark: Mark, zoom: float = 1.0, *, selected: bool = False) -> None:
    """A frame or a note, as on the canvas."""
    if isinstance(mark, Frame):
        paint_frame(painter, mark, zoom, selected=selected)
    else:
        paint_note(painter, mark, zoom, selected=selected, hint=True)


def draw_frames(painter: QPainter, marks: Marks, view: Viewport, box: Box) -> None:
    """The frames in a box of the canvas, behind everything."""
    _draw(painter, marks, view, box, [frame for frame in marks.frames if frame.id not in marks.hidden])


def draw_notes(painter: QPainter, marks: Marks, view: Viewport, box: Box) -> None:
    """The notes in a box of the canvas: over the links, under the cards."""
    _draw(painter, marks, view, box, [note for note in marks.notes if note.id not in marks.hidden])


def draw_far_titles(painter: QPainter, marks: Marks, view: Viewport, box: Box) -> None:
    """Titles over the nodes, when the zoom leaves nothing else to read."""
    if view.zoom >= FAR_TITLES_BELOW or not marks.frames:
        return
    painter.save()
    _to_canvas(painter, view)
    for frame in marks.frames:
        if frame.id not in marks.hidden and _meet(drawn_box(frame, view.zoom), box):
            paint_title(painter, frame, view.zoom)
    painter.restore()


def draw_hidden(painter: QPainter, marks: Marks, view: Viewport) -> None:
    """What a gesture moves."""
    moving = [mark for mark in marks.drawn if mark.id in marks.hidden]
    painter.save()
    _to_canvas(painter, view)
    for mark in moving:
        paint_mark(painter, mark, view.zoom, selected=mark.id in marks.selected)
    painter.restore()


def title_color(theme: Theme, name: str) -> QColor:
    """A title in its colour, dark enough to be read on a light canvas."""
    if not name:
        return theme.color("dim")
    return theme.family(name) if theme.dark else mix(theme.family(name), theme.text, 0.45)


def note_ground(theme: Theme, name: str) -> QColor:
    """Behind the text of a note."""
    return mix(theme.panel, _color(theme, name), 0.14 if name else 0.1)


def _draw(painter: QPainter, marks: Marks, view: Viewport, box: Box, chosen: list[Frame] | list[Note]) -> None:
    if not chosen:
        return
    painter.save()
    _to_canvas(painter, view)
    for mark in chosen:
        if _meet(drawn_box(mark, view.zoom), box):
            paint_mark(painter, mark, view.zoom, selected=mark.id in marks.selected)
    painter.restore()


def _to_canvas(painter: QPainter, view: Viewport) -> None:
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.translate(view.x, view.y)
    painter.scale(view.zoom, view.zoom)


def _handles(painter: QPainter, theme: Theme, box: QRectF, zoom: float) -> None:
    """Small squares at the corners of what is selected."""
    side = 6 / zoom
    painter.setPen(QPen(theme.color("accent"), 1 / zoom))
    painter.setBrush(theme.color("background"))
    for corner in (box.topLeft(), box.topRight(), box.bottomLeft(), box.bottomRight()):
        painter.drawRect(QRectF(corner.x() - side / 2, corner.y() - side / 2, side, side))


def _color(theme: Theme, name: str) -> QColor:
    return theme.family(name) if name else theme.color("edge")


def _cut(metrics: QFontMetricsF, text: str, box: QRectF, flags: int) -> str:
    """As much of a text as fits into the box, with dots for the rest."""

    def fits(part: str) -> bool:
        return metrics.boundingRect(QRectF(0, 0, box.width(), 1e6), flags, part).height() <= box.height() + 1

    if fits(text):
        return text
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        if fits(text[:middle].rstrip() + "…"):
            low = middle
        else:
            high = middle
    return text[:low].rstrip() + "…"


def _has_long_word(text: str, width: float) -> bool:
    return any(len(word) * NOTE_TEXT * 0.45 > width for word in text.split())


def _meet(box: Box, other: Box) -> bool:
    return box[0] < other[2] and box[2] > other[0] and box[1] < other[3] and box[3] > other[1]

"""Paints frames and notes in canvas units, on the canvas and in exported drawings alike."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from engine.document.graph import Frame, Mark, Note
from gui.design.canvas.arrays import Floats, draw_lines, draw_rects
from gui.design.canvas.marks import FAR_TITLES_BELOW, Marks, drawn_box, title_box, title_size
from gui.design.canvas.viewport import Box, Viewport
from gui.widgets.fonts import text_font
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme
from gui.widgets.tokens import Theme, mix

NOTE_PAD: Final = 10.0
NOTE_TEXT: Final = 13
LARGEST_NOTE_TEXT: Final = 20
"""A text is written as large as its note has room for, between these two: so a large note is read from afar."""
PLAIN_BELOW: Final = 0.4
"""Under this zoom frames and notes are bare rectangles, drawn many at once."""
_READ_FROM_PX: Final = 5.5
"""A text that would be smaller on the screen cannot be read, and is left out."""
_RADIUS = 10.0
_LONGEST_NOTE = 20_000
_FAR_TITLE_PX = 220.0


def paint_frame(painter: QPainter, frame: Frame, zoom: float = 1.0, *, selected: bool = False) -> None:
    """The rectangle of a frame with its title."""
    theme = current_theme()
    color = _color(theme, frame.color)
    box = QRectF(frame.x, frame.y, frame.width, frame.height)
    painter.setBrush(_frame_ground(theme, frame.color))
    if selected:
        painter.setPen(QPen(theme.color("accent"), 2.0 / zoom))
    else:
        line = mix(color, theme.background, 0.35)
        # A hair is drawn whole: dashes of it would be specks.
        painter.setPen(
            QPen(line, max(1.2, 1 / zoom), Qt.PenStyle.DashLine if zoom >= PLAIN_BELOW else Qt.PenStyle.SolidLine)
        )
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
    font, metrics = _title_font(max(1, round(size)))
    left, top, right, bottom = title_box(frame, zoom)
    far = zoom < FAR_TITLES_BELOW
    pad = max(13.0, 3 / zoom)
    room = max(right - left - 2 * pad, _FAR_TITLE_PX / zoom if far else 0.0)
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
    if blank and not hint:
        return
    size, shown = _written("Double-click to write" if blank else words, note.width, note.height)
    if size * zoom < _READ_FROM_PX:
        return
    inner = _inner(box)
    painter.setFont(text_font(size))
    painter.setPen(theme.color("faint" if blank else "text"))
    painter.drawText(inner, _wrapped(words, size, inner.width()), shown)


def _is_read(note: Note, zoom: float) -> bool:
    return zoom * LARGEST_NOTE_TEXT >= _READ_FROM_PX and zoom * note_size(note) >= _READ_FROM_PX


def note_size(note: Note) -> int:
    """How large its text is written, in pixels of the canvas."""
    return _written(note.text[:_LONGEST_NOTE], note.width, note.height)[0]


def paint_mark(painter: QPainter, mark: Mark, zoom: float = 1.0, *, selected: bool = False) -> None:
    """A frame or a note, as on the canvas."""
    if isinstance(mark, Frame):
        paint_frame(painter, mark, zoom, selected=selected)
    else:
        paint_note(painter, mark, zoom, selected=selected, hint=True)


def draw_frames(painter: QPainter, marks: Marks, view: Viewport, box: Box) -> None:
    """The frames in a box of the canvas, behind everything."""
    zoom = view.zoom
    shown = [frame for frame in marks.frames if frame.id not in marks.hidden and _meet(drawn_box(frame, zoom), box)]
    if zoom < PLAIN_BELOW:
        _draw_plain(painter, marks, view, shown)
    else:
        for frame in shown:
            if frame.id not in marks.selected:
                _draw_frame(painter, view, frame, box)
    painter.save()
    _to_canvas(painter, view)
    for frame in shown:
        if frame.id in marks.selected:
            paint_frame(painter, frame, zoom, selected=True)
        elif zoom >= FAR_TITLES_BELOW:
            paint_title(painter, frame, zoom)
    painter.restore()


def draw_notes(painter: QPainter, marks: Marks, view: Viewport, box: Box) -> None:
    """The notes in a box of the canvas: over the links, under the cards."""
    zoom = view.zoom
    shown = [note for note in marks.notes if note.id not in marks.hidden and _meet(drawn_box(note, zoom), box)]
    read = {note.id for note in shown if _is_read(note, zoom)} | marks.selected
    if bare := [note for note in shown if note.id not in read]:
        _draw_plain(painter, marks, view, bare)
    shown = [note for note in shown if note.id in read]
    painter.save()
    _to_canvas(painter, view)
    for note in shown:
        paint_mark(painter, note, zoom, selected=note.id in marks.selected)
    painter.restore()


def _draw_plain(painter: QPainter, marks: Marks, view: Viewport, shown: Sequence[Mark]) -> None:
    """Small ones as bare rectangles, one call a colour; the selected ones are drawn by themselves."""
    theme = current_theme()
    groups: dict[tuple[type[Mark], str], list[tuple[float, float, float, float]]] = {}
    for mark in shown:
        if mark.id not in marks.selected:
            x, y = view.to_screen(mark.x, mark.y)
            rect = (round(x), round(y), round(mark.width * view.zoom), round(mark.height * view.zoom))
            groups.setdefault((type(mark), mark.color), []).append(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    for (kind, name), rects in groups.items():
        x, y, width, height = np.array(rects, dtype=np.float64).T
        painter.setBrush(_frame_ground(theme, name) if kind is Frame else note_ground(theme, name))
        draw_rects(painter, np.stack((x, y, width, height), axis=1))
        # Outlines are filled too: a pen costs five times as much.
        one = np.ones(len(x))
        painter.setBrush(mix(_color(theme, name), theme.background if kind is Frame else theme.panel, 0.4))
        for side in ((x, y, width, one), (x, y + height, width, one), (x, y, one, height), (x + width, y, one, height)):
            draw_rects(painter, np.stack(side, axis=1))


def _draw_frame(painter: QPainter, view: Viewport, frame: Frame, box: Box) -> None:
    """What `paint_frame` shows, for the screen: dashes as lines, as Qt takes 1.5 ms to dash one rounded rectangle."""
    theme = current_theme()
    zoom, ratio = view.zoom, view.ratio
    left, top = (round(value * ratio) / ratio for value in view.to_screen(frame.x, frame.y))
    right, bottom = (
        round(value * ratio) / ratio for value in view.to_screen(frame.x + frame.width, frame.y + frame.height)
    )
    radius = round(_RADIUS * zoom * ratio) / ratio
    size = 2 * radius
    ground = _frame_ground(theme, frame.color)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    for y, start in ((top, 0), (bottom - size, 180)):
        cap = QPainterPath()
        cap.arcMoveTo(QRectF(right - size, y, size, size), start)
        first, second = (right - size, left) if start == 0 else (left, right - size)
        cap.arcTo(QRectF(first, y, size, size), start, 90)
        cap.arcTo(QRectF(second, y, size, size), start + 90, 90)
        cap.closeSubpath()
        painter.drawPath(cap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(QRectF(left, top + radius, right - left, bottom - top - size), ground)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    width = max(1.0, 1.2 * zoom)
    pen = QPen(mix(_color(theme, frame.color), theme.background, 0.35), width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for x, y, start in (
        (right - size, top, 0),
        (left, top, 90),
        (left, bottom - size, 180),
        (right - size, bottom - size, 270),
    ):
        painter.drawArc(QRectF(x, y, size, size), start * 16, 90 * 16)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    seen_left, seen_top = view.to_screen(box[0], box[1])
    seen_right, seen_bottom = view.to_screen(box[2], box[3])
    across = _dashes(left + radius, right - radius, seen_left, seen_right, width)
    down = _dashes(top + radius, bottom - radius, seen_top, seen_bottom, width)
    sides = [np.insert(across, (1, 2), level, axis=1) for level in (top, bottom)]
    sides += [np.insert(down, (0, 1), level, axis=1) for level in (left, right)]
    draw_lines(painter, np.concatenate(sides))


def _dashes(start: float, end: float, seen_from: float, seen_to: float, width: float) -> Floats:
    """(dash, 2): where dashes begin and end between two points, of those that can be seen."""
    period = 6 * width
    firsts = np.arange(start, end, period)
    firsts = firsts[(firsts > seen_from - period) & (firsts < seen_to + period)]
    return np.stack((firsts, np.minimum(firsts + 4 * width, end)), axis=1)


@lru_cache(maxsize=64)
def _title_font(size: int) -> tuple[QFont, QFontMetricsF]:
    font = text_font(size, QFont.Weight.DemiBold)
    return font, QFontMetricsF(font)


def _frame_ground(theme: Theme, name: str) -> QColor:
    ground = _color(theme, name)
    ground.setAlphaF(0.07 if theme.dark else 0.06)
    return ground


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


@lru_cache(maxsize=256)
def _written(text: str, width: float, height: float) -> tuple[int, str]:
    """How large a text is written in a note of this size, and what of it: all, where the smallest writing has room."""
    inner = _inner(QRectF(0, 0, width, height))
    for size in range(LARGEST_NOTE_TEXT, NOTE_TEXT, -1):
        flags = _wrapped(text, size, inner.width())
        if not flags & int(Qt.TextFlag.TextWrapAnywhere) and _cut(_note_metrics(size), text, inner, flags) == text:
            return size, text
    return NOTE_TEXT, _cut(_note_metrics(NOTE_TEXT), text, inner, _wrapped(text, NOTE_TEXT, inner.width()))


@lru_cache(maxsize=LARGEST_NOTE_TEXT)
def _note_metrics(size: int) -> QFontMetricsF:
    return QFontMetricsF(text_font(size))


def _inner(box: QRectF) -> QRectF:
    return box.adjusted(NOTE_PAD, NOTE_PAD - 2, -NOTE_PAD, -NOTE_PAD + 2)


def _wrapped(text: str, size: int, width: float) -> int:
    """How a text breaks into lines: between words, within them where one is too long for a line."""
    long_word = any(len(word) * size * 0.45 > width for word in text.split())
    return int(Qt.TextFlag.TextWrapAnywhere if long_word else Qt.TextFlag.TextWordWrap)


def _meet(box: Box, other: Box) -> bool:
    return box[0] < other[2] and box[2] > other[0] and box[1] < other[3] and box[3] > other[1]

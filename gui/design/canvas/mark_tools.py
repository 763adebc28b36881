"""Frames and notes as the user handles them: made, moved, written, coloured; by mouse, menu and keys."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QMenu

from engine.document.edits import Batch
from engine.document.graph import Frame, Note
from gui.design import mark_edits
from gui.design.canvas.commands import NUDGE
from gui.design.canvas.finder import Offer
from gui.design.canvas.geometry import COLORS
from gui.design.canvas.gestures.frame import MoveMarks, SizeMark, cursor_for
from gui.design.canvas.gestures.gesture import Gesture, Pointer
from gui.design.canvas.hit import Hit, Kind
from gui.design.canvas.marks import box_of, contents, drawn_box, resized, surrounding
from gui.design.canvas.note_editor import MarkEditor
from gui.design.canvas.viewport import Box
from gui.widgets.icons import icon
from gui.widgets.theme import current_theme

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

FRAME_OFFER: Final = "frame on the canvas"
NOTE_OFFER: Final = "note on the canvas"
_OFFERS: Final = (
    (Offer(NOTE_OFFER, "Note", "text", "warn", "A piece of text on the canvas."), "note comment text remark label"),
    (
        Offer(FRAME_OFFER, "Frame", "order", "link", "A titled rectangle around what is selected; it moves with it."),
        "frame group rectangle box section",
    ),
)
_SIZE_STEP: Final = 3 * NUDGE

_Key = Qt.Key
_Modifier = Qt.KeyboardModifier
_ARROWS: Final = {
    int(_Key.Key_Left): (-1, 0),
    int(_Key.Key_Right): (1, 0),
    int(_Key.Key_Up): (0, -1),
    int(_Key.Key_Down): (0, 1),
}


def offers_for(text: str) -> list[Offer]:
    """Frame and note in the search, when what is typed names them."""
    word = text.strip().lower()
    if len(word) < 2:
        return []
    return [offer for offer, names in _OFFERS if any(name.startswith(word) for name in names.split())]


class MarkTools:
    """Made by the canvas, which asks it first."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        self._canvas = canvas
        self._new = ""  # the mark that was made last and is being written; given up without a word it goes away
        self.editor = MarkEditor(canvas, self._on_written)

    # Making.

    def add_frame(self, pointer: Pointer | None = None) -> None:
        """Put a frame around the selection, or an empty one at the pointer, and let its title be written."""
        canvas = self._canvas
        place = pointer or canvas.pointer_for_keys()
        box = self._selected_box()
        frame = mark_edits.frame_around(canvas.project.project.graph, box, place.x, place.y)
        if canvas.do(Batch(title="Add a frame", edits=(mark_edits.put(frame),))):
            canvas.selection.set_both((), (frame.id,))
            self.show(frame.id)
            self.editor.begin(frame.id)

    def add_note(self, pointer: Pointer | None = None) -> None:
        """Put a note at the pointer and let it be written."""
        canvas = self._canvas
        place = pointer or canvas.pointer_for_keys()
        note = mark_edits.note_at(canvas.project.project.graph, place.x, place.y)
        if canvas.do(Batch(title="Add a note", edits=(mark_edits.put(note),))):
            canvas.selection.set_both((), (note.id,))
            self.show(note.id)
            self._new = note.id
            self.editor.begin(note.id)

    def add_offered(self, key: str, pointer: Pointer) -> bool:
        """Make what was picked in the search; False when it is no mark."""
        if key == NOTE_OFFER:
            self.add_note(pointer)
        elif key == FRAME_OFFER:
            self.add_frame(pointer)
        else:
            return False
        return True

    def _selected_box(self) -> Box | None:
        canvas = self._canvas
        boxes: list[Box] = [box_of(canvas.scene.marks.by_id[item]) for item in canvas.selection.marks]
        extent = canvas.geometry_store.extent(canvas.geometry_store.rows(canvas.selection.nodes))
        return surrounding([*boxes, extent] if extent is not None else boxes)

    # Changing.

    def rename(self) -> bool:
        """Write the title or text of the selected mark; False when it is not one alone."""
        chosen = self._canvas.selection.everything
        if len(chosen) != 1 or not self._canvas.selection.marks:
            return False
        (mark_id,) = chosen
        self.write(mark_id)
        return True

    def write(self, mark_id: str) -> None:
        """Write the title or text of a mark."""
        if not self._canvas.project.read_only:
            self.show(mark_id)
            self.editor.begin(mark_id)

    def _on_written(self, mark_id: str, text: str | None) -> None:
        canvas = self._canvas
        new, self._new = self._new == mark_id, ""
        mark = canvas.project.project.graph.marks.get(mark_id)
        if mark is None or (text is None and not new):
            return
        if new and not (text or "").strip():
            canvas.project.history.undo()  # an empty note was not wanted
            return
        changed = mark_edits.retitled(mark, text or "")
        if changed != mark:
            verb = "Rename" if isinstance(mark, Frame) else "Write"
            canvas.do(Batch(title=f"{verb} {mark_id}", edits=(mark_edits.put(changed),)))

    def recolor(self, color: str) -> None:
        """Give the selected marks a colour."""
        canvas = self._canvas
        canvas.do(mark_edits.recolored(canvas.project.project.graph, canvas.selection.marks, color))

    def resize(self, dx: float, dy: float) -> None:
        """Make the selected marks larger or smaller at their lower right."""
        canvas = self._canvas
        graph = canvas.project.project.graph
        edits = []
        for mark_id in sorted(canvas.selection.marks):
            mark = graph.marks[mark_id]
            sized = resized(mark, "se", mark.x + mark.width + dx, mark.y + mark.height + dy)
            if sized != mark:
                edits.append(mark_edits.put(sized))
        if edits:
            edit = edits[0] if len(edits) == 1 else Batch(title="Resize", edits=tuple(edits))
            canvas.commands.do(edit, f"resize {sorted(canvas.selection.marks)}")

    def select_contents(self) -> None:
        """Select what lies in the selected frames instead of them."""
        canvas = self._canvas
        nodes: set[str] = set()
        inner: set[str] = set()
        for item in canvas.selection.marks:
            mark = canvas.scene.marks.get(item)
            if isinstance(mark, Frame):
                found = contents(canvas.scene.marks, canvas.geometry_store, mark)
                nodes.update(found[0])
                inner.update(found[1])
        if nodes or inner:
            canvas.selection.set_both(nodes, inner)

    def show(self, mark_id: str) -> None:
        """Bring a mark into view, its title at least."""
        mark = self._canvas.scene.marks.get(mark_id)
        if mark is not None:
            left, top, right, bottom = drawn_box(mark, self._canvas.view.zoom)
            self._canvas.show_box((left, top, right, bottom))

    # Mouse.

    def press(self, pointer: Pointer, under: Hit) -> Gesture | None:
        """The gesture that begins here, when it is about marks."""
        canvas = self._canvas
        if under.kind is Kind.MARK_EDGE:
            return SizeMark(canvas, pointer, under.mark, under.side)
        if under.kind in (Kind.FRAME, Kind.NOTE):
            return MoveMarks(canvas, pointer, under.mark)
        if under.kind in (Kind.NODE, Kind.BADGE) and under.node in canvas.selection.nodes and canvas.selection.marks:
            return MoveMarks(canvas, pointer, under.node)
        return None

    def double_click(self, under: Hit) -> bool:
        """Write the title or the note under the pointer."""
        if under.kind not in (Kind.FRAME, Kind.NOTE):
            return False
        self._canvas.selection.set_both((), (under.mark,))
        self.write(under.mark)
        return True

    def cursor(self, under: Hit) -> Qt.CursorShape | None:
        """The cursor over a mark."""
        if under.kind is Kind.MARK_EDGE:
            return cursor_for(under.side)
        return Qt.CursorShape.SizeAllCursor if under.kind in (Kind.FRAME, Kind.POINT) else None

    # Keys.

    def command_for(self, event: QKeyEvent) -> Callable[[], object] | None:
        """What a key does when marks are selected, or makes a mark."""
        modifiers = event.modifiers() & ~_Modifier.KeypadModifier
        key = event.key()
        both = _Modifier.ControlModifier | _Modifier.ShiftModifier
        if modifiers == both and key == _Key.Key_G:
            return self.add_frame
        if modifiers == both and key == _Key.Key_N:
            return self.add_note
        if modifiers == _Modifier.NoModifier and key in (_Key.Key_PageDown, _Key.Key_PageUp):
            return lambda: self.walk(forward=key == _Key.Key_PageDown)
        if not self._canvas.selection.marks:
            return None
        if modifiers == _Modifier.NoModifier:
            if key == _Key.Key_F2 and len(self._canvas.selection.everything) == 1:
                return self.rename
            if not self._canvas.selection.nodes:
                if key in (_Key.Key_Return, _Key.Key_Enter):
                    return self.rename
                step = _ARROWS.get(key)
                if step is not None:
                    return lambda: self._canvas.commands.nudge(step[0] * NUDGE, step[1] * NUDGE)
        if modifiers == _Modifier.AltModifier:
            size = _ARROWS.get(key)
            if size is not None:
                return lambda: self.resize(size[0] * _SIZE_STEP, size[1] * _SIZE_STEP)
        return None

    def walk(self, *, forward: bool) -> None:
        """Select the next frame or note, in reading order; from a node the nearest one."""
        canvas = self._canvas
        marks = sorted(canvas.scene.marks.by_id.values(), key=lambda mark: (mark.y + 0.25 * mark.x, mark.id))
        if not marks:
            return
        names = [mark.id for mark in marks]
        present = next((names.index(item) for item in names if item in canvas.selection.marks), None)
        if present is None:
            place = 0 if forward else len(names) - 1
        else:
            place = (present + (1 if forward else -1)) % len(names)
        canvas.selection.set_both((), (names[place],))
        self.show(names[place])

    def reveal(self, mark_id: str) -> None:
        """Select a mark and bring it into view."""
        self._canvas.selection.set_both((), (mark_id,))
        self.show(mark_id)
        self._canvas.setFocus()

    def matching(self, words: Sequence[str]) -> list[Offer]:
        """Frames and notes whose title or text holds all these words, for the box that finds things."""
        found: list[Offer] = []
        for mark in self._canvas.marks.drawn:
            kind, text = ("frame", mark.title) if isinstance(mark, Frame) else ("note", mark.text)
            whole = f"{mark.id} {kind} {text}".lower()
            if words and all(word in whole for word in words):
                dot = f"family.{mark.color}" if mark.color else "edge"
                found.append(Offer(mark.id, " ".join(text.split())[:60] or mark.id, kind, dot, text[:300]))
        return found

    # Menu.

    def for_keys(self) -> Hit | None:
        """What the menu key asks for: the selected link or point of it, or the selected marks; None for neither."""
        canvas = self._canvas
        if canvas.selection.nodes:
            return None
        if canvas.selection.marks:
            mark_id = min(canvas.selection.marks)
            return Hit(Kind.NOTE if mark_id in canvas.marks.note_ids else Kind.FRAME, mark=mark_id)
        link = canvas.selected_link
        if link is None or link not in canvas.geometry_store.link_of:
            return None
        point = canvas.link_points.selected
        return Hit(Kind.LINK, link=link) if point is None else Hit(Kind.POINT, link=link, point=point)

    def place_for_keys(self, found: Hit) -> tuple[float, float]:
        """Where the menu opens for what `for_keys` found."""
        mark = self._canvas.marks.get(found.mark)
        if mark is not None:
            return mark.x + 20, mark.y + 20
        return self._canvas.link_points.place(found)

    def fill_menu(self, menu: QMenu, entry: Callable[..., object]) -> None:
        """What can be done to the selected marks."""
        canvas = self._canvas
        frames = [item for item in canvas.selection.marks if isinstance(canvas.scene.marks.get(item), Frame)]
        alone = len(canvas.selection.everything) == 1
        if alone:
            entry("Rename" if frames else "Write", "edit", self.rename, "F2")
        self.color_menu(menu)
        if frames:
            entry("Select what is in it" if alone else "Select what is in them", "grid", self.select_contents)
        menu.addSeparator()
        entry("Cut", "minus", canvas.cut, "Ctrl+X")
        entry("Copy", "copy", canvas.copy, "Ctrl+C")
        entry("Duplicate", "layers", canvas.commands.duplicate, "Ctrl+D")
        menu.addSeparator()
        entry("Delete the frame alone" if frames and alone else "Delete", "trash", canvas.commands.delete, "Del")

    def color_menu(self, menu: QMenu) -> None:
        """The colours a mark can have."""
        colors = menu.addMenu(icon("brush"), "Colour")
        colors.setObjectName("design.canvas.menu.color")
        graph = self._canvas.project.project.graph
        present = {graph.marks[item].color for item in self._canvas.selection.marks if item in graph.marks}
        theme = current_theme()
        for name in ("", *COLORS):
            caption = name.capitalize() if name else "Plain"
            action = colors.addAction(f"{caption}\t✓" if present == {name} else caption)
            action.setIcon(_dot(theme.family(name) if name else theme.color("edge")))
            action.triggered.connect(lambda _checked=False, name=name: self.recolor(name))

    # Words.

    def words(self, mark_id: str) -> str:
        """A mark for screen readers."""
        canvas = self._canvas
        mark = canvas.scene.marks.get(mark_id)
        if isinstance(mark, Frame):
            nodes, _inner = contents(canvas.scene.marks, canvas.geometry_store, mark)
            count = "1 node" if len(nodes) == 1 else f"{len(nodes)} nodes"
            return f"Frame {mark.title or mark_id}, {count} in it"
        return f"Note: {mark.text}" if isinstance(mark, Note) else ""


def _dot(color: QColor) -> QIcon:
    picture = QPixmap(24, 24)
    picture.setDevicePixelRatio(2.0)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(2, 2, 8, 8)
    return QIcon(picture)

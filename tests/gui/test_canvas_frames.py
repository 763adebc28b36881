"""Frames and notes under a real mouse and keyboard: made, moved with what is in them, sized, written, coloured."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.document.edits import PutFrame, PutNote
from engine.document.graph import Frame, Note
from gui.design.canvas.marks import TITLE_BAR, title_box, title_size
from gui.design.canvas.marks_paint import LARGEST_NOTE_TEXT, NOTE_TEXT, note_size, paint_note
from gui.design.canvas.menu import CanvasMenu
from gui.design.drawing.formats import Drawing, Format, draw
from gui.design.drawing.snapshot import take_snapshot
from gui.design.inspector import Inspector
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_gestures import Bench

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.model.shut_down()


def frame(bench: Bench) -> Frame:
    (found,) = bench.graph.frames
    return found


def title_point(bench: Bench, found: Frame) -> QPoint:
    return bench.hand.point(found.x + 40, found.y + TITLE_BAR / 2 + 4)


def put_frame(bench: Bench, **values: object) -> Frame:
    made = Frame(id="frame1", **{"title": "Head", "x": -24.0, "y": 424.0, "width": 420.0, "height": 130.0, **values})
    assert bench.model.do(PutFrame(frame=made))
    return made


def put_note(bench: Bench) -> Note:
    made = Note(id="note1", text="Why 10?", x=720.0, y=480.0)
    assert bench.model.do(PutNote(note=made))
    return made


def menu_entry(bench: Bench, caption: str) -> QAction:
    """An entry of the open menu, also of a menu in it."""
    menus = [menu for menu in bench.canvas.findChildren(CanvasMenu) if menu.isVisible()]
    (menu,) = menus
    actions = [
        *menu.actions(),
        *(inner for action in menu.actions() if action.menu() for inner in action.menu().actions()),
    ]
    return next(action for action in actions if action.text().split("\t")[0] == caption)


def choose(bench: Bench, caption: str) -> None:
    action = menu_entry(bench, caption)
    action.trigger()
    for menu in bench.canvas.findChildren(CanvasMenu):
        menu.close()
    QApplication.processEvents()


def open_menu_by_key(bench: Bench) -> None:
    """What the menu key does."""
    at = QPoint(5, 5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, bench.canvas.mapToGlobal(at))
    QApplication.sendEvent(bench.canvas, event)


def open_menu(bench: Bench, at: QPoint) -> None:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, bench.canvas.mapToGlobal(at))
    QApplication.sendEvent(bench.canvas, event)


# Making.


def test_a_key_frames_the_selection_and_lets_its_title_be_written(bench: Bench) -> None:
    bench.selection.set_nodes({"fc1", "fc2"})
    bench.hand.key(Key.Key_G, CONTROL | SHIFT)
    assert bench.canvas.mark_tools.editor.title.isVisible()
    bench.hand.type("Classifier")
    bench.hand.key(Key.Key_Return)
    made = frame(bench)
    assert made.title == "Classifier"
    assert bench.canvas.hasFocus()
    assert bench.selection.marks == {made.id}
    boxes = [bench.canvas.geometry_store.boxes[bench.canvas.geometry_store.row_of[node]] for node in ("fc1", "fc2")]
    for x, y, width, height in boxes:
        assert made.x < x and made.y + TITLE_BAR < y
        assert x + width < made.x + made.width and y + height < made.y + made.height
    bench.model.history.undo()
    bench.model.history.undo()
    assert not bench.graph.marks


def test_escape_keeps_the_frame_with_the_title_it_had(bench: Bench) -> None:
    bench.selection.set_nodes({"fc1"})
    bench.hand.key(Key.Key_G, CONTROL | SHIFT)
    bench.hand.type("nonsense")
    bench.hand.key(Key.Key_Escape)
    assert frame(bench).title == "Frame"
    assert not bench.canvas.mark_tools.editor.title.isVisible()


def test_the_menu_puts_a_frame_around_the_selection(bench: Bench) -> None:
    bench.selection.set_nodes({"fc1", "fc2"})
    open_menu(bench, bench.hand.card("fc1"))
    choose(bench, "Put a frame around")
    bench.hand.key(Key.Key_Escape)
    assert frame(bench).width > 400


def test_a_note_is_written_where_it_stands(bench: Bench) -> None:
    bench.hand.key(Key.Key_N, CONTROL | SHIFT)
    editor = bench.canvas.mark_tools.editor.text
    assert editor.isVisible()
    bench.hand.type("first line")
    bench.hand.key(Key.Key_Return)
    bench.hand.type("second")
    bench.hand.key(Key.Key_Return, CONTROL)
    (note,) = bench.graph.notes
    assert note.text == "first line\nsecond"
    assert not editor.isVisible() and bench.canvas.hasFocus()


def test_a_text_is_written_as_large_as_its_note_has_room_for() -> None:
    text = "Both boxes hold the same weights."
    small = note_size(Note(id="n", text=text, width=150.0, height=40.0))
    large = note_size(Note(id="n", text=text, width=420.0, height=160.0))
    assert (small, large) == (NOTE_TEXT, LARGEST_NOTE_TEXT)
    between = note_size(Note(id="n", text=text, width=190.0, height=70.0))
    assert small < between < large
    assert note_size(Note(id="n", text="long " * 400, width=420.0, height=160.0)) == NOTE_TEXT


def test_a_large_note_is_read_from_afar(qapp: QApplication) -> None:
    def inked(zoom: float, width: float, height: float) -> int:
        image = QImage(400, 200, QImage.Format.Format_RGB32)
        image.fill(0)
        with QPainter(image) as painter:
            painter.scale(zoom, zoom)
            paint_note(painter, Note(id="n", text="Both hold the same weights", width=width, height=height), zoom)
        return len({image.pixel(x, y) for x in range(12, 140) for y in range(8, 50)})

    assert inked(0.35, 420.0, 160.0) > 2, "its text is there"
    assert inked(0.35, 420.0, 20.0) <= inked(0.15, 420.0, 160.0), "what cannot be read is left out"


def test_an_empty_note_goes_away(bench: Bench) -> None:
    open_menu(bench, bench.hand.point(900, 600))
    choose(bench, "Add a note")
    assert bench.graph.notes
    bench.hand.key(Key.Key_Escape)
    assert not bench.graph.marks


def test_the_search_offers_a_note(bench: Bench) -> None:
    bench.hand.key(Key.Key_Tab)
    bench.hand.type("note")
    assert bench.canvas.adding.finder.keys()[0] == "note on the canvas"
    bench.hand.key(Key.Key_Return)
    bench.hand.type("found me")
    bench.hand.key(Key.Key_Return, CONTROL)
    assert bench.graph.notes[0].text == "found me"


def test_going_elsewhere_keeps_what_was_written(bench: Bench) -> None:
    put_note(bench)
    QTest.mouseDClick(bench.canvas, Qt.MouseButton.LeftButton, pos=bench.hand.point(760, 500))
    bench.hand.type("Because")
    bench.hand.drag(bench.hand.point(1000, 700), bench.hand.point(1000, 700))
    assert bench.graph.notes[0].text == "Because"


def test_another_project_does_not_get_what_is_being_written(bench: Bench, tmp_path: Path) -> None:
    put_frame(bench)
    bench.canvas.mark_tools.reveal("frame1")
    bench.hand.key(Key.Key_F2)
    bench.hand.type("unfinished")
    other = residual_network()
    other.graph.put(Frame(id="frame1", title="Theirs"))
    bench.model.create(tmp_path / "other", other)
    assert not bench.canvas.mark_tools.editor.title.isVisible()
    assert frame(bench).title == "Theirs"


# Moving.


def test_a_title_drags_all_that_lies_in_the_frame_as_one_step(bench: Bench) -> None:
    put_frame(bench)
    inner = Note(id="note1", text="inside", x=180.0, y=500.0, width=50.0, height=40.0)
    bench.model.do(PutNote(note=inner))
    nested = Frame(id="frame2", title="inner", x=-10.0, y=450.0, width=190.0, height=90.0)
    bench.model.do(PutFrame(frame=nested))
    before = {node: bench.place(node) for node in bench.graph.nodes}
    steps = bench.model.history.count()
    start = title_point(bench, bench.graph.marks["frame1"]) + QPoint(150, -8)
    zoom = bench.canvas.view.zoom
    bench.hand.drag(start, start + QPoint(round(80 * zoom), round(40 * zoom)))
    moved = bench.graph.marks["frame1"]
    dx, dy = moved.x + 24, moved.y - 424
    assert (dx, dy) == (80, 40)
    for node in ("fc1", "fc2"):
        assert bench.place(node) == (before[node][0] + dx, before[node][1] + dy)
    assert bench.place("loss") == before["loss"]
    assert (bench.graph.marks["note1"].x, bench.graph.marks["note1"].y) == (180 + dx, 500 + dy)
    assert (bench.graph.marks["frame2"].x, bench.graph.marks["frame2"].y) == (-10 + dx, 450 + dy)
    assert bench.model.history.count() == steps + 1
    bench.model.history.undo()
    assert {node: bench.place(node) for node in bench.graph.nodes} == before
    assert bench.graph.marks["frame1"].x == -24


def test_escape_puts_a_dragged_frame_back(bench: Bench) -> None:
    made = put_frame(bench)
    start = title_point(bench, made)
    bench.hand.press(start)
    bench.hand.move(start + QPoint(90, 30))
    assert bench.canvas.marks.hidden
    bench.hand.key(Key.Key_Escape)
    bench.hand.release(start + QPoint(90, 30))
    assert frame(bench) == made
    assert bench.place("fc1") == (0, 464)


def test_arrows_move_a_frame_with_its_nodes_and_are_one_step(bench: Bench) -> None:
    put_frame(bench)
    bench.hand.drag(title_point(bench, frame(bench)), title_point(bench, frame(bench)))
    assert bench.selection.marks == {"frame1"}
    steps = bench.model.history.count()
    bench.hand.key(Key.Key_Right)
    bench.hand.key(Key.Key_Right)
    bench.hand.key(Key.Key_Down)
    assert (frame(bench).x, frame(bench).y) == (-8, 432)
    assert bench.place("fc1") == (16, 472)
    assert bench.model.history.count() == steps + 1


def test_a_card_drags_the_selected_frame_along(bench: Bench) -> None:
    put_frame(bench)
    bench.hand.key(Key.Key_A, CONTROL)
    assert bench.selection.marks == {"frame1"} and len(bench.selection.nodes) == 15
    start = bench.hand.card("conv1")
    bench.hand.drag(start, start + QPoint(0, 48))
    moved = bench.place("conv1")[1]
    assert moved > 0
    assert frame(bench).y == 424 + moved
    assert bench.place("fc1") == (0, 464 + moved)


def test_a_band_selects_notes_it_touches_and_frames_it_holds(bench: Bench) -> None:
    put_frame(bench)
    put_note(bench)
    hand = bench.hand
    hand.drag(hand.point(100, 640), hand.point(150, 540))
    assert bench.selection.marks == frozenset()
    hand.drag(hand.point(-60, 700), hand.point(730, 400))
    assert bench.selection.marks == {"frame1", "note1"}
    assert "fc2" in bench.selection.nodes


# Sizing.


@pytest.mark.parametrize(("fx", "fy", "dx", "dy"), [(1.0, 0.85, 48, 0), (0.5, 1.0, 0, 40), (1.0, 1.0, 48, 40)])
def test_edges_and_corners_size_a_frame(bench: Bench, fx: float, fy: float, dx: float, dy: float) -> None:
    made = put_frame(bench)
    zoom = bench.canvas.view.zoom
    start = bench.hand.point(made.x + fx * made.width, made.y + fy * made.height)
    bench.hand.drag(start, start + QPoint(round(dx * zoom), round(dy * zoom)))
    sized = frame(bench)
    assert sized.width - made.width == pytest.approx(dx, abs=8)
    assert sized.height - made.height == pytest.approx(dy, abs=8)
    assert bench.place("fc1") == (0, 464)
    bench.model.history.undo()
    assert frame(bench) == made


def test_keys_size_a_note(bench: Bench) -> None:
    note = put_note(bench)
    bench.hand.drag(bench.hand.point(760, 500), bench.hand.point(760, 500))
    bench.hand.key(Key.Key_Right, ALT)
    bench.hand.key(Key.Key_Down, ALT)
    sized = bench.graph.notes[0]
    assert (sized.width - note.width, sized.height - note.height) == (24, 24)


# Writing, colouring, deleting.


def test_double_click_and_f2_rename_a_frame(bench: Bench) -> None:
    put_frame(bench)
    QTest.mouseDClick(bench.canvas, Qt.MouseButton.LeftButton, pos=title_point(bench, frame(bench)))
    bench.hand.type("Tail")
    bench.hand.key(Key.Key_Return)
    assert frame(bench).title == "Tail"
    bench.hand.key(Key.Key_F2)
    bench.hand.type("End")
    bench.hand.key(Key.Key_Return)
    assert frame(bench).title == "End"


def test_keys_walk_to_frames_and_notes(bench: Bench) -> None:
    put_frame(bench)
    put_note(bench)
    bench.hand.key(Key.Key_PageDown)
    assert bench.selection.marks == {"frame1"}
    assert bench.canvas.accessibleDescription() == "Frame Head, 2 nodes in it"
    bench.hand.key(Key.Key_PageDown)
    assert bench.selection.marks == {"note1"}
    assert bench.canvas.accessibleDescription() == "Note: Why 10?"
    bench.hand.key(Key.Key_PageUp)
    assert bench.selection.marks == {"frame1"}


def test_the_menu_colours_frames(bench: Bench) -> None:
    put_frame(bench)
    bench.hand.key(Key.Key_PageDown)
    open_menu_by_key(bench)
    assert menu_entry(bench, "Plain").text().endswith("✓")
    choose(bench, "Attention")
    assert frame(bench).color == "attention"


def test_delete_leaves_what_is_in_a_frame(bench: Bench) -> None:
    put_frame(bench)
    bench.hand.drag(title_point(bench, frame(bench)), title_point(bench, frame(bench)))
    bench.hand.key(Key.Key_Delete)
    assert not bench.graph.marks and "fc1" in bench.graph.nodes
    bench.model.history.undo()
    assert frame(bench).title == "Head"


def test_copy_takes_the_content_and_paste_gives_it_new_ids(bench: Bench) -> None:
    put_frame(bench)
    bench.hand.drag(title_point(bench, frame(bench)), title_point(bench, frame(bench)))
    bench.hand.key(Key.Key_C, CONTROL)
    assert "frame1" in QGuiApplication.clipboard().text()
    steps = bench.model.history.count()
    bench.hand.key(Key.Key_V, CONTROL)
    assert len(bench.graph.frames) == 2 and len(bench.graph.nodes) == 17
    new = bench.graph.marks["frame2"]
    inside = [node for node in bench.selection.nodes if new.x < bench.place(node)[0] < new.x + new.width]
    assert len(inside) == 2 and bench.selection.marks == {"frame2"}
    assert bench.model.history.count() == steps + 1


def test_cut_takes_the_content_along(bench: Bench) -> None:
    put_frame(bench)
    bench.hand.drag(title_point(bench, frame(bench)), title_point(bench, frame(bench)))
    bench.hand.key(Key.Key_X, CONTROL)
    assert not bench.graph.marks and "fc1" not in bench.graph.nodes and "loss" in bench.graph.nodes


def test_duplicate_copies_a_note(bench: Bench) -> None:
    put_note(bench)
    bench.hand.drag(bench.hand.point(760, 500), bench.hand.point(760, 500))
    bench.hand.key(Key.Key_D, CONTROL)
    assert [note.text for note in bench.graph.notes] == ["Why 10?", "Why 10?"]
    assert bench.selection.marks == {"note2"}


def test_tidy_fits_frames_around_their_nodes(bench: Bench) -> None:
    put_frame(bench)
    bench.selection.set_nodes(())
    bench.hand.key(Key.Key_T, CONTROL | SHIFT)
    bench.canvas.tidier.wait()
    assert bench.place("conv1") != (240, 0)
    around = frame(bench)
    for node in ("fc1", "fc2"):
        x, y = bench.place(node)
        assert around.x < x < around.x + around.width - 160
        assert around.y < y < around.y + around.height - 60


def test_a_project_for_reading_only_keeps_its_frames(bench: Bench) -> None:
    made = put_frame(bench)
    bench.model.read_only = True
    start = title_point(bench, made)
    bench.hand.drag(start, start + QPoint(90, 30))
    bench.hand.key(Key.Key_F2)
    assert frame(bench) == made
    assert not bench.canvas.mark_tools.editor.title.isVisible()


# With others.


def test_align_moves_a_frame_with_what_lies_in_it(bench: Bench) -> None:
    put_frame(bench)
    put_note(bench)
    bench.selection.set_both({"answer"}, {"frame1", "note1"})
    bench.hand.key(Key.Key_Up, CONTROL | SHIFT)
    assert bench.graph.marks["note1"].y == 424 and frame(bench).y == 424
    assert bench.place("answer") == (480, 424)
    bench.selection.set_both({"conv2"}, {"frame1"})
    bench.hand.key(Key.Key_Up, CONTROL | SHIFT)
    assert frame(bench).y == 232 and bench.place("fc1") == (0, 272)
    assert bench.model.history.undoText() == "Align top"
    bench.model.history.undo()
    assert bench.place("fc1") == (0, 464)


def test_a_lasso_selects_frames_and_notes_that_lie_in_it(bench: Bench) -> None:
    put_frame(bench)
    put_note(bench)
    hand = bench.hand
    corners = [(-60.0, 390.0), (700.0, 390.0), (700.0, 560.0), (-60.0, 570.0)]
    hand._keys = ALT
    hand.press(hand.point(*corners[0]), keys=ALT)
    for corner in (*corners[1:], corners[0]):
        hand.move(hand.point(*corner))
    hand._keys = Qt.KeyboardModifier.NoModifier
    hand.release(hand.point(*corners[0]))
    assert bench.selection.marks == {"frame1"}
    assert {"fc1", "fc2"} <= bench.selection.nodes


def test_find_goes_to_a_frame_by_its_title(bench: Bench) -> None:
    put_frame(bench)
    bench.hand.key(Key.Key_F, CONTROL)
    bench.hand.type("head")
    bench.hand.key(Key.Key_Return)
    assert bench.selection.marks == {"frame1"}


def test_frames_and_notes_stand_in_the_exported_drawing(bench: Bench) -> None:
    put_frame(bench, color="attention")
    put_note(bench)
    snapshot = take_snapshot(bench.model, bench.canvas.geometry_store)
    svg = draw(snapshot, Drawing(format=Format.SVG), lambda _done: None).data.decode()
    assert "Head" in svg and "Why 10?" in svg
    left, top, right, bottom = snapshot.extent()
    assert right >= 720 + 220 and top <= 0 and left <= -24 and bottom >= 480 + 96
    part = take_snapshot(bench.model, bench.canvas.geometry_store, {"fc1", "fc2", "loss"})
    assert set(part.marks.by_id) == {"frame1"}
    assert not take_snapshot(bench.model, bench.canvas.geometry_store, {"fc1"}).marks


def test_the_select_all_key_and_delete_take_frames_and_notes_as_one_step(bench: Bench) -> None:
    put_frame(bench)
    put_note(bench)
    steps = bench.model.history.count()
    bench.hand.key(Key.Key_A, CONTROL)
    bench.hand.key(Key.Key_Delete)
    assert not bench.graph.marks and not bench.graph.nodes
    assert bench.model.history.count() == steps + 1
    bench.model.history.undo()
    assert len(bench.graph.marks) == 2 and len(bench.graph.nodes) == 15


def test_titles_are_readable_at_every_zoom(bench: Bench) -> None:
    made = put_frame(bench)
    for zoom in (0.05, 0.12, 0.3, 0.8, 2.0):
        left, top, right, bottom = title_box(made, zoom)
        assert title_size(zoom) * zoom >= 10.99
        assert bottom - top >= title_size(zoom)
        assert (top, bottom) == (made.y, made.y + TITLE_BAR) or bottom == made.y
        assert (left, right) == (made.x, made.x + made.width)


def test_far_titles_are_drawn_over_the_nodes(bench: Bench) -> None:
    bench.canvas.zoom_to(0.1)
    bench.canvas.center_on(180, 480)
    bench.canvas.grab()
    before = bench.canvas.grab().toImage()
    put_frame(bench, x=0.0, y=464.0 - TITLE_BAR, title="Over the cards")
    after = bench.canvas.grab().toImage()
    at = bench.hand.point(0, 464 - TITLE_BAR)
    box = (at.x() + 2, at.y() - 16, 60, 16)
    assert before.copy(*box) != after.copy(*box)


def test_the_panel_renames_and_colours_what_is_selected(bench: Bench, qtbot: QtBot) -> None:
    put_frame(bench)
    put_note(bench)
    panel = Inspector(bench.canvas.project, bench.selection)
    qtbot.addWidget(panel)
    panel.show()
    bench.selection.set_both((), ("frame1",))
    panel.focus_first()
    assert panel.marks.isVisible() and not panel.summary.isVisible()
    panel.marks.title.lineEdit().selectAll()
    QTest.keyClicks(panel.marks.title.lineEdit(), "Last layers")
    QTest.keyClick(panel.marks.title.lineEdit(), Key.Key_Return)
    assert frame(bench).title == "Last layers"
    bench.selection.set_both((), ("frame1", "note1"))
    panel.refresh()
    assert panel.marks.heading.whole_text() == "1 frame and 1 note"
    assert not panel.marks.title.isVisible()
    panel.marks.color.setFocus()
    QTest.keyClicks(panel.marks.color, "lin")
    QTest.keyClick(panel.marks.color, Key.Key_Return)
    assert {mark.color for mark in bench.graph.marks.values()} == {"linear"}
    bench.model.history.undo()
    assert {mark.color for mark in bench.graph.marks.values()} == {""}
    bench.selection.set_nodes({"fc1"})
    panel.refresh()
    assert not panel.marks.isVisible() and panel.node.isVisible()

"""Labelling with keyboard and mouse: every change is an edit that shows at once and can be taken back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.document.data_spec import LabelledSamples
from engine.document.sample_names import names
from engine.protocol.messages.data import GetNames
from gui.data.tab import DataTab
from gui.models import data
from gui.models.data import COLOURS
from gui.window import MainWindow
from tests.gui.data_scene import CLASSES, LABELS, SAMPLES, click_sample, engine_of, press, show_flowers

Key = Qt.Key


@pytest.fixture
def tab(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> DataTab:
    return show_flowers(window, qtbot, tmp_path)


def known(window: MainWindow, qtbot: QtBot, *samples: int) -> None:
    qtbot.waitUntil(lambda: all(window.bench.data.known_card(sample) is not None for sample in samples))


def labelled(window: MainWindow) -> list[tuple[tuple[str, ...], list[str]]]:
    """What was labelled by hand, as the project holds it."""
    given: tuple[LabelledSamples, ...] = window.bench.project.project.data.labelling_of("label").labelled
    return [(part.labels, list(names(part.samples))) for part in given]


def shown_class(tab: DataTab, sample: int) -> str:
    index = tab._data.label_of(sample)
    return tab._data.classes[index] if index >= 0 else ""


def undo(window: MainWindow) -> None:
    window.bench.project.history.undo()


def test_a_digit_labels_the_sample_under_the_cursor_and_undo_takes_it_back(
    tab: DataTab, window: MainWindow, qtbot: QtBot
) -> None:
    known(window, qtbot, 4)
    click_sample(qtbot, tab, 4)
    wanted = (LABELS[4] + 1) % 3
    press(qtbot, tab.samples.grid, Key(Key.Key_1 + wanted))
    assert labelled(window) == [((CLASSES[wanted],), ["4.jpg"])]
    assert shown_class(tab, 4) == CLASSES[wanted]
    undo(window)
    assert labelled(window) == []
    assert shown_class(tab, 4) == CLASSES[LABELS[4]]
    window.bench.project.history.redo()
    assert shown_class(tab, 4) == CLASSES[wanted]


def test_counts_of_classes_follow_at_once(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    known(window, qtbot, 9)
    before = window.bench.data.class_counts()[2]
    assert LABELS[9] == -1 and window.bench.data.waiting() == LABELS.count(-1)
    click_sample(qtbot, tab, 9)
    press(qtbot, tab.samples.grid, Key.Key_3)
    assert window.bench.data.class_counts()[2] == before + 1
    assert window.bench.data.waiting() == LABELS.count(-1) - 1
    assert tab.sources.classes.item(2).data(Qt.ItemDataRole.AccessibleTextRole) == f"tulip {before + 1}"


def test_labels_are_counted_in_pieces_as_in_one(
    tab: DataTab, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "PIECE", 7)
    known(window, qtbot, 4)
    click_sample(qtbot, tab, 4)
    wanted = (LABELS[4] + 1) % 3
    press(qtbot, tab.samples.grid, Key(Key.Key_1 + wanted))
    now = [*LABELS[:4], wanted, *LABELS[5:]]
    assert SAMPLES > 14
    assert window.bench.data.class_counts() == [now.count(index) for index in range(3)]
    assert window.bench.data.waiting() == now.count(-1)


def test_arrows_move_and_space_gathers_what_a_digit_then_labels(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    known(window, qtbot, 0, 1, 2, 3)
    grid = tab.samples.grid
    click_sample(qtbot, tab, 0)
    press(qtbot, grid, Key.Key_Space, Key.Key_Right, Key.Key_Right, Key.Key_Space, Key.Key_Right)
    assert grid.currentIndex().row() == 3
    assert grid.selected_ranges() == [(0, 0), (2, 2)]
    press(qtbot, grid, Key.Key_2)
    assert labelled(window) == [(("rose",), ["0.jpg", "2.jpg"])]
    press(qtbot, grid, Key.Key_Escape)
    assert grid.selected_ranges() == [(3, 3)]


def test_shift_control_and_a_frame_select_several(tab: DataTab, qtbot: QtBot) -> None:
    grid = tab.samples.grid
    click_sample(qtbot, tab, 1)
    click_sample(qtbot, tab, 4, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selected_ranges() == [(1, 4)]
    click_sample(qtbot, tab, 2, Qt.KeyboardModifier.ControlModifier)
    assert grid.selected_count() == 3
    first, last = (grid.visualRect(grid.model().index(row, 0)) for row in (0, grid.columns + 1))
    qtbot.mousePress(grid.viewport(), Qt.MouseButton.LeftButton, pos=first.center())
    qtbot.mouseMove(grid.viewport(), last.center())
    qtbot.mouseRelease(grid.viewport(), Qt.MouseButton.LeftButton, pos=last.center())
    assert grid.selected_ranges() == [(0, 1), (grid.columns, grid.columns + 1)]
    click_sample(qtbot, tab, 3)
    assert grid.selected_ranges() == [(3, 3)]
    qtbot.keyClick(grid, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(grid, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selected_ranges() == [(3, 5)]


def test_all_that_is_shown_is_labelled_at_once_by_name(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    tab.sources.shown.select_key("pool")
    click_sample(qtbot, tab, 0)
    qtbot.keyClick(tab.samples.grid, Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, tab.samples.grid, Key.Key_1)
    waiting = [index for index, label in enumerate(LABELS) if label < 0]
    qtbot.waitUntil(lambda: labelled(window) == [(("daisy",), [f"{index}.jpg" for index in waiting])])
    assert tab.samples.model.rowCount() == len(waiting)  # they stay under the eyes
    assert tab.samples.model.left_behind == len(waiting)
    assert not tab.samples._behind.isHidden()
    qtbot.mouseClick(tab.samples._behind, Qt.MouseButton.LeftButton)
    assert tab.samples.model.rowCount() == 0
    assert tab.samples._nothing.sentence() == "Everything has a label"


def test_names_that_are_not_here_are_asked_for(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    tab.samples.grid.selectAll()
    tab.samples.grid.setFocus()
    press(qtbot, tab.samples.grid, Key.Key_2)
    qtbot.waitUntil(lambda: len(labelled(window)) == 1)
    assert len(labelled(window)[0][1]) == SAMPLES
    given = window.bench.project.project.data.labelling_of("label").labelled[0].samples
    assert len(given) == 1  # one run of numbers, not a list of names
    assert engine_of(window).asked(GetNames)
    assert window.bench.data.class_counts() == [0, SAMPLES, 0]


def test_u_takes_the_label_off_and_backspace_leaves_samples_out(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    known(window, qtbot, 0, 1)
    click_sample(qtbot, tab, 0)
    press(qtbot, tab.samples.grid, Key.Key_U)
    assert labelled(window) == [((), ["0.jpg"])]
    assert shown_class(tab, 0) == ""
    click_sample(qtbot, tab, 1)
    press(qtbot, tab.samples.grid, Key.Key_Backspace)
    assert [list(names(part.samples)) for part in window.bench.project.project.data.excluded] == [["1.jpg"]]
    assert tab.samples.model.row_of(1) == -1 and tab.samples.model.rowCount() == SAMPLES - 1
    assert "left out" in tab.toast.text()
    undo(window)
    assert tab.samples.model.row_of(1) == 1


def test_n_makes_a_new_class_for_what_is_selected(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    known(window, qtbot, 2)
    click_sample(qtbot, tab, 2)
    press(qtbot, tab.samples.grid, Key.Key_N)
    editor = tab.samples.bar.editor
    assert editor.hasFocus()
    qtbot.keyClicks(editor, "orchid")
    press(qtbot, editor, Key.Key_Return)
    assert window.bench.data.classes == [*CLASSES, "orchid"]
    field = window.bench.project.project.data.field("label")
    assert field is not None and field.statistics.classes == (*CLASSES, "orchid")
    assert labelled(window) == [(("orchid",), ["2.jpg"])]
    assert tab.sources.classes.name_of(3) == "orchid"
    undo(window)
    undo(window)
    assert window.bench.data.classes == CLASSES


def test_digits_typed_into_the_search_label_nothing(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    click_sample(qtbot, tab, 2)
    tab.samples.filter.setFocus()
    qtbot.keyClicks(tab.samples.filter, "12u")
    assert tab.samples.filter.text() == "12u" and labelled(window) == []


def test_j_goes_to_the_next_sample_without_a_label_and_round_again(tab: DataTab, qtbot: QtBot) -> None:
    click_sample(qtbot, tab, 0)
    grid = tab.samples.grid
    press(qtbot, grid, Key.Key_J)
    assert grid.currentIndex().row() == 9
    press(qtbot, grid, Key.Key_J)
    assert grid.currentIndex().row() == 19
    grid.select_one(SAMPLES - 1)
    press(qtbot, grid, Key.Key_J)
    assert grid.currentIndex().row() == 9


def test_one_sample_large_is_labelled_and_the_next_comes_by_itself(
    tab: DataTab, window: MainWindow, qtbot: QtBot
) -> None:
    known(window, qtbot, 9, 19)
    click_sample(qtbot, tab, 9)
    press(qtbot, tab.samples.grid, Key.Key_Return)
    large = tab.samples.large
    assert large.isVisible() and large.hasFocus()
    qtbot.waitUntil(lambda: bool(large.view.shown().rgb))
    press(qtbot, large, Key.Key_2)
    assert labelled(window) == [(("rose",), ["9.jpg"])]
    assert tab.samples.model.sample(large.row) == 19
    press(qtbot, large, Key.Key_Left)
    assert tab.samples.model.sample(large.row) == 18
    press(qtbot, large, Key.Key_Escape)
    assert tab.samples.grid.isVisible() and tab.samples.grid.currentIndex().row() == 18


def test_a_click_on_a_class_labels_as_its_key_does(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    known(window, qtbot, 3)
    click_sample(qtbot, tab, 3)
    qtbot.mouseClick(tab.samples.label, Qt.MouseButton.LeftButton)
    chips = tab.samples.bar.chips
    assert [chip.accessibleName() for chip in chips] == [f"Label {name}, key {i + 1}" for i, name in enumerate(CLASSES)]
    qtbot.mouseClick(chips[2], Qt.MouseButton.LeftButton)
    assert labelled(window) == [(("tulip",), ["3.jpg"])]
    assert tab.samples.grid.currentIndex().row() == 4  # one alone makes room for the next


def test_without_a_category_to_learn_it_says_why_nothing_can_be_labelled(
    tab: DataTab, window: MainWindow, qtbot: QtBot
) -> None:
    from engine.document.data_edits import SetField
    from engine.document.data_spec import Role

    window.bench.project.do(SetField(name="label", role=Role.IGNORED))
    assert "no category" in tab.samples.label.blocked_reason()
    click_sample(qtbot, tab, 0)
    press(qtbot, tab.samples.grid, Key.Key_1)
    assert labelled(window) == []


# Classes.


def test_f2_renames_a_class_and_its_samples_keep_it(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    classes = tab.sources.classes
    classes.setFocus()
    classes.setCurrentRow(1)
    press(qtbot, classes, Key.Key_F2)
    editor = classes.findChild(QLineEdit)
    assert editor is not None and editor.text() == "rose"
    qtbot.keyClicks(editor, "peony")
    press(qtbot, editor, Key.Key_Return)
    qtbot.waitUntil(lambda: window.bench.data.classes == ["daisy", "peony", "tulip"])
    assert window.bench.project.history.undoText() == "Rename class rose to peony"
    sample = LABELS.index(1)
    assert shown_class(tab, sample) == "peony"
    undo(window)
    assert shown_class(tab, sample) == "rose"


def drop_on(tab: DataTab, dragged: int, onto: int) -> None:
    """What Qt does at the end of a drag within the list."""
    classes = tab.sources.classes
    classes.setCurrentRow(dragged)
    place = classes.visualItemRect(classes.item(onto)).center()
    data = QMimeData()
    event = QDropEvent(
        QPointF(place),
        Qt.DropAction.MoveAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    classes.dropEvent(event)


def test_a_class_dragged_onto_another_is_merged_into_it(tab: DataTab, window: MainWindow) -> None:
    both = LABELS.count(1) + LABELS.count(2)
    drop_on(tab, 1, 2)
    assert window.bench.data.classes == ["daisy", "tulip"]
    assert window.bench.data.class_counts() == [LABELS.count(0), both]
    assert shown_class(tab, LABELS.index(1)) == "tulip"
    assert "rose is part of tulip" in tab.toast.text()
    undo(window)
    assert window.bench.data.classes == CLASSES
    assert shown_class(tab, LABELS.index(1)) == "rose"
    drop_on(tab, 1, 1)
    assert window.bench.data.classes == CLASSES


def test_a_deleted_class_leaves_its_samples_in_the_pool(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    classes = tab.sources.classes
    classes.setFocus()
    classes.setCurrentRow(0)
    press(qtbot, classes, Key.Key_Delete)
    assert window.bench.data.classes == ["rose", "tulip"]
    assert shown_class(tab, LABELS.index(0)) == ""
    assert window.bench.data.waiting() == LABELS.count(-1) + LABELS.count(0)
    undo(window)
    assert window.bench.data.class_counts() == [LABELS.count(index) for index in range(3)]


def test_a_class_added_by_hand_waits_for_samples(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(tab.sources._new, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(tab.sources._name, "violet")
    press(qtbot, tab.sources._name, Key.Key_Return)
    assert window.bench.data.classes == [*CLASSES, "violet"]
    assert window.bench.data.class_counts()[3] == 0


def test_a_name_that_is_taken_is_refused_in_words(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    told: list[object] = []
    window.bench.project.refused.connect(told.append)
    assert not tab.labelling.add_class("rose")
    assert "has a class 'rose' already" in str(told[0])


def test_colours_of_classes_are_kept_in_the_project(tab: DataTab, window: MainWindow) -> None:
    assert tab.labelling.set_colour("rose", "#ff0000")
    field = window.bench.project.project.data.field("label")
    assert field is not None and field.options == {COLOURS: ["#ff0000 rose"]}
    assert tab.samples._delegate.colors[1].name() == "#ff0000"
    assert window.bench.data.state == "ready"  # nothing is read anew for a colour
    tab.labelling.set_colour("rose", "")
    field = window.bench.project.project.data.field("label")
    assert field is not None and field.options == {}


@pytest.mark.parametrize("by", ["menu", "drag"])
def test_the_menu_of_a_class_offers_what_the_mouse_can_do(tab: DataTab, by: str) -> None:
    menu = tab.sources.classes.menu_for(tab.sources.classes.item(0))
    captions = [action.text().split("\t")[0] for action in menu.actions() if not action.isSeparator()]
    assert captions == ["Rename", "Merge into", "Colour…", "Usual colour", "Delete", "New class…"]
    if by == "menu":
        merge: Callable[[], object] = menu.actions()[1].menu().actions()[0].trigger  # type: ignore[attr-defined]
        merge()
    else:
        drop_on(tab, 0, 1)
    assert tab._data.classes == ["rose", "tulip"]
    menu.close()

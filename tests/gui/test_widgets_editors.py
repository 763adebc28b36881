"""Editors: one commit per change, bad text stays and says why, the wheel does no harm."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QStyleOptionComboBox, QWidget

from gui.widgets.attribute_editor import attribute_editor
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow
from gui.widgets.list_editor import NumbersEditor, TextEditor
from gui.widgets.names_editor import NamesEditor
from gui.widgets.number_editor import NumberEditor, format_number
from gui.widgets.size_editor import SizeEditor
from gui.widgets.switch import Switch
from gui.widgets.theme import apply_theme


@pytest.fixture(autouse=True)
def dressed(qapp):
    apply_theme(qapp, "dark")


def collect(editor: Any) -> list[object]:
    values: list[object] = []
    editor.committed.connect(values.append)
    return values


def type_text(qtbot, editor: Any, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    editor.lineEdit().selectAll()
    qtbot.keyClicks(editor.lineEdit(), text)
    qtbot.keyClick(editor, key)


def wheel(widget: QWidget, notches: int) -> None:
    event = QWheelEvent(
        QPointF(5, 5), QPointF(widget.mapToGlobal(QPoint(5, 5))), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("0.003", 0.003), ("3e-3", 0.003), ("0,003", 0.003), ("1/255", 1 / 255), ("12", 12), ("1 000", 1000), ("-2", -2)],
)
def test_a_number_is_read_as_people_write_it(qtbot, typed, value):
    editor = NumberEditor(1.0)
    qtbot.addWidget(editor)
    values = collect(editor)
    type_text(qtbot, editor, typed)
    assert values == [pytest.approx(value)]


def test_one_commit_per_change_and_none_without(qtbot):
    editor = NumberEditor(64, whole=True, minimum=1)
    qtbot.addWidget(editor)
    values = collect(editor)
    type_text(qtbot, editor, "128")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    type_text(qtbot, editor, "128")
    assert values == [128]
    editor.set_value(7)
    assert values == [128]
    assert editor.lineEdit().text() == "7"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("abc", "not a number"),
        ("0", "from 1"),
        ("2.5", "not a whole number"),
        ("1e999", "infinite"),
        ("", "Type a number"),
    ],
)
def test_bad_text_stays_and_says_why(qtbot, typed, said):
    editor = NumberEditor(64, whole=True, minimum=1)
    row = FormRow("Batch", editor)
    editor.rejected.connect(row.set_problem)
    qtbot.addWidget(row)
    row.show()
    values = collect(editor)
    editor.lineEdit().setText(typed)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert values == []
    assert said in editor.problem()
    assert said in row.below()
    assert editor.lineEdit().text() == typed
    assert editor.value() == 64
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert editor.lineEdit().text() == "64"
    assert (editor.problem(), row.below()) == ("", "")


def test_optional_numbers_can_be_nothing(qtbot):
    editor = NumberEditor(1.0, above=0, optional=True, none_text="off")
    qtbot.addWidget(editor)
    values = collect(editor)
    type_text(qtbot, editor, "off")
    assert values == [None]
    assert editor.lineEdit().text() == "off"
    qtbot.keyClick(editor, Qt.Key.Key_Up)
    assert values == [None, 1.0]


@pytest.mark.parametrize(
    ("fields", "start", "up", "down"),
    [
        ({}, 0.003, 0.005, 0.002),
        ({"above": 0}, 1e-4, 2e-4, 5e-5),
        ({"minimum": 0, "maximum": 1}, 0.5, 0.55, 0.45),
        ({"whole": True, "minimum": 1}, 10, 11, 9),
        ({"whole": True, "minimum": 1, "doubling": True}, 64, 128, 32),
        ({"whole": True, "minimum": 1, "doubling": True}, 100, 128, 64),
        ({"whole": True, "minimum": 1, "maximum": 10}, 10, 10, 9),
    ],
)
def test_steps_are_sensible(qtbot, fields, start, up, down):
    editor = NumberEditor(start, **fields)
    qtbot.addWidget(editor)
    editor.stepBy(1)
    assert editor.value() == pytest.approx(up)
    editor.set_value(start)
    editor.stepBy(-1)
    assert editor.value() == pytest.approx(down)
    assert type(editor.value()) is (int if fields.get("whole") else float)


@given(st.floats(-1e12, 1e12), st.integers(-20, 20))
def test_stepping_never_leaves_the_range_and_what_is_shown_is_read_back(value, steps):
    editor = NumberEditor.__new__(NumberEditor)
    editor._whole, editor._doubling, editor._optional, editor._none_text = False, False, False, "auto"
    editor._minimum, editor._maximum, editor._above, editor._below = -1e6, 1e6, None, None
    inside = min(max(value, -1e6), 1e6)
    stepped = NumberEditor.stepped(editor, inside, steps)
    assert -1e6 <= stepped <= 1e6
    assert (stepped - inside) * steps >= 0
    assert NumberEditor.parse(editor, format_number(inside)) == inside


def test_the_wheel_changes_a_number_only_with_the_focus(qtbot):
    editor = NumberEditor(5, whole=True)
    choice = ChoiceEditor(["a", "b"])
    for widget in (editor, choice):
        qtbot.addWidget(widget)
        widget.show()
        wheel(widget, -1)
    assert editor.value() == 5
    assert choice.value() == "a"


@pytest.mark.parametrize(
    ("typed", "value"), [("3", 3), ("3x5", (3, 5)), ("3 × 3", 3), ("7, 9", (7, 9)), ("2 4", (2, 4))]
)
def test_sizes(qtbot, typed, value):
    editor = SizeEditor(1)
    qtbot.addWidget(editor)
    values = collect(editor)
    type_text(qtbot, editor, typed)
    assert values == [value]
    assert NumberEditor.__name__ and editor.parse(editor.show_value(value)) == value


@pytest.mark.parametrize("typed", ["0", "3x4x5", "a", "3.5", "-1"])
def test_wrong_sizes_are_refused(qtbot, typed):
    editor = SizeEditor(3)
    qtbot.addWidget(editor)
    with qtbot.waitSignal(editor.rejected):
        type_text(qtbot, editor, typed)
    assert editor.value() == 3


def test_sizes_of_three_sides_words_and_nothing(qtbot):
    editor = SizeEditor(2, sides=3, words=("same",), optional=True)
    qtbot.addWidget(editor)
    values = collect(editor)
    assert editor.show_value(2) == "2 × 2 × 2"
    for typed in ("1 x 3 x 3", "same", "auto", "4"):
        type_text(qtbot, editor, typed)
    assert values == [(1, 3, 3), "same", None, 4]
    with qtbot.waitSignal(editor.rejected):
        type_text(qtbot, editor, "3 x 3")
    assert "depth × height × width, or same" in editor.problem()


def test_lists_of_numbers(qtbot):
    editor = NumbersEditor((16, 32), whole=True, minimum=1)
    qtbot.addWidget(editor)
    values = collect(editor)
    type_text(qtbot, editor, "8; 16 32,")
    assert values == [(8, 16, 32)]
    type_text(qtbot, editor, "8, x")
    assert "'x' is not a whole number" in editor.problem()


def test_text_is_committed_once_done(qtbot):
    editor = TextEditor("old")
    qtbot.addWidget(editor)
    values = collect(editor)
    editor.lineEdit().selectAll()
    qtbot.keyClicks(editor.lineEdit(), "new name")
    assert values == []
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert values == ["new name"]


def test_a_choice_too_long_for_its_place_ends_with_dots(qtbot):
    choice = ChoiceEditor(["Mean error of a column with a long name", "R²"])
    qtbot.addWidget(choice)

    def shown() -> str:
        option = QStyleOptionComboBox()
        choice.initStyleOption(option)
        return option.currentText

    choice.setFixedWidth(110)
    assert shown().endswith("…") and choice.currentText().endswith("name")
    choice.fit_choices(110, 500)
    assert shown() == choice.currentText() and choice.width() < 500
    choice = ChoiceEditor(["R²"])
    qtbot.addWidget(choice)
    choice.fit_choices(110, 500)
    assert choice.width() == 110


def test_choices_by_keyboard_keep_unknown_values(qtbot):
    editor = ChoiceEditor([Choice(value="adam", label="Adam"), Choice(value="sgd", label="SGD")], "lion")
    qtbot.addWidget(editor)
    values = collect(editor)
    assert editor.currentText() == "lion (unknown)"
    assert editor.value() == "lion"
    qtbot.keyClick(editor, Qt.Key.Key_Up)
    assert values == ["sgd"]
    editor.set_choices(["sgd", "rmsprop"])
    assert editor.value() == "sgd"
    assert values == ["sgd"]


def test_a_blocked_choice_cannot_be_picked_and_says_why(qtbot):
    editor = ChoiceEditor([Choice(value="cpu"), Choice(value="cuda", blocked="There is no GPU.")])
    qtbot.addWidget(editor)
    values = collect(editor)
    qtbot.keyClick(editor, Qt.Key.Key_Down)
    assert values == []
    assert editor.value() == "cpu"
    assert "There is no GPU." in str(editor.itemData(1, Qt.ItemDataRole.ToolTipRole))


def test_a_switch_works_by_mouse_and_keyboard(qtbot):
    switch = Switch(False)
    qtbot.addWidget(switch)
    switch.show()
    values = collect(switch)
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    qtbot.keyClick(switch, Qt.Key.Key_Return)
    switch.set_value(False)
    assert values == [True, False, True]


def test_names_are_picked_from_a_menu_in_the_order_offered(qtbot):
    editor = NamesEditor(("age",), ("sex", "age", "fare"))
    qtbot.addWidget(editor)
    values = collect(editor)
    next(action for action in editor.menu().actions() if action.data() == "sex").trigger()
    assert values == [("sex", "age")]
    editor.set_options(("fare",))
    assert editor.value() == ("sex", "age")


@dataclass(frozen=True, kw_only=True)
class Declared:
    kind: str
    name: str = "x"
    default: Any = None
    help: str = ""
    label: str = ""
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    sides: int = 0


@pytest.mark.parametrize(
    ("declared", "value", "kind"),
    [
        (Declared(kind="integer", minimum=1), 3, NumberEditor),
        (Declared(kind="number"), 0.5, NumberEditor),
        (Declared(kind="switch"), True, Switch),
        (Declared(kind="choice", choices=("same", "valid")), "same", ChoiceEditor),
        (Declared(kind="choice", choices=("a",), optional=True), None, ChoiceEditor),
        (Declared(kind="size", minimum=1), (3, 5), SizeEditor),
        (Declared(kind="text"), "abc", TextEditor),
        (Declared(kind="fields"), ("age",), NamesEditor),
        (Declared(kind="integers"), (1, 2), NumbersEditor),
        (Declared(kind="numbers"), (0.5,), NumbersEditor),
    ],
)
def test_every_kind_of_attribute_has_an_editor_that_shows_its_value(qtbot, declared, value, kind):
    editor = attribute_editor(declared, value)
    qtbot.addWidget(editor)
    assert type(editor) is kind
    assert editor.value() == value

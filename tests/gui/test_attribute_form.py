"""The form that follows from declared attributes."""

import dataclasses
from typing import Any, Literal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from engine.catalog import registry
from engine.catalog.entry import AttributeKind, Entry, attribute
from gui.forms.attribute_form import AttributeForm


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Toy(Entry):
    """A toy."""

    count: int = attribute(3, minimum=1, help="How many.")
    rate: float = attribute(0.1, above=0, help="How fast.")
    size: int | tuple[int, int] = attribute(2, minimum=1, help="How large.")
    mode: Literal["soft", "hard"] = attribute("soft", help="How.")
    on: bool = attribute(True, help="Whether.")
    fields: tuple[str, ...] = attribute((), help="Which.")
    limit: float | None = attribute(None, help="Up to.", advanced=True)


@pytest.fixture
def form(qtbot: QtBot) -> AttributeForm:
    form = AttributeForm(Toy, {"count": 5}, options=("a", "b"))
    qtbot.addWidget(form)
    form.show()
    return form


def more(form: AttributeForm) -> QAbstractButton:
    return next(button for button in form.findChildren(QAbstractButton) if "settings" in button.text())


def test_it_has_a_row_for_every_attribute(form: AttributeForm) -> None:
    assert form.names() == ("count", "rate", "size", "mode", "on", "fields", "limit")
    assert form.editor("count").accessibleName() == "Count"
    assert "How many." in form.editor("count").toolTip()


def test_what_the_user_types_is_told_once(form: AttributeForm, qtbot: QtBot) -> None:
    told: list[tuple[str, Any]] = []
    form.value_changed.connect(lambda name, value: told.append((name, value)))
    editor: Any = form.editor("count")
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, "12")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.keyClick(editor, Qt.Key.Key_Tab)
    assert told == [("count", 12)]


def test_a_value_out_of_range_is_named_and_not_told(form: AttributeForm, qtbot: QtBot) -> None:
    told: list[object] = []
    form.value_changed.connect(lambda *what: told.append(what))
    editor: Any = form.editor("count")
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, "0")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert told == []
    assert "from 1" in form._rows["count"].below()


def test_lists_are_told_as_a_file_holds_them(form: AttributeForm) -> None:
    told: list[object] = []
    form.value_changed.connect(lambda _name, value: told.append(value))
    form.editor("fields").committed.emit(("a", "b"))  # type: ignore[attr-defined]
    assert told == [["a", "b"]]


def test_showing_other_values_tells_nothing_and_keeps_the_editors(form: AttributeForm) -> None:
    told: list[object] = []
    form.value_changed.connect(lambda *what: told.append(what))
    editor: Any = form.editor("count")
    form.set_entry(Toy, {"count": 9, "fields": ["b"], "size": [3, 3]})
    assert form.editor("count") is editor
    assert editor.value() == 9
    assert form.editor("size").value() == 3  # type: ignore[attr-defined]
    form.set_entry(Toy, {})
    assert editor.value() == 3
    assert told == []


def test_advanced_attributes_open_on_a_click_or_when_they_are_set(form: AttributeForm, qtbot: QtBot) -> None:
    assert not form.editor("limit").isVisible()
    assert more(form).text() == "More settings (1)"
    qtbot.mouseClick(more(form), Qt.MouseButton.LeftButton)
    assert form.editor("limit").isVisible()
    form.set_entry(None, {})
    assert form.names() == ()
    form.set_entry(Toy, {"limit": 2.0})
    assert form.editor("limit").isVisible()


def test_a_problem_found_elsewhere_is_shown_at_its_attribute(form: AttributeForm) -> None:
    form.set_problem("limit", "Too small.")
    assert form._rows["limit"].below() == "Too small."
    assert form.editor("limit").isVisible()
    form.set_problem("nothing of that name", "x")


def test_every_entry_of_the_catalog_has_a_form(qtbot: QtBot) -> None:
    form = AttributeForm()
    qtbot.addWidget(form)
    entries: list[type[Entry]] = [
        *registry.layers(),
        *registry.optimizers(),
        *registry.schedules(),
        *registry.preparation(),
        *registry.augmentation(),
    ]
    for entry in entries:
        form.set_entry(entry, {})
        assert form.names() == tuple(info.name for info in entry.attributes())
        for info in entry.attributes():
            shown = info.default
            if info.kind is AttributeKind.SIZE and isinstance(shown, tuple) and len(set(shown)) == 1:
                shown = shown[0]  # equal sides are one number
            assert form.editor(info.name).value() == shown, (entry, info.name)  # type: ignore[attr-defined]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OtherToy(Entry):
    """Another toy."""

    count: int = attribute(3, minimum=1, help="How many.")


def test_what_was_being_typed_does_not_go_to_what_is_shown_next(form: AttributeForm, qtbot: QtBot) -> None:
    told: list[tuple[str, Any]] = []
    form.value_changed.connect(lambda name, value: told.append((name, value)))
    with qtbot.waitActive(form):
        form.activateWindow()
    for name, text in (("rate", "0.5"), ("count", "12")):
        form.set_entry(Toy, {})
        editor: Any = form.editor(name)
        editor.setFocus()
        editor.selectAll()
        qtbot.keyClicks(editor, text)
        form.set_entry(OtherToy, {})
    assert told == []

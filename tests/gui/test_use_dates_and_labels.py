"""Try it with dates and with several labels: both are typed as a person writes them."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from engine.document.data_spec import Field, FieldKind, Statistics
from gui.use.inputs_form import InputsForm
from gui.widgets.theme import apply_theme

DAY = Field(name="day", kind=FieldKind.DATE, options={"form": "year"}, statistics=Statistics(mean=(1.6e9,)))
TAGS = Field(
    name="tags",
    kind=FieldKind.LABELS,
    options={"separator": "|"},
    statistics=Statistics(classes=("war", "love", "sea")),
)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_date_and_labels_are_typed_and_sent(theme, qtbot, qapp):
    apply_theme(qapp, theme)
    form = InputsForm()
    qtbot.addWidget(form)
    form.resize(420, 300)
    form.show()
    form.set_fields((DAY, TAGS))
    day, tags = form.editor("day"), form.editor("tags")
    assert isinstance(day, QLineEdit) and day.placeholderText().startswith("2021-03-04")
    assert isinstance(tags, QLineEdit) and tags.placeholderText() == "war| love"
    given: list[object] = []
    form.given.connect(given.append)
    qtbot.keyClicks(day, "2021-07-04")
    qtbot.keyClicks(tags, "sea|war")
    qtbot.mouseClick(form.ask, Qt.MouseButton.LeftButton)
    assert given == [[{"day": "2021-07-04", "tags": "sea|war"}]]
    form.set_fields((DAY,))
    assert form.editor("day").text() == "2021-07-04"

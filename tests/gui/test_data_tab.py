"""The Data tab with a real project and a scripted engine: every state, filters, the grid, and edits."""

import itertools
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from engine.document.data_spec import (
    DataSpec,
    Field,
    FieldKind,
    Role,
    Source,
    SourceKind,
    SplitMethod,
    Statistics,
    Step,
    Unseen,
)
from engine.document.project import Project
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import (
    DataCheck,
    DataDescribed,
    DescribeData,
    FindSamples,
    GetSamples,
    ImportData,
    LeftOut,
    SampleCard,
    SamplesFound,
    SamplesRead,
    SplitCounts,
)
from gui.data.sample_filter import UNLABELLED, SampleFilter
from gui.data.step_list import summary
from gui.data.tab import DataTab
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.widgets.choice_editor import ChoiceEditor
from gui.widgets.grid_view import GridView
from gui.widgets.row_list import ValueRole
from gui.window import MainWindow
from tests.gui.fake_engine import FakeEngine, error

CLASSES = ["daisy", "rose", "tulip"]
PICTURES = DataSpec(
    sources=(Source(kind=SourceKind.IMAGE_FOLDER, path="/photos"),),
    fields=(
        Field(
            name="pixels",
            kind=FieldKind.IMAGE,
            preparation=(Step(type="Resize", attributes={"height": 32, "width": 32}), Step(type="Scale")),
            augmentation=(Step(type="RandomFlip"),),
            statistics=Statistics(shape=(None, None, 3)),
        ),
        Field(
            name="label",
            kind=FieldKind.CATEGORY,
            role=Role.TARGET,
            preparation=(Step(type="ClassIndex"),),
            statistics=Statistics(classes=tuple(CLASSES)),
        ),
    ),
)
TABLE = DataSpec(
    sources=(Source(kind=SourceKind.TABLE, path="/t.csv"),),
    fields=(
        Field(name="width", kind=FieldKind.NUMBER, preparation=(Step(type="FillMissing"), Step(type="Standardize"))),
        Field(name="island", kind=FieldKind.CATEGORY, preparation=(Step(type="OneHot"),)),
        Field(name="species", kind=FieldKind.CATEGORY, role=Role.TARGET, preparation=(Step(type="ClassIndex"),)),
    ),
)


def described(samples: int = 300) -> DataDescribed:
    dealt = random.Random(1)
    labels = [dealt.choices(range(3), (8, 2, 1))[0] for _ in range(samples)]
    splits = [dealt.choices(range(3), (8, 1, 1))[0] for _ in range(samples)]
    return DataDescribed(
        samples=samples,
        counts=SplitCounts(train=splits.count(0), val=splits.count(1), test=splits.count(2)),
        classes=CLASSES,
        labels=np.array(labels, "<i4").tobytes(),
        splits=bytes(splits),
        class_counts=[labels.count(index) for index in range(3)],
        checks=[
            DataCheck(
                kind="class_imbalance",
                where="label",
                message="The classes are uneven: 218 of daisy, 27 of tulip. Class weights help.",
            )
        ],
        left_out=[
            LeftOut(where="rose/notes.txt", reason="This is no picture."),
            LeftOut(where="a.jpg", reason="Empty."),
        ],
        left_out_count=2,
    )


def cards(request: GetSamples) -> SamplesRead:
    return SamplesRead(
        cards=[
            SampleCard(index=i, label=CLASSES[i % 3], name=f"{i}.jpg", width=8, height=8, rgb=bytes([i % 256]) * 192)
            for i in request.indices
        ]
    )


def find(request: FindSamples) -> SamplesFound:
    """Samples whose class holds the text, as the engine of `described` would say."""
    described_labels = np.frombuffer(described(300).labels, "<i4")
    fits = [index for index, label in enumerate(described_labels) if request.text.lower() in CLASSES[label]]
    order = fits[::-1] if request.descending else fits
    return SamplesFound(indices=np.array(order, "<i4").tobytes())


Show = Callable[..., DataTab]


@pytest.fixture
def engine(window: MainWindow) -> FakeEngine:
    assert isinstance(window.bench.engine, FakeEngine)
    return window.bench.engine


@pytest.fixture
def show(window: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path) -> Show:
    """Opens a project with this data in a window and gives its Data tab."""

    def make(data: DataSpec, description: DataDescribed | RequestFailed | None = None) -> DataTab:
        engine.answer_with(DescribeData, description)
        engine.answer_with(GetSamples, cards)
        engine.answer_with(FindSamples, find)
        window.bench.project.create(tmp_path / "p", Project(name="p", data=data))
        window.show_tab("data")
        tab = window.tab_widget("data")
        assert isinstance(tab, DataTab)
        if isinstance(description, DataDescribed):
            qtbot.waitUntil(lambda: window.bench.data.state == "ready")
        return tab

    return make


def project_of(window: MainWindow) -> ProjectModel:
    return window.bench.project


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def button(parent: QWidget, text: str) -> QAbstractButton:
    return next(found for found in parent.findChildren(QAbstractButton) if found.text() == text and found.isVisible())


# States.


def test_without_data_there_is_a_place_to_drop_some(show: Show, window: MainWindow, qtbot: QtBot) -> None:
    tab = show(DataSpec())
    assert tab.importing.drop.isVisible()
    assert tab.importing.drop.objectName() == "data.drop"
    assert not tab.settings.isVisible()
    with qtbot.waitSignal(tab.chooser_requested) as asked, pytest.MonkeyPatch.context() as patched:
        patched.setattr("gui.frame.choosers.choose_data_folder", lambda _parent: None)
        tab.focus_first()
        qtbot.keyClick(tab.importing.drop, Qt.Key.Key_Return)
    assert asked.args == ["folder"]


def test_importing_shows_progress_and_can_be_cancelled(
    show: Show, window: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    tab = show(DataSpec())
    engine.answer_with(ImportData, [Progress(fraction=0.25, message="Reading pictures", left_s=42)])
    with qtbot.waitSignal(window.bench.data.progressed):
        window.bench.data.import_path("/photos")
    assert tab.importing.line.isVisible()
    assert tab.importing.line.text() == "Reading pictures"
    assert "00:42 left" in tab.importing.line.right_text()
    click(qtbot, button(tab.importing, "Cancel"))
    qtbot.waitUntil(lambda: tab.importing.drop.isVisible())


def test_a_failure_says_what_where_and_what_to_do(
    show: Show, window: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    tab = show(DataSpec())
    told = error("data", "Row 7 of t.csv has 3 fields, the others 4.", "t.csv, row 7", "Mend the row.")
    engine.answer_with(ImportData, RequestFailed(error=told))
    window.bench.data.import_path("/t.csv")
    qtbot.waitUntil(lambda: window.bench.data.state == "failed")
    words = " ".join(
        label.text() for label in tab.importing.findChildren(type(tab.importing._title)) if label.isVisible()
    )
    assert "Row 7 of t.csv has 3 fields" in words
    assert "t.csv, row 7" in words
    assert "Mend the row." in words
    click(qtbot, button(tab.importing, "Try again"))
    qtbot.waitUntil(lambda: len(engine.asked(ImportData)) == 2)


def test_data_that_cannot_be_read_any_more_keeps_its_settings(show: Show, window: MainWindow, qtbot: QtBot) -> None:
    failed = RequestFailed(error=error("data", "The folder /photos is gone.", "/photos"))
    tab = show(PICTURES, failed)
    qtbot.waitUntil(lambda: window.bench.data.state == "failed")
    assert tab.settings.isVisible()
    assert tab.sources.fields.fields.rowCount() == 2


def test_described_data_is_shown_whole(show: Show) -> None:
    tab = show(PICTURES, described())
    assert tab.samples.grid.isVisible()
    assert tab.samples.model.rowCount() == 300
    assert tab.sources.shown.item(0).text() == "All"
    assert [tab.sources.classes.item(row).text() for row in range(3)] == CLASSES
    assert [tab.sources.classes.item(row).data(ValueRole) for row in range(3)] == list(
        map(str, described().class_counts)
    )
    assert "training" in tab.settings.split.words.whole_text()
    assert tab.settings.result.whole_text() == "Becomes N × 3 × 32 × 32"


# Looking around.


def test_a_split_a_class_and_a_text_narrow_what_is_shown(show: Show, qtbot: QtBot) -> None:
    description = described()
    tab = show(PICTURES, description)
    tab.sources.shown.select_key("test")
    assert tab.samples.model.rowCount() == description.counts.test
    tab.sources.shown.select_key("")
    item = tab.sources.classes.item(1)
    place = tab.sources.classes.visualItemRect(item).center()
    qtbot.mouseClick(tab.sources.classes.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert tab.samples.model.rowCount() == description.class_counts[1]
    qtbot.mouseClick(tab.sources.classes.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert tab.samples.model.rowCount() == 300
    qtbot.keyClicks(tab.samples.filter, "tul")
    qtbot.waitUntil(lambda: tab.samples.model.rowCount() == description.class_counts[2])
    tab.samples.filter.setText("#17")
    qtbot.waitUntil(lambda: tab.samples.model.rowCount() == 1)
    assert tab.samples.model.sample(0) == 17


def test_nothing_found_offers_everything_again(show: Show, qtbot: QtBot) -> None:
    tab = show(PICTURES, described())
    tab.samples.filter.setText("orchid")
    qtbot.waitUntil(lambda: tab.samples.model.rowCount() == 0)
    click(qtbot, button(tab.samples, "Show all"))
    assert tab.samples.model.rowCount() == 300


def test_what_was_left_out_is_listed_with_its_reason(show: Show, qtbot: QtBot) -> None:
    tab = show(PICTURES, described())
    click(qtbot, button(tab.settings.checks, "Show"))
    table = tab.samples.left_out.table
    assert table.isVisible()
    assert table.model().index(0, 0).data() == "rose/notes.txt"
    assert table.model().index(0, 1).data() == "This is no picture."


def test_cards_are_asked_for_as_they_scroll_into_view(
    show: Show, window: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    tab = show(PICTURES, described(5000))
    grid = tab.samples.grid
    qtbot.waitUntil(lambda: window.bench.data.card(0) is not None)
    qtbot.waitUntil(lambda: not engine.waits)
    asked = {index for request in engine.asked(GetSamples) for index in request.indices}
    assert len(asked) < 300
    qtbot.keyClick(grid, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: window.bench.data.card(4999) is not None)
    asked = {index for request in engine.asked(GetSamples) for index in request.indices}
    assert len(asked) < 600


def test_the_grid_is_walked_by_keyboard(show: Show, qtbot: QtBot) -> None:
    grid = show(PICTURES, described()).samples.grid
    grid.setFocus()
    grid.setCurrentIndex(grid.model().index(0, 0))
    for key, row in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 1 + grid.columns),
        (Qt.Key.Key_Left, grid.columns),
        (Qt.Key.Key_End, 299),
        (Qt.Key.Key_Home, 0),
    ):
        qtbot.keyClick(grid, key)
        assert grid.currentIndex().row() == row
        assert grid.viewport().rect().contains(grid.visualRect(grid.currentIndex()).center())


@pytest.mark.parametrize("foot", [0, 28])
def test_every_cell_is_found_where_it_is_drawn(show: Show, qtbot: QtBot, foot: int) -> None:
    grid = show(PICTURES, described()).samples.grid
    grid.set_cell(QSize(100, 120), foot)
    grid.verticalScrollBar().setValue(333)
    seen = grid.visible_rows()
    rects = [grid.visualRect(grid.model().index(row, 0)) for row in seen]
    for row, rect in zip(seen, rects, strict=True):
        assert grid.indexAt(rect.center()).row() == row
    for one, other in itertools.pairwise(rects):
        assert not one.intersects(other)
    assert max(rect.right() for rect in rects) < grid.viewport().width()
    assert not grid.indexAt(QPoint(rects[0].right() + 4, rects[0].center().y())).isValid()


def test_a_million_samples_are_a_matter_of_arithmetic(show: Show, window: MainWindow, qtbot: QtBot) -> None:
    """No timed assertion beyond the gross: laying out a million rows one by one takes minutes."""
    tab = show(PICTURES)
    data: DataModel = window.bench.data
    data.description = DataDescribed(samples=1_000_000, counts=SplitCounts(train=1_000_000), classes=CLASSES)
    data.splits, data.labels = np.zeros(1_000_000, np.int8), np.zeros(1_000_000, np.int32)
    data._set_state("ready")
    grid: GridView = tab.samples.grid
    assert tab.samples.model.rowCount() == 1_000_000
    started = time.monotonic()
    bar = grid.verticalScrollBar()
    for step in range(50):
        bar.setValue(bar.maximum() * step // 50)
        grid.viewport().repaint()
    assert time.monotonic() - started < 20
    assert len(grid.visible_rows()) < 200


# Edits.


def test_shares_are_edits_that_always_leave_something_to_train_on(show: Show, window: MainWindow, qtbot: QtBot) -> None:
    tab = show(PICTURES, described())
    split = tab.settings.split
    click(qtbot, split.change)
    split.val.setFocus()
    split.val.selectAll()
    qtbot.keyClicks(split.val, "20")
    qtbot.keyClick(split.val, Qt.Key.Key_Return)
    data = project_of(window).project.data
    assert (data.split.train, data.split.val, data.split.test) == (0.7, 0.2, 0.1)
    split.test.selectAll()
    qtbot.keyClicks(split.test, "80")
    qtbot.keyClick(split.test, Qt.Key.Key_Return)
    assert project_of(window).project.data.split.test == 0.1
    assert "left for training" in split._rows["test"].below()
    project_of(window).history.undo()
    assert project_of(window).project.data.split.val == 0.1
    assert split.val.value() == 10.0


def test_the_method_of_the_split_is_an_edit(show: Show, window: MainWindow) -> None:
    split = show(PICTURES, described()).settings.split
    split.method.setCurrentIndex(1)
    split.method.activated.emit(1)
    assert project_of(window).project.data.split.method is SplitMethod.RANDOM


def test_classes_can_be_kept_for_the_test_alone(show: Show, window: MainWindow) -> None:
    split = show(PICTURES, described()).settings.split
    assert split._rows["unseen"].isHidden()
    pick(split.unseen_field, "label")
    assert not split._rows["unseen"].isHidden() and split.unseen.words() == "none yet"
    assert split.unseen.offered() == CLASSES
    for action in split.unseen.menu().actions()[1:]:
        action.trigger()
    assert project_of(window).project.data.split.unseen == Unseen(field="label", values=("rose", "tulip"))
    assert "rose, tulip in test alone" in split.words.text()
    split.unseen.menu().actions()[0].trigger()
    assert "at least one class" in split._rows["unseen"].below()
    split.unseen.menu().actions()[0].trigger()
    assert not split._rows["unseen"].below()
    pick(split.unseen_field, "")
    assert project_of(window).project.data.split.unseen == Unseen()


def pick(editor: ChoiceEditor, value: object) -> None:
    row = editor.values().index(value)
    editor.setCurrentIndex(row)
    editor.activated.emit(row)


def test_a_step_is_opened_changed_moved_and_removed(show: Show, window: MainWindow, qtbot: QtBot) -> None:
    tab = show(PICTURES, described())
    steps = tab.settings.preparation
    row = steps.rows[0]
    assert row.header.summary() == "32 × 32, cover"
    click(qtbot, row.header)
    height = row.form.editor("height")
    height.setFocus()
    height.selectAll()  # type: ignore[attr-defined]
    qtbot.keyClicks(height, "48")
    qtbot.keyClick(height, Qt.Key.Key_Return)
    field = project_of(window).project.data.field("pixels")
    assert field is not None and field.preparation[0].attributes == {"height": 48, "width": 32}
    assert tab.settings.result.whole_text() == "Becomes N × 3 × 48 × 32"
    assert steps.rows[0] is row and row.header.isChecked()
    row.moved.emit(1)
    assert [step.type for step in project_of(window).project.data.fields[0].preparation] == ["Scale", "Resize"]
    project_of(window).history.undo()
    steps.rows[1].removed.emit()
    assert [step.type for step in project_of(window).project.data.fields[0].preparation] == ["Resize"]


def test_a_value_equal_to_the_default_is_not_written(show: Show, window: MainWindow) -> None:
    tab = show(PICTURES, described())
    tab.settings.preparation.rows[0].value_changed.emit("height", 64)
    assert project_of(window).project.data.fields[0].preparation[0].attributes == {"width": 32}


def test_only_steps_that_fit_are_offered(show: Show, window: MainWindow) -> None:
    tab = show(PICTURES, described())
    offered = {entry.type_name() for entry in tab.settings.preparation.offered()}
    assert "Normalize" in offered and "OneHot" not in offered
    tab.settings.preparation.add_step("Normalize")
    assert [row.property("step") for row in tab.settings.preparation.rows] == ["Resize", "Scale", "Normalize"]
    tab.settings.pages.setCurrentIndex(1)
    assert tab.settings.augmentation.isVisible()
    tab.sources.fields.setCurrentIndex(tab.sources.fields.fields.index(1, 0))
    assert not tab.settings.augmentation.isVisible()
    assert [row.property("step") for row in tab.settings.preparation.rows] == ["ClassIndex"]


def test_an_unknown_step_can_be_removed(show: Show, window: MainWindow) -> None:
    field = Field(name="x", kind=FieldKind.NUMBER, preparation=(Step(type="Sparkle", attributes={"a": 1}),))
    tab = show(DataSpec(sources=TABLE.sources, fields=(field,)), described())
    assert "Sparkle" in tab.settings.preparation.rows[0].header.accessibleName()
    assert "not known" in tab.settings.result.whole_text()
    tab.settings.preparation.rows[0].removed.emit()
    assert project_of(window).project.data.fields[0].preparation == ()


def test_roles_are_changed_in_the_table_and_bring_their_preparation(
    show: Show, window: MainWindow, qtbot: QtBot
) -> None:
    tab = show(TABLE, described())
    table = tab.sources.fields
    table.scrollTo(table.fields.index(1, 2))
    place = table.visualRect(table.fields.index(1, 2)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    box = table.viewport().findChild(QComboBox)
    assert isinstance(box, QComboBox)
    box.setCurrentText("target")
    box.activated.emit(box.currentIndex())
    island = project_of(window).project.data.field("island")
    assert island is not None
    assert (island.role, [step.type for step in island.preparation]) == (Role.TARGET, ["ClassIndex"])
    project_of(window).history.undo()
    assert project_of(window).project.data == TABLE
    assert table.fields.index(1, 2).data() == "input"


def test_the_promised_names_are_there(show: Show) -> None:
    tab = show(PICTURES, described())
    for name in ("data.drop", "data.samples", "data.checks"):
        found = tab.findChild(QWidget, name)
        assert found is not None and found.accessibleName(), name


# Values.


@pytest.mark.parametrize(
    ("chosen", "rows"),
    [
        (SampleFilter(), [0, 1, 2, 3]),
        (SampleFilter(split="val"), [2]),
        (SampleFilter(split="pool"), []),
        (SampleFilter(class_index=1), [1, 3]),
        (SampleFilter(class_index=UNLABELLED), [2]),
        (SampleFilter(split="train", class_index=1), [1]),
        (SampleFilter(split="train", only=(1, 0, 2)), [1, 0]),
        (SampleFilter(sample=2), [2]),
        (SampleFilter(sample=4), []),
    ],
)
def test_filters(chosen: SampleFilter, rows: list[int]) -> None:
    splits, labels = np.array([0, 0, 1, 2], np.int8), np.array([0, 1, -1, 1], np.int32)
    assert chosen.matching(4, splits, labels).tolist() == rows
    backwards = np.array([3, 2, 1, 0, 7], np.int32)
    assert chosen.matching(4, splits, labels, backwards).tolist() == sorted(rows, reverse=True)


def test_filters_without_labels() -> None:
    none = np.zeros(0, np.int32)
    assert SampleFilter().matching(3, np.zeros(0, np.int8), none).tolist() == [0, 1, 2]
    assert SampleFilter(class_index=1).matching(3, np.zeros(3, np.int8), none).tolist() == [0, 1, 2]


def test_summaries() -> None:
    from engine.catalog.registry import entry_type

    normalize, characters = entry_type("preparation", "Normalize"), entry_type("preparation", "Characters")
    assert summary(normalize, Step(type="Normalize")) == "as measured"
    assert summary(normalize, Step(type="Normalize", attributes={"mean": [0.5]})) == "own values"
    assert summary(characters, Step(type="Characters", attributes={"length": 11})) == "11, lower case"
    assert summary(None, Step(type="Sparkle")) == ""

"""Looking at data: search, order, histograms, a sample after each step, findings, and what an import found."""

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from engine.document import files
from engine.document.data_edits import ExcludeSamples
from engine.document.data_spec import FieldKind, SplitMethod
from engine.document.edits import Edit
from engine.document.project import Project
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import (
    CheckData,
    DataCheck,
    DataChecked,
    DataImported,
    FindSamples,
    GetDetail,
    ImportData,
    LayoutChoice,
    LeftOut,
    Remedy,
    Severity,
    ValueRange,
)
from gui.data.check_cards import parted
from gui.data.tab import DataTab
from gui.window import MainWindow
from tests.gui.data_scene import CLASSES, FLOWERS, LABELS, SAMPLES, click_sample, engine_of, press, show_flowers
from tests.gui.fake_engine import error

Key = Qt.Key

OUTLIER = DataCheck(
    kind="outliers",
    severity=Severity.WARNING,
    where="height_cm",
    message="2 values of height_cm are far off. They may be slips of the pen.",
    count=2,
    samples=[7, 30],
    remedies=[
        Remedy(title="Leave them out", edits=[msgspec.to_builtins(ExcludeSamples(samples=("7.jpg", "30.jpg")))]),
        Remedy(title="Look at them"),
    ],
)
LEAK = DataCheck(kind="leak", severity=Severity.ERROR, message="garden tells the label. The score would lie.")


@pytest.fixture
def tab(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> DataTab:
    return show_flowers(window, qtbot, tmp_path, [OUTLIER, LEAK])


def button(parent: QWidget, text: str) -> QAbstractButton:
    return next(found for found in parent.findChildren(QAbstractButton) if found.text() == text and found.isVisible())


def click(qtbot: QtBot, widget: QWidget, place: QPoint | None = None) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place or widget.rect().center())


def shown(tab: DataTab) -> list[int]:
    model = tab.samples.model
    return [model.sample(row) for row in range(model.rowCount())]


# Search and order.


def test_words_are_searched_by_the_engine_and_a_number_by_itself(
    tab: DataTab, window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.keyClicks(tab.samples.filter, "tulip")
    qtbot.waitUntil(lambda: shown(tab) == [i for i, label in enumerate(LABELS) if label == 2])
    tab.samples.filter.setText("#17")
    qtbot.waitUntil(lambda: shown(tab) == [17])
    tab.samples.filter.clear()
    qtbot.waitUntil(lambda: len(shown(tab)) == SAMPLES)


def test_a_search_and_a_class_narrow_together(tab: DataTab, qtbot: QtBot) -> None:
    tab.samples.filter.setText("l")  # tulip
    tab.samples.pick_class(0)
    qtbot.waitUntil(lambda: shown(tab) == [])
    assert tab.samples._nothing.isVisible()
    click(qtbot, button(tab.samples, "Show all"))
    qtbot.waitUntil(lambda: len(shown(tab)) == SAMPLES)


def test_the_order_is_chosen_in_a_menu_or_by_a_heading(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    tab.samples._fill_sort_menu()
    actions = {action.text(): action for action in tab.samples._sort_menu.actions()}
    assert "garden" not in actions and "pixels" not in actions
    actions["height_cm"].trigger()
    qtbot.waitUntil(lambda: shown(tab)[:3] == [0, 40, 80])
    assert "height_cm ↑" in tab.samples.sort.text()
    click(qtbot, tab.samples.as_table)
    table = tab.samples.table
    assert table.isVisible()
    header = table.horizontalHeader()
    section = [field.name for field in table.rows.fields].index("height_cm") + 1
    place = QPoint(header.sectionViewportPosition(section) + 20, header.height() // 2)
    click(qtbot, header.viewport(), place)
    qtbot.waitUntil(lambda: [sample % 40 for sample in shown(tab)[:3]] == [39, 39, 39])
    assert header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
    assert table.rows.cell(0, section) == "39.5" or not table.rows.cell(0, section)


def test_the_sample_looked_at_stays_when_the_order_changes(tab: DataTab, qtbot: QtBot) -> None:
    click_sample(qtbot, tab, 5)
    tab.samples.sort_by("height_cm", descending=True)
    qtbot.waitUntil(lambda: shown(tab)[0] % 40 == 39)
    assert tab.samples.model.sample(tab.samples.current_row()) == 5


def test_what_cannot_be_searched_is_said(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    failed = RequestFailed(error=error("data", "The file is gone.", "/flowers", "Put it back."))
    engine_of(window).answer_with(FindSamples, failed)
    tab.samples.filter.setText("rose")
    qtbot.waitUntil(lambda: tab.search.problem == "The file is gone. Put it back.")


def test_a_condition_is_a_chip_that_a_click_takes_away(tab: DataTab, qtbot: QtBot) -> None:
    tab.sources.shown.select_key("val")
    assert len(shown(tab)) < SAMPLES
    chip = button(tab.samples.chips, "validation")
    click(qtbot, chip)
    assert len(shown(tab)) == SAMPLES
    assert tab.sources.shown.current_key() == ""
    assert tab.samples.chips.isHidden()


# Fields.


def test_a_bar_of_a_histogram_shows_its_samples_and_again_all(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    tab.settings.show_field("height_cm")
    _, histogram = tab.settings.field._histograms[0]
    qtbot.waitUntil(histogram.isVisible)
    place = QPoint(int(histogram.width() * 0.3), 20)  # the second of four bars: 10 to 20
    click(qtbot, histogram, place)
    qtbot.waitUntil(lambda: len(shown(tab)) < SAMPLES)
    assert {10 <= sample % 40 + 0.5 <= 20 for sample in shown(tab)} == {True}
    assert tab.search.wanted.ranges == (ValueRange(field="height_cm", low=10, high=20),)
    click(qtbot, histogram, place)
    qtbot.waitUntil(lambda: len(shown(tab)) == SAMPLES)


def test_bars_are_reached_by_keyboard(tab: DataTab, qtbot: QtBot) -> None:
    tab.settings.show_field("height_cm")
    _, histogram = tab.settings.field._histograms[0]
    qtbot.waitUntil(histogram.isVisible)
    press(qtbot, histogram, Key.Key_Right, Key.Key_Right, Key.Key_Right, Key.Key_Return)
    qtbot.waitUntil(lambda: tab.search.wanted.ranges == (ValueRange(field="height_cm", low=20, high=30),))


def test_a_frequent_value_shows_its_samples(tab: DataTab, qtbot: QtBot) -> None:
    tab.settings.show_field("label")
    bar = tab.settings.field.values.bars[1]
    qtbot.waitUntil(bar.isVisible)
    click(qtbot, bar)
    qtbot.waitUntil(lambda: shown(tab) == [i for i, label in enumerate(LABELS) if label == 1])


def test_a_field_is_taken_for_another_kind(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    model = tab.sources.fields.fields
    row = model.row_of("height_cm")
    assert model.kinds(row) == ["number", "category"]
    assert model.setData(model.index(row, 1), "category")
    field = window.bench.project.project.data.field("height_cm")
    assert field is not None and field.kind is FieldKind.CATEGORY
    assert [step.type for step in field.preparation] == ["OneHot"]
    window.bench.project.history.undo()
    field = window.bench.project.project.data.field("height_cm")
    assert field is not None and field.kind is FieldKind.NUMBER


# One sample.


def test_a_click_shows_the_sample_after_every_step(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    click_sample(qtbot, tab, 12)
    qtbot.waitUntil(lambda: tab.detail.detail is not None)
    assert tab.settings.pages.currentIndex() == 2
    page = tab.settings.sample
    part = page._parts[0]
    assert page._name.whole_text() == "12.jpg"
    assert [view.shown().caption for view in part.flow.views if view.isVisible()] == ["1. Resize", "2. Scale"]
    assert len([view for view in part.varied.views if view.isVisible()]) == 4
    assert next(part.heading.whole_text() for part in page._parts if part.isVisible()) == "pixels · image"


def test_steps_are_tried_live_before_they_are_saved(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    click_sample(qtbot, tab, 3)
    qtbot.waitUntil(lambda: tab.detail.detail is not None)
    tab.settings.show_field("pixels")
    tab.settings.preparation.rows[0].value_changed.emit("height", 48)
    engine = engine_of(window)
    qtbot.waitUntil(lambda: len(engine.asked(GetDetail)) >= 2)
    asked: GetDetail = engine.asked(GetDetail)[-1]
    assert asked.fields[0].preparation[0].attributes["height"] == 48
    tab.settings.preparation.add_step("Normalize")
    qtbot.waitUntil(lambda: tab.settings.field.after.shown().caption == "Normalize")


def test_another_variant_draws_the_augmentation_anew(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    click_sample(qtbot, tab, 3)
    qtbot.waitUntil(lambda: tab.detail.detail is not None)
    first = tab.settings.sample._parts[0].varied.views[0].shown().rgb
    click(qtbot, tab.settings.sample._parts[0].another)
    qtbot.waitUntil(lambda: tab.settings.sample._parts[0].varied.views[0].shown().rgb != first)
    assert engine_of(window).asked(GetDetail)[-1].seed == 1


def test_only_the_latest_wish_is_asked_for(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    engine = engine_of(window)
    engine.answer_with(GetDetail, None)
    click_sample(qtbot, tab, 0)
    qtbot.waitUntil(lambda: len(engine.asked(GetDetail)) == 1)
    for row in range(1, 8):
        click_sample(qtbot, tab, row)
    from tests.gui.data_scene import detail

    engine.answer_with(GetDetail, detail)
    first = engine.asked(GetDetail)[0]
    engine.answer(first.id, detail(first))
    qtbot.waitUntil(lambda: tab.detail.detail is not None and tab.detail.detail.index == 7)
    assert [request.index for request in engine.asked(GetDetail)] == [0, 7]


def test_a_sample_that_cannot_be_shown_says_why(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    failed = RequestFailed(error=error("data", "5.jpg is gone.", "5.jpg", "Put it back."))
    engine_of(window).answer_with(GetDetail, failed)
    click_sample(qtbot, tab, 5)
    qtbot.waitUntil(lambda: tab.settings.sample._problem.isVisible())
    assert tab.settings.sample._problem.whole_text() == "5.jpg is gone. Put it back."


# Findings.


def test_findings_stand_worst_first_with_icon_and_words(tab: DataTab) -> None:
    cards = [tab.settings.checks._column.itemAt(i).widget() for i in range(tab.settings.checks._column.count())]
    words = [card.accessibleName() for card in cards if card is not None]
    assert words[0].startswith("Error: garden tells the label.")
    assert words[1].startswith("Warning: 2 values of height_cm are far off.")


def test_a_finding_shows_its_samples(tab: DataTab, qtbot: QtBot) -> None:
    click(qtbot, button(tab.settings.checks, "Show 2 samples"))
    assert shown(tab) == [7, 30]
    chip = button(tab.samples.chips, "2 values of height_cm are far off.")
    click(qtbot, chip)
    assert len(shown(tab)) == SAMPLES


def test_a_remedy_is_one_step_that_can_be_taken_back(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    assert not [b for b in tab.settings.checks.findChildren(QAbstractButton) if b.text() == "Look at them"]
    click(qtbot, button(tab.settings.checks, "Leave them out"))
    project = window.bench.project
    assert project.project.data.excluded[0].samples == ("7.jpg", "30.jpg")
    assert project.history.undoText() == "Leave them out"
    project.history.undo()
    assert project.project.data.excluded == ()


def test_looking_closer_tells_how_far_it_is_and_can_be_cancelled(
    tab: DataTab, window: MainWindow, qtbot: QtBot
) -> None:
    engine = engine_of(window)
    engine.answer_with(CheckData, [Progress(fraction=0.4, message="Comparing pictures", left_s=12)])
    checks = tab.settings.checks
    click(qtbot, checks.look)
    qtbot.waitUntil(lambda: checks.line.isVisible() and checks.line.text() == "Comparing pictures")
    assert "00:12 left" in checks.line.right_text()
    click(qtbot, button(checks.line, "Cancel"))
    qtbot.waitUntil(lambda: checks.look.isVisible())
    near = DataCheck(kind="near", message="3 pictures are nearly the same.", count=3, samples=[1, 2, 3])
    engine.answer_with(CheckData, DataChecked(kinds=["near"], checks=[near]))
    click(qtbot, checks.look)
    qtbot.waitUntil(lambda: bool(tab.checks.found))
    click(qtbot, button(checks, "Show 3 samples"))
    assert shown(tab) == [1, 2, 3]


def test_doubtful_labels_are_reviewed_worst_first(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    assert tab.samples.review.isHidden()
    doubted = DataCheck(kind="wrong_labels", message="3 labels look wrong.", count=3, samples=[40, 2, 17])
    engine_of(window).answer_with(CheckData, DataChecked(kinds=["wrong_labels"], checks=[doubted]))
    click(qtbot, tab.settings.checks.look)
    qtbot.waitUntil(tab.samples.review.isVisible)
    assert tab.samples.review.text() == "Review 3 doubtful"
    click(qtbot, tab.samples.review)
    assert shown(tab) == [40, 2, 17]
    assert tab.samples.bar.isVisible()


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("2 are far off. They may be slips.", ("2 are far off.", "They may be slips.")),
        ("Uneven: 8 of a", ("Uneven", "8 of a")),
        ("One sentence only.", ("One sentence only.", "")),
    ],
)
def test_messages_are_parted_into_title_and_text(message: str, parts: tuple[str, str]) -> None:
    assert parted(message) == parts


# Importing.


def imported(kind: str = "image_folder") -> DataImported:
    return DataImported(
        project=files.as_document(Project(name="p", data=FLOWERS)),
        found="300 pictures in 3 classes",
        samples=300,
        left_out=[LeftOut(where="x.txt", reason="no picture")],
        left_out_count=1,
        layout=kind,
        layouts=[
            LayoutChoice(kind="image_folder", caption="Pictures in folders", preview="300 pictures in 3 classes"),
            LayoutChoice(kind="loose_files", caption="Files without labels"),
        ],
    )


def test_an_import_says_what_it_found_and_how_else_it_could_be_read(
    tab: DataTab, window: MainWindow, qtbot: QtBot
) -> None:
    from engine.protocol.messages.data import DescribeData
    from tests.gui.data_scene import described

    engine = engine_of(window)
    engine.answer_with(DescribeData, described())
    engine.answer_with(ImportData, imported())
    window.bench.data.import_path("/flowers")
    qtbot.waitUntil(lambda: window.bench.data.state == "ready" and tab.found.isVisible())
    assert tab.found._title.whole_text() == "Found 300 pictures in 3 classes."
    assert tab.found._wrong.text() == "1 file or row can't be used: show"
    choice = tab.found._layout
    assert choice.isVisible() and choice.values() == ["image_folder", "loose_files"]
    assert tab.sources.read_as.value() == "image_folder"
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    qtbot.waitUntil(lambda: len(engine.asked(ImportData)) == 2)
    assert engine.asked(ImportData)[-1].layout == "loose_files"
    assert engine.asked(ImportData)[-1].path == "/flowers"
    click(qtbot, tab.found.findChild(QAbstractButton, "data.found.close"))
    assert tab.found.isHidden()


def test_an_import_that_fails_leaves_the_data_of_before_within_reach(
    tab: DataTab, window: MainWindow, qtbot: QtBot
) -> None:
    failed = RequestFailed(error=error("data", "This is a web page.", "/x.html", "Save the data itself."))
    engine_of(window).answer_with(ImportData, failed)
    window.bench.data.import_path("/x.html")
    qtbot.waitUntil(lambda: tab.importing.isVisible() and window.bench.data.state == "failed")
    click(qtbot, button(tab.importing, "Keep the data of before"))
    assert tab.samples.grid.isVisible()
    assert len(shown(tab)) == SAMPLES


def test_of_several_tables_one_is_chosen(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    paths = ["/sets.zip/penguins.csv", "/sets.zip/wine.csv"]
    told = {
        **error("data", "There are 2 tables here.", "/sets.zip", "Choose one of the files."),
        "choices": "\n".join(paths),
    }
    engine_of(window).answer_with(ImportData, RequestFailed(error=told))
    window.bench.data.import_path("/sets.zip")
    page = tab.importing
    qtbot.waitUntil(lambda: page.isVisible() and window.bench.data.state == "failed")
    assert page.choices.isVisible() and page.choices.keys() == paths
    assert [page.choices.item(row).text() for row in range(2)] == ["penguins.csv", "wine.csv"]
    assert not page.findChild(QAbstractButton, "data.again").isVisible()
    page.choices.setFocus()
    page.choices.setCurrentRow(1)
    qtbot.keyClick(page.choices, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(engine_of(window).asked(ImportData)) == 2)
    assert engine_of(window).asked(ImportData)[-1].path == paths[1]
    failed = RequestFailed(error=error("data", "This is a web page.", "/x.html"))
    engine_of(window).answer_with(ImportData, failed)
    window.bench.data.import_path("/x.html")
    qtbot.waitUntil(lambda: page.findChild(QAbstractButton, "data.again").isVisible())
    assert not page.choices.isVisible()


# Splits.


def test_a_split_goes_by_a_field_where_one_fits(tab: DataTab, window: MainWindow, qtbot: QtBot) -> None:
    split = tab.settings.split
    click(qtbot, split.change)
    choices = {str(value): split.method.model().item(row) for row, value in enumerate(split.method.values())}  # type: ignore[attr-defined]
    assert set(choices) == {"stratified", "random", "grouped", "time", "given"}
    row = split.method.values().index(SplitMethod.GROUPED)
    split.method.setCurrentIndex(row)
    split.method.activated.emit(row)
    now = window.bench.project.project.data.split
    assert (now.method, now.field) == (SplitMethod.GROUPED, "garden")
    assert split.field.isVisible() and "grouped (garden)" in split.words.whole_text()
    window.bench.project.history.undo()
    assert window.bench.project.project.data.split.method is SplitMethod.STRATIFIED
    assert not split.field.isVisible()


def test_every_remedy_of_the_scene_is_an_edit() -> None:
    for remedy in OUTLIER.remedies:
        for edit in remedy.edits:
            assert msgspec.convert(edit, Edit) == ExcludeSamples(samples=("7.jpg", "30.jpg"))
    assert CLASSES == ["daisy", "rose", "tulip"]

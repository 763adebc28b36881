"""Mistakes corrected where they are seen: labels, leaving out, undo, the way to the tab Data, and training on."""

import msgspec
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication

from engine.document.data_edits import AddClass, LabelSamples, SetField
from engine.document.data_spec import FieldKind, Statistics
from engine.protocol.messages.answered_samples import (
    AnsweredSample,
    CorrectionsFound,
    FindNamed,
    GetAnswered,
    GetCorrections,
    Measure,
)
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import GetSound, SampleCard
from engine.protocol.messages.evaluation import Evaluate, EvaluationFinished
from engine.protocol.messages.training import StartTraining
from gui.evaluate.answer_delegate import FOOT
from gui.evaluate.answered_list import SampleRole
from gui.evaluate.mistakes_panel import MistakesPanel
from gui.evaluate.tab import EvaluateTab
from gui.evaluate.views.mistakes import MistakesView
from gui.forms.metric_text import short_value
from gui.models.corrections import Correction
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.answered_scene import (
    Listing,
    forecasts,
    masks,
    of_categories,
    picture_card,
    pictures_made,
    scripted_answers,
    sounds,
    texts,
)
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import evaluate_tab, number_scores, scores_of, scripted_data, two_runs

NAMES = {"shirt": "Shirt", "coat": "Coat", "dress": "Dress", "bag": "Bag", "boot": "Ankle boot"}


def garment_scores(run: int, split: str = "test") -> EvaluationFinished:
    """With the names that the example has."""
    result = scores_of(run, 5, split)
    output = result.outputs[0]
    classes = [NAMES[name] for name in output.classes]
    per_class = [msgspec.structs.replace(one, name=NAMES[one.name]) for one in output.per_class]
    mistakes = [
        msgspec.structs.replace(one, true=NAMES[one.true], predicted=NAMES[one.predicted]) for one in output.mistakes
    ]
    output = msgspec.structs.replace(output, classes=classes, per_class=per_class, mistakes=mistakes)
    return msgspec.structs.replace(result, outputs=[output])


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    scripted_data(engine)
    engine.answer_with(Evaluate, lambda request: garment_scores(int(request.run), request.split))
    scripted_answers(engine, Listing(of_categories(garment_scores(14))))
    return engine


@pytest.fixture
def bench(tmp_path, engine):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    yield bench
    bench.shut_down()


def page(tab: EvaluateTab) -> MistakesView:
    view = tab.view("mistakes")
    assert isinstance(view, MistakesView)
    return view


@pytest.fixture
def tab(bench, engine, tmp_path, qtbot) -> EvaluateTab:
    two_runs(bench, tmp_path, RunLog)
    tab = evaluate_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1400, 900)
    tab.show()
    qtbot.waitUntil(lambda: bench.evaluation.answered.state == "ready")
    qtbot.waitUntil(lambda: page(tab).mistakes.model.index(0).data(SampleRole) is not None)
    return tab


def choose(tab: EvaluateTab, qtbot, rows: int) -> list[AnsweredSample]:
    """Select the first rows with the keyboard."""
    view = page(tab).mistakes.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    for _ in range(rows - 1):
        qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    chosen = page(tab).mistakes.chosen()
    assert len(chosen) == rows
    return chosen


def drawn_card(panel: MistakesPanel, row: int) -> QPixmap | None:
    """The picture that is kept of a row's card, None while it was not painted."""
    sample = panel.model.index(row).data(SampleRole)
    kept = panel._delegate._drawn.get(sample.index) if sample is not None else None
    return kept[2] if kept is not None and kept[0] is sample else None


def labelled(bench) -> list[tuple[tuple[str, ...], int]]:
    labelling = bench.project.project.data.labelling_of("label")
    return [(item.labels, len(item.samples)) for item in labelling.labelled]


def test_keys_label_what_is_chosen_and_undo_takes_it_back(bench, tab, qtbot):
    chosen = choose(tab, qtbot, 3)
    qtbot.keyClick(page(tab).mistakes.view, Qt.Key.Key_5)
    assert [labels for labels, _ in labelled(bench)] == [("Coat",)]
    assert bench.project.history.undoText().startswith("Label 3 samples Coat")
    made = [tab.corrections.of(sample, "label") for sample in chosen]
    assert made == [Correction() if sample.true == "Coat" else Correction(labels=("Coat",)) for sample in chosen]
    changed = next(sample for sample in chosen if sample.true != "Coat")
    words = page(tab).mistakes.model.words(changed)
    assert words.endswith("now Coat")
    assert "labelled Coat" in tab.toast.text()
    bench.project.history.undo()
    assert labelled(bench) == []
    assert all(tab.corrections.of(sample, "label") == Correction() for sample in chosen)


def test_the_menu_labels_too_and_takes_labels_off(bench, tab, qtbot):
    choose(tab, qtbot, 1)
    panel = page(tab).mistakes
    panel.menu.aboutToShow.emit()
    captions = [action.text().partition("\t")[0] for action in panel.menu.actions() if action.text()]
    assert captions[:2] == ["T-shirt", "Trouser"] and captions[-1] == "No label"
    next(action for action in panel.menu.actions() if action.text().startswith("Dress")).trigger()
    assert labelled(bench)[-1][0] == ("Dress",)
    qtbot.keyClick(panel.view, Qt.Key.Key_U)
    assert labelled(bench)[-1][0] == ()
    assert tab.corrections.of(panel.chosen()[0], "label").words == "label taken off"


def test_leaving_out_and_using_again(bench, tab, qtbot):
    chosen = choose(tab, qtbot, 2)
    panel = page(tab).mistakes
    qtbot.keyClick(panel.view, Qt.Key.Key_Backspace)
    assert all(tab.corrections.of(sample, "label").excluded for sample in chosen)
    assert panel.leave_out.text().strip() == "Use again"
    qtbot.mouseClick(panel.leave_out, Qt.MouseButton.LeftButton)
    assert not any(tab.corrections.of(sample, "label").excluded for sample in chosen)
    bench.project.history.undo()
    assert all(tab.corrections.of(sample, "label").excluded for sample in chosen)
    bench.project.history.undo()
    assert bench.project.project.data.excluded == ()


def test_names_with_numbers_are_known_again_in_runs(bench, tab):
    """A hundred neighbours are a single run in the project; each is still known by its own name."""
    names = ("\t".join(("", "00010-00109", ".png")),)
    assert bench.project.do(LabelSamples(field="label", samples=names, labels=("Bag",)))
    for index, expected in ((9, False), (10, True), (109, True), (110, False)):
        sample = AnsweredSample(
            index=index, name=f"{index:05d}.png", true="Coat", predicted="Bag", score=0.9, card=SampleCard(index=index)
        )
        assert (tab.corrections.of(sample, "label").labels == ("Bag",)) is expected


def test_a_class_made_since_can_be_given(bench, tab):
    assert bench.project.do(AddClass(field="label", name="Hat"))
    sample = AnsweredSample(
        index=1, name="00001.png", true="Coat", predicted="Bag", score=0.9, card=SampleCard(index=1)
    )
    assert tab.corrections.relabel("label", [sample], "Hat")
    assert tab.corrections.of(sample, "label").words == "now Hat"


def test_nothing_can_be_done_with_nothing_and_it_is_said_why(tab):
    panel = page(tab).mistakes
    panel.view.clearSelection()
    for button in (panel.label, panel.leave_out, panel.open_data):
        assert button.blocked_reason() == "Choose a sample first."


def test_numbers_cannot_be_relabelled_but_left_out(bench, engine, tab, qtbot):
    assert tab.corrections.reason_not_to_label("body_mass") == "The data has no body_mass any more."
    assert tab.corrections.reason_not_to_label("pixels").startswith("Only classes can be given here.")
    assert tab.corrections.reason_not_to_exclude() == ""


def test_chosen_samples_open_in_the_tab_data(bench, engine, tab, qtbot):
    wanted = []
    bench.data.samples_wanted.connect(wanted.append)
    chosen = choose(tab, qtbot, 2)
    qtbot.keyClick(page(tab).mistakes.view, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: bool(wanted))
    asked = engine.asked(FindNamed)[0]
    from engine.document.sample_names import names

    assert sorted(names(asked.names)) == sorted(sample.name for sample in chosen)
    assert wanted[0].samples == [1, 2] and wanted[0].message == "2 samples chosen in Evaluate"
    assert bench.data.take_wanted_samples() is wanted[0]
    assert bench.data.take_wanted_samples() is None


def test_what_is_not_there_any_more_is_said(bench, engine, tab, qtbot):
    engine.answer_with(FindNamed, RequestFailed(error=error("data", "The folder is gone.", hint="Bring it back.")))
    choose(tab, qtbot, 1)
    page(tab).mistakes.open_data.click()
    qtbot.waitUntil(lambda: tab.toast.text() == "The folder is gone. Bring it back.")


def test_after_corrections_training_goes_on_from_this_run(bench, engine, tab, qtbot):
    assert not tab.since.isVisible()
    choose(tab, qtbot, 1)
    engine.answer_with(GetCorrections, lambda request: CorrectionsFound(run=int(request.run), labelled=1, excluded=2))
    qtbot.keyClick(page(tab).mistakes.view, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: tab.since.isVisible())  # told once the edit is saved
    assert tab.since.notice.title() == "1 label given by hand, 2 samples left out since run 14 was trained"
    wanted = []
    tab.tab_wanted.connect(wanted.append)
    tab.since.train.click()
    qtbot.waitUntil(lambda: bool(engine.asked(StartTraining)))
    request = engine.asked(StartTraining)[0]
    assert (request.from_run, request.which, request.as_it_was) == (14, "best", False)
    assert wanted == ["train"]


def test_another_network_cannot_be_trained_on(bench, engine, tab, qtbot):
    engine.answer_with(GetCorrections, lambda request: CorrectionsFound(run=14, labelled=1, network=True))
    choose(tab, qtbot, 1)
    qtbot.keyClick(page(tab).mistakes.view, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: tab.since.isVisible())
    assert "train anew" in tab.since.notice.text()
    assert not tab.since.train.isVisible()


def test_the_chosen_sample_is_everybodys(bench, tab, qtbot):
    panel = page(tab).mistakes
    first = panel.model.index(0).data(SampleRole)
    panel.view.select_one(0)
    assert bench.evaluation.sample == first.index
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Right)
    second = panel.model.index(1).data(SampleRole)
    assert bench.evaluation.sample == second.index
    bench.evaluation.choose_sample(first.index)  # as another view does
    assert panel.view.currentIndex().row() == 0


def test_enter_asks_why(bench, tab, qtbot):
    panel = page(tab).mistakes
    panel.view.select_one(0)
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert bench.evaluation.view == "why"
    assert tab.view("why").isVisible() and not panel.isVisible()
    assert tab.view("why").isAncestorOf(QApplication.focusWidget())  # the keyboard goes along
    bench.evaluation.choose_view("mistakes")
    assert panel.isVisible() and panel.view.hasFocus()


@pytest.mark.parametrize(
    ("listing", "title"),
    [
        (masks(), "Least overlap"),
        (forecasts(), "Furthest off"),
        (texts(), "Written otherwise"),
        (sounds(), "Most confident mistakes"),
        (pictures_made(), "Furthest off"),
    ],
    ids=["masks", "forecasts", "texts", "sounds", "pictures"],
)
def test_samples_of_every_kind_are_drawn(bench, engine, tab, qtbot, listing, title):
    engine.answer_with(GetAnswered, listing)
    bench.evaluation.answered.ask_again()
    panel = page(tab).mistakes
    qtbot.waitUntil(lambda: bench.evaluation.answered.state == "ready" and panel.model.rowCount() > 0)
    assert panel.title() == title
    qtbot.waitUntil(lambda: panel.model.index(0).data(SampleRole) is not None)
    qtbot.waitUntil(lambda: all(drawn_card(panel, row) is not None for row in range(3)))
    for row in range(3):
        image = drawn_card(panel, row).toImage()
        colors = {image.pixel(x, y) for x in range(4, image.width(), 3) for y in range(4, image.height() - 44, 3)}
        assert len(colors) > 3, f"nothing is drawn in row {row}"


WORDS = "a heavy grey coat with a belt and two rows of buttons, seen from the front, its sleeves hanging down"


def test_the_words_that_were_given_stand_with_the_pictures(bench, engine, tab, qtbot):
    panel = page(tab).mistakes

    def alike(one: AnsweredSample, other: AnsweredSample) -> bool:
        return one.given == other.given and (one.answer is None) == (other.answer is None)

    def cards_of(listing: Listing) -> list[QImage]:
        engine.answer_with(GetAnswered, listing)
        bench.evaluation.answered.ask_again()
        qtbot.waitUntil(lambda: bench.evaluation.answered.state == "ready" and panel.model.rowCount() > 0)
        first = listing.samples[0]
        qtbot.waitUntil(lambda: (now := panel.model.index(0).data(SampleRole)) is not None and alike(now, first))
        qtbot.waitUntil(lambda: all(drawn_card(panel, row) is not None for row in range(3)))
        return [drawn_card(panel, row).toImage() for row in range(3)]

    bare, worded = cards_of(pictures_made()), cards_of(pictures_made(given=WORDS))
    for before, after in zip(bare, worded, strict=True):
        top = QRect(0, 0, after.width(), after.height() - FOOT)
        assert before.copy(top) == after.copy(top), "the pictures are as large"
        assert before != after
    assert WORDS in panel.model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert WORDS in panel.model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    seen = [msgspec.structs.replace(sample, given=WORDS) for sample in of_categories(garment_scores(1))]
    pictures = cards_of(Listing(seen))
    below = QRect(0, pictures[0].height() - FOOT - 18, pictures[0].width(), 18)
    plain = cards_of(Listing([msgspec.structs.replace(sample, given="") for sample in seen]))
    assert all(one.copy(below) != other.copy(below) for one, other in zip(pictures, plain, strict=True))


def test_a_forecast_says_how_far_off_it_is_and_where_most(bench, engine, tab, qtbot):
    engine.answer_with(GetAnswered, forecasts())
    bench.evaluation.answered.ask_again()
    model = page(tab).mistakes.model
    qtbot.waitUntil(lambda: model.rowCount() > 0 and model.index(0).data(SampleRole) is not None)
    sample = model.index(0).data(SampleRole)
    words = model.words(sample)
    assert words.startswith(f"off {short_value(sample.score)} on average, at most {sample.predicted} for {sample.true}")


def test_texts_said_after_the_true_ones_say_so(bench, engine, tab, qtbot):
    listing = texts()
    engine.answer_with(GetAnswered, listing)
    bench.evaluation.answered.ask_again()
    panel = page(tab).mistakes
    qtbot.waitUntil(lambda: panel.model.rowCount() > 0 and panel.model.index(0).data(SampleRole) is not None)
    assert "after the true text" not in panel.note()
    listing.samples = [msgspec.structs.replace(sample, led=True) for sample in listing.samples]
    bench.evaluation.answered.ask_again()
    qtbot.waitUntil(lambda: "guess: at each place, after the true text before it" in panel.note())


def test_a_failure_of_the_list_says_what_and_can_be_tried_again(bench, engine, tab, qtbot):
    engine.answer_with(GetAnswered, RequestFailed(error=error("data", "The folder is gone.", hint="Bring it back.")))
    bench.evaluation.answered.ask_again()
    panel = page(tab).mistakes
    qtbot.waitUntil(lambda: panel.none_text() == "The folder is gone. Bring it back.")
    scripted_answers(engine, Listing(of_categories(garment_scores(14))))
    qtbot.mouseClick(panel.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.none_text() == "" and panel.model.rowCount() > 0)


def test_several_outputs_list_their_own_samples(bench, engine, tab, qtbot):
    both = [garment_scores(14).outputs[0], number_scores(14).outputs[0]]
    engine.answer_with(Evaluate, lambda request: msgspec.structs.replace(garment_scores(14), outputs=both))
    bench.evaluation.evaluate("14")
    qtbot.waitUntil(lambda: len(bench.evaluation.result.outputs) == 2)
    bench.evaluation.choose_output(1)
    qtbot.waitUntil(lambda: engine.asked(GetAnswered)[-1].output == "body_mass")
    assert bench.evaluation.answered.wanted.true == ""


def test_what_nobody_looks_at_is_not_asked_for(bench, engine, tab, qtbot):
    tab.hide()
    before = len(engine.asked(GetAnswered))
    bench.evaluation.evaluate("13")
    qtbot.waitUntil(lambda: bench.evaluation.result.run == 13)
    assert len(engine.asked(GetAnswered)) == before
    tab.show()
    qtbot.waitUntil(lambda: engine.asked(GetAnswered)[-1].run == "13")


def test_scrolling_a_large_list_costs_little(bench, engine, tab, qtbot):
    """Cards that were drawn are kept; a repaint draws no card twice and asks for nothing that is here."""
    samples = [
        AnsweredSample(
            index=index, name=f"{index}.png", true="Coat", predicted="Bag", score=0.9, right=False,
            card=SampleCard(index=index),
        )
        for index in range(60_000)
    ]  # fmt: skip
    engine.answer_with(GetAnswered, Listing(samples, Measure.SURE, cards=picture_card))
    bench.evaluation.answered.ask_again()
    panel = page(tab).mistakes
    qtbot.waitUntil(lambda: panel.model.rowCount() == 60_000)
    view = panel.view
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    view.viewport().repaint()
    qtbot.waitUntil(lambda: panel.model.index(59_999).data(SampleRole) is not None)
    rows = view.visible_rows()
    qtbot.waitUntil(lambda: all(drawn_card(panel, row) is not None for row in rows))
    asked = len(engine.asked(GetAnswered))
    drawn = [drawn_card(panel, row).cacheKey() for row in rows]
    view.viewport().repaint()
    assert [drawn_card(panel, row).cacheKey() for row in rows] == drawn
    assert len(engine.asked(GetAnswered)) == asked < 12


def test_a_recording_is_played_as_the_run_knows_it(bench, engine, tab, qtbot):
    """The number of a sample may be another one in the data as it is now."""
    assert bench.project.do(SetField(name="pixels", kind=FieldKind.AUDIO))
    tab.context.player.player.command = ("true",)
    panel = page(tab).mistakes
    panel.view.select_one(1)
    sample = panel.current()
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: bool(engine.asked(GetSound)))
    asked = engine.asked(GetSound)[0]
    assert (asked.index, asked.field, asked.run) == (sample.index, "pixels", "14")


def test_of_several_labels_one_is_switched_at_a_time(bench, tab):
    classes = Statistics(classes=("warm", "wet", "dark"))
    assert bench.project.do(SetField(name="label", kind=FieldKind.LABELS, statistics=classes))

    def sample(index: int, true: str) -> AnsweredSample:
        card = SampleCard(index=index)
        return AnsweredSample(index=index, name=f"row {index}", true=true, predicted="wet", score=0.9, card=card)

    both = [sample(1, "warm"), sample(2, "none")]
    corrections = tab.corrections
    assert [corrections.labels_of("label", one) for one in both] == [("warm",), ()]
    assert corrections.relabel("label", both, "wet")  # not all have it: all get it, and keep what they had
    assert [corrections.labels_of("label", one) for one in both] == [("warm", "wet"), ("wet",)]
    assert corrections.of(both[0], "label").words == "now warm, wet"
    assert corrections.relabel("label", both, "wet")  # all have it: it is taken off
    assert [corrections.labels_of("label", one) for one in both] == [("warm",), ()]
    bench.project.history.undo()
    bench.project.history.undo()
    assert bench.project.project.data.labelling_of("label").labelled == ()


def test_looking_for_samples_shows_progress_and_can_be_stopped(bench, engine, tab, qtbot):
    engine.answer_with(GetAnswered, [Progress(fraction=0.4, message="Answering")])
    bench.evaluation.answered.ask_again()
    panel = page(tab).mistakes
    qtbot.waitUntil(lambda: panel.none_text() == "Looking for the samples")  # what comes at once needs no words
    assert panel.stop.isVisible() and not panel.again.isVisible()
    engine.answer(engine.asked(GetAnswered)[-1].id, Progress(fraction=0.6, message="Answering"))
    assert panel.none_text() == "Answering 60 %"
    qtbot.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    assert engine.asked(GetAnswered)[-1].id in engine.cancelled
    assert panel.none_text() == "The samples were not looked for to the end."
    scripted_answers(engine, Listing(of_categories(garment_scores(14))))
    qtbot.mouseClick(panel.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.model.rowCount() > 0 and panel.none_text() == "")


def test_what_is_left_out_is_not_looked_for_in_the_data(engine, tab, qtbot):
    choose(tab, qtbot, 1)
    view = page(tab).mistakes.view
    qtbot.keyClick(view, Qt.Key.Key_Backspace)
    qtbot.keyClick(view, Qt.Key.Key_D)
    assert tab.toast.text() == "This sample is left out. Use it again to see more in Data."
    assert engine.asked(FindNamed) == []


def test_a_number_stands_for_the_same_sample_in_the_same_data_only(bench, engine, tab, qtbot):
    bench.evaluation.choose_sample(7)
    bench.evaluation.evaluate("13")
    qtbot.waitUntil(lambda: bench.evaluation.result.run == 13)
    assert bench.evaluation.sample == 7  # the same sample, by another run
    other = msgspec.structs.replace(garment_scores(14), data="corrected")
    engine.answer_with(Evaluate, lambda request: other)
    bench.evaluation.evaluate("14")
    qtbot.waitUntil(lambda: bench.evaluation.result.run == 14)
    assert bench.evaluation.sample == other.outputs[0].mistakes[0].index

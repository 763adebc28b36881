"""Try it, what is answered: doubt and truth, texts token by token, curves, several answers, and what is copied."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QTextCursor

from engine.document.data_spec import FieldKind
from engine.document.edits import SetData
from engine.document.project_json import to_bytes
from engine.protocol.messages.base import Progress
from engine.protocol.messages.data import DataDescribed, DescribeData, SplitCounts
from engine.protocol.messages.deployment import Answer, Predict, Prediction, PredictionMade
from engine.protocol.messages.sample_input import ReadSample, SampleRead
from engine.protocol.messages.writing import NextToken, TextWritten, WrittenToken
from gui.models.settings import Settings
from gui.use.answers.answer_rows import AnswerRows
from gui.use.answers.context import AnswerContext
from gui.use.answers.output_answer import OutputAnswer, told_truth
from gui.use.answers.sureness import doubt
from gui.use.answers.what_if import POINTS, curves_of
from gui.use.answers.written_text import WrittenText
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import SNEAKER, one_run, prediction, use_tab


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    engine.answer_with(Predict, prediction(SNEAKER))
    return engine


@pytest.fixture
def bench(tmp_path, engine):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    yield bench
    bench.shut_down()


@pytest.fixture
def output(qtbot, qapp) -> OutputAnswer:
    apply_theme(qapp, "dark")
    output = OutputAnswer()
    qtbot.addWidget(output)
    output.resize(500, 500)
    output.show()
    return output


def tab_of(bench, tmp_path, qtbot, example="penguins"):
    one_run(bench, tmp_path, RunLog, example)
    tab = use_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1300, 900)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading and bench.runs._ticks > 1)
    return tab


# Doubt and truth


def scored(*scores: float) -> Answer:
    return Answer(value="a", scores=dict(zip("abcdef", scores, strict=False)))


@pytest.mark.parametrize(
    ("answer", "kind", "begins"),
    [
        (scored(0.96, 0.04), FieldKind.CATEGORY, ""),
        (scored(0.55, 0.45), FieldKind.CATEGORY, "Not sure: b is nearly as likely."),
        (scored(0.45, 0.2, 0.2, 0.15), FieldKind.CATEGORY, "Not sure: a is only 45.0 % likely."),
        (scored(0.9, 0.55, 0.02), FieldKind.LABELS, "Not sure about b: near the middle."),
        (scored(0.9, 0.02), FieldKind.LABELS, ""),
        (Answer(value=3.2), FieldKind.NUMBER, ""),
        (Answer(value="x", scores={"a": 0.5, "b": 0.5}, mask=b"\0", height=1, width=1), FieldKind.MASK, ""),
    ],
)
def test_answers_that_are_not_sure_say_so(answer, kind, begins):
    assert doubt(answer, kind) == begins


def test_what_the_data_says_stands_beside_the_answer():
    assert told_truth(scored(0.9, 0.1), Answer(value="a"), FieldKind.CATEGORY) == ("Right: the data says a", "ok")
    assert told_truth(scored(0.9, 0.1), Answer(value="b"), FieldKind.CATEGORY) == ("Wrong: the data says b", "error")
    both = Answer(value="b, a", scores={"a": 0.9, "b": 0.8})
    assert told_truth(both, Answer(value="a;b"), FieldKind.LABELS)[1] == "ok"
    assert told_truth(Answer(value=12.0), Answer(value=10.5), FieldKind.NUMBER)[0] == "The data says 10.5, 1.5 away"
    assert told_truth(Answer(value="ett"), Answer(value="två"), FieldKind.TEXT)[0] == "The data says: två"
    mask = Answer(value="x", mask=bytes([0, 1, 1, 0]), height=2, width=2)
    true = Answer(value="50% cell", mask=bytes([0, 1, 0, 0]), height=2, width=2)
    assert told_truth(mask, true, FieldKind.MASK)[0] == "75.0 % of the points as in the data: 50% cell"
    assert told_truth(mask, None, FieldKind.MASK) == ("", "dim")


def test_notes_about_the_input_stand_above_the_answer(bench, engine, tmp_path, qtbot):
    noted = Prediction(input="x", outputs=SNEAKER.outputs, notes=["age 99 is far outside of what was learned from."])
    engine.answer_with(Predict, prediction(noted))
    tab = tab_of(bench, tmp_path, qtbot)
    tab.trying.inputs.ask.click()
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    notes = tab.trying.answer.notes
    assert notes.isVisible() and "age 99" in notes.text() and notes.kind() == "warning"
    engine.answer_with(Predict, prediction(SNEAKER))
    tab.trying.inputs.ask.click()
    qtbot.waitUntil(lambda: not notes.isVisible())


# Texts


def token(text: str, chance: float = 0.9, *others: str, ends: bool = False) -> WrittenToken:
    rivals = [NextToken(text=text, chance=chance, ends=ends)]
    rivals += [NextToken(text=other, chance=0.01) for other in others]
    return WrittenToken(text=text, chance=chance, others=rivals, ends=ends)


@pytest.fixture
def written(qtbot, qapp) -> WrittenText:
    apply_theme(qapp, "dark")
    written = WrittenText()
    qtbot.addWidget(written)
    written.resize(420, 420)
    written.show()
    return written


def test_a_text_shows_what_else_might_have_come_at_the_cursor(written, qtbot):
    tokens = [token("a", 0.9, "o"), token(" cat", 0.05, " dog", " cow"), token("", 0.8, ends=True)]
    written.show_text("I see ", tokens)
    assert written.view.toPlainText() == "I see a cat" == written.text()
    assert [rival.bar.caption() for rival in written.rivals if rival.isVisible()] == ["(end)"]
    assert written.rivals[0].blocked_reason() == "The text ends here."
    qtbot.keyClick(written.view, Qt.Key.Key_Left)
    assert [rival.bar.caption() for rival in written.rivals if rival.isVisible()] == [" cat", " dog", " cow"]
    chosen = []
    written.chosen.connect(chosen.append)
    qtbot.mouseClick(written.rivals[1], Qt.MouseButton.LeftButton)
    assert chosen == ["I see a dog"]
    marks = written.view.extraSelections()
    assert any(mark.format.fontUnderline() and mark.cursor.selectedText() == " cat" for mark in marks)
    written.look_at(0)
    written.rivals[1].click()
    assert chosen[-1] == "I see o"


def test_a_text_grows_without_being_drawn_anew(written):
    tokens = [token("one")]
    written.show_text("", tokens, grows=True)
    assert not any(rival.isVisible() for rival in written.rivals)
    for word in (" two", "\n", "three"):
        tokens = [*tokens, token(word)]
        written.show_text("", tokens, grows=True)
    assert written.view.toPlainText() == "one two\nthree" and written._starts == [0, 3, 7, 8]
    written.show_text("", tokens)
    assert written.rivals[0].isVisible()
    written.view.moveCursor(QTextCursor.MoveOperation.Start)
    assert written.rivals[0].bar.caption() == "one"


def test_what_may_come_next_is_shown_behind_the_beginning(written):
    written.show_text("Once", [token(" upon", 0.4, " more", "\n", " ")], peeks=True)
    assert written.view.toPlainText() == "Once" == written.text()
    captions = [rival.bar.caption() for rival in written.rivals if rival.isVisible()]
    assert captions == [" upon", " more", "(new line)", "(blank)"]
    chosen = []
    written.chosen.connect(chosen.append)
    written.rivals[0].click()
    assert chosen == ["Once upon"]


def test_several_texts_stand_together_until_one_is_clicked(qtbot, qapp):
    apply_theme(qapp, "dark")
    shown = {name: OutputAnswer() for name in ("swedish", "german")}
    context = AnswerContext(beginning="en", begun="swedish")
    for name, output in shown.items():
        qtbot.addWidget(output)
        output.show()
        answer = Answer(value="", written=[token(" katt", 0.4, " hund"), token("", 0.8, ends=True)])
        output.show_answer(name, answer, alone=False, context=context)
        assert not any(rival.isVisible() for rival in output.written.rivals)
    assert [output.written.text() for output in shown.values()] == ["en katt", " katt"]
    chosen = []
    shown["german"].chosen.connect(lambda *what: chosen.append(what))
    shown["german"].written.look_at(0)
    assert shown["german"].written.rivals[1].isVisible()
    shown["german"].written.rivals[1].click()
    assert chosen == [("german", " hund")]


def test_a_text_under_way_is_shown_and_stays_when_it_is_stopped(bench, engine, tmp_path, qtbot):
    def events(request):
        assert request.stream
        return [TextWritten(fraction=-1.0, field="text", tokens=[token("on"), token("ce")], written=2)]

    engine.answer_with(Predict, events)
    tab = tab_of(bench, tmp_path, qtbot)
    bench.use.predict([{"text": ""}], manner={"stream": True})
    qtbot.waitUntil(lambda: bool(tab.trying.answer.cards()))
    card = tab.trying.answer.cards()[0]
    assert card.written.text() == "once" and tab.trying.answer.words_below() == "writing"
    assert tab.trying.inputs.ask.text() == "Stop"
    bench.use.stop_predicting()
    qtbot.waitUntil(lambda: bench.use.predict_state == "stopped")
    assert card.written.text() == "once" and tab.trying.answer.words_below() == "stopped"
    assert bench.use.prediction is None and bench.use.predict_error is None


def test_progress_of_a_question_that_was_taken_back_is_not_shown(bench, engine, tmp_path, qtbot):
    engine.answer_with(Predict, None)
    tab_of(bench, tmp_path, qtbot)
    bench.use.predict([{"text": "a"}])
    old = bench.use._predict_request
    bench.use.predict([{"text": "ab"}])
    bench.use._on_predicting(TextWritten(request=old, fraction=-1.0, field="t", tokens=[token("x")], written=1))
    bench.use._on_predicting(Progress(request=old, fraction=0.5, message="old"))
    assert bench.use.written == [] and bench.use.predict_progress is None and old in engine.cancelled


def test_the_answer_stays_while_the_next_one_is_on_its_way(bench, engine, tmp_path, qtbot):
    tab = tab_of(bench, tmp_path, qtbot)
    tab.trying.inputs.ask.click()
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    engine.answer_with(Predict, None)
    tab.trying.inputs.ask.click()
    assert bench.use.predict_state == "working" and tab.trying.answer.outputs() == ["label: Sneaker"]
    assert tab.trying.answer.cards()[0].isVisible() and not tab.trying.answer.line.isVisible()
    qtbot.waitUntil(tab.trying.answer.line.isVisible)  # it takes long after all


# Curves


def test_a_forecast_stands_behind_its_history_with_the_truth(output):
    answer = Answer(value="1", series=[[5.0], [6.0]], names=["co2"])
    context = AnswerContext(
        kinds={"next": FieldKind.SERIES},
        truth={"next": Answer(value="x", series=[[5.5], [6.5]])},
        history=[[1.0], [None], [3.0], [4.0]],
        history_names=["co2"],
    )
    output.show_answer("next", answer, alone=True, context=context)
    curves = output.curves
    assert curves.keys() == ["past 0", "true 0", "0"]
    assert curves.values_at(1.0) == [("co2, in truth", 1.0, 5.5), ("co2", 1.0, 5.0)]
    assert list(curves.series("past 0").x) == [-3, -2, -1, 0] and np.isnan(curves.series("past 0").y[1])
    assert list(curves.series("0").x) == [0, 1, 2], "it goes on from the last moment"
    drawn = curves.series("0")
    output.show_answer("next", Answer(value="1", series=[[7.0], [8.0]], names=["co2"]), alone=True, context=context)
    assert curves.series("0") is drawn and list(drawn.y) == [4.0, 7.0, 8.0], "curves move"
    output.show_answer("next", answer, alone=True)
    assert curves.keys() == ["0"]
    assert output.copied() == "co2\n5\n6"


def test_the_curve_of_a_number_shows_the_likeliest_classes():
    def made(a: float) -> Prediction:
        return Prediction(input="x", outputs={"k": Answer(value="a", scores={"a": a, "b": 1 - a, "c": 0.0})})

    lines = dict(curves_of([made(0.2), made(0.9)]))
    assert list(lines) == ["a", "b", "c"] and lines["a"] == [0.2, 0.9]
    two = Prediction(input="x", outputs={"k": Answer(value="a", scores={"a": 1.0}), "n": Answer(value=3.0)})
    gap = Prediction(input="x", problem="no")
    found = dict(curves_of([two, gap]))
    assert list(found) == ["k: a", "n"] and found["n"][0] == 3.0 and np.isnan(found["n"][1])
    assert curves_of([]) == []


def test_what_if_asks_for_the_whole_range_and_follows_the_other_fields(bench, engine, tmp_path, qtbot):
    def answers(request):
        made = [
            Prediction(
                input="x",
                outputs={"species": Answer(value="a", scores={"a": min(1.0, float(row["body_mass_g"] or 0) / 6300)})},
            )
            for row in request.inputs
        ]
        return PredictionMade(run=14, predictions=made, milliseconds=0.1)

    engine.answer_with(Predict, answers)
    tab = tab_of(bench, tmp_path, qtbot)
    panel, inputs = tab.trying.answer, tab.trying.inputs
    inputs.ask.click()
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    number = inputs.input("body_mass_g")
    qtbot.mouseClick(number.curve, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.what_if.chart.keys() == ["a"])
    asked = engine.asked(Predict)[-1].inputs
    assert len(asked) == POINTS and asked[0]["body_mass_g"] == number.low and asked[-1]["body_mass_g"] == number.high
    assert panel.what_if.isVisible() and panel.outputs() == ["species: a"]
    before = len(engine.asked(Predict))
    qtbot.keyClick(inputs.input("bill_length_mm").slider, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: len(engine.asked(Predict)) >= before + 2)
    assert engine.asked(Predict)[-1].inputs[0]["bill_length_mm"] != asked[0]["bill_length_mm"]
    other = inputs.input("bill_depth_mm")
    other.curve.click()
    assert not number.curve.isChecked() and panel.what_if.accessibleName() == "What if bill_depth_mm changes"
    panel.what_if.closed.emit()
    assert not other.curve.isChecked() and not panel.what_if.isVisible()


# Several, made and copied


def test_samples_that_were_made_are_gone_on_with(bench, engine, tmp_path, qtbot):
    tab = tab_of(bench, tmp_path, qtbot)
    pixels = bytes(range(16))
    made = Prediction(input="x", outputs={"p": Answer(value="a picture", pixels=pixels, height=4, width=4, channels=1)})
    panel = tab.trying.answer
    picked = []
    panel.seed_picked.connect(picked.append)
    panel.show_gallery([(7, made), (8, made)])
    assert panel.many.isVisible() and panel.many.item(1).text() == "seed 8" and panel.many.pixmap(0).width() == 4
    panel.many.setFocus()
    qtbot.keyClick(panel.many, Qt.Key.Key_Right)
    qtbot.keyClick(panel.many, Qt.Key.Key_Right)
    assert picked[-1] == 8 and not panel.copy.isVisible()


def test_a_made_picture_is_copied_as_a_picture(bench, engine, tmp_path, qtbot):
    answer = Answer(value="a picture", pixels=bytes([9, 99, 199] * 6), height=2, width=3, channels=3)
    engine.answer_with(Predict, prediction(Prediction(input="x", outputs={"p": answer})))
    tab = tab_of(bench, tmp_path, qtbot)
    tab.trying.inputs.ask.click()
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    card = tab.trying.answer.cards()[0]
    assert card.made.isVisible() and isinstance(card.made_picture(), QImage)
    qtbot.mouseClick(tab.trying.answer.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().image().size().width() == 3
    assert QGuiApplication.clipboard().image().pixelColor(0, 0).green() == 99


@pytest.mark.parametrize(
    ("width", "rows"),
    [(640, [["a", "b", "c"], ["word"], ["d", "e"]]), (380, [["a", "b"], ["c"], ["word"], ["d", "e"]]), (240, None)],
    ids=["wide", "narrow", "one column"],
)
def test_pictures_stand_side_by_side_where_there_is_room(qapp, qtbot, width, rows):
    apply_theme(qapp, "dark")
    picture = Answer(value="a picture", pixels=bytes(range(16)), height=4, width=4, channels=1)
    answers = {name: scored(0.9, 0.1) if name == "word" else picture for name in ("a", "b", "c", "word", "d", "e")}
    page = AnswerRows()
    qtbot.addWidget(page)
    cards = {name: OutputAnswer() for name in answers}
    for name, card in cards.items():
        page.add(card)
        card.show_answer(name, answers[name], alone=False)
    page.resize(width, page.heightForWidth(width))
    page.show()
    tops: dict[int, list[str]] = {}
    for name, card in cards.items():
        tops.setdefault(card.y(), []).append(name)
        assert card.geometry().right() < width and card.geometry().bottom() < page.height()
    assert list(tops.values()) == (rows or [[name] for name in answers])
    assert cards["word"].width() == width, "a list of scores has the whole row"
    assert len({cards[name].width() for name in "abc"}) == 1
    cards["word"].hide()
    assert page.heightForWidth(width) <= page.height()


def test_scores_are_copied_as_text_and_all_are_shown_on_a_click(bench, engine, tmp_path, qtbot):
    tab = tab_of(bench, tmp_path, qtbot)
    tab.trying.inputs.ask.click()
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    tab.trying.answer.copy.click()
    assert QGuiApplication.clipboard().text().splitlines()[:2] == ["label: Sneaker", "Sneaker\t96.2 %"]
    bars = tab.trying.answer.cards()[0]._bars
    assert len(bars.bars()) == 5 and bars._more.text() == "and 1 more"
    qtbot.mouseClick(bars._more, Qt.MouseButton.LeftButton)
    assert len(bars.bars()) == 6 and bars._more.text() == "show fewer"


def test_several_outputs_have_a_view_each(bench, engine, tmp_path, qtbot):
    two = Prediction(input="x", outputs={"kind": SNEAKER.outputs["label"], "price": Answer(value=12.5)})
    engine.answer_with(Predict, prediction(two))
    tab = tab_of(bench, tmp_path, qtbot)
    tab.trying.inputs.ask.click()
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    assert tab.trying.answer.outputs() == ["kind: Sneaker", "price: 12.5"]
    numbers = Prediction(input="x", outputs={"code": Answer(value="3 numbers", numbers=[1.0, 2.5, -3.0])})
    engine.answer_with(Predict, prediction(numbers))
    tab.trying.inputs.ask.click()
    qtbot.waitUntil(lambda: tab.trying.answer.outputs() == ["code: 1, 2.5, -3"])


def test_the_mask_is_covered_as_much_as_one_likes(output, qtbot):
    mask = Answer(value="50% a", scores={"a": 0.5, "b": 0.5}, mask=bytes([0, 1, 1, 0]), height=2, width=2)
    output.show_answer("mask", mask, alone=True)
    assert output.opacity.isVisible()
    qtbot.keyClick(output.opacity, Qt.Key.Key_Home)
    assert output.regions.over() == 0.0
    output.show_answer("label", SNEAKER.outputs["label"], alone=True)
    assert not output.opacity.isVisible()


# From the data


def test_a_table_begins_with_a_row_of_the_test_split_and_its_truth(bench, engine, tmp_path, qtbot):
    values = {"island": "Dream", "body_mass_g": 5000.0, "sex": "male", "species": "Gentoo"}
    engine.answer_with(
        ReadSample,
        SampleRead(index=1, name="row 2", split="test", values=values, truth={"species": Answer(value="Gentoo")}),
    )
    engine.answer_with(
        DescribeData, DataDescribed(samples=2, counts=SplitCounts(train=1, test=1), splits=bytes([0, 2]))
    )
    answer = Answer(value="Adelie", scores={"Adelie": 0.51, "Gentoo": 0.49})
    engine.answer_with(Predict, prediction(Prediction(input="row", outputs={"species": answer})))
    tab = tab_of(bench, tmp_path, qtbot)
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    assert engine.asked(ReadSample)[0].index == 1
    row = engine.asked(Predict)[0].inputs[0]
    assert (row["island"], row["body_mass_g"]) == ("Dream", 5000.0) and "species" not in row
    card = tab.trying.answer.cards()[0]
    assert card.truth() == "Wrong: the data says Gentoo" and card.doubted() == "Not sure: Gentoo is nearly as likely."


def test_the_form_is_that_of_the_network_that_answers(bench, engine, tmp_path, qtbot):
    one_run(bench, tmp_path, RunLog, "penguins")
    (run,) = (bench.project.directory / "runs").iterdir()
    (run / "project.json").write_bytes(to_bytes(bench.project.project))
    tab = use_tab(bench)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading and bench.runs._ticks > 1)
    inputs = tab.trying.inputs
    inputs.ask.click()
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    qtbot.waitUntil(lambda: bench.runs.projects.project(14) is not None)
    fields = tuple(field for field in bench.project.project.data.fields if field.name != "body_mass_g")
    assert bench.project.do(SetData(data=msgspec.structs.replace(bench.project.project.data, fields=fields)))
    names = [editor.name for editor in inputs.inputs()]
    assert "body_mass_g" in names, "the run was trained with it, whatever the drawing asks for now"

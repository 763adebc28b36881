"""Try it, what is given: each editor by mouse and keys, what is pasted, drawn, walked through, and given before."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from engine.document.data_spec import Field, FieldKind, Role, Statistics
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.protocol.messages.data import Shown
from engine.protocol.messages.sample_input import SampleRead
from gui.use.asked import asked_for
from gui.use.inputs.latent_input import LatentInput
from gui.use.inputs.number_input import NumberInput, unit_of
from gui.use.inputs.series_input import SeriesInput
from gui.use.inputs_form import InputsForm
from gui.use.pasted_rows import pasted_rows
from gui.widgets.theme import apply_theme
from tests.drawn_gan import gan

AGE = Field(name="age_s", kind=FieldKind.NUMBER, statistics=Statistics(mean=(40.0,), minimum=(10.0,), maximum=(90.0,)))
SEX = Field(name="sex", kind=FieldKind.CATEGORY, statistics=Statistics(classes=("female", "male", "unsaid")))
DAY = Field(name="day", kind=FieldKind.DATE)
TAGS = Field(name="tags", kind=FieldKind.LABELS, statistics=Statistics(classes=("a", "b")), options={"separator": ";"})
TEXT = Field(name="text", kind=FieldKind.TEXT)
SAID = Field(name="said", kind=FieldKind.TEXT, role=Role.TARGET)
ARRAY = Field(name="points", kind=FieldKind.ARRAY, statistics=Statistics(shape=(2, 2)))
PAST = Field(name="past", kind=FieldKind.SERIES, options={"columns": ["co2"]}, statistics=Statistics(shape=(4, 1)))
GREY = Field(name="pixels", kind=FieldKind.IMAGE, statistics=Statistics(shape=(28, 28, 1)))
COLOUR = Field(name="photo", kind=FieldKind.IMAGE, statistics=Statistics(shape=(None, None, 3)))


@pytest.fixture
def form(qtbot, qapp) -> InputsForm:
    apply_theme(qapp, "dark")
    form = InputsForm()
    qtbot.addWidget(form)
    form.resize(460, 560)
    form.show()
    form.asked = []
    form.given.connect(form.asked.append)
    form.said = []
    form.refused.connect(form.said.append)
    return form


# A table


def test_a_slider_gives_the_number_a_moment_after_it_rests(form, qtbot):
    form.set_fields((AGE, SEX))
    number = form.input("age_s")
    assert isinstance(number, NumberInput) and number.value() == 40.0
    assert number.slider.accessibleName() == "age_s, slider"
    assert "10 to 90 s" in number.editor.accessibleDescription()
    with qtbot.waitSignal(form.given):
        for _ in range(3):
            qtbot.keyClick(number.slider, Qt.Key.Key_Right)
        assert form.asked == [], "not while it moves"
    assert form.asked == [[{"age_s": 41.2, "sex": "female"}]]
    assert number.editor.number() == 41.2


def test_a_typed_number_moves_the_slider_and_nonsense_says_why(form, qtbot):
    form.set_fields((AGE,))
    number = form.input("age_s")
    with qtbot.waitSignal(form.given):
        number.editor.lineEdit().selectAll()
        qtbot.keyClicks(number.editor.lineEdit(), "50")
        qtbot.keyClick(number.editor, Qt.Key.Key_Return)
    assert number.slider.value() == 100 and form.asked[-1] == [{"age_s": 50.0}]
    number.editor.lineEdit().selectAll()
    qtbot.keyClicks(number.editor.lineEdit(), "old")
    qtbot.keyClick(number.editor, Qt.Key.Key_Return)
    assert number._below.isVisible() and number.value() == 50.0


def test_one_click_asks_for_the_curve_of_a_number(form, qtbot):
    form.set_fields((AGE, Field(name="constant", kind=FieldKind.NUMBER)))
    wanted = []
    form.curve_wanted.connect(lambda *what: wanted.append(what))
    curve = form.input("age_s").curve
    qtbot.mouseClick(curve, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(curve, Qt.MouseButton.LeftButton)
    assert wanted == [("age_s", True), ("age_s", False)]
    assert not form.input("constant").curve.isVisible(), "nothing is known of its range"


def test_a_category_is_found_by_typing_and_an_unseen_one_may_be_asked_about(form, qtbot):
    form.set_fields((SEX,))
    editor = form.editor("sex")
    line = editor.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, "MALE")
    with qtbot.waitSignal(form.given):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert form.asked[-1] == [{"sex": "male"}], "as it is written in the data"
    line.selectAll()
    qtbot.keyClicks(line, "robot")
    with qtbot.waitSignal(form.given):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert form.asked[-1] == [{"sex": "robot"}]
    line.selectAll()
    qtbot.keyClicks(line, "missing")
    with qtbot.waitSignal(form.given):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert form.asked[-1] == [{"sex": ""}]


def test_a_row_of_a_spreadsheet_is_pasted_by_its_names_or_its_order(form, qtbot):
    form.set_fields((AGE, SEX, DAY))
    QGuiApplication.clipboard().setText("name\tsex\tage_s\nAnna\tmale\t33,5\n")
    with qtbot.waitSignal(form.given):
        form.paste.click()
    assert form.asked[-1] == [{"age_s": 33.5, "sex": "male", "day": ""}]
    QGuiApplication.clipboard().setText("20\tfemale\t2021-03-04")
    with qtbot.waitSignal(form.given):
        form.paste.click()
    assert form.asked[-1] == [{"age_s": 20.0, "sex": "female", "day": "2021-03-04"}]
    QGuiApplication.clipboard().setText("age_s,sex,day\n1,male,\n2,female,\n")
    form.paste.click()
    assert [row["age_s"] for row in form.asked[-1]] == ["1", "2"], "several rows are answered together"
    QGuiApplication.clipboard().setText("just words")
    form.paste.click()
    assert "Copy a row of a table" in form.said[-1]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("a", []),
        ("1;2", [{"x": "1", "y": "2"}]),
        ('x,y\n"1,5",two words', [{"x": "1,5", "y": "two words"}]),
        ("y\tz\tx\n2\t3\t1", [{"x": "1", "y": "2"}]),
        ("1\t2\t3", []),
    ],
)
def test_rows_are_told_from_other_text(text, rows):
    assert pasted_rows(text, ["x", "y"]) == rows


def test_units_are_read_off_names():
    told = {
        "bill_length_mm": "mm",
        "price (£)": "£",
        "size [kg]": "kg",
        "mm": "",
        "age": "",
        "items": "",
        "speed_m": "m",
    }
    assert {name: unit_of(name) for name in told} == told


def test_labels_and_dates_are_typed(form, qtbot):
    form.set_fields((TAGS, DAY))
    with qtbot.waitSignal(form.given):
        qtbot.keyClicks(form.editor("tags"), "a;b")
        qtbot.keyClicks(form.editor("day"), "2021-03-04")
    assert form.asked == [[{"tags": "a;b", "day": "2021-03-04"}]]


# Text and numbers


def test_a_text_is_answered_while_one_types_and_not_when_it_is_empty(form, qtbot):
    form.set_fields((TEXT,))
    with qtbot.waitSignal(form.given):
        qtbot.keyClicks(form.editor("text"), "good film")
    assert form.asked == [[{"text": "good film"}]] and not form.ask.isVisible()
    qtbot.keyClick(form.editor("text"), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(form.editor("text"), Qt.Key.Key_Delete)
    qtbot.wait(2 * 120)  # nothing may follow, and no signal tells of nothing
    assert len(form.asked) == 1 and form.said == []


def test_a_network_that_goes_on_with_a_text_is_asked_what_may_come_next(form, qtbot):
    form.set_fields((TEXT,), (), frozenset({"text"}))
    assert form.begins and form.ask.isVisible() and form.ask.text() == "Write" and form.options.isVisible()
    with qtbot.waitSignal(form.given):
        qtbot.keyClicks(form.editor("text"), "Once")
    assert form.peeks and form.manner() == {"seed": 0, "length": 1}
    form.options.temperature.set_value(0.5)
    form.options.length.set_value(70)
    form.ask.click()
    assert not form.peeks and form.asked[-1] == [{"text": "Once"}]
    assert form.manner() == {"seed": 0, "temperature": 0.5, "length": 70, "stream": True}
    form.set_writing(True)
    stops = []
    form.stop_wanted.connect(lambda: stops.append(1))
    assert form.ask.text() == "Stop"
    qtbot.mouseClick(form.ask, Qt.MouseButton.LeftButton)
    assert stops == [1] and len(form.asked) == 2
    form.set_writing(False)
    form.go_on_with("text", "Once upon")
    assert form.asked[-1] == [{"text": "Once upon"}] and form.editor("text").toPlainText() == "Once upon"


def test_a_translation_goes_on_from_a_part_that_was_chosen(form):
    form.set_fields((TEXT,), (), frozenset({"said"}))
    form.editor("text").setPlainText("one cat")
    form.go_on_with("swedish", "en ")
    assert form.asked == [[{"text": "one cat", "said": "en "}]] and form.manner()["stream"] is True


@pytest.mark.parametrize("output", ["swedish", "german"])
def test_of_two_translations_the_one_that_was_clicked_goes_on(form, output):
    form.set_fields((TEXT,), (), frozenset({"swedish", "german"}))
    form.editor("text").setPlainText("one cat")
    form.go_on_with(output, "en ")
    assert form.asked == [[{"text": "one cat", output: "en "}]]


def test_numbers_of_an_array_are_counted(form, qtbot):
    form.set_fields((ARRAY,))
    with qtbot.waitSignal(form.given):
        qtbot.keyClicks(form.editor("points"), "1 2, 3;4e1")
    assert form.asked == [[{"points": [1.0, 2.0, 3.0, 40.0]}]]
    form.editor("points").setPlainText("1 2 3")
    form.ask.click()
    assert form.said == ["'points' needs 4 numbers; there are 3."]
    form.editor("points").setPlainText("1 2 x 3")
    form.ask.click()
    assert form.said[-1] == "'points' takes numbers alone."


# Series


def test_numbers_over_time_are_pasted_typed_and_cut_to_the_last(form, qtbot):
    form.set_fields((PAST,))
    series = form.input("past")
    assert isinstance(series, SeriesInput)
    QGuiApplication.clipboard().setText("1\n2\n3\n4\n5\n6")
    form.paste.click()
    assert form.asked == [[{"past": [[3.0], [4.0], [5.0], [6.0]]}]] and series.drop.has_picture()
    qtbot.mouseClick(series.numbers, Qt.MouseButton.LeftButton)
    assert series.editor.toPlainText() == "3\n4\n5\n6"
    series.editor.setPlainText("3\n4\n5")
    form.ask.click()
    assert "needs 4 moments; there are 3" in form.said[-1]
    series.editor.setPlainText("3\n4\n5\n9")
    assert form.asked[-1] == [{"past": [[3.0], [4.0], [5.0], [9.0]]}]


def test_a_stretch_of_the_data_is_chosen_by_a_slider(form, qtbot):
    form.set_fields((PAST,))
    series = form.input("past")
    assert not series.stretch.isVisible()
    series.offer_stretches(50)
    wanted = []
    series.stretch_wanted.connect(wanted.append)
    qtbot.keyClick(series.stretch, Qt.Key.Key_Right)
    qtbot.keyClick(series.stretch, Qt.Key.Key_End)
    assert wanted == [1, 49]
    series.set_stretch(7)
    assert wanted == [1, 49] and series.stretch.value() == 7


# Samples and what was given before


def sample(**values: object) -> SampleRead:
    curve = np.zeros(8, "<f4").tobytes()
    return SampleRead(
        index=4, name="row 4", split="test", values=values, shown={"past": Shown(curve=curve, channels=1)}
    )


def test_a_sample_fills_the_form_and_a_change_ends_it(form, qtbot):
    form.set_fields((AGE, SEX))
    form.take_sample(sample(age_s=77.0, sex="male", other=3))
    assert form.asked == [[{"age_s": 77.0, "sex": "male"}]]
    assert form.sample_shown() is not None and form.input("age_s").slider.value() == 168
    with qtbot.waitSignal(form.given):
        qtbot.keyClick(form.input("age_s").slider, Qt.Key.Key_Left)
    assert form.sample_shown() is None, "what is true of the sample is not true of this"


def test_what_was_given_before_comes_back(form, qtbot):
    form.set_fields((AGE, SEX))
    assert form.recent.blocked_reason() == "Nothing was given yet."
    form.take_sample(sample(age_s=20.0, sex="male"))
    form.take_sample(sample(age_s=30.0, sex="female"))
    form.take_sample(sample(age_s=20.0, sex="male"))
    assert form.remembered() == ["20 · male", "30 · female"]
    form.give_again(1)
    assert form.asked[-1] == [{"age_s": 30.0, "sex": "female"}] and form.editor("sex").value() == "female"
    qtbot.mouseClick(form.recent, Qt.MouseButton.LeftButton)
    menu = QApplication.activePopupWidget()
    assert [action.text() for action in menu.actions()] == ["30 · female", "20 · male"]
    menu.actions()[1].trigger()
    menu.close()
    assert form.asked[-1] == [{"age_s": 20.0, "sex": "male"}]
    form.forget()
    assert form.remembered() == []


def test_what_is_still_being_changed_is_remembered_once(form, qtbot):
    form.set_fields((TEXT,))
    for letter in "good":
        with qtbot.waitSignal(form.given):
            qtbot.keyClicks(form.editor("text"), letter)
    assert form.remembered() == ["good"]
    form._changed_at -= 60  # a minute later
    with qtbot.waitSignal(form.given):
        qtbot.keyClicks(form.editor("text"), " film")
    assert form.remembered() == ["good film", "good"]


# Drawing


def test_a_drawing_is_erased_undone_and_drawn_with_other_pens(form, qtbot):
    form.set_fields((GREY,))
    picture = form.picture
    assert picture.draw.isVisible()
    qtbot.mouseClick(picture.draw, Qt.MouseButton.LeftButton)
    pad = picture.pad
    middle = pad.rect().center()

    def stroke(offset: int) -> None:
        qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=middle + QPoint(-40, offset))
        qtbot.mouseMove(pad, middle + QPoint(40, offset))
        qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=middle + QPoint(40, offset))

    def ink() -> int:
        return sum(byte > 128 for byte in form.asked[-1][0]["pixels"]["pixels"])

    stroke(-30)
    one = ink()
    stroke(30)
    assert ink() == pytest.approx(2 * one, rel=0.05)
    qtbot.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert ink() == one
    qtbot.mouseClick(picture.eraser, Qt.MouseButton.LeftButton)
    stroke(-30)
    assert ink() < one / 10
    picture.undo.click()
    assert ink() == one
    picture.eraser.click()
    thick = next(button for button in picture._widths.buttons() if button.text() == "Thick pen")
    qtbot.mouseClick(thick, Qt.MouseButton.LeftButton)
    pad.clear()
    stroke(0)
    assert ink() > 1.4 * one
    pad.undo()
    pad.undo()
    assert ink() == one, "wiping is undone as well"


def test_colour_pictures_are_not_drawn(form):
    form.set_fields((COLOUR,))
    assert not form.picture.draw.isVisible() and form.picture.look.isVisible()


# Generators


def test_what_flows_to_an_answer_is_asked_for():
    asked = asked_for(gan())
    assert asked.fields == () and [node.id for node in asked.noises] == ["noise1"], "the critic's pictures are not"
    nodes = [
        Node(id="a", type="Input", attributes={"fields": ["age_s"]}),
        Node(id="b", type="Input", attributes={"fields": ["sex"]}),
        Node(id="fc", type="Linear"),
        Node(id="out", type="Output", attributes={"field": "said"}),
    ]
    edges = [Edge(source="a", target="fc"), Edge(source="fc", target="out", input="prediction")]
    project = Project(name="x", graph=Graph(nodes, edges))
    project.data = type(project.data)(fields=(AGE, SEX, SAID))
    assert [field.name for field in asked_for(project).fields] == ["age_s"]


def test_a_generator_has_a_seed_sliders_and_a_walk(form, qtbot):
    form.set_fields((), (Node(id="z", type="Noise", attributes={"size": [5, 4]}),))
    latent = form.latents()[0]
    assert len(latent.sliders) == 16 and form.ask.text() == "Make" and not form.sample.isVisible()
    form.ask.click()
    assert form.asked == [[{"z": {"seed": 0}}]]
    form.ask.click()
    assert form.asked[-1][0]["z"]["seed"] > 0, "what there is was made already"
    latent.take_seed(3)
    with qtbot.waitSignal(form.given):
        qtbot.keyClick(latent.sliders[2], Qt.Key.Key_Right)
    assert form.asked[-1] == [{"z": {"seed": 3, "set": {"2": 0.025}}}] and latent.back.isVisible()
    latent.show_drawn([1.5] + [0.0] * 15)
    assert latent.sliders[0].value() == 60 and latent.sliders[2].value() == 1, "one that was set stays"
    assert len(form.asked) == 3
    with qtbot.waitSignal(form.given):
        latent.back.click()
    with qtbot.waitSignal(form.given):
        qtbot.mouseClick(latent.walks, Qt.MouseButton.LeftButton)
        latent.share.setValue(60)
    assert form.asked[-1] == [{"z": {"seed": 3, "toward": 1, "share": 0.5}}]


def test_the_pad_shows_where_samples_lie_and_says_their_class(qtbot, qapp):
    apply_theme(qapp, "dark")
    latent = LatentInput(Node(id="z", type="Noise", attributes={"size": [2], "std": 2.0}))
    qtbot.addWidget(latent)
    latent.resize(300, 460)
    latent.show()
    pad = latent.pad
    assert pad is not None
    empty = pad.grab().toImage()
    points = np.array([[8.0, 0.0], [0.0, 8.0], [0.2, 8.2]], np.float32)
    latent.show_samples(points, np.array([0, 1, 1], np.int16), ["boot", "bag"])
    assert pad.grab().toImage() != empty
    assert latent.legend.entry("0").accessibleName() == "Show boot"
    pad.set_place(4.0, 0.0)
    assert pad.place() == (4.0, 0.0), "it reaches as far as the samples"
    assert pad.accessibleDescription() == "4.00, 0.00, among boot"
    assert pad.class_at(0.0, 4.0) == "bag" and pad.class_at(-2.0, -2.0) == ""
    latent.legend.entry("1").click()
    assert pad.class_at(0.0, 4.0) == ""
    latent.show_samples(np.zeros((0, 2)), np.zeros(0, np.int16), [])
    assert pad.class_at(4.0, 0.0) == ""


def test_two_numbers_are_a_point_that_is_dragged(qtbot, qapp):
    apply_theme(qapp, "dark")
    latent = LatentInput(Node(id="z", type="Noise", attributes={"size": [2], "std": 2.0}))
    qtbot.addWidget(latent)
    latent.resize(300, 400)
    latent.show()
    pad = latent.pad
    assert pad is not None and latent.sliders == []
    square = pad._square()
    qtbot.mouseClick(pad, Qt.MouseButton.LeftButton, pos=QPoint(int(square.right()) - 1, int(square.center().y())))
    moved = latent.value()["set"]
    assert moved["0"] == pytest.approx(6.0, abs=0.1) and moved["1"] == pytest.approx(0.0, abs=0.1)
    qtbot.keyClick(pad, Qt.Key.Key_Up)
    assert latent.value()["set"]["1"] == pytest.approx(moved["1"] + 0.2, abs=0.01)
    assert pad.accessibleDescription().endswith(f"{pad.place()[1]:.2f}")

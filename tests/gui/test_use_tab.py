"""The Use tab: files, pastes, drawings and forms reach the engine; answers and proofs are shown as they are."""

import ast
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage

from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import DataDescribed, DescribeData, SplitCounts
from engine.protocol.messages.deployment import Answer, Export, Predict, Prediction, PredictionMade
from engine.protocol.run_events import RunContinued, RunPaused
from gui.models.settings import Settings
from gui.use.export_panel import proof_of, size_text
from gui.use.picture_preview import PicturePreview, _image
from gui.use.picture_reader import read, rgb_bytes
from gui.use.python_code import python_code
from gui.use.tab import UseTab
from gui.widgets.button import Button
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import (
    SNEAKER,
    exported,
    one_run,
    open_example,
    picture_file,
    prediction,
    scripted_data,
    use_tab,
)


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    engine.answer_with(Predict, prediction(SNEAKER))
    engine.answer_with(Export, lambda request: exported(request.to, request.precision))
    return engine


@pytest.fixture
def bench(tmp_path, engine):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    yield bench
    bench.shut_down()


def shown(bench, qtbot) -> UseTab:
    tab = use_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1300, 900)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading and bench.runs._ticks > 1)
    return tab


@pytest.fixture
def pictures(bench, tmp_path, qtbot) -> UseTab:
    one_run(bench, tmp_path, RunLog)
    return shown(bench, qtbot)


def answered(bench, qtbot) -> None:
    qtbot.waitUntil(lambda: bench.use.predict_state in ("done", "failed"))


# Try it


def test_without_a_trained_run_it_says_what_comes_here(bench, tmp_path, qtbot):
    bench.project.open(open_example(bench, tmp_path))
    tab = shown(bench, qtbot)
    assert tab.stack.currentWidget() is tab.empty
    assert tab.empty.sentence() == "Nothing to use yet"


def test_a_dropped_picture_is_answered_and_shown(bench, engine, pictures, tmp_path, qtbot):
    file = picture_file(tmp_path)
    inputs = pictures.trying.inputs
    with qtbot.waitSignal(inputs.picture.preview.ready):
        inputs.drop.files_dropped.emit([file])
    assert inputs.drop.has_picture()
    answered(bench, qtbot)
    assert engine.asked(Predict)[0].inputs == [{"pixels": str(file)}]
    assert engine.asked(Predict)[0].run == "best"
    assert pictures.trying.answer.outputs() == ["label: Sneaker"]
    assert pictures.trying.answer.words_below() == "0.41 ms in onnxruntime · run #14"


def test_a_paused_run_answers_as_it_is_now(bench, engine, tmp_path, qtbot):
    directory = open_example(bench, tmp_path)
    log = RunLog(directory, 3, name="wide")
    log.prepare()
    log.say(RunPaused(step=4, checkpoint="last-000004"))
    bench.project.open(directory)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: tab.stack.currentWidget() is not tab.empty)
    tab.trying._on_given([{"pixels": "a.png"}])
    answered(bench, qtbot)
    asked = engine.asked(Predict)[-1]
    assert (asked.run, asked.which) == ("3", "last"), "no run has finished an epoch: this is the one there is"
    assert tab.trying.note() == "run 3 as it is now, paused"
    log.say(RunContinued(step=4))
    log.train(1)
    qtbot.waitUntil(lambda: bench.runs.summary(3).epochs == 1)
    tab.trying._on_given([{"pixels": "a.png"}])
    asked = engine.asked(Predict)[-1]
    assert (asked.run, asked.which) == ("best", "best")
    assert tab.trying.note() == "runs the exported file"
    log.say(RunPaused(step=41, checkpoint="last-000041"))
    qtbot.waitUntil(lambda: bench.runs.summary(3).state == "paused")
    assert "paused" in tab.export.run.itemText(1)
    tab.export.run.set_value("3")
    tab.export.run.committed.emit("3")
    asked = engine.asked(Predict)[-1]
    assert (asked.run, asked.which) == ("3", "last")


def test_several_files_get_a_line_each_and_a_broken_one_says_why(bench, engine, pictures, tmp_path, qtbot):
    broken = Prediction(input="/x/broken.png", problem="The picture is damaged.")
    engine.answer_with(Predict, prediction(SNEAKER, broken))
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.png", ".hidden"):
        (folder / name).write_bytes(b"x")
    pictures.trying.inputs.take_files([folder])
    answered(bench, qtbot)
    assert [value["pixels"][-5:] for value in engine.asked(Predict)[0].inputs] == ["a.png", "b.png"]
    strip = pictures.trying.answer.many
    told = [strip.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(2)]
    assert told == ["shoe.png: Sneaker 96.2 %", "/x/broken.png: The picture is damaged."]
    assert [strip.item(row).text() for row in range(2)] == ["Sneaker", "broken.png"]
    assert pictures.trying.answer.detail() == []
    strip.setFocus()
    strip.setCurrentRow(0)
    assert pictures.trying.answer.detail() == ["label: Sneaker"]
    strip.setCurrentRow(1)
    assert pictures.trying.answer.detail() == [], "there is nothing more to be said of what could not be used"
    pictures.trying.answer.copy.click()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied == ["shoe.png\tSneaker\t96.2 %", "/x/broken.png\tThe picture is damaged.\t"]


def test_one_unusable_input_says_why(bench, engine, pictures, tmp_path, qtbot):
    engine.answer_with(Predict, prediction(Prediction(input="x", problem="The picture <b>is</b> damaged.")))
    pictures.trying.inputs.take_files([tmp_path / "x.png"])
    answered(bench, qtbot)
    assert pictures.trying.answer.failure.text() == "The picture <b>is</b> damaged."


def test_a_failure_says_what_to_do_and_can_be_tried_again(bench, engine, pictures, tmp_path, qtbot):
    engine.answer_with(
        Predict, RequestFailed(error=error("run", "Run 14 holds no checkpoint.", "run 14", "Train again."))
    )
    pictures.trying.inputs.take_files([tmp_path / "x.png"])
    answered(bench, qtbot)
    failure = pictures.trying.answer.failure
    assert (failure.title(), failure.text()) == ("Run 14 holds no checkpoint.", "Where: run 14. Train again.")
    engine.answer_with(Predict, prediction(SNEAKER))
    next(b for b in failure.findChildren(Button) if b.text() == "Try again").click()
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    assert pictures.trying.answer.outputs() == ["label: Sneaker"]


def test_the_first_answer_shows_how_far_it_is(bench, engine, pictures, tmp_path, qtbot):
    engine.answer_with(Predict, [Progress(fraction=0.6, message="Exporting the model once", left_s=4)])
    pictures.trying.inputs.take_files([tmp_path / "x.png"])
    qtbot.waitUntil(lambda: pictures.trying.answer.line.text() == "Exporting the model once")
    assert pictures.trying.answer.line.bar.value() == 600


def test_a_first_sample_is_answered_by_itself_and_others_on_request(bench, engine, tmp_path, qtbot):
    scripted_data(engine)
    splits = DataDescribed(samples=6, counts=SplitCounts(train=4, test=2), splits=bytes([0, 0, 0, 2, 0, 2]))
    engine.answer_with(DescribeData, splits)
    one_run(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    answered(bench, qtbot)
    inputs = tab.trying.inputs
    assert inputs.drop.accessibleDescription() == "00003.png"
    assert engine.asked(Predict)[0].inputs == [{"pixels": {"sample": 3}}], "as it is in the data, not as it is shown"
    assert inputs.drop.picture().width() == 28
    card = tab.trying.answer.cards()[0]
    assert card.truth() == "Right: the data says Sneaker" and card.doubted() == ""
    inputs.sample.click()
    qtbot.waitUntil(lambda: len(engine.asked(Predict)) == 2)
    assert inputs.drop.accessibleDescription() in ("00003.png", "00005.png")


def test_what_the_user_gave_is_not_replaced_by_a_sample(bench, engine, pictures, tmp_path, qtbot):
    pictures.trying.inputs.take_files([tmp_path / "mine.png"])
    answered(bench, qtbot)
    assert pictures.trying.inputs.sample.blocked_reason() == "The data is not read yet."
    scripted_data(engine)
    engine.answer_with(
        DescribeData, DataDescribed(samples=2, counts=SplitCounts(train=1, test=1), splits=bytes([0, 2]))
    )
    bench.data.describe()
    qtbot.waitUntil(lambda: bench.data.state == "ready")
    assert pictures.trying.inputs.sample.isEnabled()
    assert len(engine.asked(Predict)) == 1


def test_a_copied_picture_is_pasted_as_pixels(bench, engine, pictures, qtbot):
    image = QImage(3, 2, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 20, 30))
    QGuiApplication.clipboard().setImage(image)
    pictures.trying.inputs.setFocus()
    qtbot.keyClick(pictures.trying.inputs, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    answered(bench, qtbot)
    value = engine.asked(Predict)[0].inputs[0]["pixels"]
    assert value == {"pixels": bytes([10, 20, 30] * 6), "height": 2, "width": 3, "channels": 3}
    assert pictures.trying.inputs.drop.has_picture()


def test_copied_files_are_pasted_and_nothing_is_refused_in_words(bench, engine, pictures, tmp_path, qtbot):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "x.png"))])
    QGuiApplication.clipboard().setMimeData(data)
    pictures.trying.inputs.paste.click()
    answered(bench, qtbot)
    assert len(engine.asked(Predict)) == 1
    QGuiApplication.clipboard().setText("no picture")
    pictures.trying.inputs.paste.click()
    assert pictures.trying.refusal.isVisible()
    assert "Nothing that could be used was copied" in pictures.trying.refusal.title()


def test_a_drawing_is_answered_after_each_stroke(bench, engine, pictures, qtbot):
    inputs = pictures.trying.inputs
    assert inputs.picture.draw.isVisible()
    inputs.picture.draw.click()
    pad = inputs.picture.pad
    assert pad.isVisible()
    middle = pad.rect().center()
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=middle - QPoint(40, 0))
    qtbot.mouseMove(pad, middle + QPoint(40, 0))
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=middle + QPoint(40, 0))
    answered(bench, qtbot)
    value = engine.asked(Predict)[0].inputs[0]["pixels"]
    assert (value["height"], value["width"], value["channels"]) == (280, 280, 1)
    assert len(value["pixels"]) == 280 * 280
    assert value["pixels"][140 * 280 + 140] == 255
    assert value["pixels"][0] == 0
    qtbot.keyClick(pad, Qt.Key.Key_Delete)
    assert pad.is_empty()


def test_a_form_of_fields_is_sent_as_it_is_typed(bench, engine, tmp_path, qtbot):
    answer = Answer(value="Gentoo", scores={"Gentoo": 0.9, "Adelie": 0.1})
    engine.answer_with(Predict, prediction(Prediction(input="row", outputs={"species": answer})))
    one_run(bench, tmp_path, RunLog, "penguins")
    tab = shown(bench, qtbot)
    inputs = tab.trying.inputs
    assert inputs.files == [] and not inputs.ask.isVisible()
    island = inputs.editor("island")
    assert island.values() == ["Biscoe", "Dream", "Torgersen", ""]
    qtbot.keyClick(island, Qt.Key.Key_Down)
    mass = inputs.editor("body_mass_g")
    mass.lineEdit().selectAll()
    qtbot.keyClicks(mass.lineEdit(), "missing")
    qtbot.keyClick(mass, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(engine.asked(Predict)) > 0)  # by itself, a moment after the last key
    answered(bench, qtbot)
    value = engine.asked(Predict)[0].inputs[0]
    assert value["island"] == "Dream"
    assert value["body_mass_g"] is None
    assert value["bill_length_mm"] == pytest.approx(43.97)
    assert "species" not in value
    assert tab.trying.answer.outputs() == ["species: Gentoo"]


def test_text_is_asked_for_and_an_empty_one_is_not_sent(bench, engine, tmp_path, qtbot):
    one_run(bench, tmp_path, RunLog, "names")
    tab = shown(bench, qtbot)
    inputs = tab.trying.inputs
    inputs.ask.click()
    assert "Type something" in tab.trying.refusal.title()
    assert engine.asked(Predict) == []
    qtbot.keyClicks(inputs.editor("text"), "Wojciechowski")
    inputs.ask.click()
    answered(bench, qtbot)
    assert engine.asked(Predict)[0].inputs == [{"text": "Wojciechowski"}]
    assert not tab.trying.refusal.isVisible()


def test_a_number_is_shown_large_with_the_name_of_its_output(bench, engine, pictures, tmp_path, qtbot):
    number = Prediction(input="x", outputs={"price": Answer(value=412.3456)})
    engine.answer_with(Predict, PredictionMade(run=14, predictions=[number], milliseconds=0.0))
    pictures.trying.inputs.take_files([tmp_path / "x.png"])
    answered(bench, qtbot)
    assert pictures.trying.answer.outputs() == ["price: 412.3"]
    assert pictures.trying.answer.words_below() == "run #14"


def test_another_run_answers_when_it_is_picked(bench, engine, pictures, tmp_path, qtbot):
    pictures.trying.inputs.take_files([tmp_path / "x.png"])
    answered(bench, qtbot)
    qtbot.keyClick(pictures.export.run, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: len(engine.asked(Predict)) == 2)
    assert engine.asked(Predict)[1].run == "14"
    assert engine.asked(Predict)[1].inputs == engine.asked(Predict)[0].inputs


# Export


def test_an_export_shows_its_proof(bench, engine, pictures, tmp_path, qtbot):
    panel = pictures.export
    panel.precision.set_value("float16")
    panel.opset.set_value(21)
    panel.export_to(tmp_path / "garments")
    qtbot.waitUntil(lambda: bench.use.export_state == "done")
    asked = engine.asked(Export)[0]
    assert (asked.to, asked.precision, asked.opset, asked.run) == (
        str(tmp_path / "garments.onnx"),
        "float16",
        21,
        "best",
    )
    rows = dict(panel.proof.rows())
    assert rows["Same answers as in training, 1,000 samples"] == "999 / 1,000"
    assert rows["Loads in onnxruntime"] == "yes, opset 20"
    assert rows["Pictures of any size"] == "yes"
    assert rows["Size of the file"] == "3.4 MB"
    assert panel.note() == "garments.onnx"
    panel.precision.set_value("float32")
    panel.export_to(tmp_path / "full.onnx")
    qtbot.waitUntil(lambda: len(pictures.files.rows()) == 2)
    assert [row[:3] for row in pictures.files.rows()] == [
        ["full.onnx", "float32", "6.8 MB"],
        ["garments.onnx", "float16", "3.4 MB"],
    ]


def test_an_export_under_way_can_be_cancelled(bench, engine, pictures, tmp_path, qtbot):
    engine.answer_with(Export, [Progress(fraction=0.5, message="Comparing 500 of 1,000", left_s=2)])
    panel = pictures.export
    panel.export_to(tmp_path / "x.onnx")
    qtbot.waitUntil(lambda: panel.line.text() == "Comparing 500 of 1,000")
    assert panel.button.blocked_reason() == "An export is under way."
    next(b for b in panel.line.findChildren(Button)).click()
    qtbot.waitUntil(lambda: bench.use.export_state == "idle")
    assert panel.button.isEnabled()
    assert not panel.line.isVisible()


def test_a_failed_export_names_the_node_and_what_to_do(bench, engine, pictures, tmp_path, qtbot):
    failure = error("export", "The file answers otherwise than the network.", "conv2", "Try opset 20.")
    engine.answer_with(Export, RequestFailed(error=failure))
    pictures.export.export_to(tmp_path / "x.onnx")
    qtbot.waitUntil(lambda: pictures.export.failure.isVisible())
    assert pictures.export.failure.text() == "Where: conv2. Try opset 20."
    assert not pictures.export.proof.isVisible()


def test_answers_that_differ_are_not_shown_as_fine():
    rows = {words: tone for words, _, tone in proof_of(exported("x.onnx", "float16"))}
    assert rows["Same answers as in training, 1,000 samples"] == "warn"
    fine = {words: tone for words, _, tone in proof_of(exported("x.onnx"))}
    assert fine["Same answers as in training, 1,000 samples"] == "ok"
    assert [size_text(n) for n in (12, 4_120, 6_812_345, 2_500_000_000)] == ["12 B", "4.12 kB", "6.81 MB", "2.5 GB"]


def test_the_code_names_the_files_inputs_and_outputs_and_can_be_copied(bench, engine, pictures, tmp_path, qtbot):
    pictures.export.export_to(tmp_path / "my 'own'.onnx")
    qtbot.waitUntil(lambda: pictures.apps.copy.isEnabled())
    pictures.apps.copy.click()
    code = QGuiApplication.clipboard().text()
    ast.parse(code)
    assert "'pixels': np.asarray(picture)[None]" in code
    assert "names = ['label', 'scores']" in code
    assert repr("my 'own'.onnx") in code
    table = msgspec.structs.replace(
        exported("t.onnx"),
        inputs=[
            {"name": "age", "kind": "number"},
            {"name": "sex", "kind": "category"},
            {"name": "x", "kind": "array", "shape": ["N", 4]},
        ],
        outputs=[{"name": "price", "dtype": "float"}],
    )
    ast.parse(python_code(table))
    assert "PIL" not in python_code(table)


# Pictures are read outside the window


def test_the_reader_takes_pictures_and_refuses_the_rest(tmp_path, qapp):
    big = QImage(1000, 500, QImage.Format.Format_RGB32)
    big.fill(QColor(200, 10, 10))
    big.save(str(tmp_path / "big.jpg"))
    found = read(str(tmp_path / "big.jpg"), 100)
    assert isinstance(found, QImage)
    assert (found.width(), found.height()) == (100, 50)
    assert len(rgb_bytes(found)) == 100 * 50 * 3
    (tmp_path / "evil.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"
    )
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "cut.png").write_bytes((picture_file(tmp_path)).read_bytes()[:60])
    for name in ("evil.svg", "text.png", "cut.png", "missing.png"):
        assert isinstance(read(str(tmp_path / name), 100), str), name


def test_a_preview_that_cannot_be_made_says_why(tmp_path, qtbot):
    preview = PicturePreview()
    (tmp_path / "text.png").write_text("not a picture")
    with qtbot.waitSignal(preview.failed) as failed:
        preview.read(tmp_path / "text.png")
    assert failed.args == [tmp_path / "text.png", "This is not a picture that can be shown."]
    preview.read(picture_file(tmp_path))
    with qtbot.waitSignal(preview.ready) as ready:
        preview.read(picture_file(tmp_path))  # the one before is dropped
    assert ready.args[1].size().width() == 60


@pytest.mark.parametrize(
    "data", [b"", b"2 2\nxx", b"-1 4\n", b"999999 1\n", b"2 2 2\n" + b"x" * 24, b"a b\n", b"0 0\n"]
)
def test_what_an_overcome_reader_might_say_is_not_believed(data, qapp):
    assert _image(data) is None
    assert _image(b"1 2\n" + bytes(6)).height() == 2


def test_names_from_outside_are_shown_literally(bench, engine, pictures, tmp_path, qtbot):
    name = "<img src=x>" * 3 + ".png"
    pictures.trying.inputs.take_files([Path(tmp_path / name)])
    answered(bench, qtbot)
    assert pictures.trying.inputs.drop.accessibleDescription() == name
    assert not pictures.grab().toImage().isNull()

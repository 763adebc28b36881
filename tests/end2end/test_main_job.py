"""The main job in the real window by mouse and keyboard alone, with the real engine and a real run."""

import itertools
from pathlib import Path

import numpy
import onnxruntime
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from gui.design.canvas.canvas import GraphCanvas
from tests.end2end.test_bad_input import pictures
from tests.end2end.user import CONTROL, User
from tests.gui.drawn_networks import Hand


def add_layer(hand: Hand, canvas: GraphCanvas, type_name: str, at: QPoint) -> str:
    """Drag a layer from the palette and drop it on the canvas; gives its id."""
    before = set(canvas.project.project.graph.nodes)
    hand.drop_layer(type_name, at)
    added = set(canvas.project.project.graph.nodes) - before
    assert len(added) == 1, f"{type_name} was not added"
    return added.pop()


def test_from_a_folder_of_pictures_to_a_file_that_answers_alike(user: User, tmp_path: Path) -> None:
    window, bench = user.window, user.window.bench
    folder = pictures(tmp_path / "light", per_class=60, side=20)

    # A new project, and the pictures dropped on it.
    user.press(Qt.Key.Key_N, CONTROL)
    user.wait(lambda: bench.project.directory is not None)
    user.wait(lambda: window.tab() == "data")
    user.wait(lambda: bench.engine.state == "ready")
    user.drop("data.drop", folder)
    user.wait(lambda: bench.data.state == "ready" and bench.data.description is not None)
    assert bench.data.description is not None and bench.data.description.samples == 120
    assert bench.data.description.classes == ["bright", "dark"]

    # An own network: what was proposed goes, layers are dragged in and connected.
    user.go_to(2, "design")
    canvas = user.find("design.canvas")
    assert isinstance(canvas, GraphCanvas)
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_A, CONTROL)
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    graph = bench.project.project.graph
    assert not graph.nodes
    QTest.keyClick(canvas, Qt.Key.Key_0, CONTROL)
    hand = Hand(canvas)
    width, ids = canvas.width(), {}
    places = {
        "Input": (0.14, 0.2),
        "Conv2d": (0.36, 0.2),
        "ReLU": (0.58, 0.2),
        "MaxPool2d": (0.8, 0.2),
        "Flatten": (0.14, 0.45),
        "Linear": (0.36, 0.45),
        "Output": (0.62, 0.45),
        "CrossEntropyLoss": (0.62, 0.7),
    }
    for type_name, (x, y) in places.items():
        ids[type_name] = add_layer(hand, canvas, type_name, QPoint(int(width * x), int(canvas.height() * y)))
    truth = add_layer(hand, canvas, "Input", QPoint(int(width * 0.3), int(canvas.height() * 0.7)))
    # Each Input took the field that was still free, so nothing had to be chosen.
    shows_fields(user, hand, ids["Input"], ("pixels",))
    shows_fields(user, hand, truth, ("label",))
    chain = ["Input", "Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]
    for source, target in itertools.pairwise(chain):
        hand.drag(hand.output(ids[source]), hand.input(ids[target]))
        assert graph.inputs_of(ids[target]), f"{source} is not linked to {target}"
    hand.drag(hand.output(ids["Linear"]), hand.input(ids["Output"], "prediction"))
    hand.drag(hand.output(ids["Linear"]), hand.input(ids["CrossEntropyLoss"], "prediction"))
    hand.drag(hand.output(truth), hand.input(ids["CrossEntropyLoss"], "target"))

    # The width of the last layer is wrong; the problem says so and its repair mends it.
    repair_everything(user)
    assert graph.nodes[ids["Linear"]].attributes["out_features"] == 2
    before = dict(graph.nodes)
    QTest.keyClick(canvas, Qt.Key.Key_Z, CONTROL)
    assert graph.nodes != before
    QTest.keyClick(canvas, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert graph.nodes == before

    # Two epochs, by the Train button.
    user.go_to(3, "train")
    epochs = user.find("train.recipe.epochs")
    epochs.setFocus()
    editor = QApplication.focusWidget()
    QTest.keyClick(editor, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(editor, "2")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert bench.project.project.recipe.phases[0].epochs == 2
    user.wait(lambda: not bench.runs.reason_not_to_start(), 60)
    user.click("train.start")
    user.wait(lambda: bool(bench.runs.summaries) and bench.runs.summaries[0].state == "finished", 120)
    assert bench.runs.summaries[0].epochs == 2

    # The confusion matrix on the test split.
    user.go_to(4, "evaluate")
    user.wait(lambda: bench.evaluation.state in ("done", "failed"), 120)
    assert bench.evaluation.result is not None, bench.evaluation.error
    matrix = bench.evaluation.result.outputs[0].matrix
    assert sum(map(sum, matrix)) == bench.data.description.counts.test
    confusion = user.find("evaluate.confusion")
    assert confusion.isVisible() and confusion.accessibleName()

    # A picture nobody has seen.
    user.go_to(5, "use")
    new = tmp_path / "new.png"
    Image.fromarray(numpy.full((33, 47, 3), 205, numpy.uint8)).save(new)
    user.drop("use.try", new)
    # The tab has shown an answer for a test picture by itself; ours is the one that counts.
    user.wait(lambda: any("new.png" in str(given) for given in bench.use.inputs), 20)
    user.wait(lambda: bench.use.predict_state == "done", 120)
    answer = bench.use.prediction.predictions[0].outputs["label"]
    assert answer.value in ("bright", "dark")
    user.wait(lambda: str(answer.value) in shown_text(user.find("use.answer")))

    # The file, proved, and alike in another runtime.
    user.click("use.export")
    user.wait(lambda: bench.use.export_state in ("done", "failed"), 120)
    result = bench.use.export_result
    assert result is not None, bench.use.error
    assert result.verified.same_answers == result.verified.samples >= 100
    session = onnxruntime.InferenceSession(result.file)
    name = session.get_inputs()[0].name
    pixels = numpy.asarray(Image.open(new))[None]
    label, scores = session.run(["label", "scores"], {name: pixels})
    assert label[0] == answer.value
    assert abs(float(scores[0].max()) - max(answer.scores.values())) < 1e-5
    assert Path(result.file).stat().st_size == result.bytes


def shown_text(widget: QWidget) -> str:
    """All the words a widget and its parts show or tell a screen reader."""
    words = []
    for part in [widget, *widget.findChildren(QWidget)]:
        for method in ("text", "accessibleName", "accessibleDescription"):
            got = getattr(part, method, None)
            if callable(got):
                words.append(str(got()))
    return " ".join(words)


def shows_fields(user: User, hand: Hand, node: str, fields: tuple[str, ...]) -> None:
    """Click a node and read its fields in the inspector."""
    hand.drag(hand.card(node), hand.card(node))
    assert user.window.bench.selection.nodes == {node}
    user.wait(lambda: user.find("attribute.fields").value() == fields, 5)  # type: ignore[attr-defined]


def repair_everything(user: User) -> None:
    """Click the first repair in the list of problems until there is none."""
    checker = user.window.bench.project.checker
    for _ in range(5):
        errors = [problem for problem in checker.problems() if problem.severity == "error" and problem.repairs]
        if not errors:
            return
        title = errors[0].repairs[0].title[:24]  # long captions are cut in the list

        def offered(words: str = title) -> list[QAbstractButton]:
            panel = user.find("design.problems")
            return [b for b in panel.findChildren(QAbstractButton) if words in b.text() and b.isVisibleTo(user.window)]

        user.wait(lambda look=offered: bool(look()), 5)
        QTest.mouseClick(offered()[0], Qt.MouseButton.LeftButton)
    assert not [problem for problem in checker.problems() if problem.severity == "error"]

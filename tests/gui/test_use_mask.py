"""Try it with a network that answers with a mask: regions in the colours of their classes over the picture."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPixmap

from engine.protocol.messages.deployment import Answer, Prediction, PredictionMade
from gui.forms.metric_text import main_metric
from gui.use.answer_panel import OutputAnswer
from gui.use.mask_view import MaskView
from gui.widgets.class_color import class_color
from gui.widgets.theme import apply_theme
from tests.gui.test_use_tab import answered, bench, engine, pictures  # noqa: F401 - fixtures

HIGH, WIDE = 30, 50


@pytest.fixture
def view(qapp, qtbot) -> MaskView:
    apply_theme(qapp, "dark")
    view = MaskView()
    qtbot.addWidget(view)
    view.resize(500, 326)  # 300 for the mask of 50 × 30, 26 for the key
    return view


def regions() -> bytes:
    mask = np.zeros((HIGH, WIDE), np.uint8)
    mask[:, 25:] = 1
    mask[20:, :10] = 2
    return mask.tobytes()


def color_at(view: MaskView, x: float, y: float) -> QColor:
    return QColor(view.grab().toImage().pixel(int(x * 500), int(y * 300)))


def near(one: QColor, other: QColor) -> bool:
    return all(abs(a - b) <= 6 for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


def mixed(under: QColor, over: QColor) -> QColor:
    return QColor(*(round(a + (b - a) * 150 / 255) for a, b in zip(under.getRgb()[:3], over.getRgb()[:3], strict=True)))


def test_regions_lie_over_the_picture_in_their_colours(view: MaskView) -> None:
    picture = QPixmap.fromImage(QImage(100, 60, QImage.Format.Format_RGB888))
    picture.fill(QColor("#808080"))
    view.set_mask(regions(), HIGH, WIDE)
    view.set_beneath(picture, ("nothing", "cell", "edge"))
    grey = QColor("#808080")
    assert near(color_at(view, 0.25, 0.3), grey)
    assert near(color_at(view, 0.75, 0.3), mixed(grey, class_color(1)))
    assert near(color_at(view, 0.1, 0.9), mixed(grey, class_color(2)))
    assert view.accessibleName() == "Mask with nothing, cell, edge"
    key = view.grab().toImage()
    row = [QColor(key.pixel(x, 315)).name() for x in range(500)]
    assert class_color(1).name() in row and class_color(2).name() in row


def test_without_a_picture_and_with_one_that_comes_later(view: MaskView) -> None:
    view.set_mask(regions(), HIGH, WIDE)
    plain = color_at(view, 0.25, 0.3)
    picture = QPixmap(100, 60)
    picture.fill(QColor("white"))
    view.set_beneath(picture, ())
    assert not near(plain, QColor("white")) and near(color_at(view, 0.25, 0.3), QColor("white"))
    assert view.accessibleName() == "Mask with class 0, class 1, class 2"


def test_a_mask_that_does_not_fill_its_size_is_not_shown(view: MaskView) -> None:
    for mask, height, width in ((b"", 0, 0), (regions()[:-1], HIGH, WIDE), (regions(), -1, WIDE)):
        view.set_mask(mask, height, width)
        view.grab()
        assert view.accessibleName() == "Mask"


def test_only_an_answer_with_a_mask_shows_one(qapp, qtbot) -> None:
    apply_theme(qapp, "dark")
    output = OutputAnswer()
    qtbot.addWidget(output)
    scores = {"nothing": 0.4, "cell": 0.6}
    output.show_answer(
        "mask", Answer(value="cell 60%", scores=scores, mask=regions(), height=HIGH, width=WIDE), alone=True
    )
    assert output.regions.isVisibleTo(output)
    output.show_answer("label", Answer(value="cell", scores=scores), alone=True)
    assert not output.regions.isVisibleTo(output)


def test_the_picture_that_was_given_lies_beneath(bench, engine, pictures, tmp_path, qtbot) -> None:  # noqa: F811
    from engine.protocol.messages.deployment import Predict

    answer = Answer(value="cell 50%", scores={"cell": 0.5}, mask=regions(), height=HIGH, width=WIDE)
    made = PredictionMade(
        request=0, run=1, milliseconds=1.0, predictions=[Prediction(input="x", outputs={"mask": answer})]
    )
    engine.answer_with(Predict, made)
    image = QImage(40, 24, QImage.Format.Format_RGB888)
    image.fill(QColor("#ff8000"))
    pictures.trying.inputs.take_image(image, "pasted")
    answered(bench, qtbot)
    panel = pictures.trying.answer
    assert panel.beneath() is None  # this project's pictures are cut to size, a mask would lie elsewhere
    picture = pictures.trying.inputs.drop.picture()
    assert picture is not None and picture.width() == 40


def test_the_scores_of_masks_have_the_place_of_the_matrix(bench, engine, pictures, qtbot) -> None:  # noqa: F811
    from engine.protocol.messages.evaluation import ClassScore, EvaluationFinished, FieldEvaluation, Mistake
    from gui.evaluate.tab import EvaluateTab
    from gui.evaluate.views.mistakes import MistakesView

    tab = EvaluateTab(project=bench.project, runs=bench.runs, evaluation=bench.evaluation, data=bench.data)
    qtbot.addWidget(tab)
    scores = [
        ClassScore(name=name, precision=0.9, recall=0.8, f1=0.85, samples=1000, overlap=0.74)
        for name in ("none", "cell")
    ]
    mistakes = [Mistake(index=1, true="cell 3.0%", predicted="cell 2.0%", score=0.5)]
    field = FieldEvaluation(
        field="mask",
        metrics={"accuracy": 0.9, "jaccard_macro": 0.74},
        classes=["none", "cell"],
        per_class=scores,
        mistakes=mistakes,
    )
    page = tab.view("mistakes")
    assert isinstance(page, MistakesView)
    page.show_output(EvaluationFinished(run=1, split="test", samples=3, seconds=0.1, outputs=[field]), field)
    assert not page.classes_card.isHidden() and page.matrix_card.isHidden()
    model = page.classes.model()
    heads = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]
    assert heads == ["class", "precision", "recall", "F1", "IoU", "n"]
    assert model.index(1, 4).data() == "0.740"


def test_parts_of_a_loss_are_not_what_a_run_is_judged_by() -> None:
    values = {"loss": 1.0, "loss.overlap": 0.2, "loss.loss": 0.8, "accuracy": 0.9, "jaccard_macro": 0.7}
    assert main_metric(values) == "accuracy"
    assert main_metric({"loss": 1.0, "loss.overlap": 0.2}) == "loss"


def test_the_lines_of_python_run_a_file_that_answers_with_a_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess
    import sys

    from engine.deployment.export import export_onnx
    from gui.use.python_code import python_code
    from tests.unit.data.samples_on_disk import noisy, png
    from tests.unit.deployment.small_runs import run_of
    from tests.unit.deployment.test_masks_whole_way import cells

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    folder, project = cells(tmp_path, 3)
    made = export_onnx(folder, run_of(folder, project), tmp_path / "cells.onnx")
    (tmp_path / "picture.png").write_bytes(png(noisy(1, 30, 30)))
    (tmp_path / "run.py").write_text(python_code(made))
    done = subprocess.run([sys.executable, "run.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    shares = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
    assert list(shares) == ["background", "1", "2"] and sum(map(float, shares.values())) == pytest.approx(1)

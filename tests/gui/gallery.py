"""Draws every widget and chart in both themes into PNG files: `python tests/gui/gallery.py FOLDER`, to be looked at."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PySide6.QtGui import QColor, QImage, QPixmap
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from gui.charts.chart_card import ChartCard
from gui.charts.confusion_matrix import ConfusionMatrix
from gui.charts.heat_map import HeatMap
from gui.charts.histogram import Histogram
from gui.charts.line_chart import LineChart
from gui.charts.preload import loader
from gui.charts.score_bars import ScoreBars
from gui.charts.series_style import DASHED, SeriesStyle, series_style
from gui.widgets.attribute_editor import attribute_editor
from gui.widgets.bar import Bar
from gui.widgets.busy import BusyOverlay
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.drop_area import DropArea
from gui.widgets.empty_state import EmptyState
from gui.widgets.form_row import FormRow
from gui.widgets.icons import icon_pixmap
from gui.widgets.notice import Notice
from gui.widgets.number_editor import NumberEditor
from gui.widgets.pill import Pill
from gui.widgets.progress_line import ProgressLine
from gui.widgets.resources import ICONS
from gui.widgets.row_list import RowList
from gui.widgets.side_panel import SidePanel
from gui.widgets.switch import Switch
from gui.widgets.tabs import SegmentedTabs
from gui.widgets.text import Text
from gui.widgets.theme import apply_theme
from gui.widgets.toast import Toast


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A declared attribute for the form."""

    name: str
    kind: str
    default: object = None
    help: str = ""
    label: str = ""
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False


def page() -> QWidget:
    """An empty page."""
    widget = QWidget()
    widget.setProperty("role", "page")
    return widget


def controls() -> QWidget:
    """Side panel with a form, buttons, editors, bars, notices."""
    whole = page()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    side = SidePanel("left")
    side.add_section("Runs")
    runs = RowList(accessible="Runs")
    for caption, value, dot in (
        ("#14 wider fc", "0.941", "accent"),
        ("#13 dropout 0.3", "0.936", "ok"),
        ("#12 baseline with a very long name", "0.921", "warn"),
        ("#11 sgd", "0.887", "family.recurrent"),
    ):
        runs.add_row(caption, value, dot=dot)
    runs.setCurrentRow(0)
    side.add(runs)
    side.add_section("Recipe")
    learning_rate = FormRow("Learn rate", NumberEditor(0.003, above=0))
    rows = [
        FormRow("Optimizer", ChoiceEditor(["AdamW", "SGD"])),
        learning_rate,
        FormRow("Epochs", NumberEditor(20, whole=True, minimum=1)),
        FormRow("Batch", NumberEditor(128, whole=True, minimum=1, doubling=True)),
        FormRow("Balanced", Switch(True)),
        FormRow("Clip", NumberEditor(None, above=0, optional=True, none_text="off")),
        FormRow("Kernel size", attribute_editor(Declared(name="k", kind="size", minimum=1), 3)),
        FormRow("Channels", attribute_editor(Declared(name="c", kind="integers"), (16, 32))),
        FormRow("Fields", attribute_editor(Declared(name="f", kind="fields"), ("age",), options=("age", "sex"))),
        FormRow("Mode", ChoiceEditor([Choice(value="a"), Choice(value="b", blocked="needs a GPU")], "c")),
    ]
    for form_row in rows:
        side.add(form_row)
    learning_rate.set_problem("'abc' is not a number.")
    rows[2].set_hint("about 40 s a run")
    side.add(Button("Find learning rate...", role="link"))
    side.finish()
    row.addWidget(side)
    body = QVBoxLayout()
    body.setContentsMargins(12, 12, 12, 12)
    body.setSpacing(12)
    bar = QHBoxLayout()
    bar.addWidget(SegmentedTabs(("Data", "Design", "Train", "Evaluate", "Use")))
    bar.addStretch(1)
    for text, state in (("GPU 0 · 18 %", "ok"), ("engine busy", "busy"), ("no engine", "error")):
        bar.addWidget(Pill(text, state))
    bar.addWidget(Button("Train", role="primary", icon="play"))
    body.addLayout(bar)
    buttons = Card("Buttons", "a note at the right")
    line = QHBoxLayout()
    for button in (
        Button("Pause", icon="pause"),
        Button("Stop", icon="stop"),
        Button("Export ONNX", role="primary"),
        Button("Delete", role="danger"),
        Button("Log", role="quiet", small=True),
        Button("Show why", small=True),
        Button(role="icon", icon="more", tooltip="More"),
        Button("Blocked"),
        Button("Blocked", role="primary", icon="play"),
    ):
        if button.text() == "Blocked":
            button.set_blocked("No data yet")
        line.addWidget(button)
    line.addStretch(1)
    buttons.body.addLayout(line)
    progress = ProgressLine("Epoch 14 of 20")
    progress.set_progress(0.68, right="48.2 k samples/s · 2.7 ms/step", left_s=42)
    buttons.body.addWidget(progress)
    body.addWidget(buttons)
    cards = QHBoxLayout()
    cards.setSpacing(12)
    for name, value, below in (
        ("Accuracy", "94.1 %", "95 % CI 93.6–94.5"),
        ("Macro F1", "0.940", "10 classes"),
        ("Latency", "0.41 ms", "onnxruntime, batch 1"),
    ):
        card = Card()
        card.body.setSpacing(2)
        card.body.addWidget(Text(name, tone="dim"))
        card.body.addWidget(Text(value, role="score"))
        card.body.addWidget(Text(below, role="mono-small"))
        cards.addWidget(card)
    body.addLayout(cards)
    lower = QHBoxLayout()
    lower.setSpacing(12)
    answers = Card("Answer")
    for caption, share in (("sneaker", 0.962), ("boot", 0.029), ("sandal", 0.007)):
        answers.body.addWidget(Bar(caption, share, f"{share * 100:.1f} %", tone="ok" if share > 0.5 else "accent"))
    answers.body.addStretch(1)
    lower.addWidget(answers)
    drop = DropArea("Drop pictures, tables or archives here", "or click to choose")
    lower.addWidget(drop)
    seen = DropArea("Drop", "digit.png")
    picture = QImage(28, 28, QImage.Format.Format_RGB32)
    picture.fill(QColor("#202020"))
    for i in range(8, 20):
        picture.setPixelColor(14, i, QColor("white"))
    seen.set_picture(QPixmap.fromImage(picture))
    lower.addWidget(seen)
    body.addLayout(lower, 1)
    for kind, title, text in (
        ("warning", "Overfitting began at epoch 9", "Validation loss has risen for 5 epochs while training loss fell."),
        ("error", "3 files cannot be read", "Left out of training: a.png (line 3), b.png, c.png."),
        ("info", "Found 12,418 pictures in 6 classes", "A small convolutional network was proposed."),
        ("ok", "Exported garments.onnx", "1000 of 1000 answers are the same."),
    ):
        body.addWidget(Notice(kind, title, text, [Button("Show why"), Button("Apply", role="primary")], closable=True))
    row.addLayout(body, 1)
    return whole


def states() -> QWidget:
    """Empty, busy, icons, toast."""
    whole = page()
    grid = QGridLayout(whole)
    grid.setContentsMargins(12, 12, 12, 12)
    grid.setSpacing(12)
    empty = Card()
    empty.body.addWidget(
        EmptyState(
            "data",
            "No data yet",
            "Drop a folder of pictures, a table or an archive. Netwright looks what it holds and proposes a network.",
            [Button("Choose folder...", role="primary"), Button("Open an example")],
        )
    )
    grid.addWidget(empty, 0, 0)
    busy_card = Card("Confusion matrix")
    busy_card.body.addWidget(Text("content behind"))
    busy_card.body.addStretch(1)
    grid.addWidget(busy_card, 0, 1)
    overlay = BusyOverlay(busy_card)
    icons = Card("Icons")
    sheet = QGridLayout()
    for at, file in enumerate(sorted(ICONS.glob("*.svg"))):
        label = Text()
        label.setPixmap(icon_pixmap(file.stem, "text", 20))
        sheet.addWidget(label, at // 12 * 2, at % 12)
        sheet.addWidget(Text(file.stem, role="mono-small"), at // 12 * 2 + 1, at % 12)
    icons.body.addLayout(sheet)
    grid.addWidget(icons, 1, 0, 1, 2)
    grid.setRowStretch(0, 1)
    toast = Toast(whole)

    def after() -> None:
        overlay.begin("Reading 10,000 pictures")
        overlay.set_progress(0.3, left_s=12)
        toast.say("Moved 12 samples to training", "Undo", lambda: None)

    whole.setProperty("after", after)
    return whole


def charts() -> QWidget:
    """Charts, drawn from made-up but realistic numbers."""
    rng = np.random.default_rng(7)
    whole = page()
    grid = QGridLayout(whole)
    grid.setContentsMargins(12, 12, 12, 12)
    grid.setSpacing(12)
    loss, accuracy = ChartCard("Loss", log=True), ChartCard("Accuracy")
    x, epochs = np.linspace(0, 13.6, 400), np.arange(1, 14)
    for card, shape in (
        (loss, lambda t: 0.85 * np.exp(-t / 3) + 0.1),
        (accuracy, lambda t: 0.96 - 0.8 * np.exp(-t / 3)),
    ):
        chart = card.chart
        chart.add_series("train", "#14 train", SeriesStyle(color=series_style(0).color))
        chart.add_series("val", "#14 val", SeriesStyle(color=series_style(0).color, dash=DASHED))
        chart.add_series("old", "#12 val", series_style(2, dash=DASHED))
        chart.append("train", x, shape(x) + rng.normal(0, 0.012, len(x)))
        chart.append("val", epochs, shape(epochs) + 0.04)
        chart.append("old", np.arange(1, 21), shape(np.arange(1, 21) * 0.7) + 0.05)
        chart.set_x_end(20)
    loss.chart.set_smoothing(0.9)
    grid.addWidget(loss, 0, 0, 1, 2)
    grid.addWidget(accuracy, 0, 2, 1, 2)
    for at, count in enumerate((8, 2, 60)):
        names = ["shirt", "coat", "dress", "bag", "boot", "sandal", "sneaker", "trouser"] if count == 8 else []
        names = names or [f"class {i}" for i in range(count)]
        counts = rng.poisson(2 if count == 8 else 0.4, (count, count))
        counts[np.arange(count), np.arange(count)] = rng.integers(900, 990, count)
        counts[1, 5 % count] = 41
        card = Card("Confusion matrix", "rows: true · columns: predicted")
        matrix = ConfusionMatrix()
        matrix.set_matrix(names, counts)
        if count == 8:
            matrix.select(1, 5)
        card.body.addWidget(matrix)
        grid.addWidget(card, 1, at if at == 0 else at + 0, 1, 1)
    side = QVBoxLayout()
    weights = Card("Weights · epoch 7")
    histogram = Histogram(tone="family.convolution")
    counts, edges = np.histogram(rng.normal(0, 0.1, 4000), 40)
    histogram.set_counts(counts.tolist(), edges.tolist())
    weights.body.addWidget(histogram)
    side.addWidget(weights)
    scores = Card("Answer")
    bars = ScoreBars(shown=3)
    bars.set_scores([("sneaker", 0.9997), ("boot", 0.0002), ("sandal", 0.0001), ("bag", 0.0)])
    scores.body.addWidget(bars)
    side.addWidget(scores)
    flow = Card("Gradient flow", "norm per layer")
    heat = HeatMap()
    heat.set_columns([(e, {n: float(np.exp(-i * 0.7 - e * 0.1)) for i, n in enumerate("abcde")}) for e in range(1, 21)])
    flow.body.addWidget(heat)
    side.addWidget(flow)
    grid.addLayout(side, 1, 3)
    grid.setRowStretch(0, 2)
    grid.setRowStretch(1, 3)
    return whole


PAGES: dict[str, Callable[[], QWidget]] = {"controls": controls, "states": states, "charts": charts}


def main(folder: Path) -> None:
    """Draw all pages."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    loader().start()
    loader().wait()
    app.processEvents()
    for theme in ("dark", "light"):
        apply_theme(app, theme)
        for name, build in PAGES.items():
            widget = build()
            widget.resize(1200, 900)
            widget.show()
            app.processEvents()
            after = widget.property("after")
            if callable(after):
                after()
            app.processEvents()
            for chart in widget.findChildren(LineChart):
                chart.redraw()
            app.processEvents()
            widget.grab().save(str(folder / f"{name}_{theme}.png"))
            widget.close()
            widget.deleteLater()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/gallery"))

"""Export: an ONNX file with everything in it, and the proof that it answers as the trained network does."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QWidget

from engine.checks.export_outlook import export_outlook
from engine.checks.file_ports import NEWEST_OPSET, OLDEST_OPSET, USUAL_OPSET
from engine.document.flat import flattened
from engine.protocol.messages.base import Progress
from engine.protocol.messages.deployment import ModelExported
from engine.protocol.run_folder import RunSummary
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.models.use import UseModel
from gui.use.chosen_run import is_usable
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow
from gui.widgets.notice import Notice
from gui.widgets.progress_line import ProgressLine
from gui.widgets.text import Text

_PRECISIONS: Final = (
    Choice(value="float32", label="float32", help="Exactly the numbers of training."),
    Choice(value="float16", label="float16", help="Half the size; answers hardly differ."),
    Choice(
        value="int8",
        label="int8",
        help="A quarter of the size and often faster. Scales are measured on your train split; the file is refused if "
        "its score on the test split falls by more than 2 points.",
    ),
)
_CONTENTS: Final = (
    Choice(
        value="whole",
        label="preparation + model + labels",
        help="Takes what a person has (a picture of any size, a row, a text) and gives the answer.",
    ),
    Choice(
        value="network",
        label="network alone",
        help="Takes prepared numbers and gives what the network gives: for OpenCV, Unity, TensorRT and other programs "
        "that prepare by themselves.",
    ),
)
_GRAPHS: Final = (
    Choice(value=False, label="as drawn", help="A group of operators for each node, under its name."),
    Choice(
        value=True,
        label="simplified",
        help="Constants worked out, BatchNorm drawn into the convolution before it. onnxruntime does so by itself when "
        "it loads a file; other programs may not.",
    ),
)
_OPSETS: Final = tuple(
    Choice(
        value=opset,
        label=f"{opset}",
        help="Runs in every current program." if opset == USUAL_OPSET else "For older programs." if opset < 17 else "",
    )
    for opset in range(OLDEST_OPSET, NEWEST_OPSET + 1)
)
_INT8: Final = {
    "auto": "",
    "static": "Static: scales measured on the train split.",
    "dynamic": "Dynamic: scales found while it runs.",
}
_OUTLOOK_MS: Final = 150
_CAPTION: Final = 72


class ProofRows(QWidget):
    """What was checked, line by line: words at the left, the finding at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(0, 1)
        self._rows: list[tuple[Text, Text, QWidget]] = []

    def show_rows(self, rows: list[tuple[str, str, str]]) -> None:
        """Show (words, finding, tone)."""
        while len(self._rows) < len(rows):
            at = len(self._rows)
            words, found = Text("", wrap=True), Text("", role="mono")
            found.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for text in (words, found):
                text.setMinimumHeight(26)
            rule = _rule()
            self._grid.addWidget(words, 2 * at, 0)
            self._grid.addWidget(found, 2 * at, 1)
            self._grid.addWidget(rule, 2 * at + 1, 0, 1, 2)
            self._rows.append((words, found, rule))
        for at, (words, found, rule) in enumerate(self._rows):
            for widget in (words, found, rule):
                widget.setVisible(at < len(rows))
            if at < len(rows):
                words.set_text(rows[at][0])
                found.set_text(rows[at][1])
                found.set_tone(rows[at][2])

    def rows(self) -> list[tuple[str, str]]:
        """What is shown."""
        return [(words.whole_text(), found.whole_text()) for words, found, _ in self._rows if not words.isHidden()]


class ExportPanel(Card):
    """`run_chosen` carries the run picked: it is also the one that answers in Try it."""

    run_chosen = Signal(str)
    precision_chosen = Signal()
    """Another number format, by hand or with `choose`."""
    node_wanted = Signal(str)
    """A node, by its id in the flat form, that the user wants to see in the drawing."""

    def __init__(self, project: ProjectModel, runs: RunsModel, use: UseModel, parent: QWidget | None = None) -> None:
        super().__init__("Export", name="use.export.card", parent=parent)
        self._project, self._runs, self._use = project, runs, use
        self._offered: list[tuple[str, str]] = []
        self.run = ChoiceEditor([Choice(value="best", label="best run")])
        self.run.setObjectName("use.run")
        self.contents = ChoiceEditor(_CONTENTS)
        self.contents.setObjectName("use.contents")
        self.precision = ChoiceEditor(_PRECISIONS)
        self.precision.setObjectName("use.precision")
        self.int8 = "auto"
        self.graph = ChoiceEditor(_GRAPHS, False)
        self.graph.setObjectName("use.graph")
        self.opset = ChoiceEditor(_OPSETS, USUAL_OPSET)
        self.opset.setObjectName("use.opset")
        self.button = Button(
            "Export ONNX", role="primary", name="use.export", tooltip="Write the file into the project's folder exports"
        )
        self.elsewhere = Button("Export to…", small=True, name="use.export.elsewhere", tooltip="Choose the place")
        self.line = ProgressLine(name="use.export.progress")
        self.failure = Notice("error", "", name="use.export.failure")
        self.proof = ProofRows()
        self.show_file = Button("Show in folder", small=True, name="use.export.show")
        self.outlook = Text("", role="small", tone="dim", wrap=True)
        self.outlook.setObjectName("use.export.outlook")
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_OUTLOOK_MS)
        self._soon.timeout.connect(self._show_outlook)
        self._show_node = Button("Show in Design", small=True, name="use.export.node")
        self._show_node.clicked.connect(self._on_node_clicked)
        self._promise = Text(
            "Once written, the file runs in onnxruntime on samples of your data. It is kept only if it answers as the "
            "trained network does; what was found is listed here, and saved beside the file.",
            role="note",
            wrap=True,
        )
        rows = {}
        for caption, editor, help in (
            ("Model", self.run, "The run whose best epoch is taken."),
            ("Contents", self.contents, "What is inside the file."),
            ("Precision", self.precision, "Number format of the weights in the file."),
            ("Graph", self.graph, "How the network is written."),
            ("Opset", self.opset, "Version of ONNX's operators. Older programs need a smaller one."),
        ):
            rows[caption] = FormRow(caption, editor, help=help, caption_width=_CAPTION)
            self.body.addWidget(rows[caption])
        self._precision_row = rows["Precision"]
        self.body.addWidget(self.outlook)
        self.body.addWidget(self.button)
        self.body.addWidget(self.line)
        self.body.addWidget(self.failure)
        self.body.addWidget(self._show_node, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self._promise)
        self.body.addWidget(self.proof)
        below = QHBoxLayout()
        below.addWidget(self.elsewhere)
        below.addWidget(self.show_file)
        below.addStretch(1)
        self.body.addLayout(below)
        self.body.addStretch(1)
        self.button.clicked.connect(self._on_export_clicked)
        self.elsewhere.clicked.connect(self._on_elsewhere_clicked)
        self.line.cancelled.connect(use.cancel_export)
        self.show_file.clicked.connect(self._on_show_clicked)
        self.run.committed.connect(lambda value: self.run_chosen.emit(str(value)))
        self.precision.committed.connect(lambda value: self.choose(str(value)))
        for editor in (self.contents, self.opset):
            editor.committed.connect(lambda _: self._show_outlook())
        project.changed.connect(lambda *_: self._soon.start())
        use.changed.connect(self.refresh)
        use.progressed.connect(self._on_progressed)
        runs.list_changed.connect(self._fill_runs)
        project.opened.connect(self.refresh)
        self._fill_runs()
        self.refresh()

    def export_to(self, file: Path) -> None:
        """Export with the settings shown."""
        if file.suffix.lower() != ".onnx":
            file = file.with_name(file.name + ".onnx")
        self._use.export(
            file,
            str(self.precision.value()),
            int(str(self.opset.value())),
            str(self.run.value()),
            contents=str(self.contents.value()),
            optimised=bool(self.graph.value()),
            int8=self.int8,
        )

    def choose(self, precision: str, int8: str = "auto") -> None:
        """What Export is to write; `int8` is static, dynamic, or auto for what suits the network."""
        self.precision.set_value(precision)
        self.int8 = int8 if precision == "int8" else "auto"
        self._precision_row.set_hint(_INT8[self.int8])
        self.precision_chosen.emit()

    def refresh(self) -> None:
        """Show the state of the model."""
        use = self._use
        working = use.export_state == "working"
        if working and self.line.isHidden():
            self.line.start("Exporting")
        self.line.setVisible(working)
        for button in (self.button, self.elsewhere):
            button.set_blocked("An export is under way." if working else "")
        error = use.export_error if use.export_state == "failed" else None
        self.failure.setVisible(error is not None)
        if error is not None:
            facts = [
                f"Where: {error.where}." if error.where else "",
                f"Expected {error.expected}, found {error.found}." if error.expected and error.found else "",
                error.hint,
            ]
            known = error.where in flattened(self._project.project).graph.nodes
            self._show_node.setToolTip(f"Open the drawing at '{error.where}'" if known else "")
            self.failure.set_message("error", error.message, " ".join(fact for fact in facts if fact))
            self._show_node.setVisible(known)
        else:
            self._show_node.hide()
        result = use.export_result
        self.proof.setVisible(result is not None)
        self._promise.setVisible(result is None and error is None)
        self._soon.start()
        self.show_file.setVisible(result is not None)
        self.set_note(Path(result.file).name if result is not None else "")
        if result is not None:
            self.proof.show_rows(proof_of(result))

    def _show_outlook(self) -> None:
        """What the drawing as it is now becomes in the form chosen, or what stands in the way."""
        if self._project.directory is None:
            return
        found = export_outlook(self._project.checker, int(str(self.opset.value())), str(self.contents.value()))
        self.outlook.set_text(" ".join([found.sentence, *found.notes]))
        self.outlook.set_tone("warn" if found.obstacles or found.notes else "dim")

    def _on_node_clicked(self) -> None:
        error = self._use.export_error
        if error is not None and error.where:
            self.node_wanted.emit(error.where)

    def _fill_runs(self) -> None:
        usable = [summary for summary in self._runs.summaries if is_usable(summary)]
        offered = [("best", "best run"), *((str(s.run), _run_words(s)) for s in usable)]
        if offered != self._offered:
            self._offered = offered
            self.run.set_choices([Choice(value=value, label=label) for value, label in offered])
            if self.run.value() not in [value for value, _ in offered]:
                self.run.set_value("best")

    def _usual_file(self) -> Path | None:
        """exports/garments.onnx in the project folder."""
        directory = self._project.directory
        if directory is None:
            return None
        name = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in self._project.project.name)
        start = directory / "exports" / f"{name or 'model'}.onnx"
        try:
            start.parent.mkdir(exist_ok=True)
        except OSError:
            return directory / start.name  # the engine says why if it cannot write there
        return start

    def _on_export_clicked(self) -> None:
        file = self._usual_file()
        if file is not None:
            self.export_to(file)

    def _on_elsewhere_clicked(self) -> None:
        file = self._usual_file()
        if file is not None:
            chosen, _ = QFileDialog.getSaveFileName(self, "Export ONNX", str(file), "ONNX model (*.onnx)")
            if chosen:
                self.export_to(Path(chosen))

    def _on_show_clicked(self) -> None:
        if self._use.export_result is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._use.export_result.file).parent)))

    def _on_progressed(self, progress: Progress) -> None:
        if self._use.export_state == "working":
            self.line.set_progress(progress.fraction, progress.message, left_s=progress.left_s)


def proof_of(result: ModelExported) -> list[tuple[str, str, str]]:
    """What was checked, what was found, and whether it is as it should be."""
    verified = result.verified
    same = verified.same_answers == verified.samples
    masks = any(item.get("kind") == "mask" for item in result.outputs)
    rows = [
        (
            f"Same answers as in torch, {verified.samples:,} random samples"
            if verified.made_up
            else f"Same answers as in training, {verified.samples:,} samples",
            f"{verified.same_answers:,} / {verified.samples:,}"
            if same or not masks
            else f"{100 * verified.alike:.4g} % of points",
            "ok" if same else "warn",
        ),
        ("Largest difference", f"{verified.max_abs_difference:.1e}", "ok"),
        ("Loads in onnxruntime", f"yes, opset {result.opset}", "ok"),
    ]
    if verified.batch_sizes:
        rows.append(("Any batch size", "tried " + ", ".join(map(str, verified.batch_sizes)), "ok"))
    if any(item.get("kind") == "image" for item in result.inputs):
        rows.append(
            ("Pictures of any size", "yes" if verified.any_size else "no", "ok" if verified.any_size else "warn")
        )
    if result.contents == "network":
        rows.append(("Prepared numbers in", "the network's own numbers out", "ok"))
    else:
        labels = any("classes" in item for item in result.outputs)
        rows.append(("Raw input in, answer out", "label and scores" if labels else "number", "ok"))
    if verified.score_name:
        lost = verified.score_before - verified.score
        word = score_word(verified.score_name)
        words = f"{word[:1].upper()}{word[1:]} on the test split, {verified.scored:,} samples"
        found = score_text(verified.score_name, verified.score)
        if result.precision != "float32":
            found = f"{found}, was {score_text(verified.score_name, verified.score_before)}"
        rows.append((words, found, "ok" if lost <= 0.005 else "warn"))
    if result.proof:
        rows.append(("Proof and samples", Path(result.proof).name, "text"))
    kind = f", {result.int8}" if result.int8 else ""
    rows.append((f"Size of the file{kind}", size_text(result.bytes), "text"))
    return rows


def score_word(name: str) -> str:
    """What a score is called."""
    return {"iou": "IoU", "f1": "F1", "r2": "R²"}.get(name, name)


def score_text(name: str, score: float) -> str:
    """`94.1 %`, `0.923` for R²."""
    return f"{score:.3f}" if name == "r2" else f"{100 * score:.1f} %"


def size_text(count: int) -> str:
    """`6.8 MB`, `412 kB`."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def _run_words(summary: RunSummary) -> str:
    name = f"#{summary.run} {summary.name}".strip()
    return f"{name} · paused" if summary.state == "paused" else name


def _rule() -> QWidget:
    rule = QFrame()
    rule.setProperty("role", "rule")
    return rule

"""Export: an ONNX file with everything in it, and the proof that it answers as the trained network does."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QWidget

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
    Choice(value="int8", label="int8", blocked="Not possible yet. float16 halves the file."),
)
_OPSETS: Final = tuple(
    Choice(value=opset, label=f"{opset}", help="Runs in every current program." if opset == 20 else "")
    for opset in range(17, 23)
)
_CAPTION: Final = 84


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
                text.setMinimumHeight(31)
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

    def __init__(self, project: ProjectModel, runs: RunsModel, use: UseModel, parent: QWidget | None = None) -> None:
        super().__init__("Export", name="use.export.card", parent=parent)
        self._project, self._runs, self._use = project, runs, use
        self._offered: list[tuple[str, str]] = []
        self.run = ChoiceEditor([Choice(value="best", label="best run")])
        self.run.setObjectName("use.run")
        self.precision = ChoiceEditor(_PRECISIONS)
        self.precision.setObjectName("use.precision")
        self.opset = ChoiceEditor(_OPSETS, 20)
        self.opset.setObjectName("use.opset")
        self.button = Button(
            "Export ONNX", role="primary", name="use.export", tooltip="Write the file into the project's folder exports"
        )
        self.elsewhere = Button("Export to…", small=True, name="use.export.elsewhere", tooltip="Choose the place")
        self.line = ProgressLine(name="use.export.progress")
        self.failure = Notice("error", "", name="use.export.failure")
        self.proof = ProofRows()
        self.show_file = Button("Show in folder", small=True, name="use.export.show")
        self._contents = Text(
            "One file: preparation, network, labels. Raw input in, answers out.", role="note", wrap=True
        )
        self._promise = Text(
            "Once written, the file runs in onnxruntime on samples of your data. It is kept only if it answers as the "
            "trained network does; what was found is listed here.",
            role="note",
            wrap=True,
        )
        for caption, editor, help in (
            ("Model", self.run, "The run whose best epoch is taken."),
            ("Precision", self.precision, "Number format of the weights in the file."),
            ("Opset", self.opset, "Version of ONNX's operators. Older programs need a smaller one."),
        ):
            self.body.addWidget(FormRow(caption, editor, help=help, caption_width=_CAPTION))
        self.body.addWidget(self._contents)
        self.body.addWidget(self.button)
        self.body.addWidget(self.line)
        self.body.addWidget(self.failure)
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
        self._use.export(file, str(self.precision.value()), int(str(self.opset.value())), str(self.run.value()))

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
            self.failure.set_message("error", error.message, " ".join(fact for fact in facts if fact))
        result = use.export_result
        self.proof.setVisible(result is not None)
        self._promise.setVisible(result is None and error is None)
        self.show_file.setVisible(result is not None)
        self.set_note(Path(result.file).name if result is not None else "")
        if result is not None:
            self.proof.show_rows(proof_of(result))

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
    rows = [
        (
            f"Same answers as in training, {verified.samples:,} samples",
            f"{verified.same_answers:,} / {verified.samples:,}",
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
    labels = any("classes" in item for item in result.outputs)
    rows.append(("Raw input in, answer out", "label and scores" if labels else "number", "ok"))
    rows.append(("Size of the file", size_text(result.bytes), "text"))
    return rows


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

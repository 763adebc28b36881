"""Shows a foreign model being imported, and then what became of it."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from engine.protocol.messages.base import Progress
from engine.protocol.messages.importing import ModelImported
from gui.models.importing import ImportingModel
from gui.widgets.button import Button
from gui.widgets.facts import Facts
from gui.widgets.guarded import guarded
from gui.widgets.notice import Notice
from gui.widgets.progress_line import ProgressLine
from gui.widgets.text import Text

_WIDTH: Final = 540
_MOST_KINDS: Final = 7
_MOST_NOTES: Final = 4


class ImportDialog(QDialog):
    """Follows the model; goes away when it is idle again."""

    def __init__(self, model: ImportingModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import")
        self.setWindowTitle("Import a model")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(_WIDTH)
        self._model = model
        self.heading = Text("", role="heading", wrap=True)
        self.sentence = Text("", tone="dim", wrap=True)
        self.progress = ProgressLine("", name="import.progress")
        self.progress.cancelled.connect(model.cancel)
        self.notice = Notice("error", "", name="import.error")
        self.facts = Facts()
        self.facts.setObjectName("import.report")
        self.again = Button("Try again", name="import.again")
        self.shut = Button("Show the network", role="primary", name="import.show")
        self.again.clicked.connect(model.again)
        self.shut.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.again)
        buttons.addWidget(self.shut)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(self.heading)
        column.addWidget(self.sentence)
        column.addWidget(self.progress)
        column.addWidget(self.notice)
        column.addWidget(self.facts)
        column.addSpacing(6)
        column.addLayout(buttons)
        model.changed.connect(self._show)
        model.progressed.connect(self._on_progress)
        self._show()

    @guarded
    def reject(self) -> None:
        """Escape and the buttons: while it works this cancels, afterwards the dialog goes."""
        if self._model.state == "working":
            self._model.cancel()
            return
        super().reject()
        self._model.close()

    def _show(self) -> None:
        model, state = self._model, self._model.state
        if state == "idle":
            self.accept()
            return
        name = model.file.name if model.file is not None else "the file"
        working, failed, done = state == "working", state == "failed", state == "done"
        if working and self.progress.isHidden():
            self.progress.start("Reading the file")
        self.progress.setVisible(working)
        self.notice.setVisible(failed)
        self.facts.setVisible(done)
        self.again.setVisible(failed)
        self.shut.setVisible(not working)
        self.shut.set_text("Show the network" if done else "Close")
        self.sentence.setVisible(not failed)
        if working:
            self.heading.set_text(f"Importing {name}")
            self.sentence.set_text("It becomes a project of its own. The file stays as it is.")
        elif failed and model.error is not None:
            self.heading.set_text(f"{name} could not be imported")
            error = model.error
            found = f"Found: {error.found}." if error.found and error.found not in error.message else ""
            self.notice.set_message("error", error.message, " ".join(part for part in (found, error.hint) if part))
        elif model.report is not None:
            self.heading.set_text(f"{name} is a project now")
            self.sentence.set_text(summary(model.report))
            self.facts.show_rows(rows(model.report))
        self.shut.setDefault(True)
        self._fit()

    def _fit(self) -> None:
        """As high as its words need at this width; adjustSize would leave room for those that are hidden."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setFixedHeight(layout.totalHeightForWidth(_WIDTH))

    def _on_progress(self, event: Progress) -> None:
        self.progress.set_progress(event.fraction, event.message, left_s=event.left_s)


def summary(report: ModelImported) -> str:
    """One or two sentences on what can be done with it."""
    layers, kept = sum(report.mapped.values()), sum(report.opaque.values())
    if not kept:
        return (
            f"All of it became layers that you can edit, {layers:,} of them. Freeze what shall stay and train the rest."
        )
    if not layers:
        return (
            f"Its {kept:,} operators run as they are, and can't be edited. You can put layers before and behind them."
        )
    return (
        f"{layers:,} layers can be edited. {_count(kept, 'operator')} {'has' if kept == 1 else 'have'} no layer of the"
        f" same kind here and {'runs as it is' if kept == 1 else 'run as they are'}."
    )


def rows(report: ModelImported) -> list[tuple[str, str]]:
    """The report as names and values."""
    found = []
    if report.mapped:
        found.append(("Layers", _kinds(report.mapped)))
    if report.opaque:
        found.append(("As they are", _kinds(report.opaque)))
    if report.parameters:
        found.append(("Weights", f"{report.parameters:,} numbers, kept as run {report.run}"))
    if report.opset:
        found.append(("Made by", f"{report.producer}, opset {report.opset}".removeprefix(", ")))
    found.append(("Proof", proof(report)))
    if report.inputs:
        found.append(("Takes", ", ".join(report.inputs)))
    if report.outputs:
        found.append(("Gives", ", ".join(report.outputs)))
    found += [("Note" if number == 0 else "", note) for number, note in enumerate(report.notes[:_MOST_NOTES])]
    found.append(("Project", str(Path(report.project))))
    return found


def proof(report: ModelImported) -> str:
    """How far its answers are from those of the file itself."""
    checked = report.checked
    if checked.problem:
        return checked.problem
    if not checked.samples:
        return "the file could not be asked"
    return (
        f"the file's own answers for {checked.samples} random samples; largest difference"
        f" {checked.max_abs_difference:.1e}"
    )


def _kinds(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    words = [f"{name} {count}" if count > 1 else name for name, count in ordered[:_MOST_KINDS]]
    rest = sum(count for _name, count in ordered[_MOST_KINDS:])
    return ", ".join([*words, *([f"{rest} more"] if rest else [])])


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"

"""Questions before a run goes on, is forked, or is repeated with other seeds."""

from typing import Final

from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gui.models.runs import RunsModel
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow
from gui.widgets.number_editor import NumberEditor
from gui.widgets.text import Text

_CAPTION: Final = 110


class RunDialog(QDialog):
    """A title, a sentence, a form, and Cancel beside the button that does it. Enter does it, Escape cancels."""

    def __init__(self, name: str, title: str, text: str, action: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setMinimumWidth(440)
        self.form = QVBoxLayout()
        self.form.setSpacing(8)
        self.do = Button(action, role="primary", name=f"{name}.do")
        cancel = Button("Cancel", name=f"{name}.cancel")
        self.do.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.do)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(12)
        column.addWidget(Text(title, role="heading", wrap=True))
        column.addWidget(Text(text, tone="dim", wrap=True))
        column.addLayout(self.form)
        column.addLayout(buttons)
        self.do.setDefault(True)
        self.finished.connect(lambda _result: self.deleteLater())

    def add(self, caption: str, editor: QWidget, help: str = "") -> FormRow:
        """A row of the form."""
        row = FormRow(caption, editor, help=help, caption_width=_CAPTION)
        if isinstance(editor, NumberEditor):
            editor.rejected.connect(row.set_problem)
            editor.committed.connect(lambda _value: row.set_problem(""))
        self.form.addWidget(row)
        return row


class ForkDialog(RunDialog):
    """A new run from a checkpoint of another, with other settings where some are given."""

    def __init__(self, runs: RunsModel, run: int, *, which: str = "best", parent: QWidget | None = None) -> None:
        super().__init__(
            "train.fork",
            f"Fork run {run}",
            "A new run begins with the weights this run had. The old one stays as it is.",
            "Start",
            parent,
        )
        self._runs, self._run = runs, run
        summary = runs.summary(run)
        best = f"best, epoch {summary.best_epoch}" if summary is not None and summary.best_epoch else "best"
        last = f"last, epoch {summary.epochs}" if summary is not None else "last"
        self.which = ChoiceEditor([Choice(value="best", label=best), Choice(value="last", label=last)], which)
        self.project = ChoiceEditor(
            [
                Choice(value=True, label=f"as run {run} had them"),
                Choice(value=False, label="as they are drawn now"),
            ],
            True,
        )
        self.rate = NumberEditor(None, above=0, maximum=100, optional=True, none_text="unchanged")
        self.epochs = NumberEditor(None, whole=True, minimum=1, optional=True, none_text="unchanged")
        self.name = QLineEdit(f"{summary.name} fork".strip() if summary is not None else "")
        self.later = QCheckBox("Put it into the queue")
        self.later.setObjectName("train.fork.queue")
        self.add("Weights", self.which, "The state to begin with.")
        self.add("Network, recipe", self.project, "Layers that are not in both begin anew.")
        self.add("Learning rate", self.rate, "Of the first player.")
        self.add("Epochs", self.epochs, "How many the new run has.")
        self.add("Name", self.name)
        self.form.addWidget(self.later)
        busy = runs.active is not None
        self.later.setChecked(busy)
        self.later.setEnabled(not busy)
        self.later.setToolTip(f"Run {runs.active} is training; this one waits." if busy else "")
        self.accepted.connect(self._begin)

    def settings(self) -> list[str]:
        """What is to be changed, PATH=VALUE."""
        found = []
        if self.rate.number() is not None:
            found.append(f"lr={self.rate.number()!r}")
        if self.epochs.number() is not None:
            found.append(f"epochs={self.epochs.number()!r}")
        return found

    def _begin(self) -> None:
        self._runs.fork(
            self._run,
            which=str(self.which.value()),
            settings=self.settings(),
            as_it_was=bool(self.project.value()),
            name=self.name.text().strip(),
            queue=self.later.isChecked(),
        )


class ContinueDialog(RunDialog):
    """More epochs for a run that ended."""

    def __init__(self, runs: RunsModel, run: int, parent: QWidget | None = None) -> None:
        super().__init__(
            "train.continue",
            f"Continue run {run}",
            "It goes on from its last state, to so many epochs in all. Its schedule is stretched to the new end.",
            "Continue",
            parent,
        )
        self._runs, self._run = runs, run
        summary = runs.summary(run)
        done = max(1, summary.epochs) if summary is not None else 1
        planned = max(summary.epochs_planned, done) if summary is not None else done
        to = planned if planned > done else done + max(1, done // 2)
        self.epochs = NumberEditor(to, whole=True, minimum=done + 1)
        self.add("Epochs", self.epochs, f"{done} are done.")
        self.accepted.connect(self._begin)

    def _begin(self) -> None:
        number = self.epochs.number()
        self._runs.resume(self._run, int(number) if number is not None else 0)


class SeedsDialog(RunDialog):
    """The project as it is now, several times with different seeds."""

    def __init__(self, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(
            "train.seeds",
            "Train with several seeds",
            "The same recipe is trained several times, one after the other, with different seeds. Selected together,"
            " the runs are shown as mean and spread.",
            "Put into the queue",
            parent,
        )
        self._runs = runs
        self.count = NumberEditor(5, whole=True, minimum=2, maximum=100)
        self.name = QLineEdit()
        self.name.setPlaceholderText("no name")
        self.add("Runs", self.count, "How many seeds.")
        self.add("Name", self.name)
        self.accepted.connect(self._begin)

    def _begin(self) -> None:
        count = self.count.number()
        self._runs.start(self.name.text().strip(), seeds=int(count) if count is not None else 2)

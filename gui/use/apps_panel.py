"""Ready-made apps: a card each, saved where the user says."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.catalog.apps import APPS, App
from engine.protocol.messages.base import Progress
from gui.models.apps import AppsModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.models.use import UseModel
from gui.use.export_panel import size_text
from gui.use.python_code import python_code
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.progress_line import ProgressLine
from gui.widgets.text import Text

_COLUMN: Final = 158
_GAP: Final = 10
_BUSY: Final = "Another app is being saved."


class AppCard(QFrame):
    """One app: what it is, Save…, and what became of it."""

    def __init__(self, app: App, model: AppsModel, run: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.app, self._model, self._run = app, model, run
        self.setProperty("role", "inset")
        self.setObjectName(f"use.app.{app.key}.card")
        self.setAccessibleName(app.title)
        self.setAccessibleDescription(app.help)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(4)
        self.title = Text(app.title, role="title", wrap=True)
        self.line = Text(app.line, tone="dim", wrap=True)
        self.line.setToolTip(tooltip_text(app.help))
        self.outcome = Text("", role="small", wrap=True)
        self.progress = ProgressLine(cancellable=False, name=f"use.app.{app.key}.progress")
        self.data: QCheckBox | None = None
        self.save = Button("Save…", small=True, name=f"use.app.{app.key}", tooltip=app.help)
        self.save.setAccessibleName(f"Save as {app.title}")
        self.stop = Button("Cancel", small=True, name=f"use.app.{app.key}.cancel")
        self.stop.setAccessibleName(f"Cancel saving {app.title}")
        self.show_it = Button("Open folder", role="link", small=True, name=f"use.app.{app.key}.open")
        self.extra: Button | None = None
        column.addWidget(self.title)
        column.addWidget(self.line)
        column.addWidget(self.outcome)
        if app.key == "project":
            self.data = QCheckBox("With the data")
            self.data.setObjectName("use.app.project.data")
            column.addWidget(self.data)
        column.addWidget(self.progress)
        column.addStretch(1)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(6)
        self.buttons.addWidget(self.save)
        self.buttons.addWidget(self.stop)
        self.buttons.addWidget(self.show_it)
        self.buttons.addStretch(1)
        column.addSpacing(4)
        column.addLayout(self.buttons)
        self.save.clicked.connect(self._on_save_clicked)
        self.show_it.clicked.connect(self._on_show_clicked)
        self.stop.clicked.connect(self._on_stop_clicked)
        model.changed.connect(self.refresh)
        model.progressed.connect(self._on_progressed)
        policy = self.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)  # all cards of a row are equally wide
        self.setSizePolicy(policy)
        self.refresh()

    def save_to(self, to: Path) -> None:
        """Save there."""
        with_data = self.data is not None and self.data.isChecked()
        self._model.save(self.app.key, to, self._run(), with_data=with_data)

    def refresh(self) -> None:
        """Show the state of the model."""
        state = self._model.state(self.app.key)
        why_not = self._model.why_not(self.app.key)
        self.line.set_text(why_not or self.app.line)
        if state == "working" and self.progress.isHidden():
            self.progress.start("Saving")
            self.stop.set_blocked("")
        self.progress.setVisible(state == "working")
        self.stop.setVisible(state == "working")
        self.save.setVisible(state != "working")
        self.save.set_blocked(why_not or (_BUSY if self._model.saving and state != "working" else ""))
        self.show_it.setVisible(state == "done")
        if self.extra is not None:
            self.extra.setVisible(state != "done")  # there is no room for both
        if self.data is not None:
            # Data that ships with Netwright, or is gone, does not go along.
            self.data.setVisible(self._model.sizes[1] > 0)
            self.data.setEnabled(state != "working")
        words, tone = self._outcome(state)
        self.outcome.set_text(words)
        self.outcome.set_tone(tone)
        self.outcome.setVisible(bool(words))

    def _outcome(self, state: str) -> tuple[str, str]:
        """What became of it, or how large it will be."""
        key = self.app.key
        if state == "done":
            result = self._model.results[key]
            return f"✓ {Path(result.path).name}, {_size(result.bytes)}", "ok"
        if state == "failed":
            error = self._model.errors[key]
            return f"✗ {' '.join(part for part in (error.message, error.hint) if part)}", "error"
        own, data = self._model.sizes
        if key == "project" and state == "idle" and own:
            return _size(own) + (f", data {_size(data)} more" if data else ""), "dim"
        return "", "dim"

    def _on_save_clicked(self) -> None:
        start = self._model.place(self.app.key)
        if self.app.form == "folder":
            # A folder that is made anew: its parent is chosen, so that nothing of the user's is ever written into.
            parent = QFileDialog.getExistingDirectory(self, f"Save {self.app.title} in", str(start.parent))
            chosen = str(Path(parent) / start.name) if parent else ""
        else:
            kind = "Web page (*.html)" if self.app.form == ".html" else "Zip (*.zip)"
            chosen, _ = QFileDialog.getSaveFileName(self, f"Save {self.app.title}", str(start), kind)
        if chosen:
            self.save_to(Path(chosen))

    def _on_stop_clicked(self) -> None:
        self.stop.set_blocked("It is being stopped.")
        self._model.cancel()

    def _on_show_clicked(self) -> None:
        result = self._model.results.get(self.app.key)
        if result is not None:
            path = Path(result.path)
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path if path.is_dir() else path.parent)))

    def _on_progressed(self, progress: Progress) -> None:
        if self._model.state(self.app.key) == "working":
            self.progress.set_progress(progress.fraction, progress.message)


def _size(count: int) -> str:
    """A size whose unit stays with its number."""
    return size_text(count).replace(" ", "\u00a0")


class AppsPanel(Card):
    """Every app. `run` says which run is saved: the one that answers in Try it."""

    def __init__(
        self,
        project: ProjectModel,
        runs: RunsModel,
        apps: AppsModel,
        use: UseModel,
        run: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Ready-made apps", "each runs as it is", name="use.apps.card", parent=parent)
        self._apps, self._use, self._run = apps, use, run
        self.cards = {app.key: AppCard(app, apps, run) for app in APPS}
        self.copy = Button("Copy lines", role="link", small=True, name="use.python.copy")
        self.copy.clicked.connect(self._on_copy_clicked)
        self.cards["python"].buttons.insertWidget(1, self.copy)
        self.cards["python"].extra = self.copy
        self._grid = QGridLayout()
        self._grid.setSpacing(_GAP)
        self._columns = 0
        self.body.addLayout(self._grid)
        self.body.addStretch(1)
        self._arrange(4)
        use.changed.connect(self._refresh_copy)
        project.changed.connect(lambda _change: self.refresh())
        project.opened.connect(self._measure)
        runs.list_changed.connect(self._measure)
        self._refresh_copy()

    def refresh(self) -> None:
        """Look again whether the apps suit the network."""
        for card in self.cards.values():
            card.refresh()

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = event.size().width() - 28 + _GAP
        self._arrange(max(1, min(4, room // (_COLUMN + _GAP))))

    def _arrange(self, columns: int) -> None:
        """Cards side by side, as many as fit: 4, 2 or 1 a row, so that no row is left half empty."""
        columns = {3: 2}.get(columns, columns)
        if columns == self._columns:
            return
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 0)
        self._columns = columns
        for place, card in enumerate(self.cards.values()):
            self._grid.addWidget(card, place // columns, place % columns)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)

    def _measure(self) -> None:
        self.refresh()
        if self._apps.sizes == (0, 0):
            self._apps.measure(self._run())

    def _refresh_copy(self) -> None:
        result = self._use.export_result
        self.copy.set_blocked("" if result is not None else "Export first; then its lines of Python are copied.")
        self.copy.set_text("Copy lines")

    def _on_copy_clicked(self) -> None:
        result = self._use.export_result
        if result is not None:
            QGuiApplication.clipboard().setText(python_code(result))
            self.copy.set_text("Copied")

"""Tells how a run goes where people look beside the Train tab: the window's title, the task bar, a word at the end."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from engine.protocol.run_folder import RunSummary
from gui.forms.metric_text import main_metric, metric_label, metric_text
from gui.models.runs import RunsModel
from gui.widgets.progress_line import clock


class RunAnnouncer(QObject):
    """`said` carries the sentence for the window's own message; the desktop's is shown while the window is not used."""

    said = Signal(str, int)
    """A sentence, and the run it is about."""

    def __init__(self, runs: RunsModel, window: QWidget) -> None:
        super().__init__(window)
        self._runs = runs
        self._window = window
        self._tray: QSystemTrayIcon | None = None
        self._badge = 0
        runs.ended.connect(self._on_ended)
        runs.active_changed.connect(self.refresh)
        runs.events_arrived.connect(lambda _run, _events: self.refresh())

    def title(self, name: str) -> str:
        """The window's title: how far the run is comes first, so that it is read in a narrow task bar too."""
        runs = self._runs
        if runs.active is None:
            return f"{name} – Netwright"
        summary = runs.summary(runs.active)
        word = " paused" if summary is not None and summary.state == "paused" else ""
        return f"{runs.progress() * 100:.0f} %{word} · {name} – Netwright"

    def refresh(self) -> None:
        """Show how far the run is beside the program's sign in the task bar, where the desktop has a place for it."""
        badge = round(self._runs.progress() * 100) if self._runs.active is not None else 0
        if badge != self._badge:
            self._badge = badge
            application = QGuiApplication.instance()
            if isinstance(application, QGuiApplication):
                application.setBadgeNumber(badge)

    def _on_ended(self, run: int) -> None:
        summary = self._runs.summary(run)
        if summary is None:
            return
        title, text = ended_words(summary)
        self.said.emit(f"{title}. {text}".strip(), run)
        if not self._window.isActiveWindow() and QSystemTrayIcon.isSystemTrayAvailable():
            if self._tray is None:
                self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
                self._tray.messageClicked.connect(self._on_clicked)
            self._tray.show()
            kind = QSystemTrayIcon.MessageIcon
            icon = kind.Warning if summary.state in ("failed", "lost") else kind.Information
            self._tray.showMessage(title, text, icon)

    def _on_clicked(self) -> None:
        self._window.showNormal()
        self._window.raise_()
        self._window.activateWindow()


def ended_words(summary: RunSummary) -> tuple[str, str]:
    """What became of a run: a title, and a sentence."""
    name = f"Run {summary.run}" + (f" ({summary.name})" if summary.name else "")
    key = main_metric(summary.best)
    best = f"Best {metric_label(key).lower()} {metric_text(key, summary.best[key])}." if key else ""
    if summary.state == "finished":
        return f"{name} is done", f"{summary.epochs} epochs in {clock(summary.seconds)}. {best}".strip()
    if summary.state == "failed":
        return f"{name} failed", summary.error.get("message", "")
    if summary.state == "stopped":
        return f"{name} was stopped", best
    return f"{name} ended without a word", "What it had saved is kept."

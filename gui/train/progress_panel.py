"""The card at the top of the Train tab: what the shown run is doing, how far it is, and what can be asked of it."""

from typing import Final

from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.models.run_projects import RunProjects
from gui.models.runs import RunsModel
from gui.train.live_settings import LiveSettings
from gui.train.run_menu import RunMenu
from gui.train.run_words import ACTIVE, RESUMABLE, best_words, run_label, speed_words, state_words
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.progress_line import ProgressLine

_ROOM_FOR_STEPS: Final = 900
"""A narrower card has no room for them beside the speed."""
_SLOW: Final = "Starting: this machine is busy"


class ProgressPanel(Card):
    """Pause, Stop, one step and live settings for the run that is going on; for one that ended: go on, or fork it."""

    def __init__(self, runs: RunsModel, projects: RunProjects, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._runs = runs
        self.menu = RunMenu(runs, self)
        self.setAccessibleName("Progress")
        self.pause = Button("Pause", icon="pause", name="train.pause", tooltip="Wait after the current step")
        self.stop = Button("Stop", icon="stop", name="train.stop", tooltip="Stop and keep what was learned")
        self.step = Button(role="icon", icon="follow", name="train.step", tooltip="Train one batch, then wait")
        self.adjust = Button(
            role="icon", icon="settings", name="train.adjust", tooltip="Change settings while it trains"
        )
        self.adjust.setCheckable(True)
        self.resume = Button("Resume", role="primary", icon="play", name="train.resume")
        self.further = Button("Continue", icon="play", name="train.further", tooltip="Train more epochs")
        self.fork = Button("Fork", icon="copy", name="train.fork", tooltip="A new run from a checkpoint of this one")
        self.more = Button(role="icon", icon="more", name="train.more", tooltip="More for this run")
        self.show_active = Button("Show it", name="train.show_active", small=True)
        self.line = ProgressLine(cancellable=False)
        self.line.bar.setObjectName("train.progress")
        row = QHBoxLayout()
        row.setSpacing(12)
        for button in (self.pause, self.stop, self.step, self.adjust, self.resume, self.further, self.fork):
            row.addWidget(button)
        row.addWidget(self.line, 1)
        row.addWidget(self.show_active)
        row.addWidget(self.more)
        self.body.addLayout(row)
        self.live = LiveSettings(runs, projects)
        self.body.addWidget(self.live)
        self.live.hide()
        self.adjust.toggled.connect(lambda _on: self.refresh())
        self.step.clicked.connect(lambda: runs.step_once())
        self.further.clicked.connect(self._on_further_clicked)
        self.fork.clicked.connect(self._on_fork_clicked)
        self.more.clicked.connect(self._on_more_clicked)
        self.pause.clicked.connect(self._on_pause_clicked)
        self.stop.clicked.connect(self._on_stop_clicked)
        self.resume.clicked.connect(self._on_resume_clicked)
        self.show_active.clicked.connect(self._on_show_active_clicked)
        self._stopping: int | None = None  # the run asked to stop; until its last event the button says so
        for signal in (runs.list_changed, runs.current_changed, runs.active_changed, runs.readiness_changed):
            signal.connect(self.refresh)
        runs.events_arrived.connect(self._on_events_arrived)
        self.refresh()

    def refresh(self) -> None:
        """Show the state of the shown run."""
        runs = self._runs
        current = runs.current
        summary = runs.summary(current) if current is not None else None
        active = current is not None and current == runs.active
        for button in (self.pause, self.stop, self.step, self.adjust):
            button.setVisible(active)
        self.more.setVisible(summary is not None)
        for button in (self.further, self.fork):
            button.setVisible(False)
        self.live.setVisible(active and self.adjust.isChecked())
        if active:
            self.live.refresh()
        self.show_active.setVisible(runs.active is not None and not active)
        if runs.active is not None and not active:
            self.show_active.set_text(f"#{runs.active} is training: show it")
        self.resume.setVisible(False)
        if summary is None:
            self.line.set_progress(-1.0 if runs.starting else 0.0, "Starting" if runs.starting else "No run yet")
            return
        curves = runs.curves(summary.run)
        batch = curves.samples_per_step
        if active:
            paused = summary.state == "paused"
            self.pause.set_text("Continue" if paused else "Pause")
            self.pause.set_icon("play" if paused else "pause")
            reading = "It is still reading data." if summary.state == "starting" else ""
            if runs.is_slow_to_begin(summary.run):
                reading = "Its process has not said a word yet."
            for button in (self.pause, self.step, self.adjust):
                button.set_blocked(reading)
            stopping = self._stopping == summary.run
            self.stop.set_text("Stopping" if stopping else "Stop")
            self.stop.set_blocked("It stops after the current step." if stopping else "")
            speed = "" if paused else speed_words(curves.samples_per_s, batch)
            if curves.steps_planned and self.width() >= _ROOM_FOR_STEPS:
                speed = " · ".join(part for part in (f"step {curves.step:,} / {curves.steps_planned:,}", speed) if part)
            left = None if paused or stopping else curves.left_s()
            fraction = -1.0 if summary.state == "starting" else curves.fraction_done()
            words = _SLOW if runs.is_slow_to_begin(summary.run) else state_words(summary)
            self.line.set_progress(fraction, words, speed, left)
            return
        if summary.state in RESUMABLE and summary.epochs > 0:
            self.resume.setVisible(True)
            blocked = runs.active is not None or runs.starting
            self.resume.set_blocked(f"Run {runs.active or ''} is training.".replace("  ", " ") if blocked else "")
        if summary.state == "finished":
            self.further.setVisible(True)
            busy = f"Run {runs.active} is training." if runs.active is not None else ""
            self.further.set_blocked(busy or runs.reason_not_to_edit())
        self.fork.set_blocked(runs.reason_not_to_edit())
        self.fork.setVisible(summary.epochs > 0 and not self.show_active.isVisible())
        done = 1.0 if summary.state == "finished" else curves.fraction_done()
        words = f"{run_label(summary)} · {state_words(summary)}"
        self.line.set_progress(done, words, best_words(summary))

    def _on_events_arrived(self, run: int, _events: object) -> None:
        summary = self._runs.summary(run)
        if summary is not None and summary.state not in ACTIVE and self._stopping == run:
            self._stopping = None
        if run == self._runs.current:
            self.refresh()

    def _on_pause_clicked(self) -> None:
        active = self._runs.active
        summary = self._runs.summary(active) if active is not None else None
        if summary is not None and summary.state == "paused":
            self._runs.proceed()
        else:
            self._runs.pause()

    def _on_stop_clicked(self) -> None:
        self._stopping = self._runs.active
        self._runs.stop()
        self.refresh()

    def _on_resume_clicked(self) -> None:
        if self._runs.current is not None:
            self._runs.resume(self._runs.current)

    def _on_further_clicked(self) -> None:
        if self._runs.current is not None:
            self.menu.ask_to_continue(self._runs.current)

    def _on_fork_clicked(self) -> None:
        if self._runs.current is not None:
            self.menu.ask_to_fork(self._runs.current)

    def _on_more_clicked(self) -> None:
        if self._runs.current is not None:
            self.menu.popup(self._runs.current, self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _on_show_active_clicked(self) -> None:
        if self._runs.active is not None:
            self._runs.select(self._runs.active)

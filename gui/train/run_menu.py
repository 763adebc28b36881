"""What can be done with a run: continue, fork, repeat, pin. Whatever cannot be done now says why."""

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget

from gui.models.runs import LIVE_STATES, RunsModel
from gui.train.run_dialogs import ContinueDialog, ForkDialog, SeedsDialog


class RunMenu:
    """Makes the menu of a run, and opens the questions that some of its commands ask first."""

    def __init__(self, runs: RunsModel, parent: QWidget) -> None:
        self._runs = runs
        self._parent = parent

    def popup(self, run: int, place: QPoint) -> None:
        """Open the menu of a run at a place on the screen."""
        menu = self.menu(run)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def menu(self, run: int) -> QMenu:
        """The commands for a run."""
        runs = self._runs
        summary = runs.summary(run)
        menu = QMenu(self._parent)
        menu.setObjectName("train.run.menu")
        if summary is None:
            return menu
        live = summary.state in LIVE_STATES
        ended = "" if not live else "It is still training."
        kept = ended or ("" if summary.epochs else "It has no checkpoint yet.")
        busy = f"Run {runs.active} is training. Stop it first." if runs.active is not None else ""
        locked = runs.reason_not_to_edit()
        forked = locked or ("" if summary.epochs else kept)
        self._add(menu, "Continue for more epochs...", lambda: self.ask_to_continue(run), kept or busy or locked)
        self._add(menu, "Fork from a checkpoint...", lambda: self.ask_to_fork(run), forked)
        menu.addSeparator()
        pinned = summary.about.baseline
        self._add(
            menu,
            "Unpin as baseline" if pinned else "Pin as baseline",
            lambda: runs.set_baseline(None if pinned else run),
            runs.reason_not_to_edit(),
        )
        menu.addSeparator()
        self._add(menu, "Queue the drawing as it is now", lambda: runs.start(queue=True), runs.reason_not_to_queue())
        self._add(menu, "Train with several seeds...", self.ask_for_seeds, runs.reason_not_to_queue())
        return menu

    def ask_to_fork(self, run: int, which: str = "best") -> ForkDialog:
        """Ask what is to be different."""
        dialog = ForkDialog(self._runs, run, which=which, parent=self._parent)
        dialog.open()
        return dialog

    def ask_to_continue(self, run: int) -> ContinueDialog:
        """Ask for how many epochs."""
        dialog = ContinueDialog(self._runs, run, self._parent)
        dialog.open()
        return dialog

    def ask_for_seeds(self) -> SeedsDialog:
        """Ask for how many."""
        dialog = SeedsDialog(self._runs, self._parent)
        dialog.open()
        return dialog

    def _add(self, menu: QMenu, text: str, act: Callable[[], object], reason: str) -> None:
        action = menu.addAction(f"{text.rstrip('.')}: {reason}" if reason else text)
        action.setEnabled(not reason)
        action.triggered.connect(lambda: act())

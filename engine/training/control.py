"""What the user and the disk ask of a run between two steps: stop, pause, go on, wait for room."""

import time
from collections.abc import Callable
from typing import Final

from engine.protocol.run_events import (
    ChangeSettings,
    ContinueRun,
    PauseRun,
    RunContinued,
    RunNote,
    RunPaused,
    RunWaiting,
    StepOnce,
    StopRun,
)
from engine.training.run_log import Inbox, RunLog
from engine.training.saver import Saver

GIVE_UP_SAVING_S: Final = 20.0


class Control:
    """Reads the run's requests and watches its disk. `stop_asked` may be set from anywhere, a signal handler included.

    `waited_s` is the time spent waiting so far, which is no time of training. `change` is called for changed settings.
    """

    def __init__(
        self,
        log: RunLog,
        inbox: Inbox,
        saver: Saver,
        *,
        change: Callable[[ChangeSettings], None] = lambda _asked: None,
    ) -> None:
        self._log = log
        self._inbox = inbox
        self._saver = saver
        self._change = change
        self._pause_asked = False  # set by a request to pause or to take one step, cleared by one to go on or to stop
        self._steps_asked = 0
        self.single_step = False  # set when a pause ends for one step, cleared when the loop comes back after it
        self._granted_at = -1
        self.stop_asked = False
        self.waited_s = 0.0

    def obey(self, step: int, save: Callable[[], str]) -> bool:
        """Do what was asked since the last call; whether the run is to stop.

        A pause first calls `save`, so that nothing is lost when the machine is switched off meanwhile, and what was
        learned can be tried; `save` answers with the checkpoint's name.
        """
        self._read()
        if self.single_step and step == self._granted_at and not self.stop_asked:
            return False  # the step that was asked for is still to come
        self.single_step = False
        if self._pause_asked and not self.stop_asked:
            self._pause(step, save)
        if self._saver.problem or self._log.waiting:
            self._wait_for_room(step)
        return self.stop_asked

    def wait_until_saved(self) -> None:
        """Wait for the disk; while it is full, as long as nobody asks to stop."""
        asked = time.monotonic()
        while not self._saver.wait(0.2):
            if not self._saver.problem:
                continue
            self._read()
            if self.stop_asked and time.monotonic() - asked > GIVE_UP_SAVING_S:
                text = f"The last state could not be saved: {self._saver.problem}."
                self._log.append(RunNote(text=text, warning=True))
                return

    def _read(self) -> None:
        for request in self._inbox.read():
            match request:
                case StopRun():
                    self.stop_asked = True
                case PauseRun():
                    self._pause_asked = True
                case StepOnce():
                    self._pause_asked = True
                    self._steps_asked += 1
                case ContinueRun():
                    self._pause_asked = False
                    self._steps_asked = 0
                case ChangeSettings():
                    self._change(request)

    def _pause(self, step: int, save: Callable[[], str]) -> None:
        began = time.monotonic()
        name = save()
        self.wait_until_saved()
        self._log.append(RunPaused(step=step, checkpoint=name))
        while self._pause_asked and not self.stop_asked and not self._steps_asked:
            time.sleep(0.05)
            self._read()
        self.waited_s += time.monotonic() - began
        if self.stop_asked:
            return
        if self._steps_asked:
            self._steps_asked -= 1
            self.single_step, self._granted_at = True, step
        else:
            self._log.append(RunContinued(step=step))

    def _wait_for_room(self, step: int) -> None:
        """The disk takes nothing more: say so where that still can be written, and wait for room. A stop ends that."""
        began = time.monotonic()
        problem = self._saver.problem or self._log.problem
        self._log.append(RunWaiting(step=step, reason=problem))
        while (self._saver.problem or not self._log.retry()) and not self.stop_asked:
            time.sleep(0.2)
            self._read()
        waited = time.monotonic() - began
        self.waited_s += waited
        if not self.stop_asked:
            self._log.append(RunContinued(step=step))
        if not self.stop_asked and waited > 1:
            text = f"Training waited {waited:.0f} s, as the run's folder could not be written: {problem}."
            self._log.append(RunNote(text=text, warning=True))

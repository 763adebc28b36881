"""The run processes this engine started, so that one that has ended is not left as a zombie that looks alive."""

import subprocess
import threading

from engine.training.spare import Spare


class RunProcesses:
    """Runs are detached and outlive the engine; all this does is take note of their end. Any thread.

    `spare`: keeps a process ready for the next one.
    """

    def __init__(self, spare: Spare | None = None) -> None:
        self.spare = spare
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()

    def add(self, process: "subprocess.Popen[bytes]") -> None:
        """A run that has just been started."""
        with self._lock:
            self._processes.append(process)

    def reap(self) -> None:
        """Let go of those that have ended; called each second."""
        with self._lock:
            self._processes = [process for process in self._processes if process.poll() is None]

    def let_go(self) -> None:
        """The engine ends; its runs go on."""
        if self.spare is not None:
            self.spare.close()
        with self._lock:
            for process in self._processes:
                process.returncode = process.returncode or 0  # or Popen would warn of a child that still runs
            self._processes = []

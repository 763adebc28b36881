"""A process that has imported all a run needs and waits for one: `python -m engine.training.spare`.

torch takes seconds to import, which a person who presses Train should not wait for. So the engine keeps one such
process ready; it takes one run, is that run from then on, and the engine gets the next one ready. It is started afresh
rather than forked: forks and threads, or a graphics card in use, go badly together, and Windows has none.

Nothing of a run depends on where it began: the spare has a session of its own from the start, computes nothing, opens
no file of a project, and lives in the folder of the program. Handed a run it turns to the run's folder and log and
does what `python -m engine.training.run` does. It ends when its input does, so an engine that dies leaves none behind.
Whatever goes wrong, the run is started the slow way, and its process log says why.
"""

import importlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

import msgspec
import psutil

import engine

VARIABLE: Final = "NETWRIGHT_KEEP_READY"
"""Set to 0, no spare is kept."""
REST_S: Final = 3.0
"""How long after it was wished for a spare is begun, so that it does not slow down what is being waited for."""
TAKEN_WITHIN_S: Final = 3.0
ROOM_BYTES: Final = 2 << 30
"""Memory that must be free for it; a spare takes about a tenth of that."""
GIVE_UP_AFTER: Final = 2
_MODULE: Final = "engine.training.spare"
_READY: Final = "ready"
_TAKEN: Final = "taken"
_WARM: Final = (
    "numpy.ma",
    "engine.checks.inference",
    "engine.compiler.plan",
    "engine.data.dataset",
    "engine.data.importing",
    "engine.training.device",
    "engine.training.guard",
    "engine.training.loop",
    "engine.training.run",
    "engine.training.saver",
    "engine.training.start_weights",
    "engine.training.task",
    "engine.training.trial",
)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a spare is handed: where to go, the log for its words, and the command line of `engine.training.run`."""

    folder: str
    log: str
    arguments: list[str]


def wanted() -> bool:
    """Whether the user has not ruled it out."""
    return os.environ.get(VARIABLE, "1").strip().lower() not in ("0", "no", "off", "false")


class _Waiting:
    """One process that waits, as the engine sees it."""

    def __init__(self) -> None:
        from engine.training.runs import detached  # here, as an engine that starts must not wait for what it imports

        self.environment = dict(os.environ)
        root = Path(engine.__file__).parent.parent
        command = [sys.executable, "-P", "-m", _MODULE]
        self.process = detached(command, root, subprocess.PIPE, takes_input=True)
        self.said: list[str] = []
        self.heard = threading.Condition()
        threading.Thread(target=self._listen, name="spare", daemon=True).start()

    def _listen(self) -> None:
        output: IO[bytes] = self.process.stdout  # type: ignore[assignment]  # it was given a pipe
        with output:
            for line in output:
                with self.heard:
                    self.said.append(line.decode("utf-8", "replace").strip())
                    self.heard.notify_all()
        with self.heard:
            self.said.append("")  # nothing more will come
            self.heard.notify_all()

    @property
    def ready(self) -> bool:
        """Whether it has imported everything and waits."""
        return self.said[:1] == [_READY]

    @property
    def over(self) -> bool:
        """Whether it has ended without having taken a run."""
        return bool(self.said) and not self.said[-1]

    def hand(self, job: Job) -> str:
        """Give it its run; empty when it has taken it, else why not."""
        pipe: IO[bytes] = self.process.stdin  # type: ignore[assignment]  # it was given a pipe
        try:
            pipe.write(msgspec.json.encode(job) + b"\n")
            pipe.close()
        except OSError:
            pass  # it has ended, which is noticed below
        with self.heard:
            self.heard.wait_for(lambda: len(self.said) > 1, TAKEN_WITHIN_S)
            answer = self.said[1] if len(self.said) > 1 else "it did not answer"
        if answer == _TAKEN:
            return ""
        self.end()
        return answer or f"it had ended with code {self.process.returncode}"

    @property
    def why(self) -> str:
        """What it said before it ended; to be asked when it is over."""
        if self.said[0] not in ("", _READY):
            return self.said[0]
        return f"it had ended with code {self.process.wait()}"

    def end(self) -> None:
        """Let it go; one that hangs too."""
        if self.process.stdin is not None:
            try:
                self.process.stdin.close()
            except OSError:
                pass  # it has gone, and with it whoever would have read the rest
        self.process.kill()
        self.process.wait()


class Spare:
    """Keeps one process ready for the next run. Any thread."""

    def __init__(self, *, rest_s: float = REST_S) -> None:
        self._rest_s = rest_s
        self._lock = threading.Lock()
        self._waiting: _Waiting | None = None
        self._timer: threading.Timer | None = None
        self._failures = 0  # in a row
        self._trouble = ""  # of the last one, for the log of the run that had to do without it
        self._closed = not wanted()

    def keep(self) -> None:
        """See that one is ready soon. Cheap, and does nothing where one is or where it makes no sense."""
        with self._lock:
            if self._waiting is not None and self._waiting.over:
                self._note(self._waiting.why)
                self._drop()
            there = self._waiting is not None or self._timer is not None
            if self._closed or there or self._failures >= GIVE_UP_AFTER:
                return
            self._timer = threading.Timer(self._rest_s, self._warm)
            self._timer.daemon = True
            self._timer.start()

    @property
    def ready(self) -> int:
        """Number of the process that waits for a run, 0 while there is none."""
        waiting = self._waiting
        return waiting.process.pid if waiting is not None and waiting.ready else 0

    def _warm(self) -> None:
        with self._lock:
            self._timer = None
            if self._closed or psutil.virtual_memory().available < ROOM_BYTES:
                return
            try:
                self._waiting = _Waiting()
            except OSError as error:
                self._note(error.strerror or str(error))

    def take(self, folder: Path, arguments: Sequence[str], log: Path) -> "subprocess.Popen[bytes] | None":
        """Have the run of a folder done by the process kept ready.

        None when there is none, or it is not ready yet, or was started with another environment, or is broken, which
        the run's process log then says. Raises OSError when that log cannot be written.
        """
        with self._lock:
            waiting = self._waiting
            if waiting is not None and not waiting.over and not waiting.ready:
                return None  # it will serve the next one
            self._waiting = None
        if waiting is None:
            self._say(log)
            return None
        if waiting.environment != dict(os.environ):
            waiting.end()
            return None
        job = Job(folder=str(folder), arguments=list(arguments), log=str(log))
        why = waiting.hand(job) if waiting.ready else waiting.why
        with self._lock:
            if not why:
                self._failures, self._trouble = 0, ""
                return waiting.process
            self._note(why)
        waiting.end()
        self._say(log)
        return None

    def _note(self, why: str) -> None:
        self._failures += 1
        self._trouble = why

    def _say(self, log: Path) -> None:
        with self._lock:
            trouble, self._trouble = self._trouble, ""
        if trouble:
            with log.open("a", encoding="utf-8") as file:
                file.write(f"The process kept ready for runs could not be used ({trouble}); another was started.\n")

    def _drop(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.end()

    def close(self) -> None:
        """End the one that waits; runs go on."""
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._drop()


# -- the process itself -----------------------------------------------------------------------------------------------


def main() -> int:
    """Get ready, wait, and be the run that is handed over; its exit code. 0 when there was none."""
    from engine.training.runtime import keep_memory, wait_politely

    keep_memory()
    wait_politely()
    try:
        for name in _WARM:
            importlib.import_module(name)
    except Exception as error:  # noqa: BLE001  the engine is told, and the run that does without it says so in words
        _tell(f"{type(error).__name__}: {error}")
        return 1
    from engine.training import run

    _tell(_READY)
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return 0  # the engine has gone, or wants no more
    job = msgspec.json.decode(line, type=Job)
    try:
        _turn_to(job)
    except OSError as error:
        _tell(error.strerror or str(error))
        return 1
    return run.main(job.arguments)


def _turn_to(job: Job) -> None:
    """Take the standard files of a run that was started on its own, tell the engine so, and let go of its pipes."""
    os.chdir(job.folder)
    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    nothing = os.open(os.devnull, os.O_RDONLY)
    _tell(_TAKEN)
    os.dup2(nothing, 0)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.close(nothing)
    os.close(log)


def _tell(words: str) -> None:
    """One line to the engine, which may have gone."""
    try:
        os.write(1, " ".join(words.split())[:500].encode("utf-8", "replace") + b"\n")
    except OSError:
        pass  # then nobody waits for it; a run that was handed over goes on


if __name__ == "__main__":
    sys.exit(main())

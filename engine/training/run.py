"""The process of a run: `python -m engine.training.run RUN_DIR [--device DEVICE] [--resume]`.

Reads RUN_DIR/project.json, trains, and says all it has to say in RUN_DIR/events.jsonl, ending in exactly one final
event; obeys RUN_DIR/requests.jsonl. Nobody needs to wait for it, and nobody's death ends it. torch is imported after
the first words are in the log, so that the window sees at once that the run lives.
"""

import argparse
import faulthandler
import importlib.metadata
import os
import platform
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import psutil

from engine.document.atomic import write_atomically
from engine.document.files import to_bytes
from engine.document.own_code import code_of
from engine.document.project import Project
from engine.document.recipe import Precision
from engine.errors import Cancelled, NetwrightError, RunNotFound, TrainingError
from engine.protocol.run_events import (
    AnyRunEvent,
    Machine,
    RunFailed,
    RunFinished,
    RunNote,
    RunResumed,
    RunStarted,
    RunStopped,
    StopRun,
)
from engine.protocol.run_folder import RunFolder, about
from engine.training import decisions
from engine.training.hardware import processor_name
from engine.training.ownership import Ownership
from engine.training.run_log import Inbox, RunLog, logged_epochs
from engine.training.run_state import RunState, newest_first, peek, state_of
from engine.training.runs import START, run_project
from engine.training.runtime import keep_memory, wait_politely

if TYPE_CHECKING:
    import torch

    from engine.checks.inference import ShapeChecker
    from engine.data.dataset import Dataset
    from engine.training.checkpoint import Checkpoint
    from engine.training.loop import Loop
    from engine.training.task import Task

LAST_WORD_WITHIN_S: Final = 60.0
DATA_NOTE_EVERY_S: Final = 5.0


class RunProcess:
    """One run from its first word to its last."""

    def __init__(
        self, folder: RunFolder, *, device: str, resume: bool, pictures: bool = True, go_on: bool = False
    ) -> None:
        self.folder = folder
        self.go_on = go_on
        self.pictures = pictures
        self.device = device
        self.resume = resume
        self.log = RunLog(folder)
        self.inbox = Inbox(folder, skip=resume)
        self.stop_asked = False
        self.batch_size = 0
        self._loop: Loop | None = None
        self._next_note = time.monotonic() + DATA_NOTE_EVERY_S
        self._peeked: RunState | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """The system shuts down, or somebody asks politely: stop as if the user had said so."""
        self.stop_asked = True
        if self._loop is not None:
            self._loop.control.stop_asked = True

    def run(self) -> int:
        """Train; the exit code is 0 when the run finished or was stopped, 1 for an expected error, 3 for our own
        fault."""
        code = 0
        last: AnyRunEvent
        try:
            with code_of(self.folder.path):
                last = self._train()
        except Cancelled:
            last = RunStopped(epochs=0, seconds=0.0, samples_per_s=0.0, best_epoch=0, best={})
        except NetwrightError as error:
            code = error.exit_code
            last = self._failed(error)
        except BaseException as error:  # noqa: BLE001  the log tells everyone who follows the run
            last, code = self._fault(error)
        self.log.append(last)
        give_up = time.monotonic() + LAST_WORD_WITHIN_S
        while not self.log.retry() and time.monotonic() < give_up:  # the disk is full
            time.sleep(0.5)
        self.log.close()
        return code

    def _failed(self, error: NetwrightError) -> RunFailed:
        """What an expected error leaves to be told: where numbers ceased to be numbers, and what is still good."""
        from engine.training.guard import NotFiniteError

        if not isinstance(error, NotFiniteError):
            return RunFailed(error=error.as_dict())
        good = next(iter(newest_first(self.folder.checkpoints, "last")), None)
        state = state_of(good) if good is not None else None
        return RunFailed(
            error=error.as_dict(),
            node=error.where,
            step=error.step,
            epoch=error.epoch,
            batch=error.batch,
            samples=list(error.samples),
            checkpoint=good.name if good is not None and state is not None else "",
            checkpoint_epoch=state.epoch if state is not None else 0,
            checkpoint_step=state.step if state is not None else 0,
        )

    def _fault(self, error: BaseException) -> tuple[RunFailed, int]:
        from engine.training.guard import out_of_memory

        details = "".join(traceback.format_exception(error))
        known = out_of_memory(error, self.batch_size)
        if known is not None:
            return RunFailed(error=known.as_dict(), details=details), known.exit_code
        said = str(error).strip().split("\n", 1)[0][:300]
        words = {
            "kind": "internal",
            "where": str(self.folder.path),
            "message": "Training stopped because of a fault in Netwright.",
            "expected": "",
            "found": f"{type(error).__name__}: {said}" if said else type(error).__name__,
            "hint": "What was saved is kept; resuming may help. Please report the details.",
        }
        print(details, file=sys.stderr)  # noqa: T201  the process log
        return RunFailed(error=words, details=details), 3

    def _train(self) -> RunFinished | RunStopped:
        project = run_project(self.folder)
        recipe = project.recipe
        self.batch_size = recipe.phases[0].batch_size
        self._say_hello(project)
        # Only now, as they import torch.
        import torch

        from engine.data.dataset import open_dataset
        from engine.training.device import choose_precision, set_threads
        from engine.training.loop import Loop
        from engine.training.run_state import RunState
        from engine.training.saver import Saver
        from engine.training.task import prepare_task
        from engine.training.trial import kept_precision, measured_precision, subject

        project_dir = self.folder.path.parent.parent
        checker = self._checked(project)
        dataset: Dataset | None = None
        if not self.resume:
            measured, dataset = self._measured(project, project_dir)
            if measured is not project:
                project, checker = measured, self._checked(measured)
        checkpoint = self._checkpoint()
        state = checkpoint.state if checkpoint is not None else RunState()
        largest_batch = max(phase.batch_size * phase.accumulate for phase in recipe.phases)
        threads = set_threads(checker.total_cost().multiply_adds, largest_batch, state.threads)
        device = self._device(project, state)
        precision, note = choose_precision(recipe.precision, device)
        chooses = recipe.precision is Precision.AUTO
        kept = kept_precision(state, device) if chooses and checkpoint is not None else None
        if kept is not None:
            precision, note = kept, ""
        dataset = dataset or open_dataset(
            project_dir, project.data, progress=self._data_progress, cancelled=self._is_cancelled
        )
        if any(phase.auto_batch for phase in recipe.phases):
            project = self._with_measured_batches(project, dataset, device, precision)
            recipe = project.recipe
            self.batch_size = recipe.phases[0].batch_size
        task = prepare_task(project, dataset, device=device, precision=precision, checker=checker)
        if checkpoint is None:
            self._begin_with(task, project_dir, checker)
        for text in self._differences(state, threads, dataset.fingerprint) if checkpoint is not None else ():
            self.log.append(RunNote(text=text, warning=True, epoch=state.epoch))
        state.threads, state.torch, state.data = threads, str(torch.__version__), dataset.fingerprint
        if recipe.class_weights and (names := task.weigh_classes()):
            self.log.append(RunNote(text=f"Rare classes of {', '.join(names)} count more in the loss."))
        if chooses and kept is None and device.type == "cpu":
            work = checker.total_cost().multiply_adds
            precision, note = measured_precision(task, self.folder, work, cancelled=self._is_cancelled)
        if checkpoint is None and device.type == "cuda":
            known = decisions.decided(self.folder, subject(task))
            state.compiled = known.compiled
            decisions.keep(self.folder, known)
        if note:
            self.log.append(RunNote(text=note))
        saver = Saver(self.folder, self.log)
        try:
            self._loop = Loop(
                task,
                self.log,
                self.inbox,
                saver,
                precision=precision,
                checkpoint=checkpoint,
                state=state,
                pictures=self.pictures,
                go_on=self.go_on,
            )
            self._loop.control.stop_asked = self.stop_asked
            return self._loop.run()
        finally:
            saver.close()
            task.close()

    @staticmethod
    def _checked(project: Project) -> "ShapeChecker":
        """Shapes of a network without errors; raises the first error there is."""
        from engine.checks.inference import ShapeChecker
        from engine.compiler.plan import first_error

        checker = ShapeChecker(project)
        error = first_error(checker.problems())
        if error is not None:
            raise error
        return checker

    def _measured(self, project: Project, project_dir: Path) -> "tuple[Project, Dataset]":
        """The project with statistics of the data as it is now, and that data, open.

        Preparation, split or files may have changed since they were measured: letters that became words have another
        vocabulary. What differs is written into the run's own project.json, which scores and exports go by.
        """
        from engine.data.importing import open_measured

        dataset = open_measured(project_dir, project.data, progress=self._data_progress, cancelled=self._is_cancelled)
        if dataset.data == project.data:
            return project, dataset
        measured = replace(project, data=dataset.data)
        write_atomically(self.folder.project_file, to_bytes(measured))
        self.log.append(RunNote(text="The data was measured anew: its preparation, split or files have changed."))
        return measured, dataset

    def _with_measured_batches(
        self, project: Project, dataset: "Dataset", device: "torch.device", precision: Precision
    ) -> Project:
        """The project with the largest batches that fit; the run's own project.json says them from then on."""
        from engine.training.batch_size import find_batch_size, with_batch_size

        measured = project
        for number, phase in enumerate(project.recipe.phases):
            if phase.auto_batch:
                found = find_batch_size(
                    measured, dataset, phase=number, device=device, precision=precision, cancelled=self._is_cancelled
                )
                measured = with_batch_size(measured, number, found.batch_size)
                self.log.append(RunNote(text=f"Batch size {found.batch_size}: {found.reason}"))
        write_atomically(self.folder.project_file, to_bytes(measured))
        return measured

    def _begin_with(self, task: "Task", project_dir: Path, checker: "ShapeChecker") -> None:
        """Take the weights that nodes name from their files, those that are looked up in the data, and then those of
        the run this one was forked from."""
        from engine.checks.weights_problems import frozen_by_chance
        from engine.training.placing import begin_with_data
        from engine.training.start_weights import begin_with, begin_with_files

        if (self.folder.path / START).exists():
            with suppress(TrainingError):  # what was frozen and is not there comes with the other run's weights
                begin_with_files(task.network, task.project, project_dir)
        else:
            files, data = begin_with_files(task.network, task.project, project_dir), begin_with_data(task)
            for text in (*files[0], *data[0]):
                self.log.append(RunNote(text=text))
            left = frozen_by_chance(checker)
            for text in (*files[1], *data[1], *((left.message,) if left is not None else ())):
                self.log.append(RunNote(text=text, warning=True))
        note = begin_with(task.network, self.folder)
        if note:
            self.log.append(RunNote(text=note))

    def _say_hello(self, project: Project) -> None:
        recipe = project.recipe
        epochs = sum(phase.epochs for phase in recipe.phases)
        if self.resume and self.folder.events_file.stat().st_size > 1:
            self._peeked = peek(self.folder)
            epoch, step = (self._peeked.epoch, self._peeked.step) if self._peeked is not None else (0, 0)
            self._log_unlogged()
            self.log.append(RunResumed(pid=os.getpid(), epoch=epoch, step=step, epochs=epochs))
            return
        self.log.append(
            RunStarted(
                run=self.folder.number,
                name=about(self.folder).name,
                pid=os.getpid(),
                epochs=epochs,
                seed=recipe.seed,
                torch=_version("torch"),
                versions={"netwright": _version("netwright"), "python": platform.python_version()}
                | {name: _version(name) for name in ("torch", "numpy")},
                machine=Machine(
                    system=f"{platform.system()} {platform.release()}",
                    processor=processor_name(),
                    cores=psutil.cpu_count(logical=False) or os.cpu_count() or 0,
                    memory_bytes=int(psutil.virtual_memory().total),
                ),
            )
        )

    def _log_unlogged(self) -> None:
        """Epochs that were saved by a process which was killed before it had written them into the log."""
        if self._peeked is not None and self._peeked.unlogged:
            known = logged_epochs(self.folder)
            for event in self._peeked.unlogged:
                if (event.epoch, event.step) not in known:
                    self.log.append(event)

    def _checkpoint(self) -> "Checkpoint | None":
        """Where to go on; None to begin, also when a run is resumed that was killed before it had saved anything."""
        from engine.training import checkpoint

        checkpoint.remove_leftovers(self.folder)
        if not self.resume:
            return None
        try:
            found = checkpoint.read(self.folder, "last")
        except RunNotFound as error:
            if self._peeked is not None:  # there are checkpoints, and all are damaged
                raise TrainingError(
                    f"Run {self.folder.number} cannot go on: every checkpoint is damaged.",
                    where=error.where,
                    found=error.found,
                    hint="Start a new run.",
                ) from error
            return None
        if found.skipped:
            text = f"The newest checkpoint is damaged ({'; '.join(found.skipped)}). Going on from step {found.step}."
            self.log.append(RunNote(text=text, warning=True, epoch=found.state.epoch))
        if self._peeked is None or found.step != self._peeked.step:
            self.log.append(RunResumed(pid=os.getpid(), epoch=found.state.epoch, step=found.step))
        return found

    def _device(self, project: Project, state: RunState) -> "torch.device":
        """The device asked for; that of the run so far when it is resumed, as others give other last digits."""
        from engine.training.device import choose_device

        wanted = self.device or project.recipe.device
        if self.device or not state.device:
            return choose_device(wanted)
        try:
            return choose_device(state.device)
        except TrainingError:
            device = choose_device(wanted)
            text = f"{state.device} is not there any more; going on with {device}, so the last digits may differ."
            self.log.append(RunNote(text=text, warning=True, epoch=state.epoch))
            return device

    @staticmethod
    def _differences(state: RunState, threads: int, data: str) -> list[str]:
        """Why a resumed run may not reach the very numbers it would have reached unbroken."""
        import torch

        found = []
        if state.threads and state.threads != threads:
            found.append(f"Going on with {threads} compute threads instead of {state.threads}; last digits may differ.")
        if state.torch and state.torch != str(torch.__version__):
            found.append(f"Going on with torch {torch.__version__} instead of {state.torch}; last digits may differ.")
        if state.data and state.data != data:
            found.append("The data has changed since the run began; going on with what is there now.")
        return found

    def _data_progress(self, fraction: float, message: str) -> None:
        if time.monotonic() >= self._next_note and message:
            self._next_note = time.monotonic() + DATA_NOTE_EVERY_S
            self.log.append(RunNote(text=message))

    def _is_cancelled(self) -> bool:
        self.stop_asked |= any(isinstance(request, StopRun) for request in self.inbox.read())
        return self.stop_asked


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # it runs from files that were never installed
        return ""


def main(arguments: list[str] | None = None) -> int:
    """Train one run; the exit code."""
    parser = argparse.ArgumentParser(prog="engine.training.run", description="Trains one run; started by Netwright.")
    parser.add_argument("run_dir", type=Path, help="the folder of the run, runs/NNNN")
    parser.add_argument("--device", default="", help="instead of the recipe's")
    parser.add_argument("--no-pictures", action="store_true", help="do not tell how weights are spread")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--go-on", action="store_true", help="also beyond where a stopping rule had ended it")
    options = parser.parse_args(arguments)
    folder = RunFolder(options.run_dir.resolve())
    if not folder.path.is_dir():
        parser.error(f"there is no folder {folder.path}")
    faulthandler.enable()
    keep_memory()
    wait_politely()
    try:
        ownership = Ownership(folder.path)
    except TrainingError as error:
        print(error.message, error.hint, file=sys.stderr)  # noqa: T201  the log belongs to the other process
        return error.exit_code
    try:
        return RunProcess(
            folder,
            device=options.device,
            resume=options.resume,
            pictures=not options.no_pictures,
            go_on=options.go_on,
        ).run()
    finally:
        ownership.give_back()


if __name__ == "__main__":
    sys.exit(main())

"""The states a tab can be in, each built on a real project folder with written run logs and a scripted engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QWidget

from engine.document import files
from engine.document.project import Project
from gui.train.tab import TrainTab
from gui.workbench import Workbench
from tests.gui.run_logs import RunLog

EXAMPLES = Path(__file__).resolve().parents[2] / "projects"


def example(name: str = "garments") -> Project:
    """One of the shipped examples."""
    return files.load(EXAMPLES / name)


def open_example(bench: Workbench, place: Path, name: str = "garments") -> Path:
    """A copy of an example in `place`, open in the workbench once runs were written there."""
    directory = place / name
    files.create(directory, example(name))
    return directory


def train_tab(bench: Workbench) -> TrainTab:
    """The tab as the window makes it."""
    return TrainTab(project=bench.project, runs=bench.runs, data=bench.data)


def train_empty(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A project without runs."""
    bench.project.open(open_example(bench, place))
    return train_tab(bench)


def train_running(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A live run beside older ones."""
    directory = open_example(bench, place)
    for run, name, best in ((11, "sgd", 0.887), (12, "baseline", 0.921), (13, "dropout 0.3", 0.936)):
        old = log(directory, run, name=name)
        old.prepare()
        old.train(20, best=best, pace=3 + (14 - run))
        old.finish(best)
    live = log(directory, 14, name="wider fc", steps=100)
    live.prepare()
    live.note("Warm-up over.")
    live.train(14, best=0.97)
    live.note("A batch held a value that is not a number; it was left out.", warning=True)
    bench.project.open(directory)
    tab = train_tab(bench)
    return tab


def train_compared(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Two finished runs compared, the newer one overfitting."""
    directory = open_example(bench, place)
    for run, name, best, turn in ((1, "baseline", 0.92, 10**6), (2, "wider", 0.95, 9)):
        one = log(directory, run, name=name)
        one.prepare()
        one.train(20, best=best, turn=turn, memory=812_000_000 + run * 50_000_000)
        one.finish(best)
    bench.project.open(directory)
    tab = train_tab(bench)
    from PySide6.QtCore import QTimer

    QTimer.singleShot(350, tab.run_list.rows.selectAll)
    return tab


def train_failed(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A run that ran out of memory."""
    directory = open_example(bench, place)
    one = log(directory, 1)
    one.prepare(device="cuda:0")
    one.train(3)
    one.fail("The GPU is out of memory.", where="conv2", hint="Halve the batch size: 64 would fit.")
    bench.project.open(directory)
    return train_tab(bench)


STATES: dict[str, Callable[[Any, Path, Any], QWidget]] = {
    "train_empty": train_empty,
    "train_running": train_running,
    "train_compared": train_compared,
    "train_failed": train_failed,
}

"""What a million samples cost on the window's thread: every frame of scrolling, with real wheel and paint events.

A frame is what the thread does from a turn of the wheel until everything is painted: messages with new cards are read
and taken in, cards are drawn, the grid is painted. The same rows in Qt's own QListView are measured in the same run.
Milliseconds are the thread's own; those of the clock beside them hold what other programs took on a busy machine.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QListView, QStyledItemDelegate, QWidget

from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Statistics
from engine.document.project import Project
from engine.protocol.codec import encode, event_decoder
from engine.protocol.messages.data import DataDescribed, GetSamples, SampleCard, SamplesRead, SplitCounts
from gui.data.sample_delegate import PICTURE_CELL, SampleDelegate
from gui.data.tab import DataTab
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.widgets.theme import apply_theme
from tests.gui.fake_engine import FakeEngine

SAMPLES = 1_000_000
LIST_SAMPLES = 1_000_000
FRAMES = 300
LIMIT_MS = 16
CLASSES = [f"class {number}" for number in range(10)]
SPEC = DataSpec(
    sources=(Source(kind=SourceKind.IDX, path="/x"),),
    fields=(
        Field(name="pixels", kind=FieldKind.IMAGE),
        Field(
            name="label",
            kind=FieldKind.CATEGORY,
            role=Role.TARGET,
            statistics=Statistics(classes=tuple(CLASSES)),
        ),
    ),
)
Frames = list[tuple[float, float]]
"""Seconds of the thread, seconds of the clock."""


class PipeEngine(FakeEngine):
    """Answers with bytes, encoded between the frames as if by another process, and decoded within one."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[GetSamples] = []
        self._arrived: list[bytes] = []
        self._decoder = event_decoder()
        pixels = np.random.default_rng(1).integers(0, 255, (16, 128 * 128 * 3), np.uint8)
        self._pictures = [row.tobytes() for row in pixels]
        self.answer_with(GetSamples, self._take)

    def _take(self, request: GetSamples) -> None:
        self.waiting.append(request)

    def work(self) -> None:
        """What the engine does meanwhile."""
        for request in self.waiting:
            cards = [
                SampleCard(
                    index=i, label=CLASSES[i % 10], name=f"{i}.png", width=128, height=128, rgb=self._pictures[i % 16]
                )
                for i in request.indices
            ]
            self._arrived.append(encode(SamplesRead(request=request.id, cards=cards)))
        self.waiting.clear()

    def deliver(self) -> None:
        """What comes in on the pipe: a page at a time, as it is read."""
        if self._arrived:
            for event in self._decoder.feed(self._arrived.pop(0)):
                self.answer(event.request, event)


def frame(
    app: QApplication, view: QAbstractItemView, act: Callable[[], None], engine: PipeEngine
) -> tuple[float, float]:
    """One frame: input, arrived messages, and painting."""
    cpu, clock = time.thread_time(), time.perf_counter()
    act()
    engine.deliver()
    app.processEvents()  # handles the input and asks for a paint
    app.processEvents()  # paints
    spent = time.thread_time() - cpu, time.perf_counter() - clock
    engine.work()
    return spent


def wheel(view: QAbstractItemView, steps: float) -> Callable[[], None]:
    """A turn of the mouse wheel over the middle of a view."""
    room: QWidget = view.viewport()
    middle = QPointF(room.rect().center())

    def turn() -> None:
        QApplication.postEvent(
            room,
            QWheelEvent(
                middle,
                QPointF(room.mapToGlobal(middle.toPoint())),
                QPoint(0, 0),
                QPoint(0, -int(120 * steps)),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )

    return turn


def jump(view: QAbstractItemView, number: int) -> Callable[[], None]:
    """The handle of the scroll bar dragged to anywhere."""
    bar = view.verticalScrollBar()
    place = (number * 7919) % 1000 / 1000

    def drag() -> None:
        bar.setValue(int(bar.maximum() * place))

    return drag


def scroll(app: QApplication, view: QAbstractItemView, engine: PipeEngine, within_s: float = 60.0) -> dict[str, Frames]:
    """Frames of three ways to scroll, as many as there is time for."""

    def frames(act: Callable[[int], Callable[[], None]]) -> Frames:
        found: Frames = []
        end = time.monotonic() + within_s
        while len(found) < FRAMES and time.monotonic() < end:
            found.append(frame(app, view, act(len(found)), engine))
        return found

    return {
        "a line at a time": frames(lambda _number: wheel(view, 1)),
        "as fast as the wheel turns": frames(lambda _number: wheel(view, 6)),
        "dragging the bar anywhere": frames(lambda number: jump(view, number)),
    }


def say(name: str, frames: Frames) -> None:
    """p50, p99 and the longest."""
    cpu, clock = (sorted(1e3 * part[which] for part in frames) for which in (0, 1))
    p99 = cpu[min(len(cpu) - 1, round(len(cpu) * 0.99))]
    clock99 = clock[min(len(clock) - 1, round(len(clock) * 0.99))]
    over = sum(value > LIMIT_MS for value in cpu)
    print(
        f"  {name:28} p50 {statistics.median(cpu):5.1f}  p99 {p99:5.1f}  max {cpu[-1]:5.1f} ms, "
        f"over {LIMIT_MS} ms: {over} of {len(cpu)} (clock: p99 {clock99:.1f})"
    )


def opened(folder: Path, samples: int) -> tuple[DataTab, DataModel, ProjectModel, PipeEngine]:
    """The tab on that many samples."""
    engine = PipeEngine()
    project = ProjectModel()
    data = DataModel(project, engine)
    project.create(folder / "p", Project(name="p", data=SPEC))
    tab = DataTab(project=project, data=data)
    tab.resize(1600, 950)
    tab.show()
    labels = (np.arange(samples) % 10).astype(np.int32)
    described = DataDescribed(
        samples=samples,
        counts=SplitCounts(train=samples),
        label_field="label",
        classes=CLASSES,
        labels=labels.astype("<i4").tobytes(),
        splits=bytes(samples),
        class_counts=np.bincount(labels).tolist(),
        request=data._request,
    )
    message = encode(described)
    started = time.thread_time()
    (event,) = event_decoder().feed(message)
    data._on_described(event)
    taken = time.thread_time() - started
    QApplication.processEvents()
    print(f"  description of {samples:,} samples, {len(message) / 1e6:.1f} MB, taken in: {taken * 1e3:.1f} ms")
    return tab, data, project, engine


def our_grid(app: QApplication, folder: Path) -> None:
    """The grid, the table, and what else goes over all samples."""
    tab, data, project, engine = opened(folder, SAMPLES)
    for name, view in (("grid", tab.samples.grid), ("table", tab.samples.table)):
        tab.samples.show_as(view)
        for _ in range(20):
            frame(app, view, lambda: None, engine)
        print(f"\n{name}, {SAMPLES:,} samples, {view.viewport().width()} × {view.viewport().height()}")
        for how, frames in scroll(app, view, engine).items():
            say(how, frames)
    tab.samples.show_as(tab.samples.grid)
    classes = [frame(app, tab.samples.grid, lambda n=n: tab.samples.pick_class(n % 10), engine) for n in range(40)]
    print("\nover all samples")
    say("show one class", classes)
    tab.samples.pick_class(-1)
    tab.samples.grid.selectAll()
    say("label all of them shown", [frame(app, tab.samples.grid, lambda: data.relabel(np.arange(SAMPLES), 3), engine)])
    tab.close()
    project.shut_down()
    data.close()


class _PlainDelegate(QStyledItemDelegate):
    """The same card, without keeping what was drawn: what a first attempt would do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._own = SampleDelegate(parent)

    def sizeHint(self, option: object, index: object) -> QSize:
        return PICTURE_CELL

    def paint(self, painter: object, option: object, index: object) -> None:
        self._own._drawn.clear()
        self._own._spent_s = 0.0
        self._own.paint(painter, option, index)  # type: ignore[arg-type]


def qt_list(app: QApplication, folder: Path) -> None:
    """The same rows in a QListView of icons."""
    tab, data, project, engine = opened(folder, LIST_SAMPLES)
    view = QListView()
    view.setViewMode(QListView.ViewMode.IconMode)
    view.setUniformItemSizes(True)
    view.setResizeMode(QListView.ResizeMode.Adjust)
    view.setSpacing(6)
    view.setItemDelegate(_PlainDelegate(view))
    view.resize(tab.samples.grid.size())
    started = time.thread_time()
    view.setModel(tab.samples.model)
    view.show()
    app.processEvents()
    print(f"\nQListView, {LIST_SAMPLES:,} samples: {(time.thread_time() - started) * 1e3:,.0f} ms until it shows")
    for how, frames in scroll(app, view, engine, within_s=8).items():
        say(how, frames)
    view.close()
    tab.close()
    project.shut_down()
    data.close()


def main() -> None:
    """Print the frames of both."""
    app = QApplication([])
    apply_theme(app, "dark")
    with tempfile.TemporaryDirectory() as folder:
        our_grid(app, Path(folder) / "ours")
        qt_list(app, Path(folder) / "qt")


if __name__ == "__main__":
    main()

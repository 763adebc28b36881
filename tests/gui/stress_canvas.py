"""Hours of random gestures on the whole tab Design: no error, no leak, and the drawing is the document all the way.

`python tests/gui/stress_canvas.py --gestures 3600 --seed 1` does what a hand does in an hour and prints figures. The
quick suite runs a short piece of it.
"""

import argparse
import ctypes
import gc
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psutil
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QMouseEvent,
    QNativeGestureEvent,
    QPixmapCache,
    QPointingDevice,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from engine.catalog.registry import layers
from engine.document.edits import SetBypassed, SetTitle
from gui.design.reading_order import reading_order
from gui.design.tab import DesignTab
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from gui.models.settings import Settings
from gui.widgets import icons
from gui.widgets.guarded import HandlerFailure, install_reporter
from gui.widgets.theme import apply_theme
from tests.gui.drawn_networks import Hand, agrees, chain_network, residual_network, unlinked_network

Key, Mod, Button = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton
PER_PROJECT = 150
"""Gestures before another project is opened; memory is measured then, with an empty history."""
MOST_NODES = 120
QUIET = ("propagateSizeHints", "does not support raise", "grabbing the keyboard", "does not support setting window")
"""What the offscreen platform says of itself."""

_LETTERS = "conv 64 k3 > bn > relu linear dropout add pool abc 12 .5 \t"
_CLIPS = (
    "nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Foo())",
    "conv 8 > relu > conv 8",
    "(0): Linear(in_features=3, out_features=4, bias=True)\n(1): Tanh()",
    '[{"type": "ReLU"}, {"type": "Linear", "attributes": {"out_features": 3}}]',
    "nothing of use",
    "",
)
_KEYS = (
    *((key, held) for key in (Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down) for held in (Mod.NoModifier,) * 3),
    *(
        (key, held)
        for key in (Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down)
        for held in (Mod.ShiftModifier, Mod.ControlModifier, Mod.AltModifier, Mod.ControlModifier | Mod.ShiftModifier)
    ),
    *(
        (key, Mod.NoModifier)
        for key in (Key.Key_Escape, Key.Key_Return, Key.Key_Home, Key.Key_End, Key.Key_F2, Key.Key_E)
    ),
    *((key, Mod.NoModifier) for key in (Key.Key_PageDown, Key.Key_PageUp, Key.Key_Insert, Key.Key_G, Key.Key_F)),
    *(
        (key, Mod.NoModifier)
        for key in (Key.Key_C, Key.Key_R, Key.Key_L, Key.Key_Tab, Key.Key_Delete, Key.Key_Backspace)
    ),
    *((key, Mod.ShiftModifier) for key in (Key.Key_Delete, Key.Key_F, Key.Key_L, Key.Key_F10, Key.Key_W)),
    *((key, Mod.ControlModifier) for key in (Key.Key_A, Key.Key_B, Key.Key_C, Key.Key_X, Key.Key_V, Key.Key_D)),
    *((key, Mod.ControlModifier) for key in (Key.Key_L, Key.Key_K, Key.Key_G, Key.Key_U, Key.Key_Period, Key.Key_0)),
    *((key, Mod.ControlModifier) for key in (Key.Key_F, Key.Key_Plus, Key.Key_Minus, Key.Key_Return, Key.Key_Z)),
    *(
        (key, Mod.ControlModifier | Mod.ShiftModifier)
        for key in (Key.Key_T, Key.Key_D, Key.Key_L, Key.Key_F, Key.Key_K, Key.Key_C, Key.Key_M, Key.Key_H, Key.Key_V)
    ),
    *((key, Mod.ControlModifier | Mod.ShiftModifier) for key in (Key.Key_G, Key.Key_N, Key.Key_Z, Key.Key_O)),
    (Key.Key_F6, Mod.NoModifier),
)


@dataclass
class Report:
    """What a run has done and found."""

    gestures: int = 0
    projects: int = 0
    elapsed_s: float = 0.0
    memory_bytes: list[int] = field(default_factory=list)
    """What the system counts for the process after each project."""
    held_bytes: list[int] = field(default_factory=list)
    """What is allocated then, with every cache emptied; only where the C library tells."""
    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0
    slowest: str = ""

    def growth_bytes(self, figures: list[int] | None = None) -> float:
        """Median of the last third against that of the second third, of what is held: the first one is warming up."""
        figures = figures if figures is not None else self.held_bytes or self.memory_bytes
        third = len(figures) // 3
        if third < 1:
            return 0.0
        return statistics.median(figures[-third:]) - statistics.median(figures[third : 2 * third])


class Wild:
    """Somebody who does anything, with real events, in the tab Design."""

    def __init__(self, folder: Path, seed: int) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.app = app
        self.folder = folder
        self.random = random.Random(seed)
        self.report = Report()
        self.process = psutil.Process()
        self.names = [kind.type_name() for kind in layers()]
        self.settings = Settings(folder / "config")
        self.model = ProjectModel()
        self.selection = Selection(self.model)
        self.tab = DesignTab(project=self.model, selection=self.selection, settings=self.settings)
        self.canvas = self.tab.canvas
        self.hand = Hand(self.canvas)
        self.tab.drawing.choose = lambda *_: None
        self.tab.resize(1300, 800)
        self._project()
        self.tab.show()
        QTest.qWaitForWindowExposed(self.tab)
        self.tab.activateWindow()
        self.tab.focus_first()
        self.modal = QTimer()
        self.modal.setInterval(200)
        self.modal.timeout.connect(self._no_modal)
        self.modal.start()
        self.deeds: list[tuple[int, Callable[[], object]]] = [
            (14, self.click),
            (10, self.drag_card),
            (10, self.link_ports),
            (6, self.drag_anything),
            (22, self.press_key),
            (6, self.type_in_a_finder),
            (6, self.menu),
            (6, self.turn_wheel),
            (3, self.pinch),
            (4, self.space_pan),
            (4, self.abandon),
            (4, self.palette),
            (4, self.outline),
            (4, self.clip),
            (6, self.undo_or_redo),
            (3, self.from_elsewhere),
            (2, self.resize),
            (1, self.theme),
            (2, self.panels),
            (3, self.let_time_pass),
        ]

    # One gesture after the other.

    def run(self, gestures: int) -> Report:
        """Do so many things; stops at the first one that goes wrong."""
        failures: list[str] = []
        install_reporter(lambda failure: failures.append(_failure_words(failure)))
        old_hook, sys.excepthook = (
            sys.excepthook,
            lambda _kind, error, _trace: failures.append("".join(traceback.format_exception(error)[-6:])),
        )
        old_handler = qInstallMessageHandler(lambda kind, _context, text: _note(failures, kind, text))
        start = time.perf_counter()
        try:
            for number in range(1, gestures + 1):
                self._step(failures)
                if failures:
                    self.report.wrong += failures
                    break
                if number % PER_PROJECT == 0:
                    self._project()
        finally:
            self.report.elapsed_s = time.perf_counter() - start
            qInstallMessageHandler(old_handler)
            sys.excepthook = old_hook
            install_reporter(None)
        return self.report

    def close(self) -> None:
        """Put everything away."""
        self.modal.stop()
        self._calm()
        self.tab.hide()
        self.tab.deleteLater()
        self.model.shut_down()
        self.settings.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def _step(self, failures: list[str]) -> None:
        weights = [weight for weight, _deed in self.deeds]
        deed = self.random.choices([deed for _weight, deed in self.deeds], weights)[0]
        name = deed.__name__
        before = time.process_time()
        try:
            deed()
            self.app.processEvents()
            self._check()
        except AssertionError as error:
            failures.append(f"after {name}: the drawing is not the document: {error}\n{traceback.format_exc(limit=-2)}")
        except Exception:  # noqa: BLE001 - told with the gesture that brought it
            failures.append(f"{name}: {traceback.format_exc(limit=-6)}")
        took_ms = (time.process_time() - before) * 1e3
        if took_ms > self.report.slowest_ms:
            self.report.slowest_ms, self.report.slowest = took_ms, name
        self.report.done[name] += 1
        self.report.gestures += 1
        if len(self.model.project.graph.nodes) > MOST_NODES:
            self._calm()
            self.canvas.commands.select_all()
            self.hand.key(Key.Key_Delete)

    def _check(self) -> None:
        canvas = self.canvas
        if canvas.gesture is not None or canvas.tidier.busy:
            return
        agrees(canvas)
        outline = self.tab.outline
        if not outline.folded:
            outline.model.refresh()
            assert list(outline.model.ids) == reading_order(canvas.project.project.graph), "the outline differs"

    def _project(self) -> None:
        """Another project, and the memory without the last one's history."""
        self._calm()
        old = self.model.directory
        make = self.random.choice((residual_network, unlinked_network, lambda: chain_network(30)))
        self.report.projects += 1
        self.model.create(self.folder / f"p{self.report.projects}", make())
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)
        QGuiApplication.clipboard().clear()
        self._measure()

    def _measure(self) -> None:
        """Memory without what caches keep: pictures of other sizes and themes would hide a leak, or look like one."""
        self.tab.resize(1300, 800)
        apply_theme(self.app, "dark")
        self.app.processEvents()
        QPixmapCache.clear()
        icons._renderer.cache_clear()
        self.canvas.graph_painter.sprites.clear()
        for _round in range(2):
            gc.collect()
            self.app.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        _trim()
        self.report.memory_bytes.append(self.process.memory_info().rss)
        held = _held_bytes()
        if held:
            self.report.held_bytes.append(held)

    def _calm(self) -> None:
        """End what is going on, as a user does with Escape and patience."""
        for menu in self.tab.findChildren(QMenu):
            if menu.isVisible():
                menu.close()
        self.canvas.cancel_gesture()
        self.canvas.tidier.wait()
        self.tab.focus_first()
        for _press in range(2):
            QTest.keyClick(self._focused(), Key.Key_Escape)
        self.tab.focus_first()
        self.app.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def _no_modal(self) -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            dialog.close()

    # Where.

    def _focused(self) -> QWidget:
        popup = QApplication.activePopupWidget()
        return popup or self.tab.window().focusWidget() or self.canvas

    def _spot(self) -> QPoint:
        return QPoint(self.random.randrange(self.canvas.width()), self.random.randrange(self.canvas.height()))

    def _node(self) -> str:
        ids = self.canvas.geometry_store.ids
        return self.random.choice(ids) if ids else ""

    def _place(self) -> QPoint:
        """On a card, a port, a link, or anywhere."""
        node = self._node()
        geometry = self.canvas.geometry_store
        kind = self.random.random()
        if not node or kind < 0.2:
            return self._spot()
        if kind < 0.6:
            return self.hand.card(node)
        face = geometry.faces[geometry.row_of[node]]
        if kind < 0.75 and face.outputs:
            return self.hand.output(node, face.outputs[0])
        if kind < 0.9 and face.inputs:
            return self.hand.input(node, self.random.choice(face.inputs))
        links = list(geometry.link_of)
        return self.hand.link(*self.random.choice(links)) if links else self._spot()

    def _held(self) -> Qt.KeyboardModifier:
        return self.random.choice(
            (*(Mod.NoModifier,) * 6, Mod.ShiftModifier, Mod.ControlModifier, Mod.AltModifier, Mod.ShiftModifier)
        )

    # What.

    def click(self) -> None:
        """A click or a double click, with any button and key held."""
        at = self._place()
        if self.random.random() < 0.15:
            QTest.mouseDClick(self.canvas, Button.LeftButton, self._held(), at)
        else:
            button = self.random.choice((*(Button.LeftButton,) * 6, Button.RightButton, Button.MiddleButton))
            QTest.mouseClick(self.canvas, button, self._held(), at)

    def drag_card(self) -> None:
        """Move a card somewhere, or only a little."""
        node = self._node()
        if node:
            start = self.hand.card(node)
            near = start + QPoint(self.random.randint(-60, 60), self.random.randint(-60, 60))
            self.hand.drag(start, self.random.choice((near, self._spot())), keys=self._held())

    def link_ports(self) -> None:
        """From an output to an input, or the other way round."""
        source, target = self._node(), self._node()
        geometry = self.canvas.geometry_store
        if not source or not target:
            return
        outputs = geometry.faces[geometry.row_of[source]].outputs
        inputs = geometry.faces[geometry.row_of[target]].inputs
        if outputs and inputs:
            ends = [self.hand.output(source, outputs[0]), self.hand.input(target, self.random.choice(inputs))]
            self.random.shuffle(ends)
            self.hand.drag(*ends)

    def drag_anything(self) -> None:
        """Bands, lassos, cuts, pans, and drags of whatever is there."""
        button = self.random.choice((*(Button.LeftButton,) * 4, Button.MiddleButton, Button.RightButton))
        held = Mod.ControlModifier if button == Button.RightButton else self._held()
        self.hand.drag(self._place(), self._place(), button, held, steps=self.random.randint(1, 12))

    def press_key(self) -> None:
        """Any key there is, where the focus happens to be."""
        for _press in range(self.random.randint(1, 4)):
            key, held = self.random.choice(_KEYS)
            QTest.keyClick(self._focused(), key, held)

    def type_in_a_finder(self) -> None:
        """Open the search, type something, take it or leave it."""
        self.tab.focus_first()
        key, held = self.random.choice(
            ((Key.Key_Tab, Mod.NoModifier), (Key.Key_F, Mod.ControlModifier), (Key.Key_K, Mod.ControlModifier))
        )
        QTest.keyClick(self._focused(), key, held)
        words = self.random.choice(("relu", "conv 8 k3 > bn > relu", "linear", "add", "fully", "1", "node", "zzz"))
        QTest.keyClicks(self._focused(), words)
        for _down in range(self.random.randint(0, 3)):
            QTest.keyClick(self._focused(), Key.Key_Down)
        QTest.keyClick(self._focused(), self.random.choice((Key.Key_Return, Key.Key_Return, Key.Key_Escape)))

    def menu(self) -> None:
        """The menu of the right button or of the key, and an entry of it."""
        at = self._place()
        by_key = self.random.random() < 0.4
        reason = QContextMenuEvent.Reason.Keyboard if by_key else QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(self.canvas, QContextMenuEvent(reason, at, self.canvas.mapToGlobal(at)))
        popup = QApplication.activePopupWidget()
        if popup is None:
            return
        for _down in range(self.random.randint(1, 24)):
            QTest.keyClick(popup, Key.Key_Down)
        QTest.keyClick(popup, self.random.choice((Key.Key_Return, Key.Key_Return, Key.Key_Escape)))
        while QApplication.activePopupWidget() is not None:
            QApplication.activePopupWidget().close()

    def turn_wheel(self) -> None:
        """A mouse wheel or two fingers."""
        at = self._spot()
        where = QPointF(self.canvas.mapToGlobal(at))
        trackpad = self.random.random() < 0.5
        pixels = QPoint(self.random.randint(-60, 60), self.random.randint(-60, 60)) if trackpad else QPoint()
        angle = QPoint(0, self.random.choice((-240, -120, 120, 240)))
        phase = Qt.ScrollPhase.ScrollUpdate if trackpad else Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(QPointF(at), where, pixels, angle, Button.NoButton, self._held(), phase, False)
        QApplication.sendEvent(self.canvas, event)

    def pinch(self) -> None:
        """Two fingers closing or opening, or tapping twice."""
        at = QPointF(self._spot())
        kind = self.random.choice((Qt.NativeGestureType.ZoomNativeGesture, Qt.NativeGestureType.SmartZoomNativeGesture))
        device = QPointingDevice.primaryPointingDevice()
        event = QNativeGestureEvent(kind, device, 2, at, at, at, self.random.uniform(-0.4, 0.5), QPointF())
        QApplication.sendEvent(self.canvas, event)

    def space_pan(self) -> None:
        """Space held and dragged, sometimes let go first."""
        self.tab.focus_first()
        QTest.keyPress(self.canvas, Key.Key_Space)
        self.hand.drag(self._place(), self._spot())
        QTest.keyRelease(self.canvas, Key.Key_Space)

    def abandon(self) -> None:
        """Begin something and think better of it, or be interrupted by a key, a menu or an undo."""
        start = self._place()
        self.hand.press(start)
        for _move in range(self.random.randint(1, 5)):
            self.hand.move(self._spot())
        interruption = self.random.choice(("escape", "undo", "delete", "key", "wheel", "nothing"))
        if interruption == "undo":
            self.model.history.undo()
        elif interruption == "delete":
            QTest.keyClick(self.canvas, Key.Key_Delete)
        elif interruption == "key":
            self.press_key()
        elif interruption == "wheel":
            self.turn_wheel()
        elif interruption == "escape":
            QTest.keyClick(self.canvas, Key.Key_Escape)
        self.hand.move(self._spot())
        self.hand.release(self._spot())
        self.canvas.cancel_gesture()

    def palette(self) -> None:
        """Drag a layer from the list, or search for one there."""
        if self.random.random() < 0.6:
            self.hand.drop_layer(self.random.choice(self.names), self._place(), leave=self.random.random() < 0.2)
            return
        QTest.keyClick(self.canvas, Key.Key_Slash)
        self.tab.palette_panel.focus_search()
        QTest.keyClicks(self.tab.palette_panel.search, self.random.choice(("relu", "pool", "q")))
        QTest.keyClick(self.tab.palette_panel.search, Key.Key_Return)
        self.tab.palette_panel.search.clear()
        self.tab.focus_first()

    def outline(self) -> None:
        """Work in the list."""
        self.tab.outline.focus_first()
        rows = self.tab.outline.list
        for _press in range(self.random.randint(1, 5)):
            key = self.random.choice(
                (Key.Key_Down, Key.Key_Up, Key.Key_Right, Key.Key_Left, Key.Key_End, Key.Key_Delete)
            )
            QTest.keyClick(rows, key, self.random.choice((Mod.NoModifier, Mod.NoModifier, Mod.ShiftModifier)))
        QTest.keyClick(rows, self.random.choice((Key.Key_Escape, Key.Key_Return)))
        if self.random.random() < 0.3:
            self.tab.outline.set_folded(True)
        self.tab.focus_first()

    def clip(self) -> None:
        """Copy, cut, paste, also what does not belong here."""
        self.tab.focus_first()
        if self.random.random() < 0.5:
            QGuiApplication.clipboard().setText(self.random.choice(_CLIPS))
        else:
            QTest.keyClick(self._focused(), self.random.choice((Key.Key_C, Key.Key_X)), Mod.ControlModifier)
        QTest.keyClick(self._focused(), Key.Key_V, Mod.ControlModifier)

    def undo_or_redo(self) -> None:
        """A few steps back, or forward again."""
        history = self.model.history
        step = self.random.choice((history.undo, history.redo))
        for _time in range(self.random.randint(1, 8)):
            step()

    def from_elsewhere(self) -> None:
        """An edit that did not come from the canvas."""
        project = self.canvas.project
        node = self._node()
        if not node:
            return
        title = self.random.choice(("", "a caption", "a much longer caption than any card has room for", "<b>"))
        project.do(SetTitle(id=node, title=title))
        if self.random.random() < 0.3:
            project.do(SetBypassed(ids=(node,), bypassed=self.random.random() < 0.5))

    def resize(self) -> None:
        """Another size of the window."""
        self.tab.resize(self.random.randint(700, 1500), self.random.randint(420, 950))

    def theme(self) -> None:
        """Dark to light and back."""
        apply_theme(self.app, self.random.choice(("dark", "light")))

    def panels(self) -> None:
        """Click and type in the panels beside the canvas, and open the export."""
        chance = self.random.random()
        if chance < 0.4:
            self.tab.inspector.focus_first()
            focused = self._focused()
            if focused is not self.canvas and not isinstance(focused, QMenu):
                QTest.keyClicks(focused, self.random.choice(("3", "12", "0", "x")))
                QTest.keyClick(focused, Key.Key_Return)
        elif chance < 0.6:
            self.tab.problems.focus_first()
            QTest.keyClick(self._focused(), Key.Key_Return)
        elif chance < 0.75:
            dialog = self.tab.drawing.ask()
            if dialog is not None:
                QTest.keyClick(dialog, self.random.choice((Key.Key_Escape, Key.Key_Return)))
        else:
            for panel in (self.tab.inspector, self.tab.problems):
                at = QPoint(self.random.randrange(panel.width()), self.random.randrange(max(1, panel.height())))
                QTest.mouseClick(panel, Button.LeftButton, Mod.NoModifier, at)
        self.tab.focus_first()

    def let_time_pass(self) -> None:
        """Timers run: a hover, a tooltip, a sharpened picture, an animation in the middle."""
        at = self._place()
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(at),
            QPointF(self.canvas.mapToGlobal(at)),
            Button.NoButton,
            Button.NoButton,
            Mod.NoModifier,
        )
        QApplication.sendEvent(self.canvas, move)
        QTest.qWait(self.random.randint(1, 40))
        if self.random.random() < 0.3:
            self.canvas.grab()


def _failure_words(failure: HandlerFailure) -> str:
    return f"{failure.handler}: {failure.traceback_text}"


def _note(failures: list[str], kind: QtMsgType, text: str) -> None:
    if kind is not QtMsgType.QtDebugMsg and not any(quiet in text for quiet in QUIET):
        failures.append(f"Qt says: {text}")


def _trim() -> None:
    """Give free memory back, so that what is measured is what is held."""
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


class _Mallinfo(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 and newer; mallinfo(3)."""

    _fields_ = (
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks")),
        *((name, ctypes.c_size_t) for name in ("uordblks", "fordblks", "keepcost")),
    )


def _held_bytes() -> int:
    """Bytes that are allocated and not freed, 0 where nobody tells."""
    tell = getattr(ctypes.CDLL(None), "mallinfo2", None) if sys.platform.startswith("linux") else None
    if tell is None:
        return 0
    tell.restype = _Mallinfo
    told = tell()
    return int(told.uordblks + told.hblkhd)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gestures", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["NETWRIGHT_CONFIG_DIR"] = str(Path(place) / "config")
        os.environ["NETWRIGHT_HOME"] = str(Path(place) / "home")
        app = QApplication.instance() or QApplication([])
        assert isinstance(app, QApplication)
        apply_theme(app, "dark")
        wild = Wild(Path(place), asked.seed)
        report = wild.run(asked.gestures)
        wild.close()
    memory = [round(value / 1e6, 1) for value in report.memory_bytes]
    held = [round(value / 1e6, 1) for value in report.held_bytes]
    print(f"{report.gestures} gestures in {report.projects} projects, {report.elapsed_s:.0f} s, seed {asked.seed}")
    print(f"memory after each project, MB: {memory}")
    print(f"of it allocated, caches empty, MB: {held}")
    print(f"growth of that from the second third to the last: {report.growth_bytes() / 1e6:.1f} MB")
    print(f"slowest gesture: {report.slowest} {report.slowest_ms:.0f} ms CPU, its check included")
    print(f"done: {dict(report.done.most_common())}")
    for wrong in report.wrong:
        print(f"WRONG: {wrong}")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Draws each state of the Train, Evaluate and Use tabs into PNG files: `python tests/gui/shots.py FOLDER [WORD]`."""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from gui.charts.line_chart import LineChart
from gui.charts.preload import loader
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import STATES

SIZES = ((1600, 925), (1100, 625))
"""Of a tab in a window of 1600 x 1000 and 1100 x 700: without top bar and status line."""


def wait(milliseconds: int) -> None:
    """Let the models read and the charts draw."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def main(folder: Path, word: str) -> None:
    """Draw all states whose name holds `word`, in both themes and sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    loader().start()
    loader().wait()
    for name, build in STATES.items():
        if word not in name:
            continue
        with tempfile.TemporaryDirectory() as place:
            engine = FakeEngine()
            bench = Workbench(Settings(Path(place) / "config"), engine)
            apply_theme(app, "dark")
            widget: QWidget = build(bench, Path(place), RunLog)
            widget.show()
            wait(900)
            if callable(act := widget.property("act")):
                act()
            for size in SIZES:
                for theme in ("dark", "light"):
                    apply_theme(app, theme)
                    widget.resize(*size)
                    widget.show()
                    wait(700)
                    for chart in widget.findChildren(LineChart):
                        chart.redraw()
                    widget.grab().save(str(folder / f"{name}_{theme}_{size[0]}.png"))
            widget.close()
            bench.shut_down()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")

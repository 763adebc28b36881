"""Every state of the Train, Evaluate and Use tabs draws, large and small, its parts named and none flashing up."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QMenu, QWidget

from gui.models.settings import Settings
from gui.widgets.guarded import guarded
from gui.widgets.parsed_editor import ParsedEditor
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import STATES


class Watcher(QObject):
    """Notes what is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[QWidget] = []

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(watched)
        return False


@pytest.mark.parametrize("name", STATES)
def test_a_state_draws(qtbot, qapp, tmp_path, name):
    apply_theme(qapp, "dark")
    watcher = Watcher()
    qapp.installEventFilter(watcher)
    bench = Workbench(Settings(tmp_path / "config"), FakeEngine())
    try:
        tab = STATES[name](bench, tmp_path, RunLog)
        qtbot.addWidget(tab)
        tab.resize(1500, 900)
        tab.show()
        qtbot.waitUntil(lambda: bench.runs._ticks > 2 and not bench.runs.loading)
        if name in ("evaluate_full", "evaluate_many", "evaluate_numbers"):
            qtbot.waitUntil(lambda: bench.evaluation.state == "done")
        if callable(act := tab.property("act")):
            act()
        if name in ("use_answered", "use_many", "use_table"):
            qtbot.waitUntil(lambda: bench.use.predict_state == "done")
        assert not tab.grab().isNull()
        tab.resize(1100, 625)
        assert not tab.grab().isNull()
    finally:
        qapp.removeEventFilter(watcher)
        bench.shut_down()
    assert [w for w in watcher.windows if w is not tab and not isinstance(w, QMenu)] == []
    for widget in tab.findChildren(QWidget):
        if widget.isVisible() and isinstance(widget, QAbstractButton | QAbstractItemView | ParsedEditor):
            assert widget.accessibleName(), f"{type(widget).__name__} {widget.objectName()} has no name"

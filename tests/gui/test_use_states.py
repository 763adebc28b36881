"""Every state of Try it draws, large and small, dark and light, its parts named and none flashing up as a window."""

import pytest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractSlider, QMenu, QScrollBar, QWidget

from gui.models.settings import Settings
from gui.widgets.parsed_editor import ParsedEditor
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.test_train_evaluate_use_states import Watcher
from tests.gui.use_states import TRIED

WAITS = ("starting", "writing")


@pytest.mark.parametrize("name", TRIED)
def test_a_state_draws(qtbot, qapp, tmp_path, name):
    apply_theme(qapp, "dark")
    watcher = Watcher()
    qapp.installEventFilter(watcher)
    bench = Workbench(Settings(tmp_path / "config"), FakeEngine())
    try:
        tab = TRIED[name](bench, tmp_path, RunLog)
        qtbot.addWidget(tab)
        tab.resize(1500, 900)
        tab.show()
        done = ("working",) if name == "starting" else ("done",)
        qtbot.waitUntil(lambda: bench.use.predict_state in done)
        if callable(act := tab.property("act")):
            act()
        if name == "writing":
            qtbot.waitUntil(lambda: len(bench.use.written) > 3)
        elif name not in WAITS:
            qtbot.waitUntil(lambda: bench.use.predict_state == "done")
        if name == "what_if":
            qtbot.waitUntil(lambda: tab.trying.answer.what_if.chart.keys() == ["a", "b"])
        if name == "gallery":
            qtbot.waitUntil(lambda: tab.trying.answer.many.count() == 24)
        assert not tab.grab().isNull()
        apply_theme(qapp, "light")
        tab.resize(1100, 625)
        assert not tab.grab().isNull()
    finally:
        qapp.removeEventFilter(watcher)
        bench.shut_down()
        apply_theme(qapp, "dark")
    assert [w for w in watcher.windows if w is not tab and not isinstance(w, QMenu)] == []
    for widget in tab.trying.findChildren(QWidget):
        named = isinstance(widget, QAbstractButton | QAbstractItemView | ParsedEditor | QAbstractSlider)
        if widget.isVisible() and named and not isinstance(widget, QScrollBar):
            assert widget.accessibleName(), f"{type(widget).__name__} {widget.objectName()} has no name"

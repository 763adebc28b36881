"""The runs that wait, in the order in which they begin; the order can be changed, and the queue be held."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.models.runs import RunsModel
from gui.train.run_curves import run_label_of
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.guarded import guarded
from gui.widgets.row_list import RowList
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text


class _Rows(RowList):
    """Alt+Up and Alt+Down move a row, Delete takes it out."""

    def __init__(self, owner: "QueueList") -> None:
        super().__init__(name="train.queue", accessible="Queue")
        self._owner = owner

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._owner.shift(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event.key() == Qt.Key.Key_Delete:
            self._owner.take_out()
        else:
            super().keyPressEvent(event)


class QueueList(QWidget):
    """Hidden while nothing waits."""

    def __init__(self, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self.rows = _Rows(self)
        self.up = Button(role="icon", icon="chevron-up", tooltip="Begin earlier (Alt+Up)", small=True)
        self.down = Button(role="icon", icon="chevron-down", tooltip="Begin later (Alt+Down)", small=True)
        self.out = Button(role="icon", icon="close", tooltip="Take out of the queue (Delete)", small=True)
        self.hold = Button("Hold", role="quiet", small=True, name="train.queue.hold")
        self.at_once = ChoiceEditor([Choice(value=count, label=f"{count} at once") for count in (1, 2, 3, 4)], 1)
        self.at_once.setProperty("density", "compact")
        self.at_once.setObjectName("train.queue.at_once")
        self.at_once.setAccessibleName("Runs at once on a device")
        self.at_once.setToolTip("How many runs share a device; with several devices each takes so many.")
        self.at_once.setFixedWidth(84)
        self.at_once.committed.connect(lambda count: runs.arrange_queue(at_once=int(str(count))))
        self.up.clicked.connect(lambda: self.shift(-1))
        self.down.clicked.connect(lambda: self.shift(1))
        self.out.clicked.connect(self.take_out)
        self.hold.clicked.connect(lambda: runs.arrange_queue(held=not runs.queue.held))
        self._words = Text("", role="note", wrap=True)
        bar = QHBoxLayout()
        bar.setSpacing(2)
        bar.addWidget(self.hold)
        bar.addWidget(self.at_once)
        bar.addStretch(1)
        for button in (self.up, self.down, self.out):
            bar.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        column.addWidget(SectionLabel("Queue"))
        column.addWidget(self.rows)
        column.addWidget(self._words)
        column.addLayout(bar)
        self.rows.currentRowChanged.connect(lambda _row: self._refresh_buttons())
        runs.list_changed.connect(self.refresh)
        runs.readiness_changed.connect(self._refresh_buttons)
        self.hide()  # until `refresh`, when it has its place

    def refresh(self) -> None:
        """Show what waits now."""
        waiting = self._runs.queue.runs
        self.setVisible(bool(waiting))
        if self.rows.keys() != waiting:
            current = self.rows.current_key()
            self.rows.clear()
            for run in waiting:
                self.rows.add_row("", key=run)
            self.rows.select_key(current)
            self.rows.updateGeometry()
        for row, run in enumerate(waiting):
            self.rows.set_row(self.rows.item(row), run_label_of(self._runs, run), f"{row + 1}.", key=run)
        held = self._runs.queue.held
        self.hold.set_text("Go on" if held else "Hold")
        self.hold.setToolTip("Let the next run begin" if held else "Begin no further run for now")
        if self.at_once.value() != self._runs.queue.at_once:
            self.at_once.set_value(self._runs.queue.at_once)
        self._words.set_text("The queue is held." if held else "")
        self._words.setVisible(held)
        self._refresh_buttons()

    def shift(self, by: int) -> None:
        """Let the chosen run begin earlier or later."""
        waiting = list(self._runs.queue.runs)
        run = self.rows.current_key()
        if not isinstance(run, int) or run not in waiting:
            return
        at = waiting.index(run)
        to = at + by
        if 0 <= to < len(waiting):
            waiting.insert(to, waiting.pop(at))
            self._runs.arrange_queue(order=waiting)

    def take_out(self) -> None:
        """Take the chosen run out; it stays in the list as one that never began."""
        run = self.rows.current_key()
        if isinstance(run, int):
            self._runs.arrange_queue(remove=[run])

    def _refresh_buttons(self) -> None:
        row, count = self.rows.currentRow(), self.rows.count()
        locked = self._runs.reason_not_to_edit()
        none = locked or ("" if row >= 0 else "Choose a run in the queue first.")
        self.hold.set_blocked(locked)
        self.at_once.setEnabled(not locked)
        self.up.set_blocked(none or ("It is the next one already." if row == 0 else ""))
        self.down.set_blocked(none or ("It is the last one already." if row == count - 1 else ""))
        self.out.set_blocked(none)

    @guarded(fallback=QWidget.sizeHint)
    def sizeHint(self) -> QSize:
        return super().sizeHint()

"""One sample after the other, as large as there is room, to be labelled by a key; then the next comes by itself."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.document.data_spec import Role
from engine.protocol.messages.data import Shown
from gui.data.samples_model import SamplesModel
from gui.data.shown_view import ShownView, with_mask
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.sample_detail import DetailModel
from gui.models.sound_player import SoundPlayer
from gui.samples.label_bar import LabelBar
from gui.samples.play_button import PlayButton
from gui.widgets.button import Button
from gui.widgets.guarded import guarded
from gui.widgets.pill import Pill
from gui.widgets.text import Text


class LargeView(QWidget):
    """Left and right go through the samples shown in the grid; Escape goes back to it."""

    closed = Signal()
    row_wanted = Signal(int)

    def __init__(
        self, project: ProjectModel, data: DataModel, detail: DetailModel, rows: SamplesModel, player: SoundPlayer
    ) -> None:
        super().__init__()
        self._project, self._data, self._detail, self._rows = project, data, detail, rows
        self.row = -1
        self.setObjectName("data.large")
        self.setAccessibleName("One sample, large")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.view = ShownView(large=True, name="data.large.view")
        self._name = Text("", role="title", elide=Qt.TextElideMode.ElideMiddle)
        self._place = Text("", role="mono", tone="dim")
        self._class = Pill("", "idle", name="data.large.class")
        back = Button("Back to all", icon="grid", small=True, tooltip="Escape")
        back.clicked.connect(self.closed)
        before = Button(role="icon", icon="arrow-left", tooltip="The sample before (left arrow)")
        after = Button(role="icon", icon="arrow-right", tooltip="The next sample (right arrow)")
        before.clicked.connect(lambda: self.step(-1))
        after.clicked.connect(lambda: self.step(1))
        self.play = PlayButton(player, self._sample, name="data.large.play")
        self._player = player
        self.bar = LabelBar("data.large.labels")
        line = QHBoxLayout()
        line.setSpacing(8)
        for widget in (back, before, after, self.play):
            line.addWidget(widget)
        line.addWidget(self._name, 1)
        line.addWidget(self._class)
        line.addWidget(self._place)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 10, 0)
        column.setSpacing(10)
        column.addLayout(line)
        column.addWidget(self.view, 1)
        column.addWidget(self.bar)
        detail.changed.connect(self.refresh)
        data.labels_changed.connect(self.refresh)

    def show_row(self, row: int) -> None:
        """Show the sample of a row."""
        self.row = row
        self.row_wanted.emit(row)
        self.refresh()

    def _sample(self) -> int:
        return self._rows.sample(self.row) if 0 <= self.row < self._rows.rowCount() else -1

    def step(self, by: int) -> None:
        """Go on or back, from the last to the first."""
        count = self._rows.rowCount()
        if count:
            self.show_row((self.row + by) % count)

    def go_on(self) -> None:
        """After a label: the next one that has none, else the next one."""
        following = self._rows.next_unlabelled(self.row)
        if following >= 0 and following != self.row:
            self.show_row(following)
        elif following < 0:
            self.step(1)

    def refresh(self) -> None:
        """Show what is known of the sample."""
        if not self.isVisible() or not 0 <= self.row < self._rows.rowCount():
            return
        self.play.setVisible(bool(self._player.field))
        sample = self._rows.sample(self.row)
        detail = self._detail.detail
        shown, name = Shown(text="Reading"), ""
        if detail is not None and detail.index == sample:
            name = detail.name
            inputs = [field for field in detail.fields if field.role == Role.INPUT]
            drawn = [field for field in inputs if field.raw.rgb or field.raw.curve]
            if drawn:
                shown = with_mask(drawn[0].raw, detail.fields)
            elif len(inputs) == 1:
                shown = inputs[0].raw
            elif inputs:
                shown = Shown(text="\n".join(f"{field.name}: {field.raw.text}" for field in inputs[:30]))
        elif self._detail.problem:
            shown = Shown(problem=self._detail.problem)
        self.view.show_value(shown)
        self._name.set_text(name)
        index = self._data.label_of(sample)
        classes = self._data.classes
        label = classes[index] if 0 <= index < len(classes) else "unlabelled"
        self._class.setVisible(bool(classes))
        self._class.set_state(label, "ok" if index >= 0 else "idle")
        self._place.set_text(f"{self.row + 1:,} of {self._rows.rowCount():,}")
        self.bar.show_class(index)

    def show_classes(self, classes: list[str], colors: list[QColor]) -> None:
        """The classes that can be given."""
        self.bar.show_classes(classes, colors)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Up):
            self.step(-1)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Space):
            self.step(1)
        elif key == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            event.ignore()

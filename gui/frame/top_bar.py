"""The bar at the top: menu, project and whether it is saved, the five tabs, the device, and the Train button."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QWidget

from engine.protocol.messages.base import EngineReady
from gui.frame.menu_button import MenuButton
from gui.widgets.button import Button
from gui.widgets.pill import Pill
from gui.widgets.plain_text import tooltip_text
from gui.widgets.stylesheet import set_role
from gui.widgets.tabs import SegmentedTabs
from gui.widgets.text import Text

HEIGHT = 48
TABS = ("data", "design", "train", "evaluate", "use")
CAPTIONS = ("Data", "Design", "Train", "Evaluate", "Use")


class TopBar(QFrame):
    """Shows what it is told; decides nothing."""

    tab_chosen = Signal(str)
    train_clicked = Signal()

    def __init__(self, menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "top-bar")
        self.setFixedHeight(HEIGHT)
        self._reason = ""
        self.menu_button = MenuButton(menu)
        self._project = Text("", tone="dim", elide=Qt.TextElideMode.ElideMiddle)
        self._project.setObjectName("project.name")
        self.tabs = SegmentedTabs(CAPTIONS)
        self.tabs.currentChanged.connect(self._on_tab_changed)
        self.device = Pill("Engine starting", "busy", name="engine.device")
        self.train = Button("Train", role="primary", icon="play", name="train.start")
        self.train.clicked.connect(self.train_clicked)
        left, right = QWidget(), QWidget()
        for side in (left, right):
            row = QHBoxLayout(side)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(12)
        left_row, right_row = left.layout(), right.layout()
        assert isinstance(left_row, QHBoxLayout) and isinstance(right_row, QHBoxLayout)
        left_row.setSpacing(6)
        left_row.addWidget(self.menu_button)
        left_row.addWidget(self._project, 1)
        right_row.addStretch(1)
        right_row.addWidget(self.device)
        right_row.addWidget(self.train)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 14, 0)
        row.setSpacing(12)
        row.addWidget(left, 1)
        row.addWidget(self.tabs, 0)
        row.addWidget(right, 1)
        # Equal stretch keeps the tabs in the middle only while neither side asks for more than its share.
        left.setMinimumWidth(120)

    def show_project(self, name: str, state: str) -> None:
        """Name and state ("saved", "read only"); empty for the start page, where there are no tabs."""
        self._project.set_text(f"{name} · {state}" if name else "")
        for widget in (self.tabs, self.train):
            widget.setVisible(bool(name))

    def project_text(self) -> str:
        """What stands beside the menu."""
        return self._project.whole_text()

    def show_tab(self, tab: str) -> None:
        """Mark a tab as the shown one."""
        self.tabs.setCurrentIndex(TABS.index(tab))

    def show_device(self, state: str, info: EngineReady | None, reason: str) -> None:
        """The engine's state, and once it is up what it computes on."""
        words = {"starting": "Engine starting", "restarting": "Engine restarting", "dead": "Engine stopped"}
        tones = {"starting": "busy", "restarting": "warn", "dead": "error", "busy": "busy", "ready": "ok"}
        device = device_name(info.devices[0]) if info is not None and info.devices else "Engine ready"
        self.device.set_state(words.get(state, device), tones.get(state, "idle"))
        self.device.setToolTip(tooltip_text(reason if state in ("dead", "restarting") else device_tip(info)))

    def show_train(self, text: str, icon: str, reason: str) -> None:
        """The button; with a reason it looks withdrawn but can be clicked, which says the reason."""
        self._reason = reason
        self.train.set_text(text)
        set_role(self.train, role="" if reason else "primary")
        self.train.set_icon(icon)
        self.train.setToolTip(tooltip_text(reason or "Train the network (Ctrl+Return)"))
        self.train.setAccessibleDescription(reason)

    def _on_tab_changed(self, index: int) -> None:
        if index >= 0:
            self.tab_chosen.emit(TABS[index])


def device_name(device: str) -> str:
    """ "cpu" as CPU, "cuda:0" as GPU 0."""
    kind, _, number = device.partition(":")
    return {"cpu": "CPU", "cuda": f"GPU {number or 0}", "mps": "Apple GPU"}.get(kind, device)


def device_tip(info: EngineReady | None) -> str:
    """What the engine can compute on."""
    if info is None:
        return "The engine does what needs torch: reading data, training, exporting."
    return "The engine computes on " + (", ".join(map(device_name, info.devices)) or "this machine") + "."

"""The projects opened before; one that is gone stays in its row, greyed, with the reason."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui.models.shelf import Recent
from gui.widgets.button import Button
from gui.widgets.icons import icon_pixmap
from gui.widgets.text import Text
from gui.widgets.theme import theme_notifier


class RecentRow(QFrame):
    """Name, folder, and a cross that takes it off the list."""

    def __init__(self, recent: Recent, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._missing = bool(recent.missing)
        self.setObjectName("recent.row")
        self.icon = Text()
        self.open = Button(recent.name, role="link")
        self.open.setAccessibleName(f"Open {recent.name}")
        self.open.set_blocked(recent.missing)
        self.where = Text(
            recent.missing or _short(recent.path),
            role="small",
            tone="warn" if recent.missing else "faint",
            elide=Qt.TextElideMode.ElideMiddle,
        )
        self.forget = Button(role="icon", icon="close", tooltip="Take it off this list; nothing is deleted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.icon)
        row.addWidget(self.open)
        row.addWidget(self.where, 1)
        row.addWidget(self.forget)
        theme_notifier().changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        self.icon.setPixmap(icon_pixmap("folder", "faint" if self._missing else "dim", 16, self.devicePixelRatioF()))


class RecentList(QWidget):
    """Rows, latest first."""

    open_requested = Signal(object)
    forget_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("start.recent")
        self.setAccessibleName("Recent projects")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self.rows: list[RecentRow] = []
        self._empty = Text("Projects you open will be listed here.", tone="faint")
        self._column.addWidget(self._empty)

    def show_recent(self, recent: list[Recent], limit: int = 6) -> None:
        """Show other projects."""
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = []
        for item in recent[:limit]:
            row = RecentRow(item)
            row.open.clicked.connect(lambda _checked=False, path=item.path: self.open_requested.emit(path))
            row.forget.clicked.connect(lambda _checked=False, path=item.path: self.forget_requested.emit(path))
            self._column.addWidget(row)
            self.rows.append(row)
        self._empty.setVisible(not self.rows)


def _short(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)

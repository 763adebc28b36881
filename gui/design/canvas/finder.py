"""The box that opens on the canvas to pick something by typing: a layer to add, a node to go to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from gui.widgets.guarded import guarded
from gui.widgets.row_list import KeyRole, RowList
from gui.widgets.text import Text

WIDTH = 300
_ROWS = 9
_MOST = 60


@dataclass(frozen=True, slots=True)
class Offer:
    """A row: what it stands for, what it says, and a sentence about it."""

    key: str
    caption: str
    note: str = ""
    dot: str = ""
    help: str = ""


class Finder(QFrame):
    """Typing narrows the list, Up and Down move in it, Enter picks, Escape closes."""

    picked = Signal(str)
    """Key of the offer that was picked; the box is closed already."""
    dismissed = Signal()
    """Closed without a choice."""
    highlighted = Signal(str)
    """Key of the offer the list stands on; empty for none."""

    def __init__(self, name: str, accessible: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setProperty("role", "floating")
        self.setFixedWidth(WIDTH)
        self._offers: Callable[[str], Sequence[Offer]] = lambda _text: ()
        self._shown: dict[str, Offer] = {}
        self._nothing: Callable[[str], str] = lambda _text: ""
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        self.edit = QLineEdit()
        self.edit.setObjectName(f"{name}.text")
        self.edit.setClearButtonEnabled(False)
        self.edit.textChanged.connect(self._fill)
        self.edit.installEventFilter(self)
        self.list = RowList(name=f"{name}.list", accessible=accessible, grows=False)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(lambda item: self._pick(item.data(KeyRole)))
        self.list.currentRowChanged.connect(self._on_row)
        self._help = Text("", role="small", wrap=True)
        self._help.setMinimumHeight(34)
        self._help.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.edit)
        column.addWidget(self.list)
        column.addWidget(self._help)
        self.hide()

    def ask(
        self,
        offers: Callable[[str], Sequence[Offer]],
        at: QPoint,
        *,
        prompt: str,
        nothing: Callable[[str], str],
        text: str = "",
    ) -> None:
        """Open at a point of the parent. `offers` gives the rows for a text; `nothing` says why there are none."""
        self._offers, self._nothing = offers, nothing
        self.edit.setPlaceholderText(prompt)
        self.edit.setAccessibleName(prompt)
        self.edit.setText(text)
        self._fill()
        self.adjustSize()
        frame = self._host.rect()
        x = max(8, min(at.x(), frame.right() - self.width() - 8))
        y = max(8, min(at.y(), frame.bottom() - self.height() - 8))
        self.move(x, y)
        self.show()
        self.raise_()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_quietly(self) -> None:
        """Close and say so."""
        if self.isVisible():
            self.hide()
            self._host.setFocus()
            self.dismissed.emit()

    def keys(self) -> list[str]:
        """What is offered now."""
        return [str(key) for key in self.list.keys()]  # noqa: SIM118 - a widget

    def said(self) -> str:
        """The sentence under the list."""
        return self._help.whole_text()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()  # keys the text has no use for are not the canvas's either

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                step = 1 if key in (Qt.Key.Key_Down, Qt.Key.Key_Tab) else -1
                count = self.list.count()
                if count:
                    self.list.setCurrentRow((self.list.currentRow() + step) % count)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._pick(self.list.current_key())
                return True
            if key == Qt.Key.Key_Escape:
                self.close_quietly()
                return True
        if event.type() == QEvent.Type.FocusOut and self.isVisible() and not self.isAncestorOf(self.focusWidget()):
            self.hide()
            self.dismissed.emit()
        return super().eventFilter(watched, event)

    def _fill(self) -> None:
        offers = list(self._offers(self.edit.text()))[:_MOST]
        self._shown = {offer.key: offer for offer in offers}
        self.list.blockSignals(True)
        self.list.clear()
        for offer in offers:
            self.list.add_row(offer.caption, offer.note, dot=offer.dot, key=offer.key)
        self.list.blockSignals(False)
        self.list.setFixedHeight(28 * max(1, min(_ROWS, len(offers))) + 2)
        if offers:
            self.list.setCurrentRow(0)
        self._on_row(self.list.currentRow())
        self.adjustSize()

    def _on_row(self, _row: int) -> None:
        key = self.list.current_key()
        offer = self._shown.get(str(key)) if key is not None else None
        self._help.set_text(offer.help if offer is not None else self._nothing(self.edit.text()))
        self.highlighted.emit(offer.key if offer is not None else "")

    def _pick(self, key: object) -> None:
        if key is None:
            return
        self.hide()
        self._host.setFocus()
        self.picked.emit(str(key))

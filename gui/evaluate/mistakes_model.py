"""The mistakes as a list for a view, filtered by what was selected in the matrix or the table."""

from typing import Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from engine.protocol.messages.data import SampleCard
from engine.protocol.messages.evaluation import Mistake
from gui.models.data import DataModel
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text

MistakeRole: Final = Qt.ItemDataRole.UserRole + 1
CardRole: Final = Qt.ItemDataRole.UserRole + 2
_Index = QModelIndex | QPersistentModelIndex


class MistakesModel(QAbstractListModel):
    """Cards of samples come from the data model as they are seen."""

    def __init__(self, data: DataModel) -> None:
        super().__init__()
        self._data = data
        self._all: list[Mistake] = []
        self._shown: list[Mistake] = []
        self._true: str | None = None
        self._predicted: str | None = None
        data.cards_arrived.connect(self._on_cards_arrived)
        data.changed.connect(self._on_data_changed)

    def set_mistakes(self, mistakes: list[Mistake]) -> None:
        """Show the mistakes of another evaluation, unfiltered."""
        self._all = mistakes
        self.set_filter(None, None)

    def set_filter(self, true: str | None, predicted: str | None) -> None:
        """Show those of a true class, a predicted class, or both; None for any."""
        self.beginResetModel()
        self._true, self._predicted = true, predicted
        self._shown = [
            mistake
            for mistake in self._all
            if (true is None or mistake.true == true) and (predicted is None or mistake.predicted == predicted)
        ]
        self.endResetModel()

    def filter(self) -> tuple[str | None, str | None]:
        """(true, predicted) asked for."""
        return self._true, self._predicted

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, Qt's own default
        return 0 if parent.isValid() else len(self._shown)

    @guarded
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        mistake = self._shown[index.row()]
        if role == MistakeRole:
            return mistake
        if role == CardRole:
            return self._data.card(mistake.index)
        words = f"{mistake.true} taken for {mistake.predicted}, {mistake.score:.2f}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return plain_text(words)
        if role == Qt.ItemDataRole.ToolTipRole:
            card: SampleCard | None = self._data.card(mistake.index)
            name = card.name if card is not None and card.name else f"sample {mistake.index:,}"
            return tooltip_text(f"{name}\n{words}")
        return None

    def _on_cards_arrived(self, indices: object) -> None:
        arrived = set(indices) if isinstance(indices, list) else set()
        for row, mistake in enumerate(self._shown):
            if mistake.index in arrived:
                at = self.index(row)
                self.dataChanged.emit(at, at)

    def _on_data_changed(self) -> None:
        if self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

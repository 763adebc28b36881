"""Some samples as cards, those of one list, with what the run shown answered to them."""

from PySide6.QtCore import QModelIndex, QSize
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.protocol.messages.answered_samples import Among, Order
from gui.evaluate.answer_delegate import AnswerDelegate
from gui.evaluate.answered_list import AnsweredList
from gui.evaluate.mistakes_panel import CURVE, MASK, PAIR, ROWS, SQUARE, WORDS
from gui.evaluate.view import EvaluateContext
from gui.models.answered import AnsweredModel, Place, Wanted
from gui.widgets.grid_view import GridView
from gui.widgets.guarded import guarded
from gui.widgets.text import Text


class ComparedSamples(QWidget):
    """A card is chosen for all views by a click, and listed in Mistakes by a double click or Return."""

    def __init__(self, context: EvaluateContext, *, name: str) -> None:
        super().__init__()
        self._context = context
        self._answered = AnsweredModel(context.project, context.engine, self)
        self.model = AnsweredList(self._answered, context.corrections, self)
        self._delegate = AnswerDelegate(self)
        self.view = GridView(SQUARE)
        self.view.setObjectName(name)
        self.view.setAccessibleName("Samples of this list")
        self.view.setItemDelegate(self._delegate)
        self.view.setModel(self.model)
        self.none = Text("", tone="dim", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view, 1)
        column.addWidget(self.none)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self.view.opened.connect(self._on_opened)
        self._delegate.redraw_wanted.connect(self.view.viewport().update)
        self._answered.changed.connect(self._on_changed)
        self._answered.rows_arrived.connect(self._on_arrived)
        self._words = ""

    def show_samples(self, place: Place, members: tuple[int, ...], words: str, nothing: str) -> None:
        """List these samples of a run; `nothing` is said where there are none."""
        self._words = words
        self.none.set_text(nothing)
        self.none.setVisible(not members)
        self.view.setVisible(bool(members))
        self._answered.show(place)
        self._answered.want(Wanted(among=Among.ALL, order=Order.SUREST, samples=members, words=words))

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._answered.set_watched(True)

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._answered.set_watched(False)

    def _on_changed(self) -> None:
        self._delegate.measure, self._delegate.kind = self._answered.measure, self._answered.kind
        self.view.set_cell(self._cell())

    def _on_arrived(self, first: int, _last: int) -> None:
        if first == 0:
            self._on_changed()

    def _cell(self) -> QSize:
        sample = self._answered.known(0)
        if sample is None or (sample.card.rgb and sample.answer is None):
            return SQUARE
        if sample.answer is not None:
            return MASK if sample.answer.mask else CURVE if sample.answer.curve else PAIR
        if sample.forecast:
            return PAIR
        if self._answered.kind == "text" or len(sample.card.lines) == 1:
            return WORDS
        return CURVE if sample.card.curve else ROWS

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        sample = self.model.sample(current.row()) if current.isValid() else None
        if sample is not None:
            self._context.evaluation.choose_sample(sample.index)

    def _on_opened(self, row: int) -> None:
        sample = self.model.sample(row)
        if sample is not None:
            self._context.evaluation.choose_sample(sample.index)
            self._context.evaluation.list_samples(self._answered.wanted)

"""View "Mistakes": confusion matrix, scores per class, and the samples answered wrongly."""

import numpy as np
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QGridLayout, QScrollArea, QSizePolicy, QStackedWidget

from engine.checks.explaining import Explainable
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from gui.charts.confusion_matrix import ConfusionMatrix
from gui.evaluate.class_table import ClassTable
from gui.evaluate.mistakes_panel import MistakesPanel
from gui.evaluate.mixed_up import MixedUpTable
from gui.evaluate.view import ACTS, MADE, EvaluateContext, EvaluateView
from gui.widgets.card import Card
from gui.widgets.tabs import SegmentedTabs
from gui.widgets.tokens import GAP

_SPLIT_WORDS = {
    "test": "test split, never seen in training",
    "val": "validation split, chose the best epoch",
    "train": "training split, learned from",
}
_HOW_TO_READ = "rows: true · columns: predicted · click a cell"
_MOST_ALONE = 240
_FEW = 6
_MANY = 24
"""Classes from which on the pairs that are mixed up are shown first: single cells are too small to be read."""


class MistakesView(EvaluateView):
    """A cell of the matrix, or a class, leads to its samples."""

    key = "mistakes"
    caption = "Mistakes"

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._shown: FieldEvaluation | None = None
        self._counts = np.zeros((0, 0), np.int64)
        self._drawn: list[int] = []  # the classes that the matrix shows
        self._listed: list[int] = []  # those that the table lists
        self.matrix = ConfusionMatrix(name="evaluate.confusion")
        # As high as there is room for: what it would like to have must not make the page longer than the window.
        self.matrix.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.matrix.setMinimumHeight(260)
        self.matrix_card = Card("Confusion matrix", _HOW_TO_READ)
        self.matrix_card.body.addWidget(self.matrix, 1000)
        self.matrix_card.body.addStretch(1)
        self.classes = ClassTable()
        self.mixed_up = MixedUpTable()
        self._mixed_of: FieldEvaluation | None = None  # whose pairs are shown; they are counted when first looked at
        self.tables = SegmentedTabs(("Per class", "Mixed up"), name="evaluate.tables", small=True)
        self.tables.setAccessibleName("Classes, or pairs of them")
        self.classes_card = Card("Per class")
        self.classes_card.set_title_widget(self.tables)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.classes)
        self.pages.addWidget(self.mixed_up)
        self.classes_card.body.addWidget(self.pages, 1)
        self.mistakes = MistakesPanel(context)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.addWidget(self.matrix_card, 0, 0)
        grid.addWidget(self.classes_card, 0, 1)
        grid.addWidget(self.mistakes, 1, 0, 1, 2)
        grid.setColumnStretch(0, 4)
        grid.setColumnStretch(1, 5)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(1, 2)
        self._grid = grid
        self.matrix.cell_selected.connect(self._on_cell)
        self.matrix.selection_cleared.connect(self._on_cleared)
        self.mistakes.narrowed.connect(self._on_narrowed)
        self.matrix.cell_selected.connect(self._show_list)
        self.classes.class_chosen.connect(self._show_list)
        self.matrix.selection_cleared.connect(self.mixed_up.clearSelection)
        self.mixed_up.pair_chosen.connect(self._on_pair)
        self.classes.class_chosen.connect(lambda at: self.mistakes.show_class(self._listed[at]))
        self.tables.currentChanged.connect(self._on_table)

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        if output.from_noise and not Explainable(self.context.project.project).inputs:
            return MADE
        return ACTS if output.episodes else ""

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        """Show the matrix, the classes and the mistakes of an output."""
        if output is self._shown:
            return
        self._shown = output
        is_category = bool(output.matrix)
        self.matrix_card.setVisible(is_category)
        self.classes_card.setVisible(bool(output.per_class))
        few = len(output.classes) <= _FEW
        self._grid.setRowStretch(0, 0 if not is_category else 2 if few else 3)
        self._grid.setRowStretch(1, 3 if few else 2)
        # Without the matrix, as of a mask, the classes have its place too.
        self._grid.addWidget(self.classes_card, 0, 1 if is_category else 0, 1, 1 if is_category else 2)
        if is_category:
            self._counts = np.asarray(output.matrix, np.int64)
            self._drawn = _occurring(self._counts)
            self.matrix.set_matrix([output.classes[at] for at in self._drawn], self._counts[np.ix_(*[self._drawn] * 2)])
            absent = len(output.classes) - len(self._drawn)
            note = f"rows: true · columns: predicted · {absent:,} classes do not occur" if absent else _HOW_TO_READ
            self.matrix_card.set_note(note)
            # Small matrices keep cells that hold their numbers; the page scrolls where the window is low.
            count = len(self._drawn)
            self.matrix.setMinimumHeight(min(290, 52 * count + 40) if count <= 12 else 250)
            # Few classes need no more room than their cells; the samples have the rest.
            self.matrix.setMaximumHeight(max(190, 52 * count + 100) if few else 16_777_215)
        self.tables.setVisible(is_category)
        self.tables.setCurrentIndex(int(is_category and len(output.classes) > _MANY))
        self._on_table(self.tables.currentIndex())
        if output.per_class:
            shown = {output.classes[at] for at in self._drawn} if is_category else set()
            self._listed = [at for at, row in enumerate(output.per_class) if not shown or row.name in shown]
            self.classes.set_scores([output.per_class[at] for at in self._listed], output.averages)
            # Beside the matrix it is as high as that; alone it leaves the room to the samples.
            alone = min(self.classes.whole_height(), _MOST_ALONE)
            self.pages.setMaximumHeight(16_777_215 if is_category else alone)
            self.pages.setMinimumHeight(0 if is_category else min(alone, 120))
            self.classes_card.set_note(_SPLIT_WORDS.get(result.split, result.split))
        self.mistakes.show_field(output)

    def _on_table(self, at: int) -> None:
        self.pages.setCurrentIndex(at)
        self.classes_card.set_title(self.tables.tabText(at))
        output = self._shown
        if at == 1 and output is not None and output is not self._mixed_of:
            self._mixed_of = output
            # On a turn of its own: of a thousand classes that is a million numbers.
            QTimer.singleShot(0, self, self._count_pairs)

    def _count_pairs(self) -> None:
        if self._shown is not None and self._mixed_of is self._shown:
            self.mixed_up.pairs.set_matrix(self._shown.classes, self._counts)

    def _show_list(self, *_: int) -> None:
        """Bring a line of samples into sight where the window is low; the matrix stays as far as it can."""
        page = self.parentWidget()
        while page is not None and not isinstance(page, QScrollArea):
            page = page.parentWidget()
        inner = page.widget() if page is not None else None
        if page is not None and inner is not None:
            line = min(self.mistakes.height(), self.mistakes.minimumSizeHint().height())
            foot = self.mistakes.mapTo(inner, QPoint(0, line))
            page.ensureVisible(foot.x(), foot.y(), 0, GAP)

    def _on_cell(self, true: int, predicted: int) -> None:
        self.mistakes.show_cell(self._drawn[true], self._drawn[predicted])
        self.mixed_up.show_pair(self._drawn[true], self._drawn[predicted])

    def _on_pair(self, true: int, predicted: int) -> None:
        self.matrix.select(self._drawn.index(true), self._drawn.index(predicted))

    def _on_cleared(self) -> None:
        if self._cell_listed():
            self.mistakes.show_all()

    def _on_narrowed(self) -> None:
        """Something else is listed now than the cell that is marked."""
        marked = self.matrix.selected()
        if marked is None or self._shown is None:
            return
        true, predicted = (self._shown.classes[self._drawn[at]] for at in marked)
        if self.mistakes.filter() != (true, predicted):
            self.matrix.clear_selection()

    def _cell_listed(self) -> bool:
        true, predicted = self.mistakes.filter()
        return bool(true and predicted)

    def focus_first(self) -> None:
        self.mistakes.view.setFocus()


def _occurring(counts: "np.typing.NDArray[np.int64]") -> list[int]:
    """The classes that are in the samples or in the answers; all of a few, where a class that is missing tells."""
    count = len(counts)
    if count <= _MANY:
        return list(range(count))
    found: list[int] = np.flatnonzero(counts.sum(0) + counts.sum(1)).tolist()
    return found or list(range(count))

"""Smaller and faster: the network in every number format, measured here; a row is what Export writes."""

from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QWidget

from engine.protocol.messages.base import Progress
from engine.protocol.messages.variants import Variant, VariantsMeasured
from gui.models.runs import RunsModel
from gui.models.variants import VariantsModel
from gui.use.export_panel import ExportPanel, score_text, score_word, size_text
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.guarded import guarded
from gui.widgets.notice import Notice
from gui.widgets.plain_text import tooltip_text
from gui.widgets.progress_line import ProgressLine
from gui.widgets.text import Text
from gui.widgets.theme import current_theme

_ROW: Final = 28
_Index = QModelIndex | QPersistentModelIndex


class VariantRows(QAbstractTableModel):
    """A row a variant; a row that cannot be exported is there, says why, and cannot be picked."""

    def __init__(self) -> None:
        super().__init__()
        self.result: VariantsMeasured | None = None

    def set_result(self, result: VariantsMeasured | None) -> None:
        """Show other figures."""
        if result is not self.result:
            self.beginResetModel()
            self.result = result
            self.endResetModel()

    def variant(self, row: int) -> Variant | None:
        """What stands in a row."""
        return self.result.variants[row] if self.result is not None and 0 <= row < self.rowCount() else None

    def columns(self) -> tuple[str, ...]:
        """The headings."""
        scored = (score_word(self.result.score_name),) if self.result is not None and self.result.score_name else ()
        return ("variant", "size", *scored, "same answers", "latency", "vs float32")

    def words(self, row: int) -> tuple[str, ...]:
        """What a row says."""
        item, result = self.variant(row), self.result
        if item is None or result is None:
            return ()
        scored = (score_text(result.score_name, item.score),) if result.score_name else ()
        base = result.variants[0].latency_ms
        ratio = f"{base / item.latency_ms:.1f}×" if item.latency_ms > 0 else ""
        return (
            f"{item.precision} {item.int8}".strip(),
            size_text(item.bytes),
            *scored,
            f"{100 * item.same:.4g} %",
            f"{item.latency_ms:.2f} ms",
            ratio,
        )

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, Qt's own default
        return 0 if parent.isValid() or self.result is None else len(self.result.variants)

    @guarded(fallback=0)
    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, Qt's own default
        return 0 if parent.isValid() else len(self.columns())

    @guarded(fallback=Qt.ItemFlag.NoItemFlags)
    def flags(self, index: _Index) -> Qt.ItemFlag:
        item = self.variant(index.row())
        if item is None or item.refused:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    @guarded
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self.variant(index.row())
        if item is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(index.row())[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(f"Cannot be exported: {item.refused}." if item.refused else "Export this one.")
        if role == Qt.ItemDataRole.ForegroundRole and item.refused:
            return current_theme().color("faint")
        return None

    @guarded
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return {
                "same answers": "The share of samples (of masks: points) that are answered as by the trained network.",
                "latency": "The median time for one raw sample in onnxruntime, on one thread.",
                "vs float32": "How many times faster than float32.",
            }.get(self.columns()[section], "")
        return None


class VariantsCard(Card):
    """Place it wherever there is room; it asks for what is kept of the run that Export is set to."""

    def __init__(
        self, variants: VariantsModel, runs: RunsModel, export: ExportPanel, parent: QWidget | None = None
    ) -> None:
        super().__init__("Smaller and faster", "measured on this machine", name="use.variants", parent=parent)
        self._variants, self._export = variants, export
        self._asked = ""
        self._marking = False
        self.promise = Text(
            "Writes the network as float32, float16 and int8 and measures each: its size, its score on the test split, "
            "and its time for one sample.",
            tone="dim",
            wrap=True,
        )
        self.measure = Button("Measure", name="use.variants.measure", tooltip="Write and measure every number format")
        self.line = ProgressLine(name="use.variants.progress")
        self.failure = Notice("error", "", name="use.variants.failure")
        self.rows = VariantRows()
        self.table = QTableView()
        self.table.setObjectName("use.variants.table")
        self.table.setAccessibleName("Number formats, measured")
        self.table.setModel(self.rows)
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setFrameShape(QTableView.Shape.NoFrame)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(64)
        self.remark = Text("", role="small", tone="dim", wrap=True)
        self.again = Button("Measure again", small=True, name="use.variants.again")
        below = QHBoxLayout()
        below.addWidget(self.measure)
        below.addWidget(self.again)
        below.addStretch(1)
        self.body.addWidget(self.promise)
        self.body.addWidget(self.line)
        self.body.addWidget(self.failure)
        self.body.addWidget(self.table)
        self.body.addWidget(self.remark)
        self.body.addLayout(below)
        self.body.addStretch(1)
        self.measure.clicked.connect(lambda: variants.measure())
        self.again.clicked.connect(lambda: variants.measure(fresh=True))
        self.line.cancelled.connect(variants.cancel)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_chosen)
        variants.changed.connect(self.refresh)
        variants.progressed.connect(self._on_progressed)
        export.run_chosen.connect(lambda _: self._look_up())
        export.precision_chosen.connect(self._mark_chosen)
        runs.list_changed.connect(self._on_runs_changed)
        self._runs = runs
        self.refresh()

    def shown_rows(self) -> list[tuple[str, ...]]:
        """What the table says."""
        return [self.rows.words(row) for row in range(self.rows.rowCount())]

    def refresh(self) -> None:
        """Show the state of the model."""
        variants = self._variants
        working = variants.state == "working"
        if working and self.line.isHidden():
            self.line.start("Measuring")
        self.line.setVisible(working)
        error = variants.error if variants.state == "failed" else None
        self.failure.setVisible(error is not None)
        if error is not None:
            self.failure.set_message("error", error.message, " ".join(filter(None, (error.found, error.hint))))
        result = variants.result
        self.rows.set_result(result)
        self.table.setVisible(result is not None)
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + _ROW * self.rows.rowCount() + 4)
        self.promise.setVisible(result is None and not working)
        self.measure.setVisible(result is None and not working)
        self.measure.set_text("Try again" if error is not None else "Measure")
        self.again.setVisible(result is not None and not working)
        self.remark.setVisible(result is not None)
        if result is not None:
            self.remark.set_text(_remark(result))
            self._mark_chosen()

    def _mark_chosen(self) -> None:
        """The row of what Export is set to."""
        for row in range(self.rows.rowCount()):
            item = self.rows.variant(row)
            if (
                item is not None
                and not item.refused
                and item.precision == self._export.precision.value()
                and (self._export.int8 in ("auto", item.int8) or not item.int8)
            ):
                self._marking = True  # not a choice of the user's
                self.table.selectRow(row)
                self._marking = False
                return
        self.table.clearSelection()

    def _on_row_chosen(self, current: QModelIndex, _before: QModelIndex) -> None:
        item = self.rows.variant(current.row())
        if item is not None and not item.refused and not self._marking:
            self._export.choose(item.precision, item.int8 or "auto")

    def _on_runs_changed(self) -> None:
        """Another run may be the best now, or a run have better weights; what is kept then belongs to others."""
        weights = " ".join(f"{summary.run}:{summary.best_epoch}" for summary in self._runs.summaries)
        weights = f"{self._variants.place} {weights}"
        if weights != self._asked and self.isVisible():
            self._asked = weights
            self._look_up()

    def _look_up(self) -> None:
        self._variants.look_up(str(self._export.run.value()))

    def _on_progressed(self, progress: Progress) -> None:
        if self._variants.state == "working":
            self.line.set_progress(progress.fraction, progress.message, left_s=progress.left_s)

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_runs_changed()


def _remark(result: VariantsMeasured) -> str:
    """What the figures were measured on, and why a variant cannot be had."""
    parts = []
    if result.score_name:
        word = score_word(result.score_name)
        before = score_text(result.score_name, result.score_before)
        parts.append(f"{word[:1].upper()}{word[1:]} on {result.scored:,} samples of the test split; in torch {before}.")
    parts.append(f"Time for one raw sample, one thread; torch takes {result.torch_ms:.2f} ms.")
    parts += [
        f"{item.precision} {item.int8}".strip() + f" cannot be exported: {item.refused}."
        for item in result.variants
        if item.refused
    ]
    return " ".join(parts)

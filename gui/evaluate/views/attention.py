"""View "Attention": where each place of a sample looks, head by head."""

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from engine.catalog.layer import Family
from engine.catalog.registry import layer_type
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from engine.protocol.messages.insides import AttentionMap, AttentionRead, GetAttention
from gui.charts.map_grid import MapGrid
from gui.charts.value_colors import Floats
from gui.charts.value_matrix import ValueMatrix
from gui.evaluate.view import EvaluateContext
from gui.evaluate.views.inside_view import InsideView
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.text import Text


class AttentionView(InsideView):
    """Heads at the left (first the mean of all), the chosen one large: a row looks, the columns are looked at."""

    key = "attention"
    caption = "Attention"

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._at = 0
        self._shown: list[str] = []
        self.layers = ChoiceEditor()
        self.layers.setObjectName("evaluate.attention.layers")
        self.layers.setAccessibleName("Layer")
        self.layers.committed.connect(self._on_layer)
        self.heads = MapGrid(cell=84, name="evaluate.attention.heads")
        self.heads.setAccessibleName("Heads")
        self.heads.picked.connect(lambda _at: self._show_head())
        self.matrix = ValueMatrix(square=True, name="evaluate.attention.weights")
        self.matrix.setAccessibleName("Weights of the head")
        self.matrix.row_picked.connect(lambda _row: self._show_grid())
        self.grid = MapGrid(cell=180, name="evaluate.attention.picture")
        self.words = Text("", role="note", wrap=True)
        left = QWidget()
        left.setFixedWidth(288)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.layers)
        holder = QWidget()
        inside = QVBoxLayout(holder)
        inside.setContentsMargins(2, 2, 2, 2)
        inside.addWidget(self.heads)
        inside.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(holder)
        column.addWidget(scroll, 1)
        column.addWidget(self.grid)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.words)
        right.addWidget(self.matrix, 1)
        row = QHBoxLayout(self.page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(left)
        row.addLayout(right, 1)

    def ask(self) -> None:
        assert self.result is not None
        self.question.ask(
            GetAttention,
            index=self.context.evaluation.sample,
            run=str(self.result.run),
            split=self.result.split,
        )

    def focus_first(self) -> None:
        self.heads.setFocus()

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        project = self.context.project.project
        graphs = [project.graph, *(block.graph for block in project.blocks.values())]
        kinds = {node.type for graph in graphs for node in graph.nodes.values()}
        if any((found := layer_type(kind)) is not None and found.family is Family.ATTENTION for kind in kinds):
            return ""
        return "The network has no attention layer."

    def why_empty(self) -> tuple[str, str]:
        answer = self.question.answer
        if isinstance(answer, AttentionRead) and not answer.maps:
            return "No weights to draw", answer.note or "This network's attention keeps no weights."
        return "", ""

    def show_answer(self) -> None:
        answer = self.question.answer
        if not isinstance(answer, AttentionRead):
            return
        names = [f"{item.title} · {item.part}" if item.part else item.title for item in answer.maps]
        if names != self._shown:
            self._shown, self._at = names, 0
            self.layers.set_choices([Choice(value=at, label=name) for at, name in enumerate(names)])
        self.layers.set_value(self._at)
        item = answer.maps[self._at]
        weights = _weights(item)
        both = np.concatenate([weights.mean(0, keepdims=True), weights]) if item.heads > 1 else weights
        captions = ["mean", *(f"head {at + 1}" for at in range(item.heads))] if item.heads > 1 else ["weights"]
        self.heads.set_maps(both, captions)
        if self.heads.chosen < 0:
            self.heads.choose(0)
        self._show_head()

    def _map(self) -> AttentionMap | None:
        answer = self.question.answer
        return answer.maps[self._at] if isinstance(answer, AttentionRead) and self._at < len(answer.maps) else None

    def _head(self, item: AttentionMap) -> Floats:
        weights, at = _weights(item), self.heads.chosen
        if item.heads == 1 or at <= 0:
            return np.asarray(weights.mean(0), np.float32)
        return np.asarray(weights[at - 1], np.float32)

    def _show_head(self) -> None:
        item = self._map()
        if item is None:
            return
        rows = _places(item.query_words, item.queries, item)
        columns = _places(item.key_words, item.keys, item)
        self.matrix.set_values(self._head(item), rows=rows, columns=columns, said=("place", "place"))
        self.words.set_text(
            "Each row is a place that looks; the stronger the colour of a column, the more it takes from there. "
            "Rows add up to 1."
        )
        self._show_grid()

    def _show_grid(self) -> None:
        """Where a patch of a picture looks, as a picture."""
        item = self._map()
        self.grid.setVisible(item is not None and item.grid is not None)
        if item is None or item.grid is None:
            return
        head, row = self._head(item), max(0, self.matrix.chosen_row)
        height, width = item.grid
        looked = head[min(row, len(head) - 1)][item.extra :].reshape(1, height, width)
        self.grid.set_maps(np.asarray(looked, np.float32), [f"where place {row + 1} looks"])

    def _on_layer(self, value: object) -> None:
        self._at = int(str(value))
        self.show_answer()


def _weights(item: AttentionMap) -> Floats:
    return np.frombuffer(item.weights, "<f4").reshape(item.heads, item.queries, item.keys)


def _places(words: list[str], count: int, item: AttentionMap) -> list[str]:
    """Words, else numbers where there are few."""
    if words:
        return [word or "(empty)" for word in words]
    return [str(at + 1) for at in range(count)] if count <= 64 else []

"""View "Feature maps": what every node of the drawing gives for a sample."""

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from engine.protocol.messages.insides import GetInsides, InsidesRead, NodeSeen
from gui.charts.map_grid import MapGrid
from gui.charts.ticks import value_text
from gui.charts.value_bars import ValueBars
from gui.charts.value_matrix import ValueMatrix
from gui.evaluate.view import EvaluateContext
from gui.evaluate.views.inside_view import InsideView
from gui.widgets.button import Button
from gui.widgets.row_list import RowList
from gui.widgets.text import Text
from gui.widgets.tokens import FAMILY_COLORS

_PAGE = 32
_SIDE = 232
_BARS = 64
"""Values up to here are bars with names; more are a table of colours."""


class FeatureMapsView(InsideView):
    """Nodes at the left, in the order in which they are computed; the values of one at the right."""

    key = "feature_maps"
    caption = "Feature maps"

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._node = ""
        self._first = 0
        self._listed: list[str] = []
        self.nodes = RowList(name="evaluate.feature_maps.nodes", accessible="Nodes of the network", grows=False)
        self.nodes.setFixedWidth(_SIDE)
        self.nodes.currentRowChanged.connect(self._on_node_chosen)
        self.grid = MapGrid(name="evaluate.feature_maps.maps")
        self.large = MapGrid(cell=280, name="evaluate.feature_maps.large")
        self.large.setFixedWidth(288)
        self.grid.picked.connect(self._on_picked)
        self.matrix = ValueMatrix(name="evaluate.feature_maps.rows")
        self.bars = ValueBars(name="evaluate.feature_maps.numbers")
        self.same = Button(
            "Same scale",
            small=True,
            name="evaluate.feature_maps.same",
            tooltip="Colour all channels by one range, so that weak ones look weak",
        )
        self.same.setCheckable(True)
        self.same.toggled.connect(lambda _on: self.show_answer())
        self.earlier = Button("Earlier", small=True, name="evaluate.feature_maps.earlier")
        self.later = Button("Later", small=True, name="evaluate.feature_maps.later")
        self.earlier.clicked.connect(lambda: self._turn(-_PAGE))
        self.later.clicked.connect(lambda: self._turn(_PAGE))
        self.channels = Text("", role="note")
        self.facts = Text("", role="note", wrap=True)
        maps = QWidget()
        beside = QHBoxLayout(maps)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(16)
        holder = QWidget()
        inside = QVBoxLayout(holder)
        inside.setContentsMargins(2, 2, 2, 2)
        inside.addWidget(self.grid)
        inside.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(holder)
        beside.addWidget(scroll, 1)
        right = QVBoxLayout()
        right.addWidget(self.large)
        right.addStretch(1)
        beside.addLayout(right)
        self.forms = QStackedWidget()
        self.nothing = Text("", role="note", wrap=True)
        self._pages = {"maps": maps, "rows": self.matrix, "numbers": self.bars, "": self.nothing}
        for widget in self._pages.values():
            self.forms.addWidget(widget)
        controls = QHBoxLayout()
        controls.setSpacing(8)
        controls.addWidget(self.facts, 1)
        controls.addWidget(self.same)
        controls.addWidget(self.channels)
        controls.addWidget(self.earlier)
        controls.addWidget(self.later)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addLayout(controls)
        column.addWidget(self.forms, 1)
        row = QHBoxLayout(self.page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.nodes)
        row.addLayout(column, 1)

    def ask(self) -> None:
        assert self.result is not None
        self.question.ask(
            GetInsides,
            index=self.context.evaluation.sample,
            run=str(self.result.run),
            split=self.result.split,
            node=self._node,
            first=self._first,
            limit=_PAGE,
        )

    def focus_first(self) -> None:
        self.nodes.setFocus()

    def _on_node_chosen(self, _row: int) -> None:
        node = self.nodes.current_key()
        if isinstance(node, str) and node and node != self._node:
            self._node, self._first = node, 0
            self.grid.choose(-1)
            self._ask()

    def _turn(self, by: int) -> None:
        self._first = max(0, self._first + by)
        self._ask()

    def _on_picked(self, _at: int) -> None:
        self._show_large()

    def show_answer(self) -> None:
        answer = self.question.answer
        if not isinstance(answer, InsidesRead):
            return
        self._list(answer.nodes, answer.node)
        self._node = answer.node
        self.forms.setCurrentWidget(self._pages.get(answer.form, self.nothing))
        seen = next((node for node in answer.nodes if node.node == answer.node), None)
        parts = [] if seen is None else [_facts(seen)]
        self.facts.set_text(" ".join([*parts, answer.note] if answer.note else parts))
        is_maps = answer.form == "maps"
        paged = is_maps and answer.total > _PAGE
        self.same.setVisible(is_maps)
        for button in (self.earlier, self.later):
            button.setVisible(paged)
        last = answer.first + answer.channels
        self.channels.set_text(f"channels {answer.first + 1:,}–{last:,} of {answer.total:,}" if paged else "")
        self.earlier.set_blocked("" if answer.first else "These are the first channels.")
        self.later.set_blocked("" if last < answer.total else "These are the last channels.")
        values = np.frombuffer(answer.values, "<f4")
        if is_maps:
            maps = values.reshape(answer.channels, answer.height, answer.width)
            captions = [str(answer.first + at) for at in range(answer.channels)]
            self.grid.set_maps(maps, captions, same_scale=self.same.isChecked())
            if self.grid.chosen < 0:
                self.grid.choose(0)
            self._show_large()
        elif answer.form == "rows":
            rows = [f"channel {at}" for at in range(answer.height)] if answer.height <= 40 else []
            self.matrix.set_values(
                values.reshape(answer.height, answer.width),
                rows=rows,
                columns=answer.columns,
                said=("channel", "place"),
            )
        elif answer.form == "numbers" and len(values) > _BARS:
            wide = 32
            whole = np.full(-(-len(values) // wide) * wide, np.nan, np.float32)
            whole[: len(values)] = values
            self.matrix.set_values(np.nan_to_num(whole).reshape(-1, wide), said=("row", "value"))
            self.forms.setCurrentWidget(self.matrix)
        elif answer.form == "numbers":
            names = answer.names or [str(at) for at in range(len(values))]
            self.bars.set_values(list(zip(names, values.tolist(), strict=True)))
        else:
            self.nothing.set_text(answer.note)

    def _show_large(self) -> None:
        answer = self.question.answer
        at = self.grid.chosen
        if isinstance(answer, InsidesRead) and answer.form == "maps" and 0 <= at < answer.channels:
            maps = np.frombuffer(answer.values, "<f4").reshape(answer.channels, answer.height, answer.width)
            low, high = float(maps[at].min()), float(maps[at].max())
            caption = f"channel {answer.first + at} · {value_text(low)} to {value_text(high)}"
            self.large.set_maps(maps[at : at + 1], [caption])

    def _list(self, nodes: list[NodeSeen], current: str) -> None:
        names = [node.node for node in nodes]
        self.nodes.blockSignals(True)
        if names != self._listed:
            self._listed = names
            self.nodes.clear()
            for node in nodes:
                size = " × ".join(str(size) for size in node.shape)
                tone = FAMILY_COLORS.get(node.family, FAMILY_COLORS["shape"])
                self.nodes.add_row(node.title, size, dot=tone, key=node.node, tooltip=_facts(node))
        self.nodes.select_key(current)
        self.nodes.blockSignals(False)


def _facts(seen: NodeSeen) -> str:
    if not seen.finite:
        return f"{seen.type}: some values are infinite or undefined."
    words = f"{seen.type}: mean {value_text(seen.mean)}, spread {value_text(seen.std)}"
    return f"{words}, {seen.zeros:.0%} zeros." if seen.zeros >= 0.005 else f"{words}."

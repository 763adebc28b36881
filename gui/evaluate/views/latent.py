"""View "Latent space": samples laid out by what a node makes of them."""

from typing import Final

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from engine.protocol.messages.insides import LatentMapped, MapLatent
from gui.charts.point_map import PointMap
from gui.charts.ticks import value_text
from gui.evaluate.view import EvaluateContext
from gui.evaluate.views.inside_view import InsideView
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.class_color import class_color
from gui.widgets.row_list import RowList
from gui.widgets.text import Text

_SIDE: Final = 208
_METHODS: Final = (
    Choice(value="pca", label="PCA", help="The two directions in which the values differ most. Quick, exact."),
    Choice(value="tsne", label="t-SNE", help="Keeps near samples near. Distances between groups mean little."),
    Choice(value="values", label="As they are", help="For a node of two numbers: where they lie, without any turning."),
    Choice(value="umap", label="UMAP", help="Keeps near samples near and groups apart."),
)


class LatentView(InsideView):
    """A click on a point chooses its sample; a double click shows it in Mistakes. Crosses are wrong answers."""

    key = "latent"
    caption = "Latent space"
    by_sample = False

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._node = ""
        self._method = "pca"
        self._drawn: LatentMapped | None = None
        self._indices: list[int] = []
        self._hidden: set[int] = set()
        self._counts: list[tuple[str, int]] = []
        self._listed: list[tuple[str, str, int]] = []
        self.map = PointMap(name="evaluate.latent.map")
        self.map.picked.connect(self._on_picked)
        self.method = ChoiceEditor(_METHODS, "pca")
        self.method.setObjectName("evaluate.latent.method")
        self.method.setAccessibleName("Way of drawing the map")
        self.method.committed.connect(self._on_method)
        self.node = ChoiceEditor()
        self.node.setObjectName("evaluate.latent.node")
        self.node.setAccessibleName("Node whose values are drawn")
        self.node.committed.connect(self._on_node)
        self.classes = RowList(name="evaluate.latent.classes", accessible="Classes", grows=False)
        self.classes.itemActivated.connect(lambda _item: self._on_class())
        self.classes.itemClicked.connect(lambda _item: self._on_class())
        self.open = Button("Show in Mistakes", small=True, name="evaluate.latent.open")
        self.open.set_blocked("Click a point first.")
        self.open.clicked.connect(lambda: context.evaluation.choose_view("mistakes"))
        self.facts = Text("", role="note", wrap=True)
        self.note = Text("", role="note", wrap=True)
        side = QVBoxLayout()
        side.setSpacing(8)
        for caption, editor in (("Node", self.node), ("Map", self.method)):
            side.addWidget(Text(caption, role="note"))
            side.addWidget(editor)
            editor.setFixedWidth(_SIDE)
        self.classes.setFixedWidth(_SIDE)
        side.addWidget(self.classes, 1000)
        for widget in (self.facts, self.open, self.note):
            widget.setMaximumWidth(_SIDE)
            side.addWidget(widget)
        side.addStretch(1)  # without classes the rest stays together at the top
        row = QHBoxLayout(self.page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.map, 1)
        row.addLayout(side)

    def ask(self) -> None:
        assert self.result is not None and self.output is not None
        self.question.ask(
            MapLatent,
            run=str(self.result.run),
            split=self.result.split,
            output=self.output.field,
            node=self._node,
            method=self._method,
        )

    def focus_first(self) -> None:
        self.map.setFocus()

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        if self.result is not None and result.run != self.result.run:
            self._node = ""  # another run may be of another drawing
        super().show_output(result, output)

    def show_answer(self) -> None:
        answer = self.question.answer
        if not isinstance(answer, LatentMapped) or answer is self._drawn:
            return
        self._drawn = answer
        self._indices = np.frombuffer(answer.indices, "<i4").tolist()
        points = np.frombuffer(answer.points, "<f4").reshape(-1, 2)
        self.open.set_blocked("Click a point first.")
        self.facts.set_text("")
        if answer.nodes != self._listed:
            self._listed = list(answer.nodes)
            self.node.set_choices(
                [Choice(value=node, label=title, help=f"{count:,} values") for node, title, count in answer.nodes]
            )
        self.node.set_value(answer.node)
        self.method.set_value(answer.method)
        if answer.classes:
            groups = np.frombuffer(answer.groups, "<i2").astype(np.int64)
            wrong = np.frombuffer(answer.answers, "<i2") != groups
            colors = [class_color(at) for at in range(len(answer.classes))]
            self.map.set_points(points, groups, colors, marked=wrong & (groups >= 0), words=self._class_words(answer))
            self._list_classes(answer.classes, groups, colors)
        elif answer.numbers:
            numbers = np.frombuffer(answer.numbers, "<f4")
            words = [f"{answer.number_name} {value_text(float(number))}" for number in numbers]
            self.map.set_numbers(points, numbers, words)
            self.classes.clear()
        else:
            words = [f"sample {index:,}" for index in self._indices]
            self.map.set_points(points, np.zeros(len(points), np.int64), [class_color(0)], words=words)
            self.classes.clear()
        self.classes.setVisible(bool(answer.classes))
        parts = []
        if answer.shares:
            parts.append(f"The axes hold {answer.shares[0]:.0%} and {answer.shares[1]:.0%} of the spread.")
        if answer.classes:
            crosses = "Crosses are wrong answers. " if answer.answers != answer.groups else ""
            parts.append(f"{crosses}Click a class to hide it.")
        elif answer.numbers:
            parts.append("From blue (small) to orange (large).")
        self.note.set_text(" ".join([*parts, answer.note]).strip())

    def _class_words(self, answer: LatentMapped) -> list[str]:
        groups, answers = np.frombuffer(answer.groups, "<i2"), np.frombuffer(answer.answers, "<i2")
        names = answer.classes
        found = []
        for group, said in zip(groups.tolist(), answers.tolist(), strict=True):
            true = names[group] if 0 <= group < len(names) else "unknown"
            found.append(f"is {true}" if group == said else f"is {true}, taken for {names[said]}")
        return found

    def _list_classes(self, names: list[str], groups: "np.typing.NDArray[np.int64]", colors: list[QColor]) -> None:
        self.classes.clear()
        self._hidden.clear()
        self._counts = [(name, int((groups == at).sum())) for at, name in enumerate(names)]
        for at, (name, count) in enumerate(self._counts):
            if count:
                self.classes.add_row(name, f"{count:,}", dot=colors[at], key=at)

    def _on_class(self) -> None:
        at = self.classes.current_key()
        item = self.classes.currentItem()
        if not isinstance(at, int) or item is None:
            return
        self._hidden ^= {at}
        name, count = self._counts[at]
        value = "hidden" if at in self._hidden else f"{count:,}"
        self.classes.set_row(item, name, value, dot=class_color(at), key=at)
        self.map.hide_groups(frozenset(self._hidden))

    def _on_method(self, value: object) -> None:
        self._method = str(value)
        self._ask()

    def _on_node(self, value: object) -> None:
        self._node = str(value)
        self._ask()

    def _on_picked(self, at: int) -> None:
        if 0 <= at < len(self._indices):
            index = self._indices[at]
            self.context.evaluation.choose_sample(index)
            self.open.set_blocked("")
            self.facts.set_text(f"Sample {index:,}")

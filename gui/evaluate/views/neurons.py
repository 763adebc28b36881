"""View "Neurons": a small network unit by unit, with the numbers of one sample and every weight."""

from typing import Final

import numpy as np
from PySide6.QtWidgets import QVBoxLayout

from engine.document.data_spec import FieldKind
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from engine.protocol.messages.insides import GetNeurons, NeuronsRead
from gui.charts.neuron_graph import NeuronGraph, UnitLayer
from gui.evaluate.view import EvaluateContext
from gui.evaluate.views.inside_view import InsideView
from gui.widgets.text import Text

_NUMBERS: Final = (FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.DATE, FieldKind.ARRAY)


class NeuronsView(InsideView):
    """A click on a unit (or the arrow keys) says how its value is made."""

    key = "neurons"
    caption = "Neurons"

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self.graph = NeuronGraph(name="evaluate.neurons.graph")
        self.sum = Text("", role="note", wrap=True)
        self.sum.setObjectName("evaluate.neurons.sum")
        self.graph.picked.connect(self.sum.set_text)
        column = QVBoxLayout(self.page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.graph, 1)
        column.addWidget(self.sum)

    def ask(self) -> None:
        assert self.result is not None
        self.question.ask(
            GetNeurons,
            index=self.context.evaluation.sample,
            run=str(self.result.run),
            split=self.result.split,
        )

    def focus_first(self) -> None:
        self.graph.setFocus()

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        others = [field for field in self.context.project.project.data.inputs() if field.kind not in _NUMBERS]
        return "" if not others else "Only small networks that take numbers are drawn unit by unit."

    def why_empty(self) -> tuple[str, str]:
        answer = self.question.answer
        if isinstance(answer, NeuronsRead) and answer.refusal:
            return "Not drawn unit by unit", answer.refusal
        return "", ""

    def show_answer(self) -> None:
        answer = self.question.answer
        if not isinstance(answer, NeuronsRead):
            return
        layers = []
        for layer in answer.layers:
            weights = np.frombuffer(layer.weights, "<f4")
            before = len(answer.layers[layer.source].values) if layer.source >= 0 else 0
            layers.append(
                UnitLayer(
                    title=layer.title,
                    kind=layer.type,
                    family=layer.family,
                    values=tuple(layer.values),
                    names=tuple(layer.names),
                    source=layer.source,
                    weights=weights.reshape(len(layer.values), before) if len(weights) else None,
                    biases=tuple(layer.biases),
                )
            )
        self.graph.set_layers(layers)
        self.sum.set_text(self.graph.words or "Click a unit to see how its value is made.")

"""View "U-matrix": the sheet of a self-organising map with the samples of the split on it."""

import numpy as np
from PySide6.QtWidgets import QVBoxLayout

from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from engine.protocol.messages.evaluation import MapSheet as Told
from gui.charts.class_legend import ClassLegend
from gui.charts.map_sheet import MapSheet
from gui.evaluate.view import EvaluateContext, EvaluateView
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.class_color import class_color
from gui.widgets.text import Text
from gui.widgets.tokens import GAP


class MapSheetsView(EvaluateView):
    """One map at a time; where there are several, one chooses."""

    key = "map"
    caption = "U-matrix"

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._maps: list[Told] = []
        self.choice = ChoiceEditor()
        self.choice.setObjectName("evaluate.map.choice")
        self.choice.setAccessibleName("Map that is shown")
        self.choice.committed.connect(self._show)
        self.sheet = MapSheet(name="evaluate.map.sheet")
        self.legend = ClassLegend()
        self.note = Text("", role="note", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.choice)
        column.addWidget(self.sheet, 1)
        column.addWidget(self.legend)
        column.addWidget(self.note)

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        return "" if result.maps else "It is for networks with a self-organising map."

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        if result.maps == self._maps:
            return
        self._maps = list(result.maps)
        self.choice.set_choices([Choice(value=told.node, label=told.title) for told in self._maps])
        self.choice.setVisible(len(self._maps) > 1)
        if self._maps:
            self.choice.set_value(self._maps[0].node)
            self._show(self._maps[0].node)

    def _show(self, node: object) -> None:
        told = next((item for item in self._maps if item.node == node), None)
        if told is None:
            return
        names = list(told.classes)
        colors = [class_color(number) for number in range(len(names))]
        self.legend.set_classes(names, colors)
        self.sheet.set_classes(names, colors)
        sheet = (told.rows, told.columns)
        hits = np.frombuffer(told.hits, "<i4").reshape(sheet)
        self.sheet.set_sheet(
            np.frombuffer(told.heights, "<f4").reshape(2 * told.rows - 1, 2 * told.columns - 1),
            hits,
            np.frombuffer(told.votes, np.uint8).reshape(sheet) if told.votes else None,
        )
        held = int((hits > 0).sum())
        signs = "A sign is a unit with samples, the larger the more" + (
            ", in the form of their class." if names else "."
        )
        self.note.set_text(
            f"The stronger the shade, the further neighbours lie apart. {signs} "
            f"{held:,} of {hits.size:,} units hold one."
        )

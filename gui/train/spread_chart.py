"""How the weights or the outputs of a layer are spread over the run, as heat map or ridges."""

import csv
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QWidget

from engine.document.flat import in_words
from engine.protocol.run_events import ActivationsSeen, WeightsSeen
from gui.charts.menu_card import MenuCard, Write
from gui.charts.spread_map import Spread, SpreadMap
from gui.models.curves import RunCurves, XAxis
from gui.models.runs import RunsModel
from gui.train.chart_kinds import kind_of
from gui.train.curve_chart import AXIS_LABELS
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor


class SpreadChart(MenuCard):
    """`weights` or `activations`; the layer is picked in the header."""

    def __init__(self, kind: str, runs: RunsModel, parent: QWidget | None = None) -> None:
        found = kind_of(kind)
        super().__init__(found.title if found else kind, name=f"train.{kind}", parent=parent)
        self.kind = kind
        self._runs = runs
        self._run: int | None = None
        self._axis: XAxis = "epoch"
        self._seen: tuple[object, ...] = ()
        self.pick = ChoiceEditor(parent=self)
        self.pick.setProperty("density", "compact")
        self.pick.setObjectName(f"train.{kind}.layer")
        self.pick.setFixedWidth(150)
        self.pick.setAccessibleName("Layer shown")
        self.pick.committed.connect(lambda _value: self._redraw())
        self.pick.hide()
        self.ridges = Button("ridges", role="quiet", small=True, tooltip="Outlines one behind the other", parent=self)
        self.ridges.setCheckable(True)
        self._header_row.removeWidget(self.more)
        for widget in (self.pick, self.ridges, self.more):
            self.add_to_header(widget)
        self.map = SpreadMap(empty="Comes with the first epochs", accessible=self.title())
        self.ridges.toggled.connect(self.map.set_ridges)
        self.body.addWidget(self.map, 1)

    def show_runs(self, compared: Sequence[int]) -> None:
        """Show the first of these runs."""
        self._run = compared[0] if compared else None
        self.refresh()

    def set_axis(self, axis: XAxis) -> None:
        """Let the columns be counted in something else."""
        self._axis = axis
        self.map.set_x_label(AXIS_LABELS[axis])
        self._redraw()

    def refresh(self) -> None:
        """Bring what has come since."""
        seen = self._told()
        state = (self._run, len(seen), seen[-1].step if seen else 0)
        if state == self._seen:
            return
        self._seen = state
        names = list(dict.fromkeys(name for one in seen[-3:] for name in one.nodes))
        if names and self.pick.values() != names:
            self.pick.set_choices([Choice(value=name, label=in_words(name)) for name in names])
            if self.pick.value() not in names:
                self.pick.set_value(names[0])
        self.pick.setVisible(bool(names))
        self._redraw()

    def _told(self) -> Sequence[WeightsSeen | ActivationsSeen]:
        curves = self._runs.curves(self._run) if self._run is not None else RunCurves()
        return curves.weights_seen if self.kind == "weights" else curves.activations_seen

    def _spreads(self) -> list[Spread]:
        name = str(self.pick.value())
        curves = self._runs.curves(self._run) if self._run is not None else RunCurves()
        scale = curves.scale(self._axis)
        found = []
        for seen in self._told():
            node = seen.nodes.get(name)
            if node is not None:
                x = float(seen.step) if scale is None else float(scale.shown([seen.step])[0])
                found.append(
                    Spread(x=x, low=node.low, high=node.high, bars=node.bars, mean=node.mean, deviation=node.deviation)
                )
        return found

    def _redraw(self) -> None:
        self.map.set_spreads(self._spreads())

    def table(self) -> Write:
        spreads, label = self._spreads(), AXIS_LABELS[self._axis]

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow((label, "from", "to", "height"))
                for one in spreads:
                    width = (one.high - one.low) / max(1, len(one.bars))
                    writer.writerows(
                        (repr(one.x), repr(one.low + at * width), repr(one.low + (at + 1) * width), bar)
                        for at, bar in enumerate(one.bars)
                    )

        return write

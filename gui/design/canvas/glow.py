"""Lets the cards that cost most glow, on request: by parameters or by multiply-adds, with rank and share in words."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidgetItem, QVBoxLayout, QWidget

from gui.design.amounts import number_text
from gui.design.canvas.arrays import Floats, Ints, draw_rects
from gui.design.canvas.geometry import Flag, Geometry
from gui.design.canvas.painter import FLAT_FROM
from gui.design.canvas.viewport import Box, Viewport
from gui.models.scope import Scope
from gui.widgets.button import Button
from gui.widgets.fonts import text_font
from gui.widgets.guarded import guarded
from gui.widgets.row_list import KeyRole, RowList
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS, mix

_LEAST_SHARE: Final = 0.005
_TAGS_FROM: Final = 0.5
_ALL_TAGS_FROM: Final = 0.75
_RINGS: Final = (18.0, 13.0, 9.0, 5.0)
"""How far the light reaches around a card, in canvas units, from outside to inside."""
_TAG_HEIGHT: Final = 18.0
_LISTED: Final = 5
_LISTED_NARROW: Final = 3
_ROOMY: Final = (760, 560)
"""Width and height from which on the canvas has room for the whole list."""


class Measure(StrEnum):
    """What a card glows for."""

    PARAMETERS = "parameters"
    MULTIPLY_ADDS = "multiply-adds"


@dataclass(frozen=True, slots=True)
class Place:
    """One of the most expensive nodes."""

    node: str
    rank: int
    amount: int
    share: float

    def words(self) -> str:
        """ "#1 · 62 % · 1.61 M"."""
        return f"#{self.rank} · {share_text(self.share)} · {number_text(self.amount)}"


def share_text(share: float) -> str:
    """A share in percent, "<1 %" for little."""
    return "<1 %" if 0 < share < 0.01 else f"{share * 100:.0f} %"


def places_of(project: Scope, measure: Measure) -> dict[str, Place]:
    """Every node that costs something, by id, the dearest first."""
    checker = project.checker
    amounts: list[tuple[int, str]] = []
    for node_id in project.project.graph.nodes:
        cost = checker.cost_of(node_id)
        amount = cost.parameters if measure is Measure.PARAMETERS else cost.multiply_adds
        if amount:
            amounts.append((amount, node_id))
    amounts.sort(key=lambda item: (-item[0], item[1]))
    total = sum(amount for amount, _node in amounts)
    return {node: Place(node, rank, amount, amount / total) for rank, (amount, node) in enumerate(amounts, 1)}


def heat(strength: float) -> QColor:
    """The colour of a strength from 0 to 1: from the theme's amber to its red."""
    theme = current_theme()
    return mix(theme.warn, theme.error, strength)


class CostGlow:
    """Keeps who costs what while it is on, and draws it with the still picture."""

    def __init__(self, project: Scope, geometry: Geometry) -> None:
        self._project = project
        self._geometry = geometry
        self.measure: Measure | None = None
        self.places: dict[str, Place] = {}
        self._stale = False  # set by an edit, cleared when the places are worked out for the next picture

    def show(self, measure: Measure | None) -> None:
        """Glow for another measure, or not at all."""
        self.measure = measure
        self.places = places_of(self._project, measure) if measure is not None else {}
        self._stale = False

    def outdate(self) -> None:
        """Costs may have changed."""
        self._stale = self.measure is not None

    def refresh(self) -> None:
        """Work the places out again if something has changed."""
        if self._stale and self.measure is not None:
            self.show(self.measure)

    def _dear_in(self, box: Box) -> list[tuple[Place, int]]:
        """The dear places that can be seen in a box, with their rows; there are never more than 200 in all."""
        geometry = self._geometry
        found = []
        for place in self.places.values():
            if place.share < _LEAST_SHARE:
                break  # they are in order
            row = geometry.row_of.get(place.node)
            if row is None or geometry.flags[row] & int(Flag.HIDDEN):
                continue
            x, y, width, height = geometry.boxes[row].tolist()
            if x < box[2] + 20 and y < box[3] + 20 and x + width > box[0] - 20 and y + height > box[1] - 20:
                found.append((place, row))
        return found

    def _all_in(self, box: Box) -> list[tuple[Place, int]]:
        """All places whose card or tag is in a box, with their rows."""
        geometry = self._geometry
        found = []
        for row in geometry.nodes_in((box[0], box[1] - 40, box[2], box[3])).tolist():
            place = self.places.get(geometry.ids[row])
            if place is not None and not geometry.flags[row] & int(Flag.HIDDEN):
                found.append((place, row))
        return found

    def draw_light(self, painter: QPainter, view: Viewport, box: Box) -> None:
        """The light around cards; drawn before them."""
        if self.measure is None:
            return
        shown = self._dear_in(box)
        if not shown:
            return
        most = next(iter(self.places.values())).share
        if view.zoom < FLAT_FROM:
            self._draw_specks(painter, view, np.array([row for _place, row in shown]))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, row in reversed(shown):
            strength = (place.share / most) ** 0.5
            color = heat(strength)
            color.setAlphaF(0.08 + 0.16 * strength)
            painter.setBrush(color)
            x, y, width, height = self._geometry.boxes[row].tolist()
            left, top = view.to_screen(x, y)
            rect = QRectF(left, top, width * view.zoom, height * view.zoom)
            for reach in _RINGS:
                by = reach * view.zoom
                radius = CARD_RADIUS * view.zoom + by
                painter.drawRoundedRect(rect.adjusted(-by, -by, by, by), radius, radius)

    def _draw_specks(self, painter: QPainter, view: Viewport, rows: Ints) -> None:
        """Far out: a square of a few pixels behind each."""
        boxes: Floats = self._geometry.boxes[rows] * view.zoom
        boxes[:, 0] += view.x - 3
        boxes[:, 1] += view.y - 3
        boxes[:, 2:] += 6
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(heat(0.5))
        draw_rects(painter, np.ascontiguousarray(boxes))

    def draw_tags(self, painter: QPainter, view: Viewport, box: Box) -> None:
        """Rank, share and amount under the cards; drawn after them."""
        if self.measure is None or view.zoom < _TAGS_FROM:
            return
        theme = current_theme()
        font = text_font(11, QFont.Weight.Medium)
        metrics = QFontMetricsF(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font)
        for place, row in self._all_in(box) if view.zoom >= _ALL_TAGS_FROM else self._dear_in(box):
            x, y, _width, height = self._geometry.boxes[row].tolist()
            left, top = view.to_screen(x, y + height)
            words = place.words()
            width = metrics.horizontalAdvance(words) + 12
            tag = QRectF(left, top + 4, width, _TAG_HEIGHT)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("background"))
            painter.drawRoundedRect(tag, 5, 5)
            painter.setPen(theme.color("text" if place.share >= _LEAST_SHARE else "dim"))
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, words)


class CostLegend(QFrame):
    """Says what the light means and names the dearest nodes; a click on one goes there."""

    picked = Signal(object)
    """Measure, or None to end it."""
    jumped = Signal(str)
    """Node id."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "floating")
        self.setObjectName("design.cost")
        self.setAccessibleName("What costs most")
        self.setFixedWidth(240)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 10)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(SectionLabel("What costs most"), 1)
        close = Button(role="icon", icon="close", tooltip="End this (G)", name="design.cost.close")
        close.clicked.connect(lambda: self.picked.emit(None))
        head.addWidget(close)
        column.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(4)
        self._buttons: dict[Measure, Button] = {}
        for measure in Measure:
            button = Button(measure.value.capitalize(), small=True, name=f"design.cost.{measure.value}")
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, measure=measure: self.picked.emit(measure))
            self._buttons[measure] = button
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        self._scale = _Scale()
        column.addWidget(self._scale)
        self.list = RowList(name="design.cost.list", accessible="The dearest nodes", grows=False)
        self.list.itemClicked.connect(self._on_item)
        self.list.itemActivated.connect(self._on_item)
        column.addWidget(self.list)
        self._nothing = Text("No node of this network costs any.", role="small", tone="dim", wrap=True)
        column.addWidget(self._nothing)
        self.hide()

    def show_places(self, measure: Measure, places: dict[str, Place]) -> None:
        """Show who costs most."""
        for name, button in self._buttons.items():
            button.setChecked(name is measure)
            button.set_icon("check" if name is measure else "")
        self.list.clear()
        window = self.parentWidget()
        roomy = window is None or (window.width() >= _ROOMY[0] and window.height() >= _ROOMY[1])
        dearest = list(places.values())[: _LISTED if roomy else _LISTED_NARROW]
        for place in dearest:
            color = heat((place.share / dearest[0].share) ** 0.5)
            amount = f"{share_text(place.share)} {number_text(place.amount)}"
            self.list.add_row(f"{place.rank}  {place.node}", amount, dot=color, key=place.node)
        self.list.setFixedHeight(28 * max(1, len(dearest)) + 2)
        self.list.setVisible(bool(dearest))
        self._nothing.setVisible(not dearest)
        self._scale.set_most(dearest[0].share if dearest else 0.0)
        self.adjustSize()

    def _on_item(self, item: QListWidgetItem) -> None:
        self.jumped.emit(str(item.data(KeyRole)))


class _Scale(QWidget):
    """The colours from little to most, with what they stand for."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(30)
        self._most = 0.0
        theme_notifier().changed.connect(self.update)

    def set_most(self, share: float) -> None:
        self._most = share
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            steps = 24
            width = (self.width() - 4) / steps
            for step in range(steps):
                strength = (step + 1) / steps
                color = mix(theme.panel, heat(strength).name(), 0.25 + 0.75 * strength)
                painter.setBrush(color)
                painter.drawRect(QRectF(step * width, 2, width + 0.5, 8))
            painter.setPen(theme.color("dim"))
            painter.setFont(text_font(11))
            line = QRectF(0, 13, self.width() - 4, 16)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, "little")
            painter.drawText(line, Qt.AlignmentFlag.AlignRight, f"{share_text(self._most)} of all")

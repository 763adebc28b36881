"""The random numbers a generator makes something of: a seed, sliders, a pad for two, a walk between two seeds."""

import math
import random
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QSlider, QToolTip, QVBoxLayout, QWidget

from engine.document.data_spec import Field, FieldKind
from engine.document.graph import Node
from gui.charts.legend import Legend
from gui.charts.series_style import SeriesStyle
from gui.use.inputs.input_editor import InputEditor
from gui.widgets.button import Button
from gui.widgets.class_color import class_color
from gui.widgets.fonts import text_font
from gui.widgets.form_row import FormRow
from gui.widgets.guarded import guarded
from gui.widgets.number_editor import NumberEditor
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.switch import Switch
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS

SLIDERS: Final = 16
_STEPS: Final = 120
_REACH: Final = 3.0
"""How far a slider goes, in standard deviations."""
_FARTHEST: Final = 12.0
_NEAR: Final = 0.04
"""Of the reach of the pad: within it a sample says what lies there."""
_SEEDS: Final = 10_000


class LatentPad(QWidget):
    """Two numbers as a point that is dragged; arrow keys move it. `moved` carries both, in standard deviations."""

    moved = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.latent.pad")
        self.setAccessibleName("Two numbers, moved as a point")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._x = self._y = 0.0
        self._reach = _REACH
        self._points: NDArray[np.float64] = np.zeros((0, 2))
        self._groups: NDArray[np.int64] = np.zeros(0, np.int64)
        self._names: tuple[str, ...] = ()
        self._hidden: frozenset[int] = frozenset()
        self._drawn: QImage | None = None  # all points; dropped when any of what they depend on changes
        self.setMouseTracking(True)
        theme_notifier().changed.connect(self._redraw)

    def show_samples(self, points: NDArray[np.floating], groups: NDArray[np.integer], names: Sequence[str]) -> None:
        """Draw where samples lie, (N, 2) in standard deviations, in the colours of their classes (-1 for none)."""
        self._points, self._groups = np.asarray(points, np.float64), np.asarray(groups, np.int64)
        self._names = tuple(names)
        far = float(np.quantile(np.abs(self._points), 0.999)) if len(self._points) else 0.0
        self._reach = min(_FARTHEST, max(_REACH, math.ceil(2 * far) / 2))
        self._redraw()

    def hide_groups(self, groups: frozenset[int]) -> None:
        """Leave out samples of these classes."""
        self._hidden = groups
        self._redraw()

    def class_at(self, x: float, y: float) -> str:
        """The class of the sample that lies nearest to a place; "" where none is near."""
        shown = ~np.isin(self._groups, list(self._hidden))
        if not shown.any():
            return ""
        far = np.where(shown, np.hypot(self._points[:, 0] - x, self._points[:, 1] - y), np.inf)
        group = int(self._groups[far.argmin()])
        near = float(far.min()) <= _NEAR * self._reach
        return self._names[group] if near and 0 <= group < len(self._names) else ""

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def place(self) -> tuple[float, float]:
        """Where the point is."""
        return self._x, self._y

    def set_place(self, x: float, y: float) -> None:
        """Move the point without telling."""
        self._x, self._y = (max(-self._reach, min(self._reach, value)) for value in (x, y))
        near = self.class_at(self._x, self._y)
        self.setAccessibleDescription(f"{self._x:.2f}, {self._y:.2f}" + (f", among {near}" if near else ""))
        self.update()

    @guarded(fallback=lambda _self: QSize(240, 240))
    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def _square(self) -> QRectF:
        side = min(self.width(), self.height()) - 2
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(self.rect()).center())
        return square

    def _go(self, x: float, y: float) -> None:
        self.set_place(x, y)
        self.moved.emit(self._x, self._y)

    def _place_at(self, event: QMouseEvent) -> tuple[float, float]:
        square = self._square()
        at = event.position() - square.center()
        return at.x() / square.width() * 2 * self._reach, -at.y() / square.height() * 2 * self._reach

    def _drag(self, event: QMouseEvent) -> None:
        self._go(*self._place_at(event))

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag(event)

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event)
            return
        words = self.class_at(*self._place_at(event))
        if words:
            QToolTip.showText(event.globalPosition().toPoint(), tooltip_text(words), self)
        else:
            QToolTip.hideText()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (-0.1, 0.0),
            Qt.Key.Key_Right: (0.1, 0.0),
            Qt.Key.Key_Up: (0.0, 0.1),
            Qt.Key.Key_Down: (0.0, -0.1),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._go(self._x + step[0], self._y + step[1])

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            square = self._square()
            painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "line"), 1))
            painter.setBrush(theme.color("field"))
            painter.drawRoundedRect(square, CARD_RADIUS, CARD_RADIUS)
            if len(self._points):
                ratio = self.devicePixelRatioF()
                if self._drawn is None or self._drawn.size() != self.size() * ratio:
                    self._drawn = self._draw_samples(square, ratio)
                painter.drawImage(QPointF(0, 0), self._drawn)
            painter.setPen(QPen(theme.color("grid"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawLine(QPointF(square.left(), square.center().y()), QPointF(square.right(), square.center().y()))
            painter.drawLine(QPointF(square.center().x(), square.top()), QPointF(square.center().x(), square.bottom()))
            for ring in (1, 2):
                radius = square.width() / 2 / self._reach * ring
                painter.drawEllipse(square.center(), radius, radius)
            at = square.center() + QPointF(self._x, -self._y) * (square.width() / 2 / self._reach)
            painter.setPen(QPen(theme.color("panel"), 2))
            painter.setBrush(theme.color("accent"))
            painter.drawEllipse(at, 7, 7)
            painter.setPen(theme.color("faint"))
            painter.setFont(text_font(11))
            near = self.class_at(self._x, self._y)
            words = f"{self._x:.2f}, {self._y:.2f}" + (f"  {plain_text(near, 40)}" if near else "")
            painter.drawText(
                square.adjusted(6, 4, -6, -4), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, words
            )

    def _draw_samples(self, square: QRectF, ratio: float) -> QImage:
        image = QImage(self.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        placed = self._points * (square.width() / 2 / self._reach) * np.array([1.0, -1.0])
        placed += np.array([square.center().x(), square.center().y()])
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipRect(square)
            for group in sorted(set(self._groups.tolist()) - self._hidden):
                color = class_color(group) if group >= 0 else current_theme().color("faint")
                color.setAlphaF(0.7)
                pen = QPen(color, 4.0)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in placed[self._groups == group]]))
        return image


class LatentInput(InputEditor):
    """`many_wanted` when a page of made samples is to be shown."""

    many_wanted = Signal()

    def __init__(self, node: Node, parent: QWidget | None = None) -> None:
        super().__init__(Field(name=node.id, kind=FieldKind.ARRAY), parent)
        size = node.attributes.get("size", (64,))
        sizes = [int(part) for part in size if isinstance(part, int)] if isinstance(size, list | tuple) else [64]
        self.count = 1
        for part in sizes:
            self.count *= part
        std = node.attributes.get("std", 1.0)
        self.std = float(std) if isinstance(std, int | float) else 1.0
        self.uniform = node.attributes.get("distribution") == "uniform"
        self._set: dict[int, float] = {}
        self.seed = NumberEditor(0, whole=True, minimum=0, maximum=2**31)
        self.seed.setObjectName("use.seed")
        self.seed.committed.connect(self._on_seed)
        self.another = Button("Another", icon="shuffle", small=True, name="use.seed.another", tooltip="Another seed")
        self.another.clicked.connect(self.draw_another)
        seed_row = FormRow("Seed", self.seed, caption_width=70)
        seed_row.set_aside(self.another)
        self.walks = Switch(False)
        self.walks.setObjectName("use.walk")
        self.walks.committed.connect(self._on_walks)
        self.toward = NumberEditor(1, whole=True, minimum=0, maximum=2**31)
        self.toward.setObjectName("use.walk.seed")
        self.toward.committed.connect(self._tell)
        self.share = QSlider(Qt.Orientation.Horizontal)
        self.share.setObjectName("use.walk.share")
        self.share.setRange(0, _STEPS)
        self.share.setAccessibleName("How far on the way to the other seed")
        self.share.valueChanged.connect(self._tell)
        self._walk = QWidget()
        walk = QVBoxLayout(self._walk)
        walk.setContentsMargins(0, 0, 0, 0)
        walk.setSpacing(4)
        walk.addWidget(FormRow("To seed", self.toward, caption_width=70))
        walk.addWidget(self.share)
        self._walk.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(seed_row)
        column.addWidget(FormRow("Walk", self.walks, caption_width=70))
        column.addWidget(self._walk)
        self.pad: LatentPad | None = None
        self.legend = Legend(self)
        self.legend.toggled.connect(self._on_class_toggled)
        self._listed: list[int] = []
        self._put_away: frozenset[int] = frozenset()
        self.sliders: list[QSlider] = []
        if self.count == 2:
            self.pad = LatentPad()
            self.pad.moved.connect(self._on_pad)
            column.addWidget(self.pad)
            column.addWidget(self.legend)
        else:
            column.addWidget(self._sliders())
        self.back = Button("As the seed draws them", role="link", small=True)
        self.back.clicked.connect(self._on_back)
        line = QHBoxLayout()
        line.addWidget(self.back)
        line.addStretch(1)
        column.addLayout(line)
        column.addStretch(1)
        self.many = Button("Show many", icon="grid", small=True, name="use.many", tooltip="A page of other seeds")
        self.many.clicked.connect(self.many_wanted)
        self._show_back()

    def _sliders(self) -> QWidget:
        held = QWidget()
        grid = QGridLayout(held)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        count = min(SLIDERS, self.count)
        for place in range(count):
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setObjectName(f"use.latent.{place}")
            slider.setRange(-_STEPS, _STEPS)
            slider.setAccessibleName(f"Number {place + 1} of {self.count}")
            slider.valueChanged.connect(lambda _at, place=place: self._on_slider(place))
            self.sliders.append(slider)
            half = (count + 1) // 2
            row, column = place % half, 2 * (place // half)
            grid.addWidget(Text(str(place + 1), role="mono", tone="faint"), row, column)
            grid.addWidget(slider, row, column + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        if self.count > count:
            rest = Text(f"The other {self.count - count:,} follow from the seed.", role="small", tone="dim")
            grid.addWidget(rest, (count + 1) // 2, 0, 1, 4)
        return held

    def show_samples(self, points: NDArray[np.floating], groups: NDArray[np.integer], names: Sequence[str]) -> None:
        """Draw where samples of the data lie among the numbers that are put in, by class; for two numbers."""
        if self.pad is None:
            return
        for number in self._listed:
            self.legend.remove(str(number))
        self._listed = sorted({int(group) for group in groups.tolist() if 0 <= group < len(names)})
        for number in self._listed:
            self.legend.add(str(number), names[number], SeriesStyle(color=class_color(number).name()))
        self._put_away = frozenset()
        self.pad.hide_groups(self._put_away)
        self.pad.show_samples(np.asarray(points, np.float64) / self.std, groups, names)

    def _on_class_toggled(self, key: str, on: bool) -> None:
        self._put_away = self._put_away - {int(key)} if on else self._put_away | {int(key)}
        if self.pad is not None:
            self.pad.hide_groups(self._put_away)

    @property
    def reach(self) -> float:
        """The largest number a slider gives."""
        return (3.0**0.5 if self.uniform else _REACH) * self.std

    def core(self) -> QWidget:
        return self.seed

    def tools(self) -> list[QWidget]:
        return [self.many]

    def value(self) -> object:
        found: dict[str, object] = {"seed": self._seed()}
        if self.walks.value():
            found |= {"toward": int(self.toward.number() or 0), "share": self.share.value() / _STEPS}
        if self._set:
            found["set"] = {str(place): number for place, number in sorted(self._set.items())}
        return found

    def with_seed(self, seed: int) -> object:
        """The same with another seed alone, for a page of many."""
        return {"seed": seed}

    def take_seed(self, seed: int) -> None:
        """Go on with another seed."""
        self._set = {}
        self.walks.set_value(False)
        self._walk.hide()
        self.seed.set_value(seed)
        self._tell()

    def restore(self, state: object) -> None:
        if not isinstance(state, dict):
            return
        self.seed.set_value(int(state.get("seed", 0)))
        self.walks.set_value("toward" in state)
        self._walk.setVisible("toward" in state)
        if "toward" in state:
            self.toward.set_value(int(state["toward"]))
            self.share.blockSignals(True)
            self.share.setValue(round(float(state.get("share", 0)) * _STEPS))
            self.share.blockSignals(False)
        self._set = {int(place): float(number) for place, number in (state.get("set") or {}).items()}
        self._show_back()

    def told(self) -> str:
        changed = f", {len(self._set)} set by hand" if self._set else ""
        return f"seed {self._seed()}{changed}"

    def show_drawn(self, numbers: list[float]) -> None:
        """Put the sliders where the numbers are that were put in."""
        if self.pad is not None and len(numbers) == 2:
            if not self.pad.underMouse() or not self._set:
                self.pad.set_place(numbers[0] / self.std, numbers[1] / self.std)
            return
        for place, (slider, number) in enumerate(zip(self.sliders, numbers, strict=False)):
            if place not in self._set:
                slider.blockSignals(True)
                slider.setValue(round(max(-1.0, min(1.0, number / self.reach)) * _STEPS))
                slider.blockSignals(False)

    def _seed(self) -> int:
        return int(self.seed.number() or 0)

    def _tell(self, *_: object) -> None:
        self._show_back()
        self.changed.emit()

    def _on_seed(self, _value: object) -> None:
        self._set = {}
        self._tell()

    def draw_another(self) -> None:
        """Another seed, by chance."""
        self._set = {}
        self.seed.set_value(random.randrange(1, _SEEDS))
        self._tell()

    def _on_walks(self, on: object) -> None:
        self._walk.setVisible(bool(on))
        if on and self.toward.number() == self.seed.number():
            self.toward.set_value(self._seed() + 1)
        self._tell()

    def _on_slider(self, place: int) -> None:
        self._set[place] = round(self.sliders[place].value() / _STEPS * self.reach, 4)
        self._tell()

    def _on_pad(self, x: float, y: float) -> None:
        self._set = {0: round(x * self.std, 4), 1: round(y * self.std, 4)}
        self._tell()

    def _on_back(self) -> None:
        self._set = {}
        self._tell()

    def _show_back(self) -> None:
        self.back.setVisible(bool(self._set))

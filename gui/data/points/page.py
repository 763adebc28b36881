"""The page of points on a plane: rules above, the plane in the middle with what the network answers, tools below."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from engine.catalog.entry import Attribute
from engine.catalog.points import MOST_CLASSES, Drawn
from engine.protocol.run_events import ViewSeen
from gui.charts.point_shapes import draw_points
from gui.data.points.board import LARGEST, SMALLEST, PointBoard
from gui.data.points.rule_picker import RulePicker
from gui.models.plane_look import PlaneLook
from gui.models.points import PointsModel
from gui.models.view_arrays import surface_of
from gui.samples.class_colours import palette
from gui.widgets.attribute_editor import AttributeEditor, attribute_editor
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.fonts import text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier

_SLIDER: Final = 100
_HIGH: Final = 28


class ClassChip(QAbstractButton):
    """A class to draw, with its sign, name and key."""

    def __init__(self, group: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = group
        self._color: QColor = current_theme().color("faint")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setObjectName(f"data.points.class{group + 1}")
        theme_notifier().changed.connect(self.update)

    def show_class(self, name: str, color: QColor) -> None:
        """Show the name and colour of the class."""
        self._color = color
        self.setText(name)
        self.setAccessibleName(f"Draw {name}")
        self.setToolTip(tooltip_text(f"Draw points of {name} (key {self.number + 1})"))
        self.updateGeometry()
        self.update()

    @guarded(fallback=lambda _self: QSize(60, _HIGH))
    def sizeHint(self) -> QSize:
        wide = QFontMetricsF(text_font(13)).horizontalAdvance(self.text())
        return QSize(min(140, round(wide) + 58), _HIGH)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = self.rect().toRectF().adjusted(1, 1, -1, -1)
            painter.setBrush(theme.color("raised" if self.isChecked() or self.underMouse() else "panel"))
            edge = theme.color("accent" if self.isChecked() or self.hasFocus() else "line")
            painter.setPen(QPen(edge, 2 if self.hasFocus() else 1))
            painter.drawRoundedRect(frame, 6, 6)
            draw_points(painter, [(15.0, self.height() / 2)], self.number, self._color, theme.color("panel"), 11)
            painter.setFont(text_font(13))
            painter.setPen(theme.color("text"))
            room = frame.adjusted(27, 0, -22, 0)
            words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(room.width()) + 2)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
            painter.setPen(theme.color("faint"))
            painter.drawText(
                frame.adjusted(0, 0, -9, 0),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                str(self.number + 1),
            )


class PointsPage(QWidget):
    """Every stroke is one step of the history. `look` tells what the network answers; without it the plane is bare."""

    def __init__(self, points: PointsModel, look: PlaneLook | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data.points")
        self._points, self._look = points, look
        self._seen: ViewSeen | None = None
        self.rules = RulePicker()
        self.rules.picked.connect(points.choose)
        self._form = QWidget()
        self._form_row = FlowLayout(self._form, gap=10)
        self._editors: dict[str, AttributeEditor] = {}
        self._form_of: type | None = None
        self.board = PointBoard()
        self.board.drawn.connect(points.draw)
        self.board.erased.connect(points.erase)
        self.board.tool_changed.connect(self._show_tools)
        self.board.pointed.connect(self._on_pointed)
        self.answer = Text("", role="mono-small")
        self.answer.setObjectName("data.points.answer")
        self.chips = [ClassChip(group) for group in range(MOST_CLASSES)]
        self._tools = QButtonGroup(self)
        self.add = Button(role="icon", icon="plus", small=True, tooltip="One class more", name="data.points.add_class")
        self.add.clicked.connect(self._on_add)
        self.eraser = Button("Erase", small=True, name="data.points.erase", tooltip="Erase with the left button (E)")
        self.eraser.setCheckable(True)
        self.eraser.toggled.connect(lambda on: self.board.set_erasing(on) if on != self.board.erasing else None)
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setObjectName("data.points.size")
        self.size_slider.setAccessibleName("Size of the brush")
        self.size_slider.setToolTip(tooltip_text("Size of the brush (wheel, + and -)"))
        self.size_slider.setRange(int(SMALLEST * _SLIDER), int(LARGEST * _SLIDER))
        self.size_slider.setFixedWidth(96)
        self.size_slider.valueChanged.connect(self._on_size)
        self.clear = Button(
            "Clear", role="quiet", small=True, name="data.points.clear", tooltip="Begin with an empty plane"
        )
        self.clear.clicked.connect(points.clear)
        self._note = Text("", tone="faint", wrap=True)
        self._lay_out()
        points.changed.connect(self.refresh)
        if look is not None:
            look.changed.connect(self._show_look)
        self.refresh()
        self._show_tools()

    def _lay_out(self) -> None:
        card = Card(name="data.points.card")
        below = QWidget()  # where the classes leave no room for the tools, these stand in a row of their own
        rows = FlowLayout(below, gap=6)
        for chip in self.chips:
            self._tools.addButton(chip)
            chip.clicked.connect(lambda _on=False, group=chip.number: self.board.choose(group))
            rows.addWidget(chip)
        rows.addWidget(self.add)
        brush = QWidget()
        tools = QHBoxLayout(brush)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(6)
        for tool in (self.eraser, Text("Brush", role="small"), self.size_slider, self.clear):
            tools.addWidget(tool)
        rows.addWidget(brush)
        card.body.addWidget(self.board, 1)
        card.body.addWidget(self.answer)
        card.body.addWidget(below)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(10)
        column.addWidget(self.rules)
        column.addWidget(self._form)
        column.addWidget(self._note)
        column.addWidget(card, 1)

    def refresh(self) -> None:
        """Show the points as they are now."""
        points = self._points
        if not points.active:
            return
        names = points.names
        self.rules.show_rule(points.rule)
        self._show_form()
        self.board.locked = "This project is open for reading only." if points.read_only else points.problem
        self._note.set_text(self.board.locked)
        self._note.setVisible(bool(self.board.locked))
        colors = palette(points.field, names)
        self.board.show_points(points.points, names, colors)
        for chip in self.chips:
            there = chip.number < len(names)
            chip.setVisible(there)
            if there:
                chip.show_class(names[chip.number], colors[chip.number])
        self.add.setVisible(len(names) < MOST_CLASSES)
        self.clear.setEnabled(bool(points.points))
        self._show_look()
        self._show_tools()

    def _show_form(self) -> None:
        rule = self._points.rule
        kind = type(rule) if rule is not None else None
        if kind is not self._form_of:
            self._form_of = kind
            while (item := self._form_row.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
            self._editors = {}
            if rule is not None and not isinstance(rule, Drawn):
                for info in rule.attributes():
                    self._add_editor(info)
            elif rule is not None:
                self._form_row.addWidget(
                    Text("Left button draws, right button erases; 1 to 8 choose the class.", tone="faint")
                )
        for name, editor in self._editors.items():
            if editor.value() != getattr(rule, name):
                editor.set_value(getattr(rule, name))

    def _add_editor(self, info: Attribute) -> None:
        editor = attribute_editor(info, getattr(self._points.rule, info.name))
        name, label = info.name, info.label
        editor.setObjectName(f"data.points.{name}")
        editor.setAccessibleName(label)
        editor.setToolTip(tooltip_text(info.help))
        editor.setProperty("density", "compact")
        editor.setFixedWidth(78)
        editor.committed.connect(lambda value, name=name: self._points.set(name, value))
        pair = QWidget()
        row = QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(Text(label, role="small"))
        row.addWidget(editor)
        self._form_row.addWidget(pair)
        self._editors[name] = editor

    def _show_look(self) -> None:
        look = self._look
        if look is None:
            return
        if look.frame is not self._seen or look.frame is None:
            self._seen = look.frame
            self.board.set_surface(surface_of(look.frame) if look.frame is not None else None)
        self._on_pointed("")

    def _on_pointed(self, words: str) -> None:
        look = self._look
        whose = ""
        if look is not None:
            whose = f"Behind the points: what the network answers, {look.words}" if look.words else look.refusal
        self.answer.set_text(words.replace("\n", ": ") or whose or " ")

    def _show_tools(self) -> None:
        board = self.board
        self._tools.setExclusive(False)
        for chip in self.chips:
            chip.setChecked(chip.number == board.group and not board.erasing)
        self._tools.setExclusive(True)
        self.eraser.setChecked(board.erasing)
        value = round(board.size_of_brush * _SLIDER)
        if self.size_slider.value() != value:
            self.size_slider.setValue(value)

    def _on_size(self, value: int) -> None:
        if value != round(self.board.size_of_brush * _SLIDER):
            self.board.set_size(value / _SLIDER)

    def _on_add(self) -> None:
        self._points.add_class()
        self.board.choose(len(self._points.names) - 1)

    def focus_first(self) -> None:
        """For who comes by keyboard."""
        self.board.setFocus()

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._look is not None:
            self._look.watch("data", True)

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._look is not None:
            self._look.watch("data", False)

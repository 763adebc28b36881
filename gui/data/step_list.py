"""The steps a field goes through, in order: each opens to its form, can be moved, removed, and undone."""

import functools
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from engine.catalog import registry
from engine.catalog.entry import Entry
from engine.document.data_spec import Field, Step
from gui.data.field_edits import set_steps
from gui.forms.attribute_form import AttributeForm
from gui.models.project import ProjectModel
from gui.widgets.button import Button
from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import button_text, plain_text, tooltip_text
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier

_HEIGHT: Final = 34


class _StepHeader(QAbstractButton):
    """Name at the left, what it is set to at the right; opens and closes the row."""

    def __init__(self) -> None:
        super().__init__()
        self._name = self._summary = ""
        self._known = True
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_notifier().changed.connect(self.update)

    def set_words(self, name: str, summary: str, known: bool) -> None:
        """Show another step."""
        self._name, self._summary, self._known = plain_text(name, 60), plain_text(summary, 80), known
        self.setAccessibleName(f"{self._name}: {self._summary}" if self._summary else self._name)
        self.update()

    def summary(self) -> str:
        """What stands at the right."""
        return self._summary

    @guarded(fallback=lambda _self: QSize(160, _HEIGHT))
    def sizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(self.rect())
            if self.hasFocus():
                painter.setPen(QPen(theme.color("accent"), 1))
                painter.drawRoundedRect(rect.adjusted(1.5, 1.5, -1.5, -1.5), 6, 6)
            arrow = "chevron-up" if self.isChecked() else "chevron-down"
            lit = self.underMouse()
            draw_icon(
                painter,
                arrow,
                QRectF(rect.right() - 19, rect.center().y() - 5, 10, 10),
                theme.dim if lit else theme.faint,
            )
            painter.setFont(text_font(SIZE_BODY, QFont.Weight.Medium))
            name_width = painter.fontMetrics().horizontalAdvance(self._name)
            painter.setPen(theme.color("text" if self._known else "error_text"))
            painter.drawText(rect.adjusted(10, 0, -26, 0), Qt.AlignmentFlag.AlignVCenter, self._name)
            painter.setFont(text_font(SIZE_BODY))
            painter.setPen(theme.color("dim"))
            room = rect.adjusted(10 + name_width + 12, 0, -26, 0)
            text = painter.fontMetrics().elidedText(
                self._summary, Qt.TextElideMode.ElideRight, int(max(0, room.width()))
            )
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)


class StepRow(QFrame):
    """One step."""

    value_changed = Signal(str, object)
    moved = Signal(int)
    removed = Signal()

    def __init__(self, step: Step, entry: type[Entry] | None, first: bool, last: bool) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._entry = entry
        self.header = _StepHeader()
        self.header.setToolTip(tooltip_text(entry.help() if entry is not None else ""))
        self.body = QWidget()
        self.form = AttributeForm(entry, step.attributes)
        self.form.value_changed.connect(self.value_changed)
        up = Button(role="icon", icon="chevron-up", tooltip="Do it earlier")
        down = Button(role="icon", icon="chevron-down", tooltip="Do it later")
        remove = Button(role="icon", icon="trash", tooltip="Remove this step")
        up.set_blocked("It is the first step already." if first else "")
        down.set_blocked("It is the last step already." if last else "")
        up.clicked.connect(lambda: self.moved.emit(-1))
        down.clicked.connect(lambda: self.moved.emit(1))
        remove.clicked.connect(self.removed)
        help_text = Text(
            entry.help()
            if entry is not None
            else "This version does not know this step. Remove it, or update Netwright.",
            role="small",
            wrap=True,
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addStretch(1)
        for button in (up, down, remove):
            buttons.addWidget(button)
        below = QVBoxLayout(self.body)
        below.setContentsMargins(10, 0, 10, 8)
        below.setSpacing(8)
        below.addWidget(help_text)
        below.addWidget(self.form)
        below.addLayout(buttons)
        self.body.hide()
        self.header.toggled.connect(self.body.setVisible)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.body)
        self.show_step(step)

    def show_step(self, step: Step) -> None:
        """Show other values of the same step."""
        self.form.set_values(step.attributes)
        name = self._entry.label() if self._entry is not None else f"{step.type} (unknown)"
        self.header.set_words(name, summary(self._entry, step), self._entry is not None)


class StepList(QWidget):
    """`which` is preparation or augmentation; shows one field at a time."""

    def __init__(self, project: ProjectModel, which: str) -> None:
        super().__init__()
        self._project, self._which = project, which
        self._field = ""
        self._types: tuple[str, ...] = ()
        self.rows: list[StepRow] = []
        self.setObjectName(f"data.{which}")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._none = Text("No steps.", tone="faint")
        self.add = Button("Add a step", role="link", name=f"data.{which}.add")
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self.add.clicked.connect(lambda: self._menu.popup(self.add.mapToGlobal(self.add.rect().bottomLeft())))
        self._column.addWidget(self._none)
        self._column.addWidget(self.add)

    def show_field(self, name: str) -> None:
        """Show the steps of a field."""
        field = self._project.project.data.field(name)
        if field is None:
            return
        steps: tuple[Step, ...] = getattr(field, self._which)
        types = tuple(step.type for step in steps)
        if name != self._field or types != self._types or len(self.rows) != len(steps):
            self._build(field, steps)
        else:
            for row, step in zip(self.rows, steps, strict=True):
                row.show_step(step)

    def offered(self) -> list[type[Entry]]:
        """The steps that fit the field."""
        field = self._project.project.data.field(self._field)
        if field is None:
            return []
        found: Sequence[Any] = registry.preparation() if self._which == "preparation" else registry.augmentation()
        return [entry for entry in found if field.kind in entry.kinds]

    def add_step(self, type_name: str) -> None:
        """Append a step with its defaults."""
        self._set([*self._steps(), Step(type=type_name)])

    def _build(self, field: Field, steps: tuple[Step, ...]) -> None:
        opened = (
            {row.property("step") for row in self.rows if row.header.isChecked()}
            if field.name == self._field
            else set()
        )
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        self._field, self._types = field.name, tuple(step.type for step in steps)
        for number, step in enumerate(steps):
            entry = registry.entry_type(self._which, step.type)
            row = StepRow(step, entry, number == 0, number == len(steps) - 1)
            row.setProperty("step", step.type)
            row.value_changed.connect(lambda name, value, n=number: self._on_value(n, name, value))
            row.moved.connect(lambda by, n=number: self._on_moved(n, by))
            row.removed.connect(lambda n=number: self._on_removed(n))
            self._column.insertWidget(number, row)
            self.rows.append(row)
            if step.type in opened:
                row.header.setChecked(True)
        self._none.setVisible(not steps)
        self._menu.clear()
        for entry in self.offered():
            action = self._menu.addAction(button_text(entry.label()))
            action.setToolTip(tooltip_text(entry.help()))
            action.triggered.connect(functools.partial(self._on_add, entry.type_name()))
        self.add.setVisible(bool(self.offered()))

    def _on_add(self, type_name: str, _checked: bool = False) -> None:
        self.add_step(type_name)

    def _steps(self) -> list[Step]:
        field = self._project.project.data.field(self._field)
        return list(getattr(field, self._which)) if field is not None else []

    def _set(self, steps: list[Step], merge: str = "") -> None:
        self._project.do(set_steps(self._project.project.data, self._field, self._which, steps), merge=merge)

    def _on_value(self, number: int, name: str, value: object) -> None:
        steps = self._steps()
        entry = registry.entry_type(self._which, steps[number].type)
        attributes = dict(steps[number].attributes)
        default = next((info.default for info in entry.attributes() if info.name == name), None) if entry else None
        if value == (list(default) if isinstance(default, tuple) else default):
            attributes.pop(name, None)  # the file holds only what differs from the default
        else:
            attributes[name] = value  # type: ignore[assignment]
        steps[number] = msgspec.structs.replace(steps[number], attributes=attributes)
        self._set(steps, merge=f"{self._which}.{self._field}.{number}.{name}")

    def _on_moved(self, number: int, by: int) -> None:
        steps = self._steps()
        to = number + by
        if 0 <= to < len(steps):
            steps[number], steps[to] = steps[to], steps[number]
            self._set(steps)

    def _on_removed(self, number: int) -> None:
        steps = self._steps()
        del steps[number]
        self._set(steps)


def summary(entry: type[Entry] | None, step: Step) -> str:
    """What a step is set to, in a few words: "28 × 28, cover"."""
    if entry is None:
        return ""
    shown = {
        info.name: step.attributes.get(info.name, info.default) for info in entry.attributes() if not info.advanced
    }
    if not shown:
        given = [name for name, value in step.attributes.items() if value]
        return "own values" if given else "as measured" if entry.attributes() else ""
    parts = []
    if "height" in shown and "width" in shown:
        parts.append(f"{shown.pop('height')} × {shown.pop('width')}")
    for info in entry.attributes():
        if info.name in shown:
            value = shown[info.name]
            if isinstance(value, bool):
                parts += [info.label.lower()] * value
            else:
                parts.append(f"{value:g}" if isinstance(value, float) else str(value))
    return ", ".join(parts)

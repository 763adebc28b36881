"""A row of small pictures, one for each rule that gives points."""

from functools import lru_cache

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QWidget

from engine.catalog.points import REACH, RULES, Drawn, Point, PointRule, rule_of
from gui.charts.point_shapes import draw_points
from gui.widgets.class_color import class_color
from gui.widgets.fonts import SIZE_SECTION, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_PICTURE = 40
_HIGH = 66


class RuleButton(QAbstractButton):
    """Shows some points of its rule; checked while it is the one in use."""

    def __init__(self, kind: type[PointRule], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        self.setCheckable(True)
        self.setText(kind.label())
        self.setObjectName(f"data.points.{kind.type_name().lower()}")
        self.setAccessibleName(f"Points: {kind.label()}")
        self.setToolTip(tooltip_text(kind.about()))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme_notifier().changed.connect(self.update)

    @guarded(fallback=lambda _self: QSize(76, _HIGH))
    def sizeHint(self) -> QSize:
        wide = QFontMetricsF(text_font(SIZE_SECTION)).horizontalAdvance(self.text())
        return QSize(max(62, round(wide) + 16), _HIGH)

    @guarded(fallback=lambda _self: QSize(62, _HIGH))
    def minimumSizeHint(self) -> QSize:
        return QSize(48, _HIGH)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = self.rect().toRectF().adjusted(1, 1, -1, -1)
            ground = "raised" if self.isChecked() or self.underMouse() else "panel"
            painter.setBrush(theme.color(ground))
            edge = "accent" if self.isChecked() or self.hasFocus() else "line"
            painter.setPen(QPen(theme.color(edge), 2 if self.hasFocus() else 1))
            painter.drawRoundedRect(frame, 6, 6)
            left, top = (self.width() - _PICTURE) / 2, 5.0
            if self.kind is Drawn:
                draw_icon(painter, "edit", QRectF(left + 9, top + 9, 22, 22), theme.dim)
            for group in range(8):
                places = [
                    (
                        left + (point.x + REACH) / (2 * REACH) * _PICTURE,
                        top + (REACH - point.y) / (2 * REACH) * _PICTURE,
                    )
                    for point in _examples(self.kind.type_name())
                    if point.group == group
                ]
                if places:
                    draw_points(painter, places, group, class_color(group), theme.color(ground), 4.0)
            painter.setFont(text_font(SIZE_SECTION))
            painter.setPen(theme.color("text" if self.isChecked() else "dim"))
            below = frame.adjusted(2, _PICTURE + 4, -2, -2)
            words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(below.width()))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)


class RulePicker(QWidget):
    """`picked` tells the rule that was clicked, or chosen by the arrow keys."""

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Where the points come from")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._group = QButtonGroup(self)
        self.buttons = [RuleButton(kind) for kind in RULES]
        for button in self.buttons:
            self._group.addButton(button)
            row.addWidget(button)
            button.clicked.connect(lambda _on=False, kind=button.kind: self.picked.emit(kind))
        row.addStretch(1)

    def show_rule(self, rule: PointRule | None) -> None:
        """Mark the rule in use."""
        for button in self.buttons:
            button.setChecked(rule is not None and type(rule) is button.kind)


@lru_cache(maxsize=16)
def _examples(name: str) -> tuple[Point, ...]:
    """A few clean points of the rule of that name."""
    return () if name == Drawn.type_name() else tuple(rule_of(name, {"samples": 64, "noise": 0.0}).points())

"""The list of everything that is wrong with the network, in words, with repairs to click."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.checks.export_outlook import ExportOutlook, export_outlook
from engine.checks.problem import Problem, Repair, Severity
from gui.design.problem_row import ProblemRow
from gui.models.scope import Scope
from gui.widgets.button import Button
from gui.widgets.guarded import guarded
from gui.widgets.icons import icon_pixmap
from gui.widgets.plain_text import tooltip_text
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.text import Text
from gui.widgets.theme import theme_notifier

_MOST = 12
_REFRESH_MS = 40
_OUTLOOK_MS = 300
"""After the last edit: a walk through the whole network."""
HEADER_HEIGHT = 38


class Problems(QFrame):
    """One line while all is well; opens by itself when the first problem comes, and can be folded."""

    jumped = Signal(str)
    """Node id to show."""
    repair_pointed = Signal(object)
    """Repair to show on the canvas before it is chosen, or None."""
    folded_changed = Signal()

    def __init__(self, project: Scope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("design.problems")
        self.setAccessibleName("Problems")
        self.setProperty("role", "side-right")
        self._project = project
        self._rows: list[ProblemRow] = []
        self._folded = True
        self._had_problems = False
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 0, 0)
        column.setSpacing(0)
        rule = QFrame()
        rule.setProperty("role", "rule")
        column.addWidget(rule)
        self._header = _Header()
        self._header.clicked.connect(self._on_header_clicked)
        column.addWidget(self._header)
        self._scroll = ScrollColumn(margins=(12, 0, 12, 12), spacing=8)
        self._scroll.column.addStretch(1)
        self._more = Text("", tone="dim", wrap=True)
        self._more.hide()
        column.addWidget(self._scroll, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._outlook_soon = QTimer(self)
        self._outlook_soon.setSingleShot(True)
        self._outlook_soon.setInterval(_OUTLOOK_MS)
        self._outlook_soon.timeout.connect(self._show_outlook)
        project.opened.connect(self.refresh)
        project.changed.connect(self._refresh_soon)
        project.checked.connect(self._refresh_soon)
        self.refresh()

    # What others use.

    def refresh(self) -> None:
        """Show the problems as they are now."""
        found = self._project.checker.problems()
        problems = sorted(found, key=lambda problem: problem.severity is not Severity.ERROR)
        shown = problems[:_MOST]
        while len(self._rows) < len(shown):
            row = ProblemRow()
            row.jumped.connect(self.jumped)
            row.repair_chosen.connect(self._on_repair_chosen)
            row.repair_pointed.connect(self.repair_pointed)
            self._scroll.column.insertWidget(len(self._rows), row)
            self._rows.append(row)
        for number, row in enumerate(self._rows):
            row.setVisible(number < len(shown))
            if number < len(shown):
                row.show_problem(shown[number])
        left = len(problems) - len(shown)
        if left and self._more.parent() is None:
            self._scroll.column.insertWidget(self._scroll.column.count() - 1, self._more)
        self._more.set_text(f"And {left:,} more; they come up as these are mended." if left else "")
        self._more.setVisible(left > 0)
        errors = sum(problem.severity is Severity.ERROR for problem in problems)
        self._header.set_counts(errors, len(problems) - errors)
        self._outlook_soon.start()
        # Somebody who has just begun is told on the canvas what to do; problems are for what is drawn.
        begun = bool(problems and self._project.project.graph.nodes)
        if begun and not self._had_problems:
            self.set_folded(False)
        elif not begun:
            self.set_folded(True)
        self._had_problems = begun

    def _show_outlook(self) -> None:
        """Whether the whole network, not only the block that is open, can be exported."""
        if self._project.model.directory is not None:
            self._header.set_outlook(export_outlook(self._project.model.checker))

    def rows(self) -> list[ProblemRow]:
        """The rows shown."""
        return [row for row in self._rows if not row.isHidden()]

    def problems(self) -> list[Problem]:
        """The problems shown."""
        return [row.problem for row in self.rows() if row.problem is not None]

    @property
    def folded(self) -> bool:
        """Whether only the header shows."""
        return self._folded

    def set_folded(self, folded: bool) -> None:
        """Show the header alone, or the list too."""
        if folded != self._folded:
            self._folded = folded
            self._header.set_open(not folded)
            self.folded_changed.emit()

    def focus_first(self) -> None:
        """Open the list and go to its first row."""
        rows = self.rows()
        if rows:
            self.set_folded(False)
            rows[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self._header.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def wanted_height(self) -> int:
        """What the panel would like to have."""
        if self._folded:
            return HEADER_HEIGHT
        inner = self._scroll.widget()
        return HEADER_HEIGHT + (inner.sizeHint().height() if inner is not None else 120) + 4

    # Inside.

    def _refresh_soon(self, *_what: object) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_header_clicked(self) -> None:
        if self._rows and not all(row.isHidden() for row in self._rows):
            self.set_folded(not self._folded)

    def _on_repair_chosen(self, repair: Repair) -> None:
        self._project.do_whole(repair.edit)
        self.refresh()


class _Header(QFrame):
    """The line that is always there: a sign, the count in words, and an arrow to fold."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEADER_HEIGHT - 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(13, 0, 8, 0)
        row.setSpacing(8)
        self._icon = QLabel()
        self._text = Text("", role="small")
        self.onnx = Text("", role="small", tone="faint")
        self.onnx.setObjectName("design.problems.onnx")
        self._fold = Button(role="icon", icon="chevron-up", tooltip="Show the problems", name="design.problems.fold")
        self._fold.clicked.connect(self.clicked)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self.onnx)
        row.addSpacing(5)
        row.addWidget(self._fold)
        self._state = ("check", "ok_text")
        self.setFocusProxy(self._fold)
        theme_notifier().changed.connect(self._tint)

    def set_counts(self, errors: int, warnings: int) -> None:
        parts = []
        if errors:
            parts.append("1 problem" if errors == 1 else f"{errors:,} problems")
        if warnings:
            parts.append("1 warning" if warnings == 1 else f"{warnings:,} warnings")
        self._text.set_text(", ".join(parts) or "No problems")
        self._text.set_tone("error" if errors else "warn" if warnings else "ok")
        self._state = (
            ("error", "error_text") if errors else ("warning", "warn_text") if warnings else ("check", "ok_text")
        )
        self._fold.setVisible(bool(errors or warnings))
        self._tint()

    def set_outlook(self, outlook: ExportOutlook) -> None:
        """Whether the network can be exported; its tip says to what, or what stands in the way."""
        self.onnx.set_text("" if outlook.unknown else "exports to ONNX" if outlook.can_export else "not to ONNX")
        self.onnx.set_tone("faint" if outlook.can_export else "warn")
        self.onnx.setToolTip(tooltip_text(" ".join([outlook.sentence, *outlook.notes])))
        self.onnx.setAccessibleDescription(outlook.sentence)

    def set_open(self, is_open: bool) -> None:
        self._fold.set_icon("chevron-down" if is_open else "chevron-up")
        words = "Hide the problems" if is_open else "Show the problems"
        self._fold.setToolTip(words)
        self._fold.setAccessibleName(words)

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def _tint(self) -> None:
        self._icon.setPixmap(icon_pixmap(*self._state, 16, self.devicePixelRatioF()))

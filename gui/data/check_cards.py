"""What is worth knowing before training: one small card a finding, with a link where a click can help."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.document.edits import SetRecipe
from engine.protocol.messages import DataCheck, DataDescribed
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.text import Text

UNEVEN = 4
SHOWN_AT_ONCE = 6


class CheckCards(QWidget):
    """Says so when there is nothing to say."""

    left_out_requested = Signal()

    def __init__(self, project: ProjectModel, data: DataModel) -> None:
        super().__init__()
        self._project, self._data = project, data
        self.setObjectName("data.checks")
        self.setAccessibleName("Checks of the data")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._all = False
        data.changed.connect(self.refresh)
        project.changed.connect(self._on_project_changed)
        self.refresh()

    def refresh(self) -> None:
        """Show the findings of the present description."""
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        description = self._data.description
        if description is None:
            self._column.addWidget(Text("They come with the data.", tone="faint"))
            return
        if description.left_out_count:
            count = description.left_out_count
            noun = "file or row" if count == 1 else "files or rows"
            self._add(f"{count:,} {noun} can't be used", "Left out of training.", "error", "Show", self._show_left_out)
        shown = description.checks if self._all else description.checks[:SHOWN_AT_ONCE]
        for check in shown:
            self._add_check(check, description)
        if len(shown) < len(description.checks):
            more = Button(f"Show {len(description.checks) - len(shown)} more", role="link")
            more.clicked.connect(self._show_all)
            self._column.addWidget(more)
        if not description.left_out_count and not description.checks:
            self._add("Nothing suspicious", "No unreadable files, no leaks between the splits.", "ok")

    def _add_check(self, check: DataCheck, description: DataDescribed) -> None:
        title, _, rest = check.message.partition(": ")
        if not rest or len(title) > 60:
            title, rest = check.message, ""
        rest = rest[:1].upper() + rest[1:]
        counts = [count for count in description.class_counts if count]
        uneven = "uneven" in check.message and counts and max(counts) > UNEVEN * min(counts)
        if uneven and not self._project.project.recipe.class_weights:
            self._add(title, rest, "warn", "Weight the classes", self._weight_classes)
        else:
            self._add(title, rest, "warn")

    def _add(self, title: str, text: str, tone: str, action: str = "", do: Callable[[], None] | None = None) -> None:
        card = Card()
        card.body.setSpacing(2)
        card.body.addWidget(Text(title, role="title", tone=tone, wrap=True))
        if text:
            card.body.addWidget(Text(text, tone="dim", wrap=True))
        if do is not None:
            link = Button(action, role="link")
            link.clicked.connect(lambda _checked=False: do())
            card.body.addWidget(link)
        card.setAccessibleName(f"{title} {text}")
        self._column.addWidget(card)

    def _show_left_out(self) -> None:
        self.left_out_requested.emit()

    def _show_all(self) -> None:
        self._all = True
        self.refresh()

    def _weight_classes(self) -> None:
        recipe = msgspec.structs.replace(self._project.project.recipe, class_weights=True)
        if self._project.do(SetRecipe(recipe=recipe)):
            self.refresh()

    def _on_project_changed(self, change: object) -> None:
        if getattr(change, "recipe", False):
            self.refresh()

"""What is worth knowing before training: a card a finding, its samples one click away, and what mends it another."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.document.edits import Change
from engine.protocol.messages.data import DataCheck, DataDescribed, Remedy, Severity
from gui.models.data import DataModel
from gui.models.data_checks import DataChecksModel
from gui.models.project import ProjectModel
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.icons import icon_pixmap
from gui.widgets.plain_text import tooltip_text
from gui.widgets.progress_line import ProgressLine
from gui.widgets.text import Text
from gui.widgets.theme import theme_notifier

SHOWN_AT_ONCE: Final = 4
LONGEST_TITLE: Final = 90
_LOOKS: Final = {
    Severity.ERROR: ("error", "error", "Error"),
    Severity.WARNING: ("warning", "warn", "Warning"),
    Severity.NOTE: ("info", "text", "Note"),
}
_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_TOKENS: Final = {"error": "error_text", "warn": "warn_text", "text": "dim", "ok": "ok_text"}


class CheckCards(QWidget):
    """Says so when there is nothing to say."""

    left_out_requested = Signal()
    samples_requested = Signal(object)
    """DataCheck: its samples are to be shown."""

    def __init__(self, project: ProjectModel, data: DataModel, closer: DataChecksModel) -> None:
        super().__init__()
        self._project, self._data, self._closer = project, data, closer
        self.setObjectName("data.checks")
        self.setAccessibleName("Checks of the data")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(8)
        self._column = QVBoxLayout()
        self._column.setSpacing(8)
        outer.addLayout(self._column)
        self.look = Button("Look closer", small=True, icon="search", name="data.checks.look")
        self.look.setToolTip("Near copies, and labels that a trained network doubts. Takes a while; you can go on.")
        self.look.clicked.connect(lambda: closer.check())
        self.line = ProgressLine(name="data.checks.progress")
        self.line.cancelled.connect(closer.cancel)
        self._word = Text("", role="small", wrap=True)
        outer.addWidget(self.look, 0, Qt.AlignmentFlag.AlignLeft)
        outer.addWidget(self.line)
        outer.addWidget(self._word)
        self.line.hide()
        self._all = False
        self._shown: object = None
        data.changed.connect(self._on_data_changed)
        closer.changed.connect(self._on_closer)
        closer.progressed.connect(
            lambda event: self.line.set_progress(event.fraction, event.message, left_s=event.left_s)
        )
        project.opened.connect(self._on_opened)
        project.changed.connect(self._on_project_changed)
        theme_notifier().changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the findings of the present description."""
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        description = self._data.description
        self._shown = description
        self._show_closer()
        if description is None:
            self._column.addWidget(Text("They come with the data.", tone="faint"))
            return
        if description.left_out_count:
            count = description.left_out_count
            noun = "file or row" if count == 1 else "files or rows"
            show = Button("Show", role="link")
            show.clicked.connect(self._show_left_out)
            self._add("error", "error", "Error", f"{count:,} {noun} can't be used", "Left out of training.", [show])
        self._add_checks(description)
        if not description.left_out_count and not description.checks and not self._closer.found:
            self._add("check", "ok", "Fine", "Nothing suspicious", "No unreadable files, no leaks between the splits.")

    def _add_checks(self, description: DataDescribed) -> None:
        checks = sorted((*self._closer.found, *description.checks), key=lambda check: _ORDER.index(check.severity))
        shown = checks if self._all else checks[:SHOWN_AT_ONCE]
        for check in shown:
            icon, tone, word = _LOOKS[check.severity]
            title, text = parted(check.message)
            self._add(icon, tone, word, title, text, self._buttons(check))
        if len(shown) < len(checks):
            more = Button(f"Show {len(checks) - len(shown)} more", role="link")
            more.clicked.connect(self._show_all)
            self._column.addWidget(more)

    def _buttons(self, check: DataCheck) -> list[Button]:
        buttons: list[Button] = []
        if check.samples:
            noun = "sample" if check.count == 1 else "samples"
            show = Button(f"Show {check.count:,} {noun}" if check.count else "Show samples", role="link")
            show.clicked.connect(lambda _checked=False: self.samples_requested.emit(check))
            buttons.append(show)
        for remedy in check.remedies:
            if not remedy.edits or self._closer.is_done(remedy):
                continue  # to look is what the first button does
            button = Button(remedy.title, small=True, tooltip=f"{remedy.title}. One step; undo takes it back.")
            button.clicked.connect(lambda _checked=False, remedy=remedy: self.mend(remedy))
            buttons.append(button)
        return buttons

    def mend(self, remedy: Remedy) -> bool:
        """Do what a remedy says, as one step of the history."""
        return self._closer.mend(remedy)

    def _show_closer(self) -> None:
        closer, state = self._closer, self._closer.state
        there = self._data.description is not None
        works = state in ("waiting", "checking")
        self.look.setVisible(there and not works)
        self.line.setVisible(works)
        words = ""
        if state == "failed" and closer.error is not None:
            words = f"{closer.error.message} {closer.error.hint}".strip()
        elif state == "done" and not closer.found:
            words = "Looked closer: nothing found."
        self._word.set_text(words)
        self._word.setVisible(bool(words))

    def _on_closer(self) -> None:
        if self._closer.state == "waiting":
            self.line.start("Looking closer")
        self.refresh()

    def _add(self, icon: str, tone: str, word: str, title: str, text: str = "", buttons: Sequence[Button] = ()) -> None:
        card = Card()
        card.body.setSpacing(4)
        sign = QLabel()
        sign.setPixmap(icon_pixmap(icon, _TOKENS[tone], 16, self.devicePixelRatioF()))
        sign.setToolTip(tooltip_text(word))
        heading = Text(title, role="title", tone="" if tone == "text" else tone, wrap=True)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(heading, 1)
        card.body.addLayout(line)
        if text:
            card.body.addWidget(Text(text, tone="dim", wrap=True))
        if buttons:
            room = QWidget()
            flow = FlowLayout(room, gap=8)
            for button in buttons:
                flow.addWidget(button)
            card.body.addWidget(room)
        card.setAccessibleName(f"{word}: {title} {text}".strip())
        self._column.addWidget(card)
        card.setVisible(True)  # at once, not on a later turn: a list that is built anew does not flicker

    def _show_left_out(self) -> None:
        self.left_out_requested.emit()

    def _show_all(self) -> None:
        self._all = True
        self.refresh()

    def _on_data_changed(self) -> None:
        if self._data.description is not self._shown:
            self.refresh()

    def _on_project_changed(self, change: Change) -> None:
        if change.recipe:
            self.refresh()

    def _on_opened(self) -> None:
        self._all = False
        self.refresh()


def parted(message: str) -> tuple[str, str]:
    """A short title and the rest of a message: at a colon or at the end of its first sentence."""
    for sign, kept in ((": ", ""), (". ", ".")):
        title, found, rest = message.partition(sign)
        if found and rest and len(title) <= LONGEST_TITLE:
            return title + kept * (sign == ". "), rest
    return message, ""

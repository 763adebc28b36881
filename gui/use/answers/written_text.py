"""A text that the network writes: how sure it was at each place, and what else might have come there."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from engine.protocol.messages.writing import NextToken, WrittenToken
from gui.charts.score_bars import percent
from gui.widgets.bar import Bar
from gui.widgets.button import Button
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_lines
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier

_UNSURE: Final = 0.1
_RIVALS: Final = 5
_LOWEST, _HIGHEST = 64, 190


class Rival(Button):
    """A token that may come, as a bar; a click goes on with it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", role="quiet", parent=parent)
        self.bar = Bar()
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 3, 6, 4)
        column.addWidget(self.bar)
        self.setMinimumHeight(self.bar.sizeHint().height() + 8)
        self.bar.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


class WrittenText(QWidget):
    """Put the cursor into the text, by mouse or arrow keys, to see what else might have come there.

    `chosen` carries the text up to there and on.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.written")
        self._beginning = ""
        self._tokens: Sequence[WrittenToken] = ()
        self._starts: list[int] = []  # where each token begins in the text as it is shown
        self._place = -1  # of the token whose rivals are shown; -1 for the last one
        self._peeks = self._grows = self._quiet = self._brief = False
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.view.setTabChangesFocus(True)
        self.view.setAccessibleName("Text")
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.view.setFixedHeight(_LOWEST)
        self.view.cursorPositionChanged.connect(self._on_cursor)
        self._caption = Text("", tone="dim", wrap=True)
        self.rivals = [Rival() for _ in range(_RIVALS)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.view)
        column.addSpacing(4)
        column.addWidget(self._caption)
        for place, rival in enumerate(self.rivals):
            rival.clicked.connect(lambda _on=False, place=place: self._on_rival(place))
            column.addWidget(rival)
        theme_notifier().changed.connect(self._tint)

    def show_text(
        self,
        beginning: str,
        tokens: Sequence[WrittenToken],
        *,
        peeks: bool = False,
        grows: bool = False,
        brief: bool = False,
    ) -> None:
        """Show a text behind its beginning; with `peeks` only what may come next, while it `grows` nothing to pick.

        A `brief` one, as beside others, shows what else might have come once a part of it is clicked.
        """
        before = len(self._tokens)
        more = grows and self._grows and beginning == self._beginning and 0 < before <= len(tokens)
        self._beginning, self._tokens, self._peeks, self._grows = beginning, tokens, peeks, grows
        self._brief = brief
        self._place = -1
        if more:
            self._append(tokens[before:])
        else:
            self._begin()
        self._fit()
        bar = self.view.verticalScrollBar()
        bar.setValue(bar.maximum())
        if not more:
            self._tint()
            self._show_rivals()
        self.setAccessibleName(plain_lines(self.text(), 400))

    def _begin(self) -> None:
        self._starts = []
        self._quiet = True
        self.view.setPlainText(plain_lines(self._beginning, 20_000))
        self._append(() if self._peeks else self._tokens)
        self._quiet = False

    def _append(self, tokens: Sequence[WrittenToken]) -> None:
        """Put tokens behind what is shown."""
        length = self.view.document().characterCount() - 1
        parts = []
        for token in tokens:
            self._starts.append(length)
            parts.append(plain_lines(token.text, 400) if token.text else "")
            length += len(parts[-1])
        quiet, self._quiet = self._quiet, True
        self.view.moveCursor(QTextCursor.MoveOperation.End)
        self.view.insertPlainText("".join(parts))
        self._quiet = quiet

    def text(self) -> str:
        """The whole text."""
        return self._beginning + ("" if self._peeks else "".join(token.text for token in self._tokens))

    def look_at(self, place: int) -> None:
        """Show what else might have come at the place of a token."""
        self._place = place
        self._tint()
        self._show_rivals()

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as the text, within limits."""
        lines = round(self.view.document().size().height())  # of a plain editor it counts lines
        wanted = lines * self.view.fontMetrics().lineSpacing() + 24
        self.view.setFixedHeight(min(_HIGHEST, max(_LOWEST, wanted)))

    def _at(self) -> int:
        return self._place if self._place >= 0 else 0 if self._peeks else len(self._tokens) - 1

    def _tint(self) -> None:
        """The beginning pale, what was unlikely coloured and underlined, the one looked at on another ground."""
        theme = current_theme()
        marks: list[QTextEdit.ExtraSelection] = []

        def mark(start: int, end: int, form: QTextCharFormat) -> None:
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.view.document())
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            selection.cursor = cursor
            selection.format = form
            marks.append(selection)

        last = self.view.document().characterCount() - 1
        first = min(last, self._starts[0] if self._starts else last)
        pale = QTextCharFormat()
        pale.setForeground(theme.color("dim"))
        if first > 0:
            mark(0, first, pale)
        ends = [*self._starts[1:], last]
        if not self._grows and not self._peeks:
            unsure, looked_at = QTextCharFormat(), QTextCharFormat()
            unsure.setForeground(theme.color("warn_text"))
            unsure.setFontUnderline(True)
            looked_at.setBackground(theme.color("hover"))
            run = -1  # where a run of unlikely tokens begins
            for token, start in zip((*self._tokens, None), (*self._starts, last), strict=True):
                unlikely = token is not None and token.chance < _UNSURE
                if unlikely and run < 0:
                    run = start
                elif not unlikely and run >= 0:
                    mark(run, min(start, last), unsure)
                    run = -1
            if 0 <= self._place < len(self._starts):
                mark(self._starts[self._place], min(ends[self._place], last), looked_at)
        self.view.setExtraSelections(marks)

    def _show_rivals(self) -> None:
        at = self._at()
        token = self._tokens[at] if 0 <= at < len(self._tokens) and not self._grows else None
        waits = self._brief and self._place < 0 and not self._peeks
        others: Sequence[NextToken] = token.others if token is not None and not waits else ()
        if token is None:
            words = ""
        elif self._peeks:
            words = "What may come next; click one to go on with it"
        elif waits:
            words = "Click a part of the text to see what else might have come there"
        elif self._place < 0:
            words = "Instead of the last part it might have been; click a part of the text to see others"
        else:
            words = "Here it might have been; click one to go on with it"
        self._caption.set_text(words)
        self._caption.setVisible(bool(words))
        for place, rival in enumerate(self.rivals):
            rival.setVisible(place < len(others))
            if place < len(others):
                other = others[place]
                chosen = token is not None and not self._peeks and (other.text, other.ends) == (token.text, token.ends)
                name = _shown(other)
                rival.bar.set_value(name, other.chance, percent(other.chance), tone="ok" if chosen else "accent")
                rival.setAccessibleName(f"{name}, {percent(other.chance)}")
                rival.set_blocked("The text ends here." if other.ends else "")

    def _on_cursor(self) -> None:
        if self._quiet or self._grows or self._peeks or not self._starts:
            return
        place = bisect_right(self._starts, self.view.textCursor().position()) - 1
        if 0 <= place < len(self._tokens) and place != self._place:
            self.look_at(place)

    def _on_rival(self, place: int) -> None:
        at = self._at()
        others = self._tokens[at].others if 0 <= at < len(self._tokens) else []
        if place < len(others):
            before = "".join(token.text for token in self._tokens[:at])
            self.chosen.emit(self._beginning + before + others[place].text)


def _shown(token: NextToken) -> str:
    """A token as words: blanks and line ends are named."""
    if token.ends:
        return "(end)"
    named = {" ": "(blank)", "\n": "(new line)", "\t": "(tab)", "": "(nothing)"}
    return named.get(token.text, token.text.replace("\n", "↵"))

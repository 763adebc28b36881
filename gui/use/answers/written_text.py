"""A text that the network writes: how sure it was at each place, and what else might have come there."""

import html
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtWidgets import QSizePolicy, QTextBrowser, QVBoxLayout, QWidget

from engine.protocol.messages.writing import NextToken, WrittenToken
from gui.charts.score_bars import percent
from gui.widgets.bar import Bar
from gui.widgets.button import Button
from gui.widgets.plain_text import plain_lines
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier

_UNSURE: Final = 0.3
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
    """Click a part of the text to see what else might have come there. `chosen` carries the text up to there and on."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.written")
        self._beginning = ""
        self._tokens: Sequence[WrittenToken] = ()
        self._place = -1  # of the token whose rivals are shown; -1 for the last one
        self._peeks = self._grows = False
        self.view = QTextBrowser()
        self.view.setOpenLinks(False)
        self.view.setAccessibleName("Text")
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.view.setFixedHeight(_LOWEST)
        self.view.anchorClicked.connect(self._on_clicked)
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
        theme_notifier().changed.connect(self._show)

    def show_text(
        self, beginning: str, tokens: Sequence[WrittenToken], *, peeks: bool = False, grows: bool = False
    ) -> None:
        """Show a text behind its beginning; with `peeks` only what may come next, while it `grows` nothing to click."""
        self._beginning, self._tokens, self._peeks, self._grows = beginning, tokens, peeks, grows
        self._place = -1
        self._show()

    def text(self) -> str:
        """The whole text as it is shown."""
        return self._beginning + ("" if self._peeks else "".join(token.text for token in self._tokens))

    def look_at(self, place: int) -> None:
        """Show what else might have come at the place of a token."""
        self._place = place
        self._show()

    def _at(self) -> int:
        return self._place if self._place >= 0 else 0 if self._peeks else len(self._tokens) - 1

    def _show(self) -> None:
        at = self._at()
        bar = self.view.verticalScrollBar()
        held, at_end = bar.value(), bar.value() >= bar.maximum() - 4
        if self._grows:
            self.view.setPlainText(plain_lines(self.text(), 50_000))
        else:
            self.view.setHtml(self._as_html(at))
        wanted = round(self.view.document().size().height()) + 16
        self.view.setFixedHeight(min(_HIGHEST, max(_LOWEST, wanted)))
        bar.setValue(bar.maximum() if at_end else held)
        self._show_rivals(-1 if self._grows else at)
        self.setAccessibleName(plain_lines(self.text(), 400))

    def _as_html(self, at: int) -> str:
        theme = current_theme()
        parts = [f'<span style="color:{theme.dim}">{_escaped(self._beginning)}</span>']
        for place, token in enumerate(() if self._peeks else self._tokens):
            if not token.text:
                continue
            style = f"color:{theme.text};text-decoration:none;"
            if token.chance < _UNSURE:
                style = f"color:{theme.warn_text};text-decoration:underline;"
            if place == at and self._place >= 0:
                style += f"background-color:{theme.raised};"
            parts.append(f'<a href="#{place}" style="{style}">{_escaped(token.text)}</a>')
        return f'<div style="white-space:pre-wrap">{"".join(parts)}</div>'

    def _show_rivals(self, at: int) -> None:
        token = self._tokens[at] if 0 <= at < len(self._tokens) else None
        others: Sequence[NextToken] = token.others if token is not None else ()
        if token is None:
            words = ""
        elif self._peeks:
            words = "What may come next; click one to go on with it"
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
                chosen = token is not None and not self._peeks and other.text == token.text
                name = _shown(other)
                rival.bar.set_value(name, other.chance, percent(other.chance), tone="ok" if chosen else "accent")
                rival.setAccessibleName(f"{name}, {percent(other.chance)}")
                rival.set_blocked("The text ends here." if other.ends else "")

    def _on_clicked(self, url: QUrl) -> None:
        place = url.fragment()
        if place.isdigit():
            self.look_at(int(place))

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


def _escaped(text: str) -> str:
    return html.escape(plain_lines(text, 20_000))

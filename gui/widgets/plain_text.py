"""Makes text that came from outside (file names, labels, node names, messages) safe to show.

Qt guesses HTML in labels, tooltips and message boxes: a class named `<img src=...>` opens a file, nested tables freeze
the window for seconds. So text from outside passes through here and labels are set to the plain format.
"""

import html
import unicodedata
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

LIMIT: Final = 200
_ELLIPSIS: Final = "…"
_SHOWN: Final = {"\n": "⏎", "\r": "␍", "\t": "⇥", "\x7f": "␡"}


def plain_text(text: object, limit: int = LIMIT) -> str:
    """One line of text as it is: controls, direction marks and lone surrogates made visible, cut at `limit` signs."""
    whole = text if isinstance(text, str) else str(text)
    cut = whole[: limit + 1]  # a million signs cost no more than `limit`
    shown = cut if cut.isascii() and cut.isprintable() else "".join(map(_visible, cut))
    if len(shown) > limit:
        shown = shown[: limit - 1] + _ELLIPSIS
    return shown


def plain_lines(text: object, limit: int = 2000) -> str:
    """Like `plain_text`, but line breaks stay: for messages and details of several lines."""
    whole = text if isinstance(text, str) else str(text)
    lines = whole[: limit + 1].replace("\r\n", "\n").split("\n")
    shown = "\n".join(plain_text(line, limit) for line in lines)
    return shown if len(shown) <= limit else shown[: limit - 1] + _ELLIPSIS


def button_text(text: object, limit: int = LIMIT) -> str:
    """Plain text for buttons, menu entries and tabs, where a single `&` would underline the next letter."""
    return plain_text(text, limit).replace("&", "&&")


def tooltip_text(text: object, limit: int = 600) -> str:
    """Plain text for a tooltip, which has no plain format: escaped, line breaks kept, wrapped at a readable width."""
    lines = html.escape(plain_lines(text, limit), quote=False).replace("\n", "<br>")
    return f"<qt>{lines}</qt>" if lines else ""


def set_plain(label: QLabel, text: object, limit: int = LIMIT) -> None:
    """Show text from outside in a label."""
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(plain_text(text, limit))


def set_tooltip(widget: QWidget, text: object) -> None:
    """Give a widget a tooltip that shows `text` literally."""
    widget.setToolTip(tooltip_text(text))


def _visible(sign: str) -> str:
    if sign in _SHOWN:
        return _SHOWN[sign]
    code = ord(sign)
    if code < 0x20:
        return chr(0x2400 + code)
    category = unicodedata.category(sign)
    # The joiner and the selectors belong to emoji and Indic scripts; everything else that shows nothing is named.
    if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and code not in (0x200C, 0x200D):
        return f"⟨U+{code:04X}⟩"
    return sign

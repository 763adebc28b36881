"""The design tokens: colours of the dark and the light theme, sizes of the 4 px grid."""

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PySide6.QtGui import QColor

FAMILY_COLORS: Final[dict[str, str]] = {
    "data": "#2bb6a8",
    "convolution": "#5b8cff",
    "linear": "#4cc38a",
    "recurrent": "#a97bff",
    "attention": "#e667c2",
    "normalization": "#8d99ae",
    "activation": "#f5b042",
    "shape": "#6f7f95",
    "math": "#9bbf3c",
    "signal": "#3fb3e6",
    "loss": "#ff6b6b",
    "block": "#c98f5c",
}
"""One colour per family of layers, the same in both themes and wherever the family appears."""


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Colours of one theme as `#rrggbb`; `faint` and the text tones keep 4.5:1 against `panel` so small text reads."""

    name: str
    dark: bool
    background: str
    """Behind the cards and the canvas."""
    panel: str
    """Top bar, side panels, cards."""
    raised: str
    """Ordinary buttons, selected rows, tracks of bars."""
    hover: str
    pressed: str
    line: str
    """Borders and separators."""
    grid: str
    """Lines inside charts."""
    field: str
    """Inside of editors."""
    text: str
    dim: str
    faint: str
    edge: str
    """Wires of the canvas, handles of scroll bars."""
    accent: str = "#5b8cff"
    accent_hover: str = "#7099ff"
    accent_pressed: str = "#4a79ea"
    accent_line: str = "#3f6fe0"
    on_accent: str = "#ffffff"
    link: str
    ok: str = "#3ecf8e"
    warn: str = "#f5b042"
    error: str = "#ff5d5d"
    ok_text: str
    """The three tones as text; on white the plain tones are too light to read."""
    warn_text: str
    error_text: str
    families: dict[str, str] = dataclasses.field(default_factory=lambda: dict(FAMILY_COLORS))

    def color(self, token: str) -> QColor:
        """The colour of a token (`panel`, `accent`, ...) or of a family (`family.recurrent`). Raises KeyError."""
        return QColor(_resolve(self, token))

    def family(self, name: str) -> QColor:
        """The colour of a family of layers; slate for one without a colour of its own."""
        return QColor(self.families.get(name, self.families["shape"]))

    def __hash__(self) -> int:
        return hash(self.name)


DARK: Final = Theme(
    name="dark",
    dark=True,
    background="#14161a",
    panel="#1b1e24",
    raised="#22262e",
    hover="#2a2f38",
    pressed="#1f232a",
    line="#2d323c",
    grid="#262a32",
    field="#14161a",
    text="#e7e9ee",
    dim="#9aa2b1",
    faint="#7f8796",
    edge="#5b6577",
    link="#6f9aff",
    ok_text="#3ecf8e",
    warn_text="#f5b042",
    error_text="#ff6b6b",
)

LIGHT: Final = Theme(
    name="light",
    dark=False,
    background="#f4f5f7",
    panel="#ffffff",
    raised="#eef0f4",
    hover="#e4e8ee",
    pressed="#d9dee6",
    line="#dde1e8",
    grid="#e8ebf0",
    field="#f4f5f7",
    text="#1a1d23",
    dim="#5b6473",
    faint="#6c7586",
    edge="#5b6577",
    link="#3262d9",
    ok_text="#12805a",
    warn_text="#96610a",
    error_text="#cc3340",
)

CONTROL_RADIUS: Final = 7
CARD_RADIUS: Final = 10
CONTROL_HEIGHT: Final = 32
SPACE: Final = 4
"""The grid: every distance is a multiple of it."""
GAP: Final = 12
"""Between cards, and between a card and the edge of its page."""
SIDE_PANEL_WIDTH: Final = 226


def mix(color: str | QColor, other: str | QColor, share: float) -> QColor:
    """`color` with a `share` (0 to 1) of `other` stirred in."""
    a, b = QColor(color), QColor(other)
    return QColor(
        round(a.red() + (b.red() - a.red()) * share),
        round(a.green() + (b.green() - a.green()) * share),
        round(a.blue() + (b.blue() - a.blue()) * share),
    )


@lru_cache(maxsize=256)
def _resolve(theme: Theme, token: str) -> str:
    if token.startswith("family."):
        return theme.families[token.removeprefix("family.")]
    value = getattr(theme, token, None)
    if not isinstance(value, str) or not value.startswith("#"):
        raise KeyError(token)
    return value

"""The bundled typefaces: Inter for text, JetBrains Mono for numbers and shapes."""

from typing import Final

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from gui.widgets.resources import FONTS

TEXT_FAMILY: Final = "Inter"
MONO_FAMILY: Final = "JetBrains Mono"
# Asked for after the bundled face, so that scripts Inter lacks (Chinese, Arabic, emoji) still show.
TEXT_FALLBACKS: Final = ("Noto Sans", "Segoe UI", "Helvetica Neue", "DejaVu Sans")
MONO_FALLBACKS: Final = ("DejaVu Sans Mono", "Menlo", "Consolas")

SIZE_SECTION: Final = 11
SIZE_SMALL: Final = 12
SIZE_BODY: Final = 13
SIZE_HEADING: Final = 16
SIZE_SCORE: Final = 26
SIZE_MONO: Final = 12
SIZE_MONO_SMALL: Final = 11

_installed: list[int] = []  # ids of the fonts added, set once by install_fonts


def install_fonts(app: QApplication) -> None:
    """Make the bundled faces known and set the body face. A missing file leaves the fallbacks in charge."""
    if not _installed:
        for file in sorted((*FONTS.glob("*.otf"), *FONTS.glob("*.ttf"))):
            _installed.append(QFontDatabase.addApplicationFont(str(file)))
    if app.font().families()[:1] != [TEXT_FAMILY]:
        app.setFont(text_font())


def text_font(size_px: int = SIZE_BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Inter at a size in pixels."""
    font = QFont([TEXT_FAMILY, *TEXT_FALLBACKS])
    font.setPixelSize(size_px)
    font.setWeight(weight)
    # Hinting rounds widths at these sizes and makes the spacing uneven.
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return _as_typed(font)


def mono_font(size_px: int = SIZE_MONO, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """JetBrains Mono at a size in pixels."""
    font = QFont([MONO_FAMILY, *MONO_FALLBACKS])
    font.setPixelSize(size_px)
    font.setWeight(weight)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return _as_typed(font)


def _as_typed(font: QFont) -> QFont:
    """Without ligatures: a class called "<=50K" is not shown as another. What a stylesheet makes of a widget's font
    inherits this from the application's."""
    font.setFeature(QFont.Tag("calt"), 0)
    return font

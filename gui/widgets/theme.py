"""Which theme is on, and dressing the application in it.

Every colour, size and typeface of the window comes from the tokens: the stylesheet is generated from them, painted
widgets read `current_theme()` and repaint when `theme_notifier().changed` is emitted. GUI thread only.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from gui.widgets.fonts import install_fonts
from gui.widgets.stylesheet import stylesheet
from gui.widgets.tokens import DARK, LIGHT, Theme


class ThemeChoice(StrEnum):
    """What a user can ask for; `system` follows the desktop."""

    DARK = "dark"
    LIGHT = "light"
    SYSTEM = "system"


class ThemeNotifier(QObject):
    """Tells painted widgets that the theme has changed."""

    changed = Signal()


class _State:
    """The theme in use; `apply_theme` alone sets it."""

    theme: Theme = DARK
    choice: ThemeChoice = ThemeChoice.DARK
    notifier: ThemeNotifier | None = None
    follows_system: bool = False


_painting = threading.local()  # `theme` while a thread paints in colours of its own; set by painting_in alone


def current_theme() -> Theme:
    """The theme the window wears now, or the one this thread paints in."""
    return getattr(_painting, "theme", None) or _State.theme


@contextmanager
def painting_in(theme: Theme) -> Iterator[Theme]:
    """Paint in another theme on this thread, whatever the window wears: for what goes on paper."""
    before = getattr(_painting, "theme", None)
    _painting.theme = theme
    try:
        yield theme
    finally:
        _painting.theme = before


def theme_notifier() -> ThemeNotifier:
    """The one object whose `changed` is emitted after every switch."""
    if _State.notifier is None:
        _State.notifier = ThemeNotifier()
    return _State.notifier


def apply_theme(app: QApplication, choice: ThemeChoice | str = ThemeChoice.SYSTEM) -> Theme:
    """Dress the application: fonts, palette, stylesheet. May be called again at any time to switch.

    Raises ValueError for a choice that is not dark, light or system.
    """
    _State.choice = ThemeChoice(choice)
    if not _State.follows_system:
        _State.follows_system = True
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: _follow_system(app))
    return _wear(app, _theme_for(_State.choice))


def _follow_system(app: QApplication) -> None:
    if _State.choice is ThemeChoice.SYSTEM:
        _wear(app, _theme_for(_State.choice))


def _theme_for(choice: ThemeChoice) -> Theme:
    if choice is ThemeChoice.SYSTEM:
        # Desktops that do not tell get the dark theme, the one the pictures of the manual show.
        return LIGHT if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light else DARK
    return DARK if choice is ThemeChoice.DARK else LIGHT


def _wear(app: QApplication, theme: Theme) -> Theme:
    sheet = stylesheet(theme)
    if _State.theme is theme and app.styleSheet() == sheet:
        return theme  # setting a sheet again would re-polish every widget there is
    _State.theme = theme
    install_fonts(app)
    if app.style().objectName().lower() != "fusion":  # a stylesheet sits on it; set once, it re-polishes everything
        app.setStyle("Fusion")
    app.setPalette(_palette(theme))
    app.setStyleSheet(sheet)
    theme_notifier().changed.emit()
    return theme


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, token in (
        (role.Window, theme.panel),
        (role.WindowText, theme.text),
        (role.Base, theme.field),
        (role.AlternateBase, theme.raised),
        (role.Text, theme.text),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.on_accent),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.faint),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent),
        (role.Link, theme.link),
        (role.LinkVisited, theme.link),
        (role.Light, theme.hover),
        (role.Midlight, theme.raised),
        (role.Mid, theme.line),
        (role.Dark, theme.background),
        (role.Shadow, theme.background),
    ):
        palette.setColor(which, QColor(token))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.faint))
    return palette

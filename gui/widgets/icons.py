"""Line icons, drawn from the SVG files that ship with the program and tinted with a token of the theme."""

import threading
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui.widgets.guarded import guarded
from gui.widgets.resources import ICONS
from gui.widgets.theme import current_theme

ICON_SIZE: Final = 16


class _TintedEngine(QIconEngine):
    """Draws one icon in a token of whatever theme is on, so that icons follow a switch by themselves."""

    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name = name
        self._token = token

    @guarded
    def paint(self, painter: QPainter, rect: object, mode: QIcon.Mode, state: QIcon.State) -> None:
        token = "faint" if mode == QIcon.Mode.Disabled else self._token
        draw_icon(painter, self._name, QRectF(rect), current_theme().color(token).name())  # type: ignore[call-overload]

    @guarded(fallback=lambda *_: QPixmap())
    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            self.paint(painter, picture.rect(), mode, state)
        return picture

    @guarded
    def clone(self) -> QIconEngine:
        return _TintedEngine(self._name, self._token)


def icon(name: str, token: str = "dim") -> QIcon:
    """The icon of that name. Raises FileNotFoundError when there is none: a slip of ours, found by the tests."""
    _source(name)
    return QIcon(_TintedEngine(name, token))


def icon_pixmap(name: str, token: str = "dim", size: int = ICON_SIZE, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of `size` by `size` device-independent pixels."""
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    picture.setDevicePixelRatio(ratio)
    with QPainter(picture) as painter:
        draw_icon(painter, name, QRectF(0, 0, size, size), current_theme().color(token).name())
    return picture


def draw_icon(painter: QPainter, name: str, rect: QRectF, color: str) -> None:
    """Draw the icon into `rect` in a colour `#rrggbb`."""
    _renderer(name, color, threading.get_ident()).render(painter, rect)


@lru_cache(maxsize=256)
def _renderer(name: str, color: str, _thread: int) -> QSvgRenderer:
    """Each thread has its own: drawings are exported beside the window's thread, and a renderer is not made for two."""
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text(encoding="utf-8")

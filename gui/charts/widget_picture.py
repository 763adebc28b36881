"""A widget as a picture in a file: PNG at twice its size, or SVG made of lines and text."""

from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

_RATIO = 2


def save_png(widget: QWidget, path: Path) -> None:
    """Save as PNG. Raises OSError when it cannot be written."""
    picture = QPixmap(widget.size() * _RATIO)
    picture.setDevicePixelRatio(_RATIO)
    picture.fill(widget.palette().window().color())
    widget.render(picture)
    if not picture.save(str(path), "PNG"):
        raise OSError(f"{path} could not be written.")


def save_svg(widget: QWidget, path: Path) -> None:
    """Save as SVG. Raises OSError when it cannot be written."""
    from PySide6.QtSvg import QSvgGenerator

    sheet = QSvgGenerator()
    sheet.setFileName(str(path))
    sheet.setSize(widget.size())
    sheet.setViewBox(widget.rect())
    sheet.setTitle(widget.accessibleName())
    with QPainter() as painter:
        if not painter.begin(sheet):
            raise OSError(f"{path} could not be written.")
        painter.fillRect(widget.rect(), widget.palette().window())
        widget.render(painter, QPoint())

"""A snapshot of the graph as the bytes of an SVG, PNG or PDF file, or on a printer.

Everything here may run on a thread of its own: it touches neither pixmaps nor widgets (QImage, QSvgGenerator,
QPdfWriter and QPrinter may be painted on by any thread; doc.qt.io, "Thread-Support in Qt Modules").
"""

import dataclasses
import html
import math
import re
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtSvg import QSvgGenerator

from engine.errors import ExportError
from gui.design.canvas.viewport import Box
from gui.design.drawing.paint import Step, paint, prepare
from gui.design.drawing.snapshot import Snapshot
from gui.widgets.fonts import MONO_FAMILY, TEXT_FAMILY, mono_font, text_font
from gui.widgets.theme import painting_in
from gui.widgets.tokens import DARK, LIGHT, Theme


class Format(StrEnum):
    """What the drawing is written as."""

    SVG = "svg"
    PNG = "png"
    PDF = "pdf"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawing:
    """How the drawing is to look. `scale` counts for PNG alone: pixels per canvas unit."""

    format: Format = Format.SVG
    scale: float = 2.0
    dark: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawn:
    """The bytes of the file, and what the user should know about them."""

    data: bytes
    note: str = ""


PAPER: Final = dataclasses.replace(LIGHT, name="paper", background="#ffffff")
MARGIN: Final = 32.0
"""White space around the drawing, in canvas units."""
_MOST_PIXELS: Final = 80_000_000
_LONGEST_SIDE: Final = 32_000
_UNIT_IN_POINTS: Final = 0.75
_LONGEST_PAGE: Final = 14_400.0  # points; longer pages are not shown by every reader (ISO 32000-1, annex C.2)


def draw(snapshot: Snapshot, drawing: Drawing, step: Step) -> Drawn:
    """Paint the snapshot. Raises Cancelled from `step`, and ExportError when there is not enough memory."""
    if not len(snapshot.nodes):
        raise ExportError("There is nothing to draw yet.", hint="Add a layer first.")
    with painting_in(DARK if drawing.dark else PAPER) as theme:
        box = _with_margin(prepare(snapshot, step))
        match drawing.format:
            case Format.SVG:
                return _svg(snapshot, box, theme, step)
            case Format.PNG:
                return _png(snapshot, box, theme, drawing.scale, step)
            case Format.PDF:
                return _pdf(snapshot, box, theme, step)


def _with_margin(box: Box) -> QRectF:
    left, top = math.floor(box[0] - MARGIN), math.floor(box[1] - MARGIN)
    return QRectF(left, top, math.ceil(box[2] + MARGIN) - left, math.ceil(box[3] + MARGIN) - top)


def _words(snapshot: Snapshot) -> str:
    nodes, links = len(snapshot.nodes), len(snapshot.links)
    return f"{nodes:,} {'node' if nodes == 1 else 'nodes'}, {links:,} {'link' if links == 1 else 'links'}"


# SVG.


def _svg(snapshot: Snapshot, box: QRectF, theme: Theme, step: Step) -> Drawn:
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator.setOutputDevice(buffer)
    generator.setSize(box.size().toSize())
    generator.setViewBox(QRectF(0, 0, box.width(), box.height()))
    generator.setResolution(96)
    generator.setTitle(snapshot.name)
    generator.setDescription(f"Network drawn with Netwright: {_words(snapshot)}")
    with QPainter(generator) as painter:
        painter.fillRect(QRectF(0, 0, box.width(), box.height()), theme.color("background"))
        painter.translate(-box.topLeft())
        paint(painter, snapshot, step)
    buffer.close()
    return Drawn(data=_for_other_machines(bytes(data.data())))


_TEXT: Final = re.compile(r"<text ([^>]*)>([^<]*)</text>")
# Qt names a face at every group, used or not: two thirds of a file.
_GROUP: Final = re.compile(
    r'(<g [^>]*?)\s*font-family="[^"]*" font-size="[^"]*" font-weight="[^"]*" font-style="[^"]*"'
)
_ATTRIBUTE: Final = re.compile(r'([\w-]+)="([^"]*)"')


def _for_other_machines(svg: bytes) -> bytes:
    """Say how wide each text is, so that it fits its place where our faces are not installed, and end their list."""
    widths: dict[tuple[str, str, str, str], float] = {}

    def dressed(match: re.Match[str]) -> str:
        attributes, text = match.groups()
        found = dict(_ATTRIBUTE.findall(attributes))
        key = (found["font-family"], found["font-size"], found["font-weight"], text)
        if key not in widths:
            font = (mono_font if key[0].startswith(MONO_FAMILY) else text_font)(round(float(key[1])))
            font.setWeight(QFont.Weight(int(key[2])))
            widths[key] = QFontMetricsF(font).horizontalAdvance(html.unescape(text))
        return f'<text {attributes} textLength="{widths[key]:.6g}" lengthAdjust="spacingAndGlyphs">{text}</text>'

    text = _GROUP.sub(r"\1", svg.decode())
    text = _TEXT.sub(dressed, text)
    text = re.sub(f'font-family="({TEXT_FAMILY}[^"]*)"', r'font-family="\1, sans-serif"', text)
    return re.sub(f'font-family="({MONO_FAMILY}[^"]*)"', r'font-family="\1, monospace"', text).encode()


# PNG.


def png_scale(width: float, height: float, wanted: float) -> float:
    """The scale that keeps the picture within what programs open: 80 million pixels, 32,000 a side."""
    scale = min(wanted, _LONGEST_SIDE / width, _LONGEST_SIDE / height, math.sqrt(_MOST_PIXELS / (width * height)))
    return scale if scale >= wanted else max(0.01, math.floor(scale * 100) / 100)


def _png(snapshot: Snapshot, box: QRectF, theme: Theme, wanted: float, step: Step) -> Drawn:
    scale = png_scale(box.width(), box.height(), wanted)
    size = QSize(max(1, round(box.width() * scale)), max(1, round(box.height() * scale)))
    image = QImage(size, QImage.Format.Format_RGB32)
    if image.isNull():
        raise ExportError(
            f"A picture of {size.width():,} by {size.height():,} pixels does not fit into memory.",
            hint="Choose a smaller size, or SVG or PDF, which have no pixels.",
        )
    image.fill(theme.color("background"))
    image.setText("Title", snapshot.name)
    image.setDotsPerMeterX(round(96 * scale / 0.0254))
    image.setDotsPerMeterY(round(96 * scale / 0.0254))
    with QPainter(image) as painter:
        painter.scale(scale, scale)
        painter.translate(-box.topLeft())
        paint(painter, snapshot, step)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise ExportError("The picture could not be written as PNG.", hint="Choose a smaller size, or SVG or PDF.")
    note = ""
    if scale < wanted:
        note = f"Drawn at {scale:g}× instead of {wanted:g}×, so that other programs can open it."
    return Drawn(data=bytes(data.data()), note=note)


# PDF and printers.


def _pdf(snapshot: Snapshot, box: QRectF, theme: Theme, step: Step) -> Drawn:
    points = min(_UNIT_IN_POINTS, _LONGEST_PAGE / box.width(), _LONGEST_PAGE / box.height())
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(snapshot.name)
    writer.setCreator("Netwright")
    # Ten dots a point: text is placed to a tenth of one.
    writer.setResolution(720)
    size = QPageSize(
        QSizeF(box.width() * points, box.height() * points),
        QPageSize.Unit.Point,
        "drawing",
        QPageSize.SizeMatchPolicy.ExactMatch,
    )
    writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF()))
    with QPainter(writer) as painter:
        _fill_page(painter, QRectF(0, 0, writer.width(), writer.height()), box, theme.color("background"))
        paint(painter, snapshot, step)
    buffer.close()
    return Drawn(data=bytes(data.data()))


def print_on(printer: QPrinter, snapshot: Snapshot, step: Step) -> None:
    """Print the whole drawing on one page, as large as it goes, never larger than on the screen."""
    if not len(snapshot.nodes):
        raise ExportError("There is nothing to print yet.", hint="Add a layer first.")
    with painting_in(PAPER):
        box = _with_margin(prepare(snapshot, step))
        painter = QPainter()
        if not painter.begin(printer):
            raise ExportError(
                "The printer does not take the drawing.", hint="Look whether it is on, or export a PDF and print that."
            )
        with painter:
            page = printer.pageLayout().paintRectPixels(printer.resolution())
            largest = printer.resolution() / 96
            _fill_page(painter, QRectF(QRect(0, 0, page.width(), page.height())), box, None, largest)
            paint(painter, snapshot, step)


def page_orientation(width: float, height: float) -> QPageLayout.Orientation:
    """The way round that suits the drawing."""
    return QPageLayout.Orientation.Landscape if width > height else QPageLayout.Orientation.Portrait


def _fill_page(painter: QPainter, page: QRectF, box: QRectF, background: QColor | None, largest: float = 0) -> None:
    """Put the origin and the scale where the box fills the page, in its middle."""
    scale = min(page.width() / box.width(), page.height() / box.height())
    if largest:
        scale = min(scale, largest)
    if background is not None and background != QColor(Qt.GlobalColor.white):
        painter.fillRect(page, background)
    painter.translate((page.width() - box.width() * scale) / 2, (page.height() - box.height() * scale) / 2)
    painter.scale(scale, scale)
    painter.translate(-box.topLeft())

"""Reads a picture in a process of its own: `python -m gui.use.picture_reader PATH SIDE` writes it small to stdout.

A picture from anywhere may be broken or crafted; what a codec does with it then happens outside the window. The output
is `width height` in one line, then RGB bytes. `--many SIDE PATH...` writes one after the other, `0 0` for those that
cannot be shown.
"""

import sys

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

FORMATS = (b"png", b"jpeg", b"jpg", b"bmp", b"gif", b"webp", b"tiff", b"tif", b"ppm", b"pgm")
MOST_PIXELS = 100_000_000


def read(path: str, side: int) -> QImage | str:
    """The picture with its longer side at most `side`, or why it cannot be shown."""
    QImageReader.setAllocationLimit(512)
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    if bytes(reader.format().data()) not in FORMATS:
        return "This is not a picture that can be shown."
    size = reader.size()
    if size.isValid():
        if size.width() * size.height() > MOST_PIXELS:
            return "The picture is too large to be shown."
        if max(size.width(), size.height()) > side:
            reader.setScaledSize(size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        return "The picture is damaged."
    if max(image.width(), image.height()) > side:
        image = image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    return image.convertToFormat(QImage.Format.Format_RGB888)


def rgb_bytes(image: QImage) -> bytes:
    """Rows of RGB without the padding Qt puts at their ends."""
    width, height, line = image.width(), image.height(), image.bytesPerLine()
    data = bytes(image.constBits())
    return b"".join(data[row * line : row * line + 3 * width] for row in range(height))


def _many(arguments: list[str]) -> int:
    """Write each of several pictures to stdout as soon as it is read."""
    _app = QCoreApplication([])
    out = sys.stdout.buffer
    for path in arguments[1:]:
        found = read(path, int(arguments[0]))
        if isinstance(found, str):
            out.write(b"0 0\n")
        else:
            out.write(f"{found.width()} {found.height()}\n".encode() + rgb_bytes(found))
        out.flush()
    return 0


def main(arguments: list[str]) -> int:
    """Write the picture to stdout, or the reason to stderr."""
    if arguments[:1] == ["--many"] and len(arguments) > 1 and arguments[1].isdigit():
        return _many(arguments[1:])
    if len(arguments) != 2 or not arguments[1].isdigit():
        sys.stderr.write("usage: picture_reader PATH SIDE\n")
        return 2
    _app = QCoreApplication([])  # codecs are plug-ins and are found through it
    found = read(arguments[0], int(arguments[1]))
    if isinstance(found, str):
        sys.stderr.write(found)
        return 1
    sys.stdout.buffer.write(f"{found.width()} {found.height()}\n".encode() + rgb_bytes(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

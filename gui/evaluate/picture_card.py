"""A card of pictures: samples side by side, each above what was made of it; or what was made of nothing."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.protocol.messages.plots import PictureGrid, PictureRow
from gui.charts.menu_card import MenuCard
from gui.samples.drawn import draw_curves, draw_picture, draw_words, picture_of
from gui.widgets.fonts import SIZE_SECTION, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme, theme_notifier

_SIDE: Final = 76
_GAP: Final = 6
_FOOT: Final = 18
_NAMES: Final = 84


class PictureCard(MenuCard):
    """`sample_chosen` carries the number of the sample whose pictures were clicked."""

    sample_chosen = Signal(int)

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__("", name=name, parent=parent)
        self.sheet = PictureSheet(name=f"{name}.sheet" if name else "")
        self.sheet.sample_chosen.connect(self.sample_chosen)
        self.body.addWidget(self.sheet)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def show_grid(self, grid: PictureGrid) -> None:
        """Show other pictures."""
        self.set_title(grid.title)
        self.set_note(grid.caption)
        self.more.setAccessibleName(f"More for {grid.title.lower()}")
        self.sheet.show_grid(grid)

    def picture(self) -> QWidget:
        return self.sheet

    def table(self) -> Callable[[Path], None]:
        rows = [(row.index, row.caption) for row in self.sheet.rows]

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                table = csv.writer(file)
                table.writerow(["sample", "caption"])
                table.writerows(rows)

        return write


class PictureSheet(QWidget):
    """Tiles that flow from left to right; arrows move among them and Enter opens the sample of one."""

    sample_chosen = Signal(int)

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self.rows: list[PictureRow] = []
        self._columns: list[str] = []
        self._images: list[list[QImage | None]] = []
        self._current = -1
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme_notifier().changed.connect(self.update)

    def show_grid(self, grid: PictureGrid) -> None:
        """Show other pictures; of rows without columns every picture is a tile of its own."""
        self._columns = list(grid.columns)
        if grid.columns:
            self.rows = list(grid.rows)
        else:
            self.rows = [PictureRow(pictures=[one], index=row.index) for row in grid.rows for one in row.pictures]
        self._images = [[picture_of(one) for one in row.pictures] for row in self.rows]
        self._current = -1
        self.setAccessibleName(grid.title)
        self.setAccessibleDescription(f"{len(self.rows)} tiles. {grid.caption}")
        self.updateGeometry()
        self.setFixedHeight(self.heightForWidth(max(200, self.width())))
        self.update()

    @guarded(fallback=lambda _self: True)
    def hasHeightForWidth(self) -> bool:
        return True

    @guarded(fallback=lambda _self, _width: 100)
    def heightForWidth(self, width: int) -> int:
        across = self._across(width)
        bands = -(-len(self.rows) // across) if self.rows else 0
        return max(20, bands * (self._tile_height() + 10))

    @guarded(fallback=lambda _self: QSize(400, 100))
    def sizeHint(self) -> QSize:
        return QSize(600, self.heightForWidth(600))

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        height = self.heightForWidth(self.width())
        if height != self.height():
            self.setFixedHeight(height)

    def tile_rect(self, place: int) -> QRectF:
        """Where a tile lies."""
        across = self._across(self.width())
        band, column = divmod(place, across)
        left = self._left() + column * (_SIDE + _GAP)
        return QRectF(left, band * (self._tile_height() + 10), _SIDE, self._tile_height())

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            across = self._across(self.width())
            for place, row in enumerate(self.rows):
                rect = self.tile_rect(place)
                if place % across == 0:
                    painter.setFont(text_font(SIZE_SECTION))
                    painter.setPen(theme.color("faint"))
                    for at, name in enumerate(self._columns):
                        beside = QRectF(0, rect.top() + at * (_SIDE + 4), _NAMES - 8, _SIDE)
                        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
                        painter.drawText(beside, middle, plain_text(name, 20))
                for at, shown in enumerate(row.pictures):
                    room = QRectF(rect.left(), rect.top() + at * (_SIDE + 4), _SIDE, _SIDE)
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(theme.color("raised"))
                    painter.drawRoundedRect(room, 4, 4)
                    inner = room.adjusted(3, 3, -3, -3)
                    image = self._images[place][at]
                    if image is not None:
                        draw_picture(painter, inner, image)
                    elif shown.curve:
                        draw_curves(painter, inner, shown.curve, shown.channels)
                    else:
                        draw_words(painter, inner, shown.text, size=10)
                if row.caption:
                    painter.setFont(text_font(10))
                    painter.setPen(theme.color("dim"))
                    foot = QRectF(rect.left() - 2, rect.bottom() - _FOOT, _SIDE + 4, _FOOT)
                    words = painter.fontMetrics().elidedText(row.caption, Qt.TextElideMode.ElideRight, _SIDE + 4)
                    painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, words)
                if place == self._current and self.hasFocus():
                    painter.setPen(QPen(theme.color("accent"), 2))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRoundedRect(rect.adjusted(-2, 1, 2, 0), 5, 5)

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self._current = place
            self._open(place)
            self.update()
        else:
            super().mousePressEvent(event)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        across = self._across(self.width())
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -across,
            Qt.Key.Key_Down: across,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is not None and self.rows:
            self._current = min(max(self._current + step, 0), len(self.rows) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self._open(self._current)
        else:
            super().keyPressEvent(event)

    def _open(self, place: int) -> None:
        if self.rows[place].index >= 0:
            self.sample_chosen.emit(self.rows[place].index)

    def _place_at(self, point: QPointF) -> int | None:
        return next((place for place in range(len(self.rows)) if self.tile_rect(place).contains(point)), None)

    def _left(self) -> int:
        return _NAMES if self._columns else 0

    def _across(self, width: int) -> int:
        return max(1, (width - self._left() + _GAP) // (_SIDE + _GAP))

    def _tile_height(self) -> int:
        count = max(1, len(self._columns))
        foot = _FOOT if any(row.caption for row in self.rows) else 0
        return count * (_SIDE + 4) - 4 + foot

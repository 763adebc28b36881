"""The mistakes, surest first: each sample as it is, what the network said, how sure it was, what it is."""

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from engine.protocol.messages.data import SampleCard
from engine.protocol.messages.evaluation import FieldEvaluation, Mistake
from gui.evaluate.mistakes_model import CardRole, MistakeRole, MistakesModel
from gui.forms.metric_text import short_value
from gui.models.data import DataModel
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.fonts import SIZE_MONO, SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier

_SIDE: Final = 104
_TEXT: Final = 40
_GAP: Final = 12
_Index = QModelIndex | QPersistentModelIndex


class _MistakeDelegate(QStyledItemDelegate):
    """Draws one mistake."""

    is_number = False

    @guarded(fallback=lambda *_: QSize(_SIDE + _GAP, _SIDE + _TEXT))
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(_SIDE + _GAP, _SIDE + _TEXT)

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = current_theme()
        mistake: Mistake = index.data(MistakeRole)
        card: SampleCard | None = index.data(CardRole)
        corner = option.rect.topLeft()
        picture = QRectF(corner.x(), corner.y(), _SIDE, _SIDE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(picture, 6, 6)
        if card is None:
            painter.setPen(theme.color("faint"))
            painter.setFont(text_font(SIZE_SMALL))
            painter.drawText(picture, Qt.AlignmentFlag.AlignCenter, "…")
        elif card.rgb:
            _draw_picture(painter, picture, card)
        else:
            _draw_lines(painter, picture, card)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(picture.adjusted(1, 1, -1, -1), 6, 6)
        self._draw_words(painter, picture, mistake)
        painter.restore()

    def _draw_words(self, painter: QPainter, picture: QRectF, mistake: Mistake) -> None:
        theme = current_theme()
        top = picture.bottom() + 4
        painter.setFont(mono_font(SIZE_MONO))
        score = f"off {short_value(mistake.score)}" if self.is_number else sureness(mistake.score)
        score_width = painter.fontMetrics().horizontalAdvance(score)
        painter.setFont(text_font(SIZE_SMALL, QFont.Weight.Medium))
        predicted = painter.fontMetrics().elidedText(
            plain_text(mistake.predicted, 60), Qt.TextElideMode.ElideRight, int(_SIDE - score_width - 6)
        )
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(picture.left(), top, _SIDE, 16), Qt.AlignmentFlag.AlignVCenter, predicted)
        width = painter.fontMetrics().horizontalAdvance(predicted) + 6
        painter.setFont(mono_font(SIZE_MONO))
        painter.setPen(theme.color("error_text"))
        painter.drawText(QRectF(picture.left() + width, top, _SIDE, 16), Qt.AlignmentFlag.AlignVCenter, score)
        painter.setFont(text_font(SIZE_SMALL))
        painter.setPen(theme.color("faint"))
        true = painter.fontMetrics().elidedText(
            f"is {plain_text(mistake.true, 60)}", Qt.TextElideMode.ElideRight, _SIDE
        )
        painter.drawText(QRectF(picture.left(), top + 16, _SIDE, 16), Qt.AlignmentFlag.AlignVCenter, true)


class MistakesPanel(Card):
    """Fill it with `show_field`, narrow it with `show_cell` or `show_class`, widen it with the button or Escape."""

    def __init__(self, data: DataModel, parent: QWidget | None = None) -> None:
        super().__init__("Most confident mistakes", parent=parent)
        self._field = FieldEvaluation(field="", metrics={})
        self.model = MistakesModel(data)
        self._delegate = _MistakeDelegate(self)
        self.view = QListView()
        self.view.setObjectName("evaluate.mistakes")
        self.view.setAccessibleName("Mistakes")
        self.view.setViewMode(QListView.ViewMode.IconMode)
        self.view.setMovement(QListView.Movement.Static)
        self.view.setResizeMode(QListView.ResizeMode.Adjust)
        self.view.setUniformItemSizes(True)
        self.view.setLayoutMode(QListView.LayoutMode.Batched)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setItemDelegate(self._delegate)
        self.view.setModel(self.model)
        self.view.setSpacing(0)
        self.view.setMinimumHeight(_SIDE + _TEXT + 4)
        self._none = Text("", tone="dim")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.all = Button("Show all", role="link", name="evaluate.mistakes.all")
        self.all.hide()
        self.all.clicked.connect(self.show_all)
        self.add_to_header(self.all)
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self._none, 1)
        theme_notifier().changed.connect(self.view.viewport().update)

    def show_field(self, field: FieldEvaluation) -> None:
        """Show the mistakes of one output."""
        self._field = field
        self._delegate.is_number = not field.classes
        is_mask = bool(field.classes) and not field.matrix
        self.set_title("Least overlap" if is_mask else "Most confident mistakes" if field.classes else "Furthest off")
        self.model.set_mistakes(field.mistakes)
        self._say()

    def show_cell(self, true: int, predicted: int) -> None:
        """Only those of one cell of the matrix."""
        classes = self._field.classes
        self.model.set_filter(classes[true], classes[predicted])
        self._say()

    def show_class(self, true: int) -> None:
        """Only those of one true class."""
        self.model.set_filter(self._field.per_class[true].name, None)
        self._say()

    def show_all(self) -> None:
        """All of them again."""
        self.model.set_filter(None, None)
        self._say()

    def _say(self) -> None:
        true, predicted = self.model.filter()
        count = self.model.rowCount()
        self.all.setVisible(true is not None)
        if true is not None and predicted is not None:
            classes = self._field.classes
            whole = self._field.matrix[classes.index(true)][classes.index(predicted)]
            if true == predicted:
                self.set_note(f"{true}: {whole:,} recognized")
            else:
                listed = f" · the surest {count:,} listed" if 0 < count < whole else ""
                self.set_note(f"{true} taken for {predicted} · {whole:,}{listed}")
        elif true is not None:
            self.set_note(f"{true} taken for something else · {count:,}")
        else:
            self.set_note(f"{count:,} shown" if count else "")
        self.view.setVisible(count > 0)
        self._none.setVisible(count == 0)
        if true is not None and true == predicted:
            self._none.set_text("These were answered right. Pick a red cell to see mistakes.")
        elif true is not None:
            self._none.set_text("No such mistakes.")
        elif self._field.classes:
            self._none.set_text("No mistakes at all on these samples.")
        else:
            self._none.set_text("Answers of this kind are scored as a whole; single samples are not listed.")

    def none_text(self) -> str:
        """What is said instead of mistakes; empty while some are shown."""
        return self._none.whole_text() if not self._none.isHidden() else ""


def sureness(score: float) -> str:
    """A probability in two digits; never 1.00 for an answer that was wrong."""
    return "> 0.99" if 0.995 <= score < 1.0 else f"{score:.2f}"


def _draw_picture(painter: QPainter, room: QRectF, card: SampleCard) -> None:
    picture = _pixmap(card.rgb, card.width, card.height)
    scale = min(room.width() / max(card.width, 1), room.height() / max(card.height, 1))
    size = QRectF(0, 0, card.width * scale, card.height * scale)
    size.moveCenter(room.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 2)
    painter.drawPixmap(size, picture, QRectF(picture.rect()))


@lru_cache(maxsize=512)
def _pixmap(rgb: bytes, width: int, height: int) -> QPixmap:
    if width <= 0 or height <= 0 or len(rgb) != width * height * 3:
        return QPixmap()
    return QPixmap.fromImage(QImage(rgb, width, height, 3 * width, QImage.Format.Format_RGB888))


def _draw_lines(painter: QPainter, room: QRectF, card: SampleCard) -> None:
    theme = current_theme()
    painter.setFont(text_font(11))
    painter.setPen(theme.color("error_text" if card.problem else "dim"))
    lines = [card.problem] if card.problem else card.lines or [card.name]
    inner = room.adjusted(6, 5, -6, -5)
    if len(lines) == 1:
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
        painter.drawText(inner, int(flags), plain_text(lines[0], 160))
        return
    top = inner.top()
    for line in lines[: int(inner.height() // 15)]:
        shown = painter.fontMetrics().elidedText(plain_text(line, 60), Qt.TextElideMode.ElideRight, int(inner.width()))
        painter.drawText(QRectF(inner.left(), top, inner.width(), 15), Qt.AlignmentFlag.AlignVCenter, shown)
        top += 15

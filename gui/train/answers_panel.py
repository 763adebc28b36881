"""What the network in training says of a few validation samples: each with its picture, answer, and how sure it is."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.protocol.messages.data import SampleCard
from gui.charts.ticks import value_text
from gui.models.curves import RunCurves
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.train.class_names import class_names
from gui.widgets.bar import Bar
from gui.widgets.guarded import guarded
from gui.widgets.icons import icon_pixmap
from gui.widgets.theme import current_theme, theme_notifier

_SIDE: Final = 40


@dataclass(frozen=True, kw_only=True)
class WatchedAnswer:
    """One sample in words: `caption` names what is right, and what was said where that is something else."""

    sample: int
    caption: str
    value: str
    share: float
    right: bool


def watched_answers(curves: RunCurves, project: ProjectModel) -> list[WatchedAnswer]:
    """The newest answers for the pinned samples, of the first output that was told; empty while there are none."""
    pinned = curves.pinned
    if pinned is None or not curves.answers:
        return []
    told = curves.answers[-1].outputs
    field = next(iter(told), "")
    if not field:
        return []
    answers, truth = told[field], pinned.truth.get(field, [])
    if answers.classes:
        return _of_classes(pinned.samples, answers.classes, answers.scores, truth, field, project)
    spread = (max(truth) - min(truth)) if len(truth) > 1 else 0.0
    found = []
    for sample, value, at in zip(pinned.samples, answers.values, range(len(pinned.samples)), strict=False):
        right = truth[at] if at < len(truth) else value
        off = abs(value - right) / spread if spread > 0 else float(value != right)
        found.append(
            WatchedAnswer(
                sample=sample,
                caption=f"says {value_text(value)}",
                value=f"is {value_text(right)}",
                share=1 - min(1.0, off),
                right=off < 0.1,
            )
        )
    return found


def _of_classes(
    samples: list[int],
    classes: list[list[int]],
    scores: list[list[float]],
    truth: list[float],
    field: str,
    project: ProjectModel,
) -> list[WatchedAnswer]:
    known = next((one.statistics.classes for one in project.project.data.fields if one.name == field), ())
    largest = max((number for row in classes for number in row), default=0)
    names = class_names(project, field, len(known) or largest + 1)

    def name(number: int) -> str:
        return names[number] if 0 <= number < len(names) else f"class {number}"

    found = []
    for at, sample in enumerate(samples[: len(classes)]):
        if not classes[at] or not scores[at]:
            continue
        said, score = classes[at][0], scores[at][0]
        true = int(truth[at]) if at < len(truth) and truth[at] >= 0 else said
        caption = name(true) if said == true else f"{name(true)} → {name(said)}"
        found.append(
            WatchedAnswer(sample=sample, caption=caption, value=f"{score * 100:.0f}", share=score, right=said == true)
        )
    return found


class _Thumbnail(QWidget):
    """The picture of a sample, or a sign for one that has none."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._image: QImage | None = None
        theme_notifier().changed.connect(self.update)

    def show_card(self, card: SampleCard | None) -> None:
        self._image = None
        if card is not None and len(card.rgb) == card.width * card.height * 3 and card.rgb:
            self._image = QImage(card.rgb, card.width, card.height, card.width * 3, QImage.Format.Format_RGB888).copy()
        self.update()

    @guarded(fallback=lambda _self: QSize(_SIDE, _SIDE))
    def sizeHint(self) -> QSize:
        return QSize(_SIDE, _SIDE)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            rect = QRectF(self.rect())
            path = QPainterPath()
            path.addRoundedRect(rect, 6, 6)
            painter.setClipPath(path)
            painter.fillRect(rect, theme.color("raised"))
            if self._image is None:
                picture = icon_pixmap("data", "faint", 18, self.devicePixelRatioF())
                at = rect.center().toPoint()
                painter.drawPixmap(at.x() - 9, at.y() - 9, picture)
                return
            size = self._image.size().scaled(rect.size().toSize(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
            place = QRectF(0, 0, size.width(), size.height())
            place.moveCenter(rect.center())
            painter.drawImage(place, self._image)


class _Row(QWidget):
    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self.thumbnail = _Thumbnail()
        self.bar = Bar()
        row.addWidget(self.thumbnail)
        row.addWidget(self.bar, 1)


class AnswersPanel(QWidget):
    """Follows the shown run; hidden while it watches nothing."""

    def __init__(self, runs: RunsModel, project: ProjectModel, data: DataModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._project = project
        self._data = data
        self._rows: list[_Row] = []
        self._shown: list[WatchedAnswer] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.setAccessibleName("Watched validation samples")
        data.cards_arrived.connect(self._on_cards_arrived)
        data.changed.connect(self._show_pictures)
        self.hide()

    def answers(self) -> list[WatchedAnswer]:
        """What is shown."""
        return list(self._shown)

    def refresh(self) -> None:
        """Show the newest answers of the shown run."""
        run = self._runs.current
        found = watched_answers(self._runs.curves(run), self._project) if run is not None else []
        self.setVisible(bool(found))
        if found == self._shown:
            return
        other = [one.sample for one in found] != [one.sample for one in self._shown]
        self._shown = found
        while len(self._rows) < len(found):
            row = _Row()
            self._rows.append(row)
            self._column.addWidget(row)
        for at, row in enumerate(self._rows):
            row.setVisible(at < len(found))
            if at < len(found):
                one = found[at]
                row.bar.set_value(
                    one.caption,
                    one.share,
                    one.value,
                    tone="ok" if one.right else "error",
                    value_tone="text" if one.right else "error_text",
                )
        if other:
            self._show_pictures()

    def _show_pictures(self) -> None:
        for row, one in zip(self._rows, self._shown, strict=False):
            row.thumbnail.show_card(self._data.card(one.sample))

    def _on_cards_arrived(self, indices: object) -> None:
        arrived = set(indices) if isinstance(indices, list) else set()
        if any(one.sample in arrived for one in self._shown):
            self._show_pictures()

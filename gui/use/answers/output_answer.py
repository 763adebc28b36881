"""The answer for one output of the network, in the form that suits it."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from engine.document.data_spec import FieldKind
from engine.protocol.messages.deployment import Answer
from engine.protocol.messages.writing import WrittenToken
from gui.charts.score_bars import ScoreBars, percent
from gui.forms.metric_text import short_value
from gui.use.answers.context import AnswerContext
from gui.use.answers.forecast import Forecast
from gui.use.answers.made_picture import MadePicture
from gui.use.answers.sureness import doubt
from gui.use.answers.written_text import WrittenText
from gui.use.mask_view import MaskView
from gui.widgets.text import Text

_WRITTEN_OUT = 60
"""How many numbers of an array are written out."""
_PICTURE_BESIDE = 170
_MASK_BESIDE = 260
"""How narrow a picture may be beside another one, in pixels; a mask has its key and its scores under it."""


class OutputAnswer(QWidget):
    """`chosen` carries a text to be gone on with."""

    chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._field = Text("", tone="dim")
        self._value = Text("", role="score")
        self._text = Text("", wrap=True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._bars = ScoreBars()
        self._doubt = Text("", tone="warn", wrap=True)
        self._truth = Text("", tone="dim", wrap=True)
        self._shown: tuple[str, Answer] | None = None
        self._column = column
        for widget in (self._field, self._value, self._text, self._bars, self._doubt, self._truth):
            column.addWidget(widget)

    # What few answers need is made when it is first needed.

    @cached_property
    def regions(self) -> MaskView:
        """The mask."""
        view = MaskView()
        self._column.insertWidget(self._column.indexOf(self._bars), view)
        view.hide()
        return view

    @cached_property
    def opacity(self) -> QSlider:
        """How much the mask covers the picture."""
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setObjectName("use.mask.opacity")
        slider.setRange(0, 100)
        slider.setValue(round(100 * self.regions.over()))
        slider.setAccessibleName("How much the mask covers the picture")
        slider.setMaximumWidth(220)
        slider.valueChanged.connect(lambda value: self.regions.set_over(value / 100))
        return slider

    @cached_property
    def _cover(self) -> QWidget:
        held = QWidget()
        row = QHBoxLayout(held)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Text("Cover", role="form"))
        row.addWidget(self.opacity, 1)
        row.addStretch(1)
        self._column.insertWidget(self._column.indexOf(self._bars), held)
        held.hide()
        return held

    @cached_property
    def curves(self) -> Forecast:
        """The forecast."""
        chart = Forecast()
        self._column.insertWidget(self._column.indexOf(self._bars), chart)
        chart.hide()
        return chart

    @cached_property
    def made(self) -> MadePicture:
        """The picture that was made."""
        view = MadePicture()
        self._column.insertWidget(self._column.indexOf(self._bars), view)
        view.hide()
        return view

    @cached_property
    def written(self) -> WrittenText:
        """The text that was written."""
        view = WrittenText()
        view.chosen.connect(lambda text: self.chosen.emit(self._shown[0] if self._shown is not None else "", text))
        self._column.insertWidget(self._column.indexOf(self._bars), view)
        view.hide()
        return view

    def _put_away(self, *names: str) -> None:
        """Hide these views where they were made."""
        for name in names:
            if name in self.__dict__:
                self.__dict__[name].hide()

    def made_picture(self) -> QImage | None:
        """The picture that is shown as made."""
        held = self.__dict__.get("made")
        return held.image() if isinstance(held, MadePicture) and not held.isHidden() else None

    def least_beside(self) -> int:
        """How narrow it may be beside another answer; 0 for what wants the whole width."""
        if self._shown is None:
            return 0
        answer = self._shown[1]
        return _PICTURE_BESIDE if answer.pixels else _MASK_BESIDE if answer.mask else 0

    def show_answer(self, field: str, answer: Answer, *, alone: bool, context: AnswerContext | None = None) -> None:
        """Show it; the name of the output only where there are several, or for a number."""
        context = context or AnswerContext()
        self._shown = (field, answer)
        is_class = bool(answer.scores)
        is_made, is_written = bool(answer.pixels), bool(answer.written) or context.peeks
        is_text = not is_class and isinstance(answer.value, str) and not is_made and not is_written
        self._field.set_text(field)
        self._field.setVisible(not alone or not (is_class or is_made or is_written))
        self._value.setVisible(not is_class and not isinstance(answer.value, str))
        self._text.setVisible(is_text and not answer.series)
        self._bars.setVisible(is_class)
        self._show_views(field, answer, context, is_written=is_written, alone=alone)
        if is_class:
            self._bars.set_scores(list(answer.scores.items()))
        elif is_text:
            self._text.set_text(answer_text(answer) or "(nothing)")
        elif not isinstance(answer.value, str):
            self._value.set_text(answer_text(answer))
        self._say(field, answer, context)
        self.setAccessibleName(f"{field}: {answer_text(answer)}")
        self.updateGeometry()  # whether it may stand beside another one

    def _show_views(self, field: str, answer: Answer, context: AnswerContext, *, is_written: bool, alone: bool) -> None:
        """What is drawn; the others are put away."""
        if answer.series:
            self.curves.show_forecast(answer.series, answer.names, field, context)
            self.curves.show()
        else:
            self._put_away("curves")
        if answer.mask:
            self.regions.set_beneath(context.beneath, context.classes)
            self.regions.set_mask(answer.mask, answer.height, answer.width)
            self.regions.show()
            self._cover.show()
        else:
            self._put_away("regions", "_cover")
        if answer.pixels:
            self.made.show_answer(answer, alone=alone)
            self.made.show()
        else:
            self._put_away("made")
        if is_written:
            beginning = context.beginning_of(field)
            self.written.show_text(beginning, answer.written, peeks=context.peeks, brief=not alone)
            self.written.show()
        else:
            self._put_away("written")

    def set_beneath(self, context: AnswerContext) -> None:
        """The picture under the mask has come, or has changed."""
        if "regions" in self.__dict__:
            self.regions.set_beneath(context.beneath, context.classes)

    def show_growing(self, field: str, context: AnswerContext, tokens: Sequence[WrittenToken]) -> None:
        """A text that is being written."""
        for widget in (self._field, self._value, self._text, self._bars, self._doubt, self._truth):
            widget.hide()
        self._put_away("curves", "regions", "_cover", "made")
        self.written.show()
        self.written.show_text(context.beginning, tokens, grows=True)
        self.setAccessibleName(f"{field}: {self.written.text()}")

    def copied(self) -> str:
        """What a copy of it holds."""
        if self._shown is None:
            return ""
        field, answer = self._shown
        if answer.series:
            head = "\t".join(answer.names) if answer.names else field
            return "\n".join([head, *("\t".join(f"{value:.7g}" for value in row) for row in answer.series)])
        if answer.mask or not answer.scores:
            return f"{field}: {answer_text(answer)}"
        scores = "\n".join(f"{name}\t{percent(score)}" for name, score in answer.scores.items())
        return f"{field}: {answer_text(answer)}\n{scores}"

    def doubted(self) -> str:
        """Why it is not sure, as shown."""
        return self._doubt.whole_text() if not self._doubt.isHidden() else ""

    def truth(self) -> str:
        """What is true, as shown."""
        return self._truth.whole_text() if not self._truth.isHidden() else ""

    def _say(self, field: str, answer: Answer, context: AnswerContext) -> None:
        doubted = doubt(answer, context.kinds.get(field))
        self._doubt.set_text(doubted)
        self._doubt.setVisible(bool(doubted))
        words, tone = told_truth(answer, context.truth.get(field), context.kinds.get(field))
        self._truth.set_text(words)
        self._truth.set_tone(tone)
        self._truth.setVisible(bool(words))


def told_truth(answer: Answer, truth: Answer | None, kind: FieldKind | None) -> tuple[str, str]:
    """What the data says, and the tone for whether the answer says the same."""
    if truth is None or (kind is FieldKind.SERIES) or answer.pixels:
        return "", "dim"
    said = answer_text(truth)
    if kind is FieldKind.MASK or answer.mask:
        if truth.mask and len(truth.mask) == len(answer.mask):
            same = float(np.mean(np.frombuffer(truth.mask, np.uint8) == np.frombuffer(answer.mask, np.uint8)))
            return f"{percent(same)} of the points as in the data: {said}", "dim"
        return f"In the data: {said}", "dim"
    if isinstance(answer.value, str) and answer.scores:
        right = _as_set(said) == _as_set(str(answer.value)) if kind is FieldKind.LABELS else said == answer.value
        return (f"Right: the data says {said}", "ok") if right else (f"Wrong: the data says {said}", "error")
    if not isinstance(answer.value, str) and not isinstance(truth.value, str):
        return f"The data says {said}, {short_value(abs(answer.value - truth.value))} away", "dim"
    return f"The data says: {said}", "dim"


def _as_set(labels: str) -> frozenset[str]:
    return frozenset(part.strip() for part in labels.replace(";", ",").split(",") if part.strip())


def answer_text(answer: Answer) -> str:
    """The label, or the number in four digits."""
    if answer.numbers and isinstance(answer.value, str):
        more = " …" if len(answer.numbers) > _WRITTEN_OUT else ""
        return ", ".join(short_value(number) for number in answer.numbers[:_WRITTEN_OUT]) + more
    return answer.value if isinstance(answer.value, str) else short_value(answer.value)

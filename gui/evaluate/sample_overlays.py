"""What counted in each of the samples that are listed, as small pictures to be laid over their cards."""

from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from engine.document.data_spec import FieldKind
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.explanation import Explain, Explained, Explanation
from gui.charts.relevance import overlay
from gui.forms.relevance_shown import relevant_parts
from gui.models.answered import CARD_SIZE
from gui.models.engine import Engine, was_cancelled
from gui.models.evaluation import EvaluationModel
from gui.models.project import ProjectModel

TOGETHER: Final = 6
"""Samples a request: the next ones that are seen do not wait long."""
COLLECT_MS: Final = 25
_KEPT: Final = 400
_WISHES: Final = 60
_DRAWN: Final = (FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.SERIES)
_COMPARED: Final = (FieldKind.MASK, FieldKind.SERIES, FieldKind.TEXT)
"""Answers that are drawn on the cards themselves."""


class SampleOverlays(QObject):
    """Off until `set_on`. In the way of explaining, and for the run and the output, that the tab looks at.

    Those seen last are asked for first. What cannot be explained is not asked for again.
    """

    changed = Signal()
    """Some have come, or all are others now."""

    def __init__(
        self, project: ProjectModel, evaluation: EvaluationModel, engine: Engine, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._evaluation, self._engine = project, evaluation, engine
        self._on = False
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self._wishes: OrderedDict[int, None] = OrderedDict()
        self._request = 0  # 0 while nothing is asked
        self._asked: set[int] = set()  # by that request
        self._of: tuple[str, str, str] = ("", "", "")
        self.problem = ""
        """Why nothing can be drawn; "" when it can."""
        self._collect = QTimer(self)
        self._collect.setSingleShot(True)
        self._collect.setInterval(COLLECT_MS)
        self._collect.timeout.connect(self._ask)
        evaluation.method_chosen.connect(lambda _key: self._look())
        evaluation.output_chosen.connect(lambda _at: self._look())
        evaluation.changed.connect(self._look)

    @property
    def is_on(self) -> bool:
        """Whether they are wanted."""
        return self._on

    def reason_not_to_draw(self) -> str:
        """Why there is nothing to lay over the samples; "" when there may be."""
        kinds = {field.kind for field in self._project.project.data.inputs()}
        if not kinds & set(_DRAWN):
            return "Only pictures, sound and series can be drawn over. Choose Why for the figures."
        field = self._project.project.data.field(self._of[1])
        if field is not None and field.kind in _COMPARED:
            return "These cards compare answer and truth. Choose Why to see what counted."
        if not self._evaluation.method:
            return "There is no way to explain these answers."
        return self.problem

    def set_on(self, on: bool) -> None:
        """Draw them or not."""
        if on != self._on:
            self._on = on
            if not on:
                self._stop()
            self._look()
            self.changed.emit()

    def image(self, index: int) -> QImage | None:
        """What is laid over a sample, stretched over its picture or curve; None while off, and until it is here."""
        if not self._on:
            return None
        found = self._images.get(index)
        if found is None and index not in self._wishes and index not in self._asked and not self.problem:
            self._wishes[index] = None
            while len(self._wishes) > _WISHES:  # scrolled past long ago
                self._wishes.popitem(last=False)
            if not self._request and not self._collect.isActive():
                self._collect.start()
        return found if found is not None and not found.isNull() else None

    def _look(self) -> None:
        """Begin anew where the run, the output or the way of explaining is another one."""
        result, output = self._evaluation.result, self._evaluation.output
        run = str(result.run) if result is not None else ""
        now = (run, output.field if output is not None else "", self._evaluation.method)
        if now != self._of:
            self._of = now
            self.problem = ""
            self._stop()
            self._images.clear()
            self.changed.emit()

    def _stop(self) -> None:
        self._wishes.clear()
        self._asked.clear()
        self._collect.stop()
        if self._request:
            request, self._request = self._request, 0
            self._engine.cancel(request)

    def _ask(self) -> None:
        run, output, method = self._of
        if not self._wishes or self._request or not run or not method or self._project.directory is None:
            return
        some = [self._wishes.popitem(last=True)[0] for _ in range(min(TOGETHER, len(self._wishes)))]
        self._asked = set(some)
        self._request = self._engine.ask(
            Explain,
            done=self._on_done,
            failed=self._on_failed,
            project_dir=str(self._project.directory),
            samples=some,
            run=run,
            method=method,
            output=output,
            size=CARD_SIZE,
        )

    def _on_done(self, event: Explained) -> None:
        if event.request != self._request:
            return
        self._request = 0
        self._asked.clear()
        for explanation in event.explanations:
            self._images[explanation.index] = _drawn(explanation)
        while len(self._images) > _KEPT:
            self._images.popitem(last=False)
        self.changed.emit()
        self._ask()

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return
        self._request = 0
        self._asked.clear()
        if not was_cancelled(event):
            self.problem = event.error.get("message", "These answers cannot be explained.")
            self._wishes.clear()
            self.changed.emit()


def _drawn(explanation: Explanation) -> QImage:
    """Over the first field that is drawn on cards; empty where there is none."""
    if not explanation.problem:
        for part in relevant_parts(explanation):
            if part.kind in ("picture", "sound", "curves") and part.heat.size:
                heat = part.heat if part.kind == "picture" else part.heat.sum(0, keepdims=True)
                return overlay(heat, signed=explanation.signed)
    return QImage()

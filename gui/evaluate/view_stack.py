"""The page below the scores: one view at a time, each made when it is first needed."""

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from gui.evaluate.view import EvaluateContext, EvaluateView
from gui.evaluate.views import VIEWS
from gui.models.evaluation import EvaluationModel
from gui.widgets.empty_state import EmptyState
from gui.widgets.guarded import guarded


class ViewStack(QWidget):
    """Shows the view that the evaluation model names, or why that one cannot be shown.

    A view that is not looked at takes no room: the page is only as high as the one shown. The others are made one a
    turn of the event loop once there is a result, so that the list at the left can tell which of them can be shown.
    """

    judged = Signal(str, str)
    """Key of a view, and why it cannot be shown now ("" when it can)."""

    def __init__(self, context: EvaluateContext, kinds: Sequence[type[EvaluateView]] | None = None) -> None:
        super().__init__()
        self._context = context
        self._evaluation: EvaluationModel = context.evaluation
        self._kinds = {kind.key: kind for kind in (VIEWS if kinds is None else kinds)}
        self._evaluation.views = tuple(self._kinds)
        self._views: dict[str, EvaluateView] = {}
        self.reason = EmptyState("info", "")
        self.reason.hide()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.reason, 1)
        self._unjudged: list[str] = []
        self._led = ""  # the view that was chosen by itself
        self._next = QTimer(self)
        self._next.setInterval(0)
        self._next.timeout.connect(self._judge_next)
        self._evaluation.view_chosen.connect(self._on_chosen)
        self._evaluation.output_chosen.connect(self._on_changed)

    @property
    def kinds(self) -> tuple[type[EvaluateView], ...]:
        """The views there are, in order."""
        return tuple(self._kinds.values())

    @property
    def key(self) -> str:
        """The view that is shown, whether it can be or not."""
        chosen = self._evaluation.view
        return chosen if chosen in self._kinds else next(iter(self._kinds), "")

    def view(self, key: str) -> EvaluateView:
        """A view, made now if it is the first time. Raises KeyError."""
        found = self._views.get(key)
        if found is None:
            found = self._kinds[key](self._context)
            found.hide()
            self._views[key] = found
            self._column.addWidget(found, 1)
        return found

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for view in self._views.values():
            view.came_up()

    def show_result(self) -> None:
        """The result is another one."""
        self._on_changed()

    def _on_changed(self, *_: object) -> None:
        self._lead()
        self._unjudged = [key for key in self._kinds if key != self.key]
        self._show()
        self._next.start()

    def _lead(self) -> None:
        """Where nobody has chosen a view, show the one that an output is best looked at in."""
        evaluation, output = self._evaluation, self._evaluation.output
        if output is None or evaluation.view not in ("", self._led):
            return
        self._led = next((key for key, kind in self._kinds.items() if kind.leads(output)), "")
        evaluation.choose_view(self._led)

    def _on_chosen(self, _key: str) -> None:
        self._show()

    def _show(self) -> None:
        result, output = self._evaluation.result, self._evaluation.output
        if result is not None and output is None:
            self._show_nothing()
        if result is None or output is None or not self.key:
            return
        view = self.view(self.key)
        reason = self._judge(self.key)
        focus = QApplication.focusWidget()
        was_inside = focus is not None and self.isAncestorOf(focus) and not view.isAncestorOf(focus)
        for other in self._views.values():
            if other is not view:
                other.hide()
        view.setVisible(not reason)
        self.reason.setVisible(bool(reason))
        if reason:
            self.reason.set_words(f"{view.caption}: not for this output", reason)
        else:
            view.show_output(result, output)
            if was_inside:  # else Qt would hand the focus to whatever comes next, somewhere in the window
                view.focus_first()

    def _show_nothing(self) -> None:
        """A network that answers no field has no scores, and no view can show any."""
        for view in self._views.values():
            view.hide()
        self.reason.set_words(
            "Nothing to score",
            "No output of this network answers a field of the data. Give an Output the field that it answers.",
        )
        self.reason.show()

    def _judge(self, key: str) -> str:
        result, output = self._evaluation.result, self._evaluation.output
        if result is None or output is None:
            return ""
        reason = self.view(key).why_not(result, output)
        self.judged.emit(key, reason)
        return reason

    def _judge_next(self) -> None:
        if not self._unjudged:
            self._next.stop()
            return
        self._judge(self._unjudged.pop(0))

"""Why a network answers as it does: asks the engine, one question after the other, and keeps the last answers."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.errors import NetwrightError
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.explanation import Explain, Explained, Explanation
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel

_KEPT: Final = 80


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is asked: `sample` a number in the data, or `inputs` as Try it gives them (with `sample` -1)."""

    run: str
    sample: int = -1
    inputs: Mapping[str, object] | None = None
    which: str = "best"
    method: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    output: str = ""
    choice: int = -1
    size: int = 480

    @property
    def key(self) -> bytes:
        """Equal for equal questions."""
        asked = (self.sample, self.inputs, self.run, self.which, self.method, self.settings, self.output, self.choice)
        return hashlib.blake2b(msgspec.msgpack.encode((asked, self.size))).digest()


class ExplanationModel(QObject):
    """`state`: idle, working, done or failed (`error` says why). The last explanation stays until another is there.

    Several questions (`compare`) are answered one after the other, so that they do not keep other work waiting.
    """

    changed = Signal()
    """`state`, `explanation` or `error` changed."""
    compared = Signal()
    """`comparison` has one more."""
    progressed = Signal(object)
    """Progress."""

    def __init__(self, project: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._engine = project, engine
        self.state = "idle"
        self.error: NetwrightError | None = None
        self.explanation: Explanation | None = None
        self.query: Query | None = None
        """The question asked last."""
        self.comparison: dict[str, Explanation] = {}
        """By method, of the questions asked together."""
        self._kept: OrderedDict[bytes, Explanation] = OrderedDict()
        self._request = 0  # 0 while nothing is asked
        self._waiting: list[Query] = []
        self._comparing = False
        project.opened.connect(self._on_opened)

    def ask(self, query: Query) -> None:
        """Explain one answer; what was asked before is given up."""
        self._give_up()
        self._comparing = False
        self._ask(query)

    def compare(self, queries: Sequence[Query]) -> None:
        """Explain one answer in several ways; they come one by one."""
        self._give_up()
        self._comparing = True
        self.comparison = {}
        self._waiting = list(queries)
        self._next()

    def cancel(self) -> None:
        """Stop explaining."""
        if self._request:
            self._give_up()
            self._set_state("done" if self.explanation is not None else "idle")

    def forget(self) -> None:
        """Let go of all answers, as when the weights of a run may have changed."""
        self._kept.clear()

    def clear(self) -> None:
        """Show nothing."""
        self._give_up()
        self.explanation = None
        self.comparison = {}
        self._set_state("idle")

    def _give_up(self) -> None:
        self._waiting = []
        if self._request:
            request, self._request = self._request, 0
            self._engine.cancel(request)

    def _next(self) -> None:
        if self._waiting:
            self._ask(self._waiting.pop(0))

    def _ask(self, query: Query) -> None:
        self.query = query
        known = self._kept.get(query.key)
        if known is not None:
            self._kept.move_to_end(query.key)
            self._take(query, known)
            return
        if self._project.directory is None:
            return
        self._set_state("working")
        self._request = self._engine.ask(
            Explain,
            done=lambda event: self._on_done(query, event),
            failed=self._on_failed,
            progress=self._on_progress,
            project_dir=str(self._project.directory),
            samples=[query.sample] if query.inputs is None else [],
            inputs=[] if query.inputs is None else [dict(query.inputs)],
            run=query.run,
            which=query.which,
            method=query.method,
            settings=dict(query.settings),
            output=query.output,
            choice=query.choice,
            size=query.size,
        )

    def _on_done(self, query: Query, event: Explained) -> None:
        if event.request != self._request or not event.explanations:
            return
        self._request = 0
        found = event.explanations[0]
        if not found.problem:
            self._kept[query.key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._take(query, found)

    def _take(self, query: Query, found: Explanation) -> None:
        if self._comparing:
            self.comparison[query.method] = found
            self._set_state("working" if self._waiting else "done")
            self.compared.emit()
            self._next()
            return
        self.explanation = found
        self._set_state("done")

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return
        self._request = 0
        if was_cancelled(event):
            self._set_state("done" if self.explanation is not None else "idle")
            return
        error = as_error(event)
        if self._comparing and self.query is not None:
            words = " ".join(part for part in (error.message, error.hint) if part)
            self._take(self.query, Explanation(method=self.query.method, problem=words))
            return
        self.error = error
        self._set_state("failed")

    def _on_progress(self, event: Progress) -> None:
        if event.request == self._request:
            self.progressed.emit(event)

    def _on_opened(self) -> None:
        self._kept.clear()
        self.query = None
        self.clear()

    def _set_state(self, state: str) -> None:
        self.state = state
        if state != "failed":
            self.error = None
        self.changed.emit()

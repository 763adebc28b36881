"""Single samples of the scored split with what was answered to them, in pages, as the Evaluate tab shows them."""

import struct
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from engine.errors import NetwrightError
from engine.protocol.messages.answered_samples import Among, AnsweredRead, AnsweredSample, GetAnswered, Measure, Order
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import FieldValue, ValueRange
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel

PAGE: Final = 48
PAGES_KEPT: Final = 16
PAGES_AT_ONCE: Final = 2
COLLECT_MS: Final = 15
CARD_SIZE: Final = 160


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which samples are to be listed, and in which order; `words` says so where the rest does not."""

    among: Among = Among.WRONG
    order: Order = Order.SUREST
    true: str = ""
    predicted: str = ""
    values: tuple[FieldValue, ...] = ()
    ranges: tuple[ValueRange, ...] = ()
    samples: tuple[int, ...] = ()
    words: str = ""

    @property
    def is_narrow(self) -> bool:
        """Whether only some of the samples are looked at."""
        return bool(self.true or self.predicted or self.values or self.ranges or self.samples)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Whose answers are listed: a run, a split and an output (its field)."""

    run: int
    split: str
    output: str


class AnsweredModel(QObject):
    """`state`: empty, working, ready or failed (`error` says why). A row is a sample; pages come as rows are asked for.

    Nothing is asked for while nobody looks (`set_watched`); what is listed is what `wanted` says.
    """

    changed = Signal()
    """`state`, `total`, `wanted` or `place` changed: all rows are others now."""
    rows_arrived = Signal(int, int)
    """First and last row that are here now."""
    progressed = Signal(object)
    """Progress, where the network has to be asked again first."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._engine = project_model, engine
        self.state = "empty"
        self.error: NetwrightError | None = None
        self.wanted = Wanted()
        self.place: Place | None = None
        self.total = 0
        """Samples that fit; 0 while that is not known."""
        self.measure = Measure.NONE
        self.kind = ""
        """Kind of the field that is answered."""
        self._pages: OrderedDict[int, list[AnsweredSample]] = OrderedDict()
        self._asked: dict[int, int] = {}  # request -> page
        self._wishes: OrderedDict[int, None] = OrderedDict()
        self._generation = 0
        self._watched = False  # set by the view that lists samples, while it is seen
        self._due = False  # something is to be listed as soon as somebody looks
        self._collect = QTimer(self)
        self._collect.setSingleShot(True)
        self._collect.setInterval(COLLECT_MS)
        self._collect.timeout.connect(self._ask_for_pages)
        project_model.opened.connect(self._on_opened)

    def show(self, place: Place, *, anew: bool = False) -> None:
        """List the samples of a run, split and output. `anew` even if they are the same: they were scored again."""
        if place == self.place and not anew:
            return
        same = self.place is not None and place.output == self.place.output
        self.wanted = Wanted(among=self.wanted.among, order=self.wanted.order) if same else Wanted()
        self.place = place
        self._begin()

    def set_watched(self, watched: bool) -> None:
        """Whether anybody looks; what was wanted meanwhile is asked for now."""
        self._watched = watched
        if watched and self._due:
            self._begin()

    def want(self, wanted: Wanted) -> None:
        """List other samples, or the same in another order."""
        if wanted != self.wanted:
            self.wanted = wanted
            if self.place is not None:
                self._begin()

    @property
    def is_due(self) -> bool:
        """Whether something is to be listed as soon as somebody looks."""
        return self._due

    def sample(self, row: int) -> AnsweredSample | None:
        """The sample of a row, or None and `rows_arrived` later."""
        page = self._pages.get(row // PAGE)
        if page is not None:
            self._pages.move_to_end(row // PAGE)
            at = row % PAGE
            return page[at] if at < len(page) else None
        if self.state == "ready" and 0 <= row < self.total and row // PAGE not in self._asked.values():
            self._wish(row // PAGE)
        return None

    def known(self, row: int) -> AnsweredSample | None:
        """The sample of a row if it is here; nothing is asked for."""
        page = self._pages.get(row // PAGE)
        return page[row % PAGE] if page is not None and row % PAGE < len(page) else None

    def known_among(self, ranges: Sequence[tuple[int, int]]) -> list[AnsweredSample]:
        """The samples that are here of stretches of rows, first and last included, however long those are."""
        found = []
        for number in sorted(self._pages):
            for first, last in ranges:
                start, end = max(first - number * PAGE, 0), last - number * PAGE + 1
                if end > 0:
                    found += self._pages[number][start:end]
        return found

    def row_of(self, index: int) -> int:
        """The row of a sample by its number, -1 where it is not here."""
        for number, page in self._pages.items():
            for at, sample in enumerate(page):
                if sample.index == index:
                    return number * PAGE + at
        return -1

    def cancel(self) -> None:
        """Stop asking."""
        for request in list(self._asked):
            self._engine.cancel(request)
        self._forget()
        if self.state == "working":
            self._set_state("empty")

    def ask_again(self) -> None:
        """After a failure."""
        if self.place is not None:
            self._begin()

    def _begin(self) -> None:
        for request in list(self._asked):
            self._engine.cancel(request)
        self._forget()
        self.total = 0
        self._due = not self._watched
        if self._due:
            self._set_state("empty")
        else:
            self._set_state("working")
            self._ask(0)

    def _wish(self, page: int) -> None:
        self._wishes[page] = None
        self._wishes.move_to_end(page)
        while len(self._wishes) > 6:  # scrolled past long ago
            self._wishes.popitem(last=False)
        if not self._collect.isActive():
            self._collect.start()

    def _ask_for_pages(self) -> None:
        while self._wishes and len(self._asked) < PAGES_AT_ONCE:
            page = self._wishes.popitem(last=True)[0]
            if page not in self._pages and page not in self._asked.values():
                self._ask(page)

    def _ask(self, page: int) -> None:
        place, wanted = self.place, self.wanted
        if place is None or self._project.directory is None:
            return
        generation = self._generation
        request = self._engine.ask(
            GetAnswered,
            done=lambda event: self._on_read(event, generation, page),
            failed=lambda event: self._on_failed(event, generation),
            progress=self._on_progress,
            project_dir=str(self._project.directory),
            run=str(place.run),
            split=place.split,
            output=place.output,
            among=wanted.among,
            order=wanted.order,
            true=wanted.true,
            predicted=wanted.predicted,
            values=list(wanted.values),
            ranges=list(wanted.ranges),
            samples=_packed(wanted.samples),
            offset=page * PAGE,
            limit=PAGE,
            size=CARD_SIZE,
        )
        self._asked[request] = page

    def _on_read(self, event: AnsweredRead, generation: int, page: int) -> None:
        if generation != self._generation:
            return
        self._asked.pop(event.request, None)
        self._pages[page] = list(event.samples)
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)
        first = self.state != "ready"
        if first or event.total != self.total:
            self.total, self.measure, self.kind = event.total, event.measure, event.kind
            self._set_state("ready")
        if event.samples:
            self.rows_arrived.emit(page * PAGE, page * PAGE + len(event.samples) - 1)
        self._ask_for_pages()

    def _on_failed(self, event: RequestFailed, generation: int) -> None:
        if generation != self._generation:
            return
        self._asked.pop(event.request, None)
        if was_cancelled(event):
            return
        self._forget()
        self.error = as_error(event)
        self._set_state("failed")

    def _on_progress(self, event: Progress) -> None:
        if event.request in self._asked:
            self.progressed.emit(event)

    def _forget(self) -> None:
        self._generation += 1
        self._pages.clear()
        self._asked.clear()
        self._wishes.clear()
        self._collect.stop()

    def _on_opened(self) -> None:
        self._forget()
        self.place = None
        self._due = False
        self.total = 0
        self.wanted = Wanted()
        self._set_state("empty")

    def _set_state(self, state: str) -> None:
        self.state = state
        if state != "failed":
            self.error = None
        self.changed.emit()


def _packed(samples: tuple[int, ...]) -> bytes:
    return struct.pack(f"<{len(samples)}i", *samples)

"""What a run is made of, and what happened in it: the panel at the right of the Train tab."""

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from engine.protocol.run_events import AnswersSeen, BatchChanged, EpochFinished, RunNote, SettingsChanged
from engine.protocol.run_plan import phases_ahead, samples_told
from gui.models.curves import RunCurves
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.train.answers_panel import AnswersPanel
from gui.train.run_card import RunCard
from gui.widgets.facts import Facts
from gui.widgets.icons import icon_pixmap
from gui.widgets.progress_line import clock
from gui.widgets.side_panel import SidePanel
from gui.widgets.text import Text

FACTS_WIDTH = 250
_MOST_EVENTS = 40


class EventList(QWidget):
    """Lines in time order, newest first; a warning has a sign beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._lines: list[tuple[Text, QLabel, Text, QWidget]] = []
        self._shown: list[tuple[str, str, bool]] = []
        self._empty = Text("Best epochs, warnings and pauses are noted here.", role="note", wrap=True)
        self._column.addWidget(self._empty)

    def set_events(self, events: list[tuple[str, str, bool]]) -> None:
        """Show (epoch, words, is a warning)."""
        events = events[:_MOST_EVENTS]
        if events == self._shown:
            return
        self._shown = events
        self._empty.setVisible(not events)
        while len(self._lines) < len(events):
            line = QWidget()
            grid = QGridLayout(line)
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setHorizontalSpacing(8)
            left, words = Text("", role="mono", tone="faint"), Text("", role="mono", tone="dim", wrap=True)
            sign = QLabel()
            sign.setAccessibleName("Warning")
            left.setFixedWidth(28)
            sign.setFixedWidth(28)
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(left, 0, 0, top)
            grid.addWidget(sign, 0, 0, top)
            grid.addWidget(words, 0, 1)
            grid.setColumnStretch(1, 1)
            self._column.addWidget(line)
            self._lines.append((left, sign, words, line))
        for at, (left, sign, words, line) in enumerate(self._lines):
            line.setVisible(at < len(events))
            if at >= len(events):
                continue
            epoch, text, warns = events[at]
            left.set_text("" if warns else epoch)
            sign.setVisible(warns)
            if warns:
                sign.setPixmap(icon_pixmap("warning", "warn_text", 14, self.devicePixelRatioF()))
            words.set_text(text)
            words.set_tone("warn" if warns else "dim")

    def events(self) -> list[tuple[str, str, bool]]:
        """What is shown."""
        return list(self._shown)


class RunFacts(SidePanel):
    """Follows the shown run."""

    def __init__(self, runs: RunsModel, project: ProjectModel, data: DataModel, *, in_pieces: bool = False) -> None:
        super().__init__("right", width=FACTS_WIDTH, name="train.facts", accessible="About the run")
        self._runs = runs
        self._project = project
        self._data = data
        if not in_pieces:
            for _ in self.making():
                pass

    def making(self) -> Iterator[None]:
        """The parts one by one; whoever makes the panel in pieces goes through this once, at their pace."""
        runs = self._runs
        self._watching = self.add_section("Watching")
        self.answers = AnswersPanel(runs, self._project, self._data)
        self.add(self.answers)
        self.answers.refresh()
        yield
        self.add_section("This run")
        self.card = RunCard(runs)
        self.add(self.card)
        yield
        self.facts = Facts()
        self.add(self.facts)
        self._none = Text("No run is shown.", role="note")
        self.add(self._none)
        self.add_section("Events")
        self.event_list = EventList()
        self.add(self.event_list)
        self.finish()
        yield
        for signal in (runs.list_changed, runs.current_changed):
            signal.connect(self.refresh)
        runs.events_arrived.connect(self._on_events_arrived)
        yield from self._refreshing()

    def refresh(self) -> None:
        """Show the run that is shown."""
        for _ in self._refreshing():
            pass

    def _refreshing(self) -> Iterator[None]:
        run = self._runs.current
        summary = self._runs.summary(run) if run is not None else None
        self._none.setVisible(summary is None)
        self.facts.setVisible(summary is not None)
        self.card.refresh()
        yield
        self.answers.refresh()
        yield
        watched = len(self.answers.answers())
        self._watching.setVisible(bool(watched))
        self._watching.set_text(f"Watching {watched} validation samples")
        if summary is None:
            self.event_list.set_events([])
            return
        curves = self._runs.curves(summary.run)
        prepared = curves.prepared
        facts = [
            ("state", "training" if summary.state == "running" else summary.state),
            ("device", summary.device),
            ("precision", summary.precision),
            ("time", clock(summary.seconds) if summary.seconds else ""),
        ]
        if prepared is not None:
            samples, of_phases = samples_told(prepared)
            batches = [
                f"{phase.batch_size:,}" + f" × {phase.accumulate}" * (phase.accumulate > 1)
                for phase in phases_ahead(prepared, summary.epochs_planned)
            ]
            facts += [
                ("samples", samples),
                *(("", f"{name}: {count}") for name, count in of_phases),
                ("validation", f"{prepared.val_samples:,}"),
                ("batch", ", ".join(batches if len(set(batches)) > 1 else batches[:1])),
                ("parameters", f"{prepared.parameters:,}"),
            ]
        if curves.steps_planned:
            facts.append(("step", f"{curves.step:,} / {curves.steps_planned:,}"))
        self.facts.show_rows([fact for fact in facts if fact[1]])
        yield
        self.event_list.set_events(_events_of(curves))

    def _on_events_arrived(self, run: int, events: object) -> None:
        if run != self._runs.current:
            return
        told = events if isinstance(events, list) else []
        if (
            any(
                isinstance(event, EpochFinished | RunNote | AnswersSeen | SettingsChanged | BatchChanged)
                for event in told
            )
            or len(told) == 1
        ):
            self.refresh()


def _events_of(curves: RunCurves) -> list[tuple[str, str, bool]]:
    noted = [(note.epoch, note.text, note.warning) for note in curves.notes]
    scale = curves.scale("epoch")
    told = {note.text for note in curves.notes}
    for mark in curves.marks:
        if mark.text not in told and scale is not None:
            noted.append((int(scale.shown([mark.step])[0]), mark.text, mark.warns))
    best = [(epoch, "best so far, saved", False) for epoch in curves.best_epochs[-1:]]
    ordered = sorted((*noted, *best), key=lambda event: event[0], reverse=True)
    return [(str(epoch) if epoch else "0", text, warns) for epoch, text, warns in ordered]

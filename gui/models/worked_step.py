"""A training step in numbers, gone through frame by frame: forward, back, and what the optimizer makes of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from engine.document.edits import Change
from engine.errors import NetwrightError
from engine.protocol.messages.worked_step import NodeWorked, StepWorked, WorkStep
from gui.models.engine import Engine
from gui.models.project import ProjectModel
from gui.models.saved_question import SavedQuestion

if TYPE_CHECKING:
    from gui.models.runs import RunsModel

PLAY_MS: Final = 1600
ASK_AFTER_MS: Final = 400
"""Many edits in a row are worked out once."""
MOST_STEPS: Final = 1000


class Part(StrEnum):
    """Which part of a step a frame belongs to."""

    FORWARD = "forward"
    BACKWARD = "backward"
    UPDATE = "update"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Frame:
    """One node in one part; `place` is the node's among those of the answer, -1 for the end."""

    part: Part
    place: int


def frames_of(found: StepWorked) -> tuple[Frame, ...]:
    """Forward through all nodes, back through those that a gradient reaches, then those that learn, then the end."""
    count = len(found.nodes)
    if not count:
        return ()
    forward = [Frame(Part.FORWARD, place) for place in range(count)]
    back = [Frame(Part.BACKWARD, place) for place in reversed(range(count)) if found.nodes[place].gradients]
    moved = [Frame(Part.UPDATE, place) for place in range(count) if found.nodes[place].weights]
    return (*forward, *back, *moved, Frame(Part.AFTER, -1))


class WorkedStepModel(QObject):
    """What the panel and the canvas show of a step. Closed, it asks for nothing.

    While it is open it follows edits: the numbers are worked out anew, and the same frame is shown if it is still
    there.
    """

    changed = Signal()
    """Anything that is shown is another one."""
    opened = Signal()
    """It was opened, by whomever: the Design tab shows it."""

    def __init__(
        self, project: ProjectModel, engine: Engine, runs: "RunsModel | None" = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._runs = runs
        self.question = SavedQuestion(project, engine, self)
        self.is_open = False
        self.step = 1
        self.rows = 1
        self.same_sample = False
        """Whether each step takes the first sample of the one that is shown, in place of the next in order."""
        self.run = ""
        self.phase = 0
        self.player = 0
        self.at = 0
        self.answer: StepWorked | None = None
        self.frames: tuple[Frame, ...] = ()
        self._kept: tuple[int, ...] = ()  # the samples that are taken again
        self._wanted: tuple[Part, str] | None = None  # where to stand when the answer is there
        self._play = QTimer(self)
        self._play.timeout.connect(self._on_play)
        self._stop_at: Part | None = None
        self._news = QTimer(self)
        self._news.setSingleShot(True)
        self._news.setInterval(ASK_AFTER_MS)
        self._news.timeout.connect(self._ask)
        self.question.changed.connect(self._on_question)
        project.opened.connect(self._on_opened)
        project.changed.connect(self._on_changed)

    # Where it stands.

    @property
    def state(self) -> str:
        """Closed, working, failed, refused or shown."""
        if not self.is_open:
            return "closed"
        if self.question.state == "failed":
            return "failed"
        if self.answer is not None and self.answer.refusal:
            return "refused"
        return "shown" if self.frames else "working"

    @property
    def busy(self) -> bool:
        """Whether other numbers are on their way."""
        return self.is_open and (self.question.state == "working" or self._news.isActive())

    @property
    def error(self) -> NetwrightError | None:
        """Why nothing can be shown."""
        return self.question.error

    @property
    def frame(self) -> Frame | None:
        """The frame that is shown."""
        return self.frames[self.at] if self.frames else None

    @property
    def node(self) -> NodeWorked | None:
        """The node of the frame; None at the end."""
        frame = self.frame
        if frame is None or self.answer is None or frame.place < 0:
            return None
        return self.answer.nodes[frame.place]

    @property
    def playing(self) -> bool:
        """Whether it goes on by itself."""
        return self._play.isActive()

    def has_value(self, place: int) -> bool:
        """Whether the walk has come to a node's values."""
        return any(frame.place == place and frame.part is Part.FORWARD for frame in self.frames[: self.at + 1])

    def has_gradient(self, place: int) -> bool:
        """Whether the way back has come to a node."""
        return any(frame.place == place and frame.part is Part.BACKWARD for frame in self.frames[: self.at + 1])

    @property
    def has_runs(self) -> bool:
        """Whether there are learned weights to begin with."""
        return self._runs is not None and bool(self._runs.summaries)

    def learners(self) -> list[tuple[int, int, str]]:
        """Who learns in the recipe: phase, player, and what that is called."""
        phases = self._project.project.recipe.phases
        found = []
        for phase, item in enumerate(phases):
            for player, settings in enumerate(item.players):
                parts = [f"{phase + 1}. {item.name}"] if len(phases) > 1 else []
                parts += [settings.name] if len(item.players) > 1 else []
                found.append((phase, player, " · ".join(parts)))
        return found

    def reason_not_to_open(self) -> str:
        """Why no step can be shown; empty when it can."""
        reason = self.question.reason_not_to_ask()
        if reason:
            return reason
        if not self._project.project.graph.nodes:
            return "Draw a network first."
        if self._runs is not None and self._runs.active is None:
            return self._runs.reason_not_to_start()
        return ""

    # What a person does.

    def open(self) -> None:
        """Show the first step, from its beginning; opened already, it stays where it is."""
        if self._project.directory is None:
            return
        if not self.is_open:
            self.is_open, self.at, self.step = True, 0, 1
            self._kept, self.same_sample = (), False
            self.answer, self.frames = None, ()
            self._ask()
        self.opened.emit()
        self.changed.emit()

    def close(self) -> None:
        """End it."""
        if not self.is_open:
            return
        self.is_open = False
        self._play.stop()
        self._news.stop()
        self.question.cancel()
        self.answer, self.frames = None, ()
        self.changed.emit()

    def go(self, at: int) -> None:
        """Show another frame."""
        at = max(0, min(at, len(self.frames) - 1))
        if self.frames and at != self.at:
            self.at = at
            self.changed.emit()

    def next(self) -> None:
        """The next frame; after the last one the next step."""
        if self.frames and self.at == len(self.frames) - 1:
            self.go_to_step(self.step + 1)
        else:
            self.go(self.at + 1)

    def back(self) -> None:
        """The frame before."""
        self.go(self.at - 1)

    def go_to_part(self, part: Part, *, last: bool = False) -> None:
        """The first frame of a part, or its last one."""
        places = [at for at, frame in enumerate(self.frames) if frame.part is part]
        if places:
            self.go(places[-1] if last else places[0])

    def go_to_node(self, node: str) -> None:
        """The frame of a node of the drawing in the part that is shown; of a block the first inside."""
        frame = self.frame
        if frame is None or self.answer is None:
            return
        for part in (frame.part, Part.FORWARD):
            for at, other in enumerate(self.frames):
                if other.part is part and other.place >= 0 and self.answer.nodes[other.place].node == node:
                    self.go(at)
                    return

    def play(self, until: Part | None = None) -> None:
        """Go on by itself, to the end of the step or of a part."""
        if not self.frames:
            return
        if self.at == len(self.frames) - 1:
            self.go(0)
        self._stop_at = until
        self._play.start(PLAY_MS)
        self.changed.emit()

    def pause(self) -> None:
        """Stay where it is."""
        if self._play.isActive():
            self._play.stop()
            self.changed.emit()

    def toggle_play(self) -> None:
        """Go on by itself, or stay."""
        self.pause() if self.playing else self.play()

    def go_to_step(self, step: int) -> None:
        """Work another step out and show it from its beginning."""
        step = max(1, min(step, MOST_STEPS))
        if step == self.step:
            return
        self.step = step
        self._wanted = (Part.FORWARD, "")
        self._ask()

    def take_same_sample(self, same: bool) -> None:
        """Take the samples that are shown in every step from now on, or again those that training takes."""
        if same == self.same_sample:
            return
        self.same_sample = same
        self._kept = tuple(self.answer.samples) if same and self.answer is not None else ()
        self._ask()

    def show_learner(self, phase: int, player: int) -> None:
        """Show a step of another phase of the recipe, and what another player learns in it."""
        if (phase, player) != (self.phase, self.player):
            self.phase, self.player, self.step = phase, player, 1
            self._ask()

    def begin_with(self, run: str) -> None:
        """Begin with the weights of a run; "" with fresh ones."""
        if run != self.run:
            self.run, self.step = run, 1
            self._ask()

    # The engine's side.

    def _ask(self) -> None:
        self._news.stop()
        if not self.is_open or self._project.directory is None:
            return
        self._play.stop()
        if self._wanted is None and self.frame is not None:
            node = self.node
            self._wanted = (self.frame.part, node.node if node is not None else "")
        self.question.ask(
            WorkStep,
            step=self.step,
            rows=self.rows,
            samples=list(self._kept),
            run=self.run,
            phase=self.phase,
            player=self.player,
        )

    def _on_question(self) -> None:
        answer = self.question.answer
        if self.is_open and self.question.state == "done" and isinstance(answer, StepWorked):
            self._take(answer)
        self.changed.emit()

    def _take(self, answer: StepWorked) -> None:
        self.answer = answer
        self.frames = frames_of(answer)
        wanted, self._wanted = self._wanted, None
        self.at = 0
        if wanted is None:
            return
        part, node = wanted
        for at, frame in enumerate(self.frames):
            name = answer.nodes[frame.place].node if frame.place >= 0 else ""
            if frame.part is part and (not node or name == node):
                self.at = at
                break

    def _on_play(self) -> None:
        frame = self.frame
        at_end = not self.frames or self.at == len(self.frames) - 1
        following = self.frames[self.at + 1] if not at_end else None
        ends = self._stop_at is not None and frame is not None and frame.part is self._stop_at
        if following is None or (ends and following.part is not self._stop_at):
            self.pause()
            return
        self.go(self.at + 1)

    def _on_opened(self) -> None:
        self.run, self.phase, self.player, self.step = "", 0, 0, 1
        if self.is_open:
            self.close()

    def _on_changed(self, change: Change) -> None:
        if not self.is_open or not (change.nodes or change.blocks or change.data or change.recipe or change.samples):
            return
        if self.same_sample and (change.data or change.samples):
            self.same_sample, self._kept = False, ()
        if change.recipe:
            self.phase = self.player = 0
        self._news.start()
        self.changed.emit()

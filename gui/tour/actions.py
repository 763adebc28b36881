"""What the tour can do for a person: each action by its name. All of it a person could do by hand, and can undo."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from PySide6.QtWidgets import QAbstractButton, QWidget

from engine.document.data_edits import SetSplit
from engine.document.data_spec import Split
from engine.document.examples import FOLDER
from gui.models.worked_step import Part, WorkedStepModel
from gui.workbench import Workbench


class Window(Protocol):
    """What the tour needs of the window."""

    bench: Workbench

    def tab(self) -> str: ...
    def go_to_tab(self, tab: str) -> None: ...
    def show_tab(self, tab: str) -> None: ...
    def tab_widget(self, tab: str) -> QWidget | None: ...


class Actions:
    """`do` carries one out; what it cannot do now it says through `say`."""

    def __init__(self, window: Window, find: Callable[[str], QWidget | None], say: Callable[[str], None]) -> None:
        self._window, self._find, self._say = window, find, say
        self._bench = window.bench
        self._when_there: Callable[[WorkedStepModel], None] | None = None
        self._bench.worked.changed.connect(self._on_worked)
        self._plain: dict[str, Callable[[], None]] = {
            "step.open": lambda: self._with_numbers(lambda _worked: None),
            "step.forward": lambda: self._with_numbers(lambda worked: self._play(worked, Part.FORWARD)),
            "step.loss": lambda: self._with_numbers(lambda worked: worked.go_to_part(Part.FORWARD, last=True)),
            "step.backward": lambda: self._with_numbers(lambda worked: self._play(worked, Part.BACKWARD)),
            "step.update": lambda: self._with_numbers(lambda worked: worked.go_to_part(Part.UPDATE)),
            "step.after": lambda: self._with_numbers(lambda worked: worked.go_to_part(Part.AFTER)),
            "step.second": lambda: self._with_numbers(lambda worked: worked.go_to_step(worked.step + 1)),
            "step.conv": lambda: self._with_numbers(self._to_convolution),
            "train": self._train,
            "score": self._score,
            "few": lambda: self._split(0.1, 0.45, 0.45),
            "many": lambda: self._split(0.7, 0.15, 0.15),
        }

    def do(self, name: str) -> None:
        """Carry out an action. Raises KeyError for a name there is not."""
        what, _, of = name.partition(":")
        if of:
            {"open": self._open, "select": self._select, "click": self._click}[what](of)
        elif name:
            self._plain[name]()

    def _open(self, example: str) -> None:
        if self._bench.project.directory is not None and self._bench.project.dirty:
            self._bench.project.save()
        path = FOLDER / example
        if not path.is_dir():
            self._say(f"The example '{example}' was not installed. Open another project and go on with that.")
            return
        self._bench.shelf.open_example(path)

    def _select(self, kind: str) -> None:
        nodes = self._bench.project.project.graph.sorted_nodes()
        found = next((node.id for node in nodes if node.type == kind), "")
        if not found:
            self._say(f"There is no {kind} in this network.")
            return
        self._window.show_tab("design")
        self._bench.selection.set_nodes({found})

    def _click(self, name: str) -> None:
        button = self._find(name)
        if not isinstance(button, QAbstractButton):
            self._say("That button is not to be seen now.")
        elif button.isEnabled():
            button.click()
        else:
            self._say(button.accessibleDescription() or "That can't be done now.")

    def hindrance(self, name: str) -> str:
        """Why an action has to wait, in a sentence; empty when it can be done."""
        runs = self._bench.runs
        if name == "train" and runs.active is not None:
            return f"Run {runs.active} is still training. Wait for it, or stop it in the Train tab."
        if name == "score" and self._bench.evaluation.state == "working":
            return "It is being scored now."
        return ""

    def _train(self) -> None:
        reason = self._bench.runs.reason_not_to_start()
        if reason:
            self._say(reason)
        else:
            self._click("train.start")

    def _score(self) -> None:
        if not self._bench.runs.summaries:
            self._say("Train the network first.")
        elif self._bench.evaluation.state != "working":
            self._bench.evaluation.evaluate()

    def _split(self, train: float, val: float, test: float) -> None:
        project = self._bench.project
        now: Split = project.project.data.split
        wanted = msgspec.structs.replace(now, train=train, val=val, test=test)
        if wanted != now:
            project.do(SetSplit(split=wanted))

    def _with_numbers(self, then: Callable[[WorkedStepModel], None]) -> None:
        """Do something with the step in numbers, which is opened first where it is closed."""
        worked = self._bench.worked
        self._window.show_tab("design")
        if not worked.is_open:
            reason = worked.reason_not_to_open()
            if reason:
                self._say(reason)
                return
            self._when_there = then
            worked.open()
        elif worked.busy:
            self._when_there = then
        else:
            then(worked)

    def _on_worked(self) -> None:
        worked, then = self._bench.worked, self._when_there
        if then is None or worked.busy:
            return
        self._when_there = None
        if worked.frames:
            then(worked)

    @staticmethod
    def _play(worked: WorkedStepModel, part: Part) -> None:
        if worked.frame is None or worked.frame.part is not part:
            worked.go_to_part(part)
        worked.play(part)

    @staticmethod
    def _to_convolution(worked: WorkedStepModel) -> None:
        nodes: Any = worked.answer.nodes if worked.answer is not None else ()
        found = next((node.node for node in nodes if node.family == "convolution"), "")
        if found:
            worked.go_to_node(found)

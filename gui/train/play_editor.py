"""How a phase plays in the data's environment, as a form: games, memory, chance, and what it is scored on."""

from typing import Any, Final

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.checks.playing import actors, environment_of
from engine.document.project import Project
from engine.document.recipe import Phase, Play
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow
from gui.widgets.number_editor import NumberEditor
from gui.widgets.section_label import SectionLabel
from gui.widgets.switch import Switch
from gui.widgets.text import Text

_NUMBERS: Final = (
    ("environments", "Games", "So many games go on side by side, each one step at a time.", False),
    ("every", "Every", "The games take a step before each so-many-th batch.", False),
    ("batches", "Batches", "So many batches are an epoch.", False),
    ("memory", "Memory", "So many of the last moments are learned from; the random player's are the first.", False),
    ("start_after", "Begin at", "Learning begins once so many moments are remembered.", False),
    ("explore_from", "Chance from", "How likely an action is any action, at the beginning.", True),
    ("explore_to", "Chance to", "The same once it has fallen.", True),
    ("explore_over", "Falls over", "So many moments it falls over, in a straight line.", False),
    ("episodes", "Scored on", "So many games are played without chance after each epoch, for the mean return.", False),
)


class PlayEditor(QWidget):
    """Shows how one phase plays; hidden while the data is no environment and nothing plays.

    `changed` carries the phase's `play` as it is to be, and which setting of it was changed, "on" for all.
    """

    changed = Signal(object, str)

    def __init__(self, *, caption_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._play: Play | None = None
        self.switch = Switch(False)
        self.output = ChoiceEditor()
        self.words = Text("", role="note", wrap=True)
        self.rows: dict[str, FormRow] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(8)
        column.addWidget(SectionLabel("Playing"))
        column.addWidget(self.words)
        self._numbers: dict[str, NumberEditor] = {}
        self._add(
            "on", "Play", self.switch, "Act in the environment while training, and learn from that.", caption_width
        )
        self.switch.committed.connect(lambda on: self.changed.emit(Play() if on else None, "on"))
        self._add("output", "Acts", self.output, "The Output whose values choose the action.", caption_width)
        self.output.committed.connect(lambda value: self._change(output=str(value)))
        for name, caption, help, is_share in _NUMBERS:
            default = getattr(Play(), name)
            editor = (
                NumberEditor(default, minimum=0, maximum=1)
                if is_share
                else NumberEditor(default, whole=True, minimum=1)
            )
            self._numbers[name] = editor
            self._add(name, caption, editor, help, caption_width)
            editor.rejected.connect(self.rows[name].set_problem)
            editor.committed.connect(lambda value, name=name: self._change(**{name: value}))

    def show_phase(self, project: Project, phase: Phase) -> None:
        """Show how a phase of a project plays."""
        play = self._play = phase.play
        name = environment_of(project.data)
        self.setVisible(bool(name) or play is not None)
        self.switch.set_value(play is not None)
        if play is None:
            self.words.set_text(f"It learns from the recorded moments of {name or 'the data'} alone.")
        elif name:
            self.words.set_text(f"It acts in {name} and learns from what it lives through.")
        else:
            self.words.set_text("The data is no environment. Choose one in Data, or turn this off.")
        offered = actors(project.graph)
        several = play is not None and (len(offered) > 1 or play.output not in ("", *offered))
        for key, row in self.rows.items():
            row.setVisible(key == "on" or (play is not None and (key != "output" or several)))
        if play is None:
            return
        if several:
            names = offered if play.output in offered else [play.output, *offered]
            self.output.set_choices([Choice(value=item, label=item or "choose one") for item in names])
            self.output.set_value(play.output)
        for key, editor in self._numbers.items():
            if editor.value() != getattr(play, key):
                editor.set_value(getattr(play, key))
        too_many = play.start_after > play.memory
        self.rows["start_after"].set_problem("The memory is smaller than that." if too_many else "")

    def _add(self, name: str, caption: str, editor: Any, help: str, caption_width: int) -> None:
        editor.setObjectName(f"train.recipe.play.{name}")
        row = FormRow(caption, editor, help=help, caption_width=caption_width)
        self.rows[name] = row
        layout = self.layout()
        assert layout is not None
        layout.addWidget(row)

    def _change(self, **changes: Any) -> None:
        if self._play is not None:
            self.changed.emit(msgspec.structs.replace(self._play, **changes), next(iter(changes)))

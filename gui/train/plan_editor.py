"""Phases and players of a recipe: add, name, order, remove, and what each player trains and when."""

import re
from typing import Any, Final

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from engine.catalog.registry import layer_type
from engine.document.graph import Graph
from engine.document.recipe import Phase, Player, Recipe
from gui.models.project import ProjectModel
from gui.train.copies_editor import CopiesEditor
from gui.train.node_dialog import NodeDialog, TrainableNode
from gui.widgets.button import Button
from gui.widgets.form_row import FormRow
from gui.widgets.number_editor import NumberEditor
from gui.widgets.section_label import SectionLabel

_ONE: Final = "A recipe has one {} at least."
_LONGEST_NAME: Final = 40
_NUMBERED: Final = re.compile(r"player \d+")
"""What a player is called that was just added."""


class _Line(QWidget):
    """Name of a phase or a player, and what can be done with it."""

    def __init__(self, what: str, caption_width: int) -> None:
        super().__init__()
        self.what = what
        self.name = QLineEdit()
        self.name.setObjectName(f"train.recipe.{what}.name")
        self.name.setMaxLength(_LONGEST_NAME)
        self.row = FormRow("Name", self.name, help=f"What this {what} is called.", caption_width=caption_width)
        self.add = Button(f"Add {what}", role="quiet", small=True, icon="plus", name=f"train.recipe.{what}.add")
        self.up = Button(role="icon", icon="chevron-up", small=True, tooltip=f"Earlier {what}")
        self.down = Button(role="icon", icon="chevron-down", small=True, tooltip=f"Later {what}")
        self.remove = Button(
            role="icon", icon="trash", small=True, tooltip=f"Remove this {what}", name=f"train.recipe.{what}.remove"
        )
        bar = QHBoxLayout()
        bar.setSpacing(2)
        bar.addStretch(1)
        for button in (self.up, self.down, self.remove):
            bar.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.row)
        column.addLayout(bar)
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)

    def show_place(self, name: str, at: int, count: int) -> None:
        if not self.name.hasFocus() and self.name.text() != name:
            self.name.setText(name)
        self.row.setVisible(count > 1)
        only = _ONE.format(self.what) if count == 1 else ""
        self.up.set_blocked(only or (f"It is the first {self.what}." if at == 0 else ""))
        self.down.set_blocked(only or (f"It is the last {self.what}." if at == count - 1 else ""))
        self.remove.set_blocked(only)
        for button in (self.up, self.down, self.remove):
            button.setVisible(count > 1)


class PlanEditor(QWidget):
    """Shows one phase and a player of it. `changed` carries the recipe as it is to be, and the places to show then."""

    changed = Signal(object, int, int)

    def __init__(self, project: ProjectModel, *, caption_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._recipe = Recipe()
        self._phase_at = self._player_at = 0
        self.phase = _Line("phase", caption_width)
        self.player = _Line("player", caption_width)
        self.nodes = Button("all nodes", name="train.recipe.nodes")
        self.nodes.clicked.connect(self.choose_nodes)
        self.every = NumberEditor(1, whole=True, minimum=1)
        self.steps = NumberEditor(1, whole=True, minimum=1)
        self.rows = {
            "nodes": FormRow("Trains", self.nodes, help="Whose weights it changes.", caption_width=caption_width),
            "every": FormRow(
                "Every", self.every, help="It has a turn at each so-many-th batch.", caption_width=caption_width
            ),
            "steps": FormRow(
                "Moves", self.steps, help="So many steps in each of its turns.", caption_width=caption_width
            ),
        }
        self.every.setObjectName("train.recipe.every")
        self.steps.setObjectName("train.recipe.steps")
        self.every.committed.connect(lambda value: self._set_player(every=value))
        self.steps.committed.connect(lambda value: self._set_player(steps=value))
        for name in ("every", "steps"):
            editor = self.rows[name].editor
            if isinstance(editor, NumberEditor):
                editor.rejected.connect(self.rows[name].set_problem)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(SectionLabel("Phases"))
        column.addWidget(self.phase)
        column.addWidget(SectionLabel("Players"))
        column.addWidget(self.player)
        for row in self.rows.values():
            column.addWidget(row)
        self.copies = CopiesEditor(caption_width=caption_width)
        self.copies.changed.connect(lambda targets: self._set_player(targets=targets))
        column.addWidget(self.copies)
        self.phase.name.editingFinished.connect(self._on_phase_name)
        self.player.name.editingFinished.connect(self._on_player_name)
        self.phase.add.clicked.connect(self.add_phase)
        self.player.add.clicked.connect(self.add_player)
        self.phase.remove.clicked.connect(self.remove_phase)
        self.player.remove.clicked.connect(self.remove_player)
        self.phase.up.clicked.connect(lambda: self.move_phase(-1))
        self.phase.down.clicked.connect(lambda: self.move_phase(1))
        self.player.up.clicked.connect(lambda: self.move_player(-1))
        self.player.down.clicked.connect(lambda: self.move_player(1))

    def show_recipe(self, recipe: Recipe, phase_at: int, player_at: int) -> None:
        """Show a phase of a recipe and a player of it."""
        self._recipe, self._phase_at, self._player_at = recipe, phase_at, player_at
        phase, player = self._current()
        self.phase.show_place(phase.name, phase_at, max(1, len(recipe.phases)))
        self.player.show_place(player.name, player_at, max(1, len(phase.players)))
        count = len(player.nodes)
        self.nodes.set_text("all nodes" if not count else f"{count} node{'s' * (count != 1)}")
        for name, value in (("every", player.every), ("steps", player.steps)):
            editor = self.rows[name].editor
            if isinstance(editor, NumberEditor) and editor.value() != value:
                editor.set_value(value)
        several = len(phase.players) > 1
        trainable = self.trainable()
        for name, row in self.rows.items():
            row.setVisible(several or (name == "nodes" and bool(trainable)) or bool(count))
        self.copies.show_player(self._project.project.graph, phase, player, trainable)

    def trainable(self) -> list[TrainableNode]:
        """The nodes with weights of their own."""
        graph, checker = self._project.project.graph, self._project.checker
        found = []
        for node in graph.sorted_nodes():
            parameters = checker.cost_of(node.id).parameters
            if parameters:
                kind = layer_type(node.type)
                label = kind.label() if kind is not None else node.type
                found.append(TrainableNode(id=node.id, label=label, parameters=parameters))
        return found

    # What the user does

    def add_phase(self) -> None:
        """A phase after this one, like it."""
        phases = list(self._recipe.phases or (Phase(),))
        phase, _ = self._current()
        name = _free_name("phase", [one.name for one in phases])
        phases.insert(self._phase_at + 1, msgspec.structs.replace(phase, name=name))
        self._tell(phases, self._phase_at + 1, 0)

    def remove_phase(self) -> None:
        """Take this phase away."""
        phases = list(self._recipe.phases)
        if len(phases) > 1:
            del phases[self._phase_at]
            self._tell(phases, min(self._phase_at, len(phases) - 1), 0)

    def move_phase(self, by: int) -> None:
        """Let this phase come earlier or later."""
        phases = list(self._recipe.phases)
        to = self._phase_at + by
        if 0 <= to < len(phases):
            phases.insert(to, phases.pop(self._phase_at))
            self._tell(phases, to, self._player_at)

    def add_player(self) -> None:
        """A player after this one, with all losses and nodes."""
        phase, player = self._current()
        players = list(phase.players or (player,))
        name = _free_name("player", [one.name for one in players])
        fresh = Player(name=name, optimizer=player.optimizer, schedule=player.schedule)
        players.insert(self._player_at + 1, fresh)
        self._tell_players(players, self._player_at + 1)

    def remove_player(self) -> None:
        """Take this player away."""
        players = list(self._current()[0].players)
        if len(players) > 1:
            del players[self._player_at]
            self._tell_players(players, min(self._player_at, len(players) - 1))

    def move_player(self, by: int) -> None:
        """Let this player have its turn earlier or later."""
        players = list(self._current()[0].players)
        to = self._player_at + by
        if 0 <= to < len(players):
            players.insert(to, players.pop(self._player_at))
            self._tell_players(players, to)

    def choose_nodes(self) -> NodeDialog:
        """Ask which nodes this player trains."""
        _, player = self._current()
        dialog = NodeDialog(player.name, self.trainable(), player.nodes, self)
        dialog.accepted.connect(lambda: self._take_nodes(dialog.chosen()))
        dialog.open()
        return dialog

    def _take_nodes(self, nodes: tuple[str, ...]) -> None:
        """A player that nobody named is called after what it trains."""
        phase, player = self._current()
        name = player.name
        if len(phase.players) > 1 and (name == Player().name or _NUMBERED.fullmatch(name)):
            name = _named_after(self._project.project.graph, nodes)
            if not name or name in (one.name for one in phase.players):
                name = player.name
        self._set_player(nodes=nodes, name=name)

    def _on_phase_name(self) -> None:
        name = self.phase.name.text().strip()
        phases = list(self._recipe.phases or (Phase(),))
        if name and name != phases[self._phase_at].name:
            phases[self._phase_at] = msgspec.structs.replace(phases[self._phase_at], name=name)
            self._tell(phases, self._phase_at, self._player_at)

    def _on_player_name(self) -> None:
        name = self.player.name.text().strip()
        if name and name != self._current()[1].name:
            self._set_player(name=name)

    def _set_player(self, **changes: Any) -> None:
        phase, player = self._current()
        players = list(phase.players or (player,))
        players[self._player_at] = msgspec.structs.replace(player, **changes)
        self._tell_players(players, self._player_at)

    def _current(self) -> tuple[Phase, Player]:
        phases = self._recipe.phases or (Phase(),)
        phase = phases[min(self._phase_at, len(phases) - 1)]
        players = phase.players or (Player(),)
        return phase, players[min(self._player_at, len(players) - 1)]

    def _tell_players(self, players: list[Player], at: int) -> None:
        phases = list(self._recipe.phases or (Phase(),))
        phases[self._phase_at] = msgspec.structs.replace(phases[self._phase_at], players=tuple(players))
        self._tell(phases, self._phase_at, at)

    def _tell(self, phases: list[Phase], phase_at: int, player_at: int) -> None:
        self.changed.emit(msgspec.structs.replace(self._recipe, phases=tuple(phases)), phase_at, player_at)


def _named_after(graph: Graph, nodes: tuple[str, ...]) -> str:
    """What a node is titled, or the smallest frame that holds several; "" where neither has a title."""
    held = [node for name in nodes if (node := graph.nodes.get(name)) is not None]
    if len(held) == 1:
        return (held[0].title or held[0].id)[:_LONGEST_NAME]
    around = [
        frame
        for frame in graph.frames
        if held
        and all(
            frame.x <= node.x <= frame.x + frame.width and frame.y <= node.y <= frame.y + frame.height for node in held
        )
    ]
    smallest = min(around, key=lambda frame: frame.width * frame.height, default=None)
    return smallest.title[:_LONGEST_NAME] if smallest is not None else ""


def _free_name(word: str, taken: list[str]) -> str:
    number = len(taken) + 1
    while f"{word} {number}" in taken:
        number += 1
    return f"{word} {number}"

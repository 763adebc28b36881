"""The nodes that are slow copies of others, as a form: which follows which, how fast, how often."""

from collections.abc import Sequence
from typing import Final

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.checks.slow_copies import copies_of, refusal, trained_by_name
from engine.document.graph import Graph
from engine.document.recipe import Phase, Player, Target
from gui.train.node_dialog import TrainableNode
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow
from gui.widgets.number_editor import NumberEditor
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text

_WORDS: Final = "Nobody trains a slow copy: after the player's turns it moves a little towards the node it follows."
_NO_PAIR: Final = "It takes two nodes of the same kind, with the same settings and weights of their own."
_ALL_TAKEN: Final = "Every node that could be a copy is one already, or is followed by one."


class SlowCopies:
    """Which pairs a phase allows. `nodes` are those with weights of their own."""

    def __init__(self, graph: Graph, phase: Phase, nodes: Sequence[TrainableNode]) -> None:
        self._graph = graph
        self._copies = copies_of(phase)
        self._trained = trained_by_name(phase)
        self._followed = {target.of for player in phase.players for target in player.targets}
        self._nodes = {node.id: node for node in nodes if node.id in graph.nodes}

    def originals(self, node: str) -> list[str]:
        """What a node may follow; its weights must be as many."""
        if node not in self._nodes:
            return []
        return [name for name in self._nodes if self._fits(node, name, self._copies - {node})]

    def copies(self, held: str = "") -> list[str]:
        """What may be a copy: no copy yet (but for `held`), followed by none, and with something to follow."""
        taken = (self._copies | self._followed) - {held}
        return [name for name in self._nodes if name not in taken and self.originals(name)]

    def reason_for_none(self) -> str:
        """Why no further copy can be added; empty when one can."""
        if self.copies():
            return ""
        fitting = any(self._fits(one, two, ()) for one in self._nodes for two in self._nodes)
        return _ALL_TAKEN if fitting and self._copies else _NO_PAIR

    def kind(self, node: str) -> str:
        """What a node is."""
        found = self._nodes.get(node)
        return f"{found.label}, {found.parameters:,} weights" if found is not None else ""

    def _fits(self, node: str, of: str, copies: set[str] | tuple[str, ...]) -> bool:
        alike = self._nodes[node].parameters == self._nodes[of].parameters
        return alike and not refusal(self._graph, node, of, copies=copies, trained=self._trained)


class _Pair(QWidget):
    """One copy: its rows and the button that takes it away."""

    def __init__(self, at: int, caption_width: int) -> None:
        super().__init__()
        self.node = ChoiceEditor()
        self.of = ChoiceEditor()
        self.tau = NumberEditor(0.005, above=0, maximum=1)
        self.every = NumberEditor(1, whole=True, minimum=1)
        self.remove = Button(
            role="icon",
            icon="trash",
            small=True,
            tooltip="Let it be trained again",
            name=f"train.recipe.copy.{at}.remove",
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.rows: dict[str, FormRow] = {}
        for name, caption, editor, help in (
            ("node", "Copy", self.node, "The node that follows."),
            ("of", "Follows", self.of, "The node that is trained; the copy begins as it is."),
            ("tau", "Share", self.tau, "How much of the way it moves each time; 0.005 is slow, 1 copies the weights."),
            ("every", "After", self.every, "After each so-many-th turn of the player."),
        ):
            editor.setObjectName(f"train.recipe.copy.{at}.{name}")
            row = FormRow(caption, editor, help=help, caption_width=caption_width)
            if isinstance(editor, NumberEditor):
                editor.rejected.connect(row.set_problem)
            self.rows[name] = row
            column.addWidget(row)
        bar = QHBoxLayout()
        bar.addStretch(1)
        bar.addWidget(self.remove)
        column.addLayout(bar)

    def show_target(self, target: Target, allowed: SlowCopies) -> None:
        copies, originals = allowed.copies(target.node), allowed.originals(target.node)
        for editor, value, offered in ((self.node, target.node, copies), (self.of, target.of, originals)):
            names = offered if value in offered else [value, *offered]
            if editor.values() != names:
                editor.set_choices([Choice(value=name, label=name, help=allowed.kind(name)) for name in names])
            editor.set_value(value)
        self.rows["of"].set_problem("" if target.of in originals else "Their weights do not fit. Choose another.")
        for number, held in ((self.tau, target.tau), (self.every, target.every)):
            if number.value() != held:
                number.set_value(held)


class CopiesEditor(QWidget):
    """Shows the copies of one player. `changed` carries its targets as they are to be."""

    changed = Signal(object)

    def __init__(self, *, caption_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption_width = caption_width
        self._targets: tuple[Target, ...] = ()
        self._allowed: SlowCopies | None = None
        self.pairs: list[_Pair] = []
        self._words = Text(_WORDS, role="note", wrap=True)
        self._column = QVBoxLayout()
        self._column.setSpacing(6)
        self.add = Button("Add slow copy", role="quiet", small=True, icon="plus", name="train.recipe.copy.add")
        self.add.clicked.connect(self.add_copy)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        whole.addWidget(SectionLabel("Slow copies"))
        whole.addWidget(self._words)
        whole.addLayout(self._column)
        whole.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)

    def show_player(self, graph: Graph, phase: Phase, player: Player, nodes: Sequence[TrainableNode]) -> None:
        """Show the copies of a player of a phase; `nodes` are those with weights of their own."""
        allowed = SlowCopies(graph, phase, nodes)
        self._allowed = allowed
        self._targets = player.targets
        while len(self.pairs) > len(player.targets):
            pair = self.pairs.pop()
            pair.hide()
            pair.deleteLater()
        while len(self.pairs) < len(player.targets):
            self._add_pair()
        for pair, target in zip(self.pairs, player.targets, strict=True):
            pair.show_target(target, allowed)
        self.add.set_blocked(allowed.reason_for_none())

    def add_copy(self) -> None:
        """One more: the last node that fits follows the first that it fits to, as networks are drawn."""
        allowed = self._allowed
        copies = allowed.copies() if allowed is not None else []
        if allowed is not None and copies:
            node = copies[-1]
            self.changed.emit((*self._targets, Target(node=node, of=allowed.originals(node)[0])))

    def _add_pair(self) -> None:
        at = len(self.pairs)
        pair = _Pair(at, self._caption_width)
        self.pairs.append(pair)
        self._column.addWidget(pair)
        pair.node.committed.connect(lambda value: self._on_node(at, str(value)))
        pair.of.committed.connect(lambda value: self._change(at, of=str(value)))
        pair.tau.committed.connect(lambda value: self._change(at, tau=float(value)))
        pair.every.committed.connect(lambda value: self._change(at, every=int(value)))
        pair.remove.clicked.connect(lambda: self._remove(at))

    def _on_node(self, at: int, node: str) -> None:
        """Another copy keeps what it follows where that fits."""
        fitting = self._allowed.originals(node) if self._allowed is not None else []
        of = self._targets[at].of
        self._change(at, node=node, of=of if of in fitting or not fitting else fitting[0])

    def _change(self, at: int, **changes: object) -> None:
        targets = list(self._targets)
        targets[at] = msgspec.structs.replace(targets[at], **changes)
        self.changed.emit(tuple(targets))

    def _remove(self, at: int) -> None:
        self.changed.emit(self._targets[:at] + self._targets[at + 1 :])

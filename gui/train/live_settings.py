"""Settings that may be changed while a run goes on: learning rate and clipping, each change marked in the charts."""

from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.document.recipe import Player
from gui.models.run_projects import RunProjects
from gui.models.runs import RunsModel
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.number_editor import NumberEditor
from gui.widgets.text import Text


class LiveSettings(QWidget):
    """For the active run. What stands in the fields is what the run was told last, else what its recipe says."""

    def __init__(self, runs: RunsModel, projects: RunProjects, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._projects = projects
        self._asked: dict[str, float] = {}  # told to the run, not yet answered by an event; of one run
        self._run: int | None = None
        self.player = ChoiceEditor()
        self.player.setObjectName("train.live.player")
        self.player.setAccessibleName("Player")
        self.player.committed.connect(lambda _value: self.refresh())
        self.rate = NumberEditor(0.001, above=0, maximum=100)
        self.rate.setObjectName("train.live.rate")
        self.rate.setAccessibleName("Learning rate")
        self.rate.committed.connect(self._on_rate)
        self.clip = NumberEditor(None, above=0, optional=True, none_text="off")
        self.clip.setObjectName("train.live.clip")
        self.clip.setAccessibleName("Clip norm")
        self.clip.committed.connect(self._on_clip)
        self.problem = Text("", tone="error")
        for editor in (self.rate, self.clip):
            editor.setFixedWidth(110)
            editor.rejected.connect(self.problem.set_text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for text, editor in (("Learning rate", self.rate), ("Clip norm", self.clip)):
            row.addWidget(Text(text, tone="dim"))
            row.addWidget(editor)
            row.addSpacing(8)
        row.insertWidget(0, self.player)
        row.addWidget(self.problem)
        row.addWidget(Text("From the next step on; the charts mark it.", role="note"), 1)
        projects.arrived.connect(lambda _run: self.refresh())
        runs.events_arrived.connect(lambda _run, _events: self.refresh())
        runs.active_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what holds now."""
        run = self._runs.active
        if run is None or self.isHidden():
            return
        if run != self._run:
            self._run, self._asked = run, {}
        curves = self._runs.curves(run)
        project = self._projects.project(run)
        players: tuple[Player, ...] = ()
        if project is not None and project.recipe.phases:
            players = project.recipe.phases[0].players
        names = ["", *(player.name for player in players)] if len(players) > 1 else [""]
        if self.player.values() != names:
            self.player.set_choices([Choice(value=name, label=name or "all players") for name in names])
            self.player.set_value("")
        self.player.setVisible(len(names) > 1)
        chosen = str(self.player.value() or "")
        player = next((one for one in players if one.name == chosen), players[0] if players else Player())
        key = f"{chosen}.learning_rate" if chosen else "learning_rate"
        rate = curves.settings.get(key, curves.settings.get("learning_rate"))
        if rate is None:
            told = player.optimizer.attributes.get("lr", 0.001)
            rate = float(told) if isinstance(told, int | float) else 0.001
        clip = curves.settings.get("clip_norm", project.recipe.clip_norm if project is not None else None)
        for name, value in (("rate", rate), ("clip", clip or 0.0)):
            if self._asked.get(name) == value:
                del self._asked[name]
        if not self.rate.hasFocus() and "rate" not in self._asked and self.rate.value() != rate:
            self.rate.set_value(rate)
        if not self.clip.hasFocus() and "clip" not in self._asked and self.clip.value() != (clip or None):
            self.clip.set_value(clip or None)

    def _on_rate(self, value: object) -> None:
        if isinstance(value, int | float):
            self.problem.set_text("")
            self._asked["rate"] = float(value)
            self._runs.change(learning_rate=float(value), player=str(self.player.value() or ""))

    def _on_clip(self, value: object) -> None:
        self.problem.set_text("")
        number = float(value) if isinstance(value, int | float) else 0.0
        self._asked["clip"] = number
        self._runs.change(clip_norm=number)

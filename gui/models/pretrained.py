"""Pretrained networks in the window: which weights a project lacks, and bringing them when the person agrees."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from engine.catalog.pretrained import PRETRAINED, Pretrained, pretrained_fitting, pretrained_used
from engine.catalog.pretrained.kept import is_kept
from engine.catalog.pretrained.pretrained import field_for, preparing
from engine.document import files
from engine.document.edits import Batch, Change
from engine.document.node_weights import begun_from, weights_file
from engine.errors import NetwrightError, ProjectError
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.pretrained import GetPretrained, PretrainedReady
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel
from gui.models.proposed import network_edit


def to_be_fetched(project: ProjectModel) -> Pretrained | None:
    """The first network that a project begins with and whose weights are neither in it nor on this machine."""
    folder = project.directory
    if folder is None or project.read_only:
        return None
    missing = (item for item in pretrained_used(project.project) if not weights_file(folder, item.name).is_file())
    return next((item for item in missing if not is_kept(item)), None)


class PretrainedModel(QObject):
    """`state` is idle, asking (the person has not agreed yet), working or failed; `wanted` is what it is about.

    A network that is added by hand and whose weights lie on this machine is brought without a word; for one that must
    be fetched `asked` is emitted, and nothing happens until `fetch`.
    """

    changed = Signal()
    """`state`, `wanted`, `error` or what the project has changed."""
    asked = Signal(object)
    """Pretrained: it would have to be fetched; the person is to be asked."""
    progressed = Signal(object)
    """Progress."""
    drawn = Signal()
    """The whole network was drawn anew."""
    said = Signal(str)
    """One line for the user."""

    def __init__(self, project: ProjectModel, engine: Engine | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._engine = engine
        self.state = "idle"
        self.wanted: Pretrained | None = None
        self.error: NetwrightError | None = None
        self.propose = False
        """Whether the network is to be drawn anew around it when it is there."""
        self._request = 0
        self._index = -1  # place in the history of the step that has added it; -1 where none has
        self._known: set[str] = set()  # nodes with weights that were there before the last change
        self._waiting = False  # for the project to be saved, before it is proposed for; set by fetch
        project.changed.connect(self._on_changed)
        project.opened.connect(self._on_opened)
        project.saved.connect(self._on_saved)
        project.save_failed.connect(self._on_save_failed)

    @property
    def is_busy(self) -> bool:
        """Whether one is on its way."""
        return self.state == "working"

    def lacks(self, pretrained: Pretrained) -> bool:
        """Whether the project has no weights of it."""
        folder = self._project.directory
        return folder is not None and not weights_file(folder, pretrained.name).is_file()

    def offer_missing(self) -> None:
        """Ask for what the project begins with and is not on this machine: an example, or one that was shared.

        What is on this machine is brought when training begins.
        """
        missing = to_be_fetched(self._project)
        if missing is not None and self._engine is not None:
            self.want(missing)

    def fitting(self) -> Pretrained | None:
        """The network that a first input of the data could be shown to, where one answer a sample is to be learned."""
        return pretrained_fitting(self._project.project)

    def want(self, pretrained: Pretrained, *, propose: bool = False) -> None:
        """Bring it into the project: at once when it is on this machine, else the person is asked."""
        if self.is_busy or self._project.directory is None:
            return
        self.wanted, self.error, self.propose = pretrained, None, propose
        if is_kept(pretrained):
            self.fetch()
            return
        self._set("asking")
        self.asked.emit(pretrained)

    def fetch(self) -> None:
        """The person has agreed."""
        folder = self._project.directory
        if self.wanted is None or folder is None or self._engine is None or self.is_busy:
            return
        self.error = None
        self._set("working")
        if self.propose and self._project.dirty:
            self._waiting = True  # the engine reads the data spec from the file
            self._project.save()
            return
        self._ask()

    def _ask(self) -> None:
        folder = self._project.directory
        if self.wanted is None or folder is None or self._engine is None:
            return
        self._request = self._engine.ask(
            GetPretrained,
            done=self._on_ready,
            failed=self._on_failed,
            progress=self.progressed.emit,
            name=self.wanted.name,
            project_dir=str(folder),
            propose=self.propose,
        )

    def cancel(self) -> None:
        """Stop what is under way; ends in state asking."""
        if self._request and self._engine is not None:
            self._engine.cancel(self._request)

    def decline(self) -> None:
        """The person does not want it: what was just added goes again."""
        is_last = self._index == self._project.history.index()
        wanted, self.wanted, self._index = self.wanted, None, -1
        self._set("idle")
        if is_last and self._project.history.canUndo():
            self._project.history.undo()
            self.said.emit(f"{wanted.title if wanted is not None else 'The network'} was taken out again.")

    # Inside.

    def _set(self, state: str) -> None:
        self.state = state
        self.changed.emit()

    def _on_saved(self) -> None:
        if self._waiting:
            self._waiting = False
            self._ask()

    def _on_save_failed(self, error: NetwrightError) -> None:
        if self._waiting:
            self._waiting, self.error = False, error
            self._set("failed")

    def _on_opened(self) -> None:
        if self._request and self._engine is not None:
            self._engine.cancel(self._request)
        self._known = {node.id for node in self._project.project.graph.nodes.values() if node.weights}
        self._request, self._index, self._waiting, self.wanted, self.error = 0, -1, False, None, None
        self._set("idle")
        self.offer_missing()

    def _on_changed(self, change: Change) -> None:
        if self.state != "idle" or self._project.replaying or self._engine is None or self._project.read_only:
            return
        nodes = self._project.project.graph.nodes
        users = {name for name in change.nodes if name in nodes and nodes[name].weights}
        named = {begun_from(nodes[name]) for name in users - self._known}
        self._known = (self._known - change.nodes) | users
        found = next((item for item in PRETRAINED if item.name in named and self.lacks(item)), None)
        if found is not None:
            self.want(found)
            self._index = self._project.history.index() + 1  # the step is put there once this is told

    def _on_ready(self, event: PretrainedReady) -> None:
        self._request = 0
        wanted, self.wanted = self.wanted, None
        if wanted is None:
            return
        self._set("idle")
        if event.project is not None:
            self._take_proposal(wanted, event.project)
        elif self._index < 0:
            self.said.emit(f"The weights of {wanted.title} are in the project.")
        else:
            field = field_for(self._project.project, wanted)
            edits = preparing(field, wanted, event.vocabulary) if field is not None else []
            if edits:
                self._project.do(Batch(title=f"Prepare {wanted.field_name} for {wanted.title}", edits=tuple(edits)))
            self.said.emit(f"{wanted.title} is in the project, with its weights, frozen.")
        self._index = -1
        # The checks look at files anew when a node is touched.
        self._project.recheck(self._users(wanted))

    def _users(self, pretrained: Pretrained) -> Iterable[str]:
        nodes = self._project.project.graph.nodes.values()
        return [node.id for node in nodes if begun_from(node) == pretrained.name]

    def _take_proposal(self, wanted: Pretrained, proposed: dict[str, object]) -> None:
        try:
            proposal = files.from_document(proposed, "the proposed project")
        except NetwrightError as error:
            self.error = error
            self._set("failed")
            return
        if not proposal.graph.nodes:
            self.error = ProjectError("The proposed network is empty.")
            self._set("failed")
            return
        self._project.do(network_edit(self._project.project, proposal, f"Begin with {wanted.title}"))
        self.drawn.emit()
        self.said.emit(f"The network stands on {wanted.title} now. Ctrl+Z brings the other back.")

    def _on_failed(self, event: RequestFailed) -> None:
        self._request = 0
        if was_cancelled(event):
            self._set("asking" if self.wanted is not None else "idle")
            return
        self.error = as_error(event)
        self._set("failed")
        if self.wanted is not None and is_kept(self.wanted):
            self.asked.emit(self.wanted)  # it went on without a word until now

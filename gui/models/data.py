"""What the Data tab shows: importing, counts and checks of the project's data, cards of samples as they are seen."""

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from engine.document import files
from engine.document.data_spec import DataSpec, Field
from engine.document.edits import Batch, Change, Edit, SetData
from engine.document.graph import Value
from engine.document.project import Project
from engine.errors import NetwrightError
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import (
    DataCheck,
    DataDescribed,
    DataImported,
    DescribeData,
    GetSamples,
    ImportData,
    LayoutChoice,
    LeftOut,
    SampleCard,
    SamplesRead,
)
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel
from gui.models.proposed import network_edit
from gui.widgets.resources import RESOURCES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CARD_SIZE: Final = 128
PAGE: Final = 48
CARD_BYTES_KEPT: Final = 64_000_000
CARDS_KEPT: Final = 20_000
PAGES_AT_ONCE: Final = 2
COLLECT_MS: Final = 20
LABELS_SETTLE_MS: Final = 2000
"""How long after the last label the engine is asked to count anew."""
PIECE: Final = 1 << 15
"""Of a million labels so many are counted at a time: arrays of that size are kept by malloc, while fresh memory for all
of them takes the system several times as long as the counting."""
LABELS_KEPT: Final = 24
"""How many earlier states of the labels are remembered, so that an undo shows at once."""


POOL: Final = 3
"""The split of samples that have no label."""
FILES: Final = "files"
"""Option of a source: the names in a folder that were dropped, where it was not the folder itself."""
COLOURS: Final = "colours"
"""Option of a category: what colours the user gave its classes, as "#rrggbb class"."""


class _Import(NamedTuple):
    """What is to be read, and how."""

    path: str
    target: str
    layout: str
    options: dict[str, Value]


class _Labels(NamedTuple):
    """What is shown with one state of the labelling."""

    labelling: object
    classes: list[str]
    labels: "NDArray[np.int32]"
    splits: "NDArray[np.int8]"


class DataModel(QObject):
    """`state`: empty (no data), importing, describing, ready or failed (`error` says why).

    Cards are asked for in pages, latest wish first, and kept as long as there is room.
    """

    changed = Signal()
    """`state`, `description`, `error` or `imported` changed."""
    progressed = Signal(object)
    """Progress of an import or a description."""
    cards_arrived = Signal(object)
    """list[int]: samples whose card is known now."""
    labels_changed = Signal()
    """Classes were given by hand; counts follow with `changed`."""
    hidden_changed = Signal()
    """Samples were left out by hand, or taken in again."""
    imported_ready = Signal(object)
    """DataImported: data was read and is part of the project now."""
    samples_wanted = Signal(object)
    """DataCheck: another tab wants these samples to be shown in the tab Data."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project_model
        self._engine = engine
        self.state = "empty"
        self.description: DataDescribed | None = None
        self.error: NetwrightError | None = None
        self.progress: Progress | None = None
        self.imported: DataImported | None = None
        self.importing_path = ""
        self._request = 0  # the import or description under way, 0 for none
        self._stale = False  # set when the data changed, cleared when its description is asked for
        self._import: _Import | None = None  # waiting for the project to be saved
        self._whole = False  # the next import replaces network and recipe too; set by propose
        self.splits: NDArray[np.int8] | None = None
        """Split of each sample, 0 train, 1 val, 2 test; None without a description."""
        self.labels: NDArray[np.int32] | None = None
        """Class of each sample, -1 none; empty where there is no category target."""
        self.layouts: list[LayoutChoice] = []
        """The ways in which the present source can be read, known once it was imported in this window."""
        self.classes: list[str] = []
        """Names of the classes that `labels` count, as they are called now."""
        self.hidden: NDArray[np.bool_] | None = None
        """Samples that were just left out by hand, until the engine has counted anew."""
        self._labels_of: list[_Labels] = []
        self._counted: tuple[object, list[int], int] = (None, [], 0)  # labels, and what was counted of them
        self._cards: OrderedDict[int, SampleCard] = OrderedDict()
        self._card_bytes = 0
        self._described: DataSpec | None = None  # what the present description is of
        self.only_labels_changed = False
        """Whether the present description differs from the last one by labels given by hand alone."""
        self._last_import: _Import | None = None
        self.wanted_samples: DataCheck | None = None
        """Samples that are to be shown in the tab Data and were not taken yet."""
        self.failed_import = False
        """Whether what failed was an import, and data of before may still be there."""
        self._importing_edit = False  # while the edit of an import is done
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._asked: dict[int, list[int]] = {}
        self._generation = 0  # rises when cards of before are worth nothing; answers of an older one are dropped
        self._collect = QTimer(self)
        self._collect.setSingleShot(True)
        self._collect.setInterval(COLLECT_MS)
        self._collect.timeout.connect(self._ask_for_cards)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(LABELS_SETTLE_MS)
        self._pause.timeout.connect(self._on_pause)
        project_model.opened.connect(self._on_opened)
        project_model.changed.connect(self._on_project_changed)
        project_model.saved.connect(self._on_saved)
        engine.state_changed.connect(self._on_engine_changed)
        self._data = project_model.project.data
        if project_model.directory is not None:
            self._on_opened()

    @property
    def engine(self) -> Engine:
        """The engine that answers for the data."""
        return self._engine

    def show_samples(self, chosen: DataCheck) -> None:
        """Show samples in the tab Data, whichever tab is seen now."""
        self.wanted_samples = chosen
        self.samples_wanted.emit(chosen)

    def take_wanted_samples(self) -> DataCheck | None:
        """What is to be shown, once: the tab Data asks, also when it is only being made."""
        chosen, self.wanted_samples = self.wanted_samples, None
        return chosen

    # Importing.

    def propose(self, target: str = "") -> None:
        """Read the first source anew and take the whole proposal, network and recipe too, as one step."""
        self._read_again(target=target)

    def read_as(self, layout: str) -> None:
        """Read the first source in another way, with the network and recipe proposed for that."""
        self._read_again(layout=layout)

    def read_with(self, options: dict[str, Value]) -> None:
        """Read the first source in the same way with other options of its reader, as another pattern of names."""
        self._read_again(options=options)

    def _read_again(self, target: str = "", layout: str = "", options: dict[str, Value] | None = None) -> None:
        sources = self._project.project.data.sources
        directory = self._project.directory
        if not sources or directory is None:
            return
        source = sources[0]
        target = target or next((field.name for field in self._project.project.data.targets()), "") * (not layout)
        kept = {name: value for name, value in source.options.items() if name == FILES or not layout}
        options = {**kept, **(options or {})}
        path = source.path if is_address(source.path) else source_path(source.path, directory)
        self.import_path(path, target, layout=layout or source.kind.value, options=options)
        self._whole = True

    def import_path(
        self, path: str | Path, target: str = "", *, layout: str = "", options: dict[str, Value] | None = None
    ) -> None:
        """Read a folder, table or archive into the project; the proposed network comes too where nothing is drawn.

        `layout` is the kind of source it is to be read as, "" for what fits best; `options` are the reader's.
        """
        if self._project.directory is None or self._project.read_only:
            return
        self._drop_request()
        self._whole = False
        self.importing_path = str(path)
        self.imported = None
        self._import = _Import(str(path), target, layout, options or {})
        self._last_import = self._import
        self._set_state("importing")
        self._project.save()  # the engine reads the project as saved

    def import_again(self) -> None:
        """Try the import that failed once more."""
        if self._last_import is not None and self.importing_path:
            wanted, whole = self._last_import, self._whole
            self.import_path(wanted.path, wanted.target, layout=wanted.layout, options=wanted.options)
            self._whole = whole

    def _ask_import(self) -> None:
        assert self._import is not None
        wanted, self._import = self._import, None
        self._request = self._engine.ask(
            ImportData,
            done=self._on_imported,
            failed=self._on_failed,
            progress=self._on_progress,
            path=wanted.path,
            project_dir=str(self._project.directory),
            target=wanted.target,
            layout=wanted.layout,
            options=wanted.options,
        )

    def _on_imported(self, event: DataImported) -> None:
        self._request = 0
        try:
            proposal = files.from_document(event.project, "the proposed project")
        except NetwrightError as error:
            self._fail(error)
            return
        self.imported = event
        # Asked for in one way, the engine looks for no other; those found at first are still there.
        asked = self._last_import is not None and bool(self._last_import.layout)
        if not asked or len(event.layouts) > 1 or not self.layouts:
            self.layouts = list(event.layouts)
        self.failed_import = False
        name = Path(self.importing_path).name
        self._stale = True  # the same files may hold something else now
        self._described = None
        self._importing_edit = True
        self._project.do(import_edit(self._project.project, proposal, name, whole=self._whole))
        self._importing_edit = False
        self.imported_ready.emit(event)
        self._project.save()

    # Describing.

    def describe(self) -> None:
        """Ask the engine for counts and checks of the data as saved."""
        if self._project.directory is None:
            return
        if not self._project.project.data.sources:
            self.description = None
            self.splits = self.labels = None
            self.classes = []
            self._set_state("empty")
            return
        self._drop_request()
        self._stale = False
        self._set_state("describing")
        self._request = self._engine.ask(
            DescribeData,
            done=self._on_described,
            failed=self._on_failed,
            progress=self._on_progress,
            project_dir=str(self._project.directory),
        )

    def _on_described(self, event: DataDescribed) -> None:
        if event.request != self._request:
            return  # asked anew meanwhile
        import numpy as np  # with the first data, not before the window shows

        self._request = 0
        splits = np.frombuffer(event.splits, np.int8)
        labels = np.frombuffer(event.labels, "<i4").astype(np.int32, copy=False)
        if self._stale and self.description is not None:
            return  # labelled on meanwhile: what was counted is older than what is shown
        before = self._described
        others = before is None or [_seen(field) for field in before.fields] != [_seen(f) for f in self._data.fields]
        if others or self.description is None or event.samples != self.description.samples:
            self._forget_cards()
        else:
            self._refresh_cards(labels)
        self.description, self.splits, self.labels = event, splits, labels
        self.only_labels_changed = self._described is not None and _but_labels(self._data) == _but_labels(
            self._described
        )
        self._described = self._data
        self.classes = list(event.classes)
        self.hidden = None
        self._labels_of = [_Labels(self._data.labelling, self.classes, labels, splits)]
        if len(event.class_counts) == len(event.classes):
            self._counted = labels, list(event.class_counts), event.counts.pool
        self._set_state("ready")

    # Labels, as the user gives them: shown at once, counted by the engine a moment later.

    def relabel(self, samples: "NDArray[np.int64]", class_index: int) -> None:
        """Show another class for samples (-1: none, in the pool) until the engine has counted anew.

        Called right after the edit that says so, so that taking it back shows as quickly.
        """
        if self.labels is None or self.splits is None or not len(self.labels):
            return
        labels, splits = self.labels.copy(), self.splits
        chosen = slice(None) if len(samples) == len(labels) else samples  # all of them are ten times as quick as such
        labels[chosen] = class_index
        dealt = splits[chosen]
        moves = dealt != POOL if class_index < 0 else dealt == POOL  # into the pool, or from it into training
        if moves.any():
            splits = splits.copy()
            splits[chosen] = POOL if class_index < 0 else dealt * ~moves
        self.labels, self.splits = labels, splits
        self._remember_labels()
        self.labels_changed.emit()

    def reclass(self, classes: list[str], numbers: list[int]) -> None:
        """Show other classes, right after the edit that says so: class i is `numbers[i]` of them now, -1 none."""
        if self.labels is None or self.splits is None:
            return
        import numpy as np

        table = np.array([*numbers, -1], np.int32)  # the last one stands for no class
        labels, splits = table[self.labels], self.splits.copy()
        lost = (labels < 0) & (self.labels >= 0)
        splits[lost] = POOL
        self.classes, self.labels, self.splits = classes, labels, splits
        self._remember_labels()
        self.labels_changed.emit()

    def hide(self, samples: "NDArray[np.int64]") -> None:
        """Do not show samples that were just left out."""
        if self.description is None:
            return
        import numpy as np

        hidden = np.zeros(self.description.samples, bool) if self.hidden is None else self.hidden.copy()
        hidden[samples] = True
        self.hidden = hidden
        self.hidden_changed.emit()

    def _remember_labels(self) -> None:
        if self.labels is None or self.splits is None:
            return
        labelling = self._project.project.data.labelling
        self._labels_of = [known for known in self._labels_of if known.labelling != labelling]
        self._labels_of.append(_Labels(labelling, self.classes, self.labels, self.splits))
        del self._labels_of[:-LABELS_KEPT]

    def _recall_labels(self, labelling: object) -> None:
        """After an undo or redo: the labels as they were shown with that state of the project."""
        for known in self._labels_of:
            if self.labels is not None and len(known.labels) == len(self.labels) and known.labelling == labelling:
                if known.labels is not self.labels:
                    self.classes, self.labels, self.splits = known.classes, known.labels, known.splits
                    self.labels_changed.emit()
                return

    def class_counts(self) -> list[int]:
        """How many samples have each class, with the labels shown now."""
        self._count_labels()
        return self._counted[1]

    def waiting(self) -> int:
        """How many samples wait in the pool, with the labels shown now."""
        self._count_labels()
        return self._counted[2]

    def _count_labels(self) -> None:
        if self._counted[0] is self.labels or self.labels is None or self.splits is None:
            return
        import numpy as np

        counts: list[int] = []
        if self.classes:
            found = np.zeros(len(self.classes) + 1, np.int64)
            for start in range(0, len(self.labels), PIECE):
                found += np.bincount(self.labels[start : start + PIECE] + 1, minlength=len(found))
            counts = found[1:].tolist()
        self._counted = self.labels, counts, int(np.count_nonzero(self.splits == POOL))

    def label_of(self, sample: int) -> int:
        """Class of a sample, -1 for none."""
        labels = self.labels
        return int(labels[sample]) if labels is not None and 0 <= sample < len(labels) else -1

    def cancel(self) -> None:
        """Stop importing or describing."""
        if self._import is not None:
            self._import = None
            self._back_to_rest()
        elif self._request:
            self._engine.cancel(self._request)

    def _on_progress(self, event: Progress) -> None:
        self.progress = event
        self.progressed.emit(event)

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return  # the end of one that was dropped for another
        self._request = 0
        if was_cancelled(event):
            self._back_to_rest()
            return
        self._fail(as_error(event))

    def _fail(self, error: NetwrightError) -> None:
        self.failed_import = self.state == "importing"
        self.error = error
        self._set_state("failed")

    def give_up_import(self) -> None:
        """Go on with the data of before, after an import that failed."""
        if self.state == "failed" and self.failed_import:
            self._back_to_rest()

    def _back_to_rest(self) -> None:
        self.failed_import = False
        self._set_state("ready" if self.description is not None else "empty")

    def _drop_request(self) -> None:
        if self._request:
            request, self._request = self._request, 0
            self._engine.cancel(request)

    def _set_state(self, state: str) -> None:
        self.state = state
        self.progress = None
        if state != "failed":
            self.error = None
        self.changed.emit()

    def has_sources(self) -> bool:
        """Whether the project names any data."""
        return bool(self._project.project.data.sources)

    @property
    def left_out(self) -> list[LeftOut]:
        """What could not be used, as far as it is told by name."""
        return self.description.left_out if self.description is not None else []

    # Cards.

    def card(self, index: int) -> SampleCard | None:
        """The card of a sample, or None and `cards_arrived` later."""
        card = self._cards.get(index)
        if card is not None:
            self._cards.move_to_end(index)
            return card
        if self.state == "ready" and not any(index in page for page in self._asked.values()):
            self._wanted[index] = None
            self._wanted.move_to_end(index)
            while len(self._wanted) > PAGE * 6:  # scrolled past long ago
                self._wanted.popitem(last=False)
            if not self._collect.isActive():
                self._collect.start()
        return None

    def known_card(self, index: int) -> SampleCard | None:
        """The card of a sample if it is here; nothing is asked for."""
        return self._cards.get(index)

    def _ask_for_cards(self) -> None:
        while self._wanted and len(self._asked) < PAGES_AT_ONCE:
            latest = [self._wanted.popitem(last=True)[0] for _ in range(min(PAGE, len(self._wanted)))]
            page = sorted(latest)
            generation = self._generation
            request = self._engine.ask(
                GetSamples,
                done=lambda event, g=generation: self._on_cards(event, g),
                failed=lambda event, g=generation, p=page: self._on_cards_failed(event, g, p),
                project_dir=str(self._project.directory),
                indices=page,
                size=CARD_SIZE,
            )
            self._asked[request] = page

    def _on_cards(self, event: SamplesRead, generation: int) -> None:
        if generation != self._generation:
            return
        self._asked.pop(event.request, None)
        for card in event.cards:
            self._cards[card.index] = card
            self._card_bytes += len(card.rgb)
        while self._cards and (len(self._cards) > CARDS_KEPT or self._card_bytes > CARD_BYTES_KEPT):
            self._card_bytes -= len(self._cards.popitem(last=False)[1].rgb)
        self.cards_arrived.emit([card.index for card in event.cards])
        self._ask_for_cards()

    def _on_cards_failed(self, event: RequestFailed, generation: int, page: list[int]) -> None:
        if generation != self._generation:
            return
        self._asked.pop(event.request, None)
        if event.error.get("kind") not in ("cancelled", "engine"):  # after a death of the engine they are asked again
            problem = event.error.get("message", "Cannot be read.")
            for index in page:
                self._cards[index] = SampleCard(index=index, problem=problem)
        self.cards_arrived.emit(page)

    def _refresh_cards(self, labels: "NDArray[np.int32]") -> None:
        """The same samples were described anew: pictures stay, words of labels are taken from the description."""
        self._generation += 1
        self._wanted.clear()
        self._asked.clear()

    def _forget_cards(self) -> None:
        self._generation += 1
        self._cards.clear()
        self._card_bytes = 0
        self._wanted.clear()
        self._asked.clear()

    def close(self) -> None:
        """For the end of the program."""
        self._collect.stop()
        self._pause.stop()

    # What happens around.

    def _on_opened(self) -> None:
        self._drop_request()
        self._forget_cards()
        self._import = None
        self._stale = False
        self._data = self._project.project.data
        self.description = self.imported = self._described = None
        self.splits = self.labels = None
        self.layouts = []
        self._labels_of = []
        self.classes = []
        self.hidden = None
        self.failed_import = False
        self._set_state("empty")
        if self._data.sources:
            if self._project.dirty:
                self._stale = True  # recovered edits are saved first
                self._set_state("describing")
            else:
                self.describe()

    def _on_project_changed(self, change: Change) -> None:
        if not (change.data or change.samples):
            return
        data = self._project.project.data
        if data.sources != self._data.sources:
            paths = [source.path for source in data.sources]
            if not self._importing_edit and paths != [source.path for source in self._data.sources]:
                self.layouts = []
            self._forget_cards()
        if _tells(data) != _tells(self._data):
            self._stale = True
            self._recall_labels(data.labelling)
            if data.excluded != self._data.excluded and self.hidden is not None:
                self.hidden = None
                self.hidden_changed.emit()
            if self.state != "importing":
                self._set_state("describing" if data.sources else "empty")
        self._data = data

    def _on_saved(self) -> None:
        if self._import is not None and not self._project.dirty:
            self._ask_import()
        elif self._stale and not self._project.dirty:
            if self._only_labels_differ():
                self._pause.start()  # who labels goes on labelling; the window has counted by itself
            else:
                self.describe()

    def _only_labels_differ(self) -> bool:
        known = self._described
        return known is not None and self.description is not None and _but_labels(self._data) == _but_labels(known)

    def _on_pause(self) -> None:
        if self._stale and not self._project.dirty and self._import is None and self.state == "describing":
            self.describe()

    def _on_engine_changed(self, state: str) -> None:
        if state == "ready" and self.state == "failed" and self.error is not None and self.error.kind == "engine":
            self.describe()


def _tells(data: DataSpec) -> object:
    """The part of a data spec that a description depends on; preparation and colours are none of it."""
    fields = tuple(
        (field.name, field.kind, field.role, _reading(field.options), field.statistics.classes) for field in data.fields
    )
    return data.sources, data.split, fields, data.labelling, data.excluded


def _seen(field: Field) -> object:
    """What of a field a card depends on."""
    return field.name, field.kind, field.role


def _but_labels(data: DataSpec) -> object:
    return _tells(msgspec.structs.replace(data, labelling=()))


def _reading(options: dict[str, Value]) -> list[tuple[str, Value]]:
    """The options of a field but those that only say how it is shown."""
    return sorted((item for item in options.items() if item[0] != COLOURS), key=lambda item: item[0])


def is_address(path: str) -> bool:
    """Whether a source is no file but something named, as gym:CartPole-v1 is."""
    scheme, colon, rest = path.partition(":")
    return bool(colon and rest) and len(scheme) > 1 and scheme.isalpha() and not rest.startswith(("/", "\\"))


def source_path(path: str, directory: Path) -> Path:
    """Where a source lies on this machine."""
    if path.startswith("resource:"):
        return RESOURCES / path.removeprefix("resource:")
    return directory / path


def import_edit(project: Project, proposal: Project, name: str, *, whole: bool = False) -> Edit:
    """The step that takes imported data in: with the proposed network and recipe where nothing is drawn yet.

    `whole`: with them in any case.
    """
    drawn = [node for node in project.graph.nodes.values() if node.type not in ("Note", "Frame")]
    if whole or not drawn:
        return network_edit(project, proposal, f"Import {name}")
    return Batch(title=f"Import {name}", edits=(SetData(data=proposal.data),))


def with_field(data: DataSpec, name: str, **changes: object) -> DataSpec:
    """The data spec with attributes of one field replaced."""
    return msgspec.structs.replace(
        data,
        fields=tuple(
            msgspec.structs.replace(field, **changes) if field.name == name else field for field in data.fields
        ),
    )

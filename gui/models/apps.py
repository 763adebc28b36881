"""Ready-made apps: what each can be saved as, what is being saved, and what came of it."""

from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import QObject, Signal

from engine.catalog.apps import BY_KEY
from engine.errors import NetwrightError
from engine.protocol.messages.apps import AppOffer, AppSaved, AppsListed, ListApps, SaveApp
from engine.protocol.messages.base import Progress, RequestFailed
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel
from gui.models.settings import Settings

State = Literal["idle", "working", "done", "failed"]
_SHARED: Final = "project"


class AppsModel(QObject):
    """One app is saved at a time: `saving` is its key, or empty. `results` and `errors` are those of the open project,
    by key."""

    changed = Signal()
    """Anything of the above changed, or sizes arrived."""
    progressed = Signal(object)

    def __init__(
        self, project_model: ProjectModel, engine: Engine, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._engine, self._settings = project_model, engine, settings
        self.saving = ""
        self.results: dict[str, AppSaved] = {}
        self.errors: dict[str, NetwrightError] = {}
        self.offers: dict[str, AppOffer] = {}
        self._save_request = self._list_request = 0
        project_model.opened.connect(self._on_opened)

    def state(self, key: str) -> State:
        """What became of an app."""
        if key == self.saving:
            return "working"
        if key in self.errors:
            return "failed"
        return "done" if key in self.results else "idle"

    def why_not(self, key: str) -> str:
        """Why the open project's network cannot be saved as that app; empty when it can."""
        if self._project.directory is None:
            return "No project is open."
        return BY_KEY[key].why_not(self._project.project)

    def place(self, key: str) -> Path:
        """Where an app is offered to be saved: where the last one went, else beside the project; a free folder."""
        directory = self._project.directory or Path.home()
        kept = Path(self._settings.values.apps_folder) if self._settings.values.apps_folder else directory.parent
        place = (kept if kept.is_dir() else directory.parent) / BY_KEY[key].file_name(self._project.project.name)
        number = 2
        while BY_KEY[key].form == "folder" and place.exists():  # what is in a folder may be somebody's work by now
            place, number = place.with_name(f"{BY_KEY[key].file_name(self._project.project.name)}-{number}"), number + 1
        return place

    def save(self, key: str, to: Path, run: str = "best", *, with_data: bool = False) -> None:
        """Save an app; one that is under way is let finish first, so this then does nothing."""
        if self._project.directory is None or self.saving:
            return
        self._settings.update(apps_folder=str(to.parent))
        self.saving = key
        self.errors.pop(key, None)
        self.results.pop(key, None)
        self._save_request = self._engine.ask(
            SaveApp,
            done=self._on_saved,
            failed=self._on_save_failed,
            progress=self._on_progress,
            project_dir=str(self._project.directory),
            app=key,
            to=str(to),
            run=run,
            **({"with_data": True} if with_data else {}),
        )
        self.changed.emit()

    def cancel(self) -> None:
        """Stop saving; no half app stays."""
        if self._save_request:
            self._engine.cancel(self._save_request)

    def measure(self, run: str = "best") -> None:
        """Ask how large the project is to share; `offers` then holds it."""
        if self._project.directory is None or self._list_request:
            return
        self._list_request = self._engine.ask(
            ListApps,
            done=self._on_listed,
            failed=self._on_list_failed,
            project_dir=str(self._project.directory),
            run=run,
        )

    @property
    def sizes(self) -> tuple[int, int]:
        """Bytes of the project to share and of its data, before they are packed; 0 while not known."""
        offer = self.offers.get(_SHARED)
        return (offer.bytes, offer.data_bytes) if offer is not None else (0, 0)

    def _on_saved(self, event: AppSaved) -> None:
        if event.request != self._save_request:
            return
        self.results[event.app] = event
        self._ended()

    def _on_save_failed(self, event: RequestFailed) -> None:
        if event.request != self._save_request:
            return
        if not was_cancelled(event):
            self.errors[self.saving] = as_error(event)
        self._ended()

    def _ended(self) -> None:
        self.saving, self._save_request = "", 0
        self.changed.emit()

    def _on_progress(self, event: Progress) -> None:
        if self.saving:
            self.progressed.emit(event)

    def _on_listed(self, event: AppsListed) -> None:
        if event.request != self._list_request:
            return
        self._list_request = 0
        self.offers = {offer.key: offer for offer in event.apps}
        self.changed.emit()

    def _on_list_failed(self, event: RequestFailed) -> None:
        # The sizes stay unknown and are not shown; whoever saves is told what is wrong.
        if event.request == self._list_request:
            self._list_request = 0

    def _on_opened(self) -> None:
        for request in (self._save_request, self._list_request):
            if request:
                self._engine.cancel(request)
        self._save_request = self._list_request = 0
        self.saving = ""
        self.results, self.errors, self.offers = {}, {}, {}
        self.changed.emit()

"""The frame around everything: top bar, banners, start page or tabs, status line, and the commands with their keys.

It places, and passes on; what a tab shows is the tab's. Tabs are made when they are first shown, so that the window
stands before the chart library is imported.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from engine.document.files import ChangedOnDisk
from engine.errors import NetwrightError
from gui.frame import choosers
from gui.frame.banners import Banners
from gui.frame.closing_dialog import ClosingDialog
from gui.frame.error_reporter import ErrorReporter
from gui.frame.import_dialog import ImportDialog
from gui.frame.menu import THEMES, Commands, MainMenu, add_tab_commands, add_theme_commands
from gui.frame.run_announcer import RunAnnouncer
from gui.frame.status_line import StatusLine
from gui.frame.status_words import engine_words, status_words
from gui.frame.top_bar import TABS, TopBar
from gui.models.settings import WhenClosing
from gui.start.page import StartPage
from gui.tour.steps import tour_words
from gui.widgets.drop_area import dropped_paths
from gui.widgets.empty_state import EmptyState
from gui.widgets.guarded import guarded
from gui.widgets.motion import set_less_motion
from gui.widgets.theme import apply_theme
from gui.widgets.toast import Toast
from gui.workbench import Workbench

if TYPE_CHECKING:
    from gui.frame.help_window import HelpWindow
    from gui.tour.guide import Guide

SMALLEST = (900, 600)
FIRST_SIZE = (1440, 900)
REFRESH_MS = 30


class MainWindow(QMainWindow):
    """One window on one project."""

    def __init__(self, bench: Workbench, reporter: ErrorReporter) -> None:
        super().__init__()
        self.bench = bench
        self._tabs: dict[str, QWidget] = {}
        self._help: HelpWindow | None = None
        self.tour: Guide | None = None
        """Made when it is first asked for."""
        self._close_unsaved = False  # set by the user: close although the last changes are only in the journal
        self._failed_opening: Path | None = None
        self.setObjectName("window")
        self.setWindowTitle("Netwright")
        self.setMinimumSize(*SMALLEST)
        self.setAcceptDrops(True)
        self.commands = Commands(self)
        self._add_commands()
        self.menu = MainMenu(self.commands, bench.project.history, self)
        self.top = TopBar(self.menu)
        self.banners = Banners()
        self.start = StartPage(bench.shelf)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.start)
        self.status = StatusLine()
        self.toast = Toast(self)
        whole = QWidget()
        whole.setProperty("role", "page")
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self.banners)
        column.addWidget(self.pages, 1)
        column.addWidget(self.status)
        whole.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCentralWidget(whole)
        whole.setFocus()  # else the first button would wear the ring of the keyboard before a key was pressed
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.setInterval(REFRESH_MS)
        self._refresh_timer.timeout.connect(self.refresh)
        self.announcer = RunAnnouncer(self.bench.runs, self)
        self.announcer.said.connect(self._on_run_ended)
        self._connect(reporter)
        self._restore_size()
        self._mark_theme()
        self.refresh()

    # Commands.

    def _add_commands(self) -> None:
        add = self.commands.add
        bench = self.bench
        add("new", "New project", lambda: bench.shelf.new_project(), ("Ctrl+N",))
        add("open", "Open project…", self._choose_project, ("Ctrl+O",))
        add("import", "Add data…", self._choose_data, ("Ctrl+I",))
        add("import_model", "Import an ONNX model…", self._choose_model)
        add("save", "Save", bench.project.save, ("Ctrl+S",))
        add("save_copy", "Save a copy…", self._save_copy, ("Ctrl+Shift+S",))
        add("export_drawing", "Export the drawing…", lambda: self._on_design("export_drawing"), ("Ctrl+Shift+E",))
        add("print", "Print the drawing…", lambda: self._on_design("print_drawing"), ("Ctrl+P",))
        add("close", "Close project", bench.project.close, ("Ctrl+W",))
        add("find", "Find a node", self._find, ("Ctrl+F",))
        add("train", "Train", self.train, ("Ctrl+Return", "Ctrl+Enter"))
        add("step", "A training step in numbers", self._show_step, ("F8",))
        add("restart_engine", "Start the engine again", bench.engine.start)
        add("tour", "Guided tour", self.show_tour, ("Ctrl+F1",))
        add("help", "Help", self.show_help, ("F1",))
        add("about", "About this project", bench.shelf.read_about, ("Shift+F1",))
        add("quit", "Quit", self.close, ("Ctrl+Q",))
        add_tab_commands(self.commands, self.go_to_tab)
        add_theme_commands(self.commands, self, self._choose_theme)
        wheel = add("wheel_pans", "Mouse wheel moves the canvas")
        wheel.setCheckable(True)
        wheel.setChecked(bench.settings.values.wheel_pans)
        wheel.toggled.connect(lambda on: bench.settings.update(wheel_pans=on))
        still = add("less_motion", "Less motion")
        still.setCheckable(True)
        still.setChecked(bench.settings.values.less_motion)
        still.toggled.connect(lambda on: bench.settings.update(less_motion=on))
        still.toggled.connect(set_less_motion)
        set_less_motion(still.isChecked())

    def _connect(self, reporter: ErrorReporter) -> None:
        bench = self.bench
        self.top.tab_chosen.connect(self.show_tab)
        self.top.train_clicked.connect(self.train)
        self.status.problems_clicked.connect(self._show_problems)
        self.start.refused.connect(self._say_refused)
        self.start.tour_requested.connect(self.show_tour)
        bench.settings.changed.connect(self._name_tour)
        self._name_tour()
        self.start.chooser_requested.connect(self._choose)
        self.import_dialog: ImportDialog | None = None
        """The one that is open."""
        self.bench.importing.changed.connect(self._on_importing)
        self.start.open_requested.connect(bench.project.open_soon)
        project = bench.project
        project.opened.connect(self._on_opened)
        project.open_failed.connect(self._on_open_failed)
        project.refused.connect(self._on_refused)
        project.save_failed.connect(self._on_save_failed)
        project.saved.connect(lambda: self.banners.drop("save"))
        for signal in (project.state_changed, project.changed, project.checked):
            signal.connect(self._refresh_soon)
        for signal in (bench.runs.readiness_changed, bench.runs.events_arrived, bench.runs.active_changed):
            signal.connect(self._refresh_soon)
        for signal in (bench.data.changed, bench.evaluation.changed, bench.engine.state_changed, bench.engine.ready):
            signal.connect(self._refresh_soon)
        bench.data.samples_wanted.connect(lambda _chosen: self.go_to_tab("data"))
        bench.runs.start_failed.connect(self._on_start_failed)
        bench.shelf.failed.connect(self._on_shelf_failed)
        bench.shelf.about_read.connect(self._show_about)
        bench.shelf.example_opened.connect(self._on_example)
        bench.shelf.recent_checked.connect(lambda recent: self.menu.set_recent(recent, bench.project.open_soon))
        bench.settings.changed.connect(bench.shelf.check_recent)
        bench.engine.state_changed.connect(self._on_engine_state)
        reporter.reported.connect(self._on_error_reported)

    # What the whole window shows.

    def _refresh_soon(self, *_what: object) -> None:
        if not self._refresh_timer.isActive():
            self._refresh_timer.start()

    def refresh(self) -> None:
        """Bring top bar, status line and commands up to date."""
        bench, project = self.bench, self.bench.project
        is_open = project.directory is not None
        self.top.show_project(self._name(), self._saved_words())
        self.setWindowTitle(self.announcer.title(self._name()) if is_open else "Netwright")
        self.top.show_device(bench.engine.state, bench.engine.info, bench.engine.reason)
        self._refresh_train()
        words = status_words(bench, self.tab())
        self.status.show_problems(words.errors, words.warnings)
        self.status.show_left(words.parts)
        self.status.show_right(engine_words(bench.engine))
        closed = "" if is_open else "Open a project first."
        read_only = closed or ("This project is open for reading only." if project.read_only else "")
        for name in ("save_copy", "export_drawing", "print", "close", "find", "step", *(f"tab.{tab}" for tab in TABS)):
            self.commands.set_blocked(name, closed)
        for name in ("save", "import"):
            self.commands.set_blocked(name, read_only)
        self.commands.set_blocked("train", closed)
        gone = "" if bench.engine.state == "dead" else "The engine is running."
        self.commands.set_blocked("restart_engine", gone)

    def _refresh_train(self) -> None:
        runs = self.bench.runs
        if runs.active is not None:
            summary = runs.summary(runs.active)
            word = "Paused" if summary is not None and summary.state == "paused" else "Training"
            self.top.show_train(f"{word} {runs.progress():.0%}".replace("%", " %"), "", "")
            self.top.train.setToolTip("Show the run in the Train tab")
        elif runs.starting:
            self.top.show_train("Starting", "", "")
        else:
            self.top.show_train("Train", "play", runs.reason_not_to_start())

    def _name(self) -> str:
        project = self.bench.project
        return "" if project.directory is None else project.project.name or project.directory.name

    def _saved_words(self) -> str:
        project = self.bench.project
        if project.read_only:
            return "read only"
        if project.save_error is not None:
            return "not saved"
        if project.saving:
            return "saving"
        return "edited" if project.dirty else "saved"

    # Tabs.

    def tab(self) -> str:
        """The tab shown; "" for the start page."""
        shown = self.pages.currentWidget()
        return next((name for name, widget in self._tabs.items() if widget is shown), "")

    def show_tab(self, tab: str) -> None:
        """Show a tab, made now if it is the first time."""
        if self.bench.project.directory is None or tab == self.tab():
            return
        widget = self._tabs.get(tab)
        if widget is None:
            widget = self._tabs[tab] = self._make_tab(tab)
            self.pages.addWidget(widget)
        self.pages.setCurrentWidget(widget)
        self.top.show_tab(tab)
        project = self.bench.project.project
        project.view = msgspec.structs.replace(project.view, tab=tab)  # goes to disk with the next edit
        self.refresh()

    def tab_widget(self, tab: str) -> QWidget | None:
        """The widget of a tab, None while it was never shown."""
        return self._tabs.get(tab)

    def go_to_tab(self, tab: str) -> None:
        """Show a tab and give it the focus: from the keyboard, or when a project is opened."""
        self.show_tab(tab)
        focus_first = getattr(self._tabs.get(tab), "focus_first", None)
        if focus_first is not None:
            focus_first()

    def _make_tab(self, tab: str) -> QWidget:
        QGuiApplication.setOverrideCursor(self.cursor())
        try:
            return self._tab_makers()[tab]()
        except Exception as error:  # noqa: BLE001 - the user is told in the tab's place and in a banner
            sys.excepthook(type(error), error, error.__traceback__)
            return EmptyState("error", "This tab can't be shown.", "The others work on; the message above says more.")
        finally:
            QGuiApplication.restoreOverrideCursor()

    def _tab_makers(self) -> dict[str, Callable[[], QWidget]]:
        bench = self.bench

        def data() -> QWidget:
            from gui.data.tab import DataTab

            tab = DataTab(project=bench.project, data=bench.data, checks=bench.data_checks, look=bench.look)
            tab.chooser_requested.connect(self._choose)
            tab.refused.connect(self._say_refused)
            tab.paths_given.connect(self._take_in)
            tab.head_start_requested.connect(lambda: self._on_design("begin_pretrained"))
            return tab

        def design() -> QWidget:
            from gui.design.tab import DesignTab

            tab = DesignTab(
                project=bench.project,
                selection=bench.selection,
                runs=bench.runs,
                settings=bench.settings,
                engine=bench.engine,
                worked=bench.worked,
                look=bench.look,
            )
            tab.said.connect(self._say_refused)
            return tab

        def train() -> QWidget:
            from gui.train.tab import TrainTab

            tab = TrainTab(project=bench.project, runs=bench.runs, data=bench.data, engine=bench.engine, in_pieces=True)
            tab.said.connect(self._say_refused)
            return tab

        def evaluate() -> QWidget:
            from gui.evaluate.tab import EvaluateTab

            tab = EvaluateTab(project=bench.project, runs=bench.runs, evaluation=bench.evaluation, data=bench.data)
            tab.tab_wanted.connect(self.go_to_tab)
            return tab

        def use() -> QWidget:
            from gui.use.tab import UseTab

            tab = UseTab(
                project=bench.project,
                runs=bench.runs,
                use=bench.use,
                data=bench.data,
                apps=bench.apps,
                variants=bench.variants,
            )
            tab.node_wanted.connect(self._show_node)
            return tab

        return {"data": data, "design": design, "train": train, "evaluate": evaluate, "use": use}

    # Commands carried out.

    def train(self) -> None:
        """The Train button: start a run, or say why none can start; during a run, show it."""
        runs = self.bench.runs
        if runs.active is None and not runs.starting:
            reason = runs.reason_not_to_start()
            if reason:
                self.banners.say("train", "warning", "Training can't start yet", reason, self._help_with(reason))
                return
            self.banners.drop("train")
            runs.start()
        self.show_tab("train")

    def _help_with(self, reason: str) -> list[tuple[str, Callable[[], None]]]:
        tab = "data" if "data" in reason else "design" if "network" in reason else ""
        if self.bench.engine.state == "dead":
            return [("Start the engine", self.bench.engine.start)]
        if not tab or tab == self.tab():
            return []
        return [(f"Show the {tab.capitalize()} tab", lambda: self.go_to_tab(tab))]

    def _choose_project(self) -> None:
        path = choosers.choose_project(self, self.bench.shelf.home)
        if path is not None:
            self.bench.project.open_soon(path)

    def _choose_data(self) -> None:
        self.show_tab("data")
        self._choose("file")

    def _choose_model(self) -> None:
        path = choosers.choose_model(self)
        if path is not None:
            self.bench.importing.start(path)

    def _choose(self, what: str) -> None:
        """ "project" opens one, "model" becomes one; "folder" and "file" are data."""
        if what in ("project", "model"):
            self._choose_project() if what == "project" else self._choose_model()
            return
        path = choosers.choose_data_folder(self) if what == "folder" else choosers.choose_data_file(self)
        if path is not None:
            self._take_in([path])

    def _take_in(self, paths: list[Path]) -> None:
        wrong = self.bench.shelf.take_in(paths)
        if wrong:
            self._say_refused(wrong)
        elif self.bench.project.directory is not None and self.bench.importing.state == "idle":
            self.show_tab("data")

    def _save_copy(self) -> None:
        directory = self.bench.project.directory
        if directory is None:
            return
        to = choosers.choose_new_folder(self, self.bench.shelf.home / f"{directory.name}-copy")
        if to is not None:
            self.bench.shelf.save_copy(to)

    def _on_design(self, what: str) -> None:
        """Show the Design tab and call one of its commands."""
        self.go_to_tab("design")
        do = getattr(self._tabs.get("design"), what, None)
        if do is not None:
            do()

    def _show_node(self, node_id: str) -> None:
        """Show a node, by its id in the flat form, where it is drawn."""
        self.show_tab("design")
        reveal = getattr(self._tabs.get("design"), "reveal", None)
        if reveal is not None:
            reveal(node_id)

    def _find(self) -> None:
        self._on_design("find_node")

    def _show_step(self) -> None:
        self.show_tab("design")
        self._on_design("show_step")

    def _show_problems(self) -> None:
        self._on_design("show_problems")

    def _choose_theme(self, theme: str) -> None:
        self.bench.settings.update(theme=theme)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, theme)
        self._mark_theme()

    def _mark_theme(self) -> None:
        theme = self.bench.settings.values.theme
        self.commands.actions[f"theme.{theme if theme in dict(THEMES) else 'system'}"].setChecked(True)

    def show_tour(self) -> None:
        """The guided tour, from where it was left; shown already, its card gets the keyboard."""
        if self.tour is None:
            from gui.tour.guide import Guide

            self.tour = Guide(self, self)
            self.tour.said.connect(self._say_refused)
        self.tour.open()

    def _name_tour(self) -> None:
        """The tour's command and button say how far a person has come."""
        words = tour_words(self.bench.settings.values.tour_step)
        self.commands.actions["tour"].setText(words)
        self.start.tour.set_text(words)

    def show_help(self) -> None:
        """Help on what has the focus: the nearest widget that names a page (property `help`), else the tab's page."""
        page, anchor = self.tab() or "index", ""
        widget: QWidget | None = QApplication.focusWidget()
        while widget is not None:
            named = widget.property("help")
            if isinstance(named, str) and named:
                page, _, anchor = named.partition("#")
                break
            widget = widget.parentWidget()
        self._help_window().open_page(page, anchor)
        self._raise_help()

    def _show_about(self, text: str) -> None:
        """What the open project says of itself."""
        if not text.strip():
            self.toast.say("This project has no README.md that would tell about it.")
            return
        self._help_window().open_project_page(text)
        self._raise_help()

    def _help_window(self) -> "HelpWindow":
        from gui.frame.help_window import HelpWindow

        if self._help is None:
            self._help = HelpWindow(self)
        return self._help

    def _raise_help(self) -> None:
        window = self._help_window()
        window.show()
        window.raise_()
        window.activateWindow()

    # What models say.

    def _on_importing(self) -> None:
        if self.bench.importing.state == "idle" or self.import_dialog is not None:
            return
        self.import_dialog = ImportDialog(self.bench.importing, self)
        self.import_dialog.finished.connect(self._on_import_closed)
        self.import_dialog.open()

    def _on_import_closed(self) -> None:
        self.import_dialog = None

    def _on_opened(self) -> None:
        from gui.models.pretrained import to_be_fetched  # the start page needs nothing of it

        project = self.bench.project
        self.banners.clear()
        self._failed_opening = None
        if project.directory is None:
            self.pages.setCurrentWidget(self.start)
            self.bench.shelf.check_recent()
            self.refresh()
            return
        tab = project.project.view.tab
        if tab not in TABS:
            tab = "design"
        if not project.project.graph.nodes and not project.project.data.sources:
            tab = "data"
        if self.tab() == tab:
            self.refresh()
        if self.bench.importing.state == "done":
            tab = "design"  # where the report says what became of the model
        if to_be_fetched(project) is not None:
            tab = "design"  # which asks for it
        self.go_to_tab(tab)
        if project.read_only:
            self.banners.say(
                "read_only",
                "info",
                "Read only",
                project.read_only_reason,
                [("Save a copy", self._save_copy)],
                closable=False,
            )
        if project.notes:
            self.banners.say("recovered", "info", "Welcome back", " ".join(project.notes))

    def _on_example(self, name: str) -> None:
        self.toast.say(f"This is your own copy: {name}.", "What happens inside", self.bench.shelf.read_about)

    def _on_open_failed(self, directory: Path, error: NetwrightError) -> None:
        self._failed_opening = directory
        buttons: list[tuple[str, Callable[[], None]]] = []
        if "last good version" in error.hint:
            buttons.append(("Open the last good version", lambda: self.bench.project.restore_soon(directory)))
        self.banners.say("open", "error", f"{directory.name} can't be opened", sentence(error), buttons)
        self.refresh()

    def _on_refused(self, error: NetwrightError) -> None:
        self.toast.say(f"{error.message} {error.hint}".strip())

    def _say_refused(self, text: str) -> None:
        self.toast.say(text)

    def _on_save_failed(self, error: NetwrightError) -> None:
        project = self.bench.project
        buttons: list[tuple[str, Callable[[], None]]]
        if isinstance(error, ChangedOnDisk):
            buttons = [
                ("Keep mine", project.keep_mine),
                ("Take the one on disk", project.take_theirs),
                ("Keep both", self._save_copy),
            ]
        else:
            buttons = [("Try again", project.save), ("Save a copy", self._save_copy)]
        text = f"{sentence(error)} Your changes are kept and saving is tried again."
        if isinstance(error, ChangedOnDisk):
            text = sentence(error)
        self.banners.say("save", "error", "Not saved", text, buttons, closable=False)
        self.refresh()

    def _on_run_ended(self, text: str, run: int) -> None:
        if self.tab() == "train" and self.bench.runs.current == run:
            self.toast.say(text)
        else:
            self.toast.say(text, "Show it", lambda: self._show_run(run))

    def _show_run(self, run: int) -> None:
        self.bench.runs.select(run)
        self.go_to_tab("train")

    def _on_start_failed(self, error: NetwrightError) -> None:
        from gui.models.pretrained import to_be_fetched  # the start page needs nothing of it

        buttons: list[tuple[str, Callable[[], None]]] = []
        if to_be_fetched(self.bench.project) is not None:  # the person has declined before
            buttons.append(("Fetch the weights…", lambda: self._on_design("offer_missing")))
        self.banners.say("train", "error", "Training could not start", sentence(error), buttons)

    def _on_shelf_failed(self, error: NetwrightError) -> None:
        self.banners.say("shelf", "error", "That did not work", sentence(error))

    def _on_engine_state(self, state: str) -> None:
        engine = self.bench.engine
        if state == "dead":
            self.banners.say(
                "engine",
                "error",
                "The engine does not run",
                f"{engine.reason} You can go on drawing; runs that are training go on.",
                [("Start it again", engine.start)],
            )
        elif state == "restarting":
            self.banners.say("engine", "warning", "The engine is being started again", engine.reason)
        elif state in ("ready", "busy"):
            self.banners.drop("engine")

    def _on_error_reported(self, text: str, details: str) -> None:
        self.banners.say(
            "error",
            "error",
            "Something went wrong inside Netwright",
            f"Your work is safe and you can go on. {text}",
            [("Copy the details", lambda: QGuiApplication.clipboard().setText(details))],
        )

    # Qt.

    @guarded
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    @guarded
    def dropEvent(self, event: QDropEvent) -> None:
        paths = dropped_paths(event.mimeData())
        event.acceptProposedAction()
        if paths:
            self._take_in(paths)

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.isVisible() and not self.isMaximized() and not self.isFullScreen():
            self.bench.settings.update(window_width=self.width(), window_height=self.height())

    @guarded
    def closeEvent(self, event: QCloseEvent) -> None:
        runs, project = self.bench.runs, self.bench.project
        if project.dirty and project.save_error is not None and not self._close_unsaved:
            self.banners.say(
                "save",
                "error",
                "Your last changes are not saved",
                f"{sentence(project.save_error)} They are kept on record and come back at the next opening.",
                [("Try again", project.save), ("Save a copy", self._save_copy), ("Close anyway", self._close_anyway)],
                closable=False,
            )
            event.ignore()
            return
        if runs.active is not None:
            answer = self._ask_about_run(runs.active)
            if answer is None:
                event.ignore()
                return
            if answer is WhenClosing.STOP:
                for run in runs.active_runs:
                    runs.stop(run)
        self.bench.settings.update(maximized=self.isMaximized())
        event.accept()

    def _close_anyway(self) -> None:
        self._close_unsaved = True
        self.close()

    def _ask_about_run(self, run: int) -> WhenClosing | None:
        settings = self.bench.settings
        if settings.values.when_closing is not WhenClosing.ASK:
            return settings.values.when_closing
        dialog = ClosingDialog(run, self.bench.runs.progress(), self)
        dialog.exec()
        if dialog.answer is not None and dialog.remember.isChecked():
            settings.update(when_closing=dialog.answer)
        return dialog.answer

    def _restore_size(self) -> None:
        values = self.bench.settings.values
        screen = QGuiApplication.primaryScreen()
        room = screen.availableSize() if screen is not None else None
        width, height = values.window_width or FIRST_SIZE[0], values.window_height or FIRST_SIZE[1]
        if room is not None:  # a window remembered from a larger screen still fits this one
            width, height = min(width, room.width()), min(height, room.height())
        self.resize(max(width, SMALLEST[0]), max(height, SMALLEST[1]))


def sentence(error: NetwrightError) -> str:
    """An error as one line: what, where, expected and found, what to do."""
    parts = [error.message]
    if error.where and error.where not in error.message:
        parts.append(f"({error.where})")
    if error.expected:
        parts.append(f"Expected {error.expected}" + (f", found {error.found}." if error.found else "."))
    if error.hint:
        parts.append(error.hint)
    return " ".join(parts)

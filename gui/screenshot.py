"""`netwright screenshot`: a picture of a tab, drawn offscreen by the real window once everything in it is loaded."""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from engine.document import files
from engine.document.atomic import write_atomically
from engine.errors import NetwrightError, UsageError
from engine.protocol.faults import fault

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from gui.window import MainWindow
    from gui.workbench import Workbench

TABS: Final = ("data", "design", "train", "evaluate", "use")
THEMES: Final = ("dark", "light")
SIZE: Final = (1600, 1000)
LARGEST: Final = 8000
WITHIN_S: Final = 180.0
QUIET_S: Final = 0.6  # nothing may be under way for as long before the picture is taken
SETTLE_S: Final = 0.4  # for animations and charts that draw at their own pace


def main(argv: Sequence[str]) -> int:
    """The command line of `netwright screenshot`; returns the exit code."""
    as_json = "--json" in argv
    try:
        options = _options([part for part in argv if part != "--json"])
        screenshot(options.project, options.tab, options.to, options.theme, options.size, ratio=options.ratio)
    except NetwrightError as error:
        _say(json.dumps({"error": error.as_dict()}) if as_json else _words(error), as_json)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the user is told, with the trace on stderr
        told, details = fault(error)
        sys.stderr.write(details)
        _say(json.dumps({"error": told}) if as_json else told["message"], as_json)
        return 3
    answer = {"file": str(options.to.absolute()), "width": options.size[0], "height": options.size[1]}
    sys.stdout.write(f"{json.dumps(answer) if as_json else options.to}\n")
    return 0


def screenshot(
    project_dir: Path,
    tab: str,
    to: Path,
    theme: str = "dark",
    size: tuple[int, int] = SIZE,
    *,
    ratio: float = 1.0,
    within_s: float = WITHIN_S,
) -> None:
    """Write a PNG of a tab. Starts an engine of its own and leaves settings and recent projects alone.

    `ratio` is the number of device pixels a side of a pixel has. What is not loaded after `within_s` seconds is drawn
    as it is. Raises ProjectError when the project cannot be opened. For a process that has no other QApplication.
    """
    folder = files.project_folder(project_dir)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if ratio != 1.0:
        os.environ["QT_SCALE_FACTOR"] = str(ratio)
    from gui.app import application
    from gui.engine_client import EngineClient
    from gui.frame.error_reporter import ErrorReporter
    from gui.models.settings import Settings
    from gui.widgets.theme import apply_theme
    from gui.window import MainWindow
    from gui.workbench import Workbench

    app = application()
    with tempfile.TemporaryDirectory() as config:
        settings = Settings(Path(config))
        settings.update(theme=theme)
        apply_theme(app, theme)
        bench = Workbench(settings, EngineClient())
        errors = Path(config) / "errors.log"
        reporter = ErrorReporter(errors)
        reporter.install()
        window = MainWindow(bench, reporter)
        try:
            window.resize(*size)
            window.show()
            bench.engine.start()
            bench.project.open(folder)
            window.go_to_tab(tab)
            _wait(app, bench, within_s)
            window.pages.setFocus()  # a picture shows no ring of the keyboard
            app.processEvents()
            _write(window, to)
            if errors.exists() and errors.stat().st_size:
                raise RuntimeError(errors.read_text(encoding="utf-8", errors="replace")[:4000])
        finally:
            reporter.uninstall()
            window.hide()
            bench.shut_down()
            window.deleteLater()


def _wait(app: "QApplication", bench: "Workbench", within_s: float) -> None:
    """Let the window work until it has been quiet for a while."""
    end = time.monotonic() + within_s
    quiet_since = time.monotonic()
    while time.monotonic() < end:
        app.processEvents()
        now = time.monotonic()
        if is_busy(bench):
            quiet_since = now
        elif now - quiet_since > QUIET_S:
            break
        time.sleep(0.01)
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.01)


def is_busy(bench: "Workbench") -> bool:
    """Whether anything is under way that will change what the window shows; training does not count."""
    return (
        bench.engine.state in ("starting", "restarting", "busy")
        or bench.engine.waits
        or bench.data.state in ("importing", "describing")
        or bench.runs.loading
        or bench.evaluation.state == "working"
        or bench.use.predict_state == "working"
        or bench.use.export_state == "working"
        or bench.project.saving
    )


def _write(window: "MainWindow", to: Path) -> None:
    from PySide6.QtCore import QBuffer, QIODevice

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    try:
        to.absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NetwrightError(
            f"The folder for {to.name} cannot be made: {error.strerror}.", where=str(to.parent), hint="Choose another."
        ) from None
    write_atomically(to, bytes(buffer.data().data()))


class _Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", where=self.prog, hint=f"See `{self.prog} --help`.")


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(prog="netwright screenshot", description="A picture of a tab, once all is loaded.")
    parser.add_argument("project", type=Path, metavar="PROJECT")
    parser.add_argument("--tab", choices=TABS, required=True)
    parser.add_argument("--to", type=Path, required=True, metavar="FILE.png")
    parser.add_argument("--theme", choices=THEMES, default="dark")
    parser.add_argument("--size", type=_size, default=SIZE, metavar="WxH")
    parser.add_argument("--ratio", type=float, choices=(1.0, 2.0), default=1.0, help="device pixels a pixel")
    return parser.parse_args(argv)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (
        width.isdecimal() and height.isdecimal() and 200 <= int(width) <= LARGEST and 200 <= int(height) <= LARGEST
    ):
        raise argparse.ArgumentTypeError(f"'{text[:20]}' is no size; write 1600x1000, each side 200 to {LARGEST}")
    return int(width), int(height)


def _words(error: NetwrightError) -> str:
    parts = [error.message, f"({error.where})" if error.where else "", error.hint]
    return " ".join(part for part in parts if part)


def _say(text: str, as_json: bool) -> None:
    write: Callable[[str], object] = sys.stdout.write if as_json else sys.stderr.write
    write(text + "\n")

"""`make run`: the window on the example garments, or where there is no display the main job done by itself."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QTimer, SignalInstance

from engine.document.copying import copy_project

ROOT = Path(__file__).parents[1]
EXAMPLE = "garments"
BUILD = ROOT / "build"
SIZE = (1600, 1000)
DRAW_S = 0.8  # what the window draws at its own pace (charts, details of nodes) is there by then


def main() -> int:
    """Open the example, or do the main job offscreen where no display can be had. Returns the exit code."""
    project = _copy_of_example()
    if _has_display():
        from gui.app import main as open_window

        return open_window(project)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    print("There is no display, so Netwright does the main job by itself, offscreen.", flush=True)
    return _MainJob(project).run()


def _copy_of_example() -> Path:
    """The project to work on: a copy, made once, so that the shipped example stays as it is."""
    project = BUILD / EXAMPLE
    if not (project / "project.json").exists():
        copy_project(ROOT / "projects" / EXAMPLE, project)
    return project


def _has_display() -> bool:
    """Whether a window can be shown: asked of Qt in a process of its own, since Qt ends a process that cannot."""
    if sys.platform in ("win32", "darwin"):
        return True
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return False
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    ask = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
    try:
        return subprocess.run([sys.executable, "-c", ask], capture_output=True, timeout=20).returncode == 0
    except subprocess.TimeoutExpired:
        return False


class _Failed(Exception):
    """A step of the main job could not be done; the text says why."""


class _MainJob:
    """Opens the example in the real window, trains with its Train button, evaluates, tries, exports and checks."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.pictures = BUILD / "pictures"
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.export = project / "exports" / f"{EXAMPLE}.onnx"

    def run(self) -> int:
        """Do every step; one line each. Returns 0 when all went well, 1 otherwise."""
        os.environ.setdefault("NETWRIGHT_CONFIG_DIR", str(BUILD / "settings"))
        from gui.app import application
        from gui.engine_client import EngineClient
        from gui.frame.error_reporter import ErrorReporter
        from gui.models.settings import Settings
        from gui.widgets.theme import apply_theme
        from gui.window import MainWindow
        from gui.workbench import Workbench

        app = application()
        apply_theme(app, "dark")
        settings = Settings()
        bench = Workbench(settings, EngineClient())
        reporter = ErrorReporter(settings.directory / "errors.log")
        reporter.install()
        self.bench = bench
        self.window = MainWindow(bench, reporter)
        self.window.resize(*SIZE)
        self.window.show()
        try:
            bench.engine.start()
            self._open()
            self._train()
            self._evaluate()
            self._try_it()
            self._export()
            self._check_elsewhere()
        except _Failed as failure:
            print(f"\nStopped: {failure}", flush=True)
            return 1
        finally:
            bench.shut_down()
            reporter.uninstall()
        print("\nWhere everything is")
        print(f"  project   {self.project}\n  pictures  {self.pictures}\n  model     {self.export}")
        return 0

    # Steps.

    def _open(self) -> None:
        bench = self.bench
        bench.project.open_soon(self.project)
        self._wait("Opening the example", [bench.project.opened, bench.project.open_failed], lambda: self._opened())
        self.window.show_tab("data")
        described = [bench.data.changed, bench.data.progressed]
        self._wait("Reading the data", described, lambda: self._settled(bench.data.state, bench.data.error, "ready"))
        assert bench.data.description is not None
        cards = range(min(60, bench.data.description.samples))
        self._wait("", [bench.data.cards_arrived], lambda: all(bench.data.card(index) is not None for index in cards))
        self._picture("data")
        self.window.show_tab("design")
        self._picture("design")
        _say("Opened the example", f"{bench.data.description.samples:,} pictures")

    def _opened(self) -> bool:
        if self.bench.project.opening is None and self.bench.project.directory is None:
            raise _Failed(f"{self.project} cannot be opened.")
        return self.bench.project.directory is not None

    def _train(self) -> None:
        runs = self.bench.runs
        self._wait("Starting the engine", [runs.readiness_changed], lambda: not runs.reason_not_to_start(), 60)
        self.window.top.train.click()
        began = time.monotonic()
        signals = [runs.active_changed, runs.events_arrived, runs.start_failed]
        self._wait("Starting the run", signals, lambda: runs.active is not None, 60)
        run = runs.active
        assert run is not None
        self.window.show_tab("train")
        middle = {"taken": False}

        def done() -> bool:
            if not middle["taken"] and runs.progress() > 0.6:
                middle["taken"] = True
                self._picture("train")
            _bar("Training", runs.progress(), began)
            return runs.active is None

        self._wait("", signals, done, 3600)
        summary = runs.summary(run)
        if summary is None or summary.state != "finished":
            words = summary.error.get("message", summary.state) if summary else "no run"
            raise _Failed(f"the run did not finish: {words}")
        if not middle["taken"]:
            self._picture("train")
        best = ", ".join(f"{name} {value:.3f}" for name, value in summary.best.items())
        _say("Trained", f"{summary.epochs} epochs in {time.monotonic() - began:.0f} s; best on validation: {best}")

    def _evaluate(self) -> None:
        evaluation = self.bench.evaluation
        self.window.show_tab("evaluate")
        evaluation.evaluate("best", "test")
        signals = [evaluation.changed, evaluation.progressed]
        self._wait("Evaluating", signals, lambda: self._settled(evaluation.state, evaluation.error, "done"))
        assert evaluation.result is not None
        wrong = [mistake.index for mistake in evaluation.result.outputs[0].mistakes[:12]]
        data = self.bench.data
        self._wait("", [data.cards_arrived], lambda: all(data.card(index) is not None for index in wrong))
        self._picture("evaluate")
        scores = ", ".join(f"{name} {value:.3f}" for name, value in evaluation.result.outputs[0].metrics.items())
        _say("Evaluated", f"{evaluation.result.samples:,} test pictures: {scores}")

    def _try_it(self) -> None:
        from PySide6.QtGui import QImage

        data, use = self.bench.data, self.bench.use
        assert data.description is not None
        index = data.description.splits.index(b"\x02")
        self._wait("", [data.cards_arrived], lambda: data.card(index) is not None)
        card = data.card(index)
        assert card is not None
        self.sample = self.pictures / "sample.png"
        image = QImage(card.rgb, card.width, card.height, card.width * 3, QImage.Format.Format_RGB888)
        image.save(str(self.sample))
        self.window.show_tab("use")
        field = self.bench.project.project.data.inputs()[0].name
        use.predict([{field: str(self.sample)}])
        self._wait("Trying a picture", [use.changed], lambda: self._settled(use.predict_state, use.error, "done"))
        assert use.prediction is not None
        answer = next(iter(use.prediction.predictions[0].outputs.values()))
        _say("Tried a picture", f"it is labelled {card.label}, the answer is {answer.value}")

    def _export(self) -> None:
        use = self.bench.use
        self.export.parent.mkdir(exist_ok=True)
        use.export(self.export)
        signals = [use.changed, use.progressed]
        self._wait("Exporting", signals, lambda: self._settled(use.export_state, use.error, "done"))
        result = use.export_result
        assert result is not None
        self._picture("use")
        proof = result.verified
        _say(
            "Exported",
            f"{result.bytes:,} bytes, opset {result.opset}; same answers {proof.same_answers} of {proof.samples}, "
            f"largest difference {proof.max_abs_difference:.1e}",
        )

    def _check_elsewhere(self) -> None:
        """The exported file answers in a process of its own, by onnxruntime, as another program would use it."""
        command = [sys.executable, "-m", "gui.command", "predict", str(self.export), str(self.sample), "--json"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
        if done.returncode != 0:
            raise _Failed(f"the exported file does not answer: {done.stdout}{done.stderr}"[:500])
        answer: dict[str, Any] = json.loads(done.stdout)["predictions"][0]["outputs"]
        assert self.bench.use.prediction is not None
        here = next(iter(self.bench.use.prediction.predictions[0].outputs.values())).value
        there = next(iter(answer.values()))["value"]
        if here != there:
            raise _Failed(f"the exported file answers {there}, the window {here}")
        _say("Checked in onnxruntime", f"another process reads the file and answers {there}")

    # Waiting, drawing, telling.

    def _settled(self, state: str, error: Any, good: str) -> bool:
        if state == "failed":
            raise _Failed(getattr(error, "message", "") or str(error))
        return state == good

    def _wait(self, what: str, signals: list[SignalInstance], done: Callable[[], bool], limit_s: float = 600) -> None:
        """Let the window work until `done`; it is asked at each of the signals and some times a second for progress."""
        if what:
            print(f"{what} ...", flush=True)
        loop, failure, end = QEventLoop(), list[BaseException](), time.monotonic() + limit_s

        def look(*_: object) -> None:
            try:
                if not done():
                    if time.monotonic() < end:
                        return
                    raise _Failed(f"{what or 'a step'} took longer than {limit_s:.0f} s")
            except BaseException as error:  # noqa: BLE001 - raised again below, outside of Qt's call
                failure.append(error)
            loop.quit()

        ticking = QTimer()
        ticking.timeout.connect(look)
        ticking.start(200)
        for signal in signals:
            signal.connect(look)
        QTimer.singleShot(0, look)
        loop.exec()
        ticking.stop()
        for signal in signals:
            signal.disconnect(look)
        if failure:
            raise failure[0]

    def _picture(self, tab: str) -> None:
        """Save what the window shows, after it has drawn itself."""
        from PySide6.QtWidgets import QApplication

        end = time.monotonic() + DRAW_S
        while time.monotonic() < end:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
            time.sleep(0.01)
        self.window.grab().save(str(self.pictures / f"{tab}.png"))


def _bar(what: str, share: float, began: float) -> None:
    """A progress bar in place on a terminal, a line every tenth elsewhere."""
    spent = time.monotonic() - began
    left = f"{spent / share - spent:4.0f} s left" if share > 0.02 else ""
    if sys.stdout.isatty():
        print(f"\r{what} [{'#' * int(share * 30):30}] {share:4.0%} {left}   ", end="", flush=True)
    elif int(share * 10) > _bar_shown.get(what, -1):
        _bar_shown[what] = int(share * 10)
        print(f"{what} [{'#' * int(share * 30):30}] {share:4.0%} {left}", flush=True)


_bar_shown: dict[str, int] = {}


def _say(what: str, words: str) -> None:
    print(f"\r{what}: {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

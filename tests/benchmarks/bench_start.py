"""How long the window takes to be seen, and to be usable while the engine still starts.

Seconds of wall clock from the start of the process, a fresh process each, disk warm; medians of several. Then the
first opening of the Train tab, with a run and its charts: the longest event of the window's thread on the way.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROUNDS = 5

_PROBE = """
import json, os, sys, time
import psutil
born = psutil.Process().create_time()
from pathlib import Path
from PySide6.QtCore import QTimer
from gui.app import application
from gui.engine_client import EngineClient
from gui.frame.error_reporter import ErrorReporter
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.window import MainWindow
from gui.workbench import Workbench
times = {}
app = application()
apply_theme(app, "dark")
settings = Settings()
engine = EngineClient()
bench = Workbench(settings, engine)
window = MainWindow(bench, ErrorReporter(settings.directory / "errors.log"))
window.show()
window.repaint()
times["visible"] = time.time() - born
def after():
    bench.project.open_soon(Path(sys.argv[1]))
    engine.start()
def opened():
    window.show_tab("design")
    window.repaint()
    times["usable"] = time.time() - born
def ready(*_):
    times["engine"] = time.time() - born
    app.quit()
bench.project.opened.connect(opened)
engine.ready.connect(ready)
QTimer.singleShot(0, after)
QTimer.singleShot(30000, app.quit)
app.exec()
assert "torch" not in sys.modules
times["megabytes"] = psutil.Process().memory_info().rss / 1e6
bench.shut_down()
print(json.dumps(times))
"""

_TRAIN_PROBE = """
import json, sys, tempfile, time
from pathlib import Path
from tests.benchmarks.bench_charts import TimedApplication, wait
app = TimedApplication(sys.argv[:1])
from gui.charts.preload import loader
from gui.frame.ahead import ImportAhead
from gui.frame.error_reporter import ErrorReporter
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.window import MainWindow
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import open_example
apply_theme(app, "dark")
with tempfile.TemporaryDirectory() as folder:
    bench = Workbench(Settings(Path(folder)), FakeEngine())
    window = MainWindow(bench, ErrorReporter(Path(folder) / "errors.log"))
    window.resize(1600, 1000)
    window.show()
    directory = open_example(bench, Path(folder))
    log = RunLog(directory, 1, steps=10)
    log.prepare()
    log.pin()
    for _ in range(3):
        log.train(1)
        log.see()
    log.finish()
    bench.project.open(directory)
    ahead = ImportAhead()
    loader().start()
    ahead.start()
    while not ahead.done or not loader().done or bench.runs.loading:
        app.processEvents()
    wait(0.3)
    app.spent.clear()
    app.depth = 1  # what the click does is an event of its own
    wall, processor = time.perf_counter(), time.thread_time()
    window.show_tab("train")
    app.spent.append(((time.perf_counter() - wall) * 1000, (time.thread_time() - processor) * 1000, "the click"))
    app.depth = 0
    tab = window.tab_widget("train")
    while not tab.is_made or not all(chart.is_built() for chart in tab.findChildren(type(tab.charts.loss.chart))):
        wait(0.01)
    all_ms = (time.perf_counter() - wall) * 1000
    wait(0.5)
    spent = max(app.spent, key=lambda one: one[1])
    figures = {"wall": max(one[0] for one in app.spent), "processor": spent[1], "all": all_ms, "sum": sum(
        one[1] for one in app.spent)}
    bench.shut_down()
print(json.dumps(figures))
"""


def train_tab() -> None:
    """Print what the first opening of the Train tab asks of the window's thread."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    rows = []
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, "-c", _TRAIN_PROBE], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise SystemExit(done.stderr[-2000:])
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    print("Train tab, first opening, a run with five charts")
    for key, name in (
        ("processor", "longest event, processor"),
        ("wall", "longest event, wall"),
        ("all", "until all is there"),
        ("sum", "processor in all"),
    ):
        bound = "  (asked: 16)" if key in ("processor", "wall") else ""
        print(f"  {name:26} {statistics.median(row[key] for row in rows):6.1f} ms{bound}")


def main() -> None:
    """Print the medians beside what is asked."""
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "penguins"
        command = [sys.executable, "-m", "gui.command", "new", str(project), "--from", "penguins", "--json"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "NETWRIGHT_CONFIG_DIR": folder}
        for _ in range(ROUNDS + 1):
            done = subprocess.run(
                [sys.executable, "-c", _PROBE, str(project)], cwd=ROOT, env=environment, capture_output=True, text=True
            )
            if done.returncode != 0:
                raise SystemExit(done.stderr[-2000:])
            rows.append(json.loads(done.stdout.splitlines()[-1]))
    rows = rows[1:]  # the first warms the disk
    names = {"visible": "window visible", "usable": "project open in Design", "engine": "engine ready"}
    for key, name in names.items():
        bound = "  (asked: under 1 s)" if key == "visible" else ""
        print(f"{name:24} {statistics.median(row[key] for row in rows):6.2f} s{bound}")
    print(f"{'memory of the window':24} {statistics.median(row['megabytes'] for row in rows):6.0f} MB")
    train_tab()


if __name__ == "__main__":
    main()

"""How long the window takes to be seen, and to be usable while the engine still starts.

Seconds of wall clock from the start of the process, a fresh process each, disk warm; medians of several.
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


if __name__ == "__main__":
    main()

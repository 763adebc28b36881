"""How soon a run of ten million steps is open, and how long the window waits meanwhile: run as a program.

`python -m tests.benchmarks.bench_run_log`. Two logs: as a run writes it, where the longer it lasts the more steps share
a number; and with a number for every single step, the worst a log can be.
"""

import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np

from engine.document import files
from engine.document.project import Project
from engine.protocol.run_events import EpochFinished, RunFinished, RunPrepared, RunStarted, StepsReported
from gui.charts.preload import loader
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.train.charts_panel import ChartsPanel
from gui.widgets.theme import apply_theme
from tests.benchmarks.bench_charts import TimedApplication
from tests.gui.fake_engine import FakeEngine

STEPS = 10_000_000
EPOCHS = 100


def write_log(folder: Path, stride: int, per_line: int) -> int:
    """A whole run; returns the size of the log."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    events: list[msgspec.Struct] = [
        RunStarted(run=1, name="long", pid=1, epochs=EPOCHS, seed=7, time=1.0),
        RunPrepared(
            device="cpu", precision="float32", samples=6_400_000, val_samples=1000,
            steps_per_epoch=STEPS // EPOCHS, batch_size=64, parameters=10**6, time=1.0,
        ),
    ]  # fmt: skip
    epoch = 0
    step = 0
    while step < STEPS:
        loss = np.exp(-np.arange(step, step + per_line * stride, stride) / STEPS * 4) + rng.normal(0, 0.03, per_line)
        told = [float(f"{value:.6g}") for value in loss]
        low, high = ([value - 0.1 for value in told], [value + 0.1 for value in told]) if stride > 1 else ([], [])
        events.append(
            StepsReported(
                first_step=step + 1, loss=told, learning_rate=1e-3, samples_per_s=1e5, epoch=epoch + 1, stride=stride,
                low=low, high=high, time=1.0 + step / 1e4,
            )
        )  # fmt: skip
        step += per_line * stride
        while (epoch + 1) * STEPS // EPOCHS <= step and epoch < EPOCHS:
            epoch += 1
            at = 1.0 + step / 1e4
            events.append(
                EpochFinished(
                    epoch=epoch, step=epoch * STEPS // EPOCHS, train={"loss": 0.5, "accuracy": 0.8},
                    val={"loss": 0.6, "accuracy": 0.7}, seconds=1.0, samples_per_s=1e5, learning_rate=1e-3, time=at,
                )
            )  # fmt: skip
    events.append(
        RunFinished(epochs=EPOCHS, seconds=1.0, samples_per_s=1e5, best_epoch=1, best={"loss": 0.5}, time=2e3)
    )
    data = b"\n".join(msgspec.json.encode(event) for event in events) + b"\n"
    (folder / "events.jsonl").write_bytes(data)
    return len(data)


def main() -> None:
    """Print both."""
    app = TimedApplication(sys.argv[:1])
    apply_theme(app, "dark")
    loader().start()
    loader().wait()
    for words, stride, per_line in (("as a run writes it", 20, 500), ("every step a number", 1, 1000)):
        with tempfile.TemporaryDirectory() as place:
            directory = Path(place) / "p"
            files.create(directory, Project(name="p"))
            size = write_log(directory / "runs" / "0001", stride, per_line)
            model = ProjectModel()
            runs = RunsModel(model, FakeEngine())
            panel = ChartsPanel(runs, model)
            panel.resize(1100, 700)
            panel.show()
            for _ in range(20):
                app.processEvents()
                time.sleep(0.01)
            app.spent.clear()
            begun, processor = time.perf_counter(), time.process_time()
            model.open(directory)
            while runs.loading:
                app.processEvents()
            read = time.perf_counter() - begun
            panel.compare([1])
            drawn: list[bool] = []
            panel.loss.chart.redrawn.connect(lambda drawn=drawn: drawn.append(True))
            while not drawn:
                app.processEvents()
            whole = time.perf_counter() - begun
            print(
                f"{STEPS:,} steps, {words}: {size / 1e6:.0f} MB, read after {read:.2f} s, drawn after {whole:.2f} s"
                f" ({time.process_time() - processor:.2f} s of processor time)"
            )
            for took, own, receiver in sorted(app.spent, reverse=True)[:3]:
                print(f"  {took:6.1f} ms ({own:.1f} ms of processor time) {receiver}")
            assert len(runs.curves(1).steps) == STEPS // stride
            panel.close()
            runs.close()
            model.shut_down()


if __name__ == "__main__":
    main()

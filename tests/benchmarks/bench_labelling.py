"""A million samples labelled at once in the whole window: the longest event of its thread, all of them and half."""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

from engine.protocol.messages.data import (
    DataDescribed,
    DescribeData,
    GetNames,
    GetSamples,
    NamesRead,
    SamplesRead,
    SplitCounts,
)
from gui.frame.error_reporter import ErrorReporter
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.window import MainWindow
from gui.workbench import Workbench
from tests.benchmarks.bench_charts import TimedApplication, wait
from tests.gui.fake_engine import FakeEngine
from tests.gui.tab_states import open_example, picture_card

SAMPLES = 1_000_000


def main() -> None:
    """Print the longest events."""
    app = TimedApplication(sys.argv[:1])
    apply_theme(app, "dark")
    rng = np.random.default_rng(0)
    splits, labels = rng.integers(0, 3, SAMPLES).astype(np.int8), rng.integers(0, 10, SAMPLES).astype("<i4")
    engine = FakeEngine()
    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench(Settings(Path(folder)), engine)

        def described(_request: object) -> DataDescribed:
            return DataDescribed(
                samples=SAMPLES,
                counts=SplitCounts(train=SAMPLES - 2, val=1, test=1),
                splits=splits.tobytes(),
                labels=labels.tobytes(),
                classes=list(bench.project.project.data.targets()[0].statistics.classes),
                class_counts=np.bincount(labels).tolist(),
            )

        engine.answer_with(DescribeData, described)
        engine.answer_with(
            GetSamples, lambda request: SamplesRead(cards=[picture_card(index) for index in request.indices])
        )
        engine.answer_with(GetNames, lambda _request: NamesRead(names=[f"0..{SAMPLES - 1}"]))
        window = MainWindow(bench, ErrorReporter(Path(folder) / "errors.log"))
        window.resize(1600, 1000)
        window.show()
        bench.project.open(open_example(bench, Path(folder)))
        window.show_tab("data")
        while bench.data.state != "ready":
            app.processEvents()
        wait(1.0)
        labelling = window.tab_widget("data").labelling  # type: ignore[union-attr]
        print(f"{SAMPLES:,} samples, labelled at once; ms of wall and of processor time (asked: 16)")
        for name, chosen in (("all", np.arange(SAMPLES)), ("every second", np.arange(0, SAMPLES, 2))):
            for turn in range(3):
                app.spent.clear()
                labelling.label(chosen, labelling.classes[turn])
                wait(1.0)
                took, processor, receiver = max(app.spent)
                print(f"  {name:14} longest event {took:6.1f} {processor:6.1f}  {receiver}")
        bench.shut_down()


if __name__ == "__main__":
    main()

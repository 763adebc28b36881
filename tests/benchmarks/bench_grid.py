"""What the sample grid costs with a million samples: CPU milliseconds of the window's thread, medians, offscreen.

The ratio to a thousand samples should be near 1: the place of a sample is arithmetic, not a list of rectangles.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PySide6.QtWidgets import QApplication

from engine.document.data_spec import DataSpec, Field, FieldKind, Source, SourceKind
from engine.document.project import Project
from engine.protocol.messages import DataDescribed, GetSamples, SampleCard, SamplesRead, SplitCounts
from gui.data.tab import DataTab
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.widgets.theme import apply_theme
from tests.gui.fake_engine import FakeEngine

ROUNDS = 25
CLASSES = [f"class {number}" for number in range(10)]


def cards(request: GetSamples) -> SamplesRead:
    """A grey picture of 28 by 28 pixels for each."""
    rgb = bytes(28 * 28 * 3)
    return SamplesRead(cards=[SampleCard(index=i, label="x", width=28, height=28, rgb=rgb) for i in request.indices])


def measure(app: QApplication, samples: int) -> dict[str, float]:
    """Medians of painting a page of pictures while scrolling, and of filtering."""
    data_spec = DataSpec(
        sources=(Source(kind=SourceKind.IDX, path="/x"),), fields=(Field(name="pixels", kind=FieldKind.IMAGE),)
    )
    engine = FakeEngine()
    labels = np.arange(samples) % 10
    engine.answer_with(GetSamples, cards)
    project = ProjectModel()
    data = DataModel(project, engine)
    with tempfile.TemporaryDirectory() as folder:
        project.create(Path(folder) / "p", Project(name="p", data=data_spec))
        tab = DataTab(project=project, data=data)
        tab.resize(1600, 950)
        tab.show()
        data.description = DataDescribed(samples=samples, counts=SplitCounts(train=samples), classes=CLASSES)
        data.splits, data.labels = np.zeros(samples, np.int8), labels.astype(np.int32)
        data._set_state("ready")
        grid = tab.samples.grid
        bar = grid.verticalScrollBar()
        paints, filters = [], []
        for number in range(ROUNDS):
            bar.setValue(bar.maximum() * number // ROUNDS)
            until = time.monotonic() + 0.2
            while time.monotonic() < until:  # the cards of the page arrive and are drawn for the first time
                app.processEvents()
            bar.setValue(bar.value() + 1)
            started = time.thread_time()
            grid.viewport().repaint()
            paints.append(time.thread_time() - started)
        for number in range(20):
            started = time.thread_time()
            tab.samples.pick_class(number % 10)
            filters.append(time.thread_time() - started)
        tab.close()
        project.shut_down()
        data.close()
    return {"paint a page": statistics.median(paints) * 1e3, "filter by class": statistics.median(filters) * 1e3}


def main() -> None:
    """Print the medians and their ratio."""
    app = QApplication([])
    apply_theme(app, "dark")
    measure(app, 1000)
    small, large = measure(app, 1000), measure(app, 1_000_000)
    for name, value in large.items():
        print(f"{name:18} {value:7.2f} ms with 1,000,000 samples, {value / small[name]:5.2f} of that with 1,000")


if __name__ == "__main__":
    main()

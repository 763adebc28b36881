"""How long charts of many points keep the window busy, beside pyqtgraph's own downsampling: run as a program.

`python -m tests.benchmarks.bench_charts` prints: one curve by size against pyqtgraph; then 20 curves of 1,000,000
points that grow ten times a second, with every event of the window's thread timed. Processor time stands beside wall
time, since a busy machine shows in the latter.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication

from gui.charts.line_chart import LineChart
from gui.charts.preload import loader
from gui.charts.series_style import series_style
from gui.widgets.theme import apply_theme

CURVES = 20
POINTS = 1_000_000
UPDATE_MS = 100
SECONDS = 6.0


class TimedApplication(QApplication):
    """Times every event of the window's thread, those within another event not on their own."""

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self.depth = 0
        self.spent: list[tuple[float, float, str]] = []

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        if self.depth:
            return bool(super().notify(receiver, event))
        self.depth += 1
        wall, processor = time.perf_counter(), time.thread_time()
        try:
            return bool(super().notify(receiver, event))
        finally:
            self.depth -= 1
            took = (time.perf_counter() - wall) * 1000
            if took > 1:
                words = f"{type(receiver).__name__} {event.type().name}"
                self.spent.append((took, (time.thread_time() - processor) * 1000, words))


def median_ms(act: Callable[[], object], times: int = 7) -> float:
    """Median of a few runs, in milliseconds."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent)


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def built(chart: LineChart, width: int = 800, height: int = 400) -> LineChart:
    """Show a chart and wait until it draws."""
    chart.resize(width, height)
    loop = QEventLoop()
    chart.built.connect(loop.quit)
    chart.show()
    loop.exec()
    return chart


def one_curve() -> None:
    """One curve by size, and pyqtgraph in the same run."""
    rng = np.random.default_rng(0)
    print("One curve, 50 new points, 800 x 400, ms")
    print(f"{'points':>10} {'draw':>8} {'paint':>8} {'smooth on':>10} {'pyqtgraph':>10} {'ratio':>6}")
    for count in (1_000, 10_000, 100_000, 1_000_000):
        x, y = np.arange(count, dtype=float), np.exp(-np.arange(count) / count * 3) + rng.normal(0, 0.05, count)
        chart = built(LineChart())
        chart.add_series("loss", "loss")
        chart.append("loss", x, y)
        chart.redraw()
        state = {"at": count}

        def add(chart: LineChart = chart, state: dict[str, int] = state) -> None:
            chart.append("loss", np.arange(state["at"], state["at"] + 50), np.full(50, 0.1))
            state["at"] += 50
            chart.redraw()

        ours = median_ms(add)
        paint = median_ms(chart.grab)
        weights = iter((0.3, 0.6, 0.9, 0.97, 0.5, 0.7, 0.8))

        def smooth(chart: LineChart = chart, weights: Any = weights) -> None:
            chart.set_smoothing(next(weights))
            chart.redraw()

        smoothing = median_ms(smooth)
        peer = pg.PlotWidget()
        peer.resize(800, 400)
        peer.show()
        curve = peer.plot(x, y, pen=pg.mkPen("w", width=1.8))
        curve.setDownsampling(auto=True, method="peak")
        curve.setClipToView(True)
        wait(0.1)

        def peer_add(curve: Any = curve, peer: Any = peer, x: Any = x, y: Any = y) -> None:
            curve.setData(x, y)
            peer.grab()

        theirs = median_ms(peer_add)
        ratio = (ours + paint) / theirs
        print(f"{count:>10,} {ours:>8.2f} {paint:>8.2f} {smoothing:>10.2f} {theirs:>10.2f} {ratio:>6.2f}")
        chart.close()
        peer.close()


def many_curves(app: TimedApplication) -> None:
    """20 curves of a million points each, growing ten times a second, smoothed, with the raw traces behind."""
    rng = np.random.default_rng(1)
    steps = np.arange(POINTS, dtype=float)
    for panels in (1, 4):
        charts = [built(LineChart(), 1200 // (1 if panels == 1 else 2), 500) for _ in range(panels)]
        keys = [(chart, f"{at}") for chart in charts for at in range(CURVES // panels)]
        begun = time.perf_counter()
        for at, (chart, key) in enumerate(keys):
            chart.add_series(key, f"run {key}", series_style(at))
            chart.append(key, steps, np.exp(-steps / POINTS * (2 + at / 5)) + rng.normal(0, 0.03, POINTS))
        for chart in charts:
            chart.set_smoothing(0.97)
        drawn = {"times": 0}
        for chart in charts:
            chart.redrawn.connect(lambda drawn=drawn: drawn.update(times=drawn["times"] + 1))
        while drawn["times"] < panels:
            app.processEvents()
        first = time.perf_counter() - begun
        state = {"at": POINTS, "updates": 0}

        def update(keys: Any = keys, state: dict[str, int] = state) -> None:
            at = state["at"]
            for chart, key in keys:
                chart.append(key, np.arange(at, at + 200), rng.normal(0.1, 0.03, 200))
            state["at"] += 200
            state["updates"] += 1

        app.spent.clear()
        drawn["times"] = 0
        timer = QTimer()
        timer.setInterval(UPDATE_MS)
        timer.timeout.connect(update)
        timer.start()
        wait(SECONDS)
        timer.stop()
        words = f"{panels} chart{'s' * (panels > 1)}, {CURVES} curves x {POINTS:,} points"
        print(f"\n{words}: first drawn after {first:.2f} s")
        print(f"  {state['updates'] / SECONDS:.1f} updates a second, {drawn['times'] / SECONDS / panels:.1f} drawn")
        walls = sorted((took for took, _, _ in app.spent), reverse=True)
        share = sum(walls) / SECONDS / 10
        over = sum(took > 16 for took in walls)
        own = sum(processor > 16 for _, processor, _ in app.spent)
        print(f"  of the window's thread {share:.0f} %; events over 16 ms: {over}, of processor time: {own}")
        for took, processor, receiver in sorted(app.spent, reverse=True)[:4]:
            print(f"  {took:6.1f} ms ({processor:.1f} ms of processor time) {receiver}")
        for chart in charts:
            chart.close()


def main() -> None:
    """Print all figures."""
    app = TimedApplication(sys.argv[:1])
    apply_theme(app, "dark")
    loader().start()
    loader().wait()
    one_curve()
    many_curves(app)


if __name__ == "__main__":
    main()

"""How long a chart of many points keeps the window busy, beside pyqtgraph's own downsampling: run as a program."""

import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

from gui.charts.line_chart import LineChart
from gui.charts.preload import loader
from gui.widgets.theme import apply_theme


def median_ms(act: Callable[[], object], times: int = 7) -> float:
    """Median of a few runs, in milliseconds."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent)


def main() -> None:
    """Print a line per size: ours, pyqtgraph's, and the ratio."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply_theme(app, "dark")
    loader().start()
    loader().wait()
    rng = np.random.default_rng(0)
    print(f"{'points':>10} {'append+draw':>12} {'paint':>8} {'smooth on':>10} {'pyqtgraph':>10} {'ratio':>6}   (ms)")
    for count in (1_000, 10_000, 100_000, 1_000_000):
        x, y = np.arange(count, dtype=float), np.exp(-np.arange(count) / count * 3) + rng.normal(0, 0.05, count)
        chart = LineChart()
        chart.resize(800, 400)
        chart.show()
        app.processEvents()
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

        def smooth(chart: LineChart = chart, weights: object = weights) -> None:
            chart.set_smoothing(next(weights))  # type: ignore[call-overload]
            chart.redraw()

        smoothing = median_ms(smooth)
        peer = pg.PlotWidget()
        peer.resize(800, 400)
        peer.show()
        curve = peer.plot(x, y, pen=pg.mkPen("w", width=1.8))
        curve.setDownsampling(auto=True, method="peak")
        curve.setClipToView(True)
        app.processEvents()

        def peer_add(curve: object = curve, peer: object = peer, x: object = x, y: object = y) -> None:
            curve.setData(x, y)  # type: ignore[attr-defined]
            peer.grab()  # type: ignore[attr-defined]

        theirs = median_ms(peer_add)
        print(
            f"{count:>10,} {ours:>12.2f} {paint:>8.2f} {smoothing:>10.2f} {theirs:>10.2f}"
            f" {(ours + paint) / theirs:>6.2f}"
        )
        chart.close()
        peer.close()


if __name__ == "__main__":
    main()

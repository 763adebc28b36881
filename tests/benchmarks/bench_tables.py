"""What importing a table of a million rows costs, beside plain polars and a reader that knows nothing of types.

Each is measured in a process of its own, so that the peak of memory is its own: seconds on the clock, CPU seconds, peak
of memory beyond what the imports took. The file is made once, with numbers, categories, dates, codes and missing cells.
Run as a program: `python tests/benchmarks/bench_tables.py [rows]`.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

ROUNDS = 3


def make(path: Path, rows: int) -> None:
    """20 columns: 13 of numbers, three of categories, a code, a count of the rows, a moment and the class to learn."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(7)
    columns = {f"number_{n}": np.round(rng.normal(10 * n, 1 + n, rows), 4) for n in range(9)}
    columns |= {f"count_{n}": rng.integers(0, 10 ** (n + 2), rows) for n in range(3)}
    columns["price"] = np.round(rng.lognormal(3, 1, rows), 2)
    towns = np.array(["Oslo", "Lima", "Cairo", "Osaka", "Turin", "Perth", "Quito", "Dakar"])
    frame = pl.DataFrame(columns).with_columns(
        pl.Series("city", towns[rng.integers(0, 8, rows)]),
        pl.Series("shop", np.char.add("shop ", rng.integers(0, 150, rows).astype(str))),
        pl.Series("paid", np.array(["yes", "no"])[rng.integers(0, 2, rows)]),
        pl.Series("code", np.char.add("K-", rng.integers(10**6, 10**7, rows).astype(str))),
        pl.Series("row", np.arange(rows)),
    )
    minutes = pl.duration(minutes=pl.col("row"))
    frame = frame.with_columns(
        pl.when(pl.col("row") % 97 == 0).then(None).otherwise(pl.col("number_3")).alias("number_3"),
        (pl.datetime(2020, 1, 1) + minutes).dt.strftime("%Y-%m-%d %H:%M").alias("time"),
        pl.when(pl.col("number_0") < -0.5)
        .then(pl.lit("low"))
        .when(pl.col("number_0") < 0.5)
        .then(pl.lit("middle"))
        .otherwise(pl.lit("high"))
        .alias("label"),
    )
    frame.write_csv(path)


def ours(path: Path) -> Callable[[], object]:
    """Found out, checked row by row, split, measured, and every field's statistics and histogram."""
    from engine.data.importing import inspect
    from engine.data.summaries import summaries_of

    def act() -> object:
        found = inspect(path, target="label")
        assert found.dataset is not None
        summaries = summaries_of(found.dataset)
        assert found.samples and len(summaries) == 20
        return summaries

    return act


def polars_describe(path: Path) -> Callable[[], object]:
    """polars told of nothing: types from the first rows, its own statistics; no split, no checks, no histograms."""
    import polars as pl

    return lambda: pl.read_csv(path, try_parse_dates=True).describe()


def polars_text(path: Path) -> Callable[[], object]:
    """Every cell as text, counted: what a reader does that leaves the types to somebody else."""
    import polars as pl

    return lambda: pl.read_csv(path, infer_schema=False).select(pl.all().n_unique())


def python_csv(path: Path) -> Callable[[], object]:
    """Python's csv and float, as a script by hand would do it: mean, smallest and largest of each column."""
    import csv

    def act() -> object:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            names = next(rows)
            columns: list[list[str]] = [list(column) for column in zip(*rows, strict=True)]
        found = {}
        for name, column in zip(names, columns, strict=True):
            try:
                numbers = [float(cell) for cell in column if cell]
                found[name] = (sum(numbers) / len(numbers), min(numbers), max(numbers))
            except ValueError:
                found[name] = (len(set(column)), 0, 0)
        return found

    return act


WAYS: dict[str, Callable[[Path], Callable[[], object]]] = {
    "netwright: inspect and statistics": ours,
    "polars: read_csv, describe": polars_describe,
    "polars: all as text, n_unique": polars_text,
    "Python: csv and float": python_csv,
}


def child(way: str, path: Path) -> None:
    """Measure one way in this process and print it."""
    act = WAYS[way](path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock, cpu = time.perf_counter(), time.process_time()
    act()
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - clock,
                "cpu": time.process_time() - cpu,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10,
                "before": before << 10,
            }
        )
    )


def measured(way: str, path: Path, rounds: int) -> dict[str, float]:
    """The quickest of some runs, each in a fresh process."""
    found = []
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, __file__, "--child", way, str(path)], capture_output=True, text=True, check=True
        )
        found.append(json.loads(done.stdout.splitlines()[-1]))
    best: dict[str, float] = min(found, key=lambda item: item["seconds"])
    best["peak"] = max(item["peak"] for item in found)
    return best


def main() -> None:
    """Make the file, measure each way, print ratios."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.csv"
        subprocess.run([sys.executable, __file__, "--make", str(path), str(rows)], check=True)
        print(f"{rows:,} rows × 20 columns, {path.stat().st_size / 1e6:,.0f} MB; quickest of {ROUNDS}, fresh processes")
        results = {way: measured(way, path, 1 if way.startswith("Python") else ROUNDS) for way in WAYS}
        first = results[next(iter(WAYS))]
        for way, item in results.items():
            print(
                f"{way:36} {item['seconds']:7.2f} s   CPU {item['cpu']:6.2f} s   peak {item['peak'] / 2**20:6.0f} MiB"
                f"   ours / theirs: time {first['seconds'] / item['seconds']:5.2f}, memory "
                f"{first['peak'] / item['peak']:5.2f}"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]))
    elif sys.argv[1:2] == ["--make"]:
        make(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()

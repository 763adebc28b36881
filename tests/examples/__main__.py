"""`python -m tests.examples [NAME...] [--write] [--keep FOLDER]`: train and measure examples, print the table.

One compute thread does all of it: two would add up the same numbers in another order, and the scores of one machine
could not be had again on another. Exit code 1 when an example misses what it must reach.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.document.examples import FOLDER
from tests.examples.example import Row, names, run_example
from tests.examples.readme import write_scores
from tests.examples.score import figure

_HEAD = ("PROJECT", "SCORE", "MEASURED", "EXPECTED", "SECONDS", "EXPORT AGREES")
_WIDTHS = (18, 44, 10, 26, 8, 0)


def main() -> int:
    """Run what was asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.examples", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="examples; all when none is named")
    parser.add_argument("--write", action="store_true", help="write the scores into the READMEs of projects/")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the trained projects in this folder")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(names())):
        parser.error(f"no example is called {', '.join(unknown)}; there are {', '.join(names())}")
    os.environ["OMP_NUM_THREADS"] = "1"  # of the commands it starts; torch asks for it when it is imported
    begun = time.monotonic()
    print(_line(_HEAD), flush=True)
    rows = []
    with _folder(options.keep) as folder:
        for name in options.names or names():
            row = run_example(name, folder / name)
            rows.append(row)
            _show(row)
            if options.write and not row.wrong:
                write_scores(FOLDER / name, row)
    missed = [row.name for row in rows if not row.passed]
    print(f"\n{len(rows) - len(missed)} of {len(rows)} examples reach what they must, in {_minutes(begun)}.")
    if missed:
        print(f"Not: {', '.join(missed)}.")
    return 1 if missed else 0


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="netwright-examples-") as folder:
        yield Path(folder)


def _show(row: Row) -> None:
    for index, score in enumerate(row.scores):
        first = index == 0
        mark = "" if score.reached else "  <- missed"
        cells = (
            row.name if first else "",
            score.name,
            figure(score.value),
            score.asked,
            f"{row.seconds:,.0f}" if first else "",
            (row.agreement if first else "") + mark,
        )
        print(_line(cells), flush=True)
    if row.wrong or not row.scores:
        print(f"{row.name:<18} {row.wrong or 'Nothing was measured.'}", flush=True)


def _line(cells: tuple[str, ...]) -> str:
    return " ".join(f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def _minutes(begun: float) -> str:
    seconds = round(time.monotonic() - begun)
    return f"{seconds // 60} min {seconds % 60} s"


if __name__ == "__main__":
    sys.exit(main())

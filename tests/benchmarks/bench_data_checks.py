"""What looking over and labelling a million samples costs, beside one plain pass of NumPy over the same columns.

The plain pass is what the cheapest look could cost: for each column its missing values, least, largest and quartiles.
Run as a program: `python tests/benchmarks/bench_data_checks.py [rows]`.
"""

import resource
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from engine.data.checks import CHECKS, Look  # noqa: E402
from engine.data.dataset import build_dataset, reopened  # noqa: E402
from engine.data.samples import PictureArray, Samples  # noqa: E402
from engine.data.strings import Strings  # noqa: E402
from engine.document.data_edits import LabelSamples  # noqa: E402
from engine.document.data_spec import (  # noqa: E402
    DataSpec,
    Field,
    FieldKind,
    Role,
    Source,
    SourceKind,
    Statistics,
    Step,
)
from engine.document.edits import apply  # noqa: E402
from engine.document.project import Project  # noqa: E402
from engine.document.sample_names import as_runs  # noqa: E402


def table(rows: int) -> tuple[DataSpec, Samples]:
    """14 columns of numbers, five of categories and the class to learn."""
    chance = np.random.default_rng(0)
    columns: dict[str, Any] = {f"number_{n}": chance.normal(size=rows).astype(np.float32) for n in range(14)}
    fields = [Field(name=name, kind=FieldKind.NUMBER, preparation=(Step(type="Standardize"),)) for name in columns]
    for n in range(5):
        columns[f"category_{n}"] = Strings(tuple("abcdefgh"), chance.integers(0, 8, rows))
        fields.append(Field(name=f"category_{n}", kind=FieldKind.CATEGORY))
    columns["kind"] = Strings(("ash", "elm"), chance.integers(0, 2, rows))
    known = Statistics(classes=("ash", "elm"))
    fields.append(Field(name="kind", kind=FieldKind.CATEGORY, role=Role.TARGET, statistics=known))
    samples = Samples(count=rows, columns=columns, name=lambda index: f"table.csv, row {index + 2}")
    return DataSpec(sources=(Source(kind=SourceKind.TABLE, path="table.csv"),), fields=tuple(fields)), samples


def pictures(count: int) -> tuple[DataSpec, Samples]:
    """Smooth pictures of 32 × 32, one in a hundred a brighter copy of another."""
    chance = np.random.default_rng(1)
    small = chance.integers(0, 256, (count, 4, 4, 3)).astype(np.float32)
    large: Any = small.repeat(8, 1).repeat(8, 2)
    for axis in (1, 2):
        large = (large + np.roll(large, 4, axis)) / 2
    large[::100] = large[1::100] + 6
    array = np.clip(large, 0, 255).astype(np.uint8)
    labels = Strings(("ash", "elm"), chance.integers(0, 2, count))
    image = Field(name="image", kind=FieldKind.IMAGE, preparation=(Step(type="Scale"),))
    known = Statistics(classes=("ash", "elm"))
    label = Field(name="label", kind=FieldKind.CATEGORY, role=Role.TARGET, statistics=known)
    samples = Samples(
        count=count, columns={"image": PictureArray(array), "label": labels}, name=lambda index: f"{index:07}.png"
    )
    return DataSpec(sources=(Source(kind=SourceKind.IDX, path="pictures"),), fields=(image, label)), samples


def seconds(do: Any) -> tuple[float, Any]:
    """What a call takes, and what it gives."""
    begun = time.perf_counter()
    result = do()
    return time.perf_counter() - begun, result


def plain_pass(samples: Samples) -> None:
    """The cheapest look at each column."""
    for column in samples.columns.values():
        if isinstance(column, np.ndarray):
            np.isnan(column).sum(), column.min(), column.max(), np.percentile(column, (25, 50, 75))
        elif isinstance(column, Strings):
            column.counts()


def main(rows: int) -> None:
    """Measure and print."""
    data, samples = table(rows)
    opening, dataset = seconds(lambda: build_dataset(None, data, samples))
    plain, _ = seconds(lambda: plain_pass(samples))
    print(f"{rows:,} rows of 20 columns: opened and dealt {opening:.2f} s, plain pass {plain:.2f} s")
    total = 0.0
    for check in CHECKS:
        if not check.slow:
            took, _ = seconds(lambda check=check: list(check.find(Look(dataset=dataset))))
            total += took
            if took > 0.05:
                print(f"  {check.kind:<18} {took:6.2f} s")
    print(f"all quick checks     {total:6.2f} s, {total / plain:.1f} times the plain pass")
    every, runs = seconds(lambda: as_runs(dataset.full_name(index) for index in range(rows)))
    project = Project(name="p", data=data)
    labelling, _ = seconds(lambda: apply(project, LabelSamples(field="kind", labels=("elm",), samples=runs)))
    again, _ = seconds(lambda: reopened(dataset, None, project.data))
    print(f"label all {rows:,}: names {every:.2f} s, the edit {labelling * 1000:.1f} ms, opened again {again:.2f} s")
    half = as_runs(dataset.full_name(index) for index in range(0, rows, 2))
    labelling, _ = seconds(lambda: apply(project, LabelSamples(field="kind", labels=("ash",), samples=half)))
    again, _ = seconds(lambda: reopened(dataset, None, project.data))
    print(f"label each second:   the edit {labelling * 1000:.1f} ms, opened again {again:.2f} s")
    count = max(1000, rows // 50)
    dataset = build_dataset(None, *pictures(count))
    for check in CHECKS:
        if check.kind == "near_pictures":
            took, found = seconds(lambda check=check: list(check.find(Look(dataset=dataset))))
            print(f"{count:,} pictures: {found[0].count:,} near copies found of {count // 100:,} in {took:.2f} s")
    print(f"peak of memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

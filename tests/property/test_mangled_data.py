"""Whatever is done to a data file, nothing but a sentence comes out: DataError, or a list of what was left out."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import polars as pl
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.left_out import LeftOutList
from engine.data.progress import Pace, never, silent
from engine.data.readers.csv_rows import frame_by_csv
from engine.data.readers.quick_rows import Layout, kept_rows, read_columns
from engine.data.readers.records import find_records
from engine.data.readers.sniffing import Dialect
from engine.data.readers.table import parse_table
from engine.errors import DataError
from tests.unit.data.samples_on_disk import idx_folder, jpeg, noisy, picture_folder, png, text_folder, zipped


def _table(root: Path) -> None:
    rows = "".join(f'{i},{i * 0.5:.2f},{"ab"[i % 2]},"word {i}"\n' for i in range(40))
    (root / "t.csv").write_text("id,size,label,note\n" + rows)


def _npz(root: Path) -> None:
    np.savez(root / "d.npz", x=np.arange(160, dtype=np.float32).reshape(40, 4), y=np.arange(40) % 2)


def _pictures(root: Path) -> None:
    picture_folder(root, per_class=3)
    (root / "cat" / "p.jpg").write_bytes(jpeg(noisy(5, 20, 20)))


def _zip(root: Path) -> None:
    with tempfile.TemporaryDirectory() as other:
        zipped(picture_folder(Path(other) / "pets", per_class=3), root / "pets.zip")


MAKERS: dict[str, Callable[[Path], object]] = {
    "table": _table,
    "npz": _npz,
    "idx": lambda root: idx_folder(root, train=12, test=6, packed=False),
    "packed idx": lambda root: idx_folder(root, train=12, test=6),
    "pictures": _pictures,
    "zip": _zip,
    "text": lambda root: text_folder(root, lines=12),
}

damage = st.lists(
    st.tuples(
        st.sampled_from(["cut", "flip", "insert", "empty", "zeros", "repeat"]),
        st.floats(0, 1),
        st.integers(0, 255),
        st.integers(1, 64),
    ),
    min_size=1,
    max_size=4,
)


def mangle(data: bytes, steps: list[tuple[str, float, int, int]]) -> bytes:
    """Cut, flip, insert, empty, blank and repeat parts of a file."""
    for what, place, value, size in steps:
        at = int(place * len(data))
        if what == "cut":
            data = data[:at]
        elif what == "flip" and data:
            at = min(at, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ (value or 1)]) + data[at + 1 :]
        elif what == "insert":
            data = data[:at] + bytes([value]) * size + data[at:]
        elif what == "zeros":
            data = data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]
        elif what == "repeat":
            data = data[:at] + data[max(0, at - size) : at] * 2 + data[at:]
        elif what == "empty":
            data = b""
    return data


@settings(max_examples=90, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(MAKERS)), which=st.integers(0, 50), steps=damage)
def test_mangled_files_of_every_kind(kind: str, which: int, steps: list[tuple[str, float, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, XDG_CACHE_HOME=f"{folder}/cache"):
        root = Path(folder) / "data"
        root.mkdir()
        MAKERS[kind](root)
        files = sorted(path for path in root.rglob("*") if path.is_file())
        path = files[which % len(files)]
        path.write_bytes(mangle(path.read_bytes(), steps))
        source = root / files[0].name if len(files) == 1 else root
        try:
            found = inspect(source)
            dataset = open_dataset(Path(folder), found.data)
        except DataError as error:
            assert len(error.message) > 10
            return
        assert dataset.samples == found.samples > 0
        for field in (*found.data.inputs(), *found.data.targets()):
            column = dataset.columns((field.name,), "all").whole()
            assert column is not None and len(column) == dataset.samples
            assert bool(np.isfinite(column.numpy()).all())
        assert dataset.card(0).index == 0 and isinstance(dataset.checks, tuple)


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_as_a_table(data: bytes) -> None:
    try:
        table = parse_table(data, "t.csv")
    except DataError as error:
        assert "t.csv" in error.message
    else:
        assert len(table.lines) > 0 and table.columns


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet=st.sampled_from(list('ab01,.;\t"|\n\r -?NA')), max_size=200))
def test_any_text_as_a_table_is_read_whole_or_told(text: str) -> None:
    try:
        table = parse_table(text.encode(), "t.csv")
    except DataError as error:
        assert "t.csv" in error.message
        return
    again = parse_table(text.encode(), "t.csv", table.options())
    assert list(again.columns) == list(table.columns)
    assert all(again.columns[name].to_list() == table.columns[name].to_list() for name in table.columns)


@settings(max_examples=60, deadline=None)
@given(steps=damage, as_png=st.booleans())
def test_mangled_pictures(steps: list[tuple[str, float, int, int]], as_png: bool) -> None:
    from engine.data.pictures import decode

    whole = png(noisy(1, 9, 9)) if as_png else jpeg(noisy(1, 9, 9))
    try:
        picture = decode(mangle(whole, steps), "p")
    except DataError as error:
        assert error.message.startswith("p ")
    else:
        assert picture.dtype == np.uint8 and picture.ndim == 3 and 1 <= picture.shape[2] <= 4


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(alphabet=st.sampled_from(list('ab01,;. \t"Å\n\f')), min_size=1, max_size=120),
    delimiter=st.sampled_from([",", ";", "\t"]),
    width=st.integers(1, 4),
    header=st.booleans(),
    skip=st.integers(0, 2),
)
@example(text='";"', delimiter=";", width=1, header=False, skip=0)
def test_both_ways_of_reading_a_table_agree(text: str, delimiter: str, width: int, header: bool, skip: int) -> None:
    dialect = Dialect(delimiter=delimiter, header=header, skip=skip)
    names = tuple(f"c{number}" for number in range(width))
    layout = Layout(text=text.encode(), where="t.csv", dialect=dialect, names=names)
    pace = Pace(1, "", silent, never)
    records = find_records(layout.text, delimiter, pace, skip)
    if records is None:
        assert '"' in text or text.count("\n") <= skip
        return
    quick, slow = LeftOutList(), LeftOutList()
    kept = kept_rows(layout, records, quick)
    assert kept is not None
    frame, lines = frame_by_csv(text, "t.csv", dialect, names, slow, pace)
    assert kept[1].tolist() == lines and quick.items == slow.items
    if lines:
        cells = read_columns(kept[0], layout, dict.fromkeys(names, pl.String)).to_dict(as_series=False)
        stripped = {name: [cell.strip() for cell in column] for name, column in frame.to_dict(as_series=False).items()}
        assert {name: [cell.strip() for cell in column] for name, column in cells.items()} == stripped

"""What every field holds: counts, spread, histogram, frequent values, and what it could be taken for."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.dataset import Dataset, open_dataset
from engine.data.importing import inspect
from engine.data.summaries import BINS, edges_for, spread_of, summaries_of
from engine.protocol.messages.data import FieldSummary
from tests.unit.data.samples_on_disk import picture_folder, text_folder


def table(tmp_path: Path) -> Dataset:
    rows = "".join(
        f"{i},{'' if i % 10 == 3 else i % 7},{i / 3:.3f},{'abc'[i % 3]},2021-{1 + i % 12:02}-01,"
        f"{'z' if i % 5 == 0 else 'x;y' if i % 2 else 'y'},"
        f"a sentence of words number {i % 40} and more\n"
        for i in range(120)
    )
    (tmp_path / "t.csv").write_text("id,whole,part,sort,when,tags,words\n" + rows)
    return open_dataset(tmp_path, inspect(tmp_path / "t.csv", target="sort", project_dir=tmp_path).data)


def by_name(dataset: Dataset) -> dict[str, FieldSummary]:
    return {summary.name: summary for summary in summaries_of(dataset)}


def test_every_column_of_a_table(tmp_path: Path) -> None:
    found = by_name(table(tmp_path))
    whole = found["whole"]
    assert (whole.kind, whole.count, whole.missing, whole.distinct) == ("number", 108, 12, 7)
    (spread,) = whole.distributions
    assert spread.minimum == 0 and spread.maximum == 6 and len(spread.edges) == 8 and sum(spread.counts) == 108
    assert spread.edges[:2] == [-0.5, 0.5] and "whole numbers" in whole.reason
    part = found["part"].distributions[0]
    assert len(part.counts) == BINS and sum(part.counts) == 120 and part.quantiles[2] == pytest.approx(20, abs=0.5)
    sort = found["sort"]
    assert sort.role == "target" and [(v.value, v.count) for v in sort.top] == [("a", 40), ("b", 40), ("c", 40)]
    assert sort.kinds == ["category", "number", "labels"] and not sort.distributions
    when = found["when"]
    assert when.kind == "date" and when.distinct == 12 and when.distributions[0].unit == "date"
    tags = found["tags"]
    assert tags.kind == "labels" and [(v.value, v.count) for v in tags.top] == [("y", 96), ("x", 48), ("z", 24)]
    assert tags.distributions[0].of == "labels" and tags.distributions[0].mean == 1.4
    words = found["words"]
    assert words.kind == "text" and words.distributions[0].of == "characters" and words.distinct == 40
    ignored = found["id"]
    assert ignored.role == "ignored" and ignored.reason == "it counts the rows" and ignored.count == 0
    assert set(ignored.kinds) >= {"number", "category", "text"}


def test_pictures_have_sizes_and_lines_have_lengths(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "pets", per_class=4)
    summary = by_name(open_dataset(tmp_path, inspect(folder, project_dir=tmp_path).data))["pixels"]
    assert [spread.of for spread in summary.distributions] == ["width", "height"]
    assert all(sum(spread.counts) == summary.count > 0 for spread in summary.distributions)
    lines = text_folder(tmp_path / "lines", lines=12)
    text = by_name(open_dataset(tmp_path, inspect(lines, project_dir=tmp_path).data))["text"]
    assert text.distributions[0].of == "characters" and text.kinds[0] == "text"


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.one_of(st.floats(-1e6, 1e6, width=32), st.integers(-50, 50).map(float), st.just(float("nan"))), max_size=60
    )
)
def test_a_histogram_counts_what_numpy_counts(values: list[float]) -> None:
    array = np.array(values, np.float32)
    spread = spread_of(array)
    good = array[np.isfinite(array)]
    assert sum(spread.counts) == len(good)
    if not len(good):
        assert spread.edges == [] == spread.counts == spread.quantiles
        return
    edges = np.array(spread.edges)
    assert (np.diff(edges) > 0).all() and edges[0] <= good.min() and edges[-1] >= good.max()
    assert spread.counts == np.histogram(good.astype(np.float64), edges)[0].tolist()
    assert spread.mean == pytest.approx(good.astype(np.float64).mean(), rel=1e-6, abs=1e-6)
    assert spread.quantiles == sorted(spread.quantiles)


def test_edges() -> None:
    assert edges_for(0, 3, whole=True).tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5]
    assert len(edges_for(0, 1000, whole=True)) <= BINS + 1 and set(np.diff(edges_for(0, 1000, whole=True))) == {42}
    assert edges_for(2.5, 2.5, whole=False)[0] < 2.5 < edges_for(2.5, 2.5, whole=False)[1]

"""Tables over time become windows: the time column, even steps, gaps, the split by time, forecasts in own units."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from engine.checks.report import check
from engine.data.crossing import crossing
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.layouts import candidates, layout_of
from engine.data.proposals import propose
from engine.data.readers.files import open_tree
from engine.data.readers.series import filled, found_season, grid_of
from engine.data.rows import SeriesRows
from engine.data.series_input import series_of_file
from engine.document.data_spec import FieldKind, Role, SourceKind, SplitMethod
from engine.errors import DataError
from engine.evaluation.forecasts import simple_forecasts
from engine.training.task import prepare_task

DAY = 86_400.0


def dates(count: int, step: timedelta = timedelta(days=1)) -> list[str]:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    form = "%Y-%m-%d" if step >= timedelta(days=1) else "%Y-%m-%d %H:%M"
    return [(start + step * number).strftime(form) for number in range(count)]


def waves(count: int, season: int = 7) -> np.ndarray:
    time = np.arange(count)
    return 10 + 0.01 * time + 3 * np.sin(2 * np.pi * time / season)


def long_csv(path: Path, count: int = 200, columns: str = "date,sales") -> Path:
    lines = [f"{date},{value:.4f}" for date, value in zip(dates(count), waves(count), strict=True)]
    path.write_text("\n".join([columns, *lines]) + "\n")
    return path


def windows(dataset, name: str) -> SeriesRows:  # type: ignore[no-untyped-def]
    rows = dataset.rows(name)
    assert isinstance(rows, SeriesRows)
    return rows


# Which layout --------------------------------------------------------------------------------------------------------


def kinds(path: Path) -> list[SourceKind]:
    return [layout.kind for layout in candidates(open_tree(path))]


def test_a_regular_time_column_and_numbers_are_a_series(tmp_path: Path) -> None:
    assert kinds(long_csv(tmp_path / "a.csv")) == [SourceKind.SERIES, SourceKind.TABLE]


def test_what_asks_for_classes_stays_a_table_and_the_series_is_offered(tmp_path: Path) -> None:
    path = tmp_path / "weather.csv"
    rows = [
        f"{date},{value:.2f},{'sun' if value > 10 else 'rain'}"
        for date, value in zip(dates(99), waves(99), strict=True)
    ]
    path.write_text("date,temp,weather\n" + "\n".join(rows))
    assert kinds(path) == [SourceKind.TABLE, SourceKind.SERIES]
    assert inspect(path).data.sources[0].kind is SourceKind.TABLE
    found = inspect(path, task="forecasting")
    assert found.data.sources[0].kind is SourceKind.SERIES
    assert [item.kind for item in found.layouts] == [SourceKind.SERIES, SourceKind.TABLE]
    assert inspect(path, layout="series").data.sources[0].kind is SourceKind.SERIES


def test_a_table_without_time_is_no_series(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("width,height\n" + "\n".join(f"{i % 7},{i % 5}.5" for i in range(80)))
    assert layout_of(SourceKind.SERIES).match(open_tree(path)) == 0
    years = tmp_path / "b.csv"  # many rows a year: they do not follow each other
    years.write_text("mass,year\n" + "\n".join(f"{i * 37 % 91},{2007 + i % 3}" for i in range(80)))
    assert layout_of(SourceKind.SERIES).match(open_tree(years)) == 0


def test_asking_for_classes_reads_the_table(tmp_path: Path) -> None:
    assert inspect(long_csv(tmp_path / "a.csv"), task="regression").data.sources[0].kind is SourceKind.TABLE


# Time ----------------------------------------------------------------------------------------------------------------


def test_moments_lie_on_an_even_line() -> None:
    even = grid_of(np.array([0, 1, 2, 5, 6, 7, 8, 9, 10.0]) * DAY, dated=True)
    assert even.regular and even.step == DAY
    assert even.places.tolist() == [0, 1, 2, 5, 6, 7, 8, 9, 10]
    months = np.arange("2020-01", "2022-01", dtype="datetime64[M]").astype("datetime64[s]").astype(float)
    grid = grid_of(months, dated=True)
    assert grid.regular and grid.calendar == "month"
    assert grid.places.tolist() == list(range(24))
    odd = grid_of(np.cumsum(np.random.default_rng(1).uniform(1, 50, 40)), dated=False)
    assert not odd.regular


def test_the_season_is_found() -> None:
    assert found_season(waves(200, 11).astype(np.float32), 100) == 11
    assert found_season(np.random.default_rng(3).normal(size=200).astype(np.float32), 100) == 0


def test_short_gaps_are_filled_on_a_line_and_long_ones_stay() -> None:
    line = np.array([np.nan, 1, np.nan, 3, np.nan, np.nan, np.nan, 7, np.nan], np.float32)[:, None]
    out, count, left = filled(line, 2)
    assert (count, left) == (1, 5)
    assert out[2, 0] == 2
    out, count, left = filled(line, 3)
    assert out[3:8, 0].tolist() == [3, 4, 5, 6, 7]
    assert np.isnan(out[[0, -1], 0]).all()


def test_parts_of_a_date_are_joined_and_a_numbering_is_no_value(tmp_path: Path) -> None:
    path = tmp_path / "air.csv"
    rows = []
    start = datetime(2021, 2, 27, tzinfo=UTC)
    for number in range(120):
        when = start + timedelta(hours=number)
        rows.append(f"{number + 1},{when.year},{when.month},{when.day},{when.hour},{waves(120, 24)[number]:.3f}")
    path.write_text("No,year,month,day,hour,pm\n" + "\n".join(rows))
    found = inspect(path)
    options = found.data.sources[0].options
    assert options["time"] == ["year", "month", "day", "hour"]
    assert options["values"] == ["pm"]
    assert options["season"] == 24
    dataset = open_dataset(tmp_path, found.data)
    assert windows(dataset, "past").windows.times is not None
    assert np.allclose(np.diff(windows(dataset, "past").windows.times), 3600)
    assert dataset.name(0).startswith("air.csv, from 2021-02-")


def test_rows_in_any_order_with_missing_and_doubled_ones_come_out_even(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    values = waves(150)
    rows = [f"{date},{value:.4f}" for date, value in zip(dates(150), values, strict=True)]
    rows[40] = rows[40].split(",")[0] + ","
    del rows[60]
    rows.append(rows[10])
    np.random.default_rng(5).shuffle(rows)
    path.write_text("date,sales\n" + "\n".join(rows))
    found = inspect(path)
    dataset = open_dataset(tmp_path, found.data)
    line = windows(dataset, "past").windows.values[:, 0]
    assert len(line) == 150
    known = np.setdiff1d(np.arange(150), [40, 60])
    np.testing.assert_allclose(line[known], values[known], atol=1e-3)
    assert line[60] == pytest.approx((values[59] + values[61]) / 2, abs=1e-3)
    told = " ".join(note.reason for note in dataset._source.notes.items)
    assert "2 missing values were filled" in told and "1 rows speak of a moment" in told


# Windows -------------------------------------------------------------------------------------------------------------


def test_windows_are_views_and_the_answer_follows_the_past(tmp_path: Path) -> None:
    found = inspect(long_csv(tmp_path / "a.csv"))
    past, answer = found.data.fields
    assert (past.role, answer.role) == (Role.INPUT, Role.TARGET)
    assert past.kind is answer.kind is FieldKind.SERIES
    window, horizon = past.statistics.shape[0], answer.statistics.shape[0]
    assert (window, horizon) == (28, 7)
    dataset = open_dataset(tmp_path, found.data)
    rows, ahead = windows(dataset, "past"), windows(dataset, "next")
    assert rows.windows.values.nbytes == 200 * 4
    for index in (0, 50, dataset.samples - 1):
        start = int(rows.windows.starts[index])
        np.testing.assert_allclose(rows.raw(index)[:, 0], waves(200)[start : start + 28], atol=1e-3)
        np.testing.assert_allclose(ahead.raw(index)[:, 0], waves(200)[start + 28 : start + 35], atol=1e-3)


def test_past_and_future_have_the_same_unit(tmp_path: Path) -> None:
    past, answer = inspect(long_csv(tmp_path / "a.csv")).data.fields
    assert past.statistics.mean == answer.statistics.mean
    assert past.statistics.std == answer.statistics.std


def test_the_split_is_by_time_and_no_answer_is_seen_by_an_earlier_split(tmp_path: Path) -> None:
    found = inspect(long_csv(tmp_path / "a.csv"))
    assert found.data.split.method is SplitMethod.TIME
    dataset = open_dataset(tmp_path, found.data)
    spans = windows(dataset, "next").spans()
    assert spans is not None
    begins, ends = spans
    for earlier, later in (("train", "val"), ("val", "test")):
        assert ends[dataset.split_numbers(earlier)].max() < begins[dataset.split_numbers(later)].min()
    assert not crossing(found.data, {name: dataset.rows(name) for name in ("past", "next")}, dataset.splits).any()
    assert dataset.counts.train > 100 and dataset.counts.val > 5 and dataset.counts.test > 5
    train_values = waves(200)[: int(ends[dataset.split_numbers("train")].max() / DAY - 18262) + 1]
    assert found.data.fields[0].statistics.mean[0] == pytest.approx(train_values.mean(), rel=1e-3)


def test_windows_whose_answer_is_missing_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    values = waves(200)
    cells = ["" if 100 <= number < 120 else f"{value:.3f}" for number, value in enumerate(values)]
    path.write_text("date,sales\n" + "\n".join(map(",".join, zip(dates(200), cells, strict=True))))
    dataset = open_dataset(tmp_path, inspect(path).data)
    starts = windows(dataset, "next").windows.starts
    assert not [start for start in starts if start + 7 > 100 and start < 120]
    assert any("partly missing" in note.reason for note in dataset._source.notes.items)


def test_the_column_to_forecast_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    rows = [f"{d},{v:.3f},{-v:.3f}" for d, v in zip(dates(150), waves(150), strict=True)]
    path.write_text("date,up,down\n" + "\n".join(rows))
    found = inspect(path, target="down")
    assert found.data.fields[1].options["columns"] == ["down"]
    both = inspect(path, target="down, up")
    assert both.data.fields[1].statistics.shape == (7, 2)
    for data in (found.data, both.data):
        project = propose("two", data, 100)
        assert [problem for problem in check(project).problems if problem.severity == "error"] == []
    with pytest.raises(DataError):
        inspect(path, target="sideways", layout="series")


def test_several_series_in_one_table_never_share_a_window(tmp_path: Path) -> None:
    path = tmp_path / "shops.csv"
    rows = [
        f"{date},{shop},{value * (1 + number):.3f}"
        for date, value in zip(dates(90), waves(90), strict=True)
        for number, shop in enumerate(("north", "south"))
    ]
    path.write_text("date,shop,sales\n" + "\n".join(rows))
    found = inspect(path, task="forecasting")
    assert found.data.sources[0].options["series"] == "shop"
    dataset = open_dataset(tmp_path, found.data)
    rows_ = windows(dataset, "past").windows
    assert len(rows_.values) == 180
    assert not [start for start in rows_.starts if start < 90 < start + rows_.length]
    assert {dataset.name(index).split(",")[0] for index in range(dataset.samples)} == {"north", "south"}


def test_a_series_in_each_row_with_its_class(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    generator = np.random.default_rng(2)
    rows = []
    for number in range(40):
        kind = number % 2
        line = np.sin(np.arange(32) * (0.3 + 0.5 * kind)) + generator.normal(0, 0.1, 32)
        rows.append(",".join([*(f"{value:.3f}" for value in line), "fast" if kind else "slow"]))
    path.write_text(",".join([*(f"t{i}" for i in range(32)), "speed"]) + "\n" + "\n".join(rows))
    found = inspect(path)
    assert found.data.sources[0].kind is SourceKind.SERIES
    assert found.description.startswith("40 series of 32 values: 2 classes of speed")
    series, speed = found.data.fields
    assert series.statistics.shape == (32, 1)
    assert speed.statistics.classes == ("fast", "slow")
    assert found.data.split.method is SplitMethod.STRATIFIED
    project = propose("wide", found.data, found.samples)
    assert any(node.type == "Conv1d" for node in project.graph.nodes.values())
    assert [problem for problem in check(project).problems if problem.severity == "error"] == []


def test_simple_forecasts_repeat_the_last_value_and_the_last_cycle(tmp_path: Path) -> None:
    found = inspect(long_csv(tmp_path / "a.csv"))
    dataset = open_dataset(tmp_path, found.data)
    indices = dataset.split_indices("test")
    simple = simple_forecasts(found.data.fields[1], dataset, indices)
    past = windows(dataset, "past").raw(int(indices[0]))
    assert (simple["last_value_error"][0] == past[-1]).all()
    assert (simple["seasonal_error"][0] == past[-7:]).all()


def test_a_file_asks_about_what_comes_after_it(tmp_path: Path) -> None:
    past = inspect(long_csv(tmp_path / "a.csv")).data.fields[0]
    data = (tmp_path / "a.csv").read_bytes()
    ((name, series),) = series_of_file(past, data, "a.csv")
    assert name == "a.csv, after 2020-07-18"
    np.testing.assert_allclose(series[:, 0], waves(200)[-28:], atol=1e-3)
    with pytest.raises(DataError, match="too short"):
        list(series_of_file(past, data[:200], "a.csv"))


def test_a_forecast_is_learned(tmp_path: Path) -> None:
    found = inspect(long_csv(tmp_path / "a.csv"))
    project = propose("sales", found.data, found.samples)
    assert [problem for problem in check(project).problems if problem.severity == "error"] == []
    task = prepare_task(project, open_dataset(tmp_path, found.data))
    batch = next(iter(task.train.batches([0, 16])))
    predictions, losses = task.network.training_forward(*batch[: task.input_count])
    assert predictions[0].shape == (16, 7, 1)
    assert losses[0].isfinite()
    task.close()

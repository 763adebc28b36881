"""The report: one file that stands alone, says what was scored, and takes nothing from the data for markup."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.cli.main import main
from engine.compiler.module import compile_project
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.files import create
from engine.document.project import Project
from engine.errors import Cancelled, UsageError
from engine.evaluation.answered import Answered, answered, forget_answers
from engine.evaluation.evaluate import evaluate
from engine.evaluation.report.drawing import drawn
from engine.evaluation.report.report import write_report
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotReference, PlotSeries
from engine.training import checkpoint
from engine.training.run_state import RunState
from engine.training.runs import create_run

NASTY = '<script>alert("x")</script>'


class Reader(HTMLParser):
    """Tags, links and text of a page; raises when tags do not close in order."""

    VOID = ("meta", "img", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def scored(directory: Path, project: Project, split: str = "train") -> Answered:
    create(directory, project)
    torch.manual_seed(1)
    run = create_run(directory, project)
    checkpoint.write(run.checkpoints, "best", RunState(step=1), dict(compile_project(project).state_dict()))
    return answered(directory, run, split)


@pytest.fixture
def table(tmp_path: Path) -> Answered:
    torch.set_num_threads(1)
    forget_answers()
    random = np.random.default_rng(3)
    rows = [f'{a:.4f},{b:.4f},"{NASTY if a > b else "<b>no</b>"}"' for a, b in random.normal(size=(200, 2))]
    (tmp_path / "points.csv").write_text("a,b,larger\n" + "\n".join(rows) + "\n")
    return scored(
        tmp_path / "project", propose("<i>points</i>", inspect(tmp_path / "points.csv", target="larger").data)
    )


def test_one_file_with_all_of_it_and_nothing_that_runs(table: Answered, tmp_path: Path) -> None:
    size = write_report(table, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(page.encode()) == size
    reader = Reader(page)
    assert not {"script", "iframe", "link", "object", "b:no"} & set(reader.tags)
    assert all(link.startswith("data:image/png;base64,") for link in reader.links)
    assert not re.search(r"https?://", page)
    assert NASTY not in page and "&lt;script&gt;" in page, "names from the data are shown, not obeyed"
    result = evaluate(table.project_dir, table.run, "train").outputs[0]
    assert f"{100 * result.metrics['accuracy']:.1f} %" in reader.text
    low, high = result.interval
    assert f"95 % CI {100 * low:.1f} to {100 * high:.1f} %" in reader.text
    for heading in ("Which classes are mixed up", "Class by class", "Plots", "Surest mistakes", "The same again"):
        assert heading in reader.text
    assert reader.tags["figure"] == len(result.plots) and "prefers-color-scheme" in page and "@media print" in page
    assert f"--run {table.run.number} --split train" in reader.text
    assert table.dataset.fingerprint in reader.text


def test_it_is_whole_or_as_it_was(table: Answered, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("before")
    with pytest.raises(Cancelled):
        write_report(table, path, cancelled=lambda: True)
    assert path.read_text() == "before" and list(tmp_path.glob(".report*")) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(table, tmp_path / "file" / "report.html")


def test_pictures_and_masks_are_inside(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    forget_answers()
    random = np.random.default_rng(4)
    for number in range(24):
        pixels = random.integers(0, 90, (16, 16), np.uint8)
        mask = np.zeros((16, 16), np.uint8)
        mask[2:9, 3:11] = 255
        for folder, picture in (("images", pixels), ("masks", mask)):
            path = tmp_path / "cells" / folder / f"{number:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
    given = scored(tmp_path / "project", propose("cells", inspect(tmp_path / "cells").data))
    write_report(given, tmp_path / "report.html")
    reader = Reader((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert reader.tags["img"] >= 12 and "Furthest off" in reader.text and "IoU" in reader.text


@pytest.mark.parametrize("kind", list(PlotKind))
def test_every_kind_of_series_is_drawn(kind: PlotKind) -> None:
    series = PlotSeries(
        name="<one>", kind=kind, x=[0.0, 1.0, 2.0], y=[1.0, -2.0, 3.0], low=[0.0, -3.0, 2.0], high=[2.0, -1.0, 4.0]
    )
    bars = PlotSeries(name="two", kind=PlotKind.BARS, x=[1.0], y=[2.0])
    plot = Plot(
        key="k",
        view="v",
        title="T & t",
        x=PlotAxis(name="x", names=["a", "b", "c"]),
        y=PlotAxis(name="y", is_share=True),
        series=[series, bars],
        references=[PlotReference(name="r", x=[0.0, 2.0], y=[0.0, 1.0])],
        caption="Says",
        note="more",
    )
    page = drawn(plot)
    reader = Reader(page)
    assert "T & t" in reader.text and "<one>" in reader.text and "Says. more." in reader.text
    assert "nan" not in page and "inf" not in page


def test_a_plot_of_nothing_is_no_trouble() -> None:
    plot = Plot(key="k", view="v", title="Empty", x=PlotAxis(name="x"), y=PlotAxis(name="y"))
    assert "Empty" in Reader(drawn(plot)).text


def test_the_command_line_writes_it_beside_groups_and_a_comparison(
    table: Answered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = create_run(table.project_dir, table.project)
    checkpoint.write(run.checkpoints, "best", RunState(step=1), dict(compile_project(table.project).state_dict()))
    arguments = ["evaluate", str(table.project_dir), "--run", "2", "--json", "--group", "a", "--compare", "1"]
    code = main([*arguments, "--report", str(tmp_path / "out.html"), "--robustness"])
    said = json.loads(capsys.readouterr().out)
    assert code == 0 and said["run"] == 2 and {"metrics", "confusion", "outputs"} <= set(said)
    assert (
        said["groups"][0]["by"] == "a"
        and sum(group["samples"] for group in said["groups"][0]["groups"]) == said["samples"]
    )
    assert said["comparison"]["first"]["run"] == 1 and set(said["comparison"]["lists"]) >= {"fixed", "broken"}
    assert {plot["key"] for plot in said["outputs"][0]["plots"]} == {
        "roc",
        "precision_recall",
        "reliability",
        "confidence",
    }
    assert said["robustness"]["disturbances"] and said["report"]["bytes"] == (tmp_path / "out.html").stat().st_size
    assert main([*arguments[:4], "--group", "a"]) == 0
    assert "95 % BETWEEN" in capsys.readouterr().out

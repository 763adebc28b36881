"""What is measured of a network as a whole: its losses on any split, and the sheet of its map."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.files import create
from engine.document.graph import Edge, Graph, Initial, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from engine.errors import Cancelled
from engine.evaluation.answered import answered
from engine.evaluation.evaluate import evaluate
from engine.evaluation.network import load_network
from engine.evaluation.whole_network import whole_network
from engine.protocol.run_folder import RunFolder
from engine.training.loop import Loop
from engine.training.map_sheet import neighbour_heights
from engine.training.placing import begin_with_data
from engine.training.run_log import Inbox, RunLog
from engine.training.runs import create_run
from engine.training.saver import Saver
from engine.training.task import prepare_task


def mapped(folder: Path) -> Project:
    """Three heaps of points with the name of their heap, a map of them, and a layer that names its units."""
    generator = np.random.default_rng(1)
    rows = ["a,b,c,heap"]
    for number in range(240):
        middle = (number % 3) * 4
        a, b, c = generator.normal(middle, 0.5, 3)
        rows.append(f"{a:.4f},{b:.4f},{c:.4f},{'xyz'[number % 3]}")
    (folder / "heaps.csv").write_text("\n".join(rows) + "\n")
    project = propose("heaps", inspect(folder / "heaps.csv", target="heap").data)
    nodes = [
        Node(id="points", type="Input", attributes={"fields": ["a", "b", "c"]}),
        Node(
            id="map",
            type="SelfOrganizingMap",
            title="Sheet",
            attributes={"rows": 3, "columns": 4},
            weight_init=Initial(type="DrawnSamples"),
        ),
        Node(id="unfold", type="MapDistortionLoss", attributes={"rows": 3}),
        Node(id="fit", type="QuantizationError"),
        Node(id="folds", type="TopographicError", attributes={"rows": 3}),
        Node(id="near", type="Softmin", attributes={"dim": 1}),
        Node(id="names", type="Linear", attributes={"out_features": 3}),
        Node(id="answer", type="Output", attributes={"field": "heap"}),
        Node(id="truth", type="Input", attributes={"fields": ["heap"]}),
        Node(id="loss", type="CrossEntropyLoss"),
    ]
    edges = [
        Edge(source="points", target="map"),
        *(
            Edge(source="map", output="distances", target=name, input="prediction")
            for name in ("unfold", "fit", "folds")
        ),
        Edge(source="map", output="distances", target="near"),
        Edge(source="near", target="names"),
        Edge(source="names", target="answer", input="prediction"),
        Edge(source="names", target="loss", input="prediction"),
        Edge(source="truth", target="loss", input="target"),
    ]
    project.graph = Graph(nodes, edges)
    phase = Phase(epochs=4, batch_size=16, players=(Player(losses={"unfold": 1.0, "loss": 1.0}),))
    project.recipe = Recipe(phases=(phase,))
    return project


@pytest.fixture(scope="module")
def heaps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunFolder]:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("heaps")
    project = mapped(folder)
    create(folder / "project", project)
    run = create_run(folder / "project", project)
    log = RunLog(run)
    saver = Saver(run, log)
    task = prepare_task(project, open_dataset(folder / "project", project.data))
    begin_with_data(task)
    log.append(Loop(task, log, Inbox(run, skip=False), saver).run())
    for part in (saver, task, log):
        part.close()
    return folder / "project", run


@pytest.mark.parametrize("split", ["val", "test"])
def test_measures_stand_beside_the_scores(heaps: tuple[Path, RunFolder], split: str) -> None:
    found = evaluate(*heaps, split)
    (output,) = found.outputs
    assert set(found.losses) == {"unfold", "loss"}
    assert 0 <= output.metrics["folds"] <= 1 and 0 < output.metrics["fit"] < 2
    network = load_network(heaps[1])
    dataset = open_dataset(heaps[0], mapped(heaps[0].parent).data)
    column = dataset.columns(("a", "b", "c"), split)
    distances = torch.cdist(column.gather(torch.arange(len(column))), network.get_submodule("map").units)  # type: ignore[arg-type]
    assert output.metrics["fit"] == pytest.approx(float(distances.detach().amin(1).mean()), rel=1e-4)


def test_the_sheet_holds_every_sample(heaps: tuple[Path, RunFolder]) -> None:
    found = evaluate(*heaps)
    (sheet,) = found.maps
    assert (sheet.node, sheet.title, sheet.rows, sheet.columns) == ("map", "Sheet", 3, 4)
    hits = np.frombuffer(sheet.hits, "<i4").reshape(3, 4)
    votes = np.frombuffer(sheet.votes, np.uint8).reshape(3, 4)
    assert hits.sum() == found.samples and ((votes == 255) == (hits == 0)).all()
    assert sheet.classes == ["x", "y", "z"]
    units = load_network(heaps[1]).get_submodule("map").units
    heights = np.frombuffer(sheet.heights, "<f4").reshape(5, 7)
    assert np.allclose(heights, neighbour_heights(units, 3, 4).numpy())  # type: ignore[arg-type]


def test_it_is_measured_once_and_can_be_cancelled(heaps: tuple[Path, RunFolder]) -> None:
    given = answered(*heaps, "val")
    given.memo.clear()
    with pytest.raises(Cancelled):
        whole_network(given, cancelled=lambda: True)
    here = torch.get_rng_state()
    first = whole_network(given)
    assert whole_network(given) is first and torch.equal(torch.get_rng_state(), here)
    assert first.measures == ("fit", "folds")

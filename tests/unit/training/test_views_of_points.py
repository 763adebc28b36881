"""Live views of maps, centres, filters and dreams: where they apply, what they tell, and that it is true."""

import zlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from engine.document.data_spec import DataSpec, Field, FieldKind, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase
from engine.protocol.run_events import ViewArray, ViewSeen
from engine.training.live_views.centres import Centres, principal_axes
from engine.training.live_views.dreams import CHAINS, Dreams
from engine.training.live_views.filters import Filters
from engine.training.live_views.map_units import MapUnits
from engine.training.map_sheet import NOBODY, class_votes, neighbour_heights
from engine.training.task import prepare_task
from tests.unit.training.small_tasks import MemoryData, Rig, class_data, classifier, one_phase, picture_project

WATCHED = (MapUnits, Centres, Filters, Dreams)


def array(told: ViewArray) -> np.ndarray:
    return np.frombuffer(zlib.decompress(told.data), np.dtype(told.dtype)).reshape(told.shape)


def with_map(rows: int = 3, columns: int = 4) -> Project:
    """A classifier beside whose network a map unfolds."""
    project = classifier(recipe=one_phase(Phase(epochs=3, batch_size=16)))
    nodes = [
        *project.graph.nodes.values(),
        Node(id="map", type="SelfOrganizingMap", title="Sheet", attributes={"rows": rows, "columns": columns}),
        Node(id="fit", type="MapDistortionLoss", attributes={"rows": rows}),
        Node(id="folded", type="TopographicError", attributes={"rows": rows}),
    ]
    edges = [
        *project.graph.edges,
        Edge(source="features", target="map"),
        Edge(source="map", output="distances", target="fit", input="prediction"),
        Edge(source="map", output="distances", target="folded", input="prediction"),
    ]
    project.graph = Graph(nodes, edges)
    return project


def seen(rig: Rig, key: str) -> list[ViewSeen]:
    return [event for event in rig.events(ViewSeen) if isinstance(event, ViewSeen) and event.view == key]


def digits(*, stacked: bool = False) -> tuple[Project, MemoryData]:
    """Pictures of 4 × 5 in grey before one Boltzmann machine or two."""
    picture = Field(
        name="pixels",
        kind=FieldKind.IMAGE,
        preparation=(
            Step(type="Channels", attributes={"mode": "gray"}),
            Step(type="Resize", attributes={"height": 4, "width": 5}),
            Step(type="Scale"),
        ),
        statistics=Statistics(shape=(4, 5, 1)),
    )
    nodes = [
        Node(id="pixels", type="Input", attributes={"fields": ["pixels"]}),
        Node(id="flat", type="Flatten"),
        Node(id="low", type="RestrictedBoltzmann", attributes={"hidden_features": 6}),
        Node(id="fit", type="FreeEnergyLoss"),
        Node(id="again", type="Unflatten", attributes={"dim": 1, "unflattened_size": [1, 4, 5]}),
        Node(id="answer", type="Output", attributes={"field": "pixels"}),
    ]
    edges = [
        Edge(source="pixels", target="flat"),
        Edge(source="flat", target="low"),
        Edge(source="low", output="energy", target="fit", input="data"),
        Edge(source="low", output="model_energy", target="fit", input="model"),
        Edge(source="low", output="dream", target="again"),
        Edge(source="again", target="answer", input="prediction"),
    ]
    if stacked:
        nodes += [
            Node(id="high", type="RestrictedBoltzmann", attributes={"hidden_features": 3}),
            Node(id="fit2", type="FreeEnergyLoss"),
        ]
        edges += [
            Edge(source="low", output="hidden", target="high"),
            Edge(source="high", output="energy", target="fit2", input="data"),
            Edge(source="high", output="model_energy", target="fit2", input="model"),
        ]
    project = Project(
        name="digits",
        data=DataSpec(fields=(picture,)),
        graph=Graph(nodes, edges),
        recipe=one_phase(Phase(epochs=2, batch_size=10)),
    )
    generator = torch.Generator().manual_seed(3)
    values = {
        ("pixels", split): (torch.rand(40, 1, 4, 5, generator=generator) > 0.5).float() for split in ("train", "val")
    }
    return project, MemoryData(values)


def test_no_view_applies_where_there_is_nothing_of_the_kind() -> None:
    task = prepare_task(classifier(("hidden", "Linear", {"out_features": 4})), class_data())
    assert [view.key for view in WATCHED if view.applies(task)] == []
    task.close()


def test_the_sheet_of_a_map_is_told_and_true(tmp_path: Path) -> None:
    rig = Rig(tmp_path, with_map(), class_data())
    rig.run()
    events = seen(rig, "map_units")
    assert events[0].fixed and events[0].facts["rows"] == 3 and events[0].facts["title"] == "Sheet"
    last = events[-1]
    units = rig.weights()["map.units"]
    assert array(last.arrays["heights"]).shape == (5, 7)
    assert array(last.arrays["heights"])[0, 1] == pytest.approx(float((units[0] - units[1]).norm()), rel=2e-3)
    assert int(array(last.arrays["hits"]).sum()) == 100
    hits, classes = array(last.arrays["hits"]), array(last.arrays["classes"])
    assert ((classes == NOBODY) == (hits == 0)).all() and set(np.unique(classes)) <= {0, 1, 2, NOBODY}


def test_heights_are_distances_between_neighbours() -> None:
    units = torch.tensor([[0.0], [1.0], [3.0], [0.0], [1.0], [7.0]])
    heights = neighbour_heights(units, 2, 3)
    assert heights[0].tolist() == pytest.approx([0.5, 1.0, (1 + 2 + 0) / 3, 2.0, (2 + 4) / 2])
    assert heights[1, 0] == 0.0 and heights[1, 4] == 4.0
    assert class_votes(torch.tensor([0, 0, 0, 2]), torch.tensor([1, 1, 0, -1]), 3, 2).tolist() == [1, NOBODY, NOBODY]


def test_centres_are_told_on_the_axes_of_the_data(tmp_path: Path) -> None:
    project = classifier(("centres", "RadialBasis", {"centres": 5}), recipe=one_phase(Phase(epochs=2, batch_size=16)))
    rig = Rig(tmp_path, project, class_data())
    rig.run()
    events = seen(rig, "centres")
    last = events[-1]
    middle, axes, _ = principal_axes(rig.data.values[("features", "train")])
    held = rig.weights()["centres.centres"]
    assert np.allclose(array(last.arrays["centres"]), ((held - middle) @ axes).numpy(), atol=2e-2)
    assert array(last.arrays["points"]).shape == (100, 2) and array(last.arrays["truth"]).shape == (100,)
    precision = rig.weights()["centres.log_precision"].exp()
    assert np.allclose(array(last.arrays["reach"]), (2 * precision).rsqrt().numpy(), rtol=2e-3)
    assert 0 < float(events[0].facts["y_share"]) <= float(events[0].facts["x_share"]) <= 1


def test_a_map_says_how_its_units_lie(tmp_path: Path) -> None:
    rig = Rig(tmp_path, with_map(), class_data())
    rig.run()
    first = seen(rig, "centres")[0]
    assert (first.facts["rows"], first.facts["columns"]) == (3, 4)


def test_filters_of_a_convolution_and_of_a_machine(tmp_path: Path) -> None:
    project, data = picture_project(one_phase(Phase(epochs=1, batch_size=16)))
    rig = Rig(tmp_path / "conv", project, data)
    rig.run()
    pictures = array(seen(rig, "filters")[-1].arrays["pictures"])
    assert pictures.shape == (4, 3, 3, 3)
    weight = rig.weights()["conv1.weight"].permute(0, 2, 3, 1).numpy()
    assert np.abs(pictures.astype(float) - (128 + 127 * weight / np.abs(weight).max())).max() <= 1
    rig = Rig(tmp_path / "machine", *digits())
    rig.run()
    assert array(seen(rig, "filters")[-1].arrays["pictures"]).shape == (6, 4, 5, 1)


def test_machines_dream_alone_and_upon_each_other(tmp_path: Path) -> None:
    rig = Rig(tmp_path, *digits(stacked=True))
    rig.run()
    events = seen(rig, "dreams")
    assert {event.node for event in events} == {"low", "high"}
    for event in events:
        if not event.fixed:
            pictures = array(event.arrays["pictures"])
            assert pictures.shape == (CHAINS, 4, 5, 1) and len(np.unique(pictures)) > 2


def test_looking_changes_nothing(tmp_path: Path) -> None:
    """Weights end the same whether anybody looked."""
    from engine.training import looks

    project, data = digits(stacked=True)
    watched, alone = Rig(tmp_path / "a", project, data), Rig(tmp_path / "b", project, data)
    watched.run()
    kept, looks.VIEWS = looks.VIEWS, ()
    try:
        alone.run()
    finally:
        looks.VIEWS = kept
    first, second = watched.weights(), alone.weights()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_latest_epoch_is_the_best_where_the_loss_tells_nothing(tmp_path: Path) -> None:
    project, data = digits()
    project.recipe = msgspec.structs.replace(project.recipe, phases=(Phase(epochs=4, batch_size=10),))
    assert Rig(tmp_path, project, data).run().best_epoch == 4


def test_what_only_measures_is_told_and_not_learned(tmp_path: Path) -> None:
    from engine.protocol.run_events import EpochFinished

    rig = Rig(tmp_path, with_map(), class_data())
    rig.run()
    told = [event.val for event in rig.events(EpochFinished) if isinstance(event, EpochFinished)]
    for val in told:
        assert 0 <= val["loss.folded"] <= 1
        assert val["loss"] == pytest.approx(val["loss.loss1"] + val["loss.fit"], rel=1e-4)


def test_of_runs_whose_loss_tells_nothing_the_newest_is_the_best(tmp_path: Path) -> None:
    from engine.protocol.run_folder import RunFolder
    from engine.training.runs import find_run

    for number in (1, 2, 3):
        project, data = digits()
        project.recipe = msgspec.structs.replace(project.recipe, seed=number)
        rig = Rig(tmp_path, project, data)
        rig.folder = RunFolder(tmp_path / "runs" / f"{number:04d}")
        rig.folder.path.mkdir(parents=True, exist_ok=True)
        rig.run()
    assert find_run(tmp_path).number == 3

"""First weights from the data: centres among what comes in, the same for a seed, behind other layers too."""

from pathlib import Path

import msgspec
import pytest
import torch

from engine.document.graph import Edge, Graph, Initial, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Recipe
from engine.training.placing import begin_with_data, drawn_samples, k_means
from engine.training.task import Task, prepare_task
from tests.unit.training.small_tasks import Rig, class_data, classifier, one_phase


def groups(count: int, size: int = 30, width: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """(middles, rows): tight groups far from each other."""
    generator = torch.Generator().manual_seed(5)
    middles = torch.randn(count, width, generator=generator) * 20
    rows = middles.repeat_interleave(size, 0) + torch.randn(count * size, width, generator=generator) * 0.1
    return middles, rows


def test_k_means_finds_the_groups() -> None:
    middles, rows = groups(6)
    found = k_means(rows, 6, torch.Generator().manual_seed(0), iterations=20)
    nearest = torch.cdist(middles, found).min(1)
    assert sorted(nearest.indices.tolist()) == list(range(6))
    assert float(nearest.values.max()) < 0.2


@pytest.mark.parametrize("function", [lambda *a: k_means(*a, iterations=3), drawn_samples], ids=["k_means", "drawn"])
def test_more_are_wanted_than_there_are(function) -> None:  # type: ignore[no-untyped-def]
    _, rows = groups(2, size=2)
    found = function(rows, 9, torch.Generator().manual_seed(0))
    assert found.shape == (9, 4) and bool(found.isfinite().all())


def radial(kind: str = "KMeans", **attributes: object) -> Project:
    """features -> a Linear -> centres -> scores."""
    project = classifier(
        ("before", "Linear", {"out_features": 5}),
        ("centres", "RadialBasis", {"centres": 3}),
        recipe=one_phase(Phase(epochs=1, batch_size=32)),
    )
    initial = Initial(type=kind, attributes=attributes)  # type: ignore[arg-type]
    project.graph.replace(msgspec.structs.replace(project.graph.node("centres"), weight_init=initial))
    return project


def begun(project: Project, seed: int = 7) -> tuple[Task, list[str], list[str]]:
    project.recipe = msgspec.structs.replace(project.recipe, seed=seed)
    task = prepare_task(project, class_data())
    try:
        return (task, *begin_with_data(task))
    finally:
        task.close()


def test_centres_lie_where_their_node_sees_the_data() -> None:
    task, done, warnings = begun(radial())
    assert len(done) == 1 and "K-means" in done[0] and not warnings
    module = task.network.get_submodule("centres")
    with torch.no_grad():
        rows = task.network.get_submodule("before")(next(task.train.batches([0, 100]))[0])
        apart = torch.cdist(rows, module.centres).amin(1)  # type: ignore[arg-type]
    assert float(apart.mean()) < float(torch.cdist(rows, rows).mean()) / 2
    assert task.network.training and not torch.equal(module.log_precision[:1], module.log_precision[1:2])  # type: ignore[index]


def test_the_seed_decides_and_training_draws_on_as_if_nothing_had_been() -> None:
    first, second, other = begun(radial())[0], begun(radial())[0], begun(radial(), seed=8)[0]
    here = torch.get_rng_state()
    begin_with_data(second)
    assert torch.equal(torch.get_rng_state(), here)
    centres = [task.network.state_dict()["centres.centres"] for task in (first, second, other)]
    assert torch.equal(centres[0], centres[1]) and not torch.equal(centres[0], centres[2])


def test_drawn_samples_are_samples() -> None:
    project = radial("DrawnSamples", samples=40)
    task, done, _ = begun(project)
    with torch.no_grad():
        rows = task.network.get_submodule("before")(next(task.train.batches([0, 100]))[0])
    apart = torch.cdist(task.network.state_dict()["centres.centres"], rows).amin(1)
    assert float(apart.max()) < 1e-3 and "(40 rows)" in done[0]


def test_what_has_no_such_rows_says_so_and_stays() -> None:
    project = classifier(("relu", "ReLU", {}), recipe=one_phase(Phase(epochs=1)))
    node = project.graph.node("relu")
    project.graph.replace(msgspec.structs.replace(node, weight_init=Initial(type="KMeans")))
    _, done, warnings = begun(project)
    assert not done and len(warnings) == 1 and "relu could not begin" in warnings[0]


def test_the_linear_layer_takes_rows_too(tmp_path: Path) -> None:
    project = classifier(("hidden", "Linear", {"out_features": 4}), recipe=one_phase(Phase(epochs=1, batch_size=32)))
    node = project.graph.node("hidden")
    project.graph.replace(msgspec.structs.replace(node, weight_init=Initial(type="KMeans")))
    rig = Rig(tmp_path, project, class_data())
    rig.run(begin=begin_with_data)
    assert rig.weights()["hidden.weight"].isfinite().all()


def test_all_weights_at_once_cannot_begin_so() -> None:
    from engine.checks.inference import ShapeChecker
    from engine.document.data_spec import Step

    project = classifier(recipe=Recipe(weight_init=Step(type="KMeans")))
    messages = [problem.message for problem in ShapeChecker(project).problems()]
    assert any("cannot be chosen for all weights at once" in text for text in messages)


def test_a_map_begins_where_data_are() -> None:
    project = radial()
    nodes = {**project.graph.nodes}
    nodes["map"] = Node(
        id="map",
        type="SelfOrganizingMap",
        attributes={"rows": 2, "columns": 2},
        weight_init=Initial(type="DrawnSamples"),
    )
    nodes["fit"] = Node(id="fit", type="MapDistortionLoss", attributes={"rows": 2})
    edges = [
        *project.graph.edges,
        Edge(source="features", target="map"),
        Edge(source="map", output="distances", target="fit", input="prediction"),
    ]
    project.graph = Graph(nodes.values(), edges)
    task, done, _ = begun(project)
    assert len(done) == 2
    rows = next(task.train.batches([0, 100]))[0]
    assert float(torch.cdist(task.network.state_dict()["map.units"], rows).amin(1).max()) < 1e-3

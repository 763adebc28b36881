"""What is told beside the main scores: averages, areas, intervals and plots, held to scikit-learn and to theory."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image
from sklearn import metrics as oracle

from engine.compiler.module import compile_project
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.data_spec import DataSpec, FieldKind, Role, Step
from engine.document.files import create
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Recipe
from engine.evaluation.answered import Answered, answered, forget_answers
from engine.evaluation.details import number_intervals
from engine.evaluation.evaluate import evaluate
from engine.evaluation.judging import judged
from engine.protocol.messages.answered_samples import Measure
from engine.protocol.messages.evaluation import FieldEvaluation
from engine.training import checkpoint
from engine.training.run_state import RunState
from engine.training.runs import create_run
from tests.drawn_gan import gan, picture_field


def scored(directory: Path, project: Project) -> tuple[Answered, FieldEvaluation]:
    torch.set_num_threads(1)
    forget_answers()
    create(directory, project)
    torch.manual_seed(2)
    run = create_run(directory, project)
    checkpoint.write(run.checkpoints, "best", RunState(step=1), dict(compile_project(project).state_dict()))
    (output,) = evaluate(directory, run, "train").outputs
    return answered(directory, run, "train"), output


def table(folder: Path, target: str, rows: int = 300) -> Project:
    random = np.random.default_rng(8)
    lines = ["a,b,kind,tags,price"]
    for _ in range(rows):
        a, b = random.normal(size=2)
        kind = ["low", "mid", "high"][int(np.digitize(a + 0.3 * b, [-0.5, 0.8]))]
        tags = ";".join(name for name, value in (("left", a), ("up", b), ("far", abs(a) - 1)) if value > 0)
        lines.append(f"{a:.4f},{b:.4f},{kind},{tags or 'none'},{5 * a + b:.4f}")
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    found = inspect(folder / "rows.csv", target=target).data
    kept = tuple(
        field if field.name in ("a", "b", target) else msgspec.structs.replace(field, role=Role.IGNORED)
        for field in found.fields
    )
    return propose("rows", msgspec.structs.replace(found, fields=kept))


def test_averages_and_areas_are_those_of_scikit_learn(tmp_path: Path) -> None:
    given, output = scored(tmp_path / "project", table(tmp_path, "kind"))
    raw, target = given.outputs[0].raw, given.outputs[0].target
    assert target is not None
    scores, true = raw.double().softmax(1).numpy(), target.numpy()
    said = scores.argmax(1)
    for average in ("macro", "micro", "weighted"):
        mine = next(item for item in output.averages if item.name == average)
        wanted = oracle.precision_recall_fscore_support(true, said, average=average, zero_division=0)[:3]
        assert (mine.precision, mine.recall, mine.f1) == pytest.approx(wanted, abs=1e-9)
        if average != "micro":
            area = oracle.roc_auc_score(true, scores, multi_class="ovr", average=average)
            assert mine.auroc == pytest.approx(area, abs=1e-6)
        one_hot = true[:, None] == np.arange(3)
        mean = oracle.average_precision_score(one_hot, scores, average=average)
        assert mine.average_precision == pytest.approx(mean, abs=1e-6)
    assert output.metrics["auroc"] == output.averages[0].auroc
    assert output.kind == "category" and output.interval == output.intervals["accuracy"]
    for name, (low, high) in output.intervals.items():
        assert low <= output.metrics[name] <= high, name
    assert [plot.view for plot in output.plots] == ["curves", "curves", "calibration", "calibration"]


def test_labels_are_told_one_by_one(tmp_path: Path) -> None:
    given, output = scored(tmp_path / "project", table(tmp_path, "tags"))
    assert output.kind == "labels"
    raw, target = given.outputs[0].raw, given.outputs[0].target
    assert target is not None
    scores, true = raw.double().sigmoid().numpy(), target.numpy()
    for place, item in enumerate(output.per_class):
        assert item.auroc == pytest.approx(oracle.roc_auc_score(true[:, place], scores[:, place]), abs=1e-6)
        wanted = oracle.average_precision_score(true[:, place], scores[:, place])
        assert item.average_precision == pytest.approx(wanted, abs=1e-6)
    for average in output.averages:
        wanted = oracle.precision_recall_fscore_support(true, scores > 0.5, average=average.name, zero_division=0)[:3]
        assert (average.precision, average.recall, average.f1) == pytest.approx(wanted, abs=1e-9)
    assert {plot.key for plot in output.plots} == {"roc", "precision_recall", "reliability", "confidence"}


def test_numbers_with_intervals_and_plots(tmp_path: Path) -> None:
    given, output = scored(tmp_path / "project", table(tmp_path, "price"))
    assert output.kind == "number"
    cloud, residuals, spread = output.plots
    assert (cloud.key, residuals.key, spread.key) == ("predicted_true", "residuals", "residual_histogram")
    true = np.array(cloud.series[0].x)
    wanted = [given.dataset.raw(index, "price") for index in cloud.series[0].samples]
    assert np.allclose(true, wanted, rtol=1e-4), "points name their samples"
    off = np.abs(np.array(cloud.series[0].y) - true)
    assert off.mean() == pytest.approx(output.metrics["mean_absolute_error"], rel=1e-3)
    for name in ("mean_absolute_error", "root_mean_squared_error", "r2", "median_absolute_error"):
        low, high = output.intervals[name]
        assert low < output.metrics[name] < high


def test_number_intervals_cover_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(9)
    inside = 0
    for _ in range(120):
        true = random.normal(size=(80, 1))
        found = number_intervals(true + random.normal(0, 0.5, (80, 1)), true)
        low, high = found["root_mean_squared_error"]
        inside += low <= 0.5 <= high
    assert 0.86 <= inside / 120 <= 1.0


def autoencoder(data: DataSpec, field: str, side: int) -> Project:
    def node(name: str, kind: str, **attributes: object) -> Node:
        return Node(id=name, type=kind, attributes=attributes)  # type: ignore[arg-type]

    pixels = side * side
    nodes = [
        node("seen", "Input", fields=(field,)),
        node("flat", "Flatten"),
        node("mean", "Linear", out_features=4),
        node("spread", "Linear", out_features=4),
        node("drawn", "Reparameterize"),
        node("wide", "Linear", out_features=pixels),
        node("shape", "Reshape", shape=(1, side, side)),
        node("again", "Output", field=field),
        node("loss", "MSELoss"),
    ]
    links = "seen>flat flat>mean flat>spread mean>drawn.mean spread>drawn.log_variance drawn>wide wide>shape"
    links += " shape>again.prediction shape>loss.prediction seen>loss.target"
    edges = []
    for link in links.split():
        source, target = link.split(">")
        name, _, port = target.partition(".")
        edges.append(Edge(source=source, target=name, input=port or "input"))
    return Project(name="again", data=data, graph=Graph(nodes, edges), recipe=Recipe())


def test_what_is_made_of_noise_has_no_truth_of_its_own(tmp_path: Path) -> None:
    """No sample is the furthest off, and no mean error is told: coverage is, where the recipe asks for it."""
    folder = tmp_path / "pictures"
    for name in ("train", "test"):
        (folder / name / "one").mkdir(parents=True)
    random = np.random.default_rng(3)
    for number in range(24):
        Image.fromarray(random.integers(0, 256, (8, 8), dtype=np.uint8)).save(folder / f"train/one/{number}.png")
    data = inspect(folder).data
    fields = tuple(
        msgspec.structs.replace(field, role=Role.INPUT if field.kind is FieldKind.IMAGE else Role.IGNORED)
        for field in data.fields
    )
    (picture,) = (field for field in fields if field.kind is FieldKind.IMAGE)
    prepared = msgspec.structs.replace(picture, preparation=picture_field().preparation)
    fields = tuple(prepared if field is picture else field for field in fields)
    project = gan(data=msgspec.structs.replace(data, fields=fields), field=picture.name)
    project.recipe = msgspec.structs.replace(project.recipe, metrics=("coverage", "fidelity"))
    given, output = scored(tmp_path / "project", project)
    assert given.outputs[0].errors is None
    assert judged(given, given.outputs[0]).measure is Measure.NONE
    assert output.metrics.keys() == {"coverage", "fidelity"} and not output.plots
    made, real = output.pictures
    assert (made.key, real.key) == ("made", "real")
    assert [row.index for row in real.rows] == given.indices.tolist(), "real ones to hold it against"
    assert all(row.pictures[0].rgb for row in real.rows)


def test_what_is_asked_for_stands_below_what_was_made(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    for name in ("boots", "coats", "hats"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(20):
            pixels = random.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"pictures/{name}/{number}.png")
    data = inspect(tmp_path / "pictures").data
    label, picture = (next(f for f in data.fields if f.kind is kind) for kind in (FieldKind.CATEGORY, FieldKind.IMAGE))
    fields = tuple(
        msgspec.structs.replace(field, role=Role.INPUT, preparation=(Step(type="OneHot"),))
        if field is label
        else msgspec.structs.replace(field, role=Role.INPUT, preparation=picture_field().preparation)
        for field in (label, picture)
    )
    project = gan(data=msgspec.structs.replace(data, fields=fields), field=picture.name)
    nodes = [
        *project.graph.nodes.values(),
        Node(id="word", type="Input", attributes={"fields": [label.name]}),
        Node(id="both", type="Concatenate"),
    ]
    edges = [edge for edge in project.graph.sorted_edges() if edge.target != "gen1"]
    edges += [
        Edge(source="noise1", target="both", input="a"),
        Edge(source="word", target="both", input="b"),
        Edge(source="both", target="gen1"),
    ]
    project.graph = Graph(nodes, edges)
    project.recipe = msgspec.structs.replace(project.recipe, metrics=("coverage",))
    _, output = scored(tmp_path / "project", project)
    made, real = output.pictures
    assert [row.caption for row in made.rows] == ["boots", "coats", "hats"]
    assert made.columns == ["Draw 1", "Draw 2", "Draw 3", "Draw 4"]
    assert len({one.rgb for row in made.rows for one in row.pictures}) == 12, "each is another draw"
    assert real.rows and not real.columns


def test_what_was_made_stands_beside_what_was_given(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    for number in range(40):
        path = tmp_path / "pictures" / "all" / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(path)
    found = inspect(tmp_path / "pictures").data
    (name,) = (field.name for field in found.fields if field.kind == "image")
    kept = tuple(
        msgspec.structs.replace(field, role=Role.TARGET if field.name == name else Role.IGNORED)
        for field in found.fields
    )
    data = msgspec.structs.replace(found, fields=kept)
    given, output = scored(tmp_path / "project", autoencoder(data, name, 8))
    errors = given.outputs[0].errors
    assert errors is not None
    assert output.metrics["root_mean_squared_error"] == pytest.approx(float(errors[:, 1].mean().sqrt()))
    low, high = output.intervals["mean_absolute_error"]
    assert low < output.metrics["mean_absolute_error"] < high
    again, made = output.pictures
    assert (again.key, made.key) == ("reconstruction", "made")
    assert again.columns == ["Original", "Made again", "Difference"]
    assert len(again.rows) == 12 and all(len(row.pictures) == 3 for row in again.rows)
    worst = int(given.indices[int(errors[:, 1].argmax())])
    assert again.rows[0].index == worst and again.rows[0].caption.startswith("worst")
    assert sum(len(row.pictures) for row in made.rows) == 32
    tiles = {one.rgb for row in made.rows for one in row.pictures}
    assert len(tiles) > 30, "each is drawn anew"
    forget_answers()
    same = evaluate(given.project_dir, given.run, "train").outputs[0].pictures[1]
    assert same == made, "the same seed makes the same"


def test_the_evidence_bound_is_reconstruction_and_divergence_in_nats_a_sample(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    for number in range(30):
        path = tmp_path / "pictures" / "all" / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(path)
    found = inspect(tmp_path / "pictures").data
    (name,) = (field.name for field in found.fields if field.kind == "image")
    kept = tuple(
        msgspec.structs.replace(field, role=Role.TARGET if field.name == name else Role.IGNORED)
        for field in found.fields
    )
    project = autoencoder(msgspec.structs.replace(found, fields=kept), name, 8)
    nodes = [*project.graph.nodes.values(), Node(id="kl", type="KLPriorLoss", attributes={"free": 5.0})]
    links = [Edge(source="mean", target="kl", input="mean"), Edge(source="spread", target="kl", input="log_variance")]
    project.graph = Graph(nodes, [*project.graph.edges, *links])
    given, output = scored(tmp_path / "project", project)
    network = given.network
    x = given.dataset.columns((name,), "train").gather(torch.arange(given.count))
    with torch.no_grad():
        mean, spread = network.get_submodule("mean")(x.flatten(1)), network.get_submodule("spread")(x.flatten(1))
        torch.manual_seed(0)
        drawn = mean + torch.exp(spread / 2) * torch.randn_like(mean)
        again = network.get_submodule("wide")(drawn)
    divergence = float(((mean.square() + spread.exp() - 1 - spread) / 2).sum(1).mean())
    unlikely = float((0.5 * (again - x.flatten(1)).square() + 0.5 * np.log(2 * np.pi)).sum(1).mean())
    assert output.metrics["elbo_kl"] == pytest.approx(divergence, rel=1e-4), "what is free while training counts"
    assert output.metrics["elbo_reconstruction"] == pytest.approx(unlikely, rel=1e-4)
    assert output.metrics["elbo"] == pytest.approx(-divergence - unlikely, rel=1e-4)

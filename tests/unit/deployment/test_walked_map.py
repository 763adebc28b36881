"""A decoder drawn twice, behind its encoder and behind noise: its map is known, and its file makes any place of it."""

import random
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image
from trained_runs import trained_run

from engine.checks.hidden_places import place_of_samples
from engine.checks.report import check
from engine.data.importing import inspect
from engine.deployment.export import export_onnx
from engine.deployment.predict import Predictor
from engine.document import files
from engine.document.data_spec import Role
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Recipe
from engine.errors import DataError
from engine.evaluation.answered import answered
from engine.evaluation.evaluate import result_of
from engine.evaluation.insides.latent import latent_map
from engine.evaluation.insides.opened import opened_from
from engine.protocol.messages.insides import MapLatent
from tests.drawn_gan import SIDE, picture_field

torch.set_num_threads(1)


def drawn(folder: Path) -> Project:
    """Dark and light pictures in two folders, and a variational autoencoder of two numbers."""
    chance = random.Random(3)
    for number in range(40):
        level = 40 if number % 2 else 200
        pixels = np.full((SIDE, SIDE), level + chance.randrange(30), np.uint8)
        path = folder / "pictures" / ("dark" if number % 2 else "light") / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    found = inspect(folder / "pictures").data
    prepared = picture_field().preparation
    kept = tuple(
        msgspec.structs.replace(
            field, role=Role.INPUT, preparation=prepared if field.kind == "image" else field.preparation
        )
        for field in found.fields
    )
    name = next(field.name for field in kept if field.kind == "image")

    def node(node_id: str, kind: str, *, shares: str = "", title: str = "", **attributes: object) -> Node:
        return Node(id=node_id, type=kind, attributes=attributes, shares=shares, title=title)  # type: ignore[arg-type]

    nodes = [
        node("seen", "Input", fields=[name]),
        node("flat", "Flatten"),
        node("mean", "Linear", out_features=2),
        node("spread", "Linear", out_features=2),
        node("drawn", "Reparameterize"),
        node("wide", "Linear", out_features=SIDE * SIDE),
        node("shape", "Reshape", shape=[1, SIDE, SIDE]),
        node("again", "Output", field=name, title="Made again"),
        node("loss", "MSELoss"),
        node("place", "Noise", size=[2]),
        node("wide2", "Linear", out_features=SIDE * SIDE, shares="wide"),
        node("shape2", "Reshape", shape=[1, SIDE, SIDE]),
        node("made", "Output", field=name, title="Made from the map"),
    ]
    links = "seen>flat flat>mean flat>spread mean>drawn.mean spread>drawn.log_variance drawn>wide wide>shape"
    links += " shape>again.prediction shape>loss.prediction seen>loss.target"
    links += " place>wide2 wide2>shape2 shape2>made.prediction"
    edges = []
    for link in links.split():
        source, target = link.split(">")
        target, _, port = target.partition(".")
        edges.append(Edge(source=source, target=target, input=port or "input"))
    data = msgspec.structs.replace(found, fields=kept)
    return Project(name="map", data=data, graph=Graph(nodes, edges), recipe=Recipe(phases=(Phase(epochs=2),)))


def test_samples_have_places_where_the_noise_goes(tmp_path: Path) -> None:
    project = drawn(tmp_path)
    assert [item.message for item in check(project).problems] == []
    assert place_of_samples(project.graph, "place") == "drawn"
    assert place_of_samples(project.graph, "seen") == "", "nothing with its weights takes what leads to it"
    folder = tmp_path / "project"
    files.create(folder, project)
    run = trained_run(folder, project, 2)
    given = answered(folder, run, "train")
    opened = opened_from(given)
    found = latent_map(opened, MapLatent(id=1, project_dir="", node="drawn", method="values"))
    network = given.network
    with torch.no_grad():
        x = given.dataset.columns(network.input_fields["seen"], "train").gather(torch.arange(given.count))
        wanted = network.get_submodule("mean")(x.flatten(1))
    points = np.frombuffer(found.points, "<f4").reshape(-1, 2)
    assert np.allclose(points, wanted.numpy(), atol=1e-5), "as they are: neither turned nor moved"
    assert found.classes == ["dark", "light"]
    labels = given.dataset.labels("label")[given.indices].tolist()
    assert np.frombuffer(found.groups, "<i2").tolist() == labels
    assert latent_map(opened, MapLatent(id=1, project_dir="")).node == "drawn", "what is shown when nothing is chosen"
    with pytest.raises(DataError, match="Only two numbers"):
        latent_map(opened, MapLatent(id=1, project_dir="", node="flat", method="values"))
    again, made = result_of(given).outputs
    assert [grid.caption for one in (again, made) for grid in one.pictures if grid.key == "made"] == [
        "Hidden values drawn by chance, then decoded, seed 0",
        "Each from random numbers of its own, seed 0",
    ]
    assert "root_mean_squared_error" in again.metrics and "root_mean_squared_error" not in made.metrics


def test_the_file_answers_both_ways_under_their_titles(tmp_path: Path) -> None:
    project = drawn(tmp_path)
    folder = tmp_path / "project"
    files.create(folder, project)
    run = trained_run(folder, project, 2)
    told = export_onnx(folder, run, tmp_path / "map.onnx", samples=8)
    assert told.verified.same_answers == told.verified.samples == 8
    asked = Predictor(tmp_path / "map.onnx")
    picture = str(tmp_path / "pictures" / "dark" / "01.png")
    name = asked.fields[0].name
    first, second = asked.predict(
        [{name: picture, "place": {"set": {"0": -2.0, "1": 0.5}}}, {name: picture, "place": [2.0, 0.5]}]
    ).predictions
    assert set(first.outputs) == {"Made again", "Made from the map"}
    assert first.outputs["Made again"].pixels == second.outputs["Made again"].pixels
    assert first.outputs["Made from the map"].pixels != second.outputs["Made from the map"].pixels

"""The live view of a generator: the same random numbers at each look, as the network would answer them."""

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from small_tasks import MemoryData, Rig, class_data, classifier, same
from torch import Tensor

from engine.document.data_spec import DataSpec, Field, FieldKind, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Recipe
from engine.protocol.run_events import ViewSeen
from engine.training import looks
from engine.training.live_views.made_samples import ACROSS, ROWS, seen_pictures
from tests.drawn_gan import gan, picture_field


def pictures(count: int, seed: int) -> Tensor:
    return torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def data() -> MemoryData:
    return MemoryData({("picture", "train"): pictures(64, 1), ("picture", "val"): pictures(16, 2)})


def told(rig: Rig) -> tuple[ViewSeen, list[ViewSeen]]:
    seen = [event for event in rig.events(ViewSeen) if isinstance(event, ViewSeen) and event.view == "made_samples"]
    return seen[0], seen[1:]


def array(seen: ViewSeen, name: str = "pictures") -> np.ndarray:
    one = seen.arrays[name]
    return np.frombuffer(zlib.decompress(one.data), one.dtype).reshape(one.shape)


def test_it_shows_what_the_network_makes_of_fixed_noise(tmp_path: Path) -> None:
    rig = Rig(tmp_path, gan(), data())
    rig.run()
    fixed, frames = told(rig)
    assert fixed.fixed and fixed.facts == {"field": "picture", "rows": ROWS, "across": ACROSS}
    first, last = array(frames[0]), array(frames[-1])
    assert frames[0].step == 0 and first.shape == last.shape == (ROWS * ACROSS, 8, 8, 1) and first.dtype == np.uint8
    assert not np.array_equal(first, last), "it has learned between"
    assert len(np.unique(last.reshape(len(last), -1), axis=0)) == len(last), "each has random numbers of its own"
    assert rig.task is not None
    network = rig.task.network
    network.load_state_dict(rig.weights("last"))
    network.eval()
    noise = network.noise(ROWS * ACROSS, torch.Generator().manual_seed(rig.task.project.recipe.seed))
    with torch.no_grad():
        made = network(*noise)[0]
    expected = ((made * 0.5 + 0.5) * 255).round().clamp(0, 255).to(torch.uint8)
    assert np.array_equal(last[..., 0], expected[:, 0].numpy())


def test_the_run_does_not_feel_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Rig(tmp_path / "watched", gan(), data())
    watched.run()
    monkeypatch.setattr(looks, "VIEWS", (), raising=False)
    monkeypatch.setattr("engine.training.live_views.VIEWS", ())
    alone = Rig(tmp_path / "alone", gan(), data())
    alone.run()
    assert same(watched.weights(), alone.weights())


def asked(kind: FieldKind) -> tuple[Project, MemoryData]:
    """A generator that is told what to make: a class, or a word."""
    names = ("dark", "light", "grey")
    if kind is FieldKind.CATEGORY:
        words = Field(
            name="word", kind=kind, preparation=(Step(type="ClassIndex"),), statistics=Statistics(classes=names)
        )
        values = [torch.arange(count) % 3 for count in (60, 12)]
        flat: list[bool | int | float | str] = [4]
    else:
        letters = tuple("adeghiklrty")
        words = Field(
            name="word",
            kind=kind,
            preparation=(Step(type="Characters", attributes={"length": 5}),),
            statistics=Statistics(vocabulary=letters),
        )
        spelled = torch.tensor([[0] * (5 - len(name)) + [letters.index(c) + 2 for c in name] for name in names])
        values = [spelled[torch.arange(count) % 3] for count in (60, 12)]
        flat = [20]
    nodes = [
        Node(id="word", type="Input", attributes={"fields": ["word"]}),
        Node(id="meaning", type="Embedding", attributes={"embedding_dim": 4}),
        Node(id="flat", type="Reshape", attributes={"shape": flat}),
        Node(id="noise", type="Noise", attributes={"size": [4]}),
        Node(id="both", type="Concatenate", attributes={"dim": 1}),
        Node(id="paint", type="Linear", attributes={"out_features": 64}),
        Node(id="form", type="Reshape", attributes={"shape": [1, 8, 8]}),
        Node(id="answer", type="Output", attributes={"field": "picture"}),
        Node(id="real", type="Input", attributes={"fields": ["picture"]}),
        Node(id="alike", type="MSELoss"),
    ]
    edges = [
        Edge(source="word", target="meaning"),
        Edge(source="meaning", target="flat"),
        Edge(source="flat", target="both", input="a"),
        Edge(source="noise", target="both", input="b"),
        Edge(source="both", target="paint"),
        Edge(source="paint", target="form"),
        Edge(source="form", target="answer", input="prediction"),
        Edge(source="form", target="alike", input="prediction"),
        Edge(source="real", target="alike", input="target"),
    ]
    project = Project(
        name="asked",
        data=DataSpec(fields=(picture_field(), words)),
        graph=Graph(nodes, edges),
        recipe=Recipe(phases=(Phase(epochs=2, batch_size=20),)),
    )
    held = {("word", "train"): values[0], ("word", "val"): values[1]}
    held |= {("picture", "train"): pictures(60, 1), ("picture", "val"): pictures(12, 2)}
    return project, MemoryData(held)


@pytest.mark.parametrize("kind", [FieldKind.CATEGORY, FieldKind.TEXT])
def test_each_row_shows_what_was_asked_and_each_column_its_noise(tmp_path: Path, kind: FieldKind) -> None:
    project, held = asked(kind)
    rig = Rig(tmp_path, project, held)
    rig.run()
    fixed, frames = told(rig)
    assert [fixed.facts[f"row{row}"] for row in range(3)] == ["dark", "light", "grey"]
    assert fixed.facts["rows"] == 3 and fixed.facts["across"] == ACROSS
    sheet = array(frames[-1]).reshape(3, ACROSS, 64).astype(float)
    # The layer adds what is asked and what is drawn: between two rows there is one difference, whatever the noise.
    inner = (sheet > 1).all((0, 1)) & (sheet < 254).all((0, 1))
    apart = sheet[0][:, inner] - sheet[1][:, inner]
    assert inner.any() and np.abs(apart - apart[0]).max() <= 2
    assert np.abs(sheet[0] - sheet[0][0]).max() > 2


def test_nothing_is_told_of_networks_without_noise(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(("hidden", "Linear", {"out_features": 4})), class_data())
    rig.run()
    views = [event.view for event in rig.events(ViewSeen) if isinstance(event, ViewSeen)]
    assert "made_samples" not in views


def test_large_pictures_are_told_small() -> None:
    field = picture_field(side=200)
    made = torch.zeros(2, 1, 200, 100)
    seen = seen_pictures(field, made)
    assert tuple(seen.shape) == (2, 64, 32, 1) and bool((seen == 128).all())


def test_hidden_values_that_no_answer_comes_from_have_no_map(tmp_path: Path) -> None:
    """A decoder that answers from noise learns beside an encoder, whose hidden values are not computed then."""
    project, held = asked(FieldKind.CATEGORY)
    nodes = [
        Node(id="seen", type="Flatten"),
        Node(id="mean", type="Linear", attributes={"out_features": 4}),
        Node(id="variance", type="Linear", attributes={"out_features": 4}),
        Node(id="draw", type="Reparameterize"),
        Node(id="near_noise", type="KLPriorLoss"),
        Node(id="again", type="Linear", attributes={"out_features": 64}),
        Node(id="same", type="MSELoss"),
    ]
    edges = [
        Edge(source="real", target="seen"),
        Edge(source="seen", target="mean"),
        Edge(source="seen", target="variance"),
        Edge(source="mean", target="draw", input="mean"),
        Edge(source="variance", target="draw", input="log_variance"),
        Edge(source="mean", target="near_noise", input="mean"),
        Edge(source="variance", target="near_noise", input="log_variance"),
        Edge(source="draw", target="again"),
        Edge(source="again", target="same", input="prediction"),
        Edge(source="seen", target="same", input="target"),
    ]
    project.graph = Graph([*project.graph.nodes.values(), *nodes], [*project.graph.edges, *edges])
    rig = Rig(tmp_path, project, held)
    rig.run()
    views = {event.view for event in rig.events(ViewSeen) if isinstance(event, ViewSeen)}
    assert "made_samples" in views and "latent_map" not in views

"""The live view of the space a network makes of samples: the very values, in two numbers, with their classes."""

import dataclasses
import zlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from small_tasks import MemoryData, Rig, category, class_data, classifier, same

from engine.document.data_spec import DataSpec, Role
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Recipe
from engine.protocol.run_events import ViewSeen
from engine.training.live_views.latent_map import LatentMap
from tests.drawn_gan import picture_field

SIDE = 8


def data() -> MemoryData:
    generator = torch.Generator().manual_seed(1)
    found = {}
    for split, count in (("train", 64), ("val", 24)):
        classes = torch.arange(count) % 3
        found["kind", split] = classes
        found["picture", split] = torch.rand(count, 1, SIDE, SIDE, generator=generator) + classes[:, None, None, None]
    return MemoryData(found)


def project(hidden: int, *, draws: bool = True, loss: str = "MSELoss") -> Project:
    def node(name: str, kind: str, **attributes: object) -> Node:
        return Node(id=name, type=kind, attributes=attributes)  # type: ignore[arg-type]

    fields = (
        picture_field("picture", SIDE),
        msgspec.structs.replace(category("kind", ("a", "b", "c")), role=Role.INPUT),
    )
    nodes = [
        node("seen", "Input", fields=["picture"]),
        node("flat", "Flatten"),
        node("mean", "Linear", out_features=hidden),
    ]
    links = "seen>flat flat>mean"
    if loss == "BatchHardTripletLoss":
        nodes += [node("truth", "Input", fields=["kind"]), node("end", "Output", field="kind")]
        links += " mean>end.prediction mean>loss.prediction truth>loss.target"
    else:
        nodes += [
            node("wide", "Linear", out_features=SIDE * SIDE),
            node("shape", "Reshape", shape=[1, SIDE, SIDE]),
            node("end", "Output", field="picture"),
        ]
        if draws:
            nodes += [node("spread", "Linear", out_features=hidden), node("drawn", "Reparameterize")]
            links += " flat>spread mean>drawn.mean spread>drawn.log_variance drawn>wide"
        else:
            links += " mean>wide"
        links += " wide>shape shape>end.prediction shape>loss.prediction seen>loss.target"
    nodes.append(node("loss", loss))
    edges = []
    for link in links.split():
        source, target = link.split(">")
        name, _, port = target.partition(".")
        edges.append(Edge(source=source, target=name, input=port or "input"))
    recipe = Recipe(phases=(Phase(epochs=2, batch_size=16),))
    return Project(name="again", data=DataSpec(fields=fields), graph=Graph(nodes, edges), recipe=recipe)


def told(rig: Rig) -> tuple[ViewSeen, list[ViewSeen]]:
    seen = [event for event in rig.events(ViewSeen) if isinstance(event, ViewSeen) and event.view == "latent_map"]
    return seen[0], seen[1:]


def array(seen: ViewSeen, name: str) -> np.ndarray:
    one = seen.arrays[name]
    return np.frombuffer(zlib.decompress(one.data), one.dtype).reshape(one.shape)


def values(rig: Rig) -> torch.Tensor:
    """What stands at `mean` for the validation split, with the last weights."""
    assert rig.task is not None
    rig.task.network.load_state_dict(rig.weights("last"))
    x = rig.task.column("picture", "val").gather(torch.arange(24))
    with torch.no_grad():
        found: torch.Tensor = rig.task.network.get_submodule("mean")(x.flatten(1))
    return found


def test_two_hidden_values_are_shown_as_they_are_with_classes(tmp_path: Path) -> None:
    rig = Rig(tmp_path, project(2), data())
    rig.run()
    fixed, frames = told(rig)
    assert fixed.fixed and fixed.facts == {"points": 24, "field": "kind", "classes": 3}
    assert array(fixed, "groups").tolist() == [number % 3 for number in range(24)]
    assert frames[0].step == 0 and frames[-1].node == "drawn" and frames[-1].facts == {"features": 2}
    assert np.allclose(array(frames[-1], "places"), values(rig).numpy(), atol=2e-2, rtol=2e-2)


@pytest.mark.parametrize(("draws", "loss", "node"), [(False, "MSELoss", "mean"), (True, "BatchHardTripletLoss", "end")])
def test_more_are_turned_to_their_main_directions(tmp_path: Path, draws: bool, loss: str, node: str) -> None:
    rig = Rig(tmp_path, project(5, draws=draws, loss=loss), data())
    rig.run()
    _, frames = told(rig)
    assert frames[-1].node == node and frames[-1].facts == {"features": 5}
    found, whole = array(frames[-1], "places").astype(np.float64), values(rig)
    centred = whole - whole.mean(0)
    first, second = torch.linalg.svdvals(centred)[:2].tolist()
    assert np.linalg.svd(found, compute_uv=False) == pytest.approx([first, second], rel=2e-2)


def test_none_is_begun_where_a_sample_is_nowhere_one_row_of_numbers(tmp_path: Path) -> None:
    nodes = [
        Node(id="seen", type="Input", attributes={"fields": ["picture"]}),
        Node(id="blur", type="Conv2d", attributes={"out_channels": 1, "kernel_size": 3, "padding": "same"}),
        Node(id="end", type="Output", attributes={"field": "picture"}),
        Node(id="loss", type="MSELoss", attributes={}),
    ]
    links = (("seen", "blur", "input"), ("blur", "end", "prediction"), ("blur", "loss", "prediction"))
    edges = [Edge(source=a, target=b, input=port) for a, b, port in (*links, ("seen", "loss", "target"))]
    rig = Rig(tmp_path, dataclasses.replace(project(2), graph=Graph(nodes, edges)), data())
    rig.run()
    assert rig.task is not None and LatentMap.applies(rig.task)
    assert not [event for event in rig.events(ViewSeen) if event.view == "latent_map"]


def test_the_run_does_not_feel_it_and_classifiers_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Rig(tmp_path / "watched", project(3), data())
    watched.run()
    assert watched.task is not None and LatentMap.applies(watched.task)
    monkeypatch.setattr(LatentMap, "applies", classmethod(lambda _cls, _task: False))
    alone = Rig(tmp_path / "alone", project(3), data())
    alone.run()
    assert same(watched.weights(), alone.weights())
    monkeypatch.undo()
    other = Rig(tmp_path / "other", classifier(), class_data())
    other.run()
    assert other.task is not None and not LatentMap.applies(other.task)

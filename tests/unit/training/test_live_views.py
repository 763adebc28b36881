"""Live views: told only where they apply, they say what the network answers, stay small, and do no harm when broken."""

import dataclasses
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import msgspec
import numpy as np
import pytest
import torch
from small_tasks import MemoryData, Rig, category, chain, class_data, classifier, number, one_phase, optimizer, same
from torch import Tensor

from engine.document.data_spec import DataSpec, Field, FieldKind, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase
from engine.protocol.run_events import EpochFinished, RunFinished, RunNote, ViewArray, ViewSeen
from engine.training import live_views, looks
from engine.training.live_views import VIEWS, LiveView, Seen
from engine.training.live_views.borders import UNIT, border_pieces
from engine.training.live_views.live_view import packed
from engine.training.task import Task


def plane_project(*, target: Field | None = None, together: bool = True, epochs: int = 4) -> tuple[Project, MemoryData]:
    """Two numbers in their own units, 12 ± 3 and -500 ± 100; the class is whether they have one sign."""
    target = target or category("side", ("same", "other"))
    fields = [
        Field(
            name=name,
            kind=FieldKind.NUMBER,
            preparation=(Step(type="Standardize"),),
            statistics=Statistics(mean=(mean,), std=(std,)),
        )
        for name, mean, std in (("wide", 12.0, 3.0), ("high", -500.0, 100.0))
    ]
    wide = len(target.statistics.classes) or 1
    if together:
        nodes, edges = chain(
            ("both", "Input", {"fields": ["wide", "high"]}),
            ("hidden", "Linear", {"out_features": 16}),
            ("bend", "Tanh", {}),
            ("scores", "Linear", {"out_features": wide}),
        )
    else:
        nodes, edges = chain(
            ("join", "Concatenate", {"dim": 1}),
            ("hidden", "Linear", {"out_features": 16}),
            ("bend", "Tanh", {}),
            ("scores", "Linear", {"out_features": wide}),
        )
        nodes += [Node(id=f"in_{name}", type="Input", attributes={"fields": [name]}) for name in ("high", "wide")]
        edges += [
            Edge(source="in_high", target="join", input="a"),
            Edge(source="in_wide", target="join", input="b"),
        ]
    loss = "CrossEntropyLoss" if target.kind is FieldKind.CATEGORY else "MSELoss"
    nodes += [
        Node(id="truth", type="Input", attributes={"fields": [target.name]}),
        Node(id="answer", type="Output", attributes={"field": target.name}),
        Node(id="loss1", type=loss),
    ]
    edges += [
        Edge(source="scores", target="answer", input="prediction"),
        Edge(source="scores", target="loss1", input="prediction"),
        Edge(source="truth", target="loss1", input="target"),
    ]
    recipe = one_phase(Phase(epochs=epochs, batch_size=20, players=(optimizer("AdamW", lr=0.05),)))
    project = Project(name="plane", data=DataSpec(fields=(*fields, target)), graph=Graph(nodes, edges), recipe=recipe)
    generator = torch.Generator().manual_seed(4)
    values: dict[tuple[str, str], Tensor] = {}
    for split, count in (("train", 200), ("val", 50)):
        for name in ("wide", "high"):
            values[(name, split)] = torch.randn(count, 1, generator=generator)
        both = (values[("wide", split)] * values[("high", split)])[:, 0]
        values[(target.name, split)] = (
            (both < 0).long() if target.kind is FieldKind.CATEGORY else both[:, None].clamp(-1, 1)
        )
    return project, MemoryData(values)


def views(rig: Rig, key: str = "decision_surface") -> list[ViewSeen]:
    return [event for event in rig.events(ViewSeen) if isinstance(event, ViewSeen) and event.view == key]


def array(seen: ViewSeen, name: str) -> np.ndarray:
    told = seen.arrays[name]
    return np.frombuffer(zlib.decompress(told.data), told.dtype).reshape(told.shape)


@pytest.mark.parametrize("together", [True, False])
def test_the_surface_is_what_the_network_answers(tmp_path: Path, together: bool) -> None:
    project, data = plane_project(together=together, epochs=12)
    rig = Rig(tmp_path, project, data)
    rig.run()
    fixed, *frames = views(rig)
    assert fixed.fixed and not any(seen.fixed for seen in frames)
    assert frames[0].step == 0, "the network as it begins"
    assert frames[-1].step == max(event.step for event in rig.events(EpochFinished))  # type: ignore[union-attr]
    facts = fixed.facts
    names = {facts["x"], facts["y"]}
    assert names == {"wide", "high"} and facts["answer"] == "side" and facts["classes"] == 2
    wide_axis = "x" if facts["x"] == "wide" else "y"
    assert 0 < float(facts[f"{wide_axis}_low"]) < 12 < float(facts[f"{wide_axis}_high"]) < 26, "in its own unit"
    points, truth = array(fixed, "points"), array(fixed, "truth")
    assert points.shape == (200, 2)
    column = 0 if wide_axis == "x" else 1
    expected = data.values[("wide", "train")][:, 0] * 3 + 12
    assert np.allclose(points[:, column], expected.numpy(), atol=1e-4)
    assert truth.tolist() == data.values[("side", "train")].tolist()

    best, surety = array(frames[-1], "best"), array(frames[-1], "surety")
    assert best.shape == surety.shape == (56, 56)
    assert rig.task is not None
    rig.task.network.load_state_dict(rig.weights())
    rig.task.network.eval()
    row, at = 40, 10
    low = {axis: float(facts[f"{axis}_low"]) for axis in "xy"}
    high = {axis: float(facts[f"{axis}_high"]) for axis in "xy"}
    raw = {
        str(facts["x"]): low["x"] + (at + 0.5) / 56 * (high["x"] - low["x"]),
        str(facts["y"]): low["y"] + (row + 0.5) / 56 * (high["y"] - low["y"]),
    }
    prepared = {"wide": (raw["wide"] - 12) / 3, "high": (raw["high"] + 500) / 100}
    with torch.no_grad():
        if together:
            (scores,) = rig.task.network(torch.tensor([[prepared["wide"], prepared["high"]]]))
        else:
            given = [torch.tensor([[prepared[name.removeprefix("in_")]]]) for name in rig.task.network.input_ids]
            (scores,) = rig.task.network(*given)
    share, number_ = scores.softmax(1).max(1)
    assert best[row, at] == int(number_)
    assert abs(surety[row, at] / 255 - float(share)) < 0.01


def test_numbers_are_told_in_their_own_unit(tmp_path: Path) -> None:
    project, data = plane_project(target=number(mean=1000.0, std=5.0))
    rig = Rig(tmp_path, project, data)
    rig.run()
    fixed, *frames = views(rig)
    values = array(frames[-1], "values")
    assert values.dtype == np.float16 and 980 < float(values.mean()) < 1020
    assert abs(float(array(fixed, "truth").mean()) - 1000) < 5


def test_only_what_depends_on_two_numbers_has_a_surface(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier(("hidden", "Linear", {"out_features": 4})), class_data())
    rig.run()
    assert not views(rig)
    project, data = plane_project()
    fields = tuple(
        msgspec.structs.replace(field, kind=FieldKind.DATE) if field.name == "wide" else field
        for field in project.data.fields
    )
    other = dataclasses.replace(project, data=msgspec.structs.replace(project.data, fields=fields))
    rig = Rig(tmp_path / "date", project, data)
    rig.run()
    assert rig.task is not None
    kind = VIEWS[[view.key for view in VIEWS].index("decision_surface")]
    assert kind.applies(rig.task)
    rig.task.project = other
    assert not kind.applies(rig.task)


def test_training_is_the_same_with_views_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, data = plane_project()
    seeing = Rig(tmp_path / "seeing", project, data)
    seeing.run()
    assert views(seeing)
    monkeypatch.setattr(looks, "VIEWS", ())
    blind = Rig(tmp_path / "blind", project, data)
    blind.run()
    assert not views(blind)
    assert same(seeing.weights(), blind.weights())


class Broken(LiveView):
    """Fails at its second look."""

    key: ClassVar[str] = "broken"
    every_s: ClassVar[float] = 0.0
    share_of_time: ClassVar[float] = 1.0
    looked: ClassVar[int] = 0

    @classmethod
    def applies(cls, task: Task) -> bool:
        return True

    def look(self) -> Iterable[Seen]:
        Broken.looked += 1
        torch.rand(3)
        assert not self.task.network.training
        if Broken.looked > 1:
            raise ValueError("nothing to see")
        yield Seen(arrays={"one": np.arange(3)}, facts={"a": 1.0}, node="hidden")


def test_a_view_that_fails_is_left_out_and_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, data = plane_project()
    Broken.looked = 0
    monkeypatch.setattr(looks, "VIEWS", (Broken, *VIEWS))
    rig = Rig(tmp_path, project, data)
    last = rig.run()
    assert isinstance(last, RunFinished)
    assert Broken.looked == 2
    (told,) = views(rig, "broken")
    assert told.node == "hidden" and array(told, "one").tolist() == [0, 1, 2]
    notes = [event.text for event in rig.events(RunNote) if isinstance(event, RunNote)]
    assert sum("broken" in text and "nothing to see" in text for text in notes) == 1
    assert views(rig)[-1].step == 40, "the other view goes on"


def test_arrays_keep_their_numbers() -> None:
    for values in (
        np.arange(12, dtype=np.uint8).reshape(3, 4),
        np.linspace(-1, 1, 7),
        torch.arange(5),
        torch.tensor([1.5], dtype=torch.float16),
    ):
        told = packed(values)
        assert isinstance(told, ViewArray)
        back = np.frombuffer(zlib.decompress(told.data), told.dtype).reshape(told.shape)
        assert np.allclose(back, np.asarray(values))


def test_the_border_of_a_straight_line_is_sharp() -> None:
    def side(places: Tensor) -> Tensor:
        return (places[:, 0] + 2 * places[:, 1] > 1.3).long()

    cells = 20
    middles = (torch.arange(cells) + 0.5) / cells
    grid = torch.stack([middles.repeat(cells), middles.repeat_interleave(cells)], 1)
    pieces = border_pieces(side(grid).reshape(cells, cells), side, 500).float() / UNIT
    assert len(pieces) > cells / 2
    for x, y in ((pieces[:, 0], pieces[:, 1]), (pieces[:, 2], pieces[:, 3])):
        assert float((x + 2 * y - 1.3).abs().max()) < 0.002
    assert len(border_pieces(torch.zeros(4, 4, dtype=torch.int64), side, 500)) == 0
    noise = torch.randint(0, 2, (20, 20), generator=torch.Generator().manual_seed(0))
    assert len(border_pieces(noise, side, 100)) == 0, "no line any more"


def test_the_log_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, data = plane_project(epochs=30)
    rig = Rig(tmp_path, project, data)
    rig.run()
    assert max(len(msgspec.json.encode(event)) for event in views(rig) if not event.fixed) < 8_000
    assert live_views.VIEWS and all(view.share_of_time <= 0.1 for view in VIEWS)


def test_units_are_told_layer_by_layer_with_their_weights(tmp_path: Path) -> None:
    project, data = plane_project(epochs=3)
    rig = Rig(tmp_path, project, data)
    rig.run()
    fixed, *frames = views(rig, "units")
    assert fixed.fixed and array(fixed, "plane").shape == (2, 18, 18)
    across, up = array(fixed, "plane")
    assert across[0, 0] == across[-1, 0] < 128 < across[0, -1], "the first number grows to the right"
    assert up[0, 0] == up[0, -1] < 128 < up[-1, 0], "the second one upwards"
    last = [seen for seen in frames if seen.step == frames[-1].step]
    assert [seen.node for seen in last] == ["bend", "scores"], "a layer is read behind its activation"
    hidden, scores = last
    assert array(hidden, "plane").shape == (16, 18, 18) and array(scores, "plane").shape == (2, 18, 18)
    assert rig.task is not None
    rig.task.network.load_state_dict(rig.weights())
    assert np.allclose(array(hidden, "weights"), rig.weights()["hidden.weight"].numpy())
    assert np.allclose(array(scores, "biases"), rig.weights()["scores.bias"].numpy())
    # The unit's plane is tanh of its weighted sum, of the prepared numbers.
    size = array(hidden, "size")
    low, high = ([float(views(rig)[0].facts[f"{axis}_{end}"]) for axis in "xy"] for end in ("low", "high"))
    middle = (np.arange(18) + 0.5) / 18
    raw = {name: low[at] + middle * (high[at] - low[at]) for at, name in enumerate(("wide", "high"))}
    wide, tall = (raw["wide"][4] - 12) / 3, (raw["high"][13] + 500) / 100
    weights = rig.weights()["hidden.weight"].numpy()
    expected = np.tanh(weights @ np.array([wide, tall]) + rig.weights()["hidden.bias"].numpy())
    told = (array(hidden, "plane")[:, 13, 4].astype(float) - 128) / 127 * size
    assert np.allclose(told, expected, atol=0.02)


def test_only_small_chains_are_told_unit_by_unit(tmp_path: Path) -> None:
    kind = VIEWS[[view.key for view in VIEWS].index("units")]
    for width, together in ((16, False), (40, True)):
        project, data = plane_project(together=together, epochs=1)
        node = project.graph.nodes["hidden"]
        project.graph.nodes["hidden"] = msgspec.structs.replace(node, attributes={"out_features": width})
        rig = Rig(tmp_path / str(width), project, data)
        rig.run()
        assert rig.task is not None and not kind.applies(rig.task)
        assert not views(rig, "units")

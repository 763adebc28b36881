"""Values that move while a network is trained: where they stand at each step, on resuming, and at the end."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch

from engine.compiler.modules.special import MovingValue
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from engine.protocol.run_events import RunPrepared
from tests.unit.training.small_tasks import KilledError, Rig, class_data, classifier, same


def cooling(**attributes: object) -> Project:
    """Scores that are multiplied by a number which moves."""
    project = classifier(recipe=Recipe(phases=(Phase(epochs=2, batch_size=50), Phase(epochs=2, batch_size=25))))
    nodes = [
        *project.graph.nodes.values(),
        Node(id="heat", type="MovingValue", attributes=attributes),  # type: ignore[arg-type]
        Node(id="scaled", type="Multiply"),
    ]
    edges = [edge for edge in project.graph.edges if edge.source != "scores"]
    edges += [
        Edge(source="scores", target="heat"),
        Edge(source="scores", target="scaled", input="a"),
        Edge(source="heat", target="scaled", input="b"),
        Edge(source="scaled", target="answer", input="prediction"),
        Edge(source="scaled", target="loss1", input="prediction"),
    ]
    project.graph = Graph(nodes, edges)
    return project


def numbers(tmp_path: Path, project: Project) -> list[float]:
    """What the number was at each step."""
    found: list[float] = []

    def watch(task) -> None:  # type: ignore[no-untyped-def]
        forward = task.network.training_forward

        def told(*inputs: torch.Tensor) -> object:
            if task.network.training:
                found.append(float(task.network.get_submodule("heat").now))
            return forward(*inputs)

        task.network.training_forward = told

    Rig(tmp_path, project, class_data()).run(begin=watch)
    return found


@pytest.mark.parametrize(("phase", "first", "last", "steps"), [(0, 1.0, 3.0, 12), (1, 1.0, 3.0, 4), (2, 1.0, 3.0, 8)])
def test_moves_from_start_to_end_in_its_phase(
    tmp_path: Path, phase: int, first: float, last: float, steps: int
) -> None:
    found = numbers(tmp_path, cooling(start=1.0, end=3.0, phase=phase))
    assert len(found) == 12
    begin = 4 if phase == 2 else 0
    inside = found[begin : begin + steps]
    assert inside == pytest.approx([first + (last - first) * n / (steps - 1) for n in range(steps)])
    assert all(value == 1.0 for value in found[:begin]) and all(value == 3.0 for value in found[begin + steps :])


@pytest.mark.parametrize("course", ["linear", "geometric", "cosine"])
def test_each_course_goes_one_way_and_ends_where_it_says(course: str) -> None:
    module = MovingValue(start=8.0, end=0.5, course=course, share=0.8)
    seen = []
    for done in torch.linspace(0, 1, 21).tolist():
        module.move(done)
        seen.append(float(module(torch.zeros(3, 2))[2, 0]))
    assert seen[0] == 8.0 and seen[16:] == pytest.approx([0.5] * 5)
    assert all(a >= b for a, b in pairwise(seen))


def test_a_killed_run_goes_on_with_the_same_numbers(tmp_path: Path) -> None:
    project = cooling(start=0.5, end=2.0, course="geometric")
    whole, broken = Rig(tmp_path / "a", project, class_data()), Rig(tmp_path / "b", project, class_data())
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=6)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    assert float(whole.weights()["heat.now"]) == 2.0


def test_a_phase_learns_from_fewer_samples(tmp_path: Path) -> None:
    seen: list[torch.Tensor] = []

    def watch(task) -> None:  # type: ignore[no-untyped-def]
        forward = task.network.training_forward

        def told(*inputs: torch.Tensor) -> object:
            if task.network.training:
                seen.append(inputs[0].clone())
            return forward(*inputs)

        task.network.training_forward = told

    phases = (
        Phase(epochs=2, batch_size=16, samples=20),
        Phase(epochs=1, batch_size=16, samples=30, players=(Player(),)),
    )
    project = classifier(recipe=Recipe(phases=phases))
    rig = Rig(tmp_path, project, class_data())
    rig.run(begin=watch)
    (prepared,) = rig.events(RunPrepared)
    told = [(phase.name, phase.epochs, phase.samples, phase.steps_per_epoch) for phase in prepared.phases]
    assert prepared.samples == 100 and told == [("train", 2, 20, 2), ("train", 1, 30, 2)]
    assert [len(batch) for batch in seen] == [16, 4, 16, 4, 16, 14]
    epochs = [{tuple(row) for batch in part for row in batch.tolist()} for part in (seen[:2], seen[2:4], seen[4:])]
    assert epochs[0] == epochs[1] and len(epochs[0]) == 20
    assert epochs[0] < epochs[2] and len(epochs[2]) == 30

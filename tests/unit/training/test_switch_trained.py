"""What a Switch does not choose is trained by nobody, whoever names it; the rest learns as if it were drawn alone."""

from pathlib import Path

import msgspec
import torch
from small_tasks import Rig, class_data, classifier, one_phase

from engine.document.data_spec import Step
from engine.document.graph import Edge, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe

WIDE: tuple[str, str, dict[str, object]] = ("wide", "Linear", {"out_features": 8})


def recipe(*nodes: str) -> Recipe:
    player = Player(nodes=nodes, optimizer=Step(type="Adam", attributes={"lr": 0.01}))
    return one_phase(Phase(epochs=1, batch_size=20, players=(player,)))


def switched() -> Project:
    project = classifier(WIDE, ("switch", "Switch", {}), recipe=recipe("wide", "narrow", "scores"))
    graph = project.graph
    graph.disconnect("switch", "input")
    graph.add(Node(id="narrow", type="Linear", attributes={"out_features": 2}, weights="weights_that_nobody_has"))
    for edge in (
        Edge(source="wide", target="switch", input="a"),
        Edge(source="features", target="narrow"),
        Edge(source="narrow", target="switch", input="b"),
    ):
        graph.connect(edge)
    return project


def test_a_player_may_name_what_rests(tmp_path: Path) -> None:
    alone = classifier(WIDE, recipe=recipe("wide", "scores"))
    found = []
    for name, project in (("switched", switched()), ("alone", alone)):
        rig = Rig(tmp_path / name, project, class_data(100, 20))
        rig.run()
        found.append(rig.weights())
    ours, theirs = found
    assert ours.keys() == theirs.keys() and "narrow.weight" not in ours
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_choice_is_a_setting_of_a_run(tmp_path: Path) -> None:
    from engine.checks.settings import apply_settings

    project = switched()
    project.graph.replace(msgspec.structs.replace(project.graph.node("narrow"), weights=""))
    apply_settings(project, ["graph.nodes.switch.active=b"])
    rig = Rig(tmp_path, project, class_data(100, 20))
    rig.run()
    assert "narrow.weight" in rig.weights() and "wide.weight" not in rig.weights()

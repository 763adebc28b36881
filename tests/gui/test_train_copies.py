"""Slow copies in the recipe form: only what fits can be chosen, each change is an edit, and the checks agree."""

import pytest

from engine.document.edits import AddNode
from engine.document.graph import Node
from engine.document.project import Project
from engine.document.recipe import Target
from gui.models.project import ProjectModel
from gui.train.node_dialog import TrainableNode
from gui.train.recipe_form import RecipeForm
from gui.widgets.theme import apply_theme

SIZES = {"online1": 20, "online2": 12, "target1": 20, "target2": 12, "head": 7}


@pytest.fixture
def project(qapp, tmp_path):
    apply_theme(qapp, "dark")
    project = ProjectModel()
    project.create(tmp_path / "agent", Project(name="agent"))
    for name in SIZES:
        out = 4 if name.endswith("1") else 3 if name.endswith("2") else 7
        project.do(AddNode(node=Node(id=name, type="Linear", attributes={"out_features": out})))
    yield project
    project.shut_down()


@pytest.fixture
def form(qtbot, project, monkeypatch):
    def found(plan) -> list[TrainableNode]:
        there = plan._project.project.graph.nodes
        return [
            TrainableNode(id=name, label="Linear", parameters=size) for name, size in SIZES.items() if name in there
        ]

    monkeypatch.setattr("gui.train.plan_editor.PlanEditor.trainable", found)
    form = RecipeForm(project)
    qtbot.addWidget(form)
    form._open_more(True)
    form.show()
    return form


def targets(project) -> tuple[Target, ...]:
    return project.project.recipe.phases[0].players[0].targets


def test_only_nodes_that_fit_are_offered_and_a_change_is_one_edit(qtbot, project, form):
    copies = form.plan.copies
    assert not copies.add.blocked_reason()
    copies.add.click()
    assert targets(project) == (Target(node="target2", of="online2"),)
    (pair,) = copies.pairs
    assert pair.of.values() == ["online2"], "the only one with the same make and as many weights"
    assert "head" not in pair.node.values()
    pair.node.committed.emit("target1")
    assert targets(project) == (Target(node="target1", of="online1"),), "what it follows changes where it must"
    pair.tau.committed.emit(0.01)
    pair.every.committed.emit(4)
    assert targets(project) == (Target(node="target1", of="online1", tau=0.01, every=4),)
    copies.add.click()
    assert [target.node for target in targets(project)] == ["target1", "target2"]
    assert copies.add.blocked_reason().startswith("Every node that could be a copy")
    copies.pairs[0].remove.click()
    assert [target.node for target in targets(project)] == ["target2"]
    assert len(copies.pairs) == 1 and copies.pairs[0].node.value() == "target2"
    while project.history.canUndo() and targets(project):
        project.history.undo()
    assert not copies.pairs


def test_the_reason_stands_where_nothing_fits(qtbot, project, form, monkeypatch):
    alone = [TrainableNode(id="head", label="Linear", parameters=7)]
    with monkeypatch.context() as while_shown:
        while_shown.setattr("gui.train.plan_editor.PlanEditor.trainable", lambda _self: alone)
        form._show()
    assert form.plan.copies.add.blocked_reason().startswith("It takes two nodes of the same kind")
    form.plan.copies.add_copy()
    assert not form.plan.copies.pairs


def test_a_node_that_a_player_trains_is_no_copy(qtbot, project, form):
    form.plan._set_player(nodes=("online1", "target1"))
    form.plan.copies.add.click()
    (pair,) = form.plan.copies.pairs
    assert pair.node.values() == ["target2"], "the trained one may be followed, and what is followed is no copy"
    assert pair.node.value() == "target2"


def test_a_pair_that_does_not_fit_any_more_says_so_and_stays(qtbot, project, form, monkeypatch):
    form.plan.copies.add.click()
    found = [TrainableNode(id=name, label="Linear", parameters=at) for at, name in enumerate(SIZES)]
    with monkeypatch.context() as while_shown:
        while_shown.setattr("gui.train.plan_editor.PlanEditor.trainable", lambda _self: found)
        form._show()
    (pair,) = form.plan.copies.pairs
    assert pair.of.value() == "online2"
    assert "do not fit" in pair.rows["of"].below()

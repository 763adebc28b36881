"""--set: what exists is changed and checked, what does not is answered with what does."""

import pytest

from engine.checks.settings import apply_settings
from engine.document.data_spec import DataSpec, Field, FieldKind, Source, SourceKind, Step
from engine.document.graph import Graph, Node
from engine.document.project import Project
from engine.document.recipe import EarlyStop, Phase, Player, Recipe
from engine.errors import UsageError
from tests.drawn_blocks import with_blocks


def project():
    return Project(
        name="p",
        data=DataSpec(
            sources=(Source(kind=SourceKind.TABLE, path="a.csv"),),
            fields=(Field(name="bill", kind=FieldKind.NUMBER), Field(name="species", kind=FieldKind.CATEGORY)),
        ),
        graph=Graph([Node(id="conv1", type="Conv2d", attributes={"out_channels": 8}), Node(id="act1", type="ReLU")]),
        recipe=Recipe(
            phases=(
                Phase(players=(Player(optimizer=Step(type="SGD", attributes={"lr": 0.5, "momentum": 0.9})),)),
                Phase(name="fine", players=(Player(),)),
            )
        ),
    )


def changed(*settings):
    found = project()
    apply_settings(found, settings)
    return found


def test_short_names_reach_every_phase():
    found = changed("batch_size=32", "epochs=3", "lr=0.01", "seed=5", "device=cpu", "clip_norm=1", "class_weights=true")
    assert [phase.batch_size for phase in found.recipe.phases] == [32, 32]
    assert [phase.epochs for phase in found.recipe.phases] == [3, 3]
    optimizers = [phase.players[0].optimizer for phase in found.recipe.phases]
    assert optimizers[0] == Step(type="SGD", attributes={"lr": 0.01, "momentum": 0.9})
    assert optimizers[1] == Step(type="AdamW", attributes={"lr": 0.01})
    assert (found.recipe.seed, found.recipe.device, found.recipe.clip_norm) == (5, "cpu", 1.0)
    assert found.recipe.class_weights is True


def test_another_optimizer_begins_with_its_own_settings():
    found = changed("optimizer=SGD", "learning_rate=0.1", "momentum=0.5", "schedule=CosineAnnealing")
    for phase in found.recipe.phases:
        assert phase.players[0].optimizer == Step(type="SGD", attributes={"lr": 0.1, "momentum": 0.5})
        assert phase.players[0].schedule == Step(type="CosineAnnealing")


def test_a_name_only_one_of_the_optimizers_knows_is_set_there():
    found = changed("momentum=0.1")
    assert found.recipe.phases[0].players[0].optimizer.attributes["momentum"] == 0.1
    assert found.recipe.phases[1].players[0].optimizer.attributes == {}


def test_paths_follow_the_project_file():
    found = changed(
        "recipe.phases.1.batch_size=7",
        "recipe.phases.fine.epochs=2",
        "recipe.phases.0.players.0.optimizer=RMSprop",
        'recipe.early_stop={"metric": "accuracy", "patience": 3}',
        'recipe.metrics=["accuracy"]',
        "graph.nodes.conv1.out_channels=16",
        "graph.nodes.conv1.attributes.padding=1",
        "graph.nodes.conv1.frozen=true",
        "graph.nodes.act1.bypassed=true",
        "data.split.seed=9",
        "data.fields.bill.role=ignored",
        "data.sources.0.path=b.csv",
        "data.sources.0.options.delimiter=;",
        "name=other name",
    )
    assert found.recipe.phases[1].batch_size == 7 and found.recipe.phases[1].epochs == 2
    assert found.recipe.phases[0].players[0].optimizer == Step(type="RMSprop")
    assert found.recipe.early_stop == EarlyStop(metric="accuracy", patience=3)
    assert found.recipe.metrics == ("accuracy",)
    node = found.graph.node("conv1")
    assert node.attributes == {"out_channels": 16, "padding": 1} and node.frozen
    assert found.graph.node("act1").bypassed
    assert found.data.split.seed == 9
    assert found.data.fields[0].role == "ignored"
    assert found.data.sources[0].path == "b.csv" and found.data.sources[0].options == {"delimiter": ";"}
    assert found.name == "other name"
    assert project().graph.node("conv1").attributes == {"out_channels": 8}


@pytest.mark.parametrize(
    ("setting", "message", "there"),
    [
        ("batch_size", "is no setting", "PATH=VALUE"),
        ("=3", "is no setting", "PATH=VALUE"),
        ("batchsize=3", "no 'batchsize' in the recipe", "batch_size, epochs, learning_rate, lr, optimizer"),
        ("recipe.phasez=3", "no 'phasez' in recipe", "phases, seed, device"),
        ("recipe.phases.2.epochs=3", "no '2' in recipe.phases", "0 (train), 1 (fine)"),
        ("recipe.phases.0.players.0.optimizer.attributes.lrr=3", "lrr", "lr"),
        ("recipe=3", "no 'recipe' in the project", "recipe.phases"),
        ("recipe.seed.x=3", "no 'x' in recipe.seed", "nothing below it"),
        ("graph.nodes.conv9.padding=1", "no 'conv9' in graph.nodes", "conv1, act1"),
        ("graph.nodes.conv1.paddin=1", "no 'paddin' in conv1 (Conv2d)", "kernel_size"),
        ("graph.edges=1", "in graph", "graph.nodes.ID.ATTRIBUTE"),
        ("data.fields.wing.role=ignored", "no 'wing' in data.fields", "0 (bill), 1 (species)"),
        ("nonsense.x=1", "no 'nonsense' in the project", "recipe, graph, data, name"),
        ("batch_size=0", "batch_size cannot be 0", ">= 1"),
        ("batch_size=many", "batch_size cannot be 'many'", "int"),
        ("batch_size=1.5", "batch_size cannot be 1.5", "int"),
        ("precision=float8", "precision cannot be 'float8'", "float8"),
        ("optimizer=Lion2", "no optimizer 'Lion2'", "SGD"),
        ("device=abacus", "no device 'abacus'", "cuda:0,1"),
        ("data.split.seed=9999999999999999999999", "data.split.seed cannot be 9999999999999999999999", ""),
        ("lr=-1", "cannot be -1", ""),
        ("lr=NaN", "cannot be", ""),
        ("graph.nodes.conv1.out_channels=0", "cannot be 0", "a whole number from 1"),
        ("graph.nodes.conv1.frozen=maybe", "frozen of conv1 cannot be 'maybe'", ""),
        ("graph.nodes.conv1.type=Conv9", "no layer 'Conv9'", ""),
    ],
)
def test_what_is_wrong_is_said_with_what_there_is(setting, message, there):
    found = project()
    with pytest.raises(UsageError) as caught:
        apply_settings(found, [setting])
    assert message in caught.value.message
    assert there in caught.value.expected
    assert caught.value.where.startswith("--set ")
    assert caught.value.exit_code == 2


def test_a_slip_of_the_finger_is_guessed():
    for setting, guess in [("optimzer=SGD", "optimizer"), ("graph.nodes.conv1.out_chanels=3", "out_channels")]:
        with pytest.raises(UsageError) as caught:
            apply_settings(project(), [setting])
        assert caught.value.hint == f"Did you mean {guess}?"


def test_what_a_block_exposes_is_set_at_its_instance():
    project = with_blocks()
    found = apply_settings(project, ["graph.nodes.block1.filters=8", "graph.nodes.block1.repeat=2"])
    assert (found or project).graph.node("block1").attributes == {"block": "residual1", "filters": 8, "repeat": 2}

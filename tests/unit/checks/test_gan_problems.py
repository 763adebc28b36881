"""What is said of a GAN that cannot learn: losses that reach nothing, players in each other's way, noise alone."""

import msgspec
import pytest

from engine.checks.inference import ShapeChecker
from engine.checks.problem import Severity
from engine.checks.report import check
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from tests.drawn_gan import gan, players


def said(project: Project, *changed: Player) -> list[tuple[str, str]]:
    if changed:
        project.recipe = msgspec.structs.replace(project.recipe, phases=(Phase(players=changed),))
    return [(item.severity.value, item.message) for item in ShapeChecker(project).problems()]


def test_a_drawn_gan_has_no_problem() -> None:
    assert said(gan()) == []


def test_a_loss_that_reaches_none_of_the_players_weights() -> None:
    critic, generator = players()
    lost = msgspec.structs.replace(generator, losses={"real_loss": 1.0})
    ((severity, message),) = said(gan(), critic, lost)
    assert severity == Severity.ERROR
    assert message.startswith("The losses of the player 'generator' reach none of the weights it trains.")
    ((problem),) = ShapeChecker(gan_with(critic, lost)).problems()
    assert problem.expected == "a loss behind 'gen1', 'gen2'" and problem.found == "losses behind 'critic1', 'critic2'"


def gan_with(*changed: Player) -> Project:
    project = gan()
    project.recipe = msgspec.structs.replace(project.recipe, phases=(Phase(players=changed),))
    return project


def test_a_player_of_nodes_without_weights() -> None:
    critic, generator = players()
    for nodes in (("gen_relu",), ("gen_tanh", "gen_relu")):
        found = said(gan(), critic, msgspec.structs.replace(generator, nodes=nodes))
        assert any("reach none of the weights" in message for _, message in found)


def test_a_frozen_generator_cannot_be_trained() -> None:
    project = gan()
    for node_id in ("gen1", "gen2"):
        project.graph.replace(msgspec.structs.replace(project.graph.node(node_id), frozen=True))
    assert any("'generator' reach none of the weights" in message for _, message in said(project))


def test_a_stopped_gradient_cuts_the_way() -> None:
    project = gan()
    project.graph.replace(msgspec.structs.replace(project.graph.node("gen_tanh"), type="StopGradient"))
    assert any("'generator' reach none of the weights" in message for _, message in said(project))


@pytest.mark.parametrize("nodes", [(), ("gen1", "gen2", "critic1")])
def test_players_that_train_the_same_nodes_are_warned_of(nodes: tuple[str, ...]) -> None:
    critic, generator = players()
    found = said(gan(), critic, msgspec.structs.replace(generator, nodes=nodes))
    ((severity, message),) = found
    assert severity == Severity.WARNING
    assert message.startswith("The players 'critic' and 'generator' both train 'critic1'")


def test_a_node_on_which_no_loss_of_its_player_depends() -> None:
    critic, generator = players()
    found = said(
        gan(),
        msgspec.structs.replace(critic, losses={"real_loss": 1.0}, nodes=("critic1", "critic2")),
        msgspec.structs.replace(generator, nodes=("gen1", "gen2")),
        Player(name="third", losses={"real_loss": 1.0}, nodes=("critic2", "gen2")),
    )
    assert any("'third' trains 'gen2', on which none of its losses depends" in message for _, message in found)


def test_one_player_of_everything_is_not_asked() -> None:
    project = gan()
    project.recipe = msgspec.structs.replace(project.recipe, phases=(Phase(),))
    assert said(project) == []


def test_noise_alone_says_not_how_many() -> None:
    project = gan()
    gone = {"real", "judge2", "judgeleaky", "judge1", "judgeflat", "real_loss"}
    graph = project.graph
    edges = [edge for edge in graph.edges if not {edge.source, edge.target} & gone]
    project.graph = Graph([node for node in graph.nodes.values() if node.id not in gone], edges)
    project.graph.add(graph.node("real"))
    found = said(project, Player())
    assert any("how many samples a batch of noise has" in message for _, message in found)


def test_noise_costs_its_numbers_and_no_weights() -> None:
    project = gan()
    (node,) = (item for item in check(project).nodes if item.id == "noise1")
    assert node.output_shapes == [[None, 8]] and node.parameters == 0 and node.multiply_adds == 0
    project.graph.replace(msgspec.structs.replace(project.graph.node("noise1"), attributes={"size": []}))
    assert any("Noise needs a size" in message for _, message in said(project))
    project.graph.replace(
        msgspec.structs.replace(project.graph.node("noise1"), attributes={"size": [8]}, bypassed=True)
    )
    assert said(project) == [], "there is nothing that a bypassed Noise could pass on, so it stays what it is"


def made_from_noise_by_a_shared_decoder() -> Project:
    """A decoder that learns to draw pictures again, and answers from noise with the same weights."""
    project = gan()
    nodes = [project.graph.node(name) for name in ("noise1", "gen1", "gen_relu", "gen2", "gen_shape", "made", "real")]
    nodes += [
        Node(id="flat", type="Flatten"),
        Node(id="code", type="Linear", attributes={"out_features": 8}),
        Node(id="twin1", type="Linear", attributes={"out_features": 32}, shares="gen1"),
        Node(id="twin_relu", type="ReLU"),
        Node(id="twin2", type="Linear", attributes={"out_features": 64}, shares="gen2"),
        Node(id="twin_shape", type="Reshape", attributes={"shape": [1, 8, 8]}),
        Node(id="alike", type="MSELoss"),
    ]
    chains = ("noise1 gen1 gen_relu gen2 gen_shape", "real flat code twin1 twin_relu twin2 twin_shape")
    pairs = [pair for chain in chains for pair in zip(chain.split(), chain.split()[1:], strict=False)]
    edges = [Edge(source=source, target=target) for source, target in pairs]
    edges += [
        Edge(source="gen_shape", target="made", input="prediction"),
        Edge(source="twin_shape", target="alike", input="prediction"),
        Edge(source="real", target="alike", input="target"),
    ]
    project.graph = Graph(nodes, edges)
    project.recipe = Recipe()
    return project


def test_an_answer_of_weights_that_learn_elsewhere_is_learned() -> None:
    project = made_from_noise_by_a_shared_decoder()
    assert said(project) == []
    project.graph.replace(msgspec.structs.replace(project.graph.node("twin2"), shares=""))
    assert [message for _, message in said(project)] == ["Output 'made': no loss learns from this answer."]

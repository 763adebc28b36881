"""A step in numbers: held to hand-written torch, to the stepper that trains, and to the sums it writes out."""

import re
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from engine.data.dataset import Dataset, open_dataset
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.files import load
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from engine.errors import DataError, TrainingError
from engine.evaluation.worked.numbers import number, weighted_sum
from engine.evaluation.worked.step import MOST_STEPS, worked_step
from engine.protocol.codec import encode
from engine.protocol.messages.worked_step import NodeWorked, StepWorked
from tests.drawn_gan import gan

PROJECTS = Path(__file__).resolve().parents[3] / "projects"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


class Column:
    def __init__(self, rows: Tensor) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def whole(self) -> Tensor:
        return self.rows

    def gather(self, rows: Tensor) -> Tensor:
        return self.rows.index_select(0, rows)


class Points:
    """Two numbers and a number to be learned; every split holds the same."""

    fingerprint = "points"

    def __init__(self, **values: Tensor) -> None:
        self.values = values

    def columns(self, fields: tuple[str, ...], split: str, *, raw: bool = False) -> Column:
        return Column(torch.cat([self.values[name] for name in fields], -1))


def array(name: str, width: int, role: Role = Role.INPUT) -> Field:
    return Field(name=name, kind=FieldKind.ARRAY, role=role, statistics=Statistics(shape=(width,)))


def chain(
    *types: str, optimizer: Step | None = None, loss: str = "MSELoss", **attributes: dict[str, object]
) -> Project:
    """x -> layers -> Output y, a loss against y, plain SGD."""
    graph = Graph()
    graph.add(Node(id="x", type="Input", attributes={"fields": ["x"]}))
    graph.add(Node(id="truth", type="Input", attributes={"fields": ["y"]}))
    before = "x"
    for place, name in enumerate(types):
        node = f"layer{place}"
        graph.add(Node(id=node, type=name, attributes=attributes.get(node, {})))
        graph.connect(Edge(source=before, target=node))
        before = node
    graph.add(Node(id="answer", type="Output", attributes={"field": "y"}))
    graph.add(Node(id="loss", type=loss))
    graph.connect(Edge(source=before, target="answer", input="prediction"))
    graph.connect(Edge(source=before, target="loss", input="prediction"))
    graph.connect(Edge(source="truth", target="loss", input="target"))
    player = Player(optimizer=optimizer or Step(type="SGD", attributes={"lr": 0.1}))
    recipe = Recipe(phases=(Phase(epochs=2, batch_size=4, players=(player,)),))
    data = DataSpec(fields=(array("x", 2), array("y", 1, Role.TARGET)))
    return Project(name="chain", data=data, graph=graph, recipe=recipe)


def points(count: int = 12) -> Points:
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(count, 2, generator=generator)
    return Points(x=x, y=x.sum(1, keepdim=True))


SMALL = ("Linear", "Tanh", "Linear")
SIZES: dict[str, dict[str, object]] = {"layer0": {"out_features": 2}, "layer2": {"out_features": 1}}


def node(found: StepWorked, name: str) -> NodeWorked:
    return next(item for item in found.nodes if item.node == name)


def worth(text: str) -> float:
    """What a sum as it is written comes to."""
    plain = text.replace("−", "-").replace("·", "*").replace(",", "")
    plain = re.sub(r" from \d+ (smaller ones|others|more)", "", plain)
    plain = plain.replace("max(0 ", "max(0, ")
    return float(eval(plain, {"__builtins__": {}, "max": max, "min": min, "e": 2.718281828459045}))  # noqa: S307


def comes_out(text: str) -> None:
    left, equals, right = text.rpartition(" = ")
    if equals:
        assert worth(left) == pytest.approx(worth(right), rel=0.02, abs=2e-3), text


def test_the_numbers_are_those_of_torch_written_by_hand() -> None:
    found = worked_step(chain(*SMALL, **SIZES), points())
    first, second = node(found, "layer0"), node(found, "layer2")
    x = torch.tensor(node(found, "x").values)
    truth = torch.tensor(node(found, "truth").values)
    by_hand = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    told = [{weight.name: weight for weight in part.weights} for part in (first, second)]
    with torch.no_grad():
        for layer, weights in ((by_hand[0], told[0]), (by_hand[2], told[1])):
            assert isinstance(layer, nn.Linear)
            for name, parameter in layer.named_parameters():
                for place in range(parameter.numel()):
                    index = [str(place)] if parameter.dim() == 1 else [str(part) for part in divmod(place, 2)]
                    key = f"{name}[{', '.join(index)}]" if parameter.shape != (1,) else name
                    parameter.view(-1)[place] = weights[key].before
    loss = nn.functional.mse_loss(by_hand(x[None]), truth[None])
    assert found.loss == pytest.approx(float(loss.detach()), rel=1e-5)
    torch.optim.SGD(by_hand.parameters(), lr=0.1).zero_grad()
    loss.backward()
    by_step = torch.optim.SGD(by_hand.parameters(), lr=0.1)
    gradients = [parameter.grad.clone() for parameter in by_hand.parameters() if parameter.grad is not None]
    by_step.step()
    flat = [weight for part in (first, second) for weight in part.weights]
    for gradient, parameter, prefix in zip(gradients, by_hand.parameters(), (0, 0, 1, 1), strict=True):
        kind = "weight" if parameter.dim() == 2 else "bias"
        mine = [w for w in (told[prefix]).values() if w.name.startswith(kind)]
        assert [w.gradient for w in mine] == pytest.approx(gradient.flatten().tolist(), rel=1e-4, abs=1e-7)
        assert [w.after for w in mine] == pytest.approx(parameter.detach().flatten().tolist(), rel=1e-5)
    assert len(flat) == 9
    assert found.loss_after < found.loss
    after = nn.functional.mse_loss(by_hand(x[None]), truth[None])
    assert found.loss_after == pytest.approx(float(after.detach()), rel=1e-4)


def test_every_sum_comes_out() -> None:
    found = worked_step(chain(*SMALL, **SIZES), points())
    for item in found.nodes:
        for unit in item.units:
            if item.type == "Linear":
                comes_out(unit.forward)
                assert worth(unit.forward.rpartition(" = ")[2]) == pytest.approx(unit.value, rel=1e-3, abs=1e-4)
            if unit.backward and item.type != "MSELoss":
                comes_out(unit.backward.replace("²", "**2"))
        for weight in item.weights:
            comes_out(weight.from_units)
            comes_out(weight.step)
    assert node(found, "layer0").units[0].forward.count("·") == 2
    assert node(found, "layer1").units[0].forward.startswith("(e^")
    assert "² = " in node(found, "loss").units[0].forward


def test_an_activation_is_written_with_its_own_formula() -> None:
    sizes: dict[str, dict[str, object]] = {**SIZES, "layer0": {"out_features": 6}}
    found = worked_step(chain("Linear", "ReLU", "Linear", **sizes), points())
    relu = node(found, "layer1")
    assert all(re.fullmatch(r"max\(0, −?[\d.]+\) = [\d.]+", unit.forward) for unit in relu.units), relu.units
    for unit in relu.units:
        comes_out(unit.forward)
    leaky = worked_step(chain("Linear", "LeakyReLU", "Linear", **sizes), points())
    assert "else 0.01 · " in node(leaky, "layer1").units[0].forward


def test_the_step_is_the_one_that_training_takes_with_chance_in_it() -> None:
    sizes: dict[str, dict[str, object]] = {"layer0": {"out_features": 8}, "layer3": {"out_features": 1}}
    found = worked_step(chain("Linear", "Dropout", "ReLU", "Linear", **sizes), points())
    shown = [weight for item in found.nodes for weight in item.weights]
    assert shown
    for weight in shown:  # plain SGD: the optimizer saw the very gradient that is shown
        assert weight.after == pytest.approx(weight.before - 0.1 * weight.gradient, abs=1e-7)
    for item in found.nodes:
        for unit in item.units:
            if unit.backward and item.type != "MSELoss":
                comes_out(unit.backward.replace("²", "**2"))


def test_steps_follow_each_other() -> None:
    project, data = chain(*SMALL, **SIZES), points()
    one, two = worked_step(project, data, step=1), worked_step(project, data, step=2)
    ends = [weight.after for item in one.nodes for weight in item.weights]
    begins = [weight.before for item in two.nodes for weight in item.weights]
    assert begins == pytest.approx(ends, abs=1e-7)
    assert one.samples != two.samples


def test_the_same_sample_again_is_answered_better_and_better() -> None:
    project, data = chain(*SMALL, **SIZES), points()
    losses = [worked_step(project, data, step=step, samples=[3]).loss for step in (1, 2, 6)]
    assert losses[0] > losses[1] > losses[2]


def test_momentum_is_carried_along_and_no_plain_product_is_claimed() -> None:
    momentum = Step(type="SGD", attributes={"lr": 0.1, "momentum": 0.9})
    project, data = chain(*SMALL, optimizer=momentum, **SIZES), points()
    third = worked_step(project, data, step=3)
    weight = node(third, "layer2").weights[0]
    assert weight.after != pytest.approx(weight.before - 0.1 * weight.gradient, abs=1e-6)
    assert "·" not in weight.step
    comes_out(weight.step)


def test_weights_of_many_units_are_chosen_by_what_they_learn() -> None:
    sizes: dict[str, dict[str, object]] = {"layer0": {"out_features": 50}, "layer2": {"out_features": 1}}
    found = node(worked_step(chain(*SMALL, **sizes), points()), "layer0")
    assert found.count == 50 and len(found.units) <= 12 and found.weight_count == 150
    assert len(found.weights) < 20


def test_a_batch_tells_that_its_loss_is_a_mean() -> None:
    found = worked_step(chain(*SMALL, **SIZES), points(), rows=3)
    assert len(found.samples) == 3
    assert any("mean of 3 samples" in note for note in found.notes)
    weight = node(found, "layer2").weights[0]
    assert weight.from_units.count("·") == 3  # a term a sample
    comes_out(weight.from_units)


def test_frozen_weights_stay_and_say_so() -> None:
    project = chain(*SMALL, **SIZES)
    graph = project.graph
    graph.nodes["layer0"] = Node(id="layer0", type="Linear", attributes={"out_features": 2}, frozen=True)
    found = worked_step(project, points())
    first = node(found, "layer0")
    assert not first.weights and "frozen" in first.note and not first.gradients
    assert node(found, "layer2").weights


def test_one_player_of_two_is_shown() -> None:
    project = gan()
    data = Points()
    data.values = {}
    pictures = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(1))

    class Pictures(Points):
        def columns(self, fields: tuple[str, ...], split: str, *, raw: bool = False) -> Column:
            return Column(pictures)

    critic = worked_step(project, Pictures(), player=0)
    maker = worked_step(project, Pictures(), player=1)
    assert critic.players == ["critic", "generator"]
    assert node(critic, "critic1").weights and not node(critic, "gen1").weights
    assert node(maker, "gen1").weights and not node(maker, "critic1").weights
    assert "another player" in node(critic, "gen1").note


def test_what_cannot_be_worked_out_is_said() -> None:
    project, data = chain(*SMALL, **SIZES), points()
    with pytest.raises(TrainingError, match="up to number"):
        worked_step(project, data, step=MOST_STEPS + 1)
    with pytest.raises(TrainingError, match="no such player"):
        worked_step(project, data, player=4)
    with pytest.raises(DataError, match="not among those to learn from"):
        worked_step(project, data, samples=[400])
    wild = chain(*SMALL, optimizer=Step(type="SGD", attributes={"lr": 100.0}), loss="PoissonNLLLoss", **SIZES)
    assert (
        "learning rate" in worked_step(wild, Points(x=data.values["x"] * 9, y=data.values["y"].abs()), step=40).refusal
    )


def test_no_sum_that_does_not_come_out_in_a_project_with_dropout_and_classes() -> None:
    folder = PROJECTS / "penguins"
    project = load(folder)
    data: Dataset = open_dataset(folder, project.data)
    found = worked_step(project, data, step=2)
    loss = found.nodes[-1]
    assert loss.note.startswith("The right answer is ") and loss.units[0].forward.startswith("−log( e^")
    right = loss.note.split("The right answer is ")[1].split(".")[0]
    assert node(found, "target").note.startswith(f"This is what comes in: the number of {right}.")
    assert node(found, "columns").note.startswith("This is what comes in. It is data")
    scores = node(found, "scores")
    assert [unit.name for unit in scores.units] == ["Adelie", "Chinstrap", "Gentoo"]
    for item in found.nodes:
        for unit in item.units:
            if item.type == "Linear" and unit.forward:
                comes_out(unit.forward)
            if unit.backward and "share" not in unit.backward and "begins here" not in unit.backward:
                comes_out(unit.backward)
    assert len(encode(found)) < 200_000
    again = worked_step(project, data, step=2)
    assert again == found


def test_numbers_are_short_and_signed_for_people() -> None:
    assert [number(value) for value in (0.0, -0.25, 1234.6, 0.00001234, 1.0, float("nan"))] == [
        "0",
        "−0.25",
        "1235",
        "1.23e−5",
        "1",
        "not a number",
    ]
    terms = [(1.0, 0.1 * place) for place in range(20)]
    text = weighted_sum(terms, 0.5)
    assert "from 15 smaller ones" in text and worth(text) == pytest.approx(19.5, abs=0.01)


def test_what_learns_by_comparing_is_shown_something_to_compare() -> None:
    """A class has four samples among forty: three drawn by chance would hardly hold two of one class."""
    classes = torch.arange(40) % 10
    places = torch.nn.functional.one_hot(classes, 10).float() + 0.1 * torch.randn(
        40, 10, generator=torch.manual_seed(1)
    )
    names = tuple("abcdefghij")
    kind = Field(name="kind", kind=FieldKind.CATEGORY, role=Role.TARGET, statistics=Statistics(classes=names))
    graph = Graph(
        [
            Node(id="x", type="Input", attributes={"fields": ["x"]}),
            Node(id="class", type="Input", attributes={"fields": ["kind"]}),
            Node(id="pairs", type="Pairs"),
            Node(id="place", type="Linear", attributes={"out_features": 4}),
            Node(id="twin", type="Linear", attributes={"out_features": 4}, shares="place"),
            Node(id="end", type="Output", attributes={"field": "kind"}),
            Node(id="loss", type="ContrastiveLoss"),
        ],
        [
            Edge(source="x", target="place"),
            Edge(source="x", target="pairs"),
            Edge(source="class", target="pairs", input="classes"),
            Edge(source="pairs", output="partner", target="twin"),
            Edge(source="place", target="end", input="prediction"),
            Edge(source="place", target="loss", input="prediction"),
            Edge(source="twin", target="loss", input="other"),
            Edge(source="pairs", output="alike", target="loss", input="target"),
        ],
    )
    data = DataSpec(fields=(array("x", 10), kind))
    project = Project(name="pairs", data=data, graph=graph, recipe=Recipe())
    for step in (1, 2, 5):
        found = worked_step(project, Points(x=places, kind=classes), step=step)
        kinds = [int(classes[row]) for row in found.samples]
        assert len(kinds) == 3 and kinds[0] == kinds[1] != kinds[2]
        assert found.loss > 0 and found.loss_after != found.loss
        assert any("compared" in note for note in found.notes)

"""Places in a space: what the nearest say of classes, and classes recognised that were shown once; held to counting."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch

from engine.catalog.metrics.embeddings import OneShotAccuracy
from engine.checks.answers import answer_of
from engine.document.data_spec import Field, FieldKind, Statistics
from engine.document.graph import Edge, Graph, Node
from engine.evaluation.answered import Answered, AnsweredOutput, Kept
from engine.evaluation.most_like import named_by_neighbours
from engine.evaluation.nearest import class_shares
from engine.protocol.messages.deployment import Answer, Prediction
from engine.training.metrics import EmbeddingScores, scores_for
from engine.training.one_shot import episodes_won

FIELD = Field(name="kind", kind=FieldKind.CATEGORY, statistics=Statistics(classes=("a", "b", "c")))


def test_the_largest_share_is_that_of_the_nearest_other_samples_class() -> None:
    generator = torch.Generator().manual_seed(1)
    places, classes = torch.randn(150, 4, generator=generator), torch.randint(0, 3, (150,), generator=generator)
    shares, _ = class_shares(places, classes, 4)
    far = torch.cdist(places, places).fill_diagonal_(float("inf"))
    assert torch.equal(shares.argmax(1), classes[far.argmin(1)])
    assert torch.allclose(shares.sum(1), torch.ones(150)) and not shares[:, 3].any()


def test_a_sample_alone_in_its_class_is_taken_for_another() -> None:
    shares, _ = class_shares(torch.tensor([[0.0], [1.0], [1.1]]), torch.tensor([0, 1, 1]), 2)
    assert shares.argmax(1).tolist() == [1, 1, 1]
    assert class_shares(torch.zeros(1, 2), torch.tensor([0]), 2)[0].tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize(("spread", "classes"), [(0.3, 4), (0.5, 60), (8.0, 4)])
def test_shares_can_be_taken_at_their_word(spread: float, classes: int) -> None:
    generator = torch.Generator().manual_seed(2)
    truth = torch.arange(1200) % classes
    middles = torch.randn(classes, 6, generator=generator)
    places = middles[truth] + spread * torch.randn(1200, 6, generator=generator)
    found, unit = class_shares(places, truth, classes)
    sure, named = found.max(1)
    right = float((named == truth).float().mean())
    assert abs(float(sure.mean()) - right) < 0.08, (float(sure.mean()), right)
    again, larger = class_shares(places * 100, truth, classes)
    assert larger == pytest.approx(unit * 100, rel=1e-3) and torch.allclose(found, again, atol=1e-3)


def test_classes_that_lie_apart_are_recognised_always_and_noise_by_chance() -> None:
    classes = np.repeat(np.arange(8), 30)
    random = np.random.default_rng(0)
    apart = np.eye(8)[classes] * 10 + random.normal(size=(240, 8))
    assert episodes_won(apart, classes).mean() == 1.0
    won = episodes_won(random.normal(size=(240, 8)), classes)
    assert len(won) == 600 and won.mean() == pytest.approx(0.2, abs=0.05)
    assert (won == episodes_won(random.normal(size=(240, 8)), classes)).all() is np.False_
    same = [episodes_won(apart[:, :3], classes, seed=4).tolist() for _ in range(2)]
    assert same[0] == same[1], "the same seed draws the same"
    three = episodes_won(apart[classes < 3], classes[classes < 3])
    assert set(np.round(three * 3)) <= {0.0, 1.0, 2.0, 3.0}
    assert len(episodes_won(apart[:30], classes[:30])) == 0, "one class is no choice"
    assert len(episodes_won(apart[::30], classes[::30])) == 0, "one sample each cannot be shown and asked for"


def test_while_training_it_is_scored_over_all_batches() -> None:
    classes = torch.arange(90) % 3
    places = torch.nn.functional.one_hot(classes, 3) * 5.0 + torch.randn(90, 3, generator=torch.manual_seed(0))
    found = scores_for(FIELD, "", ("f1_macro",), torch.device("cpu"), "embedding")
    assert isinstance(found, EmbeddingScores)
    for start in range(0, 90, 40):
        found.add(places[start : start + 40], classes[start : start + 40])
    won = episodes_won(places.numpy(), classes.numpy(), **OneShotAccuracy.options).mean()
    assert found.values() == {"one_shot_accuracy": pytest.approx(won)}
    again = EmbeddingScores(FIELD, "", torch.device("cpu"))
    again.load({name: tensor.clone() for name, tensor in found.state().items()})
    assert again.values() == found.values()
    found.clear()
    assert found.values() == {}


@pytest.mark.parametrize(
    ("loss", "port"),
    [("ContrastiveLoss", "prediction"), ("TripletMarginLoss", "anchor"), ("BatchHardTripletLoss", "prediction")],
)
def test_what_such_a_loss_judges_is_an_embedding(loss: str, port: str) -> None:
    nodes = [Node(id="x", type="Input"), Node(id="place", type="Linear"), Node(id="end", type="Output")]
    edges = [Edge(source="x", target="place"), Edge(source="place", target="end", input="prediction")]
    graph = Graph([*nodes, Node(id="loss", type=loss)], [*edges, Edge(source="place", target="loss", input=port)])
    assert answer_of(graph, "end") == "embedding"


def test_something_new_is_named_by_the_nearest_samples_and_not_by_itself() -> None:
    places = torch.tensor([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [5.0, 1.0], [9.0, 9.0]])
    classes = torch.tensor([0, 0, 1, 1, 2])
    output = AnsweredOutput(
        place=0,
        output_id="end",
        field=FIELD,
        answer="none",
        kept=Kept.WHOLE,
        raw=class_shares(places, classes, 3)[0],
        target=classes,
        rows=torch.arange(5),
        metrics={},
        places=places,
    )
    given = cast(Answered, SimpleNamespace(outputs=(output,), count=5, split="test"))
    asked = [Prediction(input=str(at), outputs={"kind": Answer(value="2 numbers", numbers=at)}) for at in NEW]
    found = named_by_neighbours(given, asked)
    assert [one.outputs["kind"].value for one in found] == ["a", "b", "b"]
    for one in found:
        scores = list(one.outputs["kind"].scores.values())
        assert scores == sorted(scores, reverse=True) and sum(scores) == pytest.approx(1)
        assert one.notes == [], "there is nothing to warn of"
    other = Prediction(input="x", outputs={"kind": Answer(value="3 numbers", numbers=[0.0, 0.0, 0.0])})
    assert named_by_neighbours(given, [other]) == [other]


NEW = ([0.4, 0.2], [4.0, 0.5], [5.0, 0.0])
"""The last is a sample itself: the other one of its class names it."""

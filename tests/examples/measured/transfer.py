"""Transfer: ten kinds of clothes from 20 photographs each, on a pretrained network and from nothing."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import ROOT, Trained, netwright, trained

FROM_NOTHING = (
    "graph.nodes.backbone.weights=",
    "recipe.phases.0.players.0.nodes=[]",  # chance weights that rest would teach nothing
    "recipe.phases.0.epochs=24",
    "recipe.phases.1.epochs=16",
    "lr=0.001",
)
PHOTOGRAPHS = ROOT / "resources/data/clothing/clothing_20.zip"


def scores(pretrained: Trained) -> Iterator[Score]:
    """Accuracy on photographs never seen; beside it the same network from chance weights, trained three times as
    long, and the small network that Netwright proposes for these photographs."""
    ours = pretrained.metric("accuracy")
    same = pretrained.train(sets=FROM_NOTHING, name="from nothing").metric("accuracy")
    small = _proposed(pretrained).metric("accuracy")
    yield Score("accuracy on test", ours)
    yield Score("accuracy of the same network from nothing", same)
    yield Score("accuracy of a small network from nothing", small)
    yield Score("points above the better one", 100 * (ours - max(same, small)), at_least=10)


def _proposed(beside: Trained) -> Trained:
    folder = beside.folder.with_name("transfer_from_nothing")
    netwright("new", folder, "--data", PHOTOGRAPHS)
    return trained(folder)

"""Transfer: ten kinds of clothes from 20 photographs each, on a pretrained network and from nothing."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained

FROM_NOTHING = (
    "graph.nodes.backbone.weights=",
    "recipe.phases.0.players.0.nodes=[]",  # chance weights that rest would teach nothing
    "lr=0.001",
)


def scores(trained: Trained) -> Iterator[Score]:
    """Accuracy on photographs never seen, that of the same network from chance weights, and what lies between."""
    ours = trained.metric("accuracy")
    nothing = trained.train(sets=FROM_NOTHING, name="from nothing").metric("accuracy")
    yield Score("accuracy on test", ours)
    yield Score("accuracy on test of the same network from nothing", nothing)
    yield Score("points above it", 100 * (ours - nothing), at_least=10)

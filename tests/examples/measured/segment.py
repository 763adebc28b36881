"""Segment: how well the nuclei found overlap with those a person drew."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """Intersection over union of the nuclei on pictures never seen, and the mean with the background."""
    (output,) = trained.evaluate()["outputs"]
    overlap = {item["name"]: item["overlap"] for item in output["per_class"]}
    yield Score("IoU of nuclei on test", overlap["object"], at_least=0.75)
    yield Score("mean IoU of nuclei and background", trained.metric("jaccard_macro"))

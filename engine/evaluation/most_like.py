"""What an embedding of something new is like: the classes of the samples that lie nearest to it."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import torch

from engine.evaluation.answered import Answered, AnsweredOutput
from engine.evaluation.nearest import shares_of
from engine.protocol.messages.deployment import Answer, Prediction

_SAME: Final = 1e-4
"""Of the usual distance; what lies nearer is the very sample that is asked for."""


def named_by_neighbours(given: Answered, predictions: Sequence[Prediction]) -> list[Prediction]:
    """Predictions whose embeddings are answered with a class: that of the nearest sample of a scored split.

    Scores are the softmax of the distances to the nearest sample of each class, in the unit in which the samples of the
    split name each other best. Other answers stay as they are.
    """
    found = list(predictions)
    for output in given.outputs:
        if output.places is None or output.target is None or output.field is None:
            continue
        for place, prediction in enumerate(found):
            answer = prediction.outputs.get(output.field.name)
            if answer is None or len(answer.numbers) != output.places.shape[1]:
                continue
            named = _named(output, answer.numbers)
            if named is None:
                continue
            found[place] = msgspec.structs.replace(prediction, outputs={**prediction.outputs, output.field.name: named})
    return found


def _named(output: AnsweredOutput, numbers: Sequence[float]) -> Answer | None:
    """The answer for a place; None where there is no sample to compare it with."""
    assert output.places is not None and output.target is not None and output.field is not None
    places, classes = output.places.float(), output.target
    far = torch.linalg.vector_norm(places - torch.tensor(numbers)[None, :], dim=1)
    usual = float(far.median())
    far = torch.where(far < _SAME * usual, math.inf, far)
    names = output.field.statistics.classes
    nearest = torch.full((len(names),), math.inf).scatter_reduce(0, classes, far, "amin")
    if not bool(torch.isfinite(nearest).any()) or usual <= 0:
        return None
    shares = shares_of(nearest[None], output.unit)[0]
    order = shares.argsort(descending=True).tolist()
    return Answer(value=names[order[0]], scores={names[number]: float(shares[number]) for number in order})

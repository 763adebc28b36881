"""How odd each sample looks to a network, and how well that tells one kind of samples from the others.

What an autoencoder cannot rebuild is odd to it; so is what a classifier is unsure of (Hendrycks and Gimpel 2017). The
area under the ROC curve says how well oddness ranks the samples of a kind above all others: 0.5 is guessing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.checks.walking import sources_of
from engine.document.data_spec import FieldKind
from engine.evaluation.answered import Answered, AnsweredOutput
from engine.evaluation.answers import probabilities
from engine.evaluation.intervals import interval_of_auroc
from engine.evaluation.ranking import Ranking, ranked

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Oddness:
    """`value` (N,) is the larger the odder a sample of the split looks; `caption` says what it is."""

    value: Floats
    caption: str


def oddness_of(given: Answered, output: AnsweredOutput) -> Oddness | None:
    """How odd each sample is by an output: by what is lost when it is made again, or by how unsure its class is.

    None for outputs that say neither.
    """
    field = output.field
    if field is None:
        return None
    if rebuilds(given, output) and output.errors is not None:
        return Oddness(value=output.errors[:, 1].numpy().astype(np.float64), caption="mean squared error")
    one_each = output.is_whole and output.raw.dim() == 2 and len(output.raw) == given.count
    if field.kind is FieldKind.CATEGORY and one_each and output.places is None:
        scores = probabilities(output.raw, output.answer, len(field.statistics.classes))
        return Oddness(
            value=1 - scores.double().max(1).values.numpy(), caption="doubt, 1 less the surest class's score"
        )
    return None


def depends_on_inputs(given: Answered, output: AnsweredOutput) -> bool:
    """Whether an output answers something about a sample, and is not made of noise alone."""
    return bool(sources_of(given.project.graph, [output.output_id]) & set(given.network.input_ids))


def rebuilds(given: Answered, output: AnsweredOutput) -> bool:
    """Whether an output answers the very field that the network is given."""
    name = output.field.name if output.field is not None else ""
    if not depends_on_inputs(given, output):
        return False
    return any(names == (name,) for names in (given.network.input_fields[i] for i in given.network.input_ids))


def ranking_of(found: Oddness, odd: Bools) -> Ranking | None:
    """Samples by falling oddness, those of the kind as positives; None where there are none of it, or no others."""
    known = np.isfinite(found.value)
    ranking = ranked(found.value[known], odd[known])
    return ranking if ranking.is_both else None


def unseen_ranking(given: Answered, output: AnsweredOutput) -> tuple[Ranking, list[float]] | None:
    """How well oddness tells what training never saw, and the interval of its area; None where nothing was kept."""
    kept = given.dataset.unseen()[given.indices.numpy()]
    if not kept.any():
        return None
    found = oddness_of(given, output)
    ranking = ranking_of(found, kept) if found is not None else None
    if found is None or ranking is None:
        return None
    return ranking, interval_of_auroc(found.value[:, None], kept[:, None])

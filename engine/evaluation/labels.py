"""Scores of answers with any number of labels: label by label, and sample by sample. Axes: N samples, C labels."""

from typing import Final

from torch import Tensor

from engine.document.data_spec import Field
from engine.evaluation.scores import wilson_interval
from engine.protocol.messages.evaluation import ClassScore, FieldEvaluation, Mistake

THRESHOLD: Final = 0.5
MOST_MISTAKES: Final = 60


def score_labels(field: Field, scores_nc: Tensor, target_nc: Tensor, indices: Tensor) -> FieldEvaluation:
    """Probabilities and zeros and ones of the same shape; `indices` are the samples' numbers in the data.

    The mistakes are the samples with the surest wrong label, which gives their score. The interval is that of the
    share of samples with all labels right.
    """
    names = list(field.statistics.classes)
    named, true = scores_nc > THRESHOLD, target_nc > THRESHOLD
    wrong = named != true
    right_n = ~wrong.any(1)
    sure = ((scores_nc - THRESHOLD).abs() * wrong).amax(1) + THRESHOLD
    worst = wrong.any(1).nonzero().flatten()
    surest = worst[sure[worst].argsort(descending=True, stable=True)][:MOST_MISTAKES].tolist()
    both, said, have = (x.sum(0).tolist() for x in (named & true, named, true))
    total_both, total_said, total_have = sum(both), sum(said), sum(have)
    metrics = {
        "label_f1_micro": 2 * total_both / (total_said + total_have) if total_said + total_have else 0.0,
        "label_accuracy": 1 - float(wrong.double().mean()) if wrong.numel() else 0.0,
        "all_labels_right": float(right_n.double().mean()) if len(right_n) else 0.0,
    }
    return FieldEvaluation(
        field=field.name,
        metrics=metrics,
        classes=names,
        per_class=[
            ClassScore(
                name=name,
                precision=both[place] / said[place] if said[place] else 0.0,
                recall=both[place] / have[place] if have[place] else 0.0,
                f1=2 * both[place] / (said[place] + have[place]) if said[place] + have[place] else 0.0,
                samples=int(have[place]),
            )
            for place, name in enumerate(names)
        ],
        mistakes=[
            Mistake(
                index=int(indices[number]),
                true=_listed(names, true[number]),
                predicted=_listed(names, named[number]),
                score=float(sure[number]),
            )
            for number in surest
        ],
        interval=wilson_interval(int(right_n.sum()), len(right_n)),
    )


def _listed(names: list[str], chosen_c: Tensor) -> str:
    return ", ".join(name for name, yes in zip(names, chosen_c.tolist(), strict=True) if yes) or "none"

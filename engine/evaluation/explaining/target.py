"""The number that is explained: how strongly an output speaks for a class, or what it says in its own unit.

For classes it is the log-odds, log(p / (1 - p)): unlike the probability it does not stand still where the network is
sure, and unlike the score before softmax it says nothing that all classes have in common. Axes: N samples, C classes,
P places (points of a mask, words).
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from engine.checks.answers import answer_of
from engine.checks.explaining import reason_against_answer
from engine.data.left_out import printable
from engine.data.preparation import Preparation
from engine.data.tokens import tokens_of
from engine.document.data_spec import Field, FieldKind
from engine.document.project import Project
from engine.errors import DataError

_SMALLEST: Final = 1e-7
_MOST_CHOICES: Final = 200
_SHOWN: Final = 8
_END: Final = 3
_CLASSES = (FieldKind.CATEGORY, FieldKind.LABELS, FieldKind.MASK)


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What is explained of one output, for one sample.

    `where` (P,) are the places whose scores are averaged, for answers with places.
    """

    output_id: str
    field: Field
    answer: str
    choices: tuple[str, ...]
    choice: int
    said: str
    scores: tuple[tuple[str, float], ...] = ()
    where: Tensor | None = None
    token: Tensor | None = None
    """The tokens (P,) that were answered, for text."""
    certain: bool = False
    """Whether what stands at the output are probabilities already."""

    @property
    def score_of(self) -> str:
        """What the number is, in words."""
        name = self.choices[self.choice] if self.choices else self.field.name
        if self.field.kind in _CLASSES:
            return f"how strongly it answers '{name}' (log-odds)"
        if self.field.kind is FieldKind.TEXT:
            what = "what it wrote" if self.choice == 0 else f"to write '{name.partition('. ')[2]}'"
            return f"how likely it finds {what} (log-probability)"
        if self.field.kind is FieldKind.SERIES:
            return f"{self.field.name}, {name}"
        return name if self.field.kind is FieldKind.ARRAY else self.field.name

    def score(self, raw: Tensor) -> Tensor:
        """(N,) of what stands at the output for N variants of the sample; differentiable."""
        if self.field.kind in _CLASSES:
            odds_np = log_odds(raw, self.answer, self.choice, self.certain, two=len(self.choices) == 2)
            return odds_np.mean(1) if self.where is None else odds_np[:, self.where].mean(1)
        if self.field.kind is FieldKind.TEXT:
            assert self.token is not None
            logs = raw.float().log_softmax(1) if self.answer == "softmax" else raw.float()
            if logs.dim() == 2:
                logs = logs[:, :, None]
            picked = logs.gather(1, self.token[None, None].expand(len(logs), 1, -1).to(logs.device))[:, 0]
            return picked.mean(1) if self.where is None else picked[:, self.where].mean(1)
        values = in_own_unit(self.field, raw, self.answer)
        if self.field.kind is FieldKind.SERIES and values.dim() == 3 and self.choice > 0:
            return values[:, self.choice - 1].mean(1)
        flat = values.reshape(len(values), -1)
        return flat[:, self.choice - 1] if self.field.kind is FieldKind.ARRAY and self.choice > 0 else flat.mean(1)


def log_odds(raw: Tensor, answer: str, choice: int, certain: bool, *, two: bool) -> Tensor:
    """(N, P) of one class, of what stands at an output for classes: (N,), (N, C) or (N, C, ...)."""
    scores = raw.float()
    scores = scores[:, None] if scores.dim() == 1 else scores
    scores = scores.reshape(len(scores), scores.shape[1], -1)
    if certain:
        kept = scores.clamp(_SMALLEST, 1 - _SMALLEST)
        scores = kept.log() - (-kept).log1p()
        return _of_two(scores, choice) if scores.shape[1] == 1 and two else scores[:, choice]
    if scores.shape[1] == 1:
        return _of_two(scores, choice) if two else scores[:, 0]
    if answer in ("softmax", "exp"):
        others = torch.cat([scores[:, :choice], scores[:, choice + 1 :]], 1)
        return scores[:, choice] - others.logsumexp(1)
    return scores[:, choice]


def _of_two(scores_n1p: Tensor, choice: int) -> Tensor:
    """A single score speaks for the second of two classes."""
    return scores_n1p[:, 0] if choice == 1 else -scores_n1p[:, 0]


def in_own_unit(field: Field, raw: Tensor, answer: str) -> Tensor:
    """An answer with numbers in the unit of the data; differentiable."""
    value = raw.float().exp() if answer == "exp" else raw.float()
    return value if field.kind is FieldKind.ARRAY else Preparation(field).invert(value)


def target_of(project: Project, output_id: str, field: Field, raw: Tensor, choice: int = -1) -> Target:
    """What is explained of an answer `raw` (1, ...). Raises DataError for one that has no score, or no such choice."""
    answer = answer_of(project.graph, output_id)
    reason = reason_against_answer(project.graph, (output_id,), field)
    if reason:
        raise DataError(reason, where=field.name)
    if field.kind in _CLASSES:
        found = _of_classes(output_id, field, answer, raw, choice)
    elif field.kind is FieldKind.TEXT:
        found = _of_text(output_id, field, answer, raw, choice)
    else:
        found = _of_numbers(output_id, field, answer, raw, choice)
    if not 0 <= found.choice < max(1, len(found.choices)):
        raise DataError(
            f"There is no answer number {choice} to explain.",
            where=field.name,
            expected=f"0 to {len(found.choices) - 1}: {', '.join(found.choices[:12])}",
            found=str(choice),
        )
    return found


def _of_classes(output_id: str, field: Field, answer: str, raw: Tensor, choice: int) -> Target:
    scores = raw.float()
    scores = scores[:, None] if scores.dim() == 1 else scores
    scores = scores.reshape(len(scores), scores.shape[1], -1)
    several = field.kind is FieldKind.LABELS
    sums = scores.sum(1)
    within = bool((scores >= 0).all()) and bool((scores <= 1).all())
    certain = answer == "none" and within and (several or scores.shape[1] == 1 or bool((sums - 1).abs().max() < 1e-3))
    chances = _chances(scores, answer, certain, several)
    names = [printable(name, 60) for name in field.statistics.classes]
    if scores.shape[1] == 1 and not several:
        chances = torch.cat([1 - chances, chances], 1)
        names = names if len(names) == 2 else ["elsewhere", names[-1] if names else field.name]
    names += [f"class {number}" for number in range(len(names), chances.shape[1])]
    names = names[: chances.shape[1]]
    where = None
    if chances.shape[2] > 1:  # a mask, or a class for each word
        said_p = chances[0].argmax(0)
        counts = torch.bincount(said_p, minlength=len(names))
        if choice < 0:  # the object rather than what is around it
            foreground = counts.clone()
            if field.kind is FieldKind.MASK and len(names) > 1:
                foreground[0] = 0
            choice = int((foreground if int(foreground.sum()) else counts).argmax())
        where = said_p == choice if 0 <= choice < len(names) and int(counts[choice]) else None
        shares = counts.double() / counts.sum()
        listed = [(names[place], float(shares[place])) for place in range(len(names)) if int(counts[place])]
    else:
        listed = [(name, float(chances[0, place, 0])) for place, name in enumerate(names)]
        choice = int(chances[0, :, 0].argmax()) if choice < 0 else choice
    listed.sort(key=lambda item: -item[1])
    named = [name for name, chance in listed if chance > 0.5]
    said = (", ".join(named) or "none") if several else listed[0][0]
    return Target(
        output_id=output_id,
        field=field,
        answer=answer,
        choices=tuple(names),
        choice=choice,
        said=said,
        scores=tuple(listed),
        where=where,
        certain=certain,
    )


def _chances(scores_ncp: Tensor, answer: str, certain: bool, several: bool) -> Tensor:
    if certain:
        return scores_ncp
    if answer == "exp":
        return scores_ncp.exp()
    if several or scores_ncp.shape[1] == 1 or answer == "sigmoid":
        return scores_ncp.sigmoid()
    return scores_ncp.softmax(1)


def _of_text(output_id: str, field: Field, answer: str, raw: Tensor, choice: int) -> Target:
    tokens = tokens_of(field)
    if tokens is None or raw.dim() < 2:
        raise DataError("This text answer is of a form that cannot be explained.", where=field.name)
    said = raw.float().reshape(len(raw), raw.shape[1], -1).argmax(1)[0]
    written = said.tolist()
    length = max(1, written.index(_END) + 1 if tokens.step.ends and _END in written else len(written))
    spellings = tokens.spellings()
    names = [
        f"{at}. {printable(spellings[number], 40).strip() or '(blank)'}"
        for at, number in enumerate(written[: min(length, _MOST_CHOICES)], 1)
    ]
    choice = max(0, choice)
    places = torch.arange(len(written), device=raw.device)
    return Target(
        output_id=output_id,
        field=field,
        answer=answer,
        choices=("all that it wrote", *names),
        choice=choice,
        said=printable(" ".join(tokens.text(written[:length]).split()), 200),
        where=places < length if choice == 0 else places == choice - 1,
        token=said,
    )


def _of_numbers(output_id: str, field: Field, answer: str, raw: Tensor, choice: int) -> Target:
    values = in_own_unit(field, raw, answer)[0]
    if field.kind is FieldKind.SERIES and values.dim() == 2:
        choices = ["all moments", *(f"moment {number}" for number in range(1, min(len(values), _MOST_CHOICES) + 1))]
    elif field.kind is FieldKind.ARRAY and values.numel() > 1:
        count = min(values.numel(), _MOST_CHOICES)
        choices = ["all numbers", *(f"number {number}" for number in range(1, count + 1))]
    else:
        choices = [field.name]
    flat = values.reshape(-1)
    few = ", ".join(f"{float(value):.4g}" for value in flat[:_SHOWN])
    said = few + (f" … {flat.numel()} values" if flat.numel() > _SHOWN else "")
    target = Target(
        output_id=output_id,
        field=field,
        answer=answer,
        choices=tuple(choices),
        choice=max(0, choice),
        said=said if math.isfinite(float(flat[0])) else "not a number",
    )
    return replace(target, choice=choice) if choice >= len(choices) else target

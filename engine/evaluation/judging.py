"""What each sample's answer is worth: right or wrong, how sure, how far off; whatever kind of thing is answered.

Axes: N samples, R answers a sample (1 but where a sample has several, as words of a sentence), C classes.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from engine.data.drawing import words
from engine.data.preparation import Preparation
from engine.document.data_spec import Field, FieldKind
from engine.evaluation.answered import Answered, AnsweredOutput
from engine.evaluation.answers import probabilities
from engine.evaluation.evaluate import written
from engine.evaluation.labels import THRESHOLD
from engine.protocol.messages.answered_samples import Among, GetAnswered, Measure, Order
from engine.training.metrics import by_sample

_MOST_WORDS: Final = 400
_SHOWN_CLASSES: Final = 2


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The samples of a split in their order, judged. `score` float64 (N,) says what `measure` says.

    `badness` float64 (N,) is largest where the answer is worst. `right` bool (N,) is None where no answer is just right
    or wrong.
    """

    measure: Measure
    score: Tensor
    badness: Tensor
    right: Tensor | None = None

    def fits(self, request: GetAnswered) -> Tensor:
        """bool (N,): the samples that have the asked classes, and are among the right or wrong ones if asked."""
        fits = torch.ones(len(self.score), dtype=torch.bool)
        if self.right is not None and request.among is not Among.ALL:
            fits = self.right if request.among is Among.RIGHT else ~self.right
        return fits

    def order(self, rows: Tensor, order: Order) -> Tensor:
        """The rows (int64) as asked; equal ones stay in the order of the data."""
        if order is Order.DATA or self.measure is Measure.NONE:
            return rows
        if self.measure is Measure.SURE and order in (Order.SUREST, Order.LEAST_CERTAIN):
            return rows[self.score[rows].argsort(descending=order is Order.SUREST, stable=True)]
        return rows[self.badness[rows].argsort(descending=order is not Order.BEST, stable=True)]

    def led(self, row: int) -> bool:
        """Whether the answer is a text of which each piece was said after the true ones before it."""
        return False

    def words(self, row: int) -> tuple[str, str]:
        """What is true and what was answered, in words."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class JudgedCategory(Judged):
    """`answer`, `true` int64 (N, R) and `sure` float (N, R): of several answers the surest wrong one is shown."""

    names: tuple[str, ...]
    answer: Tensor
    true: Tensor
    sure: Tensor

    def fits(self, request: GetAnswered) -> Tensor:
        there = torch.ones_like(self.true, dtype=torch.bool)
        if request.true:
            there &= self.true == _number(self.names, request.true)
        if request.predicted:
            there &= self.answer == _number(self.names, request.predicted)
        return super().fits(request) & there.any(1)

    def words(self, row: int) -> tuple[str, str]:
        place = _shown_place(self.answer[row], self.true[row], self.sure[row])
        true, answer = int(self.true[row, place]), int(self.answer[row, place])
        return (self.names[true] if 0 <= true < len(self.names) else "no label"), self.names[answer]


@dataclass(frozen=True, kw_only=True)
class JudgedLabels(Judged):
    """`answer`, `true` bool (N, C)."""

    names: tuple[str, ...]
    answer: Tensor
    true: Tensor

    def fits(self, request: GetAnswered) -> Tensor:
        if not request.true and not request.predicted:
            return super().fits(request)
        fits = torch.ones(len(self.score), dtype=torch.bool)
        judged = torch.ones(len(self.score), dtype=torch.bool)
        for name, has in ((request.true, self.true), (request.predicted, self.answer)):
            if name:
                number = _number(self.names, name)
                there = 0 <= number < len(self.names)
                fits &= has[:, number] if there else torch.zeros_like(fits)
                judged &= self.true[:, number] == self.answer[:, number] if there else torch.zeros_like(fits)
        if request.among is Among.ALL:
            return fits
        return fits & (judged if request.among is Among.RIGHT else ~judged)

    def words(self, row: int) -> tuple[str, str]:
        return _listed(self.names, self.true[row]), _listed(self.names, self.answer[row])


@dataclass(frozen=True, kw_only=True)
class JudgedMask(Judged):
    """`areas` int64 (N, 3, C) as in `engine.evaluation.masks.class_areas`."""

    names: tuple[str, ...]
    areas: Tensor

    def fits(self, request: GetAnswered) -> Tensor:
        fits = super().fits(request)
        for name, of in ((request.true, 2), (request.predicted, 1)):
            if name:
                number = _number(self.names, name)
                there = 0 <= number < len(self.names)
                fits = fits & (self.areas[:, of, number] > 0 if there else torch.zeros_like(fits))
        return fits

    def words(self, row: int) -> tuple[str, str]:
        share = self.areas[row].double() / self.areas[row, 2].sum().clamp(min=1)
        return _covered(share[2], self.names), _covered(share[1], self.names)


@dataclass(frozen=True, kw_only=True)
class JudgedNumber(Judged):
    """`answer`, `true` float (N, R) in the field's own unit; of several the one that is furthest off is shown."""

    field: Field
    answer: Tensor
    true: Tensor

    def words(self, row: int) -> tuple[str, str]:
        place = int((self.answer[row] - self.true[row]).abs().nan_to_num(nan=-1.0).argmax())
        return self._word(float(self.true[row, place])), self._word(float(self.answer[row, place]))

    def _word(self, value: float) -> str:
        return words(self.field, value) if self.field.kind is FieldKind.DATE else f"{value:.5g}"


@dataclass(frozen=True, kw_only=True)
class JudgedText(Judged):
    """`said` are texts that were written freely, by row; of all others the likeliest token at each place is shown."""

    output: AnsweredOutput
    said: dict[int, str]

    def words(self, row: int) -> tuple[str, str]:
        texts = self.output.texts
        assert texts is not None
        said = texts.tokens.text(self.output.raw[row].tolist()) if self.led(row) else self.said[row]
        return texts.text(row)[:_MOST_WORDS], said[:_MOST_WORDS]

    def led(self, row: int) -> bool:
        return row not in self.said


@dataclass(frozen=True, kw_only=True)
class JudgedOther(Judged):
    """Pictures, sound and arrays: measured as prepared, seen rather than said."""

    def words(self, row: int) -> tuple[str, str]:
        return "", ""


def judged(given: Answered, output: AnsweredOutput) -> Judged:
    """The samples of an output, judged; worked out once and kept with the answers."""
    key = f"judging/{output.output_id}"
    if key not in given.memo:
        given.memo[key] = _judge(given, output)
    found: Judged = given.memo[key]
    return found


def _judge(given: Answered, output: AnsweredOutput) -> Judged:
    field, target, raw = output.field, output.target, output.raw
    if field is None or target is None:
        return _unknown(given.count)
    if output.texts is not None:
        return _judge_text(given, output)
    names = field.statistics.classes
    if field.kind is FieldKind.CATEGORY and names:
        return _judge_category(given.count, names, probabilities(raw, output.answer, len(names)), target)
    if field.kind is FieldKind.LABELS and raw.shape == target.shape:
        return _judge_labels(names, probabilities(raw, output.answer, 0), target)
    if output.areas is not None:
        return _judge_mask(names, output.areas)
    if field.kind in (FieldKind.NUMBER, FieldKind.DATE, FieldKind.SERIES) and raw.numel() == target.numel():
        preparation = Preparation(field)
        value = raw.exp() if output.answer == "exp" else raw
        answer, true = preparation.invert(value.float().reshape(target.shape)), preparation.invert(target)
        return _judge_number(field, given.count, answer, true)
    if output.errors is not None:
        off = output.errors[:, 0].double().nan_to_num(nan=float("inf"))
        return JudgedOther(measure=Measure.OFF, score=off, badness=off)
    return _unknown(given.count)


def _unknown(count: int) -> Judged:
    none = torch.zeros(count, dtype=torch.float64)
    return JudgedOther(measure=Measure.NONE, score=none, badness=none)


def _judge_category(count: int, names: tuple[str, ...], scores: Tensor, target: Tensor) -> Judged:
    scores_nc, true_n = by_sample(scores, target)
    sure_n, answer_n = scores_nc.max(1)
    if scores_nc.shape[1] == 1:  # one score for what may be one class alone
        answer_n = torch.zeros_like(true_n)
    of_truth = scores_nc.gather(1, true_n.clamp(0, scores_nc.shape[1] - 1)[:, None])[:, 0]
    answer, true, sure, truth = (item.reshape(count, -1) for item in (answer_n, true_n, sure_n.double(), of_truth))
    wrong = answer != true
    any_wrong = wrong.any(1)
    score = torch.where(any_wrong, sure.masked_fill(~wrong, -1.0).amax(1), sure.amin(1))
    return JudgedCategory(
        measure=Measure.SURE,
        score=score,
        badness=1.0 - truth.double().amin(1),
        right=~any_wrong,
        names=names,
        answer=answer,
        true=true,
        sure=sure,
    )


def _judge_labels(names: tuple[str, ...], scores_nc: Tensor, target_nc: Tensor) -> Judged:
    answer, true = scores_nc > THRESHOLD, target_nc > THRESHOLD
    wrong = answer != true
    far = (scores_nc.double() - THRESHOLD).abs()
    any_wrong = wrong.any(1)
    sure = torch.where(any_wrong, far.masked_fill(~wrong, -1.0).amax(1), far.amin(1)) + THRESHOLD
    return JudgedLabels(
        measure=Measure.SURE,
        score=sure,
        badness=torch.where(wrong, far, -far).amax(1),
        right=~any_wrong,
        names=names,
        answer=answer,
        true=true,
    )


def _judge_mask(names: tuple[str, ...], areas: Tensor) -> Judged:
    """Overlap averaged over the classes that answer or truth has; of two classes that of the second, the object."""
    first = 1 if len(names) == 2 else 0
    found, named, true = areas[:, :, first:].double().unbind(1)
    union = named + true - found
    there = union > 0
    overlap = torch.where(there, found / union.clamp(min=1), torch.zeros_like(union)).sum(1)
    counted = there.sum(1)
    score = torch.where(counted > 0, overlap / counted.clamp(min=1), torch.ones_like(overlap))
    return JudgedMask(measure=Measure.OVERLAP, score=score, badness=1 - score, names=names, areas=areas)


def _judge_number(field: Field, count: int, answer: Tensor, true: Tensor) -> Judged:
    answer, true = answer.double().reshape(count, -1), true.double().reshape(count, -1)
    off = (answer - true).abs()
    # The distance of a forecast is the mean over its moments, as the page's other numbers are.
    score = off.nanmean(1) if field.kind is FieldKind.SERIES else off.nan_to_num(nan=-1.0).amax(1)
    score = score.nan_to_num(nan=float("inf"))
    return JudgedNumber(measure=Measure.OFF, score=score, badness=score, field=field, answer=answer, true=true)


def _judge_text(given: Answered, output: AnsweredOutput) -> Judged:
    texts, target = output.texts, output.target
    assert texts is not None and target is not None
    nll = texts.nll_nl
    counted = (target != 0).sum(1).clamp(min=1)
    said = written(given, output) or {}
    right = torch.zeros(given.count, dtype=torch.bool)
    if len(output.raw) == given.count:
        right = ((output.raw == target) | (target == 0)).all(1)
    for row, text in said.items():
        right[row] = text == texts.text(row)
    if nll is None:
        none = torch.zeros(given.count, dtype=torch.float64)
        return JudgedText(
            measure=Measure.NONE, score=none, badness=(~right).double(), right=right, output=output, said=said
        )
    doubt = nll.double().sum(1) / counted
    return JudgedText(measure=Measure.DOUBT, score=doubt, badness=doubt, right=right, output=output, said=said)


def _number(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name in names else -2  # -1 stands for a sample without a label


def _shown_place(answer_r: Tensor, true_r: Tensor, sure_r: Tensor) -> int:
    if len(answer_r) == 1:
        return 0
    wrong = answer_r != true_r
    return int((sure_r.masked_fill(~wrong, -1.0) if bool(wrong.any()) else -sure_r).argmax())


def _listed(names: tuple[str, ...], chosen_c: Tensor) -> str:
    return ", ".join(name for name, yes in zip(names, chosen_c.tolist(), strict=True) if yes) or "none"


def _covered(shares: Tensor, names: tuple[str, ...]) -> str:
    """The largest classes but the first, which is the background: "object 12.0 %"."""
    order = [number for number in shares.argsort(descending=True).tolist() if number > 0 and shares[number] > 0]
    found = [f"{names[number]} {100 * float(shares[number]):.1f} %" for number in order[:_SHOWN_CLASSES]]
    return ", ".join(found) or names[0]

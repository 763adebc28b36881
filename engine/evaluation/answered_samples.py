"""Single samples of a scored split: those that fit, in the order asked for, each with what was answered to it."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from engine.checks.walking import sources_of
from engine.data.drawing import draw_array, least_and_largest, picture_of, words
from engine.data.finding import find_samples
from engine.data.preparation import Preparation
from engine.data.progress import IsCancelled, never
from engine.data.rows import SeriesRows
from engine.document.data_spec import Field, FieldKind
from engine.errors import Cancelled, NetwrightError
from engine.evaluation.answered import Answered, AnsweredOutput, Kept
from engine.evaluation.judging import Judged, judged
from engine.evaluation.masks import mask_of, true_mask
from engine.protocol.messages.answered_samples import AnsweredRead, AnsweredSample, GetAnswered
from engine.protocol.messages.data import SampleCard, Shown

MOST_AT_ONCE: Final = 500
_CHARACTERS: Final = 2000
"""Of the words that were given: a page of cards stays small."""
_MOST_PAST: Final = 3
"""A forecast is drawn with so many times its own length of the past before it."""


def answered_samples(given: Answered, request: GetAnswered, *, cancelled: IsCancelled = never) -> AnsweredRead:
    """A page of the samples that fit the request. Raises DataError for a field there is not, and Cancelled."""
    output = given.output(request.output)
    assert output.field is not None
    found = judged(given, output)
    rows = _fitting(given, found, request, cancelled)
    start, limit = max(0, request.offset), min(max(0, request.limit), MOST_AT_ONCE)
    worded = _worded(given, output)
    samples = []
    for row in rows[start : start + limit].tolist():
        if cancelled():
            raise Cancelled
        samples.append(_sample(given, output, found, row, request.size, worded))
    return AnsweredRead(
        run=given.run.number,
        total=len(rows),
        offset=start,
        kind=output.field.kind.value,
        measure=found.measure,
        samples=samples,
    )


def _fitting(given: Answered, found: Judged, request: GetAnswered, cancelled: IsCancelled) -> Tensor:
    """Places in the split, in order."""
    fits = found.fits(request)
    if request.samples:
        chosen = np.frombuffer(request.samples, "<i4").astype(np.int64)
        fits = fits & torch.from_numpy(np.isin(given.indices.numpy(), chosen))
    if request.values or request.ranges:
        numbers = find_samples(given.dataset, values=request.values, ranges=request.ranges, cancelled=cancelled)
        fits = fits & torch.from_numpy(np.isin(given.indices.numpy(), numbers))
    return found.order(fits.nonzero().flatten(), request.order)


def _worded(given: Answered, output: AnsweredOutput) -> list[Field]:
    """The fields of text that lead to an output, or its class where that is all that is given.

    A text that is learned from its own beginning is not given.
    """
    before = sources_of(given.project.graph, [output.output_id])
    inputs = [node_id for node_id in given.network.input_ids if node_id in before]
    names = dict.fromkeys(name for node_id in inputs for name in given.network.input_fields[node_id])
    own = output.field.name if output.field is not None else ""
    fields = [field for name in names if name != own and (field := given.project.data.field(name)) is not None]
    if len(fields) == 1 and fields[0].kind is FieldKind.CATEGORY:
        return fields
    return [field for field in fields if field.kind is FieldKind.TEXT]


def _given_words(given: Answered, fields: list[Field], index: int) -> str:
    said = [(field, words(field, given.dataset.raw(index, field.name), _CHARACTERS)) for field in fields]
    if len(said) == 1:
        return said[0][1]
    return "\n".join(f"{field.name}: {text}" for field, text in said)[:_CHARACTERS]


def _sample(
    given: Answered, output: AnsweredOutput, found: Judged, row: int, size: int, worded: list[Field]
) -> AnsweredSample:
    index = int(given.indices[row])
    true, predicted = found.words(row)
    sample = AnsweredSample(
        index=index,
        name=given.dataset.full_name(index),
        true=true,
        predicted=predicted,
        score=float(found.score[row]),
        right=None if found.right is None else bool(found.right[row]),
        led=found.led(row),
        given=_given_words(given, worded, index),
        card=given.dataset.card(index, size),
    )
    field = output.field
    draw = None if field is None else _DRAWN.get(field.kind)
    if draw is None or field is None or output.target is None or sample.card.problem:
        return sample
    try:
        return draw(given, output, field, row, sample)
    except NetwrightError as error:  # told on the card
        return msgspec.structs.replace(sample, card=SampleCard(index=index, name=sample.name, problem=error.message))


def _kept_at(output: AnsweredOutput, row: int) -> int:
    """Where the answer to a sample is kept, -1 where it is not."""
    if output.kept is not Kept.SOME:
        return row
    place = int(torch.searchsorted(output.rows, row))
    return place if place < len(output.rows) and int(output.rows[place]) == row else -1


def _with_mask(
    given: Answered, output: AnsweredOutput, field: Field, row: int, sample: AnsweredSample
) -> AnsweredSample:
    """True and answered masks, over the picture as the network saw it: so they lie where they belong."""
    place = _kept_at(output, row)
    if place < 0 or output.areas is None or output.target is None:
        return sample
    raw = output.raw[place : place + 1]
    answer = raw[0] if output.kept is Kept.CLASSES else mask_of(raw, output.answer)[0]
    truth = true_mask(output.target[place : place + 1])[0]
    seen = _seen_picture(given, row, max(sample.card.width, sample.card.height, 16))
    card = sample.card
    if seen is not None:
        card = msgspec.structs.replace(card, width=seen.width, height=seen.height, rgb=seen.rgb)
    if not card.rgb:
        return sample
    card = msgspec.structs.replace(card, mask=b"")
    return msgspec.structs.replace(sample, card=card, answer=_mask_shown(answer, card), truth=_mask_shown(truth, card))


def _seen_picture(given: Answered, row: int, size: int) -> Shown | None:
    """The first picture among the network's inputs, as prepared."""
    for node_id in given.network.input_ids:
        names = given.network.input_fields[node_id]
        field = given.project.data.field(names[0]) if len(names) == 1 else None
        if field is None or field.kind is not FieldKind.IMAGE:
            continue
        values = given.dataset.columns(names, given.split).gather(torch.tensor([row]))[0].float().numpy()
        if values.ndim == 3 and values.shape[0] in (1, 3):
            return picture_of(values, facts="", size=size)
    return None


def _mask_shown(classes: Tensor, card: SampleCard) -> Shown:
    numbers: Any = np.ascontiguousarray(classes.numpy().astype(np.uint8))
    resized = Image.fromarray(numbers).resize((card.width, card.height), Image.Resampling.NEAREST)
    return Shown(width=card.width, height=card.height, mask=resized.tobytes())


def _with_picture(
    given: Answered, output: AnsweredOutput, field: Field, row: int, sample: AnsweredSample
) -> AnsweredSample:
    """True and answered picture or array, as the network sees them."""
    place = _kept_at(output, row)
    if place < 0 or output.target is None:
        return sample
    size = max(sample.card.width, sample.card.height, 64)
    answer = output.raw[place].float().numpy()
    truth = output.target[place].float().numpy()
    if truth.ndim == 3 and truth.shape[0] in (1, 3) and answer.shape == truth.shape:
        low, high = float(truth.min()), float(truth.max())
        drawn = [picture_of(item, facts="", size=size, low=low, high=high) for item in (truth, answer)]
    else:
        drawn = [draw_array(item, size) for item in (truth, answer)]
    return msgspec.structs.replace(sample, truth=drawn[0], answer=drawn[1])


def _with_curve(
    given: Answered, output: AnsweredOutput, field: Field, row: int, sample: AnsweredSample
) -> AnsweredSample:
    """True and answered sound."""
    place = _kept_at(output, row)
    if place < 0 or output.target is None:
        return sample
    drawn = []
    for item in (output.target[place], output.raw[place]):
        values = item.float().reshape(-1).numpy()
        drawn.append(Shown(curve=least_and_largest(values[:, None], 128), channels=1))
    return msgspec.structs.replace(sample, truth=drawn[0], answer=drawn[1])


def _with_forecast(
    given: Answered, output: AnsweredOutput, field: Field, row: int, sample: AnsweredSample
) -> AnsweredSample:
    """Past, future and forecast of the column that is furthest off."""
    if output.target is None or output.raw.numel() != output.target.numel():
        return sample
    preparation = Preparation(field)
    truth = output.target[row : row + 1]
    answer = preparation.invert(output.raw[row : row + 1].float().reshape(truth.shape))[0]
    truth = preparation.invert(truth)[0]
    if answer.dim() == 1:
        answer, truth = answer[:, None], truth[:, None]
    column = int((answer - truth).abs().nan_to_num(nan=0.0).mean(0).argmax())
    columns = field.options.get("columns")
    names = [str(name) for name in columns] if isinstance(columns, list) else []
    name = names[column] if column < len(names) else ""
    past = _past(given, name, int(given.indices[row]), len(truth) * _MOST_PAST)
    return msgspec.structs.replace(
        sample,
        past=b"" if past is None else past.astype("<f4").tobytes(),
        future=truth[:, column].numpy().astype("<f4").tobytes(),
        forecast=answer[:, column].numpy().astype("<f4").tobytes(),
        column=name if len(names) > 1 else "",
    )


def _past(given: Answered, column: str, index: int, most: int) -> npt.NDArray[np.float32] | None:
    """What was known of a column before a window, its latest moments; None where the past does not hold it."""
    for other in given.dataset.data.inputs():
        rows = given.dataset.rows(other.name)
        held = other.options.get("columns")
        if isinstance(rows, SeriesRows) and isinstance(held, list) and column in held:
            values = rows.windows.take(np.array([index], np.int64))[0, :, held.index(column)]
            return np.asarray(values[-most:], np.float32)
    return None


_Draw = Callable[[Answered, AnsweredOutput, Field, int, AnsweredSample], AnsweredSample]

_DRAWN: Final[dict[FieldKind, _Draw]] = {
    FieldKind.MASK: _with_mask,
    FieldKind.IMAGE: _with_picture,
    FieldKind.ARRAY: _with_picture,
    FieldKind.AUDIO: _with_curve,
    FieldKind.SERIES: _with_forecast,
}

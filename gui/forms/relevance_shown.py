"""Explanations of the engine as what the charts of relevance draw, and their figures in words."""

from typing import Final

from engine.catalog.explanations import explainer_type
from engine.document.data_spec import FieldKind
from engine.protocol.messages.explanation import Explanation, FieldRelevance
from gui.charts.relevance import Part, Relevant, floats_from, picture_from
from gui.forms.metric_text import short_value

_MISSING: Final = 0.1
_FIT: Final = 0.5
_PICTURES = (FieldKind.IMAGE.value, FieldKind.MASK.value)


def relevant_parts(explanation: Explanation) -> list[Relevant]:
    """Its fields, in order."""
    return [_relevant(field) for field in explanation.fields]


def _relevant(field: FieldRelevance) -> Relevant:
    raw = field.raw
    if field.kind in _PICTURES and field.heat:
        return Relevant(
            name=field.field,
            kind="picture",
            total=field.total,
            picture=picture_from(raw.rgb, raw.width, raw.height),
            heat=floats_from(field.heat, field.height, field.width),
        )
    if field.kind == FieldKind.TEXT.value:
        parts = tuple(
            Part(start=span.start, end=span.end, relevance=span.relevance, known=span.known) for span in field.spans
        )
        return Relevant(name=field.field, kind="words", total=field.total, text=field.text, parts=parts)
    if field.kind == FieldKind.AUDIO.value:
        shown = field.map_shown
        return Relevant(
            name=field.field,
            kind="sound",
            total=field.total,
            heat=floats_from(field.heat, 1, field.width),
            seconds=field.seconds,
            envelope=floats_from(raw.curve, len(raw.curve) // 8, 2),
            map_picture=picture_from(shown.rgb, shown.width, shown.height),
            map_heat=floats_from(field.map_heat, field.map_height, field.map_width),
        )
    if field.kind == FieldKind.SERIES.value:
        return Relevant(
            name=field.field,
            kind="curves",
            total=field.total,
            heat=floats_from(field.heat, field.height, field.width),
            names=tuple(field.names),
            values=floats_from(field.values, field.height, field.width),
        )
    return Relevant(name=field.field, kind="column", total=field.total, text=field.text)


def facts(explanation: Explanation, *, short: bool = False) -> str:
    """What was explained, compared with what, how well it adds up, and how long it took, in one line.

    `short` leaves out what all ways of explaining have in common.
    """
    parts = []
    if explanation.baseline and not short:
        parts.append(
            f"score {short_value(explanation.score)}, for {explanation.baseline} "
            f"{short_value(explanation.baseline_score)}"
        )
    share = explanation.explained
    if share is not None and explanation.sums:
        parts.append(f"explains {_percent(share)}" + ("" if short else " of the difference"))
    elif share is not None:
        parts.append(f"the straight line fits {_percent(share)}")
    if explanation.layer:
        parts.append(f"layer {explanation.layer.replace('__', ' › ')}")
    if explanation.seconds > 0:
        parts.append(f"{explanation.seconds:.2f} s")
    return " · ".join(parts)


def well_explained(explanation: Explanation) -> bool:
    """Whether what the method promises is kept, or nothing is promised."""
    share = explanation.explained
    if share is None:
        return True
    return abs(share - 1) <= _MISSING if explanation.sums else share >= _FIT


def limits(method: str) -> str:
    """What a way of explaining does not say, in a sentence or two."""
    kind = explainer_type(method) if method else None
    if kind is None:
        return ""
    return f"{kind.limits} It shows what the answer went along with, not what causes what."


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"

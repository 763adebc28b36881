"""How sure an answer is, said honestly: scores that are low or close to each other."""

from typing import Final

from engine.document.data_spec import FieldKind
from engine.protocol.messages.deployment import Answer
from gui.charts.score_bars import percent

_LOW: Final = 0.5
_CLOSE: Final = 0.15
_MIDDLE: Final = 0.1


def doubt(answer: Answer, kind: FieldKind | None = FieldKind.CATEGORY) -> str:
    """Why an answer should not be trusted much, in a sentence; "" when its scores stand out."""
    if not answer.scores or answer.mask:
        return ""
    ranked = list(answer.scores.items())
    if kind is FieldKind.LABELS:
        near = [name for name, score in ranked if abs(score - 0.5) < _MIDDLE]
        return f"Not sure about {', '.join(near[:3])}: near the middle." if near else ""
    (first, best), (second, next_best) = ranked[0], ranked[1] if len(ranked) > 1 else ("", 0.0)
    if second and best - next_best < _CLOSE:
        return f"Not sure: {second} is nearly as likely."
    if best < _LOW:
        return f"Not sure: {first} is only {percent(best)} likely."
    return ""

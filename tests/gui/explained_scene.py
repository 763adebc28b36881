"""Explanations, made up, as the engine sends them."""

import numpy as np

from engine.catalog.explanations import explainer_type
from engine.protocol.messages.data import Shown
from engine.protocol.messages.explanation import Explain, Explained, Explanation, FieldRelevance, Span

CLASSES = ["T-shirt", "Coat", "Bag"]


def heat_bytes(values: np.ndarray) -> bytes:
    """float32, little end first."""
    return np.ascontiguousarray(values).astype("<f4").tobytes()


def picture_relevance(side: int = 28) -> FieldRelevance:
    """For in the upper left, against in the lower right, not seen at the right edge."""
    heat = np.zeros((side, side), np.float32)
    heat[4:10, 4:10] = 2.0
    heat[20:24, 16:20] = -1.0
    heat[:, -3:] = np.nan
    rgb = np.full((side, side, 3), 120, np.uint8).tobytes()
    raw = Shown(width=side, height=side, rgb=rgb)
    return FieldRelevance(
        field="pixels", kind="image", total=68.0, raw=raw, heat=heat_bytes(heat), height=side, width=side
    )


def text_relevance(text: str = "a good film, not bad") -> FieldRelevance:
    """good for, bad against, "film" unknown."""
    counts = {"good": 2.0, "bad": -1.5, "film": 0.1}
    spans = []
    for word in text.replace(",", " ").split():
        start = text.index(word)
        spans.append(Span(start=start, end=start + len(word), relevance=counts.get(word, 0.0), known=word != "film"))
    return FieldRelevance(field="text", kind="text", total=0.6, text=text, spans=spans)


def table_relevance() -> list[FieldRelevance]:
    """Two columns."""
    return [
        FieldRelevance(field="width", kind="number", total=-0.4, text="14"),
        FieldRelevance(field="island", kind="category", total=1.9, text="Dream"),
    ]


def series_relevance(time: int = 20) -> FieldRelevance:
    """Two channels; the last moment of the second counts."""
    heat = np.zeros((2, time), np.float32)
    heat[1, -1] = 3.0
    values = np.stack([np.linspace(0, 1, time), np.linspace(1, 0, time)])
    return FieldRelevance(
        field="past",
        kind="series",
        total=3.0,
        heat=heat_bytes(heat),
        height=2,
        width=time,
        names=["heat", "wind"],
        values=heat_bytes(values),
    )


def sound_relevance() -> FieldRelevance:
    """A recording of half a second, whose end is not seen."""
    heat = np.linspace(-1, 1, 50, dtype=np.float32)
    heat[-5:] = np.nan
    curve = np.stack([-np.abs(np.sin(np.arange(60))), np.abs(np.sin(np.arange(60)))], axis=-1)
    tones = Shown(width=12, height=8, rgb=bytes(12 * 8 * 3))
    return FieldRelevance(
        field="sound",
        kind="audio",
        total=0.2,
        raw=Shown(curve=heat_bytes(curve), channels=1),
        heat=heat_bytes(heat[None]),
        height=1,
        width=50,
        seconds=0.5,
        map_shown=tones,
        map_heat=heat_bytes(np.eye(8, 12)),
        map_height=8,
        map_width=12,
    )


def explained(request: Explain, *fields: FieldRelevance) -> Explained:
    """An explanation for each sample and input asked for, of these fields (a picture where none are given)."""
    kind = explainer_type(request.method)
    method = request.method or "GradCam"
    layered = method == "GradCam"
    made = [
        Explanation(
            index=index,
            name=f"{index}",
            method=method,
            output=request.output,
            answer="Coat",
            true="Bag",
            scores=[("Coat", 0.7), ("Bag", 0.2), ("T-shirt", 0.1)],
            choice=1 if request.choice < 0 else request.choice,
            choices=CLASSES,
            score=0.85,
            score_of="how strongly it answers 'Coat' (log-odds)",
            baseline="" if layered else "a picture of the average colour",
            baseline_score=0.0 if layered else -2.0,
            explained=None if layered else 0.98,
            signed=kind.signed if kind is not None else False,
            sums=kind.sums if kind is not None else False,
            layer=str(request.settings.get("layer", "conv2")) if layered else "",
            layers=["conv1", "conv2"] if layered else [],
            seconds=0.03,
            fields=list(fields or (picture_relevance(),)),
        )
        for index in (*request.samples, *([-1] * len(request.inputs)))
    ]
    return Explained(run=int(request.run) if request.run.isdecimal() else 14, explanations=made, seconds=0.03)

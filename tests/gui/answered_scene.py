"""Samples of a scored split, made up, listed by a scripted engine as the real one lists them."""

from collections.abc import Callable

import msgspec
import numpy as np

from engine.protocol.messages.answered_samples import (
    Among,
    AnsweredRead,
    AnsweredSample,
    CorrectionsFound,
    FindNamed,
    GetAnswered,
    GetCorrections,
    LatencyMeasured,
    Measure,
    MeasureLatency,
    Order,
)
from engine.protocol.messages.data import SampleCard, SamplesFound, Shown
from engine.protocol.messages.evaluation import EvaluationFinished
from tests.gui.fake_engine import FakeEngine


def picture_card(index: int) -> SampleCard:
    """A small made-up picture: a bright shape on dark ground, another one for each index."""
    side = 28
    y, x = np.mgrid[0:side, 0:side]
    radius = 6 + index % 7
    body = (np.abs(x - 14) < radius) & (np.abs(y - 14) < 4 + index % 9)
    picture = np.full((side, side, 3), 34, np.uint8)
    picture[body] = (120 + index % 80, 120 + index % 60, 130)
    return SampleCard(index=index, name=f"{index:05d}.png", width=side, height=side, rgb=picture.tobytes())


def of_categories(scores: EvaluationFinished) -> list[AnsweredSample]:
    """A sample for each count of the matrix, in mixed order."""
    output = scores.outputs[0]
    cells = [
        (true, predicted)
        for true, row in enumerate(output.matrix)
        for predicted, count in enumerate(row)
        for _ in range(count)
    ]
    order = np.random.default_rng(1).permutation(len(cells)).tolist()
    found = []
    for index, place in enumerate(order):
        true, predicted = (output.classes[number] for number in cells[place])
        found.append(
            AnsweredSample(
                index=index,
                name=f"{index:05d}.png",
                true=true,
                predicted=predicted,
                score=0.5 + (index * 7919 % 4973) / 10_000,
                right=true == predicted,
                card=SampleCard(index=index),
            )
        )
    return found


class Listing:
    """Answers GetAnswered over a list of samples. `cards` makes the card of an index when it is asked for."""

    def __init__(
        self,
        samples: list[AnsweredSample],
        measure: Measure = Measure.SURE,
        kind: str = "category",
        cards: Callable[[int], SampleCard] | None = picture_card,
    ) -> None:
        self.samples, self.measure, self.kind, self._cards = samples, measure, kind, cards

    def __call__(self, request: GetAnswered) -> AnsweredRead:
        found = [
            sample
            for sample in self.samples
            if (not request.true or sample.true == request.true)
            and (not request.predicted or sample.predicted == request.predicted)
            and (request.among is Among.ALL or sample.right is None or sample.right == (request.among is Among.RIGHT))
        ]
        if request.samples:
            chosen = set(np.frombuffer(request.samples, "<i4").tolist())
            found = [sample for sample in found if sample.index in chosen]
        if request.order is not Order.DATA:
            ascending = request.order in (Order.LEAST_CERTAIN, Order.BEST) or self.measure is Measure.OVERLAP
            found.sort(key=lambda sample: sample.score if ascending else -sample.score)
        page = found[request.offset : request.offset + request.limit]
        if self._cards is not None:
            page = [msgspec.structs.replace(sample, card=self._cards(sample.index)) for sample in page]
        return AnsweredRead(
            run=int(request.run) if request.run.isdigit() else 1,
            total=len(found),
            offset=request.offset,
            kind=self.kind,
            measure=self.measure,
            samples=page,
        )


def scripted_answers(engine: FakeEngine, listing: Listing) -> None:
    """Let the engine list samples, find them by name, measure latency, and say that nothing was corrected."""
    engine.answer_with(GetAnswered, listing)
    engine.answer_with(FindNamed, lambda request: SamplesFound(indices=np.arange(1, 3, dtype="<i4").tobytes()))
    engine.answer_with(GetCorrections, lambda request: CorrectionsFound(run=int(request.run)))
    engine.answer_with(
        MeasureLatency,
        lambda request: LatencyMeasured(run=int(request.run), milliseconds=0.412, slow_milliseconds=0.5, times=200),
    )


def numbers(count: int = 90) -> Listing:
    """A network that answers a number for a row of a table."""
    samples = [
        AnsweredSample(
            index=index,
            name=f"rows.csv, row {index + 2}",
            true=f"{3.1 + index}",
            predicted=f"{9.7 - index:.1f}",
            score=6.6 - index / 20,
            card=SampleCard(index=index),
        )
        for index in range(count)
    ]
    return Listing(samples, Measure.OFF, "number", row_card)


def row_card(index: int) -> SampleCard:
    """A row of a table."""
    lines = ["species: Adelie", "island: Biscoe", f"bill_length_mm: {39 + index / 10}", "sex: female"]
    return SampleCard(index=index, name=f"rows.csv, row {index + 2}", lines=lines)


def masks(count: int = 60) -> Listing:
    """Pictures with a true and an answered mask."""
    side = 48
    y, x = np.mgrid[0:side, 0:side]
    samples = []
    for index in range(count):
        truth = (np.hypot(x - 22, y - 22) < 12 + index % 6).astype(np.uint8)
        answer = (np.hypot(x - 25 - index % 5, y - 23) < 13).astype(np.uint8)
        both = int((truth & answer).sum()) / max(1, int((truth | answer).sum()))
        samples.append(
            AnsweredSample(
                index=index,
                name=f"cell_{index:03d}.png",
                true=f"cell {100 * truth.mean():.1f} %",
                predicted=f"cell {100 * answer.mean():.1f} %",
                score=both,
                card=SampleCard(index=index),
                truth=Shown(width=side, height=side, mask=truth.tobytes()),
                answer=Shown(width=side, height=side, mask=answer.tobytes()),
            )
        )

    def card(index: int) -> SampleCard:
        shade = np.full((side, side, 3), 60, np.uint8)
        shade[np.hypot(x - 22, y - 22) < 12 + index % 6] = 150
        return SampleCard(index=index, name=f"cell_{index:03d}.png", width=side, height=side, rgb=shade.tobytes())

    return Listing(samples, Measure.OVERLAP, "mask", card)


def forecasts(count: int = 60) -> Listing:
    """Windows of a series with what came and what was forecast."""
    samples = []
    for index in range(count):
        time = np.arange(60) + index
        values = np.sin(time / 5) * 4 + 20
        forecast = values[48:] + np.linspace(0, 3 + index % 4, 12)
        samples.append(
            AnsweredSample(
                index=index,
                name=f"series.csv, row {index + 60}",
                true=f"{values[-1]:.4g}",
                predicted=f"{forecast[-1]:.4g}",
                score=float(np.abs(forecast - values[48:]).mean()),
                card=SampleCard(index=index),
                past=values[12:48].astype("<f4").tobytes(),
                future=values[48:].astype("<f4").tobytes(),
                forecast=forecast.astype("<f4").tobytes(),
            )
        )
    return Listing(samples, Measure.OFF, "series", row_card)


def texts(count: int = 60) -> Listing:
    """Sentences with what was written for them."""
    samples = [
        AnsweredSample(
            index=index,
            name=f"pairs.tsv, line {index}",
            true="Jag måste gå hem nu, det är sent.",
            predicted="Jag måste gå hem, det är för sent." if index % 3 else "Jag måste gå hem nu, det är sent.",
            score=1.9 - index / 50,
            right=index % 3 == 0,
            card=SampleCard(index=index),
        )
        for index in range(count)
    ]

    def card(index: int) -> SampleCard:
        return SampleCard(index=index, name=f"pairs.tsv, line {index}", lines=["I have to go home now, it is late."])

    return Listing(samples, Measure.DOUBT, "text", card)


def sounds(count: int = 60) -> Listing:
    """Recordings with a class."""
    samples = [
        AnsweredSample(
            index=index,
            name=f"{index}_speaker.wav",
            true="seven",
            predicted="one" if index % 2 else "seven",
            score=0.99 - index / 200,
            right=index % 2 == 0,
            card=SampleCard(index=index),
        )
        for index in range(count)
    ]

    def card(index: int) -> SampleCard:
        wave = np.sin(np.linspace(0, 60, 128)) * np.hanning(128) * (0.4 + index % 5 / 8)
        pairs = np.stack([-np.abs(wave), np.abs(wave)], 1).astype("<f4")
        return SampleCard(index=index, name=f"{index}_speaker.wav", curve=pairs.tobytes(), channels=1, note="0.62 s")

    return Listing(samples, cards=card)


def pictures_made(count: int = 40, given: str = "") -> Listing:
    """Reconstructions of pictures, or pictures made from words that were given."""
    samples = []
    for index in range(count):
        card = picture_card(index)
        noisy = np.frombuffer(card.rgb, np.uint8) // 2 + 40
        samples.append(
            AnsweredSample(
                index=index,
                name=card.name,
                true="",
                predicted="",
                score=0.02 + index / 1000,
                given=given,
                card=card,
                truth=Shown(width=28, height=28, rgb=card.rgb),
                answer=Shown(width=28, height=28, rgb=noisy.astype(np.uint8).tobytes()),
            )
        )
    return Listing(samples, Measure.OFF, "image")

"""Requests about why a network answers as it does, and what they are answered with."""

import msgspec

from engine.protocol.messages.base import Event, Request
from engine.protocol.messages.data import Shown


class Explain(Request, frozen=True, kw_only=True):
    """Say what an answer goes back to. -> Explained

    `samples` are numbers in the data; `inputs` are {field: value} as for Predict, for what is no part of the data; both
    may be given, samples are explained first. `method` names a way of `engine.catalog.explanations`, "" the usual one
    for the network; `settings` are its attributes. `output` is the field that is answered, "" the main one. `choice` is
    the class (or moment, or word) to explain by its number among `Explanation.choices`, -1 what was answered.
    `size` is the largest side of what is drawn, in points. `which` weights of the run: "best" or "last".
    """

    project_dir: str
    samples: list[int] = []
    inputs: list[dict[str, object]] = []
    run: str = "best"
    which: str = "best"
    method: str = ""
    settings: dict[str, object] = {}
    output: str = ""
    choice: int = -1
    seed: int = 0
    size: int = 320


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a text, from one character to before another, and its relevance. `known` is False for a word that the
    network has no number for; it sees all such words alike."""

    start: int
    end: int
    relevance: float
    known: bool = True


class FieldRelevance(msgspec.Struct, frozen=True, kw_only=True):
    """What a field of the sample counts for, in the places of the sample as a person sees it.

    `total` is the relevance of the whole field. `heat` is float32, little end first, `height` × `width`, NaN where the
    network does not look, as beside a picture that is cut to a square:
    - a picture or mask: over the picture in `raw`, which has that height and width.
    - a series: a row a channel (`names`), a column a moment; `values` are the measured values in the same order.
    - sound: one row over the `seconds` of the recording whose curve is in `raw`; where the network looks at a
      spectrogram, `map_heat` (`map_height` × `map_width`, low tones first) lies over the picture in `map_shown`.
    A text has `spans` in `text`. A column of a table has `total` and its value in `text`.
    """

    field: str
    kind: str
    total: float
    text: str = ""
    raw: Shown = Shown()
    heat: bytes = b""
    height: int = 0
    width: int = 0
    names: list[str] = []
    values: bytes = b""
    seconds: float = 0.0
    map_shown: Shown = Shown()
    map_heat: bytes = b""
    map_height: int = 0
    map_width: int = 0
    spans: list[Span] = []


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why one answer for one sample; `problem` instead where it cannot be explained.

    `index` is the number in the data, -1 for an input given. `scores` are the answers with their probabilities, best
    first, for classes; `answer` is the answer in words, `true` what it should be. `choices[choice]` is what is
    explained. `score` is the number that is explained, for this sample, `score_of` says in words what it is, and
    `baseline_score` what it is for the baseline, which `baseline` describes. Where the method `sums`, `explained` is
    the share of their difference that the relevances add up to; for LIME it is the share of the variation that its
    straight line accounts for; else it is None. `layers` are the nodes that `layer` can be changed to, for Grad-CAM.
    """

    index: int = -1
    name: str = ""
    problem: str = ""
    method: str = ""
    output: str = ""
    answer: str = ""
    true: str = ""
    scores: list[tuple[str, float]] = []
    choice: int = -1
    choices: list[str] = []
    score: float = 0.0
    score_of: str = ""
    baseline: str = ""
    baseline_score: float = 0.0
    explained: float | None = None
    signed: bool = True
    sums: bool = False
    layer: str = ""
    layers: list[str] = []
    seconds: float = 0.0
    fields: list[FieldRelevance] = []


class Explained(Event, frozen=True, kw_only=True):
    """Explanations in the order of the samples, then of the inputs."""

    run: int
    explanations: list[Explanation]
    seconds: float = 0.0

"""Requests about parts of a scored split, about two runs beside each other, and about worse inputs."""

import msgspec

from engine.protocol.messages.base import Event, Request
from engine.protocol.messages.plots import Plot


class ScoreGroups(Request, frozen=True, kw_only=True):
    """Score the parts of a split. -> GroupsScored

    `by` is a field of the data (ignored ones too), or one of `GroupsScored.choices`; "" takes the first of those.
    `output` is the field that is answered, "" for the main one.
    """

    project_dir: str
    run: str = "best"
    split: str = "test"
    output: str = ""
    by: str = ""


class GroupChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that samples can be grouped by: its key for `ScoreGroups.by`, and what it is called."""

    key: str
    caption: str


class GroupScore(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of one group. `interval` is that of the main metric, empty where nothing can be said.

    `is_small`: too few samples to say much. `members` are the samples' numbers in the data, int32, little end first.
    """

    name: str
    samples: int
    metrics: dict[str, float]
    interval: list[float] = []
    is_small: bool = False
    members: bytes = b""


class GroupsScored(Event, frozen=True, kw_only=True):
    """Groups, those with the worst main metric first and those too small at the end. `metrics` are the columns, the
    main one first; `overall` are the same of the whole split. A sample can be in several groups, or in none."""

    run: int
    split: str
    by: str
    caption: str
    metrics: list[str]
    overall: GroupScore
    groups: list[GroupScore]
    choices: list[GroupChoice] = []
    note: str = ""


class CompareRuns(Request, frozen=True, kw_only=True):
    """What changed from run `other` to `run`, sample by sample on a split. -> RunsCompared"""

    project_dir: str
    run: str
    other: str
    split: str = "test"
    output: str = ""


class ComparedSide(msgspec.Struct, frozen=True, kw_only=True):
    """One of the runs: its score on the samples that both answered, and how it is called."""

    run: int
    name: str
    score: float
    interval: list[float] = []


class ComparedClass(msgspec.Struct, frozen=True, kw_only=True):
    """Of the samples of one class (or label) how many the other run fixed and broke."""

    name: str
    samples: int
    fixed: int
    broken: int


class ComparedList(msgspec.Struct, frozen=True, kw_only=True):
    """Samples of one kind: `key` is fixed, broken, both_wrong, both_right, better or worse.

    `members` are numbers in the data of the second run, int32, little end first, those that changed most first.
    """

    key: str
    count: int
    members: bytes = b""


class RunsCompared(Event, frozen=True, kw_only=True):
    """What changed from `first` (the run compared with) to `second`. `metric` names the score of both.

    `p_value` is that of McNemar's exact test where answers are right or wrong, else None. `difference` is second less
    first with its 95 % interval, over pairs of samples. `words` say it plainly. `samples` were answered by both, `left`
    by one alone.
    """

    split: str
    field: str
    metric: str
    larger_is_better: bool
    samples: int
    left: int
    first: ComparedSide
    second: ComparedSide
    difference: float
    interval: list[float] = []
    p_value: float | None = None
    words: str = ""
    lists: list[ComparedList] = []
    per_class: list[ComparedClass] = []
    plots: list[Plot] = []


class MeasureRobustness(Request, frozen=True, kw_only=True):
    """Score a run as its inputs get worse. -> RobustnessMeasured

    `samples` bounds how many are asked each time, evenly chosen. `kinds` picks disturbances, all that fit where empty.
    """

    project_dir: str
    run: str = "best"
    split: str = "test"
    output: str = ""
    samples: int = 500
    kinds: list[str] = []


class Disturbance(msgspec.Struct, frozen=True, kw_only=True):
    """How a score falls with one disturbance. `strengths` and `scores` begin with nothing done."""

    key: str
    caption: str
    unit: str
    strengths: list[float]
    scores: list[float]


class RobustnessMeasured(Event, frozen=True, kw_only=True):
    """Scores under each disturbance, the one that costs most first. `plots` show them as curves."""

    run: int
    split: str
    field: str
    metric: str
    samples: int
    disturbances: list[Disturbance]
    plots: list[Plot] = []
    note: str = ""

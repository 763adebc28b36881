"""What an Output that acts is worth: the episodes that its network plays, and what they earn."""

import numpy as np
import torch

from engine.data.progress import IsCancelled, Progress, never, silent
from engine.evaluation.answered import Answered, AnsweredOutput
from engine.evaluation.intervals import interval_of_mean
from engine.protocol.messages.evaluation import EpisodeScore, FieldEvaluation
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotReference, PlotSeries
from engine.training.playing.playing import MEAN_RETURN, Playing, playing_of
from engine.training.playing.returns import Episode

KIND = "episodes"
VIEW = "episodes"
_NAMED = 40
"""Up to so many episodes each has its number beneath it."""


def playing_in(given: Answered) -> Playing | None:
    """The environment that a run acts in, kept for the next question; None where it does not."""
    key = "episodes/playing"
    if key not in given.memo:
        given.memo[key] = playing_of(given.project, given.network, torch.device("cpu"))
    found: Playing | None = given.memo[key]
    return found


def score_episodes(
    given: Answered, output: AnsweredOutput, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> FieldEvaluation | None:
    """Returns of the split's episodes; None for an Output that does not act. Raises DataError, Cancelled."""
    playing = playing_in(given)
    if playing is None or playing.output_id != output.output_id or output.field is None:
        return None
    progress(-1, f"Playing {playing.environment}")
    episodes = playing.score(given.split, cancelled=cancelled)
    totals = np.array([episode.total for episode in episodes], np.float64)
    steps = np.array([episode.steps for episode in episodes], np.float64)
    interval = interval_of_mean(totals)
    return FieldEvaluation(
        field=output.field.name,
        kind=KIND,
        metrics={
            MEAN_RETURN: float(totals.mean()),
            "median_return": float(np.median(totals)),
            "lowest_return": float(totals.min()),
            "highest_return": float(totals.max()),
            "return_spread": float(totals.std()),
            "mean_steps": float(steps.mean()),
        },
        interval=interval,
        intervals={MEAN_RETURN: interval} if interval else {},
        plots=_plots(episodes, float(totals.mean())),
        episodes=[
            EpisodeScore(seed=episode.seed, total=episode.total, steps=episode.steps, cut=episode.cut)
            for episode in episodes
        ],
    )


def _plots(episodes: list[Episode], mean: float) -> list[Plot]:
    few = len(episodes) <= _NAMED
    numbers = [float(number + (not few)) for number in range(len(episodes))]
    names = [str(number + 1) for number in range(len(episodes))] if few else []
    totals = [episode.total for episode in episodes]
    low = min(0.0, *totals)
    high = max(0.0, *totals)
    return [
        Plot(
            key="returns",
            view=VIEW,
            title="Returns",
            caption="The sum of the rewards of each episode",
            note="Each began from a seed that was never learned from, and was played without chance.",
            x=PlotAxis(name="Episode", names=names),
            y=PlotAxis(name="Return", low=low, high=high or None),
            series=[PlotSeries(name="Return", kind=PlotKind.BARS, x=numbers, y=totals, width=0.8)],
            references=[PlotReference(name="Mean", x=[numbers[0] - 0.5, numbers[-1] + 0.5], y=[mean, mean])],
        )
    ]

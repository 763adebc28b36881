"""Which epoch was the best, and whether it is worth going on: all that follows from an epoch's scores."""

import math
from collections.abc import Sequence

from engine.document.recipe import EarlyStop
from engine.errors import TrainingError
from engine.training.metrics import is_better_larger
from engine.training.run_state import RunState


def is_best(state: RunState, told: dict[str, float], epoch: int, *, latest: bool = False) -> bool:
    """Whether these scores beat all before; the state then remembers them.

    The main metric decides, the loss where it is equal; where no number can, the `latest` epoch is the best.
    """
    key = _key(state.main_metric, told)
    if not latest and state.best_key and key <= state.best_key:
        return False
    state.best_key, state.best_epoch, state.best_step, state.best = key, epoch, state.step, rounded(told)
    state.latest = latest
    return True


def _key(metric: str, told: dict[str, float]) -> list[float]:
    loss = -told.get("loss", math.inf)
    loss = loss if math.isfinite(loss) else -1e300
    if metric == "loss" or metric not in told:
        return [0.0, loss]
    return [told[metric] if is_better_larger(metric) else -told[metric], loss]


def rounded(values: dict[str, float]) -> dict[str, float]:
    """Six digits, as a log holds them; what is not finite has no place in it."""
    return {name: float(f"{value:.6g}") for name, value in values.items() if math.isfinite(value)}


class EarlyStopping:
    """The stopping rule of a recipe; what it counts is kept in the run's state.

    `measured` are the names an epoch's scores will have. Raises TrainingError when the watched one is not among them.
    """

    def __init__(self, rule: EarlyStop | None, measured: Sequence[str]) -> None:
        self._rule = rule
        self._name = "" if rule is None else _full_name(rule.metric, measured)

    def watch(self, state: RunState, told: dict[str, float]) -> None:
        """Count the epochs since the metric got better."""
        if self._rule is None:
            return
        value = told.get(self._name, math.nan)
        value = value if is_better_larger(self._name) else -value
        if math.isfinite(value) and (state.watched is None or value > state.watched):
            state.watched, state.waited = value, 0
        else:
            state.waited += 1

    def reason(self, state: RunState) -> str:
        """Why training should end; empty while it should not."""
        if self._rule is None or state.waited < self._rule.patience:
            return ""
        return f"{self._rule.metric} has not got better for {self._rule.patience} epochs"


def _full_name(name: str, measured: Sequence[str]) -> str:
    for full in measured:
        if name in (full, full.rpartition(".")[2]):
            return full
    raise TrainingError(
        f"Early stopping watches '{name[:60]}', which this run does not measure.",
        where="early_stop",
        expected=", ".join(measured),
        found=name[:60],
        hint="Choose one of those named, or add it to the metrics.",
    )

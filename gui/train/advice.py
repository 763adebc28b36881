"""What the curves of a run say to an experienced eye, in words, with the change that usually helps.

Pure functions of the curves; thresholds are mild, since a wrong warning costs more trust than a missed one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from msgspec.structs import replace

from engine.catalog.losses import Loss
from engine.catalog.registry import layer_type
from engine.document.graph import Graph
from engine.document.recipe import EarlyStop, Player, Recipe
from gui.models.curves import RunCurves

OVERFIT_EPOCHS: Final = 5
_OVERFIT_RISE: Final = 1.05
_STILL_FALLING: Final = 0.02


@dataclass(frozen=True, kw_only=True)
class Advice:
    """`kind` is that of a notice. `recipe` is the one that would help, None where no setting does."""

    key: str
    kind: str
    title: str
    text: str
    recipe: Recipe | None = None
    action: str = ""


def advise(curves: RunCurves, recipe: Recipe, *, finished: bool, tells: bool = True) -> Advice | None:
    """The one thing most worth saying of a run, None when all is well, or when its loss `tells` nothing."""
    if not tells:
        return None
    return (
        _diverged(curves, recipe) or _overfitting(curves, recipe) or (_cut_short(curves, recipe) if finished else None)
    )


def loss_tells(graph: Graph, recipe: Recipe) -> bool:
    """Whether the loss of a network tells how good it is.

    That of a Boltzmann machine does not, nor that of players whose gain is another one's loss, nor that of a network
    that learns from what it does itself: the better it plays, the more there is to be wrong about.
    """
    if any(phase.play is not None or _compete(phase.players) for phase in recipe.phases):
        return False
    kinds = {layer_type(node.type) for node in graph.nodes.values() if not node.bypassed}
    return all(kind.tells for kind in kinds if kind is not None and issubclass(kind, Loss))


def _compete(players: Sequence[Player]) -> bool:
    """Whether two players look at different losses and move different nodes, as in a GAN."""
    return any(
        one.losses != other.losses and not set(one.nodes) & set(other.nodes) for one, other in combinations(players, 2)
    )


def _diverged(curves: RunCurves, recipe: Recipe) -> Advice | None:
    losses = curves.step_loss
    if len(losses) < 20 or len(recipe.phases) > 1:  # another phase has another loss
        return None
    start, now = losses[:10], losses[-10:]
    fine = np.isfinite(now).any() and np.isfinite(start).any()
    if fine and np.nanmean(now) <= 3 * max(float(np.nanmean(start)), 1e-9):
        return None
    lower = _with_lr(recipe, 0.3)
    rate = "" if lower is None else f" {_lr(lower):.2g} instead of {_lr(recipe):.2g} is worth a try."
    return Advice(
        key="diverged",
        kind="warning",
        title="The loss is growing",
        text=f"Usually the learning rate is too large.{rate}",
        recipe=lower,
        action="Use it for the next run" if lower is not None else "",
    )


def _overfitting(curves: RunCurves, recipe: Recipe) -> Advice | None:
    val = _main_loss(curves.val)
    train = _main_loss(curves.train)
    before = sum(phase.epochs for phase in recipe.phases[:-1])  # losses of two phases are no curve
    val, train, epochs = val[before:], train[before:], curves.epochs[before:]
    if len(val) < OVERFIT_EPOCHS + 2 or len(train) != len(val):
        return None
    best = int(np.nanargmin(val)) if np.isfinite(val).any() else 0
    since = len(val) - 1 - best
    recent = float(np.nanmean(val[-2:]))
    if since < OVERFIT_EPOCHS or not recent > _OVERFIT_RISE * val[best] or not train[-1] < train[best]:
        return None
    epoch = epochs[best]
    # Of help next time: stop soon after the turn. The best state is kept in any case.
    stopping = recipe.early_stop is None
    return Advice(
        key="overfitting",
        kind="warning",
        title=f"Overfitting began after epoch {epoch}",
        text=(
            f"Validation loss has risen for {since} epochs while training loss fell. The best state is kept. "
            "More data, augmentation or a Dropout layer help; stopping early saves the time."
        ),
        recipe=replace(recipe, early_stop=EarlyStop(metric="loss", patience=OVERFIT_EPOCHS)) if stopping else None,
        action="Stop early in the next run" if stopping else "",
    )


def _cut_short(curves: RunCurves, recipe: Recipe) -> Advice | None:
    val = _main_loss(curves.val) or _main_loss(curves.train)
    if len(val) < 4 or len(recipe.phases) != 1 or not all(math.isfinite(value) for value in val[-4:]):
        return None
    if not (int(np.argmin(val)) == len(val) - 1 and val[-1] < val[-3] * (1 - _STILL_FALLING)):
        return None
    epochs = 2 * recipe.phases[0].epochs
    phase = replace(recipe.phases[0], epochs=epochs)
    return Advice(
        key="short",
        kind="info",
        title="It was still learning at the end",
        text=f"The loss fell until the last epoch. {epochs} epochs would take it further.",
        recipe=replace(recipe, phases=(phase,)),
        action=f"Train {epochs} epochs next time",
    )


def _main_loss(table: dict[str, list[float]]) -> list[float]:
    """The loss by epoch; that of the first output where there are several."""
    name = "loss" if "loss" in table else next((key for key in table if key.endswith(".loss")), "")
    return table.get(name, [])


def _lr(recipe: Recipe) -> float:
    value = recipe.phases[0].players[0].optimizer.attributes.get("lr", 1e-3)
    return float(value) if isinstance(value, int | float) else 1e-3


def _with_lr(recipe: Recipe, factor: float) -> Recipe | None:
    """The recipe with another step size, where there is exactly one to change."""
    if len(recipe.phases) != 1 or len(recipe.phases[0].players) != 1:
        return None
    phase = recipe.phases[0]
    player = phase.players[0]
    lr = float(f"{_lr(recipe) * factor:.2g}")
    optimizer = replace(player.optimizer, attributes={**player.optimizer.attributes, "lr": lr})
    return replace(recipe, phases=(replace(phase, players=(replace(player, optimizer=optimizer),)),))

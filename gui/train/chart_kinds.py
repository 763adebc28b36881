"""Which charts there are in the Train tab: what each is called, what it shows, and what suits everybody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.document.project import ChartPlace
from gui.forms.metric_text import main_metric, metric_label
from gui.models.curves import RunCurves
from gui.train.live_views import CARDS

METRIC: Final = "metric:"
"""Begins the kind of a chart of one metric; alone it is the metric people look at first."""


@dataclass(frozen=True, kw_only=True)
class ChartKind:
    """`key` is what the project keeps. `columns` of six is how wide it is at first."""

    key: str
    title: str
    help: str
    columns: int = 2


_FIXED: Final = (
    ChartKind(key="loss", title="Loss", help="Training and validation loss, the gap between them shaded.", columns=3),
    ChartKind(key=METRIC, title="Score", help="The metric people look at first.", columns=3),
    ChartKind(key="rate", title="Learning rate", help="Of each player, over the run."),
    ChartKind(key="flow", title="Gradient flow", help="Norm of the gradient of each layer."),
    ChartKind(key="ratio", title="Update to weight", help="How far a step moves each layer, as a share of its size."),
    ChartKind(
        key="ratios", title="Update ratios", help="The same as lines: the middle layer, and the extremes of all layers."
    ),
    ChartKind(key="weights", title="Weights", help="How the weights of a layer are spread, over time.", columns=3),
    ChartKind(key="activations", title="Activations", help="What comes out of a layer, over time.", columns=3),
    ChartKind(key="parts", title="Losses", help="Each loss of the network by itself.", columns=3),
    ChartKind(key="speed", title="Throughput", help="Samples a second."),
    ChartKind(key="load", title="Load", help="How busy processor and graphics card are."),
    ChartKind(key="memory", title="Memory", help="What the run takes, on processor and graphics card."),
    ChartKind(
        key="confusion", title="Confusion", help="Which classes were taken for which, epoch by epoch.", columns=3
    ),
    *(ChartKind(key=card.key, title=card.heading, help=card.help, columns=card.columns) for card in CARDS),
)

DEFAULT: Final = (
    ChartPlace(kind="loss", columns=3),
    ChartPlace(kind=METRIC, columns=3),
    ChartPlace(kind="rate", columns=2),
    ChartPlace(kind="flow", columns=2),
    ChartPlace(kind="load", columns=2),
)

_BESIDE_VIEWS: Final = (
    ChartPlace(kind=METRIC, columns=2),
    ChartPlace(kind="rate", columns=2),
    ChartPlace(kind="flow", columns=2),
)


def default_places(views: Iterable[str]) -> tuple[ChartPlace, ...]:
    """What the grid holds where the user arranged nothing; live views that a run tells stand beside its loss."""
    told = set(views)
    shown = tuple(ChartPlace(kind=card.key, columns=card.columns) for card in CARDS if card.key in told)
    if len(shown) > 1:  # what is to be watched comes first, and there is room for little else
        return (*shown, ChartPlace(kind="loss", columns=3), ChartPlace(kind=METRIC, columns=3))
    return (ChartPlace(kind="loss", columns=3), *shown, *_BESIDE_VIEWS) if shown else DEFAULT


def kind_of(key: str, losses: Mapping[str, str] | None = None) -> ChartKind | None:
    """A kind by its key; None for one that this version does not know. `losses` are titles of losses by id."""
    if key.startswith(METRIC) and key != METRIC:
        title = metric_label(key.removeprefix(METRIC), losses)
        return ChartKind(key=key, title=title, help=f"{title} after each epoch.", columns=3)
    return next((kind for kind in _FIXED if kind.key == key), None)


def all_kinds(curves: RunCurves) -> list[ChartKind]:
    """Every kind there is, with one for each metric of a run."""
    scores, losses = score_names(curves), curves.loss_titles()
    found = [kind for kind in _FIXED if kind.key != METRIC]
    metrics = [kind for name in scores if (kind := kind_of(f"{METRIC}{name}", losses)) is not None]
    return [found[0], *metrics, *found[1:]]


def score_names(curves: RunCurves) -> list[str]:
    """The metrics of a run beside the loss, those of the validation split first."""
    names = dict.fromkeys((*curves.val, *curves.train))
    return [name for name in names if name.rpartition(".")[2] != "loss"]


def reason_not_to_show(key: str, curves: RunCurves) -> str:
    """Why a chart of the shown run would be empty; "" where it has something to show, or will."""
    if key == "parts" and curves.prepared is not None and len(curves.prepared.losses) < 2:
        return "The network has one loss."
    if key == "confusion" and len(curves.epochs) > 1 and not curves.confusions:
        return "Only networks that answer with a class have one."
    if any(card.key == key for card in CARDS) and curves.epochs and key not in curves.views:
        return "This run has nothing of the kind to show."
    return ""


def first_score(curves: RunCurves) -> str:
    """The metric shown where none was picked; empty while there is none."""
    return main_metric(dict.fromkeys(score_names(curves), 0.0))

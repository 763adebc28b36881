"""Cards of what is drawn of a run beside curves: one module a view, of the same key as in engine/training/live_views.

`CARDS` holds them all, in the order in which they stand in the list of charts.
"""

from gui.train.live_views.centres import CentresCard
from gui.train.live_views.decision_surface import DecisionSurfaceCard
from gui.train.live_views.dreams import DreamsCard
from gui.train.live_views.episode import EpisodeCard
from gui.train.live_views.filters import FiltersCard
from gui.train.live_views.latent_map import LatentMapCard
from gui.train.live_views.made_samples import MadeSamplesCard
from gui.train.live_views.map_units import MapUnitsCard
from gui.train.live_views.units import UnitsCard
from gui.train.live_views.view_card import ViewCard

__all__ = ["CARDS", "ViewCard"]

CARDS: tuple[type[ViewCard], ...] = (
    EpisodeCard,
    DecisionSurfaceCard,
    UnitsCard,
    MadeSamplesCard,
    LatentMapCard,
    MapUnitsCard,
    CentresCard,
    FiltersCard,
    DreamsCard,
)

"""Cards of what is drawn of a run beside curves: one module a view, of the same key as in engine/training/live_views.

`CARDS` holds them all, in the order in which they stand in the list of charts.
"""

from gui.train.live_views.decision_surface import DecisionSurfaceCard
from gui.train.live_views.latent_map import LatentMapCard
from gui.train.live_views.made_samples import MadeSamplesCard
from gui.train.live_views.view_card import ViewCard

__all__ = ["CARDS", "ViewCard"]

CARDS: tuple[type[ViewCard], ...] = (DecisionSurfaceCard, MadeSamplesCard, LatentMapCard)

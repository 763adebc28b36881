"""What is drawn of a run beside curves: one module a view, each with a card of the same key in gui/train/live_views.

To add one: a module here with a `LiveView`, its class in `VIEWS`; a module there with a `ViewCard`, its class in
`CARDS`. No view knows a project's name: whether it applies is decided by graph and data.
"""

from engine.training.live_views.centres import Centres
from engine.training.live_views.decision_surface import DecisionSurface
from engine.training.live_views.dreams import Dreams
from engine.training.live_views.episode import Episode
from engine.training.live_views.filters import Filters
from engine.training.live_views.latent_map import LatentMap
from engine.training.live_views.live_view import LiveView, Seen
from engine.training.live_views.made_samples import MadeSamples
from engine.training.live_views.map_units import MapUnits
from engine.training.live_views.units import Units
from engine.training.live_views.watch import LiveViews

__all__ = ["VIEWS", "LiveView", "LiveViews", "Seen"]

VIEWS: tuple[type[LiveView], ...] = (
    Episode,
    DecisionSurface,
    Units,
    MadeSamples,
    MapUnits,
    Centres,
    Filters,
    Dreams,
    LatentMap,
)

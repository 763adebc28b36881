"""Borders: of one value, mirrored, repeated or from the other side."""

from engine.deployment.rules.convolution import border
from engine.deployment.rules.site import Site, Written, pair, rule

_MODES = {"Reflection": "reflect", "Replication": "edge", "Circular": "wrap"}


@rule("pad")
def pad(site: Site) -> Written:
    """Pad; torch names the border of the last axis first."""
    widths = pair(site.module.padding, 2 * (len(site.shape) - 2))
    before, after = list(widths[0::2][::-1]), list(widths[1::2][::-1])
    mode = _MODES.get(type(site.module).__name__.partition("Pad")[0])
    if mode is not None:
        return border(site, site.x, before, after, mode)
    return site.pad(site.x, before, after, value=float(getattr(site.module, "value", 0)))

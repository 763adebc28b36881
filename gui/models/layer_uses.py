"""How often the user picks each layer, remembered between starts, so that searches know their habits."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from engine.document.graph import Graph
from gui.models.settings import Settings

_HALVED_AT: Final = 200.0
"""Picks in all after which every count is halved: what was used long ago weighs less."""
_KEPT_ABOVE: Final = 0.2


class LayerUses:
    """Counts by type name. Without settings they last as long as the window."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings
        self._picks: dict[str, float] = {}
        for name, count in settings.values.layer_uses.items() if settings is not None else ():
            if 0 < count <= _HALVED_AT:  # a file may say anything; a wrong count is no reason to complain
                self._picks[name] = count

    @property
    def picks(self) -> Mapping[str, float]:
        """Past picks by type name."""
        return self._picks

    def picked(self, *names: str) -> None:
        """The user has added these layers."""
        for name in names:
            self._picks[name] = self._picks.get(name, 0.0) + 1.0
        if sum(self._picks.values()) > _HALVED_AT:
            halved = {name: count / 2 for name, count in self._picks.items()}
            self._picks = {name: count for name, count in halved.items() if count > _KEPT_ABOVE}
        if self._settings is not None:
            self._settings.update(layer_uses=dict(self._picks))

    def within(self, graph: Graph) -> dict[str, float]:
        """Past picks and what this graph holds, together."""
        counts = Counter(node.type for node in graph.nodes.values())
        return {name: self._picks.get(name, 0.0) + counts[name] for name in {*self._picks, *counts}}

"""Which layers to offer for a few typed letters: by name, fit and use."""

from collections import Counter
from collections.abc import Sequence

from engine.catalog.layer import Layer
from engine.catalog.registry import layers, search
from engine.document.graph import Graph


def ranked(
    text: str, graph: Graph, *, fitting: Sequence[type[Layer]] | None = None, only_fitting: bool = False
) -> list[type[Layer]]:
    """Layers that match, best first. Without text all of them, those used most in this graph before the others.

    `fitting` are those that can stand where the user adds, the likeliest first; they come before the others, or alone
    with `only_fitting`. With text the likeliest ones go up among those that match.
    """
    used = Counter(node.type for node in graph.nodes.values())
    found = list(search(text))
    if not text.strip():
        order = {kind: position for position, kind in enumerate(layers())}
        found.sort(key=lambda kind: (-used[kind.type_name()], order[kind]))
    if fitting is None:
        return found
    likely = {kind: position for position, kind in enumerate(fitting)}
    fit = [kind for kind in found if kind in likely]
    if not text.strip():
        fit.sort(key=lambda kind: likely[kind])
    return fit if only_fitting else fit + [kind for kind in found if kind not in likely]

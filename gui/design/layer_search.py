"""Which layers to offer for a few typed letters: by name, fit and use."""

import re
from collections import Counter
from collections.abc import Sequence

from engine.catalog.layer import Layer
from engine.catalog.registry import search
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
    words = text.lower().split()
    likely = {kind: position for position, kind in enumerate(fitting or ())}
    order = {kind: position for position, kind in enumerate(found)}
    if words:
        found.sort(key=lambda kind: (_distance(kind, words), likely.get(kind, len(likely)), -used[kind.type_name()]))
    elif fitting is not None:
        found.sort(key=lambda kind: (likely.get(kind, len(likely)), order[kind]))
    else:
        found.sort(key=lambda kind: (-used[kind.type_name()], order[kind]))
    if fitting is None:
        return found
    fit = [kind for kind in found if kind in likely]
    return fit if only_fitting else fit + [kind for kind in found if kind not in likely]


def _distance(kind: type[Layer], words: list[str]) -> int:
    """How far the words are from a layer's name: 0 it is, or begins, the name; 1 a part of it; 2 a synonym; 3 other."""
    name, label = kind.type_name().lower(), kind.label().lower()
    text = " ".join(words)
    if text in (name, label) or name.startswith(text) or label.startswith(text):
        return 0
    parts = [part.lower() for part in re.findall(r"[A-Z]+[a-z0-9]*|[a-z0-9]+", f"{kind.type_name()} {kind.label()}")]
    if all(any(part.startswith(word) for part in parts) for word in words):
        return 1
    return 2 if any(synonym.startswith(text) for synonym in kind.synonyms) else 3

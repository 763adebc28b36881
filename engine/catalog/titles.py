"""What nodes are called: by the title on their card, told apart where two have the same."""

from collections import Counter
from collections.abc import Iterable

from engine.catalog.layer import Layer
from engine.catalog.registry import layer_type
from engine.document.flat import in_words
from engine.document.graph import Node


def title_of(node: Node, kind: type[Layer] | None) -> str:
    """The user's title of a node, or the name of its layer."""
    return node.title or (kind.label() if kind is not None else node.type)


def titles_apart(nodes: Iterable[Node]) -> list[str]:
    """The titles of nodes, in their order; those that are the same have the ids behind them."""
    chosen = list(nodes)
    titles = [title_of(node, layer_type(node.type)) for node in chosen]
    times = Counter(titles)
    return [
        f"{title} ({in_words(node.id)})" if times[title] > 1 else title
        for node, title in zip(chosen, titles, strict=True)
    ]

"""Pretrained networks, each declared once: where its weights come from, what it wants, how it is drawn.

Nothing is fetched here; `engine.pretrained` does that when a person says so.
"""

from engine.catalog.pretrained.efficientnet_lite import EFFICIENTNET_LITE0
from engine.catalog.pretrained.minilm import MINILM
from engine.catalog.pretrained.pretrained import Pretrained, Source
from engine.document.data_spec import FieldKind
from engine.errors import UsageError

__all__ = ["PRETRAINED", "Pretrained", "Source", "pretrained_for", "pretrained_named"]

PRETRAINED: tuple[Pretrained, ...] = (EFFICIENTNET_LITE0, MINILM)
"""All of them, in the order of the palette."""


def pretrained_named(name: str) -> Pretrained:
    """The network of that name. Raises UsageError."""
    found = next((item for item in PRETRAINED if item.name == name.lower()), None)
    if found is None:
        raise UsageError(
            f"There is no pretrained network '{name[:60]}'.",
            where="name",
            expected=", ".join(item.name for item in PRETRAINED),
            found=name[:60],
        )
    return found


def pretrained_for(kind: FieldKind) -> Pretrained | None:
    """The network for a kind of field; None where there is none."""
    return next((item for item in PRETRAINED if item.kind is kind), None)

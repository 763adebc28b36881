"""Pretrained networks, each declared once: where its weights come from, what it wants, how it is drawn.

Nothing is fetched here; `engine.pretrained` does that when a person says so.
"""

from engine.catalog.pretrained.efficientnet_lite import EFFICIENTNET_LITE0
from engine.catalog.pretrained.minilm import MINILM
from engine.catalog.pretrained.pretrained import Pretrained, Source, field_for
from engine.document.data_spec import FieldKind
from engine.document.node_weights import used_files
from engine.document.project import Project
from engine.errors import UsageError

__all__ = [
    "PRETRAINED",
    "Pretrained",
    "Source",
    "notices",
    "pretrained_fitting",
    "pretrained_for",
    "pretrained_named",
    "pretrained_used",
]

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


def pretrained_used(project: Project) -> list[Pretrained]:
    """Those whose weights nodes of a project begin with, those in blocks included."""
    names = used_files(project)
    return [item for item in PRETRAINED if item.name in names]


def pretrained_for(kind: FieldKind) -> Pretrained | None:
    """The network for a kind of field; None where there is none."""
    return next((item for item in PRETRAINED if item.kind is kind), None)


ONE_ANSWER: tuple[FieldKind, ...] = (FieldKind.CATEGORY, FieldKind.LABELS, FieldKind.NUMBER)
"""What can be learned on top of a network that says one thing of a whole sample."""


def pretrained_fitting(project: Project) -> Pretrained | None:
    """The network that the data's first input of some kind could be shown to; None where nothing of one answer a
    sample is to be learned, or there is no network for such data."""
    if not any(field.kind in ONE_ANSWER for field in project.data.targets()):
        return None
    return next((item for item in PRETRAINED if field_for(project, item) is not None), None)


def notices(project: Project) -> list[str]:
    """A sentence for each pretrained network that a project stands on: whose weights they are, under which licence."""
    used = used_files(project)
    return [f"{item.title} ({item.licence}). {item.notice}" for item in PRETRAINED if item.name in used]

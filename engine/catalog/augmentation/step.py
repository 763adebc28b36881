"""What every augmentation step declares: the kinds of field it varies, and what carries it out.

Every change depends on seed, epoch and sample alone, so a resumed run sees what the unbroken one would have seen.
"""

import dataclasses
from typing import ClassVar

from engine.catalog.entry import Entry
from engine.document.data_spec import FieldKind


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class AugmentationStep(Entry):
    """Base of augmentation steps. `target` names the function of `engine.data.augmentation` that carries it out.

    `moves` says that things come to lie elsewhere, so that a mask has to follow its picture.
    """

    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.IMAGE,)
    moves: ClassVar[bool] = False
    on_raw: ClassVar[bool] = False
    """Whether it acts on the sound itself, (N, samples) behind Length, and the rest of the preparation comes after."""

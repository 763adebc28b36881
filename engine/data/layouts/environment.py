"""A Gymnasium environment, named by an address such as gym:CartPole-v1."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec
import numpy as np

from engine.data.guessing.categories import category_field, category_target
from engine.data.guessing.fields import as_target
from engine.data.guessing.numbers import array_field, number_field
from engine.data.guessing.pictures import picture_field
from engine.data.layouts.layout import Layout, Wishes
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.environment import ADDRESS, read_environment
from engine.data.readers.files import FileTree
from engine.data.samples import PictureArray, Samples
from engine.data.strings import Strings
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Split, SplitMethod, Step
from engine.document.environment_fields import ACTION, DONE, EPISODE, NEXT, OBSERVATION
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


ACTING: Final = "acting"


class Environment(Layout):
    """Moments of a random player's episodes: what is seen, what is done, what comes of it.

    Where nothing else is asked for and the actions are discrete, it is to be learned what to do. Options: `steps`, how
    many moments, and `seed`.
    """

    kind: ClassVar[SourceKind] = SourceKind.ENVIRONMENT
    caption: ClassVar[str] = "Gymnasium environment, played at random"
    address: ClassVar[str] = ADDRESS
    alike: ClassVar[Mapping[str, str]] = {NEXT: OBSERVATION}
    tasks: ClassVar[tuple[str, ...]] = (ACTING,)

    def match(self, tree: FileTree) -> float:
        return 0.0  # no file says so: it is asked for by its address

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_environment(source, progress=progress, cancelled=cancelled)

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        source = msgspec.structs.replace(source, options={**source.options, **wishes.options})
        samples = self.read(tree, source, (), progress=progress, cancelled=cancelled)
        target = wishes.target or ACTION
        if target not in samples.columns or target in (OBSERVATION, EPISODE):
            raise DataError(
                f"'{target[:60]}' cannot be learned from an environment.",
                where=source.path,
                expected=", ".join(name for name in samples.columns if name not in (OBSERVATION, EPISODE)),
                found=target[:60],
            )
        discrete = isinstance(samples.columns[ACTION], Strings)
        if wishes.task == ACTING and not (discrete and target == ACTION):
            raise DataError(
                "The actions of this environment are not one of so many, so they have no values to choose by."
                if not discrete
                else f"To act is to choose the action, not '{target[:60]}'.",
                where=source.path,
                expected="discrete actions" if not discrete else ACTION,
            )
        acting = discrete and not wishes.target and wishes.task in ("", ACTING)
        fields = []
        for name in samples.columns:
            field = _field(name, samples)
            if acting:
                field = _as_lived(field, name, samples)
            elif name == target:
                field = category_target(name) if isinstance(samples.columns[name], Strings) else as_target(field)
            elif name != OBSERVATION and not (name == ACTION and target != ACTION):
                # What an action leads to is learned from the moment and the action; the rest lies ahead.
                field = msgspec.structs.replace(field, role=Role.IGNORED)
            fields.append(field)
        split = Split(method=SplitMethod.GROUPED, field=EPISODE)
        return DataSpec(sources=(source,), fields=tuple(fields), split=split), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        name = data.sources[0].path.removeprefix(ADDRESS)
        episodes = len({dataset.name(index).partition(",")[0] for index in range(dataset.samples)})
        return f"{dataset.samples:,} moments of {episodes:,} episodes of {name}, played at random"


def _as_lived(field: Field, name: str, samples: Samples) -> Field:
    """A field of moments that are learned from: numbers in their own unit, as play leads to where chance never was."""
    if name == ACTION:
        return category_target(name)
    if name == EPISODE:
        return msgspec.structs.replace(field, role=Role.IGNORED)
    if name == DONE:
        return msgspec.structs.replace(field, preparation=(Step(type="ClassIndex"),))
    return (
        field if field.kind in (FieldKind.CATEGORY, FieldKind.IMAGE) else msgspec.structs.replace(field, preparation=())
    )


def _field(name: str, samples: Samples) -> Field:
    column = samples.columns[name]
    if isinstance(column, Strings):
        return category_field(name)
    if isinstance(column, PictureArray):
        # Mirrored or moved, a scene of a game would ask for another action.
        return msgspec.structs.replace(picture_field(name, column, samples), augmentation=())
    assert isinstance(column, np.ndarray)
    return array_field(name) if column.ndim > 1 else number_field(name)

"""Moments as what a network takes: the fields' own preparation, quick enough for a step of a game.

The names of categories are prepared once and looked up.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.environments.opening import action_names, gymnasium_package, is_discrete, is_picture
from engine.data.preparation import Preparation
from engine.data.preparation.chain import join
from engine.document.data_spec import DataSpec, Field, FieldKind
from engine.document.environment_fields import ACTION, DONE, LIVED, NOT_OVER, OVER, REWARD
from engine.errors import DataError

Encode = Callable[[Sequence[Any]], Tensor]
"""Raw values of so many moments -> prepared rows."""


class Encoding:
    """The Inputs of a network from the moments of an environment with this space of observations and these actions."""

    def __init__(self, data: DataSpec, space: Any, actions: Sequence[str]) -> None:
        self._data = data
        self._space = space
        self._actions = tuple(actions)
        self._by_field: dict[str, Encode] = {}

    def rows(self, group: Sequence[str], moments: dict[str, Sequence[Any]]) -> Tensor:
        """Prepared rows of one Input, which brings the fields of `group`, for moments given field by field.

        Actions are numbers from 0, `done` says whether the game is over. Raises DataError for a field that is not known
        of a moment that has just been lived through.
        """
        if len(group) == 1:
            return self._of(group[0])(moments[group[0]])
        return join([self._of(name)(moments[name]) for name in group], tuple(group))

    def _of(self, name: str) -> Encode:
        if name not in self._by_field:
            self._by_field[name] = self._made(name)
        return self._by_field[name]

    def _made(self, name: str) -> Encode:
        field = self._data.field(name)
        if field is None or name not in LIVED:
            raise DataError(
                f"'{name[:80]}' is not known of a moment that is being lived through.",
                where=name[:80],
                expected=", ".join(LIVED),
                found=name[:80],
                hint="Take it out of the network.",
            )
        if name == ACTION:
            return self._table(field, self._actions)
        if name == DONE:
            look_up = self._table(field, (NOT_OVER, OVER))
            return lambda values: look_up([int(value) for value in values])
        preparation = Preparation(field)
        if name == REWARD:
            return lambda values: preparation.apply(np.asarray(values, np.float32))
        space = self._space
        if is_discrete(space):
            names, first = action_names(space), int(space.start)
            look_up = self._table(field, names)
            return lambda values: look_up([int(value) - first for value in values])
        if is_picture(space):
            return lambda values: preparation.apply(_with_channels(np.stack(values)))
        flat = _flat(space)
        return lambda values: preparation.apply(flat(values))

    @staticmethod
    def _table(field: Field, names: tuple[str, ...]) -> Encode:
        """Rows by number. The names may have been changed, their order not."""
        classes = field.statistics.classes
        if field.kind is not FieldKind.CATEGORY or (set(names) - set(classes) and len(classes) != len(names)):
            raise DataError(
                f"The field '{field.name}' does not hold what the environment knows.",
                where=field.name,
                expected=f"the classes {', '.join(names[:12])}",
                found=", ".join(classes[:12]),
                hint="Import the environment again.",
            )
        chosen = names if not set(names) - set(classes) else classes
        table = Preparation(field).apply(list(chosen))
        return lambda values: table[torch.as_tensor(values, dtype=torch.int64)]


def _with_channels(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return pictures if pictures.ndim == 4 else pictures[..., None]


def _flat(space: Any) -> Callable[[Sequence[Any]], npt.NDArray[np.float32]]:
    """Observations as (N,) or (N, numbers), as the reader gives them."""
    gymnasium = gymnasium_package()
    if isinstance(space, gymnasium.spaces.Box) and len(space.shape) == 1 and space.shape[0] > 1:
        return lambda values: np.stack(values).astype(np.float32)
    flatten = gymnasium.spaces.utils.flatten

    def flat(values: Sequence[Any]) -> npt.NDArray[np.float32]:
        found = np.stack([flatten(space, item) for item in values]).astype(np.float32).reshape(len(values), -1)
        return np.ascontiguousarray(found[:, 0] if found.shape[1] == 1 else found)

    return flat

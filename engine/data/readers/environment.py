"""A Gymnasium environment as samples: the moments of episodes that a random player lives through.

The same seed gives the same moments.
"""

import hashlib
import warnings
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.data.environments.opening import action_names, gymnasium_package, is_picture, opened
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.samples import Column, PictureArray, Samples
from engine.data.strings import Strings
from engine.document.data_spec import Source
from engine.document.environment_fields import ACTION, DONE, EPISODE, NEXT, NOT_OVER, OBSERVATION, OVER, REWARD
from engine.errors import DataError

ADDRESS: Final = "gym:"

STEPS: Final = 2000
"""Moments that are lived through where the source's option `steps` says nothing."""
PICTURE_STEPS: Final = 500
"""The same where each of them is a picture."""
MOST_STEPS: Final = 1_000_000
_MOST_BYTES: Final = 2 << 30
SEED: Final = 7


@dataclass(slots=True)
class _Moments:
    """What was seen and done, a list entry a moment."""

    observations: list[Any] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    nexts: list[Any] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)
    episodes: list[int] = field(default_factory=list)


def read_environment(source: Source, *, progress: Progress = silent, cancelled: IsCancelled = never) -> Samples:
    """Play at random with the source's options `steps` and `seed`.

    Columns: observation and next_observation (picture, numbers or category), action, reward, done, episode. Raises
    DataError when gymnasium is not installed, knows no such environment, or the environment fails; and Cancelled.
    """
    gymnasium = gymnasium_package()
    name = source.path.removeprefix(ADDRESS)
    environment = opened(name)
    try:
        space = environment.observation_space
        pictures = is_picture(space)
        steps = _option(source, "steps", PICTURE_STEPS if pictures else STEPS, MOST_STEPS)
        seed = _option(source, "seed", SEED, (1 << 31) - 1)
        width = 0 if pictures else gymnasium.spaces.utils.flatdim(space)
        size = int(np.prod(space.shape)) if pictures else 4 * width
        if 2 * steps * size > _MOST_BYTES:
            raise DataError(
                f"{steps:,} moments of {name} do not fit in memory.",
                where=name,
                expected=f"up to {_MOST_BYTES // (2 * size):,} steps",
                found=f"{steps:,}",
            )
        moments = _played(environment, steps, seed, Pace(steps, f"Playing {name}", progress, cancelled))
        columns: dict[str, Column] = {
            OBSERVATION: _observations(gymnasium, space, moments.observations, pictures),
            ACTION: _actions(gymnasium, environment.action_space, moments.actions),
            REWARD: np.array(moments.rewards, np.float32),
            NEXT: _observations(gymnasium, space, moments.nexts, pictures),
            DONE: Strings.of([OVER if ended else NOT_OVER for ended in moments.ended]),
            EPISODE: Strings.of([f"episode {number + 1}" for number in moments.episodes]),
        }
    except DataError:
        raise
    except (ImportError, gymnasium.error.Error, ValueError, TypeError, NotImplementedError, AssertionError) as error:
        raise DataError(f"The environment {name} cannot be played: {str(error)[:300]}", where=name) from None
    finally:
        environment.close()
    order: dict[str, tuple[str, ...]] = {DONE: (NOT_OVER, OVER)}
    if isinstance(environment.action_space, gymnasium.spaces.Discrete):
        order[ACTION] = action_names(environment.action_space)
    if isinstance(space, gymnasium.spaces.Discrete):  # a place that chance never led to is still a place
        order[OBSERVATION] = order[NEXT] = action_names(space)
    starts = [0]
    for index in range(1, len(moments.episodes)):
        starts.append(index if moments.episodes[index] != moments.episodes[index - 1] else starts[-1])
    spec = environment.spec
    told = f"{name}\0{getattr(spec, 'version', '')}\0{gymnasium.__version__}\0{steps}\0{seed}"
    return Samples(
        count=len(moments.rewards),
        columns=columns,
        name=lambda index: f"episode {moments.episodes[index] + 1}, step {index - starts[index] + 1}",
        class_order=order,
        listing=hashlib.blake2b(told.encode(), digest_size=16).hexdigest(),
    )


def _option(source: Source, name: str, otherwise: int, most: int) -> int:
    value = source.options.get(name, otherwise)
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not 0 <= value <= most
        or (name == "steps" and not value)
    ):
        raise DataError(
            f"The option '{name}' makes no sense.",
            where=name,
            expected=f"a whole number up to {most:,}",
            found=str(value)[:60],
        )
    return value


def _played(environment: Any, steps: int, seed: int, pace: Pace) -> _Moments:
    """So many steps of a random player; an episode that ends is followed by another."""
    moments = _Moments()
    environment.action_space.seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        now, _ = environment.reset(seed=seed)
        episode = 0
        for step in range(steps):
            pace.at(step)
            action = environment.action_space.sample()
            after, reward, terminated, truncated, _ = environment.step(action)
            moments.observations.append(now)
            moments.actions.append(action)
            moments.rewards.append(float(reward))
            moments.nexts.append(after)
            moments.ended.append(bool(terminated))
            moments.episodes.append(episode)
            now = after
            if terminated or truncated:
                episode += 1
                now, _ = environment.reset()
    return moments


def _observations(gymnasium: Any, space: Any, seen: list[Any], pictures: bool) -> Column:
    if pictures:
        array = np.stack(seen)
        return PictureArray(array if array.ndim == 4 else array[..., None])
    if isinstance(space, gymnasium.spaces.Discrete):
        return Strings.of([str(int(item)) for item in seen])
    flat = np.stack([gymnasium.spaces.utils.flatten(space, item) for item in seen]).astype(np.float32)
    return _narrow(flat.reshape(len(seen), -1))


def _actions(gymnasium: Any, space: Any, taken: list[Any]) -> Column:
    if isinstance(space, gymnasium.spaces.Discrete):
        return Strings.of([str(int(item)) for item in taken])
    flat = np.stack([gymnasium.spaces.utils.flatten(space, item) for item in taken]).astype(np.float32)
    return _narrow(flat.reshape(len(taken), -1))


def _narrow(array: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """One number a moment is a number, several are an array."""
    return np.ascontiguousarray(array[:, 0] if array.shape[1] == 1 else array)

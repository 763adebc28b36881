"""Opening a Gymnasium environment by its name, and what its spaces are."""

import difflib
import os
import warnings
from typing import Any

import numpy as np

from engine.errors import DataError


def gymnasium_package() -> Any:
    """The package. Raises DataError where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import gymnasium
            import gymnasium.spaces.utils
    except ImportError:
        raise DataError(
            "Environments need the package gymnasium, which is not installed.",
            where="gymnasium",
            hint="Install it with: pip install gymnasium",
        ) from None
    return gymnasium


def opened(name: str, *, pictures: bool = False) -> Any:
    """The environment; `pictures`: able to draw itself, where it can. Raises DataError.

    Only those that are registered: a name such as module:Thing would import a file.
    """
    gymnasium = gymnasium_package()
    if name not in gymnasium.registry:
        known = [item for item in gymnasium.registry if "/" not in item]
        near = difflib.get_close_matches(name, known, 3, 0.4)
        raise DataError(
            f"There is no environment '{name[:80]}'.",
            where=f"gym:{name[:80]}",
            expected=", ".join(near or known[:4]),
            found=name[:80],
            hint="Some environments need a package of their own, such as ale-py or minigrid.",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            environment = gymnasium.make(name, disable_env_checker=True)
            modes = environment.metadata.get("render_modes", ())
            if pictures and "rgb_array" in modes:
                # pygame greets on stdout, where the engine speaks, and would open a window or a sound card.
                os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
                os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
                os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
                environment.close()
                environment = gymnasium.make(name, disable_env_checker=True, render_mode="rgb_array")
            return environment
    except Exception as error:  # noqa: BLE001 - environments raise what they like; the user is told through DataError
        raise DataError(
            f"The environment {name} cannot be opened: {str(error).strip()[:300]}",
            where=f"gym:{name}",
            hint="Install what it asks for, or choose another.",
        ) from None


def is_discrete(space: Any) -> bool:
    """Whether a space holds so many things, one at a time."""
    return isinstance(space, gymnasium_package().spaces.Discrete)


def is_picture(space: Any) -> bool:
    """Whether an observation is a picture: whole numbers of 8 bits, height × width or with 1 to 4 channels."""
    if not isinstance(space, gymnasium_package().spaces.Box) or space.dtype != np.uint8:
        return False
    shape = space.shape
    return len(shape) in (2, 3) and min(shape[:2]) >= 4 and (len(shape) == 2 or 1 <= shape[2] <= 4)


def action_names(space: Any) -> tuple[str, ...]:
    """The things of a discrete space, as its moments name them."""
    return tuple(str(int(space.start) + number) for number in range(int(space.n)))

"""The fields that every moment of an environment has, by name."""

from typing import Final

OBSERVATION: Final = "observation"
ACTION: Final = "action"
REWARD: Final = "reward"
NEXT: Final = "next_observation"
DONE: Final = "done"
EPISODE: Final = "episode"
"""Which episode a moment is of; it is known of recorded moments alone."""

LIVED: Final = (OBSERVATION, ACTION, REWARD, NEXT, DONE)
"""What is known of a moment that has just been lived through."""

NOT_OVER: Final = "no"
OVER: Final = "yes"
"""What `done` says. An episode that is only cut off because it lasts too long is not over."""

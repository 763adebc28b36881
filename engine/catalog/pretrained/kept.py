"""Which pretrained networks are on this machine already, and where they are kept."""

from pathlib import Path
from typing import Final

from engine.catalog.pretrained.pretrained import Pretrained
from engine.document.node_weights import SUFFIX
from engine.document.user_folder import cache_dir

VOCABULARY: Final = "vocabulary.txt"
ABOUT: Final = "about.json"
"""Written last: where it is, the rest is whole."""


def kept_in(pretrained: Pretrained) -> Path:
    """The folder of a network in the person's cache; it may not exist."""
    return cache_dir() / "pretrained" / pretrained.name


def kept_weights(pretrained: Pretrained) -> Path:
    """Its file of weights there."""
    return kept_in(pretrained) / f"{pretrained.name}{SUFFIX}"


def is_kept(pretrained: Pretrained) -> bool:
    """Whether it is on this machine, so that no connection is needed."""
    return (kept_in(pretrained) / ABOUT).is_file() and kept_weights(pretrained).is_file()


def kept_vocabulary(pretrained: Pretrained) -> tuple[str, ...]:
    """The word pieces of a network for texts, in the order of their numbers; empty for others."""
    if not pretrained.source.vocabulary:
        return ()
    return tuple((kept_in(pretrained) / VOCABULARY).read_text(encoding="utf-8").splitlines())

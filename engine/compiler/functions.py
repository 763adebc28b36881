"""Functions of torch as modules: a catalog entry whose target is `torch.exp` needs no class of its own.

Which functions there are is what the catalog's targets say, so that this list and the palette are one.
"""

import re
from collections.abc import Callable
from typing import Any, ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from engine.catalog import registry
from engine.compiler.generated import literal

_TARGET = re.compile(r"torch\.(?:(linalg|fft|nn\.functional)\.)?([a-z][a-z0-9_]*)\Z")
_PRESET = {"keepdim": False, "descending": False, "largest": True, "diagonal": 0}
_HOMES = {None: torch, "linalg": torch.linalg, "fft": torch.fft, "nn.functional": F}


class Function(nn.Module):
    """A function of torch with its settings; tensors come first, in the order of the ports."""

    function: ClassVar[Callable[..., Any]]
    name: ClassVar[str]
    """As it is written behind `torch.`, but `F.normalize` for those of torch.nn.functional."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.settings = settings

    def forward(self, *tensors: Any) -> Any:
        return type(self).function(*tensors, **self.settings)

    def written(self, inputs: list[str], torch: str) -> str:
        """The call in source; settings that torch presets alike are left out."""
        name = self.name if self.name.startswith("F.") else f"{torch}{self.name}"
        settings = [
            f"{key}={literal(value)}"
            for key, value in self.settings.items()
            if value is not None and not (key in _PRESET and _PRESET[key] == value)
        ]
        return f"{name}({', '.join([*inputs, *settings])})"


def _function(target: str) -> type[Function] | None:
    match = _TARGET.match(target)
    if match is None:
        return None
    name = f"F.{match[2]}" if match[1] == "nn.functional" else f"{match[1]}.{match[2]}" if match[1] else match[2]
    function = getattr(_HOMES[match[1]], match[2])
    return type(match[2], (Function,), {"function": staticmethod(function), "name": name})


FUNCTIONS: dict[str, type[Function]] = {
    layer.target: made for layer in registry.layers() if (made := _function(layer.target)) is not None
}
"""The module class of each function, by target."""

NAMES: dict[str, object] = {
    "F": F,
    "fft": torch.fft,
    "linalg": torch.linalg,
    **{made.name: made.function for made in FUNCTIONS.values() if "." not in made.name},
}
"""What a generated forward has to see of them."""

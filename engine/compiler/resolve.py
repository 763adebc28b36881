"""The closed list of what a catalog entry's `target` may name: classes of torch.nn and of `engine.compiler.modules`."""

import functools
import re

from torch import nn

from engine.compiler import modules

_TORCH = re.compile(r"torch\.nn\.([A-Z][A-Za-z0-9]*)\Z")
_OWN = re.compile(r"engine\.compiler\.modules\.([A-Z][A-Za-z0-9]*)\Z")


@functools.cache
def resolve(target: str) -> type[nn.Module]:
    """The module class a target names, "torch.nn.Linear" or "engine.compiler.modules.Add".

    Raises LookupError for anything else: targets are written in the catalog, never in a project.
    """
    if match := _TORCH.match(target):
        found = getattr(nn, match[1], None)
    elif match := _OWN.match(target):
        found = getattr(modules, match[1], None) if match[1] in modules.__all__ else None
    else:
        found = None
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise LookupError(f"no module is called {target!r}")
    return found

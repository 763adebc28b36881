"""The closed list of what a catalog entry's `target` may name.

It holds the classes of torch.nn and of `engine.compiler.modules`, and the functions of torch that an entry names.
"""

import functools
import re

from torch import nn

from engine.compiler import modules
from engine.compiler.functions import FUNCTIONS
from engine.compiler.modules import losses

_TORCH = re.compile(r"torch\.nn\.([A-Z][A-Za-z0-9]*)\Z")
_LOSS = re.compile(r"engine\.compiler\.modules\.losses\.([A-Za-z0-9]+)\Z")
ONNX_OPERATOR = "engine.compiler.onnx_operators.OnnxOperator"
_OWN = re.compile(r"engine\.compiler\.modules\.([A-Z][A-Za-z0-9]*)\Z")


@functools.cache
def resolve(target: str) -> type[nn.Module]:
    """The module class a target names, "torch.nn.Linear", "engine.compiler.modules.Add" or "torch.exp".

    Raises LookupError for anything else: targets are written in the catalog, never in a project.
    """
    found: type[nn.Module] | None
    if match := _TORCH.match(target):
        found = getattr(nn, match[1], None)
    elif match := _OWN.match(target):
        found = modules.BY_NAME.get(match[1])
    elif match := _LOSS.match(target):
        found = losses.BY_NAME.get(match[1])
    elif target == ONNX_OPERATOR:
        from engine.compiler.onnx_operators.module import OnnxOperator  # two hundred operators few networks need

        found = OnnxOperator
    else:
        found = FUNCTIONS.get(target)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise LookupError(f"no module is called {target!r}")
    return found

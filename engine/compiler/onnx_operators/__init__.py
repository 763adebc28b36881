"""ONNX operators as functions of torch, for networks that come from elsewhere: a file a family, each declared once.

An operator is known in its newest form; `engine.deployment.foreign.versions` brings older files to it. Importing this
package registers all of them.
"""

import importlib
import pkgutil

_PLAIN = {"dtypes", "module", "program", "running", "table"}

for _family in pkgutil.iter_modules(__path__):
    if _family.name not in _PLAIN:
        importlib.import_module(f"{__name__}.{_family.name}")

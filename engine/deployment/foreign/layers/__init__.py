"""Which layers of the catalog do what a foreign operator does: a file a family, each operator declared once.

A rule gives the layers, or None where the operator is used in a way that no layer knows. What it gives is not believed:
whoever asks holds shapes to the layers' own rules, and numbers to what the operator itself gave.
"""

import importlib
import pkgutil

for _family in pkgutil.iter_modules(__path__):  # importing a family's file registers its rules
    if _family.name != "site":
        importlib.import_module(f"{__name__}.{_family.name}")

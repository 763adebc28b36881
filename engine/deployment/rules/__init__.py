"""How each layer is written in ONNX, a file a family: functions from a `Site` to the values they write.

`write` picks the operator or the rule that the catalog states in OnnxForm. What an older opset lacks is written out of
its parts where that can be done; `engine.deployment.opsets` refuses the rest by name. The batch is free everywhere, and
so is each length that the drawing leaves free.
"""

import importlib
import pkgutil

from engine.deployment.rules.site import RULES, Site
from engine.errors import ExportError

for _family in pkgutil.iter_modules(__path__):  # importing a family's file registers its rules
    importlib.import_module(f"{__name__}.{_family.name}")

_NEWER = {"Mish": (18, "mish"), "HardSwish": (14, "hardswish")}
"""Operators that an old opset lacks, with the rule that stands in."""


def write(site: Site) -> tuple[str, ...]:
    """Write one layer; returns the value of each output port. Raises ExportError when it has no ONNX form."""
    refusal = site.layer.export_refusal(*site.specs)
    if refusal:
        raise ExportError(
            f"{site.layer.label()} '{site.node_id}' cannot be exported. {refusal}",
            where=site.node_id,
            hint="Replace it by another layer, or change its settings.",
        )
    form = site.layer.onnx
    since, stand_in = _NEWER.get(form.op, (0, ""))
    if form.op and site.opset >= since:
        return (site.add(form.op, *site.inputs),)
    name = form.rule or stand_in
    values = RULES[name](site)
    return values if isinstance(values, tuple) else (values,)

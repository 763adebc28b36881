"""Writes an imported operator back as it was."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from engine.compiler.onnx_operators.dtypes import as_array
from engine.compiler.onnx_operators.module import OnnxOperator
from engine.compiler.onnx_operators.program import Program
from engine.deployment.rules.site import Site, Written, rule
from engine.errors import ExportError

_OWN_DOMAIN = "netwright"
_AXES_MOVED = {
    *("ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare"),
    *("ReduceLogSum", "ReduceLogSumExp"),
}
_OLD_GRID = {"linear": "bilinear", "cubic": "bicubic"}


@rule("onnx_operator")
def onnx_operator(site: Site) -> Written:
    """The operator with its settings, its own numbers and, of programs within, what they capture."""
    module = site.module
    assert isinstance(module, OnnxOperator)
    item = module.item
    if item.domain == _OWN_DOMAIN:
        raise _refused(site, f"{item.type} exists in files of ONNX 8 alone.")
    given = iter(site.inputs)
    inputs = [_input(site, module, place, value, given) for place, value in enumerate(module.places)]
    attributes = dict(item.attributes)
    programs = [value for value in attributes.values() if isinstance(value, Program)]
    captured: list[str] = []
    if programs:
        count = sum(len(program.captured) for program in programs)
        captured = inputs[len(inputs) - count :] if count else []
        inputs = inputs[: len(inputs) - count]
    if item.type == "If" and not item.domain:
        then = len(attributes["then_branch"].captured)
        ways = {"then_branch": captured[:then], "else_branch": captured[then:]}
    else:
        ways = {name: captured for name, value in attributes.items() if isinstance(value, Program)}
    if not item.domain:
        _older(site, item.type, inputs, attributes)
    written = {name: _attribute(site, name, value, ways.get(name, [])) for name, value in attributes.items()}
    _check(site, item.type, item.domain, written)
    found = site.writer.add(item.type, inputs, outputs=len(item.outputs), domain=item.domain, **written)
    values = found if isinstance(found, tuple) else (found,)
    return tuple(values[place] for place in module.shown)


def _refused(site: Site, why: str) -> ExportError:
    return ExportError(
        f"ONNX operator '{site.node_id}' cannot be exported. {why}",
        where=site.node_id,
        hint="Choose a newer opset, or replace it by layers that do the same.",
    )


def _input(site: Site, module: OnnxOperator, place: int, value: Any, given: Any) -> str:
    if value is None:
        return ""
    if value == "":
        return str(next(given))
    if place in module.fixed:
        return _constant(site, module.fixed[place], f"{site.node_id}.input{place + 1}")
    kept = getattr(module, value)
    written: str | None = site.writer.shared.get(id(kept))
    if written is None:
        written = _constant(site, as_array(kept), f"{site.node_id}.{value}")
        site.writer.shared[id(kept)] = written
    return written


def _constant(site: Site, array: np.ndarray, stem: str) -> str:
    """An initializer in its own type; types of a few bits pass through ONNX's own writing."""
    if array.dtype.kind in "biufcOU":
        return site.writer.constant(array, stem=stem)
    name = site.writer.name(stem)
    site.writer.initializers.append(numpy_helper.from_array(array, name))
    return name


def _older(site: Site, kind: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    """Where an opset below the newest says the same in another way."""
    if kind == "GridSample" and site.opset < 20:
        attributes["mode"] = _OLD_GRID.get(str(attributes.get("mode", "linear")), attributes.get("mode"))
    if kind == "Split" and site.opset < 18:
        attributes.pop("num_outputs", None)
    if kind in _AXES_MOVED and site.opset < 18 and len(inputs) > 1:
        module = site.module
        assert isinstance(module, OnnxOperator)
        if 1 not in module.fixed:
            raise _refused(site, f"{kind} takes its axes from a tensor, which needs opset 18.")
        attributes["axes"] = [int(axis) for axis in module.fixed[1].ravel()]
        del inputs[1:]


def _check(site: Site, kind: str, domain: str, attributes: Mapping[str, Any]) -> None:
    """Raises ExportError where the opset lacks the operator or one of its settings."""
    if domain not in ("", "ai.onnx.ml"):
        return
    version = site.opset if not domain else site.writer.domains.get(domain, 3)
    try:
        schema = onnx.defs.get_schema(kind, version, domain)
    except onnx.defs.SchemaError:
        raise _refused(site, f"Opset {site.opset} has no {kind}.") from None
    for name in attributes:
        if name not in schema.attributes:
            raise _refused(site, f"{kind} of opset {site.opset} has no setting '{name}'.")


def _attribute(site: Site, name: str, value: Any, captured: list[str]) -> Any:
    if isinstance(value, np.ndarray):
        return numpy_helper.from_array(value)
    if isinstance(value, Program):
        return _graph(site, name, value, dict(zip(value.captured, captured, strict=True)))
    return value


def _graph(site: Site, name: str, program: Program, outer: Mapping[str, str]) -> onnx.GraphProto:
    """A program within as a graph; its own values get names that nothing else has."""
    names = {"": "", **outer}

    def named(value: str) -> str:
        if value not in names:
            names[value] = site.writer.name(f"{site.node_id}/{value}")
        return names[value]

    # Without a type: whoever loads the file works it out from what is given.
    inputs = [onnx.ValueInfoProto(name=named(value)) for value in program.inputs]
    nodes = []
    for item in program.operators:
        attributes = {}
        for key, value in item.attributes.items():
            inner = dict.fromkeys(value.captured, "") if isinstance(value, Program) else {}
            inner = {key: named(key) for key in inner}
            if isinstance(value, Program):
                attributes[key] = _graph(site, key, value, inner)
            else:
                attributes[key] = _attribute(site, key, value, [])
        own = list(item.inputs)
        count = sum(len(value.captured) for value in item.attributes.values() if isinstance(value, Program))
        nodes.append(
            helper.make_node(
                item.type,
                [named(value) for value in (own[: len(own) - count] if count else own)],
                [named(value) for value in item.outputs],
                name=site.writer.name(f"{site.node_id}/{item.type}"),
                domain=item.domain,
                **attributes,
            )
        )
    constants = [numpy_helper.from_array(array, named(key)) for key, array in program.constants.items()]
    outputs = [onnx.ValueInfoProto(name=named(value)) for value in program.outputs]
    return helper.make_graph(nodes, f"{site.node_id}/{name}", inputs, outputs, constants)

"""Which opsets a file can be written in, and which one operators need, as the schemas of the standard say."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import onnx

from engine.deployment.form import NEWEST_OPSET, OLDEST_OPSET

OPSETS = range(OLDEST_OPSET, NEWEST_OPSET + 1)


def needed_opset(nodes: Iterable[onnx.NodeProto]) -> int:
    """The oldest opset that has these operators with these attributes and inputs; 0 when any does.

    Operators of other domains have versions of their own and count for nothing.
    """
    needed = 0
    for node in _all(nodes):
        if node.domain in ("", "ai.onnx"):
            names = frozenset(item.name for item in node.attribute)
            needed = max(needed, _since(node.op_type, names, len(node.input)))
    return needed


def _all(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """The nodes, and those inside their branches and loops."""
    for node in nodes:
        yield node
        for item in node.attribute:
            if item.HasField("g"):
                yield from _all(item.g.node)


@lru_cache(maxsize=4096)
def _since(op: str, attributes: frozenset[str], inputs: int) -> int:
    """The oldest of the opsets offered in which the operator knows these attributes and takes so many inputs."""
    for opset in (1, *OPSETS):
        try:
            schema = onnx.defs.get_schema(op, opset)
        except onnx.defs.SchemaError:
            continue
        if attributes <= set(schema.attributes) and schema.min_input <= inputs <= schema.max_input:
            return 0 if opset <= OPSETS[0] else opset
    return 0  # none knows it: the checker of the standard says so better

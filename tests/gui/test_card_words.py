"""What stands on the card of an operation on tensors: lists as lists, and what is left out as left out."""

import pytest

from engine.catalog import registry
from engine.document.data_spec import DataSpec
from engine.document.graph import Node, Value
from gui.design.node_text import line_of, main_parts


@pytest.mark.parametrize(
    ("kind", "attributes", "line"),
    [
        ("Clamp", {"max": None}, "no upper"),
        ("Clamp", {"min": -1.0, "max": 2.0}, "lower -1 · upper 2"),
        ("Split", {"sizes": [3, -1]}, "dim 1 · sizes 3, -1"),
        ("Pick", {"indices": [0, -1]}, "dim 1 · indices 0, -1"),
        ("Bucketize", {"boundaries": [-1.0, 0.5]}, "boundaries -1, 0.5"),
        ("SpatialPyramidPool", {}, "levels 1, 2, 4"),
        ("VectorQuantize", {"vectors": 64}, "vectors 64 · dim 1"),
        ("Einsum", {"expression": "nij,nkj->nik"}, "nij,nkj->nik"),
        ("Exp", {}, ""),
        ("Noise", {}, "64 · normal"),
        ("Noise", {"size": [4, 8], "distribution": "uniform", "std": 0.5}, "4×8 · uniform · spread 0.5"),
    ],
)
def test_the_card_says_what_was_set(kind: str, attributes: dict[str, Value], line: str) -> None:
    node = Node(id="it", type=kind, attributes=attributes)
    assert line_of(main_parts(node, registry.layer(node), (), None, DataSpec())) == line

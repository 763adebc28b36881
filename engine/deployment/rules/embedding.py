"""Embeddings and positional encoding."""

from typing import cast

import numpy as np
from onnx import TensorProto
from torch import nn

from engine.deployment.rules.site import Site, Written, rule


@rule("embedding")
def embedding(site: Site) -> Written:
    """Gather of rows."""
    return site.add("Gather", site.parameter("weight"), site.x)


@rule("positional_encoding")
def positional_encoding(site: Site) -> Written:
    """The pattern, cut to the length of the sequence at run time."""
    pattern = site.parameter("pattern")
    length = site.unsqueeze(site.size(site.x, 1), 0)
    cut = site.add("Slice", pattern, site.ints(0), length, site.ints(0))
    return site.add("Add", site.x, cut)


@rule("embedding_bag")
def embedding_bag(site: Site) -> Written:
    """Gather, then the mean, sum or maximum of the rows that are not padding; 0 where all are."""
    module = cast(nn.EmbeddingBag, site.module)
    rows = site.add("Gather", site.parameter("weight"), site.x)
    if len(site.inputs) > 1:
        rows = site.add("Mul", rows, site.unsqueeze(site.inputs[1], 2))
    if module.padding_idx is None:
        return site.reduce(
            {"mean": "ReduceMean", "sum": "ReduceSum", "max": "ReduceMax"}[module.mode], rows, [1], keepdims=False
        )
    padding = site.add("Equal", site.x, site.writer.constant(module.padding_idx, np.int64))
    kept = site.unsqueeze(site.add("Cast", site.add("Not", padding), to=TensorProto.FLOAT), 2)
    count = site.reduce("ReduceSum", kept, [1], keepdims=False)
    if module.mode == "max":
        shown = site.add("Where", site.add("Greater", kept, site.scalar(0)), rows, site.scalar(float("-inf")))
        largest = site.reduce("ReduceMax", shown, [1], keepdims=False)
        return site.add("Where", site.add("Greater", count, site.scalar(0)), largest, site.scalar(0))
    total = site.reduce("ReduceSum", site.add("Mul", rows, kept), [1], keepdims=False)
    return total if module.mode == "sum" else site.add("Div", total, site.add("Max", count, site.scalar(1)))

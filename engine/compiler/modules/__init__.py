"""What torch.nn lacks: modules that catalog entries name as `engine.compiler.modules.X`, batch first.

They hold to torch and math alone, since the readable source of a network carries a copy of them.
"""

from torch import nn

from engine.compiler.modules import (
    arithmetic,
    attention,
    classes,
    comparison,
    encoding,
    focus,
    formula,
    gating,
    heads,
    indexing,
    linear_algebra,
    merge,
    pairing,
    pooling,
    positional_encoding,
    recurrent,
    reduction,
    scaling,
    shape,
    signal,
    special,
    tokens,
)
from engine.compiler.modules.attention import MultiheadAttention
from engine.compiler.modules.merge import Add, Concatenate, Divide, MatMul, Maximum, Multiply, Stack, Subtract
from engine.compiler.modules.pooling import (
    GlobalAveragePool1d,
    GlobalAveragePool2d,
    GlobalAveragePool3d,
    GlobalMaxPool1d,
    GlobalMaxPool2d,
    GlobalMaxPool3d,
)
from engine.compiler.modules.positional_encoding import PositionalEncoding
from engine.compiler.modules.recurrent import GRU, LSTM, RNN
from engine.compiler.modules.shape import (
    Max,
    Mean,
    Permute,
    Reshape,
    Select,
    Slice,
    Squeeze,
    Sum,
    Unsqueeze,
)

BY_NAME: dict[str, type[nn.Module]] = {
    name: item
    for file in (
        arithmetic,
        attention,
        classes,
        comparison,
        encoding,
        focus,
        formula,
        gating,
        heads,
        indexing,
        linear_algebra,
        merge,
        pairing,
        pooling,
        positional_encoding,
        recurrent,
        reduction,
        scaling,
        shape,
        signal,
        special,
        tokens,
    )
    for name, item in vars(file).items()
    if isinstance(item, type) and issubclass(item, nn.Module) and item.__module__ == file.__name__ and name[0] != "_"
}
"""Every module there is: whatever class one of the files holds; those that begin with _ are bases."""

__all__ = [
    "BY_NAME",
    "GRU",
    "LSTM",
    "RNN",
    "Add",
    "Concatenate",
    "Divide",
    "GlobalAveragePool1d",
    "GlobalAveragePool2d",
    "GlobalAveragePool3d",
    "GlobalMaxPool1d",
    "GlobalMaxPool2d",
    "GlobalMaxPool3d",
    "MatMul",
    "Max",
    "Maximum",
    "Mean",
    "MultiheadAttention",
    "Multiply",
    "Permute",
    "PositionalEncoding",
    "Reshape",
    "Select",
    "Slice",
    "Squeeze",
    "Stack",
    "Subtract",
    "Sum",
    "Unsqueeze",
]

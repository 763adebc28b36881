"""Which layers of a large family the palette shows before all of it is asked for."""

from collections.abc import Container, Sequence
from typing import Final

from engine.catalog.layer import Layer

SMALL: Final = 8
"""A family of no more is shown whole."""
COMMON: Final = frozenset(
    {
        *("MaxPool1d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "GlobalAveragePool1d", "GlobalAveragePool2d"),
        *("Linear", "Bilinear", "Identity", "GatedLinear", "FeedForward", "RadialBasis"),
        *("Embedding", "PositionalEncoding", "ClassToken", "OneHot", "RotaryEncoding", "PatchEmbedding"),
        *("MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer", "TransformerEncoder"),
        *("GroupedQueryAttention", "AttentionPooling", "SqueezeExcite"),
        *("BatchNorm1d", "BatchNorm2d", "LayerNorm", "GroupNorm", "InstanceNorm2d", "RMSNorm"),
        *("ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softplus", "Softmax"),
        *("Dropout", "Dropout1d", "Dropout2d", "StochasticDepth", "GaussianNoise"),
        *("ZeroPad1d", "ZeroPad2d", "ReflectionPad2d"),
        *("Flatten", "Unflatten", "Reshape", "Permute", "Mean", "Select", "Slice", "LastStep", "Upsample"),
        *("Add", "Multiply", "Average", "Subtract", "Concatenate", "Stack", "MatMul"),
        *("Formula", "PyTorch", "Scale", "Clamp", "Exp", "Log", "Square", "Einsum"),
        *("Greater", "Where", "CausalMask", "PaddingMask", "ToFloat", "ToInt"),
        *("Std", "Norm", "ArgMax", "CumSum", "TopK"),
        *("Spectrogram", "MelSpectrogram", "RFFT", "ToDecibel", "GaussianBlur"),
    }
)


def shown_first(
    family: Sequence[type[Layer]], used: Container[str], most: int
) -> tuple[list[type[Layer]], list[type[Layer]]]:
    """The layers of a family that are shown at once and those behind "more"; what the project uses is shown.

    `most` of a family without common ones, like losses, which come in the order in which they are of use.
    """
    if len(family) <= SMALL:
        return list(family), []
    known = any(kind.type_name() in COMMON for kind in family)
    leading = () if known else family[:most]
    first = [kind for kind in family if kind.type_name() in COMMON or kind.type_name() in used or kind in leading]
    rest = [kind for kind in family if kind not in first]
    return (first, rest) if len(rest) > 2 else (list(family), [])

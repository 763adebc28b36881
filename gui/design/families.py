"""How the families of layers are named and coloured in the palette and on the canvas."""

from typing import Final

from engine.catalog.layer import Family

TITLES: Final[dict[Family, str]] = {
    Family.DATA: "Data",
    Family.CONVOLUTION: "Convolution",
    Family.POOLING: "Pooling",
    Family.LINEAR: "Linear",
    Family.RECURRENT: "Recurrent",
    Family.EMBEDDING: "Embedding",
    Family.ATTENTION: "Attention",
    Family.NORMALIZATION: "Normalization",
    Family.ACTIVATION: "Activation",
    Family.DROPOUT: "Dropout",
    Family.PADDING: "Padding",
    Family.SHAPE: "Shape",
    Family.MERGE: "Merge",
    Family.MATH: "Math",
    Family.LOGIC: "Logic",
    Family.REDUCTION: "Reduction",
    Family.SIGNAL: "Signal",
    Family.SPECIAL: "Special",
    Family.LOSS: "Loss",
}

# Families without a colour of their own wear that of the one they are used with.
_BORROWED: Final[dict[Family, str]] = {
    Family.POOLING: "convolution",
    Family.EMBEDDING: "linear",
    Family.DROPOUT: "normalization",
    Family.PADDING: "shape",
    Family.MERGE: "shape",
    Family.LOGIC: "math",
    Family.REDUCTION: "math",
    Family.SPECIAL: "recurrent",
}


def color_name(family: Family) -> str:
    """The theme's name of a family's colour."""
    return _BORROWED.get(family, family.value)

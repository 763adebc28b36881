"""All cases: those written down by family, and for a layer that has none the example it gives of itself."""

from layer_cases import CASES as LAYER_CASES
from layer_cases import Case
from own_cases import CASES as OWN_CASES
from tensor_cases import TENSOR_CASES

from engine.catalog import registry
from engine.catalog.layer import Layer
from engine.catalog.losses import Loss
from engine.catalog.tensors import DType

PLACES = {"Input", "Noise", "Output", "Block", "BlockInput", "BlockOutput", "Switch", "PyTorch"}
"""They stand for something else, or for code that a project brings along (test_own_code.py)."""
LETTERS = {DType.FLOAT: "f", DType.INT: "i", DType.BOOL: "b"}


def example_of(layer: type[Layer]) -> Case:
    """The layer as it comes, on the inputs it gives as its example."""
    specs = layer().example()
    classes = next((spec.classes for spec in specs if spec.classes is not None), None)
    kinds = "".join(LETTERS[spec.dtype] for spec in specs)
    return Case(layer.type_name(), tuple(spec.shape[1:] for spec in specs), classes=classes, kinds=kinds)


_WRITTEN = [*LAYER_CASES, *TENSOR_CASES, *OWN_CASES]
_NAMED = {case.type for case in _WRITTEN} | PLACES
CASES = [
    *_WRITTEN,
    *(
        example_of(layer)
        for layer in registry.layers()
        if layer.type_name() not in _NAMED and not issubclass(layer, Loss)
    ),
]
TYPES = sorted({case.type for case in CASES})

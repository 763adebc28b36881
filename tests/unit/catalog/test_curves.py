"""The drawn curve of a layer is what torch computes."""

import pytest
import torch

from engine.catalog import registry
from engine.catalog.curves import curve_points
from engine.catalog.layer import Layer
from engine.catalog.tensors import TensorSpec
from engine.compiler.build import built

DRAWN = [layer for layer in registry.layers() if layer.curve]


def test_most_activations_are_drawn() -> None:
    assert len([layer for layer in DRAWN if layer.family.value == "activation"]) >= 20


@pytest.mark.parametrize("layer_type", DRAWN, ids=lambda item: item.type_name())
def test_the_curve_is_torchs(layer_type: type[Layer]) -> None:
    layer = layer_type()
    points = curve_points(layer)
    assert len(points) > 30
    module = built(layer, TensorSpec((None, 1))).eval()
    with torch.no_grad():
        answers = module(torch.tensor([[x] for x, _ in points], dtype=torch.float32))
    expected = torch.tensor([[y] for _, y in points], dtype=torch.float32)
    assert torch.allclose(answers, expected, atol=1e-4, rtol=1e-4)

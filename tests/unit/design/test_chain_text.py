"""Typed chains mean the layers of what flows: signals, pictures, volumes, sequences, rows of numbers."""

import pytest

from engine.catalog.tensors import DType, TensorSpec
from gui.design.chain_text import is_chain, read_chain

PICTURE = TensorSpec((None, 3, 28, 28))
SIGNAL = TensorSpec((None, 1, 500))
VOLUME = TensorSpec((None, 1, 16, 64, 64))
ROW = TensorSpec((None, 9))
LETTERS = TensorSpec((None, 20), DType.INT, 30)


@pytest.mark.parametrize(
    ("text", "start", "names"),
    [
        ("conv 64 k3 > bn > relu > pool > linear 10", None, "Conv2d BatchNorm2d ReLU MaxPool2d Flatten Linear"),
        ("conv 8 > bn > relu > gap > linear 2", PICTURE, "Conv2d BatchNorm2d ReLU GlobalAveragePool2d Linear"),
        ("conv 8 > bn > pool", SIGNAL, "Conv1d BatchNorm1d MaxPool1d"),
        ("conv 8 > bn > pool > gap > fc 3", VOLUME, "Conv3d BatchNorm3d MaxPool3d GlobalAveragePool3d Linear"),
        ("linear 4 > bn > relu", ROW, "Linear BatchNorm1d ReLU"),
        ("embedding 32 -> gru 64 -> linear 5", LETTERS, "Embedding GRU Linear"),
    ],
)
def test_a_word_means_the_layer_for_what_flows(text: str, start: TensorSpec | None, names: str) -> None:
    chain = read_chain(text, start)
    assert not chain.problem
    assert [link.kind.type_name() for link in chain.links] == names.split()


def test_settings_are_read_short_and_in_full() -> None:
    chain = read_chain("conv 64 k5 s2 p1 > dropout .25 > conv out_channels=8 kernel_size=3x5 bias=off")
    assert [link.attributes for link in chain.links] == [
        {"out_channels": 64, "kernel_size": 5, "stride": 2, "padding": 1},
        {"p": 0.25},
        {"out_channels": 8, "kernel_size": [3, 5], "bias": False},
    ]


def test_a_part_that_is_not_understood_is_named() -> None:
    assert "qqqzz" in read_chain("conv 8 > qqqzz > relu").problem
    assert "nothing to set" in read_chain("relu 8 > conv").problem
    assert "At most" in read_chain(" > ".join(["relu"] * 80)).problem


@pytest.mark.parametrize(("text", "meant"), [("conv", False), ("batch norm", False), ("conv 3", True), ("a > b", True)])
def test_a_chain_is_told_from_a_word(text: str, meant: bool) -> None:
    assert is_chain(text) is meant

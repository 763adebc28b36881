"""The shared shape rules say what they refuse in the words of the axes."""

import pytest

from engine.catalog.layers.attention import MultiheadAttention
from engine.catalog.layers.convolution import Conv2d
from engine.catalog.layers.embedding import Embedding
from engine.catalog.layers.merge import Add, Concatenate
from engine.catalog.layers.shape import Reshape
from engine.catalog.losses.classes import CrossEntropyLoss
from engine.catalog.rules import broadcast, join, normal_axis, window
from engine.catalog.tensors import DType, TensorSpec, axes_text, edge_text, shape_text
from engine.errors import ShapeMismatch

PICTURE = TensorSpec((None, 3, 28, 28))


def refused(call: object, *words: str) -> None:
    with pytest.raises(ShapeMismatch) as caught:
        call()  # type: ignore[operator]
    text = f"{caught.value.message} {caught.value.hint}"
    for word in words:
        assert word in text, text


def test_window() -> None:
    assert window(28, "height", kernel=3) == 26
    assert window(28, "height", kernel=3, padding=1, stride=2) == 14
    assert window(None, "height", kernel=3) is None
    assert window(5, "height", kernel=2, stride=2, ceil=True) == 3
    refused(lambda: window(3, "height", kernel=5), "expected height 5 or more, got height 3")


def test_axes_are_counted_from_both_ends() -> None:
    assert normal_axis(-1, 4) == 3
    assert normal_axis(1, 4) == 1
    refused(lambda: normal_axis(0, 4), "the batch")
    refused(lambda: normal_axis(4, 4), "from 1 to 3")
    refused(lambda: normal_axis(1, 1), "that exists")


def test_free_sizes_go_through() -> None:
    free = TensorSpec((None, 3, None, None))
    assert Conv2d(padding=1).output_specs(free) == (TensorSpec((None, 32, None, None)),)
    assert broadcast([free, PICTURE]) == PICTURE
    assert join([free, PICTURE], 1) == TensorSpec((None, 6, 28, 28))
    assert Reshape(shape=(3, -1)).output_specs(free) == (TensorSpec((None, 3, None)),)


def test_broadcasting_repeats_sizes_of_one() -> None:
    gate = TensorSpec((None, 3, 1, 1))
    assert Add().output_specs(PICTURE, gate) == Add().output_specs(gate, PICTURE) == (PICTURE,)
    refused(lambda: Add().output_specs(PICTURE, TensorSpec((None, 4, 28, 28))), "equal sizes", "channels 4")
    refused(lambda: Add().output_specs(PICTURE, TensorSpec((None, 28))), "same number of dimensions")


def test_joining() -> None:
    assert Concatenate(count=3).output_specs(PICTURE, PICTURE, PICTURE) == (TensorSpec((None, 9, 28, 28)),)
    refused(lambda: Concatenate().output_specs(PICTURE, TensorSpec((None, 3, 14, 28))), "along dim 1", "height 14")


def test_ports_follow_the_count() -> None:
    assert [port.name for port in Add(count=4).input_ports()] == ["a", "b", "c", "d"]


def test_embedding_takes_its_size_from_the_data() -> None:
    tokens = TensorSpec((None, 12), DType.INT, 30)
    assert Embedding(embedding_dim=8).output_specs(tokens) == (TensorSpec((None, 12, 8)),)
    assert Embedding().computed(tokens) == {"num_embeddings": 30}
    refused(lambda: Embedding().output_specs(TensorSpec((None, 12), DType.INT)), "known range")
    refused(lambda: Embedding(padding_idx=30).output_specs(tokens), "below 30")


def test_cross_entropy_knows_the_classes() -> None:
    target = TensorSpec((None,), DType.INT, 10)
    assert CrossEntropyLoss().output_specs(TensorSpec((None, 10)), target) == ()
    refused(lambda: CrossEntropyLoss().output_specs(TensorSpec((None, 7)), target), "expected 10 values", "got 7")
    refused(lambda: CrossEntropyLoss().output_specs(PICTURE, target), "2 dimensions (N, classes)")
    assert CrossEntropyLoss().output_specs(PICTURE, TensorSpec((None, 28, 28), DType.INT, 3)) == ()


def test_attention_names_heads_that_fit() -> None:
    sequence = TensorSpec((None, 10, 12))
    refused(lambda: MultiheadAttention(num_heads=5).output_specs(sequence), "dividable by 5 heads", "1, 2, 3, 4, 6, 12")


def test_reading_of_shapes() -> None:
    assert shape_text((None, 3, None)) == "N × 3 × ?"
    assert shape_text(()) == "scalar"
    assert edge_text((None, 3, 28, 28)) == "3×28×28"
    assert edge_text((None,)) == "·"
    assert axes_text((None, 3, 28, 28), ("N", "channels", "height", "width")) == (
        "4 dimensions (N, channels 3, height 28, width 28)"
    )
    assert str(PICTURE) == "N × 3 × 28 × 28"


def test_an_example_in_words() -> None:
    assert Conv2d().example_text() == "N × 8 × 8 × 8 gives N × 32 × 6 × 6"
    assert Add().example_text() == "N × 8 × 8 and N × 8 × 8 give N × 8 × 8"
    assert CrossEntropyLoss().example_text() == ""

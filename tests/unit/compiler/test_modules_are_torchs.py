"""Modules of ours that only change how torch's are called: with the same weights they answer as torch's do."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.compiler import modules

torch.set_num_threads(1)
OWN = modules.BY_NAME
SEEN = torch.tensor([[True, True, True, False, False], [True] * 5])
LENGTHS = torch.tensor([3, 5])


def sequence(steps: int = 5, features: int = 8) -> Tensor:
    return torch.randn(2, steps, features)


def twins(name: str, other: nn.Module, **settings: Any) -> nn.Module:
    """Our module with the weights of torch's, both as after training."""
    ours = OWN[name](**settings)
    ours.load_state_dict(other.state_dict())
    other.eval()
    return ours.eval()


def later(steps: int) -> Tensor:
    return nn.Transformer.generate_square_subsequent_mask(steps)


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("first", [False, True])
def test_transformer_encoders(first: bool) -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=first)
    torchs = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8), enable_nested_tensor=False)
    plan = {"d_model": 8, "nhead": 2, "num_layers": 2, "dim_feedforward": 16, "norm_first": first, "norm": True}
    ours = twins("TransformerEncoder", torchs, **plan)
    x = sequence()
    close(ours(x), torchs(x))
    close(twins("TransformerEncoder", torchs, causal=True, **plan)(x), torchs(x, mask=later(5), is_causal=True))
    close(ours(x, None, SEEN)[SEEN], torchs(x, src_key_padding_mask=~SEEN)[SEEN])
    mask = torch.rand(2, 5, 5) > 0.4
    mask[:, :, 0] = True
    close(ours(x, mask), torchs(x, mask=~mask.repeat_interleave(2, 0)))


@pytest.mark.parametrize("first", [False, True])
def test_transformer_decoders(first: bool) -> None:
    layer = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True, norm_first=first)
    torchs = nn.TransformerDecoder(layer, 2)
    plan = {"d_model": 8, "nhead": 2, "num_layers": 2, "dim_feedforward": 16, "norm_first": first}
    x, memory = sequence(4), sequence(5)
    close(twins("TransformerDecoder", torchs, **plan)(x, memory), torchs(x, memory, tgt_mask=later(4)))
    found = twins("TransformerDecoder", torchs, causal=False, **plan)(x, memory, None, None, None, SEEN)
    close(found, torchs(x, memory, memory_key_padding_mask=~SEEN))


def test_the_whole_transformer() -> None:
    torchs = nn.Transformer(8, 2, 2, 1, 16, batch_first=True)
    ours = twins(
        "Transformer",
        torchs,
        d_model=8,
        nhead=2,
        num_encoder_layers=2,
        num_decoder_layers=1,
        dim_feedforward=16,
    )
    source, target = sequence(5), sequence(4)
    expected = torchs(source, target, tgt_mask=later(4), src_key_padding_mask=~SEEN, memory_key_padding_mask=~SEEN)
    close(ours(source, target, SEEN), expected)


def test_attention_with_masks_and_weights() -> None:
    torchs = nn.MultiheadAttention(8, 2, batch_first=True, add_bias_kv=True, add_zero_attn=True)
    settings = {"embed_dim": 8, "num_heads": 2, "add_bias_kv": True, "add_zero_attn": True, "need_weights": True}
    ours = twins("MultiheadAttention", torchs, **settings)
    x, other = sequence(4), sequence(5)
    expected, weights = torchs(x, other, other, key_padding_mask=~SEEN)
    found, looks = ours(x, other, None, None, SEEN)
    close(found, expected)
    close(looks, weights)


def test_a_sample_without_any_step_still_gives_numbers() -> None:
    layer = OWN["TransformerEncoderLayer"](8, 2, 16).eval()
    nothing = torch.tensor([[False] * 5, [True] * 5])
    assert layer(sequence(), None, nothing).isfinite().all()


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_lengths_pack_and_memories_are_handed_on(name: str) -> None:
    settings = {"input_size": 8, "hidden_size": 6, "num_layers": 2, "batch_first": True, "bidirectional": True}
    torchs = getattr(nn, name)(**settings)
    x, start = sequence(), torch.randn(2, 4, 6)
    packed = nn.utils.rnn.pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    first = start.transpose(0, 1).contiguous()
    given, states = torchs(packed, (first, first) if name == "LSTM" else first)
    expected = nn.utils.rnn.pad_packed_sequence(given, batch_first=True)[0]
    ours = twins(name, torchs, result="sequence", states=True, **settings)
    answer, *memories = ours(x, LENGTHS, *(start for _ in range(2 if name == "LSTM" else 1)))
    close(answer, expected)
    for memory, state in zip(memories, states if name == "LSTM" else (states,), strict=True):
        close(memory, state.transpose(0, 1))
    last = twins(name, torchs, result="last", **settings)
    close(last(x, LENGTHS)[:1], last(x[:1, :3]))


def test_adaptive_softmax_gives_all_log_probabilities() -> None:
    torchs = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 11], 2.0)
    ours = twins("AdaptiveLogSoftmaxWithLoss", torchs, in_features=8, n_classes=20, cutoffs=(5, 11), div_value=2.0)
    x = sequence()
    close(ours(x)[1], torchs.log_prob(x[1]))
    close(ours(x).exp().sum(-1), torch.ones(2, 5))


def test_unpooling_gives_the_size_of_another_tensor() -> None:
    x = torch.rand(1, 2, 7, 5)
    small, places = nn.MaxPool2d(2, return_indices=True)(x)
    back = OWN["MaxUnpool2d"](2)(small, places, x)
    assert back.shape == x.shape
    close(nn.MaxPool2d(2)(back), small)


def test_fractional_pooling_stands_still_after_training() -> None:
    layer = OWN["FractionalMaxPool2d"](2, output_ratio=0.6)
    x = torch.randn(1, 3, 20, 20)
    assert any(not layer(x).equal(layer(x)) for _ in range(5))
    layer.eval()
    assert layer(x).equal(layer(x))
    assert layer(x).shape[-1] == math.floor(20 * 0.6)

"""What our own modules promise beyond shapes: gradients bent as said, chance that evens out, formulas by hand."""

import math

import pytest
import torch
from torch import Tensor, nn

from engine.compiler.modules import BY_NAME

torch.set_num_threads(1)


def made(name: str, **arguments: object) -> nn.Module:
    torch.manual_seed(0)
    return BY_NAME[name](**arguments)


def slope(module: nn.Module, x: Tensor) -> Tensor:
    """The gradient of the sum of what comes out."""
    x = x.clone().requires_grad_()
    module(x).sum().backward()
    assert x.grad is not None
    return x.grad


def test_a_binary_step_lets_gradients_through_near_0_alone() -> None:
    x = torch.tensor([[-2.0, -0.5, 0.0, 0.5, 2.0]])
    assert made("BinaryStep")(x).tolist() == [[0, 0, 1, 1, 1]]
    assert made("BinaryStep", signed=True)(x).tolist() == [[-1, -1, 1, 1, 1]]
    assert slope(made("BinaryStep"), x).tolist() == [[0, 1, 1, 1, 0]]


def test_gradients_are_stopped_turned_and_passed_on() -> None:
    x = torch.randn(3, 4)
    assert torch.equal(made("GradientReversal", strength=0.5)(x), x)
    assert torch.equal(slope(made("GradientReversal", strength=0.5), x), torch.full((3, 4), -0.5))
    assert not made("StopGradient")(x.requires_grad_()).requires_grad
    a, b = torch.randn(3, requires_grad=True), torch.randn(3, requires_grad=True)
    passed = made("StraightThrough")(a, b)
    assert torch.equal(passed, a)
    passed.sum().backward()
    assert a.grad is None and b.grad is not None and b.grad.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "arguments", "spread"),
    [
        ("StochasticDepth", {"p": 0.3}, math.sqrt(0.3 / 0.7)),
        ("GaussianNoise", {"std": 0.5}, 0.5),
        ("GaussianDropout", {"p": 0.2}, 0.5),
    ],
)
def test_chance_evens_out_and_ends_with_training(name: str, arguments: dict[str, float], spread: float) -> None:
    module, x = made(name, **arguments), torch.ones(40_000, 1)
    shaken = module(x)
    assert abs(shaken.mean() - 1) < 0.02 and abs(shaken.std() - spread) < 0.02
    assert torch.equal(module.eval()(x), x)


def test_a_block_drop_keeps_the_mean_and_drops_squares() -> None:
    module, x = made("DropBlock2d", p=0.1, block_size=3), torch.ones(8, 4, 20, 20)
    dropped = module(x)
    assert abs(dropped.mean() - 1) < 0.02
    assert 0.05 < (dropped == 0).float().mean() < 0.15


def test_a_reparameterized_point_has_the_mean_and_spread_asked_for() -> None:
    module = made("Reparameterize")
    mean, log_variance = torch.full((50_000,), 3.0), torch.full((50_000,), 2 * math.log(0.5))
    drawn = module(mean, log_variance)
    assert abs(drawn.mean() - 3) < 0.02 and abs(drawn.std() - 0.5) < 0.02
    assert torch.equal(module.eval()(mean, log_variance), mean)


def test_a_book_gives_its_nearest_vector_and_two_ways_to_learn() -> None:
    module = made("VectorQuantize", features=2, vectors=3, dim=-1)
    module.book.data = torch.tensor([[0.0, 0.0], [1.0, 1.0], [5.0, 5.0]])
    x = torch.tensor([[0.9, 1.2], [4.0, 4.0]], requires_grad=True)
    through, codes, indices = module(x)
    assert indices.tolist() == [1, 2]
    assert torch.equal(through, codes) and codes.tolist() == [[1, 1], [5, 5]]
    through.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [[1, 1], [1, 1]] and module.book.grad is None
    codes.sum().backward()
    assert module.book.grad.tolist() == [[0, 0], [1, 1], [1, 1]]


def test_a_boltzmann_machine_learns_to_like_its_data() -> None:
    module = made("RestrictedBoltzmann", features=6, hidden_features=4)
    data = torch.tensor([[1.0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]).repeat(16, 1)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(200):
        _, energy, dreamt, _ = module(data)
        optimizer.zero_grad()
        (energy.mean() - dreamt.mean()).backward()
        optimizer.step()
    others = torch.tensor([[1.0, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1], [1, 1, 0, 0, 1, 1]])
    assert module(data)[1].mean() < module(others)[1].min() - 1


def test_a_rotary_encoding_sees_distances_alone() -> None:
    module = made("RotaryEncoding", features=8)
    query, key = torch.randn(8), torch.randn(8)
    turned_query, turned_key = module(query.expand(1, 12, 8))[0], module(key.expand(1, 12, 8))[0]
    scores = turned_query @ turned_key.T
    for distance in range(-5, 6):
        along = scores.diagonal(distance)
        assert torch.allclose(along, along[:1].expand_as(along), atol=1e-5)


def test_grouped_queries_with_all_key_heads_are_plain_attention() -> None:
    module = made("GroupedQueryAttention", features=8, num_heads=2, num_kv_heads=2, rotary=False, is_causal=False)
    plain = nn.MultiheadAttention(8, 2, bias=False, batch_first=True)
    with torch.no_grad():
        plain.in_proj_weight.copy_(torch.cat((module.query.weight, module.key.weight, module.value.weight)))
        plain.out_proj.weight.copy_(module.output.weight)
    x = torch.randn(3, 5, 8)
    torch.testing.assert_close(module(x), plain(x, x, x, need_weights=False)[0], rtol=0, atol=1e-6)


def test_a_causal_network_does_not_see_what_comes() -> None:
    module = made("GroupedQueryAttention", features=8)
    x = torch.randn(1, 6, 8)
    changed = x.clone()
    changed[:, 4:] = 0
    assert torch.allclose(module(x)[:, :4], module(changed)[:, :4], atol=1e-6)


def test_experts_that_are_not_used_have_no_share() -> None:
    module = made("MixtureOfExperts", features=5, experts=4, top_k=2, hidden_features=3)
    x = torch.randn(7, 5)
    mixed, shares = module(x)
    assert ((shares > 0).sum(1) == 2).all() and torch.allclose(shares.sum(1), torch.ones(7))
    row, used = x[0], shares[0].nonzero()[:, 0].tolist()
    by_hand = sum(
        shares[0, e]
        * (nn.functional.gelu(row @ module.weight1[e] + module.bias1[e]) @ module.weight2[e] + module.bias2[e])
        for e in used
    )
    torch.testing.assert_close(mixed[0], by_hand, rtol=0, atol=1e-6)


def test_linear_attention_is_a_weighted_mean() -> None:
    query, key, value = torch.randn(2, 5, 4), torch.randn(2, 6, 4), torch.randn(2, 6, 3)
    mapped_query, mapped_key = nn.functional.elu(query) + 1, nn.functional.elu(key) + 1
    weights = mapped_query @ mapped_key.transpose(1, 2)
    by_hand = weights / weights.sum(2, keepdim=True) @ value
    torch.testing.assert_close(made("LinearAttention")(query, key, value), by_hand, rtol=0, atol=1e-5)


def test_a_pure_tone_stands_in_its_line_and_band() -> None:
    rate, tone = 16_000, 1_000
    x = torch.sin(2 * math.pi * tone * torch.arange(rate) / rate)[None]
    lines = made("Spectrogram", n_fft=400, hop_length=160)(x)
    assert lines.shape == (1, 201, 101)
    assert (lines[0, :, 5:-5].argmax(0) == tone * 400 // rate).all()
    bands = made("MelSpectrogram", log=False)(x)[0, :, 50]
    top = 2595 * math.log10(1 + rate / 2 / 700)
    place = 2595 * math.log10(1 + tone / 700) / top * 41 - 1
    assert abs(int(bands.argmax()) - place) <= 1


def test_cosines_keep_all_of_a_signal() -> None:
    x = torch.randn(3, 8)
    coefficients = made("DCT", size=8, kept=8)(x)
    torch.testing.assert_close(coefficients.square().sum(1), x.square().sum(1), rtol=1e-5, atol=0)
    torch.testing.assert_close(coefficients[:, 0], x.sum(1) / math.sqrt(8), rtol=0, atol=1e-5)


def test_a_spectrum_goes_back_to_its_signal() -> None:
    x = torch.randn(2, 3, 10)
    back = made("IRFFT")(made("RFFT", result="complex")(x))
    torch.testing.assert_close(back, x, rtol=0, atol=1e-6)


def test_a_wavelet_keeps_all_of_a_picture() -> None:
    x = torch.randn(2, 3, 8, 6)
    torch.testing.assert_close(made("HaarWavelet")(x).square().sum(), x.square().sum())


def test_a_grid_that_moves_nothing_gives_the_picture_back() -> None:
    x = torch.randn(2, 3, 6, 5)
    still = torch.tensor([[1.0, 0, 0], [0, 1, 0]]).expand(2, 2, 3)
    grid = made("AffineGrid")(still, x)
    torch.testing.assert_close(grid, nn.functional.affine_grid(still, [2, 3, 6, 5], align_corners=False))
    torch.testing.assert_close(made("GridSample")(x, grid), x, rtol=0, atol=1e-5)


def test_style_takes_mean_and_spread() -> None:
    x, style = torch.randn(2, 3, 8, 8), 5 + 2 * torch.randn(2, 3, 7, 9)
    dressed = made("AdaIN")(x, style)
    torch.testing.assert_close(dressed.mean((2, 3)), style.mean((2, 3)), rtol=0, atol=1e-4)
    torch.testing.assert_close(dressed.std((2, 3), correction=0), style.std((2, 3), correction=0), rtol=0, atol=1e-3)


def test_a_generalized_mean_of_power_1_is_the_mean_and_of_many_the_maximum() -> None:
    x = torch.rand(2, 3, 5, 5) + 0.1
    torch.testing.assert_close(made("GeMPool2d", p=1.0)(x), x.mean((2, 3)))
    assert (made("GeMPool2d", p=90.0)(x) > 0.95 * x.amax((2, 3))).all()


def test_a_channel_norm_is_a_layer_norm_place_by_place() -> None:
    x = torch.randn(2, 6, 4, 3)
    plain = nn.LayerNorm(6, eps=1e-6)
    wanted = plain(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    torch.testing.assert_close(made("ChannelNorm", channels=6)(x), wanted)


def test_pairs_of_a_factorization_machine_are_the_products_of_each_two() -> None:
    x = torch.randn(2, 4, 3)
    by_hand = sum(x[:, i] * x[:, j] for i in range(4) for j in range(i + 1, 4))
    torch.testing.assert_close(made("FactorizationMachine")(x), by_hand, rtol=0, atol=1e-5)


def test_a_point_is_where_a_channel_answers() -> None:
    x = torch.full((1, 1, 5, 4), -30.0)
    x[0, 0, 3, 1] = 30
    assert torch.allclose(made("SpatialSoftmax")(x), torch.tensor([[(2 * 1 + 1) / 4 - 1, (2 * 3 + 1) / 5 - 1]]))


def test_a_last_step_follows_the_lengths() -> None:
    x = torch.arange(24.0).view(2, 4, 3)
    assert made("LastStep")(x, torch.tensor([2, 4])).tolist() == [x[0, 1].tolist(), x[1, 3].tolist()]


def test_a_length_of_nothing_has_a_gradient() -> None:
    a, b = torch.zeros(2, 3, requires_grad=True), torch.zeros(2, 1, requires_grad=True)
    made("Hypot")(a, b).sum().backward()
    assert a.grad is not None and not a.grad.any() and b.grad is not None and not b.grad.any()
    assert torch.allclose(made("Hypot")(torch.tensor([3.0]), torch.tensor([-4.0])), torch.tensor([5.0]))


def test_a_masked_mean_counts_what_counts() -> None:
    x, mask = (
        torch.tensor([[[1.0], [3.0], [100.0]], [[5.0], [6.0], [7.0]]]),
        torch.tensor([[1, 1, 0], [0, 0, 0]]).bool(),
    )
    assert made("MaskedMean")(x, mask).tolist() == [[2.0], [0.0]]


def test_a_masked_max_passes_over_what_does_not_count() -> None:
    x = torch.tensor(
        [[[-1.0, 5.0], [-3.0, 2.0], [100.0, 100.0]], [[5.0, 5.0], [6.0, 6.0], [7.0, 7.0]]]
    ).requires_grad_()
    mask = torch.tensor([[True, True, False], [False, False, False]])
    strongest = made("MaskedMax")(x, mask)
    assert strongest.tolist() == [[-1.0, 5.0], [0.0, 0.0]]
    strongest.sum().backward()
    assert x.grad is not None and x.grad[0].tolist() == [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]] and not x.grad[1].any()


def test_pairs_are_alike_by_turns_and_say_so() -> None:
    classes = torch.tensor([0, 1, 0, 1, 2, 0])
    x = torch.arange(6.0)[:, None]
    partner, alike = made("Pairs")(x, classes)
    # 0 wants a 0: row 2. 1 wants another class: row 2. 2 wants a 0: row 5. 3 another: row 4. 4 has no friend: the next
    # at all, round the batch. 5 another: row 1.
    assert partner.flatten().tolist() == [2.0, 2.0, 5.0, 4.0, 5.0, 1.0]
    assert alike.tolist() == [1, 0, 1, 0, 0, 0]
    assert made("Pairs")(x[:1], classes[:1])[1].tolist() == [1], "alone it is its own partner"


def test_triplets_are_the_next_of_each_sort_or_the_sample_itself() -> None:
    classes = torch.tensor([0, 1, 0, 2])
    x = torch.arange(4.0)[:, None]
    positive, negative = made("Triplets")(x, classes)
    assert positive.flatten().tolist() == [2.0, 1.0, 0.0, 3.0]
    assert negative.flatten().tolist() == [1.0, 2.0, 3.0, 0.0]
    same = torch.zeros(4, dtype=torch.int64)
    assert made("Triplets")(x, same)[1].flatten().tolist() == [0.0, 1.0, 2.0, 3.0]

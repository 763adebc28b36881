"""Laws of the losses: one finite number with finite gradients, and the same number as torch or as their formula."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from engine.catalog import registry
from engine.catalog.losses import Loss, classes, embeddings, generative, masks, numbers
from engine.catalog.tensors import DType, TensorSpec
from engine.compiler.resolve import resolve

EVERY = pytest.mark.parametrize("loss", registry.losses(), ids=lambda item: item.__name__)
BATCH = 4
POSITIVE = {"variance", "PoissonNLLLoss.target", "TweedieLoss.target", "SparsityLoss.prediction"}
SHARES = {
    "BCELoss.prediction",
    "SparsityLoss.prediction",
    "KLDivLoss.target",
    "JensenShannonLoss.target",
    "BCEWithLogitsLoss.target",
    "BCELoss.target",
    "MultiLabelSoftMarginLoss.target",
    "BinaryFocalLoss.target",
    "AsymmetricLoss.target",
    "BinaryDiceLoss.target",
    "BinaryJaccardLoss.target",
    "BinaryTverskyLoss.target",
    "LovaszHingeLoss.target",
}
"""Ports whose numbers are 0 to 1."""
NO_GRADIENT = {"target", "following", "finished", "reward"}


def build(layer: Loss, *specs: TensorSpec) -> nn.Module:
    return resolve(layer.target)(**layer.arguments(*specs))


def filled(layer: Loss, seed: int, size: float = 1.0) -> list[Tensor]:
    """Numbers for the example of a loss: as prepared data and a network would give them."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for port, spec in zip(layer.input_ports(), layer.example(), strict=False):
        shape = [BATCH if n is None else n for n in spec.shape]
        name = f"{type(layer).__name__}.{port.name}"
        if spec.dtype is DType.INT:
            tensor = torch.randint(spec.classes or 2, shape, generator=generator)
        elif name in SHARES:
            tensor = torch.rand(shape, generator=generator)
        elif {name, port.name} & POSITIVE:
            tensor = torch.rand(shape, generator=generator) * size + 0.1
        else:
            tensor = torch.randn(shape, generator=generator) * (min(size, 5.0) if "log" in port.name else size)
        found.append(tensor)
    return found


@EVERY
def test_takes_its_example(loss: type[Loss]) -> None:
    layer = loss()
    specs = layer.example()
    assert layer.output_specs(*specs) == ()
    assert layer.parameter_count(*specs) == 0 and layer.multiply_adds(*specs) >= 0


@EVERY
@pytest.mark.parametrize("size", [1.0, 30.0, 0.0])
def test_value_and_gradients_are_finite(loss: type[Loss], size: float) -> None:
    layer = loss()
    module = build(layer, *layer.example())
    for seed in range(3):
        inputs = filled(layer, seed, size)
        leaves = [tensor.requires_grad_() for tensor in inputs if tensor.is_floating_point()]
        if loss is generative.GradientPenaltyLoss:
            score = inputs[1].square().sum(1, keepdim=True)
            value = module(score, inputs[1])
        else:
            value = module(*inputs)
        assert value.dim() == 0 and bool(value.isfinite()), f"{value} at size {size}"
        grads = torch.autograd.grad(value, leaves, allow_unused=True)
        assert any(grad is not None for grad in grads)
        for grad in grads:
            assert grad is None or bool(grad.isfinite().all())


@EVERY
def test_small_steps_make_it_smaller(loss: type[Loss]) -> None:
    """The gradient points uphill: a small step against it lowers the value, or it is at its end already."""
    layer = loss()
    module = build(layer, *layer.example())
    inputs = [tensor.double() if tensor.is_floating_point() else tensor for tensor in filled(layer, 5)]
    module = module.double()
    free = [
        tensor
        for tensor, port in zip(inputs, layer.input_ports(), strict=False)
        if tensor.is_floating_point() and port.name not in NO_GRADIENT
    ]
    for tensor in free:
        tensor.requires_grad_()

    def value() -> Tensor:
        if loss is generative.GradientPenaltyLoss:
            return module(inputs[1].square().sum(1, keepdim=True), inputs[1])  # type: ignore[no-any-return]
        return module(*inputs)  # type: ignore[no-any-return]

    before = value()
    grads = [grad for grad in torch.autograd.grad(before, free, allow_unused=True) if grad is not None]
    steep = sum(float(grad.square().sum()) for grad in grads)
    if steep < 1e-12:
        return
    moved = [
        tensor
        for tensor, grad in zip(free, torch.autograd.grad(value(), free, allow_unused=True), strict=True)
        if grad is not None
    ]
    with torch.no_grad():
        for tensor, grad in zip(moved, grads, strict=True):
            tensor -= grad * (1e-6 / math.sqrt(steep))
    assert value().item() < before.item()


@EVERY
def test_counts_in_float32_under_mixed_precision(loss: type[Loss]) -> None:
    """What comes from a network in bfloat16 gives nearly the value it gives in float32, and a float32 value."""
    layer = loss()
    module = build(layer, *layer.example())
    exact = [
        tensor.bfloat16().float() if tensor.is_floating_point() and port.name not in NO_GRADIENT else tensor
        for tensor, port in zip(filled(layer, 4), layer.input_ports(), strict=False)
    ]
    coarse = [
        tensor.bfloat16() if tensor.is_floating_point() and port.name not in NO_GRADIENT else tensor
        for tensor, port in zip(exact, layer.input_ports(), strict=False)
    ]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = module(*coarse)
    if loss.target.startswith("engine."):
        assert value.dtype is torch.float32
        torch.testing.assert_close(value, module(*exact))
    else:
        torch.testing.assert_close(value.float(), module(*exact), rtol=0.05, atol=0.05)


def same(loss: Loss, reference: float | Tensor, *inputs: Tensor) -> None:
    specs = [
        TensorSpec((None, *tensor.shape[1:]), DType.INT if not tensor.is_floating_point() else DType.FLOAT)
        for tensor in inputs
    ]
    value = build(loss, *specs)(*inputs)
    torch.testing.assert_close(value, torch.as_tensor(reference, dtype=value.dtype), rtol=1e-5, atol=1e-6)


X = torch.randn(6, 5, generator=torch.Generator().manual_seed(1))
Y = torch.randn(6, 5, generator=torch.Generator().manual_seed(2))
T = torch.tensor([0, 4, 2, 2, 1, 0])
YES = torch.tensor([1, 0, 1, 1, 0, 0])
SIGN = YES * 2 - 1


def test_losses_on_yes_and_no_are_torchs() -> None:
    matrix = torch.stack([YES.roll(i) for i in range(5)], 1).float()
    same(classes.SoftMarginLoss(), nn.SoftMarginLoss()(X, matrix * 2 - 1), X, matrix)
    same(classes.HingeEmbeddingLoss(margin=2.0), nn.HingeEmbeddingLoss(2.0)(X, matrix * 2 - 1), X, matrix)
    same(embeddings.CosineEmbeddingLoss(margin=0.2), nn.CosineEmbeddingLoss(0.2)(X, Y, SIGN), X, Y, YES)
    same(
        embeddings.MarginRankingLoss(margin=0.1),
        nn.MarginRankingLoss(0.1)(X[:, 0], Y[:, 0], SIGN.float()),
        X[:, :1],
        Y[:, :1],
        YES,
    )


def test_the_perceptron_rule_moves_the_weights_by_what_was_missed() -> None:
    weights = torch.tensor([[0.5, -1.0]], requires_grad=True)
    x = torch.tensor([[1.0, 2.0], [3.0, 1.0], [2.0, -1.0], [-1.0, 0.5]])
    truth = torch.tensor([1, 1, 0, 0])
    loss = build(classes.PerceptronLoss(), TensorSpec((None, 1)), TensorSpec((None,), DType.INT, 2))
    loss(x @ weights.T, truth).backward()  # answers 0, 1, 1, 0: the first was missed, the third is wrongly a yes
    assert weights.grad is not None
    torch.testing.assert_close(-weights.grad * len(x), (x[0] - x[2])[None])
    right = (X.max(1).values - X.gather(1, T[:, None])[:, 0]).mean()
    same(classes.PerceptronLoss(), right, X, T)


def test_several_right_classes_are_torchs() -> None:
    target = torch.tensor([[1, 0, 1, 0, 0], [0, 0, 0, 0, 1]]).float()
    numbers_of = torch.tensor([[0, 2, -1, -1, -1], [4, -1, -1, -1, -1]])
    same(classes.MultiLabelMarginLoss(), nn.MultiLabelMarginLoss()(X[:2], numbers_of), X[:2], target)


def test_ctc_is_torchs() -> None:
    scores = torch.randn(3, 9, 5, generator=torch.Generator().manual_seed(3))
    target = torch.tensor([[1, 2, 2], [4, 0, 0], [3, 1, 0]])
    reference = nn.CTCLoss(zero_infinity=True)(
        scores.log_softmax(2).transpose(0, 1), target, torch.tensor([9, 9, 9]), torch.tensor([3, 1, 2])
    )
    same(classes.CTCLoss(), reference, scores, target)


def test_distances_of_triplets_are_torchs() -> None:
    z = X.roll(2, 0)
    for word, function in {
        "cosine": lambda a, b: 1 - F.cosine_similarity(a, b),
        "manhattan": lambda a, b: (a - b).abs().sum(1),
        "squared": lambda a, b: (a - b).square().sum(1),
    }.items():
        reference = nn.TripletMarginWithDistanceLoss(distance_function=function, margin=0.7)(X, Y, z)
        layer = embeddings.TripletMarginWithDistanceLoss(distance=word, margin=0.7)  # type: ignore[arg-type]
        same(layer, reference, X, Y, z)


def test_what_reduces_to_cross_entropy_is_torchs() -> None:
    reference = F.cross_entropy(X, T)
    same(classes.FocalLoss(gamma=0.0), reference, X, T)
    same(classes.PolyLoss(epsilon=0.0), reference, X, T)
    same(classes.CosFaceLoss(margin=0.0, scale=3.0), F.cross_entropy(3 * X, T), X, T)
    cosine = X.tanh()
    same(classes.ArcFaceLoss(margin=0.0, scale=3.0), F.cross_entropy(3 * cosine, T), cosine, T)
    half = F.binary_cross_entropy_with_logits(X, Y.sigmoid()) / 2
    same(classes.BinaryFocalLoss(alpha=0.5, gamma=0.0), half, X, Y.sigmoid())
    plain = F.binary_cross_entropy_with_logits(X, (Y > 0).float())
    same(classes.AsymmetricLoss(gamma_negative=0.0, gamma_positive=0.0, clip=0.0), plain, X, (Y > 0).float())


def test_focal_and_angles_follow_their_formulas() -> None:
    p = X.softmax(1)[torch.arange(6), T]
    same(classes.GeneralizedCrossEntropyLoss(), ((1 - p**0.7) / 0.7).mean(), X, T)
    same(classes.FocalLoss(gamma=2.0), (-((1 - p) ** 2) * p.log()).mean(), X, T)
    cosine = X.tanh()
    right = torch.cos(torch.acos(cosine[torch.arange(6), T]) + 0.3)
    moved = cosine.clone()
    moved[torch.arange(6), T] = right
    same(classes.ArcFaceLoss(margin=0.3, scale=5.0), F.cross_entropy(5 * moved, T), cosine, T)


def test_ordinal_losses_ask_one_question_a_step() -> None:
    scores = X[:, :4]
    coral = corn = 0.0
    asked = 0
    for row, true in zip(scores, T.tolist(), strict=True):
        for k, score in enumerate(row):
            told = float(F.logsigmoid(score if true > k else -score))
            coral -= told / len(T)
            if true >= k:
                corn -= told
                asked += 1
    same(classes.CORALLoss(), coral, scores, T)
    same(classes.CORNLoss(), corn / asked, scores, T)


def test_distances_of_distributions() -> None:
    p, t = X.softmax(1), Y.softmax(1)
    m = (p + t) / 2
    reference = (F.kl_div(m.log(), p, reduction="batchmean") + F.kl_div(m.log(), t, reduction="batchmean")) / 2
    same(classes.JensenShannonLoss(), reference, X, t)
    soft = F.kl_div((X / 2).log_softmax(1), (Y / 2).softmax(1), reduction="batchmean") * 4
    same(classes.DistillationLoss(temperature=2.0), soft, X, Y)


def test_uncertain_numbers_are_torchs() -> None:
    variance = Y.square() + 0.1
    for full in (False, True):
        reference = nn.GaussianNLLLoss(full=full)(X, Y, variance)
        same(numbers.GaussianNLLLoss(full=full), reference, X, Y, variance)
    least = nn.GaussianNLLLoss(eps=0.5)(X, Y, torch.zeros_like(X))
    same(numbers.GaussianNLLLoss(eps=0.5), least, X, Y, torch.zeros_like(X) - 1)


def test_numbers_follow_their_formulas() -> None:
    positive, gap = Y.abs(), X - Y
    same(numbers.LogCoshLoss(), gap.cosh().log().mean(), X, Y)
    same(numbers.CharbonnierLoss(eps=0.1), (gap.square() + 0.01).sqrt().mean(), X, Y)
    same(numbers.MeanSquaredLogError(), F.mse_loss(X.abs().log1p(), positive.log1p()), X.abs(), positive)
    same(numbers.RelativeErrorLoss(floor=1e-6), (gap.abs() / Y.abs()).mean(), X, Y)
    same(numbers.QuantileLoss(), gap.abs().mean() / 2, X, Y)
    same(numbers.QuantileLoss(quantile=0.9), torch.where(gap < 0, -0.9 * gap, 0.1 * gap).mean(), X, Y)
    mean = X.exp()
    tweedie = (mean.sqrt() / 0.5 + positive / mean.sqrt() / 0.5).mean()
    same(numbers.TweedieLoss(power=1.5), tweedie, X, positive)
    same(numbers.CosineLoss(), (1 - F.cosine_similarity(X, Y)).mean(), X, Y)


def test_the_quantile_loss_is_least_at_the_quantile() -> None:
    data = torch.arange(101.0)[:, None]
    module = build(numbers.QuantileLoss(quantile=0.8))
    values = [float(module(torch.full_like(data, guess), data)) for guess in range(101)]
    assert values.index(min(values)) == 80


def test_structural_similarity_of_equal_and_shifted_pictures() -> None:
    x = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(4))
    same(numbers.SSIMLoss(), 0.0, x, x)
    module = build(numbers.SSIMLoss())
    assert float(module(x, x + 0.3)) < float(module(x, x.flip(3)))
    metrics = pytest.importorskip("torchmetrics.functional.image")
    other = (x + 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(5))).clamp(0, 1)
    _, whole = metrics.structural_similarity_index_measure(x, other, data_range=1.0, return_full_image=True)
    inside = whole[..., 5:-5, 5:-5]  # the library mirrors the borders; only windows that lie inside count here
    same(numbers.SSIMLoss(), 1 - inside.mean(), x, other)


def test_total_variation_counts_neighbours() -> None:
    x = torch.tensor([[[[0.0, 1.0], [3.0, 3.0]]]])
    same(numbers.TotalVariationLoss(), (1 + 0 + 3 + 2) / 4, x)


def test_boxes() -> None:
    a, b = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[1.0, 1.0, 3.0, 3.0]])
    iou = 1 / 7
    same(numbers.BoxIoULoss(kind="iou"), 1 - iou, a, b)
    same(numbers.BoxIoULoss(kind="giou"), 1 - iou + 2 / 9, a, b)
    same(numbers.BoxIoULoss(kind="diou"), 1 - iou + 2 / 18, a, b)
    same(numbers.BoxIoULoss(kind="ciou"), 1 - iou + 2 / 18, a, b)
    wide = torch.tensor([[1.0, 1.0, 5.0, 3.0]])
    shape = 4 / math.pi**2 * (math.atan(2) - math.atan(1)) ** 2
    iou = 1 / 11
    expected = 1 - iou + (1.5**2 * 0 + 2.0**2 + 1.0) / 34 + shape * shape / (1 - iou + shape)
    same(numbers.BoxIoULoss(kind="ciou"), expected, a, wide)


def regions() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(6)
    return torch.randn(2, 3, 4, 4, generator=generator), torch.randint(3, (2, 4, 4), generator=generator)


def test_overlaps_follow_their_formulas() -> None:
    scores, target = regions()
    p, t = scores.softmax(1), F.one_hot(target, 3).movedim(-1, 1).float()
    both, all_p, all_t = ((p * t).sum((0, 2, 3)), p.sum((0, 2, 3)), t.sum((0, 2, 3)))
    same(masks.DiceLoss(), 1 - ((2 * both + 1) / (all_p + all_t + 1)).mean(), scores, target)
    same(masks.JaccardLoss(), 1 - ((both + 1) / (all_p + all_t - both + 1)).mean(), scores, target)
    tversky = (both + 1) / (both + 0.3 * (all_p - both) + 0.7 * (all_t - both) + 1)
    same(masks.TverskyLoss(), 1 - tversky.mean(), scores, target)
    same(masks.TverskyLoss(gamma=0.75), ((1 - tversky) ** 0.75).mean(), scores, target)
    one, mask = scores[:, 0], (target == 0).float()
    p = one.sigmoid()
    both, all_p, all_t = (p * mask).sum((1, 2)), p.sum((1, 2)), mask.sum((1, 2))
    same(masks.BinaryDiceLoss(), 1 - ((2 * both + 1) / (all_p + all_t + 1)).mean(), one, mask)
    same(masks.BinaryJaccardLoss(), 1 - ((both + 1) / (all_p + all_t - both + 1)).mean(), one, mask)
    tversky = (both + 1) / (both + 0.3 * (all_p - both) + 0.7 * (all_t - both) + 1)
    same(masks.BinaryTverskyLoss(), 1 - tversky.mean(), one, mask)


def test_lovasz_is_one_less_jaccard_where_answers_are_sure() -> None:
    """The extension equals the set function at its corners: there answers are 0 or 1."""
    _, target = regions()
    answer = target.roll(1, 2)
    sure = F.one_hot(answer, 3).movedim(-1, 1).float() * 80
    missing = []
    for c in range(3):
        a, t = answer == c, target == c
        missing.append(1 - float((a & t).sum()) / float((a | t).sum()))
    same(masks.LovaszSoftmaxLoss(), sum(missing) / 3, sure, target)
    mask, told = (target == 0).float(), (answer == 0).float()
    per_sample = [1 - float((a * t).sum()) / float(((a + t) > 0).sum()) for a, t in zip(told, mask, strict=True)]
    same(masks.LovaszHingeLoss(), 2 * sum(per_sample) / 2, told * 2 - 1, mask)


def cosines(a: Tensor, b: Tensor) -> list[list[float]]:
    return [[float(F.cosine_similarity(x, y, dim=0)) for y in b] for x in a]


def test_views_find_their_partner() -> None:
    scores = torch.tensor(cosines(X, Y)) / 0.5
    own = torch.arange(6)
    same(embeddings.InfoNCELoss(temperature=0.5, symmetric=False), F.cross_entropy(scores, own), X, Y)
    both = (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2
    same(embeddings.InfoNCELoss(temperature=0.5), both, X, Y)
    all_views = torch.cat((X, Y))
    pairs = cosines(all_views, all_views)
    total = 0.0
    for i in range(12):
        others = [math.exp(pairs[i][k] / 0.5) for k in range(12) if k != i]
        total -= math.log(math.exp(pairs[i][(i + 6) % 12] / 0.5) / sum(others))
    same(embeddings.NTXentLoss(temperature=0.5), total / 12, X, Y)


def test_samples_of_a_class_attract_each_other() -> None:
    pairs = cosines(X, X)
    total, counted = 0.0, 0
    for i in range(6):
        friends = [j for j in range(6) if j != i and T[j] == T[i]]
        if not friends:
            continue
        everyone = sum(math.exp(pairs[i][k] / 0.1) for k in range(6) if k != i)
        total -= sum(math.log(math.exp(pairs[i][j] / 0.1) / everyone) for j in friends) / len(friends)
        counted += 1
    same(embeddings.SupervisedContrastiveLoss(), total / counted, X, T)
    far = torch.cdist(X, X)
    hard = []
    for i in range(6):
        friends = [float(far[i, j]) for j in range(6) if j != i and T[j] == T[i]]
        if friends:
            stranger = min(float(far[i, j]) for j in range(6) if T[j] != T[i])
            hard.append(max(0.0, max(friends) - stranger + 0.2))
    same(embeddings.BatchHardTripletLoss(), sum(hard) / len(hard), X, T)


def test_pairs_and_twins() -> None:
    far = (X - Y).norm(dim=1)
    each = torch.where(YES > 0, far.square(), (3 - far).clamp(min=0).square())
    same(embeddings.ContrastiveLoss(margin=3.0), each.mean() / 2, X, Y, YES)
    a, b = ((x - x.mean(0)) / x.std(0, correction=0) for x in (X, Y))
    c = a.T @ b / 6
    expected = sum(
        (1 - float(c[i, i])) ** 2 if i == j else 5e-3 * float(c[i, j]) ** 2
        for i, j in itertools.product(range(5), range(5))
    )
    same(embeddings.BarlowTwinsLoss(), expected, X, Y)
    spread = sum(float((1 - (x.var(0) + 1e-4).sqrt()).clamp(min=0).mean()) for x in (X, Y)) / 2
    copies = 0.0
    for x in (X, Y):
        cov = torch.cov(x.T)
        copies += float((cov.square().sum() - cov.diagonal().square().sum()) / 5)
    same(embeddings.VICRegLoss(), 25 * F.mse_loss(X, Y) + 25 * spread + copies, X, Y)


def test_the_prior_is_torchs_divergence() -> None:
    own = torch.distributions.Normal(X, (0.5 * Y).exp())
    divergence = torch.distributions.kl_divergence(own, torch.distributions.Normal(0.0, 1.0))
    same(generative.KLPriorLoss(), divergence.sum(1).mean(), X, Y)
    same(generative.KLPriorLoss(free=50.0), 250.0, X, Y)


def test_features_and_style() -> None:
    same(generative.PerceptualLoss(), F.mse_loss(X, Y), X, Y)
    same(generative.PerceptualLoss(distance="absolute"), F.l1_loss(X, Y), X, Y)
    same(generative.PerceptualLoss(distance="cosine"), (1 - F.cosine_similarity(X, Y)).mean(), X, Y)
    directions = (F.normalize(X), F.normalize(Y))
    same(generative.PerceptualLoss(normalize=True), F.mse_loss(*directions), X, Y)
    a, b = torch.rand(2, 3, 4, 4), torch.rand(2, 3, 5, 2)
    grams = [torch.stack([f.flatten(1) @ f.flatten(1).T / f.numel() for f in x]) for x in (a, b)]
    same(generative.GramLoss(), F.mse_loss(*grams), a, b)


def test_critics() -> None:
    same(generative.WassersteinLoss(), X.mean() - Y.mean(), X, Y)
    same(generative.HingeCriticLoss(), F.relu(1 + X).mean() + F.relu(1 - Y).mean(), X, Y)
    same(generative.GeneratorLoss(), -X.mean(), X)
    module = build(generative.GradientPenaltyLoss())
    point = X.clone().requires_grad_()
    weight = torch.nn.Parameter(torch.ones(5))
    penalty = module(point @ weight, point)
    torch.testing.assert_close(penalty, torch.tensor((math.sqrt(5) - 1) ** 2))
    penalty.backward()
    expected = 2 * (math.sqrt(5) - 1) / math.sqrt(5)
    torch.testing.assert_close(weight.grad, torch.full((5,), expected))
    with torch.no_grad():
        assert float(module(point @ weight, point)) == 0.0


def test_values_of_actions() -> None:
    action, reward, over = torch.tensor([0, 1, 2, 3, 4, 0]), torch.arange(6.0), YES
    wanted = reward + 0.9 * Y.amax(1) * (1 - over)
    reference = F.huber_loss(X[torch.arange(6), action], wanted)
    same(generative.TDLoss(gamma=0.9), reference, X, action, reward, Y, over)
    without = F.huber_loss(X[torch.arange(6), action], reward + 0.9 * Y.amax(1))
    same(generative.TDLoss(gamma=0.9), without, X, action, reward, Y)
    chosen = Y[torch.arange(6), (-Y).argmax(1)]
    double = F.huber_loss(X[torch.arange(6), action], reward + 0.9 * chosen * (1 - over))
    same(generative.TDLoss(gamma=0.9), double, X, action, reward, Y, over, -Y)


def test_maps_pull_winner_and_neighbours() -> None:
    far = torch.tensor([[1.0, 4.0, 9.0, 16.0]])  # a map of 2 rows with 2 units each; the first one wins
    near = [1.0, math.exp(-0.5), math.exp(-0.5), math.exp(-1.0)]
    expected = sum(weight * float(d) for weight, d in zip(near, far[0], strict=True))
    same(generative.MapDistortionLoss(rows=2, radius=1.0), expected, far)


def test_energies_and_brakes() -> None:
    same(generative.FreeEnergyLoss(), X.mean() - Y.mean(), X, Y)
    same(generative.ActivityPenalty(), X.abs().mean(), X)
    same(generative.ActivityPenalty(p=2), X.square().mean(), X)
    same(generative.EntropyLoss(), -torch.distributions.Categorical(logits=X).entropy().mean(), X)
    share = X.sigmoid().mean(0)
    coins = torch.distributions.kl_divergence(
        torch.distributions.Bernoulli(torch.full((5,), 0.05)), torch.distributions.Bernoulli(share)
    )
    same(generative.SparsityLoss(), coins.sum(), X.sigmoid())


def test_class_weights_of_the_recipe_reach_the_loss() -> None:
    weight = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    module = build(classes.FocalLoss(gamma=0.0))
    module.register_buffer("weight", weight)
    torch.testing.assert_close(module(X, T), F.cross_entropy(X, T, weight))


def test_every_loss_of_torch_is_there() -> None:
    """Those that are not hold weights of their own, and would be the last layer and the loss at once."""
    absent = {
        "AdaptiveLogSoftmaxWithLoss": "holds the last layer itself, so no Output could answer",
        "LinearCrossEntropyLoss": "holds the last layer itself; draw Linear and CrossEntropyLoss",
        "NLLLoss2d": "deprecated in torch for NLLLoss",
    }
    offered = {item.__name__ for item in registry.losses()}
    assert {name for name in dir(nn) if name.endswith(("Loss", "Loss2d"))} - offered == set(absent)
    assert len(offered) >= 60

"""Layers of many words or classes that torch makes awkward to call: a bag of embeddings, the adaptive softmax."""

from torch import Tensor, nn


class EmbeddingBag(nn.EmbeddingBag):
    """nn.EmbeddingBag on a row of numbers a sample, (N, L) to (N, features), with weights (N, L) if wanted."""

    def forward(self, x: Tensor, weights: Tensor | None = None) -> Tensor:  # type: ignore[override]
        return super().forward(x, None, None if weights is None else weights.to(self.weight.dtype))


class AdaptiveLogSoftmaxWithLoss(nn.AdaptiveLogSoftmaxWithLoss):
    """The log-probabilities of all classes of nn.AdaptiveLogSoftmaxWithLoss, for (N, ..., features)."""

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        rows = x.reshape(-1, x.shape[-1])
        return self.log_prob(rows).reshape(*x.shape[:-1], -1)

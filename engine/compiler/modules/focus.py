"""Attention in its parts, and gates on channels and places; batch first."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class ScaledDotProductAttention(nn.Module):
    """softmax(Q Kᵀ / √d + mask) V without weights; a mask says yes where a step may look."""

    def __init__(self, dropout_p: float = 0.0, is_causal: bool = False) -> None:
        super().__init__()
        self.dropout_p = dropout_p
        self.is_causal = is_causal

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
        dropped = self.dropout_p if self.training else 0.0
        if mask is None:
            return F.scaled_dot_product_attention(query, key, value, dropout_p=dropped, is_causal=self.is_causal)
        seen = mask.tril() if self.is_causal else mask
        return F.scaled_dot_product_attention(query, key, value, attn_mask=seen, dropout_p=dropped)


class LinearAttention(nn.Module):
    """φ(Q) (φ(K)ᵀ V) / (φ(Q) Σ φ(K)) with φ = ELU + 1 (Katharopoulos et al. 2020)."""

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        query, key = F.elu(query) + 1, F.elu(key) + 1
        mixed = query @ (key.transpose(1, 2) @ value)
        return mixed / (query * key.sum(1, keepdim=True)).sum(2, keepdim=True)


class AdditiveAttention(nn.Module):
    """A query (N, Q) looks at keys (N, L, F): their mean by softmax(v tanh(W q + U k)), and the weights (N, L)."""

    def __init__(self, query_features: int, features: int, hidden_features: int = 64) -> None:
        super().__init__()
        self.query = nn.Linear(query_features, hidden_features, bias=False)
        self.key = nn.Linear(features, hidden_features)
        self.score = nn.Linear(hidden_features, 1, bias=False)

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        scores = self.score(torch.tanh(self.query(query).unsqueeze(1) + self.key(keys))).squeeze(2)
        if mask is not None:
            scores = scores.masked_fill(~mask, -1e9)
        weights = torch.softmax(scores, 1)
        return (weights.unsqueeze(2) * keys).sum(1), weights


class GroupedQueryAttention(nn.Module):
    """Causal or free self-attention of (N, L, features) whose heads share keys and values (Ainslie et al. 2023).

    With `rotary`, queries and keys are turned by their place: value i with value i + half (Su et al. 2021).
    """

    turns: Tensor

    def __init__(
        self,
        features: int,
        num_heads: int = 4,
        num_kv_heads: int = 2,
        is_causal: bool = True,
        rotary: bool = True,
        bias: bool = False,
    ) -> None:
        super().__init__()
        self.width = features // num_heads
        self.groups = num_heads // num_kv_heads
        self.is_causal = is_causal
        self.rotary = rotary
        self.query = nn.Linear(features, features, bias)
        self.key = nn.Linear(features, num_kv_heads * self.width, bias)
        self.value = nn.Linear(features, num_kv_heads * self.width, bias)
        self.output = nn.Linear(features, features, bias)
        half = self.width // 2
        self.register_buffer("turns", 10_000.0 ** (-torch.arange(half) / max(half, 1)), persistent=False)

    def heads(self, x: Tensor) -> Tensor:
        """(N, L, heads * width) to (N, heads, L, width)."""
        return x.view(x.shape[0], x.shape[1], -1, self.width).transpose(1, 2)

    def turned(self, x: Tensor) -> Tensor:
        """(N, heads, L, width), each step turned by its place."""
        angles = torch.arange(x.shape[2], device=x.device).unsqueeze(1) * self.turns
        cos, sin = angles.cos(), angles.sin()
        a, b = x.chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        query, key, value = self.heads(self.query(x)), self.heads(self.key(x)), self.heads(self.value(x))
        if self.rotary:
            query, key = self.turned(query), self.turned(key)
        key, value = key.repeat_interleave(self.groups, 1), value.repeat_interleave(self.groups, 1)
        if mask is None:
            mixed = F.scaled_dot_product_attention(query, key, value, is_causal=self.is_causal)
        else:
            seen = mask.tril() if self.is_causal else mask
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=seen.unsqueeze(1))
        joined: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return joined


class AttentionPooling(nn.Module):
    """(N, L, features) to (N, features): a mean whose weights are softmax(w x + b)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.score = nn.Linear(features, 1)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        scores = self.score(x)
        if mask is not None:
            scores = scores.masked_fill(~mask.unsqueeze(2), -1e9)
        return (torch.softmax(scores, 1) * x).sum(1)


class SqueezeExcite(nn.Module):
    """(N, C, ...) with each channel times a gate that follows from the means of all (Hu et al. 2018)."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        inside = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, inside)
        self.excite = nn.Linear(inside, channels)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.flatten(2).mean(2)))))
        return x * gate.view(*gate.shape, *[1] * (x.dim() - 2))


class EfficientChannelAttention(nn.Module):
    """(N, C, ...) with each channel times a gate that follows from the means of its neighbours (Wang et al. 2020)."""

    def __init__(self, kernel_size: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.conv(x.flatten(2).mean(2).unsqueeze(1))).squeeze(1)
        return x * gate.view(*gate.shape, *[1] * (x.dim() - 2))


class CBAM(nn.Module):
    """(N, C, H, W): a gate on channels from their means and maxima, then one on places (Woo et al. 2018)."""

    def __init__(self, channels: int, reduction: int = 16, kernel_size: int = 7) -> None:
        super().__init__()
        inside = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, inside)
        self.excite = nn.Linear(inside, channels)
        self.places = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def scores(self, x: Tensor) -> Tensor:
        """(N, C) to (N, C) through the narrow layer."""
        scored: Tensor = self.excite(torch.relu(self.squeeze(x)))
        return scored

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.scores(x.mean((2, 3))) + self.scores(x.amax((2, 3))))
        x = x * gate.unsqueeze(2).unsqueeze(3)
        seen = torch.cat((x.mean(1, keepdim=True), x.amax(1, keepdim=True)), 1)
        return x * torch.sigmoid(self.places(seen))

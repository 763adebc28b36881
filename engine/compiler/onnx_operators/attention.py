"""Attention and what goes with it."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.onnx_operators.dtypes import TORCH
from engine.compiler.onnx_operators.table import operator


def _heads(x: Tensor, count: int | None) -> Tensor:
    """(N, time, heads * size) as (N, heads, time, size)."""
    if x.dim() == 4:
        return x
    assert count
    return x.reshape(x.shape[0], x.shape[1], count, -1).transpose(1, 2)


@operator("Attention")
def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    past_key: Tensor | None = None,
    past_value: Tensor | None = None,
    lengths: Tensor | None = None,
    *,
    is_causal: int = 0,
    q_num_heads: int | None = None,
    kv_num_heads: int | None = None,
    scale: float | None = None,
    softcap: float = 0.0,
    softmax_precision: int | None = None,
    qk_matmul_output_mode: int = 0,
    left_window_size: int = -1,
    right_window_size: int = -1,
    outputs: int = 1,
) -> tuple[Any, ...]:
    """Each place of a query looks at keys and mixes the values of those that match."""
    flat = q.dim() == 3
    q, k, v = _heads(q, q_num_heads), _heads(k, kv_num_heads), _heads(v, kv_num_heads)
    if past_key is not None and past_value is not None:
        k, v = torch.cat([past_key, k], 2), torch.cat([past_value, v], 2)
    present = (k, v)
    groups = q.shape[1] // k.shape[1]
    if groups > 1:
        k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
    root = (q.shape[-1] ** -0.5 if scale is None else scale) ** 0.5
    scores = (q * root) @ (k * root).transpose(-1, -2)
    shown = {0: scores}
    bias = torch.zeros(scores.shape[-2:], dtype=q.dtype, device=q.device)
    if mask is not None:
        if mask.shape[-1] < k.shape[2]:
            fill: Any = False if mask.dtype is torch.bool else float("-inf")
            mask = F.pad(mask, (0, k.shape[2] - mask.shape[-1]), value=fill)
        if mask.dtype is torch.bool:
            mask = torch.zeros(mask.shape, dtype=q.dtype, device=q.device).masked_fill(~mask, float("-inf"))
        bias = bias + mask
    rows = torch.arange(q.shape[2], device=q.device)[:, None]
    columns = torch.arange(k.shape[2], device=q.device)[None]
    if lengths is not None:
        known = lengths.reshape(-1, 1, 1, 1)
        bias = bias + torch.zeros((), dtype=q.dtype).masked_fill(columns >= known, float("-inf"))
        offset: Any = known - q.shape[2]
    else:
        offset = past_key.shape[2] if past_key is not None else 0
    if is_causal:
        bias = bias + torch.zeros((), dtype=q.dtype).masked_fill(columns > rows + offset, float("-inf"))
    if left_window_size >= 0:
        bias = bias + torch.zeros((), dtype=q.dtype).masked_fill(
            columns < rows + offset - left_window_size, float("-inf")
        )
    if right_window_size >= 0:
        bias = bias + torch.zeros((), dtype=q.dtype).masked_fill(
            columns > rows + offset + right_window_size, float("-inf")
        )
    if softcap > 0:
        scores = softcap * torch.tanh(scores / softcap)
    shown[1] = scores
    scores = scores + bias
    shown[2] = scores
    wide = scores if softmax_precision is None else scores.to(TORCH[softmax_precision])
    shares = torch.nan_to_num(F.softmax(wide, -1)).to(q.dtype)
    shown[3] = shares
    found = shares @ v
    if flat:
        found = found.transpose(1, 2).reshape(found.shape[0], found.shape[2], -1)
    return (found, *present, shown[qk_matmul_output_mode])[:outputs]


@operator("RotaryEmbedding")
def rotary_embedding(
    x: Tensor,
    cos: Tensor,
    sin: Tensor,
    places: Tensor | None = None,
    *,
    interleaved: int = 0,
    num_heads: int = 0,
    rotary_embedding_dim: int = 0,
) -> Tensor:
    """Pairs of values turned by an angle that says where they stand. Source: Su et al. 2021."""
    flat = x.dim() == 3
    found = x.reshape(x.shape[0], x.shape[1], num_heads, -1).transpose(1, 2) if flat else x
    size = rotary_embedding_dim or found.shape[-1]
    turned, rest = found[..., :size], found[..., size:]
    if places is not None:
        cos, sin = cos[places.long()], sin[places.long()]
    cos, sin = cos[..., : size // 2].unsqueeze(1), sin[..., : size // 2].unsqueeze(1)
    if interleaved:
        a, b = turned[..., 0::2], turned[..., 1::2]
        turned = torch.stack([a * cos - b * sin, b * cos + a * sin], -1).flatten(-2)
    else:
        a, b = turned.chunk(2, -1)
        turned = torch.cat([a * cos - b * sin, b * cos + a * sin], -1)
    found = torch.cat([turned, rest], -1)
    return found.transpose(1, 2).reshape(x.shape) if flat else found


@operator("Attention", domain="com.microsoft")
def foreign_attention(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    mask: Tensor | None = None,
    *,
    num_heads: int,
    qkv_hidden_sizes: Sequence[int] | None = None,
    scale: float | None = None,
    unidirectional: int = 0,
    mask_filter_value: float = -10000.0,
) -> Tensor:
    """Self-attention as onnxruntime's optimizer writes it; masks of shape (N, time)."""
    q, k, v = (x @ weight + (bias if bias is not None else 0)).chunk(3, -1)
    q, k, v = (_heads(item, num_heads) for item in (q, k, v))
    scores = q @ k.transpose(-1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if mask is not None:
        scores = scores + (1 - mask[:, None, None].to(scores.dtype)) * mask_filter_value
    if unidirectional:
        future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
        scores = scores.masked_fill(future, mask_filter_value)
    found = F.softmax(scores, -1) @ v
    return found.transpose(1, 2).reshape(x.shape[0], x.shape[1], -1)

"""torch's attention and transformers, batch first, with masks a sample, and inputs that may stay free."""

import torch
from torch import Tensor, nn


def additive(mask: Tensor | None, like: Tensor) -> Tensor | None:
    """A mask as what is added to the scores: -inf where it says no; one of decimal numbers is that already."""
    if mask is None or mask.is_floating_point():
        return mask
    return torch.zeros(mask.shape, dtype=like.dtype, device=mask.device).masked_fill(~mask, float("-inf"))


def steps(present: Tensor | None, like: Tensor) -> Tensor | None:
    """Which steps (N, S) there are; a sample without any looks at all of them, or it would give no number."""
    if present is not None and not present.is_floating_point():
        present = present | ~present.any(1, keepdim=True)
    return additive(present, like)


def view(mask: Tensor | None, causal: bool, query: Tensor, key: Tensor, heads: int) -> Tensor | None:
    """What each step looks at, from a mask (N, L, S), as torch takes it: (L, S) or (N * heads, L, S); None is all."""
    mask = additive(mask, query)
    if causal:
        ahead = torch.full((query.shape[1], key.shape[1]), float("-inf"), dtype=query.dtype, device=query.device).triu(
            1
        )
        if mask is None:
            return ahead
        mask = mask + ahead
    return None if mask is None else mask.repeat_interleave(heads, 0)


class MultiheadAttention(nn.MultiheadAttention):
    """nn.MultiheadAttention: a free key is the query, a free value the key; weights (N, L, S) only if asked."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = True,
        causal: bool = False,
        need_weights: bool = False,
        average_attn_weights: bool = True,
    ) -> None:
        super().__init__(embed_dim, num_heads, dropout, bias, add_bias_kv, add_zero_attn, kdim, vdim, batch_first)
        self.causal = causal
        self.need_weights = need_weights
        self.average_attn_weights = average_attn_weights

    def forward(  # type: ignore[override]
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
        mask: Tensor | None = None,
        present: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        key = query if key is None else key
        value = key if value is None else value
        mixed, weights = super().forward(
            query,
            key,
            value,
            key_padding_mask=steps(present, query),
            need_weights=self.need_weights,
            attn_mask=view(mask, self.causal, query, key, self.num_heads),
            average_attn_weights=self.average_attn_weights,
        )
        return mixed if weights is None else (mixed, weights)


class TransformerEncoderLayer(nn.TransformerEncoderLayer):
    """nn.TransformerEncoderLayer with masks a sample, (N, L, L) and (N, L); `causal` hides what comes later."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = True,
        norm_first: bool = False,
        bias: bool = True,
        causal: bool = False,
    ) -> None:
        super().__init__(
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias
        )
        self.causal = causal

    def forward(  # type: ignore[override]
        self, x: Tensor, mask: Tensor | None = None, present: Tensor | None = None
    ) -> Tensor:
        if mask is None and present is None and not self.causal:
            return super().forward(x)  # in evaluation torch does it in one piece
        seen = view(mask, self.causal, x, x, self.self_attn.num_heads)
        present = steps(present, x)
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), seen, present)
            x = x + self._ff_block(self.norm2(x))
            return x
        x = self.norm1(x + self._sa_block(x, seen, present))
        x = self.norm2(x + self._ff_block(x))
        return x


class TransformerDecoderLayer(nn.TransformerDecoderLayer):
    """nn.TransformerDecoderLayer with masks a sample; `causal` hides what comes later in the input."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = True,
        norm_first: bool = False,
        bias: bool = True,
        causal: bool = True,
    ) -> None:
        super().__init__(
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias
        )
        self.causal = causal

    def forward(  # type: ignore[override]
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        present: Tensor | None = None,
        memory_present: Tensor | None = None,
    ) -> Tensor:
        heads = self.self_attn.num_heads
        seen, present = view(mask, self.causal, x, x, heads), steps(present, x)
        found, memory_present = view(memory_mask, False, x, memory, heads), steps(memory_present, x)
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), seen, present)
            x = x + self._mha_block(self.norm2(x), memory, found, memory_present)
            x = x + self._ff_block(self.norm3(x))
            return x
        x = self.norm1(x + self._sa_block(x, seen, present))
        x = self.norm2(x + self._mha_block(x, memory, found, memory_present))
        x = self.norm3(x + self._ff_block(x))
        return x


class TransformerEncoder(nn.Module):
    """`num_layers` encoder layers one behind the other, each with weights of its own; `norm` ends with a LayerNorm."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        num_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        layer_norm_eps: float = 1e-5,
        norm_first: bool = False,
        bias: bool = True,
        norm: bool = False,
        causal: bool = False,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            TransformerEncoderLayer(
                d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, True, norm_first, bias, causal
            )
            for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(d_model, layer_norm_eps, bias=bias) if norm else None

    def forward(self, x: Tensor, mask: Tensor | None = None, present: Tensor | None = None) -> Tensor:
        for layer in self.layers:
            x = layer(x, mask, present)
        if self.norm is not None:
            x = self.norm(x)
        return x


class TransformerDecoder(nn.Module):
    """`num_layers` decoder layers one behind the other, all on one memory; `norm` ends with a LayerNorm."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        num_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        layer_norm_eps: float = 1e-5,
        norm_first: bool = False,
        bias: bool = True,
        norm: bool = False,
        causal: bool = True,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            TransformerDecoderLayer(
                d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, True, norm_first, bias, causal
            )
            for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(d_model, layer_norm_eps, bias=bias) if norm else None

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        present: Tensor | None = None,
        memory_present: Tensor | None = None,
    ) -> Tensor:
        for layer in self.layers:
            x = layer(x, memory, mask, memory_mask, present, memory_present)
        if self.norm is not None:
            x = self.norm(x)
        return x


class Transformer(nn.Module):
    """An encoder of the source and a decoder of the target that looks at it, each ended by a LayerNorm."""

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        layer_norm_eps: float = 1e-5,
        norm_first: bool = False,
        bias: bool = True,
        causal: bool = True,
    ) -> None:
        super().__init__()
        settings = (dim_feedforward, dropout, activation, layer_norm_eps, norm_first, bias, True)
        self.encoder = TransformerEncoder(d_model, nhead, num_encoder_layers, *settings, False)
        self.decoder = TransformerDecoder(d_model, nhead, num_decoder_layers, *settings, causal)

    def forward(
        self, source: Tensor, target: Tensor, source_present: Tensor | None = None, target_present: Tensor | None = None
    ) -> Tensor:
        memory = self.encoder(source, None, source_present)
        answer: Tensor = self.decoder(target, memory, None, None, target_present, source_present)
        return answer

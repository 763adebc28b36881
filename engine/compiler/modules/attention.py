"""torch's multi-head attention with one tensor as the answer and inputs that may stay free."""

from torch import Tensor, nn


class MultiheadAttention(nn.MultiheadAttention):
    """nn.MultiheadAttention without its weights: a free key is the query, a free value the key."""

    def forward(  # type: ignore[override]
        self, query: Tensor, key: Tensor | None = None, value: Tensor | None = None
    ) -> Tensor:
        key = query if key is None else key
        value = key if value is None else value
        mixed, _ = super().forward(query, key, value, need_weights=False)
        return mixed

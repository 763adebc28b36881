"""torch's recurrent layers with one tensor as the answer: the whole sequence, or the state after its last step."""

from typing import Any

import torch
from torch import Tensor, nn


def _chosen(core: nn.RNNBase, result: str, sequence: Tensor, hidden: Tensor) -> Tensor:
    """`sequence` (N, L, D * H) as it is, or from `hidden` (layers * D, N, H) the last layer's, directions joined."""
    if result == "sequence":
        return sequence
    return torch.cat((hidden[-2], hidden[-1]), 1) if core.bidirectional else hidden[-1]


class RNN(nn.RNN):
    """nn.RNN; `result` is "last", (N, hidden), or "sequence", (N, L, hidden)."""

    def __init__(self, *arguments: Any, result: str = "last", **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.result = result

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        sequence, hidden = super().forward(x)
        return _chosen(self, self.result, sequence, hidden)


class GRU(nn.GRU):
    """nn.GRU; `result` is "last", (N, hidden), or "sequence", (N, L, hidden)."""

    def __init__(self, *arguments: Any, result: str = "last", **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.result = result

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        sequence, hidden = super().forward(x)
        return _chosen(self, self.result, sequence, hidden)


class LSTM(nn.LSTM):
    """nn.LSTM; `result` is "last", (N, hidden), or "sequence", (N, L, hidden)."""

    def __init__(self, *arguments: Any, result: str = "last", **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.result = result

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        sequence, (hidden, _) = super().forward(x)
        return _chosen(self, self.result, sequence, hidden)

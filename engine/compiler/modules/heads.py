"""Last layers that belong to a loss: cosines to classes, and probabilities of classes with an order."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class CosineLinear(nn.Module):
    """(N, ..., F) to the cosines of its directions with learned ones (N, ..., out_features)."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.normalize(x, dim=-1), F.normalize(self.weight, dim=-1))


class OrdinalProbabilities(nn.Module):
    """(N, C - 1) scores "above class k" to (N, C) probabilities; in "corn" a score holds if the one before does."""

    def __init__(self, method: str = "coral") -> None:
        super().__init__()
        self.method = method

    def forward(self, x: Tensor) -> Tensor:
        logs = F.logsigmoid(x)
        above = (logs.cumsum(1) if self.method == "corn" else logs).exp()
        one = torch.ones_like(above[:, :1])
        # Scores of CORAL need not fall from class to class; what would be below 0 counts as 0.
        each = (torch.cat((one, above), 1) - torch.cat((above, one - one), 1)).clamp(min=0)
        return each / each.sum(1, keepdim=True)

"""The forms in which a Linear or a convolution can keep its weight: plain, normalized, or with a low-rank adapter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import Layer
from engine.catalog.rules import volume
from engine.catalog.tensors import TensorSpec

_OURS = "torch puts it around the built layer (torch.nn.utils.parametrizations) instead of taking it as an argument"


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighted(Layer):
    """Base of layers with one weight, which can be kept in another form.

    "weight_norm" learns direction and length of each row apart (Salimans and Kingma 2016), "spectral_norm" divides the
    weight by its largest singular value (Miyato et al. 2018), "low_rank" keeps the weight as it is and learns
    lora_alpha / lora_rank * up @ down, which is added to it (LoRA: Hu et al. 2021).
    """

    not_arguments: ClassVar[frozenset[str]] = frozenset({"weight_kind", "lora_rank", "lora_alpha"})
    unlike_torch: ClassVar[Mapping[str, str]] = {"weight_kind": _OURS, "lora_rank": _OURS, "lora_alpha": _OURS}
    weight_kind: Literal["plain", "weight_norm", "spectral_norm", "low_rank"] = attribute(
        "plain",
        advanced=True,
        last=True,
        label="Weight",
        help="'spectral_norm' and 'weight_norm' keep it in bounds, 'low_rank' (LoRA) fixes it and learns a correction.",
    )
    lora_rank: int = attribute(
        4,
        minimum=1,
        maximum=10_000,
        advanced=True,
        last=True,
        label="LoRA rank",
        help="Size of the correction of 'low_rank'.",
    )
    lora_alpha: float = attribute(
        4.0,
        above=0,
        maximum=1e6,
        advanced=True,
        last=True,
        label="LoRA alpha",
        help="Strength of the correction, times the rank.",
    )

    def weight_shape(self, *inputs: TensorSpec) -> tuple[int, ...]:
        """The weight's shape as torch keeps it; its first axis holds the rows."""
        raise NotImplementedError

    def weight_form(self) -> tuple[str, dict[str, Any]] | None:
        if self.weight_kind == "plain":
            return None
        settings = {"rank": self.lora_rank, "alpha": self.lora_alpha} if self.weight_kind == "low_rank" else {}
        return self.weight_kind, settings

    def weight_count(self, *inputs: TensorSpec) -> int:
        """Numbers in the weight in all its parts, those that stay fixed included."""
        rows, *others = self.weight_shape(*inputs)
        columns = volume(others)
        added = {"weight_norm": rows, "low_rank": self.lora_rank * (rows + columns)}.get(self.weight_kind, 0)
        return rows * columns + added

"""How near two tensors are to each other."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import NOT_THE_BATCH, Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import at_least_2, broadcast, normal_axis, volume, with_sizes, without_axis
from engine.catalog.tensors import TensorSpec

_TWO = (InputPort(name="a"), InputPort(name="b"))


@dataclass(frozen=True, kw_only=True, slots=True)
class CosineSimilarity(Layer):
    """Says how much two vectors point the same way: 1 the same, 0 across, -1 the opposite.

    Inputs of equal shape, or of size 1 where they differ; output without the axis dim. Source:
    torch.nn.CosineSimilarity.
    """

    target: ClassVar[str] = "torch.nn.CosineSimilarity"
    synonyms: ClassVar[tuple[str, ...]] = ("angle", "similar", "distance", "siamese", "embedding")
    formula: ClassVar[str] = "y = a · b / (max(‖a‖, ε) · max(‖b‖, ε))"
    when: ClassVar[str] = "To compare what two texts or pictures mean, whatever the size of their vectors."
    family: ClassVar[Family] = Family.MERGE
    inputs: ClassVar[tuple[InputPort, ...]] = _TWO
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cosine_similarity")
    stricter: ClassVar[str] = f"{NOT_THE_BATCH}; shapes of different rank would line up from the right"
    dim: int = attribute(1, minimum=-8, maximum=8, help="The axis that holds a vector: 1 is the first after the batch.")
    eps: float = attribute(1e-8, above=0, maximum=1, advanced=True, label="Epsilon", help="Least size of a vector.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        both = broadcast(inputs)
        return (without_axis(both, normal_axis(self.dim, both.rank)),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 3 * volume(broadcast(inputs).shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class PairwiseDistance(Layer):
    """Measures the distance between two vectors of features.

    Inputs of equal shape, or of size 1 where they differ; output without the last axis, or with size 1 there.
    Source: torch.nn.PairwiseDistance.
    """

    target: ClassVar[str] = "torch.nn.PairwiseDistance"
    synonyms: ClassVar[tuple[str, ...]] = ("euclidean", "metric", "siamese", "norm")
    formula: ClassVar[str] = "y = (Σ |a - b + ε|^p)^(1/p)"
    when: ClassVar[str] = "To compare two faces, signatures or products by the features a network found in them."
    family: ClassVar[Family] = Family.MERGE
    inputs: ClassVar[tuple[InputPort, ...]] = _TWO
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pairwise_distance")
    stricter: ClassVar[str] = (
        "one number a sample has no axis of features; shapes of different rank line up from the right"
    )
    p: float = attribute(2.0, minimum=1, maximum=64, label="Power", help="2 is the straight line, 1 the sum of steps.")
    eps: float = attribute(
        1e-6,
        minimum=0,
        maximum=1,
        advanced=True,
        label="Epsilon",
        help="Added to each difference, against a kink at 0.",
    )
    keepdim: bool = attribute(False, advanced=True, label="Keep the axis", help="Keep the last axis, with size 1.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        at_least_2(inputs[0])
        both = broadcast(inputs)
        return (with_sizes(both, {both.rank - 1: 1}) if self.keepdim else without_axis(both, both.rank - 1),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(broadcast(inputs).shape[1:])

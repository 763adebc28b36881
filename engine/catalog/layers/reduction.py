"""Layers that work along one axis: reduce it, run along it, or put its values in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import NOT_THE_BATCH, Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import (
    NO_SUMS,
    SEQUENCE,
    alike,
    mismatch,
    normal_axis,
    numbers,
    volume,
    with_sizes,
    without_axis,
)
from engine.catalog.tensors import DType, TensorSpec

_ANY = (InputPort(dtype=None),)
_DIM = "The axis: 1 is the first after the batch, -1 the last."
_ONE_AXIS = {"dim": "torch's default is all axes, the batch too, or none"}


def _dim(default: int, help: str = _DIM) -> Any:
    return attribute(default, minimum=-8, maximum=8, help=help)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reduction(Layer):
    """Base: one value instead of an axis."""

    family: ClassVar[Family] = Family.REDUCTION
    stricter: ClassVar[str] = f"{NOT_THE_BATCH}; {NO_SUMS}"
    unlike_torch: ClassVar[Mapping[str, str]] = _ONE_AXIS
    dim: int = _dim(1)
    keepdim: bool = attribute(False, advanced=True, label="Keep the axis", help="Keep the axis, with size 1.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (self._reduced(inputs[0], inputs[0].dtype),)

    def _reduced(self, x: TensorSpec, dtype: DType, classes: int | None = None) -> TensorSpec:
        axis = normal_axis(self.dim, x.rank)
        kept = with_sizes(x, {axis: 1}) if self.keepdim else without_axis(x, axis)
        return TensorSpec(kept.shape, dtype, classes)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Min(_Reduction):
    """Keeps the smallest value along an axis.

    Input (N, ...); output without the axis dim, or with size 1 there. Source: torch.amin.
    """

    target: ClassVar[str] = "torch.amin"
    caption: ClassVar[str] = "Minimum along an axis"
    formula: ClassVar[str] = "y = minᵢ xᵢ"
    when: ClassVar[str] = "For the worst case along an axis, or the nearest of several."
    synonyms: ClassVar[tuple[str, ...]] = ("minimum", "smallest", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="min")


@dataclass(frozen=True, kw_only=True, slots=True)
class Prod(_Reduction):
    """Multiplies all values along an axis.

    Input (N, ...); output without the axis dim, or with size 1 there. Source: torch.prod.
    """

    target: ClassVar[str] = "torch.prod"
    caption: ClassVar[str] = "Product"
    formula: ClassVar[str] = "y = Πᵢ xᵢ"
    when: ClassVar[str] = "For chances that must all come true."
    synonyms: ClassVar[tuple[str, ...]] = ("product", "multiply", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="prod")


@dataclass(frozen=True, kw_only=True, slots=True)
class Std(_Reduction):
    """Measures how far values spread along an axis: the standard deviation.

    Input (N, ...); output without the axis dim, or with size 1 there. Source: torch.std.
    """

    target: ClassVar[str] = "torch.std"
    caption: ClassVar[str] = "Standard deviation"
    formula: ClassVar[str] = "y = √(Σᵢ (xᵢ − mean)² / (n − correction))"
    when: ClassVar[str] = "To tell lively parts of a signal from quiet ones."
    synonyms: ClassVar[tuple[str, ...]] = ("standard deviation", "spread", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="std")
    stricter: ClassVar[str] = f"{NOT_THE_BATCH}; one value has no spread, torch answers with what is not a number"
    unlike_torch: ClassVar[Mapping[str, str]] = {**_ONE_AXIS, "correction": "empty in torch, which means 1"}
    correction: int = attribute(1, minimum=0, maximum=1, advanced=True, help="1 divides by one less than the count.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        size = x.shape[normal_axis(self.dim, x.rank)]
        if size is not None and size <= self.correction:
            mismatch(f"{self.correction + 1} or more values along dim {self.dim}", str(size), "Choose another dim.")
        return (self._reduced(x, x.dtype),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Var(_Reduction):
    """Measures how far values spread along an axis: the variance.

    Input (N, ...); output without the axis dim, or with size 1 there. Source: torch.var.
    """

    target: ClassVar[str] = "torch.var"
    caption: ClassVar[str] = "Variance"
    formula: ClassVar[str] = "y = Σᵢ (xᵢ − mean)² / (n − correction)"
    when: ClassVar[str] = "To tell lively parts of a signal from quiet ones."
    synonyms: ClassVar[tuple[str, ...]] = ("variance", "spread", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="var")
    stricter: ClassVar[str] = f"{NOT_THE_BATCH}; one value has no spread, torch answers with what is not a number"
    unlike_torch: ClassVar[Mapping[str, str]] = {**_ONE_AXIS, "correction": "empty in torch, which means 1"}
    correction: int = attribute(1, minimum=0, maximum=1, advanced=True, help="1 divides by one less than the count.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        size = x.shape[normal_axis(self.dim, x.rank)]
        if size is not None and size <= self.correction:
            mismatch(f"{self.correction + 1} or more values along dim {self.dim}", str(size), "Choose another dim.")
        return (self._reduced(x, x.dtype),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Norm(_Reduction):
    """Measures the length of the vectors along an axis.

    Input (N, ...); output without the axis dim, or with size 1 there. Source: torch.linalg.vector_norm.
    """

    target: ClassVar[str] = "torch.linalg.vector_norm"
    caption: ClassVar[str] = "Length along an axis"
    formula: ClassVar[str] = "y = (Σᵢ |xᵢ|ᵖ)^(1/p)"
    when: ClassVar[str] = "To measure how strongly a vector answers."
    synonyms: ClassVar[tuple[str, ...]] = ("length", "magnitude", "l2", "l1", "euclidean", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="norm")
    ord: float = attribute(2.0, minimum=1, maximum=16, label="Power", help="2 is the usual length, 1 the sum of sizes.")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogSumExp(_Reduction):
    """Takes a soft maximum along an axis: the logarithm of the sum of exponentials.

    Input (N, ...); output without the axis dim, or with size 1 there. Source: torch.logsumexp.
    """

    target: ClassVar[str] = "torch.logsumexp"
    caption: ClassVar[str] = "Log-sum-exp"
    formula: ClassVar[str] = "y = ln Σᵢ exp xᵢ"
    when: ClassVar[str] = "For energies and for sums of chances kept as logarithms."
    synonyms: ClassVar[tuple[str, ...]] = ("soft maximum", "softmax", "free energy", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="logsumexp")


@dataclass(frozen=True, kw_only=True, slots=True)
class Median(_Reduction):
    """Keeps the middle value along an axis, the lower one of two.

    Input (N, ...); output without the axis dim, or with size 1 there.
    """

    target: ClassVar[str] = "engine.compiler.modules.Median"
    formula: ClassVar[str] = "y = middle of the sorted xᵢ"
    when: ClassVar[str] = "Where a mean would be spoilt by a few wild values."
    synonyms: ClassVar[tuple[str, ...]] = ("middle", "robust", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="median")


@dataclass(frozen=True, kw_only=True, slots=True)
class ArgMax(_Reduction):
    """Finds the place of the largest value along an axis.

    Input (N, ...); output without the axis dim, or with size 1 there. Whole numbers, 0 is the first place. Source:
    torch.argmax.
    """

    target: ClassVar[str] = "torch.argmax"
    caption: ClassVar[str] = "Place of the maximum"
    formula: ClassVar[str] = "y = the i with the largest xᵢ"
    when: ClassVar[str] = "To turn scores into a class number. Nothing is learned through it."
    synonyms: ClassVar[tuple[str, ...]] = ("class", "index", "best", "winner")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="argmax")
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        numbers(x)
        return (self._reduced(x, DType.INT, x.shape[normal_axis(self.dim, x.rank)]),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ArgMin(_Reduction):
    """Finds the place of the smallest value along an axis.

    Input (N, ...); output without the axis dim, or with size 1 there. Whole numbers, 0 is the first place. Source:
    torch.argmin.
    """

    target: ClassVar[str] = "torch.argmin"
    caption: ClassVar[str] = "Place of the minimum"
    formula: ClassVar[str] = "y = the i with the smallest xᵢ"
    when: ClassVar[str] = "To find the nearest of several. Nothing is learned through it."
    synonyms: ClassVar[tuple[str, ...]] = ("index", "nearest", "winner")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="argmin")
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        numbers(x)
        return (self._reduced(x, DType.INT, x.shape[normal_axis(self.dim, x.rank)]),)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyOf(_Reduction):
    """Says yes where at least one value along an axis does.

    Input (N, ...); output without the axis dim, or with size 1 there. Yes or no. Source: torch.any.
    """

    target: ClassVar[str] = "torch.any"
    caption: ClassVar[str] = "Any"
    formula: ClassVar[str] = "y = ∃i: xᵢ"
    when: ClassVar[str] = "To ask whether something occurs anywhere."
    synonyms: ClassVar[tuple[str, ...]] = ("exists", "or", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="any")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=DType.BOOL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class AllOf(_Reduction):
    """Says yes where all values along an axis do.

    Input (N, ...); output without the axis dim, or with size 1 there. Yes or no. Source: torch.all.
    """

    target: ClassVar[str] = "torch.all"
    caption: ClassVar[str] = "All"
    formula: ClassVar[str] = "y = ∀i: xᵢ"
    when: ClassVar[str] = "To ask whether something holds everywhere."
    synonyms: ClassVar[tuple[str, ...]] = ("every", "and", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="all")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=DType.BOOL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class CountNonzero(Layer):
    """Counts the values along an axis that are not 0, or the yes among answers.

    Input (N, ...); output without the axis dim, whole numbers. Source: torch.count_nonzero.
    """

    target: ClassVar[str] = "torch.count_nonzero"
    caption: ClassVar[str] = "Count"
    formula: ClassVar[str] = "y = number of i with xᵢ ≠ 0"
    when: ClassVar[str] = "To know how many steps a mask keeps."
    synonyms: ClassVar[tuple[str, ...]] = ("count", "sum of yes", "number")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="count_nonzero")
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    stricter: ClassVar[str] = NOT_THE_BATCH
    family: ClassVar[Family] = Family.REDUCTION
    unlike_torch: ClassVar[Mapping[str, str]] = _ONE_AXIS
    dim: int = _dim(1)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        return (TensorSpec(without_axis(x, normal_axis(self.dim, x.rank)).shape, DType.INT),)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Running(Layer):
    """Base: every value becomes what all values up to it, along an axis, come to."""

    family: ClassVar[Family] = Family.REDUCTION
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = _dim(1)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        normal_axis(self.dim, x.rank)
        return (TensorSpec(x.shape, x.dtype),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class CumSum(_Running):
    """Adds up the values along an axis as it goes.

    Input and output (N, ...) of one shape. Source: torch.cumsum.
    """

    target: ClassVar[str] = "torch.cumsum"
    caption: ClassVar[str] = "Running sum"
    formula: ClassVar[str] = "yᵢ = x₁ + … + xᵢ"
    when: ClassVar[str] = "For totals so far: from speeds to places, from changes to levels."
    synonyms: ClassVar[tuple[str, ...]] = ("running total", "cumulative sum", "integral")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cumsum")


@dataclass(frozen=True, kw_only=True, slots=True)
class CumProd(_Running):
    """Multiplies the values along an axis as it goes.

    Input and output (N, ...) of one shape. Source: torch.cumprod.
    """

    target: ClassVar[str] = "torch.cumprod"
    caption: ClassVar[str] = "Running product"
    formula: ClassVar[str] = "yᵢ = x₁ · … · xᵢ"
    when: ClassVar[str] = "For chances that hold as long as all before did."
    synonyms: ClassVar[tuple[str, ...]] = ("running product", "cumulative product")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cumprod")


@dataclass(frozen=True, kw_only=True, slots=True)
class CumMax(_Running):
    """Keeps the largest value so far along an axis.

    Input and output (N, ...) of one shape.
    """

    target: ClassVar[str] = "engine.compiler.modules.CumMax"
    caption: ClassVar[str] = "Running maximum"
    formula: ClassVar[str] = "yᵢ = max(x₁, …, xᵢ)"
    when: ClassVar[str] = "For records so far, and for answers that may not fall."
    synonyms: ClassVar[tuple[str, ...]] = ("running maximum", "cumulative maximum", "record")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cummax")


@dataclass(frozen=True, kw_only=True, slots=True)
class CumMin(_Running):
    """Keeps the smallest value so far along an axis.

    Input and output (N, ...) of one shape.
    """

    target: ClassVar[str] = "engine.compiler.modules.CumMin"
    caption: ClassVar[str] = "Running minimum"
    formula: ClassVar[str] = "yᵢ = min(x₁, …, xᵢ)"
    when: ClassVar[str] = "For the least so far, and for answers that may not rise."
    synonyms: ClassVar[tuple[str, ...]] = ("running minimum", "cumulative minimum")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cummin")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogCumSumExp(_Running):
    """Takes the soft maximum so far along an axis.

    Input and output (N, ...) of one shape. Source: torch.logcumsumexp.
    """

    target: ClassVar[str] = "torch.logcumsumexp"
    caption: ClassVar[str] = "Running log-sum-exp"
    formula: ClassVar[str] = "yᵢ = ln(exp x₁ + … + exp xᵢ)"
    when: ClassVar[str] = "For running sums of chances kept as logarithms."
    synonyms: ClassVar[tuple[str, ...]] = ("running log-sum-exp", "cumulative")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="logcumsumexp")


@dataclass(frozen=True, kw_only=True, slots=True)
class Diff(Layer):
    """Takes the difference of each value and the one before along an axis.

    Input (N, ...); output with one entry less along dim. Source: torch.diff.
    """

    target: ClassVar[str] = "torch.diff"
    caption: ClassVar[str] = "Difference along an axis"
    formula: ClassVar[str] = "yᵢ = xᵢ₊₁ − xᵢ"
    when: ClassVar[str] = "For changes from step to step in a series."
    synonyms: ClassVar[tuple[str, ...]] = ("difference", "derivative", "change", "velocity")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="diff")
    family: ClassVar[Family] = Family.REDUCTION
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = _dim(-1)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = x.shape[axis]
        if size == 1:
            mismatch(f"2 or more values along dim {axis}", "1", "Choose another dim.")
        return (with_sizes(x, {axis: None if size is None else size - 1}),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Sort(Layer):
    """Puts the values along an axis in order, and says where each came from.

    Input (N, ...); outputs values of the same shape and indices, whole numbers. Source: torch.sort.
    """

    target: ClassVar[str] = "torch.sort"
    formula: ClassVar[str] = "values = x in order, indices = where each came from"
    when: ClassVar[str] = "When the order of values does not matter, only their size."
    synonyms: ClassVar[tuple[str, ...]] = ("order", "rank", "argsort")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="sort")
    family: ClassVar[Family] = Family.REDUCTION
    outputs: ClassVar[tuple[str, ...]] = ("values", "indices")
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = _dim(-1)
    descending: bool = attribute(False, label="Largest first", help="Begin with the largest value.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        return x, TensorSpec(x.shape, DType.INT, x.shape[axis])

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"stable": True}


@dataclass(frozen=True, kw_only=True, slots=True)
class TopK(Layer):
    """Keeps the largest values along an axis, and says where they stood.

    Input (N, ...); outputs values and indices with k entries along dim, the largest first. Source: torch.topk.
    """

    target: ClassVar[str] = "torch.topk"
    caption: ClassVar[str] = "Top k"
    formula: ClassVar[str] = "values = the k largest xᵢ, indices = their places"
    when: ClassVar[str] = "To keep the strongest answers, or to choose among many."
    synonyms: ClassVar[tuple[str, ...]] = ("largest", "best", "k best", "beam", "ranking")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="topk")
    family: ClassVar[Family] = Family.REDUCTION
    outputs: ClassVar[tuple[str, ...]] = ("values", "indices")
    stricter: ClassVar[str] = NOT_THE_BATCH
    k: int = attribute(3, minimum=1, maximum=1_000_000, label="How many", help="How many values are kept.")
    dim: int = _dim(-1)
    largest: bool = attribute(True, help="Keep the largest; off keeps the smallest.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = x.shape[axis]
        if size is not None and size < self.k:
            mismatch(f"{self.k} or more values along dim {axis}", str(size), "Keep fewer, or choose another dim.")
        kept = with_sizes(x, {axis: self.k})
        return kept, TensorSpec(kept.shape, DType.INT, size)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Masked(Layer):
    """Base: one value instead of those steps of a sequence that a mask says yes to."""

    family: ClassVar[Family] = Family.REDUCTION
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=SEQUENCE),
        InputPort(name="mask", axes=("N", "time"), dtype=DType.BOOL),
    )
    stricter: ClassVar[str] = "a mask of size 1 would be repeated over the samples or the steps"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, _ = inputs
        alike(inputs, 2)
        return (TensorSpec((x.shape[0], x.shape[2])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class MaskedMean(_Masked):
    """Takes the mean over those steps of a sequence that a mask says yes to.

    Inputs (N, time, features) and mask (N, time) of yes or no; output (N, features); 0 where no step counts.
    """

    target: ClassVar[str] = "engine.compiler.modules.MaskedMean"
    caption: ClassVar[str] = "Masked mean"
    formula: ClassVar[str] = "y = Σᵢ maskᵢ · xᵢ / Σᵢ maskᵢ"
    when: ClassVar[str] = "For texts of different length: a PaddingMask says which words there are."
    synonyms: ClassVar[tuple[str, ...]] = ("average", "pool over time", "sentence", "padding")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="masked_mean")


@dataclass(frozen=True, kw_only=True, slots=True)
class MaskedMax(_Masked):
    """Takes the largest value of each feature over those steps of a sequence that a mask says yes to.

    Inputs (N, time, features) and mask (N, time) of yes or no; output (N, features); 0 where no step counts.
    """

    target: ClassVar[str] = "engine.compiler.modules.MaskedMax"
    caption: ClassVar[str] = "Masked max"
    formula: ClassVar[str] = "y = max of xᵢ where maskᵢ"
    when: ClassVar[str] = "For the strongest sign of each kind in texts of different length, beside a MaskedMean."
    synonyms: ClassVar[tuple[str, ...]] = ("strongest", "max pool over time", "sentence", "padding")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="masked_max")


@dataclass(frozen=True, kw_only=True, slots=True)
class Normalize(Layer):
    """Makes all vectors along an axis one long, and keeps their direction.

    Input and output (N, ...) of one shape. Source: torch.nn.functional.normalize.
    """

    target: ClassVar[str] = "torch.nn.functional.normalize"
    caption: ClassVar[str] = "Unit length"
    formula: ClassVar[str] = "y = x / max(‖x‖ₚ, eps)"
    when: ClassVar[str] = "Before comparing vectors by their direction, as in contrastive learning."
    synonyms: ClassVar[tuple[str, ...]] = ("l2 normalize", "unit length", "unit vector", "embedding")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="normalize")
    family: ClassVar[Family] = Family.NORMALIZATION
    stricter: ClassVar[str] = NOT_THE_BATCH
    p: float = attribute(2.0, minimum=1, maximum=16, label="Power", help="2 is the usual length, 1 the sum of sizes.")
    dim: int = _dim(1)
    eps: float = attribute(
        1e-12, above=0, maximum=1, advanced=True, label="Epsilon", help="The least length divided by."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        normal_axis(self.dim, inputs[0].rank)
        return inputs

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Standardize(Layer):
    """Gives the values of every sample along an axis mean 0 and spread 1.

    Input and output (N, ...) of one shape; nothing is learned.
    """

    target: ClassVar[str] = "engine.compiler.modules.Standardize"
    caption: ClassVar[str] = "Mean 0, spread 1"
    formula: ClassVar[str] = "y = (x − mean) / √(var + eps)"
    when: ClassVar[str] = "When samples come in different loudness or brightness."
    synonyms: ClassVar[tuple[str, ...]] = ("z-score", "whiten", "center")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="standardize_axis")
    family: ClassVar[Family] = Family.NORMALIZATION
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = _dim(-1)
    eps: float = attribute(
        1e-5, above=0, maximum=1, advanced=True, label="Epsilon", help="Keeps it from dividing by 0."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        normal_axis(self.dim, inputs[0].rank)
        return inputs

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])

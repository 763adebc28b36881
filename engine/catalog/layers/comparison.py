"""Comparison and what is done with its answers: yes or no, masks, choosing, and changing the kind of numbers."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import (
    NO_SUMS,
    SEQUENCE,
    broadcast,
    merged_dtype,
    mismatch,
    numbers,
    same_sizes,
    volume,
)
from engine.catalog.tensors import DType, TensorSpec

_A = InputPort(name="a", dtype=None)
_LINED_UP = "with another number of dimensions, or a batch of 1, samples would be lined up with something else"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Comparison(Layer):
    """Base: value by value, of two tensors or of a tensor and a number."""

    family: ClassVar[Family] = Family.LOGIC
    inputs: ClassVar[tuple[InputPort, ...]] = (_A, InputPort(name="b", dtype=None, optional=True))
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="compare")
    stricter: ClassVar[str] = f"{_LINED_UP}; {NO_SUMS}"
    value: float = attribute(0.0, minimum=-1e9, maximum=1e9, help="What is compared with, when nothing is linked to b.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        numbers(*inputs)
        return (TensorSpec(broadcast(inputs).shape, DType.BOOL),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(broadcast(inputs).shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Greater(_Comparison):
    """Asks of every value whether a is above b.

    Inputs of equal shape, or of size 1 where they differ; b left free is the value; output yes or no.
    """

    target: ClassVar[str] = "engine.compiler.modules.Greater"
    formula: ClassVar[str] = "y = a > b"
    when: ClassVar[str] = "To make a mask, or to count what lies above a limit."
    synonyms: ClassVar[tuple[str, ...]] = ("larger", "above", "compare")


@dataclass(frozen=True, kw_only=True, slots=True)
class GreaterEqual(_Comparison):
    """Asks of every value whether a is b or above.

    Inputs of equal shape, or of size 1 where they differ; b left free is the value; output yes or no.
    """

    target: ClassVar[str] = "engine.compiler.modules.GreaterEqual"
    caption: ClassVar[str] = "Greater or equal"
    formula: ClassVar[str] = "y = a ≥ b"
    when: ClassVar[str] = "To make a mask, or to count what reaches a limit."
    synonyms: ClassVar[tuple[str, ...]] = ("at least", "compare")


@dataclass(frozen=True, kw_only=True, slots=True)
class Less(_Comparison):
    """Asks of every value whether a is below b.

    Inputs of equal shape, or of size 1 where they differ; b left free is the value; output yes or no.
    """

    target: ClassVar[str] = "engine.compiler.modules.Less"
    formula: ClassVar[str] = "y = a < b"
    when: ClassVar[str] = "To make a mask, or to count what lies below a limit."
    synonyms: ClassVar[tuple[str, ...]] = ("smaller", "below", "compare")


@dataclass(frozen=True, kw_only=True, slots=True)
class LessEqual(_Comparison):
    """Asks of every value whether a is b or below.

    Inputs of equal shape, or of size 1 where they differ; b left free is the value; output yes or no.
    """

    target: ClassVar[str] = "engine.compiler.modules.LessEqual"
    caption: ClassVar[str] = "Less or equal"
    formula: ClassVar[str] = "y = a ≤ b"
    when: ClassVar[str] = "To make a mask, or to count what does not pass a limit."
    synonyms: ClassVar[tuple[str, ...]] = ("at most", "compare")


@dataclass(frozen=True, kw_only=True, slots=True)
class Equal(_Comparison):
    """Asks of every value whether a is the same as b.

    Inputs of equal shape, or of size 1 where they differ; b left free is the value; output yes or no.
    """

    target: ClassVar[str] = "engine.compiler.modules.Equal"
    formula: ClassVar[str] = "y = a = b"
    when: ClassVar[str] = "To find places that hold a certain number, such as a class."
    synonyms: ClassVar[tuple[str, ...]] = ("same", "compare", "equals")


@dataclass(frozen=True, kw_only=True, slots=True)
class NotEqual(_Comparison):
    """Asks of every value whether a is another than b.

    Inputs of equal shape, or of size 1 where they differ; b left free is the value; output yes or no.
    """

    target: ClassVar[str] = "engine.compiler.modules.NotEqual"
    caption: ClassVar[str] = "Not equal"
    formula: ClassVar[str] = "y = a ≠ b"
    when: ClassVar[str] = "To leave out places that hold a certain number, such as padding."
    synonyms: ClassVar[tuple[str, ...]] = ("differs", "compare")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Logical(Layer):
    """Base: of two tensors of yes or no."""

    family: ClassVar[Family] = Family.LOGIC
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="a", dtype=DType.BOOL),
        InputPort(name="b", dtype=DType.BOOL),
    )
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (broadcast(inputs),)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogicalAnd(_Logical):
    """Says yes where both inputs do.

    Inputs of yes or no, of equal shape, or of size 1 where they differ; output of that shape. Source:
    torch.logical_and.
    """

    target: ClassVar[str] = "torch.logical_and"
    caption: ClassVar[str] = "And"
    formula: ClassVar[str] = "y = a ∧ b"
    when: ClassVar[str] = "To join masks that must all hold."
    synonyms: ClassVar[tuple[str, ...]] = ("and", "both")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="And")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogicalOr(_Logical):
    """Says yes where at least one input does.

    Inputs of yes or no, of equal shape, or of size 1 where they differ; output of that shape. Source:
    torch.logical_or.
    """

    target: ClassVar[str] = "torch.logical_or"
    caption: ClassVar[str] = "Or"
    formula: ClassVar[str] = "y = a ∨ b"
    when: ClassVar[str] = "To join masks of which one is enough."
    synonyms: ClassVar[tuple[str, ...]] = ("or", "either")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Or")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogicalXor(_Logical):
    """Says yes where exactly one input does.

    Inputs of yes or no, of equal shape, or of size 1 where they differ; output of that shape. Source:
    torch.logical_xor.
    """

    target: ClassVar[str] = "torch.logical_xor"
    caption: ClassVar[str] = "Exclusive or"
    formula: ClassVar[str] = "y = a ≠ b"
    when: ClassVar[str] = "To find where two masks differ."
    synonyms: ClassVar[tuple[str, ...]] = ("exclusive or", "either")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Xor")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Changed(Layer):
    """Base: every value becomes one of another kind."""

    family: ClassVar[Family] = Family.LOGIC
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None),)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogicalNot(_Changed):
    """Turns yes into no and no into yes.

    Input and output of yes or no, of one shape. Source: torch.logical_not.
    """

    target: ClassVar[str] = "torch.logical_not"
    caption: ClassVar[str] = "Not"
    formula: ClassVar[str] = "y = ¬x"
    when: ClassVar[str] = "To turn a mask around."
    synonyms: ClassVar[tuple[str, ...]] = ("not", "invert")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Not")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=DType.BOOL),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape, DType.BOOL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class IsNan(_Changed):
    """Says yes where a value is missing or not a number.

    Input of any shape; output of that shape, yes or no. Source: torch.isnan.
    """

    target: ClassVar[str] = "torch.isnan"
    caption: ClassVar[str] = "Is not a number"
    formula: ClassVar[str] = "y = x is not a number"
    when: ClassVar[str] = "To mask what is missing before NanToNum fills it."
    synonyms: ClassVar[tuple[str, ...]] = ("missing", "not a number", "nan")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="IsNaN")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape, DType.BOOL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class IsInf(_Changed):
    """Says yes where a value has grown beyond all numbers, up or down.

    Input of any shape; output of that shape, yes or no. Source: torch.isinf.
    """

    target: ClassVar[str] = "torch.isinf"
    caption: ClassVar[str] = "Is infinite"
    formula: ClassVar[str] = "y = |x| = ∞"
    when: ClassVar[str] = "To mask what a division by 0 has answered."
    synonyms: ClassVar[tuple[str, ...]] = ("infinite", "infinity", "overflow")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="IsInf")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape, DType.BOOL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class IsFinite(_Changed):
    """Says yes where a value is an ordinary number, neither missing nor infinite.

    Input of any shape; output of that shape, yes or no. Source: torch.isfinite.
    """

    target: ClassVar[str] = "torch.isfinite"
    caption: ClassVar[str] = "Is finite"
    formula: ClassVar[str] = "y = |x| < ∞"
    when: ClassVar[str] = "To mask what a division or logarithm could not answer."
    synonyms: ClassVar[tuple[str, ...]] = ("finite", "infinite", "valid")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="is_finite")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape, DType.BOOL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToFloat(_Changed):
    """Turns whole numbers or yes and no into decimal numbers.

    Input and output of one shape; yes is 1, no is 0.
    """

    target: ClassVar[str] = "engine.compiler.modules.ToFloat"
    caption: ClassVar[str] = "To decimal numbers"
    formula: ClassVar[str] = "y = x as a decimal number"
    when: ClassVar[str] = "Before layers that compute, when a mask or a count comes in."
    synonyms: ClassVar[tuple[str, ...]] = ("cast", "convert", "float", "type")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="to_float")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape, DType.FLOAT),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToInt(_Changed):
    """Turns decimal numbers or yes and no into whole numbers.

    Input and output of one shape; decimals are cut off, yes is 1, no is 0.
    """

    target: ClassVar[str] = "engine.compiler.modules.ToInt"
    caption: ClassVar[str] = "To whole numbers"
    formula: ClassVar[str] = "y = x without its decimals"
    when: ClassVar[str] = "Nothing is learned through it."
    synonyms: ClassVar[tuple[str, ...]] = ("cast", "convert", "integer", "long", "type")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="to_int")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape, DType.INT),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToBool(_Changed):
    """Says yes where a value is not 0.

    Input of any shape; output of that shape, yes or no.
    """

    target: ClassVar[str] = "engine.compiler.modules.ToBool"
    caption: ClassVar[str] = "To yes or no"
    formula: ClassVar[str] = "y = x ≠ 0"
    when: ClassVar[str] = "Nothing is learned through it."
    synonyms: ClassVar[tuple[str, ...]] = ("cast", "convert", "boolean", "mask", "type")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="to_bool")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape, DType.BOOL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Where(Layer):
    """Takes each value from a or from b, as a condition says.

    Inputs condition (yes or no), a and b of equal shape, or of size 1 where they differ; output of that shape.
    Source: torch.where.
    """

    target: ClassVar[str] = "torch.where"
    caption: ClassVar[str] = "Choose"
    formula: ClassVar[str] = "y = a where the condition holds, else b"
    when: ClassVar[str] = "To put two tensors together by a mask."
    synonyms: ClassVar[tuple[str, ...]] = ("choose", "if", "select", "switch", "condition")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="where")
    family: ClassVar[Family] = Family.LOGIC
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="condition", dtype=DType.BOOL),
        InputPort(name="a", dtype=None),
        InputPort(name="b", dtype=None),
    )
    stricter: ClassVar[str] = f"{_LINED_UP}; {NO_SUMS}"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        numbers(*inputs[1:])
        return (TensorSpec(broadcast(inputs).shape, merged_dtype(inputs[1:])),)


@dataclass(frozen=True, kw_only=True, slots=True)
class MaskedFill(Layer):
    """Puts a fixed value wherever a mask says yes.

    Inputs (N, ...) and mask of yes or no, of its shape or of size 1 where they differ; output like the first.
    Source: torch.masked_fill.
    """

    target: ClassVar[str] = "torch.masked_fill"
    caption: ClassVar[str] = "Masked fill"
    formula: ClassVar[str] = "y = value where the mask holds, else x"
    when: ClassVar[str] = "With a value of -10000 before a Softmax, what is masked gets no weight."
    synonyms: ClassVar[tuple[str, ...]] = ("mask", "hide", "blank", "attention mask")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="masked_fill")
    family: ClassVar[Family] = Family.LOGIC
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(), InputPort(name="mask", dtype=DType.BOOL))
    stricter: ClassVar[str] = _LINED_UP
    value: float = attribute(0.0, minimum=-1e9, maximum=1e9, help="What stands where the mask says yes.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, mask = inputs
        for size, masked in zip(x.shape[1:], mask.shape[1:], strict=False):
            if masked != 1 and size == 1:
                mismatch("a mask no larger than the input", mask, "Its sizes must be those of the input, or 1.")
        return (TensorSpec(broadcast(inputs).shape),)


@dataclass(frozen=True, kw_only=True, slots=True)
class CausalMask(Layer):
    """Says which steps each step of a sequence may look at: itself and those before.

    Input (N, time, features); output (N, time, time) of yes or no: row i, column j says whether i may look at j.
    """

    target: ClassVar[str] = "engine.compiler.modules.CausalMask"
    caption: ClassVar[str] = "Causal mask"
    formula: ClassVar[str] = "y[i, j] = j ≤ i"
    when: ClassVar[str] = "Before attention in a network that writes a text from left to right."
    synonyms: ClassVar[tuple[str, ...]] = ("autoregressive", "look ahead", "triangle", "attention mask", "gpt")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="causal_mask")
    family: ClassVar[Family] = Family.LOGIC
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SEQUENCE),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        batch, steps, _ = inputs[0].shape
        return (TensorSpec((batch, steps, steps), DType.BOOL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class PaddingMask(Layer):
    """Says which places of a text hold a word, and which only fill it up.

    Input (N, time) of whole numbers; output (N, time) of yes or no: yes where there is a word.
    """

    target: ClassVar[str] = "engine.compiler.modules.PaddingMask"
    caption: ClassVar[str] = "Padding mask"
    formula: ClassVar[str] = "y = x ≠ padding_idx"
    when: ClassVar[str] = "For attention or a MaskedMean over texts of different length."
    synonyms: ClassVar[tuple[str, ...]] = ("mask", "length", "attention mask", "fill")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="padding_mask")
    family: ClassVar[Family] = Family.LOGIC
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=("N", "time"), dtype=DType.INT),)
    padding_idx: int = attribute(0, minimum=0, maximum=1_000_000, label="Padding", help="The number that fills up.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape, DType.BOOL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class LengthMask(Layer):
    """Says which steps of a sequence lie before its length.

    Inputs lengths (N,) of whole numbers and like (N, time, ...); output (N, time) of yes or no.
    """

    target: ClassVar[str] = "engine.compiler.modules.LengthMask"
    caption: ClassVar[str] = "Length mask"
    formula: ClassVar[str] = "y[i] = i < length"
    when: ClassVar[str] = "For attention or a MaskedMean, when the lengths come with the data."
    synonyms: ClassVar[tuple[str, ...]] = ("mask", "padding", "packed", "sequence length")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="length_mask")
    family: ClassVar[Family] = Family.LOGIC
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="lengths", axes=("N",), dtype=DType.INT),
        InputPort(name="like", dtype=None),
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        lengths, like = inputs
        if like.rank < 2 or not same_sizes(lengths.shape[0], like.shape[0]):
            mismatch("a sequence (N, time, ...) of as many samples", like)
        return (TensorSpec(like.shape[:2], DType.BOOL),)

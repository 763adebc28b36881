"""Partners within a batch: what siamese networks compare."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import mismatch, same_sizes
from engine.catalog.tensors import DType, TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pairing(Layer):
    """Base: rows of a batch beside other rows of it, chosen by their classes."""

    family: ClassVar[Family] = Family.SPECIAL
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(dtype=None),
        InputPort(name="classes", axes=("N",), dtype=DType.INT),
    )
    stricter: ClassVar[str] = "a class belongs to each row, and none is used for several"

    def _checked(self, x: TensorSpec, classes: TensorSpec) -> TensorSpec:
        if not same_sizes(x.shape[0], classes.shape[0]):
            mismatch("a class for each sample", classes)
        return x

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 8)), TensorSpec((None,), DType.INT, 3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairs(_Pairing):
    """Puts beside each sample a partner out of the same batch: by turns one of its own class and one of another.

    Inputs (N, ...) and classes (N,) of whole numbers; outputs partner, as large as the input, and alike (N,), 1 where
    both have one class. The partner is the next that fits, round the batch, so that shuffled batches give new pairs.
    """

    target: ClassVar[str] = "engine.compiler.modules.Pairs"
    formula: ClassVar[str] = "partner = x[j], alike = 1 where class j = class i;  j the next of the wanted sort"
    when: ClassVar[str] = "Before the second of two encoders with the same weights, with a ContrastiveLoss behind both."
    synonyms: ClassVar[tuple[str, ...]] = ("siamese", "contrastive", "partner", "same or different", "one-shot")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pairs")
    outputs: ClassVar[tuple[str, ...]] = ("partner", "alike")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x = self._checked(*inputs)
        return x, TensorSpec((x.shape[0],), DType.INT, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Triplets(_Pairing):
    """Puts beside each sample another one of its class and one of another class, out of the same batch.

    Inputs (N, ...) and classes (N,) of whole numbers; outputs positive and negative, as large as the input. Each is the
    next that fits, round the batch; where there is none, the sample itself, which teaches nothing.
    """

    target: ClassVar[str] = "engine.compiler.modules.Triplets"
    formula: ClassVar[str] = "positive = the next x of the same class, negative = the next of another"
    when: ClassVar[str] = "Before two more encoders with the same weights, with a TripletMarginLoss behind all three."
    synonyms: ClassVar[tuple[str, ...]] = ("siamese", "anchor", "metric learning", "faces", "one-shot")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="triplets")
    outputs: ClassVar[tuple[str, ...]] = ("positive", "negative")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x = self._checked(*inputs)
        return x, x

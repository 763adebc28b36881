"""Layers that turn numbers of words or categories into vectors, and mark where in a sequence they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import SEQUENCE, known, mismatch, volume
from engine.catalog.tensors import DType, TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedding(Layer):
    """Learns a vector for every word, letter or category.

    Input (N, ...) of whole numbers whose count of values is known, which is num_embeddings; output
    (N, ..., embedding_dim). Source: torch.nn.Embedding.
    """

    target: ClassVar[str] = "torch.nn.Embedding"
    synonyms: ClassVar[tuple[str, ...]] = ("word vectors", "lookup", "text", "category", "tokens")
    family: ClassVar[Family] = Family.EMBEDDING
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=DType.INT),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="embedding")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "max_norm": "changes weights while they are used, which neither replays nor exports",
        "norm_type": "goes with max_norm",
        "scale_grad_by_freq": "a detail of training that plain optimizers do not need",
        "sparse": "sparse gradients work with two optimizers alone",
    }
    embedding_dim: int = attribute(
        64,
        minimum=1,
        maximum=100_000,
        label="Size of a vector",
        help="How many values stand for each word or category.",
    )
    padding_idx: int | None = attribute(
        None, minimum=0, advanced=True, help="The number that means 'nothing here'; its vector stays 0."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.classes is None:
            mismatch(
                "whole numbers of a known range",
                "numbers of which the range is not known",
                "Link it to an Input with a text or category field.",
            )
        if self.padding_idx is not None and self.padding_idx >= x.classes:
            mismatch(f"a padding index below {x.classes}", str(self.padding_idx), "Lower it, or leave it empty.")
        return (TensorSpec((*x.shape, self.embedding_dim)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"num_embeddings": inputs[0].classes}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return (inputs[0].classes or 0) * self.embedding_dim


@dataclass(frozen=True, kw_only=True, slots=True)
class PositionalEncoding(Layer):
    """Adds to each step of a sequence a pattern that says where it stands; attention needs it to know the order.

    Input and output (N, time, features), time at most max_length. Sines and cosines of falling frequency, or learned.
    Source: Vaswani et al. 2017, section 3.5.
    """

    target: ClassVar[str] = "engine.compiler.modules.PositionalEncoding"
    caption: ClassVar[str] = "Positional encoding"
    synonyms: ClassVar[tuple[str, ...]] = ("position", "order", "transformer", "sinusoidal")
    family: ClassVar[Family] = Family.EMBEDDING
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SEQUENCE),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="positional_encoding")
    stricter: ClassVar[str] = "a pattern of one row would be broadcast over a longer sequence"
    max_length: int = attribute(512, minimum=1, maximum=1_000_000, help="The longest sequence it is made for.")
    learned: bool = attribute(False, help="Learn the pattern instead of using sines and cosines.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        known(x, 2, "features")
        if x.shape[1] is not None and x.shape[1] > self.max_length:
            mismatch(f"at most {self.max_length} steps", f"{x.shape[1]}", "Raise the longest sequence.")
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[2]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self.max_length * (inputs[0].shape[2] or 0) if self.learned else 0

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])

"""Layers that turn numbers of words or categories into vectors, and mark where in a sequence they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import SEQUENCE, known, mismatch, same_sizes, volume
from engine.catalog.tensors import DType, TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedding(Layer):
    """Learns a vector for every word, letter or category.

    Input (N, ...) of whole numbers whose count of values is known, which is num_embeddings; output
    (N, ..., embedding_dim). Source: torch.nn.Embedding.
    """

    target: ClassVar[str] = "torch.nn.Embedding"
    width: ClassVar[str] = "embedding_dim"
    formula: ClassVar[str] = "y = W[x]"
    when: ClassVar[str] = "First of all, where the data is words, letters or many categories."
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

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 6), DType.INT, 8),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        _check_classes(x, self.padding_idx)
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
    formula: ClassVar[str] = "y[t] = x[t] + p[t]; p[t, 2i] = sin(t / 10000^(2i / features)), p[t, 2i + 1] the cosine"
    when: ClassVar[str] = "Before the first attention or transformer layer, which has no sense of order."
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


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbeddingBag(Layer):
    """Learns a vector for every word or category, and gives the mean, sum or maximum of those of a sample.

    Input (N, time) of whole numbers whose count of values is known, which is num_embeddings, and, with "sum", weights
    (N, time); output (N, embedding_dim). Numbers equal to padding_idx are left out. Source: torch.nn.EmbeddingBag.
    """

    target: ClassVar[str] = "engine.compiler.modules.EmbeddingBag"
    width: ClassVar[str] = "embedding_dim"
    caption: ClassVar[str] = "Embedding bag"
    synonyms: ClassVar[tuple[str, ...]] = ("bag of words", "fasttext", "text", "categories", "average")
    formula: ClassVar[str] = "y = mean over t of W[x[t]]"
    when: ClassVar[str] = "For texts whose order hardly matters, and for sets of categories; a strong first try."
    family: ClassVar[Family] = Family.EMBEDDING
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=("N", "time"), dtype=DType.INT),
        InputPort(name="weights", axes=("N", "time"), optional=True),
    )
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="embedding_bag")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "max_norm": "changes weights while they are used, which neither replays nor exports",
        "norm_type": "goes with max_norm",
        "scale_grad_by_freq": "a detail of training that plain optimizers do not need",
        "sparse": "sparse gradients work with two optimizers alone",
        "include_last_offset": "a sample is a row here, so there are no offsets",
    }
    embedding_dim: int = attribute(
        64,
        minimum=1,
        maximum=100_000,
        label="Size of a vector",
        help="How many values stand for each word or category.",
    )
    mode: Literal["mean", "sum", "max"] = attribute("mean", help="How the vectors of a sample become one.")
    padding_idx: int | None = attribute(
        None, minimum=0, advanced=True, help="The number that means 'nothing here'; it is left out."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, *weights = inputs
        _check_classes(x, self.padding_idx)
        if weights and self.mode != "sum":
            mismatch("'sum' where weights are linked", self.mode, "Set how vectors become one to 'sum'.")
        if weights and not same_sizes(x.shape[1], weights[0].shape[1]):
            mismatch(f"a weight for each of {x.shape[1]} steps", str(weights[0].shape[1]))
        return (TensorSpec((x.shape[0], self.embedding_dim)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"num_embeddings": inputs[0].classes}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return (inputs[0].classes or 0) * self.embedding_dim

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return (inputs[0].shape[1] or 1) * self.embedding_dim


def _check_classes(x: TensorSpec, padding_idx: int | None) -> None:
    """The count of values must be known, and the padding one of them."""
    if x.classes is None:
        mismatch(
            "whole numbers of a known range",
            "numbers of which the range is not known",
            "Link it to an Input with a text or category field.",
        )
    if padding_idx is not None and padding_idx >= x.classes:
        mismatch(f"a padding index below {x.classes}", str(padding_idx), "Lower it, or leave it empty.")

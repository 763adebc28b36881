"""Recurrent layers: read a sequence step by step and carry a memory along."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import SEQUENCE, VECTOR, known, mismatch, same_sizes
from engine.catalog.tensors import ABSENT, DType, TensorSpec

_MEMORY = ("N", "layers", "features")
_LENGTHS = InputPort(name="lengths", axes=("N",), dtype=DType.INT, optional=True)
_UNLIKE_TORCH = {
    "result": "torch gives a tuple of sequence and states; here one tensor, chosen by name, so that nothing is sliced",
    "states": "torch always gives them; here there are ports for them only where they are wanted",
}
_NO_PROJECTION = {"proj_size": "torch has it in LSTM alone"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Recurrent(Layer):
    """Base: what RNN, LSTM and GRU share; `_gates` counts the weight blocks, `_memories` names what is kept."""

    family: ClassVar[Family] = Family.RECURRENT
    width: ClassVar[str] = "hidden_size"
    unlike_torch: ClassVar[Mapping[str, str]] = _UNLIKE_TORCH
    stricter: ClassVar[str] = "torch does not look at the size of a memory where there are lengths"
    _gates: ClassVar[int] = 1
    _memories: ClassVar[tuple[str, ...]] = ("hidden",)
    hidden_size: int = attribute(128, minimum=1, maximum=100_000, help="Values in the memory, and so in the answer.")
    num_layers: int = attribute(1, minimum=1, maximum=64, label="Layers", help="Layers on top of each other.")
    result: Literal["sequence", "last"] = attribute(
        "last", help="'last' gives the memory after the whole sequence; 'sequence' gives it after every step."
    )
    bidirectional: bool = attribute(False, help="Also read the sequence backwards; doubles the answer.")
    dropout: float = attribute(
        0.0, minimum=0, maximum=1, advanced=True, help="Share dropped between layers; needs 2 layers or more."
    )
    bias: bool = attribute(True, advanced=True, help="Add learned constants.")
    states: bool = attribute(
        False,
        advanced=True,
        label="Memory ports",
        help="Show ports for the memory: to begin with that of another layer, and to hand it on.",
    )

    def input_ports(self) -> tuple[InputPort, ...]:
        memories = tuple(InputPort(name=name, axes=_MEMORY, optional=True) for name in self._memories)
        return (InputPort(axes=SEQUENCE), _LENGTHS, *(memories if self.states else ()))

    def output_ports(self) -> tuple[str, ...]:
        return ("output", *self._memories) if self.states else ("output",)

    def _answer_size(self) -> int:
        """Values that leave a layer in one direction."""
        return self.hidden_size

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x = inputs[0]
        known(x, 2, "features")
        directions = 2 if self.bidirectional else 1
        sizes = (self._answer_size(), self.hidden_size)
        for name, size, memory in zip(self._memories, sizes, (*inputs[2:], ABSENT, ABSENT), strict=False):
            count = self.num_layers * directions
            if memory.linked and not (same_sizes(memory.shape[1], count) and same_sizes(memory.shape[2], size)):
                mismatch(
                    f"a memory of {count} layers × {size} features at '{name}'",
                    str(memory),
                    "Layers, directions and sizes of both must be equal.",
                )
        width = self._answer_size() * directions
        answer = TensorSpec((x.shape[0], width) if self.result == "last" else (*x.shape[:2], width))
        if not self.states:
            return (answer,)
        memories = [TensorSpec((x.shape[0], self.num_layers * directions, size)) for size in sizes]
        return (answer, *memories[: len(self._memories)])

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"input_size": inputs[0].shape[2], "batch_first": True}

    def _weights(self, features: int) -> int:
        """Weights without the constants."""
        directions, answer = 2 if self.bidirectional else 1, self._answer_size()
        inside = features + answer + (self.num_layers - 1) * (directions + 1) * answer
        projections = self.num_layers * answer if answer != self.hidden_size else 0
        return directions * self.hidden_size * (self._gates * inside + projections)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        constants = 2 * self.hidden_size * self._gates * self.num_layers * (2 if self.bidirectional else 1)
        return self._weights(inputs[0].shape[2] or 0) + constants * self.bias

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        x = inputs[0]
        return self._weights(x.shape[2] or 0) * (x.shape[1] or 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class RNN(_Recurrent):
    """Reads a sequence step by step with a simple memory; forgets fast.

    Input (N, time, features), and lengths (N) where sequences are of different length; output (N, hidden_size) for
    "last", (N, time, hidden_size) for "sequence"; doubled when bidirectional, where "last" joins the last step of each
    direction. A memory is (N, layers times directions, hidden_size). Source: torch.nn.RNN.
    """

    target: ClassVar[str] = "engine.compiler.modules.RNN"
    synonyms: ClassVar[tuple[str, ...]] = ("recurrent", "elman", "sequence", "memory")
    formula: ClassVar[str] = "h(t) = tanh(W · x(t) + U · h(t - 1) + b)"
    when: ClassVar[str] = "For short sequences, and to see what the gates of GRU and LSTM are good for."
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="rnn")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **_UNLIKE_TORCH,
        **_NO_PROJECTION,
        "nonlinearity": "torch takes it by keyword, outside the signature RNN shares with LSTM and GRU",
    }
    nonlinearity: Literal["tanh", "relu"] = attribute("tanh", advanced=True, help="The activation of each step.")


@dataclass(frozen=True, kw_only=True, slots=True)
class LSTM(_Recurrent):
    """Reads a sequence step by step and learns what to remember and what to forget.

    Input (N, time, features), and lengths (N) where sequences are of different length; output (N, hidden_size) for
    "last", (N, time, hidden_size) for "sequence"; doubled when bidirectional, where "last" joins the last step of each
    direction. Memories hidden and cell are (N, layers times directions, hidden_size). With proj_size, answer and hidden
    have that size instead. Source: Hochreiter and Schmidhuber 1997, torch.nn.LSTM.
    """

    target: ClassVar[str] = "engine.compiler.modules.LSTM"
    synonyms: ClassVar[tuple[str, ...]] = ("recurrent", "long short-term memory", "sequence", "text")
    formula: ClassVar[str] = (
        "c(t) = f · c(t - 1) + i · g, h(t) = o · tanh(c(t)); f, i, o = σ(W · x + U · h + b), g = tanh(…)"
    )
    when: ClassVar[str] = "For text, sensors and other series in which early steps may matter late."
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="lstm")
    _gates: ClassVar[int] = 4
    _memories: ClassVar[tuple[str, ...]] = ("hidden", "cell")
    proj_size: int = attribute(
        0, minimum=0, maximum=100_000, advanced=True, label="Projection", help="Size of the answer; 0 is the memory's."
    )

    def _answer_size(self) -> int:
        return self.proj_size or self.hidden_size

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if self.proj_size >= self.hidden_size:
            mismatch(
                f"a projection below the {self.hidden_size} values of the memory", str(self.proj_size), "Lower it."
            )
        return super(LSTM, self).output_specs(*inputs)


@dataclass(frozen=True, kw_only=True, slots=True)
class GRU(_Recurrent):
    """Reads a sequence step by step with a gated memory; smaller than an LSTM, often as good.

    Input (N, time, features), and lengths (N) where sequences are of different length; output (N, hidden_size) for
    "last", (N, time, hidden_size) for "sequence"; doubled when bidirectional, where "last" joins the last step of each
    direction. A memory is (N, layers times directions, hidden_size). Source: Cho et al. 2014, torch.nn.GRU.
    """

    target: ClassVar[str] = "engine.compiler.modules.GRU"
    synonyms: ClassVar[tuple[str, ...]] = ("recurrent", "gated recurrent unit", "sequence", "text")
    formula: ClassVar[str] = (
        "h(t) = (1 - z) · n + z · h(t - 1); r, z = σ(W · x + U · h + b), n = tanh(W · x + r · (U · h) + b)"
    )
    when: ClassVar[str] = "For sequences where an LSTM would do, with a quarter fewer weights."
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="gru")
    unlike_torch: ClassVar[Mapping[str, str]] = {**_UNLIKE_TORCH, **_NO_PROJECTION}
    _gates: ClassVar[int] = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cell(Layer):
    """Base: one step of a recurrent layer, for a drawing that repeats it."""

    family: ClassVar[Family] = Family.RECURRENT
    width: ClassVar[str] = "hidden_size"
    when: ClassVar[str] = "To draw what happens between the steps: attention at each step, or a few steps by hand."
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=VECTOR),
        InputPort(name="hidden", axes=VECTOR, optional=True),
    )
    _gates: ClassVar[int] = 1
    hidden_size: int = attribute(128, minimum=1, maximum=100_000, help="Values in the memory.")
    bias: bool = attribute(True, advanced=True, help="Add learned constants.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, *memories = inputs
        known(x, 1, "features")
        for memory, name in zip(memories, ("hidden", "cell"), strict=False):
            if memory.linked and known(memory, 1, "features") != self.hidden_size:
                mismatch(f"{self.hidden_size} features at '{name}'", str(memory.shape[1]), "Use the same memory size.")
        return (TensorSpec((x.shape[0], self.hidden_size)),) * len(self.outputs)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"input_size": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self.multiply_adds(*inputs) + 2 * self._gates * self.hidden_size * self.bias

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return self._gates * self.hidden_size * ((inputs[0].shape[1] or 0) + self.hidden_size)


@dataclass(frozen=True, kw_only=True, slots=True)
class RNNCell(_Cell):
    """One step of an RNN: mixes what comes in with what was remembered.

    Inputs (N, features) and the memory (N, hidden_size), 0 where free; output the new memory. Source: torch.nn.RNNCell.
    """

    target: ClassVar[str] = "torch.nn.RNNCell"
    synonyms: ClassVar[tuple[str, ...]] = ("recurrent", "step")
    formula: ClassVar[str] = "h' = tanh(W · x + U · h + b)"
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="recurrent_cell")
    nonlinearity: Literal["tanh", "relu"] = attribute("tanh", advanced=True, help="The activation of the step.")


@dataclass(frozen=True, kw_only=True, slots=True)
class LSTMCell(_Cell):
    """One step of an LSTM: what it remembers and what it shows.

    Inputs (N, features), hidden and cell (N, hidden_size), 0 where free; outputs the new hidden and cell.
    Source: torch.nn.LSTMCell.
    """

    target: ClassVar[str] = "engine.compiler.modules.LSTMCell"
    synonyms: ClassVar[tuple[str, ...]] = ("recurrent", "step", "long short-term memory")
    formula: ClassVar[str] = "c' = f · c + i · g, h' = o · tanh(c')"
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="recurrent_cell")
    outputs: ClassVar[tuple[str, ...]] = ("output", "cell")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=VECTOR),
        InputPort(name="hidden", axes=VECTOR, optional=True),
        InputPort(name="cell", axes=VECTOR, optional=True),
    )
    _gates: ClassVar[int] = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class GRUCell(_Cell):
    """One step of a GRU: how much of the memory is kept and how much is new.

    Inputs (N, features) and the memory (N, hidden_size), 0 where free; output the new memory. Source: torch.nn.GRUCell.
    """

    target: ClassVar[str] = "torch.nn.GRUCell"
    synonyms: ClassVar[tuple[str, ...]] = ("recurrent", "step", "gated recurrent unit")
    formula: ClassVar[str] = "h' = (1 - z) · n + z · h"
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="recurrent_cell")
    _gates: ClassVar[int] = 3

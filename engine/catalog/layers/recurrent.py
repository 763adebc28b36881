"""Recurrent layers: read a sequence step by step and carry a memory along."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import SEQUENCE, known
from engine.catalog.tensors import TensorSpec

_UNLIKE_TORCH = {
    "result": "torch gives a tuple of sequence and states; here one tensor, chosen by name, so that nothing is sliced",
    "proj_size": "ONNX has no projection in its LSTM",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Recurrent(Layer):
    """Base: what RNN, LSTM and GRU share; `_gates` is the number of weight blocks a step."""

    family: ClassVar[Family] = Family.RECURRENT
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SEQUENCE),)
    unlike_torch: ClassVar[Mapping[str, str]] = _UNLIKE_TORCH
    _gates: ClassVar[int] = 1
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

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        known(x, 2, "features")
        width = self.hidden_size * (2 if self.bidirectional else 1)
        return (TensorSpec((x.shape[0], width) if self.result == "last" else (*x.shape[:2], width)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"input_size": inputs[0].shape[2], "batch_first": True}

    def _weights(self, features: int) -> int:
        """Weights without the constants."""
        directions = 2 if self.bidirectional else 1
        wide = self.hidden_size * directions
        inside = features + self.hidden_size + (self.num_layers - 1) * (wide + self.hidden_size)
        return directions * self._gates * self.hidden_size * inside

    def parameter_count(self, *inputs: TensorSpec) -> int:
        constants = 2 * self.hidden_size * self._gates * self.num_layers * (2 if self.bidirectional else 1)
        return self._weights(inputs[0].shape[2] or 0) + constants * self.bias

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        (x,) = inputs
        return self._weights(x.shape[2] or 0) * (x.shape[1] or 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class RNN(_Recurrent):
    """Reads a sequence step by step with a simple memory; forgets fast.

    Input (N, time, features); output (N, hidden_size) for "last", (N, time, hidden_size) for "sequence"; doubled when
    bidirectional, where "last" joins the last step of each direction. Source: torch.nn.RNN.
    """

    target: ClassVar[str] = "engine.compiler.modules.RNN"
    synonyms: ClassVar[tuple[str, ...]] = ("recurrent", "elman", "sequence", "memory")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="rnn")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **_UNLIKE_TORCH,
        "nonlinearity": "torch takes it by keyword, outside the signature RNN shares with LSTM and GRU",
    }
    nonlinearity: Literal["tanh", "relu"] = attribute("tanh", advanced=True, help="The activation of each step.")


@dataclass(frozen=True, kw_only=True, slots=True)
class LSTM(_Recurrent):
    """Reads a sequence step by step and learns what to remember and what to forget.

    Input (N, time, features); output (N, hidden_size) for "last", (N, time, hidden_size) for "sequence"; doubled when
    bidirectional, where "last" joins the last step of each direction. Source: Hochreiter and Schmidhuber 1997,
    torch.nn.LSTM.
    """

    target: ClassVar[str] = "engine.compiler.modules.LSTM"
    synonyms: ClassVar[tuple[str, ...]] = ("recurrent", "long short-term memory", "sequence", "text")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="lstm")
    _gates: ClassVar[int] = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class GRU(_Recurrent):
    """Reads a sequence step by step with a gated memory; smaller than an LSTM, often as good.

    Input (N, time, features); output (N, hidden_size) for "last", (N, time, hidden_size) for "sequence"; doubled when
    bidirectional, where "last" joins the last step of each direction. Source: Cho et al. 2014, torch.nn.GRU.
    """

    target: ClassVar[str] = "engine.compiler.modules.GRU"
    synonyms: ClassVar[tuple[str, ...]] = ("recurrent", "gated recurrent unit", "sequence", "text")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="gru")
    _gates: ClassVar[int] = 3

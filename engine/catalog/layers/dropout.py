"""Dropout: forgets at random while training, so that the network does not lean on single values."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import PICTURE, SIGNAL
from engine.catalog.tensors import TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class _Dropout(Layer):
    """Base: the shape stays; in use and in the exported file it does nothing."""

    family: ClassVar[Family] = Family.DROPOUT
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Identity")
    p: float = attribute(0.5, minimum=0, maximum=1, label="Probability", help="The share that is dropped.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropout(_Dropout):
    """Sets a random share of the values to 0 while training, against learning by heart.

    Any shape; kept values are scaled by 1 / (1 - p). Source: Srivastava et al. 2014, torch.nn.Dropout.
    """

    target: ClassVar[str] = "torch.nn.Dropout"
    synonyms: ClassVar[tuple[str, ...]] = ("regularization", "overfitting", "forget")


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropout1d(_Dropout):
    """Sets a random share of whole channels of a signal to 0 while training.

    Input (N, channels, length). Source: torch.nn.Dropout1d.
    """

    target: ClassVar[str] = "torch.nn.Dropout1d"
    synonyms: ClassVar[tuple[str, ...]] = ("regularization", "spatial dropout")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SIGNAL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropout2d(_Dropout):
    """Sets a random share of whole channels of a picture to 0 while training.

    Input (N, channels, height, width). Source: Tompson et al. 2015, torch.nn.Dropout2d.
    """

    target: ClassVar[str] = "torch.nn.Dropout2d"
    synonyms: ClassVar[tuple[str, ...]] = ("regularization", "spatial dropout")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)


@dataclass(frozen=True, kw_only=True, slots=True)
class AlphaDropout(_Dropout):
    """A dropout that keeps mean and spread, for networks with SELU.

    Any shape. Source: Klambauer et al. 2017, torch.nn.AlphaDropout.
    """

    target: ClassVar[str] = "torch.nn.AlphaDropout"
    synonyms: ClassVar[tuple[str, ...]] = ("regularization", "self-normalizing")

"""Dropout: forgets at random while training, so that the network does not lean on single values."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import PICTURE, SIGNAL, VOLUME, mismatch
from engine.catalog.tensors import TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class _Dropout(Layer):
    """Base: the shape stays; in use and in the exported file it does nothing."""

    family: ClassVar[Family] = Family.DROPOUT
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Identity")
    formula: ClassVar[str] = "y = x · kept / (1 - p), kept drawn 0 or 1; y = x after training"
    when: ClassVar[str] = (
        "Where a network learns its samples by heart: its training loss falls, its validation loss rises."
    )
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
class Dropout3d(_Dropout):
    """Sets a random share of whole channels of a volume to 0 while training.

    Input (N, channels, depth, height, width). Source: Tompson et al. 2015, torch.nn.Dropout3d.
    """

    target: ClassVar[str] = "torch.nn.Dropout3d"
    synonyms: ClassVar[tuple[str, ...]] = ("regularization", "spatial dropout")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VOLUME),)


@dataclass(frozen=True, kw_only=True, slots=True)
class AlphaDropout(_Dropout):
    """A dropout that keeps mean and spread, for networks with SELU.

    Any shape. Source: Klambauer et al. 2017, torch.nn.AlphaDropout.
    """

    target: ClassVar[str] = "torch.nn.AlphaDropout"
    synonyms: ClassVar[tuple[str, ...]] = ("regularization", "self-normalizing")
    formula: ClassVar[str] = "y = a · (x where kept, else -1.7581) + b, a and b so that mean and spread stay"
    when: ClassVar[str] = "With SELU, whose balance a plain dropout would upset."


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureAlphaDropout(_Dropout):
    """An AlphaDropout of whole channels, for convolutional networks with SELU.

    Input (N, channels, ...). Source: Klambauer et al. 2017, torch.nn.FeatureAlphaDropout.
    """

    target: ClassVar[str] = "torch.nn.FeatureAlphaDropout"
    synonyms: ClassVar[tuple[str, ...]] = ("regularization", "self-normalizing", "spatial dropout")
    formula: ClassVar[str] = "y = a · (x where its channel is kept, else -1.7581) + b"
    when: ClassVar[str] = "With SELU behind convolutions, whose balance a plain dropout would upset."

    stricter: ClassVar[str] = "one number a sample has no channels"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if inputs[0].rank < 2:
            mismatch("2 or more dimensions (N, channels, ...)", inputs[0])
        return (inputs[0],)

"""Gradients bent on purpose, chance while training, and layers that learn without labels."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import NOT_THE_BATCH, Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import (
    PICTURE,
    VECTOR,
    alike,
    known,
    mismatch,
    normal_axis,
    volume,
)
from engine.catalog.tensors import DType, TensorSpec


def _known_sizes(a: TensorSpec, b: TensorSpec) -> TensorSpec:
    """The shape of two tensors of one shape, each size from where it is known."""
    return TensorSpec(tuple(q if p is None else p for p, q in zip(a.shape, b.shape, strict=True)))


@dataclass(frozen=True, kw_only=True, slots=True)
class StopGradient(Layer):
    """Passes values on, but nothing is learned through it.

    Input and output of any shape. Source: torch.Tensor.detach.
    """

    target: ClassVar[str] = "engine.compiler.modules.StopGradient"
    caption: ClassVar[str] = "Stop gradient"
    formula: ClassVar[str] = "y = x, dy/dx = 0"
    when: ClassVar[str] = "To hold a target still, as in BYOL and in learning from own answers."
    synonyms: ClassVar[tuple[str, ...]] = ("detach", "freeze", "no gradient", "target network")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Identity")
    family: ClassVar[Family] = Family.SPECIAL

    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class GradientReversal(Layer):
    """Passes values on, but turns around what is learned through it.

    Input and output of any shape. Source: Ganin and Lempitsky 2015.
    """

    target: ClassVar[str] = "engine.compiler.modules.GradientReversal"
    caption: ClassVar[str] = "Gradient reversal"
    formula: ClassVar[str] = "y = x, dy/dx = −strength"
    when: ClassVar[str] = "So that features cannot tell where a sample comes from."
    synonyms: ClassVar[tuple[str, ...]] = ("adversarial", "domain adaptation", "dann", "reverse")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Identity")
    family: ClassVar[Family] = Family.SPECIAL

    strength: float = attribute(1.0, minimum=0, maximum=1_000, help="How strongly the other way is learned.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class StraightThrough(Layer):
    """Takes its values from a and learns as if they were those of b.

    Inputs a and b of one shape; output of that shape. Source: Bengio et al. 2013.
    """

    target: ClassVar[str] = "engine.compiler.modules.StraightThrough"
    caption: ClassVar[str] = "Straight-through"
    formula: ClassVar[str] = "y = a, dy/db = 1"
    when: ClassVar[str] = "With Round or ArgMax on the way to a, to learn through what has no slope."
    synonyms: ClassVar[tuple[str, ...]] = ("quantize", "ste", "round", "discrete")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="straight_through")
    family: ClassVar[Family] = Family.SPECIAL

    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="a"), InputPort(name="b"))
    stricter: ClassVar[str] = "values must lie one on the other"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs)
        return (inputs[0] if None not in inputs[0].shape else _known_sizes(*inputs),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reparameterize(Layer):
    """Draws a random point of a bell curve, in a way that a network can learn through.

    Inputs mean and log_variance of one shape; output of that shape, the mean itself once trained. Source: Kingma
    and Welling 2014.
    """

    target: ClassVar[str] = "engine.compiler.modules.Reparameterize"
    formula: ClassVar[str] = "y = mean + e^(log_variance / 2) · noise"
    when: ClassVar[str] = "Between encoder and decoder of a variational autoencoder, with a KLPriorLoss."
    synonyms: ClassVar[tuple[str, ...]] = ("vae", "sample", "variational", "latent", "gaussian")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="reparameterize")
    family: ClassVar[Family] = Family.SPECIAL

    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="mean"), InputPort(name="log_variance"))
    stricter: ClassVar[str] = "values must lie one on the other"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs)
        return (_known_sizes(*inputs),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorQuantize(Layer):
    """Replaces each vector by the nearest of a book of learned ones.

    Input (N, ...) with vectors along dim; outputs output of the same shape, through which the layers before learn
    as if nothing were there, codes, the same vectors, through which the book learns, and indices (N, ...) of whole
    numbers. Source: van den Oord et al. 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.VectorQuantize"
    caption: ClassVar[str] = "Vector quantize"
    formula: ClassVar[str] = "y = the nearest of the learned vectors"
    when: ClassVar[str] = "With MSELoss of codes to the StopGradient of the input, and a bit of the reverse."
    synonyms: ClassVar[tuple[str, ...]] = ("vq-vae", "codebook", "discrete", "tokens", "k-means")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="vector_quantize")
    family: ClassVar[Family] = Family.SPECIAL
    points: ClassVar[str] = "book"

    outputs: ClassVar[tuple[str, ...]] = ("output", "codes", "indices")
    stricter: ClassVar[str] = NOT_THE_BATCH
    vectors: int = attribute(512, minimum=1, maximum=1_000_000, label="Vectors", help="How many are in the book.")
    dim: int = attribute(1, minimum=-8, maximum=8, help="The axis of a vector: 1 is the channels, -1 the last.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        known(x, axis, "features")
        return x, x, TensorSpec(x.shape[:axis] + x.shape[axis + 1 :], DType.INT, self.vectors)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[self.dim]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self.vectors * (inputs[0].shape[self.dim] or 0)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * self.vectors


@dataclass(frozen=True, kw_only=True, slots=True)
class SelfOrganizingMap(Layer):
    """A map of learned units on a sheet; each sample is found nearest to one of them.

    Input (N, features); outputs distances (N, rows · columns), squared, and winner (N,) of whole numbers. Source:
    Kohonen 1982.
    """

    target: ClassVar[str] = "engine.compiler.modules.SelfOrganizingMap"
    caption: ClassVar[str] = "Self-organising map"
    formula: ClassVar[str] = "distances[k] = ‖x − wₖ‖²,  winner = the k with the least"
    when: ClassVar[str] = "With a MapDistortionLoss on the distances, to lay out data on a sheet without labels."
    synonyms: ClassVar[tuple[str, ...]] = ("som", "kohonen", "cluster", "map", "unsupervised")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="self_organizing_map")
    family: ClassVar[Family] = Family.SPECIAL
    points: ClassVar[str] = "units"

    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VECTOR),)
    outputs: ClassVar[tuple[str, ...]] = ("distances", "winner")
    rows: int = attribute(10, minimum=1, maximum=1_000, help="Lines of the map.")
    columns: int = attribute(10, minimum=1, maximum=1_000, help="Units in a line.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        known(x, 1, "features")
        units = self.rows * self.columns
        return TensorSpec((x.shape[0], units)), TensorSpec(x.shape[:1], DType.INT, units)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return (inputs[0].shape[1] or 0) * self.rows * self.columns

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return (inputs[0].shape[1] or 0) * self.rows * self.columns


@dataclass(frozen=True, kw_only=True, slots=True)
class RestrictedBoltzmann(Layer):
    """Learns what data look like without labels, by dreaming of data and comparing.

    Input (N, features), from 0 to 1; outputs hidden (N, hidden_features), energy (N,) of the data, model_energy (N,)
    of what it dreams after some steps, and that dream (N, features) as probabilities; nothing is learned backwards
    through a dream. Once trained it dreams without chance. Source: Hinton 2002.
    """

    target: ClassVar[str] = "engine.compiler.modules.RestrictedBoltzmann"
    caption: ClassVar[str] = "Boltzmann machine"
    formula: ClassVar[str] = "hidden = σ(W x + c),  energy = −x · b − Σ softplus(W x + c)"
    when: ClassVar[str] = "With a FreeEnergyLoss on energy and model_energy."
    synonyms: ClassVar[tuple[str, ...]] = ("rbm", "contrastive divergence", "unsupervised", "energy", "deep belief")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="restricted_boltzmann")
    family: ClassVar[Family] = Family.SPECIAL

    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VECTOR),)
    outputs: ClassVar[tuple[str, ...]] = ("hidden", "energy", "model_energy", "dream")
    hidden_features: int = attribute(128, minimum=1, maximum=100_000, help="How many hidden units there are.")
    steps: int = attribute(1, minimum=1, maximum=100, help="How often it dreams back and forth.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        known(x, 1, "features")
        one = TensorSpec(x.shape[:1])
        return TensorSpec((x.shape[0], self.hidden_features)), one, one, x

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        width = inputs[0].shape[1] or 0
        return width * self.hidden_features + width + self.hidden_features

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return (2 + 2 * self.steps) * (inputs[0].shape[1] or 0) * self.hidden_features


@dataclass(frozen=True, kw_only=True, slots=True)
class MovingValue(Layer):
    """Gives a number that moves from one value to another while training goes on, and then stays there.

    Input (N, ...), of which only the count of samples is used; output (N, *shape). The number is kept with the weights
    and is the last one in an exported file.
    """

    target: ClassVar[str] = "engine.compiler.modules.MovingValue"
    caption: ClassVar[str] = "Moving value"
    formula: ClassVar[str] = "y = start → end, as training goes on"
    when: ClassVar[str] = "For the radius of a map, a temperature, or how much of a signal is let through yet."
    synonyms: ClassVar[tuple[str, ...]] = ("anneal", "ramp", "schedule", "temperature", "radius", "curriculum", "decay")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="moving_value")
    family: ClassVar[Family] = Family.SPECIAL
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None),)
    not_arguments: ClassVar[frozenset[str]] = frozenset({"phase"})
    stricter: ClassVar[str] = "an even factor leads from one number above 0 to another"

    start: float = attribute(1.0, minimum=-1e6, maximum=1e6, help="The number at the beginning.")
    end: float = attribute(0.1, minimum=-1e6, maximum=1e6, help="The number at the end.")
    course: Literal["linear", "geometric", "cosine"] = attribute(
        "linear",
        help="linear: in even steps. geometric: by an even factor; both ends above 0. cosine: slowly, fast, slowly.",
    )
    share: float = attribute(1.0, above=0, maximum=1, help="Share of the training after which the end is reached.")
    phase: int = attribute(
        0, minimum=0, maximum=100, help="In which phase of the training it moves, from 1; 0 takes all phases together."
    )
    shape: tuple[int, ...] = attribute((1,), minimum=1, maximum=1e6, advanced=True, help="The sizes without the batch.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if self.course == "geometric" and min(self.start, self.end) <= 0:
            mismatch(
                "both ends above 0 for a geometric course", f"{self.start:g} to {self.end:g}", "Choose another course."
            )
        return (TensorSpec((inputs[0].shape[0], *self.shape)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class StochasticDepth(Layer):
    """Leaves out a whole branch for some samples while training.

    Input and output of any shape; nothing is left out once trained. Source: Huang et al. 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.StochasticDepth"
    caption: ClassVar[str] = "Drop path"
    formula: ClassVar[str] = "y = x / (1 − p) for most samples, 0 for a share p"
    when: ClassVar[str] = "At the end of the branch of a residual block, in deep networks."
    synonyms: ClassVar[tuple[str, ...]] = ("drop path", "drop branch", "residual", "regularization")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Identity")
    family: ClassVar[Family] = Family.DROPOUT
    p: float = attribute(0.1, minimum=0, below=1, label="Share", help="Share of samples whose branch is left out.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class GaussianNoise(Layer):
    """Adds random noise to every value while training.

    Input and output of any shape; nothing is added once trained.
    """

    target: ClassVar[str] = "engine.compiler.modules.GaussianNoise"
    caption: ClassVar[str] = "Gaussian noise"
    formula: ClassVar[str] = "y = x + std · noise"
    when: ClassVar[str] = "On inputs of a denoising autoencoder, or where data are few."
    synonyms: ClassVar[tuple[str, ...]] = ("noise", "jitter", "augmentation", "denoise", "regularization")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Identity")
    family: ClassVar[Family] = Family.DROPOUT
    std: float = attribute(0.1, minimum=0, maximum=1_000, label="Strength", help="Spread of the noise.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class GaussianDropout(Layer):
    """Multiplies every value by a random number around 1 while training.

    Input and output of any shape; nothing is changed once trained. Source: Srivastava et al. 2014, section 10.
    """

    target: ClassVar[str] = "engine.compiler.modules.GaussianDropout"
    caption: ClassVar[str] = "Gaussian dropout"
    formula: ClassVar[str] = "y = x · (1 + √(p / (1 − p)) · noise)"
    when: ClassVar[str] = "In place of Dropout, when no value should vanish."
    synonyms: ClassVar[tuple[str, ...]] = ("noise", "multiplicative", "regularization")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Identity")
    family: ClassVar[Family] = Family.DROPOUT
    p: float = attribute(0.1, minimum=0, below=1, label="Share", help="As much chance as a dropout of this share has.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class DropBlock2d(Layer):
    """Drops random squares out of pictures while training.

    Input and output (N, channels, height, width); nothing is dropped once trained. Source: Ghiasi et al. 2018.
    """

    target: ClassVar[str] = "engine.compiler.modules.DropBlock2d"
    caption: ClassVar[str] = "Drop block"
    formula: ClassVar[str] = "y = x with random squares made 0, the rest scaled up"
    when: ClassVar[str] = "In convolutional networks, where neighbours tell what a single dropped pixel was."
    synonyms: ClassVar[tuple[str, ...]] = ("cutout", "patches", "regularization", "spatial")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Identity")
    family: ClassVar[Family] = Family.DROPOUT
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    stricter: ClassVar[str] = "an even square has no middle"
    p: float = attribute(0.1, minimum=0, below=1, label="Share", help="Share of pixels that are dropped.")
    block_size: int = attribute(5, minimum=1, maximum=101, help="Side of a square in pixels; an odd number.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if self.block_size % 2 == 0:
            mismatch("an odd side of the square", str(self.block_size), "Make it one larger or smaller.")
        return (inputs[0],)

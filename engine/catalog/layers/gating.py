"""Linear layers with gates, experts and products, and activations that torch lacks."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import NOT_THE_BATCH, Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import (
    NO_FEATURES,
    VECTOR,
    alike,
    at_least_2,
    known,
    mismatch,
    normal_axis,
    volume,
    with_sizes,
)
from engine.catalog.tensors import TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Highway(Layer):
    """A linear layer that decides for each value how much of the old one passes unchanged.

    Input and output (N, ..., features). Source: Srivastava et al. 2015.
    """

    target: ClassVar[str] = "engine.compiler.modules.Highway"
    formula: ClassVar[str] = "t = σ(W_t x + b_t),  y = t · relu(W x + b) + (1 − t) · x"
    when: ClassVar[str] = "In deep networks of linear layers."
    synonyms: ClassVar[tuple[str, ...]] = ("gate", "skip", "carry", "deep")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="highway")
    family: ClassVar[Family] = Family.LINEAR
    stricter: ClassVar[str] = NO_FEATURES

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        at_least_2(inputs[0])
        known(inputs[0], -1, "features")
        return (inputs[0],)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[-1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        width = inputs[0].shape[-1] or 0
        return 2 * (width + 1) * width

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * (2 * (inputs[0].shape[-1] or 0) + 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class GatedLinear(Layer):
    """A linear layer whose values pass through a gate that another linear layer opens.

    Input (N, ..., features); output (N, ..., out_features). With sigmoid it is GLU, with silu SwiGLU, with gelu
    GEGLU. Source: Shazeer 2020.
    """

    target: ClassVar[str] = "engine.compiler.modules.GatedLinear"
    caption: ClassVar[str] = "Gated linear"
    formula: ClassVar[str] = "y = (W x + b) · f(V x + c)"
    when: ClassVar[str] = "In place of a Linear and an activation, in transformers and tables."
    synonyms: ClassVar[tuple[str, ...]] = ("glu", "swiglu", "geglu", "gate")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="gated_linear")
    family: ClassVar[Family] = Family.LINEAR
    stricter: ClassVar[str] = NO_FEATURES

    out_features: int = attribute(128, minimum=1, maximum=1_000_000, help="How many values come out.")
    activation: Literal["sigmoid", "silu", "gelu", "relu"] = attribute("silu", help="What opens the gate.")
    bias: bool = attribute(True, advanced=True, help="Add learned constants.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        at_least_2(x)
        known(x, -1, "features")
        return (TensorSpec((*x.shape[:-1], self.out_features)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"in_features": inputs[0].shape[-1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return 2 * ((inputs[0].shape[-1] or 0) + self.bias) * self.out_features

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:]) * self.out_features


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedForward(Layer):
    """Two linear layers with an activation between, step by step, as in every transformer block.

    Input and output (N, ..., features). Source: Vaswani et al. 2017, section 3.3; gated: Shazeer 2020.
    """

    target: ClassVar[str] = "engine.compiler.modules.FeedForward"
    caption: ClassVar[str] = "Feed-forward"
    formula: ClassVar[str] = "y = W₂ · f(W₁ x + b₁) + b₂, gated: W₂ · (f(W₁ x) · W₃ x)"
    when: ClassVar[str] = "Behind attention, with a skip around it."
    synonyms: ClassVar[tuple[str, ...]] = ("mlp", "ffn", "transformer", "position-wise", "swiglu")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="feed_forward")
    family: ClassVar[Family] = Family.LINEAR
    stricter: ClassVar[str] = NO_FEATURES

    hidden_features: int = attribute(256, minimum=1, maximum=1_000_000, help="Width between the two layers.")
    activation: Literal["sigmoid", "silu", "gelu", "relu"] = attribute("gelu", help="What stands between them.")
    gated: bool = attribute(False, help="Multiply by a third linear layer, as LLaMA does.")
    dropout: float = attribute(0.0, minimum=0, maximum=1, help="Share dropped while training.")
    bias: bool = attribute(True, advanced=True, help="Add learned constants.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        at_least_2(inputs[0])
        known(inputs[0], -1, "features")
        return (inputs[0],)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[-1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        width, inside = inputs[0].shape[-1] or 0, self.hidden_features
        return (1 + self.gated) * (width + self.bias) * inside + (inside + self.bias) * width

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return (2 + self.gated) * volume(inputs[0].shape[1:]) * self.hidden_features


@dataclass(frozen=True, kw_only=True, slots=True)
class MixtureOfExperts(Layer):
    """Several feed-forward networks of which each step uses those few that suit it.

    Input (N, ..., features); outputs output of the same shape and shares (N, ..., experts), 0 for experts not used.
    All experts are computed. Source: Shazeer et al. 2017, without noise.
    """

    target: ClassVar[str] = "engine.compiler.modules.MixtureOfExperts"
    caption: ClassVar[str] = "Mixture of experts"
    formula: ClassVar[str] = "y = Σₑ shareₑ · W₂ₑ · gelu(W₁ₑ x + b₁ₑ) + b₂ₑ"
    when: ClassVar[str] = "For large networks on varied data; a loss on the shares keeps all experts busy."
    synonyms: ClassVar[tuple[str, ...]] = ("moe", "router", "experts", "sparse", "switch")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="mixture_of_experts")
    family: ClassVar[Family] = Family.LINEAR
    stricter: ClassVar[str] = NO_FEATURES

    outputs: ClassVar[tuple[str, ...]] = ("output", "shares")
    experts: int = attribute(4, minimum=1, maximum=256, help="How many networks there are.")
    top_k: int = attribute(2, minimum=1, maximum=256, label="Used", help="How many of them each step uses.")
    hidden_features: int = attribute(128, minimum=1, maximum=1_000_000, help="Width inside an expert.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        at_least_2(x)
        known(x, -1, "features")
        if self.top_k > self.experts:
            mismatch(f"at most {self.experts} experts used", str(self.top_k), "Use fewer, or have more experts.")
        return x, TensorSpec((*x.shape[:-1], self.experts))

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[-1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        width, inside = inputs[0].shape[-1] or 0, self.hidden_features
        return self.experts * (2 * width * inside + inside + width) + (width + 1) * self.experts

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        places = volume(inputs[0].shape[1:])
        return places * self.experts * (2 * self.hidden_features + 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossLayer(Layer):
    """Multiplies the values of a row with each other, so that what counts together is found.

    Inputs first (N, features), the row as it came in, and input (N, features), that of the last cross layer; output
    of that shape. Source: Wang et al. 2021, DCN-V2.
    """

    target: ClassVar[str] = "engine.compiler.modules.CrossLayer"
    caption: ClassVar[str] = "Cross layer"
    formula: ClassVar[str] = "y = first · (W x + b) + x"
    when: ClassVar[str] = "For tables and recommendations, beside linear layers."
    synonyms: ClassVar[tuple[str, ...]] = ("deep and cross", "dcn", "interaction", "table", "recommender")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cross_layer")
    family: ClassVar[Family] = Family.LINEAR

    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="first", axes=VECTOR), InputPort(axes=VECTOR))
    stricter: ClassVar[str] = "a row of one value would be repeated"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs)
        known(inputs[0], 1, "features")
        return (TensorSpec((inputs[0].shape[0], known(inputs[1], 1, "features"))),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[1].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        width = inputs[1].shape[1] or 0
        return (width + 1) * width

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        width = inputs[1].shape[1] or 0
        return (width + 1) * width


@dataclass(frozen=True, kw_only=True, slots=True)
class FactorizationMachine(Layer):
    """Adds up the products of every two vectors of a row, without forming them one by one.

    Input (N, fields, features), a vector a field; output (N, features). Source: Rendle 2010.
    """

    target: ClassVar[str] = "engine.compiler.modules.FactorizationMachine"
    caption: ClassVar[str] = "Factorization machine"
    formula: ClassVar[str] = "y = ½ · ((Σᵢ xᵢ)² − Σᵢ xᵢ²)"
    when: ClassVar[str] = "For tables of many categories, beside linear layers."
    synonyms: ClassVar[tuple[str, ...]] = ("fm", "pairs", "interaction", "recommender", "table")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="factorization_machine")
    family: ClassVar[Family] = Family.LINEAR
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=("N", "fields", "features")),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        return (TensorSpec((x.shape[0], x.shape[2])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class RadialBasis(Layer):
    """Answers by how near the input is to learned centres, each with a width of its own.

    Input (N, ..., features); output (N, ..., centres), between 0 and 1. Source: Broomhead and Lowe 1988.
    """

    target: ClassVar[str] = "engine.compiler.modules.RadialBasis"
    caption: ClassVar[str] = "Radial basis"
    formula: ClassVar[str] = "yₖ = exp(−precisionₖ · ‖x − centreₖ‖²)"
    when: ClassVar[str] = "For smooth functions of a few values; a Linear behind it makes an RBF network."
    synonyms: ClassVar[tuple[str, ...]] = ("rbf", "gaussian", "kernel", "prototype", "centres")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="radial_basis")
    family: ClassVar[Family] = Family.LINEAR
    points: ClassVar[str] = "centres"
    stricter: ClassVar[str] = NO_FEATURES

    centres: int = attribute(32, minimum=1, maximum=100_000, label="Centres", help="How many centres are learned.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        at_least_2(x)
        known(x, -1, "features")
        return (TensorSpec((*x.shape[:-1], self.centres)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[-1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return ((inputs[0].shape[-1] or 0) + 1) * self.centres

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * self.centres


@dataclass(frozen=True, kw_only=True, slots=True)
class BinaryStep(Layer):
    """Answers yes or no, 1 or 0, and still lets a network learn through it.

    Input and output of one shape. The gradient passes where -1 ≤ x ≤ 1, as if nothing were there. Source: Hubara et
    al. 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.BinaryStep"
    caption: ClassVar[str] = "Binary step"
    formula: ClassVar[str] = "y = 1 where x ≥ 0, else 0 (or −1)"
    when: ClassVar[str] = "For networks of bits, and for decisions inside of a network."
    synonyms: ClassVar[tuple[str, ...]] = ("straight-through", "binarize", "sign", "threshold", "heaviside", "quantize")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="binary_step")
    family: ClassVar[Family] = Family.ACTIVATION

    signed: bool = attribute(False, label="Minus one for no", help="Answer -1 in place of 0.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Maxout(Layer):
    """Keeps the largest of each group of neighbouring values, a shape of activation that is learned.

    Input (N, ...); output with dim smaller by the size of a group. Put a Linear or a convolution before it. Source:
    Goodfellow et al. 2013.
    """

    target: ClassVar[str] = "engine.compiler.modules.Maxout"
    changes_width: ClassVar[bool] = True
    formula: ClassVar[str] = "y = the largest of each group of values"
    when: ClassVar[str] = "Where ReLU loses too much; with Dropout in front."
    synonyms: ClassVar[tuple[str, ...]] = ("max", "piecewise linear", "group", "activation")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="maxout")
    family: ClassVar[Family] = Family.ACTIVATION

    stricter: ClassVar[str] = NOT_THE_BATCH
    pieces: int = attribute(2, minimum=1, maximum=64, label="Group", help="How many values become one.")
    dim: int = attribute(1, minimum=-8, maximum=8, help="The axis: 1 is the channels or features, -1 the last.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = known(x, axis, f"values along dim {axis}")
        if size % self.pieces:
            mismatch(f"a size dividable by {self.pieces} along dim {axis}", str(size), "Change the layer before.")
        return (with_sizes(x, {axis: size // self.pieces}),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class ConcatReLU(Layer):
    """Keeps what is above 0 and what is below 0 apart, so that nothing is lost.

    Input (N, ...); output with dim twice as long. Source: Shang et al. 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.ConcatReLU"
    changes_width: ClassVar[bool] = True
    formula: ClassVar[str] = "y = [max(x, 0), max(−x, 0)]"
    when: ClassVar[str] = "In the first layers, where filters come in opposite pairs."
    synonyms: ClassVar[tuple[str, ...]] = ("crelu", "both signs", "activation")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="concat_relu")
    family: ClassVar[Family] = Family.ACTIVATION

    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = attribute(1, minimum=-8, maximum=8, help="The axis: 1 is the channels or features, -1 the last.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = x.shape[axis]
        return (with_sizes(x, {axis: None if size is None else 2 * size}),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Snake(Layer):
    """An activation with a wave in it, for what repeats itself; each channel learns how fast.

    Input and output (N, channels, ...). Source: Ziyin et al. 2020.
    """

    target: ClassVar[str] = "engine.compiler.modules.Snake"
    formula: ClassVar[str] = "y = x + sin²(a · x) / a"
    when: ClassVar[str] = "For sound and for series with seasons."
    synonyms: ClassVar[tuple[str, ...]] = ("periodic", "sine", "wave", "audio", "activation")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="snake")
    family: ClassVar[Family] = Family.ACTIVATION

    stricter: ClassVar[str] = "a tensor of one number a sample has no channels"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        at_least_2(inputs[0])
        known(inputs[0], 1, "channels")
        return (inputs[0],)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"channels": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return inputs[0].shape[1] or 0

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 3 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class GumbelSoftmax(Layer):
    """Draws one of several choices at random, in a way that a network can learn through.

    Input and output (N, ...) of one shape; without noise once trained. Source: Jang et al. 2017,
    torch.nn.functional.gumbel_softmax.
    """

    target: ClassVar[str] = "engine.compiler.modules.GumbelSoftmax"
    caption: ClassVar[str] = "Gumbel softmax"
    formula: ClassVar[str] = "y = softmax((x + gumbel noise) / tau)"
    when: ClassVar[str] = "When a network has to choose one of several, and learn how."
    synonyms: ClassVar[tuple[str, ...]] = ("sample", "categorical", "discrete", "choice", "straight-through")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="gumbel_softmax")
    family: ClassVar[Family] = Family.ACTIVATION

    stricter: ClassVar[str] = NOT_THE_BATCH
    tau: float = attribute(1.0, above=0, maximum=100, label="Temperature", help="The lower, the surer the choice.")
    hard: bool = attribute(False, help="Answer 1 for the choice and 0 for the rest.")
    dim: int = attribute(-1, minimum=-8, maximum=8, help="The axis of the choices: -1 is the last.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        normal_axis(self.dim, inputs[0].rank)
        return (inputs[0],)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Squash(Layer):
    """Shortens vectors to a length between 0 and 1, which then says how sure they are.

    Input and output (N, ...) of one shape. Source: Sabour et al. 2017, capsules.
    """

    target: ClassVar[str] = "engine.compiler.modules.Squash"
    formula: ClassVar[str] = "y = ‖x‖² / (1 + ‖x‖²) · x / ‖x‖"
    when: ClassVar[str] = "In capsule networks, where a length is a chance."
    synonyms: ClassVar[tuple[str, ...]] = ("capsule", "length", "vector", "activation")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="squash")
    family: ClassVar[Family] = Family.ACTIVATION

    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = attribute(-1, minimum=-8, maximum=8, help="The axis along which a vector lies: -1 is the last.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        normal_axis(self.dim, inputs[0].rank)
        return (inputs[0],)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 3 * volume(inputs[0].shape[1:])

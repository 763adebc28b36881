"""Activations: bends between layers, without which they would collapse into one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import NOT_THE_BATCH, Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import PICTURE, mismatch, normal_axis, volume, with_sizes
from engine.catalog.tensors import TensorSpec

_DIM = {"dim": "torch's None guesses the axis from the rank and is deprecated; the last axis holds the classes here"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Activation(Layer):
    """Base: the shape stays as it is."""

    family: ClassVar[Family] = Family.ACTIVATION

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class ReLU(_Activation):
    """Keeps positive values and turns negative ones into 0: max(0, x).

    Any shape. The usual choice between layers. Source: torch.nn.ReLU.
    """

    target: ClassVar[str] = "torch.nn.ReLU"
    formula: ClassVar[str] = "y = max(0, x)"
    curve: ClassVar[str] = "relu(x)"
    when: ClassVar[str] = "Between any two layers with weights; try it before all others."
    synonyms: ClassVar[tuple[str, ...]] = ("rectifier", "rectified linear", "activation")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Relu")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReLU6(_Activation):
    """Like ReLU, but never above 6: min(max(0, x), 6).

    Any shape. Used in networks for small devices. Source: torch.nn.ReLU6.
    """

    target: ClassVar[str] = "torch.nn.ReLU6"
    formula: ClassVar[str] = "y = min(max(0, x), 6)"
    curve: ClassVar[str] = "minimum(relu(x), 6)"
    when: ClassVar[str] = "In networks that will run with small whole numbers on a phone."
    synonyms: ClassVar[tuple[str, ...]] = ("clipped relu", "mobile")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="relu6")


@dataclass(frozen=True, kw_only=True, slots=True)
class LeakyReLU(_Activation):
    """Like ReLU, but lets a little of the negative values through: x, or negative_slope x below 0.

    Any shape. Source: torch.nn.LeakyReLU.
    """

    target: ClassVar[str] = "torch.nn.LeakyReLU"
    formula: ClassVar[str] = "y = x where x > 0, else negative_slope · x"
    curve: ClassVar[str] = "where(x > 0, x, negative_slope * x)"
    when: ClassVar[str] = "Where ReLU leaves many values dead, above all in generators."
    synonyms: ClassVar[tuple[str, ...]] = ("leaky rectifier",)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="leaky_relu")
    negative_slope: float = attribute(0.01, minimum=0, maximum=1, help="How much of a negative value gets through.")


@dataclass(frozen=True, kw_only=True, slots=True)
class PReLU(_Activation):
    """Like LeakyReLU, but the slope for negative values is learned.

    Input (N, ...) or (N, channels, ...); one slope for all, or one a channel. Source: He et al. 2015, torch.nn.PReLU.
    """

    target: ClassVar[str] = "torch.nn.PReLU"
    formula: ClassVar[str] = "y = x where x > 0, else a · x with a learned"
    curve: ClassVar[str] = "where(x > 0, x, init * x)"
    when: ClassVar[str] = "Where data is plenty and the best slope is not known."
    synonyms: ClassVar[tuple[str, ...]] = ("parametric relu", "learned slope")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="prelu")
    not_arguments: ClassVar[frozenset[str]] = frozenset({"per_channel"})
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "per_channel": "says whether num_parameters, which is computed, is 1 or the number of channels",
    }
    per_channel: bool = attribute(False, help="Learn a slope for each channel instead of one for all.")
    init: float = attribute(0.25, minimum=-1, maximum=1, advanced=True, help="The slope before training.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if self.per_channel and (x.rank < 2 or x.shape[1] is None):
            mismatch("a known number of channels", x, "Switch 'per channel' off.")
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"num_parameters": inputs[0].shape[1] if self.per_channel else 1}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return (inputs[0].shape[1] or 0) if self.per_channel else 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ELU(_Activation):
    """Keeps positive values and bends negative ones smoothly towards -alpha: alpha (e^x - 1) below 0.

    Any shape. Source: Clevert et al. 2016, torch.nn.ELU.
    """

    target: ClassVar[str] = "torch.nn.ELU"
    formula: ClassVar[str] = "y = x where x > 0, else α (eˣ - 1)"
    curve: ClassVar[str] = "where(x > 0, x, alpha * (exp(x) - 1))"
    when: ClassVar[str] = "Instead of ReLU, for answers whose mean is nearer to 0."
    synonyms: ClassVar[tuple[str, ...]] = ("exponential linear unit",)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="elu")
    alpha: float = attribute(1.0, above=0, maximum=100, help="The value that very negative inputs approach, negated.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SELU(_Activation):
    """A scaled ELU that keeps values near mean 0 and spread 1 from layer to layer.

    Any shape. Goes with AlphaDropout. Source: Klambauer et al. 2017, torch.nn.SELU.
    """

    target: ClassVar[str] = "torch.nn.SELU"
    formula: ClassVar[str] = "y = 1.0507 x where x > 0, else 1.7581 (eˣ - 1)"
    curve: ClassVar[str] = "where(x > 0, 1.0507009873554805 * x, 1.7580993408473766 * (exp(x) - 1))"
    when: ClassVar[str] = "In deep networks of Linear layers without normalization."
    synonyms: ClassVar[tuple[str, ...]] = ("scaled exponential", "self-normalizing")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="selu")


@dataclass(frozen=True, kw_only=True, slots=True)
class CELU(_Activation):
    """An ELU without a kink at 0, whatever alpha is: max(0, x) + min(0, alpha (e^(x / alpha) - 1)).

    Any shape. Source: Barron 2017, torch.nn.CELU.
    """

    target: ClassVar[str] = "torch.nn.CELU"
    formula: ClassVar[str] = "y = max(0, x) + min(0, α (e^(x/α) - 1))"
    curve: ClassVar[str] = "relu(x) + minimum(alpha * (exp(x / alpha) - 1), 0)"
    when: ClassVar[str] = "Instead of ELU, where its bend should be smooth for any alpha."
    synonyms: ClassVar[tuple[str, ...]] = ("continuously differentiable exponential",)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="celu")
    alpha: float = attribute(1.0, above=0, maximum=100, help="The value that very negative inputs approach, negated.")


@dataclass(frozen=True, kw_only=True, slots=True)
class GELU(_Activation):
    """A smooth ReLU that weighs each value by how likely it is to be large; usual in transformers.

    Any shape; x times the normal distribution function of x. Source: Hendrycks and Gimpel 2016, torch.nn.GELU.
    """

    target: ClassVar[str] = "torch.nn.GELU"
    formula: ClassVar[str] = "y = x · Φ(x), Φ the normal distribution"
    curve: ClassVar[str] = "x * (1 + erf(x / sqrt(2))) / 2"
    when: ClassVar[str] = "In transformers and ConvNeXt-like networks."
    synonyms: ClassVar[tuple[str, ...]] = ("gaussian error", "smooth relu")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="gelu")
    approximate: Literal["none", "tanh"] = attribute(
        "none", advanced=True, help="'tanh' uses a faster formula that is very slightly off."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class SiLU(_Activation):
    """A smooth ReLU: each value times its own sigmoid.

    Any shape; x / (1 + e^-x). Also known as Swish. Source: torch.nn.SiLU.
    """

    target: ClassVar[str] = "torch.nn.SiLU"
    formula: ClassVar[str] = "y = x · σ(x)"
    curve: ClassVar[str] = "x * sigmoid(x)"
    when: ClassVar[str] = "In deep convolutional networks, such as EfficientNet."
    synonyms: ClassVar[tuple[str, ...]] = ("swish", "smooth relu")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="silu")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mish(_Activation):
    """A smooth ReLU that dips a little below 0: x tanh(softplus(x)).

    Any shape. Source: Misra 2019, torch.nn.Mish.
    """

    target: ClassVar[str] = "torch.nn.Mish"
    formula: ClassVar[str] = "y = x · tanh(log(1 + eˣ))"
    curve: ClassVar[str] = "x * tanh(log(1 + exp(x)))"
    when: ClassVar[str] = "Instead of SiLU, where a little accuracy is worth some time."
    synonyms: ClassVar[tuple[str, ...]] = ("smooth relu",)
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Mish")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sigmoid(_Activation):
    """Squeezes each value between 0 and 1: 1 / (1 + e^-x).

    Any shape. For yes-or-no answers. Source: torch.nn.Sigmoid.
    """

    target: ClassVar[str] = "torch.nn.Sigmoid"
    formula: ClassVar[str] = "y = 1 / (1 + e⁻ˣ)"
    curve: ClassVar[str] = "sigmoid(x)"
    when: ClassVar[str] = "For gates, and for answers that are probabilities of yes."
    synonyms: ClassVar[tuple[str, ...]] = ("logistic", "probability", "gate")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Sigmoid")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogSigmoid(_Activation):
    """The logarithm of Sigmoid, computed without losing precision.

    Any shape; log(1 / (1 + e^-x)). Source: torch.nn.LogSigmoid.
    """

    target: ClassVar[str] = "torch.nn.LogSigmoid"
    formula: ClassVar[str] = "y = log(1 / (1 + e⁻ˣ))"
    curve: ClassVar[str] = "log(sigmoid(x))"
    when: ClassVar[str] = "Where logarithms of probabilities are added up."
    synonyms: ClassVar[tuple[str, ...]] = ("log probability",)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="log_sigmoid")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tanh(_Activation):
    """Squeezes each value between -1 and 1.

    Any shape. Source: torch.nn.Tanh.
    """

    target: ClassVar[str] = "torch.nn.Tanh"
    formula: ClassVar[str] = "y = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)"
    curve: ClassVar[str] = "tanh(x)"
    when: ClassVar[str] = "For answers between -1 and 1, and in recurrent networks."
    synonyms: ClassVar[tuple[str, ...]] = ("hyperbolic tangent",)
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Tanh")


@dataclass(frozen=True, kw_only=True, slots=True)
class Softplus(_Activation):
    """A smooth ReLU that is always above 0: log(1 + e^(beta x)) / beta.

    Any shape. For answers that must be positive. Source: torch.nn.Softplus.
    """

    target: ClassVar[str] = "torch.nn.Softplus"
    formula: ClassVar[str] = "y = log(1 + e^(β x)) / β"
    curve: ClassVar[str] = "where(beta * x > threshold, x, log(1 + exp(beta * x)) / beta)"
    when: ClassVar[str] = "For answers that must be above 0, such as a spread."
    synonyms: ClassVar[tuple[str, ...]] = ("positive", "smooth relu")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="softplus")
    beta: float = attribute(1.0, above=0, maximum=1000, help="How sharp the bend at 0 is.")
    threshold: float = attribute(
        20.0, minimum=0, maximum=1000, advanced=True, help="Above this (times beta) the value is passed on unchanged."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Softsign(_Activation):
    """Squeezes each value between -1 and 1, more gently than Tanh: x / (1 + |x|).

    Any shape. Source: torch.nn.Softsign.
    """

    target: ClassVar[str] = "torch.nn.Softsign"
    formula: ClassVar[str] = "y = x / (1 + |x|)"
    curve: ClassVar[str] = "x / (1 + abs(x))"
    when: ClassVar[str] = "Instead of Tanh, where large values should still make a difference."
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Softsign")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hardtanh(_Activation):
    """Cuts values off below min_val and above max_val.

    Any shape. min_val must be below max_val. Source: torch.nn.Hardtanh.
    """

    target: ClassVar[str] = "torch.nn.Hardtanh"
    formula: ClassVar[str] = "y = min(max(x, min_val), max_val)"
    curve: ClassVar[str] = "minimum(maximum(x, min_val), max_val)"
    when: ClassVar[str] = "To keep values in a range without bending those inside."
    synonyms: ClassVar[tuple[str, ...]] = ("clip", "clamp", "limit")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="hardtanh")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "min_value": "deprecated in torch for min_val",
        "max_value": "deprecated in torch for max_val",
    }
    min_val: float = attribute(-1.0, minimum=-1e6, maximum=1e6, label="Lowest", help="The lowest value that passes.")
    max_val: float = attribute(1.0, minimum=-1e6, maximum=1e6, label="Highest", help="The highest value that passes.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if self.min_val >= self.max_val:
            mismatch(f"a highest value above {self.min_val:g}", f"{self.max_val:g}", "Raise it, or lower the lowest.")
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hardsigmoid(_Activation):
    """A Sigmoid of straight lines, cheap on small devices: x / 6 + 1/2 between 0 and 1.

    Any shape. Source: torch.nn.Hardsigmoid.
    """

    target: ClassVar[str] = "torch.nn.Hardsigmoid"
    formula: ClassVar[str] = "y = min(max(x / 6 + 1/2, 0), 1)"
    curve: ClassVar[str] = "minimum(maximum(x / 6 + 0.5, 0), 1)"
    when: ClassVar[str] = "For gates in networks that will run on a phone."
    synonyms: ClassVar[tuple[str, ...]] = ("mobile", "gate")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="hardsigmoid")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hardswish(_Activation):
    """A SiLU of straight lines, cheap on small devices: x times Hardsigmoid(x).

    Any shape. Source: Howard et al. 2019, torch.nn.Hardswish.
    """

    target: ClassVar[str] = "torch.nn.Hardswish"
    formula: ClassVar[str] = "y = x · min(max(x / 6 + 1/2, 0), 1)"
    curve: ClassVar[str] = "x * minimum(maximum(x / 6 + 0.5, 0), 1)"
    when: ClassVar[str] = "In MobileNetV3 and other networks for phones."
    synonyms: ClassVar[tuple[str, ...]] = ("mobile", "swish")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="HardSwish")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tanhshrink(_Activation):
    """Takes Tanh away from the value: x - tanh(x); small values nearly vanish.

    Any shape. Source: torch.nn.Tanhshrink.
    """

    target: ClassVar[str] = "torch.nn.Tanhshrink"
    formula: ClassVar[str] = "y = x - tanh(x)"
    curve: ClassVar[str] = "x - tanh(x)"
    when: ClassVar[str] = "To remove what is near 0, smoothly."
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="tanhshrink")


@dataclass(frozen=True, kw_only=True, slots=True)
class Softshrink(_Activation):
    """Moves every value towards 0 by lambd and turns the small ones into 0.

    Any shape. For removing noise. Source: torch.nn.Softshrink.
    """

    target: ClassVar[str] = "torch.nn.Softshrink"
    formula: ClassVar[str] = "y = sign(x) · max(|x| - λ, 0)"
    curve: ClassVar[str] = "sign(x) * relu(abs(x) - lambd)"
    when: ClassVar[str] = "In networks that look for few non-zero values, as in sparse coding."
    synonyms: ClassVar[tuple[str, ...]] = ("threshold", "denoise")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="softshrink")
    lambd: float = attribute(0.5, minimum=0, maximum=1000, label="Lambda", help="How far values move towards 0.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hardshrink(_Activation):
    """Turns values nearer to 0 than lambd into 0 and keeps the others.

    Any shape. For removing noise. Source: torch.nn.Hardshrink.
    """

    target: ClassVar[str] = "torch.nn.Hardshrink"
    formula: ClassVar[str] = "y = x where |x| > λ, else 0"
    curve: ClassVar[str] = "where(abs(x) > lambd, x, 0)"
    when: ClassVar[str] = "To cut off noise and leave the rest as it is."
    synonyms: ClassVar[tuple[str, ...]] = ("threshold", "denoise")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="hardshrink")
    lambd: float = attribute(0.5, minimum=0, maximum=1000, label="Lambda", help="Values nearer to 0 become 0.")


@dataclass(frozen=True, kw_only=True, slots=True)
class _OverAxis(_Activation):
    """Base: works along one axis other than the batch."""

    unlike_torch: ClassVar[Mapping[str, str]] = _DIM
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = attribute(-1, minimum=-8, maximum=8, advanced=True, help="The axis; -1 is the last, 1 the channels.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        normal_axis(self.dim, x.rank)
        return (x,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Softmax(_OverAxis):
    """Turns scores into probabilities that add up to 1.

    Any shape, along dim: e^x / sum of e^x. Not before CrossEntropyLoss, which does it itself. Source: torch.nn.Softmax.
    """

    target: ClassVar[str] = "torch.nn.Softmax"
    formula: ClassVar[str] = "y[i] = e^x[i] / Σ_j e^x[j]"
    when: ClassVar[str] = "For weights that add up to 1, as in attention; the answer gets it by itself."
    synonyms: ClassVar[tuple[str, ...]] = ("probabilities", "normalized exponential")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="softmax")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogSoftmax(_OverAxis):
    """Turns scores into logarithms of probabilities, computed without losing precision.

    Any shape, along dim. Goes before NLLLoss. Source: torch.nn.LogSoftmax.
    """

    target: ClassVar[str] = "torch.nn.LogSoftmax"
    formula: ClassVar[str] = "y[i] = x[i] - log Σ_j e^x[j]"
    when: ClassVar[str] = "Before NLLLoss, or where probabilities are multiplied."
    synonyms: ClassVar[tuple[str, ...]] = ("log probabilities",)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="log_softmax")


@dataclass(frozen=True, kw_only=True, slots=True)
class Softmin(_OverAxis):
    """Turns scores into probabilities where the smallest score gets the most.

    Any shape, along dim: Softmax of -x. Source: torch.nn.Softmin.
    """

    target: ClassVar[str] = "torch.nn.Softmin"
    formula: ClassVar[str] = "y[i] = e^-x[i] / Σ_j e^-x[j]"
    when: ClassVar[str] = "To turn distances into weights: the nearest gets the most."
    synonyms: ClassVar[tuple[str, ...]] = ("probabilities", "distances")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="softmin")


@dataclass(frozen=True, kw_only=True, slots=True)
class GLU(_Activation):
    """Splits the values in two halves, and lets one half decide how much of the other passes.

    Any shape with an even size along dim, which is halved: a sigmoid(b). Source: Dauphin et al. 2016, torch.nn.GLU.
    """

    target: ClassVar[str] = "torch.nn.GLU"
    changes_width: ClassVar[bool] = True
    formula: ClassVar[str] = "y = a · σ(b), x = (a, b)"
    when: ClassVar[str] = "To let a layer choose what passes, behind a Linear or Conv1d of twice the width."
    synonyms: ClassVar[tuple[str, ...]] = ("gated linear unit", "gate")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="glu")
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = attribute(-1, minimum=-8, maximum=8, advanced=True, help="The axis; -1 is the last, 1 the channels.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = x.shape[axis]
        if size is not None and size % 2:
            mismatch(f"an even size along dim {axis}", str(size), "Give the layer before it an even number of outputs.")
        return (with_sizes(x, {axis: None if size is None else size // 2}),)


@dataclass(frozen=True, kw_only=True, slots=True)
class RReLU(_Activation):
    """Like LeakyReLU, but each negative value gets a random slope while training, the mean slope afterwards.

    Any shape; slopes from lower to upper, lower at most upper. Source: Xu et al. 2015, torch.nn.RReLU.
    """

    target: ClassVar[str] = "torch.nn.RReLU"
    synonyms: ClassVar[tuple[str, ...]] = ("randomized relu", "leaky", "regularization")
    formula: ClassVar[str] = "y = x where x ≥ 0, else a · x with a drawn from lower to upper"
    when: ClassVar[str] = "Instead of LeakyReLU, against learning by heart with few samples."
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="rrelu")
    lower: float = attribute(0.125, minimum=0, maximum=1, help="The smallest slope.")
    upper: float = attribute(0.3333333333333333, minimum=0, maximum=1, help="The largest slope.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if self.lower > self.upper:
            mismatch(
                f"a largest slope of at least {self.lower:g}", f"{self.upper:g}", "Raise it, or lower the smallest."
            )
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold(_Activation):
    """Keeps values above a threshold and replaces the others by one value.

    Any shape. Source: torch.nn.Threshold.
    """

    target: ClassVar[str] = "torch.nn.Threshold"
    synonyms: ClassVar[tuple[str, ...]] = ("cut off", "step", "gate")
    formula: ClassVar[str] = "y = x where x > threshold, else value"
    curve: ClassVar[str] = "where(x > threshold, x, value)"
    when: ClassVar[str] = "To silence small values, or to build a ReLU whose bend is not at 0."
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="threshold")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "threshold": "torch has no default; 0 makes a ReLU of it",
        "value": "torch has no default; 0 makes a ReLU of it",
    }
    threshold: float = attribute(0.0, minimum=-1e6, maximum=1e6, help="Values up to here are replaced.")
    value: float = attribute(0.0, minimum=-1e6, maximum=1e6, help="What replaces them.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Softmax2d(_Activation):
    """Turns the channels at each place of a picture into probabilities that add up to 1.

    Input and output (N, channels, height, width). Source: torch.nn.Softmax2d.
    """

    target: ClassVar[str] = "torch.nn.Softmax2d"
    synonyms: ClassVar[tuple[str, ...]] = ("probabilities", "segmentation", "pixels")
    formula: ClassVar[str] = "y[c, h, w] = e^x[c, h, w] / Σ_k e^x[k, h, w]"
    when: ClassVar[str] = "For one class a pixel, where the loss does not do it itself."
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="softmax_2d")

"""Initializers: what numbers weights and biases begin with. Without one, each layer begins as torch lets it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import Entry, attribute

_GENERATOR = {"generator": "the seed of the recipe decides"}
_FAN = "fan_in keeps the size of what goes forward, fan_out that of what comes back."
_SLOPE = "The slope below 0 of the activation that follows; 0 for ReLU."
_GAIN = "What the numbers are multiplied by."


@dataclass(frozen=True, kw_only=True, slots=True)
class Initializer(Entry):
    """Base of initializers. `axes` are the fewest and the most dimensions of a tensor that it can fill."""

    axes: ClassVar[tuple[int, int]] = (0, 99)
    unlike_torch: ClassVar[Mapping[str, str]] = _GENERATOR

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments for torch's function, without the tensor."""
        return self.values()


@dataclass(frozen=True, kw_only=True, slots=True)
class Uniform(Initializer):
    """Numbers anywhere between two bounds, all equally likely.

    Source: torch.nn.init.uniform_.
    """

    target: ClassVar[str] = "torch.nn.init.uniform_"
    formula: ClassVar[str] = "w ~ U(a, b)"
    when: ClassVar[str] = "Use it for embeddings, with bounds around 0."
    unlike_torch: ClassVar[Mapping[str, str]] = {**_GENERATOR, "a": "a network of positive weights alone hardly learns"}
    a: float = attribute(-0.1, minimum=-1e6, maximum=1e6, label="From", help="The lower bound.")
    b: float = attribute(0.1, minimum=-1e6, maximum=1e6, label="To", help="The upper bound.")
    synonyms: ClassVar[tuple[str, ...]] = ("random", "flat")

    def arguments(self) -> dict[str, Any]:
        return {"a": min(self.a, self.b), "b": max(self.a, self.b)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Normal(Initializer):
    """Numbers around a mean, most of them near it.

    Source: torch.nn.init.normal_.
    """

    target: ClassVar[str] = "torch.nn.init.normal_"
    formula: ClassVar[str] = "w ~ N(mean, std²)"
    when: ClassVar[str] = "Use it for transformers and embeddings, with a spread of 0.02."
    synonyms: ClassVar[tuple[str, ...]] = ("gaussian", "random")
    unlike_torch: ClassVar[Mapping[str, str]] = {**_GENERATOR, "std": "1 makes most networks explode; 0.02 is usual"}
    mean: float = attribute(0.0, minimum=-1e6, maximum=1e6, help="The middle.")
    std: float = attribute(0.02, minimum=0, maximum=1e6, label="Spread", help="How far from the middle they lie.")


@dataclass(frozen=True, kw_only=True, slots=True)
class TruncNormal(Initializer):
    """Numbers around a mean, none beyond two bounds.

    Source: torch.nn.init.trunc_normal_.
    """

    target: ClassVar[str] = "torch.nn.init.trunc_normal_"
    formula: ClassVar[str] = "w ~ N(mean, std²) between a and b"
    when: ClassVar[str] = "Use it for vision transformers, with a spread of 0.02."
    caption: ClassVar[str] = "Truncated normal"
    synonyms: ClassVar[tuple[str, ...]] = ("gaussian", "cut", "transformer")
    unlike_torch: ClassVar[Mapping[str, str]] = {**_GENERATOR, "std": "1 makes most networks explode; 0.02 is usual"}
    mean: float = attribute(0.0, minimum=-1e6, maximum=1e6, help="The middle.")
    std: float = attribute(0.02, above=0, maximum=1e6, label="Spread", help="How far from the middle they lie.")
    a: float = attribute(-2.0, minimum=-1e6, maximum=1e6, label="From", help="The lower bound.")
    b: float = attribute(2.0, minimum=-1e6, maximum=1e6, label="To", help="The upper bound.")

    def arguments(self) -> dict[str, Any]:
        return {**self.values(), "a": min(self.a, self.b), "b": max(self.a, self.b)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Constant(Initializer):
    """The same number everywhere.

    Source: torch.nn.init.constant_.
    """

    target: ClassVar[str] = "torch.nn.init.constant_"
    formula: ClassVar[str] = "w = val"
    when: ClassVar[str] = "Use it for biases, such as 1 for the forget gate or -2 for rare yeses; never for weights."
    synonyms: ClassVar[tuple[str, ...]] = ("fixed", "same")
    unlike_torch: ClassVar[Mapping[str, str]] = {}
    val: float = attribute(0.0, minimum=-1e6, maximum=1e6, label="Value", help="The number.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ones(Initializer):
    """Sets every number to 1.

    Source: torch.nn.init.ones_.
    """

    target: ClassVar[str] = "torch.nn.init.ones_"
    formula: ClassVar[str] = "w = 1"
    when: ClassVar[str] = "Use it for scales, as normalizations do."
    unlike_torch: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Zeros(Initializer):
    """Sets every number to 0.

    Source: torch.nn.init.zeros_.
    """

    target: ClassVar[str] = "torch.nn.init.zeros_"
    formula: ClassVar[str] = "w = 0"
    when: ClassVar[str] = (
        "Use it for biases, and for the last layer of a residual branch, which then starts as nothing."
    )
    unlike_torch: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Eye(Initializer):
    """1 on the diagonal and 0 elsewhere: the layer begins by passing its input on.

    Matrices only. Source: torch.nn.init.eye_.
    """

    target: ClassVar[str] = "torch.nn.init.eye_"
    formula: ClassVar[str] = "w[i, j] = 1 where i = j, else 0"
    when: ClassVar[str] = "Use it for a Linear that should change its input little at first."
    caption: ClassVar[str] = "Identity"
    synonyms: ClassVar[tuple[str, ...]] = ("eye", "diagonal")
    axes: ClassVar[tuple[int, int]] = (2, 2)
    unlike_torch: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Dirac(Initializer):
    """1 in the middle of each window: the convolution begins by passing its input on.

    Weights of convolutions only. Source: torch.nn.init.dirac_.
    """

    target: ClassVar[str] = "torch.nn.init.dirac_"
    formula: ClassVar[str] = "w[i, i, middle] = 1, else 0"
    when: ClassVar[str] = "Use it for a convolution that should change its input little at first."
    synonyms: ClassVar[tuple[str, ...]] = ("identity", "convolution")
    axes: ClassVar[tuple[int, int]] = (3, 5)
    unlike_torch: ClassVar[Mapping[str, str]] = {}
    groups: int = attribute(1, minimum=1, maximum=100_000, help="Groups of the convolution, each passed on by itself.")


@dataclass(frozen=True, kw_only=True, slots=True)
class XavierUniform(Initializer):
    """Uniform numbers whose size suits the inputs and outputs of the layer.

    Source: Glorot and Bengio 2010, torch.nn.init.xavier_uniform_.
    """

    target: ClassVar[str] = "torch.nn.init.xavier_uniform_"
    formula: ClassVar[str] = "w ~ U(−a, a),  a = gain · √(6 / (in + out))"
    when: ClassVar[str] = "Use it before Tanh, Sigmoid and Softmax, and for attention."
    caption: ClassVar[str] = "Xavier uniform"
    synonyms: ClassVar[tuple[str, ...]] = ("glorot", "tanh")
    axes: ClassVar[tuple[int, int]] = (2, 99)
    gain: float = attribute(1.0, above=0, maximum=1000, help=_GAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class XavierNormal(Initializer):
    """Normal numbers whose size suits the inputs and outputs of the layer.

    Source: Glorot and Bengio 2010, torch.nn.init.xavier_normal_.
    """

    target: ClassVar[str] = "torch.nn.init.xavier_normal_"
    formula: ClassVar[str] = "w ~ N(0, σ²),  σ = gain · √(2 / (in + out))"
    when: ClassVar[str] = "Use it as Xavier uniform; the choice between them hardly matters."
    caption: ClassVar[str] = "Xavier normal"
    synonyms: ClassVar[tuple[str, ...]] = ("glorot", "tanh")
    axes: ClassVar[tuple[int, int]] = (2, 99)
    gain: float = attribute(1.0, above=0, maximum=1000, help=_GAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class KaimingUniform(Initializer):
    """Uniform numbers whose size suits a layer with a ReLU behind it.

    Source: He et al. 2015, torch.nn.init.kaiming_uniform_.
    """

    target: ClassVar[str] = "torch.nn.init.kaiming_uniform_"
    formula: ClassVar[str] = "w ~ U(−a, a),  a = gain · √(3 / fan)"
    when: ClassVar[str] = "Use it before ReLU and its relatives, in deep networks without normalization."
    caption: ClassVar[str] = "Kaiming uniform"
    synonyms: ClassVar[tuple[str, ...]] = ("he", "relu")
    axes: ClassVar[tuple[int, int]] = (2, 99)
    a: float = attribute(0.0, minimum=0, maximum=100, label="Slope", help=_SLOPE)
    mode: Literal["fan_in", "fan_out"] = attribute("fan_in", help=_FAN)
    nonlinearity: Literal["leaky_relu", "relu", "linear", "sigmoid", "tanh", "selu"] = attribute(
        "leaky_relu", label="Activation", help="The activation that follows."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class KaimingNormal(Initializer):
    """Normal numbers whose size suits a layer with a ReLU behind it.

    Source: He et al. 2015, torch.nn.init.kaiming_normal_.
    """

    target: ClassVar[str] = "torch.nn.init.kaiming_normal_"
    formula: ClassVar[str] = "w ~ N(0, σ²),  σ = gain / √fan"
    when: ClassVar[str] = "Use it for convolutions before ReLU, with fan_out, as residual networks do."
    caption: ClassVar[str] = "Kaiming normal"
    synonyms: ClassVar[tuple[str, ...]] = ("he", "relu", "resnet")
    axes: ClassVar[tuple[int, int]] = (2, 99)
    a: float = attribute(0.0, minimum=0, maximum=100, label="Slope", help=_SLOPE)
    mode: Literal["fan_in", "fan_out"] = attribute("fan_in", help=_FAN)
    nonlinearity: Literal["leaky_relu", "relu", "linear", "sigmoid", "tanh", "selu"] = attribute(
        "leaky_relu", label="Activation", help="The activation that follows."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Orthogonal(Initializer):
    """Rows at right angles to each other: lengths pass through unchanged.

    Source: Saxe et al. 2014, torch.nn.init.orthogonal_.
    """

    target: ClassVar[str] = "torch.nn.init.orthogonal_"
    formula: ClassVar[str] = "w = gain · Q,  Q Qᵀ = 1"
    when: ClassVar[str] = "Use it for recurrent networks, for very deep ones, and for learning to act."
    synonyms: ClassVar[tuple[str, ...]] = ("recurrent", "rotation")
    axes: ClassVar[tuple[int, int]] = (2, 99)
    gain: float = attribute(1.0, above=0, maximum=1000, help=_GAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sparse(Initializer):
    """Normal numbers, most of them set to 0.

    Matrices only. Source: Martens 2010, torch.nn.init.sparse_.
    """

    target: ClassVar[str] = "torch.nn.init.sparse_"
    formula: ClassVar[str] = "w ~ N(0, std²), a share of each column set to 0"
    when: ClassVar[str] = "Use it for wide layers whose units should begin different from each other."
    synonyms: ClassVar[tuple[str, ...]] = ("zeros", "few links")
    axes: ClassVar[tuple[int, int]] = (2, 2)
    sparsity: float = attribute(0.9, minimum=0, maximum=1, help="The share of 0 in each column.")
    std: float = attribute(0.01, minimum=0, maximum=1e6, label="Spread", help="How far from 0 the others lie.")


@dataclass(frozen=True, kw_only=True, slots=True)
class FromData(Initializer):
    """Base of initializers that look at what comes into the node, when a run begins: of samples of the train split.

    They fill the parameter that a layer names in `points`, else the matrix `weight`, if its rows are as long as what
    comes in. `target` is a function of rows (N, features), how many are wanted, and a generator.
    """

    axes: ClassVar[tuple[int, int]] = (2, 2)
    samples: int = attribute(5000, minimum=1, maximum=1_000_000, help="At how many rows of the data it looks.")

    def settings(self) -> dict[str, Any]:
        """Keyword arguments for the function."""
        return {name: value for name, value in self.values().items() if name != "samples"}


@dataclass(frozen=True, kw_only=True, slots=True)
class KMeans(FromData):
    """The middles of groups that k-means finds in what comes into the node.

    For centres, maps, codebooks and linear layers. Source: Lloyd 1982; Arthur and Vassilvitskii 2007.
    """

    target: ClassVar[str] = "engine.training.placing.k_means"
    formula: ClassVar[str] = "wₖ = mean of the x that are nearest to wₖ"
    when: ClassVar[str] = "Use it for the centres of a radial basis layer, and for codebooks."
    caption: ClassVar[str] = "K-means of the data"
    synonyms: ClassVar[tuple[str, ...]] = ("clusters", "centres", "lloyd", "rbf", "codebook")
    iterations: int = attribute(50, minimum=1, maximum=10_000, help="How often groups and middles are found anew.")


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnSamples(FromData):
    """Some of the rows that come into the node, drawn at random.

    For centres, maps and codebooks. Source: Kohonen 1982.
    """

    target: ClassVar[str] = "engine.training.placing.drawn_samples"
    formula: ClassVar[str] = "wₖ = a random x"
    when: ClassVar[str] = "Use it for maps and codebooks, so that each unit begins where data are."
    caption: ClassVar[str] = "Samples of the data"
    synonyms: ClassVar[tuple[str, ...]] = ("random", "prototypes", "som", "codebook")

"""Losses for networks that make things, act or map: priors, critics, values of actions, energies, maps, brakes."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import InputPort
from engine.catalog.losses.loss import OWN_SHAPES, Loss, alike, one_each
from engine.catalog.rules import mismatch, same_sizes
from engine.catalog.tensors import DType, TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class _Single(Loss):
    """Base of losses over one tensor of any shape, without a target."""

    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction"),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Critic(Loss):
    """Base of losses over the scores of made and of real samples."""

    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="made"), InputPort(name="real"))

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class KLPriorLoss(Loss):
    """For variational autoencoders: keeps the hidden values near a standard normal distribution.

    Mean and log_variance (N, features). Source: Kingma and Welling 2014; free bits: Kingma et al. 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.KLPriorLoss"
    formula: ClassVar[str] = "L = ½ Σ (μ² + σ² − 1 − log σ²)"
    when: ClassVar[str] = "Use it beside a reconstruction loss in a variational autoencoder."
    caption: ClassVar[str] = "KL to prior"
    synonyms: ClassVar[tuple[str, ...]] = (
        "vae",
        "variational",
        "latent",
        "prior",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="mean"), InputPort(name="log_variance"))
    free: float = attribute(0.0, minimum=0, maximum=100, help="What each feature may tell at no cost, in nats.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if inputs[0].rank < 2:
            mismatch("at least 2 dimensions (N, features)", inputs[0])
        alike(inputs[1], inputs[0], "mean")
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PerceptualLoss(Loss):
    """Compares what two nodes see instead of the pictures themselves.

    Prediction and target of one shape: the same layer over the answer and over the truth; the target gets no gradient.
    Source: Johnson et al. 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.PerceptualLoss"
    formula: ClassVar[str] = "L = mean (φ(x) − φ(t))²"
    when: ClassVar[str] = (
        "Link it to two nodes of a frozen network, for pictures that should look alike rather than be equal."
    )
    caption: ClassVar[str] = "Perceptual"
    synonyms: ClassVar[tuple[str, ...]] = (
        "features",
        "content",
        "style",
        "super-resolution",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    distance: Literal["squared", "absolute", "cosine"] = attribute("squared", help="How both tensors are compared.")
    normalize: bool = attribute(False, advanced=True, help="Compare directions along the channels alone.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if inputs[0].rank < 2:
            mismatch("at least 2 dimensions (N, features)", inputs[0])
        alike(inputs[0], inputs[1])
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class GramLoss(Loss):
    """Compares the style of two pictures: which features go together, wherever they are.

    Prediction and target (N, channels, height, width); sizes may differ. Source: Gatys et al. 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.GramLoss"
    formula: ClassVar[str] = "L = mean (G(x) − G(t))²,  G = F Fᵀ / (c h w)"
    when: ClassVar[str] = "Use it beside Perceptual to carry over a style."
    caption: ClassVar[str] = "Style (Gram)"
    synonyms: ClassVar[tuple[str, ...]] = (
        "style transfer",
        "texture",
        "features",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=("N", "channels", "height", "width")),
        InputPort(name="target", axes=("N", "channels", "height", "width")),
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if not all(map(same_sizes, inputs[0].shape[:2], inputs[1].shape[:2])):
            mismatch("as many channels as the target has", inputs[0])
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class WassersteinLoss(_Critic):
    """For a critic: made samples should score low, real ones high.

    Made and real: scores of one critic, of any shape. Source: Arjovsky et al. 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.WassersteinLoss"
    formula: ClassVar[str] = "L = mean D(made) − mean D(real)"
    when: ClassVar[str] = "Use it for the critic of a network that makes things, beside Gradient penalty."
    caption: ClassVar[str] = "Wasserstein"
    synonyms: ClassVar[tuple[str, ...]] = (
        "gan",
        "critic",
        "wgan",
        "adversarial",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class HingeCriticLoss(_Critic):
    """For a critic: real samples should score above 1, made ones below -1.

    Made and real: scores of one critic, of any shape. Source: Lim and Ye 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.HingeCriticLoss"
    formula: ClassVar[str] = "L = mean max(0, 1 + D(made)) + mean max(0, 1 − D(real))"
    when: ClassVar[str] = "Use it for the critic when Wasserstein is too slow; it needs no penalty with spectral norm."
    caption: ClassVar[str] = "Hinge critic"
    synonyms: ClassVar[tuple[str, ...]] = (
        "gan",
        "critic",
        "adversarial",
        "discriminator",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class GeneratorLoss(_Single):
    """For what makes samples: the critic should score them high.

    Made: scores of the critic, of any shape. Source: Arjovsky et al. 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.GeneratorLoss"
    formula: ClassVar[str] = "L = −mean D(made)"
    when: ClassVar[str] = "Use it for the player that makes things, against Wasserstein or Hinge critic."
    caption: ClassVar[str] = "Generator score"
    synonyms: ClassVar[tuple[str, ...]] = (
        "gan",
        "generator",
        "adversarial",
    )
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="made"),)


@dataclass(frozen=True, kw_only=True, slots=True)
class GradientPenaltyLoss(Loss):
    """Keeps a critic from growing too steep: its slope at a point should be 1.

    Score of the critic, and the point it judged: a made sample, a real one, or one between both. In validation, where
    no gradient is recorded, it is 0. Source: Gulrajani et al. 2017; at real samples, slope 0: Mescheder et al. 2018.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.GradientPenaltyLoss"
    formula: ClassVar[str] = "L = mean (‖∂D(x) / ∂x‖ − 1)²"
    when: ClassVar[str] = "Use it beside Wasserstein with a weight of about 10, at points between made and real."
    caption: ClassVar[str] = "Gradient penalty"
    synonyms: ClassVar[tuple[str, ...]] = (
        "gan",
        "critic",
        "wgan-gp",
        "lipschitz",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="score"), InputPort(name="point"))
    slopes: ClassVar[tuple[str, ...]] = ("point",)
    slope: float = attribute(1.0, minimum=0, maximum=100, torch_name="target", help="Steepness that is asked for.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if inputs[1].rank < 2:
            mismatch("at least 2 dimensions (N, ...)", inputs[1])
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TDLoss(Loss):
    """For learning to act: the value of an action should be its reward and what comes after it.

    Prediction (N, actions): values of actions; action, reward and finished (N,) or (N, 1); following (N, actions):
    values in the next state, which get no gradient. Values at `deciding` choose the next action in their place, as in
    double DQN. Sources: Mnih et al. 2015, van Hasselt et al. 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.TDLoss"
    formula: ClassVar[str] = "L = Huber(Q(s, a) − (r + γ · max Q(s′)))"
    when: ClassVar[str] = "Use it for recorded games or controls: state, action, reward and next state."
    caption: ClassVar[str] = "TD error"
    synonyms: ClassVar[tuple[str, ...]] = (
        "reinforcement",
        "q-learning",
        "dqn",
        "bellman",
        "actions",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=("N", "actions")),
        InputPort(name="action", dtype=DType.INT),
        InputPort(name="reward"),
        InputPort(name="following", axes=("N", "actions")),
        InputPort(name="finished", dtype=None, optional=True),
        InputPort(name="deciding", axes=("N", "actions"), optional=True),
    )
    gamma: float = attribute(0.99, minimum=0, maximum=1, help="What a reward is worth one step later.")
    delta: float = attribute(1.0, above=0, maximum=1e6, advanced=True, help="Where squared turns into straight.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        prediction, action, reward, following = inputs[:4]
        one_each(action, prediction, "action")
        one_each(reward, prediction, "reward")
        if not same_sizes(following.shape[0], prediction.shape[0]):
            mismatch("as many samples as the prediction has", following)
        if len(inputs) > 4 and inputs[4].linked:
            one_each(inputs[4], prediction, "yes or no")
        if len(inputs) > 5 and not same_sizes(inputs[5].shape[1], following.shape[1]):
            mismatch("as many actions as there are values in the next state", inputs[5])
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        one = TensorSpec((None,))
        return TensorSpec((None, 4)), TensorSpec((None,), DType.INT, 4), one, TensorSpec((None, 4)), one


@dataclass(frozen=True, kw_only=True, slots=True)
class FreeEnergyLoss(Loss):
    """For restricted Boltzmann machines: data should have less energy than what it dreams.

    Data and model: free energies of the data and of what the machine makes of them. Source: Hinton 2002.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.FreeEnergyLoss"
    formula: ClassVar[str] = "L = mean F(v) − mean F(v′)"
    when: ClassVar[str] = "Use it with a restricted Boltzmann machine; it is contrastive divergence."
    caption: ClassVar[str] = "Free energy"
    synonyms: ClassVar[tuple[str, ...]] = (
        "rbm",
        "boltzmann",
        "contrastive divergence",
        "energy",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="data"), InputPort(name="model"))
    tells: ClassVar[bool] = False

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class MapDistortionLoss(_Single):
    """For self-organising maps: pulls the nearest unit and its neighbours towards each sample.

    Prediction (N, units): squared distances of each sample to each unit; radius (N, 1), where it is linked, stands for
    the setting: that of a Moving value shrinks while the map unfolds. Source: Kohonen 1982.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.MapDistortionLoss"
    formula: ClassVar[str] = "L = Σⱼ e^(−d(j, winner)² / 2r²) · ‖x − wⱼ‖²"
    when: ClassVar[str] = "Use it behind a self-organising map."
    caption: ClassVar[str] = "Map distortion"
    synonyms: ClassVar[tuple[str, ...]] = (
        "som",
        "kohonen",
        "self-organising",
        "map",
        "clusters",
    )
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=("N", "units")),
        InputPort(name="radius", axes=("N", "one"), optional=True),
    )
    rows: int = attribute(10, minimum=1, maximum=1000, help="Lines of the map; units lie in them one after the other.")
    radius: float = attribute(1.0, above=0, maximum=1000, help="How far a winner pulls its neighbours, in units.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        _whole_rows(inputs[0], self.rows)
        if len(inputs) > 1 and not same_sizes(inputs[1].shape[1], 1):
            mismatch("one radius a sample (N, 1)", inputs[1])
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 20)),)


def _whole_rows(distances: TensorSpec, rows: int) -> None:
    """Refuse a map whose units do not fill its rows."""
    units = distances.shape[1]
    if units is not None and units % rows:
        mismatch(f"a number of units that {rows} rows divide", f"{units}", "Change the number of rows.")


@dataclass(frozen=True, kw_only=True, slots=True)
class QuantizationError(_Single):
    """For maps: how far a sample lies from the unit that stands for it, on average.

    Prediction (N, units): squared distances of each sample to each unit; the unit is that of the data as they are
    prepared. It is measured, and nothing is learned from it. Source: Kohonen 1982.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.QuantizationError"
    formula: ClassVar[str] = "E = mean minₖ ‖x − wₖ‖"
    when: ClassVar[str] = "Use it behind a self-organising map, a codebook or centres, to see how closely they fit."
    caption: ClassVar[str] = "Quantization error"
    synonyms: ClassVar[tuple[str, ...]] = ("som", "map", "measure", "k-means", "distance", "codebook")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction", axes=("N", "units")),)
    measure: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class TopographicError(_Single):
    """For maps: the share of samples whose two nearest units do not lie side by side.

    Prediction (N, units): squared distances of each sample to each unit; the eight units around one lie beside it. It
    is measured, and nothing is learned from it. Source: Kiviluoto 1996.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.TopographicError"
    formula: ClassVar[str] = "E = share of x whose nearest two units are no neighbours"
    when: ClassVar[str] = "Use it behind a self-organising map: near 0 means that the map is folded nowhere."
    caption: ClassVar[str] = "Topographic error"
    synonyms: ClassVar[tuple[str, ...]] = ("som", "map", "measure", "neighbours", "kohonen")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction", axes=("N", "units")),)
    measure: ClassVar[bool] = True
    rows: int = attribute(10, minimum=1, maximum=1000, help="Lines of the map; units lie in them one after the other.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        _whole_rows(inputs[0], self.rows)
        if inputs[0].shape[1] == 1:
            mismatch("at least 2 units", inputs[0])
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 20)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ActivityPenalty(_Single):
    """A brake: keeps the values of a tensor near 0.

    Prediction of any shape; it needs no target.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.ActivityPenalty"
    formula: ClassVar[str] = "L = mean |x|^p"
    when: ClassVar[str] = "Add it with a small weight to a hidden layer of an autoencoder."
    caption: ClassVar[str] = "Activity penalty"
    synonyms: ClassVar[tuple[str, ...]] = (
        "sparse",
        "regularization",
        "l1",
        "l2",
    )
    p: int = attribute(1, minimum=1, maximum=2, label="Power", help="1 makes most values 0, 2 makes all small.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SparsityLoss(Loss):
    """A brake: each unit should be active for a small share of the samples.

    Prediction (N, ...) with values 0 to 1, as after Sigmoid; it needs no target. Source: Ng 2011.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.SparsityLoss"
    formula: ClassVar[str] = "L = Σ ρ log(ρ / ρ̂) + (1 − ρ) log((1 − ρ) / (1 − ρ̂))"
    when: ClassVar[str] = "Use it for sparse autoencoders, on the hidden layer."
    caption: ClassVar[str] = "Sparsity"
    synonyms: ClassVar[tuple[str, ...]] = (
        "sparse",
        "autoencoder",
        "kl",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction"),)
    share: float = attribute(0.05, above=0, below=1, help="How often a unit should be active.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if inputs[0].rank < 2:
            mismatch("at least 2 dimensions (N, features)", inputs[0])
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EntropyLoss(_Single):
    """A brake: keeps answers from getting too sure.

    Prediction (N, classes) of scores; it needs no target. Source: Pereyra et al. 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.EntropyLoss"
    formula: ClassVar[str] = "L = Σ p log p,  p = softmax(x)"
    when: ClassVar[str] = "Add it with a small weight when a network is too sure, or explores too little."
    caption: ClassVar[str] = "Confidence penalty"
    synonyms: ClassVar[tuple[str, ...]] = (
        "entropy",
        "exploration",
        "regularization",
    )
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction", axes=("N", "classes")),)

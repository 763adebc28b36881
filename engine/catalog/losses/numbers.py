"""Losses for numbers and for everything made of numbers: pictures, sound, series."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import InputPort
from engine.catalog.losses.loss import OWN_SHAPES, QUANTITIES, UNLIKE_TORCH, Loss, alike
from engine.catalog.rules import mismatch, same_sizes
from engine.catalog.tensors import TensorSpec
from engine.document.data_spec import FieldKind


@dataclass(frozen=True, kw_only=True, slots=True)
class MSELoss(Loss):
    """For numbers: the mean of the squared differences; large errors count much.

    Prediction and target of one shape. Source: torch.nn.MSELoss.
    """

    target: ClassVar[str] = "torch.nn.MSELoss"
    formula: ClassVar[str] = "L = mean (x − t)²"
    when: ClassVar[str] = "Start here for numbers and for pictures that are to be rebuilt."
    kinds: ClassVar[tuple[FieldKind, ...]] = QUANTITIES
    nats: ClassVar[tuple[float, float] | None] = (0.5, 0.5 * math.log(2 * math.pi))
    caption: ClassVar[str] = "Mean squared error"
    synonyms: ClassVar[tuple[str, ...]] = ("regression", "l2", "mse", "least squares", "reconstruction")


@dataclass(frozen=True, kw_only=True, slots=True)
class L1Loss(Loss):
    """For numbers: the mean of the absolute differences; outliers count less than in MSELoss.

    Prediction and target of one shape. Source: torch.nn.L1Loss.
    """

    target: ClassVar[str] = "torch.nn.L1Loss"
    formula: ClassVar[str] = "L = mean |x − t|"
    when: ClassVar[str] = "Use it when a few values are far off and should not rule the rest, or for sharper pictures."
    kinds: ClassVar[tuple[FieldKind, ...]] = QUANTITIES
    nats: ClassVar[tuple[float, float] | None] = (1.0, math.log(2))
    caption: ClassVar[str] = "Mean absolute error"
    synonyms: ClassVar[tuple[str, ...]] = ("regression", "l1", "mae", "robust")


@dataclass(frozen=True, kw_only=True, slots=True)
class HuberLoss(Loss):
    """For numbers: squared for small differences, straight for large ones, so that outliers do little harm.

    Prediction and target of one shape. Source: Huber 1964, torch.nn.HuberLoss.
    """

    target: ClassVar[str] = "torch.nn.HuberLoss"
    formula: ClassVar[str] = "L = ½ (x − t)² where |x − t| ≤ δ, else δ (|x − t| − ½ δ)"
    when: ClassVar[str] = "Use it for numbers with outliers; delta says what is an outlier."
    kinds: ClassVar[tuple[FieldKind, ...]] = QUANTITIES
    caption: ClassVar[str] = "Huber"
    synonyms: ClassVar[tuple[str, ...]] = ("regression", "robust", "outliers")
    delta: float = attribute(1.0, above=0, maximum=1e6, help="Where squared turns into straight.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SmoothL1Loss(Loss):
    """For numbers: like HuberLoss divided by beta; usual for boxes in pictures.

    Prediction and target of one shape. Source: Girshick 2015, torch.nn.SmoothL1Loss.
    """

    target: ClassVar[str] = "torch.nn.SmoothL1Loss"
    formula: ClassVar[str] = "L = ½ (x − t)² / β where |x − t| < β, else |x − t| − ½ β"
    when: ClassVar[str] = "Use it for boxes in pictures and other numbers with outliers."
    kinds: ClassVar[tuple[FieldKind, ...]] = QUANTITIES
    caption: ClassVar[str] = "Smooth L1"
    synonyms: ClassVar[tuple[str, ...]] = ("regression", "robust", "boxes")
    beta: float = attribute(1.0, minimum=0, maximum=1e6, help="Where squared turns into straight.")


@dataclass(frozen=True, kw_only=True, slots=True)
class PoissonNLLLoss(Loss):
    """For counts, such as visitors a day: the prediction is the logarithm of the expected count.

    Prediction and target of one shape; e^prediction - target prediction. Source: torch.nn.PoissonNLLLoss.
    """

    target: ClassVar[str] = "torch.nn.PoissonNLLLoss"
    formula: ClassVar[str] = "L = eˣ − t · x"
    when: ClassVar[str] = "Use it for counts: visitors, calls, cells."
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.NUMBER,)
    caption: ClassVar[str] = "Poisson"
    synonyms: ClassVar[tuple[str, ...]] = ("counts", "regression", "rate")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **UNLIKE_TORCH,
        "log_input": "always on, so that the answer is always the exponential",
        "eps": "has no effect with log_input",
    }
    answer: ClassVar[str] = "exp"
    full: bool = attribute(False, advanced=True, help="Add the term that does not depend on the prediction.")

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"log_input": True}


@dataclass(frozen=True, kw_only=True, slots=True)
class GaussianNLLLoss(Loss):
    """For numbers whose uncertainty is to be learned too: a second answer is the variance.

    Prediction, target and variance of one shape; the variance has to be above 0 (end it in Softplus). Source: Nix and
    Weigend 1994, torch.nn.GaussianNLLLoss.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.GaussianNLLLoss"
    formula: ClassVar[str] = "L = ½ (log σ² + (x − t)² / σ²)"
    when: ClassVar[str] = "Use it when you need to know how sure each number is."
    caption: ClassVar[str] = "Gaussian"
    synonyms: ClassVar[tuple[str, ...]] = (
        "uncertainty",
        "variance",
        "regression",
        "likelihood",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_TORCH
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction"),
        InputPort(name="target"),
        InputPort(name="variance"),
    )
    full: bool = attribute(False, advanced=True, help="Add the term that does not depend on the prediction.")
    eps: float = attribute(1e-6, above=0, maximum=1, advanced=True, label="Epsilon", help="The least variance.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs[0], inputs[1])
        alike(inputs[2], inputs[0], "prediction")
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class LogCoshLoss(Loss):
    """For numbers: squared for small differences, straight for large ones, without a corner.

    Prediction and target of one shape.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.LogCoshLoss"
    formula: ClassVar[str] = "L = mean log cosh(x − t)"
    when: ClassVar[str] = "Use it instead of Huber when you do not want to choose a delta."
    caption: ClassVar[str] = "Log-cosh"
    synonyms: ClassVar[tuple[str, ...]] = (
        "regression",
        "robust",
        "smooth",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = QUANTITIES


@dataclass(frozen=True, kw_only=True, slots=True)
class CharbonnierLoss(Loss):
    """For pictures: the absolute error with a round bottom.

    Prediction and target of one shape. Source: Charbonnier et al. 1994.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.CharbonnierLoss"
    formula: ClassVar[str] = "L = mean √((x − t)² + ε²)"
    when: ClassVar[str] = "Use it to rebuild or enlarge pictures sharply."
    caption: ClassVar[str] = "Charbonnier"
    synonyms: ClassVar[tuple[str, ...]] = (
        "pictures",
        "robust",
        "super-resolution",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = QUANTITIES
    eps: float = attribute(1e-3, above=0, maximum=10, label="Epsilon", help="How wide the round bottom is.")


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanSquaredLogError(Loss):
    """For positive numbers over many sizes: differences count by their ratio.

    Prediction and target of one shape, not standardized.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.MeanSquaredLogError"
    formula: ClassVar[str] = "L = mean (log(1 + x) − log(1 + t))²"
    when: ClassVar[str] = "Use it for prices, populations and other numbers from small to huge."
    caption: ClassVar[str] = "Mean squared log error"
    synonyms: ClassVar[tuple[str, ...]] = (
        "regression",
        "msle",
        "ratio",
        "prices",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.NUMBER,)


@dataclass(frozen=True, kw_only=True, slots=True)
class RelativeErrorLoss(Loss):
    """For numbers: the difference as a share of the true value.

    Prediction and target of one shape, not standardized.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.RelativeErrorLoss"
    formula: ClassVar[str] = "L = mean |x − t| / max(|t|, floor)"
    when: ClassVar[str] = "Use it when being off by a tenth is equally bad for small and for large numbers."
    caption: ClassVar[str] = "Mean relative error"
    synonyms: ClassVar[tuple[str, ...]] = (
        "regression",
        "mape",
        "percent",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.NUMBER,)
    floor: float = attribute(1e-2, above=0, maximum=1e6, help="Smaller true values count as this.")


@dataclass(frozen=True, kw_only=True, slots=True)
class QuantileLoss(Loss):
    """For numbers that are to be undercut or exceeded with a chosen chance.

    Prediction and target of one shape. Source: Koenker and Bassett 1978.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.QuantileLoss"
    formula: ClassVar[str] = "L = mean max(q (t − x), (q − 1)(t − x))"
    when: ClassVar[str] = "Use two of them, at 0.05 and 0.95, to learn a range that holds nine values of ten."
    caption: ClassVar[str] = "Quantile"
    synonyms: ClassVar[tuple[str, ...]] = (
        "pinball",
        "interval",
        "forecast",
        "regression",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.NUMBER,)
    quantile: float = attribute(0.5, above=0, below=1, help="Share of true values that should lie below the answer.")


@dataclass(frozen=True, kw_only=True, slots=True)
class TweedieLoss(Loss):
    """For amounts that are often 0, such as claims: the prediction is the logarithm of the amount.

    Prediction and target of one shape, target 0 or more. Source: Jorgensen 1987.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.TweedieLoss"
    formula: ClassVar[str] = "L = e^((2−p) x) / (2 − p) − t · e^((1−p) x) / (1 − p)"
    when: ClassVar[str] = "Use it for rain, insurance claims and sales, where most values are 0."
    caption: ClassVar[str] = "Tweedie"
    synonyms: ClassVar[tuple[str, ...]] = (
        "insurance",
        "claims",
        "rain",
        "zero-inflated",
    )
    answer: ClassVar[str] = "exp"
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.NUMBER,)
    power: float = attribute(1.5, above=1, below=2, help="Near 1 as counts, near 2 as amounts.")


@dataclass(frozen=True, kw_only=True, slots=True)
class CosineLoss(Loss):
    """For directions: 1 less the cosine of the angle between answer and truth.

    Prediction and target (N, features).
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.CosineLoss"
    formula: ClassVar[str] = "L = 1 − x · t / (‖x‖ ‖t‖)"
    when: ClassVar[str] = "Use it for embeddings and directions, whose length means nothing."
    caption: ClassVar[str] = "Cosine"
    synonyms: ClassVar[tuple[str, ...]] = (
        "angle",
        "direction",
        "embedding",
        "similarity",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=("N", "features")),
        InputPort(name="target", axes=("N", "features")),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class SSIMLoss(Loss):
    """For pictures: compares light, contrast and structure in small windows, as eyes do.

    Prediction and target (N, channels, height, width). Source: Wang et al. 2004.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.SSIMLoss"
    formula: ClassVar[str] = "L = 1 − mean (2 μₓμₜ + c₁)(2 σₓₜ + c₂) / ((μₓ² + μₜ² + c₁)(σₓ² + σₜ² + c₂))"
    when: ClassVar[str] = "Use it, perhaps beside L1, for rebuilt pictures that should look right."
    caption: ClassVar[str] = "Structural similarity"
    synonyms: ClassVar[tuple[str, ...]] = (
        "pictures",
        "ssim",
        "perceptual",
        "autoencoder",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=("N", "channels", "height", "width")),
        InputPort(name="target", axes=("N", "channels", "height", "width")),
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.IMAGE,)
    data_range: float = attribute(1.0, above=0, maximum=1e6, help="Distance from black to white.")
    kernel_size: int = attribute(11, minimum=3, maximum=101, advanced=True, help="Side of the window that is compared.")
    sigma: float = attribute(1.5, above=0, maximum=50, advanced=True, help="How fast the window fades to its border.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs[0], inputs[1])
        for size in inputs[0].shape[2:]:
            if size is not None and size < self.kernel_size:
                mismatch(f"a picture of at least {self.kernel_size} points each way", inputs[0])
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 3, 16, 16)), TensorSpec((None, 3, 16, 16))


@dataclass(frozen=True, kw_only=True, slots=True)
class TotalVariationLoss(Loss):
    """Keeps a picture smooth: neighbouring points should be alike.

    Prediction (N, channels, height, width); it needs no target. Source: Rudin et al. 1992.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.TotalVariationLoss"
    formula: ClassVar[str] = "L = mean |difference of neighbours|"
    when: ClassVar[str] = "Add it with a small weight when made pictures are grainy."
    caption: ClassVar[str] = "Total variation"
    synonyms: ClassVar[tuple[str, ...]] = (
        "pictures",
        "smooth",
        "noise",
        "regularization",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction", axes=("N", "channels", "height", "width")),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BoxIoULoss(Loss):
    """For boxes in pictures: 1 less the overlap of the box and the true one.

    Prediction and target (N, 4) or (N, boxes, 4) as left, top, right, bottom. Source: Rezatofighi et al. 2019, Zheng et
    al. 2020.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.BoxIoULoss"
    formula: ClassVar[str] = "L = 1 − overlap / union + what kind adds"
    when: ClassVar[str] = "Use it for boxes; giou and ciou learn even while boxes do not meet."
    caption: ClassVar[str] = "Box overlap"
    synonyms: ClassVar[tuple[str, ...]] = (
        "iou",
        "giou",
        "diou",
        "ciou",
        "detection",
        "boxes",
    )
    stricter: ClassVar[str] = OWN_SHAPES
    kind: Literal["iou", "giou", "diou", "ciou"] = attribute(
        "giou", help="What else counts where boxes do not meet: nothing, empty space, distance, or distance and shape."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs[0], inputs[1])
        if inputs[0].rank < 2 or not same_sizes(inputs[0].shape[-1], 4):
            mismatch("4 numbers in the last dimension: left, top, right, bottom", inputs[0])
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 4)), TensorSpec((None, 4))

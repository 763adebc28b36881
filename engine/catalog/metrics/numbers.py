"""Metrics of answers that are numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.metrics.metric import Feed, Metric
from engine.document.data_spec import FieldKind

_NUMBER = (FieldKind.NUMBER, FieldKind.SERIES)


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanAbsoluteError(Metric):
    """How far numbers are off on average, in their own unit.

    Mean of |answer - truth|.
    """

    formula: ClassVar[str] = "mean |answer − truth|"
    when: ClassVar[str] = "Start here for numbers: everybody understands it."
    key: ClassVar[str] = "mean_absolute_error"
    caption: ClassVar[str] = "Mean error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RootMeanSquaredError(Metric):
    """How far numbers are off, large errors counting more, in their own unit.

    Square root of the mean of (answer - truth) squared.
    """

    formula: ClassVar[str] = "√ mean (answer − truth)²"
    when: ClassVar[str] = "Use it when large errors are worse than many small ones."
    key: ClassVar[str] = "root_mean_squared_error"
    caption: ClassVar[str] = "Root mean squared error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class R2(Metric):
    """The share of the ups and downs that is explained; 1 is perfect, 0 is no better than the mean.

    1 - sum of squared errors / sum of squared distances from the mean.
    """

    formula: ClassVar[str] = "1 − Σ (answer − truth)² / Σ (truth − mean)²"
    when: ClassVar[str] = "Use it to compare fields of different units."
    key: ClassVar[str] = "r2"
    caption: ClassVar[str] = "R²"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanSquaredError(Metric):
    """The mean of the squared errors, in the squared unit.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.MeanSquaredError"
    formula: ClassVar[str] = "mean (answer − truth)²"
    when: ClassVar[str] = "Use it to compare with papers; the root of it is easier to read."
    key: ClassVar[str] = "mean_squared_error"
    caption: ClassVar[str] = "Mean squared error"
    synonyms: ClassVar[tuple[str, ...]] = ("mse",)
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanAbsolutePercentageError(Metric):
    """How far numbers are off, as a share of the truth.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.MeanAbsolutePercentageError"
    formula: ClassVar[str] = "mean |answer − truth| / |truth|"
    when: ClassVar[str] = "Use it when being off by a tenth is equally bad for small and large numbers, and none is 0."
    key: ClassVar[str] = "mean_absolute_percentage_error"
    caption: ClassVar[str] = "Mean percentage error"
    synonyms: ClassVar[tuple[str, ...]] = ("mape",)
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class SymmetricPercentageError(Metric):
    """How far numbers are off, as a share of answer and truth together.

    0 to 2. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.SymmetricMeanAbsolutePercentageError"
    formula: ClassVar[str] = "mean 2 |answer − truth| / (|answer| + |truth|)"
    when: ClassVar[str] = "Use it for forecasts of series with values near 0."
    key: ClassVar[str] = "symmetric_percentage_error"
    caption: ClassVar[str] = "Symmetric percentage error"
    synonyms: ClassVar[tuple[str, ...]] = (
        "smape",
        "forecast",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightedPercentageError(Metric):
    """All errors together as a share of all true values together.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.WeightedMeanAbsolutePercentageError"
    formula: ClassVar[str] = "Σ |answer − truth| / Σ |truth|"
    when: ClassVar[str] = "Use it for sales and stock, where the sum matters."
    key: ClassVar[str] = "weighted_percentage_error"
    caption: ClassVar[str] = "Weighted percentage error"
    synonyms: ClassVar[tuple[str, ...]] = (
        "wape",
        "wmape",
        "forecast",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanSquaredLogError(Metric):
    """How far numbers are off by ratio; they must not be below 0.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.MeanSquaredLogError"
    formula: ClassVar[str] = "mean (log(1 + answer) − log(1 + truth))²"
    when: ClassVar[str] = "Use it for prices and counts from small to huge."
    key: ClassVar[str] = "mean_squared_log_error"
    caption: ClassVar[str] = "Mean squared log error"
    synonyms: ClassVar[tuple[str, ...]] = (
        "msle",
        "ratio",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LogCosh(Metric):
    """Squared for small errors, straight for large ones.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.LogCoshError"
    formula: ClassVar[str] = "mean log cosh(answer − truth)"
    when: ClassVar[str] = "Use it when a few values are far off and should not rule the number."
    key: ClassVar[str] = "log_cosh"
    caption: ClassVar[str] = "Log-cosh error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedVariance(Metric):
    """The share of the ups and downs that is explained, whatever the constant error.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.ExplainedVariance"
    formula: ClassVar[str] = "1 − var(truth − answer) / var(truth)"
    when: ClassVar[str] = "Use it when a constant shift would not matter."
    key: ClassVar[str] = "explained_variance"
    caption: ClassVar[str] = "Explained variance"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES


@dataclass(frozen=True, kw_only=True, slots=True)
class PearsonCorrelation(Metric):
    """How answers and truth go up and down together, in a straight line.

    -1 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.PearsonCorrCoef"
    formula: ClassVar[str] = "cov(answer, truth) / (σ σ)"
    when: ClassVar[str] = "Use it when only the pattern matters, not the size."
    key: ClassVar[str] = "pearson_correlation"
    caption: ClassVar[str] = "Correlation"
    synonyms: ClassVar[tuple[str, ...]] = ("pearson",)
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES


@dataclass(frozen=True, kw_only=True, slots=True)
class SpearmanCorrelation(Metric):
    """How well the order of the answers is the order of the truth.

    -1 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.SpearmanCorrCoef"
    formula: ClassVar[str] = "Pearson correlation of the ranks"
    when: ClassVar[str] = "Use it when only the order matters. It keeps all answers of an epoch."
    key: ClassVar[str] = "spearman_correlation"
    caption: ClassVar[str] = "Rank correlation"
    synonyms: ClassVar[tuple[str, ...]] = (
        "spearman",
        "order",
        "rank",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES


@dataclass(frozen=True, kw_only=True, slots=True)
class ConcordanceCorrelation(Metric):
    """Correlation that also asks for the same mean and the same spread.

    -1 to 1. Source: Lin 1989, torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.ConcordanceCorrCoef"
    formula: ClassVar[str] = "2 cov / (σ² + σ² + (mean − mean)²)"
    when: ClassVar[str] = "Use it to see whether one measurement could replace another."
    key: ClassVar[str] = "concordance_correlation"
    caption: ClassVar[str] = "Concordance"
    synonyms: ClassVar[tuple[str, ...]] = (
        "ccc",
        "agreement",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES


@dataclass(frozen=True, kw_only=True, slots=True)
class RelativeSquaredError(Metric):
    """Squared errors as a share of those of always answering the mean.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.RelativeSquaredError"
    formula: ClassVar[str] = "Σ (answer − truth)² / Σ (truth − mean)²"
    when: ClassVar[str] = "Use it as R²: it is 1 less that."
    key: ClassVar[str] = "relative_squared_error"
    caption: ClassVar[str] = "Relative squared error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NormalizedError(Metric):
    """Root mean squared error as a share of the spread of the truth.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.NormalizedRootMeanSquaredError"
    formula: ClassVar[str] = "RMSE / standard deviation of the truth"
    when: ClassVar[str] = "Use it to compare fields of different units."
    key: ClassVar[str] = "normalized_error"
    caption: ClassVar[str] = "Normalized error"
    synonyms: ClassVar[tuple[str, ...]] = ("nrmse",)
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"normalization": "std"}
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PoissonDeviance(Metric):
    """How far counts are off, small ones counting as much as large ones; answers must be above 0.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.TweedieDevianceScore"
    formula: ClassVar[str] = "mean 2 (t log(t / x) − t + x)"
    when: ClassVar[str] = "Use it for counts."
    key: ClassVar[str] = "poisson_deviance"
    caption: ClassVar[str] = "Poisson deviance"
    synonyms: ClassVar[tuple[str, ...]] = (
        "counts",
        "tweedie",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"power": 1.0}
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TweedieDeviance(Metric):
    """How far amounts are off that are often 0; answers must be above 0.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.TweedieDevianceScore"
    formula: ClassVar[str] = "Tweedie deviance with power 1.5"
    when: ClassVar[str] = "Use it for claims and rain."
    key: ClassVar[str] = "tweedie_deviance"
    caption: ClassVar[str] = "Tweedie deviance"
    synonyms: ClassVar[tuple[str, ...]] = (
        "claims",
        "insurance",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"power": 1.5}
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MaximumError(Metric):
    """The largest error of all, in the unit of the field.

    In the unit of the field.
    """

    target: ClassVar[str] = "engine.training.meters.MaximumError"
    formula: ClassVar[str] = "max |answer − truth|"
    when: ClassVar[str] = "Use it when no answer may be far off."
    key: ClassVar[str] = "maximum_error"
    caption: ClassVar[str] = "Largest error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MedianAbsoluteError(Metric):
    """Half of the errors are smaller than this, in the unit of the field.

    In the unit of the field.
    """

    target: ClassVar[str] = "engine.training.meters.MedianError"
    formula: ClassVar[str] = "median |answer − truth|"
    when: ClassVar[str] = "Use it when a few values are wildly off. It keeps all errors of an epoch."
    key: ClassVar[str] = "median_absolute_error"
    caption: ClassVar[str] = "Median error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanError(Metric):
    """Whether answers are too high (above 0) or too low on average.

    In the unit of the field; 0 is best, so its size is what is made small.
    """

    target: ClassVar[str] = "engine.training.meters.Bias"
    formula: ClassVar[str] = "mean (answer − truth)"
    when: ClassVar[str] = "Look at it to see whether all answers are shifted."
    key: ClassVar[str] = "mean_bias"
    caption: ClassVar[str] = "Bias"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantile10Loss(Metric):
    """Pinball loss at 0.1: how good answers are as values that nine of ten lie above.

    In the unit of the field.
    """

    target: ClassVar[str] = "engine.training.meters.Pinball"
    formula: ClassVar[str] = "mean max(0.1 (t − x), -0.9 (t − x))"
    when: ClassVar[str] = "Use it beside the Quantile loss at 0.1, for the low end of a range."
    key: ClassVar[str] = "quantile_10_loss"
    caption: ClassVar[str] = "Quantile loss at 0.1"
    synonyms: ClassVar[tuple[str, ...]] = (
        "pinball",
        "interval",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"quantile": 0.1}
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantile90Loss(Metric):
    """Pinball loss at 0.9: how good answers are as values that one of ten lie above.

    In the unit of the field.
    """

    target: ClassVar[str] = "engine.training.meters.Pinball"
    formula: ClassVar[str] = "mean max(0.9 (t − x), -0.1 (t − x))"
    when: ClassVar[str] = "Use it beside the Quantile loss at 0.9, for the high end of a range."
    key: ClassVar[str] = "quantile_90_loss"
    caption: ClassVar[str] = "Quantile loss at 0.9"
    synonyms: ClassVar[tuple[str, ...]] = (
        "pinball",
        "interval",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"quantile": 0.9}
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WithinTenPercent(Metric):
    """The share of numbers that are off by no more than a tenth of the truth.

    0 to 1.
    """

    target: ClassVar[str] = "engine.training.meters.Within"
    formula: ClassVar[str] = "share of |answer − truth| ≤ 0.1 |truth|"
    when: ClassVar[str] = "Use it to tell people how often an answer can be used as it is."
    key: ClassVar[str] = "within_ten_percent"
    caption: ClassVar[str] = "Within 10 %"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"share": 0.1}
    percent: ClassVar[bool] = True

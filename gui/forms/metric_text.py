"""Metrics in words and numbers, the same in every tab: what `accuracy` is called and how 0.9412 of it reads."""

from collections.abc import Mapping

from engine.catalog.registry import metrics

_PLAIN = {"loss": "Loss"}


def metric_label(key: str, losses: Mapping[str, str] | None = None) -> str:
    """What a metric is called; `field.accuracy` names the field too, and `loss.ID` one of `losses`, titles by id."""
    field, _, name = key.rpartition(".")
    if losses and field == "loss" and name in losses:
        return f"{_PLAIN[field]} · {losses[name]}"
    found = next((metric.label() for metric in metrics() if metric.key == name), None)
    label = _PLAIN.get(name) or found or name.replace("_", " ").capitalize()
    return f"{label} · {field}" if field else label


def is_share(key: str) -> bool:
    """Whether 1 is perfect and people read it as 100 %."""
    name = key.rpartition(".")[2]
    return any(metric.key == name and metric.percent for metric in metrics())


def larger_is_better(key: str) -> bool:
    """Whether more of it is better; losses and errors are not."""
    name = key.rpartition(".")[2]
    return next((metric.larger_is_better for metric in metrics() if metric.key == name), False)


def metric_text(key: str, value: float | None) -> str:
    """As a headline: 94.1 % for shares, four digits for the rest."""
    if value is None or value != value:
        return "-"
    if is_share(key):
        return f"{value * 100:.1f} %"
    return short_value(value)


def short_value(value: float) -> str:
    """Four digits: 0.9412, 12.35, 1.2e-5."""
    if value != value:
        return "-"
    if value and (abs(value) >= 1e5 or abs(value) < 1e-3):
        return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:.4g}"


def main_metric(values: dict[str, float]) -> str:
    """The metric people look at first: the first one that is not a loss, else the loss; empty for no values.

    Parts of a loss ("loss.overlap") are losses too.
    """
    names = [key for key in values if key.rpartition(".")[2] != "loss" and not key.startswith("loss.")]
    return names[0] if names else next(iter(values), "")

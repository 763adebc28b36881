"""Which runs can be scored, and which of them is the best."""

from engine.protocol.run_folder import RunSummary
from gui.forms.metric_text import larger_is_better, main_metric


def scorable(summaries: list[RunSummary]) -> list[RunSummary]:
    """Runs that saved at least one epoch, in the order given."""
    return [summary for summary in summaries if summary.epochs > 0]


def best_run(summaries: list[RunSummary]) -> RunSummary | None:
    """The run with the best value of the metric the newest scored run is judged by; None without any."""
    judged = [summary for summary in scorable(summaries) if summary.best]
    if not judged:
        return next(iter(scorable(summaries)), None)
    newest = max(judged, key=lambda summary: summary.run)
    key = main_metric(newest.best)
    comparable = [summary for summary in judged if key in summary.best and summary.best[key] == summary.best[key]]
    sign = 1 if larger_is_better(key) else -1
    return max(comparable, key=lambda summary: (sign * summary.best[key], summary.run), default=newest)

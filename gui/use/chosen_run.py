"""Which runs can be tried, and which of them answer as they are now."""

from engine.protocol.run_folder import RunSummary
from gui.models.runs import RunsModel


def is_usable(summary: RunSummary) -> bool:
    """Whether a run has weights: it finished an epoch, or is paused, which saves them as they are."""
    return summary.holds_weights or summary.state == "paused"


def paused_run(runs: RunsModel, chosen: str) -> int | None:
    """The run that answers with its weights of this moment: the chosen one while it is paused.

    "best" means those of a paused run only where no run has finished an epoch yet.
    """
    paused = [summary for summary in runs.summaries if summary.state == "paused"]
    if chosen != "best":
        return next((summary.run for summary in paused if str(summary.run) == chosen), None)
    if any(summary.holds_weights for summary in runs.summaries):
        return None
    return paused[0].run if paused else None

"""Runs in words: how a run is called, what it is doing, how good it got."""

from collections.abc import Iterable

from engine.protocol.run_folder import RunSummary
from gui.forms.metric_text import main_metric, metric_label, metric_text, short_value
from gui.widgets.progress_line import clock

ACTIVE = ("starting", "running", "paused", "waiting")
RESUMABLE = ("stopped", "failed", "lost")


def run_label(summary: RunSummary) -> str:
    """`#14 wider fc`."""
    return f"#{summary.run} {summary.name}".strip()


def loss_titles(summaries: Iterable[RunSummary]) -> dict[str, str]:
    """What the losses of runs are called, by id; the first run that tells it counts."""
    found: dict[str, str] = {}
    for summary in summaries:
        if summary.prepared is not None:
            found = summary.prepared.titles_of_losses() | found
    return found


def best_value(summary: RunSummary) -> str:
    """The best score in the mono face of the run list."""
    key = main_metric(summary.best)
    return f"{summary.best[key]:.3f}" if key and abs(summary.best[key]) < 100 else short_value(summary.best.get(key, 0))


def row_value(summary: RunSummary) -> str:
    """What stands at the right of a run's row: its best score, or its state where it has none."""
    if summary.best:
        return best_value(summary)
    return summary.state if summary.state in ("starting", "queued", "failed", "lost", "stopped") else ""


def best_words(summary: RunSummary) -> str:
    """`best accuracy 94.1 % at epoch 12`; empty while there is none."""
    key = main_metric(summary.best)
    if not key:
        return ""
    label = metric_label(key)
    label = label[:1].lower() + label[1:] if label[1:2].islower() else label
    return f"best {label} {metric_text(key, summary.best[key])} at epoch {summary.best_epoch}"


def state_words(summary: RunSummary) -> str:
    """One sentence without a full stop: what the run did or is doing."""
    epochs = f"{summary.epochs} epoch" + "s" * (summary.epochs != 1)
    match summary.state:
        case "starting":
            return "Reading data"
        case "running":
            return f"Epoch {min(summary.epochs + 1, max(summary.epochs_planned, 1))} of {summary.epochs_planned}"
        case "queued":
            return "Waits in the queue"
        case "waiting":
            return "Waits for room on the disk"
        case "paused":
            return (
                f"Paused in epoch {min(summary.epochs + 1, max(summary.epochs_planned, 1))} of {summary.epochs_planned}"
            )
        case "finished":
            return f"Finished {epochs} in {clock(summary.seconds)}"
        case "stopped":
            return f"Stopped after {epochs}"
        case "failed":
            return f"Failed after {epochs}" if summary.epochs else "Failed"
        case "lost" if not summary.pid:
            return "Never began"
        case "lost":
            return f"Ended without a word after {epochs}" if summary.epochs else "Ended without a word"
        case other:
            return other


def speed_words(samples_per_s: float, batch_size: int) -> str:
    """`48.2 k samples/s · 2.7 ms/step`; empty while unknown."""
    if samples_per_s <= 0:
        return ""
    number = f"{samples_per_s / 1000:.1f} k" if samples_per_s >= 10_000 else f"{samples_per_s:,.0f}"
    words = f"{number} samples/s"
    if batch_size:
        step_s = batch_size / samples_per_s
        words += f" · {step_s * 1000:.1f} ms/step" if step_s < 1 else f" · {step_s:.1f} s/step"
    return words

"""`netwright runs PROJECT`: the runs of a project, newest last."""

import argparse
import time
from datetime import UTC, datetime
from typing import Any

from engine.cli.console import Console
from engine.cli.table import duration, number, table
from engine.document.files import project_folder
from engine.protocol.run_folder import RunSummary
from engine.training.runs import summaries


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """A line a run."""
    return {"runs": [summary_json(item) for item in summaries(project_folder(options.project))]}


def summary_json(item: RunSummary) -> dict[str, Any]:
    """A run as the command line reports it; `started` is a time in UTC, `seconds` are those of training."""
    started = datetime.fromtimestamp(item.started, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if item.started else ""
    result: dict[str, Any] = {
        "run": item.run,
        "name": item.name,
        "state": item.state,
        "epochs": item.epochs,
        "epochs_planned": item.epochs_planned,
        "best": {"epoch": item.best_epoch, "metrics": dict(item.best)},
        "started": started,
        "seconds": item.seconds,
        "samples_per_s": item.samples_per_s,
        "device": item.device,
        "precision": item.precision,
    }
    if item.error:
        result["error"] = item.error
    return result


def show(result: dict[str, Any]) -> str:
    """A table."""
    if not result["runs"]:
        return "No runs yet."
    rows = []
    for item in result["runs"]:
        best = ", ".join(f"{name} {number(value)}" for name, value in item["best"]["metrics"].items())
        epochs = f"{item['epochs']}/{item['epochs_planned']}"
        rows.append(
            (item["run"], item["name"], item["state"], epochs, best, _local(item["started"]), duration(item["seconds"]))
        )
    return table(("RUN", "NAME", "STATE", "EPOCHS", "BEST (VALIDATION)", "STARTED", "TRAINED"), rows, right="rllrllr")


def _local(started: str) -> str:
    if not started:
        return ""
    return time.strftime("%d %b %H:%M", time.localtime(datetime.fromisoformat(started).timestamp()))

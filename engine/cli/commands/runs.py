"""`netwright runs PROJECT`: the runs of a project, newest last; and what is written beside them, and the queue."""

import argparse
import itertools
import math
import time
from datetime import UTC, datetime
from typing import Any

from engine.catalog.registry import metric_named
from engine.cli.console import Console
from engine.cli.table import duration, number, table
from engine.document.files import project_folder
from engine.errors import TrainingError, UsageError
from engine.protocol.run_events import (
    AnyRunRequest,
    ChangeSettings,
    ContinueRun,
    PauseRun,
    StepOnce,
    StopRun,
)
from engine.protocol.run_folder import RunFolder, RunSummary
from engine.protocol.run_queue import read_queue
from engine.training.queue import arrange, wake
from engine.training.repeats import spread
from engine.training.runs import ACTIVE, edit_run, find_run, summaries, summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project, and what is to be changed."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument("--sort", metavar="METRIC", help="best first, by a metric of the validation split")
    parser.add_argument("--edit", metavar="RUN", help="change what is written beside a run, with the next four")
    parser.add_argument("--name", help="its name")
    parser.add_argument("--notes", help="its notes")
    parser.add_argument("--tags", metavar="A,B", help="its tags, in place of those it has")
    parser.add_argument("--baseline", choices=("yes", "no"), help="whether others are compared with it")
    parser.add_argument(
        "--tell",
        nargs=2,
        metavar=("RUN", "WHAT"),
        help="ask a run that trains: stop, pause, continue, step, lr=0.001, PLAYER.lr=0.001 or clip=1 (0: not at all)",
    )
    parser.add_argument("--first", metavar="RUN", action="append", default=[], help="move to the front of the queue")
    parser.add_argument("--unqueue", metavar="RUN", action="append", default=[], help="take out of the queue")
    parser.add_argument("--hold", action="store_true", help="start no further runs of the queue")
    parser.add_argument("--proceed", action="store_true", help="work the queue off, also one that was held")
    parser.add_argument("--at-once", type=int, default=0, metavar="N", help="let N runs share a device")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """A line a run, those of several seeds together, and the queue."""
    project_dir = project_folder(options.project)
    changed = (options.name, options.notes, options.tags, options.baseline)
    if options.edit is not None:
        tags = options.tags.split(",") if options.tags is not None else None
        baseline = None if options.baseline is None else options.baseline == "yes"
        folder = find_run(project_dir, options.edit)
        edit_run(folder, name=options.name, notes=options.notes, tags=tags, baseline=baseline)
    elif any(item is not None for item in changed):
        raise UsageError("--name, --notes, --tags and --baseline say what of which run.", hint="Add --edit RUN.")
    if options.tell is not None:
        _tell(find_run(project_dir, options.tell[0]), options.tell[1])
    if options.hold and options.proceed:
        raise UsageError("--hold and --proceed are opposites.", hint="Leave one out.")
    held = True if options.hold else False if options.proceed else None
    if options.first or options.unqueue or held is not None or options.at_once:
        first = [find_run(project_dir, item).number for item in options.first]
        out = [find_run(project_dir, item).number for item in options.unqueue]
        arrange(project_dir, order=first, remove=out, held=held, at_once=options.at_once)
        process = wake(project_dir)
        if process is not None:
            process.returncode = 0  # it lives on without us, of which Popen would warn
    found = summaries(project_dir)
    if options.sort:
        found = _sorted(found, options.sort)
    queue = read_queue(project_dir)
    return {
        "runs": [summary_json(item) for item in found],
        "groups": groups_json(found),
        "queue": {"runs": queue.runs, "held": queue.held, "at_once": queue.at_once},
    }


def _tell(folder: RunFolder, what: str) -> None:
    """Ask something of a run that trains. Raises UsageError, TrainingError when nobody is there to do it."""
    request = _request(what)
    state = summary(folder).state
    if state not in ACTIVE:
        raise TrainingError(
            f"Run {folder.number} is not training.", where=str(folder.path), found=state, hint="Start it first."
        )
    folder.ask(request)


def _request(what: str) -> AnyRunRequest:
    plain: dict[str, type[StopRun | PauseRun | ContinueRun | StepOnce]] = {
        "stop": StopRun,
        "pause": PauseRun,
        "continue": ContinueRun,
        "step": StepOnce,
    }
    if what in plain:
        return plain[what]()
    name, _, text = what.partition("=")
    player, _, setting = name.rpartition(".")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if setting in ("lr", "learning_rate") and math.isfinite(value):
        return ChangeSettings(player=player, learning_rate=value)
    if setting == "clip" and not player and math.isfinite(value):
        return ChangeSettings(clip_norm=value)
    raise UsageError(
        f"A run cannot be asked '{what[:60]}'.",
        where="--tell",
        expected="stop, pause, continue, step, lr=NUMBER, PLAYER.lr=NUMBER or clip=NUMBER",
        found=what[:60],
    )


def _sorted(found: list[RunSummary], metric: str) -> list[RunSummary]:
    """Best first; runs that did not measure it come last."""
    known = sorted({name for item in found for name in item.best})
    if found and metric not in known:
        raise UsageError(
            f"No run has measured '{metric[:60]}'.", where="--sort", expected=", ".join(known), found=metric[:60]
        )
    declared = metric_named(metric.rpartition(".")[2])
    sign = -1.0 if declared is not None and declared.larger_is_better else 1.0
    return sorted(found, key=lambda item: sign * item.best[metric] if metric in item.best else float("inf"))


def groups_json(found: list[RunSummary]) -> list[dict[str, Any]]:
    """Runs that differ in their seed alone: mean and standard deviation of each metric over those that have it."""
    return [
        {
            "group": group.group,
            "runs": list(group.runs),
            "finished": group.finished,
            "metrics": {
                name: {"mean": item.mean, "std": item.std, "low": item.low, "high": item.high, "runs": item.count}
                for name, item in group.metrics.items()
            },
        }
        for group in spread(found)
    ]


def summary_json(item: RunSummary) -> dict[str, Any]:
    """A run as the command line reports it; `started` is a time in UTC, `seconds` are those of training.

    `samples` are those of the train split, and those of a phase what it learns from: null for one that plays.
    """
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
        "seed": item.seed,
        "samples": item.prepared.samples if item.prepared is not None else 0,
        "phases": [
            {"name": phase.name, "epochs": phase.epochs, "samples": None if phase.plays else phase.samples}
            for phase in (item.prepared.phases if item.prepared is not None else ())
        ],
        "tags": list(item.about.tags),
        "notes": item.about.notes,
        "baseline": item.about.baseline,
        "group": item.about.group,
        "from": (
            {"run": item.about.from_run, "checkpoint": item.about.from_checkpoint, "epoch": item.about.from_epoch}
            if item.about.from_run
            else None
        ),
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
        when = _local(item["started"]), duration(item["seconds"])
        rows.append((item["run"], item["name"], item["state"], epochs, _samples(item), best, *when))
    heads = ("RUN", "NAME", "STATE", "EPOCHS", "SAMPLES", "BEST (VALIDATION)", "STARTED", "TRAINED")
    lines = [table(heads, rows, right="rllrrllr")]
    for group in result["groups"]:
        told = ", ".join(
            f"{name} {number(item['mean'])} ± {number(item['std'])}" for name, item in group["metrics"].items()
        )
        if told:
            lines.append(f"Runs {', '.join(map(str, group['runs']))} ({group['finished']} finished): {told}")
    if result["queue"]["runs"]:
        held = " (held)" if result["queue"]["held"] else ""
        lines.append(f"Queue{held}: {', '.join(map(str, result['queue']['runs']))}")
    return "\n".join(lines)


def _samples(item: dict[str, Any]) -> str:
    """What a run learns from; the count of each phase in order where they differ."""
    counts = [phase["samples"] for phase in item["phases"] if phase["samples"] is not None] or [item["samples"]]
    return ", then ".join(f"{count:,}" for count, _ in itertools.groupby(counts)) if item["samples"] else ""


def _local(started: str) -> str:
    if not started:
        return ""
    return time.strftime("%d %b %H:%M", time.localtime(datetime.fromisoformat(started).timestamp()))

"""`netwright train PROJECT`: starts a run process, shows how it learns, and says what came of it."""

import argparse
from pathlib import Path
from typing import Any

from engine.checks.readiness import require_trainable
from engine.checks.settings import apply_settings, require_device
from engine.cli.commands.runs import groups_json, summary_json
from engine.cli.console import Console
from engine.cli.follow import QueuedProcess, follow
from engine.cli.table import duration, number, plural
from engine.document.files import load, project_folder
from engine.document.project import Project
from engine.errors import NetwrightError, UsageError
from engine.protocol.run_events import RunFailed, RunPrepared
from engine.protocol.run_folder import LogReader, RunFolder, RunSummary
from engine.training.queue import arrange
from engine.training.run_state import peek
from engine.training.runs import find_run, run_project, summaries, with_epochs
from engine.training.starting import Started, Wanted, go_on_with, start_new


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project, and changes for this run."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument(
        "--epochs",
        type=int,
        metavar="N",
        help="train for N epochs; with --resume: N in all in its last phase",
    )
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="change a setting for this run: batch_size=32, lr=0.01, optimizer=SGD, graph.nodes.conv1.out_channels=16",
    )
    parser.add_argument("--device", default="", metavar="DEVICE", help="auto, cpu, cuda or cuda:0,1")
    parser.add_argument("--name", default="", help="a name for the run")
    parser.add_argument("--tag", dest="tags", action="append", default=[], help="a word to find the run by; repeatable")
    parser.add_argument("--notes", default="", help="what the run is for")
    parser.add_argument("--resume", metavar="RUN", help="go on with an earlier run: a number, or last")
    parser.add_argument("--from", dest="source", metavar="RUN", help="begin with the weights of another run")
    parser.add_argument("--which", choices=("best", "last"), default="best", help="which weights of --from (best)")
    parser.add_argument("--as-it-was", action="store_true", help="with --from: on the project as that run had it")
    parser.add_argument("--seeds", type=int, default=1, metavar="K", help="repeat with K seeds, and tell the spread")
    parser.add_argument(
        "--find",
        choices=("learning_rate", "batch_size"),
        help="train nothing, but find out what learning rate to begin with, or the largest batch that fits",
    )
    parser.add_argument("--queue", action="store_true", help="put it into the queue of the project and return at once")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Trains; returns when the run has ended. The run is a process of its own and survives us."""
    if options.device:
        require_device(options.device, "--device")
    if options.epochs is not None and options.epochs < 1:
        raise UsageError(f"{options.epochs} epochs make no sense.", where="--epochs", expected="1 or more")
    project_dir = project_folder(options.project)
    if options.find is not None:
        return _found(project_dir, options, console)
    wanted = Wanted(
        name=options.name,
        notes=options.notes,
        tags=tuple(options.tags),
        device=options.device,
        from_run=options.source or "",
        which=options.which,
        seeds=options.seeds,
        queue=options.queue,
        epochs=(options.epochs or 0) if options.resume is not None else 0,
    )
    resume = options.resume is not None
    if resume:
        _refuse_changes(options)
        folder = find_run(project_dir, options.resume)
        already = _read_log(folder)
        started = go_on_with(project_dir, str(folder.number), wanted)
    else:
        project = _project(project_dir, options)
        started = start_new(project_dir, project, wanted)
        already = None
    if started.queued:
        return _queued(project_dir, started, options, console)
    reader, summary = already or _new_log(started.folders[0])
    console.progress(-1, "Starting")
    assert started.process is not None
    return _followed(started.folders[0], started.process, reader, summary, console)


def _found(project_dir: Path, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """What trying a few steps tells; nothing is kept of them."""
    # Only now, as they import torch.
    from dataclasses import asdict

    from engine.data.dataset import open_dataset
    from engine.training.batch_size import find_batch_size
    from engine.training.device import choose_device, choose_precision
    from engine.training.range_test import find_learning_rate

    project = _project(project_dir, options)
    require_trainable(project)
    data = open_dataset(project_dir, project.data, progress=console.progress)
    device = choose_device(options.device or project.recipe.device)
    if options.find == "learning_rate":
        return {
            "found": options.find,
            **asdict(find_learning_rate(project, data, device=device, progress=console.progress)),
        }
    precision = choose_precision(project.recipe.precision, device)[0]
    batch = find_batch_size(project, data, device=device, precision=precision, progress=console.progress)
    return {"found": options.find, **asdict(batch)}


def _refuse_changes(options: argparse.Namespace) -> None:
    """A run that is gone on with is what it is, but for its length."""
    changes = (options.settings, options.name, options.tags, options.notes, options.source, options.as_it_was)
    if any(changes) or options.seeds != 1:
        raise UsageError(
            "A run that is resumed goes on as it was begun.",
            where="--resume",
            hint="Leave out all but --epochs, --device and --queue, or start a new run with --from.",
        )


def _project(project_dir: Path, options: argparse.Namespace) -> Project:
    """The project with the changes for this run."""
    if options.as_it_was and not options.source:
        raise UsageError("--as-it-was says which run's project.", where="--as-it-was", hint="Add --from RUN.")
    project = run_project(find_run(project_dir, options.source)) if options.as_it_was else load(project_dir)
    apply_settings(project, options.settings)
    if options.epochs is not None:
        project.recipe = with_epochs(project.recipe, options.epochs)
    return project


def _new_log(folder: RunFolder) -> tuple[LogReader, RunSummary]:
    """A reader of a run that begins only now."""
    return folder.follow(), RunSummary(run=folder.number)


def _read_log(folder: RunFolder) -> tuple[LogReader, RunSummary]:
    """A reader that has taken in what earlier processes of the run logged, and what they came to."""
    reader, summary = folder.follow(), RunSummary(run=folder.number)
    while events := reader.read():
        for event in events:
            summary.feed(event)
    return reader, summary


def _followed(
    folder: RunFolder, process: Any, reader: LogReader, summary: RunSummary, console: Console
) -> dict[str, Any]:
    try:
        summary, last = follow(folder, process, reader, summary, console)
    except NetwrightError as error:
        raise _RunError(error.as_dict(), folder.number) from error
    if isinstance(last, RunFailed):
        raise _RunError(_with_way_out(last, folder.number), folder.number, last.details)
    result = summary_json(summary)
    return {**result, "run_dir": str(folder.path), "parameters": _parameters(folder)}


def _with_way_out(last: RunFailed, run: int) -> dict[str, str]:
    """The error, with how to go on from the last good state where there is one."""
    if not last.checkpoint:
        return last.error
    way = f"Go on from step {last.checkpoint_step} with --from {run} --which last --as-it-was --set lr=..."
    return {**last.error, "hint": f"{last.error.get('hint', '')} {way}".strip()}


def _queued(project_dir: Path, started: Started, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """What was queued; with several seeds each run is followed, unless it is only to be queued."""
    numbers = [folder.number for folder in started.folders]
    if started.process is not None:
        started.process.returncode = 0  # it lives on without us, of which Popen would warn
    if options.queue:
        console.note(f"{plural(len(numbers), 'run')} queued.")
        return {"run": numbers[0], "runs": numbers, "group": started.group, "state": "queued"}
    results = []
    for folder in started.folders:
        reader, summary = _new_log(folder)
        console.note(f"Run {folder.number} of {numbers[0]} to {numbers[-1]}.")
        result = _followed(folder, QueuedProcess(folder), reader, summary, console)
        results.append(result)
        if result["state"] != "finished":  # stopped by hand: what has not begun is not wanted either
            arrange(project_dir, remove=numbers)
            break
    told = next(item for item in groups_json(summaries(project_dir)) if item["group"] == started.group)
    best = max(results, key=lambda item: _goodness(find_run(project_dir, str(item["run"]))))
    return {**best, "runs": results, "group": started.group, "spread": told["metrics"]}


def _goodness(folder: RunFolder) -> list[float]:
    """Higher is better, by what picks the best epoch of each."""
    state = peek(folder, "best") or peek(folder)
    return state.best_key if state is not None and state.best_key else [float("-inf")]


def _parameters(folder: RunFolder) -> int:
    """Trainable numbers of the network, from the run's log."""
    reader = folder.follow()
    while events := reader.read():
        for event in events:
            if isinstance(event, RunPrepared):
                return event.parameters
    return 0


class _RunError(NetwrightError):
    """A run that failed: its own error as it said it, with the run's number beside it."""

    def __init__(self, error: dict[str, str], run: int, details: str = "") -> None:
        super().__init__(
            error.get("message", "The run failed."),
            **{name: error.get(name, "") for name in ("where", "expected", "found", "hint")},
        )
        self.kind = error.get("kind", "training")  # type: ignore[misc]
        self.exit_code = 3 if self.kind == "internal" else 1  # type: ignore[misc]
        self.more = {"run": run, "state": "failed", "details": details}


def show(result: dict[str, Any]) -> str:
    """What came of it, and what to do next."""
    if result.get("found") == "learning_rate":
        if result["note"]:
            return str(result["note"])
        return (
            f"Learning rate: {number(result['suggestion'])} to begin with, {number(result['highest'])} at most; "
            f"the recipe has {number(result['present'])}."
        )
    if result.get("found") == "batch_size":
        return f"Batch size: {result['batch_size']}, {result['reason']}"
    if result["state"] == "queued":
        return f"Queued: run {', '.join(map(str, result['runs']))}."
    best = ", ".join(f"{name} {number(value)}" for name, value in result["best"]["metrics"].items())
    epochs = plural(result["epochs"], "epoch")
    lines = [f"Run {result['run']} {result['state']} after {epochs}, {duration(result['seconds'])}."]
    if best:
        lines.append(f"Best on validation: epoch {result['best']['epoch']}, {best}.")
    if "spread" in result:
        lines = [f"Best of {plural(len(result['runs']), 'run')}: " + lines[0], *lines[1:]]
        for name, spread in result["spread"].items():
            lines.append(f"{name}: {number(spread['mean'])} ± {number(spread['std'])} over {spread['runs']} runs.")
    lines.append(f"{result['samples_per_s']:,.0f} samples/s on {result['device']} in {result['precision']}.")
    return "\n".join(lines)

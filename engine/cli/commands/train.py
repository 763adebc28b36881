"""`netwright train PROJECT`: starts a run process, shows how it learns, and says what came of it."""

import argparse
from pathlib import Path
from typing import Any

from engine.checks.readiness import require_trainable
from engine.cli.commands.runs import summary_json
from engine.cli.console import Console
from engine.cli.follow import follow
from engine.checks.settings import apply_settings, require_device
from engine.cli.table import duration, number, plural
from engine.document.files import load, project_folder
from engine.document.project import Project
from engine.errors import NetwrightError, UsageError
from engine.protocol.run_events import RunFailed, RunPrepared
from engine.protocol.run_folder import RunFolder, RunSummary
from engine.training.runs import create_run, find_run, start_run_process, with_epochs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project, and changes for this run."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument("--epochs", type=int, metavar="N", help="train for N epochs")
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
    parser.add_argument("--resume", metavar="RUN", help="go on with an earlier run: a number, or last")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Trains; returns when the run has ended. The run is a process of its own and survives us."""
    if options.device:
        require_device(options.device, "--device")
    project_dir = project_folder(options.project)
    if options.resume is not None:
        if options.settings or options.epochs is not None or options.name:
            raise UsageError(
                "A run that is resumed goes on as it was begun.",
                where="--resume",
                hint="Leave out --epochs, --set and --name, or start a new run.",
            )
        folder = find_run(project_dir, options.resume)
    else:
        folder = create_run(project_dir, _project(project_dir, options), options.name)
    return _train(folder, options, console)


def _project(project_dir: Path, options: argparse.Namespace) -> Project:
    """The project with the changes for this run. Raises TrainingError when something keeps it from training."""
    project = load(project_dir)
    apply_settings(project, options.settings)
    if options.epochs is not None:
        if options.epochs < 1:
            raise UsageError(f"{options.epochs} epochs make no sense.", where="--epochs", expected="1 or more")
        project.recipe = with_epochs(project.recipe, options.epochs)
    require_trainable(project)
    return project


def _train(folder: RunFolder, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    reader, summary = folder.follow(), RunSummary(run=folder.number)
    while events := reader.read():  # what an earlier process of a resumed run has logged
        for event in events:
            summary.feed(event)
    console.progress(-1, "Starting")
    process = start_run_process(folder, device=options.device, resume=options.resume is not None)
    try:
        summary, last = follow(folder, process, reader, summary, console)
    except NetwrightError as error:
        raise _RunError(error.as_dict(), folder.number) from error
    if isinstance(last, RunFailed):
        raise _RunError(last.error, folder.number, last.details)
    result = summary_json(summary)
    return {**result, "run_dir": str(folder.path), "parameters": _parameters(folder)}


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
    best = ", ".join(f"{name} {number(value)}" for name, value in result["best"]["metrics"].items())
    epochs = plural(result["epochs"], "epoch")
    lines = [f"Run {result['run']} {result['state']} after {epochs}, {duration(result['seconds'])}."]
    if best:
        lines.append(f"Best on validation: epoch {result['best']['epoch']}, {best}.")
    lines.append(f"{result['samples_per_s']:,.0f} samples/s on {result['device']} in {result['precision']}.")
    return "\n".join(lines)

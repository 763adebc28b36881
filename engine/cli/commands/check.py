"""`netwright check PROJECT`: shapes, cost, problems, and the data if asked; finding problems is a check well done."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from engine.catalog.tensors import shape_text
from engine.checks.report import check
from engine.cli.console import Console
from engine.cli.table import count, plural, size, table
from engine.document.files import load, project_folder
from engine.document.project import Project
from engine.errors import RunNotFound

_NAMED = 20
"""Samples of a finding that are told by name."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project, and whether its data is looked over too."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument(
        "--data",
        nargs="?",
        const="quick",
        choices=("quick", "all"),
        help="look over the data too; with 'all' also for near copies, and for wrong labels if there is a trained run",
    )


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """The report of `engine.checks`."""
    folder = project_folder(options.project)
    project = load(folder)
    report = check(project, folder)
    result: dict[str, Any] = {**msgspec.to_builtins(report), "can_train": report.can_train}
    if options.data:
        result["data"] = _looked_over(folder, project, options.data == "all", console)
    return result


def _looked_over(folder: Path, project: Project, everything: bool, console: Console) -> list[dict[str, Any]]:
    """What the checks of the data found, worst first; samples by name too."""
    from engine.data.checks import CHECKS, check_data, in_order  # torch comes with them
    from engine.data.dataset import open_dataset

    dataset = open_dataset(folder, project.data, progress=console.progress)
    kinds = [item.kind for item in CHECKS] if everything else []
    found = check_data(dataset, kinds, class_weights=project.recipe.class_weights, progress=console.progress)
    if everything:
        from engine.evaluation.wrong_labels import wrong_labels
        from engine.training.runs import find_run

        try:
            run = find_run(folder)
        except RunNotFound:
            pass  # no network to ask yet; the other checks stand
        else:
            found = in_order([*found, *wrong_labels(folder, run, dataset, progress=console.progress)])
    return [
        {**msgspec.to_builtins(item), "names": [dataset.name(index) for index in item.samples[:_NAMED]]}
        for item in found
    ]


def show(result: dict[str, Any]) -> str:
    """Problems first, then a line a node and the totals."""
    parts = []
    for problem in result["problems"]:
        node = f" {problem['node']}:" if problem["node"] else ""
        lines = [f"{problem['severity'].capitalize()}:{node} {problem['message']}"]
        lines += [f"  {name + ':':<9} {problem[name]}" for name in ("expected", "found") if problem[name]]
        lines += [f"  repair:   {repair['title']}" for repair in problem["repairs"]]
        parts.append("\n".join(lines))
    rows = [
        (
            node["id"],
            node["type"] + (" (rests)" if node["resting"] else ""),
            ", ".join("?" if shape is None else shape_text(tuple(shape)) for shape in node["output_shapes"]),
            count(node["parameters"]) if node["parameters"] else "",
            count(node["multiply_adds"]) if node["multiply_adds"] else "",
        )
        for node in result["nodes"]
    ]
    if rows:
        parts.append(table(("NODE", "TYPE", "OUTPUT", "PARAMETERS", "MULTIPLY-ADDS"), rows, right="lllrr"))
    for item in result.get("data", ()):
        where = f" {item['where']}:" if item["where"] else ""
        lines = [f"{item['severity'].capitalize()} in the data:{where} {item['message']}"]
        lines += [f"  remedy:   {remedy['title']}" for remedy in item["remedies"] if remedy["edits"]]
        parts.append("\n".join(lines))
    if "data" in result and not result["data"]:
        parts.append("Nothing suspicious in the data.")
    errors = sum(problem["severity"] == "error" for problem in result["problems"])
    verdict = "Ready to train." if result["can_train"] else f"Cannot train: {plural(errors, 'error')}."
    parts.append(
        f"{plural(len(rows), 'node')}, {plural(result['parameters'], 'parameter')}, "
        f"about {size(result['memory_bytes'])} for a training step. {verdict}"
    )
    return "\n\n".join(parts)

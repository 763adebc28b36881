"""`netwright check PROJECT`: shapes, cost and problems; finding problems is a check well done."""

import argparse
from typing import Any

import msgspec

from engine.catalog.tensors import shape_text
from engine.checks.report import check
from engine.cli.console import Console
from engine.cli.table import count, plural, size, table
from engine.document.files import load, project_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """The report of `engine.checks`."""
    report = check(load(project_folder(options.project)))
    result: dict[str, Any] = msgspec.to_builtins(report)
    return {**result, "can_train": report.can_train}


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
            node["type"],
            ", ".join("?" if shape is None else shape_text(tuple(shape)) for shape in node["output_shapes"]),
            count(node["parameters"]) if node["parameters"] else "",
            count(node["multiply_adds"]) if node["multiply_adds"] else "",
        )
        for node in result["nodes"]
    ]
    if rows:
        parts.append(table(("NODE", "TYPE", "OUTPUT", "PARAMETERS", "MULTIPLY-ADDS"), rows, right="lllrr"))
    errors = sum(problem["severity"] == "error" for problem in result["problems"])
    verdict = "Ready to train." if result["can_train"] else f"Cannot train: {plural(errors, 'error')}."
    parts.append(
        f"{plural(len(rows), 'node')}, {plural(result['parameters'], 'parameter')}, "
        f"about {size(result['memory_bytes'])} for a training step. {verdict}"
    )
    return "\n\n".join(parts)

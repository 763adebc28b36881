"""`netwright evaluate PROJECT`: scores of a run on a split of the data."""

import argparse
from typing import Any

import msgspec

from engine.cli.console import Console
from engine.cli.table import number, table
from engine.document.files import project_folder
from engine.training.runs import find_run

_WIDEST_MATRIX = 14


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project, the run and the split."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument("--run", default="best", metavar="RUN", help="a number, best (default) or last")
    parser.add_argument("--split", default="test", choices=("train", "val", "test"), help="test is the default")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Scores of the main output on top, all outputs under `outputs`."""
    project_dir = project_folder(options.project)
    folder = find_run(project_dir, options.run)
    from engine.evaluation.evaluate import evaluate  # torch comes with it: not for --help and wrong usage

    result = evaluate(project_dir, folder, options.split, progress=console.progress)
    outputs: list[dict[str, Any]] = [msgspec.to_builtins(output) for output in result.outputs]
    found: dict[str, Any] = {
        "run": result.run,
        "split": result.split,
        "samples": result.samples,
        "seconds": result.seconds,
        "metrics": outputs[0]["metrics"] if outputs else {},
    }
    if outputs and outputs[0]["matrix"]:
        found["confusion"] = {"classes": outputs[0]["classes"], "matrix": outputs[0]["matrix"]}
    return {**found, "outputs": outputs}


def show(result: dict[str, Any]) -> str:
    """Scores, classes and the confusion matrix where it fits."""
    parts = [f"Run {result['run']} on {result['samples']:,} samples of {result['split']}:"]
    for output in result["outputs"]:
        name = f"{output['field']}  " if len(result["outputs"]) > 1 else ""
        parts.append(name + "  ".join(f"{key} {number(value)}" for key, value in output["metrics"].items()))
        masks = any(item["overlap"] is not None for item in output["per_class"])
        rows = [
            (
                item["name"],
                number(item["precision"]),
                number(item["recall"]),
                number(item["f1"]),
                *(["" if item["overlap"] is None else number(item["overlap"])] if masks else []),
                f"{item['samples']:,}",
            )
            for item in output["per_class"]
        ]
        if rows:
            count = ("IOU", "POINTS") if masks else ("SAMPLES",)
            heads = ("CLASS", "PRECISION", "RECALL", "F1", *count)
            parts.append(table(heads, rows, right="l" + "r" * (len(heads) - 1)))
        if output["matrix"] and len(output["classes"]) <= _WIDEST_MATRIX:
            parts.append(_matrix(output["classes"], output["matrix"]))
    return "\n\n".join(parts)


def _matrix(classes: list[str], matrix: list[list[int]]) -> str:
    short = [name[:8] for name in classes]
    rows = [
        (name[:16], *(str(value) if value else "·" for value in row)) for name, row in zip(classes, matrix, strict=True)
    ]
    return table(("TRUE \\ ANSWER", *short), rows, right="l" + "r" * len(classes))

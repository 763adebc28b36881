"""`netwright import FILE.onnx DIR`: a network from elsewhere as a project with an editable graph and its weights."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from engine.cli.console import Console
from engine.cli.table import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and the folder of the project to be."""
    parser.add_argument("file", metavar="FILE.onnx", help="the file to import")
    parser.add_argument("folder", metavar="DIR", help="the folder of the project to make")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Makes the project and proves that it answers as the file does."""
    from engine.deployment.foreign.writing import import_model  # torch comes with it: not for --help and wrong usage

    path = Path(options.file).expanduser().absolute()
    folder = Path(options.folder).expanduser().absolute()
    found: dict[str, Any] = msgspec.to_builtins(import_model(path, folder, progress=console.progress))
    for name in ("type", "request"):
        found.pop(name, None)
    found["checked"] = {"samples": 0, "max_abs_difference": 0.0, **found["checked"]}
    return found


def show(result: dict[str, Any]) -> str:
    """What it became, what stays as it was, and the proof."""
    rows = [[name, str(count)] for name, count in result["mapped"].items()]
    rows += [[f"{name} (as in the file)", str(count)] for name, count in result["opaque"].items()]
    checked = result["checked"]
    proof = (
        "Written again, it is the same file to the bit."
        if result["exact"]
        else checked["problem"]
        if checked.get("problem")
        else f"The same answers as onnxruntime for {checked['samples']} random samples; "
        f"largest difference {checked['max_abs_difference']:.2g}."
    )
    head = (
        f"{result['project']}: {result['nodes']} nodes, {result['parameters']:,} parameters, "
        f"from {result['operators']} operators. Its weights are run {result['run']}."
    )
    return "\n".join([head, "", table(["Layer", "Count"], rows), "", proof, *result["notes"]])

"""`netwright export PROJECT --to FILE.onnx`: a run as an ONNX file, proved to answer as the trained network does."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from engine.cli.console import Console
from engine.cli.table import size, table
from engine.document.files import project_folder
from engine.errors import NotYet
from engine.training.runs import find_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project, the run, the file and its form."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument("--to", required=True, metavar="FILE.onnx", help="the file to write")
    parser.add_argument("--run", default="best", metavar="RUN", help="a number, best (default) or last")
    parser.add_argument("--precision", default="float32", choices=("float32", "float16", "int8"))
    parser.add_argument("--opset", type=int, default=20, metavar="N", help="version of the operators (default 20)")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Writes and proves the file."""
    if options.precision == "int8":
        raise NotYet("This version cannot export int8 yet.", where="--precision", hint="Use float32 or float16.")
    project_dir = project_folder(options.project)
    folder = find_run(project_dir, options.run)
    from engine.deployment.export import export_onnx  # torch comes with it: not for --help and wrong usage

    to = Path(options.to).expanduser().absolute()
    result = export_onnx(
        project_dir, folder, to, precision=options.precision, opset=options.opset, progress=console.progress
    )
    found: dict[str, Any] = msgspec.to_builtins(result)
    for name in ("type", "request"):
        found.pop(name, None)
    return {**found, "run": folder.number, "precision": options.precision}


def show(result: dict[str, Any]) -> str:
    """Where it is, what goes in and comes out, and the proof."""
    verified = result["verified"]
    lines = [
        f"Wrote {result['file']}: {size(result['bytes'])}, opset {result['opset']}, run {result['run']}.",
        _ports("in", result["inputs"]),
        _ports("out", result["outputs"]),
        f"Verified on {verified['samples']:,} samples: {verified['same_answers']:,} same answers, "
        f"largest difference {verified['max_abs_difference']:.1g}.",
    ]
    return "\n".join(lines)


def _ports(side: str, ports: list[dict[str, Any]]) -> str:
    """A line an input or output: name, kind of number, shape, what it means."""
    rows = []
    for port in ports:
        shape = " × ".join("?" if size is None else str(size) for size in port.get("shape") or ())
        meaning = port.get("meaning") or (f"one of {len(port['classes'])} {_noun(port)}" if port.get("classes") else "")
        rows.append((f"  {side}", port.get("name", ""), port.get("dtype", ""), shape, meaning))
    return "\n".join(table(("",) * 5, rows).split("\n")[1:])


def _noun(port: dict[str, Any]) -> str:
    return "tokens, the likeliest to come next" if "so_far" in port else "classes"

"""`netwright export PROJECT --to FILE.onnx`: a run as an ONNX file, proved to answer as the trained network does."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from engine.cli.console import Console
from engine.cli.table import size, table
from engine.deployment.form import CONTENTS, INT8_KINDS, NEWEST_OPSET, OLDEST_OPSET, PRECISIONS, USUAL_OPSET
from engine.document.files import project_folder
from engine.training.runs import find_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project, the run, the file and its form."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument("--to", required=True, metavar="FILE.onnx", help="the file to write")
    parser.add_argument("--run", default="best", metavar="RUN", help="a number, best (default) or last")
    parser.add_argument("--precision", default="float32", choices=PRECISIONS, help="default float32")
    parser.add_argument(
        "--int8",
        default="auto",
        choices=INT8_KINDS,
        help="with --precision int8: scales from samples of the train split, or while it runs (auto: what suits it)",
    )
    parser.add_argument(
        "--opset",
        type=int,
        default=USUAL_OPSET,
        metavar="N",
        help=f"version of the operators, {OLDEST_OPSET} to {NEWEST_OPSET} (default {USUAL_OPSET})",
    )
    parser.add_argument(
        "--contents",
        default="whole",
        choices=CONTENTS,
        help="whole: raw input in, answer out (default); network: prepared numbers in, what the network gives out",
    )
    parser.add_argument("--optimise", action="store_true", help="fold constants and BatchNorm into what uses them")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Writes and proves the file."""
    project_dir = project_folder(options.project)
    folder = find_run(project_dir, options.run)
    from engine.deployment.export import export_onnx  # torch comes with it: not for --help and wrong usage

    to = Path(options.to).expanduser().absolute()
    result = export_onnx(
        project_dir,
        folder,
        to,
        precision=options.precision,
        opset=options.opset,
        contents=options.contents,
        optimised=options.optimise,
        int8=options.int8,
        progress=console.progress,
    )
    found: dict[str, Any] = msgspec.to_builtins(result)
    for name in ("type", "request"):
        found.pop(name, None)
    return {**found, "run": folder.number}


def show(result: dict[str, Any]) -> str:
    """Where it is, what goes in and comes out, and the proof."""
    verified = result["verified"]
    precision = " ".join(part for part in (result["int8"], result["precision"]) if part)
    lines = [
        f"Wrote {result['file']}: {size(result['bytes'])}, {precision}, opset {result['opset']}, run {result['run']}.",
        _ports("in", result["inputs"]),
        _ports("out", result["outputs"]),
        f"Verified on {verified['samples']:,} {'random ' if verified['made_up'] else ''}samples: "
        f"{verified['same_answers']:,} same answers, largest difference {verified['max_abs_difference']:.1g}.",
    ]
    if verified["score_name"]:
        lines.append(
            f"Test split, {verified['scored']:,} samples: {verified['score_name']} {verified['score']:.4f}"
            + ("" if precision == "float32" else f", in float32 {verified['score_before']:.4f}")
            + "."
        )
    lines.append(f"The proof and golden samples are in {result['proof']}.")
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

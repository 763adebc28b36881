"""`netwright variants PROJECT`: a run as float32, float16 and int8, with size, score on the test split and speed."""

import argparse
from typing import Any

import msgspec

from engine.cli.console import Console
from engine.cli.table import size, table
from engine.document.files import project_folder
from engine.training.runs import find_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project and the run."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument("--run", default="best", metavar="RUN", help="a number, best (default) or last")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured before")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Writes and measures each variant, or tells what was measured before for the same weights."""
    project_dir = project_folder(options.project)
    folder = find_run(project_dir, options.run)
    from engine.deployment.variants import measure_variants  # torch comes with it: not for --help and wrong usage

    found: dict[str, Any] = msgspec.to_builtins(
        measure_variants(project_dir, folder, fresh=options.fresh, progress=console.progress)
    )
    for name in ("type", "request"):
        found.pop(name, None)
    return found


def show(result: dict[str, Any]) -> str:
    """A row a variant, and what was measured beneath."""
    name = result["score_name"]
    base = result["variants"][0]["latency_ms"]
    rows = [
        (
            " ".join(part for part in (item["precision"], item["int8"]) if part),
            size(item["bytes"]),
            f"{item['score']:.4f}" if name else "",
            f"{100 * item['same']:.4g} %",
            f"{item['latency_ms']:.3g} ms",
            f"{base / item['latency_ms']:.2f}x" if item["latency_ms"] else "",
            f"cannot be exported: {item['refused']}" if item["refused"] else "",
        )
        for item in result["variants"]
    ]
    headings = ("variant", "size", name or "score", "same answers", "latency", "vs float32", "")
    scored = f"{name} on {result['scored']:,} samples of the test split, in torch {result['score_before']:.4f}. "
    return "\n".join(
        [
            table(headings, rows),
            (scored if name else "")
            + f"Latency: one raw sample in onnxruntime, one thread; torch takes {result['torch_ms']:.3g} ms.",
        ]
    )

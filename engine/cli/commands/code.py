"""`netwright code PROJECT --to FILE.py`: the network as a PyTorch file a person would have written."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.console import Console
from engine.cli.table import plural
from engine.document.atomic import write_atomically
from engine.document.files import load, project_folder
from engine.document.own_code import code_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project and the file."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument("--to", required=True, metavar="FILE.py", help="the file to write")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Writes the file."""
    folder = project_folder(options.project)
    project = load(folder)
    from engine.compiler.source import source_code  # torch comes with it: not for --help and wrong usage

    with code_of(folder):
        text = source_code(project)
    to = Path(options.to).expanduser().absolute()
    write_atomically(to, text.encode())
    return {"file": str(to), "lines": text.count("\n")}


def show(result: dict[str, Any]) -> str:
    """Where it is."""
    return f"Wrote {result['file']} ({plural(result['lines'], 'line')})."

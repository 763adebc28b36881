"""`netwright import`: a foreign ONNX file as a project; not in this version."""

import argparse
from typing import Any

from engine.cli.console import Console
from engine.errors import NotYet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and the folder of the project to be."""
    parser.add_argument("file", metavar="FILE.onnx")
    parser.add_argument("folder", metavar="DIR")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Raises NotYet."""
    raise NotYet(
        "This version cannot import ONNX files yet.",
        where=options.file,
        hint="Draw the network, or begin with `netwright new DIR --data PATH`.",
    )


def show(result: dict[str, Any]) -> str:
    """Never reached."""
    return ""

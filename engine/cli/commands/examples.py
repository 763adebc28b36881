"""`netwright examples`: what ships in projects/."""

import argparse
from typing import Any

from engine.cli.console import Console
from engine.cli.table import table
from engine.document.examples import FOLDER, examples


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Names, titles and places of the examples."""
    found = [
        {
            "name": item.name,
            "group": item.group,
            "title": item.question or item.title,
            "about": item.sentence,
            "project": str(item.folder),
        }
        for item in examples()
    ]
    return {"examples": found, "folder": str(FOLDER)}


def show(result: dict[str, Any]) -> str:
    """A table."""
    if not result["examples"]:
        return f"No examples were found in {result['folder']}."
    rows = [(item["name"], item["group"], item["title"]) for item in result["examples"]]
    return f"{table(('EXAMPLE', 'GROUP', 'ABOUT'), rows)}\n\nTry one: netwright new DIR --from {rows[0][0]}"

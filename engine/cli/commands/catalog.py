"""`netwright catalog`: every layer, loss, optimizer, schedule, metric, preparation and augmentation step."""

import argparse
from typing import Any

from engine.catalog.as_json import catalog_json
from engine.cli.console import Console
from engine.cli.table import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """The whole catalog."""
    return catalog_json()


def show(result: dict[str, Any]) -> str:
    """A table a group, a line an entry; layers by family."""
    parts = []
    for group, entries in result.items():
        rows = [(item["type"], item["family"], item["help"]) for item in entries]
        if not any(family for _, family, _ in rows):
            rows = [(name, "", text) for name, _, text in rows]
            parts.append(table((f"{group.upper()} ({len(rows)})", ""), [(name, text) for name, _, text in rows]))
        else:
            parts.append(table((f"{group.upper()} ({len(rows)})", "FAMILY", ""), rows))
    return "\n\n".join(parts)

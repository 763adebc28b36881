"""`netwright catalog`: every layer, loss, optimizer, schedule, metric, preparation and augmentation step."""

import argparse
from typing import Any

from engine.catalog.as_json import catalog_counts, catalog_json
from engine.cli.console import Console
from engine.cli.table import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """The whole catalog, and how much there is of everything."""
    return {**catalog_json(), "counts": catalog_counts()}


def show(result: dict[str, Any]) -> str:
    """A table a group, a line an entry; layers by family."""
    parts = []
    counts = result["counts"]
    for group, entries in result.items():
        if group == "counts":
            continue
        rows = [(item["type"], item["family"], item["help"]) for item in entries]
        if not any(family for _, family, _ in rows):
            rows = [(name, "", text) for name, _, text in rows]
            parts.append(table((f"{group.upper()} ({len(rows)})", ""), [(name, text) for name, _, text in rows]))
        else:
            parts.append(table((f"{group.upper()} ({len(rows)})", "FAMILY", ""), rows))
    families = [(name, f"{count}") for name, count in counts["families"].items()]
    parts.append(table(("FAMILIES OF LAYERS", ""), families))
    parts.append(f"{counts['exported']} of {counts['layers']} layers can be exported to ONNX.")
    return "\n\n".join(parts)

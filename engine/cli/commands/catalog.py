"""`netwright catalog`: every layer, loss, optimizer, schedule, metric and step, or all that is known of one of them."""

import argparse
import difflib
from typing import Any

from engine.catalog.as_json import catalog_counts, catalog_json
from engine.cli.console import Console
from engine.cli.table import table
from engine.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """An entry."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="show one entry, such as Conv2d, with its formula")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """The whole catalog, and how much there is of everything; or the entries of a name, each with its group.

    Raises UsageError when there is none of that name.
    """
    groups = catalog_json()
    if not options.name:
        return {**groups, "counts": catalog_counts()}
    wanted = options.name.lower()
    found = [
        {"group": group, **item}
        for group, items in groups.items()
        for item in items
        if wanted in (item["type"].lower(), item["label"].lower(), item.get("name", "").lower())
    ]
    if not found:
        names = [item["type"] for items in groups.values() for item in items]
        near = difflib.get_close_matches(options.name, names, n=4, cutoff=0.5)
        raise UsageError(
            f"The catalog has no '{options.name[:60]}'.",
            where="name",
            expected=", ".join(near) or "a name that `netwright catalog` lists",
            found=options.name[:60],
        )
    return {"entries": found}


def show(result: dict[str, Any]) -> str:
    """A table a group, a line an entry; layers by family. For one entry all that is known of it."""
    if "entries" in result:
        return "\n\n".join(_entry(item) for item in result["entries"])
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


def _entry(item: dict[str, Any]) -> str:
    lines = [f"{item['label']} ({item['type']}, {item['group']})", item["help"]]
    lines += [text for text in (item["formula"], item["when"]) if text]
    if item["attributes"]:
        rows = [(info["name"], _preset(info["default"]), info["help"]) for info in item["attributes"]]
        lines += ["", table(("SETTING", "PRESET", ""), rows)]
    if item["details"]:
        lines += ["", item["details"]]
    return "\n".join(lines)


def _preset(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if value is None or isinstance(value, bool):
        return "none" if value is None else "on" if value else "off"
    return str(value)

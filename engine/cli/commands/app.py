"""`netwright app PROJECT KIND --to PATH`: a run as a ready-made app: web page, Python package, server, ..."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from engine.catalog.apps import APPS, BY_KEY
from engine.cli.console import Console
from engine.cli.table import size, table
from engine.document.files import project_folder
from engine.errors import UsageError
from engine.training.runs import find_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project, the app, and where to."""
    parser.add_argument("project", metavar="PROJECT", nargs="?", help="a project folder, or its project.json")
    parser.add_argument("kind", metavar="KIND", nargs="?", help=", ".join(BY_KEY))
    parser.add_argument("--to", metavar="PATH", help="the folder or file to write")
    parser.add_argument("--run", default="best", metavar="RUN", help="a number, best (default) or last")
    parser.add_argument("--with-data", action="store_true", help="project: copy the data into the zip")
    parser.add_argument("--list", action="store_true", help="what there is, and what does not suit PROJECT")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Writes the app, or lists them. Raises UsageError, ExportError, RunNotFound."""
    if options.list:
        return {"apps": _listed(options)}
    missing = next((name for name in ("project", "kind", "to") if not getattr(options, name)), None)
    if missing is not None:
        shown = {"project": "PROJECT", "kind": "KIND", "to": "--to"}[missing]
        raise UsageError(f"{shown} is missing.", where=shown, hint="netwright app PROJECT web --to page.html")
    if options.kind not in BY_KEY:
        raise UsageError(
            f"There is no app '{options.kind[:40]}'.", where="KIND", expected=", ".join(BY_KEY), found=options.kind[:40]
        )
    if options.with_data and options.kind != "project":
        raise UsageError("--with-data goes with project.", where="--with-data", hint="Leave it out.")
    project_dir = project_folder(options.project)
    folder = find_run(project_dir, options.run)
    from engine.deployment.apps.save import save_app  # torch comes with it: not for --help and wrong usage

    saved = save_app(
        project_dir,
        folder,
        options.kind,
        Path(options.to).expanduser().absolute(),
        with_data=options.with_data,
        progress=console.progress,
    )
    found: dict[str, Any] = msgspec.to_builtins(saved)
    for name in ("type", "request"):
        found.pop(name, None)
    return found


def _listed(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Every app; with a project why one does not suit it."""
    project = None
    if options.project:
        from engine.document.files import load

        project = load(project_folder(options.project))
    return [
        {
            "key": app.key,
            "title": app.title,
            "line": app.line,
            "form": app.form,
            "help": app.help,
            "why_not": app.why_not(project) if project is not None else "",
        }
        for app in APPS
    ]


def show(result: dict[str, Any]) -> str:
    """Where it is and how to begin, or a line an app."""
    if "apps" in result:
        rows = [(app["key"], app["form"], app["why_not"] or app["line"]) for app in result["apps"]]
        return table(("app", "is a", "what"), rows)
    lines = [f"Wrote {result['path']}: {size(result['bytes'])}, run {result['run']}."]
    if len(result["files"]) > 1:
        lines += [f"  {name}" for name in result["files"][:20]]
    if result["samples"]:
        lines.append(f"{result['samples']} golden samples lie with it, with which it can prove itself.")
    return "\n".join(lines)

"""`netwright trust PROJECT`: let the project's own layers run on this machine, and look them over."""

import argparse
from typing import Any

import msgspec

from engine.cli.console import Console
from engine.cli.table import plural
from engine.document.files import load, project_folder
from engine.document.own_code import code_of, code_paths, read_code, trust, trusted
from engine.errors import GraphError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Notes that the files may run as they are now, and says what was found in each node that uses them."""
    folder = project_folder(options.project)
    project = load(folder)
    files = [read_code(folder, name) for name in code_paths(project)]
    known = trusted()
    trust(files)
    listed = [{"file": file.path, "sha256": file.digest, "new": file.digest not in known} for file in files]
    if not files:
        return {"files": [], "nodes": []}
    from engine.catalog.layers.own_code import PyTorch
    from engine.checks.inference import ShapeChecker
    from engine.compiler.code_check import checked_node  # torch comes with it

    checker = ShapeChecker(project)
    nodes: list[dict[str, Any]] = []
    with code_of(folder):
        for node_id in checker.order:
            if not isinstance(checker.layers.get(node_id), PyTorch):
                continue
            try:
                found = msgspec.to_builtins(checked_node(checker, node_id))
                nodes.append({name: found[name] for name in ("node", "findings", "output_shape", "parameters")})
            except GraphError as error:
                nodes.append({"node": node_id, "error": error.as_dict()})
    return {"files": listed, "nodes": nodes}


def show(result: dict[str, Any]) -> str:
    """The files, and what is wrong with them."""
    if not result["files"]:
        return "The project has no code of its own."
    lines = [f"Trusted {plural(len(result['files']), 'file')}: {', '.join(item['file'] for item in result['files'])}."]
    for node in result["nodes"]:
        if "error" in node:
            lines.append(f"{node['node']}: {node['error']['message']} {node['error']['hint']}".rstrip())
            continue
        wrong = [f"  {item['subject']}: {item['failed']}" for item in node["findings"] if item["failed"]]
        shape = " × ".join(str(size or "?") for size in node["output_shape"]) or "a number"
        lines.append(
            f"{node['node']}: gives {shape}, {plural(node['parameters'], 'weight')}{':' if wrong else ', all well'}"
        )
        lines += wrong
    return "\n".join(lines)

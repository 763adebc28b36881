"""`netwright new DIR`: an empty project, a copy of an example, or a network proposed for data."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from engine.catalog.pretrained import Pretrained, pretrained_named
from engine.catalog.pretrained.kept import is_kept, kept_vocabulary
from engine.cli.console import Console
from engine.cli.examples import copy_example
from engine.cli.table import plural
from engine.document.files import FILE_NAME, create, load
from engine.document.project import Project
from engine.document.sharing import unpack_project
from engine.errors import ProjectError, UsageError

_LISTED = 20
_TASKS = ("classification", "regression", "forecasting")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """DIR, and where the project comes from."""
    parser.add_argument("folder", metavar="DIR", help="the folder of the new project")
    parser.add_argument(
        "--from",
        dest="example",
        metavar="EXAMPLE|FILE.zip",
        help="copy an example (see `netwright examples`), or unpack a project that was shared",
    )
    parser.add_argument("--data", metavar="PATH", help="a folder, file or archive to learn from")
    parser.add_argument(
        "--pretrained", default="", metavar="NAME", help="stand on a pretrained network (see `netwright pretrained`)"
    )
    parser.add_argument("--target", default="", metavar="FIELD", help="the column or field to be learned")
    parser.add_argument(
        "--layout", default="", metavar="LAYOUT", help="how the files are to be read, if not as guessed"
    )
    parser.add_argument("--task", default="", metavar="TASK", help=f"what is wanted: {', '.join(_TASKS)}")
    parser.add_argument(
        "--pattern", default="", metavar="PATTERN", help="of file names: {label}_{speaker}_{} for 7_jackson_3.wav"
    )
    parser.add_argument("--steps", type=int, default=0, metavar="N", help="of an environment: moments that are played")
    parser.add_argument("--window", type=int, default=0, metavar="N", help="of a series: moments that are looked at")
    parser.add_argument("--horizon", type=int, default=0, metavar="N", help="of a series: moments that are forecast")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Makes the project; nothing is left behind when that fails."""
    folder = Path(options.folder).expanduser().absolute()
    if options.example and options.data:
        raise UsageError("--from and --data cannot be used together.", where="--data", hint="Leave one of them out.")
    if (options.target or options.task or options.layout or options.pretrained) and not options.data:
        raise UsageError(
            "--target, --task, --layout and --pretrained go with --data.",
            where="--target",
            hint="Say what to learn from: --data PATH.",
        )
    wanted = _kept(options.pretrained) if options.pretrained else None
    result: dict[str, Any] = {"project": str(folder)}
    if options.example:
        shared = Path(options.example).expanduser()
        if shared.suffix.lower() == ".zip" and shared.is_file():
            unpack_project(shared, folder)
        else:
            copy_example(options.example, folder)
        project = load(folder)
    elif options.data:
        if (folder / FILE_NAME).exists():
            raise ProjectError(
                f"There already is a project in '{options.folder}'.",
                where=str(folder),
                hint="Choose another folder; nothing was changed.",
            )
        project, found = _proposed(options, folder.name, console, wanted)
        create(folder, project)
        if wanted is not None:
            from engine.pretrained.getting import put_into

            put_into(folder, wanted)
        result |= found
    else:
        project = Project(name=folder.name)
        create(folder, project)
    fields = [{"name": field.name, "kind": field.kind, "role": field.role} for field in project.data.fields]
    return {**result, "name": project.name, "nodes": len(project.graph.nodes), "fields": fields}


def _kept(name: str) -> Pretrained:
    """The pretrained network of that name. Raises UsageError when it is not on this machine yet."""
    wanted = pretrained_named(name)
    if not is_kept(wanted):
        raise UsageError(
            f"{wanted.title} is not on this machine yet.",
            where="--pretrained",
            expected="a network that was fetched",
            found=wanted.name,
            hint=f"Fetch it first: netwright pretrained {wanted.name} --yes",
        )
    return wanted


def _proposed(
    options: argparse.Namespace, name: str, console: Console, pretrained: Pretrained | None
) -> tuple[Project, dict[str, Any]]:
    """The project for the data, and what was found. Raises DataError."""
    from engine.data.importing import inspect  # torch comes with it
    from engine.data.proposals import propose

    of_layout = {name: value for name in ("window", "horizon", "steps") if (value := getattr(options, name)) > 0}
    if options.pattern:
        of_layout["pattern"] = options.pattern
    found = inspect(
        options.data,
        options.target,
        options.task,
        layout=options.layout or ("named_files" if options.pattern else ""),
        options=of_layout,
        progress=console.progress,
    )
    if pretrained is None:
        project = propose(name, found.data, found.samples)
    else:
        from engine.data.proposals.backbone import propose_with

        project = propose_with(name, found.data, pretrained, kept_vocabulary(pretrained))
    return project, {
        "found": found.description,
        "samples": found.samples,
        "left_out": msgspec.to_builtins(list(found.left_out)),
        "left_out_count": found.left_out_count,
    }


def show(result: dict[str, Any]) -> str:
    """What was made, what was left out, and what to do next."""
    lines = [f"Made {result['project']}: {plural(result['nodes'], 'node')}."]
    if "found" in result:
        lines.append(result["found"])
        left_out = result["left_out_count"]
        if left_out:
            lines.append(f"Left out {left_out:,}:")
            lines += [f"  {item['where']}: {item['reason']}" for item in result["left_out"][:_LISTED]]
            if left_out > _LISTED:
                lines.append(f"  and {left_out - _LISTED:,} more")
    lines.append(f"Next: netwright train {result['project']}" if result["fields"] else "Next: open it in the window.")
    return "\n".join(line for line in lines if line)

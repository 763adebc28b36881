"""`netwright explain PROJECT INPUT...`: what an answer went along with, in an input or a sample of the data."""

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec

from engine.catalog.explanations import EXPLAINERS, explainer_type
from engine.cli.console import Console
from engine.cli.inputs import rows_apart
from engine.cli.table import number, table
from engine.document.files import project_folder
from engine.errors import DataError, UsageError
from engine.training.runs import find_run

_LARGEST = 64
"""Side of the map of a picture in the JSON answer, which holds every number of it."""
_WORDS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project, what to explain, and how."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument(
        "inputs", metavar="INPUT", nargs="*", help="a picture, a sound, text, or field=value,field=value"
    )
    parser.add_argument(
        "--sample", type=int, action="append", default=[], metavar="N", help="a sample of the data by its number"
    )
    parser.add_argument("--run", default="best", metavar="RUN", help="a number, best (default) or last")
    names = ", ".join(kind.type_name() for kind in EXPLAINERS)
    parser.add_argument("--method", default="", metavar="NAME", help=f"{names}; the usual one if left out")
    parser.add_argument("--output", default="", metavar="FIELD", help="the answer to explain, where there are several")
    parser.add_argument("--choice", default="", metavar="CLASS", help="the class to explain; what was answered if not")
    parser.add_argument("--layer", default="", metavar="NODE", help="Grad-CAM: the convolution to look at")
    parser.add_argument("--to", default=None, metavar="FILE.png", help="draw it over the first picture or sound")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what is drawn at random")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Explanations in the order of the samples, then of the inputs; one that cannot be explained has a `problem`."""
    if not options.inputs and not options.sample:
        raise UsageError(
            "There is nothing to explain.", where="explain", expected="an input, or --sample N", found="neither"
        )
    project_dir = project_folder(options.project)
    folder = find_run(project_dir, options.run)
    kind = explainer_type(options.method) if options.method else None
    if options.method and kind is None:
        raise UsageError(
            f"There is no way to explain called '{options.method[:60]}'.",
            where="--method",
            expected=", ".join(item.type_name() for item in EXPLAINERS),
            found=options.method[:60],
        )
    from engine.evaluation.explaining.explain import explain, explaining  # torch: not for --help and wrong usage

    ready = explaining(project_dir, folder)
    choice = _choice(options.choice, ready.classes(options.output))
    inputs = _inputs(options.inputs, [(field.name, field.kind.value) for field in ready.fields])
    to = Path(options.to).expanduser() if options.to else None
    found = explain(
        project_dir,
        folder,
        samples=options.sample,
        inputs=inputs,
        method=options.method,
        settings={"layer": options.layer} if options.layer else {},
        output=options.output,
        choice=choice,
        seed=options.seed,
        size=320 if to is not None else _LARGEST,
        progress=console.progress,
    )
    if to is not None:
        _draw(found.explanations[0], to)
    names = [f"sample {item}" for item in options.sample] + list(options.inputs)
    told = [_told(item, name) for item, name in zip(found.explanations, names, strict=True)]
    problems = [item["problem"] for item in told if item["problem"]]
    if len(problems) == len(told):
        raise DataError(problems[0], where=names[0])
    return {
        "run": found.run,
        "seconds": found.seconds,
        "explanations": told,
        **({"file": str(to.absolute())} if to is not None else {}),
    }


def _inputs(given: list[str], fields: list[tuple[str, str]]) -> list[dict[str, object]]:
    """Each input as {field: value}. Raises UsageError for one that does not say which field it is for."""
    found: list[dict[str, object]] = []
    for group in rows_apart(given, dict(fields)):
        if group.problem:
            raise UsageError(group.problem, where=group.names[0])
        for question in group.questions:
            if isinstance(question, dict):
                found.append(dict(question))
            elif question.lstrip().startswith("{"):
                try:
                    found.append(dict(json.loads(question)))
                except ValueError:
                    raise UsageError("This is no JSON object.", where=question[:80]) from None
            elif len(fields) == 1:
                found.append({fields[0][0]: question})
            else:
                raise UsageError(
                    f"'{question[:60]}' does not say what the network needs.",
                    where=question[:60],
                    expected=",".join(f"{name}=…" for name, _ in fields),
                    found=question[:60],
                )
    return found


def _choice(name: str, classes: tuple[str, ...]) -> int:
    """The number of a class. Raises UsageError."""
    if not name:
        return -1
    if name in classes:
        return classes.index(name)
    if name.isdecimal() and (not classes or int(name) < len(classes)):
        return int(name)  # of answers without classes, the engine knows which there are
    raise UsageError(
        f"There is no class '{name[:60]}'.", where="--choice", expected=", ".join(classes)[:300], found=name[:60]
    )


def _draw(explanation: Any, to: Path) -> None:
    from engine.document.atomic import write_atomically
    from engine.evaluation.explaining.painting import painted

    if explanation.problem:
        return
    picture = painted(explanation)
    if picture is None:
        raise UsageError(
            "There is no picture or sound to draw over.", where="--to", hint="Leave --to out; the figures say it all."
        )
    write_atomically(to, picture)


def _told(explanation: Any, name: str) -> dict[str, Any]:
    """An explanation without the pictures themselves; maps as rows of numbers."""
    import numpy as np  # comes with the explanation

    told: dict[str, Any] = {"input": name, **msgspec.to_builtins(explanation)}
    told["name"] = explanation.name
    for shown, field in zip(told["fields"], explanation.fields, strict=True):
        for key in ("raw", "heat", "values", "map_shown", "map_heat"):
            shown.pop(key, None)
        if field.heat:
            rows = np.frombuffer(field.heat, "<f4").reshape(field.height, field.width)
            shown["heat"] = [[None if value != value else round(value, 6) for value in row] for row in rows.tolist()]
    return told


def show(result: dict[str, Any]) -> str:
    """For each: the answer, what it was compared with, and the parts that counted most."""
    parts = []
    for item in result["explanations"]:
        if item["problem"]:
            parts.append(f"{item['input']}: {item['problem']}")
            continue
        true = f" (is {item['true']})" if item["true"] else ""
        lines = [f"{item['input']}: {item['answer']}{true}, explained with {item['method']}"]
        if item["baseline"]:
            lines.append(
                f"score {number(item['score'])}, for {item['baseline']} {number(item['baseline_score'])}: "
                f"{item['score_of']}"
            )
        if item["explained"] is not None:
            lines.append(f"explains {item['explained']:.0%}" if item["sums"] else f"fits {item['explained']:.0%}")
        lines.append(table(("PART", "VALUE", "COUNTS"), _rows(item), right="llr"))
        parts.append("\n".join(lines))
    if "file" in result:
        parts.append(f"Drawn to {result['file']}")
    return "\n\n".join(parts)


def _rows(item: dict[str, Any]) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, float]] = []
    for field in item["fields"]:
        if field["spans"]:
            found += [
                (field["field"], field["text"][span["start"] : span["end"]].strip(), span["relevance"])
                for span in field["spans"]
            ]
        elif field["height"] > 1 and field["width"] > 1 and field["kind"] in ("image", "mask"):
            found.append((field["field"], _where(field["heat"]), field["total"]))
        elif "heat" in field and field["kind"] in ("audio", "series"):
            found.append((field["field"], _when(field), field["total"]))
        else:
            found.append((field["field"], field["text"], field["total"]))
    found.sort(key=lambda row: -abs(row[2]))
    more = len(found) - _WORDS
    rows = [(name, value[:40], f"{total:+.4g}") for name, value, total in found[:_WORDS]]
    return [*rows, ("", f"and {more:,} more", "")] if more > 0 else rows


def _strongest(heat: list[list[float | None]]) -> tuple[int, int]:
    """Row and column of the strongest point."""
    best = max(
        ((abs(value), row, column) for row, line in enumerate(heat) for column, value in enumerate(line) if value),
        default=(0.0, 0, 0),
    )
    return best[1], best[2]


def _when(field: dict[str, Any]) -> str:
    """The moment that counted most."""
    row, column = _strongest(field["heat"])
    if field["kind"] == "audio":
        return f"strongest at {(column + 0.5) / max(1, field['width']) * field['seconds']:.2f} s"
    channel = f", {field['names'][row]}" if len(field["names"]) > 1 else ""
    return f"strongest at moment {column + 1} of {field['width']}{channel}"


def _where(heat: list[list[float | None]]) -> str:
    """Roughly where the strongest point lies."""
    row, column = _strongest(heat)
    down = ("top", "middle", "bottom")[min(2, 3 * row // max(1, len(heat)))]
    across = ("left", "centre", "right")[min(2, 3 * column // max(1, len(heat[0])))]
    return f"strongest at {down} {across}"

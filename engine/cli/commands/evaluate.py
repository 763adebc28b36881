"""`netwright evaluate PROJECT`: scores of a run on a split of the data."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from engine.cli.console import Console
from engine.cli.table import number, table
from engine.document.files import project_folder
from engine.errors import UsageError
from engine.training.runs import find_run

if TYPE_CHECKING:
    from engine.evaluation.answered import Answered

_WIDEST_MATRIX = 14


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project, the run and the split."""
    parser.add_argument("project", metavar="PROJECT", help="a project folder, or its project.json")
    parser.add_argument("--run", default="best", metavar="RUN", help="a number, best (default) or last")
    parser.add_argument("--split", default="test", choices=("train", "val", "test"), help="test is the default")
    parser.add_argument(
        "--group", action="append", default=[], metavar="FIELD", help="also score the parts of the split by a field"
    )
    parser.add_argument(
        "--odd",
        metavar="FIELD=VALUE",
        help="also tell how well oddness (what it cannot make again, or is unsure of) finds these samples",
    )
    parser.add_argument("--compare", metavar="RUN", help="also compare with another run, sample by sample")
    parser.add_argument(
        "--robustness",
        action="store_true",
        help="also score it as its inputs get noisier, darker, turned or incomplete",
    )
    parser.add_argument("--report", metavar="FILE.html", help="write a report: one HTML file with all of this")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Scores of the main output on top, all outputs under `outputs`; what else was asked for under its own key."""
    project_dir = project_folder(options.project)
    folder = find_run(project_dir, options.run)
    other = find_run(project_dir, options.compare) if options.compare else None
    odd_field, _, odd_value = (options.odd or "").partition("=")
    if options.odd and not (odd_field and odd_value):
        raise UsageError(
            "--odd names no value to look for.", where="--odd", expected="FIELD=VALUE", found=options.odd[:80]
        )
    from engine.evaluation.answered import answered  # torch comes with it: not for --help and wrong usage
    from engine.evaluation.evaluate import evaluate

    result = evaluate(project_dir, folder, options.split, progress=console.progress)
    outputs: list[dict[str, Any]] = [_plain(output) for output in result.outputs]
    found: dict[str, Any] = {
        "run": result.run,
        "split": result.split,
        "samples": result.samples,
        "seconds": result.seconds,
        "metrics": outputs[0]["metrics"] if outputs else {},
    }
    if outputs and outputs[0]["matrix"]:
        found["confusion"] = {"classes": outputs[0]["classes"], "matrix": outputs[0]["matrix"]}
    found["outputs"] = outputs
    if result.losses:
        found["losses"] = result.losses
    if not (options.group or options.odd or other or options.robustness or options.report):
        return found
    given = answered(project_dir, folder, options.split, progress=console.progress)
    if options.group:
        found["groups"] = [_groups(given, by, console) for by in options.group]
    if options.odd:
        from engine.evaluation.odd_samples import plain, score_oddness

        found["oddness"] = plain(score_oddness(given, odd_field, (odd_value,)))
    if other is not None:
        from engine.evaluation.comparison import compare_runs

        compared = compare_runs(answered(project_dir, other, options.split, progress=console.progress), given)
        found["comparison"] = _without(msgspec.to_builtins(compared), "lists")
        found["comparison"]["lists"] = {item.key: item.count for item in compared.lists}
    if options.robustness:
        from engine.evaluation.robustness import measure_robustness

        measured = measure_robustness(given, progress=console.progress)
        found["robustness"] = _without(msgspec.to_builtins(measured), "plots")
    if options.report:
        from engine.evaluation.report.report import write_report

        path = Path(options.report)
        found["report"] = {"path": str(path), "bytes": write_report(given, path, progress=console.progress)}
    return found


def _plain(output: msgspec.Struct) -> dict[str, Any]:
    """An output as plain values; pictures are for the window and the report."""
    return _without(msgspec.to_builtins(output), "pictures")


def _without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in (*names, "request", "type")}


def _groups(given: "Answered", by: str, console: Console) -> dict[str, Any]:
    from engine.evaluation.groups import score_groups

    found = msgspec.to_builtins(score_groups(given, by, progress=console.progress))
    found["overall"] = _without(found["overall"], "members")
    found["groups"] = [_without(group, "members") for group in found["groups"]]
    return _without(found, "choices")


def show(result: dict[str, Any]) -> str:
    """Scores, classes and the confusion matrix where it fits."""
    played = bool(result["outputs"]) and bool(result["outputs"][0]["episodes"])
    what = "episodes" if played else "samples"
    parts = [f"Run {result['run']} on {result['samples']:,} {what} of {result['split']}:"]
    for output in result["outputs"]:
        name = f"{output['field']}  " if len(result["outputs"]) > 1 else ""
        scores = "  ".join(f"{key} {number(value)}" for key, value in output["metrics"].items())
        parts.append(name + (scores or f"{output['field']} has no score; --report shows what was made."))
        masks = any(item["overlap"] is not None for item in output["per_class"])
        rows = [
            (
                item["name"],
                number(item["precision"]),
                number(item["recall"]),
                number(item["f1"]),
                *(["" if item["overlap"] is None else number(item["overlap"])] if masks else []),
                f"{item['samples']:,}",
            )
            for item in output["per_class"]
        ]
        if rows:
            count = ("IOU", "POINTS") if masks else ("SAMPLES",)
            heads = ("CLASS", "PRECISION", "RECALL", "F1", *count)
            parts.append(table(heads, rows, right="l" + "r" * (len(heads) - 1)))
        if output["matrix"] and len(output["classes"]) <= _WIDEST_MATRIX:
            parts.append(_matrix(output["classes"], output["matrix"]))
    if "losses" in result:
        parts.append("Losses: " + "  ".join(f"{name} {number(value)}" for name, value in result["losses"].items()))
    parts += [_group_table(found) for found in result.get("groups", ())]
    if "oddness" in result:
        parts.append(_oddness(result["oddness"]))
    if "comparison" in result:
        parts.append(result["comparison"]["words"])
    if "robustness" in result:
        parts.append(_robustness(result["robustness"]))
    if "report" in result:
        parts.append(f"Wrote {result['report']['path']}")
    return "\n\n".join(parts)


def _group_table(found: dict[str, Any]) -> str:
    metrics = found["metrics"]
    rows = [
        (
            group["name"] + (" (few)" if group["is_small"] else ""),
            f"{group['samples']:,}",
            *(number(group["metrics"][name]) if name in group["metrics"] else "" for name in metrics),
            " to ".join(number(bound) for bound in group["interval"]),
        )
        for group in (*found["groups"], found["overall"])
    ]
    heads = (found["caption"].upper()[:40], "SAMPLES", *(name.upper() for name in metrics), "95 % BETWEEN")
    return table(heads, rows, right="l" + "r" * (len(heads) - 1))


def _oddness(found: dict[str, Any]) -> str:
    kind = ", ".join(found["values"])
    if found["auroc"] is None:
        return str(found["note"])
    words = f"Oddness ({found['caption']}) tells {found['odd']:,} samples of {kind} from {found['others']:,} others: "
    return f"{words}AUROC {number(found['auroc'])}, average precision {number(found['average_precision'])}"


def _robustness(found: dict[str, Any]) -> str:
    rows = []
    for one in found["disturbances"]:
        steps = zip(one["strengths"], one["scores"], strict=True)
        rows.append((one["caption"], one["unit"], "  ".join(f"{at:g}: {number(score)}" for at, score in steps)))
    return table(("DISTURBANCE", "UNIT", found["metric"].upper()), rows, right="lll")


def _matrix(classes: list[str], matrix: list[list[int]]) -> str:
    short = [name[:8] for name in classes]
    rows = [
        (name[:16], *(str(value) if value else "·" for value in row)) for name, row in zip(classes, matrix, strict=True)
    ]
    return table(("TRUE \\ ANSWER", *short), rows, right="l" + "r" * len(classes))

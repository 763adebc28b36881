"""`netwright predict PROJECT|FILE.onnx INPUT...`: answers through the exported file in onnxruntime, without torch."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from engine.cli.console import Console
from engine.cli.inputs import read_inputs
from engine.cli.table import number
from engine.document.files import project_folder
from engine.errors import UsageError
from engine.training.runs import find_run

_TOP = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model and what to answer for."""
    parser.add_argument("model", metavar="PROJECT|FILE.onnx", help="a project folder, or an exported file")
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="+",
        help="a picture, a folder of them, a CSV file (a row each), text, or field=value,field=value",
    )
    parser.add_argument("--run", default=None, metavar="RUN", help="a number, best (default) or last")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Answers in the order of the inputs; an input that cannot be used has a `problem`."""
    path, run_number = _model(options, console)
    from engine.deployment.predict import Predictor  # onnxruntime: not for --help and wrong usage

    predictor = Predictor(path)
    kinds = {item.field: item.kind for item in predictor.description.inputs}
    names, inputs = read_inputs(options.inputs, kinds)
    made = predictor.predict(inputs)
    predictions = []
    for name, prediction in zip(names, made.predictions, strict=True):
        shown: dict[str, Any] = {"input": name, "outputs": msgspec.to_builtins(prediction.outputs)}
        if prediction.problem:
            shown["problem"] = prediction.problem
        predictions.append(shown)
    used = sum("problem" not in item for item in predictions)
    return {
        "predictions": predictions,
        "model": str(path),
        "run": run_number or made.run,
        "milliseconds": made.milliseconds,
        "exit_code": 0 if used or not predictions else 1,
    }


def _model(options: argparse.Namespace, console: Console) -> tuple[Path, int]:
    """The ONNX file to ask, made from the run when a project is named, and the run's number."""
    given = Path(options.model).expanduser()
    if given.suffix.lower() == ".onnx" and not given.is_dir():
        if options.run is not None:
            raise UsageError("--run goes with a project.", where="--run", hint="An exported file holds one run.")
        return given.absolute(), 0
    project_dir = project_folder(options.model)
    folder = find_run(project_dir, options.run or "best")
    console.progress(-1, "Preparing the model")
    from engine.deployment.export import cached_model  # torch comes with it: not for --help and wrong usage

    return cached_model(project_dir, folder), folder.number


def show(result: dict[str, Any]) -> str:
    """A line an answer, with the next best classes."""
    lines = []
    width = max((len(item["input"]) for item in result["predictions"]), default=0)
    for item in result["predictions"]:
        if "problem" in item:
            lines.append(f"{item['input']:<{width}}  cannot be used: {item['problem']}")
            continue
        answers = [_answer(field, answer, len(item["outputs"])) for field, answer in item["outputs"].items()]
        lines.append(f"{item['input']:<{width}}  {'; '.join(answers)}")
    return "\n".join(lines)


def _answer(field: str, answer: dict[str, Any], outputs: int) -> str:
    value, scores = answer["value"], answer.get("scores") or {}
    text = number(value) if isinstance(value, int | float) else str(value)
    if scores:
        rest = ", ".join(f"{name} {score:.1%}" for name, score in list(scores.items())[1:_TOP])
        top = scores.get(value)
        text += f" {top:.1%}" if top is not None else ""
        text += f" (then {rest})" if rest else ""
    return f"{field}: {text}" if outputs > 1 else text

"""`netwright predict PROJECT|FILE.onnx INPUT...`: answers through the exported file in onnxruntime, without torch."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from engine.cli.console import Console
from engine.cli.inputs import rows_apart
from engine.cli.table import number
from engine.document.files import project_folder
from engine.errors import DataError, UsageError
from engine.protocol.messages.deployment import Prediction
from engine.training.runs import find_run

_TOP = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model and what to answer for."""
    parser.add_argument("model", metavar="PROJECT|FILE.onnx", help="a project folder, or an exported file")
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="+",
        help="a picture, a folder of them, a CSV file (a row each), text, or field=value,field=value; "
        "for a network that makes something of noise alone: how many",
    )
    parser.add_argument("--masks", default=None, metavar="FOLDER", help="write masks there, as PNG files")
    parser.add_argument("--pictures", default=None, metavar="FOLDER", help="write pictures that are made there, as PNG")
    parser.add_argument(
        "--temperature", type=float, default=None, metavar="T", help="text: 0 the likeliest words, 1 the boldest"
    )
    parser.add_argument("--top-k", type=int, default=0, metavar="K", help="text: draw among the K likeliest alone")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="text, noise: another seed draws another")
    parser.add_argument("--length", type=int, default=0, metavar="N", help="text: the most tokens to write")
    parser.add_argument("--run", default=None, metavar="RUN", help="a number, best (default) or last")


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Answers in the order of the inputs; an input that cannot be used has a `problem`."""
    path, run_number = _model(options, console)
    from engine.deployment.predict import Predictor  # onnxruntime: not for --help and wrong usage

    predictor = Predictor(path)
    manner = manner_of(options)
    kinds = {field.name: field.kind.value for field in predictor.fields}
    predictions: list[dict[str, Any]] = []
    answered_ms, answered = 0.0, 0
    for group in rows_apart(options.inputs, kinds):
        if group.problem:
            predictions.append({"input": group.names[0], "outputs": {}, "problem": group.problem})
            continue
        made = predictor.predict(group.questions, manner=manner, progress=console.progress)
        used = sum(not prediction.problem for prediction in made.predictions)
        answered_ms, answered = answered_ms + used * made.milliseconds, answered + used
        for place, prediction in enumerate(made.predictions):
            name = group.names[place] if group.names else prediction.input
            shown = _shown(name, prediction)
            predictions.append(shown)
            for folder, made_pictures in ((options.masks, False), (options.pictures, True)):
                if folder is not None:
                    _write(Path(folder).expanduser(), len(predictions), prediction, shown, pictures=made_pictures)
    if predictions and not answered:
        raise _NothingAnsweredError(predictions)
    return {
        "predictions": predictions,
        "model": str(path),
        "run": run_number or predictor.description.run,
        "milliseconds": answered_ms / max(1, answered),
    }


def manner_of(options: argparse.Namespace) -> Any:
    """How texts are written. Raises UsageError."""
    from engine.deployment.writing import Manner

    if options.temperature is not None and not 0 <= options.temperature <= 100:
        raise UsageError(
            "The temperature is out of range.",
            where="--temperature",
            expected="0 to 100",
            found=str(options.temperature),
        )
    for name in ("top_k", "seed", "length"):
        if not 0 <= getattr(options, name) <= 1_000_000:
            raise UsageError(
                f"--{name.replace('_', '-')} is out of range.",
                where=f"--{name.replace('_', '-')}",
                expected="0 to 1,000,000",
                found=str(getattr(options, name)),
            )
    return Manner(temperature=options.temperature, top_k=options.top_k, seed=options.seed, length=options.length)


def _shown(name: str, prediction: Prediction) -> dict[str, Any]:
    outputs: dict[str, Any] = msgspec.to_builtins(prediction.outputs)
    for answer in outputs.values():
        hidden = answer.pop("mask"), answer.pop("pixels")  # too much to print; --masks and --pictures write them
        del answer["written"]
        if not answer["numbers"]:
            del answer["numbers"]
        if not any(hidden):
            del answer["height"], answer["width"]
        if not hidden[1]:
            del answer["channels"]
    found: dict[str, Any] = {"input": name, "outputs": outputs}
    if prediction.problem:
        found["problem"] = prediction.problem
    if prediction.notes:
        found["notes"] = prediction.notes
    return found


def _write(folder: Path, number: int, prediction: Prediction, shown: dict[str, Any], *, pictures: bool) -> None:
    """Each mask as a grey PNG of class numbers, or each picture as it is, named after its input. Raises DataError."""
    for field, answer in prediction.outputs.items():
        held = answer.pixels if pictures else answer.mask
        if not held:
            continue
        from PIL import Image

        stem = Path(prediction.input).stem[:80] or "input"
        target = folder / f"{number:04}_{stem}_{field}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            mode = "RGB" if answer.channels == 3 else "L"
            Image.frombytes(mode, (answer.width, answer.height), held).save(target)
        except OSError as error:
            what = "picture" if pictures else "mask"
            raise DataError(f"The {what} cannot be written: {error.strerror or error}.", where=str(target)) from None
        shown["outputs"][field]["file"] = str(target)


class _NothingAnsweredError(DataError):
    """None of the inputs could be used; all are listed beside the error."""

    def __init__(self, predictions: list[dict[str, Any]]) -> None:
        first = predictions[0]
        rest = f" Nor can the other {len(predictions) - 1:,} be." if len(predictions) > 1 else ""
        super().__init__(f"'{first['input']}' cannot be used. {first['problem']}{rest}", where=first["input"])
        self.more = {"predictions": predictions}


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
    from engine.deployment.cached import cached_model  # torch only when it has to be exported first

    return cached_model(project_dir, folder, progress=console.progress), folder.number


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
        lines += [f"{'':<{width}}  note: {note}" for note in item.get("notes", ())]
    return "\n".join(lines)


def _answer(field: str, answer: dict[str, Any], outputs: int) -> str:
    value, scores = answer["value"], answer.get("scores") or {}
    text = number(value) if isinstance(value, int | float) else str(value)
    if "height" in answer:
        text += f" → {answer['file']}" if "file" in answer else ""
    elif scores:
        rest = ", ".join(f"{name} {score:.1%}" for name, score in list(scores.items())[1:_TOP])
        top = scores.get(value)
        text += f" {top:.1%}" if top is not None else ""
        text += f" (then {rest})" if rest else ""
    return f"{field}: {text}" if outputs > 1 else text

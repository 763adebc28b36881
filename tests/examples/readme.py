"""The table of measured scores in the README of an example: written between two marks, read by the tests."""

import datetime
import platform
from importlib.metadata import version
from pathlib import Path

from engine.document.files import load
from tests.examples.example import Row
from tests.examples.score import figure

BEGIN = "<!-- scores -->"
END = "<!-- /scores -->"


def write_scores(folder: Path, row: Row) -> None:
    """Put what was measured into the README of the project in `folder`. Raises ValueError without its two marks."""
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no place for the scores: {BEGIN} and {END}.")
    path.write_text(f"{before}{BEGIN}\n{table(folder, row)}\n{END}{after}", encoding="utf-8")


def table(folder: Path, row: Row) -> str:
    """The scores and the conditions they were measured under."""
    lines = ["| What | Measured | Asked |", "|---|---|---|"]
    lines += [f"| {score.name} | {figure(score.value)} | {score.asked} |" for score in row.scores]
    seed = load(folder).recipe.seed
    conditions = (
        f"Measured by `make examples` on {datetime.datetime.now(datetime.UTC).date().isoformat()}: seed {seed}, "
        f"{row.seconds:,.0f} s of training on {_processor()}, torch {version('torch').partition('+')[0]}, "
        f"Python {platform.python_version()}. The exported file gives the same answer as the network for "
        f"{row.agreement.partition(' (')[0]} samples."
    )
    return "\n".join([*lines, "", conditions])


def _processor() -> str:
    import torch

    from engine.training.hardware import processor_name

    threads = torch.get_num_threads()
    return f"{threads} thread{'s' if threads > 1 else ''} of {processor_name()}"

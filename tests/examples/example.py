"""One example from its first step to its measured row."""

import importlib
import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.cli.examples import copy_example
from engine.document.examples import examples
from tests.examples.score import Score
from tests.examples.trained import Failed, Trained, trained

Measure = Callable[[Trained], Iterable[Score]]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of an example. `seconds`: of training; `agreement`: of the exported file, in words."""

    name: str
    scores: tuple[Score, ...]
    seconds: float
    agreement: str
    wrong: str = ""

    @property
    def passed(self) -> bool:
        """Whether all went well and every score is within its bounds."""
        return not self.wrong and bool(self.scores) and all(score.reached for score in self.scores)


def names() -> list[str]:
    """All examples that ship."""
    return [example.name for example in examples()]


def measure_of(name: str) -> Measure:
    """What is measured of an example. Raises LookupError where nobody has said so."""
    module = f"tests.examples.measured.{name}"
    if importlib.util.find_spec(module) is None:
        raise LookupError(f"There is no {module.replace('.', '/')}.py that says what '{name}' must reach.")
    found: Measure = importlib.import_module(module).scores
    return found


def run_example(name: str, folder: Path) -> Row:
    """Copy the example into `folder`, train it as it is, measure it and export it."""
    measure = measure_of(name)
    copy_example(name, folder)
    scores: list[Score] = []
    seconds, agreement = 0.0, ""
    try:
        run = trained(folder)
        seconds = run.seconds
        scores += measure(run)
        verified = run.export["verified"]
        same, of, apart = verified["same_answers"], verified["samples"], verified["max_abs_difference"]
        agreement = f"{same:,} of {of:,} ({apart:.1e})"
        if same != of:
            return Row(name, tuple(scores), seconds, agreement, "The exported file answers otherwise.")
    except (Failed, KeyError, AssertionError) as error:  # the table shows it; the other examples go on
        return Row(name, tuple(scores), seconds, agreement, str(error) or type(error).__name__)
    return Row(name, tuple(scores), seconds, agreement)

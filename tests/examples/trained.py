"""An example that was trained: everything a measure may ask of it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.data.dataset import Dataset
    from engine.evaluation.answered import Answered

ROOT = Path(__file__).parents[2]
_HOUR = 3600.0


class Failed(Exception):
    """A command ended with an error; the text is what it said."""


def netwright(*arguments: object) -> dict[str, Any]:
    """Run the command with --json as a process of its own; its one JSON object. Raises Failed."""
    command = [sys.executable, "-m", "gui.command", *map(str, arguments), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_HOUR, check=False)
    if done.returncode:
        raise Failed(f"netwright {' '.join(map(str, arguments))}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@dataclass(frozen=True)
class Trained:
    """The copy of a project in `folder` with the finished `run`, which took `seconds`."""

    folder: Path
    run: int
    seconds: float

    def train(self, *, sets: Sequence[str] = (), name: str = "", epochs: int | None = None) -> "Trained":
        """Another run of the same project, with settings changed as by `netwright train --set PATH=VALUE`."""
        return trained(self.folder, sets=sets, name=name, epochs=epochs)

    def evaluate(self, split: str = "test", *options: str) -> dict[str, Any]:
        """The JSON object of `netwright evaluate`, all options but project, run and split as they are written there."""
        return netwright("evaluate", self.folder, "--run", self.run, "--split", split, *options)

    def metrics(self, split: str = "test", output: str = "") -> dict[str, float]:
        """The scores of a split, by name; of the output for the field `output`, or of the main one."""
        found = self._evaluated(split)
        if not output:
            return dict(found["metrics"])
        return next(dict(item["metrics"]) for item in found["outputs"] if item["field"] == output)

    def metric(self, name: str, split: str = "test", output: str = "") -> float:
        """One of them. Raises KeyError with the names there are."""
        scores = self.metrics(split, output)
        if name not in scores:
            raise KeyError(f"{name} is none of {', '.join(scores)}")
        return float(scores[name])

    def predict(self, *inputs: object) -> list[dict[str, Any]]:
        """What `netwright predict` answers: `{input, outputs: {field: {value, scores}}}` for each."""
        return list(netwright("predict", self.folder, *inputs, "--run", self.run)["predictions"])

    def answered(self, split: str = "test") -> "Answered":
        """The raw answers of the network for each sample of a split, and what was asked for, as tensors."""
        from engine.evaluation.answered import answered
        from engine.training.runs import find_run

        return answered(self.folder, find_run(self.folder, str(self.run)), split)

    @cached_property
    def dataset(self) -> "Dataset":
        """The project's data, split as for the run."""
        from engine.data.dataset import open_dataset
        from engine.document.files import load

        return open_dataset(self.folder, load(self.folder).data)

    def column(self, field: str, split: str) -> list[Any]:
        """The values of a field as they lie in the data, for the samples of a split in their order: for baselines."""
        return [self.dataset.raw(int(row), field) for row in self.dataset.split_indices(split)]

    def rows(self, samples: int) -> list[int]:
        """The places in the train split that a phase with `samples` learns from: with the run's seed, the very same."""
        from engine.evaluation.network import project_of
        from engine.training.feed import phase_order
        from engine.training.runs import find_run

        seed = project_of(find_run(self.folder, str(self.run))).recipe.seed
        return sorted(phase_order(len(self.dataset.split_numbers("train")), seed, 0, samples).tolist())

    def _evaluated(self, split: str) -> dict[str, Any]:
        if split not in self._kept:
            self._kept[split] = self.evaluate(split)
        return self._kept[split]

    @cached_property
    def _kept(self) -> dict[str, dict[str, Any]]:
        return {}

    @cached_property
    def export(self) -> dict[str, Any]:
        """The JSON object of `netwright export`; the file is in it as `file`."""
        file = self.folder / "exports" / f"run{self.run}.onnx"
        file.parent.mkdir(exist_ok=True)
        return netwright("export", self.folder, "--to", file, "--run", self.run)

    @property
    def exported(self) -> Path:
        """The ONNX file of this run."""
        return Path(self.export["file"])


def trained(folder: Path, *, sets: Sequence[str] = (), name: str = "", epochs: int | None = None) -> Trained:
    """Train the project once and wait for the end. Raises Failed."""
    options: list[object] = [part for item in sets for part in ("--set", item)]
    options += ["--name", name] if name else []
    options += ["--epochs", epochs] if epochs else []
    told = netwright("train", folder, *options)
    if told["state"] != "finished":
        raise Failed(f"The run ended as {told['state']}.")
    return Trained(folder, int(told["run"]), float(told["seconds"]))

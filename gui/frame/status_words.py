"""What the status line says, by tab."""

from dataclasses import dataclass, field
from typing import Any

from engine.document.data_spec import FieldKind
from gui.frame.numbers import count_of, short_number
from gui.frame.top_bar import device_name
from gui.workbench import Workbench


@dataclass(kw_only=True)
class StatusWords:
    """`errors` below zero: there is nothing to count problems of."""

    errors: int = -1
    warnings: int = 0
    parts: list[str] = field(default_factory=list)


def status_words(bench: Workbench, tab: str) -> StatusWords:
    """Counts of problems, and the words of the tab."""
    project = bench.project
    if project.directory is None or not tab:
        return StatusWords()
    words = StatusWords()
    if project.project.graph.nodes:  # an empty page is no mistake
        problems = project.checker.problems()
        words.errors = sum(problem.severity == "error" for problem in problems)
        words.warnings = len(problems) - words.errors
    words.parts = {"data": _data, "train": _train, "evaluate": _evaluate}.get(tab, _network)(bench)
    return words


def engine_words(engine: Any) -> str:
    """At the right: the engine's state, torch, device."""
    state = {"dead": "stopped", "restarting": "restarting"}.get(engine.state, engine.state)
    info = engine.info
    parts = [f"engine {state}"]
    if info is not None:
        version = ".".join(info.torch.split("+")[0].split(".")[:2])
        parts += [f"torch {version}"] * bool(version)
        parts += [device_name(device) for device in info.devices[:1]]
    return " · ".join(parts)


def _network(bench: Workbench) -> list[str]:
    if not bench.project.project.graph.nodes:
        return ["No network yet"]
    cost = bench.project.checker.total_cost()
    return [
        count_of(len(bench.project.project.graph.nodes), "node"),
        f"{short_number(cost.parameters)} parameters",
        f"{short_number(cost.multiply_adds)} multiply-adds",
    ]


def _data(bench: Workbench) -> list[str]:
    description = bench.data.description
    if description is None:
        return [{"importing": "Importing data", "describing": "Reading data"}.get(bench.data.state, "No data")]
    inputs = bench.project.project.data.inputs()
    nouns = {FieldKind.IMAGE: "image", FieldKind.TEXT: "text", FieldKind.AUDIO: "recording"}
    noun = nouns.get(inputs[0].kind, "row") if inputs else "sample"
    words = count_of(description.samples, noun)
    if description.classes:
        words += f" · {len(description.classes):,} class" + "es" * (len(description.classes) != 1)
    return [words]


def _train(bench: Workbench) -> list[str]:
    runs = bench.runs
    if runs.active is None:
        return [count_of(len(runs.summaries), "run")]
    curves = runs.curves(runs.active)
    step = f"step {curves.step:,} / {curves.steps_planned:,}" if curves.steps_planned else "preparing"
    return [f"Training #{runs.active}", step]


def _evaluate(bench: Workbench) -> list[str]:
    result = bench.evaluation.result
    if result is None:
        return ["Evaluating" if bench.evaluation.state == "working" else "Not evaluated yet"]
    acts = bool(result.outputs) and bool(result.outputs[0].episodes)
    return [
        f"Evaluated on {result.samples:,} {result.split} {'episodes' if acts else 'samples'} in {result.seconds:.1f} s"
    ]

"""What an explanation costs: milliseconds a sample, medians, each method beside captum's where that is installed.

Run it alone: `python tests/benchmarks/bench_explaining.py`. Small pictures (28 × 28, as garments), large ones
(224 × 224) and rows of a table; one thread. captum is asked for as much work: the same steps, windows and variants.
"""

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from torch import Tensor

from engine.catalog.explanations import EXPLAINERS
from engine.checks.explaining import Explainable
from engine.compiler.module import compile_project, hookable_twin
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.project import Project
from engine.evaluation.explaining.explain import Explaining
from engine.evaluation.explaining.sample import baseline_of, prepared
from engine.evaluation.explaining.target import log_odds
from tests.drawn_networks import draw

CLASSES = tuple("abcdefghij")
ROUNDS = 5


def label() -> Field:
    """Ten classes."""
    return Field(
        name="label",
        kind=FieldKind.CATEGORY,
        role=Role.TARGET,
        preparation=(Step(type="ClassIndex"),),
        statistics=Statistics(classes=CLASSES, counts=(1,) * 10),
    )


def pictures(side: int, channels: int) -> Project:
    """Four convolutions, halved by pooling, then the mean of each map."""
    pixels = Field(
        name="pixels",
        kind=FieldKind.IMAGE,
        preparation=(
            Step(type="Channels", attributes={"mode": "rgb"}),
            Step(type="Resize", attributes={"height": side, "width": side}),
            Step(type="Scale"),
        ),
        statistics=Statistics(shape=(None, None, 3), mean=(90.0,) * 3, std=(60.0,) * 3),
    )
    nodes: dict[str, Any] = {}
    chain = ["pixels"]
    for at in range(1, 5):
        nodes |= {
            f"conv{at}": ("Conv2d", {"out_channels": channels * at, "padding": 1}),
            f"relu{at}": "ReLU",
            f"pool{at}": "MaxPool2d",
        }
        chain += [f"conv{at}", f"relu{at}", *([f"pool{at}"] if side > 28 or at < 3 else [])]
    nodes |= {
        "mean": "GlobalAveragePool2d",
        "last": ("Linear", {"out_features": 10}),
        "out": ("Output", {"field": "label"}),
        "loss": "CrossEntropyLoss",
    }
    used = {name: item for name, item in nodes.items() if name in chain or name in ("mean", "last", "out", "loss")}
    return draw(
        DataSpec(fields=(pixels, label())),
        used,
        " > ".join([*chain, "mean", "last", "out"]),
        "last > loss.prediction",
        "label > loss.target",
    )


def table() -> Project:
    """Ten columns through 64 units."""
    names = [f"c{number}" for number in range(10)]
    columns = tuple(
        Field(
            name=name,
            kind=FieldKind.NUMBER,
            preparation=(Step(type="Standardize"),),
            statistics=Statistics(mean=(0.0,), std=(1.0,)),
        )
        for name in names
    )
    return draw(
        DataSpec(fields=(*columns, label())),
        {
            "row": ("Input", {"fields": names}),
            "deep": ("Linear", {"out_features": 64}),
            "act": "ReLU",
            "last": ("Linear", {"out_features": 10}),
            "out": ("Output", {"field": "label"}),
            "loss": "CrossEntropyLoss",
        },
        "row > deep > act > last > out",
        "last > loss.prediction",
        "label > loss.target",
    )


class Few:
    """Training samples, as a data set gives them."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows, self.samples = rows, len(rows)

    def split_numbers(self, split: str) -> "np.ndarray[Any, Any]":
        """All of them are to learn from."""
        return np.arange(self.samples)

    def raw(self, index: int, field: str) -> Any:
        """A value as it is."""
        return self.rows[index][field]


def median_ms(work: Callable[[], object]) -> float:
    """Of a few rounds, after one that warms up."""
    work()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def captum_ways(explaining: Explaining, raw: dict[str, Any], choice: int) -> dict[str, Callable[[], object]]:
    """captum's methods for the same question; none where it is not installed."""
    try:
        from captum import attr
    except ImportError:
        return {}
    taps = explaining.taps
    network = hookable_twin(taps.network, explaining.project)
    sample = prepared(explaining.project, {i: network.input_fields[i] for i in network.input_ids}, raw)
    (own,) = sample.inputs.values()
    (base,) = baseline_of(sample, "average").values()

    def score(x: Tensor) -> Tensor:
        return log_odds(network(x)[0], "softmax", choice, False, two=False).mean(1)

    ways: dict[str, Callable[[], object]] = {
        "IntegratedGradients": lambda: attr.IntegratedGradients(score).attribute(own, base, n_steps=32),
    }
    if own.dim() == 4:
        last = taps.convolutions(explaining.output()[0])[-1].node.id
        side = own.shape[-1]
        window, step = max(1, round(side * 0.2)), max(1, round(side * 0.2) // 2)
        ways["GradCam"] = lambda: attr.LayerGradCam(score, network.get_submodule(last)).attribute(own)
        ways["Occlusion"] = lambda: attr.Occlusion(score).attribute(
            own, (3, window, window), (3, step, step), base, perturbations_per_eval=64
        )
    else:
        ways["Shap"] = lambda: attr.KernelShap(score).attribute(own, base, n_samples=1024, perturbations_per_eval=512)
        ways["Occlusion"] = lambda: attr.FeatureAblation(score).attribute(own, base, perturbations_per_eval=16)
    return ways


def main() -> None:
    """Print a line a method and a kind of data."""
    torch.set_num_threads(1)
    random = np.random.default_rng(1)

    def picture(side: int) -> dict[str, Any]:
        return {"pixels": random.integers(0, 255, (side, side, 3), dtype=np.uint8)}

    def row() -> dict[str, Any]:
        return {f"c{number}": float(random.normal()) for number in range(10)}

    cases = (
        ("picture 28 x 28", pictures(28, 16), lambda: picture(28)),
        ("picture 224 x 224", pictures(224, 16), lambda: picture(300)),
        ("row of 10 columns", table(), row),
    )
    for name, project, make in cases:
        torch.manual_seed(0)
        few: Any = Few([make() for _ in range(32)])
        explaining = Explaining(project, compile_project(project).eval(), lambda _p, _c, few=few: few)
        raw = make()
        print(f"{name}, {explaining.taps.multiply_adds / 1e6:,.1f} M multiply-adds")
        choice = explaining.explain(raw, EXPLAINERS[-1]()).choice
        theirs = captum_ways(explaining, raw, choice)
        for kind in EXPLAINERS:
            if Explainable(project).reason_against(kind):
                continue
            ours = median_ms(partial(explaining.explain, raw, kind()))
            peer = theirs.get(kind.type_name())
            words = f"{kind.label():22} {ours:9.1f} ms"
            if peer is not None:
                beside = median_ms(peer)
                words += f"   captum {beside:9.1f} ms   {beside / ours:5.2f} times as long"
            print("  " + words, flush=True)


if __name__ == "__main__":
    main()

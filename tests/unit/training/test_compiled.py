"""Compiled steps: tried where a run is long enough, used where they gain and give the same numbers, and kept.

No graphics card is needed: what decides is that of a card, while what compiles and how long a pass takes are given.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.document.graph import Node
from engine.document.recipe import Phase, Precision
from engine.protocol.run_events import RunFinished, RunNote
from engine.training import compiled, decisions
from engine.training.compiled import EAGER, VARIABLE, Compiling, compiling
from engine.training.needed import needed
from engine.training.player import Player, players_of
from engine.training.task import prepare_task
from tests.unit.training.small_tasks import Rig, class_data, classifier, one_phase, optimizer

LAYERS: tuple[Any, ...] = (("hidden", "Linear", {"out_features": 12}), ("norm", "BatchNorm1d", {}), ("act", "ReLU", {}))
DROPPING: tuple[Any, ...] = (*LAYERS, ("drop", "Dropout", {"p": 0.3}))
LONG = 10**9


class Bench:
    """A task whose passes take as long as is said; `tell` keeps what is told."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        *,
        eager_s: float = 0.02,
        compiled_s: float = 0.01,
        layers: tuple[Any, ...] = LAYERS,
        wrong: float = 1.0,
        fails: Exception | None = None,
    ) -> None:
        self.now = 0.0
        self.calls = {"eager": 0, "compiled": 0}
        self.told: list[tuple[str, str]] = []
        self.modes: list[str] = []
        phase = Phase(epochs=3, batch_size=16, players=(optimizer("AdamW", lr=0.01),))
        self.task = prepare_task(classifier(*layers, recipe=one_phase(phase)), class_data())
        self.players: list[Player] = players_of(phase, self.task.network, 100, self.task.trainable)
        self.batches = [b[: self.task.input_count] for b in self.task.train.batches([0, 16, 32, 40])]
        forward = self.task.network.training_forward

        def counted(name: str, seconds: float, *inputs: Tensor) -> Any:
            self.calls[name] += 1
            self.now += seconds
            if name == "compiled" and fails is not None:
                raise fails
            predictions, losses = forward(*inputs)
            return predictions, tuple(loss * (wrong if name == "compiled" else 1.0) for loss in losses)

        self.task.network.training_forward = partial(counted, "eager", eager_s)  # type: ignore[method-assign]

        def compile_with(_forward: Any, mode: str) -> Any:
            self.modes.append(mode)
            return partial(counted, "compiled", compiled_s)

        monkeypatch.setattr(compiled, "_compile", compile_with)

    def made(self, steps: int = LONG, **more: Any) -> Compiling:
        return Compiling(
            self.task,
            steps,
            Precision.FLOAT32,
            lambda *said: self.told.append(said),
            needed=needed(self.task, self.players),
            clock=lambda: self.now,
            **more,
        )

    def watched(self, steps: int = LONG, **more: Any) -> Compiling:
        """After so many steps that it is decided."""
        found = self.made(steps, **more)
        for _ in range(compiled._WATCH_STEPS + 1):
            if found.watching:
                found.took(self.players, self.batches[0])
        return found

    def used(self, found: Compiling, batch: Sequence[Tensor]) -> str:
        """What computes a batch."""
        before = dict(self.calls)
        found.forward(batch)(*batch)
        return next(name for name in before if self.calls[name] > before[name])


def test_a_gain_is_used_and_said_with_both_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    found = bench.watched()
    assert bench.modes == ["default"]
    assert bench.told[0] == ("", "Trying torch.compile, which may take a minute.")
    decided, words = bench.told[-1]
    assert decided == "default"
    assert "10 ms a pass instead of 20" in words
    assert bench.used(found, bench.batches[1]) == "compiled"
    assert bench.used(found, bench.batches[2]) == "eager", "the last batch is smaller"


def test_short_steps_become_cuda_graphs_whose_results_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, eager_s=0.002, compiled_s=0.0005)
    found = bench.watched()
    assert bench.modes == ["reduce-overhead"]
    assert bench.told[-1][0] == "reduce-overhead"
    assert "CUDA graphs" in bench.told[-1][1]
    predictions, losses = found.forward(bench.batches[1])(*bench.batches[1])
    assert not predictions[0].requires_grad
    assert losses[0].requires_grad


def test_several_players_share_no_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, eager_s=0.002, compiled_s=0.0005)
    bench.players *= 2
    bench.watched()
    assert bench.modes == ["default"]


def test_no_gain_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, compiled_s=0.0199)
    found = bench.watched()
    assert bench.told[-1][0] == EAGER
    assert "takes 19.9 ms a pass instead of 20" in bench.told[-1][1]
    assert bench.used(found, bench.batches[1]) == "eager"


def test_a_run_too_short_to_gain_compiles_nothing_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    bench.watched(2_000)
    assert bench.modes == []
    assert bench.told == [(EAGER, "")]


@pytest.mark.parametrize("wrong", [1.05, float("nan")])
def test_other_numbers_are_not_used(monkeypatch: pytest.MonkeyPatch, wrong: float) -> None:
    bench = Bench(monkeypatch, wrong=wrong)
    found = bench.watched()
    assert bench.told[-1][0] == EAGER
    assert "its loss differs" in bench.told[-1][1]
    assert bench.used(found, bench.batches[1]) == "eager"


def test_chance_within_the_network_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, layers=DROPPING)
    bench.watched()
    assert bench.told[-1][0] == "default"


@pytest.mark.parametrize(
    ("error", "words"),
    [(ValueError("triton"), "does not work here (ValueError)"), (torch.OutOfMemoryError("x"), "not enough memory")],
)
def test_what_cannot_be_compiled_stays_as_it_was(monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    bench = Bench(monkeypatch, fails=error)
    found = bench.watched()
    assert bench.told[-1][0] == EAGER
    assert words in bench.told[-1][1]
    assert bench.used(found, bench.batches[1]) == "eager"


def test_a_compiled_step_that_fails_later_is_taken_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    found = bench.watched()

    def broken(*_: Tensor) -> Any:
        raise RuntimeError("a guard")

    found._compiled = broken
    assert bench.used(found, bench.batches[1]) == "eager"
    assert bench.told[-1][0] == EAGER
    assert "RuntimeError" in bench.told[-1][1]


def test_a_compiled_step_without_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stepper then makes its parts smaller."""
    bench = Bench(monkeypatch)
    found = bench.watched()

    def broken(*_: Tensor) -> Any:
        raise torch.OutOfMemoryError("x")

    found._compiled = broken
    with pytest.raises(torch.OutOfMemoryError):
        found.forward(bench.batches[1])(*bench.batches[1])


def test_a_run_that_goes_on_compiles_at_once_even_without_a_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, compiled_s=0.03)
    found = bench.made(100, decided="default")
    found.took(bench.players, bench.batches[0])
    assert bench.used(found, bench.batches[1]) == "compiled"
    bench = Bench(monkeypatch)
    assert not bench.made(decided=EAGER).watching


def test_nothing_of_the_run_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, layers=DROPPING)
    held = bench.task.network.state_dict()
    before, chance = {name: value.clone() for name, value in held.items()}, torch.get_rng_state()
    bench.watched()
    assert all(torch.equal(value, held[name]) for name, value in before.items())
    assert torch.equal(chance, torch.get_rng_state())
    assert all(parameter.grad is None for parameter in bench.task.network.parameters())


def test_it_is_for_cards_alone_and_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    task, wanted = bench.task, needed(bench.task, bench.players)
    made = partial(compiling, task, 10_000, Precision.BFLOAT16, lambda *_: None, needed=wanted)
    assert made() is None, "this is a processor"
    monkeypatch.setattr(task, "device", torch.device("cuda"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert made() is not None
    assert made(decided=EAGER) is None
    assert compiling(task, 10, Precision.BFLOAT16, lambda *_: None, needed=wanted) is None
    for value in ("0", "off"):
        monkeypatch.setenv(VARIABLE, value)
        assert made() is None
    monkeypatch.setenv(VARIABLE, "1")
    assert made() is not None
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert made() is None, "there is no back end"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    task.project.graph.nodes["mine"] = Node(id="mine", type="PyTorch")
    assert made() is None, "code of the user's own may do anything"


def _eager_graphs(forward: Any, _mode: str) -> Any:
    return torch.compile(forward, dynamic=False, backend="aot_eager")


def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_allowed", lambda task: True)
    monkeypatch.setattr(compiled, "_WATCH_STEPS", 3)
    monkeypatch.setattr(compiled, "_COST_S", 0.0)
    monkeypatch.setattr(compiled, "_MODULE_S", 0.0)
    monkeypatch.setattr(compiled, "_LEAST_GAIN", 0.0)
    monkeypatch.setattr(compiled, "_SHORT_PASS_S", 0.0)
    monkeypatch.setattr(compiled, "_compile", _eager_graphs)


def test_a_whole_run_with_steps_from_torchs_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """torch's own capturing of both ways, without its code generator, which needs a card to be worth anything."""
    project = classifier(*LAYERS, recipe=one_phase(Phase(epochs=3, batch_size=16)))
    plain = Rig(tmp_path / "plain", project, class_data())
    assert isinstance(plain.run(), RunFinished)
    _at_once(monkeypatch)
    quick = Rig(tmp_path / "quick", project, class_data())
    decisions_file = quick.folder.path / decisions.FILE
    decisions.keep(quick.folder, decisions.Decisions(about="x"))
    assert isinstance(quick.run(), RunFinished)
    notes = [event.text for event in quick.events(RunNote) if isinstance(event, RunNote)]
    assert any(text.startswith("Steps go through torch.compile from here on") for text in notes), notes
    assert quick.loop is not None
    assert quick.loop.state.compiled == "default"
    assert b'"compiled":"default"' in decisions_file.read_bytes()
    for name, value in plain.weights().items():
        assert torch.allclose(value, quick.weights()[name], rtol=1e-4, atol=1e-5), name

"""Steps of a graphics card through torch.compile, where a run is long enough and a measurement says that they gain.

Compiling takes tens of seconds and more, so it begins once some steps were watched. Then a few passes are timed either
way on the same batch, losses and gradients are compared, and the log is told. Where a step is short, most of it is
the processor asking for kernels: there the compiled pass is kept as CUDA graphs. On processors small networks have
recorded steps instead (`recorded.py`).
"""

import atexit
import importlib.util
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from engine.catalog.layers.own_code import PyTorch
from engine.compiler.module import TrainingPass
from engine.document.recipe import Precision
from engine.training import guard
from engine.training.device import mixed
from engine.training.needed import Needed
from engine.training.player import Player
from engine.training.task import Task

VARIABLE: Final = "NETWRIGHT_COMPILE"
"""Set to 0, nothing is ever compiled."""

EAGER: Final = "eager"
_GRAPHS: Final = "reduce-overhead"
_MODES: Final = ("default", _GRAPHS)

_WATCH_STEPS: Final = 20
"""The first steps stay as they are; by then whatever a card chooses for itself is chosen."""

_SHORT_PASS_S: Final = 0.01
"""Where a pass takes less, CUDA graphs are tried; they hold on to the memory of a pass."""

_COST_S, _MODULE_S = 30.0, 0.25
"""What compiling and trying take: 33 s for a small MLP on two busy cores."""
_EXPECTED_GAIN: Final = 0.15
_LEAST_GAIN: Final = 1.05
_ROUNDS, _PASSES = 3, 5
_TOLERANCE: Final = {Precision.FLOAT32: 2e-3}
_HALF_TOLERANCE: Final = 3e-2


class Compiling:
    """Decides about the steps of a phase, and has the compiled pass ready.

    `steps` are those that the phase still has. `decided`: what was decided before, "" for nothing; a mode is compiled
    at the first whole batch then, and used unless it fails or gives other numbers. `tell` takes the decision as it is
    kept, and words for the log. Whatever goes wrong, but for memory that runs out, leaves steps as they were.
    """

    def __init__(
        self,
        task: Task,
        steps: int,
        precision: Precision,
        tell: Callable[[str, str], None],
        *,
        needed: Needed,
        decided: str = "",
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._task = task
        self._needed = needed
        self._left = steps
        self._precision = precision
        self._tell = tell
        self._mode = decided if decided in _MODES else ""
        self._clock = clock
        self._eager: TrainingPass = needed.forward
        self._compiled: TrainingPass | None = None
        self._shapes: tuple[tuple[torch.Size, torch.dtype], ...] = ()
        self._taken = 0
        self.watching = decided != EAGER
        """Whether steps are watched, to find out whether compiling is worth it."""

    def forward(self, inputs: Sequence[Tensor]) -> TrainingPass:
        """What computes a whole batch: compiled where that is ready and fits."""
        if self._compiled is None or _shapes(inputs) != self._shapes:
            return self._eager
        return self._quick

    def took(self, players: Sequence[Player], inputs: Sequence[Tensor]) -> None:
        """A step of a whole batch was taken. After some of them the decision is made, once for the phase."""
        self._taken += 1
        self._left -= 1
        if self._taken == 1:
            self._shapes = _shapes(inputs)
        if (self._taken < _WATCH_STEPS and not self._mode) or _shapes(inputs) != self._shapes:
            return  # also at the last batch of an epoch, which may be smaller
        self.watching = False
        began = self._clock()
        try:
            with _untouched(self._task):
                decided, words = self._decided(players, inputs)
        except Exception as error:  # noqa: BLE001  the log is told; compilers fail in more ways than can be named
            short = guard.is_out_of_memory(error)
            if short and self._task.device.type == "cuda":
                torch.cuda.empty_cache()
            why = "there is not enough memory for it" if short else f"it does not work here ({type(error).__name__})"
            decided, words = EAGER, f"Steps stay as they are: torch.compile was tried, and {why}"
        if decided == EAGER:
            self._compiled = None
        self._tell(decided, f"{words}; finding out took {self._clock() - began:.0f} s." if words else "")

    def _decided(self, players: Sequence[Player], inputs: Sequence[Tensor]) -> tuple[str, str]:
        """The decision, and why in words; those are empty where nothing was tried."""
        player, known = players[0], bool(self._mode)
        eager_s = self._timed(self._eager, player, inputs)
        if not known:
            cost_s = _COST_S + _MODULE_S * sum(1 for _ in self._task.network.modules())
            if self._left * eager_s * _EXPECTED_GAIN < 2 * cost_s:
                return EAGER, ""
            simple = len(players) == 1 and not player.mover.asks_again
            self._mode = _GRAPHS if simple and eager_s < _SHORT_PASS_S else _MODES[0]
            self._tell("", "Trying torch.compile, which may take a minute.")
        self._compiled = _compile(self._eager, self._mode)
        right = [self._figures(self._eager, player, inputs, seed) for seed in range(3)]
        for seed in range(3):  # compiles, then records, then plays
            found = self._figures(self._quick_or_raise, player, inputs, seed)
        why = _differ(right, found, _TOLERANCE.get(self._precision, _HALF_TOLERANCE))
        if why:
            return EAGER, f"Steps stay as they are: torch.compile was tried, but {why}"
        compiled_s = self._timed(self._quick_or_raise, player, inputs)
        eager_s = min(eager_s, self._timed(self._eager, player, inputs))
        told = f"{compiled_s * 1000:.3g} ms a pass instead of {eager_s * 1000:.3g}"
        if not known and compiled_s * _LEAST_GAIN > eager_s:
            return EAGER, f"Steps stay as they are: torch.compile was tried, and takes {told}"
        graphs = " with CUDA graphs" if self._mode == _GRAPHS else ""
        return self._mode, f"Steps go through torch.compile{graphs} from here on: {told}"

    def _timed(self, forward: TrainingPass, player: Player, inputs: Sequence[Tensor]) -> float:
        """Seconds of a pass there and back, the shortest of some rounds."""
        best = float("inf")
        for _ in range(_ROUNDS):
            _wait_for(self._task.device)
            began = self._clock()
            for _ in range(_PASSES):
                self._run(forward, player, inputs)
            _wait_for(self._task.device)
            best = min(best, (self._clock() - began) / _PASSES)
        return best

    def _run(self, forward: TrainingPass, player: Player, inputs: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        with mixed(self._precision, self._task.device):
            _, losses = forward(*inputs)
        total = player.loss(self._needed.by_place(losses))
        gradients = torch.autograd.grad(total, player.tensors, allow_unused=True)
        return total.detach(), [gradient for gradient in gradients if gradient is not None]

    def _figures(
        self, forward: TrainingPass, player: Player, inputs: Sequence[Tensor], seed: int
    ) -> tuple[float, float]:
        """The loss of a batch, and the size of its gradient."""
        torch.manual_seed(seed)
        total, gradients = self._run(forward, player, inputs)
        return float(total), float(torch.stack(torch._foreach_norm(gradients)).norm())

    def _quick_or_raise(self, *inputs: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        assert self._compiled is not None
        if self._mode != _GRAPHS:
            return self._compiled(*inputs)
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        predictions, losses = self._compiled(*inputs)
        # A graph writes to the same memory each time, but predictions and losses are read many steps later.
        return tuple(p.detach().clone() for p in predictions), tuple(loss.clone() for loss in losses)

    def _quick(self, *inputs: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """A compiled pass; as it was from the first on that fails."""
        try:
            return self._quick_or_raise(*inputs)
        except Exception as error:  # the log is told; compilers fail in more ways than can be named
            if guard.is_out_of_memory(error):
                raise
            self._compiled = None
            self._tell(EAGER, f"A compiled step failed ({type(error).__name__}). Steps go on as they were.")
            return self._eager(*inputs)


def compiling(
    task: Task,
    steps: int,
    precision: Precision,
    tell: Callable[[str, str], None],
    *,
    needed: Needed,
    decided: str = "",
) -> Compiling | None:
    """What decides about a phase of so many steps that compute this; None where nothing is ever compiled."""
    if decided == EAGER or steps <= _WATCH_STEPS or not _allowed(task):
        return None
    return Compiling(task, steps, precision, tell, needed=needed, decided=decided)


def _allowed(task: Task) -> bool:
    """On cards of NVIDIA, with the compiler's back end there, and without code of the user's own, which may do
    anything."""
    if task.device.type != "cuda" or os.environ.get(VARIABLE, "").strip().lower() in ("0", "off", "no", "false"):
        return False
    own = any(node.type == PyTorch.type_name() for node in task.project.graph.nodes.values())
    return not own and importlib.util.find_spec("triton") is not None


def _compile(forward: TrainingPass, mode: str) -> TrainingPass:
    """Compile for one shape. What the compiler writes and loads again lies in a folder that nobody else has."""
    if not os.environ.get("TORCHINDUCTOR_CACHE_DIR"):
        folder = tempfile.mkdtemp(prefix="netwright-compile-")
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    options: dict[str, Any] = {} if mode == "default" else {"mode": mode}
    return cast(TrainingPass, torch.compile(forward, dynamic=False, **options))


def _wait_for(device: torch.device) -> None:
    """Wait until the card has done all that was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _shapes(inputs: Sequence[Tensor]) -> tuple[tuple[torch.Size, torch.dtype], ...]:
    return tuple((tensor.shape, tensor.dtype) for tensor in inputs)


def _differ(right: Sequence[tuple[float, float]], found: tuple[float, float], tolerance: float) -> str:
    """Why what was compiled gives other numbers; empty when it does not.

    Dropout draws other numbers when it is compiled, so the passes as they are say how far chance alone goes.
    """
    for name, values, value in zip(("loss", "gradient"), zip(*right, strict=True), found, strict=True):
        mean, spread = sum(values) / len(values), max(values) - min(values)
        if not abs(value - mean) <= tolerance * abs(mean) + 2 * spread + 1e-6:  # also where it is no number
            return f"its {name} differs ({value:.4g} instead of {mean:.4g})"
    return ""


@contextmanager
def _untouched(task: Task) -> Iterator[None]:
    """Buffers and random numbers are afterwards as before; weights and what they have as gradients are not touched."""
    network: nn.Module = task.network
    buffers = [(buffer, buffer.detach().clone()) for buffer in network.buffers()]
    cards = [task.device.index or 0] if task.device.type == "cuda" else []
    with torch.random.fork_rng(devices=cards):
        try:
            yield
        finally:
            with torch.no_grad():
                for buffer, value in buffers:
                    buffer.copy_(value)

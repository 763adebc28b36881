"""Run folders as a training process leaves them, written by hand: what the window's panels are tested on."""

import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.protocol.run_events import (
    ActivationsSeen,
    AnswersSeen,
    AnyRunEvent,
    ConfusionSeen,
    EpochFinished,
    LayersSeen,
    MachineSeen,
    PhaseAhead,
    PinnedAnswers,
    RunFailed,
    RunFinished,
    RunNote,
    RunPrepared,
    RunStarted,
    RunStopped,
    SamplesPinned,
    StepsReported,
    WeightHistogram,
    WeightsSeen,
)
from engine.protocol.run_folder import ABOUT, About

SPEED = 48_200.0
LAYERS = ("conv1", "conv2", "block", "fc1", "fc2")


class RunLog:
    """One run's log, appended to event by event. By default this process plays the run, so that it counts as alive."""

    def __init__(
        self, project_dir: Path, run: int, *, name: str = "", epochs: int = 20, steps: int = 40, pid: int = 0
    ) -> None:
        self.folder = project_dir / "runs" / f"{run:04d}"
        self.folder.mkdir(parents=True)
        self.run, self.name, self.epochs, self.steps = run, name, epochs, steps
        self.epoch = 0
        self.say(RunStarted(run=run, name=name, pid=pid or os.getpid(), epochs=epochs, seed=7, time=time.time()))

    def say(self, *events: AnyRunEvent) -> None:
        """Append events."""
        with (self.folder / "events.jsonl").open("ab") as file:
            for event in events:
                file.write(msgspec.json.encode(event) + b"\n")

    def prepare(
        self,
        *,
        device: str = "cpu",
        batch_size: int = 128,
        players: Sequence[Sequence[str]] = (),
        phases: Sequence[PhaseAhead] = (),
        losses: Mapping[str, str] | None = None,
    ) -> None:
        """Say that steps begin."""
        self.say(
            RunPrepared(
                device=device,
                precision="float32",
                samples=self.steps * batch_size,
                val_samples=1000,
                steps_per_epoch=self.steps,
                batch_size=batch_size,
                parameters=1_700_000,
                outputs=["label"],
                players=[list(names) for names in players],
                phases=list(phases),
                losses=[*(losses or {})],
                loss_titles=[title for title in (losses or {}).values() if title],
            )
        )

    def train(self, epochs: int, *, best: float = 0.94, turn: int = 10**6, pace: float = 3.0, memory: int = 0) -> None:
        """Say `epochs` epochs; validation gets worse after epoch `turn`."""
        for _ in range(epochs):
            start = self.epoch * self.steps
            losses = [_loss((start + at) / self.steps, pace, seed=start + at) for at in range(self.steps)]
            rate = self._rate()
            self.say(
                StepsReported(
                    first_step=start + 1, loss=losses, learning_rate=rate, samples_per_s=SPEED, epoch=self.epoch + 1
                )
            )
            self.epoch += 1
            train = _loss(self.epoch, pace)
            worse = max(0, self.epoch - turn) * 0.03
            val = _loss(min(self.epoch, turn), pace) + 0.04 + worse
            accuracy = best - (best - 0.1) * math.exp(-min(self.epoch, turn) / pace) - worse / 4
            self.say(
                EpochFinished(
                    epoch=self.epoch,
                    step=self.epoch * self.steps,
                    train={"loss": train, "accuracy": accuracy + 0.02},
                    val={"loss": val, "accuracy": accuracy, "f1_macro": accuracy - 0.01},
                    seconds=3.1,
                    samples_per_s=SPEED,
                    learning_rate=self._rate(),
                    best=self.epoch <= turn,
                    gradient_norms={name: math.exp(-at * 0.6 - self.epoch * 0.08) for at, name in enumerate(LAYERS)},
                    memory_bytes=memory,
                )
            )

    def about(self, **what: Any) -> None:
        """Write what stands beside the run: name, notes, tags, baseline, group."""
        told = About(**({"name": self.name} | what))
        (self.folder / ABOUT).write_bytes(msgspec.json.encode(told))

    def pin(self, count: int = 6) -> None:
        """Say which validation samples are watched; each is of the class of its number."""
        self.say(
            SamplesPinned(samples=[at * 7 for at in range(count)], truth={"label": [float(at) for at in range(count)]})
        )

    def see(self, classes: int = 10) -> None:
        """Say all that is seen of a run at the end of an epoch: layers, spreads, answers, confusion, machine."""
        step, part = self.epoch * self.steps, min(1.0, self.epoch / 14)
        norms = {name: math.exp(-at * 0.6 - self.epoch * 0.08) for at, name in enumerate(LAYERS)}
        ratios = {name: 2e-3 * math.exp(-self.epoch * 0.1) * (1 + at) for at, name in enumerate(LAYERS)}
        cells = []
        for true in range(classes):
            wrong = round((1 - part) * 30) + true
            cells += [true, true, 100 - wrong, true, (true + 1) % classes, wrong]
        scores = [0.97, 0.88, 0.99, 0.41, 0.93, 0.76]
        answers = [[at, (at + 3) % classes] if at != 3 else [5, 3] for at in range(6)]
        self.say(
            LayersSeen(step=step, epoch=self.epoch, gradient_norms=norms, update_ratios=ratios),
            WeightsSeen(
                step=step, epoch=self.epoch, nodes={name: _spread(0.05 + 0.01 * self.epoch) for name in LAYERS}
            ),
            ActivationsSeen(
                step=step, epoch=self.epoch, nodes={name: _spread(1 + 0.1 * self.epoch) for name in LAYERS}
            ),
            AnswersSeen(
                step=step,
                epoch=self.epoch,
                outputs={
                    "label": PinnedAnswers(
                        classes=answers,
                        scores=[[0.1 + (one - 0.1) * part, (0.9 - one * part) / 2] for one in scores],
                    )
                },
            ),
            ConfusionSeen(step=step, epoch=self.epoch, field="label", classes=classes, cells=cells),
            MachineSeen(
                step=step,
                cpu_percent=55 + 5 * math.sin(step),
                run_percent=180,
                memory_bytes=900_000_000 + 2_000_000 * self.epoch,
                free_bytes=8_000_000_000,
                gpu_percent=92 + 4 * math.sin(3 * step),
                gpu_memory_bytes=11_200_000_000,
                gpu_free_bytes=128_000_000_000,
            ),
        )

    def note(self, text: str, *, warning: bool = False) -> None:
        """Say something worth a line."""
        self.say(RunNote(text=text, epoch=self.epoch, warning=warning))

    def finish(self, best: float = 0.94) -> None:
        """Say that all is done."""
        self.say(
            RunFinished(
                epochs=self.epoch,
                seconds=self.epoch * 3.1,
                samples_per_s=SPEED,
                best_epoch=self.epoch,
                best={"loss": 0.2, "accuracy": best},
            )
        )

    def stop(self, best: float = 0.9) -> None:
        """Say that the user stopped it."""
        self.say(
            RunStopped(
                epochs=self.epoch,
                seconds=self.epoch * 3.1,
                samples_per_s=SPEED,
                best_epoch=self.epoch,
                best={"loss": 0.3, "accuracy": best},
            )
        )

    def fail(self, message: str, **facts: str) -> None:
        """Say that it could not go on."""
        self.say(RunFailed(error={"kind": "training", "message": message, "where": "", "hint": "", **facts}))

    def _rate(self) -> float:
        return 0.003 * (1 + math.cos(math.pi * self.epoch / max(self.epochs, 1))) / 2


def _spread(width: float) -> WeightHistogram:
    bars = [round(99 * math.exp(-(((at - 15.5) / 5) ** 2))) for at in range(32)]
    return WeightHistogram(low=-3 * width, high=3 * width, mean=width / 9, deviation=width, count=9408, bars=bars)


def _loss(epoch: float, pace: float, seed: int | None = None) -> float:
    noise = 0.0 if seed is None else math.sin(seed * 12.9898) * 0.02
    return max(0.02, 0.85 * math.exp(-epoch / pace) + 0.12 + noise)

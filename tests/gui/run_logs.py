"""Run folders as a training process leaves them, written by hand: what the window's panels are tested on."""

import math
import os
import time
from pathlib import Path

import msgspec

from engine.protocol.run_events import (
    AnyRunEvent,
    EpochFinished,
    RunFailed,
    RunFinished,
    RunNote,
    RunPrepared,
    RunStarted,
    RunStopped,
    StepsReported,
)

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

    def prepare(self, *, device: str = "cpu", batch_size: int = 128) -> None:
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


def _loss(epoch: float, pace: float, seed: int | None = None) -> float:
    noise = 0.0 if seed is None else math.sin(seed * 12.9898) * 0.02
    return max(0.02, 0.85 * math.exp(-epoch / pace) + 0.12 + noise)

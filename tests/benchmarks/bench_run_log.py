"""How large the log of ten million steps is, and how long it takes to open, beside the losses of each single step.

The steps go through the same code as in a run, with a clock that is told what time it is; what charts show beside them
is written up to the room it may take.
"""

import json
import random
import tempfile
import time
from pathlib import Path

import msgspec

from engine.protocol.run_events import AnyRunEvent, RunFinished, RunPrepared, RunStarted, StepsReported, WeightsSeen
from engine.protocol.run_events import WeightHistogram as Histogram
from engine.protocol.run_folder import RunFolder, RunSummary
from engine.training.run_log import whole_log
from engine.training.seldom import MOST_BYTES
from engine.training.step_reports import StepReports

STEPS = 10_000_000
STEPS_A_REPORT = 500
GOAL_S = 1.0
KINDS = 5
"""Weights, activations, layers, answers and load: each may take 2 MB."""


def main() -> None:
    """Print size and time."""
    chance = random.Random(1)
    losses = [chance.gauss(1.0, 0.1) for _ in range(STEPS_A_REPORT)]
    with tempfile.TemporaryDirectory() as name:
        folder = RunFolder(Path(name) / "0001")
        folder.path.mkdir()
        with folder.events_file.open("wb") as file:

            def say(event: AnyRunEvent) -> None:
                file.write(msgspec.json.encode(msgspec.structs.replace(event, time=1.7e9)) + b"\n")

            say(RunStarted(run=1, name="long", pid=1, epochs=1, seed=7))
            say(
                RunPrepared(
                    device="cpu",
                    precision="float32",
                    samples=1,
                    val_samples=1,
                    steps_per_epoch=STEPS,
                    batch_size=1,
                    parameters=1,
                )
            )
            reports = StepReports(say)
            for number in range(STEPS // STEPS_A_REPORT):
                reports.add(number * STEPS_A_REPORT + 1, losses, {}, samples=STEPS_A_REPORT, elapsed_s=0.1)
                reports.tell(number * 0.1, [0.001], 1)
            bars = Histogram(low=-1.0, high=1.0, mean=0.01, deviation=0.5, count=10_000, bars=list(range(24)))
            seen = WeightsSeen(step=1, epoch=1, nodes={f"conv{place}": bars for place in range(20)})
            for _ in range(KINDS * MOST_BYTES // len(msgspec.json.encode(seen))):
                say(seen)
            say(RunFinished(epochs=1, seconds=1.0, samples_per_s=1.0, best_epoch=1, best={}))
        size = folder.events_file.stat().st_size
        began = time.process_time()
        events = whole_log(folder)
        summary = RunSummary(run=1)
        for event in events:
            summary.feed(event)
        took = time.process_time() - began
        began = time.process_time()
        brief = len(whole_log(folder, brief=True))
        for_list = time.process_time() - began
        points = sum(len(event.loss) for event in events if isinstance(event, StepsReported))
        assert summary.state == "finished"
        text = json.dumps([round(value, 6) for value in losses]).encode()
        began = time.process_time()
        for _ in range(200):
            msgspec.json.decode(text, type=list[float])
        single = (time.process_time() - began) / 200 / STEPS_A_REPORT * STEPS
        single_bytes = len(text) / STEPS_A_REPORT * STEPS
    print(f"{STEPS:,} steps: {size / 1e6:.1f} MB, {len(events):,} lines, {points:,} points; opens in {took:.2f} s CPU")
    print(f"for the list of runs: {brief} lines in {for_list:.3f} s")
    print(f"its losses alone, each step by itself: {single_bytes / 1e6:.0f} MB, {single:.2f} s")
    print("goal met" if took < GOAL_S else f"goal {GOAL_S} s missed")


if __name__ == "__main__":
    main()

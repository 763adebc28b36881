"""How long it takes from the click on Train to the first step in the run's log, beside a script by hand.

Seconds of wall clock, medians of several: from the moment the request goes to the real engine, which has answered a
question about the project before, until the log says what the first step's loss was. Warm: a process is ready for the
run. Cold: none is kept. By hand: a script of one step on tensors in memory, from its start, which reads no file at all.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil

from engine.protocol.codec import encode, event_decoder
from engine.protocol.messages.base import Heartbeat, Progress
from engine.protocol.messages.data import DescribeData
from engine.protocol.messages.training import StartTraining, TrainingStarted
from engine.protocol.run_events import FINAL_EVENTS, RunStarted, StepsReported, StopRun
from engine.protocol.run_folder import RunFolder
from engine.training.run_log import whole_log
from engine.training.spare import VARIABLE

ROOT: Final = Path(__file__).parents[2]
ROUNDS: Final = 3
CALM_S: Final = 1.0
EXAMPLES: Final = {"penguins": "table of 344 rows", "garments": "14,000 pictures of 28 x 28"}

_BY_HAND: Final = {
    "penguins": """
import torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 3))
x, y = torch.randn(240, 12), torch.randint(3, (240,))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
nn.functional.cross_entropy(net(x[:32]), y[:32]).backward()
opt.step()
""",
    "garments": """
import torch
from torch import nn
torch.manual_seed(0)
def block(i, o):
    return [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
net = nn.Sequential(*block(1, 32), nn.MaxPool2d(2), *block(32, 64), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3136, 10))
x, y = torch.randn(12000, 1, 28, 28), torch.randint(10, (12000,))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
nn.functional.cross_entropy(net(x[:128]), y[:128]).backward()
opt.step()
""",
}


class _Engine:
    """A real engine as the window has it."""

    def __init__(self, *, keeps_ready: bool) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), VARIABLE: "1" if keeps_ready else "0"},
        )
        self._decoder = event_decoder()
        self._id = 0
        self.used: set[int] = set()
        """Processes that have become runs."""

    def ask(self, kind: Any, **fields: Any) -> Any:
        """Send a request and wait for its answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self._id += 1
        self.process.stdin.write(encode(kind(id=self._id, **fields)))
        self.process.stdin.flush()
        while data := os.read(self.process.stdout.fileno(), 1 << 16):
            for event in self._decoder.feed(data):
                if event.request == self._id and not isinstance(event, Heartbeat | Progress):
                    return event
        raise SystemExit("the engine ended")

    def spare(self) -> psutil.Process | None:
        """The process kept ready, if there is one."""
        for child in psutil.Process(self.process.pid).children():
            try:
                if child.pid not in self.used and "engine.training.spare" in child.cmdline():
                    return child
            except psutil.Error:
                pass  # a run that has just ended
        return None

    def calm(self) -> None:
        """Wait until nothing is prepared any more, as it would be while somebody looks at the window."""
        before, now = -1.0, 0.0
        while now - before > 0.02 * CALM_S:
            child = self.spare()
            both = [psutil.Process(self.process.pid)] + ([child] if child is not None else [])
            before, now = now, sum(sum(one.cpu_times()[:2]) for one in both)
            time.sleep(CALM_S)

    def close(self) -> None:
        """End it, and what it kept ready."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def _first_step(engine: _Engine, project: Path) -> tuple[float, int]:
    """Seconds from the request to the first step in the log, and the number of the run's process."""
    began = time.time()
    told = engine.ask(StartTraining, project_dir=str(project), epochs=200)
    if not isinstance(told, TrainingStarted):
        raise SystemExit(str(msgspec.to_builtins(told)))
    folder = RunFolder(Path(told.run_dir))
    while True:
        log = whole_log(folder)
        first = next((event for event in log if isinstance(event, StepsReported)), None)
        if first is not None or (log and isinstance(log[-1], FINAL_EVENTS)):
            break
        time.sleep(0.002)
    assert first is not None, log[-1]
    folder.ask(StopRun())
    while not isinstance(whole_log(folder)[-1], FINAL_EVENTS):
        time.sleep(0.05)
    return first.time - began, next(event.pid for event in log if isinstance(event, RunStarted))


def _through_the_engine(project: Path, *, warm: bool) -> tuple[float, float]:
    """Median seconds to the first step, and MB that the process takes while it waits."""
    engine = _Engine(keeps_ready=warm)
    seconds, megabytes = [], 0.0
    try:
        engine.ask(DescribeData, project_dir=str(project))
        for _ in range(ROUNDS + 1):
            spare = None
            while warm and (spare := engine.spare()) is None:
                engine.ask(DescribeData, project_dir=str(project))
                time.sleep(0.2)
            engine.calm()
            if spare is not None:
                megabytes = psutil.Process(spare.pid).memory_full_info().uss / 1e6
            taken, pid = _first_step(engine, project)
            engine.used.add(pid)
            if spare is not None and pid != spare.pid:
                continue  # it was not ready, so this was no warm start
            seconds.append(taken)
    finally:
        engine.close()
    return statistics.median(seconds[1:]), megabytes  # the first warms the disk


def _by_hand(code: str) -> float:
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def main() -> None:
    """Print seconds and ratios."""
    print(f"{'click to first step':32} {'warm':>8} {'cold':>8} {'by hand':>8}   (asked: 0.3 s, 3 s)")
    with tempfile.TemporaryDirectory() as folder:
        for name, what in EXAMPLES.items():
            project = Path(folder) / name
            command = [sys.executable, "-m", "gui.command", "new", str(project), "--from", name, "--json"]
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
            by_hand = _by_hand(_BY_HAND[name])
            cold, _ = _through_the_engine(project, warm=False)
            warm, megabytes = _through_the_engine(project, warm=True)
            print(
                f"{name + ', ' + what:32} {warm:6.2f} s {cold:6.2f} s {by_hand:6.2f} s"
                f"   {by_hand / warm:.1f} times as fast as by hand; the process kept ready takes {megabytes:.0f} MB"
            )


if __name__ == "__main__":
    main()

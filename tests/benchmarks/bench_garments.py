"""Garments from the command line by the clock: asked is 0.90 test accuracy within 3 minutes, and the same twice."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def netwright(*arguments: str) -> dict[str, object]:
    """Run the command and give back its JSON object."""
    done = subprocess.run(
        [sys.executable, "-m", "gui.command", *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def main() -> None:
    """Train twice with the same seed; print accuracy, seconds, and whether the weights are the same."""
    weights = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first", "again"):
            project = str(Path(folder) / name)
            netwright("new", project, "--from", "garments")
            began = time.monotonic()
            trained = netwright("train", project)
            seconds = time.monotonic() - began
            scored = netwright("evaluate", project)
            accuracy = scored["metrics"]["accuracy"]  # type: ignore[index]
            print(
                f"{name:6} accuracy {accuracy:.4f} (asked: 0.90)   {seconds:5.0f} s (asked: 180 s on 2 cores)   "
                f"{trained['samples_per_s']:.0f} samples/s   load {os.getloadavg()[0]:.1f}"
            )
            file = sorted(Path(project).glob("runs/0001/checkpoints/*/*.safetensors"))
            weights.append([item.read_bytes() for item in file if item.name.startswith("weights")])
    print("same seed, same weights:", "yes" if weights[0] == weights[1] else "NO")


if __name__ == "__main__":
    main()

"""Runs the `netwright` command as a process of its own, as a user or a script does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def netwright(*arguments: object, expect: int = 0, timeout: float = 280) -> dict[str, Any]:
    """Run the command with --json; fails when the exit code is another than `expect`. Returns its one JSON object."""
    done = subprocess.run(
        [sys.executable, "-m", "gui.command", *map(str, arguments), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == expect, f"exit {done.returncode}\n{done.stderr[-3000:]}\n{done.stdout[-1000:]}"
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer

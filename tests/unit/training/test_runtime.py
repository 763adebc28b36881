"""What is set before torch is imported takes effect, and leaves alone what the user has set."""

import os
import subprocess
import sys

import pytest

from engine.training.runtime import keep_memory, wait_politely

FAULTS = """
import resource, sys
if sys.argv[1] == "keep":
    from engine.training.runtime import keep_memory
    assert keep_memory()
import torch
torch.set_num_threads(1)
def step():
    activations = [torch.empty(12_000_000).fill_(1) for _ in range(2)]  # more than glibc ever keeps by itself
for _ in range(5):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has the setting")
def test_memory_is_kept_between_steps() -> None:
    def faults(how: str) -> int:
        return int(subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, check=True).stdout)

    assert faults("keep") < faults("give back") / 10


def test_memory_can_be_kept_here() -> None:
    assert keep_memory() == sys.platform.startswith("linux")


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    wait_politely()
    assert "GOMP_SPINCOUNT" not in os.environ
    monkeypatch.delenv("OMP_WAIT_POLICY")
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    monkeypatch.setenv("KMP_BLOCKTIME", "3")
    wait_politely()
    assert (os.environ["GOMP_SPINCOUNT"], os.environ["KMP_BLOCKTIME"]) == ("7", "3")

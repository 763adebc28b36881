"""Several threads of a fresh process that read projects at the same moment: the start page and the one being opened."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

TOGETHER = """
import sys, threading
sys.setswitchinterval(1e-6)
from engine.document.examples import FOLDER
from engine.document.files import load

ready = threading.Barrier(6)

def read(name):
    ready.wait()
    load(FOLDER / name)

threads = [threading.Thread(target=read, args=(name,)) for name in ("penguins", "garments") * 3]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("read")
"""


def test_projects_are_read_by_several_threads_at_once() -> None:
    for _ in range(8):  # one process in three crashed
        done = subprocess.run(
            [sys.executable, "-c", TOGETHER], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout) == (0, "read\n"), done.stderr[-2000:]

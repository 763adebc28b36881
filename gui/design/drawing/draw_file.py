"""Draws a large network in a process of its own: `python -m gui.design.drawing.draw_file`, a Job on stdin.

Compressing a picture or a page of ten thousand nodes keeps Python's lock for a second or two; on a thread of the window
that would freeze it. Lines on stdout: the share that is done, and in the end a JSON object with `size` and `note`, or
with `error`.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import msgspec

from engine.document.atomic import write_atomically
from engine.errors import Cancelled, ExportError, NetwrightError
from gui.design.drawing.formats import Drawing, draw
from gui.design.drawing.paint import Progress
from gui.design.drawing.snapshot import Sketch

_ROOT: Final = Path(__file__).resolve().parents[3]
_STEP: Final = 0.01


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to draw, how, and where to put it."""

    sketch: Sketch
    drawing: Drawing
    path: str


def draw_elsewhere(sketch: Sketch, drawing: Drawing, path: Path, progress: Progress) -> tuple[str, int]:
    """Draw into a file in another process; returns the note and the size. Call it on a thread: it waits.

    Raises the errors of `draw` and of writing, and Cancelled.
    """
    data = msgspec.msgpack.encode(Job(sketch=sketch, drawing=drawing, path=str(path)))
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen")
    environment["PYTHONPATH"] = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    # -P: a file named like a module in the current folder must not be imported.
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "gui.design.drawing.draw_file"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    assert stdin is not None and stdout is not None and stderr is not None
    said: list[bytes] = []
    listener = threading.Thread(target=lambda: said.append(stderr.read()), daemon=True)
    listener.start()
    answer: dict[str, object] = {}
    try:
        progress.stop = process.kill
        if progress.cancelled:
            process.kill()
        try:
            stdin.write(data)
            stdin.close()
        except OSError:
            pass  # it ended already; what it said tells why
        for line in stdout:
            if line.startswith(b"{"):
                answer = json.loads(line)
            else:
                progress.fraction = float(line)
        process.wait()
    finally:
        progress.stop = None
        if process.poll() is None:
            process.kill()
        process.wait()
        listener.join()
        for pipe in (stdout, stderr):
            pipe.close()
    if progress.cancelled:
        raise Cancelled("The drawing was not exported.")
    error = answer.get("error")
    if isinstance(error, dict):
        raise ExportError(str(error["message"]), where=str(error["where"]), hint=str(error["hint"]))
    if "size" not in answer:
        raise RuntimeError(f"drawing ended with {process.returncode}: {b''.join(said).decode('utf-8', 'replace')}")
    return str(answer["note"]), int(str(answer["size"]))


def main() -> int:
    """The process: reads the job, draws, writes the file, answers."""
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    from PySide6.QtWidgets import QApplication

    from gui.widgets.fonts import install_fonts

    app = QApplication([])
    install_fonts(app)
    told = [0.0]

    def step(fraction: float) -> None:
        if fraction >= told[0] + _STEP:
            told[0] = fraction
            _say(f"{fraction:.3f}")

    try:
        drawn = draw(job.sketch.snapshot(), job.drawing, step)
        write_atomically(Path(job.path), drawn.data)
    except NetwrightError as error:
        _say(json.dumps({"error": error.as_dict()}))
        return error.exit_code
    _say(json.dumps({"size": len(drawn.data), "note": drawn.note}))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())

"""The program as a process: it starts, opens a project, and ends cleanly; pictures of tabs from the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from engine.document import files
from engine.document.graph import Node
from engine.document.project import Project

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "NETWRIGHT_CONFIG_DIR": str(tmp_path / "config"),
        "NETWRIGHT_HOME": str(tmp_path / "home"),
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    drawn = Project(name="drawn")
    drawn.graph.add(Node(id="relu1", type="ReLU"))
    files.create(tmp_path / "drawn", drawn)
    return tmp_path / "drawn"


def until(what: str, condition: object, process: "subprocess.Popen[str]") -> None:
    assert callable(condition)
    end = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, f"ended before {what}: {process.communicate()}"
        assert time.monotonic() < end, f"never {what}"
        time.sleep(0.05)


@pytest.mark.skipif(os.name != "posix", reason="ended by a signal")
def test_the_window_opens_a_project_and_ends_when_asked(
    environment: dict[str, str], project: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gui", str(project)],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        settings = tmp_path / "config" / "settings.json"
        until("opened", lambda: settings.exists() and str(project) in settings.read_text(), process)
        assert (project / ".netwright" / "lock").exists()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert not (project / ".netwright" / "lock").exists()
    assert not (tmp_path / "config" / "errors.log").exists()


def test_without_a_display_it_says_so(environment: dict[str, str]) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-m", "gui"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "no display" in done.stderr


def screenshot(environment: dict[str, str], *arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "gui.command", "screenshot", *map(str, arguments), "--json"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False)


def test_a_picture_of_a_tab_is_drawn_and_nothing_is_left_behind(
    environment: dict[str, str], project: Path, tmp_path: Path
) -> None:
    before = (project / "project.json").read_bytes()
    to = tmp_path / "pictures" / "design.png"
    done = screenshot(environment, project, "--tab", "design", "--to", to, "--size", "1100x700", "--theme", "light")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"file": str(to), "width": 1100, "height": 700}
    picture = QImage(str(to))
    assert (picture.width(), picture.height()) == (1100, 700)
    assert picture.pixelColor(550, 20).lightness() > 200
    assert (project / "project.json").read_bytes() == before
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (("nowhere", "--tab", "data", "--to", "x.png"), 1, "project"),
        (("nowhere", "--tab", "sparkles", "--to", "x.png"), 2, "usage"),
        (("nowhere", "--tab", "data", "--to", "x.png", "--size", "huge"), 2, "usage"),
        (("nowhere", "--to", "x.png"), 2, "usage"),
    ],
)
def test_a_picture_that_cannot_be_drawn_says_why(
    environment: dict[str, str], arguments: tuple[str, ...], code: int, kind: str
) -> None:
    done = screenshot(environment, *arguments)
    assert done.returncode == code
    assert json.loads(done.stdout)["error"]["kind"] == kind

"""The walls of the house: which program may import what, checked in fresh interpreters."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

_BLOCK = """
import sys, importlib, pkgutil
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked}:
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Block())
import {package}
for module in pkgutil.walk_packages({package}.__path__, "{package}."):
    if module.name.split(".")[-1] == "__main__" or module.name.startswith({skipped!r}):
        continue
    importlib.import_module(module.name)
bad = {blocked} & set(name.split(".")[0] for name in sys.modules)
assert not bad, bad
"""


def _import_all(package: str, blocked: set[str], skipped: tuple[str, ...] = ()) -> None:
    code = _BLOCK.format(package=package, blocked=blocked, skipped=skipped)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_window_imports_without_torch() -> None:
    _import_all("gui", {"torch", "onnx", "onnxruntime", "polars", "PIL", "safetensors"})


def test_the_engine_imports_without_qt() -> None:
    _import_all("engine", {"PySide6", "pyqtgraph", "shiboken6"})


@pytest.mark.parametrize("room", ["errors", "document", "catalog", "checks", "protocol"])
def test_the_floor_imports_with_neither(room: str) -> None:
    code = (
        "import sys, importlib, pkgutil\n"
        f"room = importlib.import_module('engine.{room}')\n"
        "for module in pkgutil.walk_packages(getattr(room, '__path__', []), room.__name__ + '.'):\n"
        "    importlib.import_module(module.name)\n"
        "assert not {'torch', 'numpy', 'PySide6', 'onnx'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("arguments", [["catalog"], ["examples"], ["check", "projects/penguins"]])
def test_quick_commands_never_wait_for_torch(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from gui.command import main\n"
        f"assert main({[*arguments, '--json']!r}) == 0\n"
        "assert 'torch' not in sys.modules and 'PySide6' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]

"""What the tabs need is imported while nobody waits."""

import subprocess
import sys

_PROGRAM = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from gui.frame.ahead import ImportAhead
app = QApplication([])
assert "engine.catalog.registry" not in sys.modules
ahead = ImportAhead()
ahead.start()
watch = QTimer()
watch.timeout.connect(lambda: app.quit() if ahead.done else None)
watch.start(5)
app.exec()
wanted = ["engine.catalog.registry", *(f"gui.{tab}.tab" for tab in ("data", "design", "train", "evaluate", "use"))]
missing = [name for name in wanted if name not in sys.modules]
assert not missing, missing
assert "torch" not in sys.modules
"""


def test_all_tabs_are_imported_and_torch_is_not() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

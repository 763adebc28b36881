"""Where the files that ship with the program lie."""

from pathlib import Path
from typing import Final

RESOURCES: Final = Path(__file__).resolve().parents[2] / "resources"
FONTS: Final = RESOURCES / "fonts"
ICONS: Final = RESOURCES / "icons"

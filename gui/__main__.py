"""`python -m gui [PROJECT]` opens the window."""

import sys
from pathlib import Path

from gui.app import main

if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))

"""The `netwright` command: opens the window, draws pictures of it, and hands everything else to the command line."""

import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. Without arguments, or with a project alone, the window opens."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        from gui.app import main as open_window

        return open_window(None)
    if arguments[0] == "screenshot":
        from gui.screenshot import main as take_screenshot

        return take_screenshot(arguments[1:])
    if len(arguments) == 1 and _is_project(arguments[0]):
        from gui.app import main as open_window

        return open_window(Path(arguments[0]))
    from engine.cli.main import main as run_command

    return run_command(arguments)


def _is_project(text: str) -> bool:
    """Whether the argument is meant as a project: a folder or a project.json, not a word of the command line."""
    from engine.cli.main import COMMANDS

    path = Path(text)
    if text in COMMANDS:  # a folder of that name here is opened as ./runs
        return False
    return not text.startswith("-") and (path.name == "project.json" or path.is_dir() or "/" in text or "\\" in text)


if __name__ == "__main__":
    sys.exit(main())

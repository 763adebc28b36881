"""`netwright COMMAND`: finds the command, runs it, and gives its one answer and exit code.

0 done, 1 the input or the project is at fault, 2 wrong usage, 3 our own fault. Only the command asked for is imported.
"""

import argparse
import contextlib
import difflib
import importlib
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol, cast

from engine.cli.console import Console
from engine.errors import Cancelled, NetwrightError, UsageError
from engine.protocol.faults import fault


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the module of `engine.cli.commands` it lives in, and what it does in a few words."""

    module: str
    help: str


COMMANDS: Mapping[str, Command] = {
    "examples": Command("examples", "list the example projects"),
    "new": Command("new", "make a project: empty, from an example, or from data"),
    "check": Command("check", "shapes, cost and problems of a project"),
    "train": Command("train", "train a project and keep the run"),
    "runs": Command("runs", "list the runs of a project"),
    "evaluate": Command("evaluate", "score a run on a split of the data"),
    "explain": Command("explain", "what an answer went along with, in an input or a sample"),
    "predict": Command("predict", "answers for pictures, tables or text"),
    "export": Command("export", "write a run as an ONNX file and prove it"),
    "variants": Command("variants", "size, score and speed of a run as float32, float16 and int8"),
    "app": Command("app", "save a run as a web page, Python package, server, C++, C#, PyTorch code, ..."),
    "import": Command("import_model", "turn an ONNX file into a project"),
    "pretrained": Command("pretrained", "list the pretrained networks, or fetch one"),
    "code": Command("code", "write the network as a PyTorch file"),
    "trust": Command("trust", "let a project's own PyTorch code run on this machine, and look it over"),
    "catalog": Command("catalog", "every layer, loss, optimizer, schedule, metric and preparation step"),
}


class CommandModule(Protocol):
    """What every module of `engine.cli.commands` offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, options: argparse.Namespace, console: Console) -> dict[str, Any]:
        """Do it; returns the JSON object. Raises NetwrightError."""

    def show(self, result: dict[str, Any]) -> str:
        """The same object for a person."""


class _Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process, so that wrong usage is an error object like any other."""

    def error(self, message: str) -> NoReturn:
        text = message[:1].upper() + message[1:]
        raise UsageError(f"{text}.", where=self.prog, hint=f"See `{self.prog} --help`.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Without a command, prints what there is."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    as_json = _take_json(arguments)
    console = Console(as_json)
    try:
        with console.kept_clean():
            return _run(arguments, console)
    except BrokenPipeError:
        # Whoever read our stdout has gone (`| head`); the interpreter's own flush at its end must not complain either.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0


def _run(arguments: list[str], console: Console) -> int:
    try:
        if not arguments or arguments[0] in ("-h", "--help", "help"):
            console.answer({"commands": {name: command.help for name, command in COMMANDS.items()}}, _overview())
            return 0
        if arguments[0] == "--version":
            console.answer({"version": _version()}, f"netwright {_version()}")
            return 0
        name = arguments[0]
        if name not in COMMANDS:
            close = difflib.get_close_matches(name, COMMANDS, n=1)
            raise UsageError(
                f"There is no command '{name[:60]}'.",
                where="netwright",
                expected=", ".join(COMMANDS),
                found=name[:60],
                hint=f"Did you mean {close[0]}?" if close else "See `netwright --help`.",
            )
        module = cast(CommandModule, importlib.import_module(f"engine.cli.commands.{COMMANDS[name].module}"))
        parser = _Parser(
            prog=f"netwright {name}", description=f"{COMMANDS[name].help.capitalize()}.", allow_abbrev=False
        )
        module.add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout, all else on stderr")
        if "-h" in arguments[1:] or "--help" in arguments[1:]:
            console.answer({"help": parser.format_help()}, parser.format_help().rstrip())
            return 0
        # Options may stand between inputs; argparse forgets the "--" when it allows that.
        parse = parser.parse_args if "--" in arguments else parser.parse_intermixed_args
        options = parse(arguments[1:])
        result = module.run(options, console)
        code = int(result.pop("exit_code", 0))
        console.answer(result, module.show(result))
        return code
    except NetwrightError as error:
        console.failure(error.as_dict(), **getattr(error, "more", {}))
        return error.exit_code
    except KeyboardInterrupt:
        console.failure(Cancelled().as_dict())
        return Cancelled.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the user is told, and where the trace is
        told, details = fault(error)
        if told["kind"] == "internal":
            told["hint"] = f"Your work is safe. If it happens again, report it with {_keep(details)}."
        console.failure(told, details=details)
        return 1 if told["kind"] == "memory" else 3


def _version() -> str:
    """Of this installation; "" where it runs from files that were never installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("netwright")
    except PackageNotFoundError:
        return ""


def _take_json(arguments: list[str]) -> bool:
    """Take --json out, wherever it stands before a "--"."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    found = "--json" in arguments[:end]
    arguments[:end] = [item for item in arguments[:end] if item != "--json"]
    return found


def _overview() -> str:
    shown = {name: command.help for name, command in COMMANDS.items()}
    shown["screenshot"] = "a picture of a tab of the window, drawn offscreen"
    width = max(map(len, shown))
    lines = ["Design, train and ship neural networks without writing code.", ""]
    lines += ["usage: netwright [PROJECT]            the window", "       netwright COMMAND [--json] ...", ""]
    lines += [f"  {name:<{width}}  {text}" for name, text in shown.items()]
    lines += ["", "`netwright COMMAND --help` tells more of a command."]
    return "\n".join(lines)


def _keep(details: str) -> str:
    """Put a trace into a file that can be sent along; returns its name."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="netwright-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(details)
        return str(Path(file.name))
    except OSError:
        return "what it was doing"

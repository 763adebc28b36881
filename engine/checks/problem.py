"""A problem in a document, in words, with repairs that are edits."""

from enum import StrEnum

import msgspec

from engine.document.edits import Edit


class Severity(StrEnum):
    """An error keeps the network from training; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """One click that mends a problem; undoable like any edit."""

    title: str
    edit: Edit


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, at which node (empty: the project as a whole), what was expected and found."""

    severity: Severity
    node: str
    message: str
    expected: str = ""
    found: str = ""
    repairs: tuple[Repair, ...] = ()

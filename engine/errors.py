"""Every error Netwright expects: what happened, where, what was expected, what was found and what to do next."""

from typing import ClassVar


class NetwrightError(Exception):
    """An expected error that can be told to the user as it is.

    `where` names the file, row, node or attribute; `hint` says what to do next. All are plain text in the user's words.
    `exit_code` is what the command line returns: 1 the input or project is at fault, 2 wrong usage, 3 our own fault.
    """

    kind: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str = "", expected: str = "", found: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.expected = expected
        self.found = found
        self.hint = hint

    def as_dict(self) -> dict[str, str]:
        """The error object of the command line and the protocol: kind, where, message, expected, found, hint."""
        return {
            "kind": self.kind,
            "where": self.where,
            "message": self.message,
            "expected": self.expected,
            "found": self.found,
            "hint": self.hint,
        }


class ProjectError(NetwrightError):
    """The project folder or its project.json cannot be used as it is."""

    kind = "project"


class GraphError(NetwrightError):
    """An edit or a part of the graph makes no sense: unknown node, doubled id, cycle, taken input."""

    kind = "graph"


class AttributeOutOfRange(NetwrightError):
    """An attribute of a catalog entry is unknown, of the wrong type or outside its range; `where` names it."""

    kind = "attribute"


class ShapeMismatch(NetwrightError):
    """A layer was given a tensor it cannot take; `expected` and `found` name the axes."""

    kind = "shape"


class PretrainedError(NetwrightError):
    """A pretrained network cannot be had: no connection, another file than the one that was expected, no room."""

    kind = "pretrained"


class DataError(NetwrightError):
    """A data source cannot be used; `where` names file, row and column.

    `choices` are paths that could be meant instead, where a person has to choose.
    """

    kind = "data"

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        expected: str = "",
        found: str = "",
        hint: str = "",
        choices: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, where=where, expected=expected, found=found, hint=hint)
        self.choices = choices

    def as_dict(self) -> dict[str, str]:
        """With `choices`, a line each, where there are any."""
        more = {"choices": "\n".join(self.choices)} if self.choices else {}
        return {**super().as_dict(), **more}


class TrainingError(NetwrightError):
    """A run cannot start or go on."""

    kind = "training"


class RunNotFound(NetwrightError):
    """There is no such run, or it holds no usable checkpoint."""

    kind = "run"


class ExportError(NetwrightError):
    """The network cannot be exported, or the exported file did not answer as the trained network does."""

    kind = "export"


class ModelImportError(NetwrightError):
    """A network from elsewhere cannot be read, or makes no sense."""

    kind = "import"


class Cancelled(NetwrightError):
    """Work was stopped because its caller asked for that."""

    kind = "cancelled"

    def __init__(self, message: str = "Stopped as asked.", **more: str) -> None:
        super().__init__(message, **more)


class UsageError(NetwrightError):
    """The command line was used in a way it does not offer."""

    kind = "usage"
    exit_code = 2

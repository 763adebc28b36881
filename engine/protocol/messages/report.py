"""Requests about the report of a scored run."""

from engine.protocol.messages.base import Event, Request


class WriteReport(Request, frozen=True, kw_only=True):
    """Write the report of a run on a split as one HTML file, over one that is there. -> ReportWritten"""

    project_dir: str
    path: str
    run: str = "best"
    split: str = "test"


class ReportWritten(Event, frozen=True, kw_only=True):
    """The report is there; `size` in bytes."""

    path: str
    run: int
    split: str
    size: int

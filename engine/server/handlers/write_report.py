"""Writes the report of a scored run."""

from pathlib import Path

from engine.evaluation.answered import answered
from engine.evaluation.report.report import write_report
from engine.protocol.messages.report import ReportWritten, WriteReport
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: WriteReport, work: Work) -> ReportWritten:
    """Write the file. Raises RunNotFound, DataError, UsageError."""
    project_dir = Path(request.project_dir)
    run = find_run(project_dir, request.run)
    given = answered(
        project_dir,
        run,
        request.split,
        progress=work.progress,
        cancelled=work.cancelled,
        open_data=work.datasets.get,
    )
    size = write_report(given, Path(request.path), progress=work.progress, cancelled=work.cancelled)
    return ReportWritten(request=request.id, path=request.path, run=run.number, split=request.split, size=size)

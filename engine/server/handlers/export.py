"""Writes an ONNX file of a run and proves that it answers as the trained network does."""

from pathlib import Path

import msgspec

from engine.deployment.export import export_onnx
from engine.protocol.messages.deployment import Export, ModelExported
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: Export, work: Work) -> ModelExported:
    """Where the file is and its proof. Raises RunNotFound, ExportError; no file that failed is left behind."""
    project_dir = Path(request.project_dir)
    run = find_run(project_dir, request.run)
    result = export_onnx(
        project_dir,
        run,
        Path(request.to).expanduser().absolute(),
        precision=request.precision,
        opset=request.opset,
        contents=request.contents,
        optimised=request.optimised,
        int8=request.int8,
        progress=work.progress,
        cancelled=work.cancelled,
    )
    return msgspec.structs.replace(result, request=request.id, run=run.number)

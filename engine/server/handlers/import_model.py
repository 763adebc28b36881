"""Makes a project of an ONNX file from elsewhere."""

from pathlib import Path

import msgspec

from engine.deployment.foreign.writing import import_model
from engine.protocol.messages.importing import ImportModel, ModelImported
from engine.server.work import Work


def handle(request: ImportModel, work: Work) -> ModelImported:
    """What was made of it. Raises ModelImportError or ProjectError; nothing is left behind then."""
    result = import_model(
        Path(request.path).expanduser().absolute(),
        Path(request.project_dir).expanduser().absolute(),
        progress=work.progress,
    )
    return msgspec.structs.replace(result, request=request.id)

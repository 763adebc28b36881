"""Answers for new inputs through the exported file in onnxruntime: what Try it shows is what others will get."""

import threading
from collections import OrderedDict
from pathlib import Path

import msgspec

from engine.deployment.export import cached_model
from engine.deployment.predict import Predictor
from engine.protocol.messages.deployment import Predict, PredictionMade
from engine.server.work import Work
from engine.training.runs import find_run

_KEPT = 3
_predictors: OrderedDict[tuple[str, int], Predictor] = OrderedDict()
_lock = threading.Lock()


def handle(request: Predict, work: Work) -> PredictionMade:
    """One prediction an input; an input that cannot be used has a `problem`. Raises RunNotFound, ExportError."""
    project_dir = Path(request.project_dir)
    run = find_run(project_dir, request.run)
    work.progress(-1, "Preparing the model")
    path = cached_model(
        project_dir,
        run,
        "last" if request.which == "last" else "best",
        progress=work.progress,
        cancelled=work.cancelled,
    )
    result = _predictor(path).predict(request.inputs, progress=work.progress, cancelled=work.cancelled)
    return msgspec.structs.replace(result, request=request.id, run=run.number)


def _predictor(path: Path) -> Predictor:
    """The loaded model, kept for the next input; loaded again when the file is another one."""
    key = (str(path), path.stat().st_mtime_ns)
    with _lock:
        if key not in _predictors:
            _predictors[key] = Predictor(path)
        _predictors.move_to_end(key)
        while len(_predictors) > _KEPT:
            _predictors.popitem(last=False)
        return _predictors[key]

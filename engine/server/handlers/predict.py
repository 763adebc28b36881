"""Answers for new inputs through the exported file in onnxruntime: what Try it shows is what others will get."""

import threading
from collections import OrderedDict
from pathlib import Path

import msgspec

from engine.deployment.cached import cached_model
from engine.deployment.predict import Predictor
from engine.deployment.writing import Manner
from engine.document.files import load
from engine.protocol.messages.deployment import Predict, PredictionMade
from engine.protocol.messages.writing import TextWritten, WrittenToken
from engine.server.handlers.read_sample import filled, is_sample
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
    manner = Manner(
        temperature=request.temperature, top_k=max(0, request.top_k), seed=max(0, request.seed), length=request.length
    )
    written = _Written(work) if request.stream and len(request.inputs) == 1 else None
    result = _predictor(path).predict(
        _whole(request, work),
        manner=manner,
        progress=work.progress,
        cancelled=work.cancelled,
        told=written.hear if written is not None else None,
    )
    if written is not None:
        written.flush()
    return msgspec.structs.replace(result, request=request.id, run=run.number)


class _Written:
    """Tells the window of a text under way, some twenty times a second."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._field = ""
        self._waiting: list[WrittenToken] = []
        self._count = 0

    def hear(self, field: str, place: int, token: WrittenToken) -> None:
        """Another token."""
        if field != self._field:
            self.flush()
            self._field, self._count = field, 0
        self._waiting.append(token)
        self._count += 1
        if self._work.is_due():
            self.flush()

    def flush(self) -> None:
        """Tell of what has not been told of."""
        if self._waiting:
            tokens, self._waiting = self._waiting, []
            self._work.tell(
                TextWritten(fraction=-1.0, message="Writing", field=self._field, tokens=tokens, written=self._count)
            )


def _whole(request: Predict, work: Work) -> list[dict[str, object]]:
    """The inputs, with what stands for a sample's value read from the data. Raises DataError."""
    if not any(is_sample(value) for item in request.inputs for value in item.values()):
        return request.inputs
    folder = Path(request.project_dir)
    dataset = work.datasets.shown(folder, load(folder).data, progress=work.progress, cancelled=work.cancelled)
    return filled(request.inputs, dataset)


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

"""Answers for new inputs through the exported file in onnxruntime: what Try it shows is what others will get."""

import threading
from collections import OrderedDict
from pathlib import Path

import msgspec

from engine.deployment.cached import cached_model
from engine.deployment.predict import Predictor
from engine.deployment.writing import Manner
from engine.document.files import load
from engine.errors import DataError
from engine.protocol.messages.deployment import Predict, Prediction, PredictionMade
from engine.protocol.messages.writing import TextWritten, WrittenToken
from engine.protocol.run_folder import RunFolder
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
    predictor = _predictor(path)
    result = predictor.predict(
        _whole(request, work),
        manner=manner,
        progress=work.progress,
        cancelled=work.cancelled,
        told=written.hear if written is not None else None,
    )
    if written is not None:
        written.flush()
    if any(item.function == "embedding" for item in predictor.description.outputs):
        result = msgspec.structs.replace(result, predictions=_named(result.predictions, project_dir, run, work))
    return msgspec.structs.replace(result, request=request.id, run=run.number)


def _named(predictions: list[Prediction], project_dir: Path, run: RunFolder, work: Work) -> list[Prediction]:
    """A place says nothing to a person: it is named by the test samples around it, or stays as it is without any."""
    from engine.evaluation.answered import answered  # torch comes with it: other answers go without
    from engine.evaluation.most_like import named_by_neighbours

    try:
        given = answered(
            project_dir, run, progress=work.progress, cancelled=work.cancelled, open_data=work.datasets.get
        )
    except DataError:
        return predictions  # the data are gone; the network answers all the same
    return named_by_neighbours(given, predictions)


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

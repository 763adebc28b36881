"""Why a network answers as it does, for samples of the data and for new inputs."""

from pathlib import Path

import msgspec

from engine.document.files import load
from engine.evaluation.explaining.explain import explain
from engine.protocol.messages.explanation import Explain, Explained
from engine.server.handlers.read_sample import filled, is_sample
from engine.server.work import Work
from engine.training.runs import find_run

MAX_SAMPLES = 200
MAX_SIZE = 1024


def handle(request: Explain, work: Work) -> Explained:
    """One explanation a sample and input; what cannot be explained has a `problem`.

    Raises RunNotFound, DataError (an unknown method, or one that does not fit the network), AttributeOutOfRange.
    """
    project_dir = Path(request.project_dir)
    result = explain(
        project_dir,
        find_run(project_dir, request.run),
        samples=request.samples[:MAX_SAMPLES],
        inputs=_whole(request, work),
        which="last" if request.which == "last" else "best",
        method=request.method,
        settings=request.settings,
        output=request.output,
        choice=request.choice,
        seed=request.seed,
        size=min(max(16, request.size), MAX_SIZE),
        progress=work.progress,
        cancelled=work.cancelled,
        open_data=work.datasets.get,
    )
    return msgspec.structs.replace(result, request=request.id)


def _whole(request: Explain, work: Work) -> list[dict[str, object]]:
    """The inputs, with what they name of the data itself in its place."""
    inputs = request.inputs[:MAX_SAMPLES]
    if not any(is_sample(value) for item in inputs for value in item.values()):
        return inputs
    folder = Path(request.project_dir)
    dataset = work.datasets.shown(folder, load(folder).data, progress=work.progress, cancelled=work.cancelled)
    return filled(inputs, dataset)

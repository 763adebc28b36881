"""Makes the checks of the data that take longer, when a person asks for them."""

from pathlib import Path

from engine.data.checks import CHECKS, check_data, in_order
from engine.document.files import load
from engine.errors import RunNotFound, UsageError
from engine.evaluation.wrong_labels import KIND, wrong_labels
from engine.protocol.messages.data import CheckData, DataChecked
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: CheckData, work: Work) -> DataChecked:
    """What they found. Raises DataError, UsageError for an unknown check, RunNotFound when a network is asked for."""
    known = [*(check.kind for check in CHECKS), KIND]
    for kind in request.kinds:
        if kind not in known:
            raise UsageError(f"There is no check '{kind[:40]}'.", where="kinds", expected=", ".join(known))
    folder = Path(request.project_dir)
    project = load(folder)
    dataset = work.datasets.get(folder, project.data, progress=work.progress, cancelled=work.cancelled)
    kinds = request.kinds or [*(check.kind for check in CHECKS if check.slow), KIND]
    made = [kind for kind in kinds if kind != KIND]
    found = []
    if made:
        weights = project.recipe.class_weights
        found += check_data(dataset, made, class_weights=weights, progress=work.progress, cancelled=work.cancelled)
    if KIND in kinds:
        try:
            run = find_run(folder, request.run)
        except RunNotFound:
            if request.kinds:
                raise
        else:
            found += wrong_labels(folder, run, dataset, progress=work.progress, cancelled=work.cancelled)
            made = [*made, KIND]
    return DataChecked(request=request.id, kinds=made, checks=in_order(found))

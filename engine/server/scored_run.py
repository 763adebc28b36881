"""A run's answers to a split, for the handlers that look at them."""

from pathlib import Path

from engine.evaluation.answered import Answered, answered
from engine.evaluation.insides.opened import Opened, opened_from
from engine.protocol.messages.answered_samples import GetAnswered
from engine.protocol.messages.comparison import CompareRuns, MeasureRobustness, ScoreGroups
from engine.protocol.messages.insides import GetAttention, GetInsides, GetNeurons, MapLatent
from engine.protocol.messages.oddness import ScoreOddness
from engine.server.work import Work
from engine.training.runs import find_run

_Inside = GetInsides | GetAttention | GetNeurons | MapLatent


def answers_for(
    request: GetAnswered | ScoreGroups | ScoreOddness | CompareRuns | MeasureRobustness | _Inside,
    work: Work,
    run: str = "",
) -> Answered:
    """What is asked about; `run` in place of its own. Raises RunNotFound, DataError, ProjectError, Cancelled."""
    project_dir = Path(request.project_dir)
    return answered(
        project_dir,
        find_run(project_dir, run or request.run),
        request.split,
        progress=work.progress,
        cancelled=work.cancelled,
        open_data=work.datasets.get,
    )


def opened_for(request: _Inside, work: Work) -> Opened:
    """The run opened for a look at its insides. Raises as above."""
    return opened_from(answers_for(request, work))

"""Whether a project can be trained as it is, asked before a run is made."""

from engine.checks.problem import Severity
from engine.checks.report import check
from engine.document.project import Project
from engine.errors import TrainingError


def require_trainable(project: Project) -> None:
    """Raise TrainingError with the words of the first problem that keeps the network from training."""
    problem = next((item for item in check(project).problems if item.severity is Severity.ERROR), None)
    if problem is not None:
        raise TrainingError(
            problem.message,
            where=problem.node,
            expected=problem.expected,
            found=problem.found,
            hint=f"{problem.repairs[0].title}." if problem.repairs else "Look at the problems of the project.",
        )

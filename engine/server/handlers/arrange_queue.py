"""Changes the queue of a project, and sees that somebody works it off."""

from pathlib import Path

from engine.protocol.messages.training import ArrangeQueue, QueueArranged
from engine.protocol.run_queue import queue_file, read_queue
from engine.server.work import Work
from engine.training.queue import arrange, is_worked_off, wake


def handle(request: ArrangeQueue, work: Work) -> QueueArranged:
    """The queue as it is now. Raises ProjectError, TrainingError when it cannot be written."""
    project_dir = Path(request.project_dir)
    changes = bool(request.order or request.remove or request.held is not None or request.at_once)
    if not changes and not queue_file(project_dir).exists():
        return QueueArranged(request=request.id, runs=[], held=False, at_once=1, working=False)
    queue = read_queue(project_dir)
    if changes:
        queue = arrange(
            project_dir,
            order=request.order,
            remove=request.remove,
            held=request.held,
            at_once=request.at_once,
        )
    process = wake(project_dir)
    if process is not None:
        work.runs.add(process)
    return QueueArranged(
        request=request.id,
        runs=queue.runs,
        held=queue.held,
        at_once=queue.at_once,
        working=process is not None or is_worked_off(project_dir),
    )

"""Plays the environment of a run on, with the exported file that others will get."""

import threading
from collections import OrderedDict
from pathlib import Path

import msgspec

from engine.deployment.cached import cached_model
from engine.deployment.playing import WatchedGame
from engine.evaluation.network import project_of
from engine.protocol.messages.playing import GamePlayed, PlayGame
from engine.server.work import Work
from engine.training.runs import find_run

_KEPT = 2
_games: OrderedDict[str, WatchedGame] = OrderedDict()
_lock = threading.Lock()  # a game is one thing at a time


def handle(request: PlayGame, work: Work) -> GamePlayed:
    """The next moments. Raises RunNotFound, ExportError, DataError, Cancelled."""
    project_dir = Path(request.project_dir)
    run = find_run(project_dir, request.run)
    path = cached_model(
        project_dir,
        run,
        "last" if request.which == "last" else "best",
        progress=work.progress,
        cancelled=work.cancelled,
    )
    with _lock:
        game = _games.get(str(path))
        if game is None:
            work.progress(-1, "Opening the environment")
            game = _games[str(path)] = WatchedGame(path, project_of(run).data)
        _games.move_to_end(str(path))
        while len(_games) > _KEPT:
            _, old = _games.popitem(last=False)
            old.close()
        played = game.go_on(
            request.seed,
            request.taken,
            request.actions,
            request.steps,
            pictures=request.pictures,
            cancelled=work.cancelled,
        )
    return msgspec.structs.replace(played, request=request.id, run=run.number)

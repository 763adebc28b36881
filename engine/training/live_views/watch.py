"""Lets the live views of a run look when it is time to, each within its share of the time and of the log."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack

import torch

from engine.protocol.run_events import AnyRunEvent, RunNote, ViewSeen
from engine.training.live_views.live_view import LiveView, Seen, packed
from engine.training.seldom import Seldom
from engine.training.task import Task


class LiveViews:
    """The views of `views` that apply to a task. `say` takes the events, `answering` gives the network for a while the
    weights it answers with."""

    def __init__(
        self,
        task: Task,
        say: Callable[[AnyRunEvent], None],
        answering: Callable[[], AbstractContextManager[None]],
        views: Sequence[type[LiveView]],
    ) -> None:
        self._task = task
        self._say = say
        self._answering = answering
        self._views = [(kind(task), Seldom(kind.every_s, kind.share_of_time)) for kind in views if kind.applies(task)]
        self._looked_at: dict[str, int] = {}  # the step of the last look, by the view's key

    def begin(self, step: int, epoch: int) -> None:
        """Before the first step: what stays, and what the network says as it is."""
        for view, seldom in list(self._views):
            self._try(view, seldom, view.begin, step, epoch, fixed=True)
        for view, seldom in list(self._views):  # whatever beginning took: a run is seen from its first weights on
            self._looked_at[view.key] = step
            self._try(view, seldom, view.look, step, epoch)

    def between_steps(self, step: int, epoch: int) -> None:
        """Let those look that are due."""
        for view, seldom in list(self._views):
            if seldom.due and self._looked_at.get(view.key) != step:
                self._looked_at[view.key] = step
                self._try(view, seldom, view.look, step, epoch)

    def end(self, step: int, epoch: int, *, averaged: bool) -> None:
        """What is seen last is what the run ended with; `averaged`: weights for use may change without a step."""
        for _, seldom in self._views:
            seldom.look_once_more()
        if averaged:
            self._looked_at.clear()
        self.between_steps(step, epoch)

    def _try(
        self,
        view: LiveView,
        seldom: Seldom,
        look: Callable[[], Iterable[Seen]],
        step: int,
        epoch: int,
        *,
        fixed: bool = False,
    ) -> None:
        try:
            with seldom.looking():
                events = [
                    ViewSeen(
                        view=view.key,
                        step=step,
                        epoch=epoch,
                        fixed=fixed,
                        node=seen.node,
                        arrays={name: packed(values) for name, values in seen.arrays.items()},
                        facts=dict(seen.facts),
                    )
                    for seen in self._seen(look)
                ]
        except Exception as error:  # noqa: BLE001  the run's log is told; no view is worth a run
            self._views = [(one, rest) for one, rest in self._views if one is not view]
            text = f"The view '{view.key}' is not drawn any more ({type(error).__name__}: {str(error)[:200]})."
            self._say(RunNote(text=text, warning=True, epoch=epoch, step=step))
            return
        for event in events:
            self._say(event)
            seldom.told(event)

    @torch.no_grad()
    def _seen(self, look: Callable[[], Iterable[Seen]]) -> list[Seen]:
        task = self._task
        network = task.network
        cards = [task.device.index or 0] if task.device.type == "cuda" else []
        with ExitStack() as meanwhile:
            meanwhile.enter_context(torch.random.fork_rng(devices=cards))
            meanwhile.enter_context(self._answering())
            training = network.training
            network.eval()
            meanwhile.callback(network.train, training)
            return list(look())

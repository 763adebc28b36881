"""All that a run tells for charts beside losses and scores; together it takes less than a 200th of the time.

Live views come on top, each with a share of its own.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from torch import Tensor

from engine.protocol.run_events import AnyRunEvent, LayersSeen, RunNote
from engine.training.average import replaced
from engine.training.confusion import Confusions, confusion_for
from engine.training.live_views import VIEWS, LiveViews
from engine.training.machine import MachineWatch
from engine.training.pictures import WeightPictures
from engine.training.pinned import EVERY_S, SHARE_OF_TIME, PinnedSamples
from engine.training.progress import rounded
from engine.training.seldom import Seldom
from engine.training.step import Stepper
from engine.training.task import Task

LAYERS_EVERY_S: Final = 1.0
LAYERS_SHARE_OF_TIME: Final = 0.001


class Looks:
    """What is looked at between steps. `say` takes the events; `for_use` gives the tensors the network answers with,
    where they are not those that are trained. Nothing is looked at unless `enabled`."""

    def __init__(
        self,
        task: Task,
        say: Callable[[AnyRunEvent], None],
        for_use: Callable[[], dict[str, Tensor]],
        *,
        enabled: bool = True,
    ) -> None:
        self._task = task
        self._say = say
        self._for_use = for_use
        self._enabled = enabled
        self._weights = WeightPictures(task.network, say)
        self._weights.enabled &= enabled
        self._samples_seldom = Seldom(EVERY_S, SHARE_OF_TIME)
        self._pinned = PinnedSamples(task, say, self._answering, seldom=self._samples_seldom)
        self._pinned_at = -1  # the step of the last look at them
        self._pinned.enabled &= enabled
        self._views = LiveViews(task, say, self._answering, VIEWS if enabled else ())
        self._machine = MachineWatch(task.device, say)
        self._layers = Seldom(LAYERS_EVERY_S, LAYERS_SHARE_OF_TIME)
        self._layers_asked = False  # set when a step was asked for its ratios, cleared when they were told
        counted = []
        for (number, place), (name, answer) in zip(task.scored, task.answers, strict=True):
            counts = confusion_for(task.project.data.field(name), answer, task.device)
            if counts is not None:
                counted.append((counts, number, place))
        self.confusions = Confusions(counted, say)

    def _answering(self) -> AbstractContextManager[None]:
        return replaced(self._task.network, self._for_use())

    def layers_due(self, *, at_end: bool) -> bool:
        """Whether the next step is to be looked at more closely; the run's last one always is."""
        self._layers_asked = self._enabled and (at_end or self._layers.due)
        return self._layers_asked

    def begin(self, step: int, epoch: int) -> None:
        """Before the first step."""
        self._weights.look(step, epoch)
        self._pinned.begin()
        self._views.begin(step, epoch)

    def between_steps(self, step: int, epoch: int, stepper: Stepper) -> None:
        """Look at what is due."""
        if not self._enabled:
            return
        self._tell_layers(step, epoch, stepper)
        self._weights.look(step, epoch)
        self._machine.look(step)
        self._look_at_samples(step, epoch)
        self._views.between_steps(step, epoch)

    def _look_at_samples(self, step: int, epoch: int) -> None:
        if not self._pinned.enabled or not self._samples_seldom.due:
            return
        self._pinned_at = step
        try:
            self._pinned.look(step, epoch)
        except Exception as error:  # noqa: BLE001  the run's log is told; no chart is worth a run
            self._pinned.enabled = False
            text = f"Answers for pinned samples are not told any more ({type(error).__name__}: {str(error)[:200]})."
            self._say(RunNote(text=text, warning=True, epoch=epoch, step=step))

    def end(self, step: int, epoch: int) -> None:
        """After the last step: what is seen last is what the run ended with, however short or long it was."""
        self._weights.look(step, epoch, last=True)
        # An average may have changed since the last step, and with it the weights that answer.
        if self._pinned_at < step or self._for_use():
            self._samples_seldom.look_once_more()
            self._look_at_samples(step, epoch)
        self._views.end(step, epoch, averaged=bool(self._for_use()))

    def _tell_layers(self, step: int, epoch: int, stepper: Stepper) -> None:
        if not self._layers_asked or not stepper.ratios:
            return
        self._layers_asked = False
        event = LayersSeen(
            step=step, epoch=epoch, gradient_norms=_three(stepper.norms), update_ratios=_three(stepper.ratios)
        )
        self._say(event)
        self._layers.told(event)
        self._layers.spent(stepper.looked_s)
        stepper.looked_s = 0.0
        stepper.ratios.clear()

    def confusion_wanted(self, epoch: int) -> bool:
        """Whether answers of this epoch are counted by class."""
        return self._enabled and self._task.val.samples > 0 and self.confusions.wanted(epoch)

    def tell_confusion(self, epoch: int, step: int) -> None:
        """After an epoch was scored."""
        self.confusions.tell(epoch, step)


def _three(values: dict[str, float]) -> dict[str, float]:
    """Three digits are enough for a colour."""
    return {name: float(f"{value:.3g}") for name, value in rounded(values).items()}

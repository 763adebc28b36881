"""Some samples of the validation split that the network is asked about again and again while it trains.

Their answers, and what comes out of each node for them, go into the log every so often. They are asked in the mode and
with the weights that answer, and the random generators stand afterwards as before, so training does not feel it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Final

import msgspec
import torch
from torch import Tensor, nn

from engine.compiler.module import hookable_twin
from engine.data.preparation import Preparation
from engine.document.data_spec import Field, FieldKind
from engine.protocol.run_events import ActivationsSeen, AnswersSeen, AnyRunEvent, PinnedAnswers, SamplesPinned
from engine.training import guard
from engine.training.metrics import by_sample, probabilities
from engine.training.pictures import histograms, sample
from engine.training.seldom import Seldom
from engine.training.task import Task

SAMPLES: Final = 8
BEST_CLASSES: Final = 5
EVERY_S: Final = 2.0
SHARE_OF_TIME: Final = 0.0015
MOST_NODES: Final = 400


class PinnedSamples:
    """Asks about a few samples, evenly taken from the validation split. `say` takes the events.

    `answering` gives the network the weights it answers with for a while.
    """

    def __init__(
        self,
        task: Task,
        say: Callable[[AnyRunEvent], None],
        answering: Callable[[], AbstractContextManager[None]],
        *,
        seldom: Seldom | None = None,
    ) -> None:
        self._task = task
        self._say = say
        self._answering = answering
        self._seldom = seldom or Seldom(EVERY_S, SHARE_OF_TIME)
        count = min(SAMPLES, task.val.samples)
        self._rows = [round(place) for place in torch.linspace(0, task.val.samples - 1, count).tolist()]
        self._batch: tuple[Tensor, ...] = ()
        self._twin: nn.Module | None = None
        self.enabled = count > 0

    def begin(self) -> None:
        """Say which samples they are, and what is right for them."""
        if not self.enabled:
            return
        rows = torch.tensor(self._rows)
        self._batch = next(self._task.val.batches([0, len(rows)], rows))
        truth = {}
        for (_, place), (name, _) in zip(self._task.scored, self._task.answers, strict=True):
            field = self._task.project.data.field(name)
            told = _truth(field, self._batch[place]) if field is not None else []
            if told:
                truth[name] = told
        self._say(SamplesPinned(samples=self._task.sample_numbers("val", self._rows), truth=truth))

    def look(self, step: int, epoch: int) -> None:
        """Ask again, if it is time to."""
        if not self.enabled or not self._seldom.due:
            return
        with self._seldom.looking():
            try:
                events = self._asked(step, epoch)
            except (RuntimeError, MemoryError) as error:
                if not guard.is_out_of_memory(error):
                    raise
                self.enabled = False  # what is left of the memory belongs to training
                return
            for event in events:
                self._say(event)
                self._seldom.told(event)

    @torch.no_grad()
    def _asked(self, step: int, epoch: int) -> list[AnyRunEvent]:
        task = self._task
        network = task.network
        if self._twin is None:
            self._twin = hookable_twin(network, task.project)
        inputs = [self._batch[network.training_input_ids.index(name)] for name in network.input_ids]
        drawn = network.noise(len(self._rows), torch.Generator().manual_seed(task.project.recipe.seed))
        inputs += [noise.to(task.device) for noise in drawn]  # the same each time, so that answers can be compared
        seen: dict[str, list[Tensor]] = {}
        counts: dict[str, int] = {}
        cards = [task.device.index or 0] if task.device.type == "cuda" else []
        with ExitStack() as meanwhile:
            meanwhile.enter_context(torch.random.fork_rng(devices=cards))
            meanwhile.enter_context(self._answering())
            network.eval()
            meanwhile.callback(network.train)
            for name, module in list(network.named_children())[:MOST_NODES]:
                if name not in network.loss_ids:
                    meanwhile.callback(module.register_forward_hook(_keeper(seen, counts, name)).remove)
            predictions = self._twin(*inputs)
        bars = {name: msgspec.structs.replace(item, count=counts[name]) for name, item in histograms(seen).items()}
        found: list[AnyRunEvent] = [ActivationsSeen(step=step, epoch=epoch, nodes=bars)]
        outputs = {}
        for (number, _), (name, answer) in zip(task.scored, task.answers, strict=True):
            field = task.project.data.field(name)
            told = _answers(field, predictions[number].float(), answer) if field is not None else None
            if told is not None:
                outputs[name] = told
        return [*found, AnswersSeen(step=step, epoch=epoch, outputs=outputs)] if outputs else found


def _keeper(seen: dict[str, list[Tensor]], counts: dict[str, int], name: str) -> Any:
    """A hook that keeps an even sample of what comes out, as the whole of all nodes could fill the memory."""

    def keep(_module: nn.Module, _inputs: object, output: object) -> None:
        tensors = output if isinstance(output, tuple) else (output,)
        found = [value.detach() for value in tensors if isinstance(value, Tensor) and value.is_floating_point()]
        if found and all(value.numel() for value in found):
            seen[name] = [sample(value, len(found)).clone() for value in found]
            counts[name] = sum(value.numel() for value in found)

    return keep


def _truth(field: Field, target: Tensor) -> list[float]:
    if field.kind is FieldKind.CATEGORY and target.dim() <= 2:
        _, true_n = by_sample(target.float().reshape(len(target), -1), target)
        return [float(value) for value in true_n.tolist()]
    if field.kind is FieldKind.NUMBER:
        return [_short(value) for value in Preparation(field).invert(target).reshape(-1).tolist()]
    return []


def _answers(field: Field, prediction: Tensor, answer: str) -> PinnedAnswers | None:
    if answer == "embedding":
        return None
    if field.kind is FieldKind.CATEGORY and prediction.dim() <= 2:
        scores_nc = probabilities(prediction.reshape(len(prediction), -1), answer)
        best = scores_nc.topk(min(BEST_CLASSES, scores_nc.shape[1]), dim=1)
        shares = [[round(value, 4) for value in row] for row in best.values.tolist()]
        return PinnedAnswers(classes=best.indices.tolist(), scores=shares)
    if field.kind is FieldKind.NUMBER:
        values = Preparation(field).invert(prediction.exp() if answer == "exp" else prediction)
        return PinnedAnswers(values=[_short(value) for value in values.reshape(-1).tolist()])
    return None


def _short(value: float) -> float:
    return float(f"{value:.6g}") if value - value == 0.0 else 0.0

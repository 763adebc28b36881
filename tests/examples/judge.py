"""A classifier trained on real pictures of garments, which judges pictures that networks make.

It is the example `garments` itself, trained once for all measures of a process. How sure it is and how its answers are
spread over the classes is the idea of the inception score (Salimans et al. 2016); whether it sees what was asked for,
that of the classification accuracy score (Ravuri and Vinyals 2019).
"""

import atexit
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from engine.cli.examples import copy_example
from engine.data.preparation import Preparation
from engine.data.preparation.picture import NormalizeRule
from engine.document.data_spec import Field
from engine.document.files import load
from engine.evaluation.network import load_network, predict_tensor
from engine.training.runs import find_run
from tests.examples.trained import Trained, trained

EPOCHS = 8
UNSMOOTHED = "recipe.label_smoothing=0"
"""Label smoothing teaches a network never to be quite sure, and how sure it is is what is asked here."""
SURE = 0.5
"""Of a class that it finds likelier than all others together the judge is sure."""


@dataclass(frozen=True)
class Judged:
    """What the judge makes of N pictures: `shares` (N, classes)."""

    shares: Tensor

    @property
    def sure(self) -> float:
        """Share of the pictures of which it is sure what they are."""
        return float((self.shares.amax(1) >= SURE).float().mean())

    @property
    def kinds(self) -> float:
        """How many classes there are, counted by their share: 10 when all come equally often, 1 when one does alone."""
        mean = self.shares.mean(0)
        return float((-(mean * mean.clamp(min=1e-12).log()).sum()).exp())

    @property
    def rarest(self) -> float:
        """Share of the class that comes least often."""
        named = torch.bincount(self.shares.argmax(1), minlength=self.shares.shape[1])
        return float(named.min() / len(self.shares))


@dataclass(frozen=True)
class Judge:
    """A trained classifier of garments."""

    trained: Trained

    def see(self, made: Tensor, field: Field) -> Judged:
        """Judge pictures (N, 1, 28, 28), prepared as `field` of the project that made them says."""
        own = load(self.trained.folder).data.field("pixels")
        assert own is not None
        bright = made.float()  # from 0 to 1, once the scaling is undone
        for rule in Preparation(field).tensor_rules:
            if isinstance(rule, NormalizeRule):
                bright = bright * torch.from_numpy(rule.std) + torch.from_numpy(rule.mean)
        levels = bright.mul(255).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
        network = load_network(find_run(self.trained.folder, str(self.trained.run)))
        return Judged(predict_tensor(network, [Preparation(own).finish(levels)])[0].softmax(1))

    @property
    def classes(self) -> tuple[str, ...]:
        """What it can see, in the order of its shares."""
        label = load(self.trained.folder).data.field("label")
        assert label is not None
        return label.statistics.classes

    @property
    def accuracy(self) -> float:
        """On real pictures it has never seen."""
        return self.trained.metric("accuracy")


def made_by(trained: Trained, field: str, count: int, *prepared: Tensor, seed: int = 0) -> Tensor:
    """Pictures (N, 1, 28, 28) that a trained generator makes of so many draws, for the inputs (N, ...) it may want."""
    network = load_network(find_run(trained.folder, str(trained.run)))
    noise = network.noise(count, torch.Generator().manual_seed(seed))
    place = [network.output_fields[output_id] for output_id in network.output_ids].index(field)
    return predict_tensor(network, [*prepared, *noise])[place]


@cache
def judge() -> Judge:
    """The judge; trained at the first call."""
    folder = tempfile.TemporaryDirectory(prefix="netwright-judge-")
    atexit.register(folder.cleanup)
    project = Path(folder.name) / "garments"
    copy_example("garments", project)
    return Judge(trained(project, sets=(UNSMOOTHED,), epochs=EPOCHS))

"""A run's network opened for a look: its plan, its modules, and the samples of a split as it takes them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from engine.compiler.generated import module_names
from engine.compiler.module import CompiledNetwork
from engine.compiler.modules.shifting import shift_right
from engine.compiler.plan import Call, Plan, Value, plan
from engine.compiler.values import each_value
from engine.data.dataset import Dataset
from engine.data.tokens import tokens_of
from engine.document.flat import in_words
from engine.document.project import Project
from engine.errors import DataError
from engine.evaluation.answered import Answered

_MEMO: Final = "insides.plan"
_TITLES: Final = "insides.titles"


@dataclass(frozen=True, slots=True)
class Opened:
    """`given` are the answers to the split; `steps` the plan of the run's own project."""

    given: Answered
    steps: Plan

    @property
    def project(self) -> Project:
        """The run's own project, without blocks."""
        return self.given.project

    @property
    def network(self) -> CompiledNetwork:
        """In evaluation mode, on the CPU, shared."""
        return self.given.network

    @property
    def dataset(self) -> Dataset:
        """The data as the run's project prepares them."""
        return self.given.dataset

    def place(self, index: int) -> int:
        """Where a sample stands in the split. Raises DataError."""
        found = (self.given.indices == index).nonzero().flatten()
        if not len(found):
            raise DataError(
                f"Sample {index:,} is not in the split '{self.given.split}'.",
                where=str(index),
                hint="Choose another sample.",
            )
        return int(found[0])

    def inputs(self, places: Tensor) -> list[Tensor]:
        """What `forward` takes for samples at these places in the split. Noise is the same each time."""
        columns = [
            self.dataset.columns(self.network.input_fields[node_id], self.given.split)
            for node_id in self.network.input_ids
        ]
        generator = torch.Generator().manual_seed(0)
        return [*(column.gather(places) for column in columns), *self.network.noise(len(places), generator)]

    def values(
        self, inputs: Sequence[Tensor], *, before: Callable[[Call], None] | None = None
    ) -> Iterator[tuple[Value, Tensor]]:
        """Every tensor of the drawing in order; to be read in `torch.no_grad()`."""
        return each_value(self.steps, self.network, inputs, before=before)

    def module(self, call: Call) -> nn.Module:
        """What computes a call."""
        names = module_names(dict.fromkeys(item.owner for item in (*self.steps.calls, *self.steps.losses)))
        return self.network.get_submodule(names[call.owner])

    def title(self, node_id: str) -> str:
        """What a node is called in the drawing; with its id behind the title where another has the same."""
        node = self.project.graph.node(node_id)
        titles = self.given.memo.get(_TITLES)
        if titles is None:
            titles = self.given.memo[_TITLES] = Counter(one.title for one in self.project.graph.nodes.values())
        name = in_words(node_id)
        return (node.title if titles[node.title] == 1 else f"{node.title} ({name})") if node.title else name

    def input_words(self, inputs: Sequence[Tensor], row: int = 0) -> dict[str, list[str]]:
        """The tokens of a sample at each Input of text as the network sees them (moved where the Input moves them)."""
        found: dict[str, list[str]] = {}
        for node_id, tensor in zip(self.network.input_ids, inputs, strict=False):
            names = self.network.input_fields[node_id]
            field = self.project.data.field(names[0]) if len(names) == 1 else None
            tokens = tokens_of(field) if field is not None else None
            if tokens is not None and tensor.dim() == 2 and not tensor.is_floating_point():
                spellings = tokens.spellings()
                count, begin = self.steps.input_shifts.get(node_id, (0, 0))
                numbers = (shift_right(tensor, count, begin) if count else tensor)[row].tolist()
                found[node_id] = [spellings[number] if 0 <= number < len(spellings) else "" for number in numbers]
        return found


def opened_from(given: Answered) -> Opened:
    """A scored run opened for a look. Raises GraphError, ProjectError."""
    steps = given.memo.get(_MEMO)
    if steps is None:
        steps = given.memo[_MEMO] = plan(given.project, training=False)
    return Opened(given, steps)

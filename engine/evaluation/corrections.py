"""What was changed in a project since a run began: labels given by hand, samples left out, and anything else."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from engine.document.data_spec import DataSpec, Exclusion, LabelledSamples
from engine.document.graph import Graph
from engine.document.project import Project
from engine.document.sample_names import count
from engine.protocol.messages.answered_samples import CorrectionsFound

_Step = TypeVar("_Step", LabelledSamples, Exclusion)


def corrections(run: int, then: Project, now: Project) -> CorrectionsFound:
    """`then` is the project as the run had it."""
    fields = {item.field for item in (*then.data.labelling, *now.data.labelling)}
    return CorrectionsFound(
        run=run,
        labelled=sum(_since(_labelled(then.data, field), _labelled(now.data, field)) for field in fields),
        excluded=_left_out_since(then.data.excluded, now.data.excluded),
        data=_but_samples(then.data) != _but_samples(now.data),
        network=_network(then) != _network(now),
        recipe=then.recipe != now.recipe,
    )


def _labelled(data: DataSpec, field: str) -> tuple[LabelledSamples, ...]:
    return data.labelling_of(field).labelled


def _since(then: Sequence[LabelledSamples], now: Sequence[LabelledSamples]) -> int:
    """Names in the steps that only one of two histories has."""
    return sum(count(step.samples) for part in _parted(then, now) for step in part)


def _left_out_since(then: Sequence[Exclusion], now: Sequence[Exclusion]) -> int:
    """Names left out, less those that are used again, in the steps that only one of two histories has."""
    gone, come = (sum(count(step.samples) * (-1 if step.undone else 1) for step in part) for part in _parted(then, now))
    return come - gone


def _parted(then: Sequence[_Step], now: Sequence[_Step]) -> tuple[Sequence[_Step], Sequence[_Step]]:
    """What comes after the beginning that both histories have."""
    alike = 0
    while alike < min(len(then), len(now)) and then[alike] == now[alike]:
        alike += 1
    return then[alike:], now[alike:]


def _but_samples(data: DataSpec) -> object:
    """All that decides how the data is read and prepared, but what was measured of it."""
    fields = [(f.name, f.kind, f.role, f.options, f.preparation, f.augmentation) for f in data.fields]
    classes = [(item.field, item.renamed, item.added) for item in data.labelling if item.renamed or item.added]
    return [(source.kind, source.path, source.options) for source in data.sources], data.split, fields, classes


def _network(project: Project) -> object:
    """What is computed, wherever it is drawn."""
    return [_drawn(project.graph)] + [(key, _drawn(block.graph)) for key, block in sorted(project.blocks.items())]


def _drawn(graph: Graph) -> object:
    nodes = [msgspec.structs.replace(node, x=0.0, y=0.0, title="") for node in graph.sorted_nodes()]
    return nodes, [(edge.source, edge.output, edge.target, edge.input) for edge in graph.sorted_edges()]

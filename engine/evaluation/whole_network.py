"""What is measured of a network as a whole on a split: each of its losses, and the sheets of its maps.

One more pass over the split, so it is taken where it says something new: where there are several losses, or maps.
"""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from engine.catalog.layers.special import SelfOrganizingMap
from engine.compiler.generated import module_names
from engine.compiler.module import CompiledNetwork, hookable_twin
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.document.data_spec import FieldKind
from engine.document.graph import Node
from engine.errors import Cancelled
from engine.evaluation.answered import Answered
from engine.evaluation.predicting import batch_for
from engine.protocol.messages.evaluation import MapSheet
from engine.training.map_sheet import class_votes, neighbour_heights
from engine.training.metrics import by_sample

_MOST_UNITS = 4_096


@dataclass(frozen=True, kw_only=True)
class WholeNetwork:
    """`losses` by the id of their node, `measures` those of them that nothing is learned from."""

    losses: dict[str, float] = field(default_factory=dict)
    measures: tuple[str, ...] = ()
    maps: tuple[MapSheet, ...] = ()


def whole_network(given: Answered, *, progress: Progress = silent, cancelled: IsCancelled = never) -> WholeNetwork:
    """Measured once and kept with the answers. Raises Cancelled."""
    key = "whole_network"
    if key not in given.memo:
        given.memo[key] = _measured(given, progress, cancelled)
    found: WholeNetwork = given.memo[key]
    return found


def _measured(given: Answered, progress: Progress, cancelled: IsCancelled) -> WholeNetwork:
    network, maps = given.network, _maps(given)
    plays = any(phase.play is not None for phase in given.project.recipe.phases)
    if plays or not network.loss_ids or (len(network.loss_ids) < 2 and not maps):
        return WholeNetwork()
    columns = [given.dataset.columns(network.input_fields[name], given.split) for name in network.training_input_ids]
    size = batch_for(columns)
    sums = torch.zeros(len(network.loss_ids), dtype=torch.float64)
    watched = _Watched(network, given, maps)
    # Apart from what others draw meanwhile, and the same noise each time.
    with torch.random.fork_rng(devices=[]), torch.inference_mode(), watched:
        torch.manual_seed(0)
        for start in range(0, given.count, size):
            if cancelled():
                raise Cancelled
            rows = torch.arange(start, min(start + size, given.count))
            _, losses = watched.network.training_forward(*(column.gather(rows) for column in columns))
            sums += torch.stack([loss.reshape(()) for loss in losses]).double() * len(rows)
            progress(min(1.0, (start + size) / given.count), "Measuring")
    told = (sums / given.count).tolist()
    return WholeNetwork(
        losses=dict(zip(network.loss_ids, told, strict=True)), measures=network.measure_ids, maps=watched.sheets()
    )


def _maps(given: Answered) -> list[Node]:
    names = module_names(given.project.graph.nodes)
    held = {name for name, _ in given.network.named_children()}
    found = []
    for node in given.project.graph.nodes.values():
        if node.type == SelfOrganizingMap.type_name() and not node.bypassed and names[node.id] in held:
            layer = SelfOrganizingMap.from_attributes(node.attributes)
            if 4 <= layer.rows * layer.columns <= _MOST_UNITS:
                found.append(node)
    return found


class _Watched:
    """Notes which unit of each map is nearest to each sample, while a twin of the network is asked within `with`."""

    def __init__(self, network: CompiledNetwork, given: Answered, maps: list[Node]) -> None:
        self._given = given
        self._maps = maps
        names = module_names(given.project.graph.nodes)
        self.network = hookable_twin(network, given.project) if maps else network
        self._modules: dict[str, nn.Module] = {node.id: network.get_submodule(names[node.id]) for node in maps}
        self._nearest: dict[str, list[Tensor]] = {node.id: [] for node in maps}
        self._hooks: list[Any] = []

    def __enter__(self) -> "_Watched":
        for node_id, module in self._modules.items():

            def keep(_: nn.Module, __: object, outputs: tuple[Tensor, ...], node_id: str = node_id) -> None:
                self._nearest[node_id].append(outputs[1].cpu())

            self._hooks.append(module.register_forward_hook(keep))
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def sheets(self) -> tuple[MapSheet, ...]:
        """The sheets, after the whole split went through."""
        names, truth = self._classes()
        found = []
        for node in self._maps:
            layer = SelfOrganizingMap.from_attributes(node.attributes)
            units = getattr(self._modules[node.id], "units", None)
            if not isinstance(units, Tensor) or not self._nearest[node.id]:
                continue
            nearest = torch.cat(self._nearest[node.id])
            heights = neighbour_heights(units.detach().cpu(), layer.rows, layer.columns)
            votes = class_votes(nearest, truth, len(units), len(names)) if truth is not None else None
            found.append(
                MapSheet(
                    node=node.id,
                    title=node.title or node.id,
                    rows=layer.rows,
                    columns=layer.columns,
                    heights=heights.numpy().astype("<f4").tobytes(),
                    hits=torch.bincount(nearest, minlength=len(units)).numpy().astype("<i4").tobytes(),
                    classes=[] if votes is None else list(names),
                    votes=b"" if votes is None else votes.numpy().tobytes(),
                )
            )
        return tuple(found)

    def _classes(self) -> tuple[tuple[str, ...], Tensor | None]:
        """Names and true classes of the first output that answers with a class."""
        for output in self._given.outputs:
            kind = output.field.kind if output.field is not None else None
            if (
                kind is FieldKind.CATEGORY
                and output.target is not None
                and output.is_whole
                and output.field is not None
            ):
                names = output.field.statistics.classes
                flat = output.target.float().reshape(len(output.target), -1)
                return names, by_sample(flat, output.target)[1]
        return (), None

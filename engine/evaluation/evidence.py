"""The evidence lower bound of a variational autoencoder: how likely it holds the samples of a split to be.

ELBO = -(reconstruction + KL), in nats a sample (Kingma and Welling 2014). The reconstruction is what the losses beside
the KLPriorLoss say as the logarithm of a likelihood (`Loss.nats`); hidden values are drawn once for each sample, from a
seed, as while training.
"""

import math
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from engine.catalog import registry
from engine.catalog.losses import Loss
from engine.catalog.losses.generative import KLPriorLoss
from engine.checks.walking import sources_of
from engine.compiler.modules.special import Reparameterize
from engine.evaluation.answered import Answered, AnsweredOutput
from engine.evaluation.predicting import batch_for

SEED: Final = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Both parts of the bound, in nats a sample."""

    reconstruction: float
    kl: float

    @property
    def bound(self) -> float:
        """The ELBO."""
        return -(self.reconstruction + self.kl)


def evidence(given: Answered, output: AnsweredOutput) -> Evidence | None:
    """The bound of the output that is judged by the reconstruction; None where the drawing has no such parts."""
    key = f"evidence/{output.output_id}"
    if key not in given.memo:
        parts = _parts(given, output)
        given.memo[key] = None if parts is None else _measured(given, *parts)
    found: Evidence | None = given.memo[key]
    return found


def _parts(given: Answered, output: AnsweredOutput) -> tuple[list[str], dict[str, tuple[float, float]]] | None:
    """The KL losses, and (factor, offset) that make nats a sample of each reconstruction loss at this output."""
    graph = given.project.graph
    answer = graph.inputs_of(output.output_id).get("prediction")
    kl: list[str] = []
    rebuilt: dict[str, tuple[float, float]] = {}
    for loss_id in given.network.loss_ids:
        kind = registry.layer_type(graph.node(loss_id).type)
        edges = graph.inputs_of(loss_id)
        if kind is KLPriorLoss:
            kl.append(loss_id)
            continue
        seen, target = edges.get("prediction"), edges.get("target")
        if kind is None or not issubclass(kind, Loss) or kind.nats is None or seen is None or target is None:
            continue
        fields = given.network.input_fields.get(target.source, ())
        if answer is None or (seen.source, seen.output) != (answer.source, answer.output) or not fields:
            continue
        numbers = math.prod(given.dataset.columns(fields, given.split).row_shape)
        rebuilt[loss_id] = (kind.nats[0] * numbers, kind.nats[1] * numbers)
    before = sources_of(graph, [output.output_id])
    leads = all({edge.source for edge in graph.inputs_of(loss_id).values()} <= before for loss_id in kl)
    return (kl, rebuilt) if kl and rebuilt and leads else None


def _measured(given: Answered, kl: list[str], rebuilt: dict[str, tuple[float, float]]) -> Evidence:
    network = deepcopy(given.network).eval()  # others may be asking it meanwhile
    for module in network.modules():
        if isinstance(module, Reparameterize):
            module.train()
    for loss_id in kl:
        _without_free_bits(network.get_submodule(loss_id))
    columns = [
        given.dataset.columns(network.input_fields[node_id], given.split) for node_id in network.training_input_ids
    ]
    batch, places = batch_for(columns), {loss_id: place for place, loss_id in enumerate(network.loss_ids)}
    sums = torch.zeros(2, dtype=torch.float64)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(SEED)
        for start in range(0, given.count, batch):
            rows = torch.arange(start, min(start + batch, given.count))
            _, losses = network.training_forward(*(column.gather(rows) for column in columns))
            told = sum(
                float(losses[places[loss_id]]) * factor + offset for loss_id, (factor, offset) in rebuilt.items()
            )
            apart = sum(float(losses[places[loss_id]]) for loss_id in kl)
            sums += torch.tensor([told, apart], dtype=torch.float64) * len(rows)
    reconstruction, divergence = (sums / max(1, given.count)).tolist()
    return Evidence(reconstruction=reconstruction, kl=divergence)


def _without_free_bits(module: nn.Module) -> None:
    """What may be told at no cost while training is no part of the bound."""
    if hasattr(module, "free"):
        module.free = 0.0  # type: ignore[assignment]
